//! The element types that arrays may have, by NumPy's names.

use crate::error::{ErrorKind, Result};

/// Calls the macro `$with` with the list of all element types: `(Variant, type, "name")`.
///
/// The one list of dtypes: `Values`, `Array` and `Scalar` are made from it. Booleans are `u8`
/// (0 is false, anything else true), because foreign buffers may hold any byte.
macro_rules! for_each_dtype {
    ($with:ident) => {
        $with! {
            (F64, f64, "float64"),
            (F32, f32, "float32"),
            (F16, half::f16, "float16"),
            (I64, i64, "int64"),
            (I32, i32, "int32"),
            (I16, i16, "int16"),
            (I8, i8, "int8"),
            (U64, u64, "uint64"),
            (U32, u32, "uint32"),
            (U16, u16, "uint16"),
            (U8, u8, "uint8"),
            (Bool, crate::fold::dtype::Boolean, "bool"),
            (C128, num_complex::Complex<f64>, "complex128"),
            (C64, num_complex::Complex<f32>, "complex64"),
        }
    };
}
pub(crate) use for_each_dtype;

/// One byte that is false when 0 and true otherwise.
#[derive(Clone, Copy, Debug, Default)]
#[repr(transparent)]
pub struct Boolean(pub u8);

impl Boolean {
    /// Returns the truth value.
    pub fn get(self) -> bool {
        self.0 != 0
    }
}

impl core::fmt::Display for Boolean {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.get().fmt(f)
    }
}

impl From<bool> for Boolean {
    fn from(value: bool) -> Self {
        Self(u8::from(value))
    }
}

impl PartialEq for Boolean {
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

macro_rules! dtype_enum {
    ($(($variant:ident, $type:ty, $name:literal),)*) => {
        /// An array's element type.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Dtype {
            $(#[doc = concat!("`", $name, "`")] $variant,)*
        }

        impl Dtype {
            /// All names, as in error texts.
            pub const NAMES: &'static str = concat!($($name, " ",)*);

            /// Returns NumPy's name of the type.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// Returns the type of this NumPy name.
            ///
            /// Errors: [`ErrorKind::UnknownName`].
            pub fn from_name(name: &str) -> Result<Self> {
                match name {
                    $($name => Ok(Self::$variant),)*
                    _ => Err(ErrorKind::UnknownName {
                        kind: "dtype",
                        expected: Self::NAMES,
                        got: name.to_owned(),
                    }.into()),
                }
            }

            /// Returns the size of one element in bytes.
            pub fn len_bytes(self) -> usize {
                match self {
                    $(Self::$variant => size_of::<$type>(),)*
                }
            }
        }
    };
}
for_each_dtype!(dtype_enum);

impl Dtype {
    /// Returns whether elements are real floating point numbers.
    pub fn is_real_float(self) -> bool {
        matches!(self, Self::F64 | Self::F32 | Self::F16)
    }

    /// Returns whether elements are complex numbers.
    pub fn is_complex(self) -> bool {
        matches!(self, Self::C128 | Self::C64)
    }

    /// Returns whether elements are integers, with or without a sign; bools are not.
    pub fn is_integer(self) -> bool {
        self.is_signed() || matches!(self, Self::U64 | Self::U32 | Self::U16 | Self::U8)
    }

    /// Returns whether elements are integers with a sign.
    pub fn is_signed(self) -> bool {
        matches!(self, Self::I64 | Self::I32 | Self::I16 | Self::I8)
    }
}
