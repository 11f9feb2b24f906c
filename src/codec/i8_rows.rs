//! Storage `i8`: one byte a component and a scale per vector.
//!
//! A vector x is kept as codes c and a scale s, x ≈ centre + s·c. The centre is fixed by the vectors that there are
//! when they are first encoded: their medians, or 128 when they are all bytes (0 … 255: then
//! nothing is lost at all), or 0 for inner products. Scale and offset for each vector instead keep as much of real vectors,
//! and nothing of components around different values. The query is quantised to 16 bits, so that the walk compares
//! integers, which are exact on every machine; what is reported is made from the query as it came.
//!
//! The scale is such that the error c·s − x stands at right angles to x. A query is on the same side as what it
//! finds, so it sees less of that error than of one that rounding alone would leave; of eight scales that one is taken
//! whose codes have the direction nearest to x. Both together took 16 % off the error of near distances on the word
//! vectors of the benches (128-d), 13 % on the sentences' (384-d), at no cost in bytes or at search.
//! Under cosine the centre would leave a part of that error along x after all: a few codes go one up or down, so that it goes.
//! Reference for weighing the parallel error: Guo et al., Accelerating large-scale inference with anisotropic vector quantization (ICML 2020).

use super::{
    FINITE, FINITE_SIZE, Flaw, Prepared, Rows, centre_of, check_all, check_zero_node, in_twos, is_size,
    ordered, reordered, reordered_rows, try_reserve, try_reserve_rows, upright,
};
use core::ops::Range;

use crate::distance::Metric;
use crate::error::Result;
use crate::kernel::near::aligned::Aligned;
use crate::kernel::near::distance_f32::{dot_f32_i8, l2sq_f32_i8};
use crate::kernel::near::int8::{
    dots_i8, dots_run_i8, fit_i8, largest_f32, query_limit, round_i8, round_i16,
};
use crate::kernel::prefetch::RowsAt;
use xxhash_rust::xxh3::Xxh3Default;

#[derive(Clone, Debug)]
pub(crate) struct I8Rows {
    dim: usize,
    metric: Metric,
    /// Empty for zero.
    centre: Vec<f32>,
    codes: Aligned<i8>,
    scales: Vec<f32>,
    /// |s·c|² of each row; absent at rest where a query needs none.
    norms: Vec<f32>,
    /// The row of the zero vector under cosine: its distance to everything is 1.
    zero_node: Option<u32>,
    /// Whether the last row that was pushed is a further zero vector, not yet known as an equal.
    zero_again: bool,
}

impl I8Rows {
    pub(crate) fn new(dim: usize, metric: Metric) -> Self {
        Self::from_parts(dim, metric, Vec::new(), Aligned::default(), Vec::new(), None)
    }

    /// Puts rows together from a file's sections, which have been checked.
    pub(crate) fn from_parts(
        dim: usize,
        metric: Metric,
        centre: Vec<f32>,
        codes: Aligned<i8>,
        scales: Vec<f32>,
        zero_node: Option<u32>,
    ) -> Self {
        let mut rows =
            Self { dim, metric, centre, codes, scales, norms: Vec::new(), zero_node, zero_again: false };
        if metric == Metric::L2sq {
            rows.wake();
        }
        rows
    }

    /// Makes the norms, which distances between rows need.
    pub(super) fn wake(&mut self) {
        if self.norms.len() != self.scales.len() {
            self.norms = (0..self.len()).map(|i| norm(self.row(i as u32), self.scales[i])).collect();
        }
    }

    pub(super) fn rest(&mut self) {
        if self.metric != Metric::L2sq {
            self.norms = Vec::new();
        }
        self.codes.shrink_to_fit();
        self.scales.shrink_to_fit();
        self.norms.shrink_to_fit();
    }

    pub(super) fn copy_row(&mut self, from: u32, to: u32) {
        let start = from as usize * self.dim;
        self.codes.copy_within(start..start + self.dim, to as usize * self.dim);
        self.scales[to as usize] = self.scales[from as usize];
        if !self.norms.is_empty() {
            self.norms[to as usize] = self.norms[from as usize];
        }
        self.zero_node = match self.zero_node {
            Some(node) if node == from => Some(to),
            Some(node) if node == to => None,
            other => other,
        };
    }

