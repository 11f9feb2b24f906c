//! Two arrays side by side, lane by lane, and the exact sum of their products.

use super::axes::ReducedAxes;
use super::dtype::Dtype;
use super::gathered::{Gathered, check_room, common_shape, float_of_both};
use super::number::{Number, precision};
use super::options::{Axes, Options};
use super::output::{Output, output};
use super::values::Values;
use crate::error::Result;
use crate::kernel::fold::bounded::Estimate;
use crate::kernel::fold::exact::ExactProducts;
use crate::kernel::fold::grid::Block;
use crate::kernel::fold::inner;
use crate::kernel::fold::ratio::Ratio;

/// Σxy exactly, of floats or integers.
#[derive(Clone, Debug, Default)]
pub(super) struct ProductSum {
    float: ExactProducts,
}

impl ProductSum {
    pub(super) fn push(&mut self, a: Block<'_>, b: Block<'_>) {
        match (a, b) {
            (Block::F64(a), Block::F64(b)) => self.float.add_dot(a, b),
            (Block::F32(a), Block::F32(b)) => self.float.add_dot(a, b),
            (Block::I64(_) | Block::U64(_), Block::I64(_) | Block::U64(_)) => {
                for i in 0..a.len() {
                    let (x, y) = (a.integer(i), b.integer(i));
                    let size = x.unsigned_abs() * y.unsigned_abs();
                    let sign = if (x < 0) == (y < 0) { 1 } else { -1 };
                    self.float.add_scaled(sign * (size as u64 as i128), 0);
                    self.float.add_scaled(sign * ((size >> 64) as i128), 64);
                }
            }
            _ => {
                for i in 0..a.len() {
                    self.push_mixed(a, b, i);
                }
            }
        }
    }

    pub(super) fn special(&self) -> Option<f64> {
        self.float.special()
    }

    pub(super) fn value(&self) -> Ratio {
        self.float.value()
    }

    /// Returns the sum, rounded once.
    pub(super) fn round(&self, dtype: Dtype) -> f64 {
        match dtype {
            Dtype::F32 => f64::from(self.float.round::<f32>()),
            Dtype::F16 => f64::from(self.float.round::<half::f16>()),
            _ => self.float.round(),
        }
    }

    /// One product of which a factor is no double: integers above 2^53 are kept whole.
    fn push_mixed(&mut self, a: Block<'_>, b: Block<'_>, i: usize) {
        let ((x, more_x), (y, more_y)) = (a.halves(i), b.halves(i));
        self.float.add(x, y);
        // An infinity has been counted, with its sign: what rounding left of the other does not change it.
        if x.is_finite() && y.is_finite() {
            for (x, y) in [(x, more_y), (more_x, y), (more_x, more_y)] {
                if x != 0.0 && y != 0.0 {
                    self.float.add(x, y);
                }
            }
        }
    }
}

/// Returns Σxy of floats of one type with a bound of its error, where there is room for it.
pub(super) fn estimated_dot(a: Block<'_>, b: Block<'_>) -> Option<Estimate> {
    match (a, b) {
        (Block::F64(a), Block::F64(b)) => inner::estimate(a, b),
        (Block::F32(a), Block::F32(b)) => inner::estimate(a, b),
        _ => None,
    }
}

/// Returns the float of this type that an estimate decides.
pub(super) fn rounded(estimate: Estimate, dtype: Dtype) -> Option<f64> {
    match dtype {
        Dtype::F32 => estimate.rounded::<f32>().map(f64::from),
        Dtype::F16 => estimate.rounded::<half::f16>().map(f64::from),
        _ => estimate.rounded(),
    }
}

/// Two arrays, broadcast to one shape, with the lanes of each one after the other.
pub(super) struct Pairs<'a> {
    a: Gathered<'a>,
    b: Gathered<'a>,
    plan: ReducedAxes,
    shape: Vec<usize>,
    len: usize,
}

impl<'a> Pairs<'a> {
    pub(super) fn new(op: &'static str, a: &Values<'a>, b: &Values<'a>, axes: &Axes) -> Result<Self> {
        let shape = common_shape(a.shape(), b.shape())?;
        let plan = ReducedAxes::new(axes, shape.len())?;
        let order = plan.order();
        let len = plan.len_reduced(&shape);
        let read = |values| Gathered::arranged(values, op, &shape, &order);
        Ok(Self { a: read(a)?, b: read(b)?, plan, len, shape })
    }

    /// Calls `each` for every pair of lanes, and gives the results their shape.
    pub(super) fn fold(
        &self,
        options: &Options<'_>,
        dtype: Dtype,
        each: impl Fn(Block<'_>, Block<'_>) -> Result<Number>,
    ) -> Result<Output> {
        let (lanes, shape) = self.result(options.keepdims);
        check_room(&shape, 1)?;
        let each = |i: usize| {
            let (a, b) = self.lane(i);
            each(a, b)
        };
        let results = (0..lanes).map(each).collect::<Result<Vec<_>>>()?;
        Ok(output(&results, dtype, shape))
    }

    /// Returns how many lanes there are, and the shape of their results.
    pub(super) fn result(&self, keepdims: bool) -> (usize, Vec<usize>) {
        let lanes = self.plan.shape(&self.shape, false).iter().product::<usize>();
        (lanes, self.plan.shape(&self.shape, keepdims))
    }

    pub(super) fn lane(&self, i: usize) -> (Block<'_>, Block<'_>) {
        (self.a.part(i * self.len, self.len), self.b.part(i * self.len, self.len))
    }
}

/// Returns the type of Σxy: floats as NumPy promotes, integers in 64 bits as sums.
pub(super) fn product_dtype(a: Dtype, b: Dtype) -> Dtype {
    let unsigned = |dtype: Dtype| dtype.is_integer() && !dtype.is_signed();
    let signed = a.is_signed() || b.is_signed() || !(unsigned(a) || unsigned(b));
    match (a.is_real_float() || b.is_real_float(), signed) {
        (true, _) => float_of_both(a, b),
        (false, true) => Dtype::I64,
        (false, false) => Dtype::U64,
    }
}

/// Returns the type of Σwx / Σw: of integers float64 at least, as NumPy.
pub(super) fn average_dtype(values: Dtype, weights: Dtype) -> Dtype {
    if values.is_real_float() { float_of_both(values, weights) } else { Dtype::F64 }
}

/// Returns xy / √(xx yy), rounded once; NaN if the divisor is 0.
pub(super) fn quotient_of_root(xy: &Ratio, xx: &Ratio, yy: &Ratio, dtype: Dtype) -> f64 {
    let divisor = xx.mul(yy);
    if divisor.is_zero() {
        return f64::NAN;
    }
    let size = xy.mul(xy).divided_by(&divisor, true, precision(dtype));
    if xy.is_negative() { -size } else { size }
}
