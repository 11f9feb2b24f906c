//! 1-D slices, no shapes, no options: the only place where speed is made.
//!
//! A kernel is one `#[inline(always)]` body of safe, fixed-lane code. [`dispatch`] compiles it a
//! second time for AVX2 and chooses when the program runs; aarch64 always has NEON, wasm gets simd128
//! at compile time. The order of arithmetic is written in the body, so every variant gives the same
//! bits.

mod dispatch;
pub(crate) use dispatch::dispatch;
#[cfg(feature = "fold")]
pub(crate) use dispatch::dispatch_wide;

#[cfg(feature = "near")]
pub(crate) mod aligned;
#[cfg(feature = "near")]
pub(crate) mod bits;
#[cfg(feature = "near")]
pub(crate) mod distance_f32;
#[cfg(feature = "near")]
pub(crate) mod half;
#[cfg(feature = "near")]
pub(crate) mod int4;
#[cfg(feature = "near")]
pub(crate) mod int8;
pub(crate) mod prefetch;
#[cfg(feature = "near")]
pub(crate) mod rotate;

#[cfg(feature = "fold")]
pub(crate) mod bins;
#[cfg(feature = "fold")]
pub(crate) mod central;
#[cfg(feature = "fold")]
pub(crate) mod count;
#[cfg(feature = "fold")]
pub(crate) mod eight;
#[cfg(feature = "fold")]
pub(crate) mod element;
#[cfg(feature = "fold")]
pub(crate) mod estimate;
#[cfg(feature = "fold")]
pub(crate) mod exact;
#[cfg(feature = "fold")]
pub(crate) mod extrema;
#[cfg(feature = "fold")]
pub(crate) mod factors;
#[cfg(feature = "fold")]
pub(crate) mod grid;
#[cfg(feature = "fold")]
pub(crate) mod inner;
#[cfg(feature = "fold")]
pub(crate) mod integers;
#[cfg(feature = "fold")]
pub(crate) mod moments;
#[cfg(feature = "fold")]
pub(crate) mod pages;
#[cfg(feature = "fold")]
pub(crate) mod products;
#[cfg(feature = "fold")]
mod rough;
#[cfg(feature = "fold")]
pub(crate) mod round;
#[cfg(feature = "fold")]
pub(crate) mod rows;
#[cfg(feature = "fold")]
pub(crate) mod running;
#[cfg(feature = "fold")]
pub(crate) mod select;
pub(crate) mod sort;
#[cfg(feature = "fold")]
pub(crate) mod spread;
#[cfg(feature = "fold")]
pub(crate) mod sum;
#[cfg(feature = "fold")]
mod vector;
#[cfg(feature = "fold")]
pub(crate) mod wide;
#[cfg(feature = "fold")]
mod windows;

#[cfg(all(test, feature = "fold"))]
mod tests;
