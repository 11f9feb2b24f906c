//! Vectors of x86-64: AVX-512, AVX2, SSE2.

use core::arch::x86_64::*;

use super::ops::{Vector, dekker};

/// Four numbers, and whether the error of a product is made by a fused multiply-add.
#[derive(Clone, Copy)]
pub(crate) struct Avx2Of<const FUSED: bool>(__m256d);

/// SideBySide numbers.
#[derive(Clone, Copy)]
pub(crate) struct Avx512(__m512d);

/// Two numbers. SSE2 is part of x86-64.
#[derive(Clone, Copy)]
pub(crate) struct Sse2(__m128d);

// SAFETY of every block below: the intrinsic needs AVX2, and this type is named only by
// `dispatch_vector!`, in a function that runs after the machine was found to have AVX2. Loads
// and stores are preceded by an assertion of the length, or write to an array that is long
// enough, and need no alignment.
impl<const FUSED: bool> Vector for Avx2Of<FUSED> {
    const LANES: usize = 4;

    #[inline(always)]
    fn ahead<T>(x: &[T]) {
        // SAFETY: SSE is part of x86-64, and a prefetch reads nothing, wherever it points.
        // BENEFIT: `cargo bench --bench fold_kernels -- sum`, 4·10^6 elements, Xeon, November 2026: 0.267 ns per f64
        // where it was 0.28 to 0.30 and a bare read takes 0.27; f32 0.150, it was 0.186. At 10^5 f64 0.165, it was 0.151.
        // Not into the second cache: on Zen 4 the sum of 10^7 f64 took 4.8 ms so, and 2.8 with lines in the first.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(x.as_ptr().cast::<i8>().wrapping_add(2048)) }
    }

    #[inline(always)]
    fn splat(x: f64) -> Self {
        // SAFETY: see the head of this implementation.
        Self(unsafe { _mm256_set1_pd(x) })
    }

    #[inline(always)]
    fn load(x: &[f64]) -> Self {
        assert!(x.len() >= 4);
        // SAFETY: see the head of this implementation.
        Self(unsafe { _mm256_loadu_pd(x.as_ptr()) })
    }

    #[inline(always)]
    fn load_f32(x: &[f32]) -> Self {
        assert!(x.len() >= 4);
        // SAFETY: see the head of this implementation.
        Self(unsafe { _mm256_cvtps_pd(_mm_loadu_ps(x.as_ptr())) })
    }

    #[inline(always)]
    fn store(self, out: &mut [f64; 8]) {
        // SAFETY: see the head of this implementation.
        unsafe { _mm256_storeu_pd(out.as_mut_ptr(), self.0) }
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: see the head of this implementation.
        Self(unsafe { _mm256_add_pd(self.0, other.0) })
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        // SAFETY: see the head of this implementation.
        Self(unsafe { _mm256_sub_pd(self.0, other.0) })
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        // SAFETY: see the head of this implementation.
        Self(unsafe { _mm256_mul_pd(self.0, other.0) })
    }

    #[inline(always)]
    fn raise(self, other: Self) -> Self {
        // SAFETY: see the head of this implementation. The second operand is the result when
        // either is NaN.
        Self(unsafe { _mm256_max_pd(other.0, self.0) })
    }

    #[inline(always)]
    fn abs(self) -> Self {
        // SAFETY: see the head of this implementation.
        Self(unsafe { _mm256_andnot_pd(_mm256_set1_pd(-0.0), self.0) })
    }

    #[inline(always)]
    fn product_error(self, other: Self, product: Self) -> Self {
        if FUSED {
            // SAFETY: see the head of this implementation; `Avx2Fused` is named only by
            // `dispatch_fused!`, in a function that runs after the machine was found to have
            // FMA too.
            // BENEFIT: `cargo bench --bench fold_kernels -- dot`, 10^5 `f64`, Zen 3, November
            // 2026: 0.37 ns per pair, 0.86 with Dekker's splitting.
            Self(unsafe { _mm256_fmsub_pd(self.0, other.0, product.0) })
        } else {
            dekker(self, other, product)
        }
    }

    #[inline(always)]
    fn add_bits(self, other: Self) -> Self {
        // SAFETY: see the head of this implementation.
        Self(unsafe {
            let sum = _mm256_add_epi64(_mm256_castpd_si256(self.0), _mm256_castpd_si256(other.0));
            _mm256_castsi256_pd(sum)
        })
    }

