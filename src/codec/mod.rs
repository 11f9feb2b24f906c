//! How a vector is stored: encode, compare, decode for re-ranking.
//!
//! Each storage is a [`Rows`]. The walk through the graph asks only for *keys*: numbers that order
//! vectors as their distances do, cheap to compute. Distances that users see are made afterwards,
//! from the query as it was given, for the few vectors that are returned.

mod b1_rows;
mod float_rows;
mod i8_rows;
mod storage;
mod upright;

use crate::distance::Metric;
use crate::error::{Error, ErrorKind, Result};
use crate::kernel::near::aligned::{Aligned, Plain};
use crate::kernel::near::bits::PLANES;
use crate::kernel::near::half::F16_MAX;
use crate::kernel::prefetch::RowsAt;
pub(crate) use b1_rows::{B1Rows, words};
pub(crate) use float_rows::FloatRows;
pub(crate) use i8_rows::I8Rows;
pub use storage::Storage;

/// A query in the form that a storage compares with; reused from query to query.
#[derive(Clone, Debug, Default)]
pub(crate) struct Prepared {
    /// The query, quantised (`i8`).
    codes: Vec<i16>,
    /// The query, less the centre where there is one.
    values: Vec<f32>,
    /// What a dot product of codes is multiplied by.
    factor: f32,
    /// The term of a key that depends on the query alone.
    weight: f32,
    /// The kernel's output.
    dots: Vec<i32>,
    /// The query, quantised to four bits (`b1`).
    planes: Vec<[u64; PLANES]>,
    /// A stored vector's signs (`b1`).
    words: Vec<u64>,
    /// The query for the copy that re-ranks.
    fine: Option<Box<Prepared>>,
}

impl Prepared {
    /// Puts the query for the copy that re-ranks in the place of this one, and back.
    pub(crate) fn turn(&mut self) {
        if let Some(mut fine) = self.fine.take() {
            core::mem::swap(self, &mut fine);
            self.fine = Some(fine);
        }
    }
}

/// Stored vectors.
pub(crate) trait Rows: Sync {
    /// Makes a query of a vector (of unit length for cosine).
    fn prepare_vector(&self, vector: &[f32], prepared: &mut Prepared);

    /// Writes keys of the listed nodes: a smaller key is nearer to the prepared query.
    fn keys(&self, prepared: &mut Prepared, nodes: &[u32], keys: &mut Vec<f32>);

    /// Returns where the rows that keys are made of lie.
    fn rows_at(&self) -> RowsAt;

    /// Makes a query of a stored vector, for [`pair_keys`](Self::pair_keys).
    fn prepare_node(&self, node: u32, prepared: &mut Prepared);

    /// Writes keys of the listed nodes against a prepared node. They are symmetric, and comparable
    /// between pairs.
    fn pair_keys(&self, prepared: &mut Prepared, nodes: &[u32], keys: &mut Vec<f32>);

    /// Returns the distance of the prepared query, unquantised, to a stored vector.
    fn distance(&self, prepared: &Prepared, node: u32) -> f32;

    /// Writes those of the listed nodes.
    fn distances(&self, prepared: &Prepared, nodes: &[u32], out: &mut Vec<f32>) {
        out.clear();
        out.extend(nodes.iter().map(|node| self.distance(prepared, *node)));
    }
}

/// Vectors in one storage.
#[derive(Clone, Debug)]
pub(crate) enum Codes {
    F32(FloatRows<f32>),
    F16(FloatRows<u16>),
    I8(I8Rows),
    B1(B1Rows),
}

/// The vectors of an index: what a walk compares, and perhaps a finer copy that re-ranks.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    codes: Codes,
    fine: Option<Codes>,
}

/// Runs the same expression with the rows of whichever storage the codes have.
macro_rules! with_codes {
    ($codes:expr, $rows:ident => $body:expr) => {
        match $codes {
            $crate::codec::Codes::F32($rows) => $body,
            $crate::codec::Codes::F16($rows) => $body,
            $crate::codec::Codes::I8($rows) => $body,
            $crate::codec::Codes::B1($rows) => $body,
        }
    };
}

impl Codes {
    fn new(dim: usize, metric: Metric, storage: Storage) -> Self {
        match storage {
            Storage::F32 => Self::F32(FloatRows::new(dim, metric)),
            Storage::F16 => Self::F16(FloatRows::new(dim, metric)),
            Storage::I8 => Self::I8(I8Rows::new(dim, metric)),
            Storage::B1 => Self::B1(B1Rows::new(dim, metric)),
        }
    }

