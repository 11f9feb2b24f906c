//! The counts, or sums of weights, of a stream in bins that are known beforehand.

use super::super::bins::same_shape;
use super::super::dtype::Dtype;
use super::super::edges::Edges;
use super::super::gathered::{Gathered, check_memory};
use super::super::number::Number;
use super::super::output::{Output, output};
use super::super::partial::total;
use super::super::sums::Total;
use super::super::values::Values;
use crate::error::{Error, Result};
use crate::exact::bytes::{FieldReader, begun, corrupt, opened, sealed};
use crate::kernel::fold::grid::Block;
use crate::text::number;

/// The counts of bins whose edges are known beforehand.
///
/// Any split and any order of merging gives the counts of [`histogram`](super::super::histogram) of
/// the whole with these edges. A bin holds its left edge, the last one also its right edge; what lies
/// outside, and NaN, is counted apart.
/// With weights a bin holds their exact sum, in which an element without one counts 1.
/// Cost: O(n) for bins of equal width, O(n log bins) for edges; 16 bytes for each bin, with weights 350.
#[derive(Clone, Debug)]
pub struct Histogram {
    edges: Edges,
    /// Elements without weights.
    counts: Vec<u64>,
    /// The sums of weights; empty before the first of them.
    sums: Vec<Total>,
    /// Elements with weights that lay inside.
    weighted: u64,
    below: u64,
    above: u64,
    nan: u64,
}

impl Histogram {
    /// Returns empty bins of equal width, with the edges that `numpy.linspace` gives.
    ///
    /// Errors: [`ErrorKind::BadParameter`](crate::ErrorKind::BadParameter) unless there are 1 to 2^30 bins and
    /// `low < high` are finite and far enough apart for them;
    /// [`ErrorKind::OutOfMemory`](crate::ErrorKind::OutOfMemory).
    pub fn equal(bins: usize, low: f64, high: f64) -> Result<Self> {
        if !(low < high && low.is_finite() && high.is_finite()) {
            return Err(Error::bad_parameter(
                "range",
                "finite low < high",
                format!("{}, {}", number(low), number(high)),
            ));
        }
        Ok(Self::empty(Edges::equal(bins, (low, high), Dtype::F64, Some((low, high)))?))
    }

