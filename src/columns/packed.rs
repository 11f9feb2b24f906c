//! A column at rest: as few bytes a value as its values need. What the file has is what memory has.

use super::bits::Bits;
use super::datetime;
use super::matcher::{Matcher, in_ranges};
use super::memory::{collected, more, room, room_for_text};
use super::value::{Cell, ColumnType, Elements, TWO_53, Value};
use crate::error::{Error, ErrorKind, Result};
use std::collections::HashMap;

/// How many bytes an element of a list has at least: of none a short file could say that there are billions.
pub(super) const ELEMENT_LEN_MIN: usize = 1;

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
    /// All elements behind each other, and where the list of each row ends.
    Lists { ends: Numbers, items: Box<Packed> },
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

    /// Packs `len` numbers of `width` bytes.
    fn new(numbers: impl Iterator<Item = u64>, len: usize, width: usize) -> Result<Self> {
        let mut bytes = room(len.saturating_mul(width))?;
        if width > 0 {
            numbers.for_each(|number| bytes.extend_from_slice(&number.to_le_bytes()[..width]));
        }
        Ok(Self { width, bytes })
    }

    pub(super) fn get(&self, row: usize) -> u64 {
        let mut number = [0; 8];
        number[..self.width].copy_from_slice(&self.bytes[row * self.width..][..self.width]);
        u64::from_le_bytes(number)
    }

    /// Returns the rows whose number `holds` says yes to.
    #[inline(always)]
    fn select(&self, len: usize, holds: impl Fn(u64) -> bool) -> Result<Bits> {
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
    /// Packs `len` texts.
    fn new<'a>(texts: impl Iterator<Item = &'a str> + Clone, len: usize) -> Result<Self> {
        let text_len = texts.clone().map(str::len).sum();
        let mut all = Self { ends: room(len)?, text: room_for_text(text_len)? };
        for text in texts {
            all.text.push_str(text);
            all.ends.push(all.text.len() as u32);
        }
        Ok(all)
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
    ///
    /// Errors: [`ErrorKind::OutOfMemory`](crate::ErrorKind::OutOfMemory).
    pub(super) fn new(kind: ColumnType, cells: &[Cell<'_>]) -> Result<Self> {
        Self::with_width(kind, cells, 0)
    }

    /// Packs values in so many bytes each, or more.
    fn with_width(kind: ColumnType, cells: &[Cell<'_>], width_min: usize) -> Result<Self> {
        let len = cells.len();
        let here = |cell: &Cell<'_>| !matches!(cell, Cell::Missing);
        let present = match cells.iter().all(here) {
            true => None,
            false => Some(Bits::of(cells.iter().map(here), len)?),
        };
        let data = match kind {
            ColumnType::Int | ColumnType::DateTime => {
                let ints =
                    cells.iter().filter_map(|cell| if let Cell::Int(int) = cell { Some(*int) } else { None });
                let least = ints.clone().min().unwrap_or(0);
                let most = ints.max().unwrap_or(0).wrapping_sub(least) as u64;
                let above = cells.iter().map(|cell| match cell {
                    Cell::Int(int) => int.wrapping_sub(least) as u64,
                    _ => 0,
                });
                Data::Int { least, above: Numbers::new(above, len, Numbers::width_of(most).max(width_min))? }
            }
            ColumnType::Float => {
                let floats =
                    cells.iter().map(|cell| if let Cell::Float(float) = cell { *float } else { 0.0 });
                let wide = floats.clone().any(|float| f64::from(float as f32) != float);
                let mut bytes = room(len.saturating_mul(if wide { 8 } else { 4 }))?;
                if wide {
                    floats.for_each(|float| bytes.extend_from_slice(&float.to_le_bytes()));
                } else {
                    floats.for_each(|float| bytes.extend_from_slice(&(float as f32).to_le_bytes()));
                }
                Data::Float { wide, bytes }
            }
            ColumnType::String | ColumnType::Json => pack_texts(cells, width_min)?,
            ColumnType::Bool => {
                let truths = cells.iter().map(|cell| matches!(cell, Cell::Bool(true)));
                Data::Bool(Bits::of(truths, len)?)
            }
            ColumnType::Ints => pack_lists(ColumnType::Int, cells)?,
            ColumnType::Floats => pack_lists(ColumnType::Float, cells)?,
            ColumnType::Strings => pack_lists(ColumnType::String, cells)?,
        };
        Ok(Self { len, present, data })
    }

    /// Packs whole numbers, or lists of them, as floats; `None` where a float would round one.
    ///
    /// Errors: [`ErrorKind::OutOfMemory`](crate::ErrorKind::OutOfMemory).
    pub(super) fn with_floats(&self) -> Result<Option<Self>> {
        if let Data::Lists { ends, items } = &self.data {
            let Some(items) = items.with_floats()? else { return Ok(None) };
            let ends = Numbers {
                width: ends.width,
                bytes: collected(ends.bytes.len(), ends.bytes.iter().map(|byte| Ok(*byte)))?,
            };
            let present = self.present.as_ref().map(Bits::try_clone).transpose()?;
            let data = Data::Lists { ends, items: Box::new(items) };
            return Ok(Some(Self { len: self.len, present, data }));
        }
        let mut cells = room(self.len)?;
        for row in 0..self.len {
            cells.push(match self.get(row) {
                Cell::Int(int) if int.unsigned_abs() > TWO_53.unsigned_abs() => return Ok(None),
                Cell::Int(int) => Cell::Float(int as f64),
                cell => cell,
            });
        }
        Self::new(ColumnType::Float, &cells).map(Some)
    }

    /// Checks what only the type says of the values.
    ///
    /// Errors: a sentence.
    pub(super) fn check(&self, kind: ColumnType) -> core::result::Result<(), String> {
        let here = || (0..self.len).map(|row| self.get(row));
        match kind {
            ColumnType::DateTime => {
                let reach = -datetime::FURTHEST..=datetime::FURTHEST;
                if !here()
                    .all(|cell| if let Cell::Int(micros) = cell { reach.contains(&micros) } else { true })
                {
                    return Err("a time is beyond 8.64 * 10^18 microseconds".into());
                }
            }
            ColumnType::Json => {
                let as_written = |text: &str| {
                    let value = Value::from_json(text).map_err(|error| error.to_string())?;
                    match value.to_json() {
                        Ok(again) if again == text && value != Value::Null => Ok(()),
                        _ => Err("JSON that is not as it is written".to_owned()),
                    }
                };
                match &self.data {
                    Data::Coded { words, .. } => {
                        (0..words.ends.len()).try_for_each(|word| as_written(words.get(word)))?;
                    }
                    _ => here().try_for_each(|cell| {
                        if let Cell::Str(text) = cell { as_written(text) } else { Ok(()) }
                    })?,
                }
            }
            _ => {}
        }
        Ok(())
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
            Data::Lists { ends, items } => {
                let start = row.checked_sub(1).map_or(0, |before| ends.get(before));
                Cell::List(Elements::Packed(items, start as usize, ends.get(row) as usize))
            }
        }
    }

    /// Returns the rows that have a value.
    pub(super) fn there(&self) -> Result<Bits> {
        self.present.as_ref().map_or_else(|| Bits::all(true, self.len), Bits::try_clone)
    }

    /// Returns the rows whose value is in.
    pub(super) fn select(&self, matcher: &Matcher) -> Result<Bits> {
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
                }?
            }
            (Data::Float { wide: true, bytes }, Matcher::Floats(ranges)) => {
                let floats = bytes.as_chunks::<8>().0.iter().map(|bytes| f64::from_le_bytes(*bytes));
                Bits::of(floats.map(|float| in_ranges(ranges, float)), self.len)?
            }
            (Data::Float { wide: false, bytes }, Matcher::Floats(ranges)) => {
                let floats = bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes));
                Bits::of(floats.map(|float| in_ranges(ranges, float.into())), self.len)?
            }
            (Data::Coded { words, codes }, matcher) => {
                let count = words.ends.len();
                let table: Vec<bool> =
                    collected(count, (0..count).map(|word| Ok(matcher.matches(Cell::Str(words.get(word))))))?;
                codes.select(self.len, |code| table.get(code as usize).is_some_and(|in_it| *in_it))?
            }
            (Data::Lists { ends, items }, matcher) => {
                let items = items.select(matcher)?;
                let mut start = 0;
                let lists = (0..self.len).map(|row| {
                    let end = ends.get(row) as usize;
                    (core::mem::replace(&mut start, end)..end).any(|item| items.has(item))
                });
                Bits::of(lists, self.len)?
            }
            (_, matcher) => Bits::of((0..self.len).map(|row| matcher.matches(self.get(row))), self.len)?,
        };
        if let Some(present) = &self.present {
            rows.and(present);
        }
        Ok(rows)
    }

    /// Returns how many bytes of text its values have, and elements of lists.
    pub(super) fn text_len(&self) -> u64 {
        match &self.data {
            Data::Lists { items, .. } => items.text_len() + items.len as u64,
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
            Data::Lists { ends, items } => ends.bytes.capacity() + size_of::<Self>() + items.heap_bytes(),
        };
        data + self.present.as_ref().map_or(0, Bits::heap_bytes)
    }
}

