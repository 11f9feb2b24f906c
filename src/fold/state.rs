//! What is known of a lane after each piece, and what does it come to in the end?

use core::cmp::Ordering;

use super::big::{Big, Precision};
use super::bytes::{Reader, corrupt, write_list};
use super::dtype::Dtype;
use super::fixed_order::Lanes;
use super::lanes::Block;
use super::options::{NormOrder, Options, Quantiles};
use super::order::{self, Kept, Method};
use super::powers::Powers;
use super::reduce::Reduction;
use crate::error::{Error, Result};
use crate::kernel::count;
use crate::kernel::exact::{ExactSum, SUM_UNIT};
use crate::kernel::extrema::{self, Ordered};
use crate::kernel::products::{ExactProducts, PRODUCT_UNIT};
use crate::kernel::{moments, sum};

/// What is computed, whatever happens to NaN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Sum,
    Mean,
    /// Sum and mean of floats in the fixed order of `exact=False`.
    LaneSum,
    LaneMean,
    Prod,
    Var,
    Std,
    Norm,
    /// The norms of `ord` 0, 1, ∞ and −∞.
    Norm0,
    Norm1,
    NormMax,
    NormMin,
    Min,
    Max,
    Ptp,
    Argmin,
    Argmax,
    Any,
    All,
    CountNonzero,
    Count,
    Median,
    Quantile,
    Percentile,
    Minmax,
    Skew,
    Kurtosis,
    Moments,
}

impl Kind {
    fn is_norm(self) -> bool {
        matches!(self, Self::Norm | Self::Norm0 | Self::Norm1 | Self::NormMax | Self::NormMin)
    }
}

/// All that a state must know about the call.
#[derive(Clone, Debug)]
pub(super) struct Spec {
    pub(super) op: &'static str,
    pub(super) kind: Kind,
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
}

