//! What can go wrong, in one enum: every face turns it into its language's own error.

use core::fmt;

use crate::text::Quoted;

/// The crate's result.
pub type Result<T> = core::result::Result<T, Error>;

/// Why a call was refused: [`kind`](Self::kind) has the particulars, [`code`](Self::code) is what programs should test.
///
/// As wide as an address, so that a result is as wide as its value and handing it on costs nothing.
#[derive(Clone, PartialEq)]
pub struct Error(Box<ErrorKind>);

/// What went wrong, with its particulars.
///
/// Each variant has a stable [`code`](Error::code); the text names what was expected, what came, and what to do.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A parameter has a value that it cannot have.
    BadParameter {
        /// The parameter's name, as the caller spells it.
        name: &'static str,
        /// What would be accepted.
        expected: String,
        /// What came.
        got: String,
    },
    /// A name (metric, storage, method, operation) is not one of those known.
    UnknownName {
        /// What kind of name: `"metric"`, `"storage"`, …
        kind: &'static str,
        /// The names that exist.
        expected: &'static str,
        /// What came.
        got: String,
    },
    /// A vector's length is not the index's dimension.
    DimensionMismatch {
        /// The index's dimension.
        expected: usize,
        /// The vector's length.
        got: usize,
    },
    /// Two shapes do not go together.
    ShapeMismatch {
        /// What would be accepted.
        expected: String,
        /// What came.
        got: String,
    },
    /// The operation has no value for an empty input.
    Empty {
        /// The operation's name.
        op: &'static str,
    },
    /// Every element of a slice that a `nan*` operation looks at is NaN, and it has no value then.
    AllNan {
        /// The operation's name.
        op: &'static str,
    },
    /// A vector holds NaN or an infinity.
    NotFinite {
        /// Which row of the input.
        row: usize,
        /// Which component of it.
        column: usize,
        /// The value.
        value: f64,
    },
    /// An axis is outside `-ndim..ndim`, or is given twice.
    AxisOutOfRange {
        /// The axis.
        axis: isize,
        /// The array's number of dimensions.
        ndim: usize,
    },
    /// The operation is not defined for this type of element.
    UnsupportedDtype {
        /// The operation's name.
        op: &'static str,
        /// What would be accepted.
        expected: &'static str,
        /// What came.
        got: String,
    },
    /// An id that is to be added is already there, or one call names an id twice.
    DuplicateId {
        /// The id.
        id: Id,
        /// Whether the call names it twice.
        given_twice: bool,
    },
    /// An id is not in the index.
    IdNotFound {
        /// The id.
        id: Id,
    },
    /// The bytes are not an index, or they are damaged.
    Corrupt {
        /// Which part of the file.
        section: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// The bytes are an index, or a state of a stream, of a version that this release cannot read.
    UnsupportedVersion {
        /// The newest version that this release reads.
        expected: u32,
        /// The bytes' version.
        got: u32,
    },
    /// More memory was needed than the machine gives.
    OutOfMemory {
        /// How much was asked for, in bytes.
        len_bytes: u64,
    },
}

/// An id of an index, as an error names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Id {
    /// Of an index of integers.
    Int(u64),
    /// Of an index of strings.
    String(String),
}

impl From<u64> for Id {
    fn from(id: u64) -> Self {
        Self::Int(id)
    }
}

impl From<&str> for Id {
    fn from(id: &str) -> Self {
        Self::String(id.to_owned())
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(id) => fmt::Display::fmt(id, f),
            Self::String(id) => fmt::Display::fmt(&Quoted(id), f),
        }
    }
}

impl Error {
    /// Returns the error of a parameter that has a value which it cannot have.
    #[cfg(feature = "fold")]
    #[cold]
    pub(crate) fn bad_parameter(
        name: &'static str,
        expected: impl Into<String>,
        got: impl fmt::Display,
    ) -> Self {
        ErrorKind::BadParameter { name, expected: expected.into(), got: got.to_string() }.into()
    }

    /// Returns what went wrong, with its particulars.
    pub fn kind(&self) -> &ErrorKind {
        &self.0
    }

    /// Returns the stable name of this kind of error: an interface, it does not change.
    pub fn code(&self) -> &'static str {
        self.0.code()
    }
}

impl From<ErrorKind> for Error {
    #[cold]
    fn from(kind: ErrorKind) -> Self {
        Self(Box::new(kind))
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl std::error::Error for Error {}

impl ErrorKind {
    fn code(&self) -> &'static str {
        match self {
            Self::BadParameter { .. } => "bad_parameter",
            Self::UnknownName { .. } => "unknown_name",
            Self::DimensionMismatch { .. } => "dimension_mismatch",
            Self::ShapeMismatch { .. } => "shape_mismatch",
            Self::Empty { .. } => "empty",
            Self::AllNan { .. } => "all_nan",
            Self::NotFinite { .. } => "not_finite",
            Self::AxisOutOfRange { .. } => "axis_out_of_range",
            Self::UnsupportedDtype { .. } => "unsupported_dtype",
            Self::DuplicateId { .. } => "duplicate_id",
            Self::IdNotFound { .. } => "id_not_found",
            Self::Corrupt { .. } => "corrupt",
            Self::UnsupportedVersion { .. } => "unsupported_version",
            Self::OutOfMemory { .. } => "out_of_memory",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadParameter { name, expected, got } => {
                write!(f, "{name}: expected {expected}, got {got}")
            }
            Self::UnknownName { kind, expected, got } => {
                write!(f, "unknown {kind} {}: expected one of {}", Quoted(got), expected.trim_end())
            }
            Self::DimensionMismatch { expected, got } => write!(
                f,
                "expected vectors of dimension {expected}, got {got}: the index was made for dimension {expected}"
            ),
            Self::ShapeMismatch { expected, got } => {
                write!(f, "shape: expected {expected}, got {got}")
            }
            Self::Empty { op } => {
                write!(f, "{op} of an empty array has no value: give at least one element")
            }
            Self::AllNan { op } => {
                write!(f, "{op} of an all-NaN slice has no value: give at least one number")
            }
            Self::NotFinite { row, column, value } => write!(
                f,
                "expected finite numbers, got {} at row {row}, column {column}: an index holds float32, up to 3.4e38, neither NaN nor infinity",
                if value.is_finite() { format!("{value:e}") } else { value.to_string() }
            ),
            Self::AxisOutOfRange { axis, ndim } => {
                write!(f, "axis {axis} is out of range, or is given twice, for an array of {ndim} dimensions")
            }
            Self::UnsupportedDtype { op, expected, got } => {
                write!(f, "{op}: expected {expected}, got {got}")
            }
            Self::DuplicateId { id, given_twice: true } => {
                write!(f, "id {id} is given twice: give each id once")
            }
            Self::DuplicateId { id, given_twice: false } => {
                write!(f, "id {id} is already in the index: use upsert to replace it, or remove it first")
            }
            Self::IdNotFound { id } => write!(f, "id {id} is not in the index"),
            Self::Corrupt { section, why } => {
                write!(f, "cannot be read: {section}: {why}")
            }
            Self::UnsupportedVersion { expected, got } => write!(
                f,
                "bytes of version {got}: this release reads versions up to {expected}; a newer release may read it"
            ),
            Self::OutOfMemory { len_bytes } => {
                write!(f, "could not get {len_bytes} bytes of memory")
            }
        }
    }
}
