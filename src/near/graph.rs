//! Who is linked to whom: fixed slots while the graph grows, packed lists in files and after.

use crate::codec::try_reserve;
use crate::error::Result;

/// What a walk needs of a graph.
pub(crate) trait Links: Sync {
    /// Calls `visit` with each node that `node` links to.
    fn visit(&self, node: u32, visit: impl FnMut(u32));
}

/// Lists of one fixed capacity, with the length of each link beside it: the form that grows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Slots {
    capacity: usize,
    degrees: Vec<u16>,
    links: Vec<u32>,
    /// The pair key of each link; NaN where it is not known (after loading).
    lengths: Vec<f32>,
}

impl Slots {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { capacity, ..Self::default() }
    }

    pub(crate) fn len(&self) -> usize {
        self.degrees.len()
    }

    pub(crate) fn capacity(&self) -> usize {
        self.capacity
    }

    pub(crate) fn try_reserve(&mut self, n: usize) -> Result<()> {
        try_reserve(&mut self.degrees, n)?;
        try_reserve(&mut self.links, n.saturating_mul(self.capacity))?;
        try_reserve(&mut self.lengths, n.saturating_mul(self.capacity))
    }

    /// Appends nodes without links, up to `n` in all.
    pub(crate) fn grow(&mut self, n: usize) {
        self.degrees.resize(n, 0);
        self.links.resize(n * self.capacity, 0);
        self.lengths.resize(n * self.capacity, 0.0);
    }

    pub(crate) fn links(&self, node: u32) -> &[u32] {
        let node = node as usize;
        &self.links[node * self.capacity..][..self.degrees[node] as usize]
    }

    pub(crate) fn lengths(&self, node: u32) -> &[f32] {
        let node = node as usize;
        &self.lengths[node * self.capacity..][..self.degrees[node] as usize]
    }

    /// Replaces a node's links.
    pub(crate) fn set(&mut self, node: u32, list: impl Iterator<Item = (u32, f32)>) {
        let node = node as usize;
        let start = node * self.capacity;
        let mut degree = 0;
        for (link, length) in list.take(self.capacity) {
            self.links[start + degree] = link;
            self.lengths[start + degree] = length;
            degree += 1;
        }
        self.degrees[node] = degree as u16;
    }

    /// Keeps the first `n` nodes.
    pub(crate) fn truncate(&mut self, n: usize) {
        self.degrees.truncate(n);
        self.links.truncate(n * self.capacity);
        self.lengths.truncate(n * self.capacity);
    }

    /// Copies the list of `from` over that of `to`.
    pub(crate) fn copy_list(&mut self, from: u32, to: u32) {
        let (start, end) = (from as usize * self.capacity, to as usize * self.capacity);
        self.links.copy_within(start..start + self.capacity, end);
        self.lengths.copy_within(start..start + self.capacity, end);
        self.degrees[to as usize] = self.degrees[from as usize];
    }

    /// Gives every link a new number.
    pub(crate) fn relabel(&mut self, new: impl Fn(u32) -> u32) {
        for (links, degree) in self.links.chunks_exact_mut(self.capacity).zip(&self.degrees) {
            links[..*degree as usize].iter_mut().for_each(|link| *link = new(*link));
        }
    }

    /// Adds one link where there is room; returns whether there was.
    pub(crate) fn push(&mut self, node: u32, link: u32, length: f32) -> bool {
        let degree = self.degrees[node as usize] as usize;
        if degree == self.capacity {
            return false;
        }
        self.links[node as usize * self.capacity + degree] = link;
        self.lengths[node as usize * self.capacity + degree] = length;
        self.degrees[node as usize] += 1;
        true
    }

    /// Puts a link in the place of the last one.
    pub(crate) fn replace_last(&mut self, node: u32, link: u32, length: f32) {
        self.degrees[node as usize] = self.degrees[node as usize].saturating_sub(1);
        self.push(node, link, length);
    }

    pub(crate) fn len_bytes(&self) -> usize {
        self.degrees.capacity() * 2 + (self.links.capacity() + self.lengths.capacity()) * 4
    }
}

impl Links for Slots {
    #[inline(always)]
    fn visit(&self, node: u32, visit: impl FnMut(u32)) {
        self.links(node).iter().copied().for_each(visit);
    }
}

/// How many lists share one 32-bit offset.
const BLOCK: usize = 32;

