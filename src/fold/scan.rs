//! Running sums, products, minima and maxima.

use ndarray::ArrayD;

use super::axes::ReducedAxes;
use super::dtype::Dtype;
use super::gathered::{Gathered, check_room, room};
use super::names::Scan;
use super::number::Number;
use super::options::{Axes, Options};
use super::output::{Array, Output, output};
use super::values::Values;
use crate::error::{Error, ErrorKind, Result};
use crate::kernel::fold::element::Float;
use crate::kernel::fold::grid::Block;
use crate::kernel::fold::round::Leading;
use crate::kernel::fold::running;

/// Returns the running reduction of real numbers.
pub(super) fn scan(scan: Scan, values: &Values<'_>, options: &Options<'_>) -> Result<Output> {
    let (op, dtype) = (scan.name(), values.dtype());
    let totals = matches!(scan, Scan::Cumsum | Scan::Cumprod);
    if options.include_initial && !totals {
        return Err(Error::bad_parameter(
            "include_initial",
            format!("false for {op}, which has no first value"),
            "true",
        ));
    }
    let shape = values.shape();
    let axis = match options.axis {
        Axes::All => None,
        Axes::One(axis) => {
            ReducedAxes::new(&options.axis, shape.len())?;
            Some(if axis < 0 { axis + shape.len() as isize } else { axis } as usize)
        }
        Axes::Many(_) => {
            return Err(Error::bad_parameter("axis", "one axis or none", "a list"));
        }
    };
    let natural = match dtype {
        _ if !totals || dtype.is_real_float() => dtype,
        Dtype::Bool => Dtype::I64,
        _ if dtype.is_signed() => Dtype::I64,
        _ => Dtype::U64,
    };
    // As of `sum` and `prod`.
    let out = match options.dtype {
        None => natural,
        Some(wanted) if wanted == natural || (totals && wanted.is_real_float()) => wanted,
        Some(wanted @ (Dtype::I64 | Dtype::U64)) if totals && natural.is_integer() => wanted,
        Some(wanted) => {
            return Err(ErrorKind::UnsupportedDtype {
                op,
                expected: "a float dtype for running totals, or int64 and uint64 for those of integers",
                got: wanted.name().to_owned(),
            }
            .into());
        }
    };
    check_room(shape, 1)?;
    let work = match axis {
        None => Gathered::flat(values, op)?,
        Some(axis) => {
            // The axis goes last, so that every lane lies together.
            let mut order: Vec<usize> = (0..shape.len()).collect();
            order.remove(axis);
            order.push(axis);
            Gathered::arranged(values, op, shape, &order)?
        }
    };
    let len = axis.map_or(work.len(), |axis| shape[axis]);
    let lanes = work.len().checked_div(len).unwrap_or_else(|| {
        axis.map_or(1, |axis| shape.iter().enumerate().filter(|(i, _)| *i != axis).map(|(_, n)| n).product())
    });
    let first = options.include_initial.then(|| u8::from(scan == Scan::Cumprod));
    let n = len + usize::from(first.is_some());
    // Back to where the axis was: from [before, after, n] to [before, n, after].
    let after = axis.map_or(1, |axis| shape[axis + 1..].iter().product::<usize>());
    let mut shape = axis.map_or_else(|| vec![n], |_| shape.to_vec());
    shape[axis.unwrap_or(0)] = n;
    check_room(&shape, 1)?;
    let parts = (0..lanes).map(|lane| work.part(lane * len, len));
    if !out.is_real_float() {
        let mut numbers: Vec<u64> = room(lanes * n)?;
        for part in parts {
            numbers.extend(first.map(u64::from));
            match part {
                Block::I64(x) => integers(scan, x.iter().copied(), |x| x as u64, &mut numbers),
                Block::U64(x) => integers(scan, x.iter().copied(), |x| x, &mut numbers),
                Block::F64(_) | Block::F32(_) => unreachable!("running totals of floats are floats"),
            }
        }
        let numbers = put_back(numbers, n, after)?;
        const FITS: &str = "one number for each place";
        return Ok(match out {
            Dtype::U64 => Output::Array(Array::U64(ArrayD::from_shape_vec(shape, numbers).expect(FITS))),
            Dtype::I64 => {
                let numbers = numbers.into_iter().map(|x| x as i64).collect();
                Output::Array(Array::I64(ArrayD::from_shape_vec(shape, numbers).expect(FITS)))
            }
            _ => {
                let mut results = room(numbers.len())?;
                results.extend(numbers.into_iter().map(Number::U));
                output(&results, out, shape)
            }
        });
    }
    let totals = Totals { scan, first, n, after, shape };
    if out == Dtype::F64 {
        return Ok(Output::Array(Array::F64(totals.floats(parts)?)));
    }
    if out == Dtype::F32 {
        return Ok(Output::Array(Array::F32(totals.floats(parts)?)));
    }
    Ok(Output::Array(Array::F16(totals.floats(parts)?)))
}

