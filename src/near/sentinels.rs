//! Sentinels: some of the vectors as they came, with the neighbours that the vectors as they came gave them.
//!
//! Storage rounds, and what is kept cannot tell what rounding lost. So a few vectors are kept in float32 beside the
//! index, each with the nodes of its nearest neighbours and their distances by the originals, while those are at hand: each
//! vector that comes is compared with all sentinels. A list holds the nearest of all there are as long as it is not
//! empty: what is removed leaves it, and of what comes only what is nearer than its last enters.
//! Which vectors become sentinels is told by a hash of their running number: a reservoir, spread over all that ever came.

use super::index::Index;
use crate::distance::Metric;
use crate::kernel::near::distance_f32::{dots_f32, l2sqs_f32};
use crate::kernel::sort::{key_f32, of_key_f32, sort};
use crate::pool::map;

/// The most sentinels, and the fewest of long vectors.
const COUNT: usize = 256;
const COUNT_MIN: usize = 8;
/// The bytes that all may take, about.
const BUDGET: usize = 1 << 20;
/// There is at most one for so many nodes.
const NODES_EACH: usize = 32;

/// How long the lists are, neighbours with their reserve: of most, of each eighth, of each other eighth.
const LENGTHS: [usize; 3] = [24, 160, 1200];
/// What a sentinel's list takes on average.
const LIST_BYTES: usize = 1500;

/// How many vectors are compared with one sentinel before the next has its turn.
const BLOCK: usize = 1024;
/// How many are at once.
const CHUNK: usize = 256;

/// No node: the sentinel's own vector was removed.
pub(crate) const NO_NODE: u32 = u32::MAX;

/// A vector that is asked for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sentinel {
    /// How many vectors came before it.
    pub(crate) number: u64,
    /// Its own node, which is not a neighbour of it; [`NO_NODE`] when it was removed.
    pub(crate) own: u32,
    /// Whether all distances are those of the originals; else some are of what was kept of vectors that came before it.
    pub(crate) whole: bool,
    /// Whether every node is in the list.
    pub(crate) open: bool,
    /// How many neighbours the list may hold.
    pub(crate) room: u32,
    /// Keys and nodes, ascending: squared distances (of unit vectors, for cosine) or negative dot products.
    pub(crate) near: Vec<(f32, u32)>,
}

impl Sentinel {
    /// Returns whether it knows its `k` nearest neighbours, or all there are.
    pub(super) fn knows(&self, k: usize) -> bool {
        !self.near.is_empty() && (self.open || self.near.len() >= k)
    }

    /// Returns the nodes of its `k` nearest neighbours in ascending order, with those that are as far as the last; and how
    /// many are to be found.
    pub(super) fn truth(&self, k: usize) -> (Vec<u32>, usize) {
        let k = k.min(self.near.len());
        let last = self.near[k - 1].0;
        let mut nodes: Vec<u32> =
            self.near.iter().take_while(|near| near.0 <= last).map(|near| near.1).collect();
        sort(&mut nodes);
        (nodes, k)
    }

    /// Returns whether a vector so near may be a neighbour.
    fn wants(&self, key: f32) -> bool {
        self.open || self.near.last().is_some_and(|last| key <= last.0)
    }

    fn offer(&mut self, key: f32, node: u32) {
        if node == self.own {
            return;
        }
        if !key.is_finite() {
            // Beyond what 32 bits tell apart: farther than all that is in the list, if not than each other.
            self.open = false;
            return;
        }
        let full = self.near.len() >= self.room as usize;
        if (full || !self.open) && self.near.last().is_none_or(|last| (key, node) >= *last) {
            self.open &= !full || self.near.iter().any(|near| near.1 == node);
            return;
        }
        if let Some(at) = self.near.iter().position(|near| near.1 == node) {
            // Two originals share a node when they are the same as it is kept: the nearer one counts.
            if self.near[at].0 <= key {
                return;
            }
            self.near.remove(at);
        }
        let at = self.near.partition_point(|near| *near < (key, node));
        self.near.insert(at, (key, node));
        if self.near.len() > self.room as usize {
            self.near.pop();
            self.open = false;
        }
    }
}

