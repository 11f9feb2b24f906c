//! How do results become JavaScript values?

use js_sys::{BigInt64Array, BigUint64Array, Float32Array, Float64Array};
use js_sys::{Int8Array, Int16Array, Int32Array, Uint8Array, Uint16Array, Uint32Array};
use num_complex::Complex;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use super::Result;
use super::error::face_error;
use crate::fold::{Array, Output, Scalar};

#[wasm_bindgen(raw_module = "../result.js")]
extern "C" {
    /// Returns `{ data, shape, dtype }`.
    #[wasm_bindgen(js_name = arrayResult)]
    fn array_result(data: JsValue, shape: Vec<u32>, dtype: &str) -> JsValue;
    /// Returns `{ re, im }`.
    #[wasm_bindgen(js_name = complexResult)]
    fn complex_result(re: f64, im: f64) -> JsValue;
}

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

/// Returns an i64 as a number, which is exact or an error.
fn signed(value: i64) -> Result<f64, JsValue> {
    if value.unsigned_abs() <= SAFE { Ok(value as f64) } else { Err(unsafe_integer(value)) }
}

/// Returns a u64 as a number, which is exact or an error.
pub(super) fn unsigned(value: u64) -> Result<f64, JsValue> {
    if value <= SAFE { Ok(value as f64) } else { Err(unsafe_integer(value)) }
}

/// Returns `output` as a JavaScript value; 64-bit integers as BigInts if `bigint`, else as numbers.
pub(super) fn to_js(output: Output, bigint: bool) -> Result<JsValue, JsValue> {
    match output {
        Output::Scalar(scalar) => scalar_to_js(scalar, bigint),
        Output::Array(array) => array_to_js(array, bigint),
    }
}

fn scalar_to_js(scalar: Scalar, bigint: bool) -> Result<JsValue, JsValue> {
    Ok(match scalar {
        Scalar::I64(value) if bigint => value.into(),
        Scalar::U64(value) if bigint => value.into(),
        Scalar::I64(value) => signed(value)?.into(),
        Scalar::U64(value) => unsigned(value)?.into(),
        Scalar::Bool(value) => value.get().into(),
        Scalar::C128(Complex { re, im }) => complex_result(re, im),
        Scalar::C64(Complex { re, im }) => complex_result(re.into(), im.into()),
        Scalar::F64(_)
        | Scalar::F32(_)
        | Scalar::F16(_)
        | Scalar::I32(_)
        | Scalar::I16(_)
        | Scalar::I8(_)
        | Scalar::U32(_)
        | Scalar::U16(_)
        | Scalar::U8(_) => scalar.to_f64().into(),
    })
}

fn array_to_js(array: Array, bigint: bool) -> Result<JsValue, JsValue> {
    let shape = array.shape().iter().map(|&n| n as u32).collect();
    let name = array.dtype().name();
    /// The elements in C order.
    macro_rules! elements {
        ($array:expr) => {
            $array.as_standard_layout().iter().copied()
        };
    }
    macro_rules! typed {
        ($array:expr, $Typed:ident) => {
            $Typed::from(elements!($array).collect::<Vec<_>>().as_slice()).into()
        };
    }
    macro_rules! widened {
        ($array:expr, $Typed:ident, $widen:expr) => {
            $Typed::from(elements!($array).map($widen).collect::<Vec<_>>().as_slice()).into()
        };
    }
    macro_rules! checked {
        ($array:expr, $number:expr) => {
            Float64Array::from(elements!($array).map($number).collect::<Result<Vec<_>, _>>()?.as_slice())
                .into()
        };
    }
    macro_rules! interleaved {
        ($array:expr, $Typed:ident) => {
            $Typed::from(elements!($array).flat_map(|c| [c.re, c.im]).collect::<Vec<_>>().as_slice()).into()
        };
    }
    let data: JsValue = match array {
        Array::F64(array) => typed!(array, Float64Array),
        Array::F32(array) => typed!(array, Float32Array),
        // Not every engine has Float16Array; every float16 is a float32.
        Array::F16(array) => widened!(array, Float32Array, f32::from),
        Array::I64(array) if bigint => typed!(array, BigInt64Array),
        Array::U64(array) if bigint => typed!(array, BigUint64Array),
        Array::I64(array) => checked!(array, signed),
        Array::U64(array) => checked!(array, unsigned),
        Array::I32(array) => typed!(array, Int32Array),
        Array::I16(array) => typed!(array, Int16Array),
        Array::I8(array) => typed!(array, Int8Array),
        Array::U32(array) => typed!(array, Uint32Array),
        Array::U16(array) => typed!(array, Uint16Array),
        Array::U8(array) => typed!(array, Uint8Array),
        Array::Bool(array) => widened!(array, Uint8Array, |b: crate::fold::dtype::Boolean| u8::from(b.get())),
        Array::C128(array) => interleaved!(array, Float64Array),
        Array::C64(array) => interleaved!(array, Float32Array),
    };
    Ok(array_result(data, shape, name))
}
