//! A handful of `f64`s side by side: the leaf that lets one kernel body be AVX2, SSE2, NEON and simd128.
//!
//! Loops over fixed arrays are the house's first choice, and most kernels are such loops. In the
//! error-free kernels, where each element takes part in four to twelve dependent operations, the
//! compiler regroups the lanes and shuffles more than it adds.
//!
//! BENEFIT: `cargo bench --bench fold_kernels -- sum`, 10^5 `f64`, Zen 3, November 2026: the sum
//! takes 0.20 ns per element with this trait and 0.52 with fixed arrays, the exact sum 0.30 and 1.46.

use super::element::Float;

/// Some `f64`s, each operation done on all of them.
///
/// The operations are IEEE 754 additions, subtractions and multiplications, never fused, and
/// operations on the bits: they give the same bits in every implementation.
pub(crate) trait Vector: Copy {
    /// How many numbers there are; a divisor of 8.
    const LANES: usize;

    /// Returns a vector of equal numbers.
    fn splat(x: f64) -> Self;
    /// Returns the first numbers of `x`, which has at least [`LANES`](Self::LANES).
    fn load(x: &[f64]) -> Self;
    /// Returns the first numbers of `x`, which has at least [`LANES`](Self::LANES), widened.
    fn load_f32(x: &[f32]) -> Self;
    /// Writes the numbers to the front of `out`.
    fn store(self, out: &mut [f64; 8]);

    fn add(self, other: Self) -> Self;
    fn sub(self, other: Self) -> Self;
    fn mul(self, other: Self) -> Self;
    /// Returns `other` where it is larger than `self`, else `self`, also if `other` is NaN.
    fn raise(self, other: Self) -> Self;
    fn abs(self) -> Self;

    /// Returns what was rounded off `product`, which is `self * other`; exact if nothing over- or
    /// underflows.
    #[inline(always)]
    fn product_error(self, other: Self, product: Self) -> Self {
        dekker(self, other, product)
    }

    /// Adds the bits as integers, modulo 2^64.
    fn add_bits(self, other: Self) -> Self;
    fn or(self, other: Self) -> Self;
    fn xor(self, other: Self) -> Self;

    /// Makes columns of the first [`LANES`](Self::LANES) vectors, which are rows.
    fn turn(square: &mut [Self; 8]);

    /// Asks for what lies 2 kB behind the beginning of `x`, where that helps.
    #[inline(always)]
    fn ahead<T>(x: &[T]) {
        let _ = x;
    }

    /// Returns the first elements of `x`, widened.
    #[inline(always)]
    fn widen<T: Float>(x: &[T]) -> Self {
        T::load(x)
    }

    /// Returns the numbers, zeros after them.
    #[inline(always)]
    fn to_array(self) -> [f64; 8] {
        let mut out = [0.0; 8];
        self.store(&mut out);
        out
    }
}

/// Returns what was rounded off a product, as [`estimate::two_product`](super::estimate::two_product).
#[inline(always)]
fn dekker<V: Vector>(a: V, b: V, product: V) -> V {
    let factor = V::splat(134_217_729.0); // 2^27 + 1
    let (a_scaled, b_scaled) = (factor.mul(a), factor.mul(b));
    let a_high = a_scaled.sub(a_scaled.sub(a));
    let b_high = b_scaled.sub(b_scaled.sub(b));
    let (a_low, b_low) = (a.sub(a_high), b.sub(b_high));
    let rest = a_high.mul(b_high).sub(product);
    rest.add(a_high.mul(b_low)).add(a_low.mul(b_high)).add(a_low.mul(b_low))
}

/// Returns a + b and what was rounded off, exactly, as [`estimate::two_sum`](super::estimate::two_sum).
#[inline(always)]
pub(crate) fn two_sum<V: Vector>(a: V, b: V) -> (V, V) {
    let sum = a.add(b);
    let of_b = sum.sub(a);
    let of_a = sum.sub(of_b);
    (sum, a.sub(of_a).add(b.sub(of_b)))
}

