//! The exact sum: add any numbers in any order, merge, round once.

use super::element::Float;
use super::round::{Leading, NOT_FINITE, decompose};
use super::wide::Wide;

/// The exact sum of floats, as a value that can be added to, merged and stored.
///
/// The finite part is an integer multiple of 2⁻¹⁰⁷⁴ that is wide enough for 2⁷⁶ terms of the
/// largest magnitude: nothing is rounded before the result is asked for, so the result does not
/// depend on the order of the terms or on how they were split. Infinities and NaN are remembered
/// beside it.
///
/// Reference: R. M. Neal, *Fast exact summation using small and large superaccumulators*,
/// arXiv:1505.05571; here with plain two's complement, because [windows](super::windows) leave few additions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ExactTotal {
    finite: Wide<SUM_LIMBS>,
    special: Special,
}

/// 2098 bits hold every finite `f64`; the other 78 are the sign and the headroom for carries.
pub(crate) const SUM_LIMBS: usize = 34;

/// The exponent of the lowest bit of [`ExactTotal`]: that of the smallest subnormal `f64`.
pub(crate) const SUM_UNIT: i32 = -1074;

/// Which infinities and NaNs were among the terms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Special {
    pub(crate) nan: bool,
    pub(crate) positive: bool,
    pub(crate) negative: bool,
}

impl Special {
    /// Notes `x`, which is not finite.
    #[cold]
    pub(crate) fn note(&mut self, x: f64) {
        self.nan |= x.is_nan();
        self.positive |= x == f64::INFINITY;
        self.negative |= x == f64::NEG_INFINITY;
    }

    pub(crate) fn merge(&mut self, other: Self) {
        self.nan |= other.nan;
        self.positive |= other.positive;
        self.negative |= other.negative;
    }

    /// Returns the byte that stands for the value in a stored state.
    pub(crate) fn code(value: Option<f64>) -> u8 {
        match value {
            None => 0,
            Some(f64::INFINITY) => 1,
            Some(f64::NEG_INFINITY) => 2,
            Some(_) => 3,
        }
    }

    /// Returns what [`code`](Self::code) stands for.
    pub(crate) fn of_code(code: u8) -> Result<Self, &'static str> {
        match code {
            0 => Ok(Self::default()),
            1 => Ok(Self { positive: true, ..Self::default() }),
            2 => Ok(Self { negative: true, ..Self::default() }),
            3 => Ok(Self { nan: true, ..Self::default() }),
            _ => Err("unknown kind of sum"),
        }
    }

    /// Returns what the sum is if it is not finite.
    #[inline]
    pub(crate) fn value(self) -> Option<f64> {
        match self {
            Self { nan: false, positive: false, negative: false } => None,
            Self { nan: false, positive: true, negative: false } => Some(f64::INFINITY),
            Self { nan: false, positive: false, negative: true } => Some(f64::NEG_INFINITY),
            _ => Some(f64::NAN),
        }
    }
}

impl Default for ExactTotal {
    fn default() -> Self {
        Self::new()
    }
}

impl ExactTotal {
    /// Returns the sum of nothing.
    pub(crate) fn new() -> Self {
        Self { finite: Wide::ZERO, special: Special::default() }
    }

    /// Adds one number.
    #[inline]
    pub(crate) fn add(&mut self, x: f64) {
        let (mantissa, exponent) = decompose(x);
        if exponent == NOT_FINITE {
            self.special.note(x);
        } else {
            self.finite.add_shifted(i128::from(mantissa), (exponent - SUM_UNIT) as u32);
        }
    }

    /// Adds the exact value of `value * 2^exponent`; `exponent` is at least −1074 and the value
    /// is below 2¹⁰⁹⁶.
    #[inline]
    pub(crate) fn add_scaled(&mut self, value: i128, exponent: i32) {
        self.finite.add_shifted(value, (exponent - SUM_UNIT) as u32);
    }

    /// Adds what another sum holds.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.finite.add(&other.finite);
        self.special.merge(other.special);
    }

    /// Returns whether a NaN, or infinities of both signs, or one infinity was added: then that
    /// is the value.
    pub(crate) fn special(&self) -> Option<f64> {
        self.special.value()
    }

    /// Returns the leading bits of the finite part.
    pub(crate) fn leading(&self) -> Leading {
        Leading::of_wide(&self.finite, SUM_UNIT)
    }

    /// Returns the finite part as an integer multiple of 2^[`SUM_UNIT`].
    pub(crate) fn finite(&self) -> &Wide<SUM_LIMBS> {
        &self.finite
    }

    /// Returns the sum, correctly rounded to `R` in one rounding.
    ///
    /// Empty, or only zeros of any sign: +0. NaN, or infinities of both signs: NaN. Infinite
    /// only if a term is, or if the exact sum is above the largest finite number.
    pub(crate) fn round<R: Float>(&self) -> R {
        self.special().map_or_else(|| R::round(self.leading()), R::narrow)
    }

    /// Returns the sum, correctly rounded to `f64`.
    pub(crate) fn to_f64(&self) -> f64 {
        self.round()
    }

    /// Returns the sum, correctly rounded to `f32`.
    pub(crate) fn to_f32(&self) -> f32 {
        self.round()
    }

    /// Returns the sum, correctly rounded to `f16`.
    pub(crate) fn to_f16(&self) -> half::f16 {
        self.round()
    }

    /// Returns the mean of `n` terms, correctly rounded to `f64`.
    pub(crate) fn mean_f64(&self, n: u64) -> f64 {
        self.mean(n)
    }

    /// Returns the mean of `n` terms, correctly rounded to `f32`.
    pub(crate) fn mean_f32(&self, n: u64) -> f32 {
        self.mean(n)
    }

    /// Returns the mean of `n` terms, correctly rounded to `f16`.
    pub(crate) fn mean_f16(&self, n: u64) -> half::f16 {
        self.mean(n)
    }

    /// Returns the exact sum divided by `n`, rounded once; NaN if `n` is 0.
    pub(crate) fn mean<R: Float>(&self, n: u64) -> R {
        match self.special() {
            _ if n == 0 => R::narrow(f64::NAN),
            Some(special) => R::narrow(special),
            None => R::round(self.leading().divided_by(n)),
        }
    }

    /// Returns the state as bytes: equal states, however they came about, give equal bytes.
    ///
    /// | bytes | what |
    /// |---|---|
    /// | 1 | version, 1 |
    /// | 1 | 0 finite, 1 +∞, 2 −∞, 3 NaN |
    /// | 1 | index of the first limb that is stored |
    /// | 1 | number of limbs stored, `len` |
    /// | 8 `len` | limbs, u64 little-endian; those below are 0, those above are the sign |
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![STATE_VERSION, Special::code(self.special())];
        let finite = if self.special().is_some() { &Wide::ZERO } else { &self.finite };
        finite.write(&mut bytes);
        bytes
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote; the error says what is wrong.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, &'static str> {
        let [STATE_VERSION, kind, limbs @ ..] = bytes else {
            return Err("not a sum of version 1");
        };
        let special = Special::of_code(*kind)?;
        let finite = Wide::read(limbs)?;
        if *kind != 0 && !finite.is_zero() {
            return Err("a sum that is not finite has a finite part");
        }
        Ok(Self { finite, special })
    }
}

/// The first byte of a stored state.
pub(crate) const STATE_VERSION: u8 = 1;
