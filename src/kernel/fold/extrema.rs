//! The smallest and the largest element, and where the first of them is.
//!
//! −0 is smaller than +0 here, which NumPy leaves to chance; `argmin` and `argmax` take them for
//! equal, so that the first counts. NaN is the result if there is one; the `nan_` twins skip it.

use half::f16;

use crate::kernel::prefetch::prefetch_pages;
use crate::kernel::sort::{key_f16, key_f32, key_f64, of_key_f16, of_key_f32, of_key_f64};
use crate::kernel::{dispatch, dispatch_wide};

/// Elements compared side by side.
const LANES: usize = 32;

/// Elements after which both ends are looked for.
const BLOCK: usize = 1024;

/// Bytes after which `argmin` and `argmax` look whether anything better came.
const BLOCK_BYTES: usize = 8192;

/// An element that has an order, but for NaN.
pub(crate) trait Ordered: Copy + PartialOrd {
    /// Nothing is above it: +∞, or the largest integer.
    const HIGHEST: Self;
    /// Nothing is below it: −∞, or the smallest integer.
    const LOWEST: Self;

    /// Returns an integer in the order of the numbers, −0 before +0; NaNs are at the ends. It is the same
    /// type for all, so that they are sorted by the same code.
    fn to_key(self) -> u64;

    /// Returns the number that the integer stands for.
    fn of_key(key: u64) -> Self;

    /// Returns whether this is NaN.
    #[inline(always)]
    fn is_nan(self) -> bool {
        false
    }

    /// Returns whether this is a zero of that sign, and there are zeros of both signs.
    #[inline(always)]
    fn is_zero(self, negative: bool) -> bool {
        let _ = negative;
        false
    }

    /// Returns the smallest number, or the largest, and whether there is a NaN.
    #[inline(always)]
    fn scan<const SMALLEST: bool>(x: &[Self]) -> (Self, bool) {
        if SMALLEST { scan(x, Self::HIGHEST, smaller) } else { scan(x, Self::LOWEST, larger) }
    }

    /// Returns whether `self < other`, as a plain comparison.
    #[inline(always)]
    fn is_below(self, other: Self) -> bool {
        self < other
    }

    /// Returns how many are NaN.
    #[inline(always)]
    fn count_nan(x: &[Self]) -> u64 {
        let _ = x;
        0
    }

    /// Returns how many of 64 numbers, none NaN, are below `low`, and which are from `low` to `high`: a bit each.
    #[inline(always)]
    fn sides(x: &[Self; 64], low: Self, high: Self) -> (usize, u64) {
        // Comparisons of many elements at once yield a byte each.
        let mut under = [0u8; 64];
        let mut within = [0u8; 64];
        for lane in 0..64 {
            let x = x[lane];
            under[lane] = u8::from(x.is_below(low));
            within[lane] = u8::from(!x.is_below(low) & !high.is_below(x));
        }
        let (mut counts, mut mask) = (0u64, 0u64);
        for (group, (under, within)) in
            under.as_chunks::<8>().0.iter().zip(within.as_chunks::<8>().0).enumerate()
        {
            counts += u64::from_le_bytes(*under); // each byte at most 8
            // The product's top byte is made of the lowest bits of the eight bytes.
            let bits = u64::from_le_bytes(*within).wrapping_mul(0x0102_0408_1020_4080) >> 56;
            mask |= bits << (8 * group);
        }
        ((counts.wrapping_mul(0x0101_0101_0101_0101) >> 56) as usize, mask)
    }
}

macro_rules! ordered_floats {
    ($($float:ty, $key:ident, $of_key:ident);*) => {
        $(impl Ordered for $float {
            const HIGHEST: Self = Self::INFINITY;
            const LOWEST: Self = Self::NEG_INFINITY;

            #[inline(always)]
            fn to_key(self) -> u64 {
                u64::from($key(self))
            }

            #[inline(always)]
            fn of_key(key: u64) -> Self {
                $of_key(key as _)
            }

            #[inline(always)]
            fn is_nan(self) -> bool {
                self != self
            }

            #[inline(always)]
            fn is_zero(self, negative: bool) -> bool {
                // Compilers make vectors of this, and not of a comparison of the bits.
                (self == 0.0) & (((1.0 as $float).copysign(self) < 0.0) == negative)
            }

            #[inline(always)]
            fn count_nan(x: &[Self]) -> u64 {
                let of = |block: &[Self]| block.iter().map(|x| u32::from(x.is_nan())).sum::<u32>();
                x.chunks(1 << 20).map(|block| u64::from(of(block))).sum()
            }
        })*
    };
}
ordered_floats!(f64, key_f64, of_key_f64; f32, key_f32, of_key_f32);

