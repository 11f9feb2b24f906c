//! What does JavaScript do for the kernel? What `pkg/border.js` has under the same names.
//!
//! Numbers, addresses and JavaScript values cross as they are, so that nothing is left for generated code to do.

use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

#[wasm_bindgen(raw_module = "border")]
extern "C" {
    /// Returns the number of a [`Kind`].
    fn kind(value: &JsValue) -> u32;
    /// Returns the number that a number, a truth value or a BigInt is; NaN for a BigInt that is not exact as one.
    fn number(value: &JsValue) -> f64;
    /// Returns a BigInt of 64 bits.
    fn integer(value: &JsValue) -> i64;
    fn length(list: &JsValue) -> usize;
    /// Writes a text as UTF-8 and returns its length.
    fn utf8(text: &JsValue, to: *mut u8, room: usize) -> usize;
    fn at(list: &JsValue, place: usize) -> JsValue;
    /// Returns whatever can be iterated as an array.
    fn list(values: &JsValue) -> JsValue;
    /// Returns the names and the values of an object in turns.
    fn entries(object: &JsValue) -> JsValue;
    /// Copies numbers to an address, as a typed array of a place in `VIEWS`.
    fn copy(values: &JsValue, view: u32, to: *mut u8);
    /// Returns a typed array of a place in `VIEWS`.
    fn typed(view: u32, from: *const u8, len: usize) -> JsValue;
    /// Returns `{ data, shape, dtype }`; the dtype's name is that of a place in `VIEWS`.
    fn result(data: JsValue, shape: JsValue, view: u32) -> JsValue;
    /// Returns `{ ids, distances }`.
    fn neighbors(ids: JsValue, distances: JsValue) -> JsValue;
    fn object() -> JsValue;
    fn set(object: &JsValue, name: JsValue, value: JsValue);
    fn float(value: f64) -> JsValue;
    fn signed(value: i64) -> JsValue;
    fn unsigned(value: u64) -> JsValue;
    fn string(text: *const u8, len: usize) -> JsValue;
    /// Calls a function: 0 if it returns `false`, 2 if something else that counts as false, 1 if true, 3 if it throws.
    fn call(function: &JsValue, a: JsValue, b: JsValue) -> u32;
    /// Returns what the function threw that was called last.
    fn thrown() -> JsValue;
    fn describe(value: &JsValue) -> JsValue;
    fn error(code: JsValue, message: JsValue) -> JsValue;
    /// Remembers the text of a panic for the error that JavaScript raises after the trap.
    fn panicked(message: JsValue);
}

/// What a JavaScript value is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `undefined` or `null`.
    Nothing,
    Bool,
    Number,
    Text,
    /// A BigInt that an i64 holds.
    Signed,
    /// Another BigInt that a u64 holds.
    Unsigned,
    Function,
    /// An array, a typed array or a Set.
    List,
    /// A Float64Array or a Float32Array.
    Floats,
    /// A plain object, of whatever frame.
    Object,
    /// A BigInt beyond 64 bits.
    Far,
    Other,
}

impl Kind {
    pub(super) fn of(value: &JsValue) -> Self {
        const KINDS: [Kind; 11] = [
            Kind::Nothing,
            Kind::Bool,
            Kind::Number,
            Kind::Text,
            Kind::Signed,
            Kind::Unsigned,
            Kind::Function,
            Kind::List,
            Kind::Floats,
            Kind::Object,
            Kind::Far,
        ];
        KINDS.get(kind(value) as usize).copied().unwrap_or(Self::Other)
    }
}

/// The numbers of which JavaScript has typed arrays, with their places in `VIEWS`.
pub(super) trait Element: Copy + Default {
    const VIEW: u32;
}

macro_rules! elements {
    ($($type:ty: $view:literal,)*) => {
        $(impl Element for $type {
            const VIEW: u32 = $view;
        })*
    };
}
elements! { f64: 0, f32: 1, i64: 3, i32: 4, i16: 5, i8: 6, u64: 7, u32: 8, u16: 9, u8: 10, }

