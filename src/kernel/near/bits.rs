//! Products of one-bit codes: integers made by counting bits, hence exact in any order.
//!
//! A bit stands for a sign: 1 for +1, 0 for −1. A query of [`PLANES`] bits a component is kept as that
//! many planes of signs; the plane `j` counts 2^j times, so a component is an odd number in −15 … 15.

use crate::kernel::dispatch;
use crate::kernel::prefetch::{AHEAD, prefetch};

/// How many bits a component of a query has.
pub(crate) const PLANES: usize = 4;

/// The largest component of a query.
pub(crate) const QUERY_MAX: i32 = (1 << PLANES) - 1;

/// How many components a word holds.
pub(crate) const WORD: usize = u64::BITS as usize;

/// Returns in how many places each plane differs from the row.
#[cfg(not(target_arch = "aarch64"))]
#[inline(always)]
fn unlike_planes(planes: &[[u64; PLANES]], row: &[u64]) -> [u32; PLANES] {
    let mut unlike = [0u32; PLANES];
    for (planes, word) in planes.iter().zip(row) {
        for j in 0..PLANES {
            unlike[j] += (planes[j] ^ word).count_ones();
        }
    }
    unlike
}

/// Returns in how many places two rows differ.
#[cfg(not(target_arch = "aarch64"))]
#[inline(always)]
fn unlike_signs(a: &[u64], b: &[u64]) -> u32 {
    a.iter().zip(b).map(|(a, b)| (a ^ b).count_ones()).sum()
}

#[cfg(target_arch = "aarch64")]
use neon::{unlike_planes, unlike_signs};

/// Counts stay bytes as long as a byte holds them. What the compiler makes of `count_ones` widens each of them three times.
///
/// BENEFIT: a word with four planes takes 6 vector instructions in place of 12, two words of signs 3 in place of 6 (rustc 1.95,
/// counted; no machine was at hand to time it on).
#[cfg(target_arch = "aarch64")]
mod neon {
    use super::PLANES;
    use core::arch::aarch64::*;

    /// So many words, of which each counts at most 8 into a byte, do not overflow it.
    const WORDS: usize = u8::MAX as usize / 8;

    #[inline(always)]
    pub(super) fn unlike_planes(planes: &[[u64; PLANES]], row: &[u64]) -> [u32; PLANES] {
        let mut unlike = [0; PLANES];
        // SAFETY: NEON is part of aarch64; loads and the store are of arrays as long as they need.
        unsafe {
            // A plane has half a vector.
            let mut counts = [vdupq_n_u32(0); PLANES / 2];
            for (planes, row) in planes.chunks(WORDS).zip(row.chunks(WORDS)) {
                let mut bytes = [vdupq_n_u8(0); PLANES / 2];
                for (planes, word) in planes.iter().zip(row) {
                    let word = vdupq_n_u64(*word);
                    for (bytes, two) in bytes.iter_mut().zip(planes.as_chunks::<2>().0) {
                        let bits = veorq_u64(vld1q_u64(two.as_ptr()), word);
                        *bytes = vaddq_u8(*bytes, vcntq_u8(vreinterpretq_u8_u64(bits)));
                    }
                }
                for (counts, bytes) in counts.iter_mut().zip(bytes) {
                    *counts = vpadalq_u16(*counts, vpaddlq_u8(bytes));
                }
            }
            vst1q_u32(unlike.as_mut_ptr(), vpaddq_u32(counts[0], counts[1]));
        }
        unlike
    }

    #[inline(always)]
    pub(super) fn unlike_signs(a: &[u64], b: &[u64]) -> u32 {
        let ((a, a_last), (b, b_last)) = (a.as_chunks::<2>(), b.as_chunks::<2>());
        // SAFETY: NEON is part of aarch64; the loads are of arrays as long as they need.
        let unlike = unsafe {
            let mut counts = vdupq_n_u32(0);
            for (a, b) in a.chunks(WORDS).zip(b.chunks(WORDS)) {
                let mut bytes = vdupq_n_u8(0);
                for (a, b) in a.iter().zip(b) {
                    let bits = veorq_u64(vld1q_u64(a.as_ptr()), vld1q_u64(b.as_ptr()));
                    bytes = vaddq_u8(bytes, vcntq_u8(vreinterpretq_u8_u64(bits)));
                }
                counts = vpadalq_u16(counts, vpaddlq_u8(bytes));
            }
            vaddvq_u32(counts)
        };
        a_last.iter().zip(b_last).fold(unlike, |unlike, (a, b)| unlike + (a ^ b).count_ones())
    }
}

