//! The vector of aarch64.

use core::arch::aarch64::*;

use super::ops::Vector;

/// Two numbers. NEON is part of aarch64.
#[derive(Clone, Copy)]
pub(crate) struct Neon(float64x2_t);

/// Returns the numbers of the bits that `f` makes of the bits of `a` and `b`.
#[inline(always)]
fn bits(a: Neon, b: Neon, f: impl Fn(uint64x2_t, uint64x2_t) -> uint64x2_t) -> Neon {
    // SAFETY: NEON is part of aarch64.
    unsafe { Neon(vreinterpretq_f64_u64(f(vreinterpretq_u64_f64(a.0), vreinterpretq_u64_f64(b.0)))) }
}

// SAFETY of every block below: NEON is part of aarch64. Loads and stores are preceded by an assertion of the length, or
// write to an array that is long enough, and need no more alignment than their elements.
impl Vector for Neon {
    const LANES: usize = 2;

    #[inline(always)]
    fn splat(x: f64) -> Self {
        // SAFETY: see the head of this implementation.
        Self(unsafe { vdupq_n_f64(x) })
    }

    #[inline(always)]
    fn load(x: &[f64]) -> Self {
        assert!(x.len() >= 2);
        // SAFETY: see the head of this implementation.
        Self(unsafe { vld1q_f64(x.as_ptr()) })
    }

    #[inline(always)]
    fn load_f32(x: &[f32]) -> Self {
        assert!(x.len() >= 2);
        // SAFETY: see the head of this implementation.
        Self(unsafe { vcvt_f64_f32(vld1_f32(x.as_ptr())) })
    }

    #[inline(always)]
    fn store(self, out: &mut [f64; 8]) {
        // SAFETY: see the head of this implementation.
        unsafe { vst1q_f64(out.as_mut_ptr(), self.0) }
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: see the head of this implementation.
        Self(unsafe { vaddq_f64(self.0, other.0) })
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        // SAFETY: see the head of this implementation.
        Self(unsafe { vsubq_f64(self.0, other.0) })
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        // SAFETY: see the head of this implementation.
        Self(unsafe { vmulq_f64(self.0, other.0) })
    }

    #[inline(always)]
    fn raise(self, other: Self) -> Self {
        // SAFETY: see the head of this implementation. The machine's own maximum is NaN where either is.
        Self(unsafe { vbslq_f64(vcltq_f64(self.0, other.0), other.0, self.0) })
    }

    #[inline(always)]
    fn abs(self) -> Self {
        // SAFETY: see the head of this implementation.
        Self(unsafe { vabsq_f64(self.0) })
    }

    #[inline(always)]
    fn add_bits(self, other: Self) -> Self {
        // SAFETY: see the head of this implementation.
        bits(self, other, |a, b| unsafe { vaddq_u64(a, b) })
    }

    #[inline(always)]
    fn or(self, other: Self) -> Self {
        // SAFETY: see the head of this implementation.
        bits(self, other, |a, b| unsafe { vorrq_u64(a, b) })
    }

    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        // SAFETY: see the head of this implementation.
        bits(self, other, |a, b| unsafe { veorq_u64(a, b) })
    }

    #[inline(always)]
    fn turn(square: &mut [Self; 8]) {
        let [a, b, ..] = *square;
        // SAFETY: see the head of this implementation.
        unsafe {
            square[0] = Self(vtrn1q_f64(a.0, b.0));
            square[1] = Self(vtrn2q_f64(a.0, b.0));
        }
    }
}
