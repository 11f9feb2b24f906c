//! Taking vectors away and replacing them: the links heal, the space is used again.

use super::build::{SLACK, select};
use super::dedupe::Dedupe;
use super::graph::Slots;
use super::index::{Graph, Index};
use super::order::locality_order;
use super::packed::Packed;
use super::reach;
use super::walk::{Candidate, Scratch};
use crate::codec::Rows;
use crate::error::{ErrorKind, Result};
use crate::kernel::sort::sort;
use crate::pool::map;

impl Index {
    /// Takes ids, and the vectors that no other id has, out of the index.
    ///
    /// The neighbours of a vector that goes are linked to its other neighbours; the last vectors
    /// take the free places. All or nothing.
    ///
    /// Errors: [`ErrorKind::IdNotFound`], [`ErrorKind::DuplicateId`] (given twice).
    /// Cost: one pass over all links, so many ids in one call cost little more than one.
    pub fn remove(&mut self, ids: &[u64]) -> Result<()> {
        self.remove_vectors(ids)?;
        self.columns.remove(ids);
        Ok(())
    }

    /// Takes ids out, without their rows in the columns.
    fn remove_vectors(&mut self, ids: &[u64]) -> Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        let linked = !matches!(&self.graph, Graph::Packed(packed) if packed.len() == 0);
        // Before anything changes, as it may need memory.
        let slots = if linked { self.slots(self.store.len())? } else { None };
        let dead = match self.ids.remove(ids) {
            Ok(dead) => dead,
            Err(error) => {
                if let Some(slots) = slots {
                    self.graph = Graph::Slots(slots);
                }
                return Err(error);
            }
        };
        self.changes += 1;
        self.store.wake();
        let last = self.store.len() - dead.len();
        for &node in &dead {
            self.dedupe.remove(&self.store, node);
        }
        let holes = dead.iter().copied().take_while(|node| (*node as usize) < last);
        let rest = (last as u32..self.store.len() as u32).filter(|node| dead.binary_search(node).is_err());
        let moves: Vec<(u32, u32)> = rest.zip(holes).collect();
        if let Some(mut slots) = slots {
            heal(self.store.built_by(), &mut slots, &dead, &self.scratch);
            for &(from, to) in &moves {
                slots.copy_list(from, to);
            }
            slots.truncate(last);
            slots.relabel(|link| {
                moves.binary_search_by_key(&link, |(from, _)| *from).map_or(link, |at| moves[at].1)
            });
            reach::link_forgotten(&mut slots);
            self.extra.retain(|node| dead.binary_search(node).is_err());
            for node in &mut self.extra {
                if let Ok(at) = moves.binary_search_by_key(node, |(from, _)| *from) {
                    *node = moves[at].1;
                }
            }
            self.graph = Graph::Slots(slots);
        }
        for &(from, to) in &moves {
            self.dedupe.rename(&self.store, from, to);
            self.store.copy_row(from, to);
        }
        self.store.truncate(last);
        self.ids.move_nodes(&moves, last);
        self.sentinels.forget(&dead, &moves);
        let plan = self.plan();
        if let Graph::Slots(slots) = &mut self.graph {
            let mut scratch = self.scratch.take();
            let rows = self.store.built_by();
            reach::repair(rows, slots, 0, &mut self.extra, plan, &mut scratch);
            self.scratch.put(scratch);
            self.checked = last;
            self.drift += dead.len();
            self.calibrate_when_stale();
        }
        Ok(())
    }

    /// Replaces the vectors of ids that are there; their values in the columns stay.
    ///
    /// Shapes: `vectors` is `(n, dim)`, `ids` `(n,)`. All or nothing.
    ///
    /// Errors: [`ErrorKind::IdNotFound`], [`ErrorKind::DuplicateId`], and as [`add`](Self::add).
    pub fn update(&mut self, vectors: &[f32], ids: &[u64]) -> Result<()> {
        self.check(vectors)?;
        if vectors.len() != ids.len() * self.dim {
            return Err(ErrorKind::ShapeMismatch {
                expected: format!("({}, {})", ids.len(), self.dim),
                got: format!("({}, {})", vectors.len() / self.dim, self.dim),
            }
            .into());
        }
        self.check_storable(vectors)?;
        self.remove_vectors(ids)?;
        let added = self.add_vectors(vectors, Some(ids), &mut |_done, _all| true);
        added.map(drop).inspect_err(|_| self.columns.remove(ids))
    }

    /// Gives back memory that only changes need, and puts neighbours next to each other. Where what is kept is fine enough to
    /// judge by, storage is chosen anew, and fitted to the vectors that there are.
    ///
    /// An index that has been added to in large pieces, or opened from a file, is compact already.
    ///
    /// Errors: [`ErrorKind::OutOfMemory`].
    pub fn compact(&mut self) -> Result<()> {
        let renewed = self.renew()?;
        self.pack()?;
        if renewed {
            self.calibrate();
        }
        Ok(())
    }

    /// Puts neighbours next to each other, and gives back memory.
    pub(super) fn pack(&mut self) -> Result<()> {
        let n = self.store.len();
        self.changes += 1;
        let plan = self.plan();
        if let Graph::Slots(slots) = &mut self.graph {
            let order = locality_order(self.store.built_by(), n, &self.scratch);
            let mut place = vec![0; n];
            for (i, &node) in order.iter().enumerate() {
                place[node as usize] = i as u32;
            }
            if let Some(&first) = order.first() {
                let mut scratch = self.scratch.take();
                let rows = self.store.built_by();
                reach::repair(rows, slots, first, &mut self.extra, plan, &mut scratch);
                self.scratch.put(scratch);
            }
            self.store.reorder(&order)?;
            self.extra.iter_mut().for_each(|node| *node = place[*node as usize]);
            sort(&mut self.extra);
            self.extra.shrink_to_fit();
            let packed = Packed::from_slots_in_order(slots, &order, &place);
            self.ids.reorder(&order, &place);
            self.sentinels.reorder(&place);
            self.graph = Graph::Packed(packed);
            self.checked = n;
        }
        self.store.rest();
        self.ids.rest();
        self.columns.rest();
        self.sentinels.rest();
        self.dedupe = Dedupe::default();
        self.ordered = n;
        Ok(())
    }
}

