//! Storage `b1`: one bit a component and two factors per vector (Gao and Long, RaBitQ, SIGMOD 2024).
//!
//! What is kept of a [`Rotated`] vector are the signs of its components. The query is quantised to four bits, so that the
//! walk counts bits; what is reported is made from the query as it came. Components are filled up with
//! zeros to a multiple of 64 before the rotation.

use super::rotated::{Rotated, dot};
use super::{Flaw, Prepared, RUN_MAX, Rows, check_all, ordered, reordered_rows, try_reserve_rows};
use core::ops::Range;

use crate::distance::Metric;
use crate::error::Result;
use crate::kernel::near::aligned::Aligned;
use crate::kernel::near::bits::{
    QUERY_MAX, WORD, dots_planes, dots_signs, dots_turned, planes, signed_sum, tables, turn,
};
use crate::kernel::near::int8::largest_f32;
use crate::kernel::prefetch::RowsAt;
use xxhash_rust::xxh3::Xxh3Default;

#[derive(Clone, Debug)]
pub(crate) struct B1Rows {
    frame: Rotated,
    /// Words of a row.
    words: usize,
    codes: Aligned<u64>,
}

/// Returns how many words hold the signs of a vector.
pub(crate) fn words(dim: usize) -> usize {
    dim.div_ceil(WORD)
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
        let words = words(dim);
        Self { frame: Rotated::new(dim, metric, words * WORD, centre, factors, zero_node), words, codes }
    }

    pub(crate) fn centre(&self) -> &[f32] {
        &self.frame.centre
    }

    pub(crate) fn codes(&self) -> &[u64] {
        &self.codes
    }

    pub(crate) fn factors(&self) -> &[[f32; 2]] {
        &self.frame.factors
    }

    pub(crate) fn zero_node(&self) -> Option<u32> {
        self.frame.zero_node
    }

    pub(super) fn len(&self) -> usize {
        self.frame.len()
    }

    pub(super) fn rest(&mut self) {
        self.codes.shrink_to_fit();
        self.frame.rest();
    }

    pub(super) fn try_reserve(&mut self, n: usize) -> Result<()> {
        try_reserve_rows(&mut self.codes, n.saturating_mul(self.words))?;
        self.frame.try_reserve(n)
    }

    /// As [`check`](super::Store::check).
    pub(super) fn check(&self, n: usize, names: [&'static str; 4]) -> core::result::Result<(), Flaw> {
        let [vectors, _, centre, factors] = names;
        check_all(vectors, &self.codes, n * self.words, "", |_| true)?;
        self.frame.check(n, [centre, factors])
    }

    /// Fixes the centre by a sample.
    pub(super) fn fit(&mut self, sample: &[f32]) {
        self.frame.fit(sample);
    }

    pub(super) fn push(&mut self, vector: &[f32]) {
        let mut values = Vec::new();
        self.frame.rotated(vector, true, &mut values);
        for (word, values) in self.codes.grow(self.words).iter_mut().zip(values.chunks_exact(WORD)) {
            *word = values.iter().rev().fold(0, |word, value| word << 1 | u64::from(*value > 0.0));
        }
        let norm = dot(&values, &values);
        let magnitudes = signed_sum(&values, &self.codes[self.codes.len() - self.words..]);
        self.frame.push(vector, norm, if magnitudes > 0.0 { norm / magnitudes } else { 0.0 });
    }

    pub(super) fn pop(&mut self) {
        self.codes.truncate(self.codes.len() - self.words);
        self.frame.pop();
    }

    pub(super) fn copy_row(&mut self, from: u32, to: u32) {
        let start = from as usize * self.words;
        self.codes.copy_within(start..start + self.words, to as usize * self.words);
        self.frame.copy_row(from, to);
    }

    pub(super) fn reorder(&mut self, order: &[u32]) -> Result<()> {
        self.codes = reordered_rows(&self.codes, self.words, order)?;
        self.frame.reorder(order)
    }

    fn row(&self, node: u32) -> &[u64] {
        &self.codes[node as usize * self.words..][..self.words]
    }

    pub(super) fn hash(&self, node: u32) -> u64 {
        let mut hasher = Xxh3Default::new();
        for factor in self.frame.factors[node as usize] {
            hasher.update(&factor.to_le_bytes());
        }
        for word in self.row(node) {
            hasher.update(&word.to_le_bytes());
        }
        hasher.digest()
    }

    pub(super) fn same(&self, a: u32, b: u32) -> bool {
        self.frame.factors[a as usize] == self.frame.factors[b as usize] && self.row(a) == self.row(b)
    }

    /// Returns the multiple of the signs that is nearest to the vector.
    pub(super) fn decode(&self, node: u32) -> Vec<f32> {
        if self.frame.zero_node == Some(node) {
            return vec![0.0; self.frame.dim];
        }
        let [norm, factor] = self.frame.factors[node as usize];
        let len = (self.words * WORD) as f32;
        let size = if factor > 0.0 { norm / factor / len } else { 0.0 };
        let size = if size.is_finite() { size } else { 0.0 };
        let signs = self.row(node).iter().flat_map(|word| (0..WORD).map(move |at| word >> at & 1 == 1));
        self.frame.turned_back(signs.map(|sign| if sign { size } else { -size }).collect())
    }

    pub(super) fn len_bytes(&self) -> usize {
        self.codes.len_bytes() + self.frame.len_bytes()
    }
}

impl Rows for B1Rows {
    fn prepare_vector(&self, vector: &[f32], prepared: &mut Prepared) {
        self.frame.prepare(vector, prepared);
        let Prepared { values, planes: planes_of, factor, .. } = prepared;
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
    }

    fn keys(&self, prepared: &mut Prepared, nodes: &[u32], keys: &mut Vec<f32>) {
        let Prepared { planes, dots, factor, .. } = prepared;
        dots.clear();
        dots.resize(nodes.len(), 0);
        dots_planes(planes, &self.codes, nodes, dots);
        keys.resize(nodes.len(), 0.0);
        let factors = nodes.iter().map(|node| &self.frame.factors[*node as usize]);
        self.frame.keys(factors, dots, *factor, keys);
    }

    fn prepare_scan(&self, prepared: &mut Prepared) {
        tables(&prepared.planes, &mut prepared.tables);
    }

    fn run_keys(&self, queries: &mut [Prepared], run: Range<usize>, keys: &mut [f32]) {
        let Some(mut turned) = queries.first_mut().map(|first| core::mem::take(&mut first.turned)) else {
            return;
        };
        turn(&self.codes[run.start * self.words..run.end * self.words], self.words, &mut turned);
        let mut dots = [0; RUN_MAX];
        let (dots, factors) = (&mut dots[..run.len()], &self.frame.factors[run.clone()]);
        for (prepared, keys) in queries.iter().zip(keys.chunks_mut(run.len())) {
            dots_turned(&prepared.tables, &turned, dots);
            self.frame.keys(factors.iter(), dots, prepared.factor, keys);
        }
        queries[0].turned = turned;
    }

    fn rows_at(&self) -> RowsAt {
        RowsAt::new(&self.codes, self.words)
    }

    fn prepare_node(&self, node: u32, prepared: &mut Prepared) {
        let [norm, _] = self.frame.factors[node as usize];
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
            let [norm, _] = self.frame.factors[node as usize];
            ordered((*weight + norm) - 2.0 * (*factor * norm.sqrt()) * sin_quarter(dot as f32 / len))
        }));
    }

    fn distance(&self, prepared: &Prepared, node: u32) -> f32 {
        self.frame.distance(prepared, node, |factor| factor * signed_sum(&prepared.values, self.row(node)))
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
