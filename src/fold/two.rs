//! Functions of two arrays: inner products, cosines, covariances, weighted means.

use super::axes::{ReducedAxes, spread};
use super::dtype::Dtype;
use super::gathered::{Gathered, float_of_both};
use super::number::{Number, precision};
use super::options::{Axes, Options};
use super::output::{Output, output};
use super::pairs::{
    Pairs, ProductSum, average_dtype, estimated_dot, product_dtype, quotient_of_root, rounded,
};
use super::stream::cov::Cov;
use super::sums::Total;
use super::threads;
use super::values::Values;
use crate::error::{Error, ErrorKind, Result};
use crate::kernel::fold::grid::{Block, Grid, Type};
use crate::kernel::fold::integers::{self, Whole};
use crate::kernel::fold::sum;

/// Returns Σxy of integers that lie together, in their own width, modulo 2^64.
fn narrow_dot(op: &'static str, a: &Values<'_>, b: &Values<'_>) -> Option<u64> {
    fn of<T: Whole>(a: &Grid<'_>, b: &Grid<'_>) -> Option<u64> {
        Some(integers::dot(a.elements::<T>()?, b.elements::<T>()?))
    }
    let (a, b) = (a.grid(op).ok()?, b.grid(op).ok()?);
    match a.kind() {
        Type::I32 => of::<i32>(&a, &b),
        Type::I16 => of::<i16>(&a, &b),
        Type::I8 => of::<i8>(&a, &b),
        Type::U32 => of::<u32>(&a, &b),
        Type::U16 => of::<u16>(&a, &b),
        Type::U8 => of::<u8>(&a, &b),
        _ => None,
    }
}

/// Returns Σxy of integers, modulo 2^64.
fn wrapped_dot(a: Block<'_>, b: Block<'_>) -> u64 {
    match (a, b) {
        (Block::I64(a), Block::I64(b)) => integers::dot(a, b),
        (Block::I64(a), Block::U64(b)) => integers::dot(a, b),
        (Block::U64(a), Block::I64(b)) => integers::dot(a, b),
        (Block::U64(a), Block::U64(b)) => integers::dot(a, b),
        _ => unreachable!("products of floats are floats"),
    }
}

/// Returns the correctly rounded inner product Σ aᵢ bᵢ of two 1-D arrays.
///
/// Shapes: `[n], [n] -> []`. Of nothing: 0. NaN propagates; products that overflow or underflow are
/// exact until the sum is rounded. Integers give int64 (uint64 if neither has a sign) and wrap round.
/// Errors: [`ErrorKind::ShapeMismatch`], [`ErrorKind::UnsupportedDtype`].
/// Cost: O(n) time; no copy of contiguous float64.
pub fn dot<'a>(a: impl Into<Values<'a>>, b: impl Into<Values<'a>>, options: &Options<'_>) -> Result<Output> {
    let (a, b) = (a.into(), b.into());
    if a.shape().len() != 1 || a.shape() != b.shape() {
        return Err(ErrorKind::ShapeMismatch {
            expected: if a.shape().len() == 1 {
                format!("{:?}", a.shape())
            } else {
                "two 1-D arrays".to_owned()
            },
            got: format!("{:?} and {:?}", a.shape(), b.shape()),
        }
        .into());
    }
    products("dot", &a, &b, &Axes::All, options)
}

/// Returns the correctly rounded inner products along an axis (the last, unless `axis` says another).
///
/// Shapes: both broadcast to `[.., n, ..] -> [.., ..]`. The rest as [`dot`].
/// Errors: [`ErrorKind::ShapeMismatch`], [`ErrorKind::AxisOutOfRange`], [`ErrorKind::UnsupportedDtype`].
pub fn vecdot<'a>(
    a: impl Into<Values<'a>>,
    b: impl Into<Values<'a>>,
    options: &Options<'_>,
) -> Result<Output> {
    products("vecdot", &a.into(), &b.into(), &last_axis(options), options)
}

fn last_axis(options: &Options<'_>) -> Axes {
    if options.axis == Axes::All { Axes::One(-1) } else { options.axis.clone() }
}