/// The sentinels of an index.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Sentinels {
    /// How many vectors came while there were sentinels.
    pub(crate) came: u64,
    /// In the order in which they came.
    pub(crate) all: Vec<Sentinel>,
    /// Their vectors (of unit length for cosine), behind each other.
    pub(crate) vectors: Vec<f32>,
}

/// Vectors as they came (of unit length for cosine), and their nodes.
#[derive(Clone, Copy)]
pub(super) struct Piece<'a> {
    pub(super) vectors: &'a [f32],
    pub(super) nodes: &'a [u32],
}

/// Mixes the bits of a number: SplitMix64's output.
fn hash(number: u64) -> u64 {
    let mut z = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}

/// Returns how many sentinels an index of `n` nodes has.
fn count(n: usize, dim: usize) -> usize {
    (BUDGET / (dim * 4 + LIST_BYTES)).clamp(COUNT_MIN, COUNT).min(n / NODES_EACH)
}

/// Returns how long the list of a sentinel of an index of `n` nodes may be.
fn room(number: u64, n: usize) -> u32 {
    let length = match hash(!number) % 8 {
        0 => LENGTHS[2],
        1 => LENGTHS[1],
        _ => LENGTHS[0],
    };
    length.min((n / 8).max(LENGTHS[0])) as u32
}

/// Calls `each` with the place and the key of every row, for a sentinel's vector.
fn keys(metric: Metric, vector: &[f32], rows: &[f32], mut each: impl FnMut(usize, f32)) {
    let dim = vector.len();
    let (mut nodes, mut out) = ([0u32; CHUNK], [0.0; CHUNK]);
    nodes.iter_mut().zip(0..).for_each(|(node, i)| *node = i);
    for (start, rows) in (0..).step_by(CHUNK).zip(rows.chunks(CHUNK * dim)) {
        let n = rows.len() / dim;
        match metric {
            Metric::L2sq | Metric::Cosine => l2sqs_f32(vector, rows, &nodes[..n], &mut out[..n]),
            Metric::Ip => dots_f32(vector, rows, &nodes[..n], &mut out[..n]),
        }
        for (i, (&out, row)) in out[..n].iter().zip(rows.chunks_exact(dim)).enumerate() {
            let key = match metric {
                Metric::L2sq => out,
                // The zero vector is as far from all as vectors at right angles are.
                Metric::Cosine if row.iter().all(|value| *value == 0.0) => 2.0,
                Metric::Cosine => out,
                Metric::Ip => -out,
            };
            each(start + i, key);
        }
    }
}

impl Sentinels {
    pub(super) fn len_bytes(&self) -> usize {
        let lists: usize = self.all.iter().map(|sentinel| sentinel.near.capacity() * 8).sum();
        self.vectors.capacity() * 4 + self.all.capacity() * size_of::<Sentinel>() + lists
    }

    /// Gives back what only changes need.
    pub(super) fn rest(&mut self) {
        self.vectors.shrink_to_fit();
        self.all.shrink_to_fit();
        self.all.iter_mut().for_each(|sentinel| sentinel.near.shrink_to_fit());
    }

    pub(super) fn vector(&self, i: usize) -> &[f32] {
        let dim = self.vectors.len() / self.all.len();
        &self.vectors[i * dim..][..dim]
    }

    /// Takes dead nodes out, and gives those that moved (from, to) their new numbers; both ascending.
    pub(super) fn forget(&mut self, dead: &[u32], moves: &[(u32, u32)]) {
        let new = |node: u32| match moves.binary_search_by_key(&node, |(from, _)| *from) {
            Ok(at) => moves[at].1,
            Err(_) => node,
        };
        for sentinel in &mut self.all {
            let gone = |node: u32| node == NO_NODE || dead.binary_search(&node).is_ok();
            sentinel.own = if gone(sentinel.own) { NO_NODE } else { new(sentinel.own) };
            sentinel.near.retain(|near| !gone(near.1));
            sentinel.renumber(new);
        }
    }

