//! The variances of eight lanes side by side: sums of the distances from a number of the lane and of their squares,
//! in two doubles, with a bound of their error.
//!
//! A distance x − c is d + e exactly; d² is p + q exactly. The sums of d and of p are chains of error-free additions,
//! and what these lose is added up with e, q and 2de. What the bounds leave undecided is for the lane on its own.
//!
//! Reference: T. Ogita, S. M. Rump, S. Oishi, *Accurate sum and dot product*, SIAM J. Sci. Comput. 26 (2005),
//! algorithm 4.4 and proposition 4.5.

#![expect(
    clippy::needless_range_loop,
    reason = "lanes by their number: a closure that is not inlined is not AVX2"
)]

use super::bounded::{EPSILON, Estimate};
use super::element::Float;
use super::short_rows::for_each_place;
use super::side_by_side::{Chains, LANES, SideBySide, bits};
use super::vector::{Vector, dispatch_eight, two_sum};
use crate::kernel::dispatch_wide;

/// Within these a sum of squares has neither over- nor underflown by anything that counts.
const SQUARES: core::ops::Range<f64> = 1e-200..1e250;

/// What a square loses to underflow, at most.
const LOST: f64 = 1e-300;

/// The sums of eight lanes, about a center of each.
#[derive(Default)]
pub(crate) struct Spreads {
    center: [f64; LANES],
    sums: Chains,
    squares: Chains,
    /// All distances by their bits: 0 if there is none, but for signs.
    apart: [f64; LANES],
}

/// The sums of the lanes of a vector, about a center of each.
#[derive(Clone, Copy)]
struct LaneSpread<V> {
    minus_center: V,
    sum: V,
    sum_low: V,
    square: V,
    square_low: V,
    apart: V,
}

impl<V: Vector> LaneSpread<V> {
    #[inline(always)]
    fn new(center: V, apart: V) -> Self {
        let zero = V::splat(0.0);
        let minus_center = zero.sub(center);
        Self { minus_center, sum: zero, sum_low: zero, square: zero, square_low: zero, apart }
    }

    #[inline(always)]
    fn add(&mut self, x: V) {
        let (d, e) = two_sum(x, self.minus_center);
        self.apart = self.apart.or(d);
        let (sum, error) = two_sum(self.sum, d);
        self.sum = sum;
        self.sum_low = self.sum_low.add(error.add(e));
        let p = d.mul(d);
        let rest = d.product_error(d, p).add(d.add(d).mul(e));
        let (square, error) = two_sum(self.square, p);
        self.square = square;
        self.square_low = self.square_low.add(error.add(rest));
    }

    /// Writes the sums of `terms` elements in the lanes from `first` on.
    #[inline(always)]
    fn finish(self, terms: usize, is_first: bool, first: usize, spreads: &mut Spreads) {
        // With u = EPSILON, m terms and S = Σd²: the parts that were rounded off come to at most (m + 1) u Σ|d| and
        // (m + 3) u S, and adding them errs by at most (m + 3) u of that; e² is below u² d². By Cauchy and
        // Schwarz Σ|d| ≤ √(m S). 1.01 is more than what rounds off here.
        let m = terms as f64;
        let error = (m + 4.0) * (m + 4.0) * (EPSILON * EPSILON) * 1.01;
        let (sum, sum_low) = (self.sum.to_array(), self.sum_low.to_array());
        let (square, square_low) = (self.square.to_array(), self.square_low.to_array());
        let apart = self.apart.to_array();
        for lane in 0..V::LANES {
            let to = first + lane;
            let bound = error * (m * square[lane]).sqrt() * 1.01;
            let part = Estimate { high: sum[lane], low: sum_low[lane], bound };
            spreads.sums.set(to, if is_first { part } else { spreads.sums.estimate(to).plus_estimate(part) });
            let bound = error * square[lane] + m * LOST;
            let part = Estimate { high: square[lane], low: square_low[lane], bound };
            spreads
                .squares
                .set(to, if is_first { part } else { spreads.squares.estimate(to).plus_estimate(part) });
            spreads.apart[to] = apart[lane];
        }
    }
}

