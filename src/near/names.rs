//! The strings of an index whose ids are strings: the rest of the index knows each by a number.

use crate::codec::try_reserve;
use crate::error::{Error, ErrorKind, Result};
use crate::kernel::sort::{key_f64, sort_by_two};
use core::ops::Range;
use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;
use xxhash_rust::xxh3::xxh3_64;

/// The most bytes of a string: a file has two for its length.
const LEN_MAX: usize = u16::MAX as usize;

/// Nothing here in the table.
const EMPTY: u32 = u32::MAX;

/// The bit of an end that says that its string was removed.
const GONE: usize = 1 << (usize::BITS - 1);

/// So many removed strings are not worth the work of moving the others together.
const GONE_MIN: usize = 1024;

/// Strings, numbered as they came: what was added later has the higher number.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    /// All strings behind each other, those too that were removed since they were last moved together.
    texts: String,
    /// Where the string of each number ends, and whether it is gone.
    ends: Vec<usize>,
    /// How many are gone.
    gone: usize,
    /// Made when the first string is looked for; `None` where there was no memory for it.
    table: OnceLock<Option<Table>>,
}

/// The number of each string by its hash, two thirds full at most. The hash has a key that nobody knows: no list of strings
/// makes it slow. Nothing is ever listed in its order.
#[derive(Clone, Debug)]
struct Table {
    slots: Vec<u32>,
    hasher: RandomState,
}

/// Errors: [`ErrorKind::BadParameter`] for what is no id.
fn check(text: &str, row: usize) -> Result<()> {
    if (1..=LEN_MAX).contains(&text.len()) {
        return Ok(());
    }
    Err(ErrorKind::BadParameter {
        name: "ids",
        expected: format!("strings of 1 to {LEN_MAX} bytes"),
        got: match text.len() {
            0 => format!("an empty one in row {row}"),
            len => format!("one of {len} bytes in row {row}"),
        },
    }
    .into())
}

impl Table {
    /// Returns a table of the strings, with room for `n` in all.
    fn of(names: &Names, n: usize) -> Result<Self> {
        let mut slots = Vec::new();
        let len = (n + n / 2 + 2).next_power_of_two();
        try_reserve(&mut slots, len)?;
        slots.resize(len, EMPTY);
        let mut table = Self { slots, hasher: RandomState::new() };
        for number in (0..names.ends.len()).filter(|number| names.ends[*number] & GONE == 0) {
            table.enter(names, number as u32);
        }
        Ok(table)
    }

    fn has_room(&self, n: usize) -> bool {
        n + n / 2 + 2 <= self.slots.len()
    }

    fn home(&self, text: &str) -> usize {
        self.hasher.hash_one(text) as usize & (self.slots.len() - 1)
    }

    /// Returns where a string stands, or would stand.
    fn slot(&self, names: &Names, text: &str) -> usize {
        let mask = self.slots.len() - 1;
        let mut slot = self.home(text);
        while self.slots[slot] != EMPTY && names.text(self.slots[slot].into()) != text {
            slot = (slot + 1) & mask;
        }
        slot
    }

    fn enter(&mut self, names: &Names, number: u32) {
        let slot = self.slot(names, names.text(number.into()));
        self.slots[slot] = number;
    }

    fn remove(&mut self, names: &Names, number: u64) {
        let mask = self.slots.len() - 1;
        let mut hole = self.slot(names, names.text(number));
        self.slots[hole] = EMPTY;
        // What stands behind the hole moves up, unless it stands at or before its own place.
        let mut slot = hole;
        loop {
            slot = (slot + 1) & mask;
            let other = self.slots[slot];
            if other == EMPTY {
                return;
            }
            let home = self.home(names.text(other.into()));
            if (slot.wrapping_sub(home) & mask) >= (slot.wrapping_sub(hole) & mask) {
                self.slots[hole] = other;
                self.slots[slot] = EMPTY;
                hole = slot;
            }
        }
    }
}

