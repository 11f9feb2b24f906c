//! The section of the columns: `docs/FORMAT.md`.

use super::bits::Bits;
use super::packed::{Data, ELEMENT_LEN_MIN, Numbers, Packed, Texts};
use super::value::ColumnType;

use crate::text::Quoted;

/// What the width of texts without a table of words is written as.
const PLAIN: u8 = 0xff;

type Read<T> = core::result::Result<T, String>;

/// Appends a column to the section.
pub(super) fn write(bytes: &mut Vec<u8>, name: &str, kind: ColumnType, packed: &Packed) {
    bytes.extend([kind.code(), width(&packed.data), packed.present.is_some().into(), name.len() as u8]);
    bytes.extend_from_slice(name.as_bytes());
    if let Some(present) = &packed.present {
        bytes.extend(present.to_bytes());
    }
    write_data(bytes, &packed.data);
}

/// Returns what the width is written as.
fn width(data: &Data) -> u8 {
    match data {
        Data::Int { above: numbers, .. }
        | Data::Coded { codes: numbers, .. }
        | Data::Lists { ends: numbers, .. } => numbers.width as u8,
        Data::Float { wide, .. } => 4 << u8::from(*wide),
        Data::Plain(_) => PLAIN,
        Data::Bool(_) => 0,
    }
}

fn write_data(bytes: &mut Vec<u8>, data: &Data) {
    let ends = |bytes: &mut Vec<u8>, texts: &Texts| {
        texts.ends.iter().for_each(|end| bytes.extend_from_slice(&end.to_le_bytes()));
    };
    match data {
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
        Data::Lists { ends, items } => {
            bytes.extend_from_slice(&ends.bytes);
            bytes.push(width(&items.data));
            write_data(bytes, &items.data);
        }
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
    let why = |why: String| format!("column {}: {why}", Quoted(&name));
    let kind = ColumnType::from_code(kind).ok_or_else(|| why(format!("type {kind} is unknown")))?;
    let present = match some_missing {
        0 => None,
        1 => Some(bits(bytes, len).map_err(why)?),
        _ => return Err(why("whether values are missing is neither 0 nor 1".into())),
    };
    let data = read_data(bytes, kind, width, len, present.as_ref()).map_err(why)?;
    Ok((name, kind, Packed { len, present, data }))
}

fn bits(bytes: &mut &[u8], len: usize) -> Read<Bits> {
    let bits = Bits::from_bytes(take(bytes, Bits::len_bytes(len))?, len);
    bits.ok_or_else(|| "a bit after the last row is set".into())
}

fn numbers(bytes: &mut &[u8], width: u8, len: usize) -> Read<Numbers> {
    if ![0, 1, 2, 4, 8].contains(&width) {
        return Err(format!("numbers of {width} bytes"));
    }
    let width = usize::from(width);
    Ok(Numbers { width, bytes: take(bytes, checked(width, len)?)?.to_vec() })
}

/// Takes `len` values of a type.
fn read_data(
    bytes: &mut &[u8],
    kind: ColumnType,
    width: u8,
    len: usize,
    present: Option<&Bits>,
) -> Read<Data> {
    let is_missing = |row| present.is_some_and(|here| !here.has(row));
    if let Some(element) = kind.element() {
        let ends = numbers(bytes, width, len)?;
        let mut before = 0;
        for row in 0..len {
            let end = ends.get(row);
            if end < before {
                return Err("a list ends before it begins".into());
            }
            if end > before && is_missing(row) {
                return Err("a missing list has elements".into());
            }
            before = end;
        }
        let count =
            u32::try_from(before).map_err(|_| "a list ends beyond 2^32 elements".to_owned())? as usize;
        let &[width] = take(bytes, 1)? else { return Err("the elements have no width".into()) };
        if usize::from(width) < ELEMENT_LEN_MIN {
            return Err("the elements of lists in 0 bytes".into());
        }
        let items = read_data(bytes, element, width, count, None)?;
        return Ok(Data::Lists { ends, items: Box::new(Packed { len: count, present: None, data: items }) });
    }
    Ok(match (kind, width) {
        (ColumnType::Int | ColumnType::DateTime, _) => {
            let least = i64::from_le_bytes(take(bytes, 8)?.try_into().unwrap_or_default());
            let above = numbers(bytes, width, len)?;
            let fits = |row| least.checked_add_unsigned(above.get(row)).is_some();
            if !(0..len).all(fits) {
                return Err("a number is above 2^63 - 1".into());
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
                return Err("a float is not a number".into());
            }
            Data::Float { wide: width == 8, bytes: floats }
        }
        (ColumnType::String | ColumnType::Json, PLAIN) => Data::Plain(texts(bytes, len)?),
        (ColumnType::String | ColumnType::Json, _) => {
            let count = u32::from_le_bytes(take(bytes, 4)?.try_into().unwrap_or_default());
            let words = texts(bytes, count as usize)?;
            if !(1..words.ends.len()).all(|i| words.get(i - 1) < words.get(i)) {
                return Err("the words are not in order".into());
            }
            let codes = numbers(bytes, width, len)?;
            if !(0..len).all(|row| is_missing(row) || codes.get(row) < count.into()) {
                return Err("a word is not there".into());
            }
            Data::Coded { words, codes }
        }
        (ColumnType::Bool, 0) => Data::Bool(bits(bytes, len)?),
        _ => return Err(format!("{} in {width} bytes", kind.name())),
    })
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