    pub(super) fn reorder(&mut self, order: &[u32]) -> Result<()> {
        let codes = reordered_rows(&self.codes, self.dim, order)?;
        let scales = reordered(&self.scales, 1, order)?;
        let norms = if self.norms.is_empty() { Vec::new() } else { reordered(&self.norms, 1, order)? };
        self.zero_node =
            self.zero_node.and_then(|zero| order.iter().position(|node| *node == zero)).map(|at| at as u32);
        (self.codes, self.scales, self.norms) = (codes, scales, norms);
        Ok(())
    }

    pub(crate) fn centre(&self) -> &[f32] {
        &self.centre
    }

    pub(crate) fn codes(&self) -> &[i8] {
        &self.codes
    }

    pub(crate) fn scales(&self) -> &[f32] {
        &self.scales
    }

    pub(crate) fn zero_node(&self) -> Option<u32> {
        self.zero_node
    }

    pub(super) fn len(&self) -> usize {
        self.scales.len()
    }

    pub(super) fn try_reserve(&mut self, n: usize) -> Result<()> {
        try_reserve_rows(&mut self.codes, n.saturating_mul(self.dim))?;
        try_reserve(&mut self.scales, n)?;
        try_reserve(&mut self.norms, n)
    }

    /// As [`check`](super::Store::check).
    pub(super) fn check(&self, n: usize, names: [&'static str; 4]) -> core::result::Result<(), Flaw> {
        let [vectors, scales, centre, _] = names;
        check_all(vectors, &self.codes, n * self.dim, "", |_| true)?;
        check_all(scales, &self.scales, n, FINITE_SIZE, is_size)?;
        let dim = if self.centre.is_empty() { 0 } else { self.dim };
        check_all(centre, &self.centre, dim, FINITE, f32::is_finite)?;
        check_zero_node(self.zero_node, self.metric, n)?;
        if self.norms.is_empty() && self.metric != Metric::L2sq {
            return Ok(());
        }
        check_all(scales, &self.norms, n, "norms", |norm| !norm.is_nan())
    }

    /// Fixes the centre by a sample. Inner products keep 0: their norms matter.
    pub(super) fn fit(&mut self, sample: &[f32]) {
        if self.metric == Metric::Ip {
            return;
        }
        let bytes = sample.iter().all(|value| (0.0..=255.0).contains(value) && value.trunc() == *value);
        self.centre = if bytes { vec![128.0; self.dim] } else { centre_of(sample, self.dim) };
    }

    pub(super) fn push(&mut self, vector: &[f32]) {
        let zero = self.metric == Metric::Cosine && vector.iter().all(|value| *value == 0.0);
        self.zero_again = zero && self.zero_node.is_some();
        if zero && !self.zero_again {
            self.zero_node = Some(self.len() as u32);
        }
        let codes = self.codes.grow(self.dim);
        let mut values = vector.to_vec();
        for (value, centre) in values.iter_mut().zip(&self.centre) {
            *value = (*value - centre).clamp(f32::MIN, f32::MAX);
        }
        let scale = encode(&mut values, codes);
        if self.metric == Metric::Cosine && !self.centre.is_empty() {
            stand_upright(vector, &self.centre, scale, codes);
        }
        self.norms.push(norm(codes, scale));
        self.scales.push(scale);
    }

    pub(super) fn pop(&mut self) {
        self.codes.truncate(self.codes.len() - self.dim);
        self.scales.pop();
        self.norms.truncate(self.scales.len());
        self.zero_node = self.zero_node.filter(|node| (*node as usize) < self.scales.len());
        self.zero_again = false;
    }

    fn is_zero(&self, node: u32) -> bool {
        self.zero_node == Some(node) || self.zero_again && node as usize + 1 == self.len()
    }

    fn row(&self, node: u32) -> &[i8] {
        &self.codes[node as usize * self.dim..][..self.dim]
    }

    pub(super) fn hash(&self, node: u32) -> u64 {
        let mut hasher = Xxh3Default::new();
        hasher.update(&self.scales[node as usize].to_le_bytes());
        for chunk in self.row(node).chunks(64) {
            let mut bytes = [0; 64];
            for (byte, code) in bytes.iter_mut().zip(chunk) {
                *byte = *code as u8;
            }
            hasher.update(&bytes[..chunk.len()]);
        }
        hasher.digest()
    }

    pub(super) fn same(&self, a: u32, b: u32) -> bool {
        self.scales[a as usize] == self.scales[b as usize]
            && self.row(a) == self.row(b)
            && self.is_zero(a) == self.is_zero(b)
    }

    pub(super) fn decode(&self, node: u32) -> Vec<f32> {
        if self.zero_node == Some(node) {
            return vec![0.0; self.dim];
        }
        let centre = self.centre.iter().copied().chain(core::iter::repeat(0.0));
        let scale = self.scales[node as usize];
        self.row(node).iter().zip(centre).map(|(code, centre)| f32::from(*code) * scale + centre).collect()
    }

    pub(super) fn len_bytes(&self) -> usize {
        self.codes.len_bytes() + (self.scales.capacity() + self.norms.capacity() + self.centre.capacity()) * 4
    }
}

/// Writes the codes of one vector over zeros and returns its scale; the vector is used up.
fn encode(values: &mut [f32], codes: &mut [i8]) -> f32 {
    let (mut max, mut whole) = (0.0f32, true);
    for &value in &*values {
        max = if max < value.abs() { value.abs() } else { max };
        whole &= (-128.0..=127.0).contains(&value) && value.trunc() == value;
    }
    if whole {
        round_i8(values, 1.0, codes);
        return if max == 0.0 { 0.0 } else { 1.0 };
    }
    let inverse = 1.0 / max;
    if (128.0 * inverse).is_finite() {
        values.iter_mut().for_each(|value| *value *= inverse);
    } else {
        // So small that its inverse is too large.
        values.iter_mut().for_each(|value| *value = (f64::from(*value) / f64::from(max)) as f32);
    }
    max * fit_i8(values, codes)
}

/// Turns roundings so that the error of centre + s·c stands at right angles to the vector; the scale saw to the error of s·c.
fn stand_upright(vector: &[f32], centre: &[f32], scale: f32, codes: &mut [i8]) {
    let error =
        |i: usize| f64::from(centre[i]) + f64::from(scale) * f64::from(codes[i]) - f64::from(vector[i]);
    let errors: Vec<f64> = (0..codes.len()).map(error).collect();
    let other =
        |code: i8, error: f64| if error > 0.0 { code.saturating_sub(1) } else { code.saturating_add(1) };
    let step = |(code, error): (&i8, &f64)| {
        f64::from(scale) * f64::from(i16::from(other(*code, *error)) - i16::from(*code))
    };
    let steps: Vec<f64> = codes.iter().zip(&errors).map(step).collect();
    for i in upright::turns(vector, &errors, &steps) {
        codes[i] = other(codes[i], errors[i]);
    }
}

/// Returns |s·c|²: the sum of the squares is an integer.
fn norm(codes: &[i8], scale: f32) -> f32 {
    let squares: u64 = codes.iter().map(|code| u64::from(i16::from(*code).unsigned_abs()).pow(2)).sum();
    ordered(squares as f32 * (scale * scale))
}

/// Returns room for `n` results, which is not cleared: a step of a walk has few, and is short.
#[inline(always)]
fn room(dots: &mut Vec<i32>, n: usize) -> &mut [i32] {
    if dots.len() < n {
        dots.resize(n, 0);
    }
    &mut dots[..n]
}

impl Rows for I8Rows {
    fn prepare_vector(&self, vector: &[f32], prepared: &mut Prepared) {
        let Prepared { codes, values, factor, weight, .. } = prepared;
        values.clear();
        match self.metric {
            Metric::L2sq if !self.centre.is_empty() => {
                let pairs = vector.iter().zip(&self.centre);
                values.extend(pairs.map(|(value, centre)| (value - centre).clamp(f32::MIN, f32::MAX)));
            }
            _ => values.extend_from_slice(vector),
        }
        let max = largest_f32(values);
        let limit = f32::from(query_limit(self.dim));
        let inverse = if (limit / max).is_finite() { limit / max } else { 0.0 };
        codes.resize(values.len(), 0);
        round_i16(values, inverse, codes);
        let (scale, of_dot) = match self.metric {
            Metric::L2sq => (max / limit, 2.0),
            // One factor for all rows changes no order.
            Metric::Ip | Metric::Cosine => (1.0, 1.0),
        };
        *factor = of_dot * scale;
        *weight = match self.metric {
            // q·centre, the part of a dot product that is the same for all rows.
            Metric::Cosine => {
                let dot: f64 =
                    vector.iter().zip(&self.centre).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
                dot as f32
            }
            _ => 0.0,
        };
    }