    /// Returns the rows as what walks ask, a list of nodes at a time: they are compiled once.
    pub(crate) fn rows(&self) -> &dyn Rows {
        with_codes!(self, rows => rows)
    }

    fn len_bytes(&self) -> usize {
        with_codes!(self, rows => rows.len_bytes())
    }
}

impl Store {
    pub(crate) fn new(dim: usize, metric: Metric, storage: Storage, rerank: Option<Storage>) -> Self {
        Self::from_parts(
            Codes::new(dim, metric, storage),
            rerank.map(|storage| Codes::new(dim, metric, storage)),
        )
    }

    /// Puts codes, and what re-ranks them, together; they have as many rows.
    pub(crate) fn from_parts(codes: Codes, fine: Option<Codes>) -> Self {
        Self { codes, fine }
    }

    /// Returns what a walk compares.
    pub(crate) fn codes(&self) -> &Codes {
        &self.codes
    }

    /// Returns what re-ranks.
    pub(crate) fn fine(&self) -> Option<&Codes> {
        self.fine.as_ref()
    }

    /// Returns the vectors at their best: the copy that re-ranks, where there is one.
    pub(crate) fn finest(&self) -> &Codes {
        self.fine.as_ref().unwrap_or(&self.codes)
    }

    /// Returns what the graph is built by: one bit tells too little of two vectors.
    pub(crate) fn built_by(&self) -> &dyn Rows {
        match &self.codes {
            Codes::B1(_) => self.finest().rows(),
            codes => codes.rows(),
        }
    }

    /// Returns all that is kept of each vector.
    fn each(&mut self) -> impl Iterator<Item = &mut Codes> {
        core::iter::once(&mut self.codes).chain(&mut self.fine)
    }

    /// Returns how many rows there are.
    pub(crate) fn len(&self) -> usize {
        with_codes!(&self.codes, rows => rows.len())
    }

    /// Returns the first component that the storage cannot hold.
    pub(crate) fn too_large(&self, vectors: &[f32]) -> Option<usize> {
        let half = |codes: &Codes| matches!(codes, Codes::F16(_));
        if half(&self.codes) || self.fine.as_ref().is_some_and(half) {
            return vectors.iter().position(|value| value.abs() > F16_MAX);
        }
        None
    }

    /// Makes room for `n` more rows, so that [`push`](Self::push) cannot fail.
    pub(crate) fn try_reserve(&mut self, n: usize) -> Result<()> {
        self.each().try_for_each(|codes| with_codes!(codes, rows => rows.try_reserve(n)))
    }

    /// Looks at the first vectors before they are pushed: a storage may fit itself to them.
    pub(crate) fn fit(&mut self, vectors: &[f32]) {
        self.each().for_each(|codes| match codes {
            Codes::I8(rows) => rows.fit(vectors),
            Codes::B1(rows) => rows.fit(vectors),
            Codes::F32(_) | Codes::F16(_) => {}
        });
    }

    /// Encodes a vector as the last row.
    pub(crate) fn push(&mut self, vector: &[f32]) {
        self.each().for_each(|codes| with_codes!(codes, rows => rows.push(vector)));
    }

    /// Takes the last row away.
    pub(crate) fn pop(&mut self) {
        self.each().for_each(|codes| with_codes!(codes, rows => rows.pop()));
    }

    /// Takes all rows from `n` on away.
    pub(crate) fn truncate(&mut self, n: usize) {
        while self.len() > n {
            self.pop();
        }
    }

    /// Copies row `from` over row `to`.
    pub(crate) fn copy_row(&mut self, from: u32, to: u32) {
        self.each().for_each(|codes| with_codes!(codes, rows => rows.copy_row(from, to)));
    }

    /// Puts the rows into a new order: row `i` is what row `order[i]` was.
    pub(crate) fn reorder(&mut self, order: &[u32]) -> Result<()> {
        self.each().try_for_each(|codes| with_codes!(codes, rows => rows.reorder(order)))
    }

    /// Gives back what only changes need.
    pub(crate) fn rest(&mut self) {
        self.each().for_each(|codes| with_codes!(codes, rows => rows.rest()));
    }

    /// Makes what changes need.
    pub(crate) fn wake(&mut self) {
        self.each().for_each(|codes| {
            if let Codes::I8(rows) = codes {
                rows.wake();
            }
        });
    }

    /// Makes a query of a vector (of unit length for cosine), for the codes and for what re-ranks them.
    pub(crate) fn prepare(&self, vector: &[f32], prepared: &mut Prepared) {
        with_codes!(&self.codes, rows => rows.prepare_vector(vector, prepared));
        if let Some(fine) = &self.fine {
            let prepared = prepared.fine.get_or_insert_default();
            with_codes!(fine, rows => rows.prepare_vector(vector, prepared));
        } else {
            prepared.fine = None;
        }
    }

