//! Which ids a node has: usually one, more when equal vectors were added; and which node an id has.

use super::further::Further;
use super::id_column::Column;
use crate::codec::try_reserve;
use crate::error::{Error, ErrorKind, Result};
use crate::kernel::sort::sort;
use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

/// No node: the largest is less.
const NOWHERE: u32 = u32::MAX;

/// A list by id takes up to so many places for each id: less memory than a hash table.
const DENSE_PER_ID: u64 = 4;

/// The first id of every node, and the further ones. Of an index of strings the ids are numbers, which
/// [`Names`](super::names::Names) names.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ids {
    first: Column,
    further: Further,
    /// One more than the largest id that there ever was.
    next: u64,
    /// Made when the first id is looked for; `None` where there was no memory for it.
    map: OnceLock<Option<Map>>,
}

/// The node of each id. Nothing is ever listed in its order.
#[derive(Clone, Debug)]
enum Map {
    /// By id: most numbers below the largest are ids.
    Dense(Vec<u32>),
    Sparse(HashMap<u64, u32>),
}

fn is_dense(next: u64, len: usize) -> bool {
    next <= DENSE_PER_ID * len as u64 + 1024
}

fn out_of_memory(len: usize) -> Error {
    ErrorKind::OutOfMemory { len_bytes: len as u64 * size_of::<(u64, u32)>() as u64 }.into()
}

/// Returns the ids as a set.
///
/// Errors: [`ErrorKind::DuplicateId`] (given twice), [`ErrorKind::OutOfMemory`].
pub(super) fn distinct(ids: &[u64]) -> Result<HashSet<u64>> {
    let mut set = HashSet::new();
    set.try_reserve(ids.len()).map_err(|_| out_of_memory(ids.len()))?;
    match ids.iter().find(|id| !set.insert(**id)) {
        Some(&id) => Err(ErrorKind::DuplicateId { id: id.into(), given_twice: true }.into()),
        None => Ok(set),
    }
}

/// Errors: [`ErrorKind::BadParameter`] for the one integer that is no id: none would be next.
pub(super) fn check_ints(ids: &[u64]) -> Result<()> {
    match ids.iter().find(|id| **id == u64::MAX) {
        Some(id) => Err(ErrorKind::BadParameter {
            name: "ids",
            expected: "0 to 2^64 - 2".into(),
            got: id.to_string(),
        }
        .into()),
        None => Ok(()),
    }
}

impl Map {
    fn of(ids: &Ids) -> Result<Self> {
        let len = ids.len();
        let mut map = if is_dense(ids.next, len) {
            let mut nodes = Vec::new();
            try_reserve(&mut nodes, ids.next as usize)?;
            Self::Dense(nodes)
        } else {
            let mut nodes = HashMap::new();
            nodes.try_reserve(len).map_err(|_| out_of_memory(len))?;
            Self::Sparse(nodes)
        };
        ids.first.iter().zip(0..).for_each(|(id, node)| map.set(id, node));
        ids.further.iter().for_each(|(node, id)| map.set(id, node));
        Ok(map)
    }

    fn node(&self, id: u64) -> Option<u32> {
        match self {
            Self::Dense(nodes) => {
                let node = usize::try_from(id).ok().and_then(|id| nodes.get(id));
                node.copied().filter(|node| *node != NOWHERE)
            }
            Self::Sparse(nodes) => nodes.get(&id).copied(),
        }
    }

    /// Says where an id is; there is room for it.
    fn set(&mut self, id: u64, node: u32) {
        match self {
            Self::Dense(nodes) => {
                let id = id as usize;
                if id >= nodes.len() {
                    nodes.resize(id + 1, NOWHERE);
                }
                nodes[id] = node;
            }
            Self::Sparse(nodes) => {
                nodes.insert(id, node);
            }
        }
    }

    fn remove(&mut self, id: u64) {
        match self {
            Self::Dense(nodes) => nodes[id as usize] = NOWHERE,
            Self::Sparse(nodes) => {
                nodes.remove(&id);
            }
        }
    }

