//! A rotation that looks random and is the same everywhere: signs from a fixed sequence, and fast
//! Hadamard transforms.
//!
//! A vector whose length is no power of two is transformed in two overlapping parts by turns: its first
//! and its last 2^p components. After [`ROUNDS`] of them each component depends on all.

/// How many rounds of signs and transforms.
const ROUNDS: usize = 4;

use crate::kernel::dispatch;

dispatch! {
    /// Rotates a vector in place.
    pub(crate) fn rotate(values: &mut [f32]) = rotated;

    /// Undoes [`rotate`], but for rounding.
    pub(crate) fn rotate_back(values: &mut [f32]) = rotated_back;
}

#[inline(always)]
fn rotated(values: &mut [f32]) {
    for round in 0..ROUNDS {
        flip(values, round);
        hadamard(part(values, round));
    }
}

#[inline(always)]
fn rotated_back(values: &mut [f32]) {
    for round in (0..ROUNDS).rev() {
        hadamard(part(values, round));
        flip(values, round);
    }
}

/// Returns what a round transforms.
#[inline(always)]
fn part(values: &mut [f32], round: usize) -> &mut [f32] {
    let (n, len) = (values.len(), 1 << values.len().ilog2());
    if round.is_multiple_of(2) { &mut values[..len] } else { &mut values[n - len..] }
}

/// Changes half of the signs: the bits of SplitMix64.
#[inline(always)]
fn flip(values: &mut [f32], round: usize) {
    for (values, at) in values.chunks_mut(64).zip(0u64..) {
        let mut bits = ((round as u64) << 32 | at).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        for (values, part) in values.chunks_mut(32).zip([bits as u32, (bits >> 32) as u32]) {
            for (value, at) in values.iter_mut().zip(0u32..) {
                *value = f32::from_bits(value.to_bits() ^ (part >> at & 1) << 31);
            }
        }
    }
}

/// One stage inside of eight numbers: what the machine does to all of them at once.
#[inline(always)]
fn stage<const HALF: usize>(eight: &mut [f32; 8]) {
    let old = *eight;
    for i in 0..8 {
        eight[i] = if i & HALF == 0 { old[i] + old[i | HALF] } else { old[i ^ HALF] - old[i] };
    }
}

/// The Walsh–Hadamard transform, made orthogonal.
#[inline(always)]
fn hadamard(values: &mut [f32]) {
    let n = values.len();
    let mut half = 1;
    if n >= 8 {
        for eight in values.as_chunks_mut::<8>().0 {
            stage::<1>(eight);
            stage::<2>(eight);
            stage::<4>(eight);
        }
        half = 8;
    }
    while half < n {
        for pair in values.chunks_exact_mut(2 * half) {
            let (left, right) = pair.split_at_mut(half);
            for (a, b) in left.iter_mut().zip(right) {
                (*a, *b) = (*a + *b, *a - *b);
            }
        }
        half *= 2;
    }
    let scale = 1.0 / (n as f32).sqrt();
    for value in values {
        *value *= scale;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_kept_and_a_spike_is_spread_and_comes_back() {
        for n in [64usize, 128, 192, 320, 384, 448, 768, 1024] {
            for spike in [0, 1, n / 3, n / 2, n - 1] {
                let mut values = vec![0.0; n];
                values[spike] = 1.0;
                rotate(&mut values);
                let length: f64 = values.iter().map(|value| f64::from(*value).powi(2)).sum();
                assert!((length - 1.0).abs() < 1e-5, "{n}: {length}");
                let most = values.iter().fold(0.0f32, |most, value| most.max(value.abs()));
                assert!(most < 8.0 / (n as f32).sqrt(), "{n}: {most} at {spike}");
                rotate_back(&mut values);
                values[spike] -= 1.0;
                assert!(values.iter().all(|value| value.abs() < 1e-5), "{n}");
            }
        }
    }

    #[test]
    fn the_bits_are_these() {
        let mut values: Vec<f32> = (0..192).map(|i| (i % 7) as f32 - 3.0).collect();
        rotate(&mut values);
        let digest = values.iter().fold(0u32, |digest, value| digest.rotate_left(5) ^ value.to_bits());
        assert_eq!(digest, 513_040_721);
    }
}
