//! Views of numbers whose type is known only when the program runs.

use ndarray::{ArrayView, ArrayViewD, Dimension};

use super::dtype::{Boolean, Dtype, for_each_dtype};
use super::output::{Array, Scalar};
use crate::error::{ErrorKind, Result};
use crate::kernel::fold::grid::{Block, Grid, Stored, Type};

macro_rules! values_enum {
    ($(($variant:ident, $type:ty, $name:literal),)*) => {
        /// A borrowed array of any dtype, shape and strides.
        ///
        /// Made by `From` out of slices, arrays, vectors and ndarray views; nothing is copied.
        #[derive(Clone, Debug)]
        #[non_exhaustive]
        pub enum Values<'a> {
            $(#[doc = concat!("Elements of type `", $name, "`.")] $variant(ArrayViewD<'a, $type>),)*
        }

        impl Values<'_> {
            /// Returns the element type.
            pub fn dtype(&self) -> Dtype {
                match self {
                    $(Self::$variant(_) => Dtype::$variant,)*
                }
            }

            /// Returns the lengths of the axes.
            pub fn shape(&self) -> &[usize] {
                match self {
                    $(Self::$variant(view) => view.shape(),)*
                }
            }

            /// Returns the same view for as long as this one is borrowed.
            pub fn view(&self) -> Values<'_> {
                match self {
                    $(Self::$variant(view) => Values::$variant(view.view()),)*
                }
            }

            /// Returns the number of elements.
            pub fn len(&self) -> usize {
                match self {
                    $(Self::$variant(view) => view.len(),)*
                }
            }

            /// Returns the number of an array of no axes.
            pub fn number(&self) -> Option<Scalar> {
                match self {
                    $(Self::$variant(view) if view.ndim() == 0 => view.first().map(|&x| x.into()),)*
                    _ => None,
                }
            }

            /// Returns the array with `ndim` axes: its own at these places, in this order, and others of length 1.
            pub(super) fn spread(self, places: &[usize], ndim: usize) -> Self {
                let own = |axis| places.iter().position(|&place| place == axis);
                let order: Vec<usize> = (0..ndim).filter_map(own).collect();
                match self {
                    $(Self::$variant(view) => {
                        let mut view = view.permuted_axes(order);
                        for axis in (0..ndim).filter(|&axis| own(axis).is_none()) {
                            view = view.insert_axis(ndarray::Axis(axis));
                        }
                        Self::$variant(view)
                    })*
                }
            }

            /// Returns whether there is no element.
            pub fn is_empty(&self) -> bool {
                self.len() == 0
            }
        }

        impl<'a> From<&'a Array> for Values<'a> {
            fn from(array: &'a Array) -> Self {
                match array {
                    $(Array::$variant(array) => Self::$variant(array.view()),)*
                }
            }
        }

        $(
            impl<'a> From<&'a [$type]> for Values<'a> {
                fn from(slice: &'a [$type]) -> Self {
                    Self::$variant(ArrayView::from(slice).into_dyn())
                }
            }

            impl<'a, const N: usize> From<&'a [$type; N]> for Values<'a> {
                fn from(array: &'a [$type; N]) -> Self {
                    Self::from(array.as_slice())
                }
            }

            impl<'a> From<&'a Vec<$type>> for Values<'a> {
                fn from(vector: &'a Vec<$type>) -> Self {
                    Self::from(vector.as_slice())
                }
            }

            impl<'a, D: Dimension> From<ArrayView<'a, $type, D>> for Values<'a> {
                fn from(view: ArrayView<'a, $type, D>) -> Self {
                    Self::$variant(view.into_dyn())
                }
            }

            impl<'a, D: Dimension> From<&'a ndarray::Array<$type, D>> for Values<'a> {
                fn from(array: &'a ndarray::Array<$type, D>) -> Self {
                    Self::$variant(array.view().into_dyn())
                }
            }
        )*
    };
}
for_each_dtype!(values_enum);

impl Values<'_> {
    /// Returns all elements if they lie in C order and need no conversion.
    pub(super) fn block(&self) -> Option<Block<'_>> {
        match self {
            Self::F64(view) => view.as_slice().map(Block::F64),
            Self::F32(view) => view.as_slice().map(Block::F32),
            Self::I64(view) => view.as_slice().map(Block::I64),
            Self::U64(view) => view.as_slice().map(Block::U64),
            _ => None,
        }
    }
}

/// Calls the macro with all types that are folded; the others are complex.
macro_rules! grid {
    ($($variant:ident)*) => {
        impl<'a> Values<'a> {
            /// Returns the array with its type known only when the program runs.
            pub(super) fn grid(&self, op: &'static str) -> Result<Grid<'a>> {
                match self {
                    $(Self::$variant(view) => Ok(Grid::new(view)),)*
                    Self::C128(_) | Self::C64(_) => Err(ErrorKind::UnsupportedDtype {
                        op,
                        expected: "a real dtype",
                        got: self.dtype().name().to_owned(),
                    }.into()),
                }
            }
        }
    };
}
grid!(F64 F32 F16 I64 I32 I16 I8 U64 U32 U16 U8 Bool);

// SAFETY: `Boolean` is transparent over `u8`, which is what `Type::Bool` is.
unsafe impl Stored for Boolean {
    const TYPE: Type = Type::Bool;
}

/// Views `bool`s as the bytes that the kernels read.
fn as_boolean(slice: &[bool]) -> &[Boolean] {
    // SAFETY: `bool` and `Boolean` (transparent over u8) have size and alignment 1, every bool is
    // an initialised byte, and the lifetime is that of the input.
    unsafe { core::slice::from_raw_parts(slice.as_ptr().cast(), slice.len()) }
}

impl<'a> From<&'a [bool]> for Values<'a> {
    fn from(slice: &'a [bool]) -> Self {
        Self::from(as_boolean(slice))
    }
}

impl<'a, const N: usize> From<&'a [bool; N]> for Values<'a> {
    fn from(array: &'a [bool; N]) -> Self {
        Self::from(array.as_slice())
    }
}
