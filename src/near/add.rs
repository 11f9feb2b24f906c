//! How do vectors come in: which get nodes, which share one, and when are they linked?

use super::build::{CHECK_EVERY, Plan, link};
use super::dedupe::Dedupe;
use super::graph::Graph;
use super::index::{Index, LINKED_MIN};
use super::reach;
use crate::error::{ErrorKind, Result};

/// Every node is checked to be reachable when there are not more than so many for each new one:
/// then linking costs more than the check.
const CHECKED_PER_NEW: usize = 16384;

/// With how many candidates a new vector is looked for before it counts as lost.
const LOOK: usize = 16;

/// The layers above are looked through when there are not more nodes than so many for each new one: then that is a small part of
/// the work.
const LOOKED_PER_NEW: usize = 64;

/// The most ids, and nodes: their numbers fit 31 bits.
const NODES_MAX: usize = (1 << 31) - 2;

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

        let kept = self.store.len();
        let nodes = self.enter(vectors, &ids);
        if !grows {
            progress(n, n);
            return Ok(ids);
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
            self.compact()?;
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

    /// Encodes checked vectors, each into a node of its own or that of its equal, without links.
    /// Returns the nodes.
    pub(super) fn enter(&mut self, vectors: &[f32], ids: &[u64]) -> Vec<u32> {
        self.changes += 1;
        self.store.wake();
        let prepared = self.prepared(vectors);
        let vectors = prepared.as_deref().unwrap_or(vectors);
        if self.store.len() == 0 {
            self.store.fit(vectors);
        }
        let mut nodes = Vec::with_capacity(ids.len());
        for (vector, &id) in vectors.chunks_exact(self.dim).zip(ids) {
            self.store.push(vector);
            let same = self.dedupe.find_or_enter(&self.store);
            if let Some(node) = same {
                self.store.pop();
                self.ids.push_further(node, id);
            } else {
                self.ids.push_node(id);
            }
            nodes.push(same.unwrap_or(self.store.len() as u32 - 1));
        }
        self.ids.settle();
        nodes
    }

    pub(super) fn plan(&self) -> Plan {
        Plan { m: self.params.m, ef_construction: self.params.ef_construction, look: LOOK }
    }
}

/// Returns the ids whose vectors have nodes below `n`.
fn ids_below(n: usize, ids: Vec<u64>, nodes: Vec<u32>) -> Vec<u64> {
    ids.into_iter().zip(nodes).filter(|(_, node)| (*node as usize) < n).map(|(id, _)| id).collect()
}
