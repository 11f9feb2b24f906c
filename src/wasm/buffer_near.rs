//! Where do vectors and files from JavaScript lie, in a kernel without reductions? In a buffer of its own memory.

use wasm_bindgen::prelude::wasm_bindgen;

use super::Result;
use super::options::size;
use crate::error::{Error, ErrorKind};

/// A one-dimensional array that JavaScript fills through a typed array over it.
#[wasm_bindgen]
pub struct Buffer {
    elements: Elements,
}

enum Elements {
    F32(Vec<f32>),
    U8(Vec<u8>),
}

/// Returns `len` zeros, or the error that there is no memory for them.
fn zeros<T: Clone + Default>(len: usize) -> Result<Vec<T>> {
    let mut zeros = Vec::new();
    zeros.try_reserve_exact(len).map_err(|_| {
        Error::from(ErrorKind::OutOfMemory { len_bytes: len as u64 * core::mem::size_of::<T>() as u64 })
    })?;
    zeros.resize(len, T::default());
    Ok(zeros)
}

#[wasm_bindgen]
impl Buffer {
    /// Allocates `len` zeros.
    #[wasm_bindgen(constructor)]
    pub fn new(dtype: &str, len: f64) -> Result<Self> {
        let len = size("length", len)?;
        let elements = match dtype {
            "float32" => Elements::F32(zeros(len)?),
            "uint8" => Elements::U8(zeros(len)?),
            _ => {
                return Err(ErrorKind::UnsupportedDtype {
                    op: "array",
                    expected: "float32 or uint8: this kernel has no reductions",
                    got: dtype.to_owned(),
                }
                .into());
            }
        };
        Ok(Self { elements })
    }

    /// Returns the address of the first element in the kernel's memory.
    #[wasm_bindgen(getter)]
    pub fn ptr(&self) -> usize {
        match &self.elements {
            Elements::F32(elements) => elements.as_ptr().addr(),
            Elements::U8(elements) => elements.as_ptr().addr(),
        }
    }
}

impl Buffer {
    /// Returns the first `len` elements as f32.
    pub(super) fn floats(&self, len: usize) -> Result<&[f32]> {
        match &self.elements {
            Elements::F32(elements) => first(elements, len),
            Elements::U8(_) => Err(unsupported("vectors", "float32", "uint8")),
        }
    }

    /// Returns the first `len` elements as bytes.
    pub(super) fn bytes(&self, len: usize) -> Result<&[u8]> {
        match &self.elements {
            Elements::U8(elements) => first(elements, len),
            Elements::F32(_) => Err(unsupported("bytes", "uint8", "float32")),
        }
    }
}

fn first<T>(elements: &[T], len: usize) -> Result<&[T]> {
    elements.get(..len).ok_or_else(|| {
        Error::from(ErrorKind::ShapeMismatch {
            expected: format!("at least {len} elements"),
            got: format!("{}", elements.len()),
        })
    })
}

fn unsupported(op: &'static str, expected: &'static str, got: &str) -> Error {
    Error::from(ErrorKind::UnsupportedDtype { op, expected, got: got.to_owned() })
}
