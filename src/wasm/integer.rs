//! Which integers are JavaScript numbers? Those that a double holds exactly; others are an error.

use wasm_bindgen::JsValue;

use super::Result;
use super::error::face_error;

/// The largest integer up to which every integer is a JavaScript number: 2^53 − 1.
const SAFE: u64 = (1 << 53) - 1;

fn unsafe_integer(value: impl core::fmt::Display) -> JsValue {
    face_error(
        "unsafe_integer",
        &format!(
            "the result {value} is not a safe integer: pass a BigInt64Array or BigUint64Array to get a BigInt, or ask for dtype \"float64\""
        ),
    )
}

/// Returns the error for an id that a Uint32Array cannot hold.
#[cfg(feature = "near")]
pub(super) fn beyond_u32(id: u64) -> JsValue {
    face_error(
        "unsafe_integer",
        &format!("the id {id} is beyond 2^32 - 1: ask for ids as \"number\" or \"bigint\""),
    )
}

/// Returns an id as a number, which is exact or an error.
#[cfg(feature = "near")]
pub(super) fn id_number(id: u64) -> Result<f64, JsValue> {
    if id <= SAFE {
        return Ok(id as f64);
    }
    Err(face_error("unsafe_integer", &format!("the id {id} is beyond 2^53 - 1: ask for ids as \"bigint\"")))
}

/// Returns an i64 as a number, which is exact or an error.
pub(super) fn signed(value: i64) -> Result<f64, JsValue> {
    if value.unsigned_abs() <= SAFE { Ok(value as f64) } else { Err(unsafe_integer(value)) }
}

/// Returns a u64 as a number, which is exact or an error.
#[cfg(feature = "fold")]
pub(super) fn unsigned(value: u64) -> Result<f64, JsValue> {
    if value <= SAFE { Ok(value as f64) } else { Err(unsafe_integer(value)) }
}