/// How running floats come about, and where they go.
struct Totals {
    scan: Scan,
    first: Option<u8>,
    n: usize,
    after: usize,
    shape: Vec<usize>,
}

impl Totals {
    fn floats<'a, R: Float>(self, parts: impl ExactSizeIterator<Item = Block<'a>>) -> Result<ArrayD<R>> {
        let mut numbers = room(parts.len() * self.n)?;
        for part in parts {
            numbers.extend(self.first.map(|first| R::narrow(f64::from(first))));
            match part {
                Block::F64(x) => floats(self.scan, x, &mut numbers),
                Block::F32(x) => floats(self.scan, x, &mut numbers),
                Block::I64(x) => whole(self.scan, x.iter().map(|&x| (x.into(), x as f64)), &mut numbers),
                Block::U64(x) => whole(self.scan, x.iter().map(|&x| (x.into(), x as f64)), &mut numbers),
            }
        }
        let numbers = put_back(numbers, self.n, self.after)?;
        Ok(ArrayD::from_shape_vec(self.shape, numbers).expect("one number for each place"))
    }
}

fn put_back<T: Copy>(list: Vec<T>, n: usize, after: usize) -> Result<Vec<T>> {
    if after <= 1 {
        return Ok(list);
    }
    let from = |i: usize| {
        let (before, place, behind) = (i / (n * after), i / after % n, i % after);
        list[(before * after + behind) * n + place]
    };
    let mut back = room(list.len())?;
    back.extend((0..list.len()).map(from));
    Ok(back)
}

fn integers<T: Ord + Copy>(
    scan: Scan,
    lane: impl Iterator<Item = T>,
    bits: impl Fn(T) -> u64,
    out: &mut Vec<u64>,
) {
    match scan {
        Scan::Cumsum => {
            let mut sum = 0u64;
            out.extend(lane.map(|x| {
                sum = sum.wrapping_add(bits(x));
                sum
            }));
        }
        Scan::Cumprod => {
            let mut product = 1u64;
            out.extend(lane.map(|x| {
                product = product.wrapping_mul(bits(x));
                product
            }));
        }
        Scan::Cummin | Scan::Cummax => {
            let mut best: Option<T> = None;
            out.extend(lane.map(|x| {
                let keep = best.filter(|&best| if scan == Scan::Cummin { best <= x } else { best >= x });
                let now = keep.unwrap_or(x);
                best = Some(now);
                bits(now)
            }));
        }
    }
}

/// Appends the running totals of integers as floats: sums are exact until they are rounded.
fn whole<R: Float>(scan: Scan, lane: impl Iterator<Item = (i128, f64)>, out: &mut Vec<R>) {
    let (mut sum, mut product) = (0i128, 1.0);
    out.extend(lane.map(|(exact, nearest)| {
        if scan == Scan::Cumsum {
            sum += exact;
            return R::round(Leading::new(sum < 0, sum.unsigned_abs(), 0, false));
        }
        product *= nearest;
        R::narrow(product)
    }));
}

fn floats<T: Float, R: Float>(scan: Scan, lane: &[T], out: &mut Vec<R>) {
    let wide = lane.iter().map(|x| x.widen());
    match scan {
        Scan::Cumsum => running::sums(lane, out),
        Scan::Cumprod => {
            let mut product = 1.0;
            out.extend(wide.map(|x| {
                product *= x;
                R::narrow(canonical(product))
            }));
        }
        Scan::Cummin | Scan::Cummax => {
            let mut best: Option<f64> = None;
            out.extend(wide.map(|x| {
                let now = match best {
                    Some(best) if best.is_nan() => best,
                    Some(best) if !x.is_nan() && x.total_cmp(&best).is_lt() != (scan == Scan::Cummin) => best,
                    _ => canonical(x),
                };
                best = Some(now);
                R::narrow(now)
            }));
        }
    }
}

#[inline(always)]
fn canonical(x: f64) -> f64 {
    if x.is_nan() { f64::NAN } else { x }
}