/// Packs lists whose elements are of this type.
fn pack_lists(element: ColumnType, cells: &[Cell<'_>]) -> Result<Data> {
    let len_of = |cell: &Cell<'_>| if let Cell::List(elements) = cell { elements.len() } else { 0 };
    let count = cells.iter().map(len_of).sum();
    let mut items = room(count)?;
    for cell in cells {
        if let Cell::List(elements) = cell {
            items.extend(elements.iter());
        }
    }
    let ends = cells.iter().scan(0, |end, cell| {
        *end += len_of(cell) as u64;
        Some(*end)
    });
    let ends = Numbers::new(ends, cells.len(), Numbers::width_of(count as u64))?;
    Ok(Data::Lists { ends, items: Box::new(Packed::with_width(element, &items, ELEMENT_LEN_MIN)?) })
}

/// Packs texts the shorter way; a table of words where both are as long. The number of a word takes `width_min` bytes or more.
fn pack_texts(cells: &[Cell<'_>], width_min: usize) -> Result<Data> {
    let text = |cell: &Cell<'_>| if let Cell::Str(text) = cell { text.len() } else { 0 };
    let plain = cells.len() * 4 + cells.iter().map(text).sum::<usize>();
    let mut codes: HashMap<&str, u64> = HashMap::new();
    let mut words: Vec<&str> = Vec::new();
    let mut table = 0;
    for cell in cells {
        if let Cell::Str(text) = cell
            && !codes.contains_key(text)
        {
            // Where each text is another one, that shows before there is a table of all.
            table += text.len() + 4;
            if table > plain {
                break;
            }
            let short = |_| Error::from(ErrorKind::OutOfMemory { len_bytes: table as u64 });
            codes.try_reserve(1).map_err(short)?;
            more(&mut words, 1)?;
            codes.insert(text, 0);
            words.push(text);
        }
    }
    words.sort_unstable();
    let width = Numbers::width_of((words.len() as u64).saturating_sub(1)).max(width_min);
    if table + cells.len() * width > plain {
        let texts = cells.iter().map(|cell| if let Cell::Str(text) = cell { text } else { "" });
        return Ok(Data::Plain(Texts::new(texts, cells.len())?));
    }
    for (word, code) in words.iter().zip(0..) {
        codes.insert(word, code);
    }
    let numbers = cells.iter().map(|cell| if let Cell::Str(text) = cell { codes[text] } else { 0 });
    let codes = Numbers::new(numbers, cells.len(), width)?;
    Ok(Data::Coded { codes, words: Texts::new(words.iter().copied(), words.len())? })
}
