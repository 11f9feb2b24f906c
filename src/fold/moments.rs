//! Skewness, kurtosis and moments from exact sums of the first four powers.

use super::dtype::Dtype;
use super::names::Family;
use super::number::Number;
use super::request::Request;
use super::sums::variance_of;
use crate::error::Result;
use crate::exact::bytes::{FieldReader, corrupt};
use crate::kernel::fold::bounded::Estimate;
use crate::kernel::fold::central_moments::Central;
use crate::kernel::fold::element::Float;
use crate::kernel::fold::exact::{Exact, ExactCubes, ExactFourths, ExactProducts, ExactTotal, Special};
use crate::kernel::fold::grid::Block;
use crate::kernel::fold::ratio::Ratio;
use crate::kernel::fold::round::Precision;
use crate::kernel::fold::round::decompose;
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
    first: ExactTotal,
    second: ExactProducts,
    third: ExactCubes,
    fourth: ExactFourths,
}

impl Powers {
    pub(super) fn push(&mut self, block: Block<'_>) {
        self.n += block.len() as u64;
        match block {
            Block::F64(x) => self.floats(x),
            Block::F32(x) => self.floats(x),
            _ if !block.is_beyond_doubles() => {
                let mut wide = Vec::with_capacity(BLOCK.min(block.len()));
                for start in (0..block.len()).step_by(BLOCK) {
                    wide.clear();
                    block.part(start, BLOCK.min(block.len() - start)).append_doubles(&mut wide);
                    self.floats(&wide);
                }
            }
            Block::I64(x) => x.iter().for_each(|&x| self.term(x < 0, x.unsigned_abs(), 0)),
            Block::U64(x) => x.iter().for_each(|&x| self.term(false, x, 0)),
        }
    }

    /// Adds floats.
    fn floats<T: Float>(&mut self, x: &[T]) {
        if x.len() < FEW {
            return x.iter().for_each(|x| self.float(x.widen()));
        }
        let (mut third, mut fourth) = (ExactProducts::new(), ExactProducts::new());
        let mut wide = [0.0; BLOCK];
        for part in x.chunks(BLOCK) {
            // One kernel for all types.
            wide.iter_mut().zip(part).for_each(|(wide, x)| *wide = x.widen());
            let wide = &wide[..part.len()];
            if !wide.iter().all(|x| SPLITS.contains(&x.abs()) || *x == 0.0) {
                wide.iter().for_each(|&x| self.float(x));
                continue;
            }
            // x² is h + l exactly, and so these are inner products of x, h and l.
            let [mut high, mut twice, mut low] = [[0.0; BLOCK]; 3];
            for (i, &x) in wide.iter().enumerate() {
                (high[i], low[i]) = square(x);
                twice[i] = 2.0 * high[i];
            }
            let [high, twice, low] = [&high, &twice, &low].map(|list| &list[..wide.len()]);
            self.first.add_slice(wide);
            self.second.add_squares(wide);
            third.add_dot(high, wide);
            third.add_dot(low, wide);
            fourth.add_dot(high, high);
            fourth.add_dot(twice, low);
            fourth.add_dot(low, low);
        }
        self.third.add_finite(&third);
        self.fourth.add_finite(&fourth);
    }

    fn float(&mut self, x: f64) {
        if x.is_finite() {
            let (mantissa, exp) = decompose(x);
            self.term(mantissa < 0, mantissa.unsigned_abs(), exp);
        } else {
            self.first.note(x);
        }
    }

