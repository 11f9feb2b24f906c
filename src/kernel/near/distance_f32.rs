//! Dot products and squared differences of `f32` vectors: one query against listed rows.
//!
//! Order of arithmetic: 16 lanes, lane `l` takes the components `l, l + 16, l + 32, …` one after
//! the other; the lanes are folded by halves (`l + 8`, `l + 4`, `l + 2`, `l + 1`). A tail shorter
//! than 16 is padded with zeros. One row or four rows at once, the bits are the same.

use crate::kernel::dispatch;
use crate::kernel::prefetch::{AHEAD, prefetch};

pub(super) const LANES: usize = 16;

/// Folds the lanes by halves.
#[cfg(not(any(target_arch = "aarch64", all(target_arch = "wasm32", target_feature = "simd128"))))]
#[inline(always)]
pub(crate) fn fold(mut lanes: [f32; LANES]) -> f32 {
    let mut width = LANES / 2;
    while width > 0 {
        for l in 0..width {
            lanes[l] += lanes[l + width];
        }
        width /= 2;
    }
    lanes[0]
}

/// Returns a row of a matrix. A closure is not always compiled into its caller, and is then slow.
#[inline(always)]
pub(super) fn row<T>(rows: &[T], dim: usize, node: u32) -> &[T] {
    &rows[node as usize * dim..][..dim]
}

/// Copies a tail into a block of zeros.
#[inline(always)]
fn padded(tail: &[f32]) -> [f32; LANES] {
    let mut block = [0.0; LANES];
    block[..tail.len()].copy_from_slice(tail);
    block
}

/// Adds one block's terms to the lanes: products, or squared differences.
#[cfg(not(any(target_arch = "aarch64", all(target_arch = "wasm32", target_feature = "simd128"))))]
#[inline(always)]
pub(super) fn step<const SQUARES: bool>(lanes: &mut [f32; LANES], a: &[f32; LANES], b: &[f32; LANES]) {
    for l in 0..LANES {
        if SQUARES {
            let difference = a[l] - b[l];
            lanes[l] += difference * difference;
        } else {
            lanes[l] += a[l] * b[l];
        }
    }
}

/// Returns codes as the numbers that they stand for.
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
#[inline(always)]
fn scaled(codes: &[i8; LANES], scale: f32) -> [f32; LANES] {
    codes.map(|code| f32::from(code) * scale)
}

#[cfg(target_arch = "aarch64")]
pub(crate) use neon::fold;
#[cfg(target_arch = "aarch64")]
pub(super) use neon::step;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub(crate) use simd128::fold;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
use simd128::scaled;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub(super) use simd128::step;

