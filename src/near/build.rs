//! Linking new nodes, a batch at a time: the same links with any number of threads.
//!
//! The size of a batch depends on the number of linked nodes only. Each node of a batch is compared
//! with the graph as it was before the batch, and with the batch itself; then links are set, and
//! the links back are added target by target in a fixed order.
//! Reference: Manohar et al., ParlayANN (PPoPP 2024); the choice of links is algorithm 4 of
//! Malkov & Yashunin (2018).

use super::graph::{Graph, PAIR_KEYS, Slots};
use super::reach::settle;
use super::scratch::ScratchPool;
use super::walk::{Candidate, Scratch};
use crate::codec::Rows;
use crate::kernel::sort::{sort, sort_by_two};
use crate::pool::map;

/// The most nodes linked at once.
const BATCH_MAX: usize = 256;

/// How many links a list that overflows gives up beyond its capacity, so that it does not
/// overflow again at once.
pub(crate) const SLACK: usize = 4;

/// How the graph is built.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) m: usize,
    pub(crate) ef_construction: usize,
    /// With how many candidates a node is looked for before it counts as lost.
    pub(crate) look: usize,
}

impl Plan {
    /// Returns the most links of a node.
    pub(crate) fn capacity(self) -> usize {
        2 * self.m
    }
}

/// Returns how many of the next nodes are linked at once.
fn batch_len(linked: usize) -> usize {
    if linked == 0 { BATCH_MAX } else { (linked / 2).clamp(1, BATCH_MAX) }
}

/// When the graph has grown by this part, every node is checked to be reachable.
pub(crate) const CHECK_EVERY: usize = 16;

/// Links the rows from `graph.len()` to `n`. `progress(linked)` may stop it, between batches.
pub(crate) fn link(
    rows: &dyn Rows,
    graph: &mut Graph,
    n: usize,
    plan: Plan,
    pool: &ScratchPool,
    progress: &mut dyn FnMut(usize) -> bool,
) {
    while graph.len() < n {
        let first = graph.len();
        let last = n.min(first + batch_len(first));
        let batch: Vec<u32> = (first as u32..last as u32).collect();
        graph.growing(plan.capacity());
        let forward = choose_all(rows, graph, &batch, &batch, plan, pool);
        let (slots, _) = graph.growing(plan.capacity());
        slots.grow(last);
        let mut backward: Vec<(u32, Candidate)> = Vec::new();
        for (source, list) in batch.iter().zip(&forward) {
            slots.set(*source, list.iter().map(|link| (link.node(), link.key())));
            backward.extend(list.iter().map(|link| (link.node(), Candidate::new(link.key(), *source))));
        }
        merge_all(rows, slots, backward, pool);
        settle(rows, graph, batch, plan, pool);
        if !progress(last) {
            return;
        }
    }
}

/// Looks for links of these nodes as if they were new, and adds them to those they have, both ways.
pub(crate) fn relink(rows: &dyn Rows, graph: &mut Graph, nodes: &[u32], plan: Plan, pool: &ScratchPool) {
    for batch in nodes.chunks(BATCH_MAX) {
        let forward = choose_all(rows, graph, batch, &[], plan, pool);
        let mut both: Vec<(u32, Candidate)> = Vec::new();
        for (source, list) in batch.iter().zip(&forward) {
            for link in list {
                both.push((*source, *link));
                both.push((link.node(), Candidate::new(link.key(), *source)));
            }
        }
        merge_all(rows, graph.growing(plan.capacity()).0, both, pool);
    }
}

/// Returns the links of each node of a batch.
fn choose_all(
    rows: &dyn Rows,
    graph: &Graph,
    batch: &[u32],
    others: &[u32],
    plan: Plan,
    pool: &ScratchPool,
) -> Vec<Vec<Candidate>> {
    map(0..batch.len(), |i| {
        let mut scratch = pool.take();
        let list = choose_links(rows, graph, batch[i], others, plan, &mut scratch);
        pool.put(scratch);
        list
    })
}

