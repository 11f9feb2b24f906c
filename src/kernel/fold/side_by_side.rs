//! SideBySide lanes side by side: what columns and many short rows come to, without a call for each.
//!
//! Sums are chains of error-free additions, one a lane; what they cannot decide is left to the exact
//! sum by the caller, and so the bits are those of [`sum`](super::sum).

#![expect(
    clippy::needless_range_loop,
    reason = "lanes by their number: a closure that is not inlined is not AVX2"
)]

use super::bounded::{EPSILON, Estimate};
use super::count::Truth;
use super::element::Float;
use super::extrema::Ordered;
use super::vector::{Vector, dispatch_eight};
use crate::kernel::{dispatch, dispatch_wide};

/// How many lanes are worked on side by side.
pub(crate) const LANES: usize = 8;

/// The elements of eight lanes at some places: that of `lane` at `place` is `x[place * stride + lane]`.
#[derive(Clone, Copy)]
pub(crate) struct SideBySide<'a, T> {
    x: &'a [T],
    stride: usize,
}

impl<'a, T> SideBySide<'a, T> {
    /// `x` ends with the eight elements of the last place.
    pub(crate) fn new(x: &'a [T], stride: usize) -> Self {
        Self { x, stride }
    }

    #[inline(always)]
    pub(super) fn places(self) -> impl Iterator<Item = &'a [T; LANES]> {
        self.x.chunks(self.stride).filter_map(|place| place.first_chunk())
    }
}

/// What can be turned.
pub(crate) trait Tile: Copy + Default {}
impl<T: Copy + Default> Tile for T {}

/// Writes eight rows of one length, one behind the other, place after place.
#[inline(always)]
fn turn_body<T: Tile>(rows: &[T], out: &mut [T]) {
    let len = rows.len() / LANES;
    let (out, _) = out.as_chunks_mut::<LANES>();
    for start in (0..len / LANES * LANES).step_by(LANES) {
        let part = |lane: usize| rows[lane * len + start..].first_chunk::<LANES>();
        let [Some(a), Some(b), Some(c), Some(d), Some(e), Some(f), Some(g), Some(h)] =
            [part(0), part(1), part(2), part(3), part(4), part(5), part(6), part(7)]
        else {
            unreachable!("rows are as long as the places");
        };
        for (i, out) in out[start..start + LANES].iter_mut().enumerate() {
            *out = [a[i], b[i], c[i], d[i], e[i], f[i], g[i], h[i]];
        }
    }
    for place in len / LANES * LANES..len {
        for lane in 0..LANES {
            out[place][lane] = rows[lane * len + place];
        }
    }
}

/// Sums of eight lanes.
///
/// Reference: Sum2 of T. Ogita, S. M. Rump, S. Oishi, *Accurate sum and dot product*, SIAM J. Sci. Comput. 26
/// (2005), algorithm 4.4.
#[derive(Clone, Copy, Default)]
pub(crate) struct Chains {
    sums: [f64; LANES],
    /// Sums of what was rounded off.
    errors: [f64; LANES],
    /// How far off the errors may be.
    bounds: [f64; LANES],
}

/// Up to here two sums may well lie in the middle between floats, and it counts whether they are exact.
pub(crate) const SHORT: usize = 32;

/// A chain of additions in each lane of a vector.
///
/// A short chain of f64 says whether its errors were added exactly, one of f32 whether its elements were; then they
/// are all that there is. A long one bounds what was lost.
#[derive(Clone, Copy)]
pub(super) struct Chain<V> {
    sum: V,
    errors: V,
    doubts: V,
}

impl<V: Vector> Chain<V> {
    #[inline(always)]
    pub(super) fn new() -> Self {
        let zero = V::splat(0.0);
        Self { sum: zero, errors: zero, doubts: zero }
    }

