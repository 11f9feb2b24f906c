//! The argument `filter`: conditions on columns, ids, a mask, or a function that is asked about every id.

use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::columns::from_python;
use super::ids::to_id_list;
use super::input::to_mask;
use super::shared::Shared;
use crate::columns::Expression;
use crate::error::Result;
use crate::near::{self, IdList};

/// What a `filter` argument says.
pub(super) enum Allowed {
    Ids(IdList),
    Mask(Vec<bool>),
    Where(Expression),
}

impl Allowed {
    /// Returns what a `filter` argument allows.
    ///
    /// A function is asked when the index is no longer locked: it may use the index.
    pub(super) fn of<'py>(shared: &Shared, py: Python<'py>, filter: &Bound<'py, PyAny>) -> PyResult<Self> {
        if filter.is_instance_of::<PyDict>() {
            return Ok(Self::Where(Expression::from_value(&from_python("filter", filter, 0)?)?));
        }
        if !filter.is_callable() {
            return match to_mask(filter)? {
                Some(mask) => Ok(Self::Mask(mask)),
                None => to_id_list(filter).map(Self::Ids),
            };
        }
        let mut failed = None;
        let mut allows = |call: &dyn Fn() -> PyResult<Bound<'py, PyAny>>| {
            failed.is_none()
                && call().and_then(|answer| answer.is_truthy()).unwrap_or_else(|error| {
                    failed = Some(error);
                    false
                })
        };
        let mut ids = shared.read(py, near::Index::id_list)?;
        match &mut ids {
            IdList::Ints(ids) => ids.retain(|id| allows(&|| filter.call1((*id,)))),
            IdList::Strings(ids) => ids.retain(|id| allows(&|| filter.call1((id.as_str(),)))),
        }
        failed.map_or(Ok(Self::Ids(ids)), Err)
    }

    pub(super) fn filter(&self, index: &near::Index) -> Result<near::Filter> {
        match self {
            Self::Ids(ids) => index.filter_id_list(ids),
            Self::Mask(mask) => index.filter_mask(mask),
            Self::Where(expression) => index.filter_where(expression),
        }
    }
}
