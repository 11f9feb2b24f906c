//! The exact variance, standard deviation and norm of a slice, fast: an estimate with a proof, and
//! exact integers when the proof fails.
//!
//! Like [`sum`](super::sum), the result is always the correctly rounded one. The estimate splits
//! each number at a place that is fixed for the whole slice, `x - center = high + low`, where
//! `high` is an integer of about 20 bits in the unit of that place. Squares of high parts
//! are then exact, and so are their sums over a block. What is rounded is only `high * low`
//! and `low * low`, which are smaller by 2^-20 and 2^-40: the error is some 2^-66 of the result.
//!
//! No fused multiply-add is needed, and nothing is read twice unless the first block misleads.

use super::bounded::{EPSILON, Estimate};
use super::element::Float;
use super::exact::{ExactProducts, ExactTotal};
use super::extrema;
use super::ratio;
use super::vector::{Vector, dispatch_vector, for_each_vector};

/// Elements after which the lanes are emptied.
const BLOCK: usize = 1024;

/// The most numbers that a lane of a block gets: with two lanes, and one round of filling zeros.
const TERMS: f64 = (BLOCK / 2 + 1) as f64;

/// Bits of the high part of a number as large as the first block's radius.
const HIGH_BITS: i32 = 20;

/// Exponents of the unit within which no intermediate value over- or underflows.
const UNITS: core::ops::RangeInclusive<i32> = -400..=400;

/// What is asked of the squares.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Spread {
    /// Σ(x − mean)² / (n − ddof).
    Var(f64),
    /// Its square root.
    Std(f64),
    /// √Σx².
    Norm,
}

impl Spread {
    /// Returns whether distances from the mean are asked for.
    pub(crate) fn is_centered(self) -> bool {
        !matches!(self, Self::Norm)
    }

    /// Returns the float that Σ(x − c) and Σ(x − c)² of n numbers decide, c being 0 for norms.
    pub(crate) fn decided<R: Float>(self, n: f64, moments: [Estimate; 2]) -> Option<R> {
        let variance = |ddof: f64| {
            let divisor = n - ddof;
            (divisor > 0.0).then(|| about_mean(moments, n).divided_by(divisor))
        };
        match self {
            Self::Var(ddof) => variance(ddof)?.rounded(),
            Self::Std(ddof) => variance(ddof)?.sqrt().rounded(),
            Self::Norm => moments[1].sqrt().rounded(),
        }
    }
}

/// Returns what an estimate decides; `about` is the function of this name, or one that does its work on several threads.
pub(crate) fn settled<T: Float, R: Float>(
    x: &[T],
    spread: Spread,
    about: impl Fn(&[T], Split) -> Option<[Estimate; 2]>,
) -> Option<R> {
    let moments = second_moments(x, spread.is_centered(), about)?;
    spread.decided(x.len() as f64, moments)
}

/// Returns what is asked for, correctly rounded: by an estimate, or by exact sums where it does not decide.
///
/// Of a variance NaN if an element is NaN or infinite, or if `n - ddof` is not positive. Of a norm 0 of nothing; infinite if
/// an element is and none is NaN, or if the exact norm is above the largest finite number: squares that would over- or
/// underflow on the way do no harm.
pub(crate) fn spread<T: Float, R: Float>(x: &[T], spread: Spread) -> R {
    settled(x, spread, about).unwrap_or_else(|| exact(x, spread))
}

/// Returns the variance, dividing by `n - ddof`.
pub(crate) fn var<T: Float, R: Float>(x: &[T], ddof: f64) -> R {
    spread(x, Spread::Var(ddof))
}

/// Returns the square root of [`var`]'s exact value.
pub(crate) fn std<T: Float, R: Float>(x: &[T], ddof: f64) -> R {
    spread(x, Spread::Std(ddof))
}

/// Returns the Euclidean norm.
pub(crate) fn norm<T: Float, R: Float>(x: &[T]) -> R {
    spread(x, Spread::Norm)
}

#[cold]
fn exact<T: Float, R: Float>(x: &[T], spread: Spread) -> R {
    let mut squares = ExactProducts::new();
    squares.add_squares(x);
    let (ddof, root) = match spread {
        Spread::Var(ddof) => (ddof, false),
        Spread::Std(ddof) => (ddof, true),
        Spread::Norm => return squares.sqrt(),
    };
    let mut sum = ExactTotal::new();
    sum.add_slice(x);
    if x.is_empty() || sum.special().is_some() {
        return R::narrow(f64::NAN);
    }
    let variance = ratio::variance(x.len() as u64, [sum.value()], &squares.value(), ddof, root);
    variance.map_or(R::narrow(f64::NAN), R::round)
}

/// Where numbers are split.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Split {
    /// The unit of the high parts is 2^unit.
    unit: i32,
    /// What is subtracted from every number; a multiple of the unit.
    center: f64,
}

impl Split {
    /// Returns a split for numbers like those of `x`, or `None` if there is none.
    pub(crate) fn new<T: Float>(x: &[T], centered: bool) -> Option<Self> {
        let (low, high) = extrema::min_max(x)?;
        let (low, high) = (low.widen(), high.widen());
        let middle = if centered { low / 2.0 + high / 2.0 } else { 0.0 };
        let radius = (high - middle).max(middle - low);
        if !(radius > 0.0 && radius.is_finite()) {
            return None;
        }
        let exponent = |x: f64| (x.to_bits() >> 52) as i32 - 1023;
        // The center must leave room in the 52 bits of the shifted numbers.
        let unit = (exponent(radius) - HIGH_BITS).max(exponent(middle.abs()) - 49);
        if !UNITS.contains(&unit) {
            return None;
        }
        let shifter = 1.5 * power(unit + 52);
        Some(Self { unit, center: (shifter + middle) - shifter })
    }

