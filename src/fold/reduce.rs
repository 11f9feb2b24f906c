//! The named reductions of one array: a table of names, and the way from a name to a result.

use ndarray::{ArrayD, ArrayViewD};

use super::cell::Cell;
use super::dtype::{Boolean, Dtype};
use super::eight;
use super::integers;
use super::lanes::{Plan, fold_chosen, fold_lanes, fold_whole};
use super::options::{Axes, Options};
use super::output::{Array, Output, Scalar};
use super::spec::{Kind, Spec};
use super::values::Values;
use super::work::{check_memory, product};
use crate::error::{Error, ErrorKind, Result};
use crate::text::Listed;

macro_rules! reductions {
    ($($(#[$doc:meta])* $variant:ident, $name:ident, $kind:ident, $skip:literal;)*) => {
        /// A reduction by name: what faces and golden vectors call.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Reduction {
            $(#[doc = concat!("See [`", stringify!($name), "`].")] $variant,)*
        }

        impl Reduction {
            /// All reductions.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The names of all reductions, as in error texts.
            pub const NAMES: &'static str = concat!($(stringify!($name), " ",)*);

            /// Returns the reduction's name.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => stringify!($name),)*
                }
            }

            pub(super) fn kind(self) -> Kind {
                match self {
                    $(Self::$variant => Kind::$kind,)*
                }
            }

            pub(super) fn skips_nan(self) -> bool {
                match self {
                    $(Self::$variant => $skip,)*
                }
            }
        }

        $(
            $(#[$doc])*
            pub fn $name<'a>(values: impl Into<Values<'a>>, options: &Options<'_>) -> Result<Output> {
                reduce(Reduction::$variant, values, options)
            }
        )*
    };
}
reductions! {
    /// Returns the sum of the exact values, rounded once; integers wrap round in 64 bits.
    ///
    /// Of nothing: +0. NaN, and infinities of both signs: NaN. Infinite only if a term is, or if the exact sum is beyond
    /// the largest float.
    /// Errors: those of [`reduce`], and [`ErrorKind::BadParameter`] of an `initial` that does not fit.
    /// Cost: one pass; no memory for what lies together.
    /// Reference: S. M. Rump, T. Ogita, S. Oishi, *Accurate floating-point summation part I*, SIAM J. Sci. Comput. 31 (2008).
    Sum, sum, Sum, false;
    /// Returns the arithmetic mean: the exact sum over n, rounded once.
    ///
    /// It does not overflow where the sum would. NaN, and infinities of both signs: NaN.
    /// Errors: [`ErrorKind::Empty`], those of [`reduce`]. Cost: as [`sum`].
    Mean, mean, Mean, false;
    /// Returns the product, without overflow or underflow on the way; integers wrap round in 64 bits. Of nothing: 1.
    ///
    /// In two doubles and an exponent of its own, rounded at every factor with about 100 bits: the factors i mod 8 each by
    /// themselves, then these eight in turn. NaN propagates. Errors: those of [`sum`]. Cost: one pass.
    Prod, prod, Prod, false;
    /// Returns the variance (nΣx² − (Σx)²) / (n (n − ddof)) of exact sums, rounded once.
    ///
    /// NaN and infinities: NaN, and so where a mask or NaN leave no more than `ddof` elements.
    /// Errors: [`ErrorKind::Empty`]; [`ErrorKind::BadParameter`] if ddof is not below n; those of [`reduce`].
    /// Cost: one pass, or two where an estimate does not decide.
    Var, var, Var, false;
    /// Returns the standard deviation: the root of the exact variance, rounded once. The rest as [`var`].
    Std, std, Std, false;
    /// Returns the smallest element; NaN if there is one; −0 is below +0.
    ///
    /// Errors: [`ErrorKind::Empty`] without `initial`; those of [`reduce`]. Cost: one pass.
    Min, min, Min, false;
    /// Returns the largest element; NaN if there is one; −0 is below +0. Errors and cost: as [`min`].
    Max, max, Max, false;
    /// Returns the difference of the largest and the smallest element, rounded once; of integers modulo their type.
    ///
    /// NaN propagates. Errors: [`ErrorKind::Empty`]; [`ErrorKind::UnsupportedDtype`] for bools; those of [`reduce`].
    Ptp, ptp, Ptp, false;
    /// Returns the index of the first smallest element (int64), or of the first NaN; −0 equals +0 here.
    ///
    /// Errors: [`ErrorKind::Empty`]; [`ErrorKind::BadParameter`] for a mask; those of [`reduce`]. Cost: one pass.
    Argmin, argmin, Argmin, false;
    /// Returns the index of the first largest element (int64), or of the first NaN. The rest as [`argmin`].
    Argmax, argmax, Argmax, false;
    /// Returns the Euclidean norm √Σx², or that of [`ord`](Options::ord), of all elements as one vector, rounded once.
    ///
    /// Nothing overflows or underflows on the way. Of nothing: 0. NaN propagates.
    /// Errors: [`ErrorKind::Empty`] of nothing with `ord` ±∞; those of [`reduce`]. Cost: as [`var`].
    Norm, norm, Norm, false;
    /// Returns whether any element is true (NaN is). Of nothing: false. Cost: one pass.
    Any, any, Any, false;
    /// Returns whether all elements are true (NaN is). Of nothing: true. Cost: one pass.
    All, all, All, false;
    /// Returns how many elements are not zero (int64); NaN is not. Cost: one pass.
    CountNonzero, count_nonzero, CountNonzero, false;
    /// Returns the smallest and the largest element: the result's first axis has length 2. The rest as [`min`].
    Minmax, minmax, Minmax, false;
    /// Returns the median: the middle element, or the mean of the two in the middle, rounded once and without overflow.
    ///
    /// NaN propagates. Errors: [`ErrorKind::Empty`], those of [`reduce`].
    /// Cost: O(n) on the average, by selection; a copy of each lane.
    Median, median, Median, false;
    /// Returns the quantiles `q` (0 to 1) by `method`, one of 13: with [`Quantiles::Many`](super::Quantiles::Many) as the
    /// result's first axis.
    ///
    /// Between two neighbours a, b at weight t it is NumPy's a + (b − a) t, from t = ½ on b − (b − a)(1 − t), each step
    /// rounded. NaN propagates. [`weighted`](super::weighted) takes weights.
    /// Errors: [`ErrorKind::Empty`]; [`ErrorKind::BadParameter`] for q out of range; those of [`reduce`]. Cost: as [`median`].
    /// Reference: R. J. Hyndman, Y. Fan, *Sample quantiles in statistical packages*, Am. Stat. 50 (1996).
    Quantile, quantile, Quantile, false;
    /// Returns the quantiles `q` (0 to 100) by `method`, one of 13. The rest as [`quantile`].
    Percentile, percentile, Percentile, false;
    /// Returns the skewness m₃ / m₂^1.5 as one quotient of integers, rounded once; NaN if all elements are equal.
    ///
    /// Without bias times √(n (n − 1)) / (n − 2), where n > 2. NaN and infinities: NaN.
    /// Errors: [`ErrorKind::Empty`], those of [`reduce`].
    /// Cost: two passes, some 10 times [`sum`]; long integers where an estimate does not decide.
    /// Reference: D. N. Joanes, C. A. Gill, *Comparing measures of sample skewness and kurtosis*, The Statistician 47 (1998).
    Skew, skew, Skew, false;
    /// Returns the kurtosis m₄ / m₂² − 3 as one quotient of integers, rounded once; NaN if all elements are equal.
    ///
    /// Without bias Fisher's k-statistic, where n > 3; without `fisher` not less 3. The rest as [`skew`].
    Kurtosis, kurtosis, Kurtosis, false;
    /// Returns the mean and the central moments m₂, m₃, m₄, each rounded once, as the first axis of length `order`.
    ///
    /// NaN and infinities: NaN, all of them.
    /// Errors: [`ErrorKind::Empty`]; [`ErrorKind::BadParameter`] for another order; those of [`reduce`]. Cost: as [`skew`].
    Moments, moments, Moments, false;
    /// Returns how many elements are not NaN (int64). Cost: one pass.
    Count, count, Count, true;
    /// Returns [`sum`] of what is not NaN; of nothing but NaN: +0.
    Nansum, nansum, Sum, true;
    /// Returns [`mean`] of what is not NaN; of nothing but NaN: NaN.
    Nanmean, nanmean, Mean, true;
    /// Returns [`prod`] of what is not NaN; of nothing but NaN: 1.
    Nanprod, nanprod, Prod, true;
    /// Returns [`var`] of what is not NaN; NaN where no more than `ddof` elements are left.
    Nanvar, nanvar, Var, true;
    /// Returns [`std()`] of what is not NaN; NaN where no more than `ddof` elements are left.
    Nanstd, nanstd, Std, true;
    /// Returns [`min`] of what is not NaN; NaN if nothing is left.
    Nanmin, nanmin, Min, true;
    /// Returns [`max`] of what is not NaN; NaN if nothing is left.
    Nanmax, nanmax, Max, true;
    /// Returns [`argmin`] of what is not NaN. Errors: [`ErrorKind::AllNan`], those of [`argmin`].
    Nanargmin, nanargmin, Argmin, true;
    /// Returns [`argmax`] of what is not NaN. Errors: [`ErrorKind::AllNan`], those of [`argmax`].
    Nanargmax, nanargmax, Argmax, true;
    /// Returns [`skew`] of what is not NaN; of nothing but NaN: NaN.
    Nanskew, nanskew, Skew, true;
    /// Returns [`kurtosis`] of what is not NaN; of nothing but NaN: NaN.
    Nankurtosis, nankurtosis, Kurtosis, true;
    /// Returns [`moments`] of what is not NaN; of nothing but NaN: NaN.
    Nanmoments, nanmoments, Moments, true;
    /// Returns [`minmax`] of what is not NaN; of nothing but NaN: NaN.
    Nanminmax, nanminmax, Minmax, true;
    /// Returns [`median`] of what is not NaN; of nothing but NaN: NaN.
    Nanmedian, nanmedian, Median, true;
    /// Returns [`quantile`] of what is not NaN; of nothing but NaN: NaN.
    Nanquantile, nanquantile, Quantile, true;
    /// Returns [`percentile`] of what is not NaN; of nothing but NaN: NaN.
    Nanpercentile, nanpercentile, Percentile, true;
}

