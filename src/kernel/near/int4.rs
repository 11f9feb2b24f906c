//! Dot products of 4-bit codes with an 8-bit query: integers, hence exact in any order.
//!
//! A byte of a row has two codes, the lower component in its lower half. A code stands for one of
//! sixteen [`LEVELS`], which a shuffle of bytes looks up. Their steps grow outwards as the best of a
//! normal distribution do (Max, Quantizing for minimum distortion, 1960): rotated vectors have that one.

use super::distance_f32::row;
use crate::kernel::dispatch;
use crate::kernel::prefetch::{AHEAD, prefetch};

/// What the codes stand for: the best of integers up to 22 for directions of normal vectors, found by
/// descent. Their error is 2 % above that of levels of any size; evenly spaced ones have 22 % more.
pub(crate) const LEVELS: [i8; 16] = [-22, -17, -13, -10, -7, -5, -3, -1, 1, 3, 5, 7, 10, 13, 17, 22];

/// The largest of them.
const LEVEL_MAX: i8 = LEVELS[15];

/// The largest component of a query: two products of it with what unsigned bytes keep of two levels,
/// and two more, are within 16 bits.
pub(crate) const QUERY_MAX: i8 = 127;

const _: () = assert!(4 * 2 * LEVEL_MAX as i32 * QUERY_MAX as i32 <= i16::MAX as i32);

/// A query as rows are compared with it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Query4 {
    /// Its even components, then the odd ones: those of the lower halves of bytes, and of the upper.
    halves: Vec<i8>,
    /// The sum of all, times the largest level.
    offset: i32,
}

impl Query4 {
    /// Returns the places of the even and the odd components of a query of `dim`, zeros at first.
    fn clear(&mut self, dim: usize) -> (&mut [i8], &mut [i8]) {
        let len = dim.div_ceil(2);
        self.halves.clear();
        self.halves.resize(2 * len, 0);
        self.halves.split_at_mut(len)
    }

    /// Takes the values times the factor, to the nearest integer: none is larger than [`QUERY_MAX`].
    pub(crate) fn set(&mut self, values: &[f32], factor: f32) {
        let (evens, odds) = self.clear(values.len());
        round_halves(values, factor, evens, odds);
        self.close();
    }

    /// Takes the levels of a row of `dim` codes.
    pub(crate) fn set_row(&mut self, row: &[u8], dim: usize) {
        let (evens, odds) = self.clear(dim);
        levels_of(row, evens, odds);
        if dim % 2 == 1 {
            odds[dim / 2] = 0;
        }
        self.close();
    }

    fn close(&mut self) {
        self.offset = sum_i8(&self.halves) * i32::from(LEVEL_MAX);
    }
}

#[inline(always)]
fn rounded(values: &[f32], factor: f32, evens: &mut [i8], odds: &mut [i8]) {
    let (twos, last) = values.as_chunks::<2>();
    let round = |value: f32| (value * factor).round_ties_even() as i8;
    for ((two, even), odd) in twos.iter().zip(&mut *evens).zip(odds) {
        (*even, *odd) = (round(two[0]), round(two[1]));
    }
    if let [last] = last {
        evens[twos.len()] = round(*last);
    }
}

#[inline(always)]
fn summed(values: &[i8]) -> i32 {
    values.iter().map(|value| i32::from(*value)).sum()
}

/// Returns a code's level: by comparisons, which the machine can do to many at once.
#[inline(always)]
fn level(code: u8) -> i8 {
    let mut level = LEVELS[0];
    for i in 1..16u8 {
        let step = LEVELS[usize::from(i)] - LEVELS[usize::from(i) - 1];
        level += if code >= i { step } else { 0 };
    }
    level
}

#[inline(always)]
fn levelled(row: &[u8], evens: &mut [i8], odds: &mut [i8]) {
    for ((byte, even), odd) in row.iter().zip(evens).zip(odds) {
        (*even, *odd) = (level(byte & 15), level(byte >> 4));
    }
}

#[inline(always)]
fn unpacked(row: &[u8], levels: &mut [i8]) {
    let (twos, last) = levels.as_chunks_mut::<2>();
    for (two, byte) in twos.iter_mut().zip(row) {
        *two = [level(byte & 15), level(byte >> 4)];
    }
    if let ([last], Some(byte)) = (last, row.last()) {
        *last = level(byte & 15);
    }
}

