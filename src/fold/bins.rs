//! Histograms, bin counts and bin numbers: `histogram`, `bincount`, `digitize`, and rules for the number of bins.

use super::dtype::Dtype;
use super::edges::{Bounds, Edges, MOST_BINS, pair};
use super::gathered::{Gathered, check_memory};
use super::group::{codes, grouped};
use super::names::Reduction;
use super::number::{Number, precision, round_to};
use super::options::{Method, Options, Quantiles};
use super::output::{Array, Output, output};
use super::reduce::reduce;
use super::request::Request;
use super::sums::Total;
use super::values::Values;
use crate::error::{Error, ErrorKind, Result};
use crate::kernel::fold::extrema;
use crate::kernel::fold::grid::Block;

/// NumPy's rules for the number of bins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rule {
    /// The narrower of [`Sturges`](Self::Sturges) and a limited [`Fd`](Self::Fd).
    Auto,
    /// Freedman and Diaconis: 2 IQR n^(−1/3).
    Fd,
    /// Doane: Sturges with a correction for skewed data.
    Doane,
    /// Scott: (24 √π / n)^(1/3) σ.
    Scott,
    /// Stone: the least estimated squared error.
    Stone,
    /// Rice: 2 n^(1/3) bins.
    Rice,
    /// Sturges: log₂ n + 1 bins.
    Sturges,
    /// √n bins.
    Sqrt,
}

const RULES: [(&str, Rule); 8] = [
    ("auto", Rule::Auto),
    ("fd", Rule::Fd),
    ("doane", Rule::Doane),
    ("scott", Rule::Scott),
    ("stone", Rule::Stone),
    ("rice", Rule::Rice),
    ("sturges", Rule::Sturges),
    ("sqrt", Rule::Sqrt),
];

impl Rule {
    /// Returns the rule of this NumPy name.
    ///
    /// Errors: [`ErrorKind::UnknownName`].
    pub fn from_name(name: &str) -> Result<Self> {
        RULES.iter().find(|(known, _)| *known == name).map(|(_, rule)| *rule).ok_or_else(|| {
            Error::from(ErrorKind::UnknownName {
                kind: "bin rule",
                expected: "auto, fd, doane, scott, stone, rice, sturges, sqrt",
                got: name.to_owned(),
            })
        })
    }
}

/// Which bins a histogram has.
#[derive(Clone, Debug)]
pub enum Bins<'a> {
    /// As many of equal width.
    Count(usize),
    /// As many of equal width as a rule says.
    Rule(Rule),
    /// From each edge to the next; edges, of one axis, do not fall.
    Edges(Values<'a>),
}

impl Bins<'_> {
    /// Returns the same bins for as long as these are borrowed.
    pub fn view(&self) -> Bins<'_> {
        match self {
            Self::Count(count) => Bins::Count(*count),
            Self::Rule(rule) => Bins::Rule(*rule),
            Self::Edges(edges) => Bins::Edges(edges.view()),
        }
    }
}

/// The keywords of [`histogram`]; the default is NumPy's.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Histogram<'a> {
    /// Which bins.
    pub bins: Bins<'a>,
    /// Where the first bin begins and the last one ends; elements outside are left out.
    pub range: Option<(f64, f64)>,
    /// Whether counts are divided by the width of the bin and the count of all.
    pub density: bool,
    /// What each element counts, instead of 1.
    pub weights: Option<Values<'a>>,
}

impl Default for Histogram<'_> {
    fn default() -> Self {
        Self { bins: Bins::Count(10), range: None, density: false, weights: None }
    }
}