    fn len_bytes(&self) -> usize {
        match self {
            Self::Dense(nodes) => nodes.capacity() * size_of::<u32>(),
            // A byte each beside the pairs, and an eighth of all free.
            Self::Sparse(nodes) => nodes.capacity() * (size_of::<(u64, u32)>() + 1) / 7 * 8,
        }
    }
}

impl Ids {
    /// Puts ids together from a file's sections.
    ///
    /// Errors: a sentence, when they cannot all differ.
    pub(crate) fn from_parts(
        first: Column,
        further: Further,
        next: u64,
    ) -> core::result::Result<Self, String> {
        if first.is_too_narrow() {
            return Err("ids of fewer bytes than so many different ones have".into());
        }
        Ok(Self { first, further, next, map: OnceLock::new() })
    }

    /// Checks that ids differ and are below the next one, and that further ids are of nodes that are there.
    ///
    /// Errors: a sentence.
    pub(super) fn check(&self) -> core::result::Result<(), String> {
        let n = self.first.len();
        if let Some((node, id)) = self.further.iter().find(|(node, _)| *node as usize >= n) {
            return Err(format!("expected nodes below {n}, got node {node} of id {id}"));
        }
        if !(self.first.is_same() && self.further.len() == 0) {
            let mut all = self.all();
            sort(&mut all);
            if let Some(pair) = all.windows(2).find(|pair| pair[0] == pair[1]) {
                return Err(format!("id {} is there twice", pair[0]));
            }
            if all.last().is_some_and(|last| *last >= self.next) {
                return Err("an id is not below the next one".into());
            }
        } else if (n as u64) > self.next {
            return Err("an id is not below the next one".into());
        }
        let Some(Some(map)) = self.map.get() else { return Ok(()) };
        let mut all = self.first.iter().zip(0..).chain(self.further.iter().map(|(node, id)| (id, node)));
        match all.find(|(id, node)| map.node(*id) != Some(*node)) {
            Some((id, node)) => Err(format!("id {id} is not found at its node {node}")),
            None => Ok(()),
        }
    }

    pub(crate) fn first(&self) -> &Column {
        &self.first
    }

    pub(crate) fn further(&self) -> &Further {
        &self.further
    }

    pub(crate) fn next(&self) -> u64 {
        self.next
    }

    /// Says which id comes next, where there is none.
    pub(super) fn restart(&mut self, next: u64) {
        self.next = next;
        self.map = OnceLock::new();
    }

    pub(crate) fn len(&self) -> usize {
        self.first.len() + self.further.len()
    }

    pub(crate) fn len_bytes(&self) -> usize {
        let map = self.map.get().and_then(Option::as_ref);
        self.first.len_bytes() + self.further.len_bytes() + map.map_or(0, Map::len_bytes)
    }

    pub(crate) fn contains(&self, id: u64) -> bool {
        self.node(id).is_some()
    }

    /// Returns the node of an id.
    pub(crate) fn node(&self, id: u64) -> Option<u32> {
        if self.first.is_same() && self.further.len() == 0 {
            return (id < self.first.len() as u64).then_some(id as u32);
        }
        match self.map.get_or_init(|| Map::of(self).ok()) {
            Some(map) => map.node(id),
            None => {
                let first = self.first.iter().position(|other| other == id).map(|node| node as u32);
                first.or_else(|| self.further.iter().find(|(_, other)| *other == id).map(|(node, _)| node))
            }
        }
    }

    fn map_mut(&mut self) -> Option<&mut Map> {
        self.map.get_mut().and_then(Option::as_mut)
    }

    /// Makes room in the map for `n` more ids below `next`.
    fn reserve_map(&mut self, n: usize, next: u64) -> Result<()> {
        let len = self.len() + n;
        match self.map_mut() {
            None => {}
            Some(Map::Dense(nodes)) if is_dense(next, len) => {
                let more = next as usize - nodes.len().min(next as usize);
                try_reserve(nodes, more)?;
            }
            Some(Map::Dense(_)) => self.map = OnceLock::new(),
            Some(Map::Sparse(nodes)) => nodes.try_reserve(n).map_err(|_| out_of_memory(len))?,
        }
        Ok(())
    }