    #[inline(always)]
    fn or(self, other: Self) -> Self {
        // SAFETY: see the head of this implementation.
        Self(unsafe { _mm256_or_pd(self.0, other.0) })
    }

    #[inline(always)]
    fn turn(square: &mut [Self; 8]) {
        let [a, b, c, d, ..] = *square;
        // SAFETY: see the head of this implementation.
        unsafe {
            let (even_ab, odd_ab) = (_mm256_unpacklo_pd(a.0, b.0), _mm256_unpackhi_pd(a.0, b.0));
            let (even_cd, odd_cd) = (_mm256_unpacklo_pd(c.0, d.0), _mm256_unpackhi_pd(c.0, d.0));
            square[0] = Self(_mm256_permute2f128_pd::<0x20>(even_ab, even_cd));
            square[1] = Self(_mm256_permute2f128_pd::<0x20>(odd_ab, odd_cd));
            square[2] = Self(_mm256_permute2f128_pd::<0x31>(even_ab, even_cd));
            square[3] = Self(_mm256_permute2f128_pd::<0x31>(odd_ab, odd_cd));
        }
    }

    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        // SAFETY: see the head of this implementation.
        Self(unsafe { _mm256_xor_pd(self.0, other.0) })
    }
}

// SAFETY of every block below: the intrinsic needs AVX-512, and this type is named only by `dispatch_eight!`, in a
// function that runs after the machine was found to have it. Loads are preceded by an assertion of the length, stores
// write to an array that is long enough, and none needs alignment.
impl Vector for Avx512 {
    const LANES: usize = 8;

    #[inline(always)]
    fn splat(x: f64) -> Self {
        // SAFETY: see the head of this implementation.
        Self(unsafe { _mm512_set1_pd(x) })
    }

    #[inline(always)]
    fn load(x: &[f64]) -> Self {
        assert!(x.len() >= 8);
        // SAFETY: see the head of this implementation.
        Self(unsafe { _mm512_loadu_pd(x.as_ptr()) })
    }

    #[inline(always)]
    fn load_f32(x: &[f32]) -> Self {
        assert!(x.len() >= 8);
        // SAFETY: see the head of this implementation.
        Self(unsafe { _mm512_cvtps_pd(_mm256_loadu_ps(x.as_ptr())) })
    }

    #[inline(always)]
    fn store(self, out: &mut [f64; 8]) {
        // SAFETY: see the head of this implementation.
        unsafe { _mm512_storeu_pd(out.as_mut_ptr(), self.0) }
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: see the head of this implementation.
        Self(unsafe { _mm512_add_pd(self.0, other.0) })
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        // SAFETY: see the head of this implementation.
        Self(unsafe { _mm512_sub_pd(self.0, other.0) })
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        // SAFETY: see the head of this implementation.
        Self(unsafe { _mm512_mul_pd(self.0, other.0) })
    }

    #[inline(always)]
    fn raise(self, other: Self) -> Self {
        // SAFETY: see the head of this implementation. The second operand is the result when
        // either is NaN.
        Self(unsafe { _mm512_max_pd(other.0, self.0) })
    }

    #[inline(always)]
    fn abs(self) -> Self {
        // SAFETY: see the head of this implementation.
        Self(unsafe { _mm512_abs_pd(self.0) })
    }

    #[inline(always)]
    fn product_error(self, other: Self, product: Self) -> Self {
        // SAFETY: see the head of this implementation.
        Self(unsafe { _mm512_fmsub_pd(self.0, other.0, product.0) })
    }

    #[inline(always)]
    fn add_bits(self, other: Self) -> Self {
        // SAFETY: see the head of this implementation.
        Self(unsafe {
            let sum = _mm512_add_epi64(_mm512_castpd_si512(self.0), _mm512_castpd_si512(other.0));
            _mm512_castsi512_pd(sum)
        })
    }

    #[inline(always)]
    fn or(self, other: Self) -> Self {
        // SAFETY: see the head of this implementation.
        Self(unsafe { _mm512_or_pd(self.0, other.0) })
    }