    /// Adds an element of type `T` to each lane.
    #[inline(always)]
    pub(super) fn add<T: Float, const IS_SHORT: bool>(&mut self, x: V) {
        let (sum, all, lost) = (self.sum, self.errors, self.doubts);
        let next = sum.add(x);
        self.sum = next;
        let of_x = next.sub(sum);
        if T::PRODUCTS_ARE_DOUBLES {
            self.doubts = if IS_SHORT {
                // Of `next - sum` and `next - x` the one that subtracts the larger is exact.
                lost.or(of_x.xor(x)).or(next.sub(x).xor(sum))
            } else {
                lost.add(x.abs())
            };
            return;
        }
        // Knuth's TwoSum.
        let error = sum.sub(next.sub(of_x)).add(x.sub(of_x));
        self.errors = all.add(error);
        self.doubts = if IS_SHORT {
            lost.or(self.errors.sub(all).xor(error)).or(self.errors.sub(error).xor(all))
        } else {
            lost.add(error.abs())
        };
    }

    /// Writes the sums of `terms` elements in the lanes from `first` on.
    #[inline(always)]
    pub(super) fn finish<const IS_SHORT: bool>(self, terms: usize, first: usize, chains: &mut Chains) {
        let (sums, errors, doubts) = (self.sum.to_array(), self.errors.to_array(), self.doubts.to_array());
        for lane in 0..V::LANES {
            let place = first + lane;
            chains.sums[place] = sums[lane];
            chains.errors[place] = errors[lane];
            chains.bounds[place] = if IS_SHORT {
                // Zeros of both signs are equal.
                if doubts[lane].to_bits() << 1 == 0 { 0.0 } else { f64::NAN }
            } else {
                // Each addition errs by EPSILON of its result: at most that of all |x|, or of all errors.
                terms as f64 * EPSILON * doubts[lane]
            };
        }
    }
}

#[inline(always)]
fn chains_body<V: Vector, T: Float, const VECTORS: usize>(x: SideBySide<'_, T>, terms: usize) -> Chains {
    if terms <= SHORT {
        chains_of::<V, T, VECTORS, true>(x, terms)
    } else {
        chains_of::<V, T, VECTORS, false>(x, terms)
    }
}

#[inline(always)]
fn chains_of<V: Vector, T: Float, const VECTORS: usize, const IS_SHORT: bool>(
    x: SideBySide<'_, T>,
    terms: usize,
) -> Chains {
    let mut chains = Chains::default();
    for first in (0..LANES).step_by(VECTORS * V::LANES) {
        let mut chain = [Chain::<V>::new(); VECTORS];
        for place in x.places() {
            for slot in 0..VECTORS {
                chain[slot].add::<T, IS_SHORT>(V::widen(&place[first + slot * V::LANES..]));
            }
        }
        for slot in 0..VECTORS {
            chain[slot].finish::<IS_SHORT>(terms, first + slot * V::LANES, &mut chains);
        }
    }
    chains
}

impl Chains {
    /// Returns the sum of a lane with a bound of its error.
    #[inline(always)]
    pub(crate) fn estimate(&self, lane: usize) -> Estimate {
        Estimate { high: self.sums[lane], low: self.errors[lane], bound: self.bounds[lane] }
    }

    /// Writes the sum of a lane.
    #[inline(always)]
    pub(crate) fn set(&mut self, lane: usize, sum: Estimate) {
        (self.sums[lane], self.errors[lane], self.bounds[lane]) = (sum.high, sum.low, sum.bound);
    }
}

/// Rounds eight sums divided by `n`; the bits of the result say which are certain.
#[inline(always)]
pub(super) fn settle_body<T: Float>(sums: &Chains, n: f64, out: &mut [T; LANES]) -> u8 {
    let mut certain = [false; LANES];
    let inverse = 1.0 / n;
    if n == 1.0 {
        for lane in 0..LANES {
            (out[lane], certain[lane]) = T::settle(sums.estimate(lane));
        }
    } else if n.to_bits() << 12 == 0 {
        // What is no zero and far from underflow is divided exactly by a power of two.
        let safe = |x: f64| (x == 0.0) | (x.abs() > 1e-250);
        for lane in 0..LANES {
            let sum = sums.estimate(lane);
            let (value, known) = T::settle(sum.scaled(inverse));
            (out[lane], certain[lane]) = (value, known & safe(sum.high) & safe(sum.low));
        }
    } else {
        for lane in 0..LANES {
            (out[lane], certain[lane]) = T::settle(sums.estimate(lane).divided_by(n));
        }
    }
    bits(certain)
}