dispatch! {
    fn round_halves(values: &[f32], factor: f32, evens: &mut [i8], odds: &mut [i8]) = rounded;

    fn sum_i8(values: &[i8]) -> i32 = summed;

    fn levels_of(row: &[u8], evens: &mut [i8], odds: &mut [i8]) = levelled;

    /// Writes the levels of a row's codes, in order.
    pub(crate) fn unpack(row: &[u8], levels: &mut [i8]) = unpacked;
}

/// Writes codes, two to a byte.
pub(crate) fn pack(codes: &[u8], row: &mut [u8]) {
    for (byte, codes) in row.iter_mut().zip(codes.chunks(2)) {
        *byte = codes[0] | codes.get(1).map_or(0, |code| code << 4);
    }
}

/// Above which magnitude a component gets which step more: halfway between levels, in their unit.
const STEPS: [(f32, f32); 7] = {
    let mut steps = [(0.0, 0.0); 7];
    let mut i = 0;
    while i < 7 {
        let (low, high) = (LEVELS[8 + i] as f32, LEVELS[9 + i] as f32);
        steps[i] = ((low + high) * 0.5, high - low);
        i += 1;
    }
    steps
};

/// What the root of the mean square becomes: of these the one is taken that suits a vector.
const FACTORS: [f32; 12] = [6.6, 6.9, 7.2, 7.4, 7.6, 7.8, 8.0, 8.2, 8.4, 8.7, 9.0, 9.4];

const LANES: usize = 16;

/// Returns the dot product of the magnitudes with their levels, and that of the levels with themselves.
#[inline(always)]
fn likened(values: &[f32], factor: f32) -> (f32, f32) {
    let (mut dots, mut squares) = ([0.0; LANES], [0.0; LANES]);
    let mut add = |block: &[f32; LANES], l: usize| {
        let value = (block[l] * factor).abs();
        let mut level = 1.0;
        for (from, step) in STEPS {
            level += if value > from { step } else { 0.0 };
        }
        dots[l] += value * level;
        squares[l] += level * level;
    };
    let (blocks, tail) = values.as_chunks::<LANES>();
    for block in blocks {
        for l in 0..LANES {
            add(block, l);
        }
    }
    let mut block = [0.0; LANES];
    block[..tail.len()].copy_from_slice(tail);
    for l in 0..tail.len() {
        add(&block, l);
    }
    let fold = super::distance_f32::fold;
    (fold(dots), fold(squares))
}

#[inline(always)]
fn fitted(values: &[f32], root: f32, codes: &mut [u8]) {
    let (mut best, mut factor_of_best) = (0.0, 0.0);
    for factor in FACTORS.map(|factor| factor / root) {
        let (dot, squares) = likened(values, factor);
        let likeness = dot / factor * (dot / factor / squares);
        if likeness > best {
            (best, factor_of_best) = (likeness, factor);
        }
    }
    for (code, value) in codes.iter_mut().zip(values) {
        let value = value * factor_of_best;
        let steps: u8 = STEPS.iter().map(|(from, _)| u8::from(value.abs() > *from)).sum();
        *code = if value > 0.0 { 8 + steps } else { 7 - steps };
    }
}

dispatch! {
    /// Writes the codes whose levels have the direction nearest to that of the values, of which `root`
    /// is the root of the mean square.
    pub(crate) fn fit_i4(values: &[f32], root: f32, codes: &mut [u8]) = fitted;
}

/// How an instruction set adds up products of `W` bytes of codes. Integers: all give the same sums.
trait Products4<const W: usize> {
    /// Sums that are not added to one another yet.
    type Lanes: Copy;

    const ZERO: Self::Lanes;

    /// Adds the products with the even and the odd components of a query.
    fn add(lanes: Self::Lanes, evens: &[i8; W], odds: &[i8; W], codes: &[u8; W]) -> Self::Lanes;

    /// Returns the sum of each row's lanes.
    fn sums(lanes: [Self::Lanes; 4]) -> [i32; 4];

    /// Returns the product of a query with all its lanes' sum.
    fn offset(query: &Query4) -> i32;
}

/// Copies a tail into a block of zeros.
#[inline(always)]
fn padded<T: Copy + Default, const W: usize>(tail: &[T]) -> [T; W] {
    let mut block = [T::default(); W];
    block[..tail.len()].copy_from_slice(tail);
    block
}

