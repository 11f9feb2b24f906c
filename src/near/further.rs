//! The ids of nodes that have several, without the first of each: four bytes or so an id.

use super::id_column::Column;
use super::sorted::{PAD, Shape, bits, word, write};
use crate::kernel::sort::sort_by_two;
use core::ops::Range;

/// How many bits of the unary part share one count.
const BLOCK: usize = 512;

/// So many ids wait, and this part of those that are in order, before they are put in order with them: an add costs no pass
/// over all.
const FRESH_MIN: usize = 64;
const FRESH_PART: usize = 64;
/// So many are put in their places one by one.
const FEW: usize = 16;

/// (node, id) in ascending order: the nodes as a list of [`sorted`](super::sorted), the ids as a column.
#[derive(Clone, Debug, Default)]
pub(crate) struct Further {
    /// How many nodes there were when the list was made.
    n: u32,
    shape: Shape,
    /// The list, then `PAD` zeros.
    nodes: Vec<u8>,
    /// How many of the nodes stand before each block of the unary part.
    before: Vec<u32>,
    ids: Column,
    /// Those that came since, sorted but for the last ones until [`settle`](Self::settle).
    fresh: Vec<(u32, u64)>,
    /// How many of the fresh ones are sorted.
    settled: usize,
}

fn sort(pairs: &mut [(u32, u64)]) {
    sort_by_two(pairs, |(node, id)| ((*node).into(), *id));
}

impl Further {
    /// Packs the further ids of `n` nodes, in any order.
    pub(crate) fn new(mut pairs: Vec<(u32, u64)>, n: usize) -> Self {
        if pairs.is_empty() {
            return Self::default();
        }
        sort(&mut pairs);
        let shape = Shape::new(n as u32, pairs.len() as u32);
        let mut nodes = Vec::with_capacity(shape.len_bytes() + PAD);
        write(&mut nodes, shape, pairs.iter().map(|(node, _)| *node));
        let ids: Vec<u64> = pairs.iter().map(|(_, id)| *id).collect();
        drop(pairs);
        Self::of_list(n as u32, shape, nodes, Column::of_bytes(&ids))
    }

    fn of_list(n: u32, shape: Shape, mut nodes: Vec<u8>, ids: Column) -> Self {
        nodes.extend([0; PAD]);
        let mut count = 0;
        let unary = &nodes[..shape.unary.div_ceil(8)];
        let before = unary.chunks(BLOCK / 8).map(|block| {
            let here = count;
            // The low bits that may share the last byte are counted with the last block, behind which is none.
            count += block.iter().map(|byte| byte.count_ones()).sum::<u32>();
            here
        });
        let before = before.collect();
        Self { n, shape, nodes, before, ids, fresh: Vec::new(), settled: 0 }
    }

    /// Reads the section of `len` further ids of `n` nodes.
    ///
    /// Errors: a sentence, when they do not fit, are not canonical or not sorted.
    pub(crate) fn read(bytes: &[u8], n: usize, len: u64) -> core::result::Result<Self, String> {
        if len == 0 && bytes.is_empty() {
            return Ok(Self::default());
        }
        // Each has a bit of its own.
        if n == 0 || len == 0 || len > u64::from(u32::MAX) || len / 8 > bytes.len() as u64 {
            return Err(format!("{} bytes are not {len} ids", bytes.len()));
        }
        let (shape, len) = (Shape::new(n as u32, len as u32), len as usize);
        let Some((nodes, ids)) = bytes.split_at_checked(shape.len_bytes()) else {
            return Err(format!("{} bytes are not {len} ids", bytes.len()));
        };
        let Some(ids) = Column::read(ids, len).filter(|ids| !ids.is_same() && !ids.is_too_narrow()) else {
            return Err(format!("{} bytes are not {len} different ids", bytes.len()));
        };
        shape.check(nodes)?;
        let mut padded = Vec::with_capacity(nodes.len() + PAD);
        padded.extend_from_slice(nodes);
        let further = Self::of_list(n as u32, shape, padded, ids);
        if !further.iter().is_sorted_by(|a, b| a < b) {
            return Err("further ids are not sorted".into());
        }
        if further.iter().last().is_some_and(|(node, _)| node as usize >= n) {
            return Err("a further id of a node that is not there".into());
        }
        Ok(further)
    }

    /// Returns the section of a file in which there are `n` nodes.
    pub(crate) fn to_bytes(&self, n: usize) -> Vec<u8> {
        if self.n as usize != n || !self.fresh.is_empty() {
            let again = Self::new(self.iter().collect(), n);
            return [again.list(), again.ids.bytes()].concat();
        }
        [self.list(), self.ids.bytes()].concat()
    }

    fn list(&self) -> &[u8] {
        &self.nodes[..self.nodes.len().saturating_sub(PAD)]
    }

