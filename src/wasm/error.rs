//! How does an error become JavaScript's `NearfoldError`?

use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use crate::error::Error;

#[wasm_bindgen(raw_module = "../error.js")]
extern "C" {
    type NearfoldError;

    #[wasm_bindgen(constructor)]
    fn new(code: &str, message: &str) -> NearfoldError;
}

/// Returns a `NearfoldError` of a code that only this face knows.
pub(super) fn face_error(code: &str, message: &str) -> JsValue {
    NearfoldError::new(code, message).into()
}

impl From<Error> for JsValue {
    fn from(error: Error) -> Self {
        face_error(error.code(), &error.to_string())
    }
}
