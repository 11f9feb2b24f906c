//! Search among some of the vectors only.

use super::explain::{Explained, SearchPlan};
use super::id_list::IdKind;
use super::index::Index;
use super::params::SearchParams;
use super::search::{Neighbors, NeighborsBatch};
use crate::error::{ErrorKind, Result};
use crate::kernel::sort::sort;
use crate::pool;
use std::collections::HashSet;

// How many comparisons in a row cost as much as one more candidate of a walk: 34 to 42 were measured, as memory is
// read in order. A walk is weighed against comparing all that are allowed:

/// the look at the query's surroundings, which is to cost a quarter of that at most,
const LOOK_NODES: usize = 128;
/// and the rest, half as dear again as expected: how many of a few were allowed tells little of how many follow.
pub(super) const GO_ON_NODES: usize = 48;

/// Which ids a search may return; made by [`Index::filter`] or [`Index::filter_ids`], for the index as it is.
#[derive(Clone, Debug)]
pub struct Filter {
    nodes: Nodes,
    /// How many nodes are allowed.
    count: usize,
    /// How many nodes there were.
    n: usize,
    /// Ids of allowed nodes that are not allowed themselves.
    denied: HashSet<u64>,
    /// The index's changes when this was made.
    changes: u64,
}

/// Nodes that are allowed.
#[derive(Clone, Debug)]
enum Nodes {
    /// Ascending: so few cost what they are, not what the index is.
    Few(Vec<u32>),
    /// One bit per node.
    Bits(Vec<u64>),
}

/// Up to one node in so many is few: a list of them takes up to half as much memory as the bits do.
const FEW_OF: usize = 64;

impl Nodes {
    /// Of distinct nodes, ascending.
    fn of(nodes: Vec<u32>, n: usize) -> Self {
        if nodes.len() <= n / FEW_OF {
            return Self::Few(nodes);
        }
        let mut bits = vec![0; n.div_ceil(64)];
        nodes.iter().for_each(|node| bits[*node as usize / 64] |= 1 << (node % 64));
        Self::Bits(bits)
    }
}