impl Reduction {
    /// Returns the reduction of this name.
    ///
    /// Errors: [`ErrorKind::UnknownName`].
    pub fn from_name(name: &str) -> Result<Self> {
        Self::ALL.iter().copied().find(|reduction| reduction.name() == name).ok_or_else(|| {
            Error::from(ErrorKind::UnknownName {
                kind: "reduction",
                expected: Self::NAMES,
                got: name.to_owned(),
            })
        })
    }
}

/// Returns the reduction of `values` that is asked for by name.
///
/// Shapes: the reduced axes go away, or stay with length 1 with `keepdims`.
/// Errors: [`ErrorKind::AxisOutOfRange`]; [`ErrorKind::Empty`] and [`ErrorKind::AllNan`] where there is no value;
/// [`ErrorKind::UnsupportedDtype`]; [`ErrorKind::ShapeMismatch`] if the mask does not fit; [`ErrorKind::OutOfMemory`].
pub fn reduce<'a>(
    reduction: Reduction,
    values: impl Into<Values<'a>>,
    options: &Options<'_>,
) -> Result<Output> {
    let values = values.into();
    #[cfg(feature = "complex")]
    if values.dtype().is_complex() {
        return super::complex::reduce(reduction, &values, options);
    }
    let spec = Spec::new(reduction, values.dtype(), options)?;
    // The commonest call needs no plan.
    if let (Axes::All, false, None, None, Some(block)) =
        (&options.axis, options.keepdims, &options.mask, spec.width, values.block())
    {
        spec.check_len(block.len())?;
        return Ok(output(&fold_whole(block, &spec)?, spec.out, Vec::new()));
    }
    let plan = Plan::new(&options.axis, values.shape().len())?;
    let shape = plan.shape(values.shape(), options.keepdims);
    let len = plan.len_reduced(values.shape());
    if !shape.contains(&0) {
        spec.check_len(len)?;
    }
    check_room(&shape, spec.width.unwrap_or(1))?;
    if spec.keeps_all() {
        check_memory::<u64>(len)?;
    }
    let mask = chosen(options, values.shape())?;
    spec.check_mask(mask.is_some())?;
    let cells = match mask {
        Some(mask) => fold_chosen(&values, mask, &plan, &spec)?,
        None => {
            let grid = values.grid(spec.op)?;
            if let Some(cells) = integers::reduce(&grid, &plan, &spec) {
                let (cells, shape) = transposed(cells, spec.width, shape);
                return Ok(output(&cells, spec.out, shape));
            }
            if let Some(array) = eight::reduce(&grid, &plan, &spec, &shape)? {
                return Ok(Output::Array(array));
            }
            fold_lanes(grid, &plan, &spec)?
        }
    };
    let (cells, shape) = transposed(cells, spec.width, shape);
    Ok(output(&cells, spec.out, shape))
}