/// Adds links, each with the node that gets it; two that are the same count once.
fn merge_all(rows: &dyn Rows, slots: &mut Slots, mut links: Vec<(u32, Candidate)>, pool: &ScratchPool) {
    sort_by_two(&mut links, |(target, link)| ((*target).into(), link.to_bits()));
    links.dedup();
    let groups: Vec<&[(u32, Candidate)]> = links.chunk_by(|a, b| a.0 == b.0).collect();
    let frozen: &Slots = slots;
    let merged = map(0..groups.len(), |i| {
        let mut scratch = pool.take();
        let list = merge_links(rows, frozen, groups[i], &mut scratch);
        pool.put(scratch);
        list
    });
    for (group, list) in groups.iter().zip(merged) {
        slots.set(group[0].0, list.iter().map(|link| (link.node(), link.key())));
    }
}

/// Returns the links of a node: the best of the graph and of `others`.
///
/// Never part of its caller, which runs once: an engine of WebAssembly optimises what is called often.
#[inline(never)]
fn choose_links(
    rows: &dyn Rows,
    graph: &Graph,
    node: u32,
    others: &[u32],
    plan: Plan,
    scratch: &mut Scratch,
) -> Vec<Candidate> {
    let ef = plan.ef_construction.max(plan.m);
    rows.prepare_node(node, &mut scratch.prepared);
    let without = ((node as usize) < graph.len()).then_some(node);
    graph.find(rows, PAIR_KEYS, ef, without, scratch);
    scratch.fresh.clear();
    scratch.fresh.extend(others.iter().copied().filter(|other| *other != node));
    let Scratch { prepared, fresh, keys, .. } = scratch;
    rows.pair_keys(prepared, fresh, keys);
    scratch.offer_fresh(ef);
    let candidates = core::mem::take(&mut scratch.pool);
    let list = select(rows, candidates.iter().map(|c| Candidate::new(c.key(), c.node())), plan.m, scratch);
    scratch.pool = candidates;
    list
}

/// Returns a target's links with the new ones among them; when they are too many, the best.
#[inline(never)]
pub(crate) fn merge_links(
    rows: &dyn Rows,
    slots: &Slots,
    group: &[(u32, Candidate)],
    scratch: &mut Scratch,
) -> Vec<Candidate> {
    let target = group[0].0;
    let (links, lengths) = (slots.links(target), slots.lengths(target));
    let mut list: Vec<Candidate> =
        links.iter().zip(lengths).map(|(&link, &length)| Candidate::new(length, link)).collect();
    if lengths.iter().any(|length| length.is_nan()) {
        rows.prepare_node(target, &mut scratch.prepared);
        rows.pair_keys(&mut scratch.prepared, links, &mut scratch.keys);
        list = links.iter().zip(&scratch.keys).map(|(&link, &length)| Candidate::new(length, link)).collect();
    }
    list.extend(group.iter().map(|(_, link)| *link).filter(|link| !links.contains(&link.node())));
    if list.len() > slots.capacity() {
        sort(&mut list);
        list = select(rows, list.into_iter(), slots.capacity() - SLACK.min(slots.capacity() / 4), scratch);
    }
    list
}

/// Returns up to `limit` of the sorted candidates: those that are nearer to the node than to any
/// candidate chosen before.
#[inline(never)]
pub(crate) fn select(
    rows: &dyn Rows,
    candidates: impl Iterator<Item = Candidate>,
    limit: usize,
    scratch: &mut Scratch,
) -> Vec<Candidate> {
    let mut chosen: Vec<Candidate> = Vec::with_capacity(limit);
    let nodes = &mut scratch.fresh;
    nodes.clear();
    for candidate in candidates {
        rows.prepare_node(candidate.node(), &mut scratch.prepared);
        let hidden = nodes.chunks(4).any(|four| {
            rows.pair_keys(&mut scratch.prepared, four, &mut scratch.keys);
            scratch.keys.iter().any(|key| *key < candidate.key())
        });
        if !hidden {
            chosen.push(candidate);
            nodes.push(candidate.node());
            if chosen.len() == limit {
                break;
            }
        }
    }
    chosen
}
