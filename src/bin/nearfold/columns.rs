//! Values beside the vectors: JSON in, JSON out.

use std::path::Path;

use nearfold::columns::{ColumnType, Expression, Value};
use nearfold::{Error, ErrorKind, Index};
use serde::{Serialize, Serializer};

use crate::{Failure, files};

fn bad(name: &'static str, expected: &str, got: impl ToString) -> Error {
    Error::from(ErrorKind::BadParameter { name, expected: expected.to_owned(), got: got.to_string() })
}

/// Reads JSON Lines: one object a line, one line a vector. A name that a line lacks has no value there.
pub(crate) fn read(path: &Path) -> Result<Vec<(String, Vec<Value>)>, Failure> {
    let mut columns: Vec<(String, Vec<Value>)> = Vec::new();
    let mut rows = 0;
    for line in files::read_lines(path)? {
        let line = line?;
        let refused = |why: String| {
            let got = format!("line {}: {why}", rows + 1);
            Failure::File(path.display().to_string(), bad("columns", "one JSON object a line", got))
        };
        if line.len() > files::LINE_LEN_BYTES_MAX {
            return Err(refused(format!("more than {} bytes", files::LINE_LEN_BYTES_MAX)));
        }
        let text = str::from_utf8(&line).map_err(|error| refused(error.to_string()))?;
        let object = match Value::from_json(text).map_err(|error| refused(error.to_string()))? {
            Value::Map(object) => object,
            other => return Err(refused(other.to_string())),
        };
        for (name, value) in object {
            let at = columns.iter().position(|(other, _)| *other == name).unwrap_or(columns.len());
            if at == columns.len() {
                columns.push((name, Vec::new()));
            }
            let values = &mut columns[at].1;
            values.resize(rows, Value::Null);
            values.push(value);
        }
        rows += 1;
    }
    columns.iter_mut().for_each(|(_, values)| values.resize(rows, Value::Null));
    Ok(columns)
}

/// Reads a filter.
pub(crate) fn filter(text: &str) -> nearfold::Result<Expression> {
    let value = Value::from_json(text)
        .map_err(|error| bad("filter", "JSON as {\"year\": {\"gte\": 2000}}", error))?;
    Expression::from_value(&value)
}

/// A column and the type that it is to have.
#[derive(Clone)]
pub(crate) struct Typed {
    name: String,
    kind: ColumnType,
}

/// Reads `name=type`.
pub(crate) fn typed(text: &str) -> nearfold::Result<Typed> {
    let (name, kind) =
        text.rsplit_once('=').ok_or_else(|| bad("types", "name=type, as day=datetime", text))?;
    Ok(Typed { name: name.to_owned(), kind: ColumnType::from_name(kind)? })
}

/// Adds the columns whose types were said.
pub(crate) fn add_typed(index: &mut Index, types: &[Typed]) -> nearfold::Result<()> {
    types.iter().try_for_each(|column| index.add_column(&column.name, column.kind))
}

/// Values of columns by their names.
pub(crate) struct Columns(Vec<(String, Vec<Value>)>);

impl Columns {
    /// Reads the values of ids.
    pub(crate) fn of(index: &Index, names: &[String], ids: &[u64]) -> nearfold::Result<Self> {
        names
            .iter()
            .map(|name| Ok((name.clone(), index.column(name, ids)?)))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the values of one id as JSON, in the order of the names.
    pub(crate) fn row(&self, row: usize) -> impl Iterator<Item = serde_json::Result<String>> {
        self.0.iter().map(move |(_, values)| serde_json::to_string(&Shown(&values[row])))
    }
}

struct List<'a>(&'a [Value]);

impl Serialize for List<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(Shown))
    }
}

impl Serialize for Columns {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, values)| (name, List(values))))
    }
}

/// A value as JSON; an infinity, which JSON lacks, and a time as texts.
struct Shown<'a>(&'a Value);

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Int(value) => serializer.serialize_i64(*value),
            Value::Float(value) if value.is_infinite() => serializer.collect_str(value),
            Value::Float(value) => serializer.serialize_f64(*value),
            Value::String(value) => serializer.serialize_str(value),
            Value::DateTime(_) => serializer.collect_str(self.0),
            Value::List(values) => List(values).serialize(serializer),
            Value::Map(entries) => {
                serializer.collect_map(entries.iter().map(|(name, value)| (name, Shown(value))))
            }
            _ => serializer.serialize_none(),
        }
    }
}
