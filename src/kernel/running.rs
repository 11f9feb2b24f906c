//! Running sums in two doubles, several stretches of a block at a time.
//!
//! A block is eight stretches of sixteen numbers. Each is added up from 0 on its own, and then moved by what stands
//! before it, so that eight chains of additions are under way at once. The order of arithmetic is the same everywhere.

use super::element::Float;
use super::estimate::two_sum;
use super::vector::{Vector, dispatch_vector};

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

/// A block, and what is known of each stretch at each place.
struct Block {
    x: [f64; BLOCK],
    highs: [[f64; LANES]; EACH],
    lows: [[f64; LANES]; EACH],
    out: [f64; BLOCK],
}

/// Appends the running sums of `x`.
pub(crate) fn sums<T: Float, R: Float>(x: &[T], out: &mut Vec<R>) {
    let mut total = Running::default();
    let mut block =
        Block { x: [0.0; BLOCK], highs: [[0.0; LANES]; EACH], lows: [[0.0; LANES]; EACH], out: [0.0; BLOCK] };
    for part in x.chunks(BLOCK) {
        if part.len() == BLOCK && total.special.is_none() {
            for (wide, x) in block.x.iter_mut().zip(part) {
                *wide = x.widen();
            }
            if let Some((high, low)) = block_sums(&mut block, total.high, total.low) {
                (total.high, total.low) = (high, low);
                out.extend(block.out.iter().map(|&sum| R::narrow(sum)));
                continue;
            }
        }
        out.extend(part.iter().map(|x| R::narrow(total.add(x.widen()))));
    }
}

/// Writes the running sums of a block after `high + low` and returns the last of them; `None`: one was
/// not finite.
#[inline(always)]
#[expect(clippy::manual_memcpy, reason = "a call for a few numbers takes longer than they do")]
fn block_body<V: Vector, const VECTORS: usize>(block: &mut Block, high: f64, low: f64) -> Option<(f64, f64)> {
    let zero = V::splat(0.0);
    let Block { x, highs, lows, out } = block;
    for first in (0..LANES).step_by(VECTORS * V::LANES) {
        let (mut sums, mut errors) = ([zero; VECTORS], [zero; VECTORS]);
        for place in 0..EACH {
            for slot in 0..VECTORS {
                let lanes = first + slot * V::LANES;
                let mut eight = [0.0; LANES];
                for lane in 0..V::LANES {
                    eight[lane] = x[(lanes + lane) * EACH + place];
                }
                let (sum, error) = two_sums(sums[slot], V::load(&eight));
                sums[slot] = sum;
                errors[slot] = errors[slot].add(error);
                let (sum, error) = (sum.to_array(), errors[slot].to_array());
                for lane in 0..V::LANES {
                    highs[place][lanes + lane] = sum[lane];
                    lows[place][lanes + lane] = error[lane];
                }
            }
        }
    }
    let (mut before, mut before_low) = ([0.0; LANES], [0.0; LANES]);
    let (mut high, mut low) = (high, low);
    for lane in 0..LANES {
        (before[lane], before_low[lane]) = (high, low);
        let (sum, error) = two_sum(high, highs[EACH - 1][lane]);
        (high, low) = (sum, low + (lows[EACH - 1][lane] + error));
    }
    let mut infinite = zero;
    for first in (0..LANES).step_by(V::LANES) {
        let (before, before_low) = (V::load(&before[first..]), V::load(&before_low[first..]));
        for place in 0..EACH {
            let (sum, error) = two_sums(before, V::load(&highs[place][first..]));
            let now = sum.add(error.add(before_low.add(V::load(&lows[place][first..]))));
            infinite = infinite.add(now.mul(zero));
            let lanes = now.to_array();
            for lane in 0..V::LANES {
                out[(first + lane) * EACH + place] = lanes[lane];
            }
        }
    }
    let finite = infinite.to_array().iter().all(|x| !x.is_nan()) && high.is_finite();
    finite.then_some((high, low))
}

/// Knuth's TwoSum, as [`two_sum`].
#[inline(always)]
fn two_sums<V: Vector>(a: V, b: V) -> (V, V) {
    let sum = a.add(b);
    let of_b = sum.sub(a);
    (sum, a.sub(sum.sub(of_b)).add(b.sub(of_b)))
}

dispatch_vector! {
    fn block_sums[](block: &mut Block, high: f64, low: f64) -> Option<(f64, f64)> = block_body;
}
