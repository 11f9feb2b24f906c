//! Who is linked to whom, while the graph grows: fixed slots. At rest: [`Packed`](super::packed::Packed).

use crate::codec::try_reserve;
use crate::error::Result;
use crate::kernel::prefetch::prefetch;

/// What a walk needs of a graph.
pub(crate) trait Links: Sync {
    /// Calls `visit` with each node that `node` links to.
    fn visit(&self, node: u32, visit: impl FnMut(u32));

    /// Asks for a node's list before it is needed.
    fn prefetch(&self, node: u32);
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

    /// Forgets how long links are: vectors are kept in another way.
    pub(crate) fn forget_lengths(&mut self) {
        self.lengths.fill(f32::NAN);
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

    #[inline(always)]
    fn prefetch(&self, node: u32) {
        prefetch(self.links(node));
    }
}
