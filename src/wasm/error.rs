//! How does an error become JavaScript's `NearfoldError`?

use wasm_bindgen::prelude::JsValue;

use super::border;
use crate::error::Error;

/// Returns a `NearfoldError` of a code that only this face knows.
pub(super) fn face_error(code: &str, message: &str) -> JsValue {
    border::nearfold_error(code, message)
}

impl From<Error> for JsValue {
    fn from(error: Error) -> Self {
        face_error(error.code(), &error.to_string())
    }
}
