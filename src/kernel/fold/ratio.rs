//! Exact dyadic rationals of any length, and their quotients and square roots, rounded once.

use core::cmp::Ordering;

use super::round::{Leading, Precision, decompose};
use super::wide::Wide;

/// An exact dyadic rational: ± magnitude · 2^exp.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ratio {
    negative: bool,
    /// Little-endian, no zero limb at the top.
    magnitude: Vec<u64>,
    exp: i64,
}

impl Ratio {
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
        let (significand, exp) = decompose(value.abs());
        let significand = significand as u64;
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
        self.quotient(divisor, root).round_to(to)
    }

    /// Returns the leading bits of `self / divisor`, or of the root of its magnitude, with the sign kept.
    pub(crate) fn quotient(&self, divisor: &Self, root: bool) -> Leading {
        debug_assert!(!divisor.is_zero(), "a caller decides what division by zero gives");
        if self.is_zero() {
            return Leading::ZERO;
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
        // Beyond these all floats are 0 or infinite.
        Leading::new(negative, quotient, exp.clamp(-10_000, 2000) as i32, inexact)
    }
}

/// Returns (nΣx² − (Σx)²) / (n (n − ddof)), or its root, of n > 0 numbers; of complex numbers (Σx)² is that of each part.
///
/// `None`: `n - ddof` is not positive.
pub(crate) fn variance(
    n: u64,
    sums: impl IntoIterator<Item = Ratio>,
    squares: &Ratio,
    ddof: f64,
    root: bool,
) -> Option<Leading> {
    let count = Ratio::from_u64(n);
    let divisor = n as f64 - ddof;
    if !(divisor > 0.0 && divisor.is_finite()) {
        return None;
    }
    let numerator = sums.into_iter().fold(count.mul(squares), |rest, sum| rest.sub(&sum.mul(&sum)));
    Some(numerator.quotient(&count.mul(&Ratio::from_f64(divisor)), root))
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