/// Gives each node that links to a dead one the dead one's links to choose from.
fn heal(rows: &dyn Rows, slots: &mut Slots, dead: &[u32], pool: &super::scratch::ScratchPool) {
    let mut is_dead = vec![false; slots.len()];
    for &node in dead {
        is_dead[node as usize] = true;
    }
    let hurt: Vec<u32> = (0..slots.len() as u32)
        .filter(|node| {
            !is_dead[*node as usize] && slots.links(*node).iter().any(|link| is_dead[*link as usize])
        })
        .collect();
    let frozen: &Slots = slots;
    let healed = map(0..hurt.len(), |i| {
        let mut scratch = pool.take();
        let list = healed_list(rows, frozen, hurt[i], &is_dead, &mut scratch);
        pool.put(scratch);
        list
    });
    for (node, list) in hurt.into_iter().zip(healed) {
        slots.set(node, list.iter().map(|link| (link.node(), link.key())));
    }
}

fn healed_list(
    rows: &dyn Rows,
    slots: &Slots,
    node: u32,
    is_dead: &[bool],
    scratch: &mut Scratch,
) -> Vec<Candidate> {
    let dead = |link: &u32| is_dead[*link as usize];
    let mut nodes: Vec<u32> = slots.links(node).to_vec();
    for link in slots.links(node).iter().filter(|link| dead(link)) {
        nodes.extend_from_slice(slots.links(*link));
    }
    nodes.retain(|link| !dead(link) && *link != node);
    sort(&mut nodes);
    nodes.dedup();
    rows.prepare_node(node, &mut scratch.prepared);
    rows.pair_keys(&mut scratch.prepared, &nodes, &mut scratch.keys);
    let mut list: Vec<Candidate> =
        nodes.iter().zip(&scratch.keys).map(|(&link, &key)| Candidate::new(key, link)).collect();
    sort(&mut list);
    select(rows, list.into_iter(), slots.capacity() - SLACK.min(slots.capacity() / 4), scratch)
}
