//! The floats that kernels read, and how they become the `f64` that is worked in, and back.

use half::f16;

use super::bounded::{EPSILON, Estimate, two_sum};
use super::extrema::Ordered;
use super::rough;
use super::round::{Leading, decompose};
use super::vector::Load;

/// A floating-point element: `f64`, `f32` or `f16`.
pub(crate) trait Float: Ordered + Load + Default {
    /// Whether the product of any two numbers is exact in `f64`.
    const PRODUCTS_ARE_DOUBLES: bool;

    /// Returns the same number as `f64`, exactly.
    fn widen(self) -> f64;

    /// Whether [`rough_sum`](Self::rough_sum) yields anything.
    const HAS_ROUGH_SUM: bool = false;

    /// Returns the sum with a bound of its error, quicker than [`sum::estimate`](super::sum::estimate), where that is
    /// likely to decide what it rounds to in this type.
    #[inline(always)]
    fn rough_sum(x: &[Self]) -> Option<Estimate> {
        let _ = x;
        None
    }

    /// Returns the nearest number of this type.
    fn narrow(x: f64) -> Self;

    /// Returns the nearest number of this type, in one rounding.
    fn round(leading: Leading) -> Self;

    /// Returns the number of this type that the estimate probably rounds to, and whether it certainly does:
    /// [`round_estimate`](Self::round_estimate) without branches, for many side by side.
    #[inline(always)]
    fn settle(estimate: Estimate) -> (Self, bool) {
        let Estimate { high, low, bound } = estimate;
        // More than what rounds off here.
        let room = bound + (high.abs() + low.abs() + bound) * (8.0 * EPSILON);
        let value = Self::narrow(high + low + 0.0).widen();
        let below = Self::narrow(high + (low - room)).widen();
        let above = Self::narrow(high + (low + room)).widen();
        let exact = (low == 0.0) & (bound == 0.0);
        let certain = exact | ((below == above) & (below != 0.0));
        (Self::narrow(value), certain & value.is_finite())
    }

    /// Returns the number of this type that the estimate certainly rounds to, if there is one.
    #[inline(always)]
    fn round_estimate(estimate: Estimate) -> Option<Self> {
        if estimate.is_zero() {
            return Some(Self::narrow(0.0));
        }
        let [low, high] = estimate.ends().map(|end| Self::narrow(end).widen());
        // Zero is left to the exact way, which knows its sign.
        (low == high && low.is_finite() && low != 0.0).then(|| Self::narrow(low))
    }
}

impl Estimate {
    /// Returns the float that every number within the bound rounds to, if there is one.
    #[inline(always)]
    pub(crate) fn rounded<R: Float>(self) -> Option<R> {
        R::round_estimate(self)
    }
}

impl Float for f64 {
    const PRODUCTS_ARE_DOUBLES: bool = false;

    #[inline(always)]
    fn widen(self) -> f64 {
        self
    }

    #[inline(always)]
    fn narrow(x: f64) -> Self {
        x
    }

    fn round(leading: Leading) -> Self {
        leading.to_f64()
    }

    #[inline(always)]
    fn settle(estimate: Estimate) -> (Self, bool) {
        let Estimate { high, low, bound } = estimate;
        let (nearest, rest) = two_sum(high, low);
        let margin = bound * (1.0 + 16.0 * EPSILON) + rest.abs() * (4.0 * EPSILON);
        let certain = (nearest + (rest + margin) == nearest) & (nearest + (rest - margin) == nearest);
        (nearest + 0.0, (certain | (bound == 0.0)) & nearest.is_finite())
    }

    #[inline(always)]
    fn round_estimate(estimate: Estimate) -> Option<Self> {
        estimate.to_f64()
    }
}

impl Float for f32 {
    const PRODUCTS_ARE_DOUBLES: bool = true;
    const HAS_ROUGH_SUM: bool = true;

    #[inline(always)]
    fn rough_sum(x: &[Self]) -> Option<Estimate> {
        rough::sum(x)
    }

    #[inline(always)]
    fn widen(self) -> f64 {
        f64::from(self)
    }

    #[inline(always)]
    fn narrow(x: f64) -> Self {
        x as Self
    }

    fn round(leading: Leading) -> Self {
        leading.to_f32()
    }

    #[inline(always)]
    fn settle(estimate: Estimate) -> (Self, bool) {
        let Estimate { high, low, bound } = estimate;
        let nearest = high + low + 0.0;
        let size = nearest.abs();
        let value = nearest as Self;
        // Half the distance between two floats of this type, as large as `nearest`.
        let half = f64::from_bits((size.to_bits() & (0x7ff << 52)).wrapping_sub(24 << 52));
        let off = bound * (1.0 + 4.0 * EPSILON) + size * (4.0 * EPSILON);
        // Below a power of two the next float is nearer: half as far.
        let inside = ((nearest - f64::from(value)).abs() + off < half) & (off < half * 0.5);
        let ordinary = (size > 1e-37) & (size < 1e38);
        let exact = (low == 0.0) & (bound == 0.0) & value.is_finite();
        (value, exact | (inside & ordinary))
    }
}

impl Float for f16 {
    const PRODUCTS_ARE_DOUBLES: bool = true;

    #[inline(always)]
    fn widen(self) -> f64 {
        self.to_f64()
    }

    /// In one rounding, which [`f16::from_f64`] is not: it leaves out the lowest half of the bits.
    fn narrow(x: f64) -> Self {
        let (mantissa, exponent) = decompose(x);
        if mantissa == 0 {
            return Self::from_f64(x);
        }
        Leading::new(mantissa < 0, mantissa.unsigned_abs().into(), exponent, false).to_f16()
    }

    fn round(leading: Leading) -> Self {
        leading.to_f16()
    }
}