macro_rules! ordered_integers {
    ($($integer:ty),*) => {
        $(impl Ordered for $integer {
            const HIGHEST: Self = Self::MAX;
            const LOWEST: Self = Self::MIN;

            #[inline(always)]
            fn to_key(self) -> u64 {
                (self as u64) ^ ((<$integer>::MIN != 0) as u64) << 63
            }

            #[inline(always)]
            fn of_key(key: u64) -> Self {
                (key ^ ((<$integer>::MIN != 0) as u64) << 63) as Self
            }
        })*
    };
}
ordered_integers!(i64, i32, i16, i8, u64, u32, u16, u8);

impl Ordered for f16 {
    const HIGHEST: Self = Self::INFINITY;
    const LOWEST: Self = Self::NEG_INFINITY;

    #[inline(always)]
    fn to_key(self) -> u64 {
        key_f16(self).into()
    }

    #[inline(always)]
    fn of_key(key: u64) -> Self {
        of_key_f16(key as u16)
    }

    #[inline(always)]
    fn is_nan(self) -> bool {
        self.to_bits() & 0x7fff > 0x7c00
    }

    #[inline(always)]
    fn is_zero(self, negative: bool) -> bool {
        self.to_bits() == u16::from(negative) << 15
    }

    #[inline(always)]
    fn is_below(self, other: Self) -> bool {
        !self.is_nan() && !other.is_nan() && key(self) < key(other)
    }
}

/// Returns the number as an integer of the same order, the zeros being equal.
#[inline(always)]
fn key(x: f16) -> i16 {
    let magnitude = (x.to_bits() & 0x7fff) as i16;
    if x.to_bits() >> 15 == 1 { -magnitude } else { magnitude }
}

/// Returns the smallest element, or a NaN if there is one; `None` for no elements.
pub(crate) fn min<T: Ordered>(x: &[T]) -> Option<T> {
    x.first()?;
    let (min, nan) = lowest(x);
    Some(if nan { first_nan(x) } else { signed_zero(x, min, true) })
}

/// Returns the largest element, or a NaN if there is one; `None` for no elements.
pub(crate) fn max<T: Ordered>(x: &[T]) -> Option<T> {
    x.first()?;
    let (max, nan) = highest(x);
    Some(if nan { first_nan(x) } else { signed_zero(x, max, false) })
}

/// Returns the smallest and the largest element, or a NaN twice; `None` for no elements.
pub(crate) fn min_max<T: Ordered>(x: &[T]) -> Option<(T, T)> {
    x.first()?;
    let (min, max, nan) = range(x);
    if nan {
        let nan = first_nan(x);
        return Some((nan, nan));
    }
    Some((signed_zero(x, min, true), signed_zero(x, max, false)))
}

/// Returns the smallest and the largest element that is not NaN; `None` if there is none.
pub(crate) fn nan_min_max<T: Ordered>(x: &[T]) -> Option<(T, T)> {
    let (min, max, nan) = range(x);
    if x.is_empty() || (nan && x.iter().all(|x| x.is_nan())) {
        return None;
    }
    Some((signed_zero(x, min, true), signed_zero(x, max, false)))
}

/// Returns whether any element is NaN.
pub(crate) fn has_nan<T: Ordered>(x: &[T]) -> bool {
    lowest(x).1
}

/// Returns the smallest element that is not NaN; `None` if there is none.
pub(crate) fn nan_min<T: Ordered>(x: &[T]) -> Option<T> {
    let (min, nan) = lowest(x);
    if x.is_empty() || (nan && x.iter().all(|x| x.is_nan())) {
        return None;
    }
    Some(signed_zero(x, min, true))
}

/// Returns the largest element that is not NaN; `None` if there is none.
pub(crate) fn nan_max<T: Ordered>(x: &[T]) -> Option<T> {
    let (max, nan) = highest(x);
    if x.is_empty() || (nan && x.iter().all(|x| x.is_nan())) {
        return None;
    }
    Some(signed_zero(x, max, false))
}

/// Returns the first NaN of a slice that has one.
#[cold]
fn first_nan<T: Ordered>(x: &[T]) -> T {
    x.iter().copied().find(|x| x.is_nan()).unwrap_or(x[0])
}

/// Returns the zero of the wanted sign if `found` is a zero and one of that sign is there.
#[inline(always)]
fn signed_zero<T: Ordered>(x: &[T], found: T, negative: bool) -> T {
    if found.is_zero(!negative) {
        return x.iter().copied().find(|x| x.is_zero(negative)).unwrap_or(found);
    }
    found
}

