//! The names of the reductions, and what each of them is: the one table.

use crate::error::{Error, ErrorKind, Result};

/// How the type of a result follows from that of the elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ResultType {
    /// That of floats; of integers and bools 64 bits. Another float may be asked for.
    Total,
    /// That of floats, float64 of all others. Another float may be asked for.
    AnyFloat,
    /// That of floats, float64 of all others.
    Float,
    /// As `Float`, or that of the elements, as the method says.
    Quantile,
    /// That of the elements.
    Own,
    /// int64.
    Count,
    /// bool.
    Truth,
}

/// What a state must keep of a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keeps {
    Sum,
    Squares,
    Powers,
    Extremes,
    Counts,
    /// A product, which is rounded on the way.
    Product,
    /// Every element.
    Elements,
}

macro_rules! families {
    ($($(#[$doc:meta])* $family:ident: $result:ident, $of_nothing:literal, $keeps:ident;)*) => {
        /// What is computed, whatever happens to NaN.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Family {
            $($(#[$doc])* $family,)*
        }

        impl Family {
            /// Returns how the type of the result is found.
            pub(super) fn result(self) -> ResultType {
                match self {
                    $(Self::$family => ResultType::$result,)*
                }
            }

            /// Returns whether nothing has a value.
            pub(super) fn has_value_of_nothing(self) -> bool {
                match self {
                    $(Self::$family => $of_nothing,)*
                }
            }

            /// Returns what a state keeps.
            pub(super) fn keeps(self) -> Keeps {
                match self {
                    $(Self::$family => Keeps::$keeps,)*
                }
            }
        }
    };
}
families! {
    Sum: Total, true, Sum;
    Mean: AnyFloat, false, Sum;
    Prod: Total, true, Product;
    Var: AnyFloat, false, Squares;
    Std: AnyFloat, false, Squares;
    Norm: AnyFloat, true, Squares;
    /// The norm of `ord` 0.
    Norm0: Float, true, Counts;
    /// The norm of `ord` 1.
    Norm1: Float, true, Sum;
    /// The norm of `ord` ∞.
    NormMax: Float, false, Extremes;
    /// The norm of `ord` −∞.
    NormMin: Float, false, Extremes;
    Min: Own, false, Extremes;
    Max: Own, false, Extremes;
    Ptp: Own, false, Extremes;
    Minmax: Own, false, Extremes;
    Argmin: Count, false, Extremes;
    Argmax: Count, false, Extremes;
    Any: Truth, true, Counts;
    All: Truth, true, Counts;
    CountNonzero: Count, true, Counts;
    Count: Count, true, Counts;
    Median: Float, false, Elements;
    Quantile: Quantile, false, Elements;
    Percentile: Quantile, false, Elements;
    Skew: AnyFloat, false, Powers;
    Kurtosis: AnyFloat, false, Powers;
    Moments: AnyFloat, false, Powers;
}

impl Family {
    /// Returns whether states are small and may be merged.
    pub(super) fn merges(self) -> bool {
        !matches!(self.keeps(), Keeps::Elements | Keeps::Product)
    }

    /// Returns whether the result depends on the order of the elements of a lane.
    pub(super) fn is_ordered(self) -> bool {
        matches!(self, Self::Argmin | Self::Argmax | Self::Prod)
    }
}

/// The keywords of each signature.
#[cfg(feature = "wasm-face")]
macro_rules! keywords {
    (plain) => {
        "axis, keepdims, dtype, where"
    };
    (position) => {
        keywords!(plain)
    };
    (mean) => {
        keywords!(plain)
    };
    (total) => {
        "axis, keepdims, dtype, where, initial"
    };
    (end) => {
        keywords!(total)
    };
    (var) => {
        "axis, keepdims, dtype, where, ddof"
    };
    (quantile) => {
        "axis, keepdims, dtype, where, q, method, weights"
    };
    (skew) => {
        "axis, keepdims, dtype, where, bias"
    };
    (kurtosis) => {
        "axis, keepdims, dtype, where, bias, fisher"
    };
    (moments) => {
        "axis, keepdims, dtype, where, order"
    };
    (norm) => {
        "axis, keepdims, dtype, where, ord"
    };
}

/// Calls the macro `$with` with all reductions: documentation, variant, name, family, whether NaN is skipped, signature.
///
/// The one list of reductions: [`Reduction`], the functions of these names and those of Python are made from it. A signature says
/// which keywords a function takes.
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
            Sum, sum, Sum, false, total;
            /// Returns the arithmetic mean: the exact sum over n, rounded once.
            ///
            /// It does not overflow where the sum would. NaN, and infinities of both signs: NaN.
            /// Errors: [`ErrorKind::Empty`], those of [`reduce`]. Cost: as [`sum`].
            Mean, mean, Mean, false, mean;
            /// Returns the product, without overflow or underflow on the way; integers wrap round in 64 bits. Of nothing: 1.
            ///
            /// In two doubles and an exponent of its own, rounded at every factor with about 100 bits: the factors i mod 8 each by
            /// themselves, then these eight in turn. NaN propagates. Errors: those of [`sum`]. Cost: one pass.
            Prod, prod, Prod, false, total;
            /// Returns the variance (nΣx² − (Σx)²) / (n (n − ddof)) of exact sums, rounded once.
            ///
            /// NaN and infinities: NaN, and so where a mask or NaN leave no more than `ddof` elements.
            /// Errors: [`ErrorKind::Empty`]; [`ErrorKind::BadParameter`] if ddof is not below n; those of [`reduce`].
            /// Cost: one pass, or two where an estimate does not decide.
            Var, var, Var, false, var;
            /// Returns the standard deviation: the root of the exact variance, rounded once. The rest as [`var`].
            Std, std, Std, false, var;
            /// Returns the smallest element; NaN if there is one; −0 is below +0.
            ///
            /// Errors: [`ErrorKind::Empty`] without `initial`; those of [`reduce`]. Cost: one pass.
            Min, min, Min, false, end;
            /// Returns the largest element; NaN if there is one; −0 is below +0. Errors and cost: as [`min`].
            Max, max, Max, false, end;
            /// Returns the difference of the largest and the smallest element, rounded once; of integers modulo their type.
            ///
            /// NaN propagates. Errors: [`ErrorKind::Empty`]; [`ErrorKind::UnsupportedDtype`] for bools; those of [`reduce`].
            Ptp, ptp, Ptp, false, plain;
            /// Returns the index of the first smallest element (int64), or of the first NaN; −0 equals +0 here.
            ///
            /// Errors: [`ErrorKind::Empty`]; [`ErrorKind::BadParameter`] for a mask; those of [`reduce`]. Cost: one pass.
            Argmin, argmin, Argmin, false, position;
            /// Returns the index of the first largest element (int64), or of the first NaN. The rest as [`argmin`].
            Argmax, argmax, Argmax, false, position;
            /// Returns the Euclidean norm √Σx², or that of [`ord`](Options::ord), of all elements as one vector, rounded once.
            ///
            /// Nothing overflows or underflows on the way. Of nothing: 0. NaN propagates.
            /// Errors: [`ErrorKind::Empty`] of nothing with `ord` ±∞; those of [`reduce`]. Cost: as [`var`].
            Norm, norm, Norm, false, norm;
            /// Returns whether any element is true (NaN is). Of nothing: false. Cost: one pass.
            Any, any, Any, false, plain;
            /// Returns whether all elements are true (NaN is). Of nothing: true. Cost: one pass.
            All, all, All, false, plain;
            /// Returns how many elements are not zero (int64); NaN is not. Cost: one pass.
            CountNonzero, count_nonzero, CountNonzero, false, plain;
            /// Returns the smallest and the largest element: the result's first axis has length 2. The rest as [`min`].
            Minmax, minmax, Minmax, false, plain;
            /// Returns the median: the middle element, or the mean of the two in the middle, rounded once and without overflow.
            ///
            /// NaN propagates. Errors: [`ErrorKind::Empty`], those of [`reduce`].
            /// Cost: O(n) on the average, by selection; a copy of each lane.
            Median, median, Median, false, plain;
            /// Returns the quantiles `q` (0 to 1) by `method`, one of 13: with [`Quantiles::Many`](super::Quantiles::Many) as the
            /// result's first axis.
            ///
            /// Between two neighbours a, b at weight t it is NumPy's a + (b − a) t, from t = ½ on b − (b − a)(1 − t), each step
            /// rounded. NaN propagates. [`weighted`](super::weighted) takes weights.
            /// Errors: [`ErrorKind::Empty`]; [`ErrorKind::BadParameter`] for q out of range; those of [`reduce`]. Cost: as [`median`].
            /// Reference: R. J. Hyndman, Y. Fan, *Sample quantiles in statistical packages*, Am. Stat. 50 (1996).
            Quantile, quantile, Quantile, false, quantile;
            /// Returns the quantiles `q` (0 to 100) by `method`, one of 13. The rest as [`quantile`].
            Percentile, percentile, Percentile, false, quantile;
            /// Returns the skewness m₃ / m₂^1.5 as one quotient of integers, rounded once; NaN if all elements are equal.
            ///
            /// Without bias times √(n (n − 1)) / (n − 2), where n > 2. NaN and infinities: NaN.
            /// Errors: [`ErrorKind::Empty`], those of [`reduce`].
            /// Cost: two passes, some 10 times [`sum`]; long integers where an estimate does not decide.
            /// Reference: D. N. Joanes, C. A. Gill, *Comparing measures of sample skewness and kurtosis*, The Statistician 47 (1998).
            Skew, skew, Skew, false, skew;
            /// Returns the kurtosis m₄ / m₂² − 3 as one quotient of integers, rounded once; NaN if all elements are equal.
            ///
            /// Without bias Fisher's k-statistic, where n > 3; without `fisher` not less 3. The rest as [`skew`].
            Kurtosis, kurtosis, Kurtosis, false, kurtosis;
            /// Returns the mean and the central moments m₂, m₃, m₄, each rounded once, as the first axis of length `order`.
            ///
            /// NaN and infinities: NaN, all of them.
            /// Errors: [`ErrorKind::Empty`]; [`ErrorKind::BadParameter`] for another order; those of [`reduce`]. Cost: as [`skew`].
            Moments, moments, Moments, false, moments;
            /// Returns how many elements are not NaN (int64). Cost: one pass.
            Count, count, Count, true, plain;
            /// Returns [`sum`] of what is not NaN; of nothing but NaN: +0.
            Nansum, nansum, Sum, true, total;
            /// Returns [`mean`] of what is not NaN; of nothing but NaN: NaN.
            Nanmean, nanmean, Mean, true, mean;
            /// Returns [`prod`] of what is not NaN; of nothing but NaN: 1.
            Nanprod, nanprod, Prod, true, total;
            /// Returns [`var`] of what is not NaN; NaN where no more than `ddof` elements are left.
            Nanvar, nanvar, Var, true, var;
            /// Returns [`std()`] of what is not NaN; NaN where no more than `ddof` elements are left.
            Nanstd, nanstd, Std, true, var;
            /// Returns [`min`] of what is not NaN; NaN if nothing is left.
            Nanmin, nanmin, Min, true, end;
            /// Returns [`max`] of what is not NaN; NaN if nothing is left.
            Nanmax, nanmax, Max, true, end;
            /// Returns [`argmin`] of what is not NaN. Errors: [`ErrorKind::AllNan`], those of [`argmin`].
            Nanargmin, nanargmin, Argmin, true, position;
            /// Returns [`argmax`] of what is not NaN. Errors: [`ErrorKind::AllNan`], those of [`argmax`].
            Nanargmax, nanargmax, Argmax, true, position;
            /// Returns [`skew`] of what is not NaN; of nothing but NaN: NaN.
            Nanskew, nanskew, Skew, true, skew;
            /// Returns [`kurtosis`] of what is not NaN; of nothing but NaN: NaN.
            Nankurtosis, nankurtosis, Kurtosis, true, kurtosis;
            /// Returns [`moments`] of what is not NaN; of nothing but NaN: NaN.
            Nanmoments, nanmoments, Moments, true, moments;
            /// Returns [`minmax`] of what is not NaN; of nothing but NaN: NaN.
            Nanminmax, nanminmax, Minmax, true, plain;
            /// Returns [`median`] of what is not NaN; of nothing but NaN: NaN.
            Nanmedian, nanmedian, Median, true, plain;
            /// Returns [`quantile`] of what is not NaN; of nothing but NaN: NaN.
            Nanquantile, nanquantile, Quantile, true, quantile;
            /// Returns [`percentile`] of what is not NaN; of nothing but NaN: NaN.
            Nanpercentile, nanpercentile, Percentile, true, quantile;
        }
    };
}
pub(crate) use for_each_reduction;

