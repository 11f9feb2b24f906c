//! What do the elements come to when they are multiplied, without overflow on the way?

use super::big::Big;
use super::bytes::{Reader, corrupt};
use super::cell::Cell;
use super::lanes::Block;
use super::spec::Spec;
use crate::error::Result;

/// A product with an exponent of its own, so that nothing overflows on the way.
#[derive(Clone, Debug)]
pub(super) struct Product {
    n: u64,
    /// Unevaluated sum of two doubles, the first in 1..2.
    high: f64,
    low: f64,
    exp: i64,
    /// 0, infinity or NaN among the factors.
    special: f64,
    integer: u64,
}

impl Default for Product {
    fn default() -> Self {
        Self { n: 0, high: 1.0, low: 0.0, exp: 0, special: 1.0, integer: 1 }
    }
}

impl Product {
    pub(super) fn push(&mut self, block: Block<'_>, spec: &Spec) {
        let floats = !spec.out.is_integer();
        self.n += block.len() as u64;
        match block {
            Block::F64(x) => x.iter().for_each(|&x| self.factor(x)),
            Block::F32(x) => x.iter().for_each(|&x| self.factor(f64::from(x))),
            Block::I64(x) if floats => x.iter().for_each(|&x| self.factor(x as f64)),
            Block::U64(x) if floats => x.iter().for_each(|&x| self.factor(x as f64)),
            Block::I64(x) => x.iter().for_each(|&x| self.integer = self.integer.wrapping_mul(x as u64)),
            Block::U64(x) => x.iter().for_each(|&x| self.integer = self.integer.wrapping_mul(x)),
        }
    }

    fn factor(&mut self, x: f64) {
        if x == 0.0 || !x.is_finite() {
            self.special *= x;
            return;
        }
        let (mut x, mut shift) = (x, 0);
        if x.abs() < f64::MIN_POSITIVE {
            x *= TWO_TO_54;
            shift = -54;
        }
        let bits = x.to_bits();
        self.exp += ((bits >> 52) & 0x7ff) as i64 - 1023 + shift;
        let x = f64::from_bits(bits & !(0x7ff << 52) | 1023 << 52);
        let (product, error) = two_product(self.high, x);
        let (high, low) = fast_two_sum(product, error + self.low * x);
        if high.abs() >= 2.0 {
            (self.high, self.low) = (high / 2.0, low / 2.0);
            self.exp += 1;
        } else {
            (self.high, self.low) = (high, low);
        }
    }

    pub(super) fn write(&self, bytes: &mut Vec<u8>) {
        for part in [self.n, self.exp as u64, self.integer] {
            bytes.extend(part.to_le_bytes());
        }
        for part in [self.high, self.low, self.special] {
            bytes.extend(part.to_bits().to_le_bytes());
        }
    }

    pub(super) fn read(bytes: &mut Reader<'_>) -> Result<Self> {
        let [n, exp, integer] = [bytes.u64()?, bytes.u64()?, bytes.u64()?];
        let [high, low, special] = [bytes.f64()?, bytes.f64()?, bytes.f64()?];
        if !(1.0..2.0).contains(&high.abs()) || !(-1.0..=1.0).contains(&low) {
            return Err(corrupt("a product is out of range"));
        }
        Ok(Self { n, exp: exp as i64, integer, high, low, special })
    }

    pub(super) fn finish(&self, spec: &Spec) -> Cell {
        if spec.out.is_integer() {
            return Cell::U(self.integer);
        }
        if self.special != 1.0 {
            return Cell::F(if self.special.is_nan() { f64::NAN } else { self.special * self.high.signum() });
        }
        let scale = Big::from_f64(self.high).add(&Big::from_f64(self.low)).scaled(self.exp);
        Cell::F(scale.round(spec.precision()))
    }
}

const TWO_TO_54: f64 = (1u64 << 54) as f64;

/// Returns a·b and what was rounded off, exactly (Dekker 1971, by Veltkamp's split).
fn two_product(a: f64, b: f64) -> (f64, f64) {
    let split = |x: f64| {
        let c = 134_217_729.0 * x;
        let high = c - (c - x);
        (high, x - high)
    };
    let product = a * b;
    let ((a1, a2), (b1, b2)) = (split(a), split(b));
    (product, a2 * b2 - (((product - a1 * b1) - a2 * b1) - a1 * b2))
}

/// Returns a + b and what was rounded off, exactly, if |a| ≥ |b| (Dekker 1971).
fn fast_two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    (sum, b - (sum - a))
}
