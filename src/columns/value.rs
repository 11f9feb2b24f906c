//! Values as they come from any language, and as they go back.

use super::datetime;
use super::memory::{collected, copied};
use super::packed::Packed;
use crate::error::{Error, ErrorKind, Result};
use crate::text::{Quoted, number};
use core::fmt;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ColumnType {
    /// 64-bit signed integers.
    Int,
    /// Binary64 numbers; NaN is a missing value.
    Float,
    /// UTF-8 text.
    String,
    /// Truth values.
    Bool,
    /// Points in time, in microseconds of UTC.
    DateTime,
    /// Lists of 64-bit signed integers.
    Ints,
    /// Lists of binary64 numbers.
    Floats,
    /// Lists of UTF-8 texts.
    Strings,
    /// Any JSON value; kept and returned, not filtered.
    Json,
}

impl ColumnType {
    const ALL: [Self; 9] = [
        Self::Int,
        Self::Float,
        Self::String,
        Self::Bool,
        Self::DateTime,
        Self::Ints,
        Self::Floats,
        Self::Strings,
        Self::Json,
    ];

    /// The names, for error texts.
    pub const NAMES: &'static str = "int, float, string, bool, datetime, ints, floats, strings, json";

    /// Returns the name, the same in every language.
    pub fn name(self) -> &'static str {
        match self {
            Self::Int => "int",
            Self::Float => "float",
            Self::String => "string",
            Self::Bool => "bool",
            Self::DateTime => "datetime",
            Self::Ints => "ints",
            Self::Floats => "floats",
            Self::Strings => "strings",
            Self::Json => "json",
        }
    }

    /// Returns the type of a name.
    ///
    /// Errors: [`ErrorKind::UnknownName`].
    pub fn from_name(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name).ok_or_else(|| {
            let got = name.to_owned();
            Error::from(ErrorKind::UnknownName { kind: "column type", expected: Self::NAMES, got })
        })
    }

    /// Returns the code in a file.
    pub(super) fn code(self) -> u8 {
        match self {
            Self::Int => 1,
            Self::Float => 2,
            Self::String => 3,
            Self::Bool => 4,
            Self::DateTime => 5,
            Self::Ints => 6,
            Self::Floats => 7,
            Self::Strings => 8,
            Self::Json => 9,
        }
    }

    pub(super) fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// Returns the type of the elements of a list.
    pub(super) fn element(self) -> Option<Self> {
        match self {
            Self::Ints => Some(Self::Int),
            Self::Floats => Some(Self::Float),
            Self::Strings => Some(Self::String),
            _ => None,
        }
    }

    /// Returns what an error text calls its values.
    fn values(self) -> &'static str {
        match self {
            Self::Int => "int values",
            Self::Float => "float values",
            Self::String => "string values",
            Self::Bool => "bool values",
            Self::DateTime => "datetime values, or their ISO 8601 texts,",
            Self::Ints => "lists of ints",
            Self::Floats => "lists of floats",
            Self::Strings => "lists of strings",
            Self::Json => "JSON values",
        }
    }
}

/// One value of a column, or a piece of a filter: what JSON has, with whole numbers apart, and times.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// A missing value.
    #[default]
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number.
    Float(f64),
    /// A text.
    String(String),
    /// A point in time: microseconds since 1970-01-01T00:00:00 UTC, 8.64 · 10¹⁸ at most on either side.
    DateTime(i64),
    /// Values in order.
    List(Vec<Value>),
    /// Names and values, in order: in filters and in columns of JSON.
    Map(Vec<(String, Value)>),
}

impl Value {
    /// Returns a number of a language that has one kind only: an `Int` where it is whole and every
    /// whole number near it is one too, that is up to 2⁵³ − 1.
    pub fn number(value: f64) -> Self {
        const SAFE: i64 = (1 << 53) - 1;
        match whole(value) {
            Some(int) if (-SAFE..=SAFE).contains(&int) => Self::Int(int),
            _ => Self::Float(value),
        }
    }

