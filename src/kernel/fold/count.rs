//! How many elements are not zero, or are NaN.

use half::f16;
use num_complex::Complex;

use crate::kernel::dispatch;

/// An element that may be zero; NaN and anything else is not.
pub(crate) trait Truth: Copy {
    /// Returns whether this is not zero.
    fn is_true(self) -> bool;
}

macro_rules! truth {
    ($($type:ty: $zero:expr),*) => {
        $(impl Truth for $type {
            #[inline(always)]
            fn is_true(self) -> bool {
                self != $zero
            }
        })*
    };
}
truth!(f64: 0.0, f32: 0.0, i64: 0, i32: 0, i16: 0, i8: 0, u64: 0, u32: 0, u16: 0, u8: 0);

impl Truth for f16 {
    #[inline(always)]
    fn is_true(self) -> bool {
        self.to_bits() << 1 != 0
    }
}

impl<T: Truth> Truth for Complex<T> {
    #[inline(always)]
    fn is_true(self) -> bool {
        self.re.is_true() | self.im.is_true()
    }
}

/// Returns how many elements are not zero; NaN is not zero.
pub(crate) fn count_nonzero<T: Truth>(x: &[T]) -> u64 {
    count_true(x)
}

/// Returns how many elements are NaN.
pub(crate) fn count_nan<T: super::extrema::Ordered>(x: &[T]) -> u64 {
    count_unordered(x)
}

#[inline(always)]
fn true_body<T: Truth>(x: &[T]) -> u64 {
    let of = |block: &[T]| block.iter().map(|x| u32::from(x.is_true())).sum::<u32>();
    x.chunks(1 << 20).map(|block| u64::from(of(block))).sum()
}

#[inline(always)]
fn nan_body<T: super::extrema::Ordered>(x: &[T]) -> u64 {
    T::count_nan(x)
}

dispatch! {
    fn count_true[T: Truth](x: &[T]) -> u64 = true_body;
    fn count_unordered[T: super::extrema::Ordered](x: &[T]) -> u64 = nan_body;
}
