//! The edges of bins, and the search for the bin of a number.

use super::dtype::Dtype;
use super::gathered::Gathered;
use super::number::{precision, round_to};
use super::values::Values;
use crate::error::{Error, ErrorKind, Result};
use crate::kernel::fold::bins;
use crate::kernel::fold::grid::Block;
use crate::text::number;

/// More bins than this are a mistake: their counts and edges alone would be 16 GB.
pub(super) const MOST_BINS: usize = 1 << 30;

/// Returns two numbers as an error's text shows them.
pub(super) fn pair(low: f64, high: f64) -> String {
    format!("{}, {}", number(low), number(high))
}

/// Numbers in order, exactly.
#[derive(Clone, Debug)]
pub(super) struct Bounds {
    /// The numbers, rounded to doubles.
    list: Vec<f64>,
    /// What that leaves of integers beyond 2^53; empty where it leaves nothing.
    rest: Vec<f64>,
}

impl Bounds {
    /// Reads numbers of one axis, in whatever order.
    pub(super) fn new(bins: &Values<'_>) -> Result<Self> {
        if let Some(number) = bins.number() {
            return Err(Error::bad_parameter("bins", "an integer of bins, or edges of one axis", number));
        }
        if bins.shape().len() != 1 {
            return Err(ErrorKind::ShapeMismatch {
                expected: "bins of one axis".to_owned(),
                got: format!("{:?}", bins.shape()),
            }
            .into());
        }
        let (list, mut rest): (Vec<f64>, Vec<f64>) =
            Gathered::flat(bins, "bins")?.block().all_halves().into_iter().unzip();
        if rest.iter().all(|&rest| rest == 0.0) {
            rest.clear();
        }
        Ok(Self { list, rest })
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) fn reverse(&mut self) {
        self.list.reverse();
        self.rest.reverse();
    }

    /// Returns the first pair of which the second is below the first, or either is NaN.
    pub(super) fn falling(&self) -> Option<(f64, f64)> {
        let at = (0..self.len()).find(|&i| {
            let one = self.at(i);
            one.0.is_nan() || i > 0 && self.at(i - 1) > one
        })?;
        Some((self.list[at.saturating_sub(1)], self.list[at]))
    }

    fn at(&self, i: usize) -> (f64, f64) {
        (self.list[i], self.rest.get(i).copied().unwrap_or(0.0))
    }

    /// Returns how many of the bounds, which rise, are below `x`; or not above it.
    #[inline(always)]
    pub(super) fn count_below(&self, x: (f64, f64), or_equal: bool) -> usize {
        if self.rest.is_empty() && x.1 == 0.0 {
            // Without a branch to guess.
            return match or_equal {
                true => self.list.partition_point(|&bound| bound <= x.0),
                false => self.list.partition_point(|&bound| bound < x.0),
            };
        }
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low.midpoint(high);
            let bound = self.at(middle);
            if if or_equal { bound <= x } else { bound < x } {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }
}

/// The edges of bins, and how the bin of a number is found fast.
#[derive(Clone, Debug)]
pub(super) struct Edges {
    bounds: Bounds,
    /// What is inside: from the one to the other.
    ends: [(f64, f64); 2],
    dtype: Dtype,
    /// Bins per unit, if all are of equal width.
    scale: Option<f64>,
}

impl Edges {
    pub(super) fn given(edges: &Values<'_>) -> Result<Self> {
        let bounds = Bounds::new(edges)?;
        if bounds.len() < 2 {
            return Err(Error::bad_parameter("bins", "two edges at least", bounds.len()));
        }
        match bounds.falling() {
            Some((one, next)) => Err(Error::bad_parameter("bins", "edges that do not fall", pair(one, next))),
            None => Ok(Self::between(bounds)),
        }
    }

    fn between(bounds: Bounds) -> Self {
        let ends = [bounds.at(0), bounds.at(bounds.len() - 1)];
        Self { bounds, ends, dtype: Dtype::F64, scale: None }
    }

    /// Returns the edges of which the doubles and the [rest](Self::rest) were stored.
    pub(super) fn stored(list: Vec<f64>, rest: Vec<f64>) -> Option<Self> {
        let fits = |(list, rest): (&f64, &f64)| list + rest == *list && rest.is_finite();
        let canonical = rest.is_empty() || rest.iter().any(|&rest| rest != 0.0);
        let fit = list.len() >= 2 && canonical && list.iter().zip(&rest).all(fits);
        let bounds = Bounds { list, rest };
        (fit && bounds.falling().is_none()).then(|| Self::between(bounds))
    }