impl Spec {
    pub(super) fn new(reduction: Reduction, dtype: Dtype, options: &Options<'_>) -> Result<Self> {
        let op = reduction.name();
        let kind = match (reduction.kind(), options.ord) {
            (Kind::Norm, NormOrder::Zero) => Kind::Norm0,
            (Kind::Norm, NormOrder::One) => Kind::Norm1,
            (Kind::Norm, NormOrder::Infinity) => Kind::NormMax,
            (Kind::Norm, NormOrder::NegativeInfinity) => Kind::NormMin,
            (kind, _) => kind,
        };
        let natural = natural_dtype(kind, dtype, options);
        let exact = options.exact || !dtype.is_real_float();
        let free = matches!(
            kind,
            Kind::Sum
                | Kind::Prod
                | Kind::Mean
                | Kind::Var
                | Kind::Std
                | Kind::Norm
                | Kind::Skew
                | Kind::Kurtosis
                | Kind::Moments
        );
        let out = match options.dtype {
            Some(wanted) if wanted == natural => natural,
            Some(wanted) if free && wanted.is_real_float() => wanted,
            Some(wanted) if free && natural.is_integer() && matches!(wanted, Dtype::I64 | Dtype::U64) => {
                wanted
            }
            Some(wanted) => {
                return Err(Error::UnsupportedDtype {
                    op,
                    expected: "a float dtype for the result, or int64 and uint64 for sums of integers",
                    got: wanted.name().to_owned(),
                });
            }
            None => natural,
        };
        if kind == Kind::Ptp && dtype == Dtype::Bool {
            return Err(Error::UnsupportedDtype { op, expected: "numbers", got: dtype.name().to_owned() });
        }
        let width = match (kind, &options.q) {
            (Kind::Quantile | Kind::Percentile, Quantiles::Many(list)) => Some(list.len()),
            (Kind::Minmax, _) => Some(2),
            (Kind::Moments, _) => Some(usize::from(options.order)),
            _ => None,
        };
        if kind == Kind::Moments && !(1..=4).contains(&options.order) {
            return Err(Error::BadParameter {
                name: "order",
                expected: "1 to 4".to_owned(),
                got: options.order.to_string(),
            });
        }
        let q = if matches!(kind, Kind::Quantile | Kind::Percentile) {
            fractions(kind, &options.q)?
        } else {
            Vec::new()
        };
        let kind = match kind {
            Kind::Sum if !exact => Kind::LaneSum,
            Kind::Mean if !exact => Kind::LaneMean,
            kind => kind,
        };
        Ok(Self {
            op,
            kind,
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

    /// Refuses what a lane of this many elements has no value for.
    pub(super) fn check_len(&self, len: usize) -> Result<()> {
        let needed = !matches!(
            self.kind,
            Kind::Sum
                | Kind::LaneSum
                | Kind::Prod
                | Kind::Norm
                | Kind::Norm0
                | Kind::Norm1
                | Kind::Any
                | Kind::All
                | Kind::CountNonzero
                | Kind::Count
        );
        if needed && len == 0 {
            return Err(Error::Empty { op: self.op });
        }
        let divides = matches!(self.kind, Kind::Var | Kind::Std);
        let divisor = len as f64 - self.ddof;
        if divides && (divisor <= 0.0 || divisor.is_nan()) {
            return Err(Error::BadParameter {
                name: "ddof",
                expected: format!("a number below the {len} elements that are reduced"),
                got: self.ddof.to_string(),
            });
        }
        Ok(())
    }

    /// Whether [`one_shot`](Self::one_shot) is so much faster than a state that lanes are gathered for it.
    pub(super) fn gathers(&self) -> bool {
        matches!(
            self.kind,
            Kind::Var | Kind::Std | Kind::Norm | Kind::Median | Kind::Quantile | Kind::Percentile
        )
    }

    /// Puts down the results of a lane that lies together and returns true, where the kernel has a way of its
    /// own for that.
    pub(super) fn one_shot(&self, block: Block<'_>, cells: &mut Vec<Cell>) -> bool {
        let ordered = matches!(self.kind, Kind::Median | Kind::Quantile | Kind::Percentile);
        if ordered || self.skip_nan {
            if order::has_nan(block) {
                return false;
            }
            if ordered {
                order::in_order(block, self, cells);
                return true;
            }
        }
        let cell = self.one_shot_cell(block);
        cells.extend(cell);
        cell.is_some()
    }

    fn one_shot_cell(&self, block: Block<'_>) -> Option<Cell> {
        match (self.kind, self.out, block) {
            (Kind::Sum, Dtype::F64, Block::F64(x)) => Some(Cell::F(sum::sum(x))),
            (Kind::Sum, Dtype::F32, Block::F32(x)) => Some(Cell::F(f64::from(sum::sum::<f32, f32>(x)))),
            (Kind::Var, Dtype::F64, Block::F64(x)) => Some(Cell::F(moments::var(x, self.ddof))),
            (Kind::Var, Dtype::F32, Block::F32(x)) => {
                Some(Cell::F(f64::from(moments::var::<f32, f32>(x, self.ddof))))
            }
            (Kind::Std, Dtype::F64, Block::F64(x)) => Some(Cell::F(moments::std(x, self.ddof))),
            (Kind::Std, Dtype::F32, Block::F32(x)) => {
                Some(Cell::F(f64::from(moments::std::<f32, f32>(x, self.ddof))))
            }
            (Kind::Norm, Dtype::F64, Block::F64(x)) => Some(Cell::F(moments::norm(x))),
            (Kind::Norm, Dtype::F32, Block::F32(x)) => Some(Cell::F(f64::from(moments::norm::<f32, f32>(x)))),
            (Kind::Mean, Dtype::F64, Block::F64(x)) => Some(Cell::F(sum::mean(x))),
            (Kind::Mean, Dtype::F32, Block::F32(x)) => Some(Cell::F(f64::from(sum::mean::<f32, f32>(x)))),
            _ => None,
        }
    }

    /// Whether the result depends on the order of the elements of a lane.
    pub(super) fn is_ordered(&self) -> bool {
        matches!(self.kind, Kind::Argmin | Kind::Argmax | Kind::Prod) || self.is_rounded_on_the_way()
    }

    /// Whether sums are in the fixed order of `exact=False`.
    pub(super) fn is_rounded_on_the_way(&self) -> bool {
        matches!(self.kind, Kind::LaneSum | Kind::LaneMean)
    }
}

pub(super) fn precision(dtype: Dtype) -> Precision {
    match dtype {
        Dtype::F32 => Precision::F32,
        Dtype::F16 => Precision::F16,
        _ => Precision::F64,
    }
}

/// Returns the quantiles as fractions, checked.
fn fractions(kind: Kind, q: &Quantiles) -> Result<Vec<f64>> {
    let (scale, expected) = match kind {
        Kind::Percentile => (100.0, "numbers in 0..=100"),
        _ => (1.0, "numbers in 0..=1"),
    };
    let list = match q {
        Quantiles::One(q) => core::slice::from_ref(q),
        Quantiles::Many(list) => list,
    };
    match list.iter().find(|&&q| !(0.0..=scale).contains(&q)) {
        Some(wrong) => {
            Err(Error::BadParameter { name: "q", expected: expected.to_owned(), got: wrong.to_string() })
        }
        None => Ok(list.iter().map(|q| q / scale).collect()),
    }
}

/// Returns the result's type as NumPy has it.
fn natural_dtype(kind: Kind, dtype: Dtype, options: &Options<'_>) -> Dtype {
    match kind {
        Kind::Quantile | Kind::Percentile if options.method.is_discrete() => dtype,
        // A list of quantiles is an array of doubles for NumPy, and takes the result with it.
        Kind::Quantile | Kind::Percentile if matches!(options.q, Quantiles::Many(_)) => Dtype::F64,
        Kind::Median | Kind::Quantile | Kind::Percentile | Kind::Skew | Kind::Kurtosis | Kind::Moments
            if !dtype.is_real_float() =>
        {
            Dtype::F64
        }
        Kind::Sum | Kind::Prod if dtype == Dtype::Bool || dtype.is_signed() => Dtype::I64,
        Kind::Sum | Kind::Prod if dtype.is_integer() => Dtype::U64,
        Kind::Mean | Kind::Var | Kind::Std if !dtype.is_real_float() => Dtype::F64,
        kind if kind.is_norm() && !dtype.is_real_float() => Dtype::F64,
        Kind::Argmin | Kind::Argmax | Kind::CountNonzero | Kind::Count => Dtype::I64,
        Kind::Any | Kind::All => Dtype::Bool,
        _ => dtype,
    }
}

/// One result, before it takes its dtype.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cell {
    F(f64),
    I(i64),
    U(u64),
}

impl Cell {
    /// The bits of an integer, which wrap round as NumPy's do; floats are cut off.
    pub(super) fn to_bits(self) -> u64 {
        match self {
            Self::F(value) => value as i64 as u64,
            Self::I(value) => value as u64,
            Self::U(value) => value,
        }
    }

    /// The number as a double; NaN is the one quiet NaN, whose bits machines do not agree on.
    pub(super) fn to_f64(self) -> f64 {
        match self {
            Self::F(value) if value.is_nan() => f64::NAN,
            Self::F(value) => value,
            Self::I(value) => value as f64,
            Self::U(value) => value as f64,
        }
    }
}

/// Σx, exactly.
#[derive(Clone, Debug, Default)]
pub(super) struct Total {
    n: u64,
    float: ExactSum,
    integer: i128,
}

impl Total {
    /// Returns NaN or an infinity if the sum is one.
    pub(super) fn special(&self) -> Option<f64> {
        self.float.special()
    }

    pub(super) fn push(&mut self, block: Block<'_>) {
        self.n += block.len() as u64;
        match block {
            Block::F64(x) => self.float.add_slice(x),
            Block::F32(x) => self.float.add_slice(x),
            Block::I64(x) => self.integer += x.iter().map(|&x| i128::from(x)).sum::<i128>(),
            Block::U64(x) => self.integer += x.iter().map(|&x| i128::from(x)).sum::<i128>(),
        }
    }

    fn merge(&mut self, other: &Self) {
        self.n += other.n;
        self.float.merge(&other.float);
        self.integer += other.integer;
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.n.to_le_bytes());
        bytes.extend(self.integer.to_le_bytes());
        write_list(bytes, &self.float.to_bytes());
    }

    fn read(bytes: &mut Reader<'_>) -> Result<Self> {
        let (n, integer) = (bytes.u64()?, bytes.i128()?);
        Ok(Self { n, integer, float: ExactSum::from_bytes(bytes.list()?).map_err(corrupt)? })
    }

    /// Adds what is not NaN. NaN counts as a zero, which is faster than to leave it out.
    fn push_numbers(&mut self, block: Block<'_>) {
        let mut add = |piece: Block<'_>, nans: u64| {
            self.push(piece);
            self.n -= nans;
        };
        match block {
            Block::F64(x) => with_zeros(x, |piece, nans| add(Block::F64(piece), nans)),
            Block::F32(x) => with_zeros(x, |piece, nans| add(Block::F32(piece), nans)),
            Block::I64(_) | Block::U64(_) => self.push(block),
        }
    }