    /// Writes the distances of the prepared query, unquantised, to the listed vectors at their best.
    pub(crate) fn distances(&self, prepared: &Prepared, nodes: &[u32], out: &mut Vec<f32>) {
        let Some(fine) = &self.fine else { return self.codes.rows().distances(prepared, nodes, out) };
        // A walk has not looked at the copy: its rows come from far, and all at once if they are asked for.
        let at = fine.rows().rows_at();
        nodes.iter().for_each(|node| at.prefetch(*node));
        at.touch(nodes);
        fine.rows().distances(prepared.fine.as_deref().unwrap_or(prepared), nodes, out);
    }

    /// Returns how many candidates of a walk get distances of the unquantised query, to return `k`.
    pub(crate) fn rerank_len(&self, k: usize) -> usize {
        match (&self.codes, &self.fine) {
            // The order that one bit gives is too rough to leave any candidate out.
            (Codes::B1(_), Some(_)) => usize::MAX,
            _ => rerank_len(k),
        }
    }

    /// Returns a hash of a row at its best.
    pub(crate) fn hash(&self, node: u32) -> u64 {
        with_codes!(self.finest(), rows => rows.hash(node))
    }

    /// Returns whether two rows have the same code.
    pub(crate) fn same(&self, a: u32, b: u32) -> bool {
        with_codes!(self.finest(), rows => rows.same(a, b))
    }

    /// Returns a row as a vector.
    pub(crate) fn decode(&self, node: u32) -> Vec<f32> {
        with_codes!(self.finest(), rows => rows.decode(node))
    }

    /// Returns the bytes that the codes take, and those of the copy that re-ranks.
    pub(crate) fn len_bytes(&self) -> (usize, usize) {
        (self.codes.len_bytes(), self.fine.as_ref().map_or(0, Codes::len_bytes))
    }
}

/// Returns how many candidates are enough to return `k`, where codes tell the order all but exactly.
pub(crate) fn rerank_len(k: usize) -> usize {
    k.saturating_add(k / 2 + 8)
}

/// How many vectors make a mean worth subtracting.
const FIT_MIN: usize = 256;

/// Returns the mean of many vectors.
fn mean_of(vectors: &[f32], dim: usize) -> Option<Vec<f32>> {
    let n = vectors.len() / dim;
    if n < FIT_MIN {
        return None;
    }
    let mut sums = vec![0.0f64; dim];
    for vector in vectors.chunks_exact(dim) {
        for (sum, value) in sums.iter_mut().zip(vector) {
            *sum += f64::from(*value);
        }
    }
    Some(sums.into_iter().map(|sum| (sum / n as f64) as f32).collect())
}

/// Reserves, or says how much could not be had.
pub(crate) fn try_reserve<T>(vec: &mut Vec<T>, n: usize) -> Result<()> {
    vec.try_reserve(n).map_err(|_| {
        Error::from(ErrorKind::OutOfMemory { len_bytes: (n as u64).saturating_mul(size_of::<T>() as u64) })
    })
}

/// As [`try_reserve`].
fn try_reserve_rows<T: Plain>(rows: &mut Aligned<T>, n: usize) -> Result<()> {
    if rows.try_reserve(n) {
        return Ok(());
    }
    Err(ErrorKind::OutOfMemory { len_bytes: (n as u64).saturating_mul(size_of::<T>() as u64) }.into())
}

/// Returns the rows of a matrix in a new order, with nothing to spare.
fn reordered_rows<T: Plain>(rows: &Aligned<T>, dim: usize, order: &[u32]) -> Result<Aligned<T>> {
    let mut new = Aligned::default();
    try_reserve_rows(&mut new, rows.len())?;
    for &node in order {
        new.extend_from_slice(&rows[node as usize * dim..][..dim]);
    }
    Ok(new)
}

/// Returns the rows of a matrix in a new order.
fn reordered<T: Copy>(rows: &[T], dim: usize, order: &[u32]) -> Result<Vec<T>> {
    let mut new = Vec::new();
    new.try_reserve_exact(rows.len())
        .map_err(|_| Error::from(ErrorKind::OutOfMemory { len_bytes: size_of_val(rows) as u64 }))?;
    for &node in order {
        new.extend_from_slice(&rows[node as usize * dim..][..dim]);
    }
    Ok(new)
}

/// A key that is not a number (an overflow met another) orders last.
#[inline(always)]
fn ordered(key: f32) -> f32 {
    if key.is_nan() { f32::INFINITY } else { key }
}
