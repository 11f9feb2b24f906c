//! Storage `i4`: four bits a component and two factors per vector.
//!
//! What is kept of a [`Rotated`] vector are codes of its components: of twelve scales that one is taken whose codes have the
//! direction nearest to it. The query is quantised to eight bits, so that the walk compares integers; what is
//! reported is made from the query as it came.
//! Reference: Gao et al., Practical and asymptotically optimal quantization of high-dimensional vectors (SIGMOD 2025).

use super::rotated::{Rotated, dot};
use super::{
    Flaw, Prepared, Rows, check_all, in_twos, ordered, reordered, reordered_rows, try_reserve,
    try_reserve_rows,
};
use core::ops::Range;

use crate::distance::Metric;
use crate::error::Result;
use crate::kernel::near::aligned::Aligned;
use crate::kernel::near::distance_f32::dot_f32_i8;
use crate::kernel::near::int4::{LEVELS, QUERY_MAX, dots_i4, dots_run_i4, fit_i4, pack, unpack};
use crate::kernel::near::int8::largest_f32;
use crate::kernel::prefetch::RowsAt;
use xxhash_rust::xxh3::Xxh3Default;

#[derive(Clone, Debug)]
pub(crate) struct I4Rows {
    frame: Rotated,
    /// Bytes of a row.
    row_len: usize,
    codes: Aligned<u8>,
    /// |f · s|² of each row, which distances between rows need; absent at rest.
    norms: Vec<f32>,
}

/// Returns how many bytes hold the codes of a vector.
pub(crate) fn halves(dim: usize) -> usize {
    dim.div_ceil(2)
}

impl I4Rows {
    pub(crate) fn new(dim: usize, metric: Metric) -> Self {
        Self::from_parts(dim, metric, Vec::new(), Aligned::default(), Vec::new(), None)
    }

    /// Puts rows together from a file's sections, which have been checked.
    pub(crate) fn from_parts(
        dim: usize,
        metric: Metric,
        centre: Vec<f32>,
        codes: Aligned<u8>,
        factors: Vec<[f32; 2]>,
        zero_node: Option<u32>,
    ) -> Self {
        let frame = Rotated::new(dim, metric, dim, centre, factors, zero_node);
        Self { frame, row_len: halves(dim), codes, norms: Vec::new() }
    }

    /// Makes the norms.
    pub(super) fn wake(&mut self) {
        if self.norms.len() != self.len() {
            self.norms = (0..self.len() as u32).map(|node| self.norm(node)).collect();
        }
    }

    pub(super) fn rest(&mut self) {
        self.norms = Vec::new();
        self.codes.shrink_to_fit();
        self.frame.rest();
    }

    pub(crate) fn centre(&self) -> &[f32] {
        &self.frame.centre
    }

