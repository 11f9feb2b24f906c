//! Can every node be reached? Nodes that no walk could meet get a link from their nearest reachable one.

use super::build::Plan;
use super::graph::{Links, Slots};
use super::walk::{Scratch, walk};
use crate::codec::Rows;

/// The nodes that links lead to from the entry points, and from what is entered later.
pub(crate) struct Reached {
    seen: Vec<bool>,
    open: Vec<u32>,
}

impl Reached {
    /// Follows all links from the entry points `starts` of a graph of `n` nodes.
    pub(crate) fn new<L: Links>(links: &L, n: usize, starts: impl Iterator<Item = u32>) -> Self {
        let mut reached = Self { seen: vec![false; n], open: Vec::new() };
        for node in starts {
            reached.enter(links, node);
        }
        reached
    }

    fn enter<L: Links>(&mut self, links: &L, node: u32) {
        let Self { seen, open } = self;
        if core::mem::replace(&mut seen[node as usize], true) {
            return;
        }
        open.push(node);
        while let Some(node) = open.pop() {
            links.visit(node, |link| {
                if !core::mem::replace(&mut seen[link as usize], true) {
                    open.push(link);
                }
            });
        }
    }

    /// Returns the first node from `start` on that was not reached.
    fn next_unreached(&self, start: usize) -> Option<u32> {
        self.seen[start..].iter().position(|seen| !seen).map(|at| (start + at) as u32)
    }

    /// Returns how many nodes were not reached.
    pub(crate) fn orphans(&self) -> usize {
        self.seen.iter().filter(|seen| !**seen).count()
    }
}

/// Links every node that cannot be reached from the entry points `starts` from the nearest node that can.
pub(crate) fn link_unreached<R: Rows>(
    rows: &R,
    slots: &mut Slots,
    starts: &[u32],
    plan: Plan,
    scratch: &mut Scratch,
) {
    let starts = || starts.iter().copied();
    let n = slots.len();
    // A link that must take another's place may cut that one's target off: then once more.
    for _ in 0..8 {
        let mut reached = Reached::new(slots, n, starts());
        let (mut start, mut replaced) = (0, false);
        while let Some(node) = reached.next_unreached(start) {
            start = node as usize;
            rows.prepare_node(node, &mut scratch.prepared);
            walk(slots, n, starts(), None, plan.ef_construction, scratch, |prepared, nodes, keys| {
                rows.pair_keys(prepared, nodes, keys);
            });
            let near = scratch.pool.iter().filter(|candidate| candidate.node() != node);
            let linked = near.clone().any(|c| slots.push(c.node(), node, c.key()));
            if let (false, Some(nearest)) = (linked, near.clone().next()) {
                slots.replace_last(nearest.node(), node, nearest.key());
                replaced = true;
            }
            reached.enter(slots, node);
        }
        if !replaced {
            return;
        }
    }
}

/// Makes sure that each node from `first` on is linked back to by a node that it links to.
pub(crate) fn link_unlinked(slots: &mut Slots, first: usize) {
    for node in first as u32..slots.len() as u32 {
        let list: Vec<(u32, f32)> =
            slots.links(node).iter().copied().zip(slots.lengths(node).iter().copied()).collect();
        let linked = list.iter().any(|(link, _)| slots.links(*link).contains(&node));
        if linked || list.iter().any(|(link, length)| slots.push(*link, node, *length)) {
            continue;
        }
        if let Some((link, length)) = list.first() {
            slots.replace_last(*link, node, *length);
        }
    }
}

/// Makes sure that each node is linked to by some node.
pub(crate) fn link_forgotten(slots: &mut Slots) {
    let mut linked = vec![false; slots.len()];
    for node in 0..slots.len() as u32 {
        slots.visit(node, |link| linked[link as usize] = true);
    }
    for node in (0..slots.len() as u32).filter(|node| !linked[*node as usize]) {
        let list: Vec<(u32, f32)> =
            slots.links(node).iter().copied().zip(slots.lengths(node).iter().copied()).collect();
        let pushed = list.iter().any(|(link, length)| slots.push(*link, node, *length));
        if let (false, Some((link, length))) = (pushed, list.first()) {
            slots.replace_last(*link, node, *length);
        }
    }
}
