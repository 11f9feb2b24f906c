//! Skewness, kurtosis and moments from exact sums of the first four powers.

use super::big::{Big, Precision, parts};
use super::dtype::Dtype;
use super::exact::Digits;
use super::names::Family;
use super::number::Number;
use super::request::Request;
use super::sums::variance_of;
use crate::kernel::fold::bounded::Estimate;
use crate::kernel::fold::central_moments::Central;
use crate::kernel::fold::element::Float;
use crate::kernel::fold::exact::{ExactTotal, SUM_UNIT, Special};
use crate::kernel::fold::grid::Block;
use crate::kernel::fold::products::{ExactProducts, PRODUCT_UNIT};
use crate::kernel::fold::sum;

/// Below this, numbers are quicker added one by one.
const FEW: usize = 64;

/// Numbers whose squares are split at a time.
const BLOCK: usize = 1024;

/// The magnitudes of which the square and what was rounded off it are exact.
const SPLITS: core::ops::Range<f64> = f64::from_bits((1023 - 450) << 52)..f64::from_bits((1023 + 450) << 52);

/// Returns x² and what was rounded off it.
///
/// Reference: T. J. Dekker, *A floating-point technique for extending the available precision*, Numer. Math. 18 (1971).
#[inline]
fn square(x: f64) -> (f64, f64) {
    let big = x * 134_217_729.0; // 2²⁷ + 1
    let high = big - (big - x);
    let low = x - high;
    let square = x * x;
    (square, ((high * high - square) + 2.0 * high * low) + low * low)
}

/// Σx, Σx², Σx³ and Σx⁴ as integers in units of the smallest double to that power.
#[derive(Clone, Debug, Default)]
pub(super) struct Powers {
    pub(super) n: u64,
    first: Digits<70, 1074>,
    second: Digits<138, 2148>,
    third: Digits<204, 3222>,
    fourth: Digits<272, 4296>,
}

impl Powers {
    pub(super) fn push(&mut self, block: Block<'_>) {
        self.n += block.len() as u64;
        match block {
            Block::F64(x) => self.floats(x),
            Block::F32(x) => self.floats(x),
            Block::I64(x) => x.iter().for_each(|&x| self.term(x < 0, x.unsigned_abs(), 0)),
            Block::U64(x) => x.iter().for_each(|&x| self.term(false, x, 0)),
        }
    }

    /// Adds floats.
    fn floats<T: Float>(&mut self, x: &[T]) {
        if x.len() < FEW {
            return x.iter().for_each(|x| self.float(x.widen()));
        }
        let mut pieces = Pieces::default();
        let mut wide = [0.0; BLOCK];
        for part in x.chunks(BLOCK) {
            // One kernel for all types.
            wide.iter_mut().zip(part).for_each(|(wide, x)| *wide = x.widen());
            let wide = &wide[..part.len()];
            if !pieces.push(wide) {
                wide.iter().for_each(|&x| self.float(x));
            }
        }
        self.first.add_wide(pieces.first.finite(), SUM_UNIT);
        self.second.add_wide(pieces.second.finite(), PRODUCT_UNIT);
        self.third.add_wide(pieces.third.finite(), PRODUCT_UNIT);
        self.fourth.add_wide(pieces.fourth.finite(), PRODUCT_UNIT);
    }

    fn float(&mut self, x: f64) {
        if x.is_finite() {
            let (significand, exp) = parts(x);
            self.term(x < 0.0, significand, exp);
        } else {
            self.first.special.note(x);
        }
    }

