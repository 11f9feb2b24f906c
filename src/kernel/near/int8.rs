//! Dot products of 8-bit codes with a 16-bit query: integers, hence exact in any order.

use super::distance_f32::{LANES, dots_f32, fold, row, step};
use crate::kernel::dispatch;
use crate::kernel::prefetch::{AHEAD, prefetch};

/// Returns the largest magnitude that a 16-bit query may have, so that no sum of `dim` products
/// with 8-bit codes leaves an `i32`.
pub(crate) fn query_limit(dim: usize) -> i16 {
    (i32::MAX as usize / (128 * dim)).min(i16::MAX as usize) as i16
}

/// Returns the largest magnitude.
#[inline(always)]
fn largest(values: &[f32]) -> f32 {
    let larger = |max: f32, value: f32| if max < value.abs() { value.abs() } else { max };
    let (blocks, tail) = values.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for block in blocks {
        raise(&mut lanes, block);
    }
    lanes.iter().chain(tail).fold(0.0, |max, value| larger(max, *value))
}

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
#[inline(always)]
fn raise(lanes: &mut [f32; LANES], block: &[f32; LANES]) {
    for (lane, value) in lanes.iter_mut().zip(block) {
        *lane = if *lane < value.abs() { value.abs() } else { *lane };
    }
}

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
#[inline(always)]
fn rounded_16(values: &[f32], factor: f32, out: &mut [i16]) {
    for (out, value) in out.iter_mut().zip(values) {
        *out = (value * factor).round_ties_even() as i16;
    }
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
use wasm::{raise, rounded_16};

#[inline(always)]
fn rounded_8(values: &[f32], factor: f32, out: &mut [i8]) {
    for (out, value) in out.iter_mut().zip(values) {
        *out = (value * factor).round_ties_even() as i8;
    }
}

/// Returns the dot product of the values with their codes, and that of the codes with themselves.
#[inline(always)]
fn fitted(values: &[f32], factor: f32) -> (f32, f32) {
    let (mut dots, mut squares) = ([0.0; LANES], [0.0; LANES]);
    let mut add = |block: &[f32; LANES]| {
        let codes = block.map(|value| (value * factor).round_ties_even().clamp(-128.0, 127.0));
        step::<false>(&mut dots, block, &codes);
        step::<false>(&mut squares, &codes, &codes);
    };
    let (blocks, tail) = values.as_chunks::<LANES>();
    blocks.iter().for_each(&mut add);
    let mut block = [0.0; LANES];
    block[..tail.len()].copy_from_slice(tail);
    add(&block);
    (fold(dots), fold(squares))
}

/// What the largest magnitude becomes: of these the one is taken that suits a vector.
const FACTORS: [f32; 8] = [127.0, 128.0, 126.0, 125.0, 124.0, 123.0, 122.0, 121.0];

#[inline(always)]
fn fitted_8(values: &[f32], codes: &mut [i8]) -> f32 {
    let (mut best, mut factor_of_best, mut dot_of_best) = (0.0, 0.0, 1.0);
    for factor in FACTORS {
        let (dot, squares) = fitted(values, factor);
        let likeness = dot * (dot / squares);
        if likeness > best {
            (best, factor_of_best, dot_of_best) = (likeness, factor, dot);
        }
    }
    rounded_8(values, factor_of_best, codes);
    let mut square = [0.0];
    dots_f32(values, values, &[0], &mut square);
    square[0] / dot_of_best
}

dispatch! {
    /// Writes the codes whose direction is nearest to that of the values, and returns the scale that puts their error at
    /// right angles to the values: a query, which is on the same side as what it finds, sees less of it.
    ///
    /// The largest magnitude is 1.
    pub(crate) fn fit_i8(values: &[f32], codes: &mut [i8]) -> f32 = fitted_8;

    /// Returns the largest magnitude of finite numbers.
    pub(crate) fn largest_f32(values: &[f32]) -> f32 = largest;

    /// Writes the values times the factor, to the nearest integer, ties to even.
    pub(crate) fn round_i16(values: &[f32], factor: f32, out: &mut [i16]) = rounded_16;

    /// Likewise.
    pub(crate) fn round_i8(values: &[f32], factor: f32, out: &mut [i8]) = rounded_8;
}

/// How an instruction set adds up products, `W` at a time. Integers: all give the same sums.
trait Products<const W: usize> {
    /// Sums that are not added to one another yet.
    type Lanes: Copy;

    const ZERO: Self::Lanes;

    fn add(lanes: Self::Lanes, query: &[i16; W], codes: &[i8; W]) -> Self::Lanes;

    /// Returns the sum of each row's lanes.
    fn sums(lanes: [Self::Lanes; 4]) -> [i32; 4];
}

/// Returns the dot products of queries with rows as long as they are; each load serves all.
#[inline(always)]
fn rows_at_once<P: Products<W>, const W: usize, const Q: usize, const N: usize>(
    queries: [&[i16]; Q],
    rows: [&[i8]; N],
) -> [[i32; N]; Q] {
    let (n, dim) = (queries[0].len() / W, queries[0].len());
    // All are cut to one length here, not looked at in the loop.
    let queries_of = queries.map(|query| &query.as_chunks::<W>().0[..n]);
    let rows_of = rows.map(|row| &row.as_chunks::<W>().0[..n]);
    let mut lanes = [[P::ZERO; 4]; Q];
    for i in 0..n {
        for r in 0..N {
            for q in 0..Q {
                lanes[q][r] = P::add(lanes[q][r], &queries_of[q][i], &rows_of[r][i]);
            }
        }
    }
    if !dim.is_multiple_of(W) {
        for r in 0..N {
            let codes = padded(rows[r].as_chunks::<W>().1);
            for q in 0..Q {
                lanes[q][r] = P::add(lanes[q][r], &padded(queries[q].as_chunks::<W>().1), &codes);
            }
        }
    }
    let mut out = [[0; N]; Q];
    for q in 0..Q {
        out[q].copy_from_slice(&P::sums(lanes[q])[..N]);
    }
    out
}

/// Copies a tail into a block of zeros.
#[inline(always)]
fn padded<T: Copy + Default, const W: usize>(tail: &[T]) -> [T; W] {
    let mut block = [T::default(); W];
    block[..tail.len()].copy_from_slice(tail);
    block
}

#[inline(always)]
fn listed<P: Products<W>, const W: usize>(query: &[i16], rows: &[i8], nodes: &[u32], out: &mut [i32]) {
    assert_eq!(nodes.len(), out.len());
    let dim = query.len();
    // Who walks has asked for the few rows of a step before.
    let ahead = if nodes.len() < LONG { nodes.len() } else { AHEAD };
    let (fours, rest) = nodes.as_chunks::<4>();
    let (out_fours, out_rest) = out.as_chunks_mut::<4>();
    for (i, (four, out)) in fours.iter().zip(out_fours).enumerate() {
        for &node in nodes.iter().skip(i * 4 + ahead).take(4) {
            prefetch(row(rows, dim, node));
        }
        [*out] = rows_at_once::<P, W, 1, 4>([query], four.map(|node| row(rows, dim, node)));
    }
    match *rest {
        [] => {}
        [a] => out_rest.copy_from_slice(&rows_at_once::<P, W, 1, 1>([query], [row(rows, dim, a)])[0]),
        // Two or three take hardly longer than one: the last once more is simplest.
        [a, b, ..] => {
            let four = [a, b, rest[rest.len() - 1], b].map(|node| row(rows, dim, node));
            out_rest.copy_from_slice(&rows_at_once::<P, W, 1, 4>([query], four)[0][..out_rest.len()]);
        }
    }
}

/// All rows, in order.
#[inline(always)]
fn ran<P: Products<W>, const W: usize, const Q: usize>(
    queries: [&[i16]; Q],
    rows: &[i8],
    mut out: [&mut [i32]; Q],
) {
    let dim = queries[0].len();
    for (i, four) in rows.chunks(4 * dim).enumerate() {
        let n = four.len() / dim;
        // The last fill up what is not there.
        let at = |r: usize| &four[r.min(n - 1) * dim..][..dim];
        let sums = rows_at_once::<P, W, Q, 4>(queries, [at(0), at(1), at(2), at(3)]);
        for (out, sums) in out.iter_mut().zip(sums) {
            out[4 * i..4 * i + n].copy_from_slice(&sums[..n]);
        }
    }
}

/// Lists from this length on are read through.
const LONG: usize = 64;

/// Writes the dot products of `query` with the listed rows of the matrix `rows`.
///
/// No component of `query` is larger than [`query_limit`] in magnitude.
pub(crate) fn dots_i8(query: &[i16], rows: &[i8], nodes: &[u32], out: &mut [i32]) {
    #[cfg(all(target_arch = "x86_64", not(nearfold_baseline)))]
    {
        if std::arch::is_x86_feature_detected!("avx512bw")
            && std::arch::is_x86_feature_detected!("avx512vnni")
        {
            // SAFETY: the lines above proved that this machine has both.
            return unsafe { x86::dots_avx512(query, rows, nodes, out) };
        }
        if std::arch::is_x86_feature_detected!("avx2") {
            // SAFETY: the line above proved that this machine has AVX2.
            return unsafe { x86::dots_avx2(query, rows, nodes, out) };
        }
    }
    #[cfg(target_arch = "aarch64")]
    listed::<neon::Neon, 16>(query, rows, nodes, out);
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    listed::<wasm::Simd128, 8>(query, rows, nodes, out);
    #[cfg(not(any(target_arch = "aarch64", all(target_arch = "wasm32", target_feature = "simd128"))))]
    listed::<Portable, 8>(query, rows, nodes, out);
}

/// Writes the dot products of one query or two with all rows, in order.
///
/// BENEFIT: of two at once each takes 0.8 of the time of one: `cargo bench --bench near -- debian scan`.
pub(crate) fn dots_run_i8<const Q: usize>(queries: [&[i16]; Q], rows: &[i8], out: [&mut [i32]; Q]) {
    #[cfg(all(target_arch = "x86_64", not(nearfold_baseline)))]
    {
        if std::arch::is_x86_feature_detected!("avx512bw")
            && std::arch::is_x86_feature_detected!("avx512vnni")
        {
            // SAFETY: the lines above proved that this machine has both.
            return unsafe { x86::run_avx512(queries, rows, out) };
        }
        if std::arch::is_x86_feature_detected!("avx2") {
            // SAFETY: the line above proved that this machine has AVX2.
            return unsafe { x86::run_avx2(queries, rows, out) };
        }
    }
    #[cfg(target_arch = "aarch64")]
    ran::<neon::Neon, 16, Q>(queries, rows, out);
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    ran::<wasm::Simd128, 8, Q>(queries, rows, out);
    #[cfg(not(any(target_arch = "aarch64", all(target_arch = "wasm32", target_feature = "simd128"))))]
    ran::<Portable, 8, Q>(queries, rows, out);
}

/// What every machine can do.
#[cfg(not(any(target_arch = "aarch64", all(target_arch = "wasm32", target_feature = "simd128"))))]
struct Portable;

#[cfg(not(any(target_arch = "aarch64", all(target_arch = "wasm32", target_feature = "simd128"))))]
impl Products<8> for Portable {
    type Lanes = [i32; 4];

    const ZERO: [i32; 4] = [0; 4];

    #[inline(always)]
    fn add(mut lanes: [i32; 4], query: &[i16; 8], codes: &[i8; 8]) -> [i32; 4] {
        for l in 0..4 {
            lanes[l] += i32::from(query[2 * l]) * i32::from(codes[2 * l])
                + i32::from(query[2 * l + 1]) * i32::from(codes[2 * l + 1]);
        }
        lanes
    }

    #[inline(always)]
    fn sums([a, b, c, d]: [[i32; 4]; 4]) -> [i32; 4] {
        let sum = |[w, x, y, z]: [i32; 4]| w + x + y + z;
        [sum(a), sum(b), sum(c), sum(d)]
    }
}

#[cfg(all(target_arch = "x86_64", not(nearfold_baseline)))]
mod x86 {
    use super::{Products, listed, ran};
    use core::arch::x86_64::*;
    use core::mem::transmute;

    #[target_feature(enable = "avx2")]
    pub(super) fn dots_avx2(query: &[i16], rows: &[i8], nodes: &[u32], out: &mut [i32]) {
        listed::<Avx2, 16>(query, rows, nodes, out);
    }

    #[target_feature(enable = "avx2,avx512f,avx512bw,avx512vnni")]
    pub(super) fn dots_avx512(query: &[i16], rows: &[i8], nodes: &[u32], out: &mut [i32]) {
        listed::<Avx512, 32>(query, rows, nodes, out);
    }

    #[target_feature(enable = "avx2")]
    pub(super) fn run_avx2<const Q: usize>(queries: [&[i16]; Q], rows: &[i8], out: [&mut [i32]; Q]) {
        ran::<Avx2, 16, Q>(queries, rows, out);
    }

    #[target_feature(enable = "avx2,avx512f,avx512bw,avx512vnni")]
    pub(super) fn run_avx512<const Q: usize>(queries: [&[i16]; Q], rows: &[i8], out: [&mut [i32]; Q]) {
        ran::<Avx512, 32, Q>(queries, rows, out);
    }

    struct Avx2;

    impl Products<16> for Avx2 {
        type Lanes = __m256i;

        // SAFETY: any bits are integers.
        const ZERO: __m256i = unsafe { transmute([0_i32; 8]) };

        #[inline(always)]
        fn add(lanes: __m256i, query: &[i16; 16], codes: &[i8; 16]) -> __m256i {
            // SAFETY: `dots_avx2` and `run_avx2`, which alone run this, need AVX2; the loads read these arrays.
            unsafe {
                let query = _mm256_loadu_si256(query.as_ptr().cast());
                let codes = _mm256_cvtepi8_epi16(_mm_loadu_si128(codes.as_ptr().cast()));
                _mm256_add_epi32(lanes, _mm256_madd_epi16(query, codes))
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
    }

    struct Avx512;

    impl Products<32> for Avx512 {
        type Lanes = __m512i;

        // SAFETY: any bits are integers.
        const ZERO: __m512i = unsafe { transmute([0_i32; 16]) };

        #[inline(always)]
        fn add(lanes: __m512i, query: &[i16; 32], codes: &[i8; 32]) -> __m512i {
            // SAFETY: `dots_avx512` and `run_avx512`, which alone run this, need AVX-512 BW and VNNI; the loads
            // read these arrays.
            unsafe {
                let query = _mm512_loadu_si512(query.as_ptr().cast());
                let codes = _mm512_cvtepi8_epi16(_mm256_loadu_si256(codes.as_ptr().cast()));
                _mm512_dpwssd_epi32(lanes, query, codes)
            }
        }

        #[inline(always)]
        fn sums(lanes: [__m512i; 4]) -> [i32; 4] {
            let half = |lanes: __m512i| {
                // SAFETY: as above.
                unsafe {
                    let (low, high) = (_mm512_castsi512_si256(lanes), _mm512_extracti64x4_epi64::<1>(lanes));
                    _mm256_add_epi32(low, high)
                }
            };
            super::x86::Avx2::sums([half(lanes[0]), half(lanes[1]), half(lanes[2]), half(lanes[3])])
        }
    }
}

#[cfg(target_arch = "aarch64")]
mod neon {
    use super::Products;
    use core::arch::aarch64::*;

    /// Two vectors of sums: products of the lower and of the upper codes, so that no addition waits for the one before.
    ///
    /// BENEFIT: 16 codes of four rows take 32 instructions in place of 217, among them a multiplication of each code (rustc 1.95,
    /// counted; no machine was at hand to time it on).
    pub(super) struct Neon;

    impl Products<16> for Neon {
        type Lanes = [int32x4_t; 2];

        // SAFETY: any bits are integers.
        const ZERO: [int32x4_t; 2] = unsafe { core::mem::transmute([0_i32; 8]) };

        #[inline(always)]
        fn add([low, high]: [int32x4_t; 2], query: &[i16; 16], codes: &[i8; 16]) -> [int32x4_t; 2] {
            // SAFETY: NEON is part of aarch64; the loads read these arrays.
            unsafe {
                let codes = vld1q_s8(codes.as_ptr());
                let (first, second) = (vmovl_s8(vget_low_s8(codes)), vmovl_high_s8(codes));
                let (query, query_second) = (vld1q_s16(query.as_ptr()), vld1q_s16(query.as_ptr().add(8)));
                let low = vmlal_s16(low, vget_low_s16(query), vget_low_s16(first));
                let high = vmlal_high_s16(high, query, first);
                let low = vmlal_s16(low, vget_low_s16(query_second), vget_low_s16(second));
                [low, vmlal_high_s16(high, query_second, second)]
            }
        }

        #[inline(always)]
        fn sums(lanes: [[int32x4_t; 2]; 4]) -> [i32; 4] {
            let mut sums = [0; 4];
            // SAFETY: NEON is part of aarch64; the store writes this array.
            unsafe {
                let [a, b, c, d] = lanes.map(|[low, high]| vaddq_s32(low, high));
                vst1q_s32(sums.as_mut_ptr(), vpaddq_s32(vpaddq_s32(a, b), vpaddq_s32(c, d)));
            }
            sums
        }
    }
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod wasm {
    use super::{LANES, Products};
    use core::arch::wasm32::*;

    /// Raises each lane to the magnitude of its number.
    #[inline(always)]
    pub(super) fn raise(lanes: &mut [f32; LANES], block: &[f32; LANES]) {
        for (lanes, block) in lanes.as_chunks_mut::<4>().0.iter_mut().zip(block.as_chunks::<4>().0) {
            // SAFETY: the loads read and the store writes these arrays; no alignment is needed.
            unsafe {
                let magnitudes = f32x4_abs(v128_load(block.as_ptr().cast()));
                v128_store(
                    lanes.as_mut_ptr().cast(),
                    f32x4_pmax(v128_load(lanes.as_ptr().cast()), magnitudes),
                );
            }
        }
    }

    #[inline(always)]
    pub(super) fn rounded_16(values: &[f32], factor: f32, out: &mut [i16]) {
        let (blocks, tail) = values.as_chunks::<8>();
        let (out_blocks, out_tail) = out.as_chunks_mut::<8>();
        let by = f32x4_splat(factor);
        for (block, out) in blocks.iter().zip(out_blocks) {
            let whole = |four: &[f32; 4]| {
                // SAFETY: the load reads this array; no alignment is needed.
                let four = unsafe { v128_load(four.as_ptr().cast()) };
                i32x4_trunc_sat_f32x4(f32x4_nearest(f32x4_mul(four, by)))
            };
            let fours = block.as_chunks::<4>().0;
            let eight = i16x8_narrow_i32x4(whole(&fours[0]), whole(&fours[1]));
            // SAFETY: the store writes this array; no alignment is needed.
            unsafe { v128_store(out.as_mut_ptr().cast(), eight) };
        }
        for (out, value) in out_tail.iter_mut().zip(tail) {
            *out = (value * factor).round_ties_even() as i16;
        }
    }

    pub(super) struct Simd128;

    impl Products<8> for Simd128 {
        type Lanes = v128;

        const ZERO: v128 = i32x4(0, 0, 0, 0);

        #[inline(always)]
        fn add(lanes: v128, query: &[i16; 8], codes: &[i8; 8]) -> v128 {
            // SAFETY: the loads read these arrays, which need no alignment.
            let (query, codes) =
                unsafe { (v128_load(query.as_ptr().cast()), i16x8_load_extend_i8x8(codes.as_ptr())) };
            i32x4_add(lanes, i32x4_dot_i16x8(query, codes))
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
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_nearer_in_direction_than_plainly_rounded_ones_and_their_error_is_at_right_angles() {
        let mut state = 1u32;
        for dim in (1..70).chain([384]) {
            let mut values: Vec<f32> = (0..dim)
                .map(|_| {
                    state = state.wrapping_mul(1664525).wrapping_add(1013904223);
                    (state >> 8) as f32 / 16777216.0 - 0.5
                })
                .collect();
            values[dim / 2] = -1.0;
            let dot = |codes: &[i8], scale: f64| -> f64 {
                values
                    .iter()
                    .zip(codes)
                    .map(|(value, code)| f64::from(*value) * scale * f64::from(*code))
                    .sum()
            };
            let likeness = |codes: &[i8]| {
                let square: f64 = codes.iter().map(|code| f64::from(*code).powi(2)).sum();
                dot(codes, 1.0) / square.sqrt()
            };
            let (mut codes, mut plain) = (vec![0; dim], vec![0; dim]);
            let scale = fit_i8(&values, &mut codes);
            round_i8(&values, 127.0, &mut plain);
            assert!(likeness(&codes) >= likeness(&plain) - 1e-6, "{dim}");
            let square: f64 = values.iter().map(|value| f64::from(*value).powi(2)).sum();
            assert!((dot(&codes, f64::from(scale)) - square).abs() < 1e-6 * square, "{dim}");
        }
    }

    #[test]
    fn dots_are_exact_at_every_length_and_at_the_limits_of_the_codes() {
        for dim in (1..100).chain([4096, 65536]) {
            let limit = query_limit(dim);
            let query: Vec<i16> = (0..dim).map(|i| if i % 3 == 0 { limit } else { -limit }).collect();
            let rows: Vec<i8> = (0..dim * 6).map(|i| if i % 5 == 0 { -128 } else { 127 }).collect();
            let nodes = [5, 0, 1, 2, 2, 4];
            let mut out = [0; 6];
            dots_i8(&query, &rows, &nodes, &mut out);
            let (mut one, mut two) = ([0; 6], [0; 6]);
            dots_run_i8([&query, &query], &rows, [&mut one, &mut two]);
            assert_eq!((one, nodes.map(|node| one[node as usize])), (two, out));
            for (node, out) in nodes.into_iter().zip(out) {
                let row = &rows[node as usize * dim..][..dim];
                let exact: i64 = query.iter().zip(row).map(|(&q, &c)| i64::from(q) * i64::from(c)).sum();
                assert_eq!(i64::from(out), exact);
            }
        }
    }
}
