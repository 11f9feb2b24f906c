//! Which numbers a kernel reads, and how they become the `f64` or `i128` that it works in.

use half::f16;

/// A floating-point element. Widening to `f64` is exact for all of them.
pub(crate) trait Float: Copy {
    /// Returns the same number as `f64`.
    fn widen(self) -> f64;
}

impl Float for f64 {
    #[inline(always)]
    fn widen(self) -> f64 {
        self
    }
}

impl Float for f32 {
    #[inline(always)]
    fn widen(self) -> f64 {
        f64::from(self)
    }
}

impl Float for f16 {
    #[inline(always)]
    fn widen(self) -> f64 {
        self.to_f64()
    }
}