    /// Takes all nodes from `n` on out.
    pub(super) fn truncate(&mut self, n: usize) {
        for sentinel in &mut self.all {
            sentinel.own = if sentinel.own as usize >= n { NO_NODE } else { sentinel.own };
            sentinel.near.retain(|near| (near.1 as usize) < n);
        }
    }

    /// Gives each node the number `place[node]`.
    pub(super) fn reorder(&mut self, place: &[u32]) {
        for sentinel in &mut self.all {
            sentinel.own = if sentinel.own == NO_NODE { NO_NODE } else { place[sentinel.own as usize] };
            sentinel.renumber(|node| place[node as usize]);
        }
    }
}

/// What a sentinel takes in a file beside its vector and its neighbours.
const HEAD_LEN: usize = 24;
const WHOLE: u32 = 1;
const OPEN: u32 = 2;

impl Sentinels {
    /// Returns the section of a file; empty without sentinels.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        if self.all.is_empty() {
            return Vec::new();
        }
        let mut bytes = self.came.to_le_bytes().to_vec();
        bytes.extend((self.all.len() as u64).to_le_bytes());
        for sentinel in &self.all {
            bytes.extend(sentinel.number.to_le_bytes());
            let flags = u32::from(sentinel.whole) * WHOLE + u32::from(sentinel.open) * OPEN;
            for field in [sentinel.own, flags, sentinel.room, sentinel.near.len() as u32] {
                bytes.extend(field.to_le_bytes());
            }
        }
        bytes.extend(self.vectors.iter().flat_map(|value| value.to_le_bytes()));
        for (key, node) in self.all.iter().flat_map(|sentinel| &sentinel.near) {
            bytes.extend(key.to_le_bytes());
            bytes.extend(node.to_le_bytes());
        }
        bytes
    }

    /// Reads the section of an index of `n` nodes.
    ///
    /// Errors: a sentence, when it is not one.
    pub(crate) fn from_bytes(bytes: &[u8], dim: usize, n: u32) -> core::result::Result<Self, String> {
        if bytes.is_empty() {
            return Ok(Self::default());
        }
        let (fields, rest) = bytes.as_chunks::<4>();
        let u32_at = |at: usize| fields.get(at).map_or(0, |field| u32::from_le_bytes(*field));
        let u64_at = |at: usize| u64::from(u32_at(at)) | u64::from(u32_at(at + 1)) << 32;
        let f32_at = |at: usize| f32::from_bits(u32_at(at));
        let (came, count) = (u64_at(0), u64_at(2));
        let head = |i: usize| 4 + i * HEAD_LEN / 4;
        let room = (fields.len() / (HEAD_LEN / 4 + dim)) as u64;
        if !rest.is_empty() || count == 0 || count > room.min(COUNT as u64) {
            return Err(format!("{} bytes are not {count} sentinels", bytes.len()));
        }
        let count = count as usize;
        let lens: u64 = (0..count).map(|i| u64::from(u32_at(head(i) + 5))).sum();
        if (fields.len() - head(count) - count * dim) as u64 != 2 * lens {
            return Err(format!("{} bytes are not {lens} neighbours", bytes.len()));
        }
        let vectors: Vec<f32> = (0..count * dim).map(|at| f32_at(head(count) + at)).collect();
        if vectors.iter().any(|value| !value.is_finite()) {
            return Err("a number is not finite".into());
        }
        let (mut all, mut at): (Vec<Sentinel>, usize) =
            (Vec::with_capacity(count), head(count) + count * dim);
        for i in 0..count {
            let number = u64_at(head(i));
            let [own, flags, room, len] = [2, 3, 4, 5].map(|field| u32_at(head(i) + field));
            let near: Vec<(f32, u32)> =
                (0..len as usize).map(|i| (f32_at(at + 2 * i), u32_at(at + 2 * i + 1))).collect();
            at += 2 * len as usize;
            let ascending = all.last().is_none_or(|last: &Sentinel| last.number < number);
            let lists = LENGTHS[0] as u32..=LENGTHS[LENGTHS.len() - 1] as u32;
            if !ascending || number >= came || flags > WHOLE + OPEN || !lists.contains(&room) || len > room {
                return Err("sentinels are not in order".into());
            }
            let nodes_fit = near.iter().all(|near| near.1 < n && near.1 != own && near.0.is_finite());
            if own != NO_NODE && own >= n || !nodes_fit || !near.is_sorted_by(|a, b| a < b) {
                return Err("neighbours are not in order, or not nodes".into());
            }
            let mut nodes: Vec<u32> = near.iter().map(|near| near.1).collect();
            sort(&mut nodes);
            if nodes.windows(2).any(|pair| pair[0] == pair[1]) {
                return Err("a neighbour is there twice".into());
            }
            let (whole, open) = (flags & WHOLE != 0, flags & OPEN != 0);
            all.push(Sentinel { number, own, whole, open, room, near });
        }
        Ok(Self { came, all, vectors })
    }
}

