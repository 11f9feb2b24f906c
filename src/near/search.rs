//! How are the nearest found: by a scan or by a walk, and what is said of them?

use super::explain::Explained;
use super::filter::Filter;
use super::graph::KEYS;
use super::index::Index;
use super::params::SearchParams;
use super::walk::{Candidate, Scratch};
use crate::codec::{Prepared, RUN_MAX, Rows, rerank_len};
use crate::distance::Metric;
use crate::error::{ErrorKind, Result};
use crate::kernel::sort::{key_f64, of_key_f64, select, sort_by_two};
use crate::pool;

/// The neighbours of one query, nearest first; equal distances are ordered by id, strings by their bytes.
///
/// Where several vectors are as far as the last of them, which are returned is the index's choice, the same every time.
/// A distance beyond the largest f32 is infinity, one below the least is 0: such are in the order of what they are in double
/// precision, and so are those that are 1 under `ip`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Neighbors {
    /// Their ids; of an index of strings their keys, which [`Index::named`] names.
    pub ids: Vec<u64>,
    /// Their distances.
    pub distances: Vec<f32>,
}

/// The neighbours of many queries, `k` for each (fewer when the index holds fewer).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NeighborsBatch {
    /// How many neighbours each query has.
    pub k: usize,
    /// Ids, or keys, row by row: `(queries, k)`.
    pub ids: Vec<u64>,
    /// Distances, row by row: `(queries, k)`.
    pub distances: Vec<f32>,
}

