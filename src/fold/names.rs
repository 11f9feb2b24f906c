//! The names of the reductions, and what each of them is: the one table.

use crate::error::{Error, ErrorKind, Result};

/// What is computed, whatever happens to NaN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Sum,
    Mean,
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

impl Family {
    pub(super) fn is_norm(self) -> bool {
        matches!(self, Self::Norm | Self::Norm0 | Self::Norm1 | Self::NormMax | Self::NormMin)
    }
}

/// Calls the macro `$with` with all reductions: documentation, variant, name, kind, whether NaN is skipped.
///
/// The one list of reductions: [`Reduction`] and the functions of these names are made from it.
macro_rules! for_each_reduction {
    ($with:ident) => {
        $with! {
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
    };
}
pub(super) use for_each_reduction;

macro_rules! reductions {
    ($($(#[$doc:meta])* $variant:ident, $name:ident, $family:ident, $skip:literal;)*) => {
        /// A reduction by name: what faces and golden vectors call.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Reduction {
            $(#[doc = concat!("See [`", stringify!($name), "`](super::", stringify!($name), "()).")] $variant,)*
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

            pub(super) fn family(self) -> Family {
                match self {
                    $(Self::$variant => Family::$family,)*
                }
            }

            pub(super) fn skips_nan(self) -> bool {
                match self {
                    $(Self::$variant => $skip,)*
                }
            }
        }
    };
}
for_each_reduction!(reductions);

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

/// A running reduction by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Scan {
    /// See [`super::cumsum`].
    Cumsum,
    /// See [`super::cumprod`].
    Cumprod,
    /// See [`super::cummin`].
    Cummin,
    /// See [`super::cummax`].
    Cummax,
}

impl Scan {
    /// All running reductions.
    pub const ALL: &'static [Self] = &[Self::Cumsum, Self::Cumprod, Self::Cummin, Self::Cummax];

    /// Returns the name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cumsum => "cumsum",
            Self::Cumprod => "cumprod",
            Self::Cummin => "cummin",
            Self::Cummax => "cummax",
        }
    }

    /// Returns the running reduction of this name.
    ///
    /// Errors: [`ErrorKind::UnknownName`].
    pub fn from_name(name: &str) -> Result<Self> {
        Self::ALL.iter().copied().find(|scan| scan.name() == name).ok_or_else(|| {
            Error::from(ErrorKind::UnknownName {
                kind: "running reduction",
                expected: "cumsum, cumprod, cummin, cummax",
                got: name.to_owned(),
            })
        })
    }
}
