//! Taking vectors away and replacing them: the links heal, the space is used again.

use super::build::{Plan, SLACK, relink, select};
use super::dedupe::Dedupe;
use super::graph::{Graph, Lists, Slots};
use super::index::Index;
use super::order::locality_order;
use super::reach;
use super::scratch::ScratchPool;
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
    /// Errors: [`ErrorKind::IdNotFound`], [`ErrorKind::DuplicateId`] (given twice), [`ErrorKind::OutOfMemory`].
    /// Cost: one pass over all links, so many ids in one call cost little more than one.
    pub fn remove(&mut self, ids: &[u64]) -> Result<()> {
        let columns = self.columns.without(ids)?;
        self.remove_vectors(ids)?;
        self.forget_names(ids);
        self.columns = columns;
        self.assert_verified();
        Ok(())
    }

    /// Takes the rows and names of ids out whose vectors went, as far as memory allows.
    pub(super) fn forget_rows(&mut self, ids: &[u64]) {
        if let Ok(columns) = self.columns.without(ids) {
            self.columns = columns;
        }
        self.forget_names(ids);
    }

    /// Takes ids out, without their rows in the columns.
    pub(super) fn remove_vectors(&mut self, ids: &[u64]) -> Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        let plan = self.plan();
        if self.graph.is_linked() {
            // Before anything changes, as it may need memory.
            self.graph.wake(plan.capacity(), self.store.len())?;
        }
        let dead = self.ids.remove(ids)?;
        self.changes += 1;
        self.store.wake();
        let last = self.store.len() - dead.len();
        for &node in &dead {
            self.dedupe.remove(&self.store, node);
        }
        let holes = dead.iter().copied().take_while(|node| (*node as usize) < last);
        let rest = (last as u32..self.store.len() as u32).filter(|node| dead.binary_search(node).is_err());
        let moves: Vec<(u32, u32)> = rest.zip(holes).collect();
        let hurt = if self.graph.is_linked() && !dead.is_empty() {
            heal(self.store.built_by(), &mut self.graph, &dead, &moves, plan, &self.scratch)
        } else {
            Vec::new()
        };
        for &(from, to) in &moves {
            self.dedupe.rename(&self.store, from, to);
            self.store.copy_row(from, to);
        }
        self.store.truncate(last);
        self.ids.move_nodes(&moves, last);
        self.sentinels.forget(&dead, &moves);
        if self.graph.is_linked() {
            let (rows, graph, pool) = (self.store.built_by(), &mut self.graph, &self.scratch);
            reach::thin(rows, graph, plan, pool);
            reach::raise_lost(rows, graph, hurt, plan, pool);
            reach::repair(rows, graph, plan, pool);
            graph.checked = last;
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
        let updated = added.map(drop).inspect_err(|_| {
            self.forget_rows(ids);
        });
        self.assert_verified();
        updated
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
        self.pack_names();
        if renewed {
            self.calibrate();
        }
        self.assert_verified();
        Ok(())
    }

    /// Puts neighbours next to each other, and gives back memory.
    pub(super) fn pack(&mut self) -> Result<()> {
        let n = self.store.len();
        self.changes += 1;
        if !self.graph.is_linked() {
            // Lists may have been begun for vectors that turned out to be equal.
            self.graph = Graph::default();
        } else if let Lists::Growing(_) = self.graph.lists() {
            let (plan, rows) = (self.plan(), self.store.built_by());
            let hurt = core::mem::take(&mut self.graph.hurt);
            relink(rows, &mut self.graph, &hurt, plan, &self.scratch);
            reach::look_above(rows, &mut self.graph, plan, &self.scratch);
            reach::repair(rows, &mut self.graph, plan, &self.scratch);
            self.graph.checked = n;
            let order = locality_order(rows, n, &self.scratch);
            let mut place = vec![0; n];
            for (i, &node) in order.iter().enumerate() {
                place[node as usize] = i as u32;
            }
            self.store.reorder(&order)?;
            self.ids.reorder(&order, &place);
            self.graph.rest(&order, &place);
            self.sentinels.reorder(&place);
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

/// Gives each node that links to a dead one the dead one's links to choose from, and the places of the dead to the last. Returns
/// the nodes whose links changed, ascending.
fn heal(
    rows: &dyn Rows,
    graph: &mut Graph,
    dead: &[u32],
    moves: &[(u32, u32)],
    plan: Plan,
    pool: &ScratchPool,
) -> Vec<u32> {
    let last = graph.len() - dead.len();
    if last == 0 {
        *graph = Graph::default();
        return Vec::new();
    }
    let mut is_dead = vec![false; graph.len()];
    for &node in dead {
        is_dead[node as usize] = true;
    }
    let frozen = graph.slots();
    let mut hurt: Vec<u32> = (0..frozen.len() as u32)
        .filter(|node| {
            !is_dead[*node as usize] && frozen.links(*node).iter().any(|link| is_dead[*link as usize])
        })
        .collect();
    let healed = map(0..hurt.len(), |i| {
        let mut scratch = pool.take();
        let list = healed_list(rows, frozen, hurt[i], &is_dead, &mut scratch);
        pool.put(scratch);
        list
    });
    let moved =
        |node: u32| moves.binary_search_by_key(&node, |(from, _)| *from).map_or(node, |at| moves[at].1);
    let mut scratch = pool.take();
    let stand_ins: Vec<u32> = graph.above().map_or(Vec::new(), |layer| {
        let live = |node: &u32| match is_dead[*node as usize] {
            true => moved(stand_in(rows, frozen, *node, &is_dead, &mut scratch)),
            false => moved(*node),
        };
        layer.below.iter().map(live).collect()
    });
    pool.put(scratch);
    let (slots, above) = graph.growing(plan.capacity());
    if let Some(layer) = above {
        layer.below = stand_ins;
    }
    for (&node, list) in hurt.iter().zip(healed) {
        slots.set(node, list.iter().map(|link| (link.node(), link.key())));
    }
    for &(from, to) in moves {
        slots.copy_list(from, to);
    }
    slots.truncate(last);
    slots.relabel(moved);
    reach::link_forgotten(slots);
    hurt.iter_mut().for_each(|node| *node = moved(*node));
    sort(&mut hurt);
    graph.hurt.retain(|node| !is_dead[*node as usize]);
    graph.hurt.iter_mut().for_each(|node| *node = moved(*node));
    graph.hurt.extend(&hurt);
    sort(&mut graph.hurt);
    graph.hurt.dedup();
    hurt
}

/// Returns the nearest node alive of those that a dead one is linked to, or that they are.
fn stand_in(rows: &dyn Rows, slots: &Slots, node: u32, is_dead: &[bool], scratch: &mut Scratch) -> u32 {
    let live = |link: &u32| !is_dead[*link as usize];
    let links = || slots.links(node).iter().copied();
    let mut near: Vec<u32> = links().filter(live).collect();
    if near.is_empty() {
        near = links().flat_map(|link| slots.links(link).iter().copied()).filter(live).collect();
    }
    if near.is_empty() {
        near = (0..slots.len() as u32).find(live).into_iter().collect();
    }
    rows.prepare_node(node, &mut scratch.prepared);
    rows.pair_keys(&mut scratch.prepared, &near, &mut scratch.keys);
    let nearest = near.iter().zip(&scratch.keys).map(|(&link, &key)| Candidate::new(key, link)).min();
    nearest.map_or(0, Candidate::node)
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
    let best = list.iter().copied();
    let mut chosen = select(rows, best, slots.capacity() - SLACK.min(slots.capacity() / 4), scratch);
    // What it had is not thinned out: it keeps as many links, the nearest first.
    for link in list {
        if chosen.len() >= slots.links(node).len() {
            break;
        }
        if slots.links(node).contains(&link.node()) && chosen.iter().all(|other| *other != link) {
            chosen.push(link);
        }
    }
    chosen
}
