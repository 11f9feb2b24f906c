//! Where do bins begin and end, and which of them is a number in?

use super::cell::{precision, round_to, text_of};
use super::dtype::Dtype;
use super::lanes::Block;
use super::values::Values;
use super::work::Work;
use crate::error::{Error, Result};
use crate::kernel::bins;

/// More bins than this are a mistake: their counts and edges alone would be 16 GB.
pub(super) const MOST_BINS: usize = 1 << 30;

fn bad(name: &'static str, expected: &str, got: impl ToString) -> Error {
    Error::BadParameter { name, expected: expected.to_owned(), got: got.to_string() }
}

/// Returns two numbers as an error's text shows them.
pub(super) fn pair(low: f64, high: f64) -> String {
    format!("{}, {}", text_of(low), text_of(high))
}

/// Reads numbers of one axis that stand for edges.
pub(super) fn one_axis<'a>(edges: &Values<'a>) -> Result<Work<'a>> {
    if edges.shape().len() != 1 {
        return Err(Error::ShapeMismatch {
            expected: "bins of one axis".to_owned(),
            got: format!("{:?}", edges.shape()),
        });
    }
    Work::flat(edges, "bins")
}

/// The edges of bins, and how the bin of a number is found fast.
#[derive(Clone, Debug)]
pub(super) struct Edges {
    list: Vec<f64>,
    /// What doubles leave of edges that are larger integers; empty where they leave nothing.
    rest: Vec<f64>,
    dtype: Dtype,
    /// Bins per unit, if all are of equal width.
    scale: Option<f64>,
}

impl Edges {
    pub(super) fn given(edges: &Values<'_>) -> Result<Self> {
        let edges = one_axis(edges)?;
        if edges.len() < 2 {
            return Err(bad("bins", "two edges at least", edges.len()));
        }
        let (list, mut rest): (Vec<f64>, Vec<f64>) = edges.block().all_halves().into_iter().unzip();
        if rest.iter().all(|&rest| rest == 0.0) {
            rest.clear();
        }
        Self::of_parts(list, rest)
    }

    fn of_parts(list: Vec<f64>, rest: Vec<f64>) -> Result<Self> {
        let edges = Self { list, rest, dtype: Dtype::F64, scale: None };
        let falls = |pair: &[(f64, f64)]| pair[0].partial_cmp(&pair[1]).is_none_or(|order| order.is_gt());
        match edges.exact().windows(2).find(|pair| falls(pair)) {
            Some(found) => Err(bad("bins", "edges that do not fall", pair(found[0].0, found[1].0))),
            None => Ok(edges),
        }
    }

    /// Returns the edges of which the doubles and the [rest](Self::rest) were stored.
    pub(super) fn stored(list: Vec<f64>, rest: Vec<f64>) -> Option<Self> {
        let fits = |(list, rest): (&f64, &f64)| list + rest == *list && rest.is_finite();
        let canonical = rest.is_empty() || rest.iter().any(|&rest| rest != 0.0);
        (canonical && list.iter().zip(&rest).all(fits)).then(|| Self::of_parts(list, rest).ok()).flatten()
    }

    /// Places edges as `numpy.linspace` does, in the type of the data.
    pub(super) fn equal(
        count: usize,
        (low, high): (f64, f64),
        dtype: Dtype,
        range: Option<(f64, f64)>,
    ) -> Result<Self> {
        if !(1..=MOST_BINS).contains(&count) {
            return Err(bad("bins", "1 to 2^30 bins", count));
        }
        let dtype = if dtype.is_real_float() { dtype } else { Dtype::F64 };
        let to = precision(dtype);
        // With a range NumPy computes in doubles and rounds each edge; without one, each step.
        let round = |x: f64| if range.is_some() { x } else { round_to(x, to) };
        let (low, high) = (round(low), round(high));
        let width = round(high - low);
        if !width.is_finite() {
            return Err(bad("range", "a range whose width is finite", pair(low, high)));
        }
        let step = round(width / count as f64);
        let place = |i: usize| match i {
            _ if i == count => round_to(high, to),
            _ if step == 0.0 => round_to(round(round(round(i as f64 / count as f64) * width) + low), to),
            _ => round_to(round(round(i as f64 * step) + low), to),
        };
        let mut list = Vec::new();
        list.try_reserve_exact(count + 1)
            .map_err(|_| Error::OutOfMemory { len_bytes: 8 * (count as u64 + 1) })?;
        list.extend((0..=count).map(place));
        if list.windows(2).any(|pair| pair[0] >= pair[1]) {
            return Err(bad("bins", "bins that are wider than the distance of two floats", count));
        }
        Ok(Self { list, rest: Vec::new(), dtype, scale: Some(count as f64 / (high - low)) })
    }

