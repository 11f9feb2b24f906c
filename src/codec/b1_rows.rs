//! Storage `b1`: one bit a component and two factors per vector (Gao and Long, RaBitQ, SIGMOD 2024).
//!
//! A vector less the centre, r, is rotated by a fixed rotation that spreads it over all components, and
//! kept as the signs s of those. With |r|² and f = |r|² / Σ|r'| beside them, f · ⟨s, q'⟩ is an
//! estimate of ⟨r, q⟩ without bias over rotations. The query is quantised to four bits, so that the
//! walk counts bits; what is reported is made from the query as it came. Components are filled up with
//! zeros to a multiple of 64 before the rotation.

use super::{Prepared, Rows, mean_of, ordered, reordered, reordered_rows, try_reserve, try_reserve_rows};
use crate::distance::Metric;
use crate::error::Result;
use crate::kernel::near::aligned::Aligned;
use crate::kernel::near::bits::{QUERY_MAX, WORD, dots_planes, dots_signs, planes, signed_sum};
use crate::kernel::near::int8::largest_f32;
use crate::kernel::near::rotate::{rotate, rotate_back};
use crate::kernel::prefetch::RowsAt;
use xxhash_rust::xxh3::Xxh3Default;

#[derive(Clone, Debug)]
pub(crate) struct B1Rows {
    dim: usize,
    metric: Metric,
    /// Words of a row.
    words: usize,
    /// Empty for zero.
    centre: Vec<f32>,
    codes: Aligned<u64>,
    /// |r|² and f of each row.
    factors: Vec<[f32; 2]>,
    /// The row of the zero vector under cosine: its distance to everything is 1.
    zero_node: Option<u32>,
}

/// Returns how many words hold the signs of a vector.
pub(crate) fn words(dim: usize) -> usize {
    dim.div_ceil(WORD)
}

/// Returns the sum in the fixed order of 16 lanes.
fn sum(values: impl Iterator<Item = f32>) -> f32 {
    let mut lanes = [0.0f32; 16];
    for (at, value) in values.enumerate() {
        lanes[at % 16] += value;
    }
    crate::kernel::near::distance_f32::fold(lanes)
}

impl B1Rows {
    pub(crate) fn new(dim: usize, metric: Metric) -> Self {
        Self::from_parts(dim, metric, Vec::new(), Aligned::default(), Vec::new(), None)
    }

    /// Puts rows together from a file's sections, which have been checked.
    pub(crate) fn from_parts(
        dim: usize,
        metric: Metric,
        centre: Vec<f32>,
        codes: Aligned<u64>,
        factors: Vec<[f32; 2]>,
        zero_node: Option<u32>,
    ) -> Self {
        Self { dim, metric, words: words(dim), centre, codes, factors, zero_node }
    }

    pub(crate) fn centre(&self) -> &[f32] {
        &self.centre
    }

    pub(crate) fn codes(&self) -> &[u64] {
        &self.codes
    }

    pub(crate) fn factors(&self) -> &[[f32; 2]] {
        &self.factors
    }

    pub(crate) fn zero_node(&self) -> Option<u32> {
        self.zero_node
    }

    pub(super) fn len(&self) -> usize {
        self.factors.len()
    }

    pub(super) fn rest(&mut self) {
        self.codes.shrink_to_fit();
        self.factors.shrink_to_fit();
    }

    pub(super) fn try_reserve(&mut self, n: usize) -> Result<()> {
        try_reserve_rows(&mut self.codes, n.saturating_mul(self.words))?;
        try_reserve(&mut self.factors, n)
    }

    /// Fixes the centre by the first vectors.
    pub(super) fn fit(&mut self, vectors: &[f32]) {
        self.centre = mean_of(vectors, self.dim).unwrap_or_default();
    }

    /// Returns the vector less the centre (if so asked), rotated.
    fn rotated(&self, vector: &[f32], centred: bool, values: &mut Vec<f32>) {
        values.clear();
        values.extend_from_slice(vector);
        if centred {
            for (value, centre) in values.iter_mut().zip(&self.centre) {
                *value -= centre;
            }
        }
        values.resize(self.words * WORD, 0.0);
        rotate(values);
    }

    pub(super) fn push(&mut self, vector: &[f32]) {
        let mut values = Vec::new();
        self.rotated(vector, true, &mut values);
        for (word, values) in self.codes.grow(self.words).iter_mut().zip(values.chunks_exact(WORD)) {
            *word = values.iter().rev().fold(0, |word, value| word << 1 | u64::from(*value > 0.0));
        }
        let mut norm = sum(values.iter().map(|value| value * value));
        let magnitudes = sum(values.iter().map(|value| value.abs()));
        let factor = if magnitudes > 0.0 { norm / magnitudes } else { 0.0 };
        if self.metric == Metric::Cosine && vector.iter().all(|value| *value == 0.0) {
            self.zero_node = self.zero_node.or(Some(self.len() as u32));
            // As if it were as far from a unit vector as its distance, 1, says.
            norm += 1.0;
        }
        self.factors.push([norm.min(f32::MAX), if factor.is_finite() { factor } else { 0.0 }]);
    }

