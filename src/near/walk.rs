//! The walk: from the entry points to the nearest nodes, best first.

use super::graph::Links;
use crate::codec::Prepared;

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

    /// Returns the candidate of this integer.
    pub(super) fn of_bits(bits: u64) -> Self {
        Self(bits)
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
    /// Those of the scored nodes that may enter the pool.
    better: Vec<Candidate>,
    pub(crate) prepared: Prepared,
}

impl Scratch {
    /// Forgets what was seen, for a graph of `n` nodes.
    fn start(&mut self, n: usize) {
        self.walk = self.walk.wrapping_add(1);
        if self.walk == 0 {
            self.seen.fill(0);
            self.walk = 1;
        }
        if self.seen.len() < n {
            self.seen.resize(n, 0);
        }
        self.pool.clear();
    }

    /// Lists those of the scored nodes that are better than the worst of a full pool: without a branch to
    /// guess, as most are not. Returns how many.
    #[inline(always)]
    fn sieve(&mut self, ef: usize) -> usize {
        let Self { pool, fresh, keys, better, .. } = self;
        let worst = if pool.len() < ef { Candidate(u64::MAX) } else { pool[ef - 1] };
        if better.len() < fresh.len() {
            better.resize(fresh.len(), worst);
        }
        let mut count = 0;
        for (&node, &key) in fresh.iter().zip(keys.iter()) {
            let candidate = Candidate::new(key, node);
            better[count] = candidate;
            count += usize::from(candidate < worst);
        }
        count
    }

    /// Offers the nodes of `fresh` with their keys to the pool of at most `ef`.
    pub(crate) fn offer_fresh(&mut self, ef: usize) {
        for i in 0..self.sieve(ef) {
            self.offer(self.better[i], ef);
        }
    }

    /// Puts a candidate into the pool of at most `ef`; returns its place.
    #[inline(always)]
    pub(crate) fn offer(&mut self, candidate: Candidate, ef: usize) -> Option<usize> {
        if self.pool.len() >= ef {
            if self.pool.last().is_none_or(|worst| candidate >= *worst) {
                return None;
            }
            self.pool.pop();
        }
        let at = self.pool.partition_point(|other| *other < candidate);
        self.pool.insert(at, candidate);
        Some(at)
    }
}

/// Fills the pool with the `ef` best nodes that the walk from `entries` meets.
///
/// It goes round the node `without`. `score` writes the keys of listed nodes. The order in which links are stored makes no difference.
#[inline(always)]
pub(crate) fn walk<L: Links>(
    links: &L,
    n: usize,
    entries: impl Iterator<Item = u32>,
    without: Option<u32>,
    ef: usize,
    scratch: &mut Scratch,
    mut score: impl FnMut(&mut Prepared, &[u32], &mut Vec<f32>),
) {
    scratch.start(n);
    let stamp = scratch.walk;
    scratch.fresh.clear();
    if let Some(node) = without {
        scratch.seen[node as usize] = stamp;
    }
    for node in entries {
        if core::mem::replace(&mut scratch.seen[node as usize], stamp) != stamp {
            scratch.fresh.push(node);
        }
    }
    let mut listed = [0; LINKS_MAX + 1];
    let mut next = 0;
    loop {
        let Scratch { prepared, fresh, keys, .. } = scratch;
        score(prepared, fresh, keys);
        let count = scratch.sieve(ef);
        for i in 0..count {
            let candidate = scratch.better[i];
            links.prefetch(candidate.node());
            if let Some(at) = scratch.offer(candidate, ef) {
                next = next.min(at);
            }
        }
        while scratch.pool.get(next).is_some_and(|candidate| candidate.is_expanded()) {
            next += 1;
        }
        let Some(candidate) = scratch.pool.get_mut(next) else { return };
        candidate.0 |= 1;
        let node = candidate.node();
        next += 1;
        let Scratch { seen, fresh, .. } = scratch;
        // Every link is written down, and counted when it is new: no branch to guess.
        let mut count = 0;
        links.visit(node, |link| {
            let seen = &mut seen[link as usize];
            listed[count] = link;
            count += usize::from(*seen != stamp);
            *seen = stamp;
        });
        fresh.clear();
        fresh.extend_from_slice(&listed[..count]);
    }
}

/// Returns the nodes where walks begin: spread evenly over the numbers, and one of each further
/// part of the graph ([`repair`](super::reach::repair)).
pub(crate) fn entries(n: usize, extra: &[u32]) -> impl Iterator<Item = u32> {
    const ENTRIES: usize = 32;
    let count = ENTRIES.min(n);
    (0..count).map(move |i| (i as u64 * n as u64 / count as u64) as u32).chain(extra.iter().copied())
}
