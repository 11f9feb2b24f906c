//! The index: what users hold.

use super::build::{CHECK_EVERY, Plan, link};
use super::calibrate::Calibration;
use super::dedupe::Dedupe;
use super::explain::Explained;
use super::filter::Filter;
use super::graph::Slots;
use super::ids::Ids;
use super::packed::Packed;
use super::params::{Params, SearchParams};
use super::reach;
use super::scratch::ScratchPool;
use super::walk::{Scratch, entries, walk};
use crate::codec::{Rows, Store, rerank_len};
use crate::columns::Columns;
use crate::distance::{Metric, normalise};
use crate::error::{Error, Result};
use crate::format;
use crate::kernel::sort::{key_f32, of_key_f32, sort_by_two};
use crate::pool;

/// The neighbours of one query, nearest first; equal distances are ordered by id.
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

/// Bytes by part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Memory {
    /// What walks compare of the vectors, and what finds equal ones.
    pub vectors: usize,
    /// The finer copy of the vectors, of which a query reads a few rows only.
    pub rerank: usize,
    /// The links between them.
    pub links: usize,
    /// The ids.
    pub ids: usize,
    /// The columns.
    pub columns: usize,
}

/// The links, in the form that the index needs now.
#[derive(Clone, Debug)]
pub(crate) enum Graph {
    /// Growing.
    Slots(Slots),
    /// At rest.
    Packed(Packed),
}

/// Below this many nodes there are no links: a scan is as fast as a walk, and exact.
pub(crate) const LINKED_MIN: usize = 2048;

/// The recall that a search gives which asks for nothing else.
const DEFAULT_RECALL: f32 = 0.95;

/// Every node is checked to be reachable when there are not more than so many for each new one:
/// then linking costs more than the check.
const CHECKED_PER_NEW: usize = 16384;

/// The most ids, and nodes: their numbers fit 31 bits.
const NODES_MAX: usize = (1 << 31) - 2;

/// A compact index for approximate nearest neighbours.
///
/// One node per distinct vector: equal vectors share it, each with its own id. The same vectors
/// added in the same calls give the same index, byte for byte, on every machine and with any
/// number of threads.
///
/// ```
/// use nearfold::{Index, Metric, Params, SearchParams};
///
/// let mut index = Index::new(2, Params::new(Metric::L2sq))?;
/// index.add(&[0.0, 0.0, 3.0, 4.0, 1.0, 0.0], None)?;
/// let found = index.search(&[0.9, 0.0], 2, &SearchParams::default())?;
/// assert_eq!(found.ids, [2, 0]);
/// # Ok::<(), nearfold::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Index {
    pub(crate) dim: usize,
    pub(crate) params: Params,
    pub(crate) store: Store,
    pub(crate) graph: Graph,
    pub(crate) ids: Ids,
    /// The typed values of the ids.
    pub(crate) columns: Columns,
    /// How many nodes there were when all were last known to be reachable, from the entry points of so many.
    pub(crate) checked: usize,
    /// Where walks begin besides: a node of each part that links from node 0 do not lead to.
    pub(crate) extra: Vec<u32>,
    /// How many nodes there were when they were last put in order.
    pub(crate) ordered: usize,
    /// What `ef_search` gives what recall.
    pub(crate) calibration: Calibration,
    /// Changes with the index: a filter made before is refused after.
    pub(super) changes: u64,
    pub(super) dedupe: Dedupe,
    pub(super) scratch: ScratchPool,
}

impl Index {
    /// Returns an empty index for vectors of `dim` components.
    ///
    /// Errors: [`Error::BadParameter`] when `dim` is not in 1 … 65536, `M` not in 2 … 128,
    /// `ef_construction` not in 1 … 65536, or `rerank` not finer than `storage`.
    pub fn new(dim: usize, params: Params) -> Result<Self> {
        if !(1..=65536).contains(&dim) {
            return Err(Error::BadParameter {
                name: "dim",
                expected: "1 to 65536".into(),
                got: dim.to_string(),
            });
        }
        params.check()?;
        let store = Store::new(dim, params.metric, params.storage, params.rerank);
        let graph = Graph::Packed(Packed::default());
        Ok(Self::from_parts(dim, params, store, graph, Ids::default()))
    }

    pub(crate) fn from_parts(dim: usize, params: Params, store: Store, graph: Graph, ids: Ids) -> Self {
        let checked = store.len();
        Self {
            dim,
            params,
            store,
            graph,
            ids,
            columns: Columns::default(),
            checked,
            extra: Vec::new(),
            ordered: checked,
            calibration: Calibration::default(),
            changes: 0,
            dedupe: Dedupe::default(),
            scratch: ScratchPool::default(),
        }
    }

    /// Returns the dimension of the vectors.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Returns how many ids the index holds.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Returns whether the index holds nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns what the index was built with.
    pub fn params(&self) -> &Params {
        &self.params
    }

    /// Returns whether `id` is in the index.
    pub fn contains(&self, id: u64) -> bool {
        self.ids.contains(id)
    }