/// Returns a typed array.
pub(super) fn array<T: Element>(values: &[T]) -> JsValue {
    typed(T::VIEW, values.as_ptr().cast(), values.len())
}

/// Returns the numbers of an array, or of a typed array of BigInts.
pub(super) fn numbers<T: Element>(values: &JsValue) -> Vec<T> {
    let mut numbers = vec![T::default(); length(values)];
    copy(values, T::VIEW, numbers.as_mut_ptr().cast());
    numbers
}

/// Returns the text of a string.
pub(super) fn read_text(value: &JsValue) -> String {
    // A unit of UTF-16 is at most three bytes of UTF-8.
    let mut bytes = vec![0; 3 * length(value)];
    let len = utf8(value, bytes.as_mut_ptr(), bytes.len());
    bytes.truncate(len);
    String::from_utf8(bytes).unwrap_or_default()
}

pub(super) fn read_number(value: &JsValue) -> f64 {
    number(value)
}

pub(super) fn read_integer(value: &JsValue) -> i64 {
    integer(value)
}

/// Returns the elements of a list, or the names and the values of an object in turns.
pub(super) fn members(value: &JsValue) -> impl Iterator<Item = JsValue> {
    let all = if Kind::of(value) == Kind::Object { entries(value) } else { list(value) };
    (0..length(&all)).map(move |place| at(&all, place))
}

pub(super) fn text(value: &str) -> JsValue {
    string(value.as_ptr(), value.len())
}

pub(super) fn number_value(value: f64) -> JsValue {
    float(value)
}

pub(super) fn signed_bigint(value: i64) -> JsValue {
    signed(value)
}

pub(super) fn unsigned_bigint(value: u64) -> JsValue {
    unsigned(value)
}

/// Returns an array as results hold it.
#[cfg(feature = "fold")]
pub(super) fn array_result(data: JsValue, shape: &[usize], view: u32) -> JsValue {
    let shape: Vec<f64> = shape.iter().map(|&n| n as f64).collect();
    result(data, list(&array(&shape)), view)
}

/// Returns `{ ids, distances }`.
#[cfg(feature = "near")]
pub(super) fn found(ids: JsValue, distances: &[f32]) -> JsValue {
    neighbors(ids, array(distances))
}

/// Returns an object of these members.
pub(super) fn object_of<'a>(members: impl IntoIterator<Item = (&'a str, JsValue)>) -> JsValue {
    let all = object();
    members.into_iter().for_each(|(name, value)| add(&all, name, value));
    all
}

/// Adds a member to an object.
pub(super) fn add(object: &JsValue, name: &str, value: JsValue) {
    set(object, text(name), value);
}

/// Returns an array of these values.
#[cfg(feature = "near")]
pub(super) fn list_of(values: impl IntoIterator<Item = JsValue>) -> JsValue {
    let all = entries(&object());
    values.into_iter().enumerate().for_each(|(place, value)| set(&all, float(place as f64), value));
    all
}

/// What a function of the caller's says.
#[cfg(feature = "near")]
pub(super) enum Answer {
    True,
    /// `undefined`, `null`, 0, an empty text.
    Falsy,
    False,
}

/// Calls a function, and gives back what it throws.
#[cfg(feature = "near")]
pub(super) fn ask(function: &JsValue, a: JsValue, b: JsValue) -> Result<Answer, JsValue> {
    match call(function, a, b) {
        0 => Ok(Answer::False),
        1 => Ok(Answer::True),
        2 => Ok(Answer::Falsy),
        _ => Err(thrown()),
    }
}

/// Returns a value as an error text shows it.
pub(super) fn described(value: &JsValue) -> String {
    read_text(&describe(value))
}

/// Returns a `NearfoldError`.
pub(super) fn nearfold_error(code: &str, message: &str) -> JsValue {
    error(text(code), text(message))
}

pub(super) fn tell_panic(message: &str) {
    panicked(text(message));
}
