//! What a reduction returns: one number, or an array where axes remain.

use core::fmt;

use ndarray::ArrayD;

use super::dtype::{Boolean, Dtype, for_each_dtype};
use super::number::Number;

macro_rules! output_enums {
    ($(($variant:ident, $type:ty, $name:literal),)*) => {
        /// One number of any dtype.
        #[derive(Clone, Copy, Debug, PartialEq)]
        #[non_exhaustive]
        pub enum Scalar {
            $(#[doc = concat!("A `", $name, "`.")] $variant($type),)*
        }

        /// An owned array of any dtype.
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub enum Array {
            $(#[doc = concat!("Elements of type `", $name, "`.")] $variant(ArrayD<$type>),)*
        }

        impl Scalar {
            /// Returns the number's type.
            pub fn dtype(&self) -> Dtype {
                match self {
                    $(Self::$variant(_) => Dtype::$variant,)*
                }
            }
        }

        impl Array {
            /// Returns the element type.
            pub fn dtype(&self) -> Dtype {
                match self {
                    $(Self::$variant(_) => Dtype::$variant,)*
                }
            }

            /// Returns the lengths of the axes.
            pub fn shape(&self) -> &[usize] {
                match self {
                    $(Self::$variant(array) => array.shape(),)*
                }
            }
        }

        impl fmt::Display for Scalar {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$variant(value) => write!(f, "{value}"),)*
                }
            }
        }

        impl fmt::Display for Array {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$variant(array) => write!(f, "{array}"),)*
                }
            }
        }

        $(
            impl From<$type> for Scalar {
                fn from(value: $type) -> Self {
                    Self::$variant(value)
                }
            }

            impl From<ArrayD<$type>> for Array {
                fn from(array: ArrayD<$type>) -> Self {
                    Self::$variant(array)
                }
            }
        )*
    };
}
for_each_dtype!(output_enums);

impl Scalar {
    /// Returns the number as f64 (integers above 2^53 are rounded); `None` for complex numbers.
    pub fn to_f64(self) -> Option<f64> {
        Some(match self {
            Self::F64(value) => value,
            Self::F32(value) => f64::from(value),
            Self::F16(value) => f64::from(value),
            Self::I64(value) => value as f64,
            Self::I32(value) => f64::from(value),
            Self::I16(value) => f64::from(value),
            Self::I8(value) => f64::from(value),
            Self::U64(value) => value as f64,
            Self::U32(value) => f64::from(value),
            Self::U16(value) => f64::from(value),
            Self::U8(value) => f64::from(value),
            Self::Bool(value) => f64::from(u8::from(value.get())),
            Self::C128(_) | Self::C64(_) => return None,
        })
    }
}

/// What a reduction returns.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// All axes were reduced, without `keepdims`.
    Scalar(Scalar),
    /// Axes remain.
    Array(Array),
}

impl Output {
    /// Returns the scalar as f64; `None` for an array or a complex number.
    pub fn to_f64(&self) -> Option<f64> {
        match self {
            Self::Scalar(scalar) => scalar.to_f64(),
            Self::Array(_) => None,
        }
    }

    /// Returns the element type.
    pub fn dtype(&self) -> Dtype {
        match self {
            Self::Scalar(scalar) => scalar.dtype(),
            Self::Array(array) => array.dtype(),
        }
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scalar(scalar) => scalar.fmt(f),
            Self::Array(array) => array.fmt(f),
        }
    }
}

/// Brings the axis of a lane's several results, which lie together, to the front.
pub(super) fn transposed(
    results: Vec<Number>,
    width: Option<usize>,
    shape: Vec<usize>,
) -> (Vec<Number>, Vec<usize>) {
    let Some(width) = width else { return (results, shape) };
    let lanes = shape.iter().product::<usize>();
    let turned = (0..width * lanes).map(|i| results[i % lanes * width + i / lanes]).collect();
    (turned, core::iter::once(width).chain(shape).collect())
}

/// Gives results their dtype and shape; a scalar if no axis is left.
pub(super) fn output(results: &[Number], dtype: Dtype, shape: Vec<usize>) -> Output {
    macro_rules! typed {
        ($($variant:ident: $convert:expr;)*) => {
            if let ([number], true) = (results, shape.is_empty()) {
                Output::Scalar(match dtype {
                    $(Dtype::$variant => Scalar::$variant($convert(*number)),)*
                    Dtype::C128 | Dtype::C64 => unreachable!("complex results are made of two"),
                })
            } else {
                Output::Array(match dtype {
                    $(Dtype::$variant => {
                        let data = results.iter().map(|&number| $convert(number)).collect();
                        Array::$variant(ArrayD::from_shape_vec(shape, data).expect("one number for each place"))
                    })*
                    Dtype::C128 | Dtype::C64 => unreachable!("complex results are made of two"),
                })
            }
        };
    }
    typed! {
        F64: Number::to_f64;
        F32: |number: Number| number.to_f64() as f32;
        F16: |number: Number| half::f16::from_f64(number.to_f64());
        I64: |number: Number| number.to_bits() as i64;
        I32: |number: Number| number.to_bits() as i32;
        I16: |number: Number| number.to_bits() as i16;
        I8: |number: Number| number.to_bits() as i8;
        U64: |number: Number| number.to_bits();
        U32: |number: Number| number.to_bits() as u32;
        U16: |number: Number| number.to_bits() as u16;
        U8: |number: Number| number.to_bits() as u8;
        Bool: |number: Number| Boolean::from(number.to_bits() != 0);
    }
}
