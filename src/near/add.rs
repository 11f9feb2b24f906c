//! Adding vectors: each gets a node or shares its equal's, and is linked when there are enough.

use super::build::{CHECK_EVERY, Plan, link};
use super::check::NODES_MAX;
use super::dedupe::Dedupe;
use super::graph::Graph;
use super::index::{Index, LINKED_MIN};
use super::reach;
use super::sentinels::{Piece, Sentinels};
use crate::error::{Error, ErrorKind, Result};

/// Every node is checked to be reachable when there are not more than so many for each new one:
/// then linking costs more than the check.
const CHECKED_PER_NEW: usize = 16384;

/// With how many candidates a new vector is looked for before it counts as lost.
const LOOK: usize = 16;

/// The layers above are looked through when there are not more nodes than so many for each new one: then that is a small part of
/// the work.
const LOOKED_PER_NEW: usize = 64;

impl Index {
    /// Adds vectors, row by row, with the ids that are given, or with those from one more than the largest that ever was.
    ///
    /// Shapes: `vectors` is `(n, dim)`, `ids` `(n,)`. Returns the ids. All or nothing: after an
    /// error the index is as it was.
    ///
    /// Errors: [`ErrorKind::DimensionMismatch`], [`ErrorKind::NotFinite`], [`ErrorKind::DuplicateId`],
    /// [`ErrorKind::ShapeMismatch`] (as many ids as vectors), [`ErrorKind::BadParameter`] (a component beyond
    /// 65504 where 16-bit floats are kept), [`ErrorKind::OutOfMemory`].
    ///
    /// Cost: about `ef_construction` times the links of a node in distances, for each new vector.
    pub fn add(&mut self, vectors: &[f32], ids: Option<&[u64]>) -> Result<Vec<u64>> {
        self.add_with_progress(vectors, ids, &mut |_done, _all| true)
    }

    /// Like [`add`](Self::add), calling `progress(done, all)` between batches of vectors; when it
    /// returns false, those that were not linked yet are taken back. Returns the ids of the others.
    pub fn add_with_progress(
        &mut self,
        vectors: &[f32],
        ids: Option<&[u64]>,
        progress: &mut dyn FnMut(usize, usize) -> bool,
    ) -> Result<Vec<u64>> {
        self.add_with_columns(vectors, ids, &[], progress)
    }

    /// Adds vectors without rows in the columns.
    pub(super) fn add_vectors(
        &mut self,
        vectors: &[f32],
        ids: Option<&[u64]>,
        progress: &mut dyn FnMut(usize, usize) -> bool,
    ) -> Result<Vec<u64>> {
        self.check(vectors)?;
        self.check_storable(vectors)?;
        let n = vectors.len() / self.dim;
        let ids = self.ids.assign(n, ids)?;
        self.reserve(n)?;
        let plan = self.plan();
        let grows = self.store.len() + n >= LINKED_MIN || self.graph.is_linked();
        if grows {
            self.graph.wake(plan.capacity(), self.store.len() + n)?;
        }

        let Entered { nodes, kept } = self.enter(vectors, &ids)?;
        // Equal vectors may be too few for links.
        if !grows || !self.graph.is_linked() && self.store.len() < LINKED_MIN {
            progress(n, n);
            return Ok(ids);
        }
        // Without memory for a finer storage the vectors are there all the same, and `recall` tells what rounding loses.
        if self.is_due_for_judgement(n) && self.refine(vectors, &nodes).unwrap_or(false) {
            self.graph.forget_lengths();
        }
        let (first, last) = (self.graph.len(), self.store.len());
        let (rows, graph, pool) = (self.store.built_by(), &mut self.graph, &self.scratch);
        // Those that were too few for links are linked before the new ones.
        let mut report = |done: usize| progress(done.saturating_sub(kept), last - kept);
        link(rows, graph, last, plan, pool, &mut report);
        let linked = graph.len();
        if linked < kept {
            // Stopped among them: they stay, without links as before.
            self.graph = Graph::default();
            self.truncate(kept);
            return Ok(ids_below(kept, ids, nodes));
        }
        let due = linked >= graph.checked + graph.checked / CHECK_EVERY;
        if !due {
            reach::link_unlinked(graph.growing(plan.capacity()).0, first);
        }
        if due || linked <= (linked - first).saturating_mul(LOOKED_PER_NEW) {
            reach::look_above(rows, graph, plan, pool);
        }
        if due || linked <= (linked - first).saturating_mul(CHECKED_PER_NEW) {
            reach::repair(rows, graph, plan, pool);
        }
        if due {
            graph.checked = linked;
        }
        self.drift += linked - first;
        if linked < last {
            self.truncate(linked);
        }
        if linked >= 2 * self.ordered {
            self.pack()?;
            self.calibrate();
        } else {
            self.calibrate_when_stale();
        }
        // Numbers below `linked` are those from before the order was changed.
        Ok(if linked == last { ids } else { ids_below(linked, ids, nodes) })
    }

