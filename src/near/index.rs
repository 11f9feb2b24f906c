//! The index: what users hold.

use super::calibrate::Calibration;
use super::dedupe::Dedupe;
use super::graph::Graph;
use super::ids::Ids;
use super::names::Names;
use super::params::Params;
use super::scratch::ScratchPool;
use super::sentinels::Sentinels;
use crate::codec::{Storage, Store};
use crate::columns::Columns;
use crate::distance::{Metric, normalise};
use crate::error::{ErrorKind, Result};
use crate::format;
use crate::kernel::sort::sort;

/// Bytes by part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Memory {
    /// What walks compare of the vectors, and what finds equal ones.
    pub vectors: usize,
    /// The finer copy of the vectors, of which a query reads a few rows only.
    pub rerank: usize,
    /// The links between them, and what says where walks begin.
    pub links: usize,
    /// The ids, and what finds them when one was looked for.
    pub ids: usize,
    /// The columns.
    pub columns: usize,
    /// What measures recall: vectors as they came, with their neighbours.
    pub sentinels: usize,
}

/// Below this many nodes there are no links: a scan is as fast as a walk, and exact.
pub(crate) const LINKED_MIN: usize = 2048;

/// A compact index for approximate nearest neighbours.
///
/// One node per distinct vector: equal vectors share it, each with its own id. Ids are integers, or strings:
/// [`add_ids`](Self::add_ids). The same vectors
/// added in the same calls give the same index, byte for byte, on every machine and with any
/// number of threads. A file does not say what changes were made: an index that was saved and opened
/// between changes finds as well as one that was not, but may come to other bytes.
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
    /// The ids of an index of strings, by the numbers that `ids` has.
    pub(crate) names: Option<Names>,
    /// The typed values of the ids.
    pub(crate) columns: Columns,
    /// How many nodes there were when they were last put in order.
    pub(crate) ordered: usize,
    /// What `ef_search` gives what recall.
    pub(crate) calibration: Calibration,
    /// How many vectors came or went since that was measured.
    pub(super) drift: usize,
    /// What recall is measured by.
    pub(crate) sentinels: Sentinels,
    /// How many vectors had come when `calibration` was measured.
    pub(crate) measured_at: u64,
    /// How many sentinels that came since were asked when they were last.
    pub(super) young_seen: usize,
    /// How many vectors came since storage was last looked at.
    pub(super) unjudged: usize,
    /// Changes with the index: a filter made before is refused after.
    pub(super) changes: u64,
    pub(super) dedupe: Dedupe,
    pub(super) scratch: ScratchPool,
}

impl Index {
    /// Returns an empty index for vectors of `dim` components.
    ///
    /// Errors: [`ErrorKind::BadParameter`] when `dim` is not in 1 … 65536, `M` not in 2 … 128,
    /// `ef_construction` not in 1 … 65536, or `rerank` not finer than `storage`.
    pub fn new(dim: usize, params: Params) -> Result<Self> {
        if !(1..=65536).contains(&dim) {
            return Err(ErrorKind::BadParameter {
                name: "dim",
                expected: "1 to 65536".into(),
                got: dim.to_string(),
            }
            .into());
        }
        params.check()?;
        // As they come, until there are enough to judge.
        let store = Store::new(dim, params.metric, Storage::F32, None);
        Ok(Self::from_parts(dim, params, store, Graph::default(), Ids::default()))
    }