#[inline(always)]
pub(super) fn bits(certain: [bool; LANES]) -> u8 {
    let mut bits = 0;
    for lane in 0..LANES {
        bits |= u8::from(certain[lane]) << lane;
    }
    bits
}

/// The smallest or the largest elements of eight lanes so far, where each stands, and what makes them doubtful.
#[derive(Clone, Copy)]
pub(crate) struct Extremes<T> {
    found: [T; LANES],
    /// A NaN of the lane, if there is one.
    nan: [T; LANES],
    /// A zero of the sign that goes first, if there is one.
    zero: [T; LANES],
    place: [u64; LANES],
}

impl<T: Ordered> Extremes<T> {
    pub(crate) fn new(smallest: bool) -> Self {
        let worst = [if smallest { T::HIGHEST } else { T::LOWEST }; LANES];
        Self { found: worst, nan: worst, zero: worst, place: [0; LANES] }
    }

    /// Returns the elements; the bits say which lanes have no NaN.
    pub(crate) fn elements(&self, smallest: bool, out: &mut [T; LANES]) -> u8 {
        for lane in 0..LANES {
            let swap = self.found[lane].is_zero(!smallest) && self.zero[lane].is_zero(smallest);
            out[lane] = if swap { self.zero[lane] } else { self.found[lane] };
        }
        self.numbers()
    }

    /// Returns the places of the first such elements; the bits say which lanes have no NaN.
    pub(crate) fn places(&self, out: &mut [i64; LANES]) -> u8 {
        for lane in 0..LANES {
            out[lane] = self.place[lane] as i64;
        }
        self.numbers()
    }

    fn numbers(&self) -> u8 {
        let mut numbers = [true; LANES];
        for lane in 0..LANES {
            numbers[lane] = !self.nan[lane].is_nan();
        }
        bits(numbers)
    }
}

#[inline(always)]
fn extremes_body<T: Ordered, const SMALLEST: bool>(x: SideBySide<'_, T>, so_far: &mut Extremes<T>) {
    let Extremes { mut found, mut nan, mut zero, .. } = *so_far;
    for x in x.places() {
        for lane in 0..LANES {
            let (x, best) = (x[lane], found[lane]);
            let better = if SMALLEST { x.is_below(best) } else { best.is_below(x) };
            found[lane] = if better { x } else { best };
            nan[lane] = if x.is_nan() { x } else { nan[lane] };
            zero[lane] = if x.is_zero(SMALLEST) { x } else { zero[lane] };
        }
    }
    *so_far = Extremes { found, nan, zero, ..*so_far };
}

#[inline(always)]
fn positions_body<T: Ordered, const SMALLEST: bool>(
    x: SideBySide<'_, T>,
    first: u64,
    so_far: &mut Extremes<T>,
) {
    let Extremes { mut found, mut nan, mut place, .. } = *so_far;
    let mut places = x.places();
    if first == 0 {
        // An infinity may be the best there is.
        if let Some(x) = places.next() {
            found = *x;
            nan = *x;
        }
    }
    for (at, x) in (u64::from(first == 0) + first..).zip(places) {
        for lane in 0..LANES {
            let (x, best) = (x[lane], found[lane]);
            let better = if SMALLEST { x.is_below(best) } else { best.is_below(x) };
            found[lane] = if better { x } else { best };
            place[lane] = if better { at } else { place[lane] };
            nan[lane] = if x.is_nan() { x } else { nan[lane] };
        }
    }
    *so_far = Extremes { found, nan, place, ..*so_far };
}

#[inline(always)]
fn truths_body<T: Truth>(x: SideBySide<'_, T>, counts: &mut [u64; LANES]) {
    let mut all = *counts;
    for x in x.places() {
        for lane in 0..LANES {
            all[lane] += u64::from(x[lane].is_true());
        }
    }
    *counts = all;
}

/// The elements of eight short lanes, each in its order: what the numbers stand for is
/// [`of_key`](Ordered::of_key)'s of them with the top bit changed.
#[derive(Default)]
pub(crate) struct Sorted {
    keys: Vec<[i64; LANES]>,
    numbers: u8,
}

const TOP: u64 = 1 << 63;