/// Returns the dot products of queries with four rows; each load serves all.
#[expect(clippy::needless_range_loop, reason = "it runs through several lists")]
#[inline(always)]
fn four<P: Products4<W>, const W: usize, const Q: usize>(
    queries: [&Query4; Q],
    rows: [&[u8]; 4],
) -> [[i32; 4]; Q] {
    let len = queries[0].halves.len() / 2;
    // All are cut to one length here, not looked at in the loop.
    let n = len / W;
    let halves = queries.map(|query| {
        let (evens, odds) = query.halves.split_at(len);
        (&evens.as_chunks::<W>().0[..n], &odds.as_chunks::<W>().0[..n])
    });
    let rows_of = rows.map(|row| &row.as_chunks::<W>().0[..n]);
    let mut lanes = [[P::ZERO; 4]; Q];
    for i in 0..n {
        for r in 0..4 {
            for q in 0..Q {
                lanes[q][r] = P::add(lanes[q][r], &halves[q].0[i], &halves[q].1[i], &rows_of[r][i]);
            }
        }
    }
    if !len.is_multiple_of(W) {
        for q in 0..Q {
            let (evens, odds) = queries[q].halves.split_at(len);
            let (evens, odds) = (padded(evens.as_chunks::<W>().1), padded(odds.as_chunks::<W>().1));
            for r in 0..4 {
                lanes[q][r] = P::add(lanes[q][r], &evens, &odds, &padded(rows[r].as_chunks::<W>().1));
            }
        }
    }
    let mut out = [[0; 4]; Q];
    for q in 0..Q {
        out[q] = P::sums(lanes[q]);
        for sum in &mut out[q] {
            *sum -= P::offset(queries[q]);
        }
    }
    out
}

#[inline(always)]
fn listed<P: Products4<W>, const W: usize>(query: &Query4, rows: &[u8], nodes: &[u32], out: &mut [i32]) {
    assert_eq!(nodes.len(), out.len());
    let len = query.halves.len() / 2;
    // Who walks has asked for the few rows of a step before.
    let ahead = if nodes.len() < LONG { nodes.len() } else { AHEAD };
    let (fours, rest) = nodes.as_chunks::<4>();
    let (out_fours, out_rest) = out.as_chunks_mut::<4>();
    for (i, (nodes_of, out)) in fours.iter().zip(out_fours).enumerate() {
        for &node in nodes.iter().skip(i * 4 + ahead).take(4) {
            prefetch(row(rows, len, node));
        }
        [*out] = four::<P, W, 1>([query], nodes_of.map(|node| row(rows, len, node)));
    }
    if let [first, ..] = *rest {
        // Fewer take hardly less time than four.
        let at = |i: usize| row(rows, len, rest.get(i).copied().unwrap_or(first));
        out_rest.copy_from_slice(&four::<P, W, 1>([query], [at(0), at(1), at(2), at(3)])[0][..rest.len()]);
    }
}

/// All rows, in order.
#[inline(always)]
fn ran<P: Products4<W>, const W: usize, const Q: usize>(
    queries: [&Query4; Q],
    rows: &[u8],
    mut out: [&mut [i32]; Q],
) {
    let len = queries[0].halves.len() / 2;
    for (i, rows) in rows.chunks(4 * len).enumerate() {
        let n = rows.len() / len;
        // The last fill up what is not there.
        let at = |r: usize| &rows[r.min(n - 1) * len..][..len];
        let sums = four::<P, W, Q>(queries, [at(0), at(1), at(2), at(3)]);
        for (out, sums) in out.iter_mut().zip(sums) {
            out[4 * i..4 * i + n].copy_from_slice(&sums[..n]);
        }
    }
}

/// Lists from this length on are read through.
const LONG: usize = 64;

/// Writes the dot products of `query` with the listed rows of the matrix `rows`.
pub(crate) fn dots_i4(query: &Query4, rows: &[u8], nodes: &[u32], out: &mut [i32]) {
    #[cfg(all(target_arch = "x86_64", not(nearfold_baseline)))]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the line above proved that this machine has AVX2.
        return unsafe { x86::dots_avx2(query, rows, nodes, out) };
    }
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    listed::<wasm::Simd128, 16>(query, rows, nodes, out);
    #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
    listed::<Portable4, 8>(query, rows, nodes, out);
}

/// Writes the dot products of one query or two with all rows, in order.
pub(crate) fn dots_run_i4<const Q: usize>(queries: [&Query4; Q], rows: &[u8], out: [&mut [i32]; Q]) {
    #[cfg(all(target_arch = "x86_64", not(nearfold_baseline)))]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the line above proved that this machine has AVX2.
        return unsafe { x86::run_avx2(queries, rows, out) };
    }
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    ran::<wasm::Simd128, 16, Q>(queries, rows, out);
    #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
    ran::<Portable4, 8, Q>(queries, rows, out);
}

/// What every machine can do.
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
struct Portable4;

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
impl Products4<8> for Portable4 {
    type Lanes = [i32; 2];

