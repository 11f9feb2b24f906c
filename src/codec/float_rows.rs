//! Storages `f32` and `f16`: the vectors as they are, or rounded to 16 bits.

use core::cmp::Ordering;
use core::ops::Range;

use super::{
    FINITE, Flaw, Prepared, RUN, Rows, check_all, ordered, reordered_rows, try_reserve_rows, upright,
};
use crate::distance::Metric;
use crate::error::Result;
use crate::kernel::near::aligned::{Aligned, Plain};
use crate::kernel::near::distance_f32::{angle_f32, dots_f32, l2sqs_f32};
use crate::kernel::near::half::{angle_f16, dots_f16, f16_from_f32, f32_from_f16, l2sqs_f16};
use crate::kernel::prefetch::RowsAt;
use xxhash_rust::xxh3::Xxh3Default;

/// A component, as it is kept.
pub(crate) trait Float: Plain + PartialEq + Sync + core::fmt::Debug {
    fn from_f32(value: f32) -> Self;
    fn to_f32(self) -> f32;
    fn is_finite(self) -> bool;
    fn to_le_bytes(self) -> impl AsRef<[u8]>;
    /// Turns roundings of a unit vector so that the error stands at right angles to it.
    fn stand_upright(vector: &[f32], kept: &mut [Self]);
    fn dots(query: &[f32], rows: &[Self], nodes: &[u32], out: &mut [f32]);
    fn l2sqs(query: &[f32], rows: &[Self], nodes: &[u32], out: &mut [f32]);
    /// Returns 1 − the cosine of the angle between two vectors, of which neither is zero.
    fn angle(query: &[f32], row: &[Self]) -> f64;
    /// Whether a unit vector is kept as one of another length.
    const ROUNDED: bool;
}

impl Float for f32 {
    fn from_f32(value: f32) -> Self {
        value
    }

    fn to_f32(self) -> f32 {
        self
    }

    fn is_finite(self) -> bool {
        Self::is_finite(self)
    }

    fn to_le_bytes(self) -> impl AsRef<[u8]> {
        Self::to_le_bytes(self)
    }

    fn stand_upright(_vector: &[f32], _kept: &mut [Self]) {}

    fn dots(query: &[f32], rows: &[Self], nodes: &[u32], out: &mut [f32]) {
        dots_f32(query, rows, nodes, out);
    }

    fn l2sqs(query: &[f32], rows: &[Self], nodes: &[u32], out: &mut [f32]) {
        l2sqs_f32(query, rows, nodes, out);
    }

    fn angle(query: &[f32], row: &[Self]) -> f64 {
        angle_f32(query, row)
    }

    const ROUNDED: bool = false;
}

/// The bits of a binary16 number that all those have which are not finite.
const F16_INFINITE: u16 = 0x7c00;

/// The bits of a binary16 number.
impl Float for u16 {
    fn from_f32(value: f32) -> Self {
        f16_from_f32(value)
    }

    fn to_f32(self) -> f32 {
        f32_from_f16(self)
    }

    fn is_finite(self) -> bool {
        self & F16_INFINITE != F16_INFINITE
    }

    fn to_le_bytes(self) -> impl AsRef<[u8]> {
        Self::to_le_bytes(self)
    }

    fn stand_upright(vector: &[f32], kept: &mut [Self]) {
        let value = |half: u16| f64::from(f32_from_f16(half));
        // The neighbour on the other side of the component; where it was kept exactly, or as zero, there is none.
        let other = |half: u16, x: f32| {
            let size = f32_from_f16(half).abs();
            match size.partial_cmp(&x.abs()) {
                _ if size == 0.0 => half,
                Some(Ordering::Greater) => half - 1,
                Some(Ordering::Less) => half + 1,
                _ => half,
            }
        };
        let pairs = || kept.iter().copied().zip(vector.iter().copied());
        let errors: Vec<f64> = pairs().map(|(half, x)| value(half) - f64::from(x)).collect();
        let steps: Vec<f64> = pairs().map(|(half, x)| value(other(half, x)) - value(half)).collect();
        for i in upright::turns(vector, &errors, &steps) {
            kept[i] = other(kept[i], vector[i]);
        }
    }

