//! The exact sum and mean of one slice, fast: an estimate with a proof, and the exact sum when the proof fails.
//!
//! The estimate is a pair of doubles and a bound of its error; if everything within the bound
//! rounds to the same float, that float is the correctly rounded result (Ziv's rounding test).
//! Otherwise, which sums that nearly cancel may do, the slice is read again by [`ExactSum`]. So
//! the result is the same as that of the exact sum, always; only the time differs.
//!
//! Reference: A. Ziv, *Fast evaluation of elementary mathematical functions with correctly
//! rounded last bit*, ACM TOMS 17 (1991).

use super::element::Float;
use super::estimate::{EPSILON, Estimate, two_sum};
use super::exact::ExactSum;
use super::vector::{Vector, dispatch_vector, for_each_vector};
use super::windows::largest_magnitude;

/// Elements after which the lanes are emptied.
const BLOCK: usize = 2048;

/// The fewest elements that are worked on side by side.
const NARROWEST: usize = 2;

/// Up to here a chain of error-free additions is quicker than blocks.
const FEW: usize = 16;

/// Returns the correctly rounded sum.
///
/// Empty, or only zeros of any sign: +0. NaN, or infinities of both signs: NaN. Infinite only if
/// a term is, or if the exact sum is above the largest finite number.
pub(crate) fn sum<T: Float, R: Float>(x: &[T]) -> R {
    estimate(x).and_then(Estimate::rounded).unwrap_or_else(|| exact(x).round())
}

/// Returns the sum divided by the number of elements, rounded once; NaN for no elements.
pub(crate) fn mean<T: Float, R: Float>(x: &[T]) -> R {
    let n = x.len() as u64;
    if n == 0 {
        return R::narrow(f64::NAN);
    }
    let estimate = estimate(x).and_then(|sum| sum.divided_by(n as f64).rounded());
    estimate.unwrap_or_else(|| exact(x).mean(n))
}

#[cold]
fn exact<T: Float>(x: &[T]) -> ExactSum {
    let mut sum = ExactSum::new();
    sum.add_slice(x);
    sum
}

/// Returns the sum with a bound of its error, or `None` for numbers that leave no room for it.
pub(crate) fn estimate<T: Float>(x: &[T]) -> Option<Estimate> {
    if x.len() <= FEW { Some(chain(x)) } else { blocks(x) }
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

/// What one pass over a block yields.
struct Block {
    /// The sum of the high parts, in units of the last place of the shifter.
    units: i64,
    /// The sum of the low parts, nearly.
    low: f64,
}

/// Splits each element at a fixed place and adds the high parts exactly, the low parts nearly.
///
/// A lane begins at the shifter 1.5 * 2^k; adding x to it yields the next value of the lane and,
/// since the lane is larger than x, also exactly what was rounded off (Dekker's Fast2Sum).
/// `None`: a lane left the binade of the shifter, because elements are too large, infinite or NaN.
#[inline(always)]
fn block_body<V: Vector, T: Float, const VECTORS: usize>(block: &[T], shifter: f64) -> Option<Block> {
    let first = V::splat(shifter);
    let mut high = [first; VECTORS];
    let mut low = [V::splat(0.0); VECTORS];
    let mut outside = [V::splat(0.0); VECTORS];
    for_each_vector!(V, VECTORS, block, 0.0, |slot, x| {
        let next = high[slot].add(x);
        low[slot] = low[slot].add(x.sub(next.sub(high[slot])));
        high[slot] = next;
        outside[slot] = outside[slot].or(next.xor(first));
    });
    let low: f64 = low.into_iter().flat_map(V::to_array).sum();
    let outside = outside.into_iter().reduce(V::or).map_or([0.0; 8], V::to_array);
    if outside.iter().any(|outside| outside.to_bits() >> 52 != 0) {
        return None;
    }
    let units = |lanes: V| -> i64 {
        let lanes = lanes.to_array();
        lanes[..V::LANES].iter().map(|lane| lane.to_bits() as i64 - shifter.to_bits() as i64).sum()
    };
    Some(Block { units: high.into_iter().map(units).sum(), low })
}

dispatch_vector! {
    fn block[T: Float](x: &[T], shifter: f64) -> Option<Block> = block_body;
}

/// Outside of these exponents of the largest element the estimate is not tried, so that no
/// intermediate value over- or underflows.
const EXPONENTS: core::ops::RangeInclusive<i32> = -800..=900;

fn blocks<T: Float>(x: &[T]) -> Option<Estimate> {
    // With this room a lane of `terms` terms stays in the binade of its shifter.
    let terms = BLOCK.min(x.len()).div_ceil(NARROWEST) as u64 + 1;
    let room = 64 - terms.leading_zeros() as i32 + 1;
    let mut total = Estimate::ZERO;
    let mut rest = x;
    while !rest.is_empty() {
        let largest = largest_magnitude(&rest[..BLOCK.min(rest.len())]);
        if largest == 0.0 {
            rest = &rest[BLOCK.min(rest.len())..];
            continue;
        }
        let exponent = (largest.to_bits() >> 52) as i32 - 1023;
        if !EXPONENTS.contains(&exponent) {
            return None;
        }
        // Later blocks may have somewhat larger elements without a new choice of k.
        let spare = if rest.len() > BLOCK { 3 } else { 1 };
        let k = exponent + spare + room;
        let (mut units, mut low, mut blocks) = (0i128, Estimate::ZERO, 0);
        for part in rest.chunks(BLOCK) {
            let Some(part) = block(part, 1.5 * power(k)) else { break };
            units += i128::from(part.units);
            low = low.plus(part.low);
            blocks += 1;
        }
        if blocks == 0 {
            return None;
        }
        rest = &rest[(blocks * BLOCK).min(rest.len())..];
        // A low part is at most half a unit. Each of the additions within lanes yields at most
        // `terms` of them and each of the eight across lanes at most `BLOCK`, and errs by EPSILON
        // of that.
        let half_unit = power(k - 53);
        let additions = (blocks as u64 * (terms + 7) * BLOCK as u64) as f64;
        low.bound += additions * EPSILON * half_unit;
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
