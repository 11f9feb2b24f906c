//! 1-D slices, no shapes, no options: the only place where speed is made.
//!
//! A kernel is one `#[inline(always)]` body of safe, fixed-lane code. [`dispatch`] compiles it a
//! second time for AVX2 and chooses when the program runs; wasm gets simd128 at compile time. The
//! order of arithmetic is written in the body, so every variant gives the same bits.

mod dispatch;
pub(crate) mod element;
mod estimate;
mod round;
mod vector;
pub(crate) mod wide;
mod windows;

pub(crate) mod count;
pub(crate) mod distance_f32;
pub(crate) mod exact;
pub(crate) mod extrema;
pub(crate) mod inner;
pub(crate) mod int8;
pub(crate) mod lanes;
pub(crate) mod moments;
pub(crate) mod products;
pub(crate) mod select;
pub(crate) mod sum;

pub(crate) use dispatch::dispatch;

#[cfg(test)]
mod tests;