    fn dots(query: &[f32], rows: &[Self], nodes: &[u32], out: &mut [f32]) {
        dots_f16(query, rows, nodes, out);
    }

    fn l2sqs(query: &[f32], rows: &[Self], nodes: &[u32], out: &mut [f32]) {
        l2sqs_f16(query, rows, nodes, out);
    }

    fn angle(query: &[f32], row: &[Self]) -> f64 {
        angle_f16(query, row)
    }

    const ROUNDED: bool = true;
}

#[derive(Clone, Debug)]
pub(crate) struct FloatRows<T> {
    dim: usize,
    metric: Metric,
    values: Aligned<T>,
}

impl<T: Float> FloatRows<T> {
    pub(crate) fn new(dim: usize, metric: Metric) -> Self {
        Self { dim, metric, values: Aligned::default() }
    }

    pub(crate) fn from_parts(dim: usize, metric: Metric, values: Aligned<T>) -> Self {
        Self { dim, metric, values }
    }

    pub(crate) fn values(&self) -> &[T] {
        &self.values
    }

    pub(super) fn len(&self) -> usize {
        self.values.len() / self.dim
    }

    /// As [`check`](super::Store::check).
    pub(super) fn check(&self, n: usize, [vectors, ..]: [&'static str; 4]) -> core::result::Result<(), Flaw> {
        check_all(vectors, &self.values, n * self.dim, FINITE, T::is_finite)
    }

    pub(super) fn try_reserve(&mut self, n: usize) -> Result<()> {
        try_reserve_rows(&mut self.values, n.saturating_mul(self.dim))
    }

    pub(super) fn push(&mut self, vector: &[f32]) {
        let upright = self.metric == Metric::Cosine;
        let kept = self.values.grow(vector.len());
        // Adding zero makes +0 of −0, also of what was rounded to it: equal vectors have equal bytes.
        for (place, value) in kept.iter_mut().zip(vector) {
            *place = T::from_f32(T::from_f32(*value).to_f32() + 0.0);
        }
        if upright {
            T::stand_upright(vector, kept);
        }
    }

    pub(super) fn pop(&mut self) {
        self.values.truncate(self.values.len() - self.dim);
    }

    pub(super) fn copy_row(&mut self, from: u32, to: u32) {
        let from = from as usize * self.dim;
        self.values.copy_within(from..from + self.dim, to as usize * self.dim);
    }

    pub(super) fn reorder(&mut self, order: &[u32]) -> Result<()> {
        self.values = reordered_rows(&self.values, self.dim, order)?;
        Ok(())
    }

    pub(super) fn rest(&mut self) {
        self.values.shrink_to_fit();
    }

    fn row(&self, node: u32) -> &[T] {
        &self.values[node as usize * self.dim..][..self.dim]
    }

    /// Returns an inner product in double precision.
    fn dot(&self, query: &[f32], node: u32) -> f64 {
        let row = self.row(node).iter().map(|value| f64::from(value.to_f32()));
        query.iter().zip(row).map(|(a, b)| f64::from(*a) * b).sum()
    }

    pub(super) fn hash(&self, node: u32) -> u64 {
        let mut hasher = Xxh3Default::new();
        for value in self.row(node) {
            hasher.update(value.to_le_bytes().as_ref());
        }
        hasher.digest()
    }

    pub(super) fn same(&self, a: u32, b: u32) -> bool {
        self.row(a) == self.row(b)
    }

    pub(super) fn decode(&self, node: u32) -> Vec<f32> {
        self.row(node).iter().map(|value| value.to_f32()).collect()
    }

    pub(super) fn len_bytes(&self) -> usize {
        self.values.len_bytes()
    }

    /// Returns whether a row is the zero vector, which has no direction.
    fn is_zero(&self, node: u32) -> bool {
        self.row(node).iter().all(|value| value.to_f32() == 0.0)
    }

    /// Writes the keys of rows, which are counted from row `first`: an inner product as it is, as beside 1 it would lose its last
    /// places; of unit vectors half the squared difference, which is as exact where they are near as where they are far (1 − the
    /// inner product tells nothing below 10⁻⁷).
    fn compare(&self, prepared: &Prepared, first: u32, rows: &[u32], keys: &mut [f32]) {
        let query = &prepared.values;
        let values = &self.values[first as usize * self.dim..];
        match self.metric {
            Metric::L2sq => {
                T::l2sqs(query, values, rows, keys);
                keys.iter_mut().for_each(|key| *key = ordered(*key));
            }
            Metric::Ip => {
                T::dots(query, values, rows, keys);
                for (key, row) in keys.iter_mut().zip(rows) {
                    *key = -*key;
                    if !key.is_finite() {
                        *key = -self.dot(query, first + row) as f32;
                    }
                }
            }
            Metric::Cosine if prepared.weight == 0.0 => keys.fill(1.0),
            Metric::Cosine => {
                T::l2sqs(query, values, rows, keys);
                for (key, row) in keys.iter_mut().zip(rows) {
                    *key = ordered(*key * 0.5);
                    // The zero vector is half a unit away from any other.
                    if (*key - 0.5).abs() < 1e-3 && self.is_zero(first + row) {
                        *key = 1.0;
                    }
                }
            }
        }
    }

    /// Writes the keys of listed rows.
    fn listed(&self, prepared: &Prepared, nodes: &[u32], keys: &mut Vec<f32>) {
        keys.clear();
        keys.resize(nodes.len(), 0.0);
        self.compare(prepared, 0, nodes, keys);
    }

    /// Notes whether the query is zero.
    fn weigh(prepared: &mut Prepared) {
        prepared.weight = if prepared.values.iter().all(|value| *value == 0.0) { 0.0 } else { 1.0 };
    }
}

impl<T: Float> Rows for FloatRows<T> {
    fn prepare_vector(&self, vector: &[f32], prepared: &mut Prepared) {
        prepared.values.clear();
        prepared.values.extend_from_slice(vector);
        Self::weigh(prepared);
    }

