//! Storage `f32`: the vectors as they are.

use super::{Prepared, Rows, ordered, reordered, try_reserve};
use crate::distance::Metric;
use crate::error::Result;
use crate::kernel::distance_f32::{dots_f32, l2sqs_f32};
use xxhash_rust::xxh3::Xxh3Default;

#[derive(Clone, Debug)]
pub(crate) struct F32Rows {
    dim: usize,
    metric: Metric,
    values: Vec<f32>,
}

impl F32Rows {
    pub(crate) fn new(dim: usize, metric: Metric) -> Self {
        Self { dim, metric, values: Vec::new() }
    }

    pub(crate) fn from_parts(dim: usize, metric: Metric, values: Vec<f32>) -> Self {
        Self { dim, metric, values }
    }

    pub(crate) fn values(&self) -> &[f32] {
        &self.values
    }

    pub(super) fn len(&self) -> usize {
        self.values.len() / self.dim
    }

    pub(super) fn try_reserve(&mut self, n: usize) -> Result<()> {
        try_reserve(&mut self.values, n.saturating_mul(self.dim))
    }

    pub(super) fn push(&mut self, vector: &[f32]) {
        // Adding zero makes +0 of −0: equal vectors have equal bytes.
        self.values.extend(vector.iter().map(|value| value + 0.0));
    }

    pub(super) fn pop(&mut self) {
        self.values.truncate(self.values.len() - self.dim);
    }

    pub(super) fn copy_row(&mut self, from: u32, to: u32) {
        let from = from as usize * self.dim;
        self.values.copy_within(from..from + self.dim, to as usize * self.dim);
    }

    pub(super) fn reorder(&mut self, order: &[u32]) -> Result<()> {
        self.values = reordered(&self.values, self.dim, order)?;
        Ok(())
    }

    pub(super) fn rest(&mut self) {
        self.values.shrink_to_fit();
    }

    fn row(&self, node: u32) -> &[f32] {
        &self.values[node as usize * self.dim..][..self.dim]
    }

    pub(super) fn hash(&self, node: u32) -> u64 {
        let mut hasher = Xxh3Default::new();
        for value in self.row(node) {
            hasher.update(&value.to_le_bytes());
        }
        hasher.digest()
    }

    pub(super) fn same(&self, a: u32, b: u32) -> bool {
        self.row(a) == self.row(b)
    }

    pub(super) fn decode(&self, node: u32) -> Vec<f32> {
        self.row(node).to_vec()
    }

    pub(super) fn len_bytes(&self) -> usize {
        self.values.capacity() * 4
    }

    fn distances(&self, query: &[f32], nodes: &[u32], out: &mut [f32]) {
        match self.metric {
            Metric::L2sq => l2sqs_f32(query, &self.values, nodes, out),
            Metric::Ip | Metric::Cosine => {
                dots_f32(query, &self.values, nodes, out);
                for out in out {
                    *out = 1.0 - *out;
                }
            }
        }
    }
}

impl Rows for F32Rows {
    fn prepare(&self, vector: &[f32], prepared: &mut Prepared) {
        prepared.values.clear();
        prepared.values.extend_from_slice(vector);
    }

    fn keys(&self, prepared: &mut Prepared, nodes: &[u32], keys: &mut Vec<f32>) {
        keys.clear();
        keys.resize(nodes.len(), 0.0);
        self.distances(&prepared.values, nodes, keys);
        for key in keys {
            *key = ordered(*key);
        }
    }

    fn prepare_node(&self, node: u32, prepared: &mut Prepared) {
        self.prepare(self.row(node), prepared);
    }

    fn pair_keys(&self, prepared: &mut Prepared, nodes: &[u32], keys: &mut Vec<f32>) {
        self.keys(prepared, nodes, keys);
    }

    fn distance(&self, prepared: &Prepared, node: u32) -> f32 {
        let mut out = [0.0];
        self.distances(&prepared.values, &[node], &mut out);
        ordered(out[0])
    }
}
