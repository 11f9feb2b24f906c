//! Eight lanes side by side: what columns and many short rows come to, without a call for each.
//!
//! Sums are chains of error-free additions, one a lane; what they cannot decide is left to the exact
//! sum by the caller, and so the bits are those of [`sum`](super::sum).

use super::count::Truth;
use super::dispatch;
use super::element::Float;
use super::estimate::{EPSILON, Estimate};
use super::extrema::Ordered;
use super::vector::{Vector, dispatch_vector};

/// How many lanes are worked on side by side.
pub(crate) const LANES: usize = 8;

/// Whether it is there: a page's kernel does without, for its size.
pub(crate) const HERE: bool = !cfg!(all(target_arch = "wasm32", target_os = "unknown"));

/// The elements of eight lanes at some places: that of `lane` at `place` is `x[place * stride + lane]`.
#[derive(Clone, Copy)]
pub(crate) struct Eight<'a, T> {
    x: &'a [T],
    stride: usize,
}

impl<'a, T> Eight<'a, T> {
    /// `x` ends with the eight elements of the last place.
    pub(crate) fn new(x: &'a [T], stride: usize) -> Self {
        Self { x, stride }
    }

    #[inline(always)]
    fn places(self) -> impl Iterator<Item = &'a [T; LANES]> {
        self.x.chunks(self.stride).filter_map(|place| place.first_chunk())
    }
}

/// Writes eight rows of one length, one behind the other, place after place.
#[inline(always)]
fn turn_body<T: Copy>(rows: &[T], out: &mut [T]) {
    let len = rows.len() / LANES;
    let rows: [&[T]; LANES] = core::array::from_fn(|lane| &rows[lane * len..(lane + 1) * len]);
    let (out, _) = out.as_chunks_mut::<LANES>();
    let (whole, rest) = out.split_at_mut(len / LANES * LANES);
    for (group, out) in whole.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
        let tile: [[T; LANES]; LANES] =
            core::array::from_fn(|lane| core::array::from_fn(|i| rows[lane][group * LANES + i]));
        for (i, out) in out.iter_mut().enumerate() {
            *out = core::array::from_fn(|lane| tile[lane][i]);
        }
    }
    for (i, out) in rest.iter_mut().enumerate() {
        *out = core::array::from_fn(|lane| rows[lane][len / LANES * LANES + i]);
    }
}

/// Sums of eight lanes: the rounded sum, the sum of what was rounded off, and of its magnitudes.
///
/// Reference: Sum2 of T. Ogita, S. M. Rump, S. Oishi, *Accurate sum and dot product*, SIAM J. Sci. Comput. 26
/// (2005), algorithm 4.4.
#[derive(Clone, Copy, Default)]
pub(crate) struct Chains {
    sums: [f64; LANES],
    errors: [f64; LANES],
    magnitudes: [f64; LANES],
}

#[inline(always)]
fn chains_body<V: Vector, T: Float, const VECTORS: usize>(x: Eight<'_, T>) -> Chains {
    let mut chains = Chains::default();
    for first in (0..LANES).step_by(VECTORS * V::LANES) {
        let zero = V::splat(0.0);
        let (mut sums, mut errors, mut magnitudes) = ([zero; VECTORS], [zero; VECTORS], [zero; VECTORS]);
        for place in x.places() {
            for slot in 0..VECTORS {
                let x = V::widen(&place[first + slot * V::LANES..]);
                // Knuth's TwoSum.
                let sum = sums[slot].add(x);
                let of_x = sum.sub(sums[slot]);
                let error = sums[slot].sub(sum.sub(of_x)).add(x.sub(of_x));
                sums[slot] = sum;
                errors[slot] = errors[slot].add(error);
                magnitudes[slot] = magnitudes[slot].add(error.abs());
            }
        }
        for slot in 0..VECTORS {
            let lanes = first + slot * V::LANES..first + (slot + 1) * V::LANES;
            let put = |to: &mut [f64; LANES], from: V| {
                to[lanes.clone()].copy_from_slice(&from.to_array()[..V::LANES]);
            };
            put(&mut chains.sums, sums[slot]);
            put(&mut chains.errors, errors[slot]);
            put(&mut chains.magnitudes, magnitudes[slot]);
        }
    }
    chains
}