/// Returns the counts (int64; with `density` or weights of floats a float) and the edges of the bins.
///
/// A bin holds its left edge, the last one also its right edge.
/// Shapes: any `-> [bins], [bins + 1]`. Of nothing: zeros over 0..1.
/// NaN: left out if `range` or edges are given. Integers and edges of integers are compared exactly; for bins of equal
/// width those beyond 2^53 are rounded to doubles.
/// Errors: [`ErrorKind::BadParameter`] if no finite range is given or found, or for falling edges;
/// [`ErrorKind::ShapeMismatch`] of the weights; [`ErrorKind::UnsupportedDtype`].
/// Cost: O(n) for bins of equal width, O(n log bins) for edges.
pub fn histogram<'a>(values: impl Into<Values<'a>>, options: &Histogram<'a>) -> Result<(Output, Output)> {
    let values = values.into();
    let op = "histogram";
    let work = Gathered::flat(&values, op)?;
    let weights = options.weights.as_ref().map(|weights| same_shape(&values, weights, op)).transpose()?;
    let edges = match &options.bins {
        Bins::Edges(edges) => Edges::given(edges)?,
        Bins::Count(count) => {
            Edges::equal(*count, outer(&work, options.range)?, values.dtype(), options.range)?
        }
        Bins::Rule(_) if weights.is_some() => {
            return Err(Error::bad_parameter("weights", "none with a rule for bins", "weights"));
        }
        Bins::Rule(rule) => {
            let (low, high) = outer(&work, options.range)?;
            let count = rule.count(&values, &work, options.range, low, high)?;
            Edges::equal(count, (low, high), values.dtype(), options.range)?
        }
    };
    let bins = edges.list().len() - 1;
    let total_dtype = options.weights.as_ref().map_or(Dtype::I64, |weights| match weights.dtype() {
        dtype if dtype.is_real_float() => dtype,
        _ => Dtype::I64,
    });
    let mut results = match &weights {
        None => {
            check_memory::<Number>(bins)?;
            let mut counts = vec![0u64; bins];
            edges.count(work.block(), &mut counts);
            counts.into_iter().map(Number::U).collect::<Vec<_>>()
        }
        Some(weights) => {
            check_memory::<Total>(bins)?;
            let mut totals = vec![Total::default(); bins];
            edges.each(work.block(), &mut |bin, place| totals[bin].push(weights.part(place, 1)));
            let request = Request::new(Reduction::Sum, total_dtype, &Options::default())?;
            totals.iter().map(|total| total.sum(&request)).collect()
        }
    };
    let mut dtype = total_dtype;
    if options.density {
        let number = |number: &Number| {
            if dtype == Dtype::I64 { number.to_bits() as i64 as f64 } else { number.to_f64() }
        };
        let all: Vec<f64> = results.iter().map(number).collect();
        let sum = reduce(Reduction::Sum, &all, &Options::default())?.to_f64().unwrap_or(f64::NAN);
        // NumPy takes the differences in the type of the edges.
        let widths = edges.widths().map(|width| round_to(width, precision(edges.dtype())));
        results = all.iter().zip(widths).map(|(count, width)| Number::F(count / width / sum)).collect();
        dtype = Dtype::F64;
    }
    let counts = output(&results, dtype, vec![bins]);
    let list: Vec<Number> = edges.list().iter().map(|&edge| Number::F(edge)).collect();
    Ok((counts, output(&list, edges.dtype(), vec![bins + 1])))
}

pub(super) fn same_shape<'a>(
    values: &Values<'_>,
    weights: &Values<'a>,
    op: &'static str,
) -> Result<Gathered<'a>> {
    if values.shape() != weights.shape() {
        return Err(ErrorKind::ShapeMismatch {
            expected: format!("weights of shape {:?}", values.shape()),
            got: format!("{:?}", weights.shape()),
        }
        .into());
    }
    Gathered::flat(weights, op)
}

/// Returns the outer edges, from the range or the data.
fn outer(work: &Gathered<'_>, range: Option<(f64, f64)>) -> Result<(f64, f64)> {
    let (low, high) = match range {
        Some((low, high)) if low > high => {
            return Err(Error::bad_parameter("range", "low <= high", pair(low, high)));
        }
        Some(range) => range,
        None => {
            let ends = match work.block() {
                Block::F64(x) => extrema::min_max(x),
                Block::F32(x) => extrema::min_max(x).map(|(low, high)| (f64::from(low), f64::from(high))),
                Block::I64(x) => extrema::min_max(x).map(|(low, high)| (low as f64, high as f64)),
                Block::U64(x) => extrema::min_max(x).map(|(low, high)| (low as f64, high as f64)),
            };
            ends.unwrap_or((0.0, 1.0))
        }
    };
    if !low.is_finite() || !high.is_finite() {
        return Err(Error::bad_parameter("range", "a finite range, given or in the data", pair(low, high)));
    }
    Ok(if low == high { (low - 0.5, high + 0.5) } else { (low, high) })
}

