//! Real numbers known up to a proven bound: two doubles and the bound, which decides the rounding or not.

/// Half the distance from 1 to the next float: an operation errs by at most this, relatively.
pub(crate) const EPSILON: f64 = f64::EPSILON / 2.0;

/// A number that differs from `high + low` by at most `bound`.
///
/// If anything overflowed on the way then `bound` or the numbers are not finite, and
/// [`rounded`](Self::rounded) says `None`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Estimate {
    pub(crate) high: f64,
    pub(crate) low: f64,
    pub(crate) bound: f64,
}

/// Returns the rounded sum and its error; their sum is `a + b` exactly unless it overflows.
///
/// Reference: D. E. Knuth, *The Art of Computer Programming*, volume 2, 4.2.2, theorem B.
#[inline(always)]
pub(crate) fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let of_b = sum - a;
    let of_a = sum - of_b;
    (sum, (a - of_a) + (b - of_b))
}

/// Returns the rounded product and its error; exact if nothing over- or underflows.
///
/// Reference: T. J. Dekker, *A floating-point technique for extending the available precision*,
/// Numer. Math. 18 (1971), with Veltkamp's splitting.
#[inline(always)]
pub(crate) fn two_product(a: f64, b: f64) -> (f64, f64) {
    let split = |x: f64| {
        let scaled = 134_217_729.0 * x; // 2^27 + 1
        let high = scaled - (scaled - x);
        (high, x - high)
    };
    let product = a * b;
    let ((a_high, a_low), (b_high, b_low)) = (split(a), split(b));
    let error = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low;
    (product, error)
}

impl Estimate {
    pub(crate) const ZERO: Self = Self { high: 0.0, low: 0.0, bound: 0.0 };

    /// Returns the number plus `x`.
    #[inline(always)]
    pub(crate) fn plus(self, x: f64) -> Self {
        let (high, error) = two_sum(self.high, x);
        let (low, lost) = two_sum(self.low, error);
        Self { high, low, bound: self.bound + lost.abs() * (1.0 + 4.0 * EPSILON) }
    }

    /// Returns the sum of both numbers.
    #[inline(always)]
    pub(crate) fn plus_estimate(self, other: Self) -> Self {
        let sum = self.plus(other.high).plus(other.low);
        Self { bound: (sum.bound + other.bound) * (1.0 + 4.0 * EPSILON), ..sum }
    }

    /// Returns an integer below 2^106.
    pub(crate) fn of_integer(x: i128) -> Self {
        let high = x as f64;
        Self { high, low: (x - high as i128) as f64, bound: 0.0 }
    }

    /// Returns the product with a power of two that makes nothing over- or underflow.
    #[inline(always)]
    pub(crate) fn scaled(self, power: f64) -> Self {
        Self { high: self.high * power, low: self.low * power, bound: self.bound * power }
    }

    /// Returns the number with the other sign.
    #[inline(always)]
    pub(crate) fn negated(self) -> Self {
        Self { high: -self.high, low: -self.low, ..self }
    }

    /// Returns the square.
    #[inline(always)]
    pub(crate) fn squared(self) -> Self {
        let (high, error) = two_product(self.high, self.high);
        let cross = 2.0 * self.high * self.low;
        let low = error + (cross + self.low * self.low);
        let off = self.low.abs() + self.bound;
        // (high + low + e)² - (high + low)² = 2 (high + low) e + e², and what `low` rounds off.
        let bound =
            2.0 * (self.high.abs() + off) * self.bound + (error.abs() + cross.abs()) * (4.0 * EPSILON);
        let safe = self.has_no_value() || (1e-250..1e250).contains(&high);
        Self { high, low, bound: if safe { bound * (1.0 + 8.0 * EPSILON) } else { f64::NAN } }
    }

    /// Returns the square root of a positive number.
    #[inline(always)]
    pub(crate) fn sqrt(self) -> Self {
        let root = self.high.sqrt();
        let (square, error) = two_product(root, root);
        // Newton's step from a root that is right to 53 bits: what it leaves is below 2^-100.
        let rest = ((self.high - square) - error) + self.low;
        let low = rest / (2.0 * root);
        let bound = self.bound / root + low.abs() * (4.0 * EPSILON) + root * (EPSILON * EPSILON * 64.0);
        let near = low.abs() <= root * (4.0 * EPSILON) && self.bound <= self.high * EPSILON;
        let safe = (1e-250..1e250).contains(&self.high) && near;
        Self { high: root, low, bound: if safe { bound } else { f64::NAN } }
    }

