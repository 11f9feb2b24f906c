//! All neighbours within a radius.

use super::explain::{Explained, SearchPlan};
use super::filter::{Filter, GO_ON_NODES};
use super::index::Index;
use super::params::SearchParams;
use super::search::Neighbors;
use super::walk::Scratch;
use crate::error::{ErrorKind, Result};

impl Index {
    /// Returns the neighbours of `query` whose distance is at most `radius`.
    ///
    /// The walk goes on with more and more candidates until half of them lie outside; where that would cost more than
    /// comparing every vector, they are all compared, which is exact.
    ///
    /// Errors: [`ErrorKind::DimensionMismatch`], [`ErrorKind::NotFinite`], [`ErrorKind::BadParameter`] (a radius
    /// that is not a number, `ef_search` 0).
    pub fn search_radius(&self, query: &[f32], radius: f32, params: &SearchParams) -> Result<Neighbors> {
        Ok(self.search_radius_explained(query, radius, params, None)?.0)
    }

    /// Returns the neighbours of `query` whose distance is at most `radius`, among those that `filter` allows.
    ///
    /// Few allowed vectors are compared one by one, which is exact. Otherwise it is the walk of a search without a filter,
    /// and finds what that finds of the allowed ones. A query costs no more than that search and comparing all that are allowed.
    ///
    /// Errors: as [`search_radius`](Self::search_radius); [`ErrorKind::BadParameter`] when the index has changed since
    /// the filter was made.
    pub fn search_radius_filtered(
        &self,
        query: &[f32],
        radius: f32,
        params: &SearchParams,
        filter: &Filter,
    ) -> Result<Neighbors> {
        Ok(self.search_radius_explained(query, radius, params, Some(filter))?.0)
    }

    /// Like [`search_radius`](Self::search_radius), or [`search_radius_filtered`](Self::search_radius_filtered) where there is a
    /// filter; returns how the neighbours were found, too.
    ///
    /// Errors: as those.
    pub fn search_radius_explained(
        &self,
        query: &[f32],
        radius: f32,
        params: &SearchParams,
        filter: Option<&Filter>,
    ) -> Result<(Neighbors, Explained)> {
        if query.len() != self.dim {
            return Err(ErrorKind::DimensionMismatch { expected: self.dim, got: query.len() }.into());
        }
        self.check(query)?;
        params.check(1)?;
        if radius.is_nan() {
            return Err(ErrorKind::BadParameter {
                name: "radius",
                expected: "a number".into(),
                got: "NaN".into(),
            }
            .into());
        }
        filter.map_or(Ok(()), |filter| self.check_filter(filter))?;
        let normalised = self.prepared(query);
        let query = normalised.as_deref().unwrap_or(query);
        let mut scratch = self.scratch.take();
        self.store.prepare(query, &mut scratch.prepared);
        let (found, explained) = self.within(radius, self.ef(10, params), filter, &mut scratch);
        self.scratch.put(scratch);
        Ok((self.neighbors(found), explained))
    }

    /// Returns what lies within the radius of the prepared query, sorted.
    fn within(
        &self,
        radius: f32,
        mut ef: usize,
        filter: Option<&Filter>,
        scratch: &mut Scratch,
    ) -> (Vec<(f64, u64)>, Explained) {
        let n = self.store.len();
        let count = filter.map_or(n, Filter::count);
        let cheap = |ef: usize| ef < n && ef.saturating_mul(GO_ON_NODES) < count;
        let mut explained = Explained::default();
        let mut found = Vec::new();
        while cheap(ef) {
            explained.distances += if explained.ef_search == 0 {
                scratch.may_go_on = true;
                self.walk(ef, None, scratch)
            } else {
                self.walk_on(ef, scratch)
            };
            explained.ef_search = ef;
            explained.reranked += scratch.pool.len();
            scratch.fresh.clear();
            scratch.fresh.extend(scratch.pool.iter().map(|candidate| candidate.node()));
            self.measure(scratch);
            if !self.tells(scratch) {
                break;
            }
            let inside = scratch
                .distances
                .iter()
                .filter(|distance| self.reported_distance(**distance) <= radius)
                .count();
            // Half of the candidates outside: the boundary was seen from both sides.
            if 2 * inside <= scratch.pool.len() {
                scratch.may_go_on = false;
                self.keep(radius, filter, scratch, &mut found);
                explained.plan = if filter.is_some() { SearchPlan::FilteredGraph } else { SearchPlan::Graph };
                return (self.sorted(found), explained);
            }
            ef = ef.saturating_mul(4);
        }
        scratch.may_go_on = false;
        explained.plan = if filter.is_some() { SearchPlan::FilteredScan } else { SearchPlan::Scan };
        explained.ef_search = 0;
        explained.distances += count;
        let all = if filter.is_none() { n as u32 } else { 0 };
        let mut nodes = (0..all).chain(filter.into_iter().flat_map(Filter::iter));
        loop {
            const CHUNK: usize = 256;
            scratch.fresh.clear();
            scratch.fresh.extend(nodes.by_ref().take(CHUNK));
            if scratch.fresh.is_empty() {
                return (self.sorted(found), explained);
            }
            self.measure(scratch);
            self.keep(radius, filter, scratch, &mut found);
        }
    }

    /// Adds the ids of the measured nodes that lie within the radius and are allowed.
    fn keep(&self, radius: f32, filter: Option<&Filter>, scratch: &Scratch, found: &mut Vec<(f64, u64)>) {
        for (&node, &distance) in scratch.fresh.iter().zip(&scratch.distances) {
            if self.reported_distance(distance) <= radius && filter.is_none_or(|filter| filter.allows(node)) {
                self.ids.visit(node, |id| {
                    if filter.is_none_or(|filter| !filter.denies(id)) {
                        found.push((distance, id));
                    }
                });
            }
        }
    }
}