impl Rule {
    /// Returns the number of bins for the elements in range.
    fn count(
        self,
        values: &Values<'_>,
        work: &Gathered<'_>,
        range: Option<(f64, f64)>,
        low: f64,
        high: f64,
    ) -> Result<usize> {
        let mut x = Vec::new();
        work.block().append_doubles(&mut x);
        if range.is_some() {
            x.retain(|value| (low..=high).contains(value));
        }
        if x.is_empty() {
            return Ok(1);
        }
        let mut width = self.width(&x, (low, high))?;
        let whole = values.dtype().is_integer() || values.dtype() == Dtype::Bool;
        if whole && width < 1.0 && width != 0.0 {
            width = 1.0;
        }
        let count = ((high - low) / width).ceil();
        Ok(if width > 0.0 && count >= 1.0 { count.min(MOST_BINS as f64 + 1.0) as usize } else { 1 })
    }

    fn width(self, x: &[f64], ends: (f64, f64)) -> Result<f64> {
        let n = x.len() as f64;
        let options = Options::default();
        let number = |reduction, options: &Options<'_>| {
            Ok::<f64, Error>(reduce(reduction, x, options)?.to_f64().unwrap_or(f64::NAN))
        };
        let spread = number(Reduction::Ptp, &options)?;
        Ok(match self {
            Self::Sqrt => spread / n.sqrt(),
            Self::Sturges => spread / (log2(n) + 1.0),
            Self::Rice => spread / (2.0 * cube_root(n)),
            Self::Scott => {
                cube_root(24.0 * core::f64::consts::PI.sqrt() / n) * number(Reduction::Std, &options)?
            }
            Self::Fd => {
                let mut quartiles = options.clone();
                quartiles.method = Method::Linear;
                quartiles.q = Quantiles::Many(vec![0.25, 0.75]);
                let Output::Array(Array::F64(list)) = reduce(Reduction::Quantile, x, &quartiles)? else {
                    unreachable!("a list of quantiles of doubles is an array of doubles");
                };
                2.0 * (list[1] - list[0]) / cube_root(n)
            }
            Self::Doane => {
                let sigma = number(Reduction::Std, &options)?;
                if x.len() <= 2 || sigma <= 0.0 {
                    return Ok(0.0);
                }
                let error = (6.0 * (n - 2.0) / ((n + 1.0) * (n + 3.0))).sqrt();
                let skew = number(Reduction::Skew, &options)?;
                spread / (1.0 + log2(n) + log2(1.0 + skew.abs() / error))
            }
            Self::Auto => {
                let limited = Self::Fd.width(x, ends)?.max(Self::Sqrt.width(x, ends)? / 2.0);
                limited.min(Self::Sturges.width(x, ends)?)
            }
            Self::Stone => stone(x, spread, ends)?,
        })
    }
}

/// Stone's rule: among up to max(100, √n) bins, those of the least estimated squared error; of equal errors the fewest.
fn stone(x: &[f64], spread: f64, ends: (f64, f64)) -> Result<f64> {
    if x.len() <= 1 || spread == 0.0 {
        return Ok(0.0);
    }
    let n = x.len() as i128;
    let most = 100.max((x.len() as f64).sqrt() as usize);
    let mut best = (i128::MAX, 1);
    for count in 1..=most {
        let edges = Edges::equal(count, ends, Dtype::F64, Some(ends))?;
        let mut counts = vec![0u64; count];
        edges.count(Block::F64(x), &mut counts);
        let squares: i128 = counts.iter().map(|&count| i128::from(count) * i128::from(count)).sum();
        // n² times the error over the spread: an integer, so that equal errors are equal.
        let error = (2 * n * n - (n + 1) * squares) * count as i128;
        if error < best.0 {
            best = (error, count);
        }
    }
    Ok(spread / best.1 as f64)
}

