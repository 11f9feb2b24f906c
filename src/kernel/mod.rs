//! 1-D slices, no shapes, no options: the only place where speed is made.
//!
//! A kernel is one `#[inline(always)]` body of safe, fixed-lane code. [`dispatch`] compiles it a
//! second time for AVX2 and chooses when the program runs; aarch64 always has NEON, wasm gets simd128
//! at compile time. The order of arithmetic is written in the body, so every variant gives the same
//! bits.

mod dispatch;
pub(crate) mod prefetch;
pub(crate) mod sort;

pub(crate) use dispatch::dispatch;
#[cfg(feature = "fold")]
pub(crate) use dispatch::dispatch_wide;

#[cfg(feature = "fold")]
pub(crate) mod fold;
#[cfg(feature = "near")]
pub(crate) mod near;
