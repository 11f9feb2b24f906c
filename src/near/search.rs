//! How are the nearest found: by a scan or by a walk, and what is said of them?

use super::explain::Explained;
use super::filter::Filter;
use super::index::{Graph, Index};
use super::params::SearchParams;
use super::walk::{Scratch, entries, walk};
use crate::codec::{Prepared, RUN_MAX, Rows, rerank_len};
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

/// The recall that a search gives which asks for nothing else.
const DEFAULT_RECALL: f32 = 0.95;

/// How many queries share a pass over all vectors, at most,
const AT_ONCE: usize = 16;

/// where there are so many groups of them that threads have work.
const SHARES: usize = 8;

/// How much of the vectors is compared with one query before the next has its turn: what a near cache holds.
const RUN_LEN_BYTES: usize = 1 << 14;

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
        // A walk reads what its query needs, a scan all that there is: for several queries at once.
        let n = queries.len() / self.dim;
        let scans = self.ef(k, params) >= self.store.len();
        let at_once = if scans { (n / SHARES).clamp(1, AT_ONCE) } else { 1 };
        let found = pool::map(0..n.div_ceil(at_once), |i| {
            let group = i * at_once..n.min((i + 1) * at_once);
            let queries = &queries[group.start * self.dim..group.end * self.dim];
            if scans { self.scanned(queries, k) } else { vec![self.nearest(queries, k, params).0] }
        });
        let mut batch = NeighborsBatch { k: k.min(self.len()), ..Default::default() };
        for neighbors in found.into_iter().flatten() {
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
            self.scan_all(k, core::slice::from_mut(&mut scratch));
            Explained::scan(n)
        } else {
            Explained::graph(ef, self.walk(ef, None, &mut scratch))
        };
        explained.reranked = limit.min(scratch.pool.len());
        let mut found = self.reported(limit, &mut scratch, |_| true);
        self.scratch.put(scratch);
        found.truncate(k);
        (neighbors(found), explained)
    }

    /// Returns the neighbours of each query, of all vectors.
    fn scanned(&self, queries: &[f32], k: usize) -> Vec<Neighbors> {
        let normalised = self.prepared(queries);
        let queries = normalised.as_deref().unwrap_or(queries).chunks_exact(self.dim);
        let mut asked: Vec<Scratch> = queries
            .map(|query| {
                let mut scratch = self.scratch.take();
                self.store.prepare(query, &mut scratch.prepared);
                scratch
            })
            .collect();
        self.scan_all(k, &mut asked);
        let each = asked.into_iter().map(|mut scratch| {
            let mut found = self.reported(self.store.rerank_len(k), &mut scratch, |_| true);
            self.scratch.put(scratch);
            found.truncate(k);
            neighbors(found)
        });
        each.collect()
    }

    /// Returns how many candidates a walk keeps; as many as there are nodes for a scan.
    pub(super) fn ef(&self, k: usize, params: &SearchParams) -> usize {
        let n = self.store.len();
        let linked = match &self.graph {
            Graph::Slots(slots) => slots.len(),
            Graph::Packed(packed) => packed.len(),
        };
        if params.exact || linked < n {
            return n;
        }
        match params.ef_search {
            Some(ef) => ef.max(k),
            None => self.calibration.ef(k, params.recall.unwrap_or(DEFAULT_RECALL)).unwrap_or(n),
        }
    }

    /// Returns the nodes where searches begin: those from which all were last known to be reachable.
    pub(super) fn entries(&self) -> impl Iterator<Item = u32> {
        entries(self.checked, &self.extra)
    }

    /// Leaves the `ef` best nodes that a walk meets in the pool; it goes round `without`. Returns how
    /// many vectors it compared.
    pub(super) fn walk(&self, ef: usize, without: Option<u32>, scratch: &mut Scratch) -> usize {
        scratch.begin(self.store.len(), self.entries(), without);
        self.walk_rows(self.store.codes().rows(), ef, scratch)
    }

    /// Goes on with a walk that may, until its pool holds the `ef` best; returns how many more vectors it compared.
    pub(super) fn walk_on(&self, ef: usize, scratch: &mut Scratch) -> usize {
        scratch.widen(ef);
        self.walk_rows(self.store.codes().rows(), ef, scratch)
    }

    fn walk_rows(&self, rows: &dyn Rows, ef: usize, scratch: &mut Scratch) -> usize {
        let mut compared = 0;
        let score = |prepared: &mut _, nodes: &[u32], keys: &mut _| {
            compared += nodes.len();
            rows.keys(prepared, nodes, keys);
        };
        let at = rows.rows_at();
        match &self.graph {
            Graph::Slots(slots) => walk(slots, at, ef, scratch, score),
            Graph::Packed(packed) => walk(packed, at, ef, scratch, score),
        }
        compared
    }

    /// Leaves the best of all nodes in the pools of the prepared queries, as many as it takes to return `k`: the
    /// vectors are compared at their best, and each is read once for all.
    fn scan_all(&self, k: usize, asked: &mut [Scratch]) {
        let (rows, n, limit) = (self.store.finest().rows(), self.store.len(), rerank_len(k));
        let prepared = |scratch: &mut Scratch| {
            scratch.pool.clear();
            scratch.prepared.turn();
            rows.prepare_scan(&mut scratch.prepared);
            core::mem::take(&mut scratch.prepared)
        };
        let mut queries: Vec<Prepared> = asked.iter_mut().map(prepared).collect();
        let len = (RUN_LEN_BYTES / rows.rows_at().row_len_bytes() / 32 * 32).clamp(32, RUN_MAX);
        let mut keys = vec![0.0; asked.len() * len];
        for start in (0..n).step_by(len) {
            let run = start..n.min(start + len);
            let keys = &mut keys[..asked.len() * run.len()];
            rows.run_keys(&mut queries, run.clone(), keys);
            for (scratch, keys) in asked.iter_mut().zip(keys.chunks(run.len())) {
                scratch.offer_run(start as u32, keys, limit);
            }
        }
        for (scratch, prepared) in asked.iter_mut().zip(queries) {
            scratch.prepared = prepared;
            scratch.prepared.turn();
        }
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
