//! One body, compiled for the baseline and for AVX2; the machine chooses. The house's SIMD `unsafe`.

/// Declares functions that run `body` compiled for the best instruction set of this machine.
///
/// ```ignore
/// dispatch! {
///     /// Returns the sum of `x` in the fixed order.
///     pub(crate) fn sum_f64(x: &[f64]) -> f64 = lanes::sum_f64;
/// }
/// ```
///
/// Type parameters stand in brackets before the constant one: `fn sum[T: Float]<const N: usize>(..)`.
/// `body` must be `#[inline(always)]`, so that it is compiled inside the annotated entry. Only
/// `avx2` and `popcnt` (which every machine with AVX2 has) are enabled, never `fma`: a fused multiply-add would change bits. (The one exception is
/// `dispatch_fused!`, which uses it for the exact error of a product alone.)
macro_rules! dispatch {
    ($($(#[$doc:meta])* $vis:vis fn $name:ident$([$($param:ident: $bound:path),+])?$(<const $generic:ident: $kind:ty>)?($($arg:ident: $type:ty),* $(,)?) $(-> $out:ty)? = $body:path;)*) => {
        $(
            $(#[$doc])*
            #[inline]
            $vis fn $name<$($($param: $bound,)+)? $(const $generic: $kind)?>($($arg: $type),*) $(-> $out)? {
                #[cfg(all(target_arch = "x86_64", not(nearfold_baseline)))]
                {
                    #[target_feature(enable = "avx2,popcnt")]
                    fn avx2<$($($param: $bound,)+)? $(const $generic: $kind)?>($($arg: $type),*) $(-> $out)? {
                        $body($($arg),*)
                    }
                    if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("popcnt") {
                        // SAFETY: the line above proved that this machine has AVX2 and POPCNT.
                        return unsafe { avx2::<$($($param,)+)? $($generic)?>($($arg),*) };
                    }
                }
                $body($($arg),*)
            }
        )*
    };
}
pub(crate) use dispatch;

/// Like [`dispatch!`], with a third level for machines with AVX-512. For bodies that only load and compare: where they
/// read memory as fast as it comes, half as many loads count.
///
/// BENEFIT: the least of 10^5 `f64` takes 7.9 µs with it and 10.2 without, November 2026.
#[cfg(feature = "fold")]
macro_rules! dispatch_wide {
    ($($(#[$doc:meta])* $vis:vis fn $name:ident[$($param:ident: $bound:path),+]($($arg:ident: $type:ty),* $(,)?) $(-> $out:ty)? = $body:path;)*) => {
        $(
            $(#[$doc])*
            #[inline]
            $vis fn $name<$($param: $bound,)+>($($arg: $type),*) $(-> $out)? {
                $crate::kernel::dispatch::dispatch! {
                    fn narrow[$($param: $bound),+]($($arg: $type),*) $(-> $out)? = $body;
                }
                #[cfg(all(target_arch = "x86_64", not(nearfold_baseline)))]
                {
                    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
                    fn avx512<$($param: $bound,)+>($($arg: $type),*) $(-> $out)? {
                        $body($($arg),*)
                    }
                    if std::arch::is_x86_feature_detected!("avx512f")
                        && std::arch::is_x86_feature_detected!("avx512bw")
                        && std::arch::is_x86_feature_detected!("avx512dq")
                        && std::arch::is_x86_feature_detected!("avx512vl")
                    {
                        // SAFETY: the lines above proved that this machine has these parts of AVX-512.
                        return unsafe { avx512::<$($param,)+>($($arg),*) };
                    }
                }
                narrow($($arg),*)
            }
        )*
    };
}
#[cfg(feature = "fold")]
pub(crate) use dispatch_wide;
