//! How are the nearest found: by a scan or by a walk, and what is said of them?

use super::explain::Explained;
use super::filter::Filter;
use super::graph::KEYS;
use super::index::Index;
use super::params::SearchParams;
use super::walk::Scratch;
use crate::codec::{Rows, rerank_len};
use crate::distance::Metric;
use crate::error::{ErrorKind, Result};
use crate::kernel::sort::{key_f32, of_key_f32, sort_by_two};
use crate::pool;

/// The neighbours of one query, nearest first; equal distances are ordered by id.
///
/// Where several vectors are as far as the last of them, which are returned is the index's choice, the same every time.
/// A distance beyond the largest f32 is infinity, and so equal to others.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Neighbors {
    /// Their ids.
    pub ids: Vec<u64>,
    /// Their distances.
    pub distances: Vec<f32>,
}

/// The neighbours of many queries, `k` for each (fewer when the index holds fewer).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NeighborsBatch {
    /// How many neighbours each query has.
    pub k: usize,
    /// Ids, row by row: `(queries, k)`.
    pub ids: Vec<u64>,
    /// Distances, row by row: `(queries, k)`.
    pub distances: Vec<f32>,
}

/// How many vectors are compared in a row, at least, in the time of one more candidate of a walk: 34 to 42 were measured.
pub(super) const CANDIDATE_NODES: usize = 34;

/// The recall that a search gives which asks for nothing else.
const DEFAULT_RECALL: f32 = 0.95;

impl Index {
    /// Returns the `k` nearest neighbours of `query` (fewer when the index holds fewer).
    ///
    /// Errors: [`ErrorKind::DimensionMismatch`], [`ErrorKind::NotFinite`], [`ErrorKind::BadParameter`] (`k` or
    /// `ef_search` is 0).
    pub fn search(&self, query: &[f32], k: usize, params: &SearchParams) -> Result<Neighbors> {
        if query.len() != self.dim {
            return Err(ErrorKind::DimensionMismatch { expected: self.dim, got: query.len() }.into());
        }
        self.check(query)?;
        params.check(k)?;
        Ok(self.nearest(query, k, params).0)
    }

    /// Like [`search`](Self::search), or [`search_filtered`](Self::search_filtered) where there is a
    /// filter; returns how the neighbours were found, too.
    ///
    /// Errors: as those.
    pub fn search_explained(
        &self,
        query: &[f32],
        k: usize,
        params: &SearchParams,
        filter: Option<&Filter>,
    ) -> Result<(Neighbors, Explained)> {
        if let Some(filter) = filter {
            return self.nearest_filtered(query, k, params, filter);
        }
        if query.len() != self.dim {
            return Err(ErrorKind::DimensionMismatch { expected: self.dim, got: query.len() }.into());
        }
        self.check(query)?;
        params.check(k)?;
        Ok(self.nearest(query, k, params))
    }

    /// Returns the neighbours of each row of `queries`, `(n, dim)`.
    ///
    /// Errors: as [`search`](Self::search).
    pub fn search_many(&self, queries: &[f32], k: usize, params: &SearchParams) -> Result<NeighborsBatch> {
        self.check(queries)?;
        params.check(k)?;
        let each = |query: &[f32]| self.nearest(query, k, params).0;
        let found = pool::map(0..queries.len() / self.dim, |i| each(&queries[i * self.dim..][..self.dim]));
        let mut batch = NeighborsBatch { k: k.min(self.len()), ..Default::default() };
        for neighbors in found {
            batch.ids.extend(neighbors.ids);
            batch.distances.extend(neighbors.distances);
        }
        Ok(batch)
    }

    fn nearest(&self, query: &[f32], k: usize, params: &SearchParams) -> (Neighbors, Explained) {
        let k = k.min(self.len());
        if k == 0 {
            return Default::default();
        }
        let normalised = self.prepared(query);
        let query = normalised.as_deref().unwrap_or(query);
        let (n, ef) = (self.store.len(), self.ef(k, params));
        let limit = self.store.rerank_len(k);
        let mut scratch = self.scratch.take();
        self.store.prepare(query, &mut scratch.prepared);
        let mut explained = if ef >= n {
            Explained::scan(self.scan(0..n as u32, k, &mut scratch))
        } else {
            Explained::graph(ef, self.walk(ef, None, &mut scratch))
        };
        explained.reranked = limit.min(scratch.pool.len());
        let mut found = self.reported(limit, &mut scratch, |_| true);
        self.scratch.put(scratch);
        found.truncate(k);
        (neighbors(found), explained)
    }

