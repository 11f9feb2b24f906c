//! How are options objects and single arguments read? Every name is known, every value of the right kind.

use wasm_bindgen::JsValue;

use super::Result;
use super::border::{self, Kind};
use crate::error::Error;

/// The options of a call, with names that have been checked; `undefined` has none.
pub(super) struct Reader {
    given: Vec<(String, JsValue)>,
}

impl Reader {
    /// Checks that `value` is an object with names out of `known`.
    pub(super) fn new(value: &JsValue, known: &str) -> Result<Self> {
        let bad =
            |got| Error::BadParameter { name: "options", expected: format!("an object of {known}"), got };
        let mut given = Vec::new();
        match Kind::of(value) {
            Kind::Nothing => return Ok(Self { given }),
            Kind::Object => {}
            _ => return Err(bad(border::described(value))),
        }
        let mut members = border::members(value);
        while let (Some(name), Some(value)) = (members.next(), members.next()) {
            let text = border::read_text(&name);
            if !known.split(", ").any(|known| known == text) {
                return Err(bad(border::described(&name)));
            }
            if Kind::of(&value) != Kind::Nothing {
                given.push((text, value));
            }
        }
        Ok(Self { given })
    }

    /// Returns the raw value of an option; `undefined` and `null` are as good as absent.
    pub(super) fn raw(&self, name: &str) -> Option<&JsValue> {
        self.given.iter().find(|(given, _)| given == name).map(|(_, value)| value)
    }

    /// Returns an option that is an integer from 0 on.
    pub(super) fn count(&self, name: &'static str, expected: &str) -> Result<Option<usize>> {
        self.raw(name).map(|value| count(name, expected, value)).transpose()
    }

    pub(super) fn number(&self, name: &'static str) -> Result<Option<f64>> {
        self.raw(name).map(|value| number(name, value)).transpose()
    }

    pub(super) fn flag(&self, name: &'static str) -> Result<Option<bool>> {
        self.raw(name).map(|value| flag(name, value)).transpose()
    }

    pub(super) fn word(&self, name: &'static str, expected: &str) -> Result<Option<String>> {
        self.raw(name).map(|value| word(name, expected, value)).transpose()
    }
}

/// Returns the error that says what an argument must be.
#[cold]
pub(super) fn bad(name: &'static str, expected: &str, value: &JsValue) -> Error {
    Error::BadParameter { name, expected: expected.to_owned(), got: border::described(value) }
}

/// Returns a number of JavaScript's.
pub(super) fn number(name: &'static str, value: &JsValue) -> Result<f64> {
    match Kind::of(value) {
        Kind::Number => Ok(border::read_number(value)),
        _ => Err(bad(name, "a number", value)),
    }
}

fn flag(name: &'static str, value: &JsValue) -> Result<bool> {
    match Kind::of(value) {
        Kind::Bool => Ok(border::read_number(value) != 0.0),
        _ => Err(bad(name, "a boolean", value)),
    }
}

/// Returns a text.
pub(super) fn word(name: &'static str, expected: &str, value: &JsValue) -> Result<String> {
    match Kind::of(value) {
        Kind::Text => Ok(border::read_text(value)),
        _ => Err(bad(name, expected, value)),
    }
}

/// Returns an integer within what an `isize` holds.
#[cfg(feature = "fold")]
pub(super) fn integer(name: &'static str, expected: &str, value: &JsValue) -> Result<isize> {
    if matches!(Kind::of(value), Kind::Number | Kind::Signed) {
        let number = border::read_number(value);
        let integer = number as isize; // saturates; NaN becomes 0
        if integer as f64 == number {
            return Ok(integer);
        }
    }
    Err(bad(name, expected, value))
}

/// Returns a count.
pub(super) fn count(name: &'static str, expected: &str, value: &JsValue) -> Result<usize> {
    if matches!(Kind::of(value), Kind::Number | Kind::Signed) {
        let number = border::read_number(value);
        let count = number as u32; // saturates; NaN becomes 0
        if f64::from(count) == number {
            return Ok(count as usize);
        }
    }
    Err(bad(name, expected, value))
}

/// Returns an argument that is a count.
pub(super) fn size(name: &'static str, value: &JsValue) -> Result<usize> {
    if Kind::of(value) == Kind::Signed {
        return Err(bad(name, "a number", value));
    }
    count(name, "an integer from 0 to 4294967295", value)
}