    /// The exact sum of integers as one of floats.
    fn float(&self) -> ExactSum {
        let mut float = self.float.clone();
        float.add_scaled(self.integer, 0);
        float
    }

    pub(super) fn value(&self) -> Big {
        Big::of_wide(self.float().finite(), SUM_UNIT)
    }

    pub(super) fn sum(&self, spec: &Spec) -> Cell {
        if spec.out.is_integer() {
            return Cell::U(self.integer as u64);
        }
        let sum = self.float();
        Cell::F(match spec.out {
            Dtype::F32 => f64::from(sum.to_f32()),
            Dtype::F16 => f64::from(sum.to_f16()),
            _ => sum.to_f64(),
        })
    }

    fn mean(&self, spec: &Spec) -> f64 {
        let (sum, n) = (self.float(), self.n);
        match spec.out {
            Dtype::F32 => f64::from(sum.mean_f32(n)),
            Dtype::F16 => f64::from(sum.mean_f16(n)),
            _ => sum.mean_f64(n),
        }
    }
}

/// Passes on pieces in which zeros stand for NaN, and how many do.
fn with_zeros<T: Ordered + Default>(x: &[T], mut push: impl FnMut(&[T], u64)) {
    let mut piece = [T::default(); 2048];
    for part in x.chunks(piece.len()) {
        let nans = count::count_nan(part);
        if nans == 0 {
            push(part, 0);
            continue;
        }
        for (slot, &x) in piece.iter_mut().zip(part) {
            *slot = if x.is_nan() { T::default() } else { x };
        }
        push(&piece[..part.len()], nans);
    }
}

