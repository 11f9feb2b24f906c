//! An order in which neighbours stand near each other: smaller links, fewer cache misses.

use super::scratch::ScratchPool;
use crate::codec::Rows;
use crate::kernel::sort::{key_f32, select, sort};

/// Groups this small are left as they are.
const LEAF: usize = 24;

/// Returns the nodes in an order made by halving: two nodes far from each other, and which of the
/// two each node is nearer to.
pub(crate) fn locality_order(rows: &dyn Rows, n: usize, pool: &ScratchPool) -> Vec<u32> {
    let mut order: Vec<u32> = (0..n as u32).collect();
    let mut scratch = pool.take();
    let mut open: Vec<_> = core::iter::once(0..n).collect();
    let (mut of_a, mut of_b, mut sides) = (Vec::new(), Vec::new(), Vec::new());
    while let Some(range) = open.pop() {
        if range.len() <= LEAF {
            sort(&mut order[range]);
            continue;
        }
        let nodes = &mut order[range.clone()];
        // The order inside a half is not defined by the selection: make it so.
        sort(nodes);
        let mut keys_of = |node: u32, keys: &mut Vec<f32>| {
            rows.prepare_node(node, &mut scratch.prepared);
            rows.pair_keys(&mut scratch.prepared, nodes, keys);
        };
        keys_of(nodes[0], &mut of_a);
        let a = farthest(nodes, &of_a);
        keys_of(a, &mut of_a);
        let b = farthest(nodes, &of_a);
        keys_of(b, &mut of_b);
        sides.clear();
        sides.extend(
            nodes
                .iter()
                .zip(of_a.iter().zip(&of_b))
                .map(|(&node, (a, b))| u64::from(key_f32(a - b)) << 32 | u64::from(node)),
        );
        let half = sides.len() / 2;
        select(&mut sides, half);
        for (node, side) in nodes.iter_mut().zip(&sides) {
            *node = *side as u32;
        }
        let middle = range.start + half;
        // The first half is done first, and its order does not depend on the second.
        open.push(middle..range.end);
        open.push(range.start..middle);
    }
    pool.put(scratch);
    order
}

/// Returns the node with the largest key, the first of several.
fn farthest(nodes: &[u32], keys: &[f32]) -> u32 {
    let mut best = 0;
    for (i, key) in keys.iter().enumerate() {
        if *key > keys[best] {
            best = i;
        }
    }
    nodes[best]
}