#[inline(always)]
fn distances_body<V: Vector, T: Float, const VECTORS: usize>(
    x: SideBySide<'_, T>,
    terms: usize,
    is_first: bool,
    spreads: &mut Spreads,
) {
    if let (true, Some(place)) = (is_first, x.places().next()) {
        for (center, x) in spreads.center.iter_mut().zip(place) {
            *center = x.widen();
        }
    }
    for first in (0..LANES).step_by(VECTORS * V::LANES) {
        let mut parts = [LaneSpread::new(V::splat(0.0), V::splat(0.0)); VECTORS];
        for slot in 0..VECTORS {
            let lane = first + slot * V::LANES;
            parts[slot] = LaneSpread::new(V::load(&spreads.center[lane..]), V::load(&spreads.apart[lane..]));
        }
        for place in x.places() {
            for slot in 0..VECTORS {
                parts[slot].add(V::widen(&place[first + slot * V::LANES..]));
            }
        }
        for slot in 0..VECTORS {
            parts[slot].finish(terms, is_first, first + slot * V::LANES, spreads);
        }
    }
}

#[inline(always)]
fn row_spreads_body<V: Vector, T: Float, const VECTORS: usize>(
    rows: &[T],
    len: usize,
    divisor: f64,
    is_variance: bool,
    out: &mut [T],
) -> u64 {
    let mut certain = 0;
    let (out, _) = out.as_chunks_mut::<LANES>();
    let n = len as f64;
    let mut spreads = Spreads::default();
    for group in 0..out.len() {
        let (rows, out) = (&rows[group * len * LANES..(group + 1) * len * LANES], &mut out[group]);
        for first in (0..LANES).step_by(V::LANES) {
            let mut center = [0.0; LANES];
            for lane in 0..V::LANES {
                center[lane] = rows[(first + lane) * len].widen();
            }
            let mut part = LaneSpread::new(V::load(&center), V::splat(0.0));
            for_each_place!(V, rows, len, first, |x| {
                part.add(x);
            });
            part.finish(len, true, first, &mut spreads);
        }
        let known = if is_variance {
            settle_body::<T, false>(&spreads, n, divisor, out)
        } else {
            settle_body::<T, true>(&spreads, n, divisor, out)
        };
        certain |= u64::from(known) << (group * LANES);
    }
    certain
}

/// The bits of the result say which are certain.
#[inline(always)]
fn settle_body<T: Float, const ROOT: bool>(
    spreads: &Spreads,
    n: f64,
    divisor: f64,
    out: &mut [T; LANES],
) -> u8 {
    let mut certain = [false; LANES];
    for lane in 0..LANES {
        let (sum, squares) = (spreads.sums.estimate(lane).normalized(), spreads.squares.estimate(lane));
        let about_mean = squares.plus_estimate(sum.squared().divided_by(n).negated());
        let variance = about_mean.normalized().divided_by(divisor);
        let (value, known) = T::settle(if ROOT { variance.sqrt() } else { variance });
        let equal = spreads.apart[lane].to_bits() << 1 == 0;
        out[lane] = if equal { T::narrow(0.0) } else { value };
        certain[lane] = equal | (known & SQUARES.contains(&squares.high));
    }
    bits(certain)
}

dispatch_eight! {
    /// Adds `terms` elements of each of eight lanes, of which the very first become the centers.
    pub(crate) fn distances[T: Float](x: SideBySide<'_, T>, terms: usize, is_first: bool, spreads: &mut Spreads) = distances_body;
    /// Writes the variances, or the standard deviations, of 8, 16 … 64 rows of length `len`, one behind the other,
    /// correctly rounded; the bits of the result say which are certain.
    pub(crate) fn row_spreads[T: Float](rows: &[T], len: usize, divisor: f64, is_variance: bool, out: &mut [T]) -> u64 = row_spreads_body;
}

dispatch_wide! {
    /// Writes eight variances of `n` elements, correctly rounded; the bits say which are certain.
    pub(crate) fn variances[T: Float](spreads: &Spreads, n: f64, divisor: f64, out: &mut [T; LANES]) -> u8 = settle_body::<T, false>;
    /// Writes eight standard deviations of `n` elements, correctly rounded; the bits say which are certain.
    pub(crate) fn deviations[T: Float](spreads: &Spreads, n: f64, divisor: f64, out: &mut [T; LANES]) -> u8 = settle_body::<T, true>;
}
