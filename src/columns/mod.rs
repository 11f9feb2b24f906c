//! Typed values beside the vectors: columns, what may stand in a filter, and what comes back with a result.
//!
//! One row for each id, in ascending order of the ids. A column is an `int`, `float`, `string` or
//! `bool`, and a value may be missing. An [`Expression`] says which rows a search may return.

mod bits;
mod expression;
mod file;
mod matcher;
mod packed;
mod table;
mod value;

pub use expression::{Expression, Test};
pub(crate) use table::Columns;
pub use value::{ColumnType, Value};
