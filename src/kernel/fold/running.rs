//! Running sums in two doubles, several stretches of a block at a time.
//!
//! A block is eight stretches of sixteen numbers. Each is added up from 0 on its own, and then moved by what stands
//! before it, so that eight chains of additions are under way at once. The order of arithmetic is the same everywhere.

use super::bounded::two_sum;
use super::element::Float;
use super::exact::ExactTotal;
use super::vector::{Vector, dispatch_eight, two_sum as two_sums};

/// The stretches of a block.
const LANES: usize = 8;

/// The numbers of a stretch.
const EACH: usize = 16;

const BLOCK: usize = LANES * EACH;

/// A running total of two doubles: what the first rounds off goes into the second.
///
/// Reference: S. M. Rump, T. Ogita, S. Oishi, *Accurate floating-point summation*, 2008, Sum2.
#[derive(Default)]
struct Running {
    high: f64,
    low: f64,
    /// The total once it is beyond the largest double, or never a number again.
    exact: Option<Box<ExactTotal>>,
}

impl Running {
    fn add<R: Float>(&mut self, x: f64) -> R {
        if self.exact.is_some() {
            return self.add_exactly(x);
        }
        let (sum, error) = two_sum(self.high, x);
        let low = self.low + error;
        let (now, rest) = two_sum(sum, low);
        if !now.is_finite() {
            return self.add_exactly(x);
        }
        (self.high, self.low) = (sum, low);
        narrow(now, rest)
    }

    #[cold]
    fn add_exactly<R: Float>(&mut self, x: f64) -> R {
        let (high, low) = (self.high, self.low);
        let exact = self.exact.get_or_insert_with(|| {
            let mut exact = Box::<ExactTotal>::default();
            exact.add(high);
            exact.add(low);
            exact
        });
        exact.add(x);
        exact.round()
    }

    /// Goes back to two doubles where they hold the total again.
    fn settle(&mut self) {
        if let Some(exact) = self.exact.as_deref_mut().filter(|exact| exact.round::<f64>().is_finite()) {
            self.high = exact.round::<f64>();
            exact.add(-self.high);
            self.low = exact.round::<f64>();
            self.exact = None;
        }
    }
}

/// Returns `nearest + rest`, of which `nearest` is the double next to it, in one rounding.
///
/// To odd, a double is rounded to a narrower float as the sum is.
/// Reference: S. Boldo, G. Melquiond, *Emulation of a FMA and correctly rounded sums: proved algorithms using rounding to
/// odd*, IEEE Trans. Comput. 57 (2008).
#[inline(always)]
fn narrow<R: Float>(nearest: f64, rest: f64) -> R {
    if !R::PRODUCTS_ARE_DOUBLES {
        return R::narrow(nearest);
    }
    let bits = nearest.to_bits();
    let away = u64::from((rest > 0.0) == (nearest > 0.0));
    let odd = bits.wrapping_add(away).wrapping_sub(1 - away);
    let inexact = (rest != 0.0) & (bits & 1 == 0);
    R::narrow(f64::from_bits(if inexact { odd } else { bits }))
}

/// Fewer numbers than these at the end are added up one by one.
const FEW: usize = 32;

/// Appends the running sums of `x`, each in two doubles until it is rounded.
pub(crate) fn sums<T: Float, R: Float>(x: &[T], out: &mut Vec<R>) {
    let mut total = Running::default();
    let (blocks, rest) = x.as_chunks::<BLOCK>();
    for block in blocks {
        total.add_block(block, BLOCK, out);
    }
    if rest.len() < FEW {
        out.extend(rest.iter().map(|x| total.add::<R>(x.widen())));
    } else {
        let mut block = [T::default(); BLOCK];
        block[..rest.len()].copy_from_slice(rest);
        total.add_block(&block, rest.len(), out);
    }
}

impl Running {
    /// Appends the running sums of the first `len` numbers of `x`; zeros follow them.
    fn add_block<T: Float, R: Float>(&mut self, x: &[T; BLOCK], len: usize, out: &mut Vec<R>) {
        let mut sums = [R::default(); BLOCK];
        self.settle();
        if self.exact.is_none()
            && let Some((high, low)) = block_sums(x, self.high, self.low, &mut sums)
        {
            (self.high, self.low) = (high, low);
            out.extend_from_slice(&sums[..len]);
        } else {
            out.extend(x[..len].iter().map(|x| self.add::<R>(x.widen())));
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
fn block_body<V: Vector, T: Float, R: Float, const VECTORS: usize>(
    x: &[T; BLOCK],
    high: f64,
    low: f64,
    out: &mut [R; BLOCK],
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
    // The sums, and for a narrower type what is rounded off them.
    let (mut sums, mut rests) = ([0.0; BLOCK], [0.0; BLOCK]);
    for part in 0..LANES / V::LANES {
        let first = part * V::LANES;
        let (before, before_low) = (V::load(&before[first..]), V::load(&before_low[first..]));
        for start in (0..EACH).step_by(V::LANES) {
            let (mut square, mut rest) = ([zero; 8], [zero; 8]);
            for place in 0..V::LANES {
                let (sum, error) = two_sums(before, highs[part][start + place]);
                let low = error.add(before_low.add(lows[part][start + place]));
                if R::PRODUCTS_ARE_DOUBLES {
                    (square[place], rest[place]) = two_sums(sum, low);
                } else {
                    square[place] = sum.add(low);
                }
                infinite = infinite.add(square[place].mul(zero));
            }
            V::turn(&mut square);
            if R::PRODUCTS_ARE_DOUBLES {
                V::turn(&mut rest);
            }
            for lane in 0..V::LANES {
                let to = (first + lane) * EACH + start;
                let now = square[lane].to_array();
                for place in 0..V::LANES {
                    sums[to + place] = now[place];
                }
                if R::PRODUCTS_ARE_DOUBLES {
                    let rest = rest[lane].to_array();
                    for place in 0..V::LANES {
                        rests[to + place] = rest[place];
                    }
                }
            }
        }
    }
    for place in 0..BLOCK {
        out[place] = narrow(sums[place], rests[place]);
    }
    let finite = infinite.to_array().iter().all(|x| !x.is_nan()) && high.is_finite();
    finite.then_some((high, low))
}

dispatch_eight! {
    fn block_sums[T: Float, R: Float](x: &[T; BLOCK], high: f64, low: f64, out: &mut [R; BLOCK]) -> Option<(f64, f64)> = block_body;
}