    #[inline(always)]
    fn turn(square: &mut [Self; 8]) {
        let [a, b, c, d, e, f, g, h] = *square;
        // SAFETY: see the head of this implementation.
        unsafe {
            // Pairs of rows, then rows four apart, then those two apart: 128 bits hold what is at one place of two rows.
            let (even_ab, odd_ab) = (_mm512_unpacklo_pd(a.0, b.0), _mm512_unpackhi_pd(a.0, b.0));
            let (even_cd, odd_cd) = (_mm512_unpacklo_pd(c.0, d.0), _mm512_unpackhi_pd(c.0, d.0));
            let (even_ef, odd_ef) = (_mm512_unpacklo_pd(e.0, f.0), _mm512_unpackhi_pd(e.0, f.0));
            let (even_gh, odd_gh) = (_mm512_unpacklo_pd(g.0, h.0), _mm512_unpackhi_pd(g.0, h.0));
            for (first, [ab, cd, ef, gh]) in
                [[even_ab, even_cd, even_ef, even_gh], [odd_ab, odd_cd, odd_ef, odd_gh]]
                    .into_iter()
                    .enumerate()
            {
                // Places 0 and 4 of four rows, 2 and 6 likewise.
                let (near, far) =
                    (_mm512_shuffle_f64x2::<0x88>(ab, cd), _mm512_shuffle_f64x2::<0xdd>(ab, cd));
                let (near_low, far_low) =
                    (_mm512_shuffle_f64x2::<0x88>(ef, gh), _mm512_shuffle_f64x2::<0xdd>(ef, gh));
                square[first] = Self(_mm512_shuffle_f64x2::<0x88>(near, near_low));
                square[first + 4] = Self(_mm512_shuffle_f64x2::<0xdd>(near, near_low));
                square[first + 2] = Self(_mm512_shuffle_f64x2::<0x88>(far, far_low));
                square[first + 6] = Self(_mm512_shuffle_f64x2::<0xdd>(far, far_low));
            }
        }
    }

    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        // SAFETY: see the head of this implementation.
        Self(unsafe { _mm512_xor_pd(self.0, other.0) })
    }
}

// SAFETY of every block below: SSE2 is part of x86-64. Loads and stores are preceded by an
// assertion of the length, or write to an array that is long enough, and need no alignment.
impl Vector for Sse2 {
    const LANES: usize = 2;

    #[inline(always)]
    fn splat(x: f64) -> Self {
        // SAFETY: see the head of this implementation.
        Self(unsafe { _mm_set1_pd(x) })
    }

    #[inline(always)]
    fn load(x: &[f64]) -> Self {
        assert!(x.len() >= 2);
        // SAFETY: see the head of this implementation.
        Self(unsafe { _mm_loadu_pd(x.as_ptr()) })
    }

    #[inline(always)]
    fn load_f32(x: &[f32]) -> Self {
        let [a, b] = [x[0], x[1]];
        // SAFETY: see the head of this implementation.
        Self(unsafe { _mm_set_pd(f64::from(b), f64::from(a)) })
    }

    #[inline(always)]
    fn store(self, out: &mut [f64; 8]) {
        // SAFETY: see the head of this implementation.
        unsafe { _mm_storeu_pd(out.as_mut_ptr(), self.0) }
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: see the head of this implementation.
        Self(unsafe { _mm_add_pd(self.0, other.0) })
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        // SAFETY: see the head of this implementation.
        Self(unsafe { _mm_sub_pd(self.0, other.0) })
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        // SAFETY: see the head of this implementation.
        Self(unsafe { _mm_mul_pd(self.0, other.0) })
    }

    #[inline(always)]
    fn raise(self, other: Self) -> Self {
        // SAFETY: see the head of this implementation. The second operand is the result when
        // either is NaN.
        Self(unsafe { _mm_max_pd(other.0, self.0) })
    }

    #[inline(always)]
    fn abs(self) -> Self {
        // SAFETY: see the head of this implementation.
        Self(unsafe { _mm_andnot_pd(_mm_set1_pd(-0.0), self.0) })
    }

    #[inline(always)]
    fn add_bits(self, other: Self) -> Self {
        // SAFETY: see the head of this implementation.
        Self(unsafe {
            let sum = _mm_add_epi64(_mm_castpd_si128(self.0), _mm_castpd_si128(other.0));
            _mm_castsi128_pd(sum)
        })
    }

    #[inline(always)]
    fn or(self, other: Self) -> Self {
        // SAFETY: see the head of this implementation.
        Self(unsafe { _mm_or_pd(self.0, other.0) })
    }

    #[inline(always)]
    fn turn(square: &mut [Self; 8]) {
        let [a, b, ..] = *square;
        // SAFETY: see the head of this implementation.
        unsafe {
            square[0] = Self(_mm_unpacklo_pd(a.0, b.0));
            square[1] = Self(_mm_unpackhi_pd(a.0, b.0));
        }
    }

    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        // SAFETY: see the head of this implementation.
        Self(unsafe { _mm_xor_pd(self.0, other.0) })
    }
}
