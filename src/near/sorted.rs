//! How is an ascending list of node numbers kept in a few bits each?
//!
//! A list of d of the n nodes is kept as its lowest k bits of each node, k = ⌊log₂(n / d)⌋, and the rest in unary: bit
//! (v >> k) + i is set for the i-th node v, so that reading it needs no branch that depends on the data. Half a bit a node
//! more than any list of d nodes needs. A node may be there more than once.
//! Reference: Elias, Efficient storage and retrieval by content and address of static files (1974).

/// Zeros behind the last list, so that words can be read anywhere.
pub(super) const PAD: usize = 8;

/// Where the parts of a list are, in bits from its first byte.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Shape {
    /// How many nodes are listed.
    pub(super) len: u32,
    /// How many low bits a node has.
    pub(super) low: u32,
    /// How many bits the unary part has; the low bits follow.
    pub(super) unary: usize,
}

impl Shape {
    /// The shape of a list of `len` (at least one) of `n` nodes.
    #[inline(always)]
    pub(super) fn new(n: u32, len: u32) -> Self {
        let low = (n / len).max(1).ilog2();
        Self { len, low, unary: len as usize + ((n - 1) >> low) as usize }
    }

    pub(super) fn len_bytes(self) -> usize {
        (self.unary + self.len as usize * self.low as usize).div_ceil(8)
    }

    /// Checks that the bytes hold as many nodes, and nothing behind them.
    pub(super) fn check(self, bytes: &[u8]) -> core::result::Result<(), &'static str> {
        let set = |bit: usize| bytes[bit / 8] >> (bit % 8) & 1 == 1;
        if (0..self.unary).filter(|bit| set(*bit)).count() != self.len as usize {
            return Err("not as many links as its length says");
        }
        let filled = self.unary + self.len as usize * self.low as usize;
        if (filled..bytes.len() * 8).any(set) {
            return Err("a bit after its end is not zero");
        }
        Ok(())
    }
}

/// Returns the 64 bits from byte `at` on, lowest first.
#[inline(always)]
pub(super) fn word(bytes: &[u8], at: usize) -> u64 {
    let mut word = [0; 8];
    word.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(word)
}

/// Returns up to 57 bits from bit `at` on.
#[inline(always)]
pub(super) fn bits(bytes: &[u8], at: usize, mask: u64) -> u64 {
    word(bytes, at / 8) >> (at % 8) & mask
}

/// Appends the nodes of a list in order.
pub(super) fn write(bytes: &mut Vec<u8>, shape: Shape, nodes: impl Iterator<Item = u32>) {
    let start = bytes.len();
    let end = start + shape.len_bytes();
    bytes.resize(end + PAD, 0);
    let mask = (1u64 << shape.low) - 1;
    for (i, node) in nodes.enumerate() {
        let high = (node >> shape.low) as usize + i;
        bytes[start + high / 8] |= 1 << (high % 8);
        let at = start * 8 + shape.unary + i * shape.low as usize;
        let value = word(bytes, at / 8) | (u64::from(node) & mask) << (at % 8);
        bytes[at / 8..at / 8 + 8].copy_from_slice(&value.to_le_bytes());
    }
    bytes.truncate(end);
}
