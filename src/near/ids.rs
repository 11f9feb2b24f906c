//! Which ids a node has: usually one, more when equal vectors were added.

use crate::codec::try_reserve;
use crate::error::{Error, Result};
use crate::kernel::sort::sort_by_two;
use std::collections::HashSet;

/// The first id of every node, and the further ones.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ids {
    first: Column,
    /// Sorted by node, then id.
    further: Vec<(u32, u64)>,
    /// One more than the largest id that there ever was.
    next: u64,
    /// All ids, while vectors with ids of the user's own come in.
    known: Option<HashSet<u64>>,
}

/// The id of each node, in as few bytes as the largest needs.
#[derive(Clone, Debug)]
pub(crate) enum Column {
    /// Node `i` has id `i`.
    Same(usize),
    U16(Vec<u16>),
    U32(Vec<u32>),
    U64(Vec<u64>),
}

impl Default for Column {
    fn default() -> Self {
        Self::Same(0)
    }
}

impl Column {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Same(n) => *n,
            Self::U16(ids) => ids.len(),
            Self::U32(ids) => ids.len(),
            Self::U64(ids) => ids.len(),
        }
    }

    pub(crate) fn get(&self, node: usize) -> u64 {
        match self {
            Self::Same(_) => node as u64,
            Self::U16(ids) => u64::from(ids[node]),
            Self::U32(ids) => u64::from(ids[node]),
            Self::U64(ids) => ids[node],
        }
    }

    fn iter(&self) -> impl Iterator<Item = u64> {
        (0..self.len()).map(|node| self.get(node))
    }

    /// Returns the narrowest column of these ids.
    pub(crate) fn narrowest(ids: Vec<u64>) -> Self {
        if ids.iter().enumerate().all(|(node, id)| node as u64 == *id) {
            return Self::Same(ids.len());
        }
        match ids.iter().max() {
            Some(max) if *max <= u64::from(u16::MAX) => {
                Self::U16(ids.into_iter().map(|id| id as u16).collect())
            }
            Some(max) if *max <= u64::from(u32::MAX) => {
                Self::U32(ids.into_iter().map(|id| id as u32).collect())
            }
            _ => Self::U64(ids),
        }
    }

    fn push(&mut self, id: u64) {
        match self {
            Self::Same(n) if *n as u64 == id => *n += 1,
            Self::U16(ids) if id <= u64::from(u16::MAX) => ids.push(id as u16),
            Self::U32(ids) if id <= u64::from(u32::MAX) => ids.push(id as u32),
            Self::U64(ids) => ids.push(id),
            _ => {
                let mut ids: Vec<u64> = self.iter().collect();
                ids.push(id);
                *self = Self::narrowest(ids);
            }
        }
    }

    fn len_bytes(&self) -> usize {
        match self {
            Self::Same(_) => 0,
            Self::U16(ids) => ids.capacity() * 2,
            Self::U32(ids) => ids.capacity() * 4,
            Self::U64(ids) => ids.capacity() * 8,
        }
    }
}

impl Ids {
    /// Puts ids together from a file's sections.
    ///
    /// Errors: a sentence, when an id is there twice or is not below `next`, or `further` is not sorted.
    pub(crate) fn from_parts(
        first: Column,
        further: Vec<(u32, u64)>,
        next: u64,
    ) -> core::result::Result<Self, String> {
        if !further.is_sorted_by(|a, b| a < b) {
            return Err("further ids are not sorted".into());
        }
        if further.last().is_some_and(|(node, _)| *node as usize >= first.len()) {
            return Err("a further id of a node that is not there".into());
        }
        if !(matches!(first, Column::Same(_)) && further.is_empty()) {
            let mut all: Vec<u64> = first.iter().chain(further.iter().map(|(_, id)| *id)).collect();
            all.sort_unstable();
            if let Some(pair) = all.windows(2).find(|pair| pair[0] == pair[1]) {
                return Err(format!("id {} is there twice", pair[0]));
            }
            if all.last().is_some_and(|last| *last >= next) {
                return Err("an id is not below the next one".into());
            }
        } else if (first.len() as u64) > next {
            return Err("an id is not below the next one".into());
        }
        Ok(Self { first, further, next, known: None })
    }