    /// Returns the vector of an id, as the index keeps it: of unit length for cosine, rounded to the storage,
    /// or to that of `rerank`. What `b1` alone keeps of it is its direction, roughly.
    ///
    /// Errors: [`Error::IdNotFound`].
    pub fn vector(&self, id: u64) -> Result<Vec<f32>> {
        self.ids.node(id).map(|node| self.store.decode(node)).ok_or(Error::IdNotFound { id })
    }

    /// Returns the bytes that the index takes, by part.
    pub fn memory(&self) -> Memory {
        let (codes, rerank) = self.store.len_bytes();
        Memory {
            vectors: codes + self.dedupe.len_bytes(),
            rerank,
            links: match &self.graph {
                Graph::Slots(slots) => slots.len_bytes(),
                Graph::Packed(packed) => packed.len_bytes(),
            } + self.extra.capacity() * 4,
            ids: self.ids.len_bytes(),
            columns: self.columns.len_bytes(),
        }
    }

    /// Adds vectors, row by row, with the ids that are given, or with the next free ones.
    ///
    /// Shapes: `vectors` is `(n, dim)`, `ids` `(n,)`. Returns the ids. All or nothing: after an
    /// error the index is as it was.
    ///
    /// Errors: [`Error::DimensionMismatch`], [`Error::NotFinite`], [`Error::DuplicateId`],
    /// [`Error::ShapeMismatch`] (as many ids as vectors), [`Error::BadParameter`] (a component beyond
    /// 65504 where 16-bit floats are kept), [`Error::OutOfMemory`].
    ///
    /// Cost: about `ef_construction` times the links of a node in distances, for each new vector.
    pub fn add(&mut self, vectors: &[f32], ids: Option<&[u64]>) -> Result<Vec<u64>> {
        self.add_with_progress(vectors, ids, &mut |_done, _all| true)
    }

    /// Like [`add`](Self::add), calling `progress(done, all)` between batches of vectors; when it
    /// returns false, those that were not linked yet are taken back. Returns the ids of the others.
    pub fn add_with_progress(
        &mut self,
        vectors: &[f32],
        ids: Option<&[u64]>,
        progress: &mut dyn FnMut(usize, usize) -> bool,
    ) -> Result<Vec<u64>> {
        self.add_with_columns(vectors, ids, &[], progress)
    }

    /// Adds vectors without rows in the columns.
    pub(super) fn add_vectors(
        &mut self,
        vectors: &[f32],
        ids: Option<&[u64]>,
        progress: &mut dyn FnMut(usize, usize) -> bool,
    ) -> Result<Vec<u64>> {
        self.check(vectors)?;
        self.check_storable(vectors)?;
        let n = vectors.len() / self.dim;
        let ids = self.ids.assign(n, ids)?;
        self.reserve(n)?;
        let slots = self.slots(self.store.len() + n)?;

        let nodes = self.enter(vectors, &ids);
        let Some(mut slots) = slots else {
            progress(n, n);
            return Ok(ids);
        };
        let plan = self.plan();
        let (first, last) = (slots.len(), self.store.len());
        let rows = self.store.built_by();
        let mut report = |done| progress(done - first, last - first);
        link(rows, &mut slots, &mut self.extra, last, plan, &self.scratch, &mut report);
        let linked = slots.len();
        let mut scratch = self.scratch.take();
        let due = linked >= self.checked + self.checked / CHECK_EVERY;
        if !due {
            reach::link_unlinked(&mut slots, first);
        }
        if due || linked <= (linked - first).saturating_mul(CHECKED_PER_NEW) {
            reach::repair(rows, &mut slots, 0, &mut self.extra, plan, &mut scratch);
        }
        if due {
            self.checked = linked;
        }
        self.scratch.put(scratch);
        let linked = slots.len();
        self.graph = Graph::Slots(slots);
        if linked < last {
            self.store.truncate(linked);
            self.ids.truncate(linked);
            self.dedupe = Dedupe::default();
        }
        if linked >= 2 * self.ordered {
            self.compact()?;
            self.calibrate();
        }
        if linked == last {
            return Ok(ids);
        }
        // Numbers below `linked` are those from before the order was changed.
        Ok(ids
            .into_iter()
            .zip(nodes)
            .filter(|(_, node)| (*node as usize) < linked)
            .map(|(id, _)| id)
            .collect())
    }

    /// Makes room for `n` more vectors with their ids, so that [`enter`](Self::enter) cannot fail.
    pub(super) fn reserve(&mut self, n: usize) -> Result<()> {
        if self.len() + n > NODES_MAX {
            return Err(Error::BadParameter {
                name: "vectors",
                expected: format!("at most {NODES_MAX} in an index"),
                got: (self.len() + n).to_string(),
            });
        }
        self.store.try_reserve(n)?;
        self.ids.try_reserve(n)?;
        self.dedupe.reserve(&self.store, self.store.len() + n)
    }

