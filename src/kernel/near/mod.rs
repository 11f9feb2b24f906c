//! Kernels of the index: distances of coded vectors, rotation, rows that begin a cache line.

pub(crate) mod aligned;
pub(crate) mod bits;
pub(crate) mod distance_f32;
pub(crate) mod half;
pub(crate) mod int4;
pub(crate) mod int8;
pub(crate) mod rotate;