impl Sorted {
    /// Writes the medians; the bits say which lanes have no NaN.
    pub(crate) fn medians<T: Float>(&self, out: &mut [T; LANES]) -> u8 {
        let (low, high) = (&self.keys[(self.keys.len() - 1) / 2], &self.keys[self.keys.len() / 2]);
        for lane in 0..LANES {
            let [low, high] = [low[lane], high[lane]].map(|key| T::of_key(key as u64 ^ TOP));
            let (a, b) = (low.widen(), high.widen());
            let middle = if (a + b).is_finite() { (a + b) / 2.0 } else { a / 2.0 + b / 2.0 };
            out[lane] = if low == high { low } else { T::narrow(middle) };
        }
        self.numbers
    }
}

/// Batcher's network: the same comparisons for all lanes, whatever is in them.
///
/// Reference: K. E. Batcher, *Sorting networks and their applications*, AFIPS 32 (1968), in D. E. Knuth's form,
/// *The Art of Computer Programming*, volume 3, 5.2.2, algorithm M.
#[inline(always)]
fn sort_body<T: Ordered>(x: SideBySide<'_, T>, sorted: &mut Sorted) {
    let mut nan = [false; LANES];
    sorted.keys.clear();
    for x in x.places() {
        let mut keys = [0; LANES];
        for lane in 0..LANES {
            keys[lane] = (x[lane].to_key() ^ TOP) as i64;
            nan[lane] |= x[lane].is_nan();
        }
        sorted.keys.push(keys);
    }
    sorted.numbers = !bits(nan);
    let keys = &mut sorted.keys[..];
    let len = keys.len();
    let mut p = len.next_power_of_two() / 2;
    while p > 0 {
        let (mut q, mut r, mut d) = (len.next_power_of_two() / 2, 0, p);
        loop {
            for i in 0..len - d {
                if i & p == r {
                    let (front, back) = keys.split_at_mut(i + d);
                    let (a, b) = (&mut front[i], &mut back[0]);
                    for lane in 0..LANES {
                        let (low, high) = (a[lane].min(b[lane]), a[lane].max(b[lane]));
                        (a[lane], b[lane]) = (low, high);
                    }
                }
            }
            if q == p {
                break;
            }
            (d, q, r) = (q - p, q / 2, p);
        }
        p /= 2;
    }
}

dispatch_eight! {
    /// Adds up eight lanes of `terms` elements each.
    pub(crate) fn chains[T: Float](x: SideBySide<'_, T>, terms: usize) -> Chains = chains_body;
}

dispatch_wide! {
    /// Rounds eight sums divided by `n`; the bits of the result say which are certain.
    pub(crate) fn settle[T: Float](sums: &Chains, n: f64, out: &mut [T; LANES]) -> u8 = settle_body;
}

dispatch! {
    /// Writes eight rows of one length, one behind the other, place after place.
    pub(crate) fn turn[T: Tile](rows: &[T], out: &mut [T]) = turn_body;
    /// Sorts eight short lanes.
    pub(crate) fn sort[T: Ordered](x: SideBySide<'_, T>, sorted: &mut Sorted) = sort_body;
    /// Looks for smaller elements in eight lanes.
    pub(crate) fn smallest[T: Ordered](x: SideBySide<'_, T>, so_far: &mut Extremes<T>) = extremes_body::<T, true>;
    /// Looks for larger elements in eight lanes.
    pub(crate) fn largest[T: Ordered](x: SideBySide<'_, T>, so_far: &mut Extremes<T>) = extremes_body::<T, false>;
    /// Looks for smaller elements in eight lanes, whose first place is `first`, and notes where they stand.
    pub(crate) fn first_smallest[T: Ordered](x: SideBySide<'_, T>, first: u64, so_far: &mut Extremes<T>) = positions_body::<T, true>;
    /// Looks for larger elements in eight lanes, whose first place is `first`, and notes where they stand.
    pub(crate) fn first_largest[T: Ordered](x: SideBySide<'_, T>, first: u64, so_far: &mut Extremes<T>) = positions_body::<T, false>;
    /// Counts what is not zero in eight lanes.
    pub(crate) fn truths[T: Truth](x: SideBySide<'_, T>, counts: &mut [u64; LANES]) = truths_body;
}