    const ZERO: [i32; 2] = [0; 2];

    #[inline(always)]
    fn add([mut low, mut high]: [i32; 2], evens: &[i8; 8], odds: &[i8; 8], codes: &[u8; 8]) -> [i32; 2] {
        for l in 0..8 {
            low += i32::from(evens[l]) * i32::from(LEVELS[usize::from(codes[l] & 15)]);
            high += i32::from(odds[l]) * i32::from(LEVELS[usize::from(codes[l] >> 4)]);
        }
        [low, high]
    }

    #[inline(always)]
    fn sums(lanes: [[i32; 2]; 4]) -> [i32; 4] {
        lanes.map(|[low, high]| low + high)
    }

    #[inline(always)]
    fn offset(_query: &Query4) -> i32 {
        0
    }
}

#[cfg(all(target_arch = "x86_64", not(nearfold_baseline)))]
mod x86 {
    use super::{LEVEL_MAX, LEVELS, Products4, Query4, listed, ran};
    use core::arch::x86_64::*;
    use core::mem::transmute;

    #[target_feature(enable = "avx2")]
    pub(super) fn dots_avx2(query: &Query4, rows: &[u8], nodes: &[u32], out: &mut [i32]) {
        listed::<Avx2, 32>(query, rows, nodes, out);
    }

    #[target_feature(enable = "avx2")]
    pub(super) fn run_avx2<const Q: usize>(queries: [&Query4; Q], rows: &[u8], out: [&mut [i32]; Q]) {
        ran::<Avx2, 32, Q>(queries, rows, out);
    }

    /// The levels above the least, twice: this machine multiplies unsigned bytes with signed ones.
    const ABOVE: [u8; 32] = {
        let mut above = [0; 32];
        let mut i = 0;
        while i < 32 {
            above[i] = (LEVELS[i % 16] + LEVEL_MAX) as u8;
            i += 1;
        }
        above
    };

    /// BENEFIT: `cargo bench --bench near -- debian scan`: a query takes less time than one of eight bits.
    struct Avx2;

    impl Products4<32> for Avx2 {
        type Lanes = __m256i;

        // SAFETY: any bits are integers.
        const ZERO: __m256i = unsafe { transmute([0_i32; 8]) };

        #[inline(always)]
        fn add(lanes: __m256i, evens: &[i8; 32], odds: &[i8; 32], codes: &[u8; 32]) -> __m256i {
            // SAFETY: `dots_avx2` and `run_avx2`, which alone run this, need AVX2; the loads read these arrays. The sum of
            // four products does not leave 16 bits: see `QUERY_MAX`.
            unsafe {
                let (table, half) = (_mm256_loadu_si256(ABOVE.as_ptr().cast()), _mm256_set1_epi8(15));
                let codes = _mm256_loadu_si256(codes.as_ptr().cast());
                let low = _mm256_shuffle_epi8(table, _mm256_and_si256(codes, half));
                let high = _mm256_and_si256(_mm256_srli_epi16::<4>(codes), half);
                let high = _mm256_shuffle_epi8(table, high);
                let low = _mm256_maddubs_epi16(low, _mm256_loadu_si256(evens.as_ptr().cast()));
                let high = _mm256_maddubs_epi16(high, _mm256_loadu_si256(odds.as_ptr().cast()));
                let sums = _mm256_madd_epi16(_mm256_add_epi16(low, high), _mm256_set1_epi16(1));
                _mm256_add_epi32(lanes, sums)
            }
        }

        #[inline(always)]
        fn sums([a, b, c, d]: [__m256i; 4]) -> [i32; 4] {
            // SAFETY: as above; any bits are integers.
            unsafe {
                let sums = _mm256_hadd_epi32(_mm256_hadd_epi32(a, b), _mm256_hadd_epi32(c, d));
                transmute(_mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256::<1>(sums)))
            }
        }