impl Filter {
    pub(super) fn allows(&self, node: u32) -> bool {
        match &self.nodes {
            Nodes::Few(nodes) => nodes.binary_search(&node).is_ok(),
            Nodes::Bits(bits) => bits[node as usize / 64] >> (node % 64) & 1 == 1,
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = u32> + Clone {
        let (few, bits): (&[u32], &[u64]) = match &self.nodes {
            Nodes::Few(nodes) => (nodes, &[]),
            Nodes::Bits(bits) => (&[], bits),
        };
        let bits = bits.iter().zip(0u32..).flat_map(|(word, i)| {
            let mut rest = *word;
            core::iter::from_fn(move || {
                let bit = (rest != 0).then(|| rest.trailing_zeros())?;
                rest &= rest - 1;
                Some(i * 64 + bit)
            })
        });
        few.iter().copied().chain(bits)
    }

    /// Returns whether an id of an allowed node is not allowed itself.
    pub(super) fn denies(&self, id: u64) -> bool {
        self.denied.contains(&id)
    }

    /// Returns how many distinct vectors are allowed.
    pub fn count(&self) -> usize {
        self.count
    }
}

impl Index {
    /// Returns the filter of the ids that `allowed` says yes to. It serves until the index changes.
    pub fn filter(&self, mut allowed: impl FnMut(u64) -> bool) -> Filter {
        self.filter_nodes(|_node, id| allowed(id))
    }

    fn filter_nodes(&self, mut allowed: impl FnMut(u32, u64) -> bool) -> Filter {
        let n = self.store.len();
        self.filter_among(0..n as u32, &mut allowed)
    }

    /// Returns the filter of the ids that `allowed` says yes to, all of which are of these nodes, in ascending order.
    fn filter_among(
        &self,
        among: impl Iterator<Item = u32>,
        allowed: &mut dyn FnMut(u32, u64) -> bool,
    ) -> Filter {
        let mut all_denied = HashSet::new();
        let (mut nodes, mut denied) = (Vec::new(), Vec::new());
        for node in among {
            let mut any = false;
            denied.clear();
            self.ids.visit(node, |id| {
                if allowed(node, id) {
                    any = true;
                } else {
                    denied.push(id);
                }
            });
            if any {
                nodes.push(node);
                all_denied.extend(denied.drain(..));
            }
        }
        let (count, n) = (nodes.len(), self.store.len());
        Filter { nodes: Nodes::of(nodes, n), count, n, denied: all_denied, changes: self.changes }
    }

    /// Returns the filter of these ids; those that are not in the index are passed over.
    ///
    /// Cost: that of the ids, not of the index.
    pub fn filter_ids(&self, ids: &[u64]) -> Filter {
        let mut nodes: Vec<u32> = ids.iter().filter_map(|id| self.ids.node(*id)).collect();
        sort(&mut nodes);
        nodes.dedup();
        let ids: HashSet<u64> = ids.iter().copied().collect();
        self.filter_among(nodes.into_iter(), &mut |_node, id| ids.contains(&id))
    }

    /// Returns the filter of the ids whose place in `mask` is true, `mask[id]`; larger ids are not allowed.
    ///
    /// Errors: [`ErrorKind::BadParameter`] of an index of strings.
    pub fn filter_mask(&self, mask: &[bool]) -> Result<Filter> {
        if self.id_kind() == Some(IdKind::String) {
            return Err(ErrorKind::BadParameter {
                name: "filter",
                expected: "strings, as the ids are: a mask has a place for each integer".into(),
                got: "a mask".into(),
            }
            .into());
        }
        Ok(self.filter(|id| usize::try_from(id).is_ok_and(|id| mask.get(id) == Some(&true))))
    }

    /// Returns the filter of the ids that both filters allow.
    ///
    /// Errors: [`ErrorKind::BadParameter`] when the index has changed since one of them was made.
    pub fn filter_both(&self, one: &Filter, other: &Filter) -> Result<Filter> {
        self.check_filter(one)?;
        self.check_filter(other)?;
        let allows = |filter: &Filter, node, id| filter.allows(node) && !filter.denies(id);
        Ok(self.filter_nodes(|node, id| allows(one, node, id) && allows(other, node, id)))
    }

    /// Errors: [`ErrorKind::BadParameter`] when the index has changed since the filter was made.
    pub(super) fn check_filter(&self, filter: &Filter) -> Result<()> {
        if filter.changes == self.changes && filter.n == self.store.len() {
            return Ok(());
        }
        Err(ErrorKind::BadParameter {
            name: "filter",
            expected: "a filter of the index as it is".into(),
            got: "one made before it changed".into(),
        }
        .into())
    }

    /// Returns the `k` nearest neighbours of `query` among those that `filter` allows; `k` of them
    /// when so many are allowed.
    ///
    /// Few allowed vectors are compared one by one, which is exact. Otherwise a walk through all vectors
    /// looks which part of those round the query is allowed, and goes on with so many more
    /// candidates. Where that would cost more than comparing the allowed ones, they
    /// are compared: a query hardly ever costs more than that and one search without a filter.
    ///
    /// Errors: as [`search`](Self::search); [`ErrorKind::BadParameter`] when the index has changed since
    /// the filter was made.
    pub fn search_filtered(
        &self,
        query: &[f32],
        k: usize,
        params: &SearchParams,
        filter: &Filter,
    ) -> Result<Neighbors> {
        Ok(self.nearest_filtered(query, k, params, filter)?.0)
    }

    /// Returns the neighbours of each row of `queries`, `(n, dim)`, among those that `filter` allows.
    ///
    /// Errors: as [`search_filtered`](Self::search_filtered).
    pub fn search_many_filtered(
        &self,
        queries: &[f32],
        k: usize,
        params: &SearchParams,
        filter: &Filter,
    ) -> Result<NeighborsBatch> {
        self.check(queries)?;
        let each = |i: usize| self.search_filtered(&queries[i * self.dim..][..self.dim], k, params, filter);
        let mut batch = NeighborsBatch::default();
        for found in pool::map(0..queries.len() / self.dim, each) {
            let found = found?;
            batch.k = found.ids.len();
            batch.ids.extend(found.ids);
            batch.distances.extend(found.distances);
        }
        Ok(batch)
    }

    pub(super) fn nearest_filtered(
        &self,
        query: &[f32],
        k: usize,
        params: &SearchParams,
        filter: &Filter,
    ) -> Result<(Neighbors, Explained)> {
        if query.len() != self.dim {
            return Err(ErrorKind::DimensionMismatch { expected: self.dim, got: query.len() }.into());
        }
        self.check(query)?;
        params.check(k)?;
        self.check_filter(filter)?;
        if filter.count == 0 {
            let explained = Explained { plan: SearchPlan::FilteredScan, ..Explained::default() };
            return Ok((Neighbors::default(), explained));
        }
        let n = self.store.len();
        let normalised = self.prepared(query);
        let query = normalised.as_deref().unwrap_or(query);
        let ef = self.ef(k, params);
        let enough = (ef - ef / 4).max(k);
        let cheap = |candidates: usize, each: usize| candidates.saturating_mul(each) < filter.count;
        let mut scratch = self.scratch.take();
        self.store.prepare(query, &mut scratch.prepared);
        let (mut found, mut compared) = (0, 0);
        // Where many are allowed one look may be enough.
        let mut candidates = if filter.count >= n / 4 * 3 { ef } else { (ef / 2).max(k) };
        if candidates < n && cheap(candidates, LOOK_NODES) {
            scratch.may_go_on = true;
            compared = self.walk(candidates, None, &mut scratch);
            loop {
                found = scratch.pool.iter().filter(|candidate| filter.allows(candidate.node())).count();
                // So many candidates hold `ef` allowed ones, when it goes on as it began; an eighth more at least, so that
                // there are few rounds whatever the graph.
                let wide = ef.saturating_mul(candidates).checked_div(found).unwrap_or(n);
                let wide = wide.max(candidates.saturating_add(candidates / 8 + 1));
                let met_all = scratch.pool.len() < candidates;
                if found >= enough || met_all || wide >= n || !cheap(wide - candidates, GO_ON_NODES) {
                    break;
                }
                candidates = wide;
                compared += self.walk_on(candidates, &mut scratch);
            }
            scratch.may_go_on = false;
        }
        let mut explained = if found < enough || !self.tells(&scratch) {
            let scanned = self.scan(filter.iter(), k, &mut scratch);
            Explained { plan: SearchPlan::FilteredScan, ..Explained::scan(compared + scanned) }
        } else {
            scratch.pool.retain(|candidate| filter.allows(candidate.node()));
            Explained { plan: SearchPlan::FilteredGraph, ..Explained::graph(candidates, compared) }
        };
        let mut found = self.reported(k, &mut scratch, |id| !filter.denies(id));
        explained.reranked = scratch.fresh.len();
        found.truncate(k);
        self.scratch.put(scratch);
        Ok((self.neighbors(found), explained))
    }
}
