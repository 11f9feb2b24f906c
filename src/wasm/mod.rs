//! The JavaScript face: converts types, names and errors.
//!
//! What stands here is private to the npm package: `pkg/*.js` wraps it in the public API. All
//! numbers cross the border through [`buffer::Buffer`], so that every allocation of foreign size
//! is checked here and can fail with an error instead of a trap.

#![expect(unreachable_pub, reason = "wasm-bindgen exports public items only")]

#[cfg(feature = "fold")]
mod bins;
#[cfg(feature = "fold")]
mod buffer;
#[cfg(not(feature = "fold"))]
#[path = "buffer_near.rs"]
mod buffer;
#[cfg(feature = "near")]
mod columns;
mod error;
#[cfg(feature = "fold")]
mod fold;
mod integer;
#[cfg(feature = "near")]
mod near;
mod options;
#[cfg(feature = "fold")]
mod output;
#[cfg(feature = "fold")]
mod stream;

use wasm_bindgen::prelude::wasm_bindgen;

/// The core's result, with room for errors that are JavaScript values.
type Result<T, E = crate::error::Error> = core::result::Result<T, E>;

/// Returns the version of the crate.
#[wasm_bindgen]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}
