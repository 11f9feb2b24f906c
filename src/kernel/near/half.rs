//! Binary16 numbers as their bits: conversion, and distances of a `f32` query to rows of them.
//!
//! A row is decoded 16 components at a time, without loss, and compared in the order of
//! [`distance_f32`](super::distance_f32): the bits are those of the decoded row.

use super::distance_f32::{LANES, angle_f32, fold, step};
use crate::kernel::dispatch;

/// The largest finite binary16 number.
pub(crate) const F16_MAX: f32 = 65504.0;

/// Returns the nearest binary16 number, ties to even; a magnitude of 65520 or more becomes infinite.
pub(crate) fn f16_from_f32(value: f32) -> u16 {
    let bits = value.to_bits();
    let sign = (bits >> 16) as u16 & 0x8000;
    let magnitude = bits & 0x7fff_ffff;
    if magnitude > 0x7f80_0000 {
        return sign | 0x7e00;
    }
    if magnitude >= 0x477f_f000 {
        return sign | 0x7c00;
    }
    if magnitude < 0x3880_0000 {
        // Subnormal: adding 0.5 puts the last place of the result where 2^-24 has to be.
        let rounded = f32::from_bits(magnitude) + 0.5;
        return sign | (rounded.to_bits() - 0.5f32.to_bits()) as u16;
    }
    let odd = magnitude >> 13 & 1;
    sign | ((magnitude - (112 << 23) + 0xfff + odd) >> 13) as u16
}

/// Returns a finite binary16 number as it is.
#[inline(always)]
pub(crate) fn f32_from_f16(half: u16) -> f32 {
    let half = u32::from(half);
    let magnitude = f32::from_bits((half & 0x7fff) << 13) * f32::from_bits((127 + 112) << 23);
    f32::from_bits(magnitude.to_bits() | (half & 0x8000) << 16)
}

/// Returns finite binary16 numbers as they are.
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
#[inline(always)]
fn decoded(halves: &[u16; LANES]) -> [f32; LANES] {
    halves.map(f32_from_f16)
}

/// Likewise, by name: the kernel's loops are not vectorised there, which makes it smaller.
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
#[inline(always)]
fn decoded(halves: &[u16; LANES]) -> [f32; LANES] {
    use core::arch::wasm32::*;
    let mut numbers = [0.0; LANES];
    for (four, out) in halves.as_chunks::<4>().0.iter().zip(numbers.as_chunks_mut::<4>().0) {
        // SAFETY: the load reads and the store writes these arrays; no alignment is needed.
        unsafe {
            let half = u32x4_load_extend_u16x4(four.as_ptr());
            let magnitude = u32x4_shl(v128_and(half, u32x4_splat(0x7fff)), 13);
            let magnitude = f32x4_mul(magnitude, f32x4_splat(f32::from_bits((127 + 112) << 23)));
            let sign = u32x4_shl(v128_and(half, u32x4_splat(0x8000)), 16);
            v128_store(out.as_mut_ptr().cast(), v128_or(magnitude, sign));
        }
    }
    numbers
}

#[inline(always)]
fn one<const SQUARES: bool>(query: &[f32], row: &[u16]) -> f32 {
    let (blocks, tail) = query.as_chunks::<LANES>();
    let (row_blocks, row_tail) = row.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for (a, b) in blocks.iter().zip(row_blocks) {
        step::<SQUARES>(&mut lanes, a, &decoded(b));
    }
    if !tail.is_empty() {
        let (mut a, mut b) = ([0.0; LANES], [0.0; LANES]);
        for (l, (value, half)) in tail.iter().zip(row_tail).enumerate() {
            (a[l], b[l]) = (*value, f32_from_f16(*half));
        }
        step::<SQUARES>(&mut lanes, &a, &b);
    }
    fold(lanes)
}

#[inline(always)]
fn listed<const SQUARES: bool>(query: &[f32], rows: &[u16], nodes: &[u32], out: &mut [f32]) {
    assert_eq!(nodes.len(), out.len());
    let dim = query.len();
    for (&node, out) in nodes.iter().zip(out) {
        *out = one::<SQUARES>(query, &rows[node as usize * dim..][..dim]);
    }
}