/// Does `body` for all of a slice, vector after vector, `slot` going round from 0 to `VECTORS - 1`;
/// numbers equal to `fill` complete the last round. Yields the number of vectors.
///
/// A macro, because a closure that is not inlined would be compiled without AVX2.
macro_rules! for_each_vector {
    ($vector:ident, $vectors:ident, $slice:expr, $fill:expr, |$slot:ident, $x:ident| $body:block) => {{
        let round = $vectors * $vector::LANES;
        let chunks = $slice.chunks_exact(round);
        let tail = chunks.remainder();
        let mut done = 0;
        for chunk in chunks {
            $vector::ahead(chunk);
            for $slot in 0..$vectors {
                let $x = $vector::widen(&chunk[$slot * $vector::LANES..]);
                $body
            }
            done += $vectors;
        }
        if !tail.is_empty() {
            let mut last = [$fill; 8];
            for (last, x) in last.iter_mut().zip(tail) {
                *last = x.widen();
            }
            for $slot in 0..$vectors {
                let $x = $vector::load(&last[$slot * $vector::LANES..]);
                $body
            }
            done += $vectors;
        }
        done
    }};
}
pub(crate) use for_each_vector;

/// Declares functions whose body takes the machine's vector as its first type parameter, and the
/// number of vectors to work on side by side as its first constant.
///
/// ```ignore
/// dispatch_vector! {
///     fn block[T: Float](x: &[T], shifter: f64) -> Block = block_body;
/// }
/// ```
///
/// `body` must be `#[inline(always)]`; the number is 2 natively and 1 in wasm, whose engines have
/// fewer registers to give.
macro_rules! dispatch_vector {
    ($($(#[$doc:meta])* $vis:vis fn $name:ident[$($param:ident: $bound:path),*]$(<const $generic:ident: $kind:ty>)?($($arg:ident: $type:ty),* $(,)?) $(-> $out:ty)? = $body:ident;)*) => {
        $(
            $(#[$doc])*
            #[inline]
            $vis fn $name<$($param: $bound,)* $(const $generic: $kind)?>($($arg: $type),*) $(-> $out)? {
                #[cfg(all(target_arch = "x86_64", not(nearfold_baseline)))]
                {
                    #[target_feature(enable = "avx2")]
                    fn avx2<$($param: $bound,)* $(const $generic: $kind)?>($($arg: $type),*) $(-> $out)? {
                        $body::<$crate::kernel::vector::Avx2, $($param,)* 2, $($generic)?>($($arg),*)
                    }
                    if std::arch::is_x86_feature_detected!("avx2") {
                        // SAFETY: the line above proved that this machine has AVX2.
                        return unsafe { avx2::<$($param,)* $($generic)?>($($arg),*) };
                    }
                }
                $body::<$crate::kernel::vector::Baseline, $($param,)* { $crate::kernel::vector::BASELINE_VECTORS }, $($generic)?>($($arg),*)
            }
        )*
    };
}
pub(crate) use dispatch_vector;

/// Like [`dispatch_vector!`], for bodies that ask for [`Vector::product_error`]: where the machine
/// has a fused multiply-add it is used for that alone, whose result is exact either way.
macro_rules! dispatch_fused {
    ($($(#[$doc:meta])* $vis:vis fn $name:ident[$($param:ident: $bound:path),*]($($arg:ident: $type:ty),* $(,)?) $(-> $out:ty)? = $body:ident;)*) => {
        $(
            $(#[$doc])*
            #[inline]
            $vis fn $name<$($param: $bound),*>($($arg: $type),*) $(-> $out)? {
                $crate::kernel::vector::dispatch_vector! {
                    fn plain[$($param: $bound),*]($($arg: $type),*) $(-> $out)? = $body;
                }
                #[cfg(all(target_arch = "x86_64", not(nearfold_baseline)))]
                {
                    #[target_feature(enable = "avx2,fma")]
                    fn fused<$($param: $bound),*>($($arg: $type),*) $(-> $out)? {
                        $body::<$crate::kernel::vector::Avx2Fused, $($param,)* 2>($($arg),*)
                    }
                    if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma") {
                        // SAFETY: the line above proved that this machine has AVX2 and FMA.
                        return unsafe { fused::<$($param),*>($($arg),*) };
                    }
                }
                plain($($arg),*)
            }
        )*
    };
}
pub(crate) use dispatch_fused;

/// Like [`dispatch_fused!`], with a third level for machines with AVX-512, whose one vector holds all of eight lanes.
///
/// BENEFIT: `benches/fold_numpy.py --only var`, (10^6, 8) `f64`, Xeon, November 2026: variances of columns take 13 ms with it and
/// 25 without, sums of rows 9.3 and 11.
macro_rules! dispatch_eight {
    ($($(#[$doc:meta])* $vis:vis fn $name:ident[$($param:ident: $bound:path),*]($($arg:ident: $type:ty),* $(,)?) $(-> $out:ty)? = $body:ident;)*) => {
        $(
            $(#[$doc])*
            #[inline]
            $vis fn $name<$($param: $bound),*>($($arg: $type),*) $(-> $out)? {
                $crate::kernel::vector::dispatch_fused! {
                    fn narrow[$($param: $bound),*]($($arg: $type),*) $(-> $out)? = $body;
                }
                #[cfg(all(target_arch = "x86_64", not(nearfold_baseline)))]
                {
                    #[target_feature(enable = "avx512f,avx512dq")]
                    fn avx512<$($param: $bound),*>($($arg: $type),*) $(-> $out)? {
                        $body::<$crate::kernel::vector::Avx512, $($param,)* 1>($($arg),*)
                    }
                    if std::arch::is_x86_feature_detected!("avx512f") && std::arch::is_x86_feature_detected!("avx512dq") {
                        // SAFETY: the line above proved that this machine has these parts of AVX-512.
                        return unsafe { avx512::<$($param),*>($($arg),*) };
                    }
                }
                narrow($($arg),*)
            }
        )*
    };
}
pub(crate) use dispatch_eight;

/// The vector of every machine of this target.
#[cfg(target_arch = "x86_64")]
pub(crate) type Baseline = Sse2;
/// The vector of every machine of this target.
#[cfg(target_arch = "aarch64")]
pub(crate) type Baseline = Neon;
/// The vector of every machine of this target.
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub(crate) type Baseline = Simd128;
/// The vector of every machine of this target.
#[cfg(not(any(
    target_arch = "x86_64",
    target_arch = "aarch64",
    all(target_arch = "wasm32", target_feature = "simd128")
)))]
pub(crate) type Baseline = Pair;

/// How many [`Baseline`] vectors a kernel works on side by side.
pub(crate) const BASELINE_VECTORS: usize = if cfg!(target_arch = "wasm32") { 1 } else { 2 };

/// Eight numbers. Named by the macros only, inside of functions that need AVX-512.
#[cfg(all(target_arch = "x86_64", feature = "fold", not(nearfold_baseline)))]
pub(crate) use x86_64::Avx512;
#[cfg(target_arch = "x86_64")]
pub(crate) use x86_64::{Avx2Of, Sse2};

/// Four numbers. Named by the macros only, inside of functions that need AVX2.
#[cfg(target_arch = "x86_64")]
#[cfg_attr(
    nearfold_baseline,
    allow(dead_code, reason = "this build takes every machine for one without AVX2")
)]
pub(crate) type Avx2 = Avx2Of<false>;
/// Four numbers. Named by the macros only, inside of functions that need AVX2 and FMA.
#[cfg(target_arch = "x86_64")]
#[cfg_attr(
    nearfold_baseline,
    allow(dead_code, reason = "this build takes every machine for one without AVX2")
)]
pub(crate) type Avx2Fused = Avx2Of<true>;

#[cfg(target_arch = "x86_64")]
#[cfg_attr(
    nearfold_baseline,
    allow(dead_code, reason = "this build takes every machine for one without AVX2")
)]
mod x86_64;

#[cfg(target_arch = "aarch64")]
pub(crate) use neon::Neon;

#[cfg(target_arch = "aarch64")]
mod neon;

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub(crate) use simd128::Simd128;

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod simd128;

#[cfg(any(
    test,
    not(any(
        target_arch = "x86_64",
        target_arch = "aarch64",
        all(target_arch = "wasm32", target_feature = "simd128")
    ))
))]
pub(crate) use pair::Pair;

#[cfg(any(
    test,
    not(any(
        target_arch = "x86_64",
        target_arch = "aarch64",
        all(target_arch = "wasm32", target_feature = "simd128")
    ))
))]
mod pair;