/// The same arithmetic by name: the kernel's loops are not vectorised there, which makes it smaller.
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod simd128 {
    use super::LANES;
    use core::arch::wasm32::*;

    /// Returns four of the numbers.
    #[inline(always)]
    fn load(x: &[f32; LANES], part: usize) -> v128 {
        let part: &[f32; 4] = &x.as_chunks().0[part];
        // SAFETY: the load reads this array; no alignment is needed.
        unsafe { v128_load(part.as_ptr().cast()) }
    }

    #[inline(always)]
    fn store(x: &mut [f32; LANES], part: usize, value: v128) {
        let part: &mut [f32; 4] = &mut x.as_chunks_mut().0[part];
        // SAFETY: the store writes this array; no alignment is needed.
        unsafe { v128_store(part.as_mut_ptr().cast(), value) }
    }

    #[inline(always)]
    pub(crate) fn fold(lanes: [f32; LANES]) -> f32 {
        let low = f32x4_add(load(&lanes, 0), load(&lanes, 2));
        let high = f32x4_add(load(&lanes, 1), load(&lanes, 3));
        let four = f32x4_add(low, high);
        let two = f32x4_add(four, i32x4_shuffle::<2, 3, 0, 1>(four, four));
        f32x4_extract_lane::<0>(two) + f32x4_extract_lane::<1>(two)
    }

    #[inline(always)]
    pub(crate) fn step<const SQUARES: bool>(lanes: &mut [f32; LANES], a: &[f32; LANES], b: &[f32; LANES]) {
        for part in 0..LANES / 4 {
            let (a, b) = (load(a, part), load(b, part));
            let term = if SQUARES {
                let difference = f32x4_sub(a, b);
                f32x4_mul(difference, difference)
            } else {
                f32x4_mul(a, b)
            };
            store(lanes, part, f32x4_add(load(lanes, part), term));
        }
    }

    /// Adds the terms of half of the lanes, from `part` on, of four rows: what is added to stays in eight registers.
    #[inline(always)]
    pub(super) fn half<const SQUARES: bool, const PART: usize>(
        lanes: &mut [[f32; LANES]; 4],
        query: &[[f32; LANES]],
        [a, b, c, d]: [&[[f32; LANES]]; 4],
    ) {
        let mut sums = [[f32x4_splat(0.0); 2]; 4];
        for ((((q, a), b), c), d) in query.iter().zip(a).zip(b).zip(c).zip(d) {
            let q = [load(q, PART), load(q, PART + 1)];
            for (sums, row) in sums.iter_mut().zip([a, b, c, d]) {
                for part in 0..2 {
                    let number = load(row, PART + part);
                    let term = if SQUARES {
                        let difference = f32x4_sub(q[part], number);
                        f32x4_mul(difference, difference)
                    } else {
                        f32x4_mul(q[part], number)
                    };
                    sums[part] = f32x4_add(sums[part], term);
                }
            }
        }
        for (lanes, sums) in lanes.iter_mut().zip(sums) {
            store(lanes, PART, sums[0]);
            store(lanes, PART + 1, sums[1]);
        }
    }

    #[inline(always)]
    pub(super) fn scaled(codes: &[i8; LANES], scale: f32) -> [f32; LANES] {
        let mut numbers = [0.0; LANES];
        let scale = f32x4_splat(scale);
        for half in 0..2 {
            let eight: &[i8; 8] = &codes.as_chunks().0[half];
            // SAFETY: the load reads this array; no alignment is needed.
            let wide = unsafe { i16x8_load_extend_i8x8(eight.as_ptr()) };
            let low = f32x4_convert_i32x4(i32x4_extend_low_i16x8(wide));
            let high = f32x4_convert_i32x4(i32x4_extend_high_i16x8(wide));
            store(&mut numbers, 2 * half, f32x4_mul(low, scale));
            store(&mut numbers, 2 * half + 1, f32x4_mul(high, scale));
        }
        numbers
    }
}

/// The same arithmetic by name: of four rows at once the compiler makes vectors of one component each, out of shuffles.
///
/// BENEFIT: 16 components of four rows take 60 instructions in place of 218 (rustc 1.95, counted; no machine was at hand to
/// time it on).
#[cfg(target_arch = "aarch64")]
mod neon {
    use super::LANES;
    use core::arch::aarch64::*;

    /// Returns four of the numbers.
    #[inline(always)]
    fn load(x: &[f32; LANES], part: usize) -> float32x4_t {
        let part: &[f32; 4] = &x.as_chunks().0[part];
        // SAFETY: the load reads this array; NEON is part of aarch64.
        unsafe { vld1q_f32(part.as_ptr()) }
    }

    #[inline(always)]
    fn store(x: &mut [f32; LANES], part: usize, value: float32x4_t) {
        let part: &mut [f32; 4] = &mut x.as_chunks_mut().0[part];
        // SAFETY: the store writes this array; NEON is part of aarch64.
        unsafe { vst1q_f32(part.as_mut_ptr(), value) }
    }

    #[inline(always)]
    pub(crate) fn fold(lanes: [f32; LANES]) -> f32 {
        // SAFETY: NEON is part of aarch64.
        unsafe {
            let low = vaddq_f32(load(&lanes, 0), load(&lanes, 2));
            let high = vaddq_f32(load(&lanes, 1), load(&lanes, 3));
            let four = vaddq_f32(low, high);
            vpadds_f32(vadd_f32(vget_low_f32(four), vget_high_f32(four)))
        }
    }

    #[inline(always)]
    pub(crate) fn step<const SQUARES: bool>(lanes: &mut [f32; LANES], a: &[f32; LANES], b: &[f32; LANES]) {
        for part in 0..LANES / 4 {
            let (a, b) = (load(a, part), load(b, part));
            // SAFETY: NEON is part of aarch64.
            let sum = unsafe {
                let term = if SQUARES {
                    let difference = vsubq_f32(a, b);
                    vmulq_f32(difference, difference)
                } else {
                    vmulq_f32(a, b)
                };
                vaddq_f32(load(lanes, part), term)
            };
            store(lanes, part, sum);
        }
    }
}