/// Sorted lists, as differences in variable-length bytes: the form of files.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Packed {
    bytes: Vec<u8>,
    /// Where each block of lists starts.
    blocks: Vec<u32>,
    /// Where each list starts in its block.
    starts: Vec<u16>,
}

impl Packed {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn len_bytes(&self) -> usize {
        self.bytes.capacity() + self.blocks.capacity() * 4 + self.starts.capacity() * 2
    }

    pub(crate) fn len(&self) -> usize {
        self.starts.len()
    }

    /// Appends a node's list.
    fn push(&mut self, links: &mut [u32]) {
        links.sort_unstable();
        let node = self.starts.len();
        self.mark_start(self.bytes.len());
        let mut previous = node as u32;
        write_varint(&mut self.bytes, links.len() as u32);
        for (i, &link) in links.iter().enumerate() {
            let step = if i == 0 { zigzag(link as i32 - previous as i32) } else { link - previous - 1 };
            write_varint(&mut self.bytes, step);
            previous = link;
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
            packed.push(&mut list);
        }
        packed.bytes.shrink_to_fit();
        packed.blocks.shrink_to_fit();
        packed.starts.shrink_to_fit();
        packed
    }

    /// Reads the lists of `n` nodes, of at most `capacity` links each.
    ///
    /// Errors: a sentence, when a list does not end, is too long, unsorted, not canonical, or links
    /// to a node that is not there or to itself.
    pub(crate) fn from_bytes(bytes: &[u8], n: usize, capacity: usize) -> core::result::Result<Self, String> {
        if bytes.len() > u32::MAX as usize || bytes.len() < n {
            return Err(format!("{} bytes cannot be the lists of {n} nodes", bytes.len()));
        }
        let mut packed = Self {
            bytes: Vec::new(),
            blocks: Vec::with_capacity(n.div_ceil(BLOCK)),
            starts: Vec::with_capacity(n),
        };
        let mut at = 0;
        for node in 0..n as u32 {
            packed.mark_start(at);
            let bad = |why: &str| Err(format!("list of node {node}: {why}"));
            let Some(degree) = read_varint(bytes, &mut at) else { return bad("no length") };
            if degree as usize > capacity {
                return bad("longer than the parameters allow");
            }
            let mut previous = 0;
            for i in 0..degree {
                let Some(step) = read_varint(bytes, &mut at) else { return bad("cut short") };
                let link = if i == 0 {
                    i64::from(node) + i64::from(unzigzag(step))
                } else {
                    previous + i64::from(step) + 1
                };
                if !(0..n as i64).contains(&link) || link == i64::from(node) {
                    return bad("links to a node that is not there, or to itself");
                }
                previous = link;
            }
        }
        if at != bytes.len() {
            return Err("bytes after the last list".into());
        }
        packed.bytes = bytes.to_vec();
        Ok(packed)
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
    fn visit(&self, node: u32, mut visit: impl FnMut(u32)) {
        let i = node as usize;
        let start = self.blocks[i / BLOCK] as usize + self.starts[i] as usize;
        let mut bytes = &self.bytes[start..];
        let mut next = || {
            let (mut value, mut shift) = (0, 0);
            while let Some((&byte, rest)) = bytes.split_first() {
                bytes = rest;
                value |= u32::from(byte & 127) << shift;
                if byte < 128 {
                    break;
                }
                shift += 7;
            }
            value
        };
        let degree = next();
        if degree == 0 {
            return;
        }
        let mut link = node.wrapping_add_signed(unzigzag(next()));
        visit(link);
        for _ in 1..degree {
            link += next() + 1;
            visit(link);
        }
    }
}

fn zigzag(value: i32) -> u32 {
    ((value << 1) ^ (value >> 31)) as u32
}

#[inline(always)]
fn unzigzag(value: u32) -> i32 {
    (value >> 1) as i32 ^ -((value & 1) as i32)
}

fn write_varint(bytes: &mut Vec<u8>, mut value: u32) {
    while value >= 128 {
        bytes.push(value as u8 | 128);
        value >>= 7;
    }
    bytes.push(value as u8);
}

/// Reads one canonical number: at most 5 bytes, no needless last zero, no bit beyond 32.
fn read_varint(bytes: &[u8], at: &mut usize) -> Option<u32> {
    let mut value = 0u64;
    for shift in [0, 7, 14, 21, 28] {
        let byte = *bytes.get(*at)?;
        *at += 1;
        value |= u64::from(byte & 127) << shift;
        if byte < 128 {
            return if byte == 0 && shift > 0 { None } else { u32::try_from(value).ok() };
        }
    }
    None
}
