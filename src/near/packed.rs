//! Who is linked to whom, at rest: sorted lists in a few bits a link, the same in files and in memory.
//!
//! Each list is its length, then the code of [`sorted`](super::sorted).

use super::graph::{Links, Slots};
use super::sorted::{PAD, Shape, bits, word, write};
use crate::error::Result;
use crate::kernel::prefetch::prefetch;
use crate::kernel::sort::sort;

/// How many lists share one 32-bit offset.
const BLOCK: usize = 32;

/// Sorted lists.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Packed {
    /// The lists, then `PAD` zeros.
    bytes: Vec<u8>,
    /// Where each block of lists starts.
    blocks: Vec<u32>,
    /// Where each list starts in its block.
    starts: Vec<u16>,
}

impl Packed {
    /// Returns the lists as they stand in a file.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.bytes.len().saturating_sub(PAD)]
    }

    pub(crate) fn len_bytes(&self) -> usize {
        self.bytes.capacity() + self.blocks.capacity() * 4 + self.starts.capacity() * 2
    }

    pub(crate) fn len(&self) -> usize {
        self.starts.len()
    }

    /// Appends a list of some of `n` nodes.
    fn push(&mut self, links: &mut [u32], n: u32) {
        sort(links);
        self.mark_start(self.bytes.len());
        let degree = links.len() as u32;
        if degree < 128 {
            self.bytes.push(degree as u8);
        } else {
            self.bytes.extend([degree as u8 | 128, (degree >> 7) as u8]);
        }
        if degree > 0 {
            write(&mut self.bytes, Shape::new(n, degree), links.iter().copied());
        }
    }

    fn mark_start(&mut self, at: usize) {
        if self.starts.len().is_multiple_of(BLOCK) {
            self.blocks.push(at as u32);
        }
        self.starts.push((at - self.blocks[self.starts.len() / BLOCK] as usize) as u16);
    }

    pub(crate) fn from_slots(slots: &Slots) -> Self {
        let same: Vec<u32> = (0..slots.len() as u32).collect();
        Self::from_slots_in_order(slots, &same, &same)
    }

    /// Packs lists in a new order: node `i` is what node `order[i]` was, and `place` is the inverse.
    pub(crate) fn from_slots_in_order(slots: &Slots, order: &[u32], place: &[u32]) -> Self {
        let mut packed = Self::default();
        let mut list = Vec::new();
        for &node in order {
            list.clear();
            list.extend(slots.links(node).iter().map(|link| place[*link as usize]));
            packed.push(&mut list, order.len() as u32);
        }
        packed.finish();
        packed
    }

    /// Adds the zeros behind the last list, and gives back what is not needed.
    fn finish(&mut self) {
        self.bytes.reserve_exact(PAD);
        self.bytes.extend([0; PAD]);
        self.bytes.shrink_to_fit();
        self.blocks.shrink_to_fit();
        self.starts.shrink_to_fit();
    }

    /// Reads the lists of `n` nodes, of at most `capacity` links each.
    ///
    /// Errors: a sentence, when a list does not end, is too long, unsorted, not canonical, or links
    /// to a node that is not there or to itself.
    pub(crate) fn from_bytes(bytes: &[u8], n: usize, capacity: usize) -> core::result::Result<Self, String> {
        if bytes.len() > u32::MAX as usize || bytes.len() < n {
            return Err(format!("{} bytes cannot be the lists of {n} nodes", bytes.len()));
        }
        let mut padded = Vec::with_capacity(bytes.len() + PAD);
        padded.extend_from_slice(bytes);
        padded.extend([0; PAD]);
        let mut packed = Self {
            bytes: padded,
            blocks: Vec::with_capacity(n.div_ceil(BLOCK)),
            starts: Vec::with_capacity(n),
        };
        let mut at = 0;
        for node in 0..n as u32 {
            packed.mark_start(at);
            at = packed
                .check(at, bytes.len(), node, n as u32, capacity)
                .map_err(|why| format!("list of node {node}: {why}"))?;
        }
        if at != bytes.len() {
            return Err("bytes after the last list".into());
        }
        Ok(packed)
    }

    /// Checks the list at `start`; returns where it ends.
    fn check(
        &self,
        start: usize,
        end: usize,
        node: u32,
        n: u32,
        capacity: usize,
    ) -> core::result::Result<usize, &'static str> {
        if start >= end {
            return Err("no length");
        }
        let (degree, at) = self.degree(start);
        if degree as usize > capacity || at > end {
            return Err("longer than the parameters allow");
        }
        if degree >= n {
            return Err("longer than there are other nodes");
        }
        if degree < 128 && at > start + 1 {
            return Err("a length with a needless byte");
        }
        if degree == 0 {
            return Ok(at);
        }
        let shape = Shape::new(n, degree);
        let stop = at + shape.len_bytes();
        if stop > end {
            return Err("cut short");
        }
        shape.check(&self.bytes[at..stop])?;
        let (mut previous, mut good) = (None, true);
        self.read(at, degree, shape, |link| {
            good &= link < n && link != node && previous.is_none_or(|previous| previous < link);
            previous = Some(link);
        });
        if good { Ok(stop) } else { Err("unsorted, or with a node that is not there, or the node itself") }
    }

    /// Returns the length of the list at `at`, and where its links are.
    #[inline(always)]
    fn degree(&self, at: usize) -> (u32, usize) {
        let first = u32::from(self.bytes[at]);
        if first < 128 {
            return (first, at + 1);
        }
        (first & 127 | u32::from(self.bytes[at + 1]) << 7, at + 2)
    }

    /// Calls `visit` with each link of a list whose links are at `at`.
    #[inline(always)]
    fn read(&self, at: usize, degree: u32, shape: Shape, mut visit: impl FnMut(u32)) {
        let mask = (1u64 << shape.low) - 1;
        let mut low_at = at * 8 + shape.unary;
        let (mut at, mut left) = (at, degree);
        // What the places of the next word's bits are more than the high bits that they stand for.
        let mut base = 0u32;
        loop {
            let mut unary = word(&self.bytes, at);
            while unary != 0 {
                let high = base.wrapping_add(unary.trailing_zeros());
                visit(high << shape.low | bits(&self.bytes, low_at, mask) as u32);
                left -= 1;
                if left == 0 {
                    return;
                }
                unary &= unary - 1;
                low_at += shape.low as usize;
                base = base.wrapping_sub(1);
            }
            base = base.wrapping_add(64);
            at += 8;
        }
    }

    #[inline(always)]
    fn start(&self, node: u32) -> usize {
        let node = node as usize;
        self.blocks[node / BLOCK] as usize + usize::from(self.starts[node])
    }

    /// Returns the lists in slots, with unknown lengths.
    pub(crate) fn to_slots(&self, capacity: usize) -> Result<Slots> {
        let mut slots = Slots::new(capacity);
        slots.try_reserve(self.len())?;
        slots.grow(self.len());
        let mut list = Vec::new();
        for node in 0..self.len() as u32 {
            list.clear();
            self.visit(node, |link| list.push((link, f32::NAN)));
            slots.set(node, list.iter().copied());
        }
        Ok(slots)
    }
}