#[inline(always)]
fn one<const SQUARES: bool>(query: &[f32], row: &[f32]) -> f32 {
    let (blocks, tail) = query.as_chunks::<LANES>();
    let (row_blocks, row_tail) = row.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for (a, b) in blocks.iter().zip(row_blocks) {
        step::<SQUARES>(&mut lanes, a, b);
    }
    if !tail.is_empty() {
        step::<SQUARES>(&mut lanes, &padded(tail), &padded(row_tail));
    }
    fold(lanes)
}

/// Four rows share each load of the query.
#[inline(always)]
fn four<const SQUARES: bool>(query: &[f32], rows: [&[f32]; 4]) -> [f32; 4] {
    let (blocks, tail) = query.as_chunks::<LANES>();
    let [(r0, t0), (r1, t1), (r2, t2), (r3, t3)] = rows.map(|row| row.as_chunks::<LANES>());
    let mut lanes = [[0.0; LANES]; 4];
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    {
        let rows = [r0, r1, r2, r3];
        simd128::half::<SQUARES, 0>(&mut lanes, blocks, rows);
        simd128::half::<SQUARES, 2>(&mut lanes, blocks, rows);
    }
    #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
    for ((((q, a), b), c), d) in blocks.iter().zip(r0).zip(r1).zip(r2).zip(r3) {
        step::<SQUARES>(&mut lanes[0], q, a);
        step::<SQUARES>(&mut lanes[1], q, b);
        step::<SQUARES>(&mut lanes[2], q, c);
        step::<SQUARES>(&mut lanes[3], q, d);
    }
    if !tail.is_empty() {
        let q = padded(tail);
        for (lanes, tail) in lanes.iter_mut().zip([t0, t1, t2, t3]) {
            step::<SQUARES>(lanes, &q, &padded(tail));
        }
    }
    let [a, b, c, d] = lanes;
    [fold(a), fold(b), fold(c), fold(d)]
}

#[inline(always)]
fn listed<const SQUARES: bool>(query: &[f32], rows: &[f32], nodes: &[u32], out: &mut [f32]) {
    assert_eq!(nodes.len(), out.len());
    let dim = query.len();
    let (fours, rest) = nodes.as_chunks::<4>();
    let (out_fours, out_rest) = out.as_chunks_mut::<4>();
    for &node in nodes.iter().take(AHEAD) {
        prefetch(row(rows, dim, node));
    }
    for (i, (four_nodes, out)) in fours.iter().zip(out_fours).enumerate() {
        for &node in nodes.iter().skip(i * 4 + AHEAD).take(4) {
            prefetch(row(rows, dim, node));
        }
        let [a, b, c, d] = *four_nodes;
        *out = four::<SQUARES>(
            query,
            [row(rows, dim, a), row(rows, dim, b), row(rows, dim, c), row(rows, dim, d)],
        );
    }
    for (&node, out) in rest.iter().zip(out_rest) {
        *out = one::<SQUARES>(query, row(rows, dim, node));
    }
}

#[inline(always)]
fn decoded<const SQUARES: bool>(query: &[f32], codes: &[i8], scale: f32) -> f32 {
    let (blocks, tail) = query.as_chunks::<LANES>();
    let (code_blocks, code_tail) = codes.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for (a, b) in blocks.iter().zip(code_blocks) {
        step::<SQUARES>(&mut lanes, a, &scaled(b, scale));
    }
    if !tail.is_empty() {
        let mut block = [0; LANES];
        block[..code_tail.len()].copy_from_slice(code_tail);
        step::<SQUARES>(&mut lanes, &padded(tail), &scaled(&block, scale));
    }
    fold(lanes)
}

