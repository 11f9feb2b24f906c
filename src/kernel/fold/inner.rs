//! The exact inner product of two slices, fast: products without error, added as [`sum`](super::sum) adds.
//!
//! A product of doubles is `p + e`, both doubles: `p` is the rounded product and `e`, what was
//! rounded off, is exact too. The products enter the sum's lanes, whose low parts take in `e`. That
//! leaves an error some 2^-95 of the largest product for each pair, so that the estimate decides
//! the rounding for all but nearly orthogonal slices. Products of narrower floats are exact
//! doubles, and need no `e`.
//!
//! A machine that has a fused multiply-add makes `e` with it, the others by Dekker's splitting: both
//! are exact, so the bits are the same.
//!
//! Reference: Dot2 of T. Ogita, S. M. Rump, S. Oishi, *Accurate sum and dot product*, SIAM J. Sci.
//! Comput. 26 (2005), algorithm 5.3; here with a proven bound in place of an expected one.

use core::ops::Range;

use super::bounded::{EPSILON, Estimate, two_product, two_sum};
use super::element::Float;
use super::exact::ExactProducts;
use super::products::SMALL;
use super::sum::{self, BlockSum, Terms};
use super::vector::{Vector, dispatch_fused};
use super::windows::largest_magnitude;

/// Up to here a chain of error-free operations is quicker than blocks.
const FEW: usize = 16;

/// More than what a product loses when its error is too small to be a double.
const LOST: f64 = f64::from_bits(8); // 2^-1071

/// Returns Σ x[i] y[i], correctly rounded; the slices are of one length.
///
/// Empty: +0. Infinite only if a term is, or if the exact sum is above the largest finite number.
pub(crate) fn dot<T: Float, R: Float>(x: &[T], y: &[T]) -> R {
    assert_eq!(x.len(), y.len(), "an inner product needs two slices of one length");
    estimate(x, y).and_then(Estimate::rounded).unwrap_or_else(|| exact(x, y).round())
}

/// Returns Σ x[i] y[i] with a bound of its error, or `None` for numbers that leave no room for it.
pub(crate) fn estimate<T: Float>(x: &[T], y: &[T]) -> Option<Estimate> {
    if x.len() <= FEW { Some(chain(x, y)) } else { sum::blocks(&Factored { x, y }) }
}

#[cold]
fn exact<T: Float>(x: &[T], y: &[T]) -> ExactProducts {
    let mut sum = ExactProducts::new();
    sum.add_dot(x, y);
    sum
}

/// Adds few products one after the other, and what was rounded off beside them.
#[inline(always)]
fn chain<T: Float>(x: &[T], y: &[T]) -> Estimate {
    let (mut sum, mut errors) = (0.0, 0.0);
    let (mut magnitude, mut lost) = (0.0, 0.0);
    for (x, y) in x.iter().zip(y) {
        let (x, y) = (x.widen(), y.widen());
        let (product, of_product) = if T::PRODUCTS_ARE_DOUBLES { (x * y, 0.0) } else { two_product(x, y) };
        if product.abs() < SMALL && x != 0.0 && y != 0.0 {
            lost += LOST;
        }
        let of_sum;
        (sum, of_sum) = two_sum(sum, product);
        errors += of_sum + of_product;
        magnitude += of_sum.abs() + of_product.abs();
    }
    // Each step rounds twice, and what is rounded is at most the magnitude: so does that.
    let inexact = 2 * x.len() + 1;
    Estimate { high: sum, low: errors, bound: inexact as f64 * (1.01 * EPSILON) * magnitude + lost }
}

/// The products of two slices of one length.
struct Factored<'a, T> {
    x: &'a [T],
    y: &'a [T],
}

impl<T: Float> Terms for Factored<'_, T> {
    const BLOCK: usize = 512;
    /// What the addition to the sum rounds off, and what the product did.
    const LOW_TERMS: u64 = if T::PRODUCTS_ARE_DOUBLES { 1 } else { 2 };
    const LOST: f64 = if T::PRODUCTS_ARE_DOUBLES { 0.0 } else { LOST };

    fn len(&self) -> usize {
        self.x.len()
    }

    fn largest_exponent(&self, range: Range<usize>) -> Option<i32> {
        let largest = [&self.x[range.clone()], &self.y[range]].map(largest_magnitude);
        if largest.contains(&0.0) && largest.iter().all(|x| x.is_finite()) {
            return Some(sum::ZERO);
        }
        let [x, y] = largest.map(sum::exponent);
        // Larger numbers cannot be split, smaller ones are subnormal.
        (-1000..=900).contains(&x.min(y)).then_some(())?;
        (x.max(y) <= 900).then_some(x + y + 1)
    }

    fn block(&self, range: Range<usize>, shifter: f64) -> Option<BlockSum> {
        block(&self.x[range.clone()], &self.y[range], shifter)
    }
}

#[inline(always)]
fn block_body<V: Vector, T: Float, const VECTORS: usize>(x: &[T], y: &[T], shifter: f64) -> Option<BlockSum> {
    let first = V::splat(shifter);
    let mut high = [first; VECTORS];
    let mut low = [V::splat(0.0); VECTORS];
    let mut outside = [V::splat(0.0); VECTORS];
    let round = VECTORS * V::LANES;
    let (x_chunks, y_chunks) = (x.chunks_exact(round), y.chunks_exact(round));
    let mut last = [[T::default(); 8]; 2];
    for (last, tail) in last.iter_mut().zip([x_chunks.remainder(), y_chunks.remainder()]) {
        last[..tail.len()].copy_from_slice(tail);
    }
    // A macro, because a closure that is not inlined would be compiled without AVX2.
    macro_rules! add {
        ($x:expr, $y:expr) => {
            for slot in 0..VECTORS {
                let (x, y) = (V::widen(&$x[slot * V::LANES..]), V::widen(&$y[slot * V::LANES..]));
                let product = x.mul(y);
                let next = high[slot].add(product);
                let mut rest = product.sub(next.sub(high[slot]));
                if !T::PRODUCTS_ARE_DOUBLES {
                    rest = rest.add(x.product_error(y, product));
                }
                low[slot] = low[slot].add(rest);
                high[slot] = next;
                outside[slot] = outside[slot].or(next.xor(first));
            }
        };
    }
    for (x, y) in x_chunks.zip(y_chunks) {
        add!(x, y);
    }
    let [x_last, y_last] = &last;
    add!(x_last, y_last);
    sum::collect(high, low, outside, shifter)
}

dispatch_fused! {
    fn block[T: Float](x: &[T], y: &[T], shifter: f64) -> Option<BlockSum> = block_body;
}