    fn keys(&self, prepared: &mut Prepared, nodes: &[u32], keys: &mut Vec<f32>) {
        self.listed(prepared, nodes, keys);
    }

    fn run_keys(&self, queries: &mut [Prepared], run: Range<usize>, keys: &mut [f32]) {
        for (prepared, keys) in queries.iter().zip(keys.chunks_mut(run.len())) {
            self.compare(prepared, run.start as u32, &RUN[..run.len()], keys);
        }
    }

    fn rows_at(&self) -> RowsAt {
        RowsAt::new(&self.values, self.dim)
    }

    fn prepare_node(&self, node: u32, prepared: &mut Prepared) {
        prepared.values.clear();
        prepared.values.extend(self.row(node).iter().map(|value| value.to_f32()));
        Self::weigh(prepared);
    }

    fn pair_keys(&self, prepared: &mut Prepared, nodes: &[u32], keys: &mut Vec<f32>) {
        self.keys(prepared, nodes, keys);
    }

    fn distance(&self, prepared: &Prepared, node: u32) -> f32 {
        self.exact(prepared, node) as f32
    }

    fn distances(&self, prepared: &Prepared, nodes: &[u32], out: &mut Vec<f32>) {
        if self.metric == Metric::Cosine && T::ROUNDED {
            // What is kept is not of unit length any more: its direction counts.
            out.clear();
            out.extend(nodes.iter().map(|node| self.distance(prepared, *node)));
            return;
        }
        self.listed(prepared, nodes, out);
        if self.metric == Metric::Ip {
            out.iter_mut().for_each(|out| *out += 1.0);
        }
    }

    fn is_huge(&self, node: u32) -> bool {
        let squares = self.row(node).iter().map(|value| f64::from(value.to_f32()).powi(2));
        squares.sum::<f64>() > f32::MAX.into()
    }

    fn exact(&self, prepared: &Prepared, node: u32) -> f64 {
        let query = &prepared.values;
        match self.metric {
            Metric::L2sq => {
                let row = self.row(node).iter().map(|value| f64::from(value.to_f32()));
                query
                    .iter()
                    .zip(row)
                    .map(|(a, b)| f64::from(*a) - b)
                    .map(|difference| difference * difference)
                    .sum()
            }
            Metric::Ip => 1.0 - self.dot(query, node),
            Metric::Cosine if prepared.weight == 0.0 || self.is_zero(node) => 1.0,
            Metric::Cosine => T::angle(query, self.row(node)),
        }
    }
}
