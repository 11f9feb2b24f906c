//! The walk: from where it begins to the nearest nodes, best first.

use super::graph::Links;
use crate::codec::Prepared;
use crate::kernel::prefetch::RowsAt;
use crate::kernel::sort;

/// The most links of a node: twice the largest `M`.
pub(crate) const LINKS_MAX: usize = 256;

/// A node and its key in one integer that sorts by (key, node). The lowest bit says *expanded*.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Candidate(u64);

impl Candidate {
    #[inline(always)]
    pub(crate) fn new(key: f32, node: u32) -> Self {
        // Adding zero makes +0 of −0; the flips make unsigned order of the order of floats.
        let bits = (key + 0.0).to_bits();
        let ordered = bits ^ (((bits as i32 >> 31) as u32) | 0x8000_0000);
        Self(u64::from(ordered) << 32 | u64::from(node) << 1)
    }

    #[inline(always)]
    pub(crate) fn node(self) -> u32 {
        self.0 as u32 >> 1
    }

    #[inline(always)]
    pub(crate) fn key(self) -> f32 {
        let ordered = (self.0 >> 32) as u32;
        f32::from_bits(ordered ^ (((!ordered as i32 >> 31) as u32) | 0x8000_0000))
    }

    /// Returns the integer.
    pub(super) fn to_bits(self) -> u64 {
        self.0
    }

    fn is_expanded(self) -> bool {
        self.0 & 1 == 1
    }
}

/// What a walk writes on; reused from query to query.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scratch {
    /// The walk that a node was last seen in.
    seen: Vec<u8>,
    walk: u8,
    /// The best candidates, sorted.
    pub(crate) pool: Vec<Candidate>,
    pub(crate) fresh: Vec<u32>,
    pub(crate) keys: Vec<f32>,
    /// Distances as they are ordered by.
    pub(crate) distances: Vec<f64>,
    /// Those of the scored nodes that may enter the pool.
    better: Vec<Candidate>,
    /// Whether a walk may go on with more candidates: those that did not fit are then kept.
    pub(crate) may_go_on: bool,
    /// Those, in no order.
    left: Vec<u64>,
    pub(crate) prepared: Prepared,
}

impl Scratch {
    /// Forgets what was seen and found, for a walk through a graph of `n` nodes.
    pub(crate) fn begin(&mut self, n: usize) {
        self.walk = self.walk.wrapping_add(1);
        if self.walk == 0 {
            self.seen.fill(0);
            self.walk = 1;
        }
        if self.seen.len() < n {
            self.seen.resize(n, 0);
        }
        self.pool.clear();
        self.left.clear();
    }

    /// Begins a walk of `ef` candidates through a graph of `n` nodes, round the node `without`, at those that stand below
    /// the places in the pool.
    pub(crate) fn descend(&mut self, below: &[u32], n: usize, ef: usize, without: Option<u32>) {
        let mut found = core::mem::take(&mut self.pool);
        self.begin(n);
        for candidate in &mut found {
            *candidate = Candidate::new(candidate.key(), below[candidate.node() as usize]);
        }
        // Nodes order differently than their places, and two places may have one node.
        sort::sort(&mut found);
        if let Some(node) = without {
            self.seen[node as usize] = self.walk;
        }
        for candidate in &found {
            let seen = core::mem::replace(&mut self.seen[candidate.node() as usize], self.walk) == self.walk;
            if !seen {
                self.offer(*candidate, ef);
            }
        }
    }

    /// Lets a walk that may go on do so with up to `ef` candidates: as if it had begun with so many.
    pub(crate) fn widen(&mut self, ef: usize) {
        let Self { pool, left, fresh, .. } = self;
        fresh.clear();
        // All that is left is worse than what is in the pool.
        let count = left.len().min(ef - pool.len().min(ef));
        if count == 0 {
            return;
        }
        sort::select(left, count - 1);
        let rest = left.split_off(count);
        sort::sort(left);
        pool.extend(left.iter().map(|bits| Candidate(*bits)));
        *left = rest;
    }

    /// Lists those of the scored nodes that are better than the worst of a full pool: without a branch to
    /// guess, as most are not. Returns how many.
    #[inline(always)]
    fn sieve(&mut self, nodes: &[u32], ef: usize) -> usize {
        let Self { pool, keys, better, left, .. } = self;
        let worst = if pool.len() < ef { Candidate(u64::MAX) } else { pool[ef - 1] };
        if better.len() < nodes.len() {
            better.resize(nodes.len(), worst);
        }
        let mut count = 0;
        for (&node, &key) in nodes.iter().zip(keys.iter()) {
            let candidate = Candidate::new(key, node);
            better[count] = candidate;
            count += usize::from(candidate < worst);
        }
        if self.may_go_on {
            let scored = nodes.iter().zip(keys.iter()).map(|(&node, &key)| Candidate::new(key, node));
            left.extend(scored.filter(|candidate| *candidate >= worst).map(Candidate::to_bits));
        }
        count
    }

