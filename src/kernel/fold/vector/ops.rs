//! What a vector of `f64`s can do, and how it is loaded.

use half::f16;

/// Some `f64`s, each operation done on all of them.
///
/// The operations are IEEE 754 additions, subtractions and multiplications, never fused, and
/// operations on the bits: they give the same bits in every implementation.
pub(crate) trait Vector: Copy {
    /// How many numbers there are; a divisor of 8.
    const LANES: usize;

    /// Returns a vector of equal numbers.
    fn splat(x: f64) -> Self;
    /// Returns the first numbers of `x`, which has at least [`LANES`](Self::LANES).
    fn load(x: &[f64]) -> Self;
    /// Returns the first numbers of `x`, which has at least [`LANES`](Self::LANES), widened.
    fn load_f32(x: &[f32]) -> Self;
    /// Writes the numbers to the front of `out`.
    fn store(self, out: &mut [f64; 8]);

    fn add(self, other: Self) -> Self;
    fn sub(self, other: Self) -> Self;
    fn mul(self, other: Self) -> Self;
    /// Returns `other` where it is larger than `self`, else `self`, also if `other` is NaN.
    fn raise(self, other: Self) -> Self;
    fn abs(self) -> Self;

    /// Returns what was rounded off `product`, which is `self * other`; exact if nothing over- or
    /// underflows.
    #[inline(always)]
    fn product_error(self, other: Self, product: Self) -> Self {
        dekker(self, other, product)
    }

    /// Adds the bits as integers, modulo 2^64.
    fn add_bits(self, other: Self) -> Self;
    fn or(self, other: Self) -> Self;
    fn xor(self, other: Self) -> Self;

    /// Makes columns of the first [`LANES`](Self::LANES) vectors, which are rows.
    fn turn(square: &mut [Self; 8]);

    /// Asks for what lies 2 kB behind the beginning of `x`, where that helps.
    #[inline(always)]
    fn ahead<T>(x: &[T]) {
        let _ = x;
    }

    /// Returns the first elements of `x`, widened.
    #[inline(always)]
    fn widen<T: Load>(x: &[T]) -> Self {
        T::load(x)
    }

    /// Returns the numbers, zeros after them.
    #[inline(always)]
    fn to_array(self) -> [f64; 8] {
        let mut out = [0.0; 8];
        self.store(&mut out);
        out
    }
}

/// A number that a vector is made of.
pub(crate) trait Load: Copy {
    /// Returns the first elements of `x`, widened.
    fn load<V: Vector>(x: &[Self]) -> V;
}

impl Load for f64 {
    #[inline(always)]
    fn load<V: Vector>(x: &[Self]) -> V {
        V::load(x)
    }
}

impl Load for f32 {
    #[inline(always)]
    fn load<V: Vector>(x: &[Self]) -> V {
        V::load_f32(x)
    }
}

impl Load for f16 {
    #[inline(always)]
    fn load<V: Vector>(x: &[Self]) -> V {
        let mut wide = [0.0; 8];
        for (wide, x) in wide[..V::LANES].iter_mut().zip(x) {
            *wide = x.to_f64();
        }
        V::load(&wide)
    }
}

/// Returns what was rounded off a product, exactly.
///
/// Reference: T. J. Dekker, *A floating-point technique for extending the available precision*, Numer. Math. 18 (1971).
#[inline(always)]
pub(super) fn dekker<V: Vector>(a: V, b: V, product: V) -> V {
    let factor = V::splat(134_217_729.0); // 2^27 + 1
    let (a_scaled, b_scaled) = (factor.mul(a), factor.mul(b));
    let a_high = a_scaled.sub(a_scaled.sub(a));
    let b_high = b_scaled.sub(b_scaled.sub(b));
    let (a_low, b_low) = (a.sub(a_high), b.sub(b_high));
    let rest = a_high.mul(b_high).sub(product);
    rest.add(a_high.mul(b_low)).add(a_low.mul(b_high)).add(a_low.mul(b_low))
}

/// Returns a + b and what was rounded off, exactly.
#[inline(always)]
pub(crate) fn two_sum<V: Vector>(a: V, b: V) -> (V, V) {
    let sum = a.add(b);
    let of_b = sum.sub(a);
    let of_a = sum.sub(of_b);
    (sum, a.sub(of_a).add(b.sub(of_b)))
}
