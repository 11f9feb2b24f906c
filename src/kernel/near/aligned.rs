//! A vector whose first element begins a cache line: a row of 128 bytes is two lines then, never three.

use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};

const LINE: usize = 64;

#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
struct Line([u8; LINE]);

/// What a line can be full of.
///
/// # Safety
/// Any bits are a value, there is no padding, and the size is a power of two up to 64.
pub(crate) unsafe trait Plain: Copy {}

// SAFETY: integers and floats are any bits.
unsafe impl Plain for i8 {}
// SAFETY: as above.
unsafe impl Plain for u8 {}
// SAFETY: as above.
unsafe impl Plain for u16 {}
// SAFETY: as above.
unsafe impl Plain for f32 {}
// SAFETY: as above.
unsafe impl Plain for u64 {}

/// Elements in whole lines.
#[derive(Clone, Debug)]
pub(crate) struct Aligned<T> {
    /// Never fewer than hold `len` elements.
    lines: Vec<Line>,
    len: usize,
    elements: PhantomData<T>,
}

impl<T> Default for Aligned<T> {
    fn default() -> Self {
        Self { lines: Vec::new(), len: 0, elements: PhantomData }
    }
}

impl<T: Plain> Aligned<T> {
    const EACH: usize = LINE / size_of::<T>();

    /// Makes room for `n` more elements; returns false where there is none.
    pub(crate) fn try_reserve(&mut self, n: usize) -> bool {
        let more = self.len.saturating_add(n).div_ceil(Self::EACH).saturating_sub(self.lines.len());
        self.lines.try_reserve(more).is_ok()
    }

    /// Takes as many values as there are.
    pub(crate) fn from_values(values: impl ExactSizeIterator<Item = T>) -> Self {
        let mut aligned = Self::default();
        aligned.lines.reserve_exact(values.len().div_ceil(Self::EACH));
        for (place, value) in aligned.grow(values.len()).iter_mut().zip(values) {
            *place = value;
        }
        aligned
    }

    /// Appends `n` elements of which every bit is zero, and returns them.
    pub(crate) fn grow(&mut self, n: usize) -> &mut [T] {
        let start = self.len;
        self.truncate(start);
        self.len += n;
        self.lines.resize(self.len.div_ceil(Self::EACH), Line([0; LINE]));
        let new = &mut self[start..];
        // SAFETY: any bits are a value, zeros too; the elements are this slice's own.
        unsafe { core::ptr::write_bytes(new.as_mut_ptr(), 0, new.len()) };
        new
    }

    /// Keeps the first `n` elements.
    pub(crate) fn truncate(&mut self, n: usize) {
        self.len = self.len.min(n);
        self.lines.truncate(self.len.div_ceil(Self::EACH));
    }

    pub(crate) fn extend_from_slice(&mut self, values: &[T]) {
        self.grow(values.len()).copy_from_slice(values);
    }

    pub(crate) fn shrink_to_fit(&mut self) {
        self.lines.shrink_to_fit();
    }

    /// Returns the bytes that it takes.
    pub(crate) fn len_bytes(&self) -> usize {
        self.lines.capacity() * LINE
    }
}

impl<T: Plain> Deref for Aligned<T> {
    type Target = [T];

    #[inline(always)]
    fn deref(&self) -> &[T] {
        // SAFETY: the lines hold at least `len` elements, all of their bytes were written, and any bits are a value;
        // a line's beginning is aligned for all that is `Plain`.
        unsafe { core::slice::from_raw_parts(self.lines.as_ptr().cast(), self.len) }
    }
}

impl<T: Plain> DerefMut for Aligned<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: as above, and nobody else has the lines.
        unsafe { core::slice::from_raw_parts_mut(self.lines.as_mut_ptr().cast(), self.len) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_vector_that_begins_a_line() {
        let mut aligned: Aligned<u16> = Aligned::from_values(0..100);
        let mut plain: Vec<u16> = (0..100).collect();
        for n in [1, 31, 32, 33, 64, 100] {
            aligned.extend_from_slice(&plain[..n.min(plain.len())]);
            plain.extend_from_within(..n.min(plain.len()));
            assert_eq!(*aligned, *plain);
            aligned.truncate(plain.len() - n / 2);
            plain.truncate(plain.len() - n / 2);
            assert!(aligned.grow(3).iter().all(|value| *value == 0));
            plain.extend([0; 3]);
            assert_eq!(*aligned, *plain);
            assert!((aligned.as_ptr() as usize).is_multiple_of(LINE));
        }
        aligned.shrink_to_fit();
        assert_eq!(*aligned, *plain);
        assert_eq!(aligned.len_bytes(), (plain.len() * 2).next_multiple_of(LINE));
        assert!(!aligned.try_reserve(usize::MAX));
    }
}