    fn term(&mut self, negative: bool, x: u64, exp: i32) {
        let wide = u128::from(x);
        let square = wide * wide;
        let (high, low) = (square >> 64, square & u128::from(u64::MAX));
        self.first.add(negative, wide, exp);
        self.second.add(false, square, 2 * exp);
        self.third.add(negative, low * wide, 3 * exp);
        self.fourth.add(false, low * low, 4 * exp);
        if high > 0 {
            self.third.add(negative, high * wide, 3 * exp + 64);
            self.fourth.add(false, high * low, 4 * exp + 65);
            self.fourth.add(false, high * high, 4 * exp + 128);
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.n += other.n;
        self.first.merge(&other.first);
        self.second.merge(&other.second);
        self.third.merge(&other.third);
        self.fourth.merge(&other.fourth);
    }

    pub(super) fn special(&self) -> Special {
        self.first.special
    }

    pub(super) fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.n.to_le_bytes());
        self.first.write(bytes);
        self.second.write(bytes);
        self.third.write(bytes);
        self.fourth.write(bytes);
    }

    pub(super) fn read(bytes: &mut crate::exact::bytes::FieldReader<'_>) -> crate::error::Result<Self> {
        Ok(Self {
            n: bytes.u64()?,
            first: Digits::read(bytes)?,
            second: Digits::read(bytes)?,
            third: Digits::read(bytes)?,
            fourth: Digits::read(bytes)?,
        })
    }

    /// Appends mean, variance, deviation, skew, kurtosis or the central moments.
    ///
    /// With the sums S₁..S₄ all is a quotient of integers: A = n²m₂ = nS₂ − S₁²,
    /// B = n³m₃ = n²S₃ − 3nS₁S₂ + 2S₁³, C = n⁴m₄ = n³S₄ − 4n²S₁S₃ + 6nS₁²S₂ − 3S₁⁴.
    pub(super) fn finish(&self, request: &Request, results: &mut Vec<Number>) {
        let width = if request.family == Family::Moments { request.order } else { 1 };
        if let (Family::Mean, Some(special)) = (request.family, self.special().value()) {
            return results.push(Number::F(special));
        }
        if self.n == 0 || self.special().value().is_some() {
            return results.extend(core::iter::repeat_n(Number::F(f64::NAN), width));
        }
        let int = |value: i128| Big::from_i128(value);
        let n = Big::from_u64(self.n);
        let (s1, s2) = (self.first.value(), self.second.value());
        match request.family {
            Family::Mean => return results.push(Number::F(s1.divided_by(&n, false, request.precision()))),
            Family::Var | Family::Std => {
                return results.push(Number::F(variance_of(self.n, [s1], &s2, request)));
            }
            _ => {}
        }
        let (s3, s4) = (self.third.value(), self.fourth.value());
        let product = |list: &[&Big]| list.iter().fold(int(1), |product, x| product.mul(x));
        let a = n.mul(&s2).sub(&s1.mul(&s1));
        let b = product(&[&n, &n, &s3]).sub(&product(&[&int(3), &n, &s1, &s2])).add(&product(&[
            &int(2),
            &s1,
            &s1,
            &s1,
        ]));
        let c = product(&[&n, &n, &n, &s4])
            .sub(&product(&[&int(4), &n, &n, &s1, &s3]))
            .add(&product(&[&int(6), &n, &s1, &s1, &s2]))
            .sub(&product(&[&int(3), &s1, &s1, &s1, &s1]));
        let to: Precision = request.precision();
        let count = i128::from(self.n);
        match request.family {
            Family::Moments => {
                let quotients = [(s1, 1), (a, 2), (b, 3), (c, 4)];
                results.extend(quotients.iter().take(width).map(|(numerator, power)| {
                    let divisor = product(&vec![&n; *power]);
                    Number::F(numerator.divided_by(&divisor, false, to))
                }));
            }
            _ if a.is_zero() => results.push(Number::F(f64::NAN)),
            Family::Skew => {
                let (mut numerator, mut divisor) = (b.mul(&b), product(&[&a, &a, &a]));
                if !request.bias && self.n > 2 {
                    numerator = numerator.mul(&int(count * (count - 1)));
                    divisor = divisor.mul(&int((count - 2) * (count - 2)));
                }
                let size = numerator.divided_by(&divisor, true, to);
                results.push(Number::F(if b.is_negative() { -size } else { size }));
            }
            _ => {
                let square = a.mul(&a);
                let (mut numerator, mut divisor) = (c, square.clone());
                let mut excess = if request.fisher { -3 } else { 0 };
                if !request.bias && self.n > 3 {
                    let shift = square.mul(&int(3 * (count - 1) * (count - 1)));
                    numerator = numerator.mul(&int(count * count - 1)).sub(&shift);
                    divisor = divisor.mul(&int((count - 2) * (count - 3)));
                    excess += 3;
                }
                let numerator = numerator.add(&divisor.mul(&int(excess)));
                results.push(Number::F(numerator.divided_by(&divisor, false, to)));
            }
        }
    }
}

/// Σx, Σx², Σx³ and Σx⁴ of many numbers: x² is two doubles, h + l, exactly, so that these are inner products of x, h and l.
#[derive(Default)]
struct Pieces {
    first: ExactTotal,
    second: ExactProducts,
    third: ExactProducts,
    fourth: ExactProducts,
}

impl Pieces {
    /// Adds up to [`BLOCK`] numbers; `false`, and nothing is added: there is one whose square has no such doubles.
    fn push(&mut self, x: &[f64]) -> bool {
        if !x.iter().all(|x| SPLITS.contains(&x.abs()) || *x == 0.0) {
            return false;
        }
        let [mut high, mut twice, mut low] = [[0.0; BLOCK]; 3];
        for (i, &x) in x.iter().enumerate() {
            (high[i], low[i]) = square(x);
            twice[i] = 2.0 * high[i];
        }
        let [high, twice, low] = [&high, &twice, &low].map(|list| &list[..x.len()]);
        self.first.add_slice(x);
        self.second.add_dot(x, x);
        self.third.add_dot(high, x);
        self.third.add_dot(low, x);
        self.fourth.add_dot(high, high);
        self.fourth.add_dot(twice, low);
        self.fourth.add_dot(low, low);
        true
    }
}

/// Appends skew, kurtosis or moments of a lane without NaN and returns true, if sums in two doubles decide how they
/// are rounded.
pub(super) fn estimated(block: Block<'_>, request: &Request, results: &mut Vec<Number>) -> bool {
    let (mean, central) = match (block, request.out) {
        (Block::F64(x), Dtype::F64) => about_mean(x),
        (Block::F32(x), Dtype::F32) => about_mean(x),
        _ => return false,
    };
    let start = results.len();
    let found = central.and_then(|central| {
        if request.family != Family::Moments {
            results.push(figure(&central, request)?);
            return Some(());
        }
        results.push(Number::F(mean));
        for power in 2..=request.order {
            results.push(rounded(central.moment(power), request)?);
        }
        Some(())
    });
    if found.is_none() {
        results.truncate(start);
    }
    found.is_some()
}

fn about_mean<T: Float>(x: &[T]) -> (f64, Option<Central>) {
    let mean = sum::mean::<T, T>(x).widen();
    (mean, Central::new(x, mean))
}

/// Returns skew or kurtosis, if the sums decide how it is rounded.
pub(super) fn figure(central: &Central, request: &Request) -> Option<Number> {
    let estimate = match request.family {
        Family::Skew => central.skew(request.bias),
        _ => central.kurtosis(request.bias, request.fisher)?,
    };
    rounded(estimate, request)
}

fn rounded(estimate: Estimate, request: &Request) -> Option<Number> {
    Some(Number::F(match request.out {
        Dtype::F32 => f64::from(estimate.rounded::<f32>()?),
        _ => estimate.rounded::<f64>()?,
    }))
}