/// Σx², exactly.
#[derive(Clone, Debug, Default)]
pub(super) struct Squares {
    float: ExactProducts,
    /// Σ of the low and of the high halves of the squares of integers.
    integer: [u128; 2],
}

impl Squares {
    fn merge(&mut self, other: &Self) {
        self.float.merge(&other.float);
        for (sum, other) in self.integer.iter_mut().zip(other.integer) {
            *sum += other;
        }
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        write_list(bytes, &self.float.to_bytes());
        self.integer.iter().for_each(|part| bytes.extend(part.to_le_bytes()));
    }

    fn read(bytes: &mut Reader<'_>) -> Result<Self> {
        let float = ExactProducts::from_bytes(bytes.list()?).map_err(corrupt)?;
        Ok(Self { float, integer: [bytes.i128()? as u128, bytes.i128()? as u128] })
    }

    fn push(&mut self, block: Block<'_>) {
        let [low, high] = &mut self.integer;
        let mut add = |size: u64| {
            let square = u128::from(size) * u128::from(size);
            *low += square & u128::from(u64::MAX);
            *high += square >> 64;
        };
        match block {
            Block::F64(x) => self.float.add_squares(x),
            Block::F32(x) => self.float.add_squares(x),
            Block::I64(x) => x.iter().for_each(|x| add(x.unsigned_abs())),
            Block::U64(x) => x.iter().for_each(|&x| add(x)),
        }
    }

    fn value(&self) -> Big {
        let [low, high] = self.integer;
        if low == 0 && high == 0 {
            return Big::of_wide(self.float.finite(), PRODUCT_UNIT);
        }
        let limbs = |x: u128| vec![x as u64, (x >> 64) as u64];
        Big::new(false, limbs(low), 0).add(&Big::new(false, limbs(high), 64))
    }

    fn norm(&self, spec: &Spec) -> f64 {
        self.float
            .special()
            .unwrap_or_else(|| self.value().divided_by(&Big::from_u64(1), true, spec.precision))
    }
}

/// Returns (nΣx² − (Σx)²) / (n (n − ddof)), or its root, rounded once.
fn variance(total: &Total, squares: &Squares, spec: &Spec) -> f64 {
    let n = total.n;
    if n == 0 || total.float.special().is_some() {
        return f64::NAN;
    }
    let count = Big::from_u64(n);
    let sum = total.value();
    let numerator = count.mul(&squares.value()).sub(&sum.mul(&sum));
    let divisor = n as f64 - spec.ddof;
    if divisor > 0.0 {
        let divisor = count.mul(&Big::from_f64(divisor));
        numerator.divided_by(&divisor, spec.kind == Kind::Std, spec.precision)
    } else {
        f64::NAN // NaNs or the mask left too little
    }
}

/// The smallest and the largest element, where each stands first, and the first NaN.
#[derive(Clone, Debug, Default)]
pub(super) struct Extreme {
    n: u64,
    low: Option<(Cell, u64)>,
    high: Option<(Cell, u64)>,
    nan: Option<u64>,
}