    fn keys(&self, prepared: &mut Prepared, nodes: &[u32], keys: &mut Vec<f32>) {
        let Prepared { codes, dots, factor, .. } = prepared;
        let dots = room(dots, nodes.len());
        dots_i8(codes, &self.codes, nodes, dots);
        keys.clear();
        let pairs = nodes.iter().zip(dots.iter());
        match self.metric {
            Metric::L2sq => keys.extend(pairs.map(|(&node, &dot)| {
                let node = node as usize;
                ordered(self.norms[node] - *factor * self.scales[node] * dot as f32)
            })),
            Metric::Ip | Metric::Cosine => {
                keys.extend(pairs.map(|(&node, &dot)| ordered(-(self.scales[node as usize] * dot as f32))));
            }
        }
    }

    fn run_keys(&self, queries: &mut [Prepared], run: Range<usize>, keys: &mut [f32]) {
        let (rows, scales) =
            (&self.codes[run.start * self.dim..run.end * self.dim], &self.scales[run.clone()]);
        let dots = |two: &[Prepared], out: &mut [i32]| match two {
            [a, b] => {
                let (of_a, of_b) = out.split_at_mut(run.len());
                dots_run_i8([&a.codes, &b.codes], rows, [of_a, of_b]);
            }
            _ => dots_run_i8([&two[0].codes], rows, [out]),
        };
        in_twos(queries, keys, dots, |prepared, dots, keys| {
            let keys = keys.iter_mut().zip(scales.iter().zip(dots));
            match self.metric {
                Metric::L2sq => keys.zip(&self.norms[run.clone()]).for_each(|((key, (scale, dot)), norm)| {
                    *key = ordered(norm - prepared.factor * scale * *dot as f32);
                }),
                Metric::Ip | Metric::Cosine => {
                    keys.for_each(|(key, (scale, dot))| *key = ordered(-(scale * *dot as f32)));
                }
            }
        });
    }

