//! States of a stream: sum, moments and extremes, covariances of a table, counts in bins, quantiles.
//!
//! They are pushed to, merged, kept as bytes and finished; [`Partial`](super::Partial) is one of any reduction.
//!
//! ```
//! use nearfold::fold::stream::{Cov, Histogram, Quantiles};
//!
//! let mut counts = Histogram::equal(2, 0.0, 4.0)?;
//! counts.push(&[0.5, 3.0])?;
//! let mut more = Histogram::from_bytes(&counts.to_bytes())?;
//! more.push(&[4.0, 9.0])?;
//! assert_eq!((more.counts(), more.above()), (&[1, 2][..], 1));
//! # Ok::<(), nearfold::Error>(())
//! ```

pub(super) mod cov;
mod histogram;
mod named;
mod quantiles;

pub use cov::Cov;
pub use histogram::Histogram;
pub use named::{MinMax, Moments, Sum};
pub use quantiles::Quantiles;
