//! Slices added to an exact sum: as integers, seen through windows of 52 bits.
//!
//! Adding `x` to `M = 1.5 * 2^(52 + e)` rounds it to a multiple of 2^e, and the bits of the sum
//! minus the bits of `M` are that multiple as an integer: so 64-bit integer additions of the bits
//! add exactly. What was rounded off, `x - ((M + x) - M)`, is exact and at most 2^(e-1), and goes
//! through the next window, whose unit is 2^(e-52). If nothing is left over after the last window
//! and no `M + x` left the binade of `M`, which both are seen in a mask of bits, then the integer
//! sums hold the block exactly. Else the block is done again with other windows.
//!
//! Reference: the splitting is ExtractVector of S. M. Rump, T. Ogita, S. Oishi, *Accurate
//! floating-point summation part I*, SIAM J. Sci. Comput. 31 (2008), algorithm 3.3.

use super::element::Float;
use super::exact::{ExactTotal, SUM_UNIT};
use super::vector::{Vector, dispatch_vector, for_each_vector};

/// Elements whose window integers (below 2^51) are added up in 64 bits without overflow.
const BLOCK: usize = 2048;

/// Below this, looking for windows takes longer than adding one by one.
const FEW: usize = 16;

/// Bits of one window.
const WINDOW_BITS: i32 = 52;

/// The most windows that are tried: 312 bits below the block's largest element.
const MAX_WINDOWS: usize = 6;

/// The lowest unit of the first window, so that the last window's unit is that of all floats.
const LOWEST_TOP: i32 = SUM_UNIT + WINDOW_BITS * (MAX_WINDOWS as i32 - 1);

/// The units of the windows in use, and what was seen through them and is not yet in the sum.
pub(super) struct Windows {
    /// The first window's unit is 2^top; `None` before the first block.
    top: Option<i32>,
    len: usize,
    totals: [i128; MAX_WINDOWS],
}

impl ExactTotal {
    /// Adds every element of `x`.
    pub(crate) fn add_slice<T: Float>(&mut self, x: &[T]) {
        if x.len() < FEW {
            x.iter().for_each(|x| self.add(x.widen()));
            return;
        }
        let mut windows = Windows::new();
        windows.add(x, self);
        windows.flush(self);
    }
}

impl Windows {
    pub(super) fn new() -> Self {
        Self { top: None, len: 1, totals: [0; MAX_WINDOWS] }
    }

    /// Adds every element of `x`: some to the windows, which are to be flushed into `sum` at last,
    /// some to `sum`.
    pub(super) fn add<T: Float>(&mut self, x: &[T], sum: &mut ExactTotal) {
        for block in x.chunks(BLOCK) {
            if !self.add_block(block, sum) {
                block.iter().for_each(|x| sum.add(x.widen()));
            }
        }
    }

    /// Adds a block, choosing other windows if those in use do not fit; `false`: no windows fit.
    fn add_block<T: Float>(&mut self, block: &[T], sum: &mut ExactTotal) -> bool {
        if self.try_block(block) {
            return true;
        }
        let largest = largest_magnitude(block);
        if largest >= f64::from_bits((1023 + 1000) << 52) || largest.is_nan() {
            return false; // M would overflow
        }
        // Two bits above the largest element, so that the next blocks are likely to fit too.
        let exponent = (largest.to_bits() >> 52) as i32 - 1023;
        let top = (exponent + 2 - (WINDOW_BITS - 2)).max(LOWEST_TOP);
        if self.top != Some(top) {
            self.flush(sum);
            self.top = Some(top);
        }
        let before = self.len;
        for len in [1, 2, 3, 4, 6] {
            self.len = len;
            if len >= before && self.try_block(block) {
                return true;
            }
        }
        self.len = before;
        false
    }

    fn try_block<T: Float>(&mut self, block: &[T]) -> bool {
        let Some(top) = self.top else { return false };
        match self.len {
            1 => self.take(extract::<T, 1>(block, top)),
            2 => self.take(extract::<T, 2>(block, top)),
            3 => self.take(extract::<T, 3>(block, top)),
            4 => self.take(extract::<T, 4>(block, top)),
            _ => self.take(extract::<T, 6>(block, top)),
        }
    }