    fn rows_at(&self) -> RowsAt {
        RowsAt::new(&self.codes, self.dim)
    }

    fn prepare_node(&self, node: u32, prepared: &mut Prepared) {
        prepared.codes.clear();
        prepared.codes.extend(self.row(node).iter().map(|code| i16::from(*code)));
        prepared.factor = self.scales[node as usize];
        prepared.weight = self.norms[node as usize];
    }

    fn pair_keys(&self, prepared: &mut Prepared, nodes: &[u32], keys: &mut Vec<f32>) {
        let Prepared { codes, dots, factor, weight, .. } = prepared;
        let dots = room(dots, nodes.len());
        dots_i8(codes, &self.codes, nodes, dots);
        keys.clear();
        let pairs = nodes.iter().zip(dots.iter()).map(|(&node, &dot)| (node as usize, dot as f32));
        match self.metric {
            // Unit vectors are ordered by l2sq as by cosine, and the centre cancels.
            Metric::L2sq | Metric::Cosine => keys.extend(pairs.map(|(node, dot)| {
                ordered((*weight + self.norms[node]) - 2.0 * (*factor * self.scales[node]) * dot)
            })),
            Metric::Ip => {
                keys.extend(pairs.map(|(node, dot)| ordered(-((*factor * self.scales[node]) * dot))));
            }
        }
    }

    fn distance(&self, prepared: &Prepared, node: u32) -> f32 {
        if self.zero_node == Some(node) {
            return 1.0;
        }
        let (codes, scale) = (self.row(node), self.scales[node as usize]);
        ordered(match self.metric {
            Metric::L2sq => l2sq_f32_i8(&prepared.values, codes, scale),
            Metric::Ip | Metric::Cosine => {
                1.0 - (prepared.weight + dot_f32_i8(&prepared.values, codes, scale))
            }
        })
    }
    fn is_huge(&self, node: u32) -> bool {
        norm(self.row(node), self.scales[node as usize]).is_infinite()
    }

    fn exact(&self, prepared: &Prepared, node: u32) -> f64 {
        if self.zero_node == Some(node) {
            return 1.0;
        }
        let scale = f64::from(self.scales[node as usize]);
        let row = self.row(node).iter().map(|code| f64::from(*code) * scale);
        let pairs = prepared.values.iter().map(|value| f64::from(*value)).zip(row);
        match self.metric {
            Metric::L2sq => pairs.map(|(a, b)| (a - b) * (a - b)).sum(),
            Metric::Ip | Metric::Cosine => {
                1.0 - (f64::from(prepared.weight) + pairs.map(|(a, b)| a * b).sum::<f64>())
            }
        }
    }
}
