//! Values as they come from any language, and as they go back.

use crate::error::{ErrorKind, Result};
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
}

impl ColumnType {
    /// The names, for error texts.
    pub const NAMES: &'static str = "int, float, string, bool";

    /// Returns the name, the same in every language.
    pub fn name(self) -> &'static str {
        match self {
            Self::Int => "int",
            Self::Float => "float",
            Self::String => "string",
            Self::Bool => "bool",
        }
    }

    /// Returns the type of a name.
    ///
    /// Errors: [`ErrorKind::UnknownName`].
    pub fn from_name(name: &str) -> Result<Self> {
        match name {
            "int" => Ok(Self::Int),
            "float" => Ok(Self::Float),
            "string" => Ok(Self::String),
            "bool" => Ok(Self::Bool),
            _ => Err(ErrorKind::UnknownName {
                kind: "column type",
                expected: Self::NAMES,
                got: name.to_owned(),
            }
            .into()),
        }
    }

    /// Returns the code in a file.
    pub(super) fn code(self) -> u8 {
        match self {
            Self::Int => 1,
            Self::Float => 2,
            Self::String => 3,
            Self::Bool => 4,
        }
    }

    pub(super) fn from_code(code: u8) -> Option<Self> {
        [Self::Int, Self::Float, Self::String, Self::Bool].into_iter().find(|kind| kind.code() == code)
    }
}

/// One value of a column, or a piece of a filter: what JSON has, with whole numbers apart.
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
    /// Values in order: in filters only.
    List(Vec<Value>),
    /// Names and values, in order: in filters only.
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
            Self::List(_) => f.write_str("a list"),
            Self::Map(_) => f.write_str("a map"),
        }
    }
}

/// A value in a column, borrowed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Cell<'a> {
    Missing,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(&'a str),
}

impl<'a> From<&'a Value> for Cell<'a> {
    /// Lists and maps do not come so far: [`fit`] refuses them.
    fn from(value: &'a Value) -> Self {
        match value {
            Value::Null | Value::List(_) | Value::Map(_) => Self::Missing,
            Value::Bool(value) => Self::Bool(*value),
            Value::Int(value) => Self::Int(*value),
            Value::Float(value) => Self::Float(*value),
            Value::String(value) => Self::Str(value),
        }
    }
}

impl From<Cell<'_>> for Value {
    fn from(cell: Cell<'_>) -> Self {
        match cell {
            Cell::Missing => Self::Null,
            Cell::Bool(value) => Self::Bool(value),
            Cell::Int(value) => Self::Int(value),
            Cell::Float(value) => Self::Float(value),
            Cell::Str(value) => value.into(),
        }
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

/// Returns the number that a whole number is, when there is one.
fn exact(value: i64) -> Option<f64> {
    let float = value as f64;
    (whole(float) == Some(value)).then_some(float)
}

/// Returns the value as a column of this type keeps it; `None` when it cannot.
pub(super) fn fit(value: &Value, kind: ColumnType) -> Option<Value> {
    match (value, kind) {
        (Value::Null, _) => Some(Value::Null),
        (Value::Int(_), ColumnType::Int)
        | (Value::String(_), ColumnType::String)
        | (Value::Bool(_), ColumnType::Bool) => Some(value.clone()),
        // NaN is what tables have where they have nothing, pandas also among texts.
        (Value::Float(float), _) if float.is_nan() => Some(Value::Null),
        (Value::Float(float), ColumnType::Float) => Some(Value::Float(*float)),
        (Value::Int(int), ColumnType::Float) => exact(*int).map(Value::Float),
        (Value::Float(float), ColumnType::Int) => whole(*float).map(Value::Int),
        _ => None,
    }
}

/// Returns the type of a column that is made of these values.
///
/// Whole numbers make `int`, unless there is another number, or NaN, among them. `None` when all are missing.
pub(super) fn kind_of(values: &[Value]) -> Option<ColumnType> {
    let is_nan = |value: &Value| matches!(value, Value::Float(float) if float.is_nan());
    let (mut kind, mut has_nan) = (None, false);
    for value in values {
        has_nan |= is_nan(value);
        kind = match (value, kind) {
            (value, kind) if is_nan(value) => kind,
            (Value::Float(_), None | Some(ColumnType::Int)) => Some(ColumnType::Float),
            (Value::Int(_), None) => Some(ColumnType::Int),
            (Value::String(_), None) => Some(ColumnType::String),
            (Value::Bool(_), None) => Some(ColumnType::Bool),
            (_, kind) => kind,
        };
    }
    match kind {
        None | Some(ColumnType::Int) if has_nan => Some(ColumnType::Float),
        kind => kind,
    }
}
