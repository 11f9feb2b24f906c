//! The exact sum of products, and what is made of it: squares, inner products, variances, norms.

use super::element::Float;
use super::exact::{ExactTotal, STATE_VERSION, SUM_LIMBS, SUM_UNIT, Special};
use super::round::{Leading, NOT_FINITE, decompose};
use super::vector::{Vector, dispatch_fused};
use super::wide::Wide;
use super::windows::Windows;

/// The exact sum of products of floats, as a value that can be added to, merged and stored.
///
/// Products reach from 2⁻²¹⁴⁸ to 2²⁰⁴⁸, so that this is twice as wide as [`ExactTotal`]. A product
/// is made of two 53-bit integers, or of two doubles where their exponents leave room: it is exact
/// and never over- or underflows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ExactProducts {
    finite: Wide<PRODUCT_LIMBS>,
    special: Special,
}

/// 4196 bits hold every product; the other 92 are the sign and the headroom for carries.
const PRODUCT_LIMBS: usize = 67;

/// The exponent of the lowest bit of [`ExactProducts`].
pub(crate) const PRODUCT_UNIT: i32 = 2 * SUM_UNIT;

/// Below this, products are quicker made and added one by one.
const FEW: usize = 32;

/// Products that are made at a time, and the room for them and a last round of lanes.
const BLOCK: usize = 1024;
pub(super) const PARTS: usize = BLOCK + 8;

/// Below this a product may lose something; its error above is a double.
pub(super) const SMALL: f64 = f64::from_bits((1023 - 960) << 52);

/// Up to here numbers can be split, and their product and its parts are finite.
const LARGE: f64 = f64::from_bits((1023 + 490) << 52);

/// Writes each product and what was rounded off it; `false`: not all of them are exact.
#[inline(always)]
pub(super) fn products_body<V: Vector, T: Float, const VECTORS: usize>(
    x: &[T],
    y: &[T],
    parts: &mut [[f64; PARTS]; 2],
) -> bool {
    let [products, errors] = parts;
    let round = V::LANES * VECTORS;
    let mut inexact = false;
    for (start, (x, y)) in (0..).step_by(round).zip(x.chunks(round).zip(y.chunks(round))) {
        let mut last = [[0.0; 8]; 2];
        for (lane, (x, y)) in x.iter().zip(y).enumerate() {
            last[0][lane] = x.widen();
            last[1][lane] = y.widen();
        }
        for slot in 0..VECTORS {
            let at = slot * V::LANES;
            let (x, y) = (V::load(&last[0][at..]), V::load(&last[1][at..]));
            let product = x.mul(y);
            let Some(out) = products[start + at..].first_chunk_mut() else { return false };
            product.store(out);
            if !T::PRODUCTS_ARE_DOUBLES {
                let Some(out) = errors[start + at..].first_chunk_mut() else { return false };
                x.product_error(y, product).store(out);
            }
        }
    }
    for (product, (x, y)) in products.iter().zip(x.iter().zip(y)) {
        let (x, y) = (x.widen().abs(), y.widen().abs());
        let lost = (product.abs() < SMALL) & (x > 0.0) & (y > 0.0) & !T::PRODUCTS_ARE_DOUBLES;
        let large = (x < LARGE) & (y < LARGE);
        inexact |= lost | !large;
    }
    !inexact
}

dispatch_fused! {
    /// See [`products_body`].
    pub(super) fn products[T: Float](x: &[T], y: &[T], parts: &mut [[f64; PARTS]; 2]) -> bool = products_body;
}

impl Default for ExactProducts {
    fn default() -> Self {
        Self::new()
    }
}

impl ExactProducts {
    /// Returns the sum of nothing.
    pub(crate) fn new() -> Self {
        Self { finite: Wide::ZERO, special: Special::default() }
    }

    /// Adds `x * y`.
    #[inline]
    pub(crate) fn add(&mut self, x: f64, y: f64) {
        let ((a, a_exponent), (b, b_exponent)) = (decompose(x), decompose(y));
        if a_exponent == NOT_FINITE || b_exponent == NOT_FINITE {
            self.special.note(x * y);
            return;
        }
        let shift = a_exponent + b_exponent - PRODUCT_UNIT;
        self.finite.add_shifted(i128::from(a) * i128::from(b), shift as u32);
    }

    /// Adds the exact value of `value * 2^exponent`; `exponent` is at least −2148 and the value is
    /// below 2²¹³⁶.
    pub(crate) fn add_scaled(&mut self, value: i128, exponent: i32) {
        self.finite.add_shifted(value, (exponent - PRODUCT_UNIT) as u32);
    }