    pub(crate) fn len(&self) -> usize {
        self.ids.len() + self.fresh.len()
    }

    pub(crate) fn len_bytes(&self) -> usize {
        self.nodes.capacity()
            + self.before.capacity() * 4
            + self.ids.len_bytes()
            + self.fresh.capacity() * size_of::<(u32, u64)>()
    }

    /// Returns all, in order but for the fresh ones, which come last.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, u64)> {
        let (mut at, mut unary) = (0, 0);
        let packed = (0..self.ids.len()).map(move |i| {
            while unary == 0 {
                unary = word(&self.nodes, at / 8);
                at += 64;
            }
            let bit = at - 64 + unary.trailing_zeros() as usize;
            unary &= unary - 1;
            (((bit - i) as u32) << self.shape.low | self.low(i), self.ids.get(i))
        });
        packed.chain(self.fresh.iter().copied())
    }

    /// Returns the low bits of the `i`-th node.
    fn low(&self, i: usize) -> u32 {
        let low = self.shape.low;
        bits(&self.nodes, self.shape.unary + i * low as usize, (1 << low) - 1) as u32
    }

    /// Returns how many of the packed nodes have fewer than `high` in their high bits: the ones before the `high`-th zero.
    fn below(&self, high: usize) -> usize {
        if high == 0 {
            return 0;
        }
        let (mut low, mut end) = (0, self.before.len());
        while end - low > 1 {
            let middle = (low + end) / 2;
            if middle * BLOCK - (self.before[middle] as usize) < high {
                low = middle;
            } else {
                end = middle;
            }
        }
        let mut ones = self.before[low] as usize;
        let mut at = low * BLOCK;
        loop {
            // Behind the unary part is nothing but zeros.
            let left = self.shape.unary - at;
            let mask = if left < 64 { (1 << left) - 1 } else { u64::MAX };
            let unary = word(&self.nodes, at / 8) & mask;
            let zeros = at - ones + unary.count_zeros() as usize;
            if zeros >= high {
                let mut rest = !unary;
                for _ in 0..high - 1 - (at - ones) {
                    rest &= rest - 1;
                }
                return at + rest.trailing_zeros() as usize + 1 - high;
            }
            ones += unary.count_ones() as usize;
            at += 64;
        }
    }

    /// Returns the places of a node's packed ids.
    fn places(&self, node: u32) -> Range<usize> {
        if node >= self.n {
            return 0..0;
        }
        let high = (node >> self.shape.low) as usize;
        let low = node & ((1u64 << self.shape.low) - 1) as u32;
        let (start, end) = (self.below(high), self.below(high + 1));
        let first = |least: u64| {
            let (mut from, mut to) = (start, end);
            while from < to {
                let middle = (from + to) / 2;
                if u64::from(self.low(middle)) < least {
                    from = middle + 1;
                } else {
                    to = middle;
                }
            }
            from
        };
        first(low.into())..first(u64::from(low) + 1)
    }

    /// Calls `visit` with each further id of a node.
    pub(crate) fn visit(&self, node: u32, mut visit: impl FnMut(u64)) {
        for place in self.places(node) {
            visit(self.ids.get(place));
        }
        let start = self.fresh.partition_point(|(other, _)| *other < node);
        for (_, id) in self.fresh[start..].iter().take_while(|(other, _)| *other == node) {
            visit(*id);
        }
    }

    /// Adds an id; [`settle`](Self::settle) afterwards.
    pub(crate) fn push(&mut self, node: u32, id: u64) {
        self.fresh.push((node, id));
    }

    /// Puts the new ones in order, of now `n` nodes.
    pub(crate) fn settle(&mut self, n: usize) {
        if self.fresh.len() > FRESH_MIN + self.ids.len() / FRESH_PART {
            self.pack(n);
            return;
        }
        if self.fresh.len() > self.settled + FEW {
            sort(&mut self.fresh);
        } else {
            for last in self.settled..self.fresh.len() {
                let pair = self.fresh[last];
                let place = self.fresh[..last].partition_point(|other| *other < pair);
                self.fresh[place..=last].rotate_right(1);
            }
        }
        self.settled = self.fresh.len();
    }

    /// Puts all in order, of `n` nodes, in as few bytes as there can be.
    pub(crate) fn pack(&mut self, n: usize) {
        if !self.fresh.is_empty() || self.n as usize != n {
            *self = Self::new(self.iter().collect(), n);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn random(state: &mut u64) -> u64 {
        *state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        *state >> 33
    }

    fn check(further: &Further, n: usize, expected: &BTreeMap<u32, Vec<u64>>) {
        let step = (n / 1000).max(1);
        for node in (0..n as u32 + 2).step_by(step).chain(expected.keys().copied()) {
            let mut found = Vec::new();
            further.visit(node, |id| found.push(id));
            found.sort_unstable();
            assert_eq!(found, expected.get(&node).cloned().unwrap_or_default(), "node {node} of {n}");
        }
        let mut all: Vec<(u32, u64)> = further.iter().collect();
        all.sort_unstable();
        let each = expected.iter().flat_map(|(node, ids)| ids.iter().map(|id| (*node, *id)));
        assert!(all.into_iter().eq(each));
    }

    #[test]
    fn ids_are_found_however_they_lie_and_take_the_bytes_that_the_format_says() {
        let mut state = 7;
        // Nodes, ids, among how many of the last nodes.
        for (n, len, among) in [
            (1, 1, 1),
            (1, 100_000, 1),
            (2, 511, 1),
            (513, 512, 513),
            (1000, 1, 1),
            (5000, 5000, 5000),
            (100_000, 300, 100_000),
            (100_000, 3000, 5),
            (3_000_000, 20, 3_000_000),
            (70_000, 300_000, 70_000),
        ] {
            let mut expected = BTreeMap::<u32, Vec<u64>>::new();
            let mut pairs = Vec::new();
            for id in 0..len as u64 {
                let node = (n - 1 - random(&mut state) as usize % among) as u32;
                pairs.push((node, 60_000 + id));
                expected.entry(node).or_default().push(60_000 + id);
            }
            let further = Further::new(pairs, n);
            check(&further, n, &expected);
            let low = (n / len).max(1).ilog2();
            let width = if 60_000 + len > 65_536 { 3 } else { 2 };
            let list = (len + ((n - 1) >> low) + len * low as usize).div_ceil(8);
            let bytes = further.to_bytes(n);
            assert_eq!(bytes.len(), list + width * len);
            let read = Further::read(&bytes, n, len as u64).expect("it is as written");
            check(&read, n, &expected);
            assert_eq!(read.to_bytes(n), bytes);
            assert!(further.len_bytes() <= bytes.len() + bytes.len() / 8 + 32);
        }
    }

    #[test]
    fn ids_that_come_one_by_one_are_found_at_once_and_written_as_if_they_had_come_together() {
        let (mut state, mut n) = (3, 1);
        let mut expected = BTreeMap::<u32, Vec<u64>>::new();
        let mut further = Further::default();
        let mut id = 0;
        while id < 4000 {
            let more = if random(&mut state).is_multiple_of(50) { random(&mut state) % 200 } else { 1 };
            for _ in 0..more {
                let node = (random(&mut state) as usize % n) as u32;
                further.push(node, id);
                expected.entry(node).or_default().push(id);
                id += 1;
            }
            n += random(&mut state) as usize % 3;
            further.settle(n);
            assert!(further.fresh.len() <= FRESH_MIN + further.ids.len() / FRESH_PART);
            if id % 16 == 0 {
                check(&further, n, &expected);
            }
        }
        check(&further, n, &expected);
        let pairs = expected.iter().flat_map(|(node, ids)| ids.iter().map(|id| (*node, *id))).collect();
        let together = Further::new(pairs, n);
        assert_eq!(further.to_bytes(n), together.to_bytes(n));
        further.pack(n);
        assert!(further.fresh.is_empty() && further.to_bytes(n) == together.to_bytes(n));
    }

    #[test]
    fn a_changed_byte_is_another_list_or_refused() {
        let bytes = Further::new(vec![(0, 9), (2, 4), (2, 300), (9, 1), (9, 7)], 12).to_bytes(12);
        assert_eq!(bytes.len(), 2 + 10);
        let mut opened = 0;
        for at in 0..bytes.len() {
            // Five bytes less are ids of one byte.
            assert!(at == 7 || Further::read(&bytes[..at], 12, 5).is_err());
            for value in 0..=255 {
                let mut other = bytes.clone();
                other[at] = value;
                if let Ok(further) = Further::read(&other, 12, 5) {
                    opened += 1;
                    assert!(further.iter().is_sorted_by(|a, b| a < b), "{other:?}");
                    assert!(further.iter().all(|(node, _)| node < 12), "{other:?}");
                    assert_eq!(further.list(), &other[..2], "there are two ways to write a list");
                }
            }
        }
        assert!(opened > 1000, "{opened}");
        for (bytes, n, len) in [
            (&bytes[..], 12, 4),
            (&bytes[..], 12, 6),
            (&bytes[..], 12, u64::MAX),
            (&bytes[..], 12, 0),
            (&bytes[..], 0, 5),
            (&bytes[..2], 12, 5),
            (&[], 12, 5),
        ] {
            assert!(Further::read(bytes, n, len).is_err(), "{} bytes, {n} nodes, {len} ids", bytes.len());
        }
    }
}
