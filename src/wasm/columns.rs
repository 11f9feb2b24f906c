//! The columns' values and filters: JavaScript's values in, JavaScript's values out.
//!
//! What a caller gave is read before the index is touched: a getter of it may throw.

use js_sys::{Array, ArrayBuffer, BigInt, Date, Float32Array, Float64Array, JsString, Number, Object, Set};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use super::Result;
use super::integer::signed;
use super::options::describe;
use crate::columns::{Expression, Value};
use crate::error::ErrorKind;
use crate::text::Quoted;

/// No filter and no list of values is nested so deep; an object in itself is.
const DEPTH_MAX: usize = 100;

/// Columns that a call gives.
#[wasm_bindgen]
pub struct GivenColumns {
    columns: Vec<(String, Vec<Value>)>,
}

/// A filter over columns that a call gives.
#[wasm_bindgen]
pub struct GivenFilter {
    pub(super) expression: Expression,
}

#[wasm_bindgen]
impl GivenColumns {
    /// Reads an object of names and arrays; `undefined` is one of none.
    #[wasm_bindgen(constructor)]
    pub fn new(columns: &JsValue) -> Result<Self> {
        if columns.is_undefined() || columns.is_null() {
            return Ok(Self { columns: Vec::new() });
        }
        let bad = |expected: String, got: String| {
            Err(ErrorKind::BadParameter { name: "columns", expected, got }.into())
        };
        let Value::Map(entries) = from_js("columns", columns, 0)? else {
            return bad("an object of names and arrays of values".into(), describe(columns));
        };
        let mut columns = Vec::with_capacity(entries.len());
        for (name, values) in entries {
            match values {
                Value::List(values) => columns.push((name, values)),
                other => {
                    return bad(
                        format!("an array of values for column {}", Quoted(&name)),
                        other.to_string(),
                    );
                }
            }
        }
        Ok(Self { columns })
    }
}

impl GivenColumns {
    pub(super) fn view(&self) -> Vec<(&str, &[Value])> {
        self.columns.iter().map(|(name, values)| (name.as_str(), values.as_slice())).collect()
    }
}

#[wasm_bindgen]
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
    let bad = |expected: &str, got| {
        Err(ErrorKind::BadParameter { name: argument, expected: expected.into(), got }.into())
    };
    if depth > DEPTH_MAX {
        return bad(&format!("at most {DEPTH_MAX} arrays and objects in each other"), "more".into());
    }
    let list = |values: &JsValue| {
        let values = Array::from(values);
        values
            .iter()
            .map(|value| from_js(argument, &value, depth + 1))
            .collect::<Result<_>>()
            .map(Value::List)
    };
    if value.is_undefined() || value.is_null() {
        return Ok(Value::Null);
    }
    if let Some(truth) = value.as_bool() {
        return Ok(Value::Bool(truth));
    }
    if let Some(number) = value.as_f64() {
        return Ok(Value::number(number));
    }
    if value.is_string() {
        // The copy ends the program where there is no memory: whether there is some, room for the longest tells.
        let len_bytes = JsString::from(value.clone()).length() as usize * 3;
        if Vec::<u8>::new().try_reserve_exact(len_bytes).is_err() {
            return Err(ErrorKind::OutOfMemory { len_bytes: len_bytes as u64 }.into());
        }
    }
    if let Some(text) = value.as_string() {
        // What is no UTF-16 would be another text.
        if text.contains(char::REPLACEMENT_CHARACTER) && !JsString::from(value.clone()).is_valid_utf16() {
            return bad("texts without lone surrogates", Quoted(&text).to_string());
        }
        return Ok(Value::String(text));
    }
    if value.is_bigint() {
        return match i64::try_from(value.clone()) {
            Ok(int) => Ok(Value::Int(int)),
            // In a filter a number is compared as what it is.
            Err(_) if argument == "filter" => {
                let text = BigInt::from(value.clone()).to_string(10).map(String::from).unwrap_or_default();
                let float = Number::parse_float(&text);
                if value.loose_eq(&float.into()) {
                    return Ok(Value::Float(float));
                }
                bad("BigInts from -2^63 to 2^63 - 1, or ones that are exact as numbers", "one outside".into())
            }
            Err(_) => bad("BigInts from -2^63 to 2^63 - 1", "one outside".into()),
        };
    }
    if value.is_instance_of::<Date>() {
        let millis = value.unchecked_ref::<Date>().get_time();
        // A date's milliseconds are whole, and fewer than 2^53.
        return match millis.is_nan() {
            true => bad("valid Dates, or null", "an invalid Date".into()),
            false => Ok(Value::DateTime(millis as i64 * 1000)),
        };
    }
    if value.is_instance_of::<Float64Array>() || value.is_instance_of::<Float32Array>() {
        let floats = Float64Array::new(value).to_vec();
        return Ok(Value::List(floats.into_iter().map(Value::Float).collect()));
    }
    if Array::is_array(value) || ArrayBuffer::is_view(value) || value.is_instance_of::<Set>() {
        return list(value);
    }
    if is_plain(value) {
        let entries = Object::entries(value.unchecked_ref());
        let entries = entries.iter().map(|entry| {
            let entry = Array::from(&entry);
            let name = entry.get(0).as_string().unwrap_or_default();
            Ok((name, from_js(argument, &entry.get(1), depth + 1)?))
        });
        return entries.collect::<Result<_>>().map(Value::Map);
    }
    bad("numbers, BigInts, texts, booleans, Dates, null, or arrays and objects of them", describe(value))
}

/// Returns whether an object is a plain one, of whatever frame: a Map or a Promise would look empty.
fn is_plain(value: &JsValue) -> bool {
    let parent = |of: &JsValue| JsValue::from(Object::get_prototype_of(of));
    value.is_object() && (parent(value).is_null() || parent(&parent(value)).is_null())
}

/// Returns the core's value as JavaScript's: a whole number that is not exact as a number is a BigInt; a `Date` has no
/// microseconds.
pub(super) fn to_js(value: Value) -> JsValue {
    match value {
        Value::Bool(value) => value.into(),
        Value::Int(value) => signed(value).map_or_else(|_| BigInt::from(value).into(), JsValue::from),
        Value::Float(value) => value.into(),
        Value::String(value) => value.into(),
        Value::DateTime(micros) => Date::new(&(micros.div_euclid(1000) as f64).into()).into(),
        Value::List(values) => values.into_iter().map(to_js).collect::<Array>().into(),
        Value::Map(entries) => {
            let entries: Array = entries
                .into_iter()
                .map(|(name, value)| JsValue::from(Array::of2(&name.into(), &to_js(value))))
                .collect();
            // It defines what it makes: a name of `__proto__` is one like others.
            Object::from_entries(&entries).map_or(JsValue::NULL, JsValue::from)
        }
        Value::Null => JsValue::NULL,
    }
}
