//! What is known so far of a stream: its sum, moments and extremes, the covariances of a table, counts in bins, quantiles?
//! States that are pushed to, merged, kept as bytes and finished; [`Partial`](super::Partial) is one of any reduction.
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

mod cov;
mod histogram;
mod named;
mod quantiles;

pub use cov::Cov;
pub use histogram::Histogram;
pub use named::{MinMax, Moments, Sum};
pub use quantiles::Quantiles;

use crate::error::{Error, ErrorKind, Result};

fn bad(name: &'static str, expected: impl Into<String>, got: impl ToString) -> Error {
    Error::from(ErrorKind::BadParameter { name, expected: expected.into(), got: got.to_string() })
}

/// Adds what two states counted.
pub(super) fn total(a: u64, b: u64) -> Result<u64> {
    let sum = a.checked_add(b).filter(|sum| i64::try_from(*sum).is_ok());
    sum.ok_or_else(|| bad("elements", "fewer than 2^63 in all", "more"))
}
