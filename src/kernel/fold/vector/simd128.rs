//! The vector of WebAssembly.

use core::arch::wasm32::*;

use super::ops::Vector;

/// Two numbers. The module is compiled with simd128.
#[derive(Clone, Copy)]
pub(crate) struct Simd128(v128);

impl Vector for Simd128 {
    const LANES: usize = 2;

    #[inline(always)]
    fn splat(x: f64) -> Self {
        Self(f64x2_splat(x))
    }

    #[inline(always)]
    fn load(x: &[f64]) -> Self {
        assert!(x.len() >= 2);
        // SAFETY: the assertion proved that 16 bytes may be read; no alignment is needed.
        Self(unsafe { v128_load(x.as_ptr().cast()) })
    }

    #[inline(always)]
    fn load_f32(x: &[f32]) -> Self {
        assert!(x.len() >= 2);
        // SAFETY: the assertion proved that 8 bytes may be read; no alignment is needed.
        Self(f64x2_promote_low_f32x4(unsafe { v128_load64_zero(x.as_ptr().cast()) }))
    }

    #[inline(always)]
    fn store(self, out: &mut [f64; 8]) {
        out[0] = f64x2_extract_lane::<0>(self.0);
        out[1] = f64x2_extract_lane::<1>(self.0);
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(f64x2_add(self.0, other.0))
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self(f64x2_sub(self.0, other.0))
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Self(f64x2_mul(self.0, other.0))
    }

    #[inline(always)]
    fn raise(self, other: Self) -> Self {
        Self(f64x2_pmax(self.0, other.0)) // self < other ? other : self
    }

    #[inline(always)]
    fn abs(self) -> Self {
        Self(f64x2_abs(self.0))
    }

    #[inline(always)]
    fn add_bits(self, other: Self) -> Self {
        Self(i64x2_add(self.0, other.0))
    }

    #[inline(always)]
    fn or(self, other: Self) -> Self {
        Self(v128_or(self.0, other.0))
    }

    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        Self(v128_xor(self.0, other.0))
    }

    #[inline(always)]
    fn turn(square: &mut [Self; 8]) {
        let [a, b, ..] = *square;
        square[0] = Self(i64x2_shuffle::<0, 2>(a.0, b.0));
        square[1] = Self(i64x2_shuffle::<1, 3>(a.0, b.0));
    }
}
