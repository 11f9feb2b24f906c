//! The section of the columns: `docs/FORMAT.md`.

use super::bits::Bits;
use super::packed::{Data, Numbers, Packed, Texts};
use super::value::ColumnType;

use crate::text::Quoted;

/// What the width of texts without a table of words is written as.
const PLAIN: u8 = 0xff;

type Read<T> = core::result::Result<T, String>;

/// Appends a column to the section.
pub(super) fn write(bytes: &mut Vec<u8>, name: &str, kind: ColumnType, packed: &Packed) {
    let width = match &packed.data {
        Data::Int { above: numbers, .. } | Data::Coded { codes: numbers, .. } => numbers.width as u8,
        Data::Float { wide, .. } => 4 << u8::from(*wide),
        Data::Plain(_) => PLAIN,
        Data::Bool(_) => 0,
    };
    bytes.extend([kind.code(), width, packed.present.is_some().into(), name.len() as u8]);
    bytes.extend_from_slice(name.as_bytes());
    if let Some(present) = &packed.present {
        bytes.extend(present.to_bytes());
    }
    let ends = |bytes: &mut Vec<u8>, texts: &Texts| {
        texts.ends.iter().for_each(|end| bytes.extend_from_slice(&end.to_le_bytes()));
    };
    match &packed.data {
        Data::Int { least, above } => {
            bytes.extend_from_slice(&least.to_le_bytes());
            bytes.extend_from_slice(&above.bytes);
        }
        Data::Float { bytes: floats, .. } => bytes.extend_from_slice(floats),
        Data::Coded { words, codes } => {
            bytes.extend_from_slice(&(words.ends.len() as u32).to_le_bytes());
            ends(bytes, words);
            bytes.extend_from_slice(words.text.as_bytes());
            bytes.extend_from_slice(&codes.bytes);
        }
        Data::Plain(texts) => {
            ends(bytes, texts);
            bytes.extend_from_slice(texts.text.as_bytes());
        }
        Data::Bool(bits) => bytes.extend(bits.to_bytes()),
    }
}

/// Takes a column of `len` rows off the front of `bytes`.
///
/// Errors: a sentence. Nothing is allocated that is larger than what was read.
pub(super) fn read(bytes: &mut &[u8], len: usize) -> Read<(String, ColumnType, Packed)> {
    let &[kind, width, some_missing, name_len] = take(bytes, 4)? else {
        return Err("a column has no head".into());
    };
    let name = take(bytes, name_len.into())?.to_vec();
    let name = String::from_utf8(name).map_err(|_| "a name is not UTF-8".to_owned())?;
    let why = |why: &str| format!("column {}: {why}", Quoted(&name));
    let kind = ColumnType::from_code(kind).ok_or_else(|| why(&format!("type {kind} is unknown")))?;
    let bits = |bytes: &mut &[u8]| {
        let bits = Bits::from_bytes(take(bytes, Bits::len_bytes(len))?, len);
        bits.ok_or_else(|| why("a bit after the last row is set"))
    };
    let present = match some_missing {
        0 => None,
        1 => Some(bits(bytes)?),
        _ => return Err(why("whether values are missing is neither 0 nor 1")),
    };
    let numbers = |bytes: &mut &[u8]| {
        if ![0, 1, 2, 4, 8].contains(&width) {
            return Err(why(&format!("numbers of {width} bytes")));
        }
        let width = usize::from(width);
        Ok(Numbers { width, bytes: take(bytes, checked(width, len)?)?.to_vec() })
    };
    let data = match (kind, width) {
        (ColumnType::Int, _) => {
            let least = i64::from_le_bytes(take(bytes, 8)?.try_into().unwrap_or_default());
            let above = numbers(bytes)?;
            let fits = |row| least.checked_add_unsigned(above.get(row)).is_some();
            if !(0..len).all(fits) {
                return Err(why("a number is above 2^63 - 1"));
            }
            Data::Int { least, above }
        }
        (ColumnType::Float, 4 | 8) => {
            let floats = take(bytes, checked(width.into(), len)?)?.to_vec();
            let not_a_number = if width == 8 {
                floats.as_chunks::<8>().0.iter().any(|bytes| f64::from_le_bytes(*bytes).is_nan())
            } else {
                floats.as_chunks::<4>().0.iter().any(|bytes| f32::from_le_bytes(*bytes).is_nan())
            };
            if not_a_number {
                return Err(why("a float is not a number"));
            }
            Data::Float { wide: width == 8, bytes: floats }
        }
        (ColumnType::String, PLAIN) => Data::Plain(texts(bytes, len).map_err(|text| why(&text))?),
        (ColumnType::String, _) => {
            let count = u32::from_le_bytes(take(bytes, 4)?.try_into().unwrap_or_default());
            let words = texts(bytes, count as usize).map_err(|text| why(&text))?;
            if !(1..words.ends.len()).all(|i| words.get(i - 1) < words.get(i)) {
                return Err(why("the words are not in order"));
            }
            let codes = numbers(bytes)?;
            let known =
                |row| present.as_ref().is_some_and(|here| !here.has(row)) || codes.get(row) < count.into();
            if !(0..len).all(known) {
                return Err(why("a word is not there"));
            }
            Data::Coded { words, codes }
        }
        (ColumnType::Bool, 0) => Data::Bool(bits(bytes)?),
        _ => return Err(why(&format!("{} in {width} bytes", kind.name()))),
    };
    Ok((name, kind, Packed { len, present, data }))
}

fn texts(bytes: &mut &[u8], count: usize) -> Read<Texts> {
    let ends = take(bytes, checked(4, count)?)?;
    let ends: Vec<u32> = ends.as_chunks::<4>().0.iter().map(|end| u32::from_le_bytes(*end)).collect();
    if !ends.is_sorted() {
        return Err("a text ends before it begins".into());
    }
    let text = take(bytes, ends.last().map_or(0, |end| *end as usize))?;
    let text = core::str::from_utf8(text).map_err(|_| "a text is not UTF-8".to_owned())?;
    if !ends.iter().all(|end| text.is_char_boundary(*end as usize)) {
        return Err("a text ends inside a character".into());
    }
    Ok(Texts { ends, text: text.to_owned() })
}

fn checked(width: usize, len: usize) -> Read<usize> {
    width.checked_mul(len).ok_or_else(|| "more rows than memory has bytes".to_owned())
}

fn take<'a>(bytes: &mut &'a [u8], len: usize) -> Read<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(len).ok_or_else(|| "it ends too early".to_owned())?;
    *bytes = rest;
    Ok(taken)
}