/// Refuses a result of `width` arrays of `shape` that memory cannot hold.
///
/// Errors: [`ErrorKind::OutOfMemory`].
pub(super) fn check_room(shape: &[usize], width: usize) -> Result<()> {
    check_memory::<Cell>(product(shape).saturating_mul(width))
}

/// Returns the mask in the shape of the values.
pub(super) fn chosen<'a>(
    options: &'a Options<'_>,
    shape: &[usize],
) -> Result<Option<ArrayViewD<'a, Boolean>>> {
    let Some(mask) = &options.mask else { return Ok(None) };
    mask.broadcast(shape).map(Some).ok_or_else(|| {
        Error::from(ErrorKind::ShapeMismatch {
            expected: format!("a mask that broadcasts to {}", Listed(shape)),
            got: Listed(mask.shape()).to_string(),
        })
    })
}

/// Brings the axis of a lane's several results, which lie together, to the front.
pub(super) fn transposed(
    cells: Vec<Cell>,
    width: Option<usize>,
    shape: Vec<usize>,
) -> (Vec<Cell>, Vec<usize>) {
    let Some(width) = width else { return (cells, shape) };
    let lanes = shape.iter().product::<usize>();
    let turned = (0..width * lanes).map(|i| cells[i % lanes * width + i / lanes]).collect();
    (turned, core::iter::once(width).chain(shape).collect())
}

