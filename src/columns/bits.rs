//! A set of rows, one bit each.

use super::memory::room;
use crate::error::Result;

/// Bits after the last row are zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bits {
    words: Vec<u64>,
    len: usize,
}

impl Bits {
    /// Returns the set of the rows that `holds` says yes to, asked in order.
    ///
    /// Errors: [`ErrorKind::OutOfMemory`](crate::ErrorKind::OutOfMemory).
    #[inline(always)]
    pub(super) fn of(mut holds: impl Iterator<Item = bool>, len: usize) -> Result<Self> {
        let mut words = room(len.div_ceil(64))?;
        for start in (0..len).step_by(64) {
            let word = (0..64.min(len - start))
                .fold(0, |word, bit| word | u64::from(holds.next().unwrap_or(false)) << bit);
            words.push(word);
        }
        Ok(Self { words, len })
    }

    /// Returns all rows, or none.
    ///
    /// Errors: [`ErrorKind::OutOfMemory`](crate::ErrorKind::OutOfMemory).
    pub(super) fn all(value: bool, len: usize) -> Result<Self> {
        let mut words = room(len.div_ceil(64))?;
        words.resize(len.div_ceil(64), if value { u64::MAX } else { 0 });
        let mut bits = Self { words, len };
        bits.trim();
        Ok(bits)
    }

    /// Returns a copy.
    ///
    /// Errors: [`ErrorKind::OutOfMemory`](crate::ErrorKind::OutOfMemory).
    pub(super) fn try_clone(&self) -> Result<Self> {
        let mut words = room(self.words.len())?;
        words.extend_from_slice(&self.words);
        Ok(Self { words, len: self.len })
    }

    pub(super) fn and(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(a, b)| *a &= b);
    }

    pub(super) fn or(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(a, b)| *a |= b);
    }

    pub(super) fn not(&mut self) {
        self.words.iter_mut().for_each(|word| *word = !*word);
        self.trim();
    }

    /// Returns whether a row is in the set.
    #[inline(always)]
    pub(crate) fn has(&self, row: usize) -> bool {
        self.words[row / 64] >> (row % 64) & 1 == 1
    }

    /// Returns how many bytes [`to_bytes`](Self::to_bytes) gives for `len` rows.
    pub(super) fn len_bytes(len: usize) -> usize {
        len.div_ceil(8)
    }

    /// Returns the bits, the lowest of the first byte first.
    pub(super) fn to_bytes(&self) -> impl Iterator<Item = u8> {
        self.words.iter().flat_map(|word| word.to_le_bytes()).take(Self::len_bytes(self.len))
    }

    /// Puts the bits of `len` rows together; `None` when one after the last row is set, or there is no memory.
    pub(super) fn from_bytes(bytes: &[u8], len: usize) -> Option<Self> {
        let bit = |row: usize| bytes.get(row / 8).is_some_and(|byte| byte >> (row % 8) & 1 == 1);
        let bits = Self::of((0..len).map(bit), len).ok()?;
        bits.to_bytes().eq(bytes.iter().copied()).then_some(bits)
    }

    /// Returns how much memory it takes.
    pub(super) fn heap_bytes(&self) -> usize {
        self.words.capacity() * 8
    }

    /// Zeroes what stands after the last row.
    fn trim(&mut self) {
        if let (Some(last), rest @ 1..) = (self.words.last_mut(), self.len % 64) {
            *last &= (1 << rest) - 1;
        }
    }
}
