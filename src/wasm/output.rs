//! How do results become JavaScript values?

use js_sys::{BigInt64Array, BigUint64Array, Float32Array, Float64Array};
use js_sys::{Int8Array, Int16Array, Int32Array, Uint8Array, Uint16Array, Uint32Array};
use ndarray::ArrayD;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use super::Result;
use super::error::face_error;
use super::integer::{signed, unsigned};
use crate::fold::{Array, Output, Scalar};

#[wasm_bindgen(raw_module = "../result.js")]
extern "C" {
    /// Returns `{ data, shape, dtype }`.
    #[wasm_bindgen(js_name = arrayResult)]
    fn array_result(data: JsValue, shape: Vec<u32>, dtype: &str) -> JsValue;
}

/// Returns `output` as a JavaScript value; 64-bit integers as BigInts if `bigint`, else as numbers.
pub(super) fn to_js(output: Output, bigint: bool) -> Result<JsValue, JsValue> {
    match output {
        Output::Scalar(scalar) => scalar_to_js(scalar, bigint),
        Output::Array(array) => array_to_js(&array, bigint),
    }
}

/// Returns a result that is a number; NaN for one that is none, or that no number holds.
pub(super) fn number_of(scalar: &Scalar, bigint: bool) -> f64 {
    match *scalar {
        Scalar::I64(_) | Scalar::U64(_) if bigint => f64::NAN,
        Scalar::I64(value) => signed(value).unwrap_or(f64::NAN),
        Scalar::U64(value) => unsigned(value).unwrap_or(f64::NAN),
        Scalar::Bool(_) => f64::NAN,
        _ => scalar.to_f64().unwrap_or(f64::NAN),
    }
}

fn scalar_to_js(scalar: Scalar, bigint: bool) -> Result<JsValue, JsValue> {
    Ok(match scalar {
        Scalar::I64(value) if bigint => value.into(),
        Scalar::U64(value) if bigint => value.into(),
        Scalar::I64(value) => signed(value)?.into(),
        Scalar::U64(value) => unsigned(value)?.into(),
        Scalar::Bool(value) => value.get().into(),
        Scalar::C128(_) | Scalar::C64(_) => return Err(complex()),
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

/// Returns the elements in C order.
fn elements<T>(array: &ArrayD<T>) -> &[T] {
    array.as_slice().expect("reductions return arrays in C order")
}

fn array_to_js(array: &Array, bigint: bool) -> Result<JsValue, JsValue> {
    let data: JsValue = match array {
        Array::F64(array) => Float64Array::from(elements(array)).into(),
        Array::F32(array) => Float32Array::from(elements(array)).into(),
        // Not every engine has Float16Array; every float16 is a float32.
        Array::F16(array) => {
            Float32Array::from(elements(array).iter().map(|x| x.to_f32()).collect::<Vec<_>>().as_slice())
                .into()
        }
        Array::I64(array) if bigint => BigInt64Array::from(elements(array)).into(),
        Array::U64(array) if bigint => BigUint64Array::from(elements(array)).into(),
        Array::I64(array) => numbers(elements(array).iter().map(|&value| signed(value)))?,
        Array::U64(array) => numbers(elements(array).iter().map(|&value| unsigned(value)))?,
        Array::I32(array) => Int32Array::from(elements(array)).into(),
        Array::I16(array) => Int16Array::from(elements(array)).into(),
        Array::I8(array) => Int8Array::from(elements(array)).into(),
        Array::U32(array) => Uint32Array::from(elements(array)).into(),
        Array::U16(array) => Uint16Array::from(elements(array)).into(),
        Array::U8(array) => Uint8Array::from(elements(array)).into(),
        Array::Bool(array) => {
            Uint8Array::from(elements(array).iter().map(|b| u8::from(b.get())).collect::<Vec<_>>().as_slice())
                .into()
        }
        Array::C128(_) | Array::C64(_) => return Err(complex()),
    };
    let shape = array.shape().iter().map(|&n| n as u32).collect();
    Ok(array_result(data, shape, array.dtype().name()))
}

fn numbers(values: impl Iterator<Item = Result<f64, JsValue>>) -> Result<JsValue, JsValue> {
    Ok(Float64Array::from(values.collect::<Result<Vec<_>, _>>()?.as_slice()).into())
}

/// Buffers are real, and no reduction of real numbers is complex.
fn complex() -> JsValue {
    face_error("unsupported_dtype", "complex results have no JavaScript type")
}
