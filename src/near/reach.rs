//! Can every node be found? Walks begin at nodes of the layer above: some by chance, and one of whatever walks do not find.
//!
//! So no cluster is without a node above, however far from the others it lies and in whatever order vectors come.

use super::build::{Plan, link};
use super::graph::{BEAM, Graph, Links, PAIR_KEYS, Part, Slots, WHOLE_MAX, capacity_above};
use super::scratch::ScratchPool;
use super::walk::Scratch;
use crate::codec::Rows;
use crate::pool::map;

/// One of so many nodes is raised by chance: so a walk has not far to go.
const SAMPLED: u32 = 32;

/// No more than a part of the nodes is raised because they are lost: where numbers say nothing all may be.
const LOST_PART: usize = 4;

/// The most candidates of an insertion into a layer above.
const EF_ABOVE: usize = 64;

/// A part of fewer nodes gets a link, and is not raised, where there is room for one.
const PART_MIN: usize = 4;

/// Raises some nodes of a new batch by chance, and those of the others that are [lost](raise_lost), where there is a sign of it.
pub(crate) fn settle(rows: &dyn Rows, graph: &mut Graph, nodes: Vec<u32>, plan: Plan, pool: &ScratchPool) {
    // The multiplier spreads numbers evenly (Knuth, The Art of Computer Programming, volume 3, 6.4).
    let by_chance = |node: &u32| node.wrapping_mul(0x9e37_79b1) < u32::MAX / SAMPLED;
    let (raised, others): (Vec<u32>, Vec<u32>) = nodes.into_iter().partition(by_chance);
    raise(rows, graph, &raised, plan, pool);
    let first = raised.iter().chain(&others).copied().min().unwrap_or(0);
    let strangers = others.into_iter().filter(|node| is_strange(graph.slots(), *node, first)).collect();
    raise_lost(rows, graph, strangers, plan, pool);
}

/// Returns whether a node may be lost, of a batch from `first` on: its nearest is as new, so that no walk led there, or is
/// nearer to all that it is linked to. It is a comparison of a few numbers, where a walk is one of hundreds of rows.
fn is_strange(slots: &Slots, node: u32, first: u32) -> bool {
    let links = |node| slots.lengths(node).iter().zip(slots.links(node));
    let Some((length, nearest)) = links(node).min_by(|a, b| a.0.total_cmp(b.0)) else { return true };
    // Lengths that are not known are NaN.
    let mut others = links(*nearest).filter(|(_, link)| **link != node);
    *nearest >= first || length.is_nan() || others.all(|(other, _)| other < length || other.is_nan())
}

/// Raises some of those of these nodes, ascending, that walks do not find: as many as it takes.
pub(crate) fn raise_lost(
    rows: &dyn Rows,
    graph: &mut Graph,
    mut nodes: Vec<u32>,
    plan: Plan,
    pool: &ScratchPool,
) {
    loop {
        let lost = map(0..nodes.len(), |i| {
            let mut scratch = pool.take();
            let lost = is_lost(rows, graph, nodes[i], plan.look, &mut scratch);
            pool.put(scratch);
            lost
        });
        let mut lost = lost.into_iter();
        nodes.retain(|_| lost.next() == Some(true));
        let above = graph.above().map_or(0, |layer| layer.below.len());
        if nodes.is_empty() || above > graph.len() / LOST_PART {
            return;
        }
        // Those that are linked to each other are likely to be found by way of one of them.
        let mut raised: Vec<u32> = Vec::new();
        for &node in &nodes {
            if graph.slots().links(node).iter().all(|link| raised.binary_search(link).is_err()) {
                raised.push(node);
            }
        }
        raise(rows, graph, &raised, plan, pool);
        nodes.retain(|node| raised.binary_search(node).is_err());
    }
}

/// Makes the layers above anew where so many nodes went that they are hardly fewer than those below.
pub(crate) fn thin(rows: &dyn Rows, graph: &mut Graph, plan: Plan, pool: &ScratchPool) {
    let n = graph.len();
    let (_, above) = graph.growing(plan.capacity());
    if above.take_if(|layer| layer.below.len() > n / 2).is_some() {
        settle(rows, graph, (0..n as u32).collect(), plan, pool);
    }
}