impl Names {
    /// Reads the section of `len` strings.
    ///
    /// Errors: a sentence.
    pub(crate) fn read(bytes: &[u8], len: usize) -> core::result::Result<Self, String> {
        let fits = len.checked_mul(2).and_then(|lengths| bytes.split_at_checked(lengths));
        let Some((lengths, texts)) = fits else {
            return Err(format!("{} bytes are not {len} strings", bytes.len()));
        };
        let mut names = Self::default();
        names.ends.reserve_exact(len);
        let mut end = 0;
        for length in lengths.as_chunks::<2>().0 {
            let length = usize::from(u16::from_le_bytes(*length));
            if length == 0 {
                return Err("expected strings of 1 byte or more, got an empty one".into());
            }
            end += length;
            names.ends.push(end);
        }
        if end != texts.len() {
            return Err(format!("expected {end} bytes of strings, got {}", texts.len()));
        }
        let Ok(texts) = core::str::from_utf8(texts) else {
            return Err("expected UTF-8, got other bytes".into());
        };
        if let Some(end) = names.ends.iter().find(|end| !texts.is_char_boundary(**end)) {
            return Err(format!("a string ends within a character, at byte {end}"));
        }
        names.texts = texts.to_owned();
        Ok(names)
    }

    /// Returns the section of a file: the strings that are not gone.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(2 * self.len() + self.texts.len());
        for number in self.numbers() {
            bytes.extend((self.text(number).len() as u16).to_le_bytes());
        }
        self.numbers().for_each(|number| bytes.extend(self.text(number).as_bytes()));
        bytes
    }

    /// Checks that the strings differ, and that their numbers are these.
    ///
    /// Errors: a sentence.
    pub(super) fn check(&self, numbers: &[u64]) -> core::result::Result<(), String> {
        if let Some(number) = numbers.iter().find(|number| !self.has(**number)) {
            return Err(format!("expected a string for id {number}, got none"));
        }
        if numbers.len() != self.len() {
            return Err(format!("expected {} strings, got {}", numbers.len(), self.len()));
        }
        let mut hashes: Vec<(u64, u64)> =
            self.numbers().map(|number| (xxh3_64(self.text(number).as_bytes()), number)).collect();
        sort_by_two(&mut hashes, |pair| *pair);
        for same in hashes.chunk_by(|a, b| a.0 == b.0).filter(|same| same.len() > 1) {
            let mut texts: Vec<&str> = same.iter().map(|(_, number)| self.text(*number)).collect();
            texts.sort_unstable();
            if let Some(pair) = texts.windows(2).find(|pair| pair[0] == pair[1]) {
                return Err(format!("the string {} is there twice", crate::text::Quoted(pair[0])));
            }
        }
        let Some(Some(table)) = self.table.get() else { return Ok(()) };
        let lost = |number: &u64| u64::from(table.slots[table.slot(self, self.text(*number))]) != *number;
        match self.numbers().find(lost) {
            Some(number) => Err(format!("the string of id {number} is not found")),
            None => Ok(()),
        }
    }

    /// Returns how many strings there are.
    pub(super) fn len(&self) -> usize {
        self.ends.len() - self.gone
    }

    pub(super) fn len_bytes(&self) -> usize {
        let table = self.table.get().and_then(Option::as_ref);
        self.texts.capacity()
            + self.ends.capacity() * size_of::<usize>()
            + table.map_or(0, |table| table.slots.capacity() * size_of::<u32>())
    }

    fn has(&self, number: u64) -> bool {
        usize::try_from(number)
            .ok()
            .and_then(|number| self.ends.get(number))
            .is_some_and(|end| end & GONE == 0)
    }

    /// Returns the numbers of all strings, ascending.
    fn numbers(&self) -> impl Iterator<Item = u64> {
        (0..self.ends.len() as u64).filter(|number| self.has(*number))
    }

    fn place(&self, number: usize) -> Range<usize> {
        let end = |number: usize| self.ends[number] & !GONE;
        number.checked_sub(1).map_or(0, end)..end(number)
    }

    /// Returns the string of a number.
    pub(super) fn text(&self, number: u64) -> &str {
        &self.texts[self.place(number as usize)]
    }

    /// Returns the number of a string.
    pub(super) fn number(&self, text: &str) -> Option<u64> {
        match self.table.get_or_init(|| Table::of(self, self.len()).ok()) {
            Some(table) => {
                let number = table.slots[table.slot(self, text)];
                (number != EMPTY).then_some(number.into())
            }
            None => self.numbers().find(|number| self.text(*number) == text),
        }
    }

    /// Makes room for strings that are to be added.
    ///
    /// Errors: [`ErrorKind::BadParameter`] for what is no id, [`ErrorKind::OutOfMemory`].
    pub(super) fn reserve(&mut self, texts: &[String]) -> Result<()> {
        texts.iter().enumerate().try_for_each(|(row, text)| check(text, row))?;
        try_reserve(&mut self.ends, texts.len())?;
        let len_bytes = texts.iter().map(String::len).sum();
        let refused = |_| Error::from(ErrorKind::OutOfMemory { len_bytes: len_bytes as u64 });
        self.texts.try_reserve(len_bytes).map_err(refused)?;
        let n = self.len() + texts.len();
        if !matches!(self.table.get(), Some(Some(table)) if table.has_room(n)) {
            // Twice as many: it grows again when it has doubled.
            self.table = OnceLock::from(Some(Table::of(self, n)?));
        }
        Ok(())
    }

    /// Adds a string that is not there, for which there is room; returns its number.
    pub(super) fn push(&mut self, text: &str) -> u64 {
        let number = self.ends.len() as u32;
        self.texts.push_str(text);
        self.ends.push(self.texts.len());
        self.with_table(|names, table| table.enter(names, number));
        number.into()
    }

    fn with_table(&mut self, work: impl FnOnce(&Self, &mut Table)) {
        if let Some(Some(mut table)) = self.table.take() {
            work(self, &mut table);
            self.table = OnceLock::from(Some(table));
        }
    }

    /// Takes the strings of numbers away; the other numbers stay.
    pub(super) fn remove(&mut self, numbers: &[u64]) {
        self.with_table(|names, table| numbers.iter().for_each(|number| table.remove(names, *number)));
        for &number in numbers {
            self.ends[number as usize] |= GONE;
            self.gone += 1;
        }
    }

    /// Takes the strings of the numbers from `len` on away, of which none is gone.
    pub(super) fn truncate(&mut self, len: usize) {
        let last: Vec<u64> = (len as u64..self.ends.len() as u64).collect();
        self.with_table(|names, table| last.iter().for_each(|number| table.remove(names, *number)));
        self.texts.truncate(len.checked_sub(1).map_or(0, |last| self.place(last).end));
        self.ends.truncate(len);
    }

    /// Returns how many numbers were given: the next one.
    pub(super) fn next(&self) -> usize {
        self.ends.len()
    }

    /// Returns whether more strings are gone than are there.
    pub(super) fn is_loose(&self) -> bool {
        self.gone > GONE_MIN.max(self.len())
    }

    /// Returns the numbers that the strings have in a file, where none is gone; `None` where they are those that there are.
    pub(crate) fn ranks(&self) -> Option<Vec<u32>> {
        let mut rank = 0;
        let next = |end: &usize| {
            let own = rank;
            rank += u32::from(end & GONE == 0);
            own
        };
        (self.gone > 0).then(|| self.ends.iter().map(next).collect())
    }

    /// Gives the strings the numbers of [`ranks`](Self::ranks), and the memory of the others back.
    pub(super) fn pack(&mut self) {
        if self.gone > 0 {
            let mut texts = core::mem::take(&mut self.texts).into_bytes();
            let mut ends = core::mem::take(&mut self.ends);
            let (mut start, mut to, mut kept) = (0, 0, 0);
            for number in 0..ends.len() {
                let end = ends[number] & !GONE;
                if ends[number] & GONE == 0 {
                    texts.copy_within(start..end, to);
                    to += end - start;
                    ends[kept] = to;
                    kept += 1;
                }
                start = end;
            }
            texts.truncate(to);
            ends.truncate(kept);
            // Whole strings were moved.
            self.texts = String::from_utf8(texts).unwrap_or_default();
            (self.ends, self.gone) = (ends, 0);
        }
        self.texts.shrink_to_fit();
        self.ends.shrink_to_fit();
        self.table = OnceLock::new();
    }

    /// Puts equal distances, which stand next to each other, in the order of their strings.
    pub(super) fn sort_ties(&self, found: &mut [(f64, u64)]) {
        for ties in found.chunk_by_mut(|a, b| key_f64(a.0) == key_f64(b.0)).filter(|ties| ties.len() > 1) {
            ties.sort_unstable_by(|a, b| self.text(a.1).cmp(self.text(b.1)));
        }
    }

    /// Returns the numbers of all strings, in the order of the strings.
    pub(super) fn sorted(&self) -> Vec<u64> {
        let mut numbers: Vec<u64> = self.numbers().collect();
        numbers.sort_unstable_by(|a, b| self.text(*a).cmp(self.text(*b)));
        numbers
    }
}
