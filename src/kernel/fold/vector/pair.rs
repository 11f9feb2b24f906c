//! The vector of any machine: the other targets', and the twin that tests compare with.

use super::ops::Vector;

/// Two numbers without any instruction set.
#[derive(Clone, Copy)]
pub(crate) struct Pair([f64; 2]);

impl Pair {
    #[inline(always)]
    fn map(self, other: Self, f: impl Fn(f64, f64) -> f64) -> Self {
        Self([f(self.0[0], other.0[0]), f(self.0[1], other.0[1])])
    }

    #[inline(always)]
    fn map_bits(self, other: Self, f: impl Fn(u64, u64) -> u64) -> Self {
        self.map(other, |a, b| f64::from_bits(f(a.to_bits(), b.to_bits())))
    }
}

impl Vector for Pair {
    const LANES: usize = 2;

    #[inline(always)]
    fn splat(x: f64) -> Self {
        Self([x; 2])
    }

    #[inline(always)]
    fn load(x: &[f64]) -> Self {
        Self([x[0], x[1]])
    }

    #[inline(always)]
    fn load_f32(x: &[f32]) -> Self {
        Self([x[0].into(), x[1].into()])
    }

    #[inline(always)]
    fn store(self, out: &mut [f64; 8]) {
        out[..2].copy_from_slice(&self.0);
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.map(other, |a, b| a + b)
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.map(other, |a, b| a - b)
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self.map(other, |a, b| a * b)
    }

    #[inline(always)]
    fn raise(self, other: Self) -> Self {
        self.map(other, |a, b| if a < b { b } else { a })
    }

    #[inline(always)]
    fn abs(self) -> Self {
        self.map(self, |a, _| a.abs())
    }

    #[inline(always)]
    fn add_bits(self, other: Self) -> Self {
        self.map_bits(other, u64::wrapping_add)
    }

    #[inline(always)]
    fn or(self, other: Self) -> Self {
        self.map_bits(other, |a, b| a | b)
    }

    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        self.map_bits(other, |a, b| a ^ b)
    }

    #[inline(always)]
    fn turn(square: &mut [Self; 8]) {
        let [Self([a, b]), Self([c, d]), ..] = *square;
        (square[0], square[1]) = (Self([a, c]), Self([b, d]));
    }
}