/// Returns the base-2 logarithm of a number ≥ 1 by squaring: the same bits on every machine.
fn log2(x: f64) -> f64 {
    let (mut x, mut whole) = (x, 0.0);
    while x >= 2.0 {
        x /= 2.0;
        whole += 1.0;
    }
    let (mut fraction, mut bit) = (0.0, 0.5);
    for _ in 0..53 {
        x *= x;
        if x >= 2.0 {
            x /= 2.0;
            fraction += bit;
        }
        bit /= 2.0;
    }
    whole + fraction
}

/// Returns the cube root of a positive number by Newton's steps: the same bits on every machine.
fn cube_root(x: f64) -> f64 {
    // A third of the exponent is a start within a factor of 2.
    let mut root = f64::from_bits(x.to_bits() / 3 + 0x2a9f_7893_782d_a1ce);
    for _ in 0..6 {
        root = (2.0 * root + x / (root * root)) / 3.0;
    }
    root
}

/// Returns how often each of 0, 1, 2, … occurs (int64), or the exact sums of the weights there (float64).
///
/// Shapes: `[n] -> [max(minlength, 1 + max)]`.
/// Errors: [`ErrorKind::UnsupportedDtype`] unless values are integers or bool; [`ErrorKind::BadParameter`]
/// for negative values; [`ErrorKind::ShapeMismatch`]; [`ErrorKind::OutOfMemory`].
pub fn bincount<'a>(
    values: impl Into<Values<'a>>,
    weights: Option<Values<'a>>,
    minlength: usize,
) -> Result<Output> {
    let values = values.into();
    let codes = codes("bincount", "values", &values)?;
    if let Some(negative) = codes.iter().find(|&&code| code < 0) {
        return Err(Error::bad_parameter("values", "no negative integers", negative));
    }
    let len = codes.iter().max().map_or(0, |&max| max as u64 + 1).max(minlength as u64);
    let too_long = Error::from(ErrorKind::OutOfMemory { len_bytes: len.saturating_mul(8) });
    let mut counts: Vec<Number> = Vec::new();
    let size = usize::try_from(len).map_err(|_| too_long.clone())?;
    counts.try_reserve_exact(size).map_err(|_| too_long)?;
    let Some(weights) = weights else {
        counts.resize(size, Number::U(0));
        for &code in codes.iter() {
            if let Number::U(count) = &mut counts[code as usize] {
                *count += 1;
            }
        }
        return Ok(output(&counts, Dtype::I64, vec![size]));
    };
    same_shape(&values, &weights, "bincount")?;
    let options = Options::default().dtype(Dtype::F64);
    grouped(Reduction::Sum, &weights, &codes, size, &options)
}

/// Returns for each element the number of the bin that it belongs to (int64).
///
/// `bins[i - 1] <= x < bins[i]`, or with `right` `bins[i - 1] < x <= bins[i]`; 0 is below and
/// `bins.len()` above all bins, of falling bins the other way round; NaN is above. Integers are compared exactly, with floats too.
/// Errors: [`ErrorKind::BadParameter`] if bins neither rise nor fall; [`ErrorKind::ShapeMismatch`] unless they are of one axis;
/// [`ErrorKind::UnsupportedDtype`].
pub fn digitize<'a>(
    values: impl Into<Values<'a>>,
    bins: impl Into<Values<'a>>,
    right: bool,
) -> Result<Output> {
    let values = values.into();
    let (work, mut bounds) = (Gathered::flat(&values, "digitize")?, Bounds::new(&bins.into())?);
    let (x, n) = (work.block(), bounds.len());
    let turned = bounds.falling().is_some();
    if turned {
        bounds.reverse();
    }
    if bounds.falling().is_some() {
        return Err(Error::bad_parameter("bins", "numbers that only rise or only fall", format!("{n} bins")));
    }
    let bin = |i| {
        let x = x.halves(i);
        let place = if x.0.is_nan() { n } else { bounds.count_below(x, !right) };
        Number::U(if turned { n - place } else { place } as u64)
    };
    check_memory::<Number>(x.len())?;
    let results: Vec<Number> = (0..x.len()).map(bin).collect();
    Ok(output(&results, Dtype::I64, values.shape().to_vec()))
}