    fn shifter(self) -> f64 {
        1.5 * power(self.unit + 52)
    }
}

/// What one pass over a block yields, all about the center.
struct BlockMoments {
    /// Σ high, in units.
    sum: i64,
    /// Σ high², in squares of the unit.
    squares: i64,
    /// Σ low, Σ high low and Σ low², nearly.
    low: [f64; 3],
}

/// `None`: a number is too far from the center, infinite or NaN.
#[inline(always)]
fn block_body<V: Vector, T: Float, const VECTORS: usize>(block: &[T], split: Split) -> Option<BlockMoments> {
    let zero = V::splat(0.0);
    let (shifter, center) = (V::splat(split.shifter()), V::splat(split.center));
    let mut sum = [zero; VECTORS];
    let mut squares = [zero; VECTORS];
    let mut low_sum = [zero; VECTORS];
    let mut cross = [zero; VECTORS];
    let mut low_squares = [zero; VECTORS];
    for_each_vector!(V, VECTORS, block, split.center, |slot, x| {
        let rounded = shifter.add(x).sub(shifter);
        let low = x.sub(rounded);
        let high = rounded.sub(center);
        sum[slot] = sum[slot].add(high);
        squares[slot] = squares[slot].add(high.mul(high));
        low_sum[slot] = low_sum[slot].add(low);
        cross[slot] = cross[slot].add(high.mul(low));
        low_squares[slot] = low_squares[slot].add(low.mul(low));
    });
    // A lane of squares that is at most 2^53 was exact at each step, and so was that of the high
    // parts; were `x` out of the shifter's reach, or NaN, then this would be larger, or NaN.
    let unit = power(-split.unit);
    let mut totals = [0i64; 2];
    for (squares, sum) in squares.into_iter().zip(sum) {
        for (squares, sum) in squares.to_array().into_iter().zip(sum.to_array()) {
            let squares = squares * unit * unit;
            if squares.is_nan() || squares > 9_007_199_254_740_992.0 {
                return None;
            }
            totals[0] += (sum * unit) as i64;
            totals[1] += squares as i64;
        }
    }
    let flat = |lanes: [V; VECTORS]| -> f64 { lanes.into_iter().flat_map(V::to_array).sum() };
    Some(BlockMoments {
        sum: totals[0],
        squares: totals[1],
        low: [flat(low_sum), flat(cross), flat(low_squares)],
    })
}

dispatch_vector! {
    fn block[T: Float](x: &[T], split: Split) -> Option<BlockMoments> = block_body;
}

/// Returns Σ (x - mean)² of n numbers from Σ (x - c) and Σ (x - c)².
fn about_mean([sum, squares]: [Estimate; 2], n: f64) -> Estimate {
    squares.plus_estimate(sum.squared().divided_by(n).negated())
}

/// Returns Σ (x - c) and Σ (x - c)² for some c near the numbers, or for c = 0.
fn second_moments<T: Float>(
    x: &[T],
    centered: bool,
    about: impl Fn(&[T], Split) -> Option<[Estimate; 2]>,
) -> Option<[Estimate; 2]> {
    let first = &x[..BLOCK.min(x.len())];
    let guess = Split::new(first, centered).and_then(|split| about(x, split));
    // The first block may mislead: take the whole slice's range then.
    guess.or_else(|| if x.len() > BLOCK { about(x, Split::new(x, centered)?) } else { None })
}

/// Returns Σ (x - c) and Σ (x - c)² about the center of a split, or `None` if a number is too far from it.
pub(crate) fn about<T: Float>(x: &[T], split: Split) -> Option<[Estimate; 2]> {
    let (mut sum, mut squares) = (0i128, 0i128);
    let mut low = [Estimate::ZERO; 3];
    for part in x.chunks(BLOCK) {
        let part = block(part, split)?;
        sum += i128::from(part.sum);
        squares += i128::from(part.squares);
        for (low, part) in low.iter_mut().zip(part.low) {
            *low = low.plus(part);
        }
    }
    let unit = power(split.unit);
    let n = x.len() as f64;
    // Each low part is at most half a unit. Σ|high low| ≤ unit/2 sqrt(n Σ high²). A lane's sum of
    // m terms errs by m EPSILON of the sum of magnitudes, a product by EPSILON of itself; the
    // lanes' sum makes eight more additions. 1.01 is more than what rounds off here.
    let error = (TERMS + 10.0) * EPSILON * 1.01;
    let [low_sum, cross, low_squares] = &mut low;
    low_sum.bound += error * n * (unit / 2.0);
    cross.bound += error * (unit / 2.0) * (n * squares as f64).sqrt() * unit;
    low_squares.bound += error * n * (unit / 2.0) * (unit / 2.0);
    let sum = Estimate::of_integer(sum).scaled(unit).plus_estimate(*low_sum);
    let squares = Estimate::of_integer(squares).scaled(unit * unit);
    let squares = squares.plus_estimate(cross.scaled(2.0)).plus_estimate(*low_squares);
    Some([sum, squares])
}

/// Returns 2^exponent, for the exponents of normal numbers.
#[inline(always)]
fn power(exponent: i32) -> f64 {
    f64::from_bits(((exponent + 1023) as u64) << 52)
}
