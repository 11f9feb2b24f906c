//! Who is linked to whom, and where walks begin: lists of links, and above them a layer of some of the nodes.
//!
//! The layer is a graph of its own, whose rows are those of its nodes, with a layer above it, as in HNSW (Malkov & Yashunin
//! 2018); one so small that all of it is compared has no links. [`settle`](super::reach::settle)
//! chooses its nodes.

use super::packed::Packed;
use super::walk::{LINKS_MAX, Scratch, walk};
use crate::codec::{Prepared, Rows, try_reserve};
use crate::error::Result;
use crate::kernel::prefetch::{RowsAt, prefetch};
use std::borrow::Cow;

/// What a walk needs of lists.
pub(crate) trait Links: Sync {
    /// Calls `visit` with each node that `node` links to.
    fn visit(&self, node: u32, visit: impl FnMut(u32));

    /// Asks for a node's list before it is needed.
    fn prefetch(&self, node: u32);
}

/// The lists, in the form that is needed now.
#[derive(Clone, Debug)]
pub(crate) enum Lists {
    Growing(Slots),
    AtRest(Packed),
}

impl Default for Lists {
    fn default() -> Self {
        Self::AtRest(Packed::default())
    }
}

/// Runs the same expression with the lists in whichever form they are.
macro_rules! with_lists {
    ($lists:expr, $links:ident => $body:expr) => {
        match $lists {
            Lists::Growing($links) => $body,
            Lists::AtRest($links) => $body,
        }
    };
}

/// A graph of the first nodes of some rows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Graph {
    lists: Lists,
    above: Option<Box<Layer>>,
    /// How many nodes there were when all were last known to be reachable.
    pub(super) checked: usize,
    /// The nodes whose links were healed and not yet renewed, ascending.
    pub(super) hurt: Vec<u32>,
}

/// Some of a graph's nodes, and a graph of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layer {
    /// The node of the graph below that each place of this one is.
    pub(super) below: Vec<u32>,
    /// Of all places, or of none.
    pub(super) graph: Graph,
}

impl Layer {
    /// A layer that is compared whole.
    pub(crate) fn of(below: Vec<u32>) -> Self {
        Self { below, graph: Graph::default() }
    }

    /// Returns the nodes of the graph below that it is of.
    pub(crate) fn below(&self) -> &[u32] {
        &self.below
    }

    /// Reads a layer above `n` nodes of at most `capacity` links, with those above it.
    ///
    /// Errors: a sentence, when the bytes are not those of layers.
    pub(crate) fn from_bytes(
        bytes: &[u8],
        n: usize,
        mut capacity: usize,
    ) -> core::result::Result<Self, String> {
        // From the lowest to the highest; then each is put above the one before.
        let (mut layers, mut rest, mut n) = (Vec::new(), bytes, n);
        loop {
            if layers.len() == LAYERS_MAX {
                return Err(format!("more than {LAYERS_MAX} of them"));
            }
            let mut take = |len: usize| {
                let (taken, others) = rest.split_at_checked(len).ok_or("cut short")?;
                rest = others;
                Ok::<&[u8], &str>(taken)
            };
            let mut number =
                || take(4).map(|bytes| u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]));
            let (count, links_len) = (number()? as usize, number()? as usize);
            let nodes = take(count.checked_mul(4).ok_or("cut short")?)?.as_chunks::<4>().0;
            let below: Vec<u32> = nodes.iter().map(|node| u32::from_le_bytes(*node)).collect();
            if below.is_empty() || below.iter().any(|node| *node as usize >= n) {
                return Err("one without nodes, or of a node that is not there".into());
            }
            n = if links_len == 0 { 0 } else { count };
            capacity = capacity_above(capacity);
            let links = match take(links_len)? {
                [] => Packed::default(),
                links => Packed::from_bytes(links, n, capacity)?,
            };
            layers.push((below, links));
            if n == 0 {
                break;
            }
        }
        if !rest.is_empty() {
            return Err("bytes after the last one".into());
        }
        let above = layers.into_iter().rev().fold(None, |above, (below, links)| {
            let checked = links.len();
            Some(Self { below, graph: Graph::from_parts(links, above, checked) })
        });
        above.ok_or_else(|| "none".into())
    }
}

/// The most layers: each has a part of the nodes of the one below.
const LAYERS_MAX: usize = 32;

/// Returns the most links of a node in a layer above a graph of up to `capacity`: half, as each step there is one more for
/// walks that are easy.
pub(super) fn capacity_above(capacity: usize) -> usize {
    (capacity / 2).max(4)
}