impl Sentinel {
    /// Gives its neighbours new numbers, by which those that are as far as each other are in order.
    fn renumber(&mut self, new: impl Fn(u32) -> u32) {
        let renamed = |near: &(f32, u32)| u64::from(key_f32(near.0)) << 32 | u64::from(new(near.1));
        let mut keys: Vec<u64> = self.near.iter().map(renamed).collect();
        sort(&mut keys);
        for (near, key) in self.near.iter_mut().zip(keys) {
            *near = (of_key_f32((key >> 32) as u32), key as u32);
        }
    }
}

impl Index {
    /// Makes sentinels of some of the vectors that came, and compares all that came with the sentinels. Of the nodes below
    /// `kept` the originals are not at hand.
    pub(super) fn note(&mut self, pieces: &[Piece<'_>], kept: usize) {
        let (dim, metric) = (self.dim, self.params.metric);
        let first_number = self.sentinels.came;
        self.admit(pieces, kept);
        let Sentinels { all, vectors, .. } = &mut self.sentinels;
        for sentinel in all.iter_mut().filter(|sentinel| sentinel.number >= first_number) {
            sentinel.near.reserve(sentinel.room as usize + 1);
        }
        for piece in pieces {
            let blocks = piece.vectors.chunks(BLOCK * dim).zip(piece.nodes.chunks(BLOCK));
            for (rows, nodes) in blocks {
                let frozen: &[Sentinel] = all;
                let offers = map(0..frozen.len(), |i| {
                    let mut offers = Vec::new();
                    let vector = &vectors[i * dim..][..dim];
                    keys(metric, vector, rows, |at, key| {
                        if frozen[i].wants(key) {
                            offers.push((key, nodes[at]));
                        }
                    });
                    offers
                });
                for (sentinel, offers) in all.iter_mut().zip(offers) {
                    offers.into_iter().for_each(|(key, node)| sentinel.offer(key, node));
                }
            }
        }
    }

    /// Makes sentinels of those vectors whose running numbers have the smallest hashes, as long as there is room.
    fn admit(&mut self, pieces: &[Piece<'_>], kept: usize) {
        let (dim, n) = (self.dim, self.store.len());
        let came: usize = pieces.iter().map(|piece| piece.nodes.len()).sum();
        let first = self.sentinels.came;
        self.sentinels.came += came as u64;
        let row = |number: u64| {
            let mut i = (number - first) as usize;
            for piece in pieces {
                if i < piece.nodes.len() {
                    return (&piece.vectors[i * dim..][..dim], piece.nodes[i]);
                }
                i -= piece.nodes.len();
            }
            (&[][..], NO_NODE)
        };
        let all = &self.sentinels.all;
        let alive = |sentinel: &&Sentinel| sentinel.open || !sentinel.near.is_empty();
        let mut ranked: Vec<(u64, u64)> =
            all.iter().filter(alive).map(|sentinel| (hash(sentinel.number), sentinel.number)).collect();
        let limit = count(n, dim).max(ranked.len());
        let worst =
            if ranked.len() < limit { u64::MAX } else { ranked.iter().max().map_or(0, |worst| worst.0) };
        let before = ranked.len();
        let numbers = first..first + came as u64;
        ranked.extend(numbers.map(|number| (hash(number), number)).filter(|new| new.0 < worst));
        if ranked.len() == before && before == all.len() {
            return;
        }
        sort(&mut ranked);
        let mut owned: Vec<u32> = all.iter().map(|sentinel| sentinel.own).collect();
        let mut chosen: Vec<u64> = Vec::with_capacity(limit);
        for (_, number) in ranked {
            if chosen.len() == limit {
                break;
            }
            if number >= first {
                let (vector, own) = row(number);
                // Equal vectors ask the same question, and zero asks none where all are as far from it.
                let zero = self.params.metric != Metric::L2sq && vector.iter().all(|value| *value == 0.0);
                if zero || owned.contains(&own) {
                    continue;
                }
                owned.push(own);
            }
            chosen.push(number);
        }
        sort(&mut chosen);
        let old = core::mem::take(&mut self.sentinels);
        let stays: Vec<bool> =
            old.all.iter().map(|sentinel| chosen.binary_search(&sentinel.number).is_ok()).collect();
        let mut vectors = Vec::with_capacity(chosen.len() * dim);
        for (vector, _) in old.vectors.chunks(dim).zip(&stays).filter(|(_, stays)| **stays) {
            vectors.extend_from_slice(vector);
        }
        let mut all: Vec<Sentinel> = old
            .all
            .into_iter()
            .zip(stays)
            .filter(|(_, stays)| *stays)
            .map(|(sentinel, _)| sentinel)
            .collect();
        let whole = kept == 0 || self.store.is_lossless();
        let new: Vec<u64> = chosen.into_iter().filter(|number| *number >= first).collect();
        all.extend(map(0..new.len(), |i| {
            let (vector, own) = row(new[i]);
            let room = room(new[i], n);
            let mut sentinel = Sentinel { number: new[i], own, whole, open: true, room, near: Vec::new() };
            self.note_kept(&mut sentinel, vector, kept);
            sentinel
        }));
        new.iter().for_each(|number| vectors.extend_from_slice(row(*number).0));
        self.sentinels = Sentinels { came: first + came as u64, all, vectors };
    }

    /// Compares a sentinel with what is kept of the first nodes.
    fn note_kept(&self, sentinel: &mut Sentinel, vector: &[f32], kept: usize) {
        let mut scratch = self.scratch.take();
        self.store.prepare(vector, &mut scratch.prepared);
        for start in (0..kept).step_by(CHUNK) {
            scratch.fresh.clear();
            scratch.fresh.extend((start..kept.min(start + CHUNK)).map(|node| node as u32));
            self.store.distances(&scratch.prepared, &scratch.fresh, &mut scratch.keys);
            for (&node, &distance) in scratch.fresh.iter().zip(&scratch.keys) {
                let key = match self.params.metric {
                    Metric::L2sq => distance,
                    // 1 − dot is half of |a − b|² of unit vectors.
                    Metric::Cosine => 2.0 * distance,
                    Metric::Ip => distance - 1.0,
                };
                sentinel.offer(key, node);
            }
        }
        self.scratch.put(scratch);
    }

    /// Makes sentinels of what is kept, where no originals are at hand: an index of a file without sentinels.
    pub(super) fn note_all_kept(&mut self) {
        let n = self.store.len();
        let count = count(n, self.dim);
        let whole = self.store.is_lossless();
        let own: Vec<u32> = (0..count).map(|i| (i as u64 * n as u64 / count as u64) as u32).collect();
        let vectors: Vec<f32> = own.iter().flat_map(|node| self.store.decode(*node)).collect();
        let all = map(0..count, |i| {
            let (number, own) = (u64::from(own[i]), own[i]);
            let room = room(number, n);
            let mut sentinel = Sentinel { number, own, whole, open: true, room, near: Vec::new() };
            self.note_kept(&mut sentinel, &vectors[i * self.dim..][..self.dim], n);
            sentinel
        });
        self.sentinels = Sentinels { came: n as u64, all, vectors };
    }
}