impl Extreme {
    fn push(&mut self, block: Block<'_>, spec: &Spec) {
        match block {
            Block::F64(x) => self.scan(x, Cell::F, spec),
            Block::F32(x) => self.scan(x, |x| Cell::F(f64::from(x)), spec),
            Block::I64(x) => self.scan(x, Cell::I, spec),
            Block::U64(x) => self.scan(x, Cell::U, spec),
        }
        self.n += block.len() as u64;
    }

    fn scan<T: Ordered>(&mut self, x: &[T], cell: impl Fn(T) -> Cell, spec: &Spec) {
        let place = |at: usize| (x[at], at);
        let nowhere = |found: T| (found, 0);
        let both = || if spec.skip_nan { extrema::nan_min_max(x) } else { extrema::min_max(x) };
        let (low, high) = match (spec.kind, spec.skip_nan) {
            (Kind::Argmin, false) => (extrema::argmin(x).map(place), None),
            (Kind::Argmin, true) => (extrema::nan_argmin(x).map(place), None),
            (Kind::Argmax, false) => (None, extrema::argmax(x).map(place)),
            (Kind::Argmax, true) => (None, extrema::nan_argmax(x).map(place)),
            (Kind::Min | Kind::NormMin, false) => (extrema::min(x).map(nowhere), None),
            (Kind::Max | Kind::NormMax, false) => (None, extrema::max(x).map(nowhere)),
            _ => both().map_or((None, None), |(low, high)| (Some(nowhere(low)), Some(nowhere(high)))),
        };
        let positions = matches!(spec.kind, Kind::Argmin | Kind::Argmax);
        let mut note = |found: Option<(T, usize)>, best: Option<(Cell, u64)>, side| match found {
            Some((value, at)) if value.is_nan() => {
                self.nan = self.nan.or(Some(self.n + at as u64));
                best
            }
            found => {
                better(best, found.map(|(value, at)| (cell(value), self.n + at as u64)), side, positions)
            }
        };
        self.low = note(low, self.low, Ordering::Less);
        self.high = note(high, self.high, Ordering::Greater);
    }

    fn merge(&mut self, other: &Self, spec: &Spec) {
        let n = self.n;
        let positions = matches!(spec.kind, Kind::Argmin | Kind::Argmax);
        let later = |found: Option<(Cell, u64)>| found.map(|(cell, at)| (cell, at + n));
        self.low = better(self.low, later(other.low), Ordering::Less, positions);
        self.high = better(self.high, later(other.high), Ordering::Greater, positions);
        self.nan = self.nan.or(other.nan.map(|at| at + n));
        self.n += other.n;
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.n.to_le_bytes());
        bytes.extend(self.nan.unwrap_or(u64::MAX).to_le_bytes());
        for found in [self.low, self.high] {
            let (cell, at) = found.unwrap_or((Cell::I(0), u64::MAX));
            let (kind, bits) = match cell {
                Cell::F(value) => (0, value.to_bits()),
                Cell::I(value) => (1, value as u64),
                Cell::U(value) => (2, value),
            };
            bytes.push(kind);
            bytes.extend(bits.to_le_bytes());
            bytes.extend(at.to_le_bytes());
        }
    }

    fn read(bytes: &mut Reader<'_>) -> Result<Self> {
        let (n, nan) = (bytes.u64()?, bytes.u64()?);
        let mut found = || {
            let (kind, bits, at) = (bytes.u8()?, bytes.u64()?, bytes.u64()?);
            let cell = match kind {
                0 => Cell::F(f64::from_bits(bits)),
                1 => Cell::I(bits as i64),
                2 => Cell::U(bits),
                _ => return Err(corrupt("unknown kind of number")),
            };
            Ok((at != u64::MAX).then_some((cell, at)))
        };
        let (low, high) = (found()?, found()?);
        Ok(Self { n, low, high, nan: (nan != u64::MAX).then_some(nan) })
    }

    fn finish(&self, spec: &Spec, cells: &mut Vec<Cell>) -> Result<()> {
        if self.n == 0 {
            return Err(Error::Empty { op: spec.op });
        }
        let nan = self.nan.filter(|_| !spec.skip_nan);
        // Only the side that is asked for may be known.
        let (low, high) = match (self.low.or(self.high), self.high.or(self.low), nan) {
            (Some(low), Some(high), None) => (low, high),
            (_, _, Some(at)) => ((Cell::F(f64::NAN), at), (Cell::F(f64::NAN), at)),
            _ if matches!(spec.kind, Kind::Argmin | Kind::Argmax) => {
                return Err(Error::AllNan { op: spec.op });
            }
            _ => ((Cell::F(f64::NAN), 0), (Cell::F(f64::NAN), 0)),
        };
        cells.push(match spec.kind {
            Kind::Max | Kind::NormMax => high.0,
            Kind::Argmin => Cell::I(low.1 as i64),
            Kind::Argmax => Cell::I(high.1 as i64),
            Kind::Ptp => match (low.0, high.0) {
                (Cell::F(low), Cell::F(high)) => Cell::F(spec.round(high - low)),
                (low, high) => Cell::U(high.to_bits().wrapping_sub(low.to_bits())),
            },
            _ => low.0,
        });
        if spec.kind == Kind::Minmax {
            cells.push(high.0);
        }
        Ok(())
    }
}