    pub(crate) fn first(&self) -> &Column {
        &self.first
    }

    pub(crate) fn further(&self) -> &[(u32, u64)] {
        &self.further
    }

    pub(crate) fn next(&self) -> u64 {
        self.next
    }

    pub(crate) fn len(&self) -> usize {
        self.first.len() + self.further.len()
    }

    pub(crate) fn len_bytes(&self) -> usize {
        self.first.len_bytes()
            + self.further.capacity() * size_of::<(u32, u64)>()
            + self.known.as_ref().map_or(0, |known| known.capacity() * 9)
    }

    pub(crate) fn contains(&self, id: u64) -> bool {
        if let Some(known) = &self.known {
            return known.contains(&id);
        }
        self.node(id).is_some()
    }

    /// Returns the node of an id.
    pub(crate) fn node(&self, id: u64) -> Option<u32> {
        let first = match &self.first {
            Column::Same(n) => (id < *n as u64).then_some(id as usize),
            first => first.iter().position(|other| other == id),
        };
        let further = || self.further.iter().find(|(_, other)| *other == id).map(|(node, _)| *node);
        first.map(|node| node as u32).or_else(further)
    }

    /// Returns all ids, in no order.
    pub(crate) fn all(&self) -> Vec<u64> {
        self.first.iter().chain(self.further.iter().map(|(_, id)| *id)).collect()
    }

    /// Calls `visit` with each id of a node, in ascending order.
    pub(crate) fn visit(&self, node: u32, mut visit: impl FnMut(u64)) {
        let first = self.first.get(node as usize);
        let start = self.further.partition_point(|(other, _)| *other < node);
        let further = self.further[start..].iter().take_while(|(other, _)| *other == node);
        let mut first = Some(first);
        for (_, id) in further {
            if let Some(smaller) = first.take_if(|first| *first < *id) {
                visit(smaller);
            }
            visit(*id);
        }
        if let Some(first) = first {
            visit(first);
        }
    }

    /// Returns the ids that `n` new vectors get: those given, when none of them is there yet, or
    /// the next free ones.
    ///
    /// Errors: [`Error::DuplicateId`], [`Error::ShapeMismatch`], [`Error::BadParameter`].
    pub(crate) fn assign(&mut self, n: usize, ids: Option<&[u64]>) -> Result<Vec<u64>> {
        let Some(ids) = ids else {
            let last = self.next.checked_add(n as u64).ok_or_else(|| Error::BadParameter {
                name: "ids",
                expected: "ids of your own, as the largest id there is leaves no free ones".into(),
                got: "none".into(),
            })?;
            return Ok((self.next..last).collect());
        };
        if ids.len() != n {
            return Err(Error::ShapeMismatch {
                expected: format!("({n},) ids"),
                got: format!("({},)", ids.len()),
            });
        }
        if let Some(id) = ids.iter().find(|id| **id == u64::MAX) {
            return Err(Error::BadParameter {
                name: "ids",
                expected: "0 to 2^64 - 2".into(),
                got: id.to_string(),
            });
        }
        if ids.iter().enumerate().all(|(i, id)| self.next.checked_add(i as u64) == Some(*id)) {
            return Ok(ids.to_vec());
        }
        if self.known.is_none() {
            let mut known = HashSet::new();
            known
                .try_reserve(self.len() + n)
                .map_err(|_| Error::OutOfMemory { len_bytes: (self.len() + n) as u64 * 9 })?;
            known.extend(self.first.iter().chain(self.further.iter().map(|(_, id)| *id)));
            self.known = Some(known);
        }
        let known = self.known.as_ref();
        let mut fresh = HashSet::with_capacity(n);
        for id in ids {
            if known.is_some_and(|known| known.contains(id)) || !fresh.insert(*id) {
                return Err(Error::DuplicateId { id: *id });
            }
        }
        Ok(ids.to_vec())
    }