    /// Takes the nodes from `n` on back, with their ids.
    fn truncate(&mut self, n: usize) {
        self.store.truncate(n);
        self.ids.truncate(n);
        self.sentinels.truncate(n);
        self.dedupe = Dedupe::default();
    }

    /// Makes room for `n` more vectors with their ids, so that [`enter`](Self::enter) cannot fail.
    pub(super) fn reserve(&mut self, n: usize) -> Result<()> {
        if self.len() + n > NODES_MAX {
            return Err(ErrorKind::BadParameter {
                name: "vectors",
                expected: format!("at most {NODES_MAX} in an index"),
                got: (self.len() + n).to_string(),
            }
            .into());
        }
        self.store.try_reserve(n)?;
        self.ids.try_reserve(n)?;
        self.dedupe.reserve(&self.store, self.store.len() + n)
    }

    /// Encodes checked vectors, each into a node of its own or that of its equal, without links. When there are enough
    /// to judge, those that were kept as they came are encoded too.
    ///
    /// Errors: [`ErrorKind::OutOfMemory`]; then the index is as it was.
    pub(super) fn enter(&mut self, vectors: &[f32], ids: &[u64]) -> Result<Entered> {
        self.changes += 1;
        self.store.wake();
        let prepared = self.prepared(vectors);
        let vectors = prepared.as_deref().unwrap_or(vectors);
        self.make_room_for(vectors)?;
        let (old, mut staged, mut judged) = (self.store.len(), self.is_staged(), None);
        let mut entered = Entered { nodes: Vec::with_capacity(ids.len()), kept: old };
        for i in 0..=ids.len() {
            if staged && self.store.len() >= LINKED_MIN {
                let rows = self.settle(&vectors[i * self.dim..], &mut entered);
                judged = Some((rows.or_else(|error| self.take_back(old, &ids[..i], error))?, i));
                staged = false;
            }
            let Some(&id) = ids.get(i) else { break };
            self.store.push(&vectors[i * self.dim..][..self.dim]);
            let same = self.dedupe.find_or_enter(&self.store);
            if let Some(node) = same {
                self.store.pop();
                self.ids.push_further(node, id);
            } else {
                self.ids.push_node(id);
            }
            entered.nodes.push(same.unwrap_or(self.store.len() as u32 - 1));
        }
        self.ids.settle();
        let piece =
            |from: usize| Piece { vectors: &vectors[from * self.dim..], nodes: &entered.nodes[from..] };
        match judged {
            Some((rows, from)) => {
                self.sentinels = Sentinels::default();
                self.note(&[Piece { vectors: &rows.vectors, nodes: &rows.nodes }, piece(from)], 0);
            }
            None if !self.sentinels.all.is_empty() => self.note(&[piece(0)], old),
            None => {}
        }
        Ok(entered)
    }

    /// Takes back what was entered of an add that failed.
    fn take_back<T>(&mut self, old: usize, ids: &[u64], error: Error) -> Result<T> {
        self.ids.settle();
        self.ids.remove(ids)?;
        self.ids.move_nodes(&[], old);
        self.store.truncate(old);
        self.dedupe = Dedupe::default();
        Err(error)
    }

    pub(super) fn plan(&self) -> Plan {
        Plan { m: self.params.m, ef_construction: self.params.ef_construction, look: LOOK }
    }
}

/// What was entered.
pub(super) struct Entered {
    /// The node of each vector.
    pub(super) nodes: Vec<u32>,
    /// How many nodes the vectors have that were there before.
    pub(super) kept: usize,
}

/// Returns the ids whose vectors have nodes below `n`.
fn ids_below(n: usize, ids: Vec<u64>, nodes: Vec<u32>) -> Vec<u64> {
    ids.into_iter().zip(nodes).filter(|(_, node)| (*node as usize) < n).map(|(id, _)| id).collect()
}