    /// Places edges as `numpy.linspace` does, in the type of the data.
    pub(super) fn equal(
        count: usize,
        (low, high): (f64, f64),
        dtype: Dtype,
        range: Option<(f64, f64)>,
    ) -> Result<Self> {
        if !(1..=MOST_BINS).contains(&count) {
            return Err(Error::bad_parameter("bins", "1 to 2^30 bins", count));
        }
        let dtype = if dtype.is_real_float() { dtype } else { Dtype::F64 };
        let to = precision(dtype);
        // With a range NumPy computes in doubles and rounds each edge; without one, each step. The range itself is not
        // narrowed: it says what is inside.
        let round = |x: f64| if range.is_some() { x } else { round_to(x, to) };
        let (low, high) = (round(low), round(high));
        let width = round(high - low);
        if !width.is_finite() {
            return Err(Error::bad_parameter("range", "a range whose width is finite", pair(low, high)));
        }
        let step = round(width / count as f64);
        let place = |i: usize| match i {
            _ if i == count => round_to(high, to),
            _ if step == 0.0 => round_to(round(round(round(i as f64 / count as f64) * width) + low), to),
            _ => round_to(round(round(i as f64 * step) + low), to),
        };
        let mut list = Vec::new();
        list.try_reserve_exact(count + 1)
            .map_err(|_| Error::from(ErrorKind::OutOfMemory { len_bytes: 8 * (count as u64 + 1) }))?;
        list.extend((0..=count).map(place));
        if list.windows(2).any(|pair| pair[0] >= pair[1]) {
            return Err(Error::bad_parameter(
                "bins",
                "bins that are wider than the distance of two floats",
                count,
            ));
        }
        let scale = Some(count as f64 / (high - low));
        let ends = [(low, 0.0), (high, 0.0)];
        Ok(Self { bounds: Bounds { list, rest: Vec::new() }, ends, dtype, scale })
    }

    /// Returns the edges, rounded to doubles.
    pub(super) fn list(&self) -> &[f64] {
        &self.bounds.list
    }

    /// Returns what rounding left of each edge, or nothing if it left nothing.
    pub(super) fn rest(&self) -> &[f64] {
        &self.bounds.rest
    }

    /// Returns the widths of the bins, each rounded once.
    pub(super) fn widths(&self) -> impl Iterator<Item = f64> {
        (1..self.bounds.len()).map(|i| {
            let ((low, low_rest), (high, high_rest)) = (self.bounds.at(i - 1), self.bounds.at(i));
            (high - low) + (high_rest - low_rest)
        })
    }

    /// Returns the type that the edges are reported in.
    pub(super) fn dtype(&self) -> Dtype {
        self.dtype
    }

    /// Whether all bins are of equal width.
    pub(super) fn is_equal(&self) -> bool {
        self.scale.is_some()
    }

    /// Returns an element as it is compared. Bins of equal width take elements rounded to doubles, as NumPy's do: so are
    /// the ends of the data, from which such bins are made.
    fn element(&self, block: Block<'_>, i: usize) -> (f64, f64) {
        if self.is_equal() { (block.double(i), 0.0) } else { block.halves(i) }
    }

    /// Adds the number of elements of each bin.
    pub(super) fn count(&self, block: Block<'_>, counts: &mut [u64]) {
        let mut slow =
            |x: f64, counts: &mut [u64]| self.each(Block::F64(&[x]), &mut |bin, _| counts[bin] += 1);
        let ends = self.ends.map(|(end, _)| end);
        match (block, self.scale) {
            (Block::F64(x), Some(scale)) => bins::count(x, self.list(), ends, scale, counts, &mut slow),
            (Block::F32(x), Some(scale)) => bins::count(x, self.list(), ends, scale, counts, &mut slow),
            _ => self.each(block, &mut |bin, _| counts[bin] += 1),
        }
    }

    /// Calls `found` with the bin and the place of every element inside: a bin holds its left edge, the last one also its
    /// right edge.
    pub(super) fn each(&self, block: Block<'_>, found: &mut dyn FnMut(usize, usize)) {
        let (list, bins, [low, high]) = (self.list(), self.bounds.len() - 1, self.ends);
        for at in 0..block.len() {
            let x = self.element(block, at);
            if !(low <= x && x <= high) {
                continue;
            }
            let Some(scale) = self.scale else {
                found(self.bounds.count_below(x, true).min(bins) - 1, at);
                continue;
            };
            // The product is off by a few roundings at most: the edges have the last word.
            let x = x.0;
            let mut bin = (((x - low.0) * scale) as usize).min(bins - 1);
            while bin > 0 && x < list[bin] {
                bin -= 1;
            }
            while bin + 1 < bins && x >= list[bin + 1] {
                bin += 1;
            }
            found(bin, at);
        }
    }

    /// Returns how many elements are below all bins, above them, and NaN.
    pub(super) fn outside(&self, block: Block<'_>) -> [u64; 3] {
        let [low, high] = self.ends;
        let mut counts = [0; 3];
        for i in 0..block.len() {
            let x = self.element(block, i);
            counts[0] += u64::from(x < low);
            counts[1] += u64::from(x > high);
            counts[2] += u64::from(x.0.is_nan());
        }
        counts
    }
}
