//! Storages `f32` and `f16`: the vectors as they are, or rounded to 16 bits.

use core::cmp::Ordering;

use super::{Prepared, Rows, ordered, reordered_rows, try_reserve_rows, upright};
use crate::distance::Metric;
use crate::error::Result;
use crate::kernel::near::aligned::{Aligned, Plain};
use crate::kernel::near::distance_f32::{dots_f32, l2sqs_f32};
use crate::kernel::near::half::{dots_f16, f16_from_f32, f32_from_f16, l2sqs_f16};
use crate::kernel::prefetch::RowsAt;
use xxhash_rust::xxh3::Xxh3Default;

/// A component, as it is kept.
pub(crate) trait Float: Plain + PartialEq + Sync + core::fmt::Debug {
    fn from_f32(value: f32) -> Self;
    fn to_f32(self) -> f32;
    fn to_le_bytes(self) -> impl AsRef<[u8]>;
    /// Turns roundings of a unit vector so that the error stands at right angles to it.
    fn stand_upright(vector: &[f32], kept: &mut [Self]);
    fn dots(query: &[f32], rows: &[Self], nodes: &[u32], out: &mut [f32]);
    fn l2sqs(query: &[f32], rows: &[Self], nodes: &[u32], out: &mut [f32]);
}

impl Float for f32 {
    fn from_f32(value: f32) -> Self {
        value
    }

    fn to_f32(self) -> f32 {
        self
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
}

/// The bits of a binary16 number.
impl Float for u16 {
    fn from_f32(value: f32) -> Self {
        f16_from_f32(value)
    }

    fn to_f32(self) -> f32 {
        f32_from_f16(self)
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

    fn compare(&self, query: &[f32], nodes: &[u32], out: &mut [f32]) {
        match self.metric {
            Metric::L2sq => T::l2sqs(query, &self.values, nodes, out),
            Metric::Ip | Metric::Cosine => {
                T::dots(query, &self.values, nodes, out);
                for out in out {
                    *out = 1.0 - *out;
                }
            }
        }
    }
}

impl<T: Float> Rows for FloatRows<T> {
    fn prepare_vector(&self, vector: &[f32], prepared: &mut Prepared) {
        prepared.values.clear();
        prepared.values.extend_from_slice(vector);
    }

    fn keys(&self, prepared: &mut Prepared, nodes: &[u32], keys: &mut Vec<f32>) {
        self.distances(prepared, nodes, keys);
    }

    fn rows_at(&self) -> RowsAt {
        RowsAt::new(&self.values, self.dim)
    }

    fn prepare_node(&self, node: u32, prepared: &mut Prepared) {
        prepared.values.clear();
        prepared.values.extend(self.row(node).iter().map(|value| value.to_f32()));
    }

    fn pair_keys(&self, prepared: &mut Prepared, nodes: &[u32], keys: &mut Vec<f32>) {
        self.keys(prepared, nodes, keys);
    }

    fn distance(&self, prepared: &Prepared, node: u32) -> f32 {
        let mut out = [0.0];
        self.compare(&prepared.values, &[node], &mut out);
        ordered(out[0])
    }

    fn distances(&self, prepared: &Prepared, nodes: &[u32], out: &mut Vec<f32>) {
        out.clear();
        out.resize(nodes.len(), 0.0);
        self.compare(&prepared.values, nodes, out);
        out.iter_mut().for_each(|out| *out = ordered(*out));
    }
}
