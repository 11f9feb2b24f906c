//! Long lanes on several threads.
//!
//! Every result is the correctly rounded one (or an element), whoever computed which part: the bits do not depend on
//! the number of threads. They come from rayon's pool, the caller's where the call is made inside of one.

use core::sync::atomic::{AtomicUsize, Ordering};

use crate::kernel::fold::bounded::Estimate;
use crate::kernel::fold::element::Float;
use crate::kernel::fold::exact::ExactProducts;
use crate::kernel::fold::variance::Split;
use crate::kernel::fold::{inner, sum, variance};
use crate::pool;

/// Below this waking a thread costs more than it saves: about 30 µs of work.
pub(super) const LEAST: usize = 200_000;

/// Extremes and counts are found as fast as memory is read.
pub(super) const LEAST_OF_EXTREMES: usize = 1_000_000;

/// The least elements that are handed to a thread.
const PART: usize = 1 << 14;

/// The most threads that a reduction takes; 0 is as many as the pool has.
static MOST: AtomicUsize = AtomicUsize::new(0);

/// Sets how many threads a reduction may use: 1 for none but the caller's, 0 for rayon's whole pool (the default).
///
/// The results have the same bits whatever is set. The pool's size is rayon's own affair: `RAYON_NUM_THREADS`, or
/// the pool in which the call is made. Without the feature `parallel` there is one thread.
pub fn set_threads(most: usize) {
    MOST.store(most, Ordering::Relaxed);
}

/// Returns how many threads a reduction may use here and now.
pub fn threads() -> usize {
    let most = MOST.load(Ordering::Relaxed);
    // The pool is not asked for, and so not started, where it is not wanted.
    if most == 1 { 1 } else { pool::threads().min(if most == 0 { usize::MAX } else { most }) }
}

/// Returns how long the parts of so many elements are, or `None` if one thread is quicker.
pub(super) fn part_len(len: usize, least: usize) -> Option<usize> {
    if len < least || !cfg!(feature = "parallel") {
        return None;
    }
    let threads = threads();
    (threads > 1).then(|| len.div_ceil(threads).max(PART).next_multiple_of(2048))
}

/// Calls `each` with the number of each part, on several threads, and returns the results in order.
pub(super) fn map<R: Send>(
    len: usize,
    part: usize,
    each: impl Fn(core::ops::Range<usize>) -> R + Sync,
) -> Vec<R> {
    let range = |i: usize| i * part..len.min((i + 1) * part);
    pool::map(0..len.div_ceil(part), |i| each(range(i)))
}

/// As [`sum::settled`], the parts on several threads where there are any.
pub(super) fn settled<T: Float + Sync, R>(
    x: &[T],
    part: Option<usize>,
    decide: impl Fn(Estimate) -> Option<R>,
) -> Option<R> {
    let Some(part) = part else { return sum::settled(x, decide) };
    let by = |estimate: fn(&[T]) -> Option<Estimate>| join(map(x.len(), part, |range| estimate(&x[range])));
    let rough = if T::HAS_ROUGH_SUM { by(sum::rough) } else { None };
    rough.and_then(&decide).or_else(|| by(sum::estimate).and_then(decide))
}

/// As [`variance::about`], the parts on several threads where there are any.
pub(super) fn about<T: Float + Sync>(x: &[T], split: Split, part: Option<usize>) -> Option<[Estimate; 2]> {
    let Some(part) = part else { return variance::about(x, split) };
    let parts = map(x.len(), part, |range| variance::about(&x[range], split));
    parts.into_iter().try_fold([Estimate::ZERO; 2], |[sum, squares], part| {
        let part = part?;
        Some([sum.plus_estimate(part[0]), squares.plus_estimate(part[1])])
    })
}

fn join(parts: Vec<Option<Estimate>>) -> Option<Estimate> {
    parts.into_iter().try_fold(Estimate::ZERO, |total, part| Some(total.plus_estimate(part?)))
}

fn exact_products<T: Float + Sync>(x: &[T], y: &[T], part: usize) -> ExactProducts {
    let parts = map(x.len(), part, |range| {
        let mut sum = ExactProducts::new();
        sum.add_dot(&x[range.clone()], &y[range]);
        sum
    });
    parts.iter().fold(ExactProducts::new(), |mut total, part| {
        total.merge(part);
        total
    })
}

/// Returns the correctly rounded inner product of two slices of one length.
pub(super) fn dot<T: Float + Sync>(x: &[T], y: &[T]) -> T {
    let Some(part) = part_len(x.len(), LEAST) else { return inner::dot(x, y) };
    let estimates = map(x.len(), part, |range| inner::estimate(&x[range.clone()], &y[range]));
    join(estimates).and_then(Estimate::rounded).unwrap_or_else(|| exact_products(x, y, part).round())
}