/// Returns the index of the first smallest element, or of the first NaN; `None` for no elements.
pub(crate) fn argmin<T: Ordered>(x: &[T]) -> Option<usize> {
    position(x, true, false)
}

/// Returns the index of the first largest element, or of the first NaN; `None` for no elements.
pub(crate) fn argmax<T: Ordered>(x: &[T]) -> Option<usize> {
    position(x, false, false)
}

/// Returns the index of the first smallest element that is not NaN; `None` if there is none.
pub(crate) fn nan_argmin<T: Ordered>(x: &[T]) -> Option<usize> {
    position(x, true, true)
}

/// Returns the index of the first largest element that is not NaN; `None` if there is none.
pub(crate) fn nan_argmax<T: Ordered>(x: &[T]) -> Option<usize> {
    position(x, false, true)
}

fn position<T: Ordered>(x: &[T], smallest: bool, skip_nan: bool) -> Option<usize> {
    let better = |a: T, b: T| if smallest { a.is_below(b) } else { b.is_below(a) };
    let len = BLOCK_BYTES / size_of::<T>();
    let mut best: Option<(T, usize)> = None;
    for (index, block) in x.chunks(len).enumerate() {
        let (found, nan) = if smallest { lowest(block) } else { highest(block) };
        if nan && !skip_nan {
            return block.iter().position(|x| x.is_nan()).map(|at| index * len + at);
        }
        if nan && block.iter().all(|x| x.is_nan()) {
            continue;
        }
        if best.is_none_or(|(best, _)| better(found, best)) {
            best = Some((found, index));
        }
    }
    let (best, index) = best?;
    let block = &x[index * len..];
    let is_best = |x: T| !(x.is_below(best) | best.is_below(x) | x.is_nan());
    // Many are compared at once before one is looked for.
    let before =
        block.chunks(LANES).take_while(|part| !part.iter().fold(false, |any, &x| any | is_best(x))).count();
    let at = before * LANES;
    block[at..].iter().position(|&x| is_best(x)).map(|place| index * len + at + place)
}

#[inline(always)]
fn smaller<T: Ordered>(a: T, b: T) -> T {
    if b.is_below(a) { b } else { a }
}

#[inline(always)]
fn larger<T: Ordered>(a: T, b: T) -> T {
    if a.is_below(b) { b } else { a }
}

/// Returns the smallest and the largest of the numbers, and whether there is a NaN.
#[inline(always)]
fn range_body<T: Ordered>(x: &[T]) -> (T, T, bool) {
    let mut range = (T::HIGHEST, T::LOWEST, false);
    // Each block is read twice, the second time out of the cache.
    for block in x.chunks(BLOCK) {
        let (min, nan) = T::scan::<true>(block);
        let (max, _) = T::scan::<false>(block);
        range = (smaller(range.0, min), larger(range.1, max), range.2 | nan);
    }
    range
}

#[inline(always)]
fn lowest_body<T: Ordered>(x: &[T]) -> (T, bool) {
    T::scan::<true>(x)
}

#[inline(always)]
fn highest_body<T: Ordered>(x: &[T]) -> (T, bool) {
    T::scan::<false>(x)
}

/// Chooses one of all numbers; `choose(a, b)` is `a` if `b` is NaN. Tells whether there is a NaN.
#[inline(always)]
fn scan<T: Ordered>(x: &[T], start: T, choose: impl Fn(T, T) -> T) -> (T, bool) {
    let mut best = [start; LANES];
    let mut nan = [false; LANES / 2];
    let (chunks, tail) = x.as_chunks::<LANES>();
    for chunk in chunks {
        prefetch_pages(chunk);
        for lane in 0..LANES {
            best[lane] = choose(best[lane], chunk[lane]);
        }
        for lane in 0..LANES / 2 {
            // Two comparisons that compilers make one of.
            nan[lane] |= chunk[lane].is_nan() | chunk[lane + LANES / 2].is_nan();
        }
    }
    let mut found = start;
    let mut any = false;
    for lane in best {
        found = choose(found, lane);
    }
    for &x in tail {
        found = choose(found, x);
        any |= x.is_nan();
    }
    (found, any | nan.iter().fold(false, |any, &nan| any | nan))
}

dispatch! {
    fn range[T: Ordered](x: &[T]) -> (T, T, bool) = range_body;
}

dispatch_wide! {
    fn lowest[T: Ordered](x: &[T]) -> (T, bool) = lowest_body;
    fn highest[T: Ordered](x: &[T]) -> (T, bool) = highest_body;
}
