//! A request: which reduction of which type with which keywords, and the type of its result.

use super::dtype::Dtype;
use super::names::{Family, Keeps, Reduction, ResultType};
use super::number::{Number, precision, round_to};
use super::options::{Method, NormOrder, Options, Quantiles};
use super::output::Scalar;
use crate::error::{Error, ErrorKind, Result};
use crate::kernel::fold::round::Precision;
use crate::kernel::fold::variance::Spread;
use crate::text::number;

/// All that a state must know about the call.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) op: &'static str,
    pub(super) family: Family,
    pub(super) skip_nan: bool,
    pub(super) ddof: f64,
    /// The result's type.
    pub(super) out: Dtype,
    /// What floats are rounded to.
    precision: Precision,
    /// What differences of two elements are rounded to.
    lane_precision: Precision,
    /// The quantiles asked for, in 0..=1.
    pub(super) q: Vec<f64>,
    pub(super) method: Method,
    /// How many results a lane has; `None` is one without an axis of its own.
    pub(super) width: Option<usize>,
    pub(super) bias: bool,
    pub(super) fisher: bool,
    pub(super) order: usize,
    /// The norm's place among all.
    pub(super) ord: u8,
    /// One more element of every lane, in the type of the result.
    pub(super) initial: Option<Number>,
}

impl Request {
    pub(super) fn new(reduction: Reduction, dtype: Dtype, options: &Options<'_>) -> Result<Self> {
        let op = reduction.name();
        let family = match (reduction.family(), options.ord) {
            (Family::Norm, NormOrder::Zero) => Family::Norm0,
            (Family::Norm, NormOrder::One) => Family::Norm1,
            (Family::Norm, NormOrder::Infinity) => Family::NormMax,
            (Family::Norm, NormOrder::NegativeInfinity) => Family::NormMin,
            (family, _) => family,
        };
        let natural = natural_dtype(family, dtype, options);
        let free = matches!(family.result(), ResultType::Total | ResultType::AnyFloat);
        let out = match options.dtype {
            Some(wanted) if wanted == natural => natural,
            Some(wanted) if free && wanted.is_real_float() => wanted,
            Some(wanted) if free && natural.is_integer() && matches!(wanted, Dtype::I64 | Dtype::U64) => {
                wanted
            }
            Some(wanted) => {
                return Err(ErrorKind::UnsupportedDtype {
                    op,
                    expected: "a float dtype for the result, or int64 and uint64 for sums of integers",
                    got: wanted.name().to_owned(),
                }
                .into());
            }
            None => natural,
        };
        if family == Family::Ptp && dtype == Dtype::Bool {
            return Err(ErrorKind::UnsupportedDtype {
                op,
                expected: "numbers",
                got: dtype.name().to_owned(),
            }
            .into());
        }
        let width = match (family, &options.q) {
            (Family::Quantile | Family::Percentile, Quantiles::Many(list)) => Some(list.len()),
            (Family::Minmax, _) => Some(2),
            (Family::Moments, _) => Some(usize::from(options.order)),
            _ => None,
        };
        if matches!(family, Family::Var | Family::Std) && !options.ddof.is_finite() {
            return Err(Error::bad_parameter("ddof", "a finite number", options.ddof));
        }
        if family == Family::Moments && !(1..=4).contains(&options.order) {
            return Err(Error::bad_parameter("order", "1 to 4", options.order));
        }
        let q = if matches!(family, Family::Quantile | Family::Percentile) {
            fractions(family, &options.q)?
        } else {
            Vec::new()
        };
        Ok(Self {
            op,
            family,
            skip_nan: reduction.skips_nan() && dtype.is_real_float(),
            ddof: options.ddof,
            out,
            precision: precision(out),
            lane_precision: precision(dtype),
            q,
            method: options.method,
            width,
            bias: options.bias,
            fisher: options.fisher,
            order: usize::from(options.order),
            ord: options.ord as u8,
            initial: options.initial.map(|initial| first(family, initial, out)).transpose()?,
        })
    }

    /// What floats are rounded to.
    pub(super) fn precision(&self) -> Precision {
        self.precision
    }

    /// Rounds to the result's type.
    pub(super) fn round(&self, value: f64) -> f64 {
        round_to(value, self.precision)
    }

    /// Rounds to the type of the elements.
    pub(super) fn round_lane(&self, value: f64) -> f64 {
        round_to(value, self.lane_precision)
    }

    /// Returns what is asked of the squares, if that is all that is asked for.
    pub(super) fn spread(&self) -> Option<Spread> {
        match self.family {
            Family::Var => Some(Spread::Var(self.ddof)),
            Family::Std => Some(Spread::Std(self.ddof)),
            Family::Norm => Some(Spread::Norm),
            _ => None,
        }
    }

