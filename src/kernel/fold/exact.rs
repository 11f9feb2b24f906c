//! The exact sum: add any numbers in any order, merge, round once.

use super::element::Float;
use super::ratio::Ratio;
use super::round::{Leading, NOT_FINITE, decompose};
use super::wide::Wide;

/// An exact sum, as a value that can be added to, merged and stored: of floats, of products, of any powers.
///
/// The finite part is an integer multiple of 2^UNIT that is wide enough for 2⁷⁶ terms of the
/// largest magnitude: nothing is rounded before the result is asked for, so the result does not
/// depend on the order of the terms or on how they were split. Infinities and NaN are remembered
/// beside it.
///
/// Reference: R. M. Neal, *Fast exact summation using small and large superaccumulators*,
/// arXiv:1505.05571; here with plain two's complement, because [windows](super::windows) leave few additions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Exact<const LIMBS: usize, const UNIT: i32> {
    finite: Wide<LIMBS>,
    special: Special,
}

/// The exponent of the lowest bit of a sum of floats: that of the smallest subnormal `f64`.
pub(crate) const SUM_UNIT: i32 = -1074;

/// Σx. 2098 bits hold every finite `f64`; the other 78 are the sign and the headroom for carries.
pub(crate) type ExactTotal = Exact<34, SUM_UNIT>;

/// Σxy, of products of two floats. They reach from 2⁻²¹⁴⁸ to 2²⁰⁴⁸: 4196 bits hold each of them.
pub(crate) type ExactProducts = Exact<67, { 2 * SUM_UNIT }>;

/// Σx³, of 6294 bits.
pub(crate) type ExactCubes = Exact<101, { 3 * SUM_UNIT }>;

/// Σx⁴, of 8392 bits.
pub(crate) type ExactFourths = Exact<135, { 4 * SUM_UNIT }>;

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

impl<const LIMBS: usize, const UNIT: i32> Default for Exact<LIMBS, UNIT> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const LIMBS: usize, const UNIT: i32> Exact<LIMBS, UNIT> {
    /// Returns the sum of nothing.
    pub(crate) fn new() -> Self {
        Self { finite: Wide::ZERO, special: Special::default() }
    }

    /// Adds the exact value of `value * 2^exponent`; `exponent` is at least UNIT, and the value one of those that the sum
    /// is wide enough for.
    #[inline]
    pub(crate) fn add_scaled(&mut self, value: i128, exponent: i32) {
        self.finite.add_shifted(value, (exponent - UNIT) as u32);
    }

    /// Adds the finite part of a sum of larger units.
    pub(crate) fn add_finite<const NARROWER: usize, const LARGER: i32>(
        &mut self,
        other: &Exact<NARROWER, LARGER>,
    ) {
        self.finite.add_narrower(&other.finite, (LARGER - UNIT) as u32);
    }

    /// Notes a term that is not finite.
    pub(crate) fn note(&mut self, term: f64) {
        self.special.note(term);
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

    /// Returns which infinities and NaNs were added.
    pub(crate) fn specials(&self) -> Special {
        self.special
    }

    /// Returns the sum of only infinities and NaNs.
    pub(crate) fn of_specials(special: Special) -> Self {
        Self { finite: Wide::ZERO, special }
    }

    /// Returns the leading bits of the finite part.
    pub(crate) fn leading(&self) -> Leading {
        Leading::of_wide(&self.finite, UNIT)
    }

    /// Returns the finite part.
    pub(crate) fn value(&self) -> Ratio {
        Ratio::of_wide(&self.finite, UNIT)
    }

    /// Returns whether the finite part is below 0.
    pub(crate) fn is_negative(&self) -> bool {
        self.finite.is_negative()
    }

    /// Returns the sum, correctly rounded to `R` in one rounding.
    ///
    /// Empty, or only zeros of any sign: +0. NaN, or infinities of both signs: NaN. Infinite
    /// only if a term is, or if the exact sum is above the largest finite number.
    pub(crate) fn round<R: Float>(&self) -> R {
        self.special().map_or_else(|| R::round(self.leading()), R::narrow)
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

impl ExactTotal {
    /// Adds one number.
    #[inline]
    pub(crate) fn add(&mut self, x: f64) {
        let (mantissa, exponent) = decompose(x);
        if exponent == NOT_FINITE {
            self.note(x);
        } else {
            self.add_scaled(i128::from(mantissa), exponent);
        }
    }
}

/// The first byte of a stored state.
const STATE_VERSION: u8 = 1;
