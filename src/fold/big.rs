//! Exact dyadic rationals of any length, and their quotients and square roots, rounded once.

use core::cmp::Ordering;

use crate::kernel::fold::wide::Wide;

/// A float format that results are rounded to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Precision {
    /// Bits of the significand.
    bits: i64,
    /// The exponent of the smallest subnormal number.
    low: i64,
    /// All magnitudes are below 2 to this.
    high: i64,
}

impl Precision {
    pub(crate) const F64: Self = Self { bits: 53, low: -1074, high: 1024 };
    pub(crate) const F32: Self = Self { bits: 24, low: -149, high: 128 };
    pub(crate) const F16: Self = Self { bits: 11, low: -24, high: 16 };
}

/// An exact dyadic rational: ± magnitude · 2^exp.
#[derive(Clone, Debug, Default)]
pub(crate) struct Big {
    negative: bool,
    /// Little-endian, no zero limb at the top.
    magnitude: Vec<u64>,
    exp: i64,
}

impl Big {
    /// Returns ± Σ limbs\[i\] 2^(64 i + exp).
    pub(crate) fn new(negative: bool, mut magnitude: Vec<u64>, mut exp: i64) -> Self {
        while magnitude.last() == Some(&0) {
            magnitude.pop();
        }
        let zeros = magnitude.iter().take_while(|&&limb| limb == 0).count();
        if zeros > 0 {
            magnitude.drain(..zeros);
            exp += 64 * zeros as i64;
        }
        Self { negative, magnitude, exp }
    }

    /// Returns a wide integer in units of 2^unit.
    pub(crate) fn of_wide<const LIMBS: usize>(wide: &Wide<LIMBS>, unit: i32) -> Self {
        Self::new(wide.is_negative(), wide.abs().limbs().to_vec(), i64::from(unit))
    }

    pub(crate) fn from_i128(value: i128) -> Self {
        let size = value.unsigned_abs();
        Self::new(value < 0, vec![size as u64, (size >> 64) as u64], 0)
    }

    pub(crate) fn from_u64(value: u64) -> Self {
        Self::new(false, vec![value], 0)
    }

    /// Returns a finite float as it is, with an odd significand.
    pub(crate) fn from_f64(value: f64) -> Self {
        let (significand, exp) = parts(value);
        if significand == 0 {
            return Self::default();
        }
        let zeros = significand.trailing_zeros();
        Self::new(value < 0.0, vec![significand >> zeros], i64::from(exp) + i64::from(zeros))
    }

    /// Appends sign, exponent and limbs.
    pub(crate) fn write(&self, bytes: &mut Vec<u8>) {
        bytes.push(u8::from(self.is_negative()));
        bytes.extend((self.exp as u64).to_le_bytes());
        bytes.extend((self.magnitude.len() as u64).to_le_bytes());
        self.magnitude.iter().for_each(|limb| bytes.extend(limb.to_le_bytes()));
    }

    pub(crate) fn is_zero(&self) -> bool {
        self.magnitude.is_empty()
    }

    pub(crate) fn is_negative(&self) -> bool {
        self.negative && !self.is_zero()
    }

    /// Returns the value times 2^exp.
    pub(crate) fn scaled(mut self, exp: i64) -> Self {
        self.exp += exp;
        self
    }

    pub(crate) fn neg(mut self) -> Self {
        self.negative = !self.negative;
        self
    }

    /// The number of bits of the magnitude.
    fn len_bits(&self) -> i64 {
        let top = self.magnitude.last().map_or(64, |limb| limb.leading_zeros());
        64 * self.magnitude.len() as i64 - i64::from(top)
    }

    pub(crate) fn mul(&self, other: &Self) -> Self {
        let mut out = vec![0u64; self.magnitude.len() + other.magnitude.len()];
        for (i, &a) in self.magnitude.iter().enumerate() {
            let mut carry = 0u128;
            for (slot, &b) in out[i..].iter_mut().zip(&other.magnitude) {
                carry += u128::from(a) * u128::from(b) + u128::from(*slot);
                *slot = carry as u64;
                carry >>= 64;
            }
            out[i + other.magnitude.len()] = carry as u64;
        }
        Self::new(self.negative != other.negative, out, self.exp + other.exp)
    }

    /// Returns the magnitude as an integer in units of 2^exp, `exp` not above the own one.
    fn aligned(&self, exp: i64) -> Vec<u64> {
        shifted(&self.magnitude, (self.exp - exp) as u64)
    }

    pub(crate) fn add(&self, other: &Self) -> Self {
        if self.is_zero() {
            return other.clone();
        }
        if other.is_zero() {
            return self.clone();
        }
        let exp = self.exp.min(other.exp);
        let (a, b) = (self.aligned(exp), other.aligned(exp));
        if self.negative == other.negative {
            let (mut long, short) = if a.len() >= b.len() { (a, b) } else { (b, a) };
            long.push(0);
            let mut carry = false;
            for (i, slot) in long.iter_mut().enumerate() {
                let (sum, over) = slot.overflowing_add(short.get(i).copied().unwrap_or(0));
                let (sum, again) = sum.overflowing_add(u64::from(carry));
                *slot = sum;
                carry = over || again;
            }
            return Self::new(self.negative, long, exp);
        }
        match compare(&a, &b) {
            Ordering::Equal => Self::default(),
            Ordering::Greater => Self::new(self.negative, difference(a, &b), exp),
            Ordering::Less => Self::new(other.negative, difference(b, &a), exp),
        }
    }

    pub(crate) fn sub(&self, other: &Self) -> Self {
        self.add(&other.clone().neg())
    }

    /// Returns the value rounded once, to nearest, ties to even.
    pub(crate) fn round(&self, to: Precision) -> f64 {
        self.divided_by(&Self::from_u64(1), false, to)
    }