/// Returns the inner products of a with itself, of a with b, and of b with itself, in eight lanes of `f64`.
#[inline(always)]
fn inner(a: &[f32], b: &[f32]) -> [f64; 3] {
    let mut lanes = [[0.0; 8]; 3];
    let mut add = |a: &[f32; 8], b: &[f32; 8]| {
        for l in 0..8 {
            let (a, b) = (f64::from(a[l]), f64::from(b[l]));
            lanes[0][l] += a * a;
            lanes[1][l] += a * b;
            lanes[2][l] += b * b;
        }
    };
    let ((a, a_tail), (b, b_tail)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    a.iter().zip(b).for_each(|(a, b)| add(a, b));
    add(&filled(a_tail), &filled(b_tail));
    lanes.map(fold_f64)
}

/// Returns the squared length of b · aa − a · ab: aa times that part of b which stands at right angles to a.
#[inline(always)]
fn across(a: &[f32], b: &[f32], aa: f64, ab: f64) -> f64 {
    let mut lanes = [0.0; 8];
    let mut add = |a: &[f32; 8], b: &[f32; 8]| {
        for l in 0..8 {
            let part = f64::from(b[l]) * aa - f64::from(a[l]) * ab;
            lanes[l] += part * part;
        }
    };
    let ((a, a_tail), (b, b_tail)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    a.iter().zip(b).for_each(|(a, b)| add(a, b));
    add(&filled(a_tail), &filled(b_tail));
    fold_f64(lanes)
}

#[inline(always)]
fn filled(tail: &[f32]) -> [f32; 8] {
    let mut block = [0.0; 8];
    block[..tail.len()].copy_from_slice(tail);
    block
}

#[inline(always)]
fn fold_f64(mut lanes: [f64; 8]) -> f64 {
    for width in [4, 2, 1] {
        for l in 0..width {
            lanes[l] += lanes[l + width];
        }
    }
    lanes[0]
}

/// 1 − cos is sin² ∕ (1 + cos), and the sine comes from the part at right angles: nothing cancels, and what has the same
/// direction is at 0.
#[inline(always)]
fn angle(a: &[f32], b: &[f32]) -> f64 {
    let [aa, ab, bb] = inner(a, b);
    let cosine = ab / (aa * bb).sqrt();
    if cosine <= 0.5 {
        return 1.0 - cosine.max(-1.0);
    }
    across(a, b, aa, ab) / (aa * aa * bb) / (1.0 + cosine)
}

dispatch! {
    /// Returns 1 − the cosine of the angle between two vectors about as long as 1, in double precision.
    pub(crate) fn angle_f32(a: &[f32], b: &[f32]) -> f64 = angle;

    /// Writes the dot products of `query` with the listed rows of the matrix `rows`.
    pub(crate) fn dots_f32(query: &[f32], rows: &[f32], nodes: &[u32], out: &mut [f32]) = listed::<false>;

    /// Writes the squared Euclidean distances of `query` to the listed rows of the matrix `rows`.
    pub(crate) fn l2sqs_f32(query: &[f32], rows: &[f32], nodes: &[u32], out: &mut [f32]) = listed::<true>;

    /// Returns the dot product of `query` with `scale · codes`.
    pub(crate) fn dot_f32_i8(query: &[f32], codes: &[i8], scale: f32) -> f32 = decoded::<false>;

    /// Returns the squared Euclidean distance of `query` to `scale · codes`.
    pub(crate) fn l2sq_f32_i8(query: &[f32], codes: &[i8], scale: f32) -> f32 = decoded::<true>;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(n: usize, seed: u64) -> Vec<f32> {
        let mut state = seed;
        (0..n)
            .map(|_| {
                state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                (state >> 40) as f32 / (1 << 24) as f32 - 0.5
            })
            .collect()
    }

    #[test]
    fn four_rows_at_once_give_the_bits_of_one_row_and_are_near_the_truth_at_every_length() {
        for dim in 1..100 {
            let query = numbers(dim, 1);
            let rows = numbers(dim * 7, 2);
            let nodes = [6, 0, 3, 3, 1, 2, 5];
            let (mut dots, mut l2sqs) = ([0.0; 7], [0.0; 7]);
            dots_f32(&query, &rows, &nodes, &mut dots);
            l2sqs_f32(&query, &rows, &nodes, &mut l2sqs);
            for (i, node) in nodes.into_iter().enumerate() {
                let row = &rows[node as usize * dim..][..dim];
                assert_eq!(dots[i].to_bits(), one::<false>(&query, row).to_bits());
                assert_eq!(l2sqs[i].to_bits(), one::<true>(&query, row).to_bits());
                let dot: f64 = query.iter().zip(row).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
                let l2sq: f64 =
                    query.iter().zip(row).map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum();
                assert!((f64::from(dots[i]) - dot).abs() < 1e-5);
                assert!((f64::from(l2sqs[i]) - l2sq).abs() < 1e-5);
            }
        }
    }
}