    /// Adds `x[i] * y[i]` for every `i`; the slices are of one length.
    pub(crate) fn add_dot<T: Float>(&mut self, x: &[T], y: &[T]) {
        assert_eq!(x.len(), y.len(), "an inner product needs two slices of one length");
        let one_by_one = |sum: &mut Self, x: &[T], y: &[T]| {
            x.iter().zip(y).for_each(|(x, y)| sum.add(x.widen(), y.widen()));
        };
        if x.len() < FEW {
            return one_by_one(self, x, y);
        }
        let mut sum = ExactTotal::new();
        let mut windows = [Windows::new(), Windows::new()];
        let mut parts = [[0.0; PARTS]; 2];
        for (x, y) in x.chunks(BLOCK).zip(y.chunks(BLOCK)) {
            if !products(x, y, &mut parts) {
                one_by_one(self, x, y);
                continue;
            }
            windows[0].add(&parts[0][..x.len()], &mut sum);
            if !T::PRODUCTS_ARE_DOUBLES {
                windows[1].add(&parts[1][..x.len()], &mut sum);
            }
        }
        windows.iter_mut().for_each(|windows| windows.flush(&mut sum));
        self.finite.add_narrower(sum.finite(), (SUM_UNIT - PRODUCT_UNIT) as u32);
    }

    /// Adds the square of every element.
    pub(crate) fn add_squares<T: Float>(&mut self, x: &[T]) {
        self.add_dot(x, x);
    }

    /// Adds what another sum holds.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.finite.add(&other.finite);
        self.special.merge(other.special);
    }

    /// Returns NaN or an infinity if that is the value.
    pub(crate) fn special(&self) -> Option<f64> {
        self.special.value()
    }

    /// Returns the leading bits of the finite part.
    pub(crate) fn leading(&self) -> Leading {
        Leading::of_wide(&self.finite, PRODUCT_UNIT)
    }

    /// Returns the finite part as an integer multiple of 2^[`PRODUCT_UNIT`].
    pub(crate) fn finite(&self) -> &Wide<PRODUCT_LIMBS> {
        &self.finite
    }

    /// Returns the sum, correctly rounded to `R` in one rounding.
    pub(crate) fn round<R: Float>(&self) -> R {
        self.special().map_or_else(|| R::round(self.leading()), R::narrow)
    }

    /// Returns the square root of the sum, correctly rounded; NaN if the sum is negative.
    pub(crate) fn sqrt<R: Float>(&self) -> R {
        match self.special() {
            Some(special) => R::narrow(special.sqrt()),
            None if self.finite.is_negative() => R::narrow(f64::NAN),
            None => R::round(self.leading().sqrt()),
        }
    }

    /// Returns the state as bytes, as [`ExactTotal::to_bytes`] does.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![STATE_VERSION, Special::code(self.special())];
        let finite = if self.special().is_some() { &Wide::ZERO } else { &self.finite };
        finite.write(&mut bytes);
        bytes
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote; the error says what is wrong.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, &'static str> {
        let [STATE_VERSION, code, limbs @ ..] = bytes else {
            return Err("not a sum of version 1");
        };
        let special = Special::of_code(*code)?;
        let finite = Wide::read(limbs)?;
        if *code != 0 && !finite.is_zero() {
            return Err("a sum that is not finite has a finite part");
        }
        Ok(Self { finite, special })
    }
}

/// Limbs for `n Σx² - (Σx)²`: 4324 bits.
const VARIANCE_LIMBS: usize = 2 * SUM_LIMBS;

/// Returns the variance of `n` numbers out of their exact sum and sum of squares, dividing by
/// `n - ddof`: `(n Σx² - (Σx)²) / (n (n - ddof))`, in integers until the division.
///
/// `None`: a term was not finite, or `n - ddof` is not positive.
pub(crate) fn variance(n: u64, sum: &ExactTotal, squares: &ExactProducts, ddof: f64) -> Option<Leading> {
    if sum.special().is_some() || squares.special().is_some() {
        return None;
    }
    covariance(n, [sum, sum], squares, ddof)
}

/// Returns the covariance of `n` pairs out of their exact sums and sum of products:
/// `(n Σxy - Σx Σy) / (n (n - ddof))`, in integers until the division.
///
/// `None`: a term was not finite, or `n - ddof` is not positive.
pub(crate) fn covariance(
    n: u64,
    sums: [&ExactTotal; 2],
    products: &ExactProducts,
    ddof: f64,
) -> Option<Leading> {
    let divisor = n as f64 - ddof;
    let finite = products.special().is_none() && sums.iter().all(|sum| sum.special().is_none());
    let divides = divisor > 0.0 && divisor.is_finite();
    if !(finite && divides) {
        return None;
    }
    let (divisor, divisor_exponent) = decompose(divisor);
    let mut numerator: Wide<VARIANCE_LIMBS> = products.finite().times(n);
    numerator.add(&sums[0].finite().product(sums[1].finite()).neg());
    let quotient = Leading::of_quotient(&numerator, PRODUCT_UNIT - divisor_exponent, [n, divisor as u64]);
    Some(quotient)
}