    pub(super) fn pop(&mut self) {
        self.codes.truncate(self.codes.len() - self.words);
        self.factors.pop();
        self.zero_node = self.zero_node.filter(|node| (*node as usize) < self.factors.len());
    }

    pub(super) fn copy_row(&mut self, from: u32, to: u32) {
        let start = from as usize * self.words;
        self.codes.copy_within(start..start + self.words, to as usize * self.words);
        self.factors[to as usize] = self.factors[from as usize];
        self.zero_node = match self.zero_node {
            Some(node) if node == from => Some(to),
            Some(node) if node == to => None,
            other => other,
        };
    }

    pub(super) fn reorder(&mut self, order: &[u32]) -> Result<()> {
        let codes = reordered_rows(&self.codes, self.words, order)?;
        let factors = reordered(&self.factors, 1, order)?;
        self.zero_node =
            self.zero_node.and_then(|zero| order.iter().position(|node| *node == zero)).map(|at| at as u32);
        (self.codes, self.factors) = (codes, factors);
        Ok(())
    }

    fn row(&self, node: u32) -> &[u64] {
        &self.codes[node as usize * self.words..][..self.words]
    }

    pub(super) fn hash(&self, node: u32) -> u64 {
        let mut hasher = Xxh3Default::new();
        for factor in self.factors[node as usize] {
            hasher.update(&factor.to_le_bytes());
        }
        for word in self.row(node) {
            hasher.update(&word.to_le_bytes());
        }
        hasher.digest()
    }

    pub(super) fn same(&self, a: u32, b: u32) -> bool {
        self.factors[a as usize] == self.factors[b as usize] && self.row(a) == self.row(b)
    }

    /// Returns the multiple of the signs that is nearest to the vector.
    pub(super) fn decode(&self, node: u32) -> Vec<f32> {
        if self.zero_node == Some(node) {
            return vec![0.0; self.dim];
        }
        let [norm, factor] = self.factors[node as usize];
        let len = (self.words * WORD) as f32;
        let size = if factor > 0.0 { norm / factor / len } else { 0.0 };
        let size = if size.is_finite() { size } else { 0.0 };
        let signs = self.row(node).iter().flat_map(|word| (0..WORD).map(move |at| word >> at & 1 == 1));
        let mut values: Vec<f32> = signs.map(|sign| if sign { size } else { -size }).collect();
        rotate_back(&mut values);
        values.truncate(self.dim);
        for (value, centre) in values.iter_mut().zip(&self.centre) {
            *value += centre;
        }
        values
    }

    pub(super) fn len_bytes(&self) -> usize {
        self.codes.len_bytes() + self.factors.capacity() * 8 + self.centre.capacity() * 4
    }
}

impl Rows for B1Rows {
    fn prepare_vector(&self, vector: &[f32], prepared: &mut Prepared) {
        let Prepared { values, planes: planes_of, factor, weight, .. } = prepared;
        // Inner products of vectors of any length are ⟨centre, q⟩ + ⟨r, q⟩; for the others
        // |x − q|² = |r|² + |q − centre|² − 2⟨r, q − centre⟩.
        self.rotated(vector, self.metric != Metric::Ip, values);
        let max = largest_f32(values);
        let step = max / QUERY_MAX as f32;
        let inverse = if (1.0 / step).is_finite() { 1.0 / step } else { 0.0 };
        // The odd number that is nearest.
        let odd = |value: &f32| {
            ((((value * inverse - 1.0) * 0.5).round_ties_even() as i32) * 2 + 1).clamp(-QUERY_MAX, QUERY_MAX)
        };
        let numbers: Vec<i32> = values.iter().map(odd).collect();
        planes(&numbers, planes_of);
        *factor = if inverse == 0.0 { 0.0 } else { step };
        *weight = match self.metric {
            Metric::L2sq => sum(values.iter().map(|value| value * value)),
            Metric::Ip => sum(vector.iter().zip(&self.centre).map(|(value, centre)| value * centre)),
            // 1 − ⟨x, q⟩ = (1 − |q|² + |x − q|²) / 2, for x of unit length.
            Metric::Cosine => {
                let squares = sum(values.iter().map(|value| value * value));
                1.0 - sum(vector.iter().map(|value| value * value)) + squares
            }
        };
        if self.metric == Metric::Cosine && vector.iter().all(|value| *value == 0.0) {
            // Its distance to everything is 1.
            *weight = f32::INFINITY;
        }
    }

    fn keys(&self, prepared: &mut Prepared, nodes: &[u32], keys: &mut Vec<f32>) {
        let Prepared { planes, dots, factor, .. } = prepared;
        dots.clear();
        dots.resize(nodes.len(), 0);
        dots_planes(planes, &self.codes, nodes, dots);
        keys.clear();
        let pairs = nodes.iter().zip(dots.iter()).map(|(&node, &dot)| (self.factors[node as usize], dot));
        match self.metric {
            Metric::L2sq | Metric::Cosine => {
                keys.extend(pairs.map(|([norm, f], dot)| ordered(norm - 2.0 * (f * (*factor * dot as f32)))))
            }
            Metric::Ip => keys.extend(pairs.map(|([_, f], dot)| ordered(-(f * (*factor * dot as f32))))),
        }
    }

