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

/// How many rows are turned at once.
pub(crate) const TURNED: usize = 32;

/// How many halves of bytes are counted before a sum might leave 16 bits: each adds up to 8 · [`QUERY_MAX`] to it.
const HALVES_MAX: usize = u16::MAX as usize / (8 * QUERY_MAX as usize) / 2 * 2;

/// Writes what four components of a query come to with each four signs, one table for each half of a byte of a row; 4 ·
/// [`QUERY_MAX`] above it, so that no entry is negative.
pub(crate) fn tables(planes: &[[u64; PLANES]], tables: &mut Vec<[u8; 16]>) {
    tables.clear();
    for planes in planes {
        for at in (0..WORD).step_by(4) {
            let mut table = [0u8; 16];
            let mut sum = 4 * QUERY_MAX;
            for i in 0..4 {
                let bits =
                    planes.iter().rev().fold(0, |bits, plane| bits << 1 | (plane >> (at + i) & 1) as i32);
                let value = 2 * bits - QUERY_MAX;
                sum -= value;
                // The upper half of what is there so far is the lower with this sign changed.
                for entry in 0..1 << i {
                    table[entry | 1 << i] = table[entry].wrapping_add((2 * value) as u8);
                }
            }
            tables.push(table.map(|entry| entry.wrapping_add(sum as u8)));
        }
    }
}

/// Writes rows of as many words so that [`TURNED`] of them lie side by side: for each byte of a row the lower halves of all,
/// then the upper ones. Rows of zeros fill the last ones up.
pub(crate) fn turn(rows: &[u64], words: usize, out: &mut Vec<u8>) {
    let len = words * size_of::<u64>();
    out.resize((rows.len() / words).next_multiple_of(TURNED) * 2 * len, 0);
    let groups = rows.chunks(TURNED * words).zip(out.chunks_exact_mut(TURNED * 2 * len));
    for (rows, out) in groups {
        let row = |i: usize| rows.get(i * words..(i + 1) * words);
        for half in [0, SIXTEEN] {
            for word in (0..words).step_by(2) {
                let two = |i: usize| match row(half + i) {
                    Some(row) => (row[word], row.get(word + 1).copied().unwrap_or(0)),
                    None => (0, 0),
                };
                let bytes = leaf::columns(core::array::from_fn(two));
                let at = word * size_of::<u64>();
                let places = out[at * 2 * TURNED..].as_chunks_mut::<TURNED>().0.as_chunks_mut::<2>().0;
                for (places, bytes) in places.iter_mut().zip(bytes) {
                    places[0].as_chunks_mut::<SIXTEEN>().0[half / SIXTEEN] = bytes.map(|byte| byte & 15);
                    places[1].as_chunks_mut::<SIXTEEN>().0[half / SIXTEEN] = bytes.map(|byte| byte >> 4);
                }
            }
        }
    }
}

const SIXTEEN: usize = 16;

#[inline(always)]
fn turned<L: Lookup>(tables: &[[u8; 16]], turned: &[u8], out: &mut [i32]) {
    let columns = turned.as_chunks::<TURNED>().0;
    let offset = 4 * QUERY_MAX * tables.len() as i32;
    for (columns, out) in columns.chunks_exact(tables.len()).zip(out.chunks_mut(TURNED)) {
        let mut sums = [-offset; TURNED];
        for (tables, columns) in tables.chunks(HALVES_MAX).zip(columns.chunks(HALVES_MAX)) {
            for (sum, part) in sums.iter_mut().zip(L::sums(tables, columns)) {
                *sum += i32::from(part);
            }
        }
        out.copy_from_slice(&sums[..out.len()]);
    }
}

/// How an instruction set looks up many entries of a table.
trait Lookup {
    /// Returns the sum of each row's entries: an even number of them, at most [`HALVES_MAX`].
    fn sums(tables: &[[u8; 16]], columns: &[[u8; TURNED]]) -> [u16; TURNED];
}

/// Writes the products of a query's tables with rows that were turned.
pub(crate) fn dots_turned(tables: &[[u8; 16]], rows: &[u8], out: &mut [i32]) {
    #[cfg(all(target_arch = "x86_64", not(nearfold_baseline)))]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the line above proved that this machine has AVX2.
        return unsafe { leaf::dots_avx2(tables, rows, out) };
    }
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    turned::<leaf::Simd128>(tables, rows, out);
    #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
    turned::<PlainLookup>(tables, rows, out);
}