/// Returns whether a walk for a node finds nothing as near as the nearest that it is linked to.
fn is_lost(rows: &dyn Rows, graph: &Graph, node: u32, ef: usize, scratch: &mut Scratch) -> bool {
    rows.prepare_node(node, &mut scratch.prepared);
    // Lengths that are kept are unknown where lists were at rest.
    rows.pair_keys(&mut scratch.prepared, graph.slots().links(node), &mut scratch.keys);
    let nearest = scratch.keys.iter().copied().fold(f32::INFINITY, f32::min);
    graph.find(rows, PAIR_KEYS, ef, None, scratch);
    scratch.pool.first().is_none_or(|best| best.key() > nearest && best.node() != node)
}

/// Puts nodes into the layer above.
fn raise(rows: &dyn Rows, graph: &mut Graph, nodes: &[u32], plan: Plan, pool: &ScratchPool) {
    if nodes.is_empty() {
        return;
    }
    let layer = graph.growing(plan.capacity()).1.get_or_insert_default();
    layer.below.extend(nodes);
    if layer.below.len() > WHOLE_MAX {
        let part = Part { rows, nodes: &layer.below, without: None };
        link(&part, &mut layer.graph, layer.below.len(), plan_above(plan), pool, &mut |_| true);
    }
}

fn plan_above(plan: Plan) -> Plan {
    let m = capacity_above(plan.capacity()) / 2;
    Plan { m, ef_construction: plan.ef_construction.min(EF_ABOVE), look: BEAM }
}

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

/// Returns what is reached from `roots`, and a node of each other part with the part's size.
fn parts<L: Links>(links: &L, n: usize, roots: &[u32]) -> (Reached, Vec<(u32, usize)>) {
    let reached = Reached::new(links, n, roots.iter().copied());
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

/// Sees to it that links lead to every node from those of the layer above: by a link, or by raising one of those it takes.
pub(crate) fn repair(rows: &dyn Rows, graph: &mut Graph, plan: Plan, pool: &ScratchPool) {
    let n = graph.len();
    let roots = graph.above().map_or(&[][..], |layer| &layer.below);
    let (mut reached, parts) = parts(graph.slots(), n, roots);
    let mut left = Vec::new();
    let mut scratch = pool.take();
    for (node, size) in parts {
        if size >= PART_MIN || !link_lonely(rows, graph, node, &reached, plan, &mut scratch) {
            left.push(node);
        }
        reached.enter(graph.slots(), node);
    }
    pool.put(scratch);
    raise(rows, graph, &left, plan, pool);
    if let Some(layer) = graph.growing(plan.capacity()).1
        && layer.graph.is_linked()
    {
        let part = Part { rows, nodes: &layer.below, without: None };
        repair(&part, &mut layer.graph, plan_above(plan), pool);
    }
}

/// Looks for all nodes of the layers above, and raises those that were lost as others took their links: they are few, and
/// the way to many.
pub(crate) fn look_above(rows: &dyn Rows, graph: &mut Graph, plan: Plan, pool: &ScratchPool) {
    if let Some(layer) = graph.growing(plan.capacity()).1
        && layer.graph.is_linked()
    {
        let (part, plan) = (Part { rows, nodes: &layer.below, without: None }, plan_above(plan));
        look_above(&part, &mut layer.graph, plan, pool);
        raise_lost(&part, &mut layer.graph, (0..layer.below.len() as u32).collect(), plan, pool);
    }
}

/// Links a node from the nearest reachable one that has room; returns whether there is one.
fn link_lonely(
    rows: &dyn Rows,
    graph: &mut Graph,
    node: u32,
    reached: &Reached,
    plan: Plan,
    scratch: &mut Scratch,
) -> bool {
    rows.prepare_node(node, &mut scratch.prepared);
    graph.find(rows, PAIR_KEYS, plan.ef_construction, Some(node), scratch);
    let (slots, _) = graph.growing(plan.capacity());
    let mut near = scratch.pool.iter().filter(|c| reached.seen[c.node() as usize]);
    near.any(|c| slots.push(c.node(), node, c.key()))
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
