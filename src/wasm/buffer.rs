//! Where do numbers from JavaScript lie? In a buffer of the kernel's own memory.

use core::fmt;
use core::ops::Range;

use js_sys::JSON;
use ndarray::{ArrayView, ArrayView1, ArrayViewD, Axis, IxDyn, ShapeBuilder};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use super::Result;
use super::options::{FromJs, size};
use crate::error::{Error, ErrorKind};
use crate::fold::{Boolean, Dtype, Values};

/// Which elements of a buffer make up an n-dimensional array, counted in elements.
pub(super) struct Layout {
    /// How many elements from the beginning count: the rest of a buffer may be of another call.
    length: usize,
    shape: Vec<usize>,
    strides: Option<Vec<isize>>,
    offset: usize,
}

/// As an error text shows it.
impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "shape {:?}, strides ", self.shape)?;
        match &self.strides {
            Some(strides) => write!(f, "{strides:?}")?,
            None => f.write_str("in order")?,
        }
        write!(f, ", offset {}", self.offset)
    }
}

impl Layout {
    /// Reads `{ length, shape, strides, offset }`.
    pub(super) fn from_js(value: &JsValue) -> Result<Self> {
        Self::read(value.unchecked_ref()).ok_or_else(|| {
            Error::from(ErrorKind::ShapeMismatch {
                expected: "a shape, strides and an offset that are integers".into(),
                got: JSON::stringify(value).map(String::from).unwrap_or_default(),
            })
        })
    }

    fn read(object: &LayoutObject) -> Option<Self> {
        Some(Self {
            length: FromJs::from_js(&object.length())?,
            shape: FromJs::from_js(&object.shape())?,
            strides: FromJs::from_js(&object.strides())?,
            offset: FromJs::from_js(&object.offset())?,
        })
    }
}

#[wasm_bindgen]
extern "C" {
    /// A layout as `layoutOf` in `pkg/array.js` makes it.
    type LayoutObject;

    #[wasm_bindgen(method, getter)]
    fn length(this: &LayoutObject) -> JsValue;
    #[wasm_bindgen(method, getter)]
    fn shape(this: &LayoutObject) -> JsValue;
    #[wasm_bindgen(method, getter)]
    fn strides(this: &LayoutObject) -> JsValue;
    #[wasm_bindgen(method, getter)]
    fn offset(this: &LayoutObject) -> JsValue;
}

/// Returns `len` zeros, or the error that there is no memory for them.
fn zeros<T: Clone + Default>(len: usize) -> Result<Vec<T>> {
    let mut zeros = Vec::new();
    zeros
        .try_reserve_exact(len)
        .map_err(|_| Error::from(ErrorKind::OutOfMemory { len_bytes: len as u64 * size_of::<T>() as u64 }))?;
    zeros.resize(len, T::default());
    Ok(zeros)
}

/// Where the elements of a layout lie: what does not depend on their type.
struct Geometry {
    /// The elements from the lowest to the highest that is touched.
    touched: Range<usize>,
    shape: IxDyn,
    /// ndarray takes forward strides: an axis that runs backwards is turned round afterwards.
    strides: IxDyn,
    backward: Vec<Axis>,
}

impl Geometry {
    /// Checks that `layout` stays within its own length, and that within `len` elements.
    fn new(layout: &Layout, len: usize) -> Result<Self> {
        let Layout { length, shape, strides, offset } = layout;
        let len = len.min(*length);
        Self::checked(shape, strides.as_deref(), *offset).filter(|it| it.touched.end <= len).ok_or_else(
            || {
                Error::from(ErrorKind::ShapeMismatch {
                    expected: format!("one that stays within {len} elements"),
                    got: layout.to_string(),
                })
            },
        )
    }

    fn checked(shape: &[usize], strides: Option<&[isize]>, offset: usize) -> Option<Self> {
        let empty = shape.contains(&0);
        let mut in_order = vec![1; shape.len()];
        let mut len = 1_usize;
        for (&n, stride) in shape.iter().zip(&mut in_order).rev() {
            *stride = len as isize;
            len = len.checked_mul(n)?;
        }
        let strides = strides.unwrap_or(&in_order);
        if strides.len() != shape.len() {
            return None;
        }
        let (mut low, mut high) = (offset, offset);
        for (&n, stride) in shape.iter().zip(strides).filter(|_| !empty) {
            let reach = (n - 1).checked_mul(stride.unsigned_abs())?;
            if *stride < 0 {
                low = low.checked_sub(reach)?;
            } else {
                high = high.checked_add(reach)?;
            }
        }
        let backward = (0..shape.len()).filter(|&axis| strides[axis] < 0).map(Axis).collect();
        let forward: Vec<usize> = strides.iter().map(|stride| stride.unsigned_abs()).collect();
        Some(Self {
            touched: if empty { 0..0 } else { low..high.checked_add(1)? },
            shape: IxDyn(shape),
            strides: if empty { IxDyn(&vec![0; shape.len()]) } else { IxDyn(&forward) },
            backward,
        })
    }

    /// Returns the view of `elements` with this geometry.
    fn view<'a, T>(&self, elements: &'a [T]) -> Option<ArrayViewD<'a, T>> {
        let touched = elements.get(self.touched.clone())?;
        let mut view =
            ArrayView::from_shape(self.shape.clone().strides(self.strides.clone()), touched).ok()?;
        self.backward.iter().for_each(|&axis| view.invert_axis(axis));
        Some(view)
    }
}

