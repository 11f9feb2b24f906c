//! What rotated rows of few bits have in common: a centre, two factors a row, and how distances are estimated from them.
//!
//! A vector less the centre, r, is rotated by a fixed rotation that spreads it over all components, and
//! kept as codes that stand for a vector s of about its direction. With |r|² and f = |r|² / ⟨s, r'⟩ beside them,
//! f · ⟨s, q'⟩ is an estimate of ⟨r, q⟩ without bias over rotations, and exact for q = r: the error of f · s stands at right
//! angles to r. Reference: Gao and Long, RaBitQ (SIGMOD 2024).

use super::{
    FINITE, FINITE_SIZE, Flaw, Prepared, centre_of, check_all, check_zero_node, is_size, ordered, reordered,
    try_reserve,
};
use crate::distance::Metric;
use crate::error::Result;
use crate::kernel::near::distance_f32::dots_f32;
use crate::kernel::near::rotate::{rotate, rotate_back};

#[derive(Clone, Debug)]
pub(super) struct Rotated {
    pub(super) dim: usize,
    pub(super) metric: Metric,
    /// How many components are rotated: zeros fill the vector up.
    width: usize,
    /// Empty for zero.
    pub(super) centre: Vec<f32>,
    /// |r|² and f of each row.
    pub(super) factors: Vec<[f32; 2]>,
    /// The row of the zero vector under cosine: its distance to everything is 1.
    pub(super) zero_node: Option<u32>,
}

/// Returns ⟨a, b⟩.
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut out = [0.0];
    dots_f32(a, b, &[0], &mut out);
    out[0]
}

impl Rotated {
    pub(super) fn new(
        dim: usize,
        metric: Metric,
        width: usize,
        centre: Vec<f32>,
        factors: Vec<[f32; 2]>,
        zero_node: Option<u32>,
    ) -> Self {
        Self { dim, metric, width, centre, factors, zero_node }
    }

    pub(super) fn len(&self) -> usize {
        self.factors.len()
    }

    pub(super) fn rest(&mut self) {
        self.factors.shrink_to_fit();
    }

    pub(super) fn try_reserve(&mut self, n: usize) -> Result<()> {
        try_reserve(&mut self.factors, n)
    }

    /// As [`check`](super::Store::check), of the sections of the centre and of the factors.
    pub(super) fn check(
        &self,
        n: usize,
        [centre, factors]: [&'static str; 2],
    ) -> core::result::Result<(), Flaw> {
        check_all(factors, self.factors.as_flattened(), 2 * n, FINITE_SIZE, is_size)?;
        let dim = if self.centre.is_empty() { 0 } else { self.dim };
        check_all(centre, &self.centre, dim, FINITE, f32::is_finite)?;
        check_zero_node(self.zero_node, self.metric, n)
    }

    /// Fixes the centre by a sample.
    pub(super) fn fit(&mut self, sample: &[f32]) {
        self.centre = centre_of(sample, self.dim);
    }

    /// Returns the vector less the centre (if so asked), rotated.
    pub(super) fn rotated(&self, vector: &[f32], centred: bool, values: &mut Vec<f32>) {
        values.clear();
        values.extend_from_slice(vector);
        if centred {
            for (value, centre) in values.iter_mut().zip(&self.centre) {
                *value -= centre;
            }
        }
        values.resize(self.width, 0.0);
        rotate(values);
    }

    /// Returns the vector of these rotated values.
    pub(super) fn turned_back(&self, mut values: Vec<f32>) -> Vec<f32> {
        rotate_back(&mut values);
        values.truncate(self.dim);
        for (value, centre) in values.iter_mut().zip(&self.centre) {
            *value += centre;
        }
        values
    }

    /// Appends the factors of a vector.
    pub(super) fn push(&mut self, vector: &[f32], mut norm: f32, factor: f32) {
        if self.metric == Metric::Cosine && vector.iter().all(|value| *value == 0.0) {
            self.zero_node = self.zero_node.or(Some(self.len() as u32));
            // As if it were as far from a unit vector as its distance, 1, says.
            norm += 1.0;
        }
        self.factors.push([norm.min(f32::MAX), if factor.is_finite() { factor } else { 0.0 }]);
    }

    pub(super) fn pop(&mut self) {
        self.factors.pop();
        self.zero_node = self.zero_node.filter(|node| (*node as usize) < self.factors.len());
    }

    pub(super) fn copy_row(&mut self, from: u32, to: u32) {
        self.factors[to as usize] = self.factors[from as usize];
        self.zero_node = match self.zero_node {
            Some(node) if node == from => Some(to),
            Some(node) if node == to => None,
            other => other,
        };
    }

    pub(super) fn reorder(&mut self, order: &[u32]) -> Result<()> {
        self.factors = reordered(&self.factors, 1, order)?;
        self.zero_node =
            self.zero_node.and_then(|zero| order.iter().position(|node| *node == zero)).map(|at| at as u32);
        Ok(())
    }

    pub(super) fn len_bytes(&self) -> usize {
        self.factors.capacity() * 8 + self.centre.capacity() * 4
    }

    /// Rotates a query, and keeps the part of its distances that is the same for all rows.
    pub(super) fn prepare(&self, vector: &[f32], prepared: &mut Prepared) {
        let Prepared { values, weight, .. } = prepared;
        // Inner products of vectors of any length are ⟨centre, q⟩ + ⟨r, q⟩; for the others
        // |x − q|² = |r|² + |q − centre|² − 2⟨r, q − centre⟩.
        self.rotated(vector, self.metric != Metric::Ip, values);
        *weight = match self.metric {
            Metric::L2sq => dot(values, values),
            Metric::Ip if self.centre.is_empty() => 0.0,
            Metric::Ip => dot(vector, &self.centre),
            // 1 − ⟨x, q⟩ = (1 − |q|² + |x − q|²) / 2, for x of unit length.
            Metric::Cosine => 1.0 - dot(vector, vector) + dot(values, values),
        };
        if self.metric == Metric::Cosine && vector.iter().all(|value| *value == 0.0) {
            // Its distance to everything is 1.
            *weight = f32::INFINITY;
        }
    }

    /// Writes the keys of rows of these factors by the products of their codes with the query's, whose unit is `step`.
    #[inline(always)]
    pub(super) fn keys<'a>(
        &self,
        factors: impl Iterator<Item = &'a [f32; 2]>,
        dots: &[i32],
        step: f32,
        keys: &mut [f32],
    ) {
        let rows = keys.iter_mut().zip(dots).zip(factors);
        match self.metric {
            Metric::L2sq | Metric::Cosine => rows.for_each(|((key, dot), [norm, f])| {
                *key = ordered(norm - 2.0 * (f * (step * *dot as f32)));
            }),
            Metric::Ip => rows.for_each(|((key, dot), [_, f])| *key = ordered(-(f * (step * *dot as f32)))),
        }
    }

    /// Returns the distance of a prepared query to a row; `dot` returns f · ⟨s, q'⟩ of its f.
    pub(super) fn distance(&self, prepared: &Prepared, node: u32, dot: impl FnOnce(f32) -> f32) -> f32 {
        if self.zero_node == Some(node) || (prepared.weight == f32::INFINITY && self.metric == Metric::Cosine)
        {
            return 1.0;
        }
        let [norm, factor] = self.factors[node as usize];
        let dot = dot(factor);
        ordered(match self.metric {
            Metric::L2sq => (prepared.weight + norm - 2.0 * dot).max(0.0),
            Metric::Cosine => 0.5 * (prepared.weight + norm - 2.0 * dot),
            Metric::Ip => 1.0 - (prepared.weight + dot),
        })
    }
}
