//! A column at rest: as few bytes a value as its values need. What the file has is what memory has.

use super::bits::Bits;
use super::matcher::{Matcher, in_ranges};
use super::value::{Cell, ColumnType};
use std::collections::HashMap;

/// The values of one column, row by row.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Packed {
    pub(super) len: usize,
    /// Which rows have a value, where some have none.
    pub(super) present: Option<Bits>,
    pub(super) data: Data,
}

/// What a missing value has in its place is zero.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Data {
    /// What each value is above the least.
    Int { least: i64, above: Numbers },
    /// Binary32 where all fit, else binary64.
    Float { wide: bool, bytes: Vec<u8> },
    /// Distinct words in ascending order, and the number of the word in each row.
    Coded { words: Texts, codes: Numbers },
    /// A text in each row.
    Plain(Texts),
    /// One bit each.
    Bool(Bits),
}

/// Unsigned numbers of 0, 1, 2, 4 or 8 bytes each, little-endian.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Numbers {
    pub(super) width: usize,
    pub(super) bytes: Vec<u8>,
}

/// Texts behind each other.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Texts {
    /// Where each ends.
    pub(super) ends: Vec<u32>,
    pub(super) text: String,
}

impl Numbers {
    /// Returns how many bytes a number up to `most` needs.
    pub(super) fn width_of(most: u64) -> usize {
        match most {
            0 => 0,
            1..=0xff => 1,
            0x100..=0xffff => 2,
            0x1_0000..=0xffff_ffff => 4,
            _ => 8,
        }
    }

    fn new(numbers: impl Iterator<Item = u64>, most: u64) -> Self {
        let width = Self::width_of(most);
        let mut bytes = Vec::with_capacity(numbers.size_hint().0 * width);
        if width > 0 {
            numbers.for_each(|number| bytes.extend_from_slice(&number.to_le_bytes()[..width]));
        }
        Self { width, bytes }
    }

    pub(super) fn get(&self, row: usize) -> u64 {
        let mut number = [0; 8];
        number[..self.width].copy_from_slice(&self.bytes[row * self.width..][..self.width]);
        u64::from_le_bytes(number)
    }

    /// Returns the rows whose number `holds` says yes to.
    #[inline(always)]
    fn select(&self, len: usize, holds: impl Fn(u64) -> bool) -> Bits {
        macro_rules! of {
            ($type:ty) => {{
                let numbers = self.bytes.as_chunks::<{ size_of::<$type>() }>().0.iter();
                Bits::of(numbers.map(|bytes| holds(<$type>::from_le_bytes(*bytes) as u64)), len)
            }};
        }
        match self.width {
            0 => Bits::all(holds(0), len),
            1 => of!(u8),
            2 => of!(u16),
            4 => of!(u32),
            _ => of!(u64),
        }
    }
}

impl Texts {
    fn new<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        let mut all = Self::default();
        for text in texts {
            all.text.push_str(text);
            all.ends.push(all.text.len() as u32);
        }
        all
    }

    pub(super) fn get(&self, i: usize) -> &str {
        let start = i.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start as usize..self.ends[i] as usize]
    }

    fn heap_bytes(&self) -> usize {
        self.ends.capacity() * 4 + self.text.capacity()
    }
}

impl Packed {
    /// Packs values, which are of this type or missing.
    pub(super) fn new(kind: ColumnType, cells: &[Cell<'_>]) -> Self {
        let len = cells.len();
        let here = |cell: &Cell<'_>| *cell != Cell::Missing;
        let present = (!cells.iter().all(here)).then(|| Bits::of(cells.iter().map(here), len));
        let data = match kind {
            ColumnType::Int => {
                let ints =
                    cells.iter().filter_map(|cell| if let Cell::Int(int) = cell { Some(*int) } else { None });
                let least = ints.clone().min().unwrap_or(0);
                let most = ints.max().unwrap_or(0).wrapping_sub(least) as u64;
                let above = cells.iter().map(|cell| match cell {
                    Cell::Int(int) => int.wrapping_sub(least) as u64,
                    _ => 0,
                });
                Data::Int { least, above: Numbers::new(above, most) }
            }
            ColumnType::Float => {
                let floats =
                    cells.iter().map(|cell| if let Cell::Float(float) = cell { *float } else { 0.0 });
                let wide = floats.clone().any(|float| f64::from(float as f32) != float);
                let bytes = if wide {
                    floats.flat_map(f64::to_le_bytes).collect()
                } else {
                    floats.flat_map(|float| (float as f32).to_le_bytes()).collect()
                };
                Data::Float { wide, bytes }
            }
            ColumnType::String => pack_texts(cells),
            ColumnType::Bool => Data::Bool(Bits::of(cells.iter().map(|cell| *cell == Cell::Bool(true)), len)),
        };
        Self { len, present, data }
    }

    pub(super) fn has(&self, row: usize) -> bool {
        self.present.as_ref().is_none_or(|present| present.has(row))
    }

    pub(super) fn get(&self, row: usize) -> Cell<'_> {
        if !self.has(row) {
            return Cell::Missing;
        }
        match &self.data {
            Data::Int { least, above } => Cell::Int(least.wrapping_add(above.get(row) as i64)),
            Data::Float { wide, bytes } => Cell::Float(if *wide {
                f64::from_le_bytes(bytes.as_chunks::<8>().0[row])
            } else {
                f32::from_le_bytes(bytes.as_chunks::<4>().0[row]).into()
            }),
            Data::Coded { words, codes } => Cell::Str(words.get(codes.get(row) as usize)),
            Data::Plain(texts) => Cell::Str(texts.get(row)),
            Data::Bool(bits) => Cell::Bool(bits.has(row)),
        }
    }

