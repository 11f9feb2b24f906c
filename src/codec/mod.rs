//! How a vector is stored: encode, compare, decode for re-ranking.
//!
//! Each storage is a [`Rows`]. The walk through the graph asks only for *keys*: numbers that order
//! vectors as their distances do, cheap to compute. Distances that users see are made afterwards,
//! from the query as it was given, for the few vectors that are returned.

mod b1_rows;
mod choose;
mod float_rows;
mod i4_rows;
mod i8_rows;
mod rotated;
mod storage;
mod upright;

use core::ops::Range;

use crate::distance::Metric;
use crate::error::{Error, ErrorKind, Result};
use crate::kernel::near::aligned::{Aligned, Plain};
use crate::kernel::near::bits::PLANES;
use crate::kernel::near::int4::Query4;
use crate::kernel::prefetch::RowsAt;
use crate::kernel::sort::{key_f32, of_key_f32, select};
pub(crate) use b1_rows::{B1Rows, words};
pub(crate) use choose::{choose, sample};
pub(crate) use float_rows::FloatRows;
pub(crate) use i4_rows::{I4Rows, halves};
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
    /// The query, quantised to eight bits (`i4`).
    halves: Query4,
    /// The query, quantised to four bits (`b1`).
    planes: Vec<[u64; PLANES]>,
    /// What four components of the query come to with each four signs (`b1`).
    tables: Vec<[u8; 16]>,
    /// Rows, turned for the tables (`b1`).
    turned: Vec<u8>,
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

/// How many rows a scan compares at once, at most.
pub(crate) const RUN_MAX: usize = 256;

/// Writes the keys of a run of rows for each of the queries, two at a time: `dots` writes the products of one or two,
/// `keys_of` makes keys of one's.
fn in_twos(
    queries: &[Prepared],
    keys: &mut [f32],
    dots: impl Fn(&[Prepared], &mut [i32]),
    keys_of: impl Fn(&Prepared, &[i32], &mut [f32]),
) {
    let len = keys.len() / queries.len().max(1);
    let mut products = [0; 2 * RUN_MAX];
    for (two, keys) in queries.chunks(2).zip(keys.chunks_mut(2 * len)) {
        let products = &mut products[..two.len() * len];
        dots(two, products);
        for ((prepared, dots), keys) in two.iter().zip(products.chunks(len)).zip(keys.chunks_mut(len)) {
            keys_of(prepared, dots, keys);
        }
    }
}

/// The numbers of the rows of a run, in order.
static RUN: [u32; RUN_MAX] = {
    let mut run = [0; RUN_MAX];
    let mut i = 0;
    while i < RUN_MAX {
        run[i] = i as u32;
        i += 1;
    }
    run
};

/// Stored vectors.
pub(crate) trait Rows: Sync {
    /// Makes a query of a vector (of unit length for cosine).
    fn prepare_vector(&self, vector: &[f32], prepared: &mut Prepared);

    /// Writes keys of the listed nodes: a smaller key is nearer to the prepared query.
    fn keys(&self, prepared: &mut Prepared, nodes: &[u32], keys: &mut Vec<f32>);

    /// Prepares a prepared query for [`run_keys`](Self::run_keys), too.
    fn prepare_scan(&self, _prepared: &mut Prepared) {}

    /// Writes the keys of a run of rows, at most [`RUN_MAX`], for each of the queries: as many as `keys` holds.
    fn run_keys(&self, queries: &mut [Prepared], run: Range<usize>, keys: &mut [f32]) {
        let nodes: Vec<u32> = (run.start as u32..run.end as u32).collect();
        let mut of_one = Vec::new();
        for (prepared, keys) in queries.iter_mut().zip(keys.chunks_mut(run.len())) {
            self.keys(prepared, &nodes, &mut of_one);
            keys.copy_from_slice(&of_one);
        }
    }

    /// Returns where the rows that keys are made of lie.
    fn rows_at(&self) -> RowsAt;

    /// Makes a query of a stored vector, for [`pair_keys`](Self::pair_keys).
    fn prepare_node(&self, node: u32, prepared: &mut Prepared);

    /// Writes keys of the listed nodes against a prepared node. They are symmetric, and comparable
    /// between pairs.
    fn pair_keys(&self, prepared: &mut Prepared, nodes: &[u32], keys: &mut Vec<f32>);

    /// Returns the distance of the prepared query, unquantised, to a stored vector.
    fn distance(&self, prepared: &Prepared, node: u32) -> f32;

    /// Returns it in double precision, where nothing on the way is too large or too small: for the few that 32 bits cannot tell
    /// apart.
    fn exact(&self, prepared: &Prepared, node: u32) -> f64 {
        self.distance(prepared, node).into()
    }

    /// Returns whether the inner product of a stored vector with itself is beyond 32 bits, in which its links were chosen.
    fn is_huge(&self, _node: u32) -> bool {
        false
    }

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
    I4(I4Rows),
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
            $crate::codec::Codes::I4($rows) => $body,
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
            Storage::I4 => Self::I4(I4Rows::new(dim, metric)),
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

    fn push(&mut self, vector: &[f32]) {
        with_codes!(self, rows => rows.push(vector));
    }

    fn storage(&self) -> Storage {
        match self {
            Self::F32(_) => Storage::F32,
            Self::F16(_) => Storage::F16,
            Self::I8(_) => Storage::I8,
            Self::I4(_) => Storage::I4,
            Self::B1(_) => Storage::B1,
        }
    }

