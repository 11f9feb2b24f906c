//! How do results become JavaScript values?

use ndarray::ArrayD;
use wasm_bindgen::prelude::JsValue;

use super::Result;
use super::border;
use super::error::face_error;
use super::integer::{signed, unsigned};
use crate::fold::{Array, Dtype, Output, Scalar};

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
        Scalar::I64(value) if bigint => border::signed_bigint(value),
        Scalar::U64(value) if bigint => border::unsigned_bigint(value),
        Scalar::I64(value) => border::number_value(signed(value)?),
        Scalar::U64(value) => border::number_value(unsigned(value)?),
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
        | Scalar::U8(_) => border::number_value(scalar.to_f64().unwrap_or(f64::NAN)),
    })
}

/// Returns the elements in C order.
fn elements<T>(array: &ArrayD<T>) -> &[T] {
    array.as_slice().expect("reductions return arrays in C order")
}

fn array_to_js(array: &Array, bigint: bool) -> Result<JsValue, JsValue> {
    let data = match array {
        Array::F64(array) => border::array(elements(array)),
        Array::F32(array) => border::array(elements(array)),
        // Not every engine has Float16Array; every float16 is a float32.
        Array::F16(array) => {
            border::array(elements(array).iter().map(|x| x.to_f32()).collect::<Vec<_>>().as_slice())
        }
        Array::I64(array) if bigint => border::array(elements(array)),
        Array::U64(array) if bigint => border::array(elements(array)),
        Array::I64(array) => numbers(elements(array).iter().map(|&value| signed(value)))?,
        Array::U64(array) => numbers(elements(array).iter().map(|&value| unsigned(value)))?,
        Array::I32(array) => border::array(elements(array)),
        Array::I16(array) => border::array(elements(array)),
        Array::I8(array) => border::array(elements(array)),
        Array::U32(array) => border::array(elements(array)),
        Array::U16(array) => border::array(elements(array)),
        Array::U8(array) => border::array(elements(array)),
        Array::Bool(array) => {
            border::array(elements(array).iter().map(|b| u8::from(b.get())).collect::<Vec<_>>().as_slice())
        }
        Array::C128(_) | Array::C64(_) => return Err(complex()),
    };
    Ok(border::array_result(data, array.shape(), place(array.dtype())))
}

/// Returns the place of a dtype in `VIEWS`.
fn place(dtype: Dtype) -> u32 {
    match dtype {
        Dtype::F64 => 0,
        Dtype::F32 => 1,
        Dtype::F16 => 2,
        Dtype::I64 => 3,
        Dtype::I32 => 4,
        Dtype::I16 => 5,
        Dtype::I8 => 6,
        Dtype::U64 => 7,
        Dtype::U32 => 8,
        Dtype::U16 => 9,
        Dtype::U8 => 10,
        _ => 11,
    }
}

fn numbers(values: impl Iterator<Item = Result<f64, JsValue>>) -> Result<JsValue, JsValue> {
    Ok(border::array(values.collect::<Result<Vec<_>, _>>()?.as_slice()))
}

/// Buffers are real, and no reduction of real numbers is complex.
fn complex() -> JsValue {
    face_error("unsupported_dtype", "complex results have no JavaScript type")
}