/// Gives results their dtype and shape; a scalar if no axis is left.
pub(super) fn output(cells: &[Cell], dtype: Dtype, shape: Vec<usize>) -> Output {
    macro_rules! typed {
        ($($variant:ident: $convert:expr;)*) => {
            if let ([cell], true) = (cells, shape.is_empty()) {
                Output::Scalar(match dtype {
                    $(Dtype::$variant => Scalar::$variant($convert(*cell)),)*
                    Dtype::C128 | Dtype::C64 => unreachable!("complex results are made of two"),
                })
            } else {
                Output::Array(match dtype {
                    $(Dtype::$variant => {
                        let data = cells.iter().map(|&cell| $convert(cell)).collect();
                        Array::$variant(ArrayD::from_shape_vec(shape, data).expect("one cell for each place"))
                    })*
                    Dtype::C128 | Dtype::C64 => unreachable!("complex results are made of two"),
                })
            }
        };
    }
    typed! {
        F64: Cell::to_f64;
        F32: |cell: Cell| cell.to_f64() as f32;
        F16: |cell: Cell| half::f16::from_f64(cell.to_f64());
        I64: |cell: Cell| cell.to_bits() as i64;
        I32: |cell: Cell| cell.to_bits() as i32;
        I16: |cell: Cell| cell.to_bits() as i16;
        I8: |cell: Cell| cell.to_bits() as i8;
        U64: |cell: Cell| cell.to_bits();
        U32: |cell: Cell| cell.to_bits() as u32;
        U16: |cell: Cell| cell.to_bits() as u16;
        U8: |cell: Cell| cell.to_bits() as u8;
        Bool: |cell: Cell| Boolean::from(cell.to_bits() != 0);
    }
}