/// A layer of so many nodes or fewer is compared whole.
pub(super) const WHOLE_MAX: usize = 64;

/// How many nodes of a layer a walk begins at in the graph below.
pub(super) const BEAM: usize = 3;

/// How near rows are to what is prepared: [`KEYS`] or [`PAIR_KEYS`].
pub(crate) type Score = fn(&dyn Rows, &mut Prepared, &[u32], &mut Vec<f32>);

/// To a query.
pub(crate) const KEYS: Score = |rows, prepared, nodes, keys| rows.keys(prepared, nodes, keys);

/// To a row.
pub(crate) const PAIR_KEYS: Score = |rows, prepared, nodes, keys| rows.pair_keys(prepared, nodes, keys);

impl Graph {
    /// A graph at rest, whose walks begin where `above` says, and the first `checked` nodes of which can be reached.
    pub(crate) fn from_parts(packed: Packed, above: Option<Layer>, checked: usize) -> Self {
        Self { lists: Lists::AtRest(packed), above: above.map(Box::new), checked, hurt: Vec::new() }
    }

    /// Returns how many nodes are linked.
    pub(crate) fn len(&self) -> usize {
        with_lists!(&self.lists, links => links.len())
    }

    pub(crate) fn is_linked(&self) -> bool {
        self.len() > 0
    }

    pub(crate) fn lists(&self) -> &Lists {
        &self.lists
    }

    /// Returns how many nodes there were when all were last known to be reachable.
    pub(crate) fn checked(&self) -> usize {
        self.checked
    }

    /// Returns the lists as they stand in a file.
    pub(crate) fn packed(&self) -> Cow<'_, Packed> {
        match &self.lists {
            Lists::Growing(slots) => Cow::Owned(Packed::from_slots(slots)),
            Lists::AtRest(packed) => Cow::Borrowed(packed),
        }
    }

    /// Returns the layers above as they stand in a file: `docs/FORMAT.md`.
    pub(crate) fn layers_to_bytes(&self) -> Vec<u8> {
        let (mut graph, mut bytes) = (self, Vec::new());
        while let Some(layer) = graph.above() {
            graph = &layer.graph;
            let links = graph.packed();
            for number in [layer.below.len() as u32, links.bytes().len() as u32].iter().chain(&layer.below) {
                bytes.extend(number.to_le_bytes());
            }
            bytes.extend(links.bytes());
        }
        bytes
    }

    /// Returns the layer above, where there is one.
    pub(crate) fn above(&self) -> Option<&Layer> {
        self.above.as_deref()
    }

    /// Returns the lists, which grow, and the layer above; `capacity` is that of lists which are begun.
    pub(super) fn growing(&mut self, capacity: usize) -> (&mut Slots, &mut Option<Box<Layer>>) {
        if let Lists::AtRest(packed) = &self.lists {
            debug_assert_eq!(packed.len(), 0, "`wake` comes first");
            self.lists = Lists::Growing(Slots::new(capacity));
        }
        match &mut self.lists {
            Lists::Growing(slots) => (slots, &mut self.above),
            Lists::AtRest(_) => unreachable!("they grow now"),
        }
    }

    /// Returns the lists of a graph that is growing.
    pub(super) fn slots(&self) -> &Slots {
        match &self.lists {
            Lists::Growing(slots) => slots,
            Lists::AtRest(_) => unreachable!("`growing` comes first"),
        }
    }

    /// Brings all lists into the form that grows, of up to `capacity` links, with room for `n` nodes.
    pub(super) fn wake(&mut self, capacity: usize, n: usize) -> Result<()> {
        if let Lists::AtRest(packed) = &self.lists
            && packed.len() > 0
        {
            self.lists = Lists::Growing(packed.to_slots(capacity)?);
        }
        let (slots, above) = self.growing(capacity);
        slots.try_reserve(n.saturating_sub(slots.len()))?;
        match above {
            Some(layer) if layer.graph.is_linked() => layer.graph.wake(capacity_above(capacity), 0),
            _ => Ok(()),
        }
    }

    /// Packs all lists; those of this graph in a new order: node `i` is what node `order[i]` was, and `place` is the inverse.
    pub(super) fn rest(&mut self, order: &[u32], place: &[u32]) {
        if let Lists::Growing(slots) = &self.lists {
            self.lists = Lists::AtRest(Packed::from_slots_in_order(slots, order, place));
        }
        self.hurt = Vec::new();
        let Some(layer) = &mut self.above else { return };
        layer.below.iter_mut().for_each(|node| *node = place[*node as usize]);
        layer.below.shrink_to_fit();
        let same: Vec<u32> = (0..layer.graph.len() as u32).collect();
        layer.graph.rest(&same, &same);
    }

    /// Forgets how long links are, where vectors are kept otherwise now.
    pub(super) fn forget_lengths(&mut self) {
        if let Lists::Growing(slots) = &mut self.lists {
            slots.forget_lengths();
        }
        if let Some(layer) = &mut self.above {
            layer.graph.forget_lengths();
        }
    }

    pub(crate) fn len_bytes(&self) -> usize {
        let above = self.above().map_or(0, |layer| layer.below.capacity() * 4 + layer.graph.len_bytes());
        with_lists!(&self.lists, links => links.len_bytes()) + self.hurt.capacity() * 4 + above
    }

    /// Leaves the `ef` best nodes that a walk from above meets in the pool; it goes round `without`. Returns how many rows it
    /// compared.
    pub(crate) fn find(
        &self,
        rows: &dyn Rows,
        score: Score,
        ef: usize,
        without: Option<u32>,
        scratch: &mut Scratch,
    ) -> usize {
        let Some(layer) = &self.above else {
            scratch.begin(0);
            return 0;
        };
        let may_go_on = core::mem::replace(&mut scratch.may_go_on, false);
        let part = Part { rows, nodes: &layer.below, without };
        let compared = if layer.graph.is_linked() {
            layer.graph.find(&part, score, BEAM, None, scratch)
        } else {
            scratch.begin(0);
            scratch.fresh.clear();
            scratch.fresh.extend(0..layer.below.len() as u32);
            let Scratch { prepared, fresh, keys, .. } = scratch;
            score(&part, prepared, fresh, keys);
            // What is compared already costs nothing more.
            scratch.offer_fresh(ef.max(BEAM));
            layer.below.len()
        };
        scratch.may_go_on = may_go_on;
        scratch.descend(&layer.below, self.len(), ef, without);
        compared + self.go_on(rows, score, ef, scratch)
    }

    /// Goes on with a walk until its pool holds the `ef` best; returns how many more rows it compared.
    pub(crate) fn go_on(&self, rows: &dyn Rows, score: Score, ef: usize, scratch: &mut Scratch) -> usize {
        let mut compared = 0;
        let score = |prepared: &mut _, nodes: &[u32], keys: &mut _| {
            compared += nodes.len();
            score(rows, prepared, nodes, keys);
        };
        with_lists!(&self.lists, links => walk(links, rows.rows_at(), ef, scratch, score));
        compared
    }
}