/// Returns the element that is further to that side, or the first of two equal ones. −0 is below +0
/// unless positions are asked for.
fn better(
    a: Option<(Cell, u64)>,
    b: Option<(Cell, u64)>,
    side: Ordering,
    positions: bool,
) -> Option<(Cell, u64)> {
    let (Some((x, _)), Some((y, _))) = (a, b) else { return a.or(b) };
    let order = match (x, y) {
        (Cell::F(x), Cell::F(y)) if positions && x == y => Ordering::Equal,
        (Cell::F(x), Cell::F(y)) => y.total_cmp(&x),
        (Cell::U(x), Cell::U(y)) => y.cmp(&x),
        (x, y) => (y.to_bits() as i64).cmp(&(x.to_bits() as i64)),
    };
    if order == side { b } else { a }
}

/// Rounds a double once more; the doubles that come here are exact or meant to be rounded twice.
pub(super) fn round_to(value: f64, precision: Precision) -> f64 {
    if precision == Precision::F64 || !value.is_finite() {
        value
    } else {
        Big::from_f64(value).round(precision)
    }
}

/// A product with an exponent of its own, so that nothing overflows on the way.
#[derive(Clone, Debug)]
pub(super) struct Product {
    n: u64,
    /// Unevaluated sum of two doubles, the first in 1..2.
    high: f64,
    low: f64,
    exp: i64,
    /// 0, infinity or NaN among the factors.
    special: f64,
    integer: u64,
}

impl Default for Product {
    fn default() -> Self {
        Self { n: 0, high: 1.0, low: 0.0, exp: 0, special: 1.0, integer: 1 }
    }
}

impl Product {
    fn push(&mut self, block: Block<'_>) {
        self.n += block.len() as u64;
        match block {
            Block::F64(x) => x.iter().for_each(|&x| self.factor(x)),
            Block::F32(x) => x.iter().for_each(|&x| self.factor(f64::from(x))),
            Block::I64(x) => x.iter().for_each(|&x| self.integer = self.integer.wrapping_mul(x as u64)),
            Block::U64(x) => x.iter().for_each(|&x| self.integer = self.integer.wrapping_mul(x)),
        }
    }

    fn factor(&mut self, x: f64) {
        if x == 0.0 || !x.is_finite() {
            self.special *= x;
            return;
        }
        let (mut x, mut shift) = (x, 0);
        if x.abs() < f64::MIN_POSITIVE {
            x *= TWO_TO_54;
            shift = -54;
        }
        let bits = x.to_bits();
        self.exp += ((bits >> 52) & 0x7ff) as i64 - 1023 + shift;
        let x = f64::from_bits(bits & !(0x7ff << 52) | 1023 << 52);
        let (product, error) = two_product(self.high, x);
        let (high, low) = fast_two_sum(product, error + self.low * x);
        if high.abs() >= 2.0 {
            (self.high, self.low) = (high / 2.0, low / 2.0);
            self.exp += 1;
        } else {
            (self.high, self.low) = (high, low);
        }
    }

    fn finish(&self, spec: &Spec) -> Cell {
        if spec.out.is_integer() {
            return Cell::U(self.integer);
        }
        if self.special != 1.0 {
            return Cell::F(if self.special.is_nan() { f64::NAN } else { self.special * self.high.signum() });
        }
        if self.integer != 1 {
            return Cell::F(round_to(self.integer as i64 as f64, spec.precision));
        }
        let scale = Big::from_f64(self.high).add(&Big::from_f64(self.low)).scaled(self.exp);
        Cell::F(scale.round(spec.precision))
    }
}

const TWO_TO_54: f64 = (1u64 << 54) as f64;

