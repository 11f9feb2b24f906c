//! Which node has the same stored vector: a hash table that holds node numbers only.

use crate::codec::{Store, try_reserve};
use crate::error::Result;

const EMPTY: u32 = u32::MAX;

/// Open addressing over the hashes of the rows; at most half full.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dedupe {
    table: Vec<u32>,
    len: usize,
}

impl Dedupe {
    /// Makes room for `n` rows in all, entering those that `store` has when it must grow.
    pub(crate) fn reserve(&mut self, store: &Store, n: usize) -> Result<()> {
        let slots = (n.max(8) * 2).next_power_of_two();
        if self.len == store.len() && self.table.len() >= slots {
            return Ok(());
        }
        let mut table = Vec::new();
        try_reserve(&mut table, slots)?;
        table.resize(slots, EMPTY);
        *self = Self { table, len: 0 };
        for node in 0..store.len() as u32 {
            let slot = self.slot(store, node);
            self.table[slot] = node;
        }
        self.len = store.len();
        Ok(())
    }

    /// Returns the row that equals the last row of `store`, or enters that row.
    pub(crate) fn find_or_enter(&mut self, store: &Store) -> Option<u32> {
        let node = store.len() as u32 - 1;
        let slot = self.slot(store, node);
        if self.table[slot] != EMPTY {
            return Some(self.table[slot]);
        }
        self.table[slot] = node;
        self.len += 1;
        None
    }

    /// Returns where a row, or its equal, stands or would stand.
    fn slot(&self, store: &Store, node: u32) -> usize {
        let mask = self.table.len() - 1;
        let mut slot = store.hash(node) as usize & mask;
        while self.table[slot] != EMPTY && !store.same(self.table[slot], node) {
            slot = (slot + 1) & mask;
        }
        slot
    }

    /// Takes a row out, before `store` loses it.
    pub(crate) fn remove(&mut self, store: &Store, node: u32) {
        if self.table.is_empty() {
            return;
        }
        let mask = self.table.len() - 1;
        let mut hole = self.slot(store, node);
        if self.table[hole] != node {
            return;
        }
        self.len -= 1;
        self.table[hole] = EMPTY;
        // What stands behind the hole moves up, unless it stands at or before its own place.
        let mut slot = hole;
        loop {
            slot = (slot + 1) & mask;
            let other = self.table[slot];
            if other == EMPTY {
                return;
            }
            let home = store.hash(other) as usize & mask;
            if (slot.wrapping_sub(home) & mask) >= (slot.wrapping_sub(hole) & mask) {
                self.table[hole] = other;
                self.table[slot] = EMPTY;
                hole = slot;
            }
        }
    }

    /// Gives a row a new number, before `store` does.
    pub(crate) fn rename(&mut self, store: &Store, from: u32, to: u32) {
        if !self.table.is_empty() {
            let slot = self.slot(store, from);
            self.table[slot] = to;
        }
    }

    /// Checks that the table lists nodes that are there, and has room for its searches to end.
    ///
    /// Errors: a sentence.
    pub(super) fn check(&self, n: usize) -> core::result::Result<(), String> {
        if let Some(node) = self.table.iter().find(|node| **node != EMPTY && **node as usize >= n) {
            return Err(format!(
                "expected nodes below {n} among those that equals are looked for, got {node}"
            ));
        }
        if !self.table.is_empty() && !self.table.contains(&EMPTY) {
            return Err("expected room among those that equals are looked for, got none".into());
        }
        Ok(())
    }

    pub(crate) fn len_bytes(&self) -> usize {
        self.table.capacity() * 4
    }
}
