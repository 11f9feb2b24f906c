//! What does a scientist want to know of a column first?

use super::options::Options;
use super::output::Output;
use super::reduce::{Reduction, reduce};
use super::values::Values;
use crate::error::Result;

/// Returns the usual figures of what is not NaN, each with its name, in this order: `count` `mean`
/// `std` `min` `25%` `50%` `75%` `max` `skew` `kurtosis`.
///
/// `axis`, `keepdims`, `where`, `ddof`, `bias` and `fisher` hold as in the functions of these names.
/// Shapes: each as of a reduction.
/// Errors: those of [`nanmin`](super::nanmin) and [`nanstd`](super::nanstd).
pub fn describe<'a>(
    values: impl Into<Values<'a>>,
    options: &Options<'_>,
) -> Result<Vec<(&'static str, Output)>> {
    let values = values.into();
    let quartile = |q| {
        let mut options = options.clone();
        options.q = super::Quantiles::One(q);
        options
    };
    [
        ("count", Reduction::Count, options.clone()),
        ("mean", Reduction::Nanmean, options.clone()),
        ("std", Reduction::Nanstd, options.clone()),
        ("min", Reduction::Nanmin, options.clone()),
        ("25%", Reduction::Nanquantile, quartile(0.25)),
        ("50%", Reduction::Nanquantile, quartile(0.5)),
        ("75%", Reduction::Nanquantile, quartile(0.75)),
        ("max", Reduction::Nanmax, options.clone()),
        ("skew", Reduction::Nanskew, options.clone()),
        ("kurtosis", Reduction::Nankurtosis, options.clone()),
    ]
    .into_iter()
    .map(|(name, reduction, options)| Ok((name, reduce(reduction, values.clone(), &options)?)))
    .collect()
}
