//! The functions of one array, by their names: complex numbers go one way, all others the other.

use super::names::{Reduction, Scan, for_each_reduction};
use super::options::Options;
use super::output::Output;
use super::values::Values;
#[cfg(doc)]
use crate::error::ErrorKind;
use crate::error::Result;

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
    super::reduce::reduce(reduction, values, options)
}

macro_rules! functions {
    ($($(#[$doc:meta])* $variant:ident, $name:ident, $family:ident, $skip:literal, $signature:ident;)*) => {
        $(
            $(#[$doc])*
            pub fn $name<'a>(values: impl Into<Values<'a>>, options: &Options<'_>) -> Result<Output> {
                reduce(Reduction::$variant, values, options)
            }
        )*
    };
}
for_each_reduction!(functions);

/// Returns the running reduction along an axis, or over all elements in C order without one.
///
/// Shapes: `[.., n, ..] -> [.., n, ..]`, `n + 1` with `include_initial`; 1-D without `axis`.
/// Errors: [`ErrorKind::AxisOutOfRange`], [`ErrorKind::BadParameter`] for several axes or `include_initial` of
/// a minimum or maximum, [`ErrorKind::UnsupportedDtype`].
pub fn scan<'a>(scan: Scan, values: impl Into<Values<'a>>, options: &Options<'_>) -> Result<Output> {
    let values = values.into();
    #[cfg(feature = "complex")]
    if values.dtype().is_complex() {
        return super::complex::scan(scan, &values, options);
    }
    super::scan::scan(scan, &values, options)
}

macro_rules! named {
    ($($(#[$doc:meta])* $name:ident => $variant:ident;)*) => {
        $($(#[$doc])* pub fn $name<'a>(values: impl Into<Values<'a>>, options: &Options<'_>) -> Result<Output> {
            scan(Scan::$variant, values, options)
        })*
    };
}
named! {
    /// Returns the running sums, each with an error of about one rounding; integers wrap round.
    cumsum => Cumsum;
    /// Returns the running products, rounded at every step as NumPy's; integers wrap round.
    cumprod => Cumprod;
    /// Returns the running minima; NaN from the first NaN on; −0 is below +0.
    cummin => Cummin;
    /// Returns the running maxima; NaN from the first NaN on; −0 is below +0.
    cummax => Cummax;
}