/// How many vectors are compared in a row, at least, in the time of one more candidate of a walk: 34 to 42 were measured.
pub(super) const CANDIDATE_NODES: usize = 34;

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
            if scans { self.scan_many(queries, k) } else { vec![self.nearest(queries, k, params).0] }
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
        let mut scratch = self.scratch.take();
        self.store.prepare(query, &mut scratch.prepared);
        let compared = if ef < n { self.walk(ef, None, &mut scratch) } else { 0 };
        // A walk meets fewer than it was to keep where links lead to no more.
        let mut explained = if ef < n && scratch.pool.len() >= k.min(n) && self.tells(&scratch) {
            Explained::graph(ef, compared)
        } else {
            self.scan_all(k, core::slice::from_mut(&mut scratch));
            Explained::scan(compared + n)
        };
        let mut found = self.reported(k, &mut scratch, |_| true);
        explained.reranked = scratch.fresh.len();
        self.scratch.put(scratch);
        found.truncate(k);
        (self.neighbors(found), explained)
    }

    /// Returns the neighbours of each query, of all vectors.
    fn scan_many(&self, queries: &[f32], k: usize) -> Vec<Neighbors> {
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
            let mut found = self.reported(k, &mut scratch, |_| true);
            self.scratch.put(scratch);
            found.truncate(k);
            self.neighbors(found)
        });
        each.collect()
    }

    /// Returns how many candidates a walk keeps; as many as there are nodes for a scan, also where that takes less time.
    pub(super) fn ef(&self, k: usize, params: &SearchParams) -> usize {
        let n = self.store.len();
        if params.exact || self.graph.len() < n {
            return n;
        }
        let ef = match params.ef_search {
            Some(ef) => ef.max(k),
            None => self.calibration.ef(k, params.recall.unwrap_or(DEFAULT_RECALL)).unwrap_or(n).max(k),
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
            if !self.tells(scratch) {
                self.scan_exactly(0..n as u32, limit, scratch);
            }
        }
    }

    /// Leaves the best of the given nodes in the pool, as many as it takes to return `k`: the vectors
    /// are compared at their best. Returns how many.
    pub(super) fn scan(
        &self,
        nodes: impl Iterator<Item = u32> + Clone,
        k: usize,
        scratch: &mut Scratch,
    ) -> usize {
        let limit = rerank_len(k);
        scratch.prepared.turn();
        let compared = scan(self.store.finest().rows(), nodes.clone(), limit, scratch);
        scratch.prepared.turn();
        if !self.tells(scratch) {
            self.scan_exactly(nodes, limit, scratch);
        }
        compared
    }

    /// Returns whether 32 bits tell the keys in the pool apart, and those by which the graph was built: none is too large, and not
    /// all are too small.
    pub(super) fn tells(&self, scratch: &Scratch) -> bool {
        let pool = &scratch.pool;
        let large = pool.iter().any(|candidate| candidate.key().is_infinite());
        let small = |candidate: &Candidate| candidate.key().abs() < SMALL;
        match self.params.metric {
            Metric::L2sq => !large && (pool.len() < 2 || !pool.iter().all(small)),
            Metric::Ip => {
                !large && !pool.first().is_some_and(|best| self.store.built_by().is_huge(best.node()))
            }
            Metric::Cosine => !large,
        }
    }

    /// As [`scan`](Self::scan), in double precision.
    #[cold]
    fn scan_exactly(&self, nodes: impl Iterator<Item = u32>, limit: usize, scratch: &mut Scratch) {
        let Scratch { prepared, pool, .. } = scratch;
        let mut all: Vec<(u64, u32)> =
            nodes.map(|node| (key_f64(self.store.exact(prepared, node)), node)).collect();
        if limit < all.len() {
            select(&mut all, limit);
            all.truncate(limit);
        }
        pool.clear();
        // In which order does not matter any more.
        pool.extend(all.into_iter().map(|(_, node)| Candidate::new(0.0, node)));
    }

    /// Returns the ids of the pool's best candidates, among them the `k` nearest, with distances of the unquantised query,
    /// sorted.
    pub(super) fn reported(
        &self,
        k: usize,
        scratch: &mut Scratch,
        allowed: impl Fn(u64) -> bool,
    ) -> Vec<(f64, u64)> {
        self.measure_pool(k, scratch);
        let mut found: Vec<(f64, u64)> = Vec::with_capacity(scratch.fresh.len());
        for (&node, &distance) in scratch.fresh.iter().zip(&scratch.distances) {
            self.ids.visit(node, |id| {
                if allowed(id) {
                    found.push((distance, id));
                }
            });
        }
        self.sorted(found)
    }

    /// Measures the pool's candidates from the best, into `fresh` and `distances`: as many as codes need to tell the `k` nearest,
    /// and where there is a finer copy on as long as that brings one of them.
    pub(super) fn measure_pool(&self, k: usize, scratch: &mut Scratch) {
        let step = self.store.rerank_len(k);
        scratch.fresh.clear();
        scratch.fresh.extend(scratch.pool.iter().take(step).map(|candidate| candidate.node()));
        self.measure(scratch);
        let (mut nodes, mut distances, mut sorted) = (Vec::new(), Vec::new(), Vec::new());
        while self.store.fine().is_some() && scratch.fresh.len() < scratch.pool.len() {
            core::mem::swap(&mut scratch.fresh, &mut nodes);
            core::mem::swap(&mut scratch.distances, &mut distances);
            sorted.clear();
            sorted.extend(distances.iter().map(|distance| key_f64(*distance)));
            let place = k.min(sorted.len()) - 1;
            select(&mut sorted, place);
            let last = of_key_f64(sorted[place]);
            scratch.fresh.clear();
            scratch
                .fresh
                .extend(scratch.pool.iter().skip(nodes.len()).take(step).map(|candidate| candidate.node()));
            self.measure(scratch);
            let brings = scratch.distances.iter().any(|distance| *distance < last);
            nodes.extend_from_slice(&scratch.fresh);
            distances.extend_from_slice(&scratch.distances);
            core::mem::swap(&mut scratch.fresh, &mut nodes);
            core::mem::swap(&mut scratch.distances, &mut distances);
            if !brings {
                return;
            }
        }
    }

    /// Writes the distances of `fresh`, those of the unquantised query, by which they are ordered and of which
    /// [`reported`](Self::reported_distance) is what users see: where 32 bits tell distances apart they are those, else finer.
    pub(super) fn measure(&self, scratch: &mut Scratch) {
        let Scratch { fresh, keys, distances, prepared, .. } = scratch;
        self.store.distances(prepared, fresh, keys);
        let ip = self.params.metric == Metric::Ip;
        let tells = |distance: f32, least: f32| {
            distance.abs() >= least && distance.is_finite() && !(ip && distance == 1.0)
        };
        distances.clear();
        distances.extend(fresh.iter().zip(keys.iter()).map(|(&node, &distance)| {
            if tells(distance, SMALL) {
                return f64::from(distance);
            }
            let exact = self.store.exact(prepared, node);
            if tells(exact as f32, f32::MIN_POSITIVE) { f64::from(exact as f32) } else { exact }
        }));
    }

    /// Turns a distance as it is ordered by into one as users see it.
    pub(super) fn reported_distance(&self, distance: f64) -> f32 {
        // Adding zero makes +0 of −0.
        let distance = distance as f32 + 0.0;
        if self.params.metric == Metric::Cosine { distance.clamp(0.0, 2.0) } else { distance }
    }

    /// Sorts by distance, then by id.
    pub(super) fn sorted(&self, mut found: Vec<(f64, u64)>) -> Vec<(f64, u64)> {
        sort_by_two(&mut found, |(distance, id)| (key_f64(*distance), *id));
        if let Some(names) = &self.names {
            names.sort_ties(&mut found);
        }
        found
    }

    /// Turns sorted pairs into neighbours.
    pub(super) fn neighbors(&self, found: Vec<(f64, u64)>) -> Neighbors {
        let (distances, ids) =
            found.into_iter().map(|(distance, id)| (self.reported_distance(distance), id)).unzip();
        Neighbors { ids, distances }
    }
}

/// Below this, squares of differences have lost places on the way in 32 bits.
const SMALL: f32 = f32::from_bits((127 - 80) << 23);

/// Returns whether a walk of `ef` candidates takes less time than comparing all `n` vectors, which finds more.
pub(super) fn pays(ef: usize, n: usize) -> bool {
    ef.saturating_mul(CANDIDATE_NODES) < n
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