    /// Returns the quotient by `divisor`, a positive number of ordinary size.
    pub(crate) fn divided_by(self, divisor: f64) -> Self {
        let quotient = self.high / divisor;
        let (product, error) = two_product(quotient, divisor);
        // The remainder of a rounded division is a float.
        let remainder = (self.high - product) - error;
        // One division is what there is to wait for; the inverse is the same for all that is divided by one number.
        let inverse = 1.0 / divisor;
        let low = (remainder + self.low) * inverse;
        let bound = self.bound * inverse * (1.0 + 4.0 * EPSILON) + low.abs() * (4.0 * EPSILON);
        // Below this, products and quotients may lose bits to underflow, and a quotient that rounds to 0 its sign.
        let safe = self.has_no_value() | (quotient.abs() > 1e-250);
        Self { high: quotient, low, bound: if safe { bound } else { f64::NAN } }
    }

    /// Returns the same number, of which `high` is as much as a float holds.
    pub(crate) fn normalized(self) -> Self {
        let (high, low) = two_sum(self.high, self.low);
        Self { high, low, ..self }
    }

    /// Returns the product.
    pub(crate) fn times(self, other: Self) -> Self {
        let (high, error) = two_product(self.high, other.high);
        let (first, second, last) = (self.high * other.low, self.low * other.high, self.low * other.low);
        let low = error + (first + (second + last));
        let off = self.high.abs() + self.low.abs() + self.bound;
        let of_other = other.high.abs() + other.low.abs();
        let rounded = error.abs() + first.abs() + second.abs() + last.abs();
        let bound = off * other.bound + of_other * self.bound + rounded * (8.0 * EPSILON);
        // Parts below this may lose bits to underflow.
        let safe = high == 0.0 || (1e-250..1e250).contains(&high.abs());
        let lost = f64::MIN_POSITIVE * 16.0;
        Self { high, low, bound: if safe { bound * (1.0 + 8.0 * EPSILON) + lost } else { f64::NAN } }
    }

    /// Returns the product with a number.
    pub(crate) fn scaled_by(self, factor: f64) -> Self {
        self.times(Self { high: factor, low: 0.0, bound: 0.0 })
    }

    /// Returns the quotient; the divisor is some way from 0.
    pub(crate) fn divided_by_estimate(self, divisor: Self) -> Self {
        let quotient = self.high / divisor.high;
        let (product, error) = two_product(quotient, divisor.high);
        let (remainder, cross) = ((self.high - product) - error, quotient * divisor.low);
        let low = (remainder + (self.low - cross)) / divisor.high;
        // The numerator errs by its bound, that of the divisor times the quotient, and what rounds off; `low` was
        // divided by a part of the divisor.
        let size = divisor.high.abs();
        let rounded = remainder.abs() + self.low.abs() + cross.abs();
        let off = (divisor.low.abs() + divisor.bound) / size;
        let numerator = self.bound + quotient.abs() * divisor.bound + rounded * (8.0 * EPSILON);
        let bound = numerator / size + low.abs() * (2.0 * off + 4.0 * EPSILON);
        let ordinary = |x: f64| (1e-250..1e250).contains(&x.abs());
        let safe = ordinary(size) && (ordinary(quotient) || self.has_no_value()) && off < 1e-6;
        Self { high: quotient, low, bound: if safe { bound * (1.0 + 1e-5) } else { f64::NAN } }
    }

    /// Returns whether `high + low` is 0.
    #[inline(always)]
    fn has_no_value(self) -> bool {
        (self.high == 0.0) & (self.low == 0.0)
    }

    /// Returns whether the number is exactly 0.
    #[inline(always)]
    pub(super) fn is_zero(self) -> bool {
        self.has_no_value() && self.bound == 0.0
    }

    /// Returns the `f64` that the number certainly rounds to, if there is one.
    #[inline(always)]
    pub(super) fn to_f64(self) -> Option<f64> {
        let (nearest, rest) = two_sum(self.high, self.low);
        if self.bound == 0.0 && nearest.is_finite() {
            return Some(nearest + 0.0);
        }
        // Rounding is monotonic: if both ends round to `nearest`, all between do. The margin is
        // larger than what rounds off while it is computed.
        let margin = self.bound * (1.0 + 16.0 * EPSILON) + rest.abs() * (4.0 * EPSILON);
        let decided = nearest + (rest + margin) == nearest && nearest + (rest - margin) == nearest;
        (decided && nearest.is_finite()).then_some(nearest)
    }

    /// Returns floats below and above the number, as near as is cheap.
    #[inline(always)]
    pub(super) fn ends(self) -> [f64; 2] {
        let low = (self.high + (self.low - self.bound)).next_down();
        let high = (self.high + (self.low + self.bound)).next_up();
        [low.next_down(), high.next_up()]
    }
}