macro_rules! reductions {
    ($($(#[$doc:meta])* $variant:ident, $name:ident, $family:ident, $skip:literal, $signature:ident;)*) => {
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

            /// Returns the names of the keywords, separated by commas.
            #[cfg(feature = "wasm-face")]
            pub(crate) fn keywords(self) -> &'static str {
                match self {
                    $(Self::$variant => keywords!($signature),)*
                }
            }
        }
    };
}
for_each_reduction!(reductions);

#[cfg(feature = "wasm-face")]
impl Reduction {
    /// Returns whether the result is a position or a count, whatever the elements are.
    pub(crate) fn counts(self) -> bool {
        self.family().result() == ResultType::Count
    }

    /// Returns whether a state keeps every element.
    pub(crate) fn keeps_all(self) -> bool {
        self.family().keeps() == Keeps::Elements
    }

    /// Returns whether states are small and may be merged.
    pub(crate) fn merges(self) -> bool {
        self.family().merges()
    }
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

/// Returns the names of the keywords that a function of this name takes, separated by commas.
#[cfg(feature = "wasm-face")]
pub(crate) fn keywords(function: &str) -> &'static str {
    match function {
        "cumsum" | "cumprod" => "axis, dtype, include_initial",
        "cummin" | "cummax" => "axis",
        "describe" => "axis, keepdims, where, ddof, bias, fisher",
        "dot" => "dtype",
        "vecdot" | "cosine" => "axis, keepdims, dtype",
        "average" => "axis, keepdims, dtype, weights",
        "cov" => "other, ddof",
        "corrcoef" => "other",
        name => Reduction::from_name(name).map_or(keywords!(plain), Reduction::keywords),
    }
}