/// Returns a·b and what was rounded off, exactly (Dekker 1971, by Veltkamp's split).
fn two_product(a: f64, b: f64) -> (f64, f64) {
    let split = |x: f64| {
        let c = 134_217_729.0 * x;
        let high = c - (c - x);
        (high, x - high)
    };
    let product = a * b;
    let ((a1, a2), (b1, b2)) = (split(a), split(b));
    (product, a2 * b2 - (((product - a1 * b1) - a2 * b1) - a1 * b2))
}

/// Returns a + b and what was rounded off, exactly, if |a| ≥ |b| (Dekker 1971).
fn fast_two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    (sum, b - (sum - a))
}

/// How many elements are true.
#[derive(Clone, Debug, Default)]
pub(super) struct Truth {
    n: u64,
    nonzero: u64,
}

impl Truth {
    fn push(&mut self, block: Block<'_>) {
        self.n += block.len() as u64;
        self.nonzero += match block {
            Block::F64(x) => count::count_nonzero(x),
            Block::F32(x) => count::count_nonzero(x),
            Block::I64(x) => count::count_nonzero(x),
            Block::U64(x) => count::count_nonzero(x),
        };
    }
}

/// What is known of one lane.
#[derive(Clone, Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "sums are the most of all states: a box would be an allocation a lane"
)]
pub(super) enum State {
    Total(Total),
    Lanes(Box<Lanes>),
    Squares(Box<(Total, Squares)>),
    Extreme(Extreme),
    Product(Product),
    Truth(Truth),
    Kept(Kept),
    Powers(Box<Powers>),
}

impl State {
    pub(super) fn new(spec: &Spec) -> Self {
        match spec.kind {
            Kind::Sum | Kind::Mean | Kind::Norm1 => Self::Total(Total::default()),
            Kind::LaneSum | Kind::LaneMean => Self::Lanes(Box::default()),
            Kind::Var | Kind::Std | Kind::Norm => Self::Squares(Box::default()),
            Kind::Min
            | Kind::Max
            | Kind::Minmax
            | Kind::Ptp
            | Kind::Argmin
            | Kind::Argmax
            | Kind::NormMax
            | Kind::NormMin => Self::Extreme(Extreme::default()),
            Kind::Median | Kind::Quantile | Kind::Percentile => Self::Kept(Kept::default()),
            Kind::Skew | Kind::Kurtosis | Kind::Moments => Self::Powers(Box::default()),
            Kind::Prod => Self::Product(Product::default()),
            Kind::Any | Kind::All | Kind::CountNonzero | Kind::Count | Kind::Norm0 => {
                Self::Truth(Truth::default())
            }
        }
    }

    /// Forgets everything, and keeps the memory.
    pub(super) fn reset(&mut self) {
        match self {
            Self::Total(total) => *total = Total::default(),
            Self::Lanes(lanes) => **lanes = Lanes::default(),
            Self::Squares(both) => **both = Default::default(),
            Self::Extreme(extreme) => *extreme = Extreme::default(),
            Self::Product(product) => *product = Product::default(),
            Self::Truth(truth) => *truth = Truth::default(),
            Self::Kept(kept) => kept.reset(),
            Self::Powers(powers) => **powers = Powers::default(),
        }
    }

    /// Adds a piece of the lane.
    pub(super) fn push(&mut self, spec: &Spec, block: Block<'_>) {
        if let (true, Self::Total(total)) = (spec.skip_nan, &mut *self) {
            return total.push_numbers(block);
        }
        if spec.skip_nan && !matches!(self, Self::Extreme(_) | Self::Lanes(_)) {
            return block.without_nan(&mut |block| self.add(spec, block));
        }
        if matches!(spec.kind, Kind::Norm1 | Kind::NormMax | Kind::NormMin) {
            return block.absolute(&mut |block| self.add(spec, block));
        }
        self.add(spec, block);
    }

    fn add(&mut self, spec: &Spec, block: Block<'_>) {
        match self {
            Self::Total(total) => total.push(block),
            Self::Lanes(lanes) => lanes.push(block, spec.skip_nan),
            Self::Squares(both) => {
                let (total, squares) = &mut **both;
                total.push(block);
                squares.push(block);
            }
            Self::Extreme(extreme) => extreme.push(block, spec),
            Self::Product(product) => product.push(block),
            Self::Truth(truth) => truth.push(block),
            Self::Kept(kept) => kept.push(block),
            Self::Powers(powers) => powers.push(block),
        }
    }