    /// Offers the nodes of `fresh` with their keys to the pool of at most `ef`.
    pub(crate) fn offer_fresh(&mut self, ef: usize) {
        let fresh = core::mem::take(&mut self.fresh);
        for i in 0..self.sieve(&fresh, ef) {
            self.offer(self.better[i], ef);
        }
        self.fresh = fresh;
    }

    /// Offers the nodes from `first` on, which are above all in the pool of at most `ef`, with their keys.
    pub(crate) fn offer_run(&mut self, first: u32, keys: &[f32], ef: usize) {
        const BLOCK: usize = 16;
        for (keys, first) in keys.chunks(BLOCK).zip((first..).step_by(BLOCK)) {
            let worst = self.pool.get(ef - 1).map(|worst| worst.key());
            // Of most blocks none is better, which the machine can tell of all at once.
            if worst.is_some_and(|worst| !keys.iter().fold(false, |any, key| any | (*key < worst))) {
                continue;
            }
            for (&key, node) in keys.iter().zip(first..) {
                if worst.is_none_or(|worst| key < worst) {
                    self.offer(Candidate::new(key, node), ef);
                }
            }
        }
    }

    /// Puts a candidate into the pool of at most `ef`; returns its place.
    #[inline(always)]
    pub(crate) fn offer(&mut self, candidate: Candidate, ef: usize) -> Option<usize> {
        let Self { pool, left, .. } = self;
        if pool.len() < ef {
            pool.push(candidate);
        } else {
            let out = pool.last().map_or(candidate, |worst| candidate.max(*worst));
            if self.may_go_on {
                left.push(out.to_bits());
            }
            if out == candidate {
                return None;
            }
        }
        // The last place is free: worse ones move up, a block at a time, as that is a few moves and no guess.
        const BLOCK: usize = 8;
        let mut at = pool.len() - 1;
        while at >= BLOCK && pool[at - BLOCK] > candidate {
            pool.copy_within(at - BLOCK..at, at - BLOCK + 1);
            at -= BLOCK;
        }
        while at > 0 && pool[at - 1] > candidate {
            pool[at] = pool[at - 1];
            at -= 1;
        }
        pool[at] = candidate;
        Some(at)
    }
}

/// Fills the pool with the `ef` best nodes that the walk meets which has [begun](Scratch::descend), or was
/// [widened](Scratch::widen).
///
/// `score` writes the keys of listed nodes, whose rows are at `rows_at`. The order in which links are stored makes no difference.
#[inline(always)]
pub(crate) fn walk<L: Links>(
    links: &L,
    rows_at: RowsAt,
    ef: usize,
    scratch: &mut Scratch,
    mut score: impl FnMut(&mut Prepared, &[u32], &mut Vec<f32>),
) {
    let stamp = scratch.walk;
    let mut listed = [0; LINKS_MAX + 1];
    let mut next = 0;
    loop {
        while scratch.pool.get(next).is_some_and(|candidate| candidate.is_expanded()) {
            next += 1;
        }
        let Some(candidate) = scratch.pool.get_mut(next) else { return };
        candidate.0 |= 1;
        let node = candidate.node();
        next += 1;
        let seen = &mut scratch.seen;
        // Every link is written down, and counted when it is new: no branch to guess.
        let mut count = 0;
        links.visit(node, |link| {
            rows_at.prefetch(link);
            let seen = &mut seen[link as usize];
            listed[count] = link;
            count += usize::from(*seen != stamp);
            *seen = stamp;
        });
        let nodes = &listed[..count];
        rows_at.touch(nodes);
        score(&mut scratch.prepared, nodes, &mut scratch.keys);
        for i in 0..scratch.sieve(nodes, ef) {
            let candidate = scratch.better[i];
            links.prefetch(candidate.node());
            if let Some(at) = scratch.offer(candidate, ef) {
                next = next.min(at);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Index, Metric, Params};

    #[test]
    fn a_walk_that_goes_on_finds_what_a_wider_one_finds_and_compares_no_more() {
        let (n, dim) = (4000, 8);
        let mut state = 1u64;
        let mut random = || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 40) as f32 / (1 << 24) as f32 - 0.5
        };
        let vectors: Vec<f32> = (0..n * dim).map(|_| random()).collect();
        let mut index = Index::new(dim, Params::new(Metric::L2sq)).unwrap();
        index.add(&vectors, None).unwrap();
        for _ in 0..20 {
            let query: Vec<f32> = (0..dim).map(|_| random()).collect();
            let mut wide = index.scratch.take();
            index.store.prepare(&query, &mut wide.prepared);
            let mut on = wide.clone();
            on.may_go_on = true;
            let mut compared = index.walk(10, None, &mut on);
            for ef in [11, 40, 300, 2500] {
                compared += index.walk_on(ef, &mut on);
                assert_eq!(compared, index.walk(ef, None, &mut wide));
                assert_eq!(on.pool, wide.pool);
            }
        }
    }
}
