//! Sums of the first four powers of the distances from a center, in two doubles, with a bound of their error.
//!
//! A distance `x - c` is d + e exactly; its powers are made of error-free products, so that each term is a pair of
//! doubles whose sum errs by some u² of it (u = 2⁻⁵³), and the pairs are added as in Sum2. What is left undecided
//! by the bounds is for exact integers.
//!
//! Reference: T. Ogita, S. M. Rump, S. Oishi, *Accurate sum and dot product*, SIAM J. Sci. Comput. 26 (2005),
//! algorithm 4.4 and proposition 4.5.

use super::bounded::{EPSILON, Estimate};
use super::element::Float;
use super::vector::{Vector, dispatch_fused, for_each_vector, two_sum};

/// Elements after which the lanes are emptied.
const BLOCK: usize = 1024;

/// The most numbers that a lane of a block gets: with two lanes, and one round of filling.
const TERMS: f64 = (BLOCK / 2 + 4) as f64;

/// Within these Σ(x − c)² and Σ(x − c)⁴, no distance is above 2²⁰⁰ and no intermediate value overflows.
const SQUARES: core::ops::Range<f64> = 1e-75..1e120;
const FOURTHS: f64 = 1e240;

/// What a term loses to underflow, at most: some 2⁻¹⁰⁷⁰, times the square of the largest distance.
const LOST: f64 = 1e-180;

/// Central sums of n numbers: Σ(x − mean)ᵏ for k = 2, 3, 4.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Central {
    n: f64,
    powers: [Estimate; 3],
}

impl Central {
    /// Returns the sums, `center` being a number near the mean; `None` where they cannot be had this way.
    pub(crate) fn new<T: Float>(x: &[T], center: f64) -> Option<Self> {
        let mut sums = [Estimate::ZERO; 4];
        let mut wide = [0.0; BLOCK];
        for part in x.chunks(BLOCK) {
            // One kernel for all types.
            wide.iter_mut().zip(part).for_each(|(wide, x)| *wide = x.widen());
            for (sum, part) in sums.iter_mut().zip(block(&wide[..part.len()], center)) {
                for (high, low) in part[0].into_iter().zip(part[1]) {
                    *sum = sum.plus(high).plus(low);
                }
            }
        }
        Self::of_sums(x.len() as f64, sums)
    }

    /// Returns the sums about the mean, from those of n distances from a center.
    fn of_sums(n: f64, mut sums: [Estimate; 4]) -> Option<Self> {
        let [_, second, _, fourth] = sums.map(|sum| sum.high);
        if !(SQUARES.contains(&second) && fourth < FOURTHS) {
            return None;
        }
        // A term is off by 40 u² of its magnitude at most, before and besides the additions: of the m in a lane,
        // those of the high parts yield errors of m u A, A being the sum of magnitudes; these and the low parts,
        // below 8 u A, are added in 2 m steps, each of which errs by u of what is there. By Cauchy and Schwarz
        // Σ|d| ≤ √(n Σd²) and Σ|d|³ ≤ √(Σd² Σd⁴); 1.01 is more than what rounds off here.
        let error = (40.0 + 2.0 * (TERMS + 2.0) * (TERMS + 10.0)) * (EPSILON * EPSILON) * 1.01;
        let magnitudes = [(n * second).sqrt(), second, second.sqrt() * fourth.sqrt(), fourth];
        for (sum, magnitude) in sums.iter_mut().zip(magnitudes) {
            sum.bound += error * magnitude + n * LOST;
            *sum = sum.normalized();
        }
        // About the mean, which is δ from the center: S₂ − nδ², S₃ − 3δS₂ + 2nδ³, S₄ − 4δS₃ + 6δ²S₂ − 3nδ⁴.
        let [first, second, third, fourth] = sums;
        let delta = first.divided_by(n);
        let square = delta.times(delta).scaled_by(n);
        let minus = |a: Estimate, b: Estimate| a.plus_estimate(b.negated()).normalized();
        let cubes = minus(second.scaled_by(3.0), square.scaled(2.0));
        let quads =
            minus(third.scaled(4.0), delta.times(minus(second.scaled_by(6.0), square.scaled_by(3.0))));
        let powers =
            [minus(second, square), minus(third, delta.times(cubes)), minus(fourth, delta.times(quads))];
        Some(Self { n, powers })
    }

    /// Returns the sum of squares divided by `divisor`.
    pub(crate) fn variance(&self, divisor: f64) -> Estimate {
        self.powers[0].divided_by(divisor)
    }

    /// Returns the central moment of that power, 2 to 4.
    pub(crate) fn moment(&self, power: usize) -> Estimate {
        self.powers[power - 2].divided_by(self.n)
    }

    /// Returns m₃ / m₂^1.5, times √(n (n − 1)) / (n − 2) without bias.
    pub(crate) fn skew(&self, bias: bool) -> Estimate {
        let [second, third, _] = self.powers;
        let skew = third.divided_by_estimate(second.times(second.divided_by(self.n).sqrt()));
        if bias || self.n <= 2.0 {
            return skew;
        }
        let n = self.n as i128;
        skew.times(Estimate::of_integer(n * (n - 1)).sqrt()).divided_by(self.n - 2.0)
    }

    /// Returns m₄ / m₂², or without bias Fisher's k-statistic plus 3; `excess` less 3. `None` for too many numbers.
    pub(crate) fn kurtosis(&self, bias: bool, excess: bool) -> Option<Estimate> {
        let [second, _, fourth] = self.powers;
        let n = self.n;
        let kurtosis = fourth.scaled_by(n).divided_by_estimate(second.times(second));
        let mut shift = if excess { -3.0 } else { 0.0 };
        let mut result = kurtosis;
        if !bias && n > 3.0 {
            if n > 67_108_864.0 {
                return None; // the divisor is no longer a float
            }
            let few = 3.0 * (n - 1.0) * (n - 1.0);
            result =
                kurtosis.scaled_by(n * n - 1.0).plus(-few).normalized().divided_by((n - 2.0) * (n - 3.0));
            shift += 3.0;
        }
        Some(result.plus(shift).normalized())
    }
}

/// Returns for each power the lanes of the sums' high and low parts.
#[inline(always)]
fn block_body<V: Vector, const VECTORS: usize>(block: &[f64], center: f64) -> [[[f64; 8]; 2]; 4] {
    let zero = V::splat(0.0);
    let minus_center = V::splat(-center);
    let half = V::splat(1.5);
    let mut high = [zero; 4];
    let mut low = [zero; 4];
    for_each_vector!(V, VECTORS, block, center, |_slot, x| {
        let (d, e) = two_sum(x, minus_center);
        let square = d.mul(d);
        let twice = d.mul(e).add(d.mul(e));
        let square_error = d.product_error(d, square);
        let square_low = square_error.add(twice); // x² is square + square_low
        let cube = square.mul(d);
        let cube_low = square.product_error(d, cube).add(d.mul(square_error.add(half.mul(twice))));
        let fourth = square.mul(square);
        let cross = square.mul(square_low);
        let fourth_low = square.product_error(square, fourth).add(cross.add(cross));
        let terms = [(d, e), (square, square_low), (cube, cube_low), (fourth, fourth_low)];
        for (power, (term, rest)) in terms.into_iter().enumerate() {
            let error;
            (high[power], error) = two_sum(high[power], term);
            low[power] = low[power].add(error.add(rest));
        }
    });
    core::array::from_fn(|power| [high[power].to_array(), low[power].to_array()])
}

dispatch_fused! {
    fn block[](x: &[f64], center: f64) -> [[[f64; 8]; 2]; 4] = block_body;
}
