//! Running sums in two doubles, several stretches of a block at a time.
//!
//! A block is eight stretches of sixteen numbers. Each is added up from 0 on its own, and then moved by what stands
//! before it, so that eight chains of additions are under way at once. The order of arithmetic is the same everywhere.

use super::element::Float;
use super::estimate::two_sum;
use super::vector::{Vector, dispatch_eight, two_sum as two_sums};

/// The stretches of a block.
const LANES: usize = 8;

/// The numbers of a stretch.
const EACH: usize = 16;

const BLOCK: usize = LANES * EACH;

/// A running total of two doubles: what the first rounds off goes into the second.
///
/// Reference: S. M. Rump, T. Ogita, S. Oishi, *Accurate floating-point summation*, 2008, Sum2.
#[derive(Clone, Copy, Default)]
struct Running {
    high: f64,
    low: f64,
    /// The total in plain doubles, once it is no longer finite.
    special: Option<f64>,
}

impl Running {
    #[inline(always)]
    fn add(&mut self, x: f64) -> f64 {
        if let Some(special) = self.special {
            let now = canonical(special + x);
            self.special = Some(now);
            return now;
        }
        let (sum, error) = two_sum(self.high, x);
        if !sum.is_finite() {
            self.special = Some(canonical(sum));
            return canonical(sum);
        }
        self.low += error;
        self.high = sum;
        self.high + self.low
    }
}

#[inline(always)]
fn canonical(x: f64) -> f64 {
    if x.is_nan() { f64::NAN } else { x }
}

/// Fewer numbers than these at the end are added up one by one.
const FEW: usize = 32;

/// Appends the running sums of `x`.
pub(crate) fn sums<T: Float, R: Float>(x: &[T], out: &mut Vec<R>) {
    let mut total = Running::default();
    let (blocks, rest) = x.as_chunks::<BLOCK>();
    for block in blocks {
        total.add_block(block, BLOCK, out);
    }
    if rest.len() < FEW {
        out.extend(rest.iter().map(|x| R::narrow(total.add(x.widen()))));
    } else {
        let mut block = [T::default(); BLOCK];
        block[..rest.len()].copy_from_slice(rest);
        total.add_block(&block, rest.len(), out);
    }
}

impl Running {
    /// Appends the running sums of the first `len` numbers of `x`; zeros follow them.
    fn add_block<T: Float, R: Float>(&mut self, x: &[T; BLOCK], len: usize, out: &mut Vec<R>) {
        let mut sums = [0.0; BLOCK];
        if self.special.is_none()
            && let Some((high, low)) = block_sums(x, self.high, self.low, &mut sums)
        {
            (self.high, self.low) = (high, low);
            out.extend(sums[..len].iter().map(|&sum| R::narrow(sum)));
        } else {
            out.extend(x[..len].iter().map(|x| R::narrow(self.add(x.widen()))));
        }
    }
}

/// Writes the running sums of a block after `high + low` and returns the last of them; `None`: one was
/// not finite.
#[inline(always)]
#[expect(clippy::manual_memcpy, reason = "a call for a few numbers takes longer than they do")]
#[expect(
    clippy::needless_range_loop,
    reason = "lanes by their number: a closure that is not inlined is not AVX2"
)]
fn block_body<V: Vector, T: Float, const VECTORS: usize>(
    x: &[T; BLOCK],
    high: f64,
    low: f64,
    out: &mut [f64; BLOCK],
) -> Option<(f64, f64)> {
    let zero = V::splat(0.0);
    // What is known of each stretch at each place, for as many vectors as hold all stretches.
    let (mut highs, mut lows) = ([[zero; EACH]; LANES / 2], [[zero; EACH]; LANES / 2]);
    for first in (0..LANES / V::LANES).step_by(VECTORS) {
        let (mut sums, mut errors) = ([zero; VECTORS], [zero; VECTORS]);
        for start in (0..EACH).step_by(V::LANES) {
            let mut squares = [[zero; 8]; VECTORS];
            for slot in 0..VECTORS {
                for lane in 0..V::LANES {
                    let stretch = (first + slot) * V::LANES + lane;
                    squares[slot][lane] = V::widen(&x[stretch * EACH + start..]);
                }
                V::turn(&mut squares[slot]);
            }
            for place in 0..V::LANES {
                for slot in 0..VECTORS {
                    let (sum, error) = two_sums(sums[slot], squares[slot][place]);
                    sums[slot] = sum;
                    errors[slot] = errors[slot].add(error);
                    highs[first + slot][start + place] = sum;
                    lows[first + slot][start + place] = errors[slot];
                }
            }
        }
    }
    let (mut before, mut before_low) = ([0.0; LANES], [0.0; LANES]);
    let (mut high, mut low) = (high, low);
    for part in 0..LANES / V::LANES {
        let (all, all_low) = (highs[part][EACH - 1].to_array(), lows[part][EACH - 1].to_array());
        for lane in 0..V::LANES {
            (before[part * V::LANES + lane], before_low[part * V::LANES + lane]) = (high, low);
            let (sum, error) = two_sum(high, all[lane]);
            (high, low) = (sum, low + (all_low[lane] + error));
        }
    }
    let mut infinite = zero;
    for part in 0..LANES / V::LANES {
        let first = part * V::LANES;
        let (before, before_low) = (V::load(&before[first..]), V::load(&before_low[first..]));
        for start in (0..EACH).step_by(V::LANES) {
            let mut square = [zero; 8];
            for place in 0..V::LANES {
                let (sum, error) = two_sums(before, highs[part][start + place]);
                let now = sum.add(error.add(before_low.add(lows[part][start + place])));
                infinite = infinite.add(now.mul(zero));
                square[place] = now;
            }
            V::turn(&mut square);
            for lane in 0..V::LANES {
                let now = square[lane].to_array();
                let to = (first + lane) * EACH + start;
                for place in 0..V::LANES {
                    out[to + place] = now[place];
                }
            }
        }
    }
    let finite = infinite.to_array().iter().all(|x| !x.is_nan()) && high.is_finite();
    finite.then_some((high, low))
}

dispatch_eight! {
    fn block_sums[T: Float](x: &[T; BLOCK], high: f64, low: f64, out: &mut [f64; BLOCK]) -> Option<(f64, f64)> = block_body;
}