fn products<'a>(
    op: &'static str,
    a: &Values<'a>,
    b: &Values<'a>,
    axes: &Axes,
    options: &Options<'_>,
) -> Result<Output> {
    #[cfg(feature = "complex")]
    if a.dtype().is_complex() || b.dtype().is_complex() {
        return super::complex::products(op, a, b, axes, options);
    }
    let dtype = product_dtype(a.dtype(), b.dtype());
    if op == "dot"
        && let Some(dot) = narrow_dot(op, a, b)
    {
        return Ok(output(&[Number::U(dot)], dtype, Vec::new()));
    }
    Pairs::new(op, a, b, axes)?.fold(options, dtype, |a, b| {
        if dtype.is_integer() {
            return Ok(Number::U(wrapped_dot(a, b)));
        }
        // The kernel's one-shot proves its estimate in most cases, and need not add exactly.
        match (a, b) {
            (Block::F64(a), Block::F64(b)) => return Ok(Number::F(threads::dot(a, b))),
            (Block::F32(a), Block::F32(b)) if dtype == Dtype::F32 => {
                return Ok(Number::F(f64::from(threads::dot(a, b))));
            }
            _ => {}
        }
        let mut sum = ProductSum::default();
        sum.push(a, b);
        Ok(Number::F(sum.round(dtype)))
    })
}

/// Returns the cosine of the angle between two arrays, Σxy / √(Σx² Σy²), correctly rounded.
///
/// Shapes: as [`vecdot`]. NaN if either is all zero or holds NaN or an infinity.
/// Errors: [`ErrorKind::ShapeMismatch`], [`ErrorKind::AxisOutOfRange`], [`ErrorKind::UnsupportedDtype`].
pub fn cosine<'a>(
    a: impl Into<Values<'a>>,
    b: impl Into<Values<'a>>,
    options: &Options<'_>,
) -> Result<Output> {
    let (a, b) = (a.into(), b.into());
    let dtype = float_of_both(a.dtype(), b.dtype());
    Pairs::new("cosine", &a, &b, &last_axis(options))?.fold(options, dtype, |a, b| {
        let settled = || {
            let [ab, aa, bb] = [estimated_dot(a, b)?, estimated_dot(a, a)?, estimated_dot(b, b)?];
            rounded(ab.divided_by_estimate(aa.times(bb).normalized().sqrt()), dtype)
        };
        if let Some(cosine) = settled() {
            return Ok(Number::F(cosine));
        }
        let sum = |a, b| {
            let mut sum = ProductSum::default();
            sum.push(a, b);
            sum
        };
        let [ab, aa, bb] = [sum(a, b), sum(a, a), sum(b, b)];
        let special = [&ab, &aa, &bb].iter().any(|sum| sum.special().is_some());
        Ok(Number::F(if special {
            f64::NAN
        } else {
            quotient_of_root(&ab.value(), &aa.value(), &bb.value(), dtype)
        }))
    })
}

/// Returns the weighted mean Σwx / Σw, correctly rounded; [`mean`](super::mean) without weights.
///
/// Shapes: weights have the values' shape, or the lengths of `axis`. NaN propagates.
/// Errors: [`ErrorKind::BadParameter`] if weights sum up to 0; [`ErrorKind::Empty`];
/// [`ErrorKind::ShapeMismatch`]; [`ErrorKind::AxisOutOfRange`]; [`ErrorKind::UnsupportedDtype`].
pub fn average<'a>(
    values: impl Into<Values<'a>>,
    weights: Option<Values<'a>>,
    options: &Options<'_>,
) -> Result<Output> {
    let values = values.into();
    let Some(weights) = weights else { return super::calls::mean(values, options) };
    let weights = spread(&values, weights, &options.axis)?;
    let plan = ReducedAxes::new(&options.axis, values.shape().len())?;
    if plan.len_reduced(values.shape()) == 0 && !plan.shape(values.shape(), false).contains(&0) {
        return Err(ErrorKind::Empty { op: "average" }.into());
    }
    #[cfg(feature = "complex")]
    if values.dtype().is_complex() || weights.dtype().is_complex() {
        return super::complex::average(&values, &weights, options);
    }
    let dtype = average_dtype(values.dtype(), weights.dtype());
    let pair = Pairs::new("average", &values, &weights, &options.axis)?;
    pair.fold(options, dtype, |values, weights| {
        let settled = || {
            let sum = match weights {
                Block::F64(weights) => sum::estimate(weights)?,
                Block::F32(weights) => sum::estimate(weights)?,
                _ => return None,
            };
            rounded(estimated_dot(values, weights)?.divided_by_estimate(sum.normalized()), dtype)
        };
        if let Some(average) = settled() {
            return Ok(Number::F(average));
        }
        let (mut products, mut sum) = (ProductSum::default(), Total::default());
        products.push(values, weights);
        sum.push(weights);
        let divisor = sum.value();
        if let Some(special) = sum.special() {
            return Ok(Number::F(if special.is_nan() { special } else { f64::NAN }));
        }
        if divisor.is_zero() {
            return Err(Error::bad_parameter("weights", "weights whose sum is not 0", "a sum of 0"));
        }
        Ok(Number::F(match products.special() {
            Some(special) if divisor.is_negative() => -special,
            Some(special) => special,
            None => products.value().divided_by(&divisor, false, precision(dtype)),
        }))
    })
}