    /// Makes room for `n` more ids.
    pub(crate) fn try_reserve(&mut self, n: usize) -> Result<()> {
        match &mut self.first {
            Column::Same(_) => Ok(()),
            Column::U16(ids) => try_reserve(ids, n),
            Column::U32(ids) => try_reserve(ids, n),
            Column::U64(ids) => try_reserve(ids, n),
        }
    }

    /// Gives the last node, which is new, its first id.
    pub(crate) fn push_node(&mut self, id: u64) {
        self.first.push(id);
        self.note(id);
    }

    /// Gives a node that is there one more id; [`settle`](Self::settle) afterwards.
    pub(crate) fn push_further(&mut self, node: u32, id: u64) {
        self.further.push((node, id));
        self.note(id);
    }

    fn note(&mut self, id: u64) {
        self.next = self.next.max(id + 1);
        if let Some(known) = &mut self.known {
            known.insert(id);
        }
    }

    /// Takes ids away; returns the nodes that have none left, in order.
    ///
    /// Errors: [`Error::IdNotFound`], [`Error::DuplicateId`] (given twice), and nothing has changed.
    pub(crate) fn remove(&mut self, ids: &[u64]) -> Result<Vec<u32>> {
        let mut gone = HashSet::with_capacity(ids.len());
        for &id in ids {
            if !gone.insert(id) {
                return Err(Error::DuplicateId { id });
            }
        }
        let all = self.first.iter().chain(self.further.iter().map(|(_, id)| *id));
        let there: HashSet<u64> = all.filter(|id| gone.contains(id)).collect();
        if let Some(&id) = ids.iter().find(|id| !there.contains(id)) {
            return Err(Error::IdNotFound { id });
        }
        self.further.retain(|(_, id)| !gone.contains(id));
        let mut first: Vec<u64> = self.first.iter().collect();
        let mut dead = Vec::new();
        for (node, id) in first.iter_mut().enumerate().filter(|(_, id)| gone.contains(id)) {
            let at = self.further.partition_point(|(other, _)| (*other as usize) < node);
            if self.further.get(at).is_some_and(|(other, _)| *other as usize == node) {
                *id = self.further.remove(at).1;
            } else {
                dead.push(node as u32);
            }
        }
        self.first = Column::narrowest(first);
        if let Some(known) = &mut self.known {
            known.retain(|id| !gone.contains(id));
        }
        Ok(dead)
    }

    /// Moves the ids of nodes (from, to), whose places are free, and keeps the first `n` nodes.
    pub(crate) fn move_nodes(&mut self, moves: &[(u32, u32)], n: usize) {
        let mut first: Vec<u64> = self.first.iter().collect();
        for &(from, to) in moves {
            first[to as usize] = first[from as usize];
        }
        first.truncate(n);
        self.first = Column::narrowest(first);
        for (node, _) in &mut self.further {
            if let Ok(at) = moves.binary_search_by_key(node, |(from, _)| *from) {
                *node = moves[at].1;
            }
        }
        self.settle();
    }

    /// Puts the nodes into a new order: node `i` is what node `order[i]` was, and `place` is the inverse.
    pub(crate) fn reorder(&mut self, order: &[u32], place: &[u32]) {
        self.first = Column::narrowest(order.iter().map(|node| self.first.get(*node as usize)).collect());
        for (node, _) in &mut self.further {
            *node = place[*node as usize];
        }
        self.settle();
    }

    /// Gives back what only changes need.
    pub(crate) fn rest(&mut self) {
        self.known = None;
        self.further.shrink_to_fit();
    }

    /// Takes the ids of all nodes from `n` on away.
    pub(crate) fn truncate(&mut self, n: usize) {
        self.first = Column::narrowest(self.first.iter().take(n).collect());
        self.further.retain(|(node, _)| (*node as usize) < n);
        self.known = None;
    }

    /// Puts the further ids in order.
    pub(crate) fn settle(&mut self) {
        sort_by_two(&mut self.further, |(node, id)| ((*node).into(), *id), |(node, id)| (node as u32, id));
    }
}