/// What every machine can do.
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
struct PlainLookup;

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
impl Lookup for PlainLookup {
    #[inline(always)]
    fn sums(tables: &[[u8; 16]], columns: &[[u8; TURNED]]) -> [u16; TURNED] {
        let mut sums = [0; TURNED];
        for (table, column) in tables.iter().zip(columns) {
            for (sum, at) in sums.iter_mut().zip(column) {
                *sum += u16::from(table[usize::from(at & 15)]);
            }
        }
        sums
    }
}

/// Sixteen rows' bytes side by side, by interleaving them four times.
#[cfg(all(target_arch = "x86_64", not(nearfold_baseline)))]
mod leaf {
    use super::{Lookup, SIXTEEN, TURNED, turned};
    use core::arch::x86_64::*;
    use core::mem::transmute;

    /// Returns the columns of a square of bytes, two words a row.
    #[inline(always)]
    pub(super) fn columns(rows: [(u64, u64); SIXTEEN]) -> [[u8; SIXTEEN]; SIXTEEN] {
        // SAFETY: every x86-64 has SSE2; any bits are integers.
        unsafe {
            let mut square = rows.map(|(low, high)| _mm_set_epi64x(high as i64, low as i64));
            for _ in 0..4 {
                let half = SIXTEEN / 2;
                square = core::array::from_fn(|i| {
                    let (a, b) = (square[i / 2], square[i / 2 + half]);
                    if i % 2 == 0 { _mm_unpacklo_epi8(a, b) } else { _mm_unpackhi_epi8(a, b) }
                });
            }
            transmute(square)
        }
    }

    #[target_feature(enable = "avx2")]
    pub(super) fn dots_avx2(tables: &[[u8; 16]], rows: &[u8], out: &mut [i32]) {
        turned::<Avx2>(tables, rows, out);
    }

    struct Avx2;

    impl Lookup for Avx2 {
        #[inline(always)]
        fn sums(tables: &[[u8; 16]], columns: &[[u8; TURNED]]) -> [u16; TURNED] {
            // SAFETY: `dots_avx2`, which alone runs this, needs AVX2; the loads read these arrays. Bytes hold two
            // entries of at most 8 · 15, and 16 bits what they come to: the sums of odd rows, and those of even
            // rows with 256 times those of odd ones above them, which are taken away.
            unsafe {
                let (mut both, mut odd) = (_mm256_setzero_si256(), _mm256_setzero_si256());
                for (tables, columns) in tables.as_chunks::<2>().0.iter().zip(columns.as_chunks::<2>().0) {
                    let entries = |i: usize| {
                        let table = _mm_loadu_si128(tables[i].as_ptr().cast());
                        let at = _mm256_loadu_si256(columns[i].as_ptr().cast());
                        _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(table), at)
                    };
                    let pair = _mm256_add_epi8(entries(0), entries(1));
                    both = _mm256_add_epi16(both, pair);
                    odd = _mm256_add_epi16(odd, _mm256_srli_epi16::<8>(pair));
                }
                let even = _mm256_sub_epi16(both, _mm256_slli_epi16::<8>(odd));
                let even = transmute::<__m256i, [u16; 16]>(even);
                let odd = transmute::<__m256i, [u16; 16]>(odd);
                core::array::from_fn(|i| if i % 2 == 0 { even[i / 2] } else { odd[i / 2] })
            }
        }
    }
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod leaf {
    use super::{Lookup, SIXTEEN, TURNED};
    use core::arch::wasm32::*;
    use core::mem::transmute;

    /// Returns the columns of a square of bytes, two words a row.
    #[inline(always)]
    pub(super) fn columns(rows: [(u64, u64); SIXTEEN]) -> [[u8; SIXTEEN]; SIXTEEN] {
        let mut square = rows.map(|(low, high)| u64x2(low, high));
        for _ in 0..4 {
            square = core::array::from_fn(|i| {
                let (a, b) = (square[i / 2], square[i / 2 + SIXTEEN / 2]);
                if i % 2 == 0 {
                    i8x16_shuffle::<0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23>(a, b)
                } else {
                    i8x16_shuffle::<8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31>(a, b)
                }
            });
        }
        // SAFETY: any bits are integers.
        unsafe { transmute(square) }
    }

    pub(super) struct Simd128;

    impl Lookup for Simd128 {
        #[inline(always)]
        fn sums(tables: &[[u8; 16]], columns: &[[u8; TURNED]]) -> [u16; TURNED] {
            let mut sums = [[0; SIXTEEN]; 2];
            for (part, sums) in sums.iter_mut().enumerate() {
                let (mut both, mut odd) = (u64x2_splat(0), u64x2_splat(0));
                for (tables, columns) in tables.as_chunks::<2>().0.iter().zip(columns.as_chunks::<2>().0) {
                    let entries = |i: usize| {
                        let at = columns[i].as_chunks::<SIXTEEN>().0[part].as_ptr();
                        // SAFETY: the loads read these arrays, which need no alignment.
                        let (table, at) =
                            unsafe { (v128_load(tables[i].as_ptr().cast()), v128_load(at.cast())) };
                        i8x16_swizzle(table, at)
                    };
                    // Bytes hold two entries of at most 8 · 15. The sums of odd rows, and those of even rows with 256
                    // times those of odd ones above them, which are taken away.
                    let pair = i8x16_add(entries(0), entries(1));
                    both = i16x8_add(both, pair);
                    odd = i16x8_add(odd, u16x8_shr(pair, 8));
                }
                let even = i16x8_sub(both, i16x8_shl(odd, 8));
                // SAFETY: any bits are integers.
                let (even, odd) =
                    unsafe { (transmute::<v128, [u16; 8]>(even), transmute::<v128, [u16; 8]>(odd)) };
                *sums = core::array::from_fn(|i| if i % 2 == 0 { even[i / 2] } else { odd[i / 2] });
            }
            // SAFETY: both are as many integers.
            unsafe { transmute(sums) }
        }
    }
}