#[inline(always)]
fn one(planes: &[[u64; PLANES]], row: &[u64]) -> i32 {
    let unlike = unlike_planes(planes, row);
    let weighted: u32 = unlike.iter().enumerate().map(|(j, count)| count << j).sum();
    QUERY_MAX * (row.len() * WORD) as i32 - 2 * weighted as i32
}

#[inline(always)]
fn listed(planes: &[[u64; PLANES]], rows: &[u64], nodes: &[u32], out: &mut [i32]) {
    assert_eq!(nodes.len(), out.len());
    let words = planes.len();
    let row = |node: u32| &rows[node as usize * words..][..words];
    for &node in nodes.iter().take(AHEAD) {
        prefetch(row(node));
    }
    for (i, (&node, out)) in nodes.iter().zip(out).enumerate() {
        if let Some(&node) = nodes.get(i + AHEAD) {
            prefetch(row(node));
        }
        *out = one(planes, row(node));
    }
}

#[inline(always)]
fn listed_signs(query: &[u64], rows: &[u64], nodes: &[u32], out: &mut [i32]) {
    assert_eq!(nodes.len(), out.len());
    let words = query.len();
    for (&node, out) in nodes.iter().zip(out) {
        let row = &rows[node as usize * words..][..words];
        *out = (words * WORD) as i32 - 2 * unlike_signs(query, row) as i32;
    }
}

dispatch! {
    /// Writes the products of a query's planes with the listed rows of signs.
    pub(crate) fn dots_planes(planes: &[[u64; PLANES]], rows: &[u64], nodes: &[u32], out: &mut [i32]) = listed;

    /// Writes the products of a row of signs with the listed ones.
    pub(crate) fn dots_signs(query: &[u64], rows: &[u64], nodes: &[u32], out: &mut [i32]) = listed_signs;
}

/// Returns the planes of odd numbers in −15 … 15, as many as fill words.
pub(crate) fn planes(values: &[i32], planes: &mut Vec<[u64; PLANES]>) {
    planes.clear();
    planes.extend(values.chunks(WORD).map(|values| {
        let mut word = [0; PLANES];
        for (at, value) in values.iter().enumerate() {
            let unsigned = (value + QUERY_MAX) as u64 / 2;
            for (j, plane) in word.iter_mut().enumerate() {
                *plane |= (unsigned >> j & 1) << at;
            }
        }
        word
    }));
}

/// Returns Σ ±value, the sign being that of the bit: 16 lanes, folded by halves.
pub(crate) fn signed_sum(values: &[f32], row: &[u64]) -> f32 {
    let mut lanes = [0.0f32; 16];
    for (values, word) in values.as_chunks::<WORD>().0.iter().zip(row) {
        for (at, value) in values.iter().enumerate() {
            let flip = ((!word >> at & 1) as u32) << 31;
            lanes[at % 16] += f32::from_bits(value.to_bits() ^ flip);
        }
    }
    super::distance_f32::fold(lanes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_those_of_the_numbers() {
        let mut state = 3u64;
        let mut random = || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            state >> 20 ^ state << 20
        };
        for words in [1, 2, 3, 6, 12, 1024] {
            let values: Vec<i32> = (0..words * WORD).map(|_| (random() >> 9 & 15) as i32 * 2 - 15).collect();
            let rows: Vec<u64> = (0..words * 6).map(|_| random()).collect();
            let sign =
                |row: usize, at: usize| (rows[row * words + at / WORD] >> (at % WORD) & 1) as i32 * 2 - 1;
            let nodes = [5, 0, 3, 3, 1];
            let (mut planes_of, mut out, mut signs) = (Vec::new(), [0; 5], [0; 5]);
            planes(&values, &mut planes_of);
            dots_planes(&planes_of, &rows, &nodes, &mut out);
            dots_signs(&rows[..words], &rows, &nodes, &mut signs);
            let floats: Vec<f32> = values.iter().map(|value| *value as f32).collect();
            for (i, node) in nodes.into_iter().enumerate() {
                let node = node as usize;
                let dot: i32 = values.iter().enumerate().map(|(at, value)| value * sign(node, at)).sum();
                assert_eq!(out[i], dot);
                assert_eq!(signs[i], (0..words * WORD).map(|at| sign(0, at) * sign(node, at)).sum::<i32>());
                assert_eq!(signed_sum(&floats, &rows[node * words..][..words]), dot as f32);
            }
        }
    }
}
