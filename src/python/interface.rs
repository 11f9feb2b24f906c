//! How is an object with NumPy's `__array_interface__` read in place?

use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::format::{from_typestr, unsupported};
use super::input::{Spoken, Use};
use super::strided::Strided;
use super::{buffer, errors};
use crate::error::ErrorKind;

/// Calls `f` with the numbers that `x.__array_interface__` describes (version 3).
pub(super) fn use_values(x: &Bound<'_, PyAny>, f: Use<'_>) -> PyResult<Spoken> {
    let Some(interface) = x.getattr_opt(pyo3::intern!(x.py(), "__array_interface__"))? else {
        return Ok(Spoken::No);
    };
    let interface = interface.cast_into::<PyDict>().map_err(PyErr::from)?;
    if interface.get_item("mask")?.is_some_and(|mask| !mask.is_none()) {
        return Err(ErrorKind::BadParameter {
            name: "array",
            expected: "no mask (give the array and where=)".into(),
            got: "an __array_interface__ with a mask".into(),
        }
        .into());
    }
    let typestr: String = required(&interface, "typestr")?.extract()?;
    let element =
        from_typestr(&typestr).ok_or_else(|| unsupported(format!("elements of type {typestr:?}")))?;
    let shape: Vec<isize> = required(&interface, "shape")?.extract()?;
    let strides: Option<Vec<isize>> = match interface.get_item("strides")? {
        Some(strides) => strides.extract()?,
        None => None,
    };
    if strides.as_ref().is_some_and(|strides| strides.len() != shape.len()) {
        return Err(errors::bad_interface("strides", "one for each axis"));
    }
    let offset: usize = match interface.get_item("offset")? {
        Some(offset) => offset.extract()?,
        None => 0,
    };
    let array = |ptr| Strided { ptr, element, shape: &shape, strides: strides.as_deref() };
    let data = interface.get_item("data")?.filter(|data| !data.is_none());
    if let Some((address, _read_only)) = data.as_ref().and_then(|data| data.extract::<(usize, bool)>().ok()) {
        let ptr = core::ptr::with_exposed_provenance(address);
        // SAFETY: the array interface's contract: the address holds the array described while the
        // object lives, and `x` lives until this function returns.
        unsafe { array(ptr).use_values(f)? };
        return Ok(Spoken::Yes);
    }
    // No address: `data`, or the object itself, exports the bytes.
    let exporter = data.unwrap_or_else(|| x.clone());
    buffer::with_bytes(&exporter, |bytes| {
        let array = array(bytes.as_ptr().wrapping_add(offset));
        if !array.lies_within(bytes) {
            return Err(errors::bad_interface("data", "as many bytes as shape and strides reach"));
        }
        // SAFETY: just checked; the bytes live until this closure returns.
        unsafe { array.use_values(f)? };
        Ok(Spoken::Yes)
    })?
}

fn required<'py>(interface: &Bound<'py, PyDict>, key: &'static str) -> PyResult<Bound<'py, PyAny>> {
    interface.get_item(key)?.ok_or_else(|| errors::bad_interface(key, "an entry of __array_interface__"))
}