    /// Returns the edges, rounded to doubles.
    pub(super) fn list(&self) -> &[f64] {
        &self.list
    }

    /// Returns what rounding left of each edge, or nothing if it left nothing.
    pub(super) fn rest(&self) -> &[f64] {
        &self.rest
    }

    /// Returns the type that the edges are reported in.
    pub(super) fn dtype(&self) -> Dtype {
        self.dtype
    }

    /// Whether all bins are of equal width.
    pub(super) fn is_equal(&self) -> bool {
        self.scale.is_some()
    }

    /// Returns the edges exactly: these pairs compare as the edges do.
    fn exact(&self) -> Vec<(f64, f64)> {
        let rest = self.rest.iter().copied().chain(core::iter::repeat(0.0));
        self.list.iter().zip(rest).map(|(&list, rest)| (list, rest)).collect()
    }

    /// Whether doubles are too coarse. Bins of equal width take elements that are rounded to doubles, as NumPy's do:
    /// so are the ends of the data, from which such bins are made.
    fn needs_exact(&self, block: Block<'_>) -> bool {
        self.scale.is_none() && (!self.rest.is_empty() || block.is_beyond_doubles())
    }

    /// Adds the number of elements of each bin.
    pub(super) fn count(&self, block: Block<'_>, counts: &mut [u64]) {
        let mut slow =
            |x: f64, counts: &mut [u64]| self.each_of(core::iter::once(x), |bin, _| counts[bin] += 1);
        match (block, self.scale) {
            (Block::F64(x), Some(scale)) => bins::count(x, &self.list, scale, counts, &mut slow),
            (Block::F32(x), Some(scale)) => bins::count(x, &self.list, scale, counts, &mut slow),
            _ => self.each(block, |bin, _| counts[bin] += 1),
        }
    }

    /// Calls `found` with the bin and the place of every element inside.
    pub(super) fn each(&self, block: Block<'_>, mut found: impl FnMut(usize, usize)) {
        if self.needs_exact(block) {
            let edges = self.exact();
            for at in 0..block.len() {
                if let Some(bin) = bin_of(&edges, block.halves(at)) {
                    found(bin, at);
                }
            }
            return;
        }
        match block {
            Block::F64(x) => self.each_of(x.iter().copied(), found),
            _ => self.each_of((0..block.len()).map(|i| block.double(i)), found),
        }
    }

    fn each_of(&self, elements: impl Iterator<Item = f64>, mut found: impl FnMut(usize, usize)) {
        let bins = self.list.len() - 1;
        let (low, high) = (self.list[0], self.list[bins]);
        for (at, x) in elements.enumerate() {
            let Some(scale) = self.scale else {
                if let Some(bin) = bin_of(&self.list, x) {
                    found(bin, at);
                }
                continue;
            };
            if !(low <= x && x <= high) {
                continue;
            }
            // The product is off by a few roundings at most: the edges have the last word.
            let mut bin = (((x - low) * scale) as usize).min(bins - 1);
            while bin > 0 && x < self.list[bin] {
                bin -= 1;
            }
            while bin + 1 < bins && x >= self.list[bin + 1] {
                bin += 1;
            }
            found(bin, at);
        }
    }

    /// Returns how many elements are below all bins, above them, and NaN.
    pub(super) fn outside(&self, block: Block<'_>) -> [u64; 3] {
        let (edges, exact) = (self.exact(), self.needs_exact(block));
        let (low, high) = (edges[0], edges[edges.len() - 1]);
        let mut counts = [0; 3];
        for i in 0..block.len() {
            let x = if exact { block.halves(i) } else { (block.double(i), 0.0) };
            counts[0] += u64::from(x < low);
            counts[1] += u64::from(x > high);
            counts[2] += u64::from(x.0.is_nan());
        }
        counts
    }
}

/// Returns the bin that holds `x`: each holds its left edge, the last one also its right edge.
fn bin_of<T: PartialOrd + Copy>(edges: &[T], x: T) -> Option<usize> {
    let bins = edges.len() - 1;
    (edges[0] <= x && x <= edges[bins]).then(|| edges.partition_point(|&edge| edge <= x).clamp(1, bins) - 1)
}
