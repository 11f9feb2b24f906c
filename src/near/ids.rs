//! Which ids a node has: usually one, more when equal vectors were added.

use super::further::Further;
use super::id_column::Column;
use crate::error::{Error, ErrorKind, Result};
use crate::kernel::sort::sort;
use std::collections::HashSet;

/// No id: the largest is one less.
const GONE: u64 = u64::MAX;

/// The first id of every node, and the further ones.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ids {
    first: Column,
    further: Further,
    /// One more than the largest id that there ever was.
    next: u64,
    /// All ids, while vectors with ids of the user's own come in.
    known: Option<HashSet<u64>>,
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
        Ok(Self { first, further, next, known: None })
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
        Ok(())
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

    pub(crate) fn len(&self) -> usize {
        self.first.len() + self.further.len()
    }

    pub(crate) fn len_bytes(&self) -> usize {
        self.first.len_bytes()
            + self.further.len_bytes()
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
        let first = if self.first.is_same() {
            (id < self.first.len() as u64).then_some(id as usize)
        } else {
            self.first.iter().position(|other| other == id)
        };
        let further = || self.further.iter().find(|(_, other)| *other == id).map(|(node, _)| node);
        first.map(|node| node as u32).or_else(further)
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
            return Ok((self.next..last).collect());
        };
        if ids.len() != n {
            return Err(ErrorKind::ShapeMismatch {
                expected: format!("({n},) ids"),
                got: format!("({},)", ids.len()),
            }
            .into());
        }
        if let Some(id) = ids.iter().find(|id| **id == u64::MAX) {
            return Err(ErrorKind::BadParameter {
                name: "ids",
                expected: "0 to 2^64 - 2".into(),
                got: id.to_string(),
            }
            .into());
        }
        if ids.iter().enumerate().all(|(i, id)| self.next.checked_add(i as u64) == Some(*id)) {
            return Ok(ids.to_vec());
        }
        if self.known.is_none() {
            let mut known = HashSet::new();
            known.try_reserve(self.len() + n).map_err(|_| {
                Error::from(ErrorKind::OutOfMemory { len_bytes: (self.len() + n) as u64 * 9 })
            })?;
            known.extend(self.all());
            self.known = Some(known);
        }
        let known = self.known.as_ref();
        let mut fresh = HashSet::with_capacity(n);
        for id in ids {
            let given_twice = !fresh.insert(*id);
            if given_twice || known.is_some_and(|known| known.contains(id)) {
                return Err(ErrorKind::DuplicateId { id: *id, given_twice }.into());
            }
        }
        Ok(ids.to_vec())
    }

    /// Makes room for `n` more ids.
    pub(crate) fn try_reserve(&mut self, n: usize) -> Result<()> {
        self.first.try_reserve(n)
    }

    /// Gives the last node, which is new, its first id.
    pub(crate) fn push_node(&mut self, id: u64) {
        self.first.push(id);
        self.note(id);
    }

    /// Gives a node that is there one more id; [`settle`](Self::settle) afterwards.
    pub(crate) fn push_further(&mut self, node: u32, id: u64) {
        self.further.push(node, id);
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
    /// Errors: [`ErrorKind::IdNotFound`], [`ErrorKind::DuplicateId`] (given twice), and nothing has changed.
    pub(crate) fn remove(&mut self, ids: &[u64]) -> Result<Vec<u32>> {
        let mut gone = HashSet::with_capacity(ids.len());
        for &id in ids {
            if !gone.insert(id) {
                return Err(ErrorKind::DuplicateId { id, given_twice: true }.into());
            }
        }
        let all = self.first.iter().chain(self.further.iter().map(|(_, id)| id));
        let there: HashSet<u64> = all.filter(|id| gone.contains(id)).collect();
        if let Some(&id) = ids.iter().find(|id| !there.contains(id)) {
            return Err(ErrorKind::IdNotFound { id }.into());
        }
        self.further.pack(self.first.len());
        let mut further: Vec<(u32, u64)> = self.further.iter().filter(|(_, id)| !gone.contains(id)).collect();
        let mut first: Vec<u64> = self.first.iter().collect();
        let mut dead = Vec::new();
        for (node, id) in first.iter_mut().enumerate().filter(|(_, id)| gone.contains(id)) {
            let at = further.partition_point(|(other, _)| (*other as usize) < node);
            if further.get(at).is_some_and(|(other, _)| *other as usize == node) {
                *id = core::mem::replace(&mut further[at].1, GONE);
            } else {
                dead.push(node as u32);
            }
        }
        further.retain(|(_, id)| *id != GONE);
        if further.len() < self.further.len() {
            self.further = Further::new(further, first.len());
        }
        self.first = Column::narrowest(&first);
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
        self.first = Column::narrowest(&first);
        let moved =
            |node| moves.binary_search_by_key(&node, |(from, _)| *from).map_or(node, |at| moves[at].1);
        if self.further.iter().any(|(node, _)| moved(node) != node) {
            let further = self.further.iter().map(|(node, id)| (moved(node), id));
            self.further = Further::new(further.collect(), n);
        }
    }

    /// Puts the nodes into a new order: node `i` is what node `order[i]` was, and `place` is the inverse.
    pub(crate) fn reorder(&mut self, order: &[u32], place: &[u32]) {
        let first: Vec<u64> = order.iter().map(|node| self.first.get(*node as usize)).collect();
        self.first = Column::narrowest(&first);
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
    }

    /// Gives back what only changes need.
    pub(crate) fn rest(&mut self) {
        self.known = None;
        self.first.shrink();
        self.further.pack(self.first.len());
    }

    /// Takes the ids of all nodes from `n` on away.
    pub(crate) fn truncate(&mut self, n: usize) {
        self.first = Column::narrowest(&self.first.iter().take(n).collect::<Vec<u64>>());
        let further = self.further.iter().filter(|(node, _)| (*node as usize) < n);
        self.further = Further::new(further.collect(), n);
        self.known = None;
    }

    /// Puts the further ids in order.
    pub(crate) fn settle(&mut self) {
        self.further.settle(self.first.len());
    }
}
