//! The product of many numbers, each with an exponent of its own so that nothing overflows, in two doubles: eight
//! products side by side, which do not wait for one another.

#![expect(
    clippy::needless_range_loop,
    reason = "lanes by their number: a closure that is not inlined is not AVX2"
)]

use super::bounded::two_product;
use super::element::Float;
use crate::kernel::dispatch;

/// How many products are made side by side.
pub(crate) const LANES: usize = 8;

/// The products of the factors of eight places, each `(high + low) 2^exponent` with `1 ≤ |high| < 2`.
#[derive(Clone, Debug)]
pub(crate) struct Factors {
    pub(crate) high: [f64; LANES],
    pub(crate) low: [f64; LANES],
    pub(crate) exponent: [i64; LANES],
}

impl Default for Factors {
    fn default() -> Self {
        Self { high: [1.0; LANES], low: [0.0; LANES], exponent: [0; LANES] }
    }
}

const EXPONENT: u64 = 0x7ff << 52;
const ONE: u64 = 1023 << 52;
const TWO_TO_54: f64 = (1u64 << 54) as f64;

impl Factors {
    /// Multiplies the product of a place by `x`, which is finite and not 0.
    pub(crate) fn multiply(&mut self, place: usize, x: f64) {
        let (x, shift) = if x.abs() < f64::MIN_POSITIVE { (x * TWO_TO_54, -54) } else { (x, 0) };
        self.step(place, x);
        self.exponent[place] += shift;
    }

    /// The same for a number that is not subnormal.
    #[inline(always)]
    fn step(&mut self, place: usize, x: f64) {
        let bits = x.to_bits();
        let factor = f64::from_bits(bits & !EXPONENT | ONE);
        let (product, error) = two_product(self.high[place], factor);
        let rest = error + self.low[place] * factor;
        self.put(place, product, rest, ((bits & EXPONENT) >> 52) as i64 - 1023);
    }

    /// Writes `high + low`, the first in 1..4, times 2^exponent.
    #[inline(always)]
    fn put(&mut self, place: usize, high: f64, low: f64, exponent: i64) {
        let sum = high + low;
        let rest = low - (sum - high);
        let large = sum.abs() >= 2.0;
        let scale = if large { 0.5 } else { 1.0 };
        (self.high[place], self.low[place]) = (sum * scale, rest * scale);
        self.exponent[place] += exponent + i64::from(large);
    }

    /// Returns the product of all places: high, low and the exponent.
    pub(crate) fn product(&self) -> (f64, f64, i64) {
        let mut all = self.clone();
        for place in 1..LANES {
            let (a, b, c, d) = (all.high[0], all.low[0], all.high[place], all.low[place]);
            let (product, error) = two_product(a, c);
            all.put(0, product, error + (a * d + b * c), self.exponent[place]);
        }
        (all.high[0], all.low[0], all.exponent[0])
    }
}

/// Multiplies the products by whole rounds of factors; `false`, and nothing is done, if one is 0, subnormal or not finite.
#[inline(always)]
fn rounds_body<T: Float>(x: &[T], factors: &mut Factors) -> bool {
    let mut ordinary = true;
    for x in x {
        let exponent = x.widen().to_bits() & EXPONENT;
        ordinary &= (exponent != 0) & (exponent != EXPONENT);
    }
    if ordinary {
        for x in x.as_chunks::<LANES>().0 {
            for place in 0..LANES {
                factors.step(place, x[place].widen());
            }
        }
    }
    ordinary
}

dispatch! {
    /// Multiplies the products by whole rounds of factors; `false`, and nothing is done, if one is 0, subnormal or not finite.
    pub(crate) fn rounds[T: Float](x: &[T], factors: &mut Factors) -> bool = rounds_body;
}