    /// Encodes checked vectors, each into a node of its own or that of its equal, without links.
    /// Returns the nodes.
    pub(super) fn enter(&mut self, vectors: &[f32], ids: &[u64]) -> Vec<u32> {
        self.changes += 1;
        self.store.wake();
        let prepared = self.prepared(vectors);
        let vectors = prepared.as_deref().unwrap_or(vectors);
        if self.store.len() == 0 {
            self.store.fit(vectors);
        }
        let mut nodes = Vec::with_capacity(ids.len());
        for (vector, &id) in vectors.chunks_exact(self.dim).zip(ids) {
            self.store.push(vector);
            let same = self.dedupe.find_or_enter(&self.store);
            if let Some(node) = same {
                self.store.pop();
                self.ids.push_further(node, id);
            } else {
                self.ids.push_node(id);
            }
            nodes.push(same.unwrap_or(self.store.len() as u32 - 1));
        }
        self.ids.settle();
        nodes
    }

    /// Takes the graph out in the form that grows, with room for `n` nodes; `None` when the index
    /// is too small for links.
    pub(super) fn slots(&mut self, n: usize) -> Result<Option<Slots>> {
        if n < LINKED_MIN && matches!(&self.graph, Graph::Packed(packed) if packed.len() == 0) {
            return Ok(None);
        }
        let capacity = 2 * self.params.m;
        let mut slots = match &mut self.graph {
            Graph::Packed(packed) if packed.len() == 0 => Slots::new(capacity),
            Graph::Packed(packed) => packed.to_slots(capacity)?,
            Graph::Slots(slots) => {
                slots.try_reserve(n - slots.len())?;
                return Ok(Some(core::mem::take(slots)));
            }
        };
        slots.try_reserve(n - slots.len())?;
        Ok(Some(slots))
    }

    pub(super) fn plan(&self) -> Plan {
        Plan { m: self.params.m, ef_construction: self.params.ef_construction }
    }

    /// Checks that vectors or queries have the right dimension and are finite.
    pub(super) fn check(&self, vectors: &[f32]) -> Result<()> {
        if !vectors.len().is_multiple_of(self.dim) {
            return Err(Error::DimensionMismatch { expected: self.dim, got: vectors.len() });
        }
        // Adding up zeros is what the machine can do to many numbers at once.
        if vectors.iter().map(|value| value * 0.0).sum::<f32>() == 0.0 {
            return Ok(());
        }
        let at = vectors.iter().position(|value| !value.is_finite()).unwrap_or(0);
        Err(Error::NotFinite { row: at / self.dim, column: at % self.dim, value: f64::from(vectors[at]) })
    }

    /// Checks that the storage can hold the components.
    pub(super) fn check_storable(&self, vectors: &[f32]) -> Result<()> {
        // Of unit length they are small.
        if self.params.metric == Metric::Cosine {
            return Ok(());
        }
        self.store.too_large(vectors).map_or(Ok(()), |at| {
            Err(Error::BadParameter {
                name: "vectors",
                expected: "components up to 65504, as 16-bit floats hold".into(),
                got: format!("{:?} in row {}, column {}", vectors[at], at / self.dim, at % self.dim),
            })
        })
    }

    /// Returns the vectors as the metric compares them, where that is not as they come.
    pub(super) fn prepared(&self, vectors: &[f32]) -> Option<Vec<f32>> {
        (self.params.metric == Metric::Cosine).then(|| {
            let mut vectors = vectors.to_vec();
            vectors.chunks_exact_mut(self.dim).for_each(normalise);
            vectors
        })
    }

    /// Returns the `k` nearest neighbours of `query` (fewer when the index holds fewer).
    ///
    /// Errors: [`Error::DimensionMismatch`], [`Error::NotFinite`], [`Error::BadParameter`] (`k` or
    /// `ef_search` is 0).
    pub fn search(&self, query: &[f32], k: usize, params: &SearchParams) -> Result<Neighbors> {
        if query.len() != self.dim {
            return Err(Error::DimensionMismatch { expected: self.dim, got: query.len() });
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
            return Err(Error::DimensionMismatch { expected: self.dim, got: query.len() });
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
        let Scratch { pool, fresh, keys, prepared, .. } = scratch;
        fresh.clear();
        fresh.extend(pool.iter().take(limit).map(|candidate| candidate.node()));
        self.store.distances(prepared, fresh, keys);
        for (&node, &distance) in fresh.iter().zip(keys.iter()) {
            let mut distance = distance;
            if self.params.metric == Metric::Cosine {
                distance = distance.clamp(0.0, 2.0);
            }
            self.ids.visit(node, |id| {
                if allowed(id) {
                    found.push((distance, id));
                }
            });
        }
        sort_by_two(
            &mut found,
            |(distance, id)| (key_f32(*distance).into(), *id),
            |(key, id)| (of_key_f32(key as u32), id),
        );
        found
    }

    /// Returns the index as a file's bytes: `docs/FORMAT.md`.
    pub fn to_bytes(&self) -> Vec<u8> {
        format::write(self)
    }

    /// Opens a file's bytes.
    ///
    /// Errors: [`Error::Corrupt`], [`Error::UnsupportedVersion`], [`Error::OutOfMemory`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        format::read(bytes)
    }
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