    /// Refuses what a lane of this many elements has no value for.
    pub(super) fn check_len(&self, len: usize) -> Result<()> {
        if len == 0 && !self.family.has_value_of_nothing() && self.initial.is_none() {
            return Err(ErrorKind::Empty { op: self.op }.into());
        }
        let divides = matches!(self.family, Family::Var | Family::Std);
        if divides && len as f64 <= self.ddof {
            return Err(Error::bad_parameter(
                "ddof",
                format!("a number below the {len} elements that are reduced"),
                number(self.ddof),
            ));
        }
        Ok(())
    }

    /// Refuses a mask where positions are asked for: they are counted among all elements.
    pub(super) fn check_mask(&self, given: bool) -> Result<()> {
        if given && matches!(self.family, Family::Argmin | Family::Argmax) {
            return Err(Error::bad_parameter("where", format!("no mask for {}", self.op), "a mask"));
        }
        Ok(())
    }

    /// Whether a lane that lies together is reduced so much faster than by a state that lanes are gathered.
    pub(super) fn gathers(&self) -> bool {
        matches!(self.family.keeps(), Keeps::Squares | Keeps::Powers | Keeps::Elements)
    }

    /// Whether a state keeps every element.
    pub(super) fn keeps_all(&self) -> bool {
        self.family.keeps() == Keeps::Elements
    }

    /// Whether states of parts may be merged into that of the whole, at little cost.
    pub(super) fn merges(&self) -> bool {
        self.family.merges()
    }

    /// Whether the result depends on the order of the elements of a lane.
    pub(super) fn is_ordered(&self) -> bool {
        self.family.is_ordered()
    }
}

/// Returns the quantiles as fractions, checked.
fn fractions(family: Family, q: &Quantiles) -> Result<Vec<f64>> {
    let (scale, expected) = match family {
        Family::Percentile => (100.0, "numbers in 0..=100"),
        _ => (1.0, "numbers in 0..=1"),
    };
    let list = match q {
        Quantiles::Middle => &[scale / 2.0],
        Quantiles::One(q) => core::slice::from_ref(q),
        Quantiles::Many(list) => list,
    };
    match list.iter().find(|&&q| !(0.0..=scale).contains(&q)) {
        Some(wrong) => Err(Error::bad_parameter("q", expected, number(*wrong))),
        None => Ok(list.iter().map(|q| q / scale).collect()),
    }
}

/// Returns the result's type as NumPy has it.
fn natural_dtype(family: Family, dtype: Dtype, options: &Options<'_>) -> Dtype {
    match family.result() {
        ResultType::Count => Dtype::I64,
        ResultType::Truth => Dtype::Bool,
        ResultType::Total if dtype == Dtype::Bool || dtype.is_signed() => Dtype::I64,
        ResultType::Total if dtype.is_integer() => Dtype::U64,
        ResultType::Quantile if options.method.is_discrete() => dtype,
        // A list of quantiles is an array of doubles for NumPy, and takes the result with it.
        ResultType::Quantile if matches!(options.q, Quantiles::Many(_)) => Dtype::F64,
        ResultType::AnyFloat | ResultType::Float | ResultType::Quantile if !dtype.is_real_float() => {
            Dtype::F64
        }
        _ => dtype,
    }
}

/// Returns what a lane begins with, as an element of the result's type.
fn first(family: Family, initial: Scalar, out: Dtype) -> Result<Number> {
    let float = initial.to_f64();
    let refused = |expected: &str| {
        Err(Error::bad_parameter("initial", expected, float.map_or("a complex number".to_owned(), number)))
    };
    if !matches!(family, Family::Sum | Family::Prod | Family::Min | Family::Max) {
        return refused("none but for sums, products, minima and maxima");
    }
    let Some(float) = float else { return refused("a real number") };
    match out {
        Dtype::F64 => return Ok(Number::F(float)),
        Dtype::F32 => return Ok(Number::F(f64::from(float as f32))),
        Dtype::F16 => return Ok(Number::F(round_to(float, Precision::F16))),
        Dtype::Bool => return Ok(Number::I(i64::from(float != 0.0))),
        _ => {}
    }
    let whole = match initial {
        Scalar::I64(whole) => i128::from(whole),
        Scalar::U64(whole) => i128::from(whole),
        _ if float.is_finite() => float as i128,
        _ => return refused("a finite number for integers"),
    };
    let bits = 8 * out.len_bytes() as u32;
    let (low, high) =
        if out.is_signed() { (-1 << (bits - 1), (1 << (bits - 1)) - 1) } else { (0, (1 << bits) - 1) };
    match whole {
        _ if !(low..=high).contains(&whole) => refused(out.name()),
        _ if out.is_signed() => Ok(Number::I(whole as i64)),
        _ => Ok(Number::U(whole as u64)),
    }
}