impl Links for Packed {
    #[inline(always)]
    fn visit(&self, node: u32, visit: impl FnMut(u32)) {
        let (degree, at) = self.degree(self.start(node));
        if degree > 0 {
            self.read(at, degree, Shape::new(self.len() as u32, degree), visit);
        }
    }

    #[inline(always)]
    fn prefetch(&self, node: u32) {
        let start = self.start(node);
        prefetch(&self.bytes[start..(start + 40).min(self.bytes.len())]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_comes_back_and_takes_the_bytes_that_the_format_says() {
        let mut state = 1u64;
        for n in [2u32, 3, 64, 65, 1000, 70_000, 5_000_000] {
            for degree in [0u32, 1, 2, 7, 31, 32, 127, 128, 256].into_iter().filter(|degree| *degree < n) {
                let mut links = std::collections::BTreeSet::new();
                while links.len() < degree as usize {
                    state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                    let link = (state >> 33) as u32 % n;
                    if link != n - 1 {
                        links.insert(link);
                    }
                }
                let mut links: Vec<u32> = links.into_iter().collect();
                let mut packed = Packed::default();
                packed.push(&mut links, n);
                let len = packed.bytes.len();
                packed.finish();
                if let Some(each) = n.checked_div(degree) {
                    let low = each.ilog2();
                    let bits = degree as usize * (1 + low as usize) + ((n - 1) >> low) as usize;
                    assert_eq!(len, 1 + usize::from(degree > 127) + bits.div_ceil(8));
                }
                assert_eq!(packed.check(0, len, n - 1, n, 256), Ok(len), "{degree} of {n}");
                let mut found = Vec::new();
                let (degree, at) = packed.degree(0);
                if degree > 0 {
                    packed.read(at, degree, Shape::new(n, degree), |link| found.push(link));
                }
                assert_eq!(found, links);
            }
        }
    }

    #[test]
    fn a_changed_byte_is_another_list_or_refused() {
        let mut whole = Packed::default();
        let lists: [&[u32]; 5] = [&[1, 2, 4], &[0], &[], &[0, 1, 2, 4], &[2, 3]];
        for list in lists {
            whole.push(&mut list.to_vec(), 5);
        }
        whole.finish();
        let bytes = whole.bytes().to_vec();
        assert_eq!(Packed::from_bytes(&bytes, 5, 4), Ok(whole));
        for at in 0..bytes.len() {
            assert!(Packed::from_bytes(&bytes[..at], 5, 4).is_err());
            for value in 0..=255 {
                let mut other = bytes.clone();
                other[at] = value;
                if let Ok(packed) = Packed::from_bytes(&other, 5, 4) {
                    let again = Packed::from_slots(&packed.to_slots(4).expect("there is memory"));
                    assert_eq!(again.bytes(), other, "there are two ways to write a list");
                }
            }
        }
    }
}
