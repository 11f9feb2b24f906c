//! Can every node be reached? Walks begin at one node more of each part that links do not lead to;
//! a few lonely nodes get a link from their nearest reachable one.

use super::build::{Plan, select};
use super::graph::{Links, Slots};
use super::walk::{Candidate, Scratch, entries, walk};
use crate::codec::Rows;
use crate::kernel::sort::sort;

/// The most parts that walks begin at one by one: more are linked to each other.
pub(crate) const EXTRA_MAX: usize = 64;

/// A part of fewer nodes gets a link, not an entry point, where there is room for one.
const PART_MIN: usize = 4;

/// How often parts are linked before each becomes an entry point after all.
const ROUNDS: usize = 4;

/// With how many others a part is compared before it is linked.
const OTHERS_MAX: usize = 2048;

/// The nodes that links lead to from where walks begin, and from what is entered later.
pub(crate) struct Reached {
    seen: Vec<bool>,
    open: Vec<u32>,
}

impl Reached {
    /// Follows all links of a graph of `n` nodes from these.
    pub(crate) fn new<L: Links>(links: &L, n: usize, from: impl Iterator<Item = u32>) -> Self {
        let mut reached = Self { seen: vec![false; n], open: Vec::new() };
        for node in from {
            reached.enter(links, node);
        }
        reached
    }

    /// Returns how many more nodes are reached from this one.
    fn enter<L: Links>(&mut self, links: &L, node: u32) -> usize {
        let Self { seen, open } = self;
        if core::mem::replace(&mut seen[node as usize], true) {
            return 0;
        }
        let mut count = 1;
        open.push(node);
        while let Some(node) = open.pop() {
            links.visit(node, |link| {
                if !core::mem::replace(&mut seen[link as usize], true) {
                    count += 1;
                    open.push(link);
                }
            });
        }
        count
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

/// Returns what is reached from `first` and `extra`, and a node of each other part with the part's size.
fn parts<L: Links>(links: &L, n: usize, first: u32, extra: &[u32]) -> (Reached, Vec<(u32, usize)>) {
    let from = || core::iter::once(first).chain(extra.iter().copied());
    let reached = Reached::new(links, n, from());
    let mut all = Reached { seen: reached.seen.clone(), open: Vec::new() };
    let (mut start, mut found) = (0, Vec::new());
    while let Some(node) = all.next_unreached(start) {
        start = node as usize;
        found.push(node);
        all.enter(links, node);
    }
    // A node found later may lead to one found before, never the other way round.
    let mut all = Reached { seen: reached.seen.clone(), open: Vec::new() };
    let sizes = found.into_iter().rev().map(|node| (node, all.enter(links, node)));
    let mut parts: Vec<(u32, usize)> = sizes.filter(|(_, size)| *size > 0).collect();
    parts.reverse();
    (reached, parts)
}

/// Notes a node of each large part that cannot be reached, as long as there are few; for graphs
/// that are still growing.
pub(crate) fn note_parts(rows: &dyn Rows, slots: &mut Slots, extra: &mut Vec<u32>, scratch: &mut Scratch) {
    let (_, parts) = parts(slots, slots.len(), 0, extra);
    let large: Vec<u32> = parts.iter().filter(|part| part.1 >= PART_MIN).map(|part| part.0).collect();
    admit(rows, slots, 0, extra, &large, scratch);
}

/// Sees to it that every node is reached from `first` and `extra`: by links, and by more of `extra`.
pub(crate) fn repair(
    rows: &dyn Rows,
    slots: &mut Slots,
    first: u32,
    extra: &mut Vec<u32>,
    plan: Plan,
    scratch: &mut Scratch,
) {
    let n = slots.len();
    if n == 0 {
        return;
    }
    for _ in 0..ROUNDS {
        let (mut reached, parts) = parts(slots, n, first, extra);
        let mut left = Vec::new();
        for (node, size) in parts {
            if size >= PART_MIN || !link_lonely(rows, slots, node, extra, &reached, plan, scratch) {
                left.push(node);
            }
            reached.enter(slots, node);
        }
        if admit(rows, slots, first, extra, &left, scratch) {
            return;
        }
    }
    let (_, parts) = parts(slots, n, first, extra);
    extra.extend(parts.iter().map(|part| part.0));
    sort(extra);
}

/// Links a node from the nearest reachable one that has room; returns whether there is one.
fn link_lonely(
    rows: &dyn Rows,
    slots: &mut Slots,
    node: u32,
    extra: &[u32],
    reached: &Reached,
    plan: Plan,
    scratch: &mut Scratch,
) -> bool {
    let n = slots.len();
    rows.prepare_node(node, &mut scratch.prepared);
    scratch.begin(n, entries(n, extra), None);
    walk(slots, rows.rows_at(), plan.ef_construction, scratch, |prepared, nodes, keys| {
        rows.pair_keys(prepared, nodes, keys);
    });
    let mut near = scratch.pool.iter().filter(|c| c.node() != node && reached.seen[c.node() as usize]);
    near.any(|c| slots.push(c.node(), node, c.key()))
}

/// Lets walks begin at these nodes too; returns false when there were too many, and links were
/// changed instead.
fn admit(
    rows: &dyn Rows,
    slots: &mut Slots,
    first: u32,
    extra: &mut Vec<u32>,
    nodes: &[u32],
    scratch: &mut Scratch,
) -> bool {
    extra.extend(nodes);
    sort(extra);
    if nodes.is_empty() || extra.len() <= EXTRA_MAX {
        return true;
    }
    let mut all = extra.clone();
    if let Err(at) = all.binary_search(&first) {
        all.insert(at, first);
    }
    for i in 0..all.len() {
        link_part(rows, slots, &all, i, scratch);
    }
    *extra = (0..EXTRA_MAX).map(|i| all[i * all.len() / EXTRA_MAX]).collect();
    false
}

/// Gives half of a node's links to parts: the nearest, in all directions.
fn link_part(rows: &dyn Rows, slots: &mut Slots, parts: &[u32], i: usize, scratch: &mut Scratch) {
    let node = parts[i];
    // Of very many parts those before and after, and some from everywhere.
    let near = i.saturating_sub(OTHERS_MAX / 4)..parts.len().min(i + OTHERS_MAX / 4);
    let step = parts.len().div_ceil(OTHERS_MAX / 2);
    let mut others: Vec<u32> = if parts.len() <= OTHERS_MAX {
        parts.to_vec()
    } else {
        parts[near].iter().chain(parts.iter().step_by(step)).copied().collect()
    };
    sort(&mut others);
    others.dedup();
    others.retain(|other| *other != node);
    let mut sorted = |nodes: &[u32]| {
        rows.prepare_node(node, &mut scratch.prepared);
        rows.pair_keys(&mut scratch.prepared, nodes, &mut scratch.keys);
        let mut list: Vec<Candidate> =
            nodes.iter().zip(&scratch.keys).map(|(&other, &key)| Candidate::new(key, other)).collect();
        sort(&mut list);
        list
    };
    let (others, own) = (sorted(&others), sorted(slots.links(node)));
    let mut list = select(rows, others.into_iter(), slots.capacity() / 2, scratch);
    for link in own {
        if list.iter().all(|other| other.node() != link.node()) {
            list.push(link);
        }
    }
    slots.set(node, list.iter().map(|link| (link.node(), link.key())));
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