/// Those rows that a layer is of.
pub(super) struct Part<'a> {
    pub(super) rows: &'a dyn Rows,
    pub(super) nodes: &'a [u32],
    /// A row that is farther than all others.
    pub(super) without: Option<u32>,
}

impl Part<'_> {
    fn score(&self, score: Score, prepared: &mut Prepared, places: &[u32], keys: &mut Vec<f32>) {
        let mut few = [0; LINKS_MAX];
        let many: Vec<u32>;
        let node = |place: &u32| self.nodes[*place as usize];
        let nodes = if let Some(few) = few.get_mut(..places.len()) {
            few.iter_mut().zip(places).for_each(|(to, place)| *to = node(place));
            &*few
        } else {
            many = places.iter().map(node).collect();
            &many
        };
        score(self.rows, prepared, nodes, keys);
        if let Some(without) = self.without {
            let of_it = nodes.iter().zip(keys).filter(|(node, _)| **node == without);
            of_it.for_each(|(_, key)| *key = f32::INFINITY);
        }
    }
}

impl Rows for Part<'_> {
    fn prepare_vector(&self, vector: &[f32], prepared: &mut Prepared) {
        self.rows.prepare_vector(vector, prepared);
    }

    fn keys(&self, prepared: &mut Prepared, places: &[u32], keys: &mut Vec<f32>) {
        self.score(KEYS, prepared, places, keys);
    }

    /// Nowhere: places are not rows' numbers.
    fn rows_at(&self) -> RowsAt {
        RowsAt::new::<u8>(&[], 0)
    }

    fn prepare_node(&self, place: u32, prepared: &mut Prepared) {
        self.rows.prepare_node(self.nodes[place as usize], prepared);
    }

    fn pair_keys(&self, prepared: &mut Prepared, places: &[u32], keys: &mut Vec<f32>) {
        self.score(PAIR_KEYS, prepared, places, keys);
    }

    fn distance(&self, prepared: &Prepared, place: u32) -> f32 {
        self.rows.distance(prepared, self.nodes[place as usize])
    }
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
