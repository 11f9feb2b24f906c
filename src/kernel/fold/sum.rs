//! The exact sum and mean of one slice, fast: an estimate with a proof, and the exact sum when the proof fails.
//!
//! The estimate is a pair of doubles and a bound of its error; if everything within the bound
//! rounds to the same float, that float is the correctly rounded result (Ziv's rounding test).
//! Otherwise, which sums that nearly cancel may do, the slice is read again by [`ExactTotal`]. So
//! the result is the same as that of the exact sum, always; only the time differs.
//!
//! Reference: A. Ziv, *Fast evaluation of elementary mathematical functions with correctly
//! rounded last bit*, ACM TOMS 17 (1991).

use core::ops::Range;

use super::bounded::{EPSILON, Estimate, two_sum};
use super::element::Float;
use super::exact::ExactTotal;
use super::vector::{Vector, dispatch_vector, for_each_vector};
use super::windows::largest_magnitude;

/// The fewest elements that are worked on side by side.
const NARROWEST: usize = 2;

/// Up to here a chain of error-free additions is quicker than blocks.
const FEW: usize = 16;

/// Returns the correctly rounded sum.
///
/// Empty, or only zeros of any sign: +0. NaN, or infinities of both signs: NaN. Infinite only if
/// a term is, or if the exact sum is above the largest finite number.
pub(crate) fn sum<T: Float, R: Float>(x: &[T]) -> R {
    settled(x, Estimate::rounded).unwrap_or_else(|| exact(x).round())
}

/// Returns the sum divided by the number of elements, rounded once; NaN for no elements.
pub(crate) fn mean<T: Float, R: Float>(x: &[T]) -> R {
    let n = x.len() as u64;
    if n == 0 {
        return R::narrow(f64::NAN);
    }
    settled(x, |sum| sum.divided_by(n as f64).rounded()).unwrap_or_else(|| exact(x).mean(n))
}

/// Returns what the first estimate of the sum decides, the quickest before the closest; `None`: none does.
pub(crate) fn settled<T: Float, R>(x: &[T], decide: impl Fn(Estimate) -> Option<R>) -> Option<R> {
    rough(x).and_then(&decide).or_else(|| estimate(x).and_then(decide))
}

/// Returns a sum that is quick, with a bound of its error, where the type has such a sum.
pub(crate) fn rough<T: Float>(x: &[T]) -> Option<Estimate> {
    if T::HAS_ROUGH_SUM && x.len() > FEW { T::rough_sum(x) } else { None }
}

#[cold]
fn exact<T: Float>(x: &[T]) -> ExactTotal {
    let mut sum = ExactTotal::new();
    sum.add_slice(x);
    sum
}

/// Returns the sum with a bound of its error, or `None` for numbers that leave no room for it.
pub(crate) fn estimate<T: Float>(x: &[T]) -> Option<Estimate> {
    if x.len() <= FEW { Some(chain(x)) } else { blocks(&Addends(x)) }
}

/// Adds few numbers one after the other: the errors of the additions are exact, their sum is
/// nearly so.
///
/// Reference: Sum2 of T. Ogita, S. M. Rump, S. Oishi, *Accurate sum and dot product*, SIAM J.
/// Sci. Comput. 26 (2005), algorithm 4.4.
#[inline(always)]
fn chain<T: Float>(x: &[T]) -> Estimate {
    let mut sum = 0.0;
    let mut errors = 0.0;
    let mut magnitude = 0.0;
    for x in x {
        let error;
        (sum, error) = two_sum(sum, x.widen());
        errors += error;
        magnitude += error.abs();
    }
    // The first two errors add exactly, the k-th addition after them errs by EPSILON * magnitude.
    let inexact = x.len().saturating_sub(2) as f64;
    Estimate { high: sum, low: errors, bound: inexact * EPSILON * magnitude }
}

/// What is added up: the elements of a slice, or products that are made on the way.
pub(super) trait Terms {
    /// Terms after which the lanes are emptied.
    const BLOCK: usize;
    /// How many numbers, each at most half a unit of the lanes, a term adds to the low part.
    const LOW_TERMS: u64;
    /// What is lost of a term before it is added, at most.
    const LOST: f64;

    fn len(&self) -> usize;

    /// Returns `e` with all these terms below 2^(e + 1), [`ZERO`] if all are zeros, or `None` if a
    /// term is not finite or too large to be handled.
    fn largest_exponent(&self, range: Range<usize>) -> Option<i32>;

    /// Adds a block of terms in lanes that begin at the shifter; `None`: a lane left its binade.
    fn block(&self, range: Range<usize>, shifter: f64) -> Option<BlockSum>;
}

/// The exponent of terms that are all zeros.
pub(super) const ZERO: i32 = i32::MIN;

/// Returns the exponent of a normal positive number.
pub(super) fn exponent(x: f64) -> i32 {
    (x.to_bits() >> 52) as i32 - 1023
}

/// The elements of a slice.
struct Addends<'a, T>(&'a [T]);

impl<T: Float> Terms for Addends<'_, T> {
    const BLOCK: usize = 2048;
    const LOW_TERMS: u64 = 1;
    const LOST: f64 = 0.0;

    fn len(&self) -> usize {
        self.0.len()
    }

    fn largest_exponent(&self, range: Range<usize>) -> Option<i32> {
        let largest = largest_magnitude(&self.0[range]);
        if largest.is_nan() { None } else { Some(if largest == 0.0 { ZERO } else { exponent(largest) }) }
    }

    fn block(&self, range: Range<usize>, shifter: f64) -> Option<BlockSum> {
        block(&self.0[range], shifter)
    }
}