    /// Reads a time of ISO 8601, as `2024-05-31` or `2024-05-31T12:30:00.5+02:00`; without an offset it is UTC.
    ///
    /// Errors: [`ErrorKind::BadParameter`], also for what is finer than a microsecond.
    pub fn datetime(text: &str) -> Result<Self> {
        datetime::parse(text).map(Self::DateTime).map_err(|why| {
            let (expected, got) = ("a time of ISO 8601".to_owned(), format!("{}: {why}", Quoted(text)));
            ErrorKind::BadParameter { name: "datetime", expected, got }.into()
        })
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i32> for Value {
    fn from(value: i32) -> Self {
        Self::Int(value.into())
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::String(value.to_owned())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::String(value)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// As an error text shows it.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "{value}"),
            Self::Float(value) => {
                f.write_str(&number(*value))?;
                f.write_str(if value.fract() == 0.0 && value.abs() < 1e17 { ".0" } else { "" })
            }
            Self::String(value) => Quoted(value).fmt(f),
            Self::DateTime(value) => datetime::Shown(*value).fmt(f),
            Self::List(_) => f.write_str("a list"),
            Self::Map(_) => f.write_str("a map"),
        }
    }
}

/// A value in a column, borrowed, as the column keeps it: a time as microseconds, JSON as its text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Cell<'a> {
    Missing,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(&'a str),
    List(Elements<'a>),
}

/// The elements of a list.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Elements<'a> {
    Late(&'a [Value]),
    /// Of all that a column has, those from here to there.
    Packed(&'a Packed, usize, usize),
}

impl<'a> Elements<'a> {
    pub(super) fn len(self) -> usize {
        match self {
            Self::Late(values) => values.len(),
            Self::Packed(_, start, end) => end - start,
        }
    }

    pub(super) fn iter(self) -> impl Iterator<Item = Cell<'a>> {
        (0..self.len()).map(move |i| match self {
            Self::Late(values) => Cell::from(&values[i]),
            Self::Packed(packed, start, _) => packed.get(start + i),
        })
    }
}

impl<'a> From<&'a Value> for Cell<'a> {
    /// Of what [`fit`] gives; maps are not among it.
    fn from(value: &'a Value) -> Self {
        match value {
            Value::Null | Value::Map(_) => Self::Missing,
            Value::Bool(value) => Self::Bool(*value),
            Value::Int(value) | Value::DateTime(value) => Self::Int(*value),
            Value::Float(value) => Self::Float(*value),
            Value::String(value) => Self::Str(value),
            Value::List(values) => Self::List(Elements::Late(values)),
        }
    }
}

impl Cell<'_> {
    /// Returns the value as it goes back.
    ///
    /// Errors: [`ErrorKind::OutOfMemory`].
    pub(super) fn to_value(self, kind: ColumnType) -> Result<Value> {
        Ok(match self {
            Self::Missing => Value::Null,
            Self::Bool(value) => Value::Bool(value),
            Self::Int(value) if kind == ColumnType::DateTime => Value::DateTime(value),
            Self::Int(value) => Value::Int(value),
            Self::Float(value) => Value::Float(value),
            // It was checked when it came.
            Self::Str(text) if kind == ColumnType::Json => Value::from_json(text).unwrap_or_default(),
            Self::Str(text) => Value::String(copied(text)?),
            Self::List(elements) => {
                Value::List(collected(elements.len(), elements.iter().map(|cell| cell.to_value(kind)))?)
            }
        })
    }
}

/// Returns the whole number that a number is.
pub(super) fn whole(value: f64) -> Option<i64> {
    // 2^63 itself is no i64, and is the first float above them.
    let fits = value.trunc() == value && (-TWO_63..TWO_63).contains(&value);
    fits.then_some(value as i64)
}

/// 2^63.
pub(super) const TWO_63: f64 = 9_223_372_036_854_775_808.0;

/// Up to here, on either side of 0, each whole number is a float of its own.
pub(super) const TWO_53: i64 = 1 << 53;

/// Returns the number that a whole number is, when there is one.
fn exact(value: i64) -> Option<f64> {
    let float = value as f64;
    (whole(float) == Some(value)).then_some(float)
}

/// Why a column does not take a value.
#[derive(Debug)]
pub(super) enum Unfit {
    /// What came.
    Got(String),
    /// There is no memory for a copy.
    Memory(Error),
}

impl From<Error> for Unfit {
    fn from(error: Error) -> Self {
        match error.kind() {
            ErrorKind::BadParameter { got, .. } => Self::Got(got.clone()),
            _ => Self::Memory(error),
        }
    }
}

fn is_nan(value: &Value) -> bool {
    matches!(value, Value::Float(float) if float.is_nan())
}

/// Returns the value as a column of this type keeps it.
pub(super) fn fit(value: &Value, kind: ColumnType) -> core::result::Result<Value, Unfit> {
    let got = || Unfit::Got(value.to_string());
    Ok(match (value, kind) {
        // NaN is what tables have where they have nothing, pandas also among texts.
        (value, _) if *value == Value::Null || is_nan(value) => Value::Null,
        (value, ColumnType::Json) => Value::String(value.to_json()?),
        (Value::Int(_), ColumnType::Int) | (Value::Bool(_), ColumnType::Bool) => value.clone(),
        (Value::String(text), ColumnType::String) => Value::String(copied(text)?),
        (Value::Float(float), ColumnType::Float) => Value::Float(*float),
        (Value::Int(int), ColumnType::Float) => Value::Float(exact(*int).ok_or_else(got)?),
        (Value::Float(float), ColumnType::Int) => Value::Int(whole(*float).ok_or_else(got)?),
        (Value::DateTime(micros), ColumnType::DateTime)
            if (-datetime::FURTHEST..=datetime::FURTHEST).contains(micros) =>
        {
            Value::Int(*micros)
        }
        (Value::String(text), ColumnType::DateTime) => match datetime::parse(text) {
            Ok(micros) => Value::Int(micros),
            Err(why) => return Err(Unfit::Got(format!("{value}, but {why}"))),
        },
        (Value::List(values), kind) => {
            let Some(element) = kind.element() else { return Err(got()) };
            let fitted = values.iter().enumerate().map(|(place, value)| {
                let fitted =
                    fit(value, element).map(|fitted| if fitted == Value::Null { None } else { Some(fitted) });
                match fitted {
                    Ok(Some(fitted)) => Ok(fitted),
                    Ok(None) | Err(Unfit::Got(_)) => Err(ErrorKind::BadParameter {
                        name: "columns",
                        expected: String::new(),
                        got: format!("a list with {value} at place {place}"),
                    }
                    .into()),
                    Err(Unfit::Memory(error)) => Err(error),
                }
            });
            Value::List(collected(values.len(), fitted)?)
        }
        _ => return Err(got()),
    })
}