/// Reads a table whose rows are variables; returns whether its covariance is a number.
fn covariances<'a>(op: &'static str, values: &Values<'a>, other: Option<&Values<'a>>) -> Result<(Cov, bool)> {
    let mut rows: Vec<Gathered<'_>> = Vec::new();
    let mut n = None;
    for values in core::iter::once(values).chain(other) {
        let len = match *values.shape() {
            [len] | [_, len] => len,
            _ => {
                return Err(ErrorKind::ShapeMismatch {
                    expected: "1-D or 2-D".to_owned(),
                    got: format!("{:?}", values.shape()),
                }
                .into());
            }
        };
        if n.is_some_and(|n| n != len) {
            return Err(ErrorKind::ShapeMismatch {
                expected: format!("{} observations of each variable", n.unwrap_or(0)),
                got: len.to_string(),
            }
            .into());
        }
        n = Some(len);
        rows.push(Gathered::flat(values, op)?);
    }
    let n = n.unwrap_or(0);
    if n == 0 {
        return Err(ErrorKind::Empty { op }.into());
    }
    let lanes: Vec<Block<'_>> =
        rows.iter().flat_map(|rows| (0..rows.len() / n).map(move |i| rows.part(i * n, n))).collect();
    let mut cov = Cov::of(lanes.len())?;
    cov.add(&lanes, n)?;
    Ok((cov, lanes.len() == 1 && other.is_none() && values.shape().len() == 1))
}

/// Returns the covariance matrix of the rows, each entry correctly rounded.
///
/// (nΣxy − ΣxΣy) / (n (n − ddof)). NumPy's `ddof` is 1 by default.
/// Shapes: `[n] -> []`, `[k, n] -> [k, k]`; `other` adds rows.
/// NaN or an infinity in a row: NaN in its row and column.
/// Errors: [`ErrorKind::BadParameter`] if ddof ≥ n; [`ErrorKind::Empty`]; [`ErrorKind::ShapeMismatch`]; [`ErrorKind::OutOfMemory`].
/// Cost: O(k² n) time, O(k²) memory: some 600 bytes for each pair of rows.
pub fn cov<'a>(values: impl Into<Values<'a>>, other: Option<Values<'a>>, ddof: f64) -> Result<Output> {
    let (cov, scalar) = covariances("cov", &values.into(), other.as_ref())?;
    cov.covariances(ddof, scalar)
}

/// Returns the matrix of Pearson's correlations of the rows, each entry correctly rounded.
///
/// Shapes: as [`cov`]. NaN where a variance is 0 or a row holds NaN or an infinity.
/// Errors: [`ErrorKind::Empty`], [`ErrorKind::ShapeMismatch`], [`ErrorKind::OutOfMemory`]. Cost: as [`cov`].
pub fn corrcoef<'a>(values: impl Into<Values<'a>>, other: Option<Values<'a>>) -> Result<Output> {
    let (cov, scalar) = covariances("corrcoef", &values.into(), other.as_ref())?;
    cov.correlations(scalar)
}