/// What one pass over a block yields.
pub(super) struct BlockSum {
    /// The sum of the high parts, in units of the last place of the shifter.
    units: i64,
    /// The sum of the low parts, nearly.
    low: f64,
}

/// Whether the parts of a block are read side by side: without prefetches memory answers sooner to several streams.
///
/// BENEFIT: `make bench-sum`, 10^7 `f64` in the kernel's memory, Xeon, November 2026: 0.87 ns an element with it, 1.25
/// without.
const APART: bool = cfg!(target_arch = "wasm32");

/// How many parts of a block have lanes of their own.
const PARTS: usize = if APART { 4 } else { 2 };

/// Splits each element at a fixed place and adds the high parts exactly, the low parts nearly.
///
/// A lane begins at the shifter 1.5 * 2^k; adding x to it yields the next value of the lane and,
/// since the lane is larger than x, also exactly what was rounded off (Dekker's Fast2Sum).
/// `None`: a lane left the binade of the shifter, because elements are too large, infinite or NaN.
#[inline(always)]
fn block_body<V: Vector, T: Float, const VECTORS: usize>(block: &[T], shifter: f64) -> Option<BlockSum> {
    let first = V::splat(shifter);
    let mut high = [first; PARTS];
    let mut low = [V::splat(0.0); PARTS];
    let mut outside = [V::splat(0.0); PARTS];
    let mut add = |slot: usize, x: V| {
        let next = high[slot].add(x);
        low[slot] = low[slot].add(x.sub(next.sub(high[slot])));
        high[slot] = next;
        outside[slot] = outside[slot].or(next.xor(first));
    };
    let part = if APART { block.len() / (PARTS * V::LANES) * V::LANES } else { 0 };
    for start in (0..part).step_by(V::LANES) {
        for slot in 0..PARTS {
            add(slot, V::widen(&block[slot * part + start..]));
        }
    }
    for_each_vector!(V, VECTORS, block[PARTS * part..], 0.0, |slot, x| {
        add(slot, x);
    });
    collect(high, low, outside, shifter)
}

/// Adds up the lanes of a block; `None`: `outside`, which holds every bit in which a lane ever
/// differed from the shifter, says that one left its binade.
#[inline(always)]
pub(super) fn collect<V: Vector, const VECTORS: usize>(
    high: [V; VECTORS],
    low: [V; VECTORS],
    outside: [V; VECTORS],
    shifter: f64,
) -> Option<BlockSum> {
    let low: f64 = low.into_iter().flat_map(V::to_array).sum();
    let outside = outside.into_iter().reduce(V::or).map_or([0.0; 8], V::to_array);
    if outside.iter().any(|outside| outside.to_bits() >> 52 != 0) {
        return None;
    }
    let units = |lanes: V| -> i64 {
        let lanes = lanes.to_array();
        lanes[..V::LANES].iter().map(|lane| lane.to_bits() as i64 - shifter.to_bits() as i64).sum()
    };
    Some(BlockSum { units: high.into_iter().map(units).sum(), low })
}

dispatch_vector! {
    fn block[T: Float](x: &[T], shifter: f64) -> Option<BlockSum> = block_body;
}

/// Outside of these exponents of the largest element the estimate is not tried, so that no
/// intermediate value over- or underflows.
const EXPONENTS: core::ops::RangeInclusive<i32> = -800..=900;

/// Returns the sum of all terms with a bound of its error, or `None` for terms that leave no room
/// for it.
pub(super) fn blocks<T: Terms>(terms: &T) -> Option<Estimate> {
    let len = terms.len();
    // With this room a lane of `per_lane` terms stays in the binade of its shifter.
    let per_lane = T::BLOCK.min(len).div_ceil(NARROWEST) as u64 + 1;
    let room = 64 - per_lane.leading_zeros() as i32 + 1;
    let mut total = Estimate::ZERO;
    let mut done = 0;
    while done < len {
        let end = len.min(done + T::BLOCK);
        let exponent = terms.largest_exponent(done..end)?;
        if exponent == ZERO {
            done = end;
            continue;
        }
        if !EXPONENTS.contains(&exponent) {
            return None;
        }
        // Later blocks may have somewhat larger terms without a new choice of k.
        let spare = if end < len { 3 } else { 1 };
        let k = exponent + spare + room;
        let (mut units, mut low, mut blocks) = (0i128, Estimate::ZERO, 0);
        while done < len {
            let end = len.min(done + T::BLOCK);
            let Some(part) = terms.block(done..end, 1.5 * power(k)) else { break };
            units += i128::from(part.units);
            low = low.plus(part.low);
            blocks += 1;
            done = end;
        }
        if blocks == 0 {
            return None;
        }
        // A low part is at most half a unit. Each of the additions within lanes yields at most
        // `per_lane` of them and each of the eight across lanes at most `BLOCK`, and errs by
        // EPSILON of that. With two of them in a term, their sum errs by EPSILON of one more.
        let half_unit = power(k - 53);
        let additions = T::LOW_TERMS * (per_lane + 6 + T::LOW_TERMS) * blocks * T::BLOCK as u64;
        low.bound += additions as f64 * EPSILON * half_unit + (blocks * T::BLOCK as u64) as f64 * T::LOST;
        let high = units as f64;
        let middle = (units - high as i128) as f64; // exact: below 2^53
        let unit = power(k - 52);
        total = total.plus(high * unit).plus(middle * unit).plus_estimate(low);
    }
    Some(total)
}

/// Returns 2^exponent, for the exponents of normal numbers.
#[inline(always)]
fn power(exponent: i32) -> f64 {
    f64::from_bits(((exponent + 1023) as u64) << 52)
}