        #[inline(always)]
        fn offset(query: &Query4) -> i32 {
            query.offset
        }
    }
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod wasm {
    use super::{LEVELS, Products4, Query4};
    use core::arch::wasm32::*;

    pub(super) struct Simd128;

    impl Products4<16> for Simd128 {
        type Lanes = v128;

        const ZERO: v128 = i32x4(0, 0, 0, 0);

        #[inline(always)]
        fn add(mut lanes: v128, evens: &[i8; 16], odds: &[i8; 16], codes: &[u8; 16]) -> v128 {
            // SAFETY: the loads read these arrays, which need no alignment.
            let (table, codes) =
                unsafe { (v128_load(LEVELS.as_ptr().cast()), v128_load(codes.as_ptr().cast())) };
            let low = i8x16_swizzle(table, v128_and(codes, u8x16_splat(15)));
            let high = i8x16_swizzle(table, u8x16_shr(codes, 4));
            for (query, levels) in [(evens, low), (odds, high)] {
                // SAFETY: as above.
                let (first, second) = unsafe {
                    (i16x8_load_extend_i8x8(query.as_ptr()), i16x8_load_extend_i8x8(query.as_ptr().add(8)))
                };
                lanes = i32x4_add(lanes, i32x4_dot_i16x8(first, i16x8_extend_low_i8x16(levels)));
                lanes = i32x4_add(lanes, i32x4_dot_i16x8(second, i16x8_extend_high_i8x16(levels)));
            }
            lanes
        }

        #[inline(always)]
        fn sums([a, b, c, d]: [v128; 4]) -> [i32; 4] {
            let pairs =
                |x, y| i32x4_add(i32x4_shuffle::<0, 2, 4, 6>(x, y), i32x4_shuffle::<1, 3, 5, 7>(x, y));
            let sums = pairs(pairs(a, b), pairs(c, d));
            [
                i32x4_extract_lane::<0>(sums),
                i32x4_extract_lane::<1>(sums),
                i32x4_extract_lane::<2>(sums),
                i32x4_extract_lane::<3>(sums),
            ]
        }

        #[inline(always)]
        fn offset(_query: &Query4) -> i32 {
            0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_exact_at_every_length_and_at_the_limits_of_the_codes() {
        for dim in (1usize..140).chain([4096, 65535, 65536]) {
            let query: Vec<i8> = (0..dim).map(|i| if i % 3 == 0 { 127 } else { -127 }).collect();
            let codes: Vec<u8> = (0..dim * 6).map(|i| [15, 0, (i % 16) as u8, 15, 15][i % 5]).collect();
            let len = dim.div_ceil(2);
            let mut rows = vec![0; len * 6];
            for (codes, row) in codes.chunks(dim).zip(rows.chunks_mut(len)) {
                pack(codes, row);
                let mut levels = vec![0; dim];
                unpack(row, &mut levels);
                assert!(levels.iter().zip(codes).all(|(level, code)| *level == LEVELS[usize::from(*code)]));
            }
            for query in [query.clone(), vec![127; dim], vec![-127; dim]] {
                let mut query4 = Query4::default();
                let values: Vec<f32> = query.iter().map(|value| f32::from(*value)).collect();
                query4.set(&values, 1.0);
                let nodes = [5, 0, 1, 2, 2, 4];
                let mut out = [0; 6];
                dots_i4(&query4, &rows, &nodes, &mut out);
                let (mut one, mut two) = ([0; 6], [0; 6]);
                dots_run_i4([&query4, &query4], &rows, [&mut one, &mut two]);
                assert_eq!((one, nodes.map(|node| one[node as usize])), (two, out));
                for (node, out) in nodes.into_iter().zip(out) {
                    let codes = &codes[node as usize * dim..][..dim];
                    let level = |code: &u8| i64::from(LEVELS[usize::from(*code)]);
                    let exact: i64 =
                        query.iter().zip(codes).map(|(q, code)| i64::from(*q) * level(code)).sum();
                    assert_eq!(i64::from(out), exact, "{dim}");
                }
            }
        }
    }

    #[test]
    fn codes_of_normal_vectors_lose_less_than_a_hundredth_of_their_square() {
        let mut state = 1u32;
        let mut random = || {
            state = state.wrapping_mul(1664525).wrapping_add(1013904223);
            (state >> 8) as f32 / 16777216.0 - 0.5
        };
        for dim in [32, 100, 384] {
            let mut lost = 0.0;
            for _ in 0..100 {
                // Twelve random numbers make one that is all but normal.
                let values: Vec<f32> = (0..dim).map(|_| (0..12).map(|_| random()).sum()).collect();
                let square: f32 = values.iter().map(|value| value * value).sum();
                let mut codes = vec![0; dim];
                fit_i4(&values, (square / dim as f32).sqrt(), &mut codes);
                let levels = codes.iter().map(|code| f32::from(LEVELS[usize::from(*code)]));
                let dot: f32 = values.iter().zip(levels.clone()).map(|(value, level)| value * level).sum();
                lost += 1.0 - dot * dot / square / levels.map(|level| level * level).sum::<f32>();
            }
            assert!(lost / 100.0 < 0.0095, "{dim}: {}", lost / 100.0);
        }
    }
}
