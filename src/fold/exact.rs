//! Exact sums of third and fourth powers, wider than those of the kernels.

use super::big::Big;
use crate::error::Result;
use crate::exact::bytes::{FieldReader, corrupt};
use crate::kernel::fold::exact::Special;
use crate::kernel::fold::wide::Wide;

/// An integer of `N` digits of 32 bits in units of 2^-BIAS, with room for carries in each digit.
#[derive(Clone, Debug)]
pub(crate) struct Digits<const N: usize, const BIAS: i32> {
    digits: [i64; N],
    /// How many more additions fit before the carries must be moved.
    room: u32,
    pub(crate) special: Special,
}

impl<const N: usize, const BIAS: i32> Default for Digits<N, BIAS> {
    fn default() -> Self {
        Self { digits: [0; N], room: ROOM, special: Special::default() }
    }
}

/// Each addition changes a digit by less than 2^32: 2^29 of them stay below 2^62.
const ROOM: u32 = 1 << 29;

impl<const N: usize, const BIAS: i32> Digits<N, BIAS> {
    /// Adds ± significand · 2^exp.
    #[inline]
    pub(crate) fn add(&mut self, negative: bool, significand: u128, exp: i32) {
        if self.room == 0 {
            self.carry();
        }
        self.room -= 1;
        let position = (exp + BIAS) as usize;
        let (mut i, shift) = (position / 32, position % 32);
        let mut piece = ((significand << shift) & 0xffff_ffff) as i64;
        let mut rest = significand >> (32 - shift);
        loop {
            self.digits[i] += if negative { -piece } else { piece };
            if rest == 0 {
                break;
            }
            i += 1;
            piece = (rest & 0xffff_ffff) as i64;
            rest >>= 32;
        }
    }

    /// Adds a wide integer in units of 2^unit.
    pub(crate) fn add_wide<const LIMBS: usize>(&mut self, wide: &Wide<LIMBS>, unit: i32) {
        let negative = wide.is_negative();
        for (limb, exp) in wide.abs().limbs().iter().zip((unit..).step_by(64)) {
            if *limb != 0 {
                self.add(negative, u128::from(*limb), exp);
            }
        }
    }

    /// Brings every digit but the top one into −2^31..2^31.
    fn carry(&mut self) {
        let mut carry = 0;
        let (top, digits) = self.digits.split_last_mut().expect("N is not zero");
        for digit in digits {
            let value = *digit + carry;
            *digit = i64::from(value as i32);
            carry = (value - *digit) >> 32;
        }
        *top += carry;
        self.room = ROOM - 2;
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        let mut other = other.clone();
        other.carry();
        self.carry();
        for (digit, add) in self.digits.iter_mut().zip(other.digits) {
            *digit += add;
        }
        self.carry();
        self.special.merge(other.special);
    }

    /// Returns the exact finite part.
    pub(crate) fn value(&self) -> Big {
        let mut digits = self.digits;
        let mut normalise = |negate: bool| {
            let mut carry = 0;
            for digit in &mut digits {
                let value = if negate { -*digit } else { *digit } + carry;
                *digit = value & 0xffff_ffff;
                carry = value >> 32;
            }
            carry < 0
        };
        let negative = normalise(false);
        if negative {
            // The digits are value + 2^(32 N): their negation mod that is the magnitude.
            normalise(true);
        }
        let limbs =
            digits.chunks(2).map(|pair| pair[0] as u64 | (pair.get(1).copied().unwrap_or(0) as u64) << 32);
        Big::new(negative, limbs.collect(), -i64::from(BIAS))
    }

    /// Appends the state: equal sums give equal bytes.
    pub(super) fn write(&self, bytes: &mut Vec<u8>) {
        let Special { nan, positive: plus, negative: minus } = self.special;
        bytes.extend([u8::from(nan), u8::from(plus), u8::from(minus)]);
        self.value().write(bytes);
    }

    /// Reads what [`write`](Self::write) wrote.
    pub(super) fn read(bytes: &mut FieldReader<'_>) -> Result<Self> {
        let mut flag = || Result::Ok(bytes.u8()? != 0);
        let special = Special { nan: flag()?, positive: flag()?, negative: flag()? };
        let mut out = Self { special, ..Self::default() };
        let negative = bytes.u8()? != 0;
        let exp = bytes.u64()? as i64;
        let len = bytes.len(8)?;
        let end = exp.checked_add(64 * len as i64).filter(|&end| end <= 32 * N as i64 - i64::from(BIAS) - 32);
        if len > 0 && (end.is_none() || exp < -i64::from(BIAS)) {
            return Err(corrupt("a sum is out of range"));
        }
        for i in 0..len {
            out.add(negative, u128::from(bytes.u64()?), exp as i32 + 64 * i as i32);
        }
        Ok(out)
    }
}