    pub(crate) fn codes(&self) -> &[u8] {
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

    pub(super) fn try_reserve(&mut self, n: usize) -> Result<()> {
        try_reserve_rows(&mut self.codes, n.saturating_mul(self.row_len))?;
        try_reserve(&mut self.norms, n)?;
        self.frame.try_reserve(n)
    }

    /// As [`check`](super::Store::check).
    pub(super) fn check(&self, n: usize, names: [&'static str; 4]) -> core::result::Result<(), Flaw> {
        let [vectors, _, centre, factors] = names;
        check_all(vectors, &self.codes, n * self.row_len, "", |_| true)?;
        if self.frame.dim % 2 == 1
            && self.codes.chunks_exact(self.row_len).any(|row| row[self.row_len - 1] >> 4 != 0)
        {
            return Err((vectors, "half a byte that is not used is not zero".into()));
        }
        self.frame.check(n, [centre, factors])
    }

    /// Fixes the centre by a sample. Inner products keep 0: their norms matter.
    pub(super) fn fit(&mut self, sample: &[f32]) {
        if self.frame.metric != Metric::Ip {
            self.frame.fit(sample);
        }
    }

    pub(super) fn push(&mut self, vector: &[f32]) {
        let mut values = Vec::new();
        self.frame.rotated(vector, true, &mut values);
        // In their own unit, so that squares of the largest and the smallest are numbers.
        let max = largest_f32(&values);
        let inverse = 1.0 / max;
        let mut codes = vec![0; self.frame.dim];
        let (mut norm, mut factor) = (0.0, 0.0);
        if inverse.is_finite() {
            values.iter_mut().for_each(|value| *value *= inverse);
            let square = dot(&values, &values);
            fit_i4(&values, (square / self.frame.dim as f32).sqrt(), &mut codes);
            let levels: Vec<f32> = codes.iter().map(|code| f32::from(LEVELS[usize::from(*code)])).collect();
            norm = (f64::from(max) * f64::from(max) * f64::from(square)) as f32;
            factor = max * (square / dot(&values, &levels));
        }
        pack(&codes, self.codes.grow(self.row_len));
        self.frame.push(vector, norm, factor);
        self.norms.push(self.norm(self.len() as u32 - 1));
    }

    pub(super) fn pop(&mut self) {
        self.codes.truncate(self.codes.len() - self.row_len);
        self.frame.pop();
        self.norms.truncate(self.len());
    }

    pub(super) fn copy_row(&mut self, from: u32, to: u32) {
        let start = from as usize * self.row_len;
        self.codes.copy_within(start..start + self.row_len, to as usize * self.row_len);
        if !self.norms.is_empty() {
            self.norms[to as usize] = self.norms[from as usize];
        }
        self.frame.copy_row(from, to);
    }

    pub(super) fn reorder(&mut self, order: &[u32]) -> Result<()> {
        self.codes = reordered_rows(&self.codes, self.row_len, order)?;
        if !self.norms.is_empty() {
            self.norms = reordered(&self.norms, 1, order)?;
        }
        self.frame.reorder(order)
    }

    fn row(&self, node: u32) -> &[u8] {
        &self.codes[node as usize * self.row_len..][..self.row_len]
    }

    /// Returns what a row's codes stand for.
    fn levels(&self, node: u32) -> Vec<i8> {
        let mut levels = vec![0; self.frame.dim];
        unpack(self.row(node), &mut levels);
        levels
    }

    /// Returns |s|².
    fn square(&self, node: u32) -> f32 {
        self.levels(node).iter().map(|level| i32::from(*level).pow(2)).sum::<i32>() as f32
    }

    /// Returns |f · s|².
    fn norm(&self, node: u32) -> f32 {
        let [_, factor] = self.frame.factors[node as usize];
        ordered(self.square(node) * factor * factor)
    }

    pub(super) fn hash(&self, node: u32) -> u64 {
        let mut hasher = Xxh3Default::new();
        for factor in self.frame.factors[node as usize] {
            hasher.update(&factor.to_le_bytes());
        }
        hasher.update(self.row(node));
        hasher.digest()
    }

    pub(super) fn same(&self, a: u32, b: u32) -> bool {
        self.frame.factors[a as usize] == self.frame.factors[b as usize] && self.row(a) == self.row(b)
    }

    /// Returns the multiple of what the codes stand for that is nearest to the vector.
    pub(super) fn decode(&self, node: u32) -> Vec<f32> {
        if self.frame.zero_node == Some(node) {
            return vec![0.0; self.frame.dim];
        }
        let [norm, factor] = self.frame.factors[node as usize];
        let size = if factor > 0.0 { norm / factor / self.square(node) } else { 0.0 };
        let size = if size.is_finite() { size } else { 0.0 };
        self.frame.turned_back(self.levels(node).iter().map(|level| f32::from(*level) * size).collect())
    }

    pub(super) fn len_bytes(&self) -> usize {
        self.codes.len_bytes() + self.norms.capacity() * 4 + self.frame.len_bytes()
    }
}

impl Rows for I4Rows {
    fn prepare_vector(&self, vector: &[f32], prepared: &mut Prepared) {
        self.frame.prepare(vector, prepared);
        let Prepared { values, halves, factor, .. } = prepared;
        let max = largest_f32(values);
        let limit = f32::from(QUERY_MAX);
        let inverse = if (limit / max).is_finite() { limit / max } else { 0.0 };
        halves.set(values, inverse);
        *factor = if inverse == 0.0 { 0.0 } else { max / limit };
    }

    fn keys(&self, prepared: &mut Prepared, nodes: &[u32], keys: &mut Vec<f32>) {
        let Prepared { halves, dots, factor, .. } = prepared;
        dots.clear();
        dots.resize(nodes.len(), 0);
        dots_i4(halves, &self.codes, nodes, dots);
        keys.resize(nodes.len(), 0.0);
        let factors = nodes.iter().map(|node| &self.frame.factors[*node as usize]);
        self.frame.keys(factors, dots, *factor, keys);
    }

    fn run_keys(&self, queries: &mut [Prepared], run: Range<usize>, keys: &mut [f32]) {
        let rows = &self.codes[run.start * self.row_len..run.end * self.row_len];
        let dots = |two: &[Prepared], out: &mut [i32]| match two {
            [a, b] => {
                let (of_a, of_b) = out.split_at_mut(run.len());
                dots_run_i4([&a.halves, &b.halves], rows, [of_a, of_b]);
            }
            _ => dots_run_i4([&two[0].halves], rows, [out]),
        };
        let factors = &self.frame.factors[run.clone()];
        in_twos(queries, keys, dots, |prepared, dots, keys| {
            self.frame.keys(factors.iter(), dots, prepared.factor, keys);
        });
    }

    fn rows_at(&self) -> RowsAt {
        RowsAt::new(&self.codes, self.row_len)
    }

    fn prepare_node(&self, node: u32, prepared: &mut Prepared) {
        prepared.halves.set_row(self.row(node), self.frame.dim);
        prepared.factor = self.frame.factors[node as usize][1];
        prepared.weight = self.norms[node as usize];
    }

    /// Those of the vectors f · s, so no three contradict each other.
    fn pair_keys(&self, prepared: &mut Prepared, nodes: &[u32], keys: &mut Vec<f32>) {
        let Prepared { halves, dots, factor, weight, .. } = prepared;
        dots.clear();
        dots.resize(nodes.len(), 0);
        dots_i4(halves, &self.codes, nodes, dots);
        keys.clear();
        let pairs = nodes.iter().zip(dots.iter()).map(|(&node, &dot)| {
            let [_, other] = self.frame.factors[node as usize];
            (node as usize, *factor * other * dot as f32)
        });
        match self.frame.metric {
            Metric::L2sq | Metric::Cosine => {
                keys.extend(pairs.map(|(node, dot)| ordered((*weight + self.norms[node]) - 2.0 * dot)));
            }
            Metric::Ip => keys.extend(pairs.map(|(_, dot)| ordered(-dot))),
        }
    }

    fn distance(&self, prepared: &Prepared, node: u32) -> f32 {
        let mut out = Vec::with_capacity(1);
        self.distances(prepared, &[node], &mut out);
        out[0]
    }

    fn distances(&self, prepared: &Prepared, nodes: &[u32], out: &mut Vec<f32>) {
        let mut levels = vec![0; self.frame.dim];
        out.clear();
        out.extend(nodes.iter().map(|&node| {
            self.frame.distance(prepared, node, |factor| {
                unpack(self.row(node), &mut levels);
                dot_f32_i8(&prepared.values, &levels, factor)
            })
        }));
    }
}