impl Chains {
    /// Returns the sums of `terms` elements each, with bounds of their errors.
    #[inline(always)]
    pub(crate) fn estimates(&self, terms: usize) -> [Estimate; LANES] {
        // The first two errors add exactly, the k-th addition after them errs by EPSILON * magnitude.
        let inexact = terms.saturating_sub(2) as f64 * EPSILON;
        core::array::from_fn(|lane| Estimate {
            high: self.sums[lane],
            low: self.errors[lane],
            bound: inexact * self.magnitudes[lane],
        })
    }
}

/// Rounds eight sums; the bits of the result say which are certain.
#[inline(always)]
fn settle_sums_body<T: Float>(sums: &[Estimate; LANES], out: &mut [T; LANES]) -> u8 {
    let mut certain = [false; LANES];
    for lane in 0..LANES {
        (out[lane], certain[lane]) = T::settle(sums[lane]);
    }
    bits(certain)
}

/// Rounds eight sums divided by `n`.
#[inline(always)]
fn settle_means_body<T: Float>(sums: &[Estimate; LANES], n: f64, out: &mut [T; LANES]) -> u8 {
    let mut certain = [false; LANES];
    for lane in 0..LANES {
        (out[lane], certain[lane]) = T::settle(sums[lane].divided_by(n));
    }
    bits(certain)
}

#[inline(always)]
fn bits(certain: [bool; LANES]) -> u8 {
    certain.iter().enumerate().fold(0, |bits, (lane, &certain)| bits | u8::from(certain) << lane)
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
        *out = self.place.map(|place| place as i64);
        self.numbers()
    }

    fn numbers(&self) -> u8 {
        bits(self.nan.map(|x| !x.is_nan()))
    }
}

#[inline(always)]
fn extremes_body<T: Ordered, const SMALLEST: bool>(x: Eight<'_, T>, so_far: &mut Extremes<T>) {
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
fn positions_body<T: Ordered, const SMALLEST: bool>(x: Eight<'_, T>, first: u64, so_far: &mut Extremes<T>) {
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
fn truths_body<T: Truth>(x: Eight<'_, T>, counts: &mut [u64; LANES]) {
    let mut all = *counts;
    for x in x.places() {
        for lane in 0..LANES {
            all[lane] += u64::from(x[lane].is_true());
        }
    }
    *counts = all;
}

dispatch_vector! {
    /// Adds up eight lanes.
    pub(crate) fn chains[T: Float](x: Eight<'_, T>) -> Chains = chains_body;
}

dispatch! {
    /// Writes eight rows of one length, one behind the other, place after place.
    pub(crate) fn turn[T: Copy](rows: &[T], out: &mut [T]) = turn_body;
    /// Rounds eight sums; the bits of the result say which are certain.
    pub(crate) fn settle_sums[T: Float](sums: &[Estimate; LANES], out: &mut [T; LANES]) -> u8 = settle_sums_body;
    /// Rounds eight sums divided by `n`; the bits of the result say which are certain.
    pub(crate) fn settle_means[T: Float](sums: &[Estimate; LANES], n: f64, out: &mut [T; LANES]) -> u8 = settle_means_body;
    /// Looks for smaller elements in eight lanes.
    pub(crate) fn smallest[T: Ordered](x: Eight<'_, T>, so_far: &mut Extremes<T>) = extremes_body::<T, true>;
    /// Looks for larger elements in eight lanes.
    pub(crate) fn largest[T: Ordered](x: Eight<'_, T>, so_far: &mut Extremes<T>) = extremes_body::<T, false>;
    /// Looks for smaller elements in eight lanes, whose first place is `first`, and notes where they stand.
    pub(crate) fn first_smallest[T: Ordered](x: Eight<'_, T>, first: u64, so_far: &mut Extremes<T>) = positions_body::<T, true>;
    /// Looks for larger elements in eight lanes, whose first place is `first`, and notes where they stand.
    pub(crate) fn first_largest[T: Ordered](x: Eight<'_, T>, first: u64, so_far: &mut Extremes<T>) = positions_body::<T, false>;
    /// Counts what is not zero in eight lanes.
    pub(crate) fn truths[T: Truth](x: Eight<'_, T>, counts: &mut [u64; LANES]) = truths_body;
}
