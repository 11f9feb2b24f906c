//! How a vector is stored: encode, compare, decode for re-ranking.
//!
//! Each storage is a [`Rows`]. The walk through the graph asks only for *keys*: numbers that order
//! vectors as their distances do, cheap to compute. Distances that users see are made afterwards,
//! from the query as it was given, for the few vectors that are returned.

mod f32_rows;
mod i8_rows;
mod storage;

use crate::distance::Metric;
use crate::error::{Error, Result};
pub(crate) use f32_rows::F32Rows;
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
}

/// Stored vectors.
pub(crate) trait Rows: Sync {
    /// Makes a query of a vector (of unit length for cosine).
    fn prepare(&self, vector: &[f32], prepared: &mut Prepared);

    /// Writes keys of the listed nodes: a smaller key is nearer to the prepared query.
    fn keys(&self, prepared: &mut Prepared, nodes: &[u32], keys: &mut Vec<f32>);

    /// Makes a query of a stored vector, for [`pair_keys`](Self::pair_keys).
    fn prepare_node(&self, node: u32, prepared: &mut Prepared);

    /// Writes keys of the listed nodes against a prepared node. They are symmetric, and comparable
    /// between pairs.
    fn pair_keys(&self, prepared: &mut Prepared, nodes: &[u32], keys: &mut Vec<f32>);

    /// Returns the distance of the prepared query, unquantised, to a stored vector.
    fn distance(&self, prepared: &Prepared, node: u32) -> f32;
}

/// The vectors of an index, in its storage.
#[derive(Clone, Debug)]
pub(crate) enum Store {
    F32(F32Rows),
    I8(I8Rows),
}

/// Runs the same expression with the rows of whichever storage it is.
macro_rules! with_rows {
    ($store:expr, $rows:ident => $body:expr) => {
        match $store {
            $crate::codec::Store::F32($rows) => $body,
            $crate::codec::Store::I8($rows) => $body,
        }
    };
}
pub(crate) use with_rows;

impl Store {
    pub(crate) fn new(dim: usize, metric: Metric, storage: Storage) -> Self {
        match storage {
            Storage::F32 => Self::F32(F32Rows::new(dim, metric)),
            Storage::I8 => Self::I8(I8Rows::new(dim, metric)),
        }
    }

    /// Returns how many rows there are.
    pub(crate) fn len(&self) -> usize {
        with_rows!(self, rows => rows.len())
    }

    /// Makes room for `n` more rows, so that [`push`](Self::push) cannot fail.
    pub(crate) fn try_reserve(&mut self, n: usize) -> Result<()> {
        with_rows!(self, rows => rows.try_reserve(n))
    }

    /// Looks at the first vectors before they are pushed: a storage may fit itself to them.
    pub(crate) fn fit(&mut self, vectors: &[f32]) {
        if let Self::I8(rows) = self {
            rows.fit(vectors);
        }
    }

    /// Encodes a vector as the last row.
    pub(crate) fn push(&mut self, vector: &[f32]) {
        with_rows!(self, rows => rows.push(vector));
    }

    /// Takes the last row away.
    pub(crate) fn pop(&mut self) {
        with_rows!(self, rows => rows.pop());
    }

    /// Takes all rows from `n` on away.
    pub(crate) fn truncate(&mut self, n: usize) {
        while self.len() > n {
            self.pop();
        }
    }

    /// Copies row `from` over row `to`.
    pub(crate) fn copy_row(&mut self, from: u32, to: u32) {
        with_rows!(self, rows => rows.copy_row(from, to));
    }

    /// Puts the rows into a new order: row `i` is what row `order[i]` was.
    pub(crate) fn reorder(&mut self, order: &[u32]) -> Result<()> {
        with_rows!(self, rows => rows.reorder(order))
    }

    /// Gives back what only changes need.
    pub(crate) fn rest(&mut self) {
        with_rows!(self, rows => rows.rest());
    }

    /// Makes what changes need.
    pub(crate) fn wake(&mut self) {
        if let Self::I8(rows) = self {
            rows.wake();
        }
    }

    /// Returns a hash of a row's code.
    pub(crate) fn hash(&self, node: u32) -> u64 {
        with_rows!(self, rows => rows.hash(node))
    }

    /// Returns whether two rows have the same code.
    pub(crate) fn same(&self, a: u32, b: u32) -> bool {
        with_rows!(self, rows => rows.same(a, b))
    }

    /// Returns a row as a vector.
    pub(crate) fn decode(&self, node: u32) -> Vec<f32> {
        with_rows!(self, rows => rows.decode(node))
    }

    /// Returns the bytes that the rows take.
    pub(crate) fn len_bytes(&self) -> usize {
        with_rows!(self, rows => rows.len_bytes())
    }
}

/// Reserves, or says how much could not be had.
pub(crate) fn try_reserve<T>(vec: &mut Vec<T>, n: usize) -> Result<()> {
    vec.try_reserve(n)
        .map_err(|_| Error::OutOfMemory { len_bytes: (n as u64).saturating_mul(size_of::<T>() as u64) })
}

/// Returns the rows of a matrix in a new order.
fn reordered<T: Copy>(rows: &[T], dim: usize, order: &[u32]) -> Result<Vec<T>> {
    let mut new = Vec::new();
    new.try_reserve_exact(rows.len())
        .map_err(|_| Error::OutOfMemory { len_bytes: size_of_val(rows) as u64 })?;
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