/// Returns 1 − the cosine of the angle between a vector and a row, of which neither is zero, in double precision.
pub(crate) fn angle_f16(query: &[f32], row: &[u16]) -> f64 {
    let row: Vec<f32> = row.iter().map(|half| f32_from_f16(*half)).collect();
    angle_f32(query, &row)
}

dispatch! {
    /// Writes the dot products of `query` with the listed rows of the matrix `rows`.
    pub(crate) fn dots_f16(query: &[f32], rows: &[u16], nodes: &[u32], out: &mut [f32]) = listed::<false>;

    /// Writes the squared distances of `query` to the listed rows of the matrix `rows`.
    pub(crate) fn l2sqs_f16(query: &[f32], rows: &[u16], nodes: &[u32], out: &mut [f32]) = listed::<true>;
}

#[cfg(test)]
mod tests {
    use super::super::distance_f32::{dots_f32, l2sqs_f32};
    use super::*;

    /// The value of a finite binary16 number by its definition.
    fn defined(half: u16) -> f64 {
        let (exponent, fraction) = (i32::from(half >> 10 & 31), f64::from(half & 0x3ff));
        let magnitude = if exponent == 0 {
            fraction * 2f64.powi(-24)
        } else {
            (1024.0 + fraction) * 2f64.powi(exponent - 25)
        };
        if half >> 15 == 1 { -magnitude } else { magnitude }
    }

    #[test]
    fn every_finite_half_is_what_its_definition_says_and_comes_back() {
        for half in (0..=u16::MAX).filter(|half| half & 0x7c00 != 0x7c00) {
            assert_eq!(f64::from(f32_from_f16(half)), defined(half), "{half:#x}");
            assert_eq!(f16_from_f32(f32_from_f16(half)), half, "{half:#x}");
        }
    }

    #[test]
    fn a_number_between_two_halves_goes_to_the_nearer_and_in_the_middle_to_the_even() {
        for half in 0..0x7bffu16 {
            let (low, high) = (defined(half), defined(half + 1));
            let middle = ((low + high) / 2.0) as f32;
            assert_eq!(f64::from(middle), (low + high) / 2.0, "a middle is a f32");
            assert_eq!(f16_from_f32(middle), half + (half & 1), "{half:#x}");
            assert_eq!(f16_from_f32(-middle), 0x8000 | (half + (half & 1)), "{half:#x}");
            assert_eq!(f16_from_f32(f32::from_bits(middle.to_bits() - 1)), half, "{half:#x}");
            assert_eq!(f16_from_f32(f32::from_bits(middle.to_bits() + 1)), half + 1, "{half:#x}");
        }
        assert_eq!(f16_from_f32(F16_MAX), 0x7bff);
        assert_eq!(f16_from_f32(65519.996), 0x7bff);
        assert_eq!(f16_from_f32(65520.0), 0x7c00);
        assert_eq!(f16_from_f32(f32::MIN_POSITIVE), 0);
    }

    #[test]
    fn distances_have_the_bits_of_those_to_the_decoded_rows() {
        let mut state = 1u32;
        let mut random = || {
            state = state.wrapping_mul(1664525).wrapping_add(1013904223);
            (state >> 8) as f32 / 16777216.0 - 0.5
        };
        for dim in (1..70).chain([384]) {
            let query: Vec<f32> = (0..dim).map(|_| random()).collect();
            let rows: Vec<u16> = (0..dim * 5).map(|_| f16_from_f32(random())).collect();
            let decoded: Vec<f32> = rows.iter().map(|half| f32_from_f16(*half)).collect();
            let nodes = [4, 0, 2, 2, 1];
            let (mut ours, mut theirs) = ([0.0; 5], [0.0; 5]);
            dots_f16(&query, &rows, &nodes, &mut ours);
            dots_f32(&query, &decoded, &nodes, &mut theirs);
            assert_eq!(ours.map(f32::to_bits), theirs.map(f32::to_bits));
            l2sqs_f16(&query, &rows, &nodes, &mut ours);
            l2sqs_f32(&query, &decoded, &nodes, &mut theirs);
            assert_eq!(ours.map(f32::to_bits), theirs.map(f32::to_bits));
        }
    }
}