    fn fit(&mut self, sample: &[f32]) {
        match self {
            Self::I8(rows) => rows.fit(sample),
            Self::I4(rows) => rows.fit(sample),
            Self::B1(rows) => rows.fit(sample),
            Self::F32(_) | Self::F16(_) => {}
        }
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

    /// Makes room for `n` more rows, so that [`push`](Self::push) cannot fail.
    pub(crate) fn try_reserve(&mut self, n: usize) -> Result<()> {
        self.each().try_for_each(|codes| with_codes!(codes, rows => rows.try_reserve(n)))
    }

    /// Checks that all codes have as many rows, of finite numbers.
    ///
    /// Errors: the section of a file in which they stand, and a sentence.
    pub(crate) fn check(&self) -> core::result::Result<(), Flaw> {
        let n = self.len();
        with_codes!(&self.codes, rows => rows.check(n, ["vectors", "scales", "centre", "factors"]))?;
        let names = ["rerank vectors", "rerank scales", "rerank centre", "rerank factors"];
        self.fine.as_ref().map_or(Ok(()), |codes| with_codes!(codes, rows => rows.check(n, names)))
    }

    /// Looks at a sample of the vectors before they are pushed: a storage may fit itself to them.
    pub(crate) fn fit(&mut self, sample: &[f32]) {
        self.each().for_each(|codes| codes.fit(sample));
    }

    /// Returns how walks' vectors are kept, and the copy that re-ranks.
    pub(crate) fn kept(&self) -> (Storage, Option<Storage>) {
        (self.codes.storage(), self.fine.as_ref().map(Codes::storage))
    }

    /// Returns whether what is kept is what came.
    pub(crate) fn is_lossless(&self) -> bool {
        matches!(self.finest(), Codes::F32(_))
    }

    /// Encodes a vector as the last row.
    pub(crate) fn push(&mut self, vector: &[f32]) {
        self.each().for_each(|codes| codes.push(vector));
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
        self.each().for_each(|codes| match codes {
            Codes::I8(rows) => rows.wake(),
            Codes::I4(rows) => rows.wake(),
            Codes::F32(_) | Codes::F16(_) | Codes::B1(_) => {}
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

    /// Returns the distance of the prepared query to a vector at its best, in double precision.
    pub(crate) fn exact(&self, prepared: &Prepared, node: u32) -> f64 {
        match &self.fine {
            Some(fine) => fine.rows().exact(prepared.fine.as_deref().unwrap_or(prepared), node),
            None => self.codes.rows().exact(prepared, node),
        }
    }

    /// Returns how many candidates of a walk get distances of the unquantised query, to return `k`.
    pub(crate) fn rerank_len(&self, k: usize) -> usize {
        match (&self.codes, &self.fine) {
            // The order that few bits give is too rough to leave any candidate out.
            (Codes::I4(_) | Codes::B1(_), Some(_)) => usize::MAX,
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

/// Returns the median of each component of a sample: a few vectors from elsewhere hardly move it, as they would a mean.
fn centre_of(sample: &[f32], dim: usize) -> Vec<f32> {
    let n = sample.len() / dim;
    if n == 0 {
        return Vec::new();
    }
    let mut column = Vec::with_capacity(n);
    let median = |at: usize| {
        column.clear();
        column.extend(sample.iter().skip(at).step_by(dim).map(|value| u64::from(key_f32(*value))));
        select(&mut column, n / 2);
        of_key_f32(column[n / 2] as u32)
    };
    (0..dim).map(median).collect()
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

/// Which section of a file is none, and why.
pub(crate) type Flaw = (&'static str, String);

/// Errors: where the section does not hold `n` numbers for all of which `holds`.
fn check_all<T: Copy + core::fmt::Debug>(
    name: &'static str,
    values: &[T],
    n: usize,
    expected: &str,
    holds: impl Fn(T) -> bool,
) -> core::result::Result<(), Flaw> {
    if values.len() != n {
        return Err((name, format!("expected {n} numbers, got {}", values.len())));
    }
    // Without a way out of the loop the machine looks at many at once.
    if values.iter().fold(true, |all, value| all & holds(*value)) {
        return Ok(());
    }
    let at = values.iter().position(|value| !holds(*value)).unwrap_or(0);
    Err((name, format!("expected {expected}, got {:?} as number {at}", values[at])))
}

const FINITE: &str = "finite numbers";
const FINITE_SIZE: &str = "finite numbers, none negative";

/// Returns whether a number is finite and not negative, which −0 is.
fn is_size(value: f32) -> bool {
    value.is_finite() & value.is_sign_positive()
}

/// Errors: where the zero vector is none of the `n` rows, or the metric knows of none.
fn check_zero_node(zero_node: Option<u32>, metric: Metric, n: usize) -> core::result::Result<(), Flaw> {
    match zero_node {
        Some(zero) if metric != Metric::Cosine || zero as usize >= n => {
            let metric = metric.name();
            Err(("header", format!("the zero vector is not there: node {zero} of {n} under {metric}")))
        }
        _ => Ok(()),
    }
}

/// A key that is not a number (an overflow met another) orders last.
#[inline(always)]
fn ordered(key: f32) -> f32 {
    if key.is_nan() { f32::INFINITY } else { key }
}