    /// Returns empty bins from each edge to the next.
    ///
    /// Errors: [`ErrorKind::BadParameter`](crate::ErrorKind::BadParameter) unless there are two edges at least
    /// that do not fall; [`ErrorKind::ShapeMismatch`](crate::ErrorKind::ShapeMismatch) unless they are of one axis;
    /// [`ErrorKind::UnsupportedDtype`](crate::ErrorKind::UnsupportedDtype) for complex numbers.
    pub fn with_edges<'a>(edges: impl Into<Values<'a>>) -> Result<Self> {
        Ok(Self::empty(Edges::given(&edges.into())?))
    }

    fn empty(edges: Edges) -> Self {
        let counts = vec![0; edges.list().len() - 1];
        Self { edges, counts, sums: Vec::new(), weighted: 0, below: 0, above: 0, nan: 0 }
    }

    /// Counts all elements of an array of any shape; in bins of equal width, integers beyond 2^53 are rounded to doubles.
    ///
    /// Errors: [`ErrorKind::UnsupportedDtype`](crate::ErrorKind::UnsupportedDtype) for complex numbers.
    pub fn push<'a>(&mut self, values: impl Into<Values<'a>>) -> Result<()> {
        let work = Gathered::flat(&values.into(), "histogram")?;
        let counts = &mut self.counts;
        let mut inside = 0;
        self.edges.each(work.block(), &mut |bin, _| {
            counts[bin] += 1;
            inside += 1;
        });
        self.count_outside(work.block(), inside);
        Ok(())
    }

    /// Adds the weights of all elements to their bins; from then on [`result`](Self::result) gives sums.
    ///
    /// Errors: [`ErrorKind::ShapeMismatch`](crate::ErrorKind::ShapeMismatch) unless there is one weight for each;
    /// [`ErrorKind::UnsupportedDtype`](crate::ErrorKind::UnsupportedDtype) for complex numbers.
    pub fn push_weighted<'a>(
        &mut self,
        values: impl Into<Values<'a>>,
        weights: impl Into<Values<'a>>,
    ) -> Result<()> {
        let values = values.into();
        let weights = same_shape(&values, &weights.into(), "histogram")?;
        let work = Gathered::flat(&values, "histogram")?;
        check_memory::<Total>(self.counts.len())?;
        self.sums.resize(self.counts.len(), Total::default());
        let sums = &mut self.sums;
        let mut inside = 0;
        self.edges.each(work.block(), &mut |bin, place| {
            sums[bin].push(weights.part(place, 1));
            inside += 1;
        });
        self.weighted += inside as u64;
        self.count_outside(work.block(), inside);
        Ok(())
    }

    fn count_outside(&mut self, block: Block<'_>, inside: usize) {
        if inside < block.len() {
            let [below, above, nan] = self.edges.outside(block);
            self.below += below;
            self.above += above;
            self.nan += nan;
        }
    }

    /// Adds what came to another state.
    ///
    /// Errors: [`ErrorKind::BadParameter`](crate::ErrorKind::BadParameter) if the other has other edges.
    pub fn merge(&mut self, other: &Self) -> Result<()> {
        let edges = |state: &Self| {
            state.edges.list().iter().chain(state.edges.rest()).map(|x| x.to_bits()).collect::<Vec<_>>()
        };
        if edges(self) != edges(other) {
            let name = |state: &Self| {
                let list = state.edges.list();
                let [low, high] = [list[0], list[list.len() - 1]].map(number);
                format!("a Histogram of {} bins over {low}..{high}", list.len() - 1)
            };
            return Err(Error::bad_parameter(
                "other",
                format!("{} with the same edges", name(self)),
                name(other),
            ));
        }
        total(self.count(), other.count())?;
        if !other.sums.is_empty() {
            check_memory::<Total>(self.counts.len())?;
        }
        self.counts.iter_mut().zip(&other.counts).for_each(|(a, b)| *a += b);
        if !other.sums.is_empty() {
            self.sums.resize(self.counts.len(), Total::default());
            self.sums.iter_mut().zip(&other.sums).for_each(|(a, b)| a.merge(b));
        }
        self.weighted += other.weighted;
        self.below += other.below;
        self.above += other.above;
        self.nan += other.nan;
        Ok(())
    }

    /// Returns the counts (int64), or with weights their sums (float64, each rounded once), and the edges (float64).
    ///
    /// Shapes: `[bins]` and `[bins + 1]`.
    pub fn result(&self) -> (Output, Output) {
        let mut counts: Vec<Number> = self.counts.iter().map(|&count| Number::U(count)).collect();
        let dtype = if self.sums.is_empty() { Dtype::I64 } else { Dtype::F64 };
        for ((number, count), sum) in counts.iter_mut().zip(&self.counts).zip(&self.sums) {
            let mut sum = sum.clone();
            sum.push(Block::U64(&[*count]));
            *number = Number::F(sum.to_f64());
        }
        let edges: Vec<Number> = self.edges.list().iter().map(|&edge| Number::F(edge)).collect();
        let bins = counts.len();
        (output(&counts, dtype, vec![bins]), output(&edges, Dtype::F64, vec![bins + 1]))
    }

    /// Returns how many elements without weights each bin holds.
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// Returns the edges.
    pub fn edges(&self) -> &[f64] {
        self.edges.list()
    }

    /// Returns how many elements lay below the first edge.
    pub fn below(&self) -> u64 {
        self.below
    }

    /// Returns how many elements lay above the last edge.
    pub fn above(&self) -> u64 {
        self.above
    }

    /// Returns how many elements were NaN.
    pub fn nan(&self) -> u64 {
        self.nan
    }

    /// Returns how many elements came, inside or not.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum::<u64>() + self.weighted + self.below + self.above + self.nan
    }

    /// Returns the state as bytes that [`from_bytes`](Self::from_bytes) reads on any machine.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = begun(NAME);
        bytes.push(
            u8::from(self.edges.is_equal())
                | u8::from(!self.sums.is_empty()) << 1
                | u8::from(!self.edges.rest().is_empty()) << 2,
        );
        bytes.extend((self.counts.len() as u64).to_le_bytes());
        let edges = self.edges.list().iter().chain(self.edges.rest());
        edges.for_each(|edge| bytes.extend(edge.to_bits().to_le_bytes()));
        let counts = self.counts.iter().chain([&self.below, &self.above, &self.nan]);
        counts.for_each(|count| bytes.extend(count.to_le_bytes()));
        if !self.sums.is_empty() {
            bytes.extend(self.weighted.to_le_bytes());
            self.sums.iter().for_each(|sum| sum.write(&mut bytes));
        }
        sealed(bytes)
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    ///
    /// Errors: [`ErrorKind::Corrupt`](crate::ErrorKind::Corrupt);
    /// [`ErrorKind::UnsupportedVersion`](crate::ErrorKind::UnsupportedVersion) of bytes that a newer release wrote.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let mut bytes = FieldReader::new(opened(bytes, NAME, "Histogram")?);
        let flags = bytes.u8()?;
        let bins = bytes.len(16)?;
        let mut doubles = || (0..=bins).map(|_| bytes.f64()).collect::<Result<Vec<f64>>>();
        let edges = doubles()?;
        let fit = || corrupt("edges that no state has");
        let mut state = match flags & !2 {
            0 | 4 if bins > 0 => {
                let rest = if flags & 4 == 0 { Vec::new() } else { doubles()? };
                Self::empty(Edges::stored(edges.clone(), rest).ok_or_else(fit)?)
            }
            1 if bins > 0 => Self::equal(bins, edges[0], edges[bins]).map_err(|_| fit())?,
            _ => return Err(fit()),
        };
        let same = state.edges.list().iter().zip(&edges).all(|(a, b)| a.to_bits() == b.to_bits());
        if !same {
            return Err(fit());
        }
        let mut count = 0_u64;
        let mut next = || -> Result<u64> {
            let one = bytes.u64()?;
            count = count.checked_add(one).ok_or_else(|| corrupt("more elements than can be counted"))?;
            Ok(one)
        };
        for slot in &mut state.counts {
            *slot = next()?;
        }
        (state.below, state.above, state.nan) = (next()?, next()?, next()?);
        if flags & 2 != 0 {
            state.weighted = next()?;
            state.sums = (0..bins).map(|_| Total::read(&mut bytes)).collect::<Result<_>>()?;
        }
        bytes.end()?;
        Ok(state)
    }
}

/// The first bytes of a stored state.
const NAME: &[u8] = b"nearfold.histogram";