    /// Returns how many candidates a walk keeps; as many as there are nodes for a scan, also where that takes less time.
    pub(super) fn ef(&self, k: usize, params: &SearchParams) -> usize {
        let n = self.store.len();
        if params.exact || self.graph.len() < n {
            return n;
        }
        let ef = match params.ef_search {
            Some(ef) => ef.max(k),
            None => self.calibration.ef(k, params.recall.unwrap_or(DEFAULT_RECALL)).unwrap_or(n),
        };
        if pays(ef, n) { ef } else { n }
    }

    /// Leaves the `ef` best nodes that a walk meets in the pool; it goes round `without`. Returns how
    /// many vectors it compared.
    pub(super) fn walk(&self, ef: usize, without: Option<u32>, scratch: &mut Scratch) -> usize {
        self.graph.find(self.store.codes().rows(), KEYS, ef, without, scratch)
    }

    /// Goes on with a walk that may, until its pool holds the `ef` best; returns how many more vectors it compared.
    pub(super) fn walk_on(&self, ef: usize, scratch: &mut Scratch) -> usize {
        scratch.widen(ef);
        self.graph.go_on(self.store.codes().rows(), KEYS, ef, scratch)
    }

    /// Leaves the best of the given nodes in the pool, as many as it takes to return `k`: the vectors
    /// are compared at their best. Returns how many.
    pub(super) fn scan(&self, nodes: impl Iterator<Item = u32>, k: usize, scratch: &mut Scratch) -> usize {
        let limit = rerank_len(k);
        scratch.prepared.turn();
        let compared = scan(self.store.finest().rows(), nodes, limit, scratch);
        scratch.prepared.turn();
        compared
    }

    /// Returns the ids of the pool's best candidates, with distances of the unquantised query, sorted.
    pub(super) fn reported(
        &self,
        limit: usize,
        scratch: &mut Scratch,
        allowed: impl Fn(u64) -> bool,
    ) -> Vec<(f32, u64)> {
        let mut found: Vec<(f32, u64)> = Vec::with_capacity(limit.min(scratch.pool.len()));
        scratch.fresh.clear();
        scratch.fresh.extend(scratch.pool.iter().take(limit).map(|candidate| candidate.node()));
        self.measure(scratch);
        for (&node, &distance) in scratch.fresh.iter().zip(&scratch.keys) {
            self.ids.visit(node, |id| {
                if allowed(id) {
                    found.push((distance, id));
                }
            });
        }
        sorted(found)
    }

    /// Writes the distances of `fresh`, those of the unquantised query, as they are reported.
    pub(super) fn measure(&self, scratch: &mut Scratch) {
        let Scratch { fresh, keys, prepared, .. } = scratch;
        self.store.distances(prepared, fresh, keys);
        if self.params.metric == Metric::Cosine {
            keys.iter_mut().for_each(|distance| *distance = distance.clamp(0.0, 2.0));
        }
    }
}

/// Returns whether a walk of `ef` candidates takes less time than comparing all `n` vectors, which finds more.
pub(super) fn pays(ef: usize, n: usize) -> bool {
    ef.saturating_mul(CANDIDATE_NODES) < n
}

/// Sorts by distance, then by id.
pub(super) fn sorted(mut found: Vec<(f32, u64)>) -> Vec<(f32, u64)> {
    sort_by_two(
        &mut found,
        |(distance, id)| (key_f32(*distance).into(), *id),
        |(key, id)| (of_key_f32(key as u32), id),
    );
    found
}

/// Turns sorted pairs into neighbours.
pub(super) fn neighbors(found: Vec<(f32, u64)>) -> Neighbors {
    let (distances, ids) = found.into_iter().unzip();
    Neighbors { ids, distances }
}

/// Leaves the `limit` best of the given nodes in the pool. Returns how many were given.
fn scan(rows: &dyn Rows, mut nodes: impl Iterator<Item = u32>, limit: usize, scratch: &mut Scratch) -> usize {
    const CHUNK: usize = 256;
    scratch.pool.clear();
    let mut compared = 0;
    loop {
        let Scratch { prepared, fresh, keys, .. } = scratch;
        fresh.clear();
        fresh.extend(nodes.by_ref().take(CHUNK));
        if fresh.is_empty() {
            return compared;
        }
        compared += fresh.len();
        rows.keys(prepared, fresh, keys);
        scratch.offer_fresh(limit);
    }
}