    /// Returns the rows that have a value.
    pub(super) fn there(&self) -> Bits {
        self.present.clone().unwrap_or_else(|| Bits::all(true, self.len))
    }

    /// Returns the rows whose value is in.
    pub(super) fn select(&self, matcher: &Matcher) -> Bits {
        let mut rows = match (&self.data, matcher) {
            (Data::Int { least, above }, Matcher::Ints(ranges)) => {
                let ranges: Vec<(u64, u64)> = ranges
                    .iter()
                    .filter(|(_, high)| high >= least)
                    .map(|(low, high)| {
                        ((*low).max(*least).wrapping_sub(*least) as u64, high.wrapping_sub(*least) as u64)
                    })
                    .collect();
                match ranges[..] {
                    [(low, high)] => above.select(self.len, |number| (low <= number) & (number <= high)),
                    _ => above.select(self.len, |number| in_ranges(&ranges, number)),
                }
            }
            (Data::Float { wide: true, bytes }, Matcher::Floats(ranges)) => {
                let floats = bytes.as_chunks::<8>().0.iter().map(|bytes| f64::from_le_bytes(*bytes));
                Bits::of(floats.map(|float| in_ranges(ranges, float)), self.len)
            }
            (Data::Float { wide: false, bytes }, Matcher::Floats(ranges)) => {
                let floats = bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes));
                Bits::of(floats.map(|float| in_ranges(ranges, float.into())), self.len)
            }
            (Data::Coded { words, codes }, matcher) => {
                let table: Vec<bool> =
                    (0..words.ends.len()).map(|word| matcher.matches(Cell::Str(words.get(word)))).collect();
                codes.select(self.len, |code| table.get(code as usize).is_some_and(|in_it| *in_it))
            }
            (_, matcher) => Bits::of((0..self.len).map(|row| matcher.matches(self.get(row))), self.len),
        };
        if let Some(present) = &self.present {
            rows.and(present);
        }
        rows
    }

    /// Returns how many bytes of text its values have.
    pub(super) fn text_len(&self) -> u64 {
        match &self.data {
            Data::Plain(texts) => texts.text.len() as u64,
            Data::Coded { words, .. } => (0..self.len)
                .map(|row| if let Cell::Str(text) = self.get(row) { text.len() as u64 } else { 0 })
                .sum::<u64>()
                .max(words.text.len() as u64),
            _ => 0,
        }
    }

    /// Returns how much memory it takes.
    pub(super) fn heap_bytes(&self) -> usize {
        let data = match &self.data {
            Data::Int { above: numbers, .. } => numbers.bytes.capacity(),
            Data::Float { bytes, .. } => bytes.capacity(),
            Data::Coded { words, codes } => words.heap_bytes() + codes.bytes.capacity(),
            Data::Plain(texts) => texts.heap_bytes(),
            Data::Bool(bits) => bits.heap_bytes(),
        };
        data + self.present.as_ref().map_or(0, Bits::heap_bytes)
    }
}

/// Packs texts the shorter way; a table of words where both are as long.
fn pack_texts(cells: &[Cell<'_>]) -> Data {
    let text = |cell: &Cell<'_>| if let Cell::Str(text) = cell { text.len() } else { 0 };
    let plain = cells.len() * 4 + cells.iter().map(text).sum::<usize>();
    let mut codes: HashMap<&str, u64> = HashMap::new();
    for cell in cells {
        if let Cell::Str(text) = cell {
            codes.insert(text, 0);
        }
    }
    let mut words: Vec<&str> = codes.keys().copied().collect();
    words.sort_unstable();
    let most = (words.len() as u64).saturating_sub(1);
    let table = words.iter().map(|word| word.len() + 4).sum::<usize>();
    if table + cells.len() * Numbers::width_of(most) > plain {
        let texts = cells.iter().map(|cell| if let Cell::Str(text) = cell { text } else { "" });
        return Data::Plain(Texts::new(texts));
    }
    for (word, code) in words.iter().zip(0..) {
        codes.insert(word, code);
    }
    let numbers = cells.iter().map(|cell| if let Cell::Str(text) = cell { codes[text] } else { 0 });
    Data::Coded { codes: Numbers::new(numbers, most), words: Texts::new(words.iter().copied()) }
}
