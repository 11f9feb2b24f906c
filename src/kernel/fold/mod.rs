//! Kernels of the reductions: sums, products, variances, extremes, counts and selections of slices.

pub(crate) mod bins;
pub(crate) mod bounded;
pub(crate) mod central_moments;
pub(crate) mod count;
pub(crate) mod element;
pub(crate) mod exact;
pub(crate) mod extrema;
pub(crate) mod factors;
pub(crate) mod grid;
pub(crate) mod inner;
pub(crate) mod integers;
pub(crate) mod pages;
pub(crate) mod products;
pub(crate) mod ratio;
mod rough;
pub(crate) mod round;
pub(crate) mod running;
pub(crate) mod select;
pub(crate) mod short_rows;
pub(crate) mod side_by_side;
pub(crate) mod side_by_side_var;
pub(crate) mod sum;
pub(crate) mod variance;
mod vector;
pub(crate) mod wide;
mod windows;

#[cfg(test)]
mod tests;