    fn term(&mut self, negative: bool, x: u64, exp: i32) {
        let square = u128::from(x) * u128::from(x);
        let [low, high] = [square as u64, (square >> 64) as u64];
        // Of 128 bits without a sign, in two halves.
        let halves = |a: u64, b: u64| {
            let product = u128::from(a) * u128::from(b);
            [(product as u64 as i128, 0), ((product >> 64) as i128, 64)]
        };
        let sign = if negative { -1 } else { 1 };
        self.first.add_scaled(sign * i128::from(x), exp);
        self.second.add_scaled(low.into(), 2 * exp);
        for (part, at) in halves(low, x) {
            self.third.add_scaled(sign * part, 3 * exp + at);
        }
        for (part, at) in halves(low, low) {
            self.fourth.add_scaled(part, 4 * exp + at);
        }
        if high > 0 {
            self.second.add_scaled(high.into(), 2 * exp + 64);
            for (part, at) in halves(high, x) {
                self.third.add_scaled(sign * part, 3 * exp + 64 + at);
            }
            for (part, at) in halves(high, low) {
                self.fourth.add_scaled(part, 4 * exp + 65 + at);
            }
            for (part, at) in halves(high, high) {
                self.fourth.add_scaled(part, 4 * exp + 128 + at);
            }
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.n += other.n;
        self.first.merge(&other.first);
        self.second.merge(&other.second);
        self.third.merge(&other.third);
        self.fourth.merge(&other.fourth);
    }

    pub(super) fn special(&self) -> Option<f64> {
        self.first.special()
    }

    pub(super) fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.n.to_le_bytes());
        write(&self.first, bytes);
        write(&self.second, bytes);
        write(&self.third, bytes);
        write(&self.fourth, bytes);
    }

    pub(super) fn read(bytes: &mut FieldReader<'_>) -> Result<Self> {
        Ok(Self {
            n: bytes.u64()?,
            first: read(bytes)?,
            second: read(bytes)?,
            third: read(bytes)?,
            fourth: read(bytes)?,
        })
    }

    /// Appends mean, variance, deviation, skew, kurtosis or the central moments.
    ///
    /// With the sums S₁..S₄ all is a quotient of integers: A = n²m₂ = nS₂ − S₁²,
    /// B = n³m₃ = n²S₃ − 3nS₁S₂ + 2S₁³, C = n⁴m₄ = n³S₄ − 4n²S₁S₃ + 6nS₁²S₂ − 3S₁⁴.
    pub(super) fn finish(&self, request: &Request, results: &mut Vec<Number>) {
        let width = if request.family == Family::Moments { request.order } else { 1 };
        if let (Family::Mean, Some(special)) = (request.family, self.special()) {
            return results.push(Number::F(special));
        }
        if self.n == 0 || self.special().is_some() {
            return results.extend(core::iter::repeat_n(Number::F(f64::NAN), width));
        }
        let int = |value: i128| Ratio::from_i128(value);
        let n = Ratio::from_u64(self.n);
        let (s1, s2) = (self.first.value(), self.second.value());
        match request.family {
            Family::Mean => return results.push(Number::F(s1.divided_by(&n, false, request.precision()))),
            Family::Var | Family::Std => {
                return results.push(Number::F(variance_of(self.n, [s1], &s2, request)));
            }
            _ => {}
        }
        let (s3, s4) = (self.third.value(), self.fourth.value());
        let product = |list: &[&Ratio]| list.iter().fold(int(1), |product, x| product.mul(x));
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

/// Appends a sum: equal sums give equal bytes.
fn write<const LIMBS: usize, const UNIT: i32>(sum: &Exact<LIMBS, UNIT>, bytes: &mut Vec<u8>) {
    let Special { nan, positive, negative } = sum.specials();
    bytes.extend([u8::from(nan), u8::from(positive), u8::from(negative)]);
    sum.value().write(bytes);
}

/// Reads what [`write`] wrote.
fn read<const LIMBS: usize, const UNIT: i32>(bytes: &mut FieldReader<'_>) -> Result<Exact<LIMBS, UNIT>> {
    let mut flag = || Result::Ok(bytes.u8()? != 0);
    let mut sum = Exact::of_specials(Special { nan: flag()?, positive: flag()?, negative: flag()? });
    let sign = if bytes.u8()? != 0 { -1 } else { 1 };
    let exp = bytes.u64()? as i64;
    let len = bytes.len(8)?;
    let most = 64 * LIMBS as i64 + i64::from(UNIT);
    let end = exp.checked_add(64 * len as i64).filter(|&end| end <= most);
    if len > 0 && (end.is_none() || exp < i64::from(UNIT)) {
        return Err(corrupt("a sum is out of range"));
    }
    let mut any = 0;
    for i in 0..len {
        let limb = bytes.u64()?;
        sum.add_scaled(sign * i128::from(limb), exp as i32 + 64 * i as i32);
        any |= limb;
    }
    if sum.is_negative() != (sign < 0 && any != 0) {
        return Err(corrupt("a sum is out of range"));
    }
    Ok(sum)
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
