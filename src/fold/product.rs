//! Products of a lane, with an exponent of their own so that nothing overflows on the way.

use super::number::Number;
use super::request::Request;
use crate::error::Result;
use crate::exact::bytes::{FieldReader, corrupt};
use crate::kernel::fold::element::Float;
use crate::kernel::fold::factors::{self, Factors, LANES};
use crate::kernel::fold::grid::Block;
use crate::kernel::fold::ratio::Ratio;

/// Factors that are looked at together.
const BLOCK: usize = 1024;

/// No exponent comes to more, however many factors there are.
const MOST: u64 = 1 << 58;

/// A product with an exponent of its own, so that nothing overflows on the way: factor i is the business of place i mod 8.
#[derive(Clone, Debug)]
pub(super) struct Product {
    n: u64,
    factors: Factors,
    /// 0, infinity or NaN among the factors.
    special: f64,
    integer: u64,
}

impl Default for Product {
    fn default() -> Self {
        Self { n: 0, factors: Factors::default(), special: 1.0, integer: 1 }
    }
}

impl Product {
    pub(super) fn push(&mut self, block: Block<'_>, request: &Request) {
        let floats = !request.out.is_integer();
        match block {
            Block::F64(x) => self.floats(x),
            Block::F32(x) => self.floats(x),
            Block::I64(x) if floats => x.iter().for_each(|&x| self.factor(x as f64)),
            Block::U64(x) if floats => x.iter().for_each(|&x| self.factor(x as f64)),
            Block::I64(x) => x.iter().for_each(|&x| self.integer = self.integer.wrapping_mul(x as u64)),
            Block::U64(x) => x.iter().for_each(|&x| self.integer = self.integer.wrapping_mul(x)),
        }
    }

    fn floats<T: Float>(&mut self, x: &[T]) {
        let first = (self.n.next_multiple_of(LANES as u64) - self.n) as usize;
        let (head, x) = x.split_at(first.min(x.len()));
        let (rounds, tail) = x.split_at(x.len() / LANES * LANES);
        head.iter().for_each(|x| self.factor(x.widen()));
        for block in rounds.chunks(BLOCK) {
            if factors::rounds(block, &mut self.factors) {
                self.n += block.len() as u64;
            } else {
                block.iter().for_each(|x| self.factor(x.widen()));
            }
        }
        tail.iter().for_each(|x| self.factor(x.widen()));
    }

    fn factor(&mut self, x: f64) {
        if x == 0.0 || !x.is_finite() {
            self.special *= x;
        } else {
            self.factors.multiply(self.n as usize % LANES, x);
        }
        self.n += 1;
    }

    pub(super) fn write(&self, bytes: &mut Vec<u8>) {
        for part in [self.n, self.integer, self.special.to_bits()] {
            bytes.extend(part.to_le_bytes());
        }
        for place in 0..LANES {
            let Factors { high, low, exponent } = &self.factors;
            for part in [high[place].to_bits(), low[place].to_bits(), exponent[place] as u64] {
                bytes.extend(part.to_le_bytes());
            }
        }
    }

    pub(super) fn read(bytes: &mut FieldReader<'_>) -> Result<Self> {
        let [n, integer] = [bytes.u64()?, bytes.u64()?];
        let special = bytes.f64()?;
        let mut factors = Factors::default();
        for place in 0..LANES {
            let [high, low] = [bytes.f64()?, bytes.f64()?];
            if !(1.0..2.0).contains(&high.abs()) || !(-1.0..=1.0).contains(&low) {
                return Err(corrupt("a product is out of range"));
            }
            let exponent = bytes.u64()? as i64;
            if exponent.unsigned_abs() > MOST {
                return Err(corrupt("a product is out of range"));
            }
            (factors.high[place], factors.low[place]) = (high, low);
            factors.exponent[place] = exponent;
        }
        Ok(Self { n, factors, special, integer })
    }

    pub(super) fn finish(&self, request: &Request) -> Number {
        if request.out.is_integer() {
            return Number::U(self.integer);
        }
        let (high, low, exponent) = self.factors.product();
        if self.special != 1.0 {
            return Number::F(if self.special.is_nan() { f64::NAN } else { self.special * high.signum() });
        }
        let scale = Ratio::from_f64(high).add(&Ratio::from_f64(low)).scaled(exponent);
        Number::F(scale.round(request.precision()))
    }
}