#[cfg(not(any(
    all(target_arch = "x86_64", not(nearfold_baseline)),
    all(target_arch = "wasm32", target_feature = "simd128")
)))]
mod leaf {
    use super::SIXTEEN;

    /// Returns the columns of a square of bytes, two words a row.
    pub(super) fn columns(rows: [(u64, u64); SIXTEEN]) -> [[u8; SIXTEEN]; SIXTEEN] {
        let byte = |column: usize, (low, high): (u64, u64)| {
            let word = if column < 8 { low } else { high };
            (word >> (8 * (column % 8))) as u8
        };
        core::array::from_fn(|column| rows.map(|row| byte(column, row)))
    }
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

#[inline(always)]
fn summed(values: &[f32], row: &[u64]) -> f32 {
    let mut lanes = [0.0f32; 16];
    for (values, word) in values.as_chunks::<WORD>().0.iter().zip(row) {
        for (values, part) in values.as_chunks::<16>().0.iter().zip(0..) {
            let unlike = !(word >> (16 * part)) as u32;
            for l in 0..16 {
                lanes[l] += f32::from_bits(values[l].to_bits() ^ (unlike >> l & 1) << 31);
            }
        }
    }
    super::distance_f32::fold(lanes)
}

dispatch! {
    /// Returns Σ ±value, the sign being that of the bit: 16 lanes, folded by halves.
    pub(crate) fn signed_sum(values: &[f32], row: &[u64]) -> f32 = summed;
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
            let (mut tables_of, mut opened, mut of_turned) = (Vec::new(), Vec::new(), [0; 6]);
            tables(&planes_of, &mut tables_of);
            turn(&rows, words, &mut opened);
            dots_turned(&tables_of, &opened, &mut of_turned);
            let floats: Vec<f32> = values.iter().map(|value| *value as f32).collect();
            for (i, node) in nodes.into_iter().enumerate() {
                let node = node as usize;
                let dot: i32 = values.iter().enumerate().map(|(at, value)| value * sign(node, at)).sum();
                assert_eq!(out[i], dot);
                assert_eq!(signs[i], (0..words * WORD).map(|at| sign(0, at) * sign(node, at)).sum::<i32>());
                assert_eq!(of_turned[node], dot);
                assert_eq!(signed_sum(&floats, &rows[node * words..][..words]), dot as f32);
            }
        }
    }
}
