//! Reductions: finds the core's function of a name and converts its options and its result.

use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use super::Result;
use super::buffer::{Buffer, Layout};
use super::options::{Reader, read};
use super::output::to_js;
use crate::fold::{self, Axes, Dtype, Options, Reduction, Values};

/// The options that every reduction takes.
const COMMON: &str = "axis, keepdims, exact, dtype, where";
/// The options of `var` and its kin.
const WITH_DDOF: &str = "axis, keepdims, exact, dtype, where, ddof";
/// The options of `dot`.
const DOT: &str = "exact, dtype";

fn known(op: &str) -> &'static str {
    match op {
        "var" | "std" | "nanvar" | "nanstd" => WITH_DDOF,
        "dot" => DOT,
        _ => COMMON,
    }
}

/// Returns whether the result is a position or a count: a number whatever the input's dtype.
fn counts(op: &str) -> bool {
    matches!(op, "argmin" | "argmax" | "nanargmin" | "nanargmax" | "count_nonzero")
}

fn options_from_js<'a>(op: &str, value: &JsValue) -> Result<Options<'a>> {
    let mut options = Options::default();
    let reader = Reader::new(value, known(op))?;
    if let Some(axis) = reader.raw("axis") {
        let expected = "an integer or an array of integers";
        options.axis = if js_sys::Array::is_array(&axis) {
            Axes::Many(read("axis", expected, axis)?)
        } else {
            Axes::One(read("axis", expected, axis)?)
        };
    }
    if let Some(keepdims) = reader.get("keepdims", "a boolean")? {
        options.keepdims = keepdims;
    }
    if let Some(ddof) = reader.get("ddof", "a number")? {
        options.ddof = ddof;
    }
    if let Some(exact) = reader.get("exact", "a boolean")? {
        options.exact = exact;
    }
    if let Some(dtype) = reader.get::<String>("dtype", Dtype::NAMES)? {
        options.dtype = Some(Dtype::from_name(&dtype)?);
    }
    Ok(options)
}

/// Returns whether 64-bit integers of the result come back as BigInts.
fn wants_bigint(op: &str, values: &Values<'_>) -> bool {
    matches!(values.dtype(), Dtype::I64 | Dtype::U64) && !counts(op)
}

/// Folds the first `len` elements.
#[wasm_bindgen(js_name = reducePrefix)]
pub fn reduce_prefix(op: &str, array: &Buffer, len: usize, options: &JsValue) -> Result<JsValue, JsValue> {
    let values = array.prefix(len)?;
    let bigint = wants_bigint(op, &values);
    to_js(fold::reduce(Reduction::from_name(op)?, values, &options_from_js(op, options)?)?, bigint)
}

/// Folds the elements of a layout, those where the mask is true.
#[wasm_bindgen]
pub fn reduce(
    op: &str,
    array: &Buffer,
    layout: &JsValue,
    options: &JsValue,
    mask: Option<Buffer>,
    mask_layout: &JsValue,
) -> Result<JsValue, JsValue> {
    let values = array.view(&Layout::from_js(layout)?)?;
    let bigint = wants_bigint(op, &values);
    let mut options = options_from_js(op, options)?;
    if let Some(mask) = &mask {
        options.mask = Some(mask.mask(&Layout::from_js(mask_layout)?)?);
    }
    to_js(fold::reduce(Reduction::from_name(op)?, values, &options)?, bigint)
}

/// Returns the inner product of two layouts.
#[wasm_bindgen]
pub fn dot(
    a: &Buffer,
    a_layout: &JsValue,
    b: &Buffer,
    b_layout: &JsValue,
    options: &JsValue,
) -> Result<JsValue, JsValue> {
    let (a, b) = (a.view(&Layout::from_js(a_layout)?)?, b.view(&Layout::from_js(b_layout)?)?);
    let bigint = wants_bigint("dot", &a) || wants_bigint("dot", &b);
    to_js(fold::dot(a, b, &options_from_js("dot", options)?)?, bigint)
}