/// Calls the macro with the types of [`Buffer`]'s elements: all that reductions take.
macro_rules! for_each_real {
    ($with:ident) => {
        $with! {
            F64: f64, F32: f32, F16: half::f16,
            I64: i64, I32: i32, I16: i16, I8: i8,
            U64: u64, U32: u32, U16: u16, U8: u8,
            Bool: Boolean,
        }
    };
}

macro_rules! buffer_type {
    ($($variant:ident: $type:ty,)*) => {
        /// A one-dimensional array of any real dtype that JavaScript fills through a typed array over it.
        #[wasm_bindgen]
        pub struct Buffer {
            elements: Elements,
        }

        enum Elements {
            $($variant(Vec<$type>),)*
        }

        impl Elements {
            fn zeros(dtype: Dtype, len: usize) -> Result<Self> {
                Ok(match dtype {
                    $(Dtype::$variant => Self::$variant(zeros::<$type>(len)?),)*
                    _ => return Err(ErrorKind::UnsupportedDtype {
                        op: "array",
                        expected: "a real dtype",
                        got: dtype.name().to_owned(),
                    }.into()),
                })
            }

            fn dtype(&self) -> Dtype {
                match self {
                    $(Self::$variant(_) => Dtype::$variant,)*
                }
            }

            fn len(&self) -> usize {
                match self {
                    $(Self::$variant(elements) => elements.len(),)*
                }
            }

            fn address(&self) -> usize {
                match self {
                    $(Self::$variant(elements) => elements.as_ptr().addr(),)*
                }
            }

            fn prefix(&self, len: usize) -> Option<Values<'_>> {
                Some(match self {
                    $(Self::$variant(elements) => {
                        Values::$variant(ArrayView1::from(elements.get(..len)?).into_dyn())
                    })*
                })
            }

            fn view(&self, geometry: &Geometry) -> Option<Values<'_>> {
                Some(match self {
                    $(Self::$variant(elements) => Values::$variant(geometry.view(elements)?),)*
                })
            }
        }
    };
}
for_each_real!(buffer_type);

#[wasm_bindgen]
impl Buffer {
    /// Allocates `len` zeros.
    #[wasm_bindgen(constructor)]
    pub fn new(dtype: &str, len: f64) -> Result<Self> {
        Ok(Self { elements: Elements::zeros(Dtype::from_name(dtype)?, size("length", len)?)? })
    }

    /// Returns the address of the first element in the kernel's memory.
    #[wasm_bindgen(getter)]
    pub fn ptr(&self) -> usize {
        self.elements.address()
    }
}

impl Buffer {
    /// Returns the element type.
    pub(super) fn dtype(&self) -> Dtype {
        self.elements.dtype()
    }

    /// Returns the part of the buffer that `layout` describes.
    pub(super) fn view(&self, layout: &Layout) -> Result<Values<'_>> {
        let geometry = Geometry::new(layout, self.elements.len())?;
        self.elements.view(&geometry).ok_or_else(|| {
            Error::from(ErrorKind::ShapeMismatch {
                expected: "strides that ndarray takes".into(),
                got: layout.to_string(),
            })
        })
    }

    /// Returns the first `len` elements.
    pub(super) fn prefix(&self, len: usize) -> Result<Values<'_>> {
        self.elements.prefix(len).ok_or_else(|| self.too_short(len))
    }

    /// Returns the first `len` elements as f32.
    #[cfg(feature = "near")]
    pub(super) fn floats(&self, len: usize) -> Result<&[f32]> {
        match &self.elements {
            Elements::F32(elements) => self.first(elements, len),
            _ => Err(self.unsupported("vectors", "float32")),
        }
    }

    /// Returns the first `len` elements as bytes.
    pub(super) fn bytes(&self, len: usize) -> Result<&[u8]> {
        match &self.elements {
            Elements::U8(elements) => self.first(elements, len),
            _ => Err(self.unsupported("bytes", "uint8")),
        }
    }

    /// Returns the mask that `layout` describes.
    pub(super) fn mask(&self, layout: &Layout) -> Result<ArrayViewD<'_, Boolean>> {
        match &self.elements {
            Elements::Bool(elements) => {
                Geometry::new(layout, elements.len())?.view(elements).ok_or_else(|| {
                    Error::from(ErrorKind::ShapeMismatch {
                        expected: "strides that ndarray takes".into(),
                        got: layout.to_string(),
                    })
                })
            }
            _ => Err(self.unsupported("where", "bool")),
        }
    }

    fn first<'a, T>(&self, elements: &'a [T], len: usize) -> Result<&'a [T]> {
        elements.get(..len).ok_or_else(|| self.too_short(len))
    }

    fn too_short(&self, len: usize) -> Error {
        Error::from(ErrorKind::ShapeMismatch {
            expected: format!("at least {len} elements"),
            got: format!("{}", self.elements.len()),
        })
    }

    fn unsupported(&self, op: &'static str, expected: &'static str) -> Error {
        Error::from(ErrorKind::UnsupportedDtype { op, expected, got: self.dtype().name().to_owned() })
    }
}