    /// Returns all ids, in no order.
    pub(crate) fn all(&self) -> Vec<u64> {
        self.first.iter().chain(self.further.iter().map(|(_, id)| id)).collect()
    }

    /// Calls `visit` with each id of a node.
    #[inline]
    pub(crate) fn visit(&self, node: u32, mut visit: impl FnMut(u64)) {
        visit(self.first.get(node as usize));
        if self.further.len() > 0 {
            self.further.visit(node, visit);
        }
    }

    /// Returns the ids that `n` new vectors get: those given, when none of them is there yet, or
    /// the next free ones.
    ///
    /// Errors: [`ErrorKind::DuplicateId`], [`ErrorKind::ShapeMismatch`], [`ErrorKind::BadParameter`].
    pub(crate) fn assign(&mut self, n: usize, ids: Option<&[u64]>) -> Result<Vec<u64>> {
        let Some(ids) = ids else {
            let last = self.next.checked_add(n as u64).ok_or_else(|| {
                Error::from(ErrorKind::BadParameter {
                    name: "ids",
                    expected: "ids of your own, as the largest id there is leaves no free ones".into(),
                    got: "none".into(),
                })
            })?;
            self.reserve_map(n, last)?;
            let mut own = Vec::new();
            try_reserve(&mut own, n)?;
            own.extend(self.next..last);
            return Ok(own);
        };
        if ids.len() != n {
            return Err(ErrorKind::ShapeMismatch {
                expected: format!("({n},) ids"),
                got: format!("({},)", ids.len()),
            }
            .into());
        }
        check_ints(ids)?;
        let next = ids.iter().fold(self.next, |next, id| next.max(id + 1));
        if !ids.iter().enumerate().all(|(i, id)| self.next.checked_add(i as u64) == Some(*id)) {
            distinct(ids)?;
            if let Some(&id) = ids.iter().find(|id| self.contains(**id)) {
                return Err(ErrorKind::DuplicateId { id: id.into(), given_twice: false }.into());
            }
        }
        self.reserve_map(n, next)?;
        let mut own = Vec::new();
        try_reserve(&mut own, n)?;
        own.extend_from_slice(ids);
        Ok(own)
    }

    /// Makes room for `n` more ids.
    pub(crate) fn try_reserve(&mut self, n: usize) -> Result<()> {
        self.first.try_reserve(n)
    }

    /// Gives the last node, which is new, its first id.
    pub(crate) fn push_node(&mut self, id: u64) {
        self.first.push(id);
        self.note(self.first.len() as u32 - 1, id);
    }

    /// Gives a node that is there one more id; [`settle`](Self::settle) afterwards.
    pub(crate) fn push_further(&mut self, node: u32, id: u64) {
        self.further.push(node, id);
        self.note(node, id);
    }

    fn note(&mut self, node: u32, id: u64) {
        self.next = self.next.max(id + 1);
        if let Some(map) = self.map_mut() {
            map.set(id, node);
        }
    }

    /// Takes ids away; returns the nodes that have none left, in order: [`move_nodes`](Self::move_nodes) afterwards.
    ///
    /// Errors: [`ErrorKind::IdNotFound`], [`ErrorKind::DuplicateId`] (given twice), and nothing has changed.
    pub(crate) fn remove(&mut self, ids: &[u64]) -> Result<Vec<u32>> {
        let gone = distinct(ids)?;
        let mut nodes = Vec::new();
        try_reserve(&mut nodes, ids.len())?;
        for &id in ids {
            nodes.push(self.node(id).ok_or_else(|| Error::from(ErrorKind::IdNotFound { id: id.into() }))?);
        }
        sort(&mut nodes);
        nodes.dedup();
        let mut further: HashSet<u64> = HashSet::new();
        nodes.retain(|&node| {
            let mut heir: Option<u64> = None;
            self.further.visit(node, |id| {
                if gone.contains(&id) {
                    further.insert(id);
                } else if heir.is_none_or(|heir| id < heir) {
                    heir = Some(id);
                }
            });
            if !gone.contains(&self.first.get(node as usize)) {
                return false;
            }
            if let Some(heir) = heir {
                self.first.set(node as usize, heir);
                further.insert(heir);
            }
            heir.is_none()
        });
        if !further.is_empty() {
            let kept = self.further.iter().filter(|(_, id)| !further.contains(id));
            self.further = Further::new(kept.collect(), self.first.len());
        }
        if let Some(map) = self.map_mut() {
            ids.iter().for_each(|id| map.remove(*id));
        }
        Ok(nodes)
    }

