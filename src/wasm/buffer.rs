//! Where do numbers from JavaScript lie? In a buffer of the kernel's own memory.

use ndarray::{Array1, ArrayView, ArrayViewD, Axis, IxDyn, ShapeBuilder};
use serde::Deserialize;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use super::Result;
use super::options::size;
use crate::error::Error;
use crate::fold::dtype::{Boolean, for_each_dtype};
use crate::fold::{Array, Dtype, Values};

/// A one-dimensional array of any dtype that JavaScript fills through a typed array over it.
#[wasm_bindgen]
pub struct Buffer {
    values: Array,
}

/// Which elements of a buffer make up an n-dimensional array, counted in elements.
#[derive(Deserialize)]
pub(super) struct Layout {
    shape: Vec<usize>,
    strides: Option<Vec<isize>>,
    offset: usize,
}

impl Layout {
    pub(super) fn from_js(value: &JsValue) -> Result<Self> {
        serde_wasm_bindgen::from_value(value.clone()).map_err(|error| Error::ShapeMismatch {
            expected: "a shape, strides and an offset that are integers".into(),
            got: error.to_string(),
        })
    }
}

/// Returns `len` zeros, or the error that there is no memory for them.
fn zeros<T: Clone + Default>(len: usize) -> Result<Array1<T>> {
    let mut zeros = Vec::new();
    zeros
        .try_reserve_exact(len)
        .map_err(|_| Error::OutOfMemory { len_bytes: len as u64 * size_of::<T>() as u64 })?;
    zeros.resize(len, T::default());
    Ok(Array1::from(zeros))
}

/// Returns the view of `elements` that `layout` describes, after checking that it stays inside.
fn strided<'a, T>(elements: &'a [T], layout: &Layout) -> Result<ArrayViewD<'a, T>> {
    let outside = || Error::ShapeMismatch {
        expected: format!("one that stays within {} elements", elements.len()),
        got: format!("shape {:?}, strides {:?}, offset {}", layout.shape, layout.strides, layout.offset),
    };
    let Layout { shape, strides, offset } = layout;
    let len = shape.iter().try_fold(1_usize, |len, &n| len.checked_mul(n)).ok_or_else(outside)?;
    let Some(strides) = strides else {
        let end = offset.checked_add(len).ok_or_else(outside)?;
        let inside = elements.get(*offset..end).ok_or_else(outside)?;
        return ArrayView::from_shape(IxDyn(shape), inside).map_err(|_| outside());
    };
    if strides.len() != shape.len() {
        return Err(Error::ShapeMismatch {
            expected: format!("{} strides", shape.len()),
            got: format!("{}", strides.len()),
        });
    }
    if len == 0 {
        return ArrayView::from_shape(IxDyn(shape), &[]).map_err(|_| outside());
    }
    // The lowest and the highest element that the layout touches.
    let (mut low, mut high) = (*offset, *offset);
    for (&n, &stride) in shape.iter().zip(strides) {
        let reach = (n - 1).checked_mul(stride.unsigned_abs()).ok_or_else(outside)?;
        if stride < 0 {
            low = low.checked_sub(reach).ok_or_else(outside)?;
        } else {
            high = high.checked_add(reach).ok_or_else(outside)?;
        }
    }
    let touched = high.checked_add(1).and_then(|end| elements.get(low..end)).ok_or_else(outside)?;
    // ndarray takes forward strides; an axis that runs backwards is turned round afterwards.
    let forward: Vec<usize> = strides.iter().map(|stride| stride.unsigned_abs()).collect();
    let mut view =
        ArrayView::from_shape(IxDyn(shape).strides(IxDyn(&forward)), touched).map_err(|_| outside())?;
    for (axis, _) in strides.iter().enumerate().filter(|(_, stride)| **stride < 0) {
        view.invert_axis(Axis(axis));
    }
    Ok(view)
}

macro_rules! buffer_methods {
    ($(($variant:ident, $type:ty, $name:literal),)*) => {
        fn allocate(dtype: Dtype, len: usize) -> Result<Array> {
            Ok(match dtype {
                $(Dtype::$variant => Array::$variant(zeros::<$type>(len)?.into_dyn()),)*
            })
        }

        impl Buffer {
            /// Returns the address of the first element.
            fn address(&self) -> usize {
                match &self.values {
                    $(Array::$variant(array) => array.as_ptr().addr(),)*
                }
            }

            /// Returns the part of the buffer that `layout` describes.
            pub(super) fn view(&self, layout: &Layout) -> Result<Values<'_>> {
                Ok(match &self.values {
                    $(Array::$variant(array) => {
                        Values::$variant(strided(array.as_slice().unwrap_or(&[]), layout)?)
                    })*
                })
            }
        }
    };
}
for_each_dtype!(buffer_methods);

#[wasm_bindgen]
impl Buffer {
    /// Allocates `len` zeros.
    #[wasm_bindgen(constructor)]
    pub fn new(dtype: &str, len: f64) -> Result<Self> {
        Ok(Self { values: allocate(Dtype::from_name(dtype)?, size("length", len)?)? })
    }

    /// Returns the address of the first element in the kernel's memory.
    #[wasm_bindgen(getter)]
    pub fn ptr(&self) -> usize {
        self.address()
    }
}

impl Buffer {
    /// Returns the element type.
    pub(super) fn dtype(&self) -> Dtype {
        self.values.dtype()
    }

    /// Returns the first `len` elements.
    pub(super) fn prefix(&self, len: usize) -> Result<Values<'_>> {
        self.view(&Layout { shape: vec![len], strides: None, offset: 0 })
    }

    /// Returns the first `len` elements as f32.
    pub(super) fn floats(&self, len: usize) -> Result<&[f32]> {
        match &self.values {
            Array::F32(array) => self.inside(array.as_slice(), len),
            _ => Err(self.unsupported("vectors", "float32")),
        }
    }

    /// Returns the first `len` elements as bytes.
    pub(super) fn bytes(&self, len: usize) -> Result<&[u8]> {
        match &self.values {
            Array::U8(array) => self.inside(array.as_slice(), len),
            _ => Err(self.unsupported("bytes", "uint8")),
        }
    }

    /// Returns the mask that `layout` describes.
    pub(super) fn mask(&self, layout: &Layout) -> Result<ArrayViewD<'_, Boolean>> {
        match self.view(layout)? {
            Values::Bool(view) => Ok(view.reborrow()),
            _ => Err(self.unsupported("where", "bool")),
        }
    }

    fn inside<'a, T>(&self, slice: Option<&'a [T]>, len: usize) -> Result<&'a [T]> {
        slice.and_then(|slice| slice.get(..len)).ok_or_else(|| Error::ShapeMismatch {
            expected: format!("at least {len} elements"),
            got: format!("{}", self.values.shape().iter().product::<usize>()),
        })
    }

    fn unsupported(&self, op: &'static str, expected: &'static str) -> Error {
        Error::UnsupportedDtype { op, expected, got: self.dtype().name().to_owned() }
    }
}
