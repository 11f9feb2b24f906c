//! How are options objects read? Every name is known, every value of the right kind.

use js_sys::{Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};

use super::Result;
use crate::error::{Error, ErrorKind};
use crate::text::Quoted;

/// An options object whose names have been checked; `undefined` is an empty one.
///
/// Its names cross the border once, all together: to ask for each that might be there costs more than a small call.
pub(super) struct Reader<'a> {
    object: Option<&'a Object>,
    given: Vec<(String, JsValue)>,
}

impl<'a> Reader<'a> {
    /// Checks that `value` is an object with names out of `known`, which JavaScript spells in camel case.
    pub(super) fn new(value: &'a JsValue, known: &str) -> Result<Self> {
        if is_absent(value) {
            return Ok(Self { object: None, given: Vec::new() });
        }
        let spelled = camel_case(known);
        let bad = |got| {
            Error::from(ErrorKind::BadParameter {
                name: "options",
                expected: format!("an object of {spelled}"),
                got,
            })
        };
        let object = value.dyn_ref::<Object>().ok_or_else(|| bad(describe(value)))?;
        let mut given = Vec::new();
        for key in Object::keys(object).iter() {
            let Some(name) = key.as_string() else { continue };
            if !spelled.split(", ").any(|known| known == name) {
                return Err(bad(Quoted(&name).to_string()));
            }
            given.push((name, key));
        }
        Ok(Self { object: Some(object), given })
    }

    /// Returns the raw value of an option; `undefined` and `null` are as good as absent.
    pub(super) fn raw(&self, name: &str) -> Option<JsValue> {
        let (_, key) = self.given.iter().find(|(given, _)| given == name)?;
        // A getter of a hostile object may throw: then the option counts as absent.
        let value = Reflect::get(self.object?, key).ok()?;
        (!is_absent(&value)).then_some(value)
    }

    /// Returns the value of an option.
    pub(super) fn get<T: FromJs>(&self, name: &'static str, expected: &str) -> Result<Option<T>> {
        self.raw(name).map(|value| read(name, expected, value)).transpose()
    }
}

#[cfg(feature = "fold")]
impl Reader<'_> {
    /// Puts the value of an option into `target`, if it is there.
    pub(super) fn set<T: FromJs>(&self, name: &'static str, expected: &str, target: &mut T) -> Result<()> {
        if let Some(value) = self.get(name, expected)? {
            *target = value;
        }
        Ok(())
    }
}

/// Returns names as JavaScript spells them.
fn camel_case(names: &str) -> String {
    let mut after = false;
    let spelled = |c: char| {
        let upper = core::mem::replace(&mut after, c == '_');
        (c != '_').then(|| if upper { c.to_ascii_uppercase() } else { c })
    };
    names.chars().filter_map(spelled).collect()
}

/// Returns whether a value is as good as not given.
fn is_absent(value: &JsValue) -> bool {
    value.is_undefined() || value.is_null()
}

/// A type that an option's value may have. JavaScript's own conversions read it: serde's would bring its texts.
pub(super) trait FromJs: Sized {
    /// Returns a value of this type; `None` for one of another.
    fn from_js(value: &JsValue) -> Option<Self>;
}

impl FromJs for bool {
    fn from_js(value: &JsValue) -> Option<Self> {
        value.as_bool()
    }
}

impl FromJs for f64 {
    fn from_js(value: &JsValue) -> Option<Self> {
        value.as_f64()
    }
}

#[cfg(feature = "near")]
impl FromJs for f32 {
    fn from_js(value: &JsValue) -> Option<Self> {
        value.as_f64().map(|number| number as Self)
    }
}

impl FromJs for String {
    fn from_js(value: &JsValue) -> Option<Self> {
        value.as_string()
    }
}

impl FromJs for usize {
    fn from_js(value: &JsValue) -> Option<Self> {
        integer(value)?.try_into().ok()
    }
}

#[cfg(feature = "fold")]
impl FromJs for isize {
    fn from_js(value: &JsValue) -> Option<Self> {
        integer(value)?.try_into().ok()
    }
}

/// A small number, which no BigInt is.
#[cfg(feature = "fold")]
impl FromJs for u8 {
    fn from_js(value: &JsValue) -> Option<Self> {
        whole(value.as_f64()?)?.try_into().ok()
    }
}

#[cfg(feature = "fold")]
impl<T: FromJs> FromJs for Option<T> {
    fn from_js(value: &JsValue) -> Option<Self> {
        if is_absent(value) { Some(None) } else { T::from_js(value).map(Some) }
    }
}

#[cfg(feature = "fold")]
impl<T: FromJs> FromJs for Vec<T> {
    fn from_js(value: &JsValue) -> Option<Self> {
        if !js_sys::Array::is_array(value) && !js_sys::ArrayBuffer::is_view(value) {
            return None;
        }
        js_sys::Array::from(value).iter().map(|value| T::from_js(&value)).collect()
    }
}

#[cfg(feature = "fold")]
impl FromJs for (f64, f64) {
    fn from_js(value: &JsValue) -> Option<Self> {
        match Vec::from_js(value)?[..] {
            [low, high] => Some((low, high)),
            _ => None,
        }
    }
}

/// Returns a whole number, or a BigInt of 64 bits.
fn integer(value: &JsValue) -> Option<i64> {
    if value.is_bigint() {
        return value.clone().try_into().ok();
    }
    whole(value.as_f64()?)
}

/// Returns a number without a fraction.
fn whole(number: f64) -> Option<i64> {
    let integer = number as i64; // saturates, at what no caller takes
    (integer as f64 == number).then_some(integer)
}

/// Returns `value` as a `T`, or the error that says what `name` must be.
pub(super) fn read<T: FromJs>(name: &'static str, expected: &str, value: JsValue) -> Result<T> {
    T::from_js(&value).ok_or_else(|| {
        Error::from(ErrorKind::BadParameter { name, expected: expected.to_owned(), got: describe(&value) })
    })
}

/// Returns a JavaScript number as a count.
pub(super) fn size(name: &'static str, value: f64) -> Result<usize> {
    let count = value as u32; // saturates; NaN becomes 0
    if f64::from(count) == value {
        return Ok(count as usize);
    }
    Err(ErrorKind::BadParameter {
        name,
        expected: "an integer from 0 to 4294967295".into(),
        got: crate::text::number(value),
    }
    .into())
}

/// Returns a value as an error text shows it.
pub(super) fn describe(value: &JsValue) -> String {
    match (value.as_string(), value.as_f64(), value.as_bool()) {
        (Some(text), ..) => Quoted(&text).to_string(),
        (_, Some(number), _) => crate::text::number(number),
        (_, _, Some(truth)) => truth.to_string(),
        _ if value.is_function() => "a function".into(),
        _ if js_sys::Array::is_array(value) => "an array".into(),
        _ => format!("a value of type {}", value.js_typeof().as_string().unwrap_or_default()),
    }
}