    fn take<const LEN: usize>(&mut self, sums: Option<[i64; LEN]>) -> bool {
        let Some(sums) = sums else { return false };
        for (total, sum) in self.totals.iter_mut().zip(sums) {
            *total += i128::from(sum);
        }
        true
    }

    /// Moves the totals into `sum`.
    pub(super) fn flush(&mut self, sum: &mut ExactTotal) {
        let Some(mut unit) = self.top else { return };
        for total in &mut self.totals[..self.len] {
            if *total != 0 {
                sum.add_scaled(*total, unit);
                *total = 0;
            }
            unit -= WINDOW_BITS;
        }
    }
}

/// Returns the sums of what each window sees of the block, if together they see all of it.
#[inline(always)]
fn extract_body<V: Vector, T: Float, const VECTORS: usize, const LEN: usize>(
    block: &[T],
    top: i32,
) -> Option<[i64; LEN]> {
    let units: [f64; LEN] = core::array::from_fn(|window| shifter(top - WINDOW_BITS * window as i32));
    let shifters = units.map(V::splat);
    let zero = V::splat(0.0);
    let mut sums = [[zero; VECTORS]; LEN];
    let mut outside = [zero; VECTORS];
    let mut rest = [zero; VECTORS];
    let vectors = for_each_vector!(V, VECTORS, block, 0.0, |slot, x| {
        let mut left = x;
        for window in 0..LEN {
            let shifted = shifters[window].add(left);
            sums[window][slot] = sums[window][slot].add_bits(shifted);
            if window == 0 {
                outside[slot] = outside[slot].or(shifted.xor(shifters[0]));
            }
            left = left.sub(shifted.sub(shifters[window]));
        }
        rest[slot] = rest[slot].or(left);
    });

    let any = |x: [V; VECTORS]| {
        let all = x.into_iter().reduce(V::or).unwrap_or(zero).to_array();
        all.into_iter().fold(0, |any, x| any | x.to_bits())
    };
    if any(outside) >> 52 != 0 || any(rest) << 1 != 0 {
        return None;
    }
    let added = (vectors * V::LANES) as i64;
    Some(core::array::from_fn(|window| {
        let sum = sums[window].into_iter().reduce(V::add_bits).unwrap_or(zero).to_array();
        let sum = sum.into_iter().fold(0i64, |all, lane| all.wrapping_add(lane.to_bits() as i64));
        sum.wrapping_sub(added.wrapping_mul(units[window].to_bits() as i64))
    }))
}

#[inline(always)]
fn largest_body<V: Vector, T: Float, const VECTORS: usize>(block: &[T]) -> f64 {
    let mut largest = [V::splat(0.0); VECTORS];
    // 0 * x is ±0 but for infinities and NaN, which make NaN.
    let mut finite = [V::splat(0.0); VECTORS];
    for_each_vector!(V, VECTORS, block, 0.0, |slot, x| {
        largest[slot] = largest[slot].raise(x.abs());
        finite[slot] = finite[slot].add(x.mul(V::splat(0.0)));
    });
    let finite = finite.into_iter().reduce(V::add).map_or([0.0; 8], V::to_array);
    if finite.iter().any(|x| x.is_nan()) {
        return f64::NAN;
    }
    let largest = largest.into_iter().reduce(V::raise).map_or([0.0; 8], V::to_array);
    largest.into_iter().fold(0.0, |a, b| if a < b { b } else { a })
}

dispatch_vector! {
    fn extract[T: Float]<const LEN: usize>(block: &[T], top: i32) -> Option<[i64; LEN]> = extract_body;

    /// Returns the largest |x|; NaN if an element is NaN or infinite.
    pub(super) fn largest_magnitude[T: Float](block: &[T]) -> f64 = largest_body;
}

/// Returns the number that, added to x, rounds it to a multiple of 2^unit.
#[inline(always)]
fn shifter(unit: i32) -> f64 {
    f64::from_bits(((unit + 52 + 1023) as u64) << 52 | 1 << 51)
}
