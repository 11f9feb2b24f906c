//! A list of ids, each in as few bytes as the largest needs.

use crate::codec::try_reserve;
use crate::error::Result;

/// Numbers of one width. The same bytes stand in a file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Column {
    len: usize,
    /// Bytes a number; 0 where number `i` is `i`.
    width: usize,
    bytes: Vec<u8>,
}

/// Returns how many bytes a number needs, at least one.
fn width_of(number: u64) -> usize {
    (number | 1).ilog2() as usize / 8 + 1
}

impl Column {
    /// Numbers that are their own places.
    pub(crate) fn same(len: usize) -> Self {
        Self { len, width: 0, bytes: Vec::new() }
    }

    /// Returns the narrowest column of these ids.
    pub(crate) fn narrowest(ids: &[u64]) -> Self {
        if ids.iter().enumerate().all(|(place, id)| place as u64 == *id) {
            return Self::same(ids.len());
        }
        Self::of_bytes(ids)
    }

    /// Returns the narrowest column of these ids that says each.
    pub(crate) fn of_bytes(ids: &[u64]) -> Self {
        let width = width_of(ids.iter().copied().max().unwrap_or(0));
        let mut column = Self { len: 0, width, bytes: Vec::with_capacity(ids.len() * width) };
        ids.iter().for_each(|id| column.append(*id));
        column
    }

    /// Returns the column of `len` numbers that a file has; without bytes, numbers that are their own places.
    pub(crate) fn read(bytes: &[u8], len: usize) -> Option<Self> {
        let width = bytes.len().checked_div(len).unwrap_or(0);
        (width <= 8 && width * len == bytes.len()).then(|| Self { len, width, bytes: bytes.to_vec() })
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Returns whether number `i` is `i` for each.
    pub(crate) fn is_same(&self) -> bool {
        self.width == 0
    }

    /// Returns whether so narrow a column cannot hold as many different numbers.
    pub(crate) fn is_too_narrow(&self) -> bool {
        matches!(self.width, 1..=7) && self.len as u64 > 1 << (8 * self.width)
    }

    #[inline]
    pub(crate) fn get(&self, place: usize) -> u64 {
        if self.width == 0 {
            return place as u64;
        }
        let bytes = &self.bytes[place * self.width..][..self.width];
        bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = u64> {
        (0..self.len).map(|place| self.get(place))
    }

    fn append(&mut self, id: u64) {
        self.bytes.extend_from_slice(&id.to_le_bytes()[..self.width]);
        self.len += 1;
    }

    pub(crate) fn push(&mut self, id: u64) {
        if self.width == 0 && id == self.len as u64 {
            self.len += 1;
        } else if self.width == 0 || width_of(id) > self.width {
            let mut ids: Vec<u64> = self.iter().collect();
            ids.push(id);
            *self = Self::of_bytes(&ids);
        } else {
            self.append(id);
        }
    }

    /// Puts another number in a place that there is.
    pub(crate) fn set(&mut self, place: usize, id: u64) {
        if self.get(place) == id {
            return;
        }
        if self.width == 0 || width_of(id) > self.width {
            let mut ids: Vec<u64> = self.iter().collect();
            ids[place] = id;
            *self = Self::of_bytes(&ids);
        } else {
            self.bytes[place * self.width..][..self.width].copy_from_slice(&id.to_le_bytes()[..self.width]);
        }
    }

    /// Keeps the first `len` numbers.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
        self.bytes.truncate(self.len * self.width);
    }

    /// Returns the bytes of the narrowest column of these numbers.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let largest = self.iter().max().unwrap_or(0);
        if self.width == width_of(largest) && self.iter().zip(0..).any(|(id, place)| id != place) {
            return self.bytes.clone();
        }
        Self::narrowest(&self.iter().collect::<Vec<u64>>()).bytes
    }

    pub(crate) fn try_reserve(&mut self, n: usize) -> Result<()> {
        try_reserve(&mut self.bytes, n * self.width)
    }

    /// Takes no more bytes than it needs.
    pub(crate) fn shrink(&mut self) {
        self.bytes = self.to_bytes();
        self.width = self.bytes.len().checked_div(self.len).unwrap_or(0);
    }

    pub(crate) fn len_bytes(&self) -> usize {
        self.bytes.capacity()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_gives_back_what_was_pushed_in_the_narrowest_width() {
        let mut column = Column::default();
        let mut ids = Vec::new();
        let numbers = [0, 1, 2, 255, 256, 7, 65_535, 65_536, 1 << 24, 3, (1 << 32) - 1, 1 << 40, u64::MAX];
        for (id, width) in numbers.into_iter().zip([0, 0, 0, 1, 2, 2, 2, 3, 4, 4, 4, 6, 8]) {
            column.push(id);
            ids.push(id);
            assert_eq!((column.width, column.bytes().len()), (width, width * ids.len()));
            assert!(column.iter().eq(ids.iter().copied()));
            assert_eq!(Column::narrowest(&ids).bytes(), column.bytes());
            let read = Column::read(column.bytes(), ids.len()).expect("a column");
            assert!(read.iter().eq(ids.iter().copied()));
        }
        assert!(Column::read(&[0; 27], 3).is_none() && Column::read(&[0; 7], 3).is_none());
        assert!(Column::read(&[0], 0).is_none() && Column::read(&[], 0).is_some());
    }
}
