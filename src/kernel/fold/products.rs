//! Sums of products, and of squares, added exactly.

use super::element::Float;
use super::exact::{ExactProducts, ExactTotal};
use super::round::{NOT_FINITE, decompose};
use super::vector::{Vector, dispatch_fused};
use super::windows::Windows;

/// Below this, products are quicker made and added one by one.
const FEW: usize = 32;

/// Products that are made at a time, and the room for them and a last round of lanes.
const BLOCK: usize = 1024;
pub(super) const PARTS: usize = BLOCK + 8;

/// Below this a product may lose something; its error above is a double.
pub(super) const SMALL: f64 = f64::from_bits((1023 - 960) << 52);

/// Up to here numbers can be split, and their product and its parts are finite.
const LARGE: f64 = f64::from_bits((1023 + 490) << 52);

/// Writes each product and what was rounded off it; `false`: not all of them are exact.
#[inline(always)]
pub(super) fn products_body<V: Vector, T: Float, const VECTORS: usize>(
    x: &[T],
    y: &[T],
    parts: &mut [[f64; PARTS]; 2],
) -> bool {
    let [products, errors] = parts;
    let round = V::LANES * VECTORS;
    let mut inexact = false;
    for (start, (x, y)) in (0..).step_by(round).zip(x.chunks(round).zip(y.chunks(round))) {
        let mut last = [[0.0; 8]; 2];
        for (lane, (x, y)) in x.iter().zip(y).enumerate() {
            last[0][lane] = x.widen();
            last[1][lane] = y.widen();
        }
        for slot in 0..VECTORS {
            let at = slot * V::LANES;
            let (x, y) = (V::load(&last[0][at..]), V::load(&last[1][at..]));
            let product = x.mul(y);
            let Some(out) = products[start + at..].first_chunk_mut() else { return false };
            product.store(out);
            if !T::PRODUCTS_ARE_DOUBLES {
                let Some(out) = errors[start + at..].first_chunk_mut() else { return false };
                x.product_error(y, product).store(out);
            }
        }
    }
    for (product, (x, y)) in products.iter().zip(x.iter().zip(y)) {
        let (x, y) = (x.widen().abs(), y.widen().abs());
        let lost = (product.abs() < SMALL) & (x > 0.0) & (y > 0.0) & !T::PRODUCTS_ARE_DOUBLES;
        let large = (x < LARGE) & (y < LARGE);
        inexact |= lost | !large;
    }
    !inexact
}

dispatch_fused! {
    /// See [`products_body`].
    pub(super) fn products[T: Float](x: &[T], y: &[T], parts: &mut [[f64; PARTS]; 2]) -> bool = products_body;
}

impl ExactProducts {
    /// Adds `x * y`.
    #[inline]
    pub(crate) fn add(&mut self, x: f64, y: f64) {
        let ((a, a_exponent), (b, b_exponent)) = (decompose(x), decompose(y));
        if a_exponent == NOT_FINITE || b_exponent == NOT_FINITE {
            self.note(x * y);
            return;
        }
        self.add_scaled(i128::from(a) * i128::from(b), a_exponent + b_exponent);
    }

    /// Adds `x[i] * y[i]` for every `i`; the slices are of one length.
    pub(crate) fn add_dot<T: Float>(&mut self, x: &[T], y: &[T]) {
        assert_eq!(x.len(), y.len(), "an inner product needs two slices of one length");
        let one_by_one = |sum: &mut Self, x: &[T], y: &[T]| {
            x.iter().zip(y).for_each(|(x, y)| sum.add(x.widen(), y.widen()));
        };
        if x.len() < FEW {
            return one_by_one(self, x, y);
        }
        let mut sum = ExactTotal::new();
        let mut windows = [Windows::new(), Windows::new()];
        let mut parts = [[0.0; PARTS]; 2];
        for (x, y) in x.chunks(BLOCK).zip(y.chunks(BLOCK)) {
            if !products(x, y, &mut parts) {
                one_by_one(self, x, y);
                continue;
            }
            windows[0].add(&parts[0][..x.len()], &mut sum);
            if !T::PRODUCTS_ARE_DOUBLES {
                windows[1].add(&parts[1][..x.len()], &mut sum);
            }
        }
        windows.iter_mut().for_each(|windows| windows.flush(&mut sum));
        self.add_finite(&sum);
    }

    /// Adds the square of every element.
    pub(crate) fn add_squares<T: Float>(&mut self, x: &[T]) {
        self.add_dot(x, x);
    }

    /// Returns the square root of the sum, correctly rounded; NaN if the sum is negative.
    pub(crate) fn sqrt<R: Float>(&self) -> R {
        match self.special() {
            Some(special) => R::narrow(special.sqrt()),
            None if self.is_negative() => R::narrow(f64::NAN),
            None => R::round(self.leading().sqrt()),
        }
    }
}
