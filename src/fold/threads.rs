//! Long lanes on several threads.
//!
//! Every result is the correctly rounded one (or an element), whoever computed which part: the bits do not depend on
//! the number of threads. They come from rayon's pool, the caller's where the call is made inside of one.

use core::sync::atomic::{AtomicUsize, Ordering};

use super::dtype::Dtype;
use super::names::Family;
use super::number::Number;
use super::request::Request;
use crate::kernel::fold::bounded::Estimate;
use crate::kernel::fold::element::Float;
use crate::kernel::fold::exact::ExactProducts;
use crate::kernel::fold::exact::ExactTotal;
use crate::kernel::fold::extrema::{self, Ordered};
use crate::kernel::fold::grid::Block;
use crate::kernel::fold::{inner, sum, variance};
use crate::pool;

/// Below this waking a thread costs more than it saves: about 30 µs of work.
const LEAST: usize = 200_000;

/// Extremes are found as fast as memory is read.
const LEAST_OF_EXTREMES: usize = 1_000_000;

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
fn part_len(len: usize, least: usize) -> Option<usize> {
    if len < least || !cfg!(feature = "parallel") {
        return None;
    }
    let threads = threads();
    (threads > 1).then(|| len.div_ceil(threads).max(PART).next_multiple_of(2048))
}

/// Calls `each` with the number of each part, on several threads, and returns the results in order.
fn map<R: Send>(len: usize, part: usize, each: impl Fn(core::ops::Range<usize>) -> R + Sync) -> Vec<R> {
    let range = |i: usize| i * part..len.min((i + 1) * part);
    pool::map(0..len.div_ceil(part), |i| each(range(i)))
}

/// Appends the result of a long lane that lies together and returns true, where threads pay.
pub(super) fn one_shot(block: Block<'_>, request: &Request, results: &mut Vec<Number>) -> bool {
    let extreme = matches!(request.family, Family::Min | Family::Max);
    let least = if extreme { LEAST_OF_EXTREMES } else { LEAST };
    if request.skip_nan || request.initial.is_some() || block.len() < least {
        return false;
    }
    let Some(part) = part_len(block.len(), least) else { return false };
    let number = match (block, request.out) {
        (Block::F64(x), Dtype::F64) if !extreme => of_floats::<f64>(x, part, request),
        (Block::F32(x), Dtype::F32) if !extreme => of_floats::<f32>(x, part, request),
        (Block::F64(x), _) if extreme => extreme_of(x, part, request.family).map(Number::F),
        (Block::F32(x), _) if extreme => extreme_of(x, part, request.family).map(|x| Number::F(f64::from(x))),
        (Block::I64(x), _) if extreme => extreme_of(x, part, request.family).map(Number::I),
        (Block::U64(x), _) if extreme => extreme_of(x, part, request.family).map(Number::U),
        _ => None,
    };
    results.extend(number);
    number.is_some()
}

fn extreme_of<T: Ordered + Send + Sync>(x: &[T], part: usize, kind: Family) -> Option<T> {
    let of = if kind == Family::Min { extrema::min::<T> } else { extrema::max::<T> };
    let ends: Vec<T> = map(x.len(), part, |range| of(&x[range])).into_iter().flatten().collect();
    of(&ends)
}

fn of_floats<T: Float + Send + Sync>(x: &[T], part: usize, request: &Request) -> Option<Number> {
    let ddof = request.ddof;
    let about = |x: &[T], split| {
        let parts = map(x.len(), part, |range| variance::about(&x[range], split));
        let join = |total: [Estimate; 2], part: Option<[Estimate; 2]>| {
            let part = part?;
            Some([total[0].plus_estimate(part[0]), total[1].plus_estimate(part[1])])
        };
        parts.into_iter().try_fold([Estimate::ZERO; 2], join)
    };
    let exact = |x: &[T]| (exact_sum(x, part), exact_products(x, x, part));
    let result: T = match request.family {
        Family::Sum => settled(x, part, Estimate::rounded).unwrap_or_else(|| exact_sum(x, part).round()),
        Family::Mean => {
            let n = x.len() as u64;
            let mean = settled(x, part, |sum| sum.divided_by(n as f64).rounded());
            mean.unwrap_or_else(|| exact_sum(x, part).mean(n))
        }
        Family::Var => variance::var_by(x, ddof, about, exact),
        Family::Std => variance::std_by(x, ddof, about, exact),
        Family::Norm => variance::norm_by(x, about, |x| exact_products(x, x, part)),
        _ => return None,
    };
    Some(Number::F(result.widen()))
}

/// As [`sum::settled`], the parts on several threads.
fn settled<T: Float + Sync, R>(x: &[T], part: usize, decide: impl Fn(Estimate) -> Option<R>) -> Option<R> {
    let by = |estimate: fn(&[T]) -> Option<Estimate>| join(map(x.len(), part, |range| estimate(&x[range])));
    let rough = if T::HAS_ROUGH_SUM { by(sum::rough) } else { None };
    rough.and_then(&decide).or_else(|| by(sum::estimate).and_then(decide))
}

fn join(parts: Vec<Option<Estimate>>) -> Option<Estimate> {
    parts.into_iter().try_fold(Estimate::ZERO, |total, part| Some(total.plus_estimate(part?)))
}

fn exact_sum<T: Float + Sync>(x: &[T], part: usize) -> ExactTotal {
    let parts = map(x.len(), part, |range| {
        let mut sum = ExactTotal::new();
        sum.add_slice(&x[range]);
        sum
    });
    parts.iter().fold(ExactTotal::new(), |mut total, part| {
        total.merge(part);
        total
    })
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
