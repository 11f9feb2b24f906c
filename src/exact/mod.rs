//! Sums, means, inner products, norms and variances of slices, each the exact value rounded once. No options.
//!
//! ```
//! use nearfold::exact;
//!
//! assert_eq!(exact::sum(&[1e308, 1e308, -1e308]), 1e308);
//! assert_eq!(exact::sum(&[1e16, 1.0, -1e16]), 1.0); // a plain loop says 0
//! assert_eq!(exact::mean(&[0.1_f32; 3]), f64::from(0.1_f32));
//! assert_eq!(exact::dot(&[1e200, 1.0, -1e200], &[1e200, 2.0, 1e200]), 2.0);
//! assert_eq!(exact::norm(&[3e300, 4e300]), 5e300); // squares beyond the largest double
//! assert_eq!(exact::var(&[1e9 + 1.0, 1e9 + 2.0, 1e9 + 3.0]), 2.0 / 3.0);
//! ```
//!
//! # Why the results are exact
//!
//! 1. **A finite double is an integer times 2⁻¹⁰⁷⁴**, and the integer is below 2²⁰⁹⁸. So is a sum of doubles, and the
//!    integer of a sum of n of them is below n 2²⁰⁹⁸. [`ExactSum`] holds it in two's complement with 2176 bits: for
//!    n < 2⁷⁷ no carry leaves it, and addition of integers rounds nothing. A product of two doubles is an integer times 2⁻²¹⁴⁸;
//!    inner products and squares have 4288 bits.
//! 2. **It is rounded once.** The leading 128 bits of the integer, and whether any lower bit is set, decide which double is
//!    nearest, ties to even. A mean is that integer divided by n, a variance (n Σx² − (Σx)²) / n² one quotient of integers, a root
//!    the integer root of one: the remainder says whether something lies below what was computed.
//! 3. **Most calls never make the integer.** A pass in doubles gives an estimate h + l and a bound b, proven beside the code
//!    that computes it, with |exact − (h + l)| ≤ b. Rounding is monotonic: if h + l − b and h + l + b round to one double,
//!    then so does all that lies between, and the exact value (Ziv's test). Only where they do not is the slice read again,
//!    into the integer. So the result is the same either way, and what an estimate saves is time.
//!
//! It follows that the order of the elements, and how they were cut into pieces, cannot show in a result; nor can the
//! machine, as no step is left to its discretion. NaN, and infinities of both signs, give NaN; one infinity gives itself.
//!
//! References: R. M. Neal, *Fast exact summation using small and large superaccumulators*, arXiv:1505.05571 (2015);
//! A. Ziv, *Fast evaluation of elementary mathematical functions with correctly rounded last bit*, ACM TOMS 17 (1991).

pub(crate) mod bytes;

use crate::error::Result;
use crate::kernel::fold::element::Float;
use crate::kernel::fold::{exact, inner, sum, variance};
use bytes::{FieldReader, begun, corrupt, opened, sealed};

mod sealed_trait {
    /// Keeps [`Real`](super::Real) to the two types.
    pub trait Sealed {}
    impl Sealed for f64 {}
    impl Sealed for f32 {}
}

/// `f64` or `f32`.
#[expect(private_bounds, reason = "what kernels read is the crate's own affair")]
pub trait Real: sealed_trait::Sealed + Float {}
impl Real for f64 {}
impl Real for f32 {}

/// Returns Σx, rounded once. Of nothing: +0.
///
/// Infinite only if an element is, or if the exact sum is beyond the largest double. Cost: one pass, no memory.
pub fn sum<T: Real>(x: &[T]) -> f64 {
    sum::sum(x)
}

/// Returns Σx / n, rounded once. Of nothing: NaN.
///
/// It does not overflow where the sum would. Cost: as [`sum`].
pub fn mean<T: Real>(x: &[T]) -> f64 {
    sum::mean(x)
}

/// Returns Σ xᵢyᵢ, rounded once: products may overflow or underflow on the way. Of nothing: +0.
///
/// Cost: one pass, no memory. Panics if the slices differ in length.
pub fn dot<T: Real>(x: &[T], y: &[T]) -> f64 {
    inner::dot(x, y)
}

/// Returns √Σx², rounded once. Of nothing: 0. Cost: as [`var`].
pub fn norm<T: Real>(x: &[T]) -> f64 {
    variance::norm(x)
}

/// Returns the variance (n Σx² − (Σx)²) / n², rounded once. Of nothing, and with NaN or infinities: NaN.
///
/// It is the population's: times n / (n − 1) it is a sample's, rounded again; [`fold::var`](crate::fold::var) has `ddof`.
/// Cost: one pass, or two where an estimate does not decide.
pub fn var<T: Real>(x: &[T]) -> f64 {
    variance::var(x, 0.0)
}

/// Returns the root of the exact variance, rounded once. The rest as [`var`].
pub fn std<T: Real>(x: &[T]) -> f64 {
    variance::std(x, 0.0)
}

/// The exact sum of numbers that come in pieces, in any order, from anywhere.
///
/// Nothing is rounded before [`sum`](Self::sum) or [`mean`](Self::mean). Cost: 300 bytes; about that of [`sum()`] for each element of a long slice.
///
/// ```
/// use nearfold::exact::ExactSum;
///
/// let (mut left, mut right) = (ExactSum::new(), ExactSum::new());
/// left.push(&[1e16, 1.0]);
/// right.push(&[-1e16]);
/// left.merge(&ExactSum::from_bytes(&right.to_bytes())?);
/// assert_eq!((left.sum(), left.count()), (1.0, 3));
/// # Ok::<(), nearfold::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExactSum {
    n: u64,
    sum: exact::ExactTotal,
}

impl ExactSum {
    /// Returns the sum of nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds numbers.
    pub fn push<T: Real>(&mut self, x: &[T]) {
        self.n += x.len() as u64;
        self.sum.add_slice(x);
    }

    /// Adds what another sum holds.
    pub fn merge(&mut self, other: &Self) {
        self.n += other.n;
        self.sum.merge(&other.sum);
    }

    /// Returns how many numbers came.
    pub fn count(&self) -> u64 {
        self.n
    }

    /// Returns the sum, rounded once, as [`sum()`] of all.
    pub fn sum(&self) -> f64 {
        self.sum.round()
    }

    /// Returns the sum over their number, rounded once, as [`mean()`] of all.
    pub fn mean(&self) -> f64 {
        self.sum.mean(self.n)
    }

    /// Returns the sum as bytes, which are the same on every machine and for every order: a name and version, how many
    /// numbers, the integer, a checksum.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = begun(NAME);
        bytes.extend(self.n.to_le_bytes());
        bytes.extend(self.sum.to_bytes());
        sealed(bytes)
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    ///
    /// Errors: [`ErrorKind::Corrupt`](crate::ErrorKind::Corrupt);
    /// [`ErrorKind::UnsupportedVersion`](crate::ErrorKind::UnsupportedVersion) of bytes that a newer release wrote.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let mut bytes = FieldReader::new(opened(bytes, NAME, "exact sum")?);
        let n = bytes.u64()?;
        Ok(Self { n, sum: exact::ExactTotal::from_bytes(bytes.rest()).map_err(corrupt)? })
    }
}

/// The first bytes of a stored sum.
const NAME: &[u8] = b"nearfold.sum";
