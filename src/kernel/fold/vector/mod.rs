//! A handful of `f64`s side by side: the leaf that lets one kernel body be AVX2, SSE2, NEON and simd128.
//!
//! Loops over fixed arrays are the house's first choice, and most kernels are such loops. In the
//! error-free kernels, where each element takes part in four to twelve dependent operations, the
//! compiler regroups the lanes and shuffles more than it adds.
//!
//! BENEFIT: `cargo bench --bench fold_kernels -- sum`, 10^5 `f64`, Zen 3, November 2026: the sum
//! takes 0.20 ns per element with this trait and 0.52 with fixed arrays, the exact sum 0.30 and 1.46.

mod ops;

pub(crate) use ops::{Load, Vector, two_sum};
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
                        $body::<$crate::kernel::fold::vector::Avx2, $($param,)* 2, $($generic)?>($($arg),*)
                    }
                    if std::arch::is_x86_feature_detected!("avx2") {
                        // SAFETY: the line above proved that this machine has AVX2.
                        return unsafe { avx2::<$($param,)* $($generic)?>($($arg),*) };
                    }
                }
                $body::<$crate::kernel::fold::vector::Baseline, $($param,)* { $crate::kernel::fold::vector::BASELINE_VECTORS }, $($generic)?>($($arg),*)
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
                $crate::kernel::fold::vector::dispatch_vector! {
                    fn plain[$($param: $bound),*]($($arg: $type),*) $(-> $out)? = $body;
                }
                #[cfg(all(target_arch = "x86_64", not(nearfold_baseline)))]
                {
                    #[target_feature(enable = "avx2,fma")]
                    fn fused<$($param: $bound),*>($($arg: $type),*) $(-> $out)? {
                        $body::<$crate::kernel::fold::vector::Avx2Fused, $($param,)* 2>($($arg),*)
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
                $crate::kernel::fold::vector::dispatch_fused! {
                    fn narrow[$($param: $bound),*]($($arg: $type),*) $(-> $out)? = $body;
                }
                #[cfg(all(target_arch = "x86_64", not(nearfold_baseline)))]
                {
                    #[target_feature(enable = "avx512f,avx512dq")]
                    fn avx512<$($param: $bound),*>($($arg: $type),*) $(-> $out)? {
                        $body::<$crate::kernel::fold::vector::Avx512, $($param,)* 1>($($arg),*)
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
pub(crate) type Baseline = neon::Neon;
/// The vector of every machine of this target.
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub(crate) type Baseline = simd128::Simd128;
/// The vector of every machine of this target.
#[cfg(not(any(
    target_arch = "x86_64",
    target_arch = "aarch64",
    all(target_arch = "wasm32", target_feature = "simd128")
)))]
pub(crate) type Baseline = pair::Pair;

/// How many [`Baseline`] vectors a kernel works on side by side.
pub(crate) const BASELINE_VECTORS: usize = if cfg!(target_arch = "wasm32") { 1 } else { 2 };

/// SideBySide numbers. Named by the macros only, inside of functions that need AVX-512.
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
mod neon;

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
pub(crate) mod pair;
