//! Values beside the vectors: JSON in, JSON out.

use std::path::Path;

use nearfold::columns::{Expression, Value};
use nearfold::{Error, ErrorKind};
use serde_json::Value as Json;

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
        let object: serde_json::Map<String, Json> =
            serde_json::from_slice(&line).map_err(|error| refused(error.to_string()))?;
        for (name, value) in object {
            let at = columns.iter().position(|(other, _)| *other == name).unwrap_or(columns.len());
            if at == columns.len() {
                columns.push((name, Vec::new()));
            }
            let values = &mut columns[at].1;
            values.resize(rows, Value::Null);
            values.push(from_json("columns", value).map_err(|error| refused(error.to_string()))?);
        }
        rows += 1;
    }
    columns.iter_mut().for_each(|(_, values)| values.resize(rows, Value::Null));
    Ok(columns)
}

/// Reads a filter.
pub(crate) fn filter(text: &str) -> nearfold::Result<Expression> {
    let json = serde_json::from_str(text)
        .map_err(|error| bad("filter", "JSON as {\"year\": {\"gte\": 2000}}", error))?;
    Expression::from_value(&from_json("filter", json)?)
}

fn from_json(name: &'static str, json: Json) -> nearfold::Result<Value> {
    Ok(match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(value),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(int), _) => Value::Int(int),
            (None, Some(float)) if !number.is_u64() => Value::Float(float),
            _ => return Err(bad(name, "integers from -2^63 to 2^63 - 1", number)),
        },
        Json::String(text) => Value::String(text),
        Json::Array(list) => {
            Value::List(list.into_iter().map(|json| from_json(name, json)).collect::<Result<_, _>>()?)
        }
        Json::Object(map) => Value::Map(
            map.into_iter()
                .map(|(key, json)| Ok((key, from_json(name, json)?)))
                .collect::<nearfold::Result<_>>()?,
        ),
    })
}

/// Returns a value as JSON; an infinity, which JSON lacks, as a text.
pub(crate) fn to_json(value: Value) -> Json {
    match value {
        Value::Bool(value) => value.into(),
        Value::Int(value) => value.into(),
        Value::Float(value) if value.is_infinite() => value.to_string().into(),
        Value::Float(value) => value.into(),
        Value::String(value) => value.into(),
        _ => Json::Null,
    }
}
