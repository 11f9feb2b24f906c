//! Which storage: name ⇄ enum ⇄ format code.

use crate::error::{Error, ErrorKind, Result};
use crate::kernel::near::half::F16_MAX;

/// How the index keeps its vectors; or a second, finer copy of them, for re-ranking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Storage {
    /// 32-bit floats: 4 bytes a component, nothing lost.
    #[default]
    F32,
    /// 16-bit floats: 2 bytes a component, 11 significant bits; magnitudes up to 65504.
    F16,
    /// 8-bit integers: 1 byte a component and a scale.
    I8,
    /// 4-bit codes of the rotated vector: half a byte a component and two factors.
    I4,
    /// One bit a component and two factors, which make distances estimates without bias (RaBitQ):
    /// of use with a finer copy beside it.
    B1,
}

impl Storage {
    /// The names that exist.
    pub const NAMES: &'static str = "f32, f16, i8, i4, b1";

    /// The names that an index can be asked for.
    pub const ASKED: &'static str = "auto, f32, f16, i8, b1";

    /// From the finest.
    const ALL: [Self; 5] = [Self::F32, Self::F16, Self::I8, Self::I4, Self::B1];

    /// Returns the storage of this name.
    ///
    /// Errors: [`ErrorKind::UnknownName`].
    pub fn from_name(name: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|storage| storage.name() == name);
        found.ok_or_else(|| {
            Error::from(ErrorKind::UnknownName {
                kind: "storage",
                expected: Self::NAMES,
                got: name.to_owned(),
            })
        })
    }

    /// Returns what an index is asked for by this name: a storage, or `None` for `auto`, the data's choice.
    ///
    /// Errors: [`ErrorKind::UnknownName`].
    pub fn asked_from_name(name: &str) -> Result<Option<Self>> {
        if name == "auto" {
            return Ok(None);
        }
        let unknown = |_| {
            let got = name.to_owned();
            Error::from(ErrorKind::UnknownName { kind: "storage", expected: Self::ASKED, got })
        };
        Self::from_name(name).map(Some).map_err(unknown)
    }

    /// Returns the name of what an index was asked for.
    pub fn asked_name(asked: Option<Self>) -> &'static str {
        asked.map_or("auto", Self::name)
    }

    /// Returns the copy for re-ranking of this name: a storage, or `none`.
    ///
    /// Errors: [`ErrorKind::UnknownName`].
    pub fn rerank_from_name(name: &str) -> Result<Option<Self>> {
        match name {
            "none" => Ok(None),
            "f32" | "f16" | "i8" | "i4" => Self::from_name(name).map(Some),
            _ => Err(ErrorKind::UnknownName {
                kind: "rerank",
                expected: "f32, f16, i8, i4, none",
                got: name.to_owned(),
            }
            .into()),
        }
    }

    /// Returns the code that stands in a file.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::F32 => 0,
            Self::I8 => 1,
            Self::F16 => 2,
            Self::B1 => 3,
            Self::I4 => 4,
        }
    }

    /// Returns the storage of a file's code.
    pub(crate) fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|storage| storage.code() == code)
    }

    /// Returns the storage's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::I8 => "i8",
            Self::I4 => "i4",
            Self::B1 => "b1",
        }
    }

    /// Returns the first component that this cannot hold.
    pub(crate) fn too_large(self, vectors: &[f32]) -> Option<usize> {
        if self == Self::F16 { vectors.iter().position(|value| value.abs() > F16_MAX) } else { None }
    }

    /// Returns whether this keeps more of a vector than `other`.
    pub(crate) fn is_finer_than(self, other: Self) -> bool {
        let place = |storage| Self::ALL.iter().position(|known| *known == storage);
        place(self) < place(other)
    }
}