/// Returns the error of a value in a row that a column does not take; it names a column that would.
pub(super) fn unfit(name: &str, kind: ColumnType, value: &Value, row: usize, why: Unfit) -> Error {
    let got = match why {
        Unfit::Memory(error) => return error,
        Unfit::Got(got) => got,
    };
    let other = kind_of(core::slice::from_ref(value)).ok();
    let takes = |other: &ColumnType| *other != kind && fit(value, *other).is_ok();
    let other = other.filter(takes).or_else(|| Some(ColumnType::Json).filter(takes));
    let way_out = other.map_or_else(String::new, |other| {
        format!(
            "; a column of type {} takes it, as add_column (addColumn in JavaScript) makes one",
            other.name()
        )
    });
    ErrorKind::BadParameter {
        name: "columns",
        expected: format!("{} in column {}", kind.values(), Quoted(name)),
        got: format!("{got} in row {row}{way_out}"),
    }
    .into()
}

/// Returns the type of a column that is made of these values.
///
/// Whole numbers make `int`, unless there is another number, or NaN, among them; so it is in lists. A map makes `json`, and so do
/// lists of lists, of maps and of truth values.
///
/// Errors: what there is instead of values that tell.
pub(super) fn kind_of(values: &[Value]) -> core::result::Result<ColumnType, &'static str> {
    let (mut kind, mut has_nan, mut has_list) = (None, false, false);
    for value in values {
        has_nan |= is_nan(value);
        has_list |= matches!(value, Value::List(_));
        kind = match (value, kind) {
            (value, kind) if is_nan(value) => kind,
            (Value::List(elements), kind) => elements.iter().fold(kind, of_element),
            (Value::Map(_), None | Some(ColumnType::Ints | ColumnType::Floats | ColumnType::Strings)) => {
                Some(ColumnType::Json)
            }
            (Value::Float(_), None | Some(ColumnType::Int)) => Some(ColumnType::Float),
            (Value::Int(_), None) => Some(ColumnType::Int),
            (Value::String(_), None) => Some(ColumnType::String),
            (Value::Bool(_), None) => Some(ColumnType::Bool),
            (Value::DateTime(_), None) => Some(ColumnType::DateTime),
            (_, kind) => kind,
        };
    }
    match kind {
        None if has_list => Err("lists without elements only"),
        None | Some(ColumnType::Int) if has_nan => Ok(ColumnType::Float),
        None => Err("missing values only"),
        Some(kind) => Ok(kind),
    }
}

/// Returns the type of a column with one more element in its lists.
fn of_element(kind: Option<ColumnType>, element: &Value) -> Option<ColumnType> {
    let lists = matches!(kind, None | Some(ColumnType::Ints | ColumnType::Floats | ColumnType::Strings));
    match (element, kind) {
        (Value::List(_) | Value::Map(_) | Value::Bool(_), _) if lists => Some(ColumnType::Json),
        (Value::Float(_), None | Some(ColumnType::Ints)) => Some(ColumnType::Floats),
        (Value::Int(_), None) => Some(ColumnType::Ints),
        (Value::String(_) | Value::DateTime(_), None) => Some(ColumnType::Strings),
        (_, kind) => kind,
    }
}

/// Returns the type that a column has to become to take these values, and the row that asks for it: whole numbers
/// become floats when another number comes.
pub(super) fn widened(kind: ColumnType, values: &[Value]) -> Option<(ColumnType, usize)> {
    let is_uneven =
        |value: &Value| matches!(value, Value::Float(float) if !float.is_nan() && whole(*float).is_none());
    let has_uneven = |value: &Value| matches!(value, Value::List(list) if list.iter().any(is_uneven));
    match kind {
        ColumnType::Int => values.iter().position(is_uneven).map(|row| (ColumnType::Float, row)),
        ColumnType::Ints => values.iter().position(has_uneven).map(|row| (ColumnType::Floats, row)),
        _ => None,
    }
}