    /// Returns `self / divisor` (or the root of its magnitude, with the sign kept), rounded once.
    /// The divisor is not zero.
    pub(crate) fn divided_by(&self, divisor: &Self, root: bool, to: Precision) -> f64 {
        debug_assert!(!divisor.is_zero(), "a caller decides what division by zero gives");
        if self.is_zero() {
            return 0.0;
        }
        let negative = self.negative != divisor.negative;
        // A quotient of 122 to 124 bits: its root has 61, enough for 53 and a half bit.
        let mut shift = 123 - (self.len_bits() - divisor.len_bits());
        let exp = self.exp - divisor.exp;
        if root && (exp - shift) % 2 != 0 {
            shift += 1;
        }
        let (numerator, denominator) = if shift >= 0 {
            (shifted(&self.magnitude, shift as u64), divisor.magnitude.clone())
        } else {
            (self.magnitude.clone(), shifted(&divisor.magnitude, shift.unsigned_abs()))
        };
        let (mut quotient, mut inexact) = quotient(numerator, denominator);
        let mut exp = exp - shift;
        if root {
            let floor = quotient.isqrt();
            inexact |= floor * floor != quotient;
            quotient = floor;
            exp /= 2;
        }
        let size = round_parts(quotient, exp, inexact, to);
        if negative { -size } else { size }
    }
}

/// Splits a finite float into an integer significand and an exponent.
pub(crate) fn parts(value: f64) -> (u64, i32) {
    let bits = value.to_bits();
    let biased = ((bits >> 52) & 0x7ff) as i32;
    let fraction = bits & ((1 << 52) - 1);
    if biased == 0 { (fraction, -1074) } else { (fraction | 1 << 52, biased - 1075) }
}

/// Returns quotient · 2^exp, a little more if `inexact`, rounded to nearest even.
fn round_parts(quotient: u128, exp: i64, inexact: bool, to: Precision) -> f64 {
    if quotient == 0 {
        return 0.0;
    }
    let len = 128 - i64::from(quotient.leading_zeros());
    let cut = (len - to.bits).max(to.low - exp);
    let (mut significand, mut exp) = (quotient, exp);
    if cut > 127 {
        return 0.0; // below half of the smallest number
    }
    if cut > 0 {
        let rest = quotient & ((1u128 << cut) - 1);
        let half = 1u128 << (cut - 1);
        significand = quotient >> cut;
        if rest > half || (rest == half && (inexact || significand & 1 == 1)) {
            significand += 1;
        }
        exp += cut;
    }
    let len = 128 - i64::from(significand.leading_zeros());
    if len + exp > to.high {
        return f64::INFINITY;
    }
    scaled(significand as u64, exp)
}

/// Returns significand · 2^exp, which is a double.
fn scaled(significand: u64, exp: i64) -> f64 {
    // Two steps: each factor is a normal number and each product but the last is exact and normal.
    let power = |exp: i64| f64::from_bits(((exp + 1023) as u64) << 52);
    let value = significand as f64;
    if exp < -1022 {
        // The result may be subnormal, but it is exact: it was rounded for that.
        value * power(-900) * power(exp.max(-1900) + 900)
    } else if exp > 900 {
        value * power(900) * power(exp - 900)
    } else {
        value * power(exp)
    }
}

fn shifted(limbs: &[u64], shift: u64) -> Vec<u64> {
    let (words, bits) = ((shift / 64) as usize, shift % 64);
    let mut out = vec![0; words];
    if bits == 0 {
        out.extend_from_slice(limbs);
    } else {
        let mut carry = 0;
        for &limb in limbs {
            out.push(limb << bits | carry);
            carry = limb >> (64 - bits);
        }
        if carry != 0 {
            out.push(carry);
        }
    }
    out
}

fn compare(a: &[u64], b: &[u64]) -> Ordering {
    let len = |x: &[u64]| x.len() - x.iter().rev().take_while(|&&limb| limb == 0).count();
    let (a, b) = (&a[..len(a)], &b[..len(b)]);
    a.len().cmp(&b.len()).then_with(|| a.iter().rev().cmp(b.iter().rev()))
}

/// Returns a − b, where a ≥ b.
fn difference(mut a: Vec<u64>, b: &[u64]) -> Vec<u64> {
    let mut borrow = false;
    for (i, slot) in a.iter_mut().enumerate() {
        let (rest, under) = slot.overflowing_sub(b.get(i).copied().unwrap_or(0));
        let (rest, again) = rest.overflowing_sub(u64::from(borrow));
        *slot = rest;
        borrow = under || again;
    }
    a
}

/// Returns ⌊a / b⌋, which is below 2^127, and whether there is a remainder.
fn quotient(a: Vec<u64>, b: Vec<u64>) -> (u128, bool) {
    if let &[divisor] = b.as_slice() {
        let mut rest = 0u128;
        let mut out = 0u128;
        for &limb in a.iter().rev() {
            rest = rest << 64 | u128::from(limb);
            out = (out << 64) | (rest / u128::from(divisor));
            rest %= u128::from(divisor);
        }
        return (out, rest != 0);
    }
    // Binary long division: b is brought up by 127 bits and comes down one at a time.
    let mut rest = a;
    let mut divisor = shifted(&b, 127);
    let mut out = 0u128;
    for _ in 0..128 {
        out <<= 1;
        if compare(&rest, &divisor) != Ordering::Less {
            rest = difference(rest, &divisor);
            out |= 1;
        }
        let mut carry = 0;
        for limb in divisor.iter_mut().rev() {
            let low = *limb << 63;
            *limb = *limb >> 1 | carry;
            carry = low;
        }
    }
    (out, rest.iter().any(|&limb| limb != 0))
}