    /// Puts down the lane's results.
    pub(super) fn finish(&mut self, spec: &Spec, cells: &mut Vec<Cell>) -> Result<()> {
        cells.push(match self {
            Self::Total(total) if matches!(spec.kind, Kind::Sum | Kind::Norm1) => total.sum(spec),
            Self::Total(total) => Cell::F(total.mean(spec)),
            Self::Lanes(lanes) => Cell::F(lanes.finish(spec)),
            Self::Squares(both) if spec.kind == Kind::Norm => Cell::F(both.1.norm(spec)),
            Self::Squares(both) => Cell::F(variance(&both.0, &both.1, spec)),
            Self::Extreme(extreme) => return extreme.finish(spec, cells),
            Self::Product(product) => product.finish(spec),
            Self::Truth(truth) => Cell::I(match spec.kind {
                Kind::Any => i64::from(truth.nonzero > 0),
                Kind::All => i64::from(truth.nonzero == truth.n),
                Kind::Count => truth.n as i64,
                _ => truth.nonzero as i64,
            }),
            Self::Powers(powers) => {
                powers.finish(spec, cells);
                return Ok(());
            }
            Self::Kept(kept) => {
                kept.finish(spec, cells);
                return Ok(());
            }
        });
        Ok(())
    }

    /// Adds what another state of the same kind knows; its elements come after the own ones.
    pub(super) fn merge(&mut self, other: &Self, spec: &Spec) -> Result<()> {
        match (self, other) {
            (Self::Total(total), Self::Total(other)) => total.merge(other),
            (Self::Squares(both), Self::Squares(other)) => {
                both.0.merge(&other.0);
                both.1.merge(&other.1);
            }
            (Self::Extreme(extreme), Self::Extreme(other)) => extreme.merge(other, spec),
            (Self::Truth(truth), Self::Truth(other)) => {
                truth.n += other.n;
                truth.nonzero += other.nonzero;
            }
            (Self::Kept(kept), Self::Kept(other)) => kept.merge(other),
            (Self::Powers(powers), Self::Powers(other)) => powers.merge(other),
            _ => {
                return Err(Error::BadParameter {
                    name: "other",
                    expected: "a state of sums, extremes, moments or quantiles".to_owned(),
                    got: "one that is rounded on the way: push the elements instead".to_owned(),
                });
            }
        }
        Ok(())
    }

    pub(super) fn write(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Total(total) => total.write(bytes),
            Self::Lanes(lanes) => lanes.write(bytes),
            Self::Squares(both) => {
                both.0.write(bytes);
                both.1.write(bytes);
            }
            Self::Extreme(extreme) => extreme.write(bytes),
            Self::Product(product) => {
                for part in [product.n, product.exp as u64, product.integer] {
                    bytes.extend(part.to_le_bytes());
                }
                for part in [product.high, product.low, product.special] {
                    bytes.extend(part.to_bits().to_le_bytes());
                }
            }
            Self::Truth(truth) => {
                bytes.extend(truth.n.to_le_bytes());
                bytes.extend(truth.nonzero.to_le_bytes());
            }
            Self::Kept(kept) => kept.write(bytes),
            Self::Powers(powers) => powers.write(bytes),
        }
    }

    pub(super) fn read(spec: &Spec, bytes: &mut Reader<'_>) -> Result<Self> {
        Ok(match Self::new(spec) {
            Self::Total(_) => Self::Total(Total::read(bytes)?),
            Self::Lanes(_) => Self::Lanes(Box::new(Lanes::read(bytes)?)),
            Self::Squares(_) => Self::Squares(Box::new((Total::read(bytes)?, Squares::read(bytes)?))),
            Self::Extreme(_) => Self::Extreme(Extreme::read(bytes)?),
            Self::Product(_) => {
                let [n, exp, integer] = [bytes.u64()?, bytes.u64()?, bytes.u64()?];
                let [high, low, special] = [bytes.f64()?, bytes.f64()?, bytes.f64()?];
                if !(1.0..2.0).contains(&high.abs()) || !(-1.0..=1.0).contains(&low) {
                    return Err(corrupt("a product is out of range"));
                }
                Self::Product(Product { n, exp: exp as i64, integer, high, low, special })
            }
            Self::Truth(_) => Self::Truth(Truth { n: bytes.u64()?, nonzero: bytes.u64()? }),
            Self::Kept(_) => Self::Kept(Kept::read(bytes)?),
            Self::Powers(_) => Self::Powers(Box::new(Powers::read(bytes)?)),
        })
    }
}
