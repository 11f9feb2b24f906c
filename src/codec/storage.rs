//! Which storage: name ⇄ enum ⇄ format code.

use crate::error::{Error, Result};

/// How the index keeps its vectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Storage {
    /// 32-bit floats: 4 bytes a component, nothing lost.
    F32,
    /// 8-bit integers: 1 byte a component and a scale.
    #[default]
    I8,
}

impl Storage {
    /// The names that exist.
    pub const NAMES: &'static str = "f32, i8";

    /// Returns the storage of this name.
    ///
    /// Errors: [`Error::UnknownName`].
    pub fn from_name(name: &str) -> Result<Self> {
        match name {
            "f32" => Ok(Self::F32),
            "i8" => Ok(Self::I8),
            _ => Err(Error::UnknownName { kind: "storage", expected: Self::NAMES, got: name.to_owned() }),
        }
    }

    /// Returns the code that stands in a file.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::F32 => 0,
            Self::I8 => 1,
        }
    }

    /// Returns the storage of a file's code.
    pub(crate) fn from_code(code: u8) -> Option<Self> {
        [Self::F32, Self::I8].into_iter().find(|storage| storage.code() == code)
    }

    /// Returns the storage's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::I8 => "i8",
        }
    }
}