    fn rows_at(&self) -> RowsAt {
        RowsAt::new(&self.codes, self.words)
    }

    fn prepare_node(&self, node: u32, prepared: &mut Prepared) {
        let [norm, _] = self.factors[node as usize];
        prepared.words.clear();
        prepared.words.extend_from_slice(self.row(node));
        (prepared.factor, prepared.weight) = (norm.sqrt(), norm);
    }

    /// Of two one-bit codes the angle between the vectors can be told: its cosine is sin(π/2 · ⟨s, t⟩ / len).
    fn pair_keys(&self, prepared: &mut Prepared, nodes: &[u32], keys: &mut Vec<f32>) {
        let Prepared { words, dots, factor, weight, .. } = prepared;
        dots.clear();
        dots.resize(nodes.len(), 0);
        dots_signs(words, &self.codes, nodes, dots);
        keys.clear();
        let len = (self.words * WORD) as f32;
        keys.extend(nodes.iter().zip(dots.iter()).map(|(&node, &dot)| {
            let [norm, _] = self.factors[node as usize];
            ordered((*weight + norm) - 2.0 * (*factor * norm.sqrt()) * sin_quarter(dot as f32 / len))
        }));
    }

    fn distance(&self, prepared: &Prepared, node: u32) -> f32 {
        if self.zero_node == Some(node) || (prepared.weight == f32::INFINITY && self.metric == Metric::Cosine)
        {
            return 1.0;
        }
        let [norm, factor] = self.factors[node as usize];
        let dot = factor * signed_sum(&prepared.values, self.row(node));
        ordered(match self.metric {
            Metric::L2sq => (prepared.weight + norm - 2.0 * dot).max(0.0),
            Metric::Cosine => 0.5 * (prepared.weight + norm - 2.0 * dot),
            Metric::Ip => 1.0 - (prepared.weight + dot),
        })
    }
}

/// Returns sin(π/2 · t) for t in −1 … 1 to 2 · 10⁻⁴, by arithmetic that has the same bits everywhere; 1 at 1.
fn sin_quarter(t: f32) -> f32 {
    let square = t * t;
    t * (1.570_628_9 + square * (-0.643_229_2 + square * 0.072_600_3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sine_is_one_where_two_codes_are_equal_and_near_everywhere() {
        assert_eq!(sin_quarter(1.0), 1.0);
        assert_eq!(sin_quarter(-1.0), -1.0);
        for i in -1000..=1000 {
            let t = i as f32 / 1000.0;
            let sine = (f64::from(t) * core::f64::consts::FRAC_PI_2).sin();
            assert!((f64::from(sin_quarter(t)) - sine).abs() < 2e-4, "{t}");
        }
    }

    #[test]
    fn estimates_have_no_bias_and_the_error_that_the_paper_promises() {
        let (n, dim) = (400usize, 200);
        let mut state = 5u32;
        let mut random = || {
            state = state.wrapping_mul(1664525).wrapping_add(1013904223);
            (state >> 8) as f32 / 16777216.0 - 0.5
        };
        let vectors: Vec<f32> = (0..n * dim).map(|_| random() + 0.3).collect();
        let query: Vec<f32> = (0..dim).map(|_| random() + 0.3).collect();
        let mut rows = B1Rows::new(dim, Metric::L2sq);
        rows.fit(&vectors);
        vectors.chunks(dim).for_each(|vector| rows.push(vector));
        let mut prepared = Prepared::default();
        rows.prepare_vector(&query, &mut prepared);
        let nodes: Vec<u32> = (0..n as u32).collect();
        let mut keys = Vec::new();
        rows.keys(&mut prepared, &nodes, &mut keys);
        let (mut bias, mut error, mut of_keys) = (0.0, 0.0, 0.0);
        for (node, vector) in nodes.iter().zip(vectors.chunks(dim)) {
            let exact: f64 = vector.iter().zip(&query).map(|(a, b)| f64::from(a - b).powi(2)).sum();
            let estimate = f64::from(rows.distance(&prepared, *node)) / exact - 1.0;
            bias += estimate / n as f64;
            error += estimate * estimate / n as f64;
            let key = f64::from(keys[*node as usize] + prepared.weight) / exact - 1.0;
            of_keys += key * key / n as f64;
        }
        // The paper's standard error of ⟨r, q⟩ / |r||q| is √(1 − 2/π) / √(2/π) / √len = 0.047; of
        // a squared distance of two such vectors, relative to it, as much.
        assert!(bias.abs() < 0.01, "bias {bias}");
        assert!(error.sqrt() < 0.06, "error {}", error.sqrt());
        assert!(of_keys.sqrt() < 0.07, "error of keys {}", of_keys.sqrt());
    }
}
