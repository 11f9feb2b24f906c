//! Typed values beside the vectors: columns, what may stand in a filter, and what comes back with a result.
//!
//! One row for each id, in ascending order of the ids. A column holds ints, floats, strings, bools, times, lists of
//! ints, floats or strings, or JSON, and a value may be missing. An [`Expression`] says which rows a search may return.

mod bits;
mod datetime;
mod expression;
mod file;
mod json;
mod matcher;
mod memory;
mod packed;
mod table;
mod value;

pub use expression::{Expression, Test};
pub(crate) use table::{Columns, Rows};
pub use value::{ColumnType, Value};