    /// Moves the ids of nodes (from, to), whose places are free, and keeps the first `n` nodes.
    pub(crate) fn move_nodes(&mut self, moves: &[(u32, u32)], n: usize) {
        let mut has_further = false;
        for &(from, to) in moves {
            self.first.set(to as usize, self.first.get(from as usize));
            let mut ids = vec![self.first.get(from as usize)];
            self.further.visit(from, |id| ids.push(id));
            has_further |= ids.len() > 1;
            if let Some(map) = self.map_mut() {
                ids.iter().for_each(|id| map.set(*id, to));
            }
        }
        self.first.truncate(n);
        if has_further {
            let moved =
                |node| moves.binary_search_by_key(&node, |(from, _)| *from).map_or(node, |at| moves[at].1);
            let further = self.further.iter().map(|(node, id)| (moved(node), id));
            self.further = Further::new(further.collect(), n);
        }
    }

    /// Gives ids new numbers, `new[id]`, which are in the same order, all below `next`.
    pub(crate) fn renumber(&mut self, new: &[u32], next: u64) {
        let of = |id: u64| u64::from(new[id as usize]);
        let first: Vec<u64> = self.first.iter().map(of).collect();
        let further = self.further.iter().map(|(node, id)| (node, of(id)));
        self.further = Further::new(further.collect(), first.len());
        self.first = Column::narrowest(&first);
        self.next = next;
        self.map = OnceLock::new();
    }

    /// Puts the nodes into a new order: node `i` is what node `order[i]` was, and `place` is the inverse.
    pub(crate) fn reorder(&mut self, order: &[u32], place: &[u32]) {
        let first: Vec<u64> = order.iter().map(|node| self.first.get(*node as usize)).collect();
        self.first = Column::narrowest(&first);
        self.map = OnceLock::new();
        let further = self.further.iter().map(|(node, id)| (place[node as usize], id));
        self.further = Further::new(further.collect(), order.len());
    }

    /// Makes one node of those that have the same number in `new`, which ascends where a number is first met; there are `n`.
    pub(crate) fn merge_nodes(&mut self, new: &[u32], n: usize) {
        let mut first: Vec<u64> = Vec::with_capacity(n);
        let mut further: Vec<(u32, u64)> =
            self.further.iter().map(|(node, id)| (new[node as usize], id)).collect();
        for (id, &node) in self.first.iter().zip(new) {
            if node as usize == first.len() {
                first.push(id);
            } else {
                further.push((node, id));
            }
        }
        self.first = Column::narrowest(&first);
        self.further = Further::new(further, n);
        self.map = OnceLock::new();
    }

    /// Gives back what only changes need.
    pub(crate) fn rest(&mut self) {
        self.map = OnceLock::new();
        self.first.shrink();
        self.further.pack(self.first.len());
    }

    /// Takes the ids of all nodes from `n` on away.
    pub(crate) fn truncate(&mut self, n: usize) {
        self.first = Column::narrowest(&self.first.iter().take(n).collect::<Vec<u64>>());
        let further = self.further.iter().filter(|(node, _)| (*node as usize) < n);
        self.further = Further::new(further.collect(), n);
        self.map = OnceLock::new();
    }

    /// Puts the further ids in order.
    pub(crate) fn settle(&mut self) {
        self.further.settle(self.first.len());
    }
}