    pub(crate) fn from_parts(dim: usize, params: Params, store: Store, graph: Graph, ids: Ids) -> Self {
        let ordered = store.len();
        Self {
            dim,
            params,
            store,
            graph,
            ids,
            names: None,
            columns: Columns::default(),
            ordered,
            calibration: Calibration::default(),
            drift: 0,
            sentinels: Sentinels::default(),
            measured_at: 0,
            young_seen: 0,
            unjudged: 0,
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

    /// Returns whether `id` is in the index; of an index of strings, whether a [key](Self::find) is.
    pub fn contains(&self, id: u64) -> bool {
        self.ids.contains(id)
    }

    /// Returns all ids, ascending; of an index of strings their keys, and [`id_list`](Self::id_list) has the strings.
    pub fn ids(&self) -> Vec<u64> {
        let mut ids = self.ids.all();
        sort(&mut ids);
        ids
    }

    /// Returns how vectors are kept that walks compare, and the copy that re-ranks: what `auto` became, and `F32` as long as
    /// there are fewer than 2,048 distinct ones.
    pub fn kept(&self) -> (Storage, Option<Storage>) {
        self.store.kept()
    }

    /// Returns the vector of an id, as the index keeps it: of unit length for cosine, rounded to the storage,
    /// or to that of `rerank`. What `i4` and `b1` alone keep of it is its direction, roughly.
    ///
    /// Errors: [`ErrorKind::IdNotFound`].
    pub fn vector(&self, id: u64) -> Result<Vec<f32>> {
        self.ids.node(id).map(|node| self.store.decode(node)).ok_or_else(|| self.not_found(id))
    }

    /// Returns the bytes that the index takes, by part.
    pub fn memory(&self) -> Memory {
        let (codes, rerank) = self.store.len_bytes();
        Memory {
            vectors: codes + self.dedupe.len_bytes(),
            rerank,
            links: self.graph.len_bytes(),
            ids: self.ids.len_bytes() + self.names.as_ref().map_or(0, Names::len_bytes),
            columns: self.columns.len_bytes(),
            sentinels: self.sentinels.len_bytes(),
        }
    }

    /// Checks that vectors or queries have the right dimension and are finite.
    pub(super) fn check(&self, vectors: &[f32]) -> Result<()> {
        if !vectors.len().is_multiple_of(self.dim) {
            return Err(ErrorKind::DimensionMismatch { expected: self.dim, got: vectors.len() }.into());
        }
        // Adding up zeros is what the machine can do to many numbers at once.
        if vectors.iter().map(|value| value * 0.0).sum::<f32>() == 0.0 {
            return Ok(());
        }
        let at = vectors.iter().position(|value| !value.is_finite()).unwrap_or(0);
        Err(ErrorKind::NotFinite { row: at / self.dim, column: at % self.dim, value: f64::from(vectors[at]) }
            .into())
    }

    /// Checks that the storage can hold the components.
    pub(super) fn check_storable(&self, vectors: &[f32]) -> Result<()> {
        // Of unit length they are small.
        if self.params.metric == Metric::Cosine {
            return Ok(());
        }
        let asked = [self.params.storage, self.params.rerank];
        let too_large = asked.into_iter().flatten().find_map(|storage| storage.too_large(vectors));
        too_large.map_or(Ok(()), |at| {
            Err(ErrorKind::BadParameter {
                name: "vectors",
                expected: "components up to 65504, as 16-bit floats hold".into(),
                got: format!("{} in row {}, column {}", vectors[at], at / self.dim, at % self.dim),
            }
            .into())
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

    /// Returns the index as a file's bytes: `docs/FORMAT.md`.
    pub fn to_bytes(&self) -> Vec<u8> {
        format::write(self)
    }

    /// Returns how long an index file says it is, in its first [`HEAD_LEN`](Self::HEAD_LEN) bytes; `None` where
    /// they are not those of an index. So a pipe, or a device without end, can be read that far.
    pub fn file_len(head: &[u8]) -> Option<u64> {
        format::len_bytes(head)
    }

    /// How many bytes [`file_len`](Self::file_len) wants.
    pub const HEAD_LEN: usize = format::HEADER_LEN;

    /// Opens a file's bytes.
    ///
    /// Errors: [`ErrorKind::Corrupt`], [`ErrorKind::UnsupportedVersion`], [`ErrorKind::OutOfMemory`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        format::read(bytes)
    }
}
