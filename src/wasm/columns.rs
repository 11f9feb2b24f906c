//! The columns' values and filters: JavaScript's values in, JavaScript's values out.
//!
//! What a caller gave is read before the index is touched: a getter of it may throw.

use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use super::Result;
use super::border::{self, Kind};
use super::integer::signed;
use crate::columns::{Expression, Value};
use crate::error::Error;

/// No filter and no list of values is nested so deep; an object in itself is.
const DEPTH_MAX: usize = 100;

/// Columns that a call gives.
#[wasm_bindgen(js_name = columns)]
pub struct GivenColumns {
    columns: Vec<(String, Vec<Value>)>,
}

/// A filter over columns that a call gives.
#[wasm_bindgen(js_name = expression)]
pub struct GivenFilter {
    pub(super) expression: Expression,
}

#[wasm_bindgen(js_class = columns)]
impl GivenColumns {
    /// Reads an object of names and arrays; `undefined` is one of none, where that is allowed.
    #[wasm_bindgen(constructor)]
    pub fn new(columns: &JsValue, optional: bool) -> Result<Self> {
        let bad = |expected: String, got: String| Err(Error::BadParameter { name: "columns", expected, got });
        match Kind::of(columns) {
            Kind::Nothing if optional => return Ok(Self { columns: Vec::new() }),
            Kind::Object => {}
            _ => {
                return bad("an object of names and arrays of values".into(), border::described(columns));
            }
        }
        let mut given = Vec::new();
        let mut members = border::members(columns);
        while let (Some(name), Some(values)) = (members.next(), members.next()) {
            match from_js("columns", &values, 1)? {
                Value::List(list) => given.push((border::read_text(&name), list)),
                other => {
                    let name = border::described(&name);
                    return bad(format!("an array of values for column {name}"), other.to_string());
                }
            }
        }
        Ok(Self { columns: given })
    }
}

impl GivenColumns {
    pub(super) fn view(&self) -> Vec<(&str, &[Value])> {
        self.columns.iter().map(|(name, values)| (name.as_str(), values.as_slice())).collect()
    }
}

#[wasm_bindgen(js_class = expression)]
impl GivenFilter {
    /// Reads an object of column names, and, or, not.
    #[wasm_bindgen(constructor)]
    pub fn new(filter: &JsValue) -> Result<Self> {
        Ok(Self { expression: Expression::from_value(&from_js("filter", filter, 0)?)? })
    }
}

/// Returns a JavaScript value as the core's. Numbers of a Float64Array or Float32Array are floats even
/// where they are whole.
fn from_js(argument: &'static str, value: &JsValue, depth: usize) -> Result<Value> {
    let bad =
        |expected: &str, got| Err(Error::BadParameter { name: argument, expected: expected.into(), got });
    if depth > DEPTH_MAX {
        return bad("at most 100 arrays and objects in each other", "more".into());
    }
    match Kind::of(value) {
        Kind::Nothing => Ok(Value::Null),
        Kind::Bool => Ok(Value::Bool(border::read_number(value) != 0.0)),
        Kind::Number => Ok(Value::number(border::read_number(value))),
        Kind::Text => Ok(Value::String(border::read_text(value))),
        Kind::Signed => Ok(Value::Int(border::read_integer(value))),
        Kind::Floats => Ok(Value::List(border::numbers(value).into_iter().map(Value::Float).collect())),
        Kind::List => {
            let mut list = Vec::new();
            for member in border::members(value) {
                list.push(from_js(argument, &member, depth + 1)?);
            }
            Ok(Value::List(list))
        }
        Kind::Object => {
            let mut map = Vec::new();
            let mut members = border::members(value);
            while let (Some(name), Some(value)) = (members.next(), members.next()) {
                map.push((border::read_text(&name), from_js(argument, &value, depth + 1)?));
            }
            Ok(Value::Map(map))
        }
        // In a filter a number is compared as what it is.
        Kind::Unsigned | Kind::Far if argument == "filter" => {
            let float = border::read_number(value);
            if !float.is_nan() {
                return Ok(Value::Float(float));
            }
            bad("BigInts from -2^63 to 2^63 - 1, or ones that are exact as numbers", "one outside".into())
        }
        Kind::Unsigned | Kind::Far => bad("BigInts from -2^63 to 2^63 - 1", "one outside".into()),
        Kind::Function | Kind::Other => {
            bad("numbers, BigInts, texts, booleans or null", border::described(value))
        }
    }
}

/// Returns the core's value as JavaScript's: a whole number that is not exact as a number is a BigInt.
pub(super) fn to_js(value: Value) -> JsValue {
    match value {
        Value::Bool(value) => value.into(),
        Value::Int(value) => {
            signed(value).map_or_else(|_| border::signed_bigint(value), border::number_value)
        }
        Value::Float(value) => border::number_value(value),
        Value::String(value) => border::text(&value),
        Value::Null | Value::List(_) | Value::Map(_) => JsValue::NULL,
    }
}
