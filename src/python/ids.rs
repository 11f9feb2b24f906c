//! Ids: integers or strings of Python in, arrays or lists of them out.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString, PyTuple};

use super::input::{IdArgument, to_ids};
use super::output::to_array;
use crate::error::{Error, ErrorKind, Result};
use crate::fold;
use crate::near::{IdList, Index};
use ndarray::{ArrayD, IxDyn};

/// Returns what an `ids` argument holds: strings where the first of it is one.
pub(super) fn to_id_list(ids: &Bound<'_, PyAny>) -> PyResult<IdList> {
    if ids.is_instance_of::<PyString>() {
        return Err(PyTypeError::new_err("ids: expected a list or an array of ids, got a str"));
    }
    let listed = ids.is_instance_of::<PyList>() || ids.is_instance_of::<PyTuple>();
    if !listed && let Ok(ints) = to_ids(ids) {
        return Ok(IdList::Ints(ints));
    }
    let mut strings = Vec::new();
    if push_strings(&as_list(ids)?, &mut strings, 0)? {
        return Ok(IdList::Strings(strings));
    }
    to_ids(ids).map(IdList::Ints)
}

/// How deep lists of ids may be in each other: the true neighbours of many queries.
const DEPTH_MAX: usize = 2;

/// Returns a list in place of a NumPy, pandas, Arrow or Polars array, or of a set.
fn as_list<'py>(ids: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    for method in ["tolist", "to_pylist", "to_list"] {
        if ids.hasattr(method)? {
            return ids.call_method0(method);
        }
    }
    Ok(ids.clone())
}

/// Appends the strings of a sequence, or of sequences in it; returns false when what comes first is none.
fn push_strings(ids: &Bound<'_, PyAny>, strings: &mut Vec<String>, depth: usize) -> PyResult<bool> {
    let Ok(items) = ids.try_iter() else { return Ok(false) };
    for item in items {
        let item = item?;
        if let Ok(text) = item.cast::<PyString>() {
            strings.push(string(text, strings.len())?);
            continue;
        }
        if depth + 1 < DEPTH_MAX && !item.is_instance_of::<PyString>() && item.try_iter().is_ok() {
            if !push_strings(&as_list(&item)?, strings, depth + 1)? {
                return Ok(false);
            }
            continue;
        }
        if strings.is_empty() {
            return Ok(false);
        }
        return Err(bad(
            "strings, as the first one is",
            format!("{} in row {}", item.get_type().name()?, strings.len()),
        )
        .into());
    }
    Ok(!strings.is_empty())
}

fn string(text: &Bound<'_, PyString>, row: usize) -> Result<String> {
    let text = text.to_cow().map_err(|_| {
        bad("strings without lone surrogates, as UTF-8 has none", format!("one with some in row {row}"))
    })?;
    Ok(text.into_owned())
}

fn bad(expected: &str, got: String) -> Error {
    Error::from(ErrorKind::BadParameter { name: "ids", expected: expected.into(), got })
}

/// Returns one id: a list of one.
pub(super) fn to_one_id(id: &Bound<'_, PyAny>) -> PyResult<IdList> {
    if let Ok(text) = id.cast::<PyString>() {
        return Ok(IdList::Strings(vec![string(text, 0)?]));
    }
    Ok(IdList::Ints(vec![id.extract::<IdArgument>()?.0]))
}

/// Ids on their way to Python.
pub(super) struct Named {
    ids: IdList,
    /// Whether integers may need 64 bits without a sign.
    wide: bool,
}

impl Named {
    pub(super) fn of(index: &Index, keys: &[u64]) -> Self {
        Self::from_list(index, index.named(keys))
    }

    pub(super) fn from_list(index: &Index, ids: IdList) -> Self {
        Self { ids, wide: index.has_wide_ids() }
    }

    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }

    /// Returns an array of this shape, or of strings a list, or list of lists.
    pub(super) fn into_python<'py>(self, py: Python<'py>, shape: &[usize]) -> PyResult<Bound<'py, PyAny>> {
        let ids = match self.ids {
            IdList::Strings(ids) => {
                return Ok(match *shape {
                    [n, k] => {
                        // Without neighbours there are no chunks.
                        let rows = (0..n).map(|row| PyList::new(py, &ids[row * k..(row + 1) * k]));
                        PyList::new(py, rows.collect::<PyResult<Vec<_>>>()?)?.into_any()
                    }
                    _ => PyList::new(py, ids)?.into_any(),
                });
            }
            IdList::Ints(ids) => ids,
        };
        if self.wide {
            return array(py, shape, ids);
        }
        array(py, shape, ids.into_iter().map(|id| id as i64).collect())
    }
}

pub(super) fn array<'py, T>(py: Python<'py>, shape: &[usize], elements: Vec<T>) -> PyResult<Bound<'py, PyAny>>
where
    fold::Array: From<ArrayD<T>>,
{
    let array = ArrayD::from_shape_vec(IxDyn(shape), elements);
    let array = array.map_err(|_| {
        Error::from(ErrorKind::ShapeMismatch { expected: format!("{shape:?}"), got: "another".into() })
    })?;
    to_array(py, array.into())
}
