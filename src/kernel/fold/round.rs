//! The one rounding: how an exact number becomes a float.

use super::wide::Wide;

/// A number of which the leading 128 bits are known, and whether anything lies below them.
///
/// Its absolute value is in `[significand, significand + 1) * 2^exponent`, and is the left end
/// only if `inexact` is false. That is enough to round correctly to any float of this crate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Leading {
    pub(crate) negative: bool,
    /// The top bit is set, unless the number is zero.
    pub(crate) significand: u128,
    pub(crate) exponent: i32,
    pub(crate) inexact: bool,
}

/// A float format that results are rounded to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Precision {
    F64,
    F32,
    F16,
}

/// What a binary float looks like.
struct Format {
    /// Stored significand bits, without the leading one.
    fraction_bits: u32,
    /// The exponent of the smallest positive number.
    smallest_exponent: i32,
    /// The bits of infinity.
    infinity: u64,
}

const F64: Format = Format { fraction_bits: 52, smallest_exponent: -1074, infinity: 0x7ff << 52 };
const F32: Format = Format { fraction_bits: 23, smallest_exponent: -149, infinity: 0xff << 23 };
const F16: Format = Format { fraction_bits: 10, smallest_exponent: -24, infinity: 0x1f << 10 };

impl Leading {
    pub(crate) const ZERO: Self = Self { negative: false, significand: 0, exponent: 0, inexact: false };

    /// Returns the leading bits of `(-1)^negative * significand * 2^exponent`.
    pub(crate) fn new(negative: bool, significand: u128, exponent: i32, inexact: bool) -> Self {
        if significand == 0 {
            return Self::ZERO;
        }
        let shift = significand.leading_zeros();
        Self { negative, significand: significand << shift, exponent: exponent - shift as i32, inexact }
    }

    /// Returns the leading bits of `value * 2^exponent`.
    pub(crate) fn of_wide<const LIMBS: usize>(value: &Wide<LIMBS>, exponent: i32) -> Self {
        Self::of_magnitude(value.is_negative(), value.abs().limbs(), exponent)
    }

    /// Returns the leading bits of `(-1)^negative * limbs * 2^exponent`, `limbs` unsigned.
    pub(crate) fn of_magnitude(negative: bool, limbs: &[u64], exponent: i32) -> Self {
        let Some(top) = limbs.iter().rposition(|&limb| limb != 0) else { return Self::ZERO };
        let limb = |below: usize| if top >= below { limbs[top - below] } else { 0 };
        let shift = limbs[top].leading_zeros();
        let high = (u128::from(limb(0)) << 64) | u128::from(limb(1));
        let low = limb(2);
        // `low >> 1 >> (63 - shift)` is `low >> (64 - shift)` that is also right for shift = 0.
        let significand = (high << shift) | u128::from(low >> 1 >> (63 - shift));
        let rest = low << shift != 0 || limbs[..top.saturating_sub(2)].iter().any(|&limb| limb != 0);
        Self {
            negative,
            significand,
            exponent: exponent + 64 * (top as i32 - 1) - shift as i32,
            inexact: rest,
        }
    }

    /// Returns the quotient by `divisor`, which is not zero: 64 bits of it at least.
    pub(crate) fn divided_by(self, divisor: u64) -> Self {
        let divisor = u128::from(divisor);
        let (quotient, rest) = (self.significand / divisor, self.significand % divisor);
        Self::new(self.negative, quotient, self.exponent, self.inexact || rest != 0)
    }

    /// Returns the square root of a number that is not negative: 64 bits of it.
    pub(crate) fn sqrt(self) -> Self {
        // An even exponent: the significand may lose its lowest bit, which the root does not see.
        let odd = self.exponent & 1;
        let significand = self.significand >> odd;
        let root = significand.isqrt();
        let inexact = self.inexact || root * root != significand || self.significand & odd as u128 != 0;
        Self::new(false, root, (self.exponent + odd) / 2, inexact)
    }

    /// Returns the nearest `f64`, ties to even; ±∞ only above the largest finite number.
    pub(crate) fn to_f64(self) -> f64 {
        f64::from_bits(self.round(&F64) | u64::from(self.negative) << 63)
    }

    /// Returns the nearest `f32`, ties to even, in one rounding.
    pub(crate) fn to_f32(self) -> f32 {
        f32::from_bits(self.round(&F32) as u32 | u32::from(self.negative) << 31)
    }

    /// Returns the nearest `f16`, ties to even, in one rounding.
    pub(crate) fn to_f16(self) -> half::f16 {
        half::f16::from_bits(self.round(&F16) as u16 | u16::from(self.negative) << 15)
    }

    /// Returns the nearest number of this format.
    pub(crate) fn round_to(self, to: Precision) -> f64 {
        match to {
            Precision::F64 => self.to_f64(),
            Precision::F32 => self.to_f32().into(),
            Precision::F16 => self.to_f16().into(),
        }
    }

    /// Returns the bits of the nearest float without its sign.
    fn round(&self, format: &Format) -> u64 {
        if self.significand == 0 {
            return 0;
        }
        // The result is `kept * 2^last`: a whole significand, or fewer bits in the subnormal range.
        let top = self.exponent + 127;
        let last = (top - format.fraction_bits as i32).max(format.smallest_exponent);
        let dropped = last - self.exponent; // at least 128 - 53
        let (kept, half, below) = match dropped {
            ..128 => {
                let half = 1u128 << (dropped - 1);
                (
                    (self.significand >> dropped) as u64,
                    self.significand & half != 0,
                    self.significand & (half - 1) != 0,
                )
            }
            128 => (0, true, self.significand << 1 != 0),
            _ => (0, false, true),
        };
        let up = half && (below || self.inexact || kept & 1 == 1);
        // The leading bit of `kept` adds one to the exponent field, and a carry out of the
        // significand does the same: both are what the encoding wants.
        let field = (last - format.smallest_exponent) as u64;
        let bits = (field << format.fraction_bits) + kept + u64::from(up);
        bits.min(format.infinity)
    }
}

/// The exponent that [`decompose`] gives to infinities and NaN.
pub(crate) const NOT_FINITE: i32 = i32::MAX;

/// Returns `(mantissa, exponent)` with `x = mantissa * 2^exponent`, or [`NOT_FINITE`].
#[inline(always)]
pub(crate) fn decompose(x: f64) -> (i64, i32) {
    let bits = x.to_bits();
    let field = ((bits >> 52) & 0x7ff) as i32;
    let fraction = (bits & ((1 << 52) - 1)) as i64;
    let (magnitude, exponent) = match field {
        0 => (fraction, F64.smallest_exponent),
        0x7ff => (0, NOT_FINITE),
        _ => (fraction | 1 << 52, field - 1075),
    };
    (if x.is_sign_negative() { -magnitude } else { magnitude }, exponent)
}
