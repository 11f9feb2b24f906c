//! How is an object that exports the buffer protocol (PEP 3118) read in place?
//!
//! PyO3's typed buffer takes big-endian elements for native ones and refuses strides; this reads
//! the raw descriptor, with its own parser of formats.

use core::ffi::CStr;
use core::slice;

use pyo3::ffi;
use pyo3::prelude::*;

use super::format::{Element, from_pep3118, unsupported};
use super::input::{Spoken, Use};
use super::strided::Strided;
use crate::error::{Error, ErrorKind};

/// A buffer that is given back when dropped. It stays where it was made: exporters may let
/// `shape` point into the very structure (`PyBuffer_FillInfo` does).
struct Acquired(ffi::Py_buffer);

impl Drop for Acquired {
    fn drop(&mut self) {
        // SAFETY: the interpreter is attached, and `PyBuffer_Release` does nothing for a buffer
        // that was never filled.
        unsafe { ffi::PyBuffer_Release(&raw mut self.0) }
    }
}

/// Returns whether `x` exports a buffer at all.
pub(super) fn is_exporter(x: &Bound<'_, PyAny>) -> bool {
    // SAFETY: `x` is a live object.
    unsafe { ffi::PyObject_CheckBuffer(x.as_ptr()) != 0 }
}

/// Calls `f` with the numbers of `x`, unless the exporter refuses.
pub(super) fn use_values(x: &Bound<'_, PyAny>, f: Use<'_>) -> PyResult<Spoken> {
    refuse_masked(x)?;
    let mut buffer = Acquired(ffi::Py_buffer::new());
    // SAFETY: `x` is a live object, `buffer` is a valid place that does not move until its drop.
    let status = unsafe { ffi::PyObject_GetBuffer(x.as_ptr(), &raw mut buffer.0, ffi::PyBUF_RECORDS_RO) };
    if status != 0 {
        return Spoken::refused(x.py(), PyErr::fetch(x.py()));
    }
    refuse_date(x, &buffer.0)?;
    // SAFETY: `PyObject_GetBuffer` filled `buffer.0`. The exporter keeps what it described alive and
    // in place until `buffer` is released, which is after `f` has returned.
    unsafe { describe(&buffer.0)?.use_values(f)? };
    Ok(Spoken::Yes)
}

/// Refuses a `numpy.ma` array of which an element is masked: its buffer holds that one too.
#[inline]
fn refuse_masked(x: &Bound<'_, PyAny>) -> PyResult<()> {
    // SAFETY: the type of a live object; its base is one of those that live as long.
    let base = unsafe { ffi::PyType_GetSlot(ffi::Py_TYPE(x.as_ptr()), ffi::Py_tp_base) };
    // A class that is made of nothing else, such as `array.array`, is not made of `numpy.ndarray`.
    if base.is_null() || base == (&raw mut ffi::PyBaseObject_Type).cast() {
        Ok(())
    } else {
        refuse_masked_elements(x)
    }
}

/// Refuses a single date or duration of NumPy, which exports the 8 bytes of its count.
#[inline]
fn refuse_date(x: &Bound<'_, PyAny>, buffer: &ffi::Py_buffer) -> PyResult<()> {
    if (buffer.ndim, buffer.itemsize, buffer.len) != (1, 1, 8) {
        return Ok(());
    }
    let py = x.py();
    let Some(dtype) = x.getattr_opt(pyo3::intern!(py, "dtype"))? else { return Ok(()) };
    let Some(kind) = dtype.getattr_opt(pyo3::intern!(py, "kind"))? else { return Ok(()) };
    if kind.eq("M")? || kind.eq("m")? {
        return Err(unsupported(format!("elements of type {dtype}")).into());
    }
    Ok(())
}

#[cold]
fn refuse_masked_elements(x: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = x.py();
    if x.get_type().getattr_opt(pyo3::intern!(py, "harden_mask"))?.is_none() {
        return Ok(());
    }
    let masked: usize = x.getattr("mask")?.call_method0("sum")?.extract()?;
    if masked == 0 {
        return Ok(());
    }
    Err(ErrorKind::BadParameter {
        name: "array",
        expected: "no masked elements (fill or leave them out, or give a fold `x.data` with `where=~x.mask`)"
            .into(),
        got: format!("{masked} masked"),
    }
    .into())
}

/// Returns what `PyObject_GetBuffer` filled in.
///
/// # Safety
///
/// `buffer` was filled by `PyObject_GetBuffer` with `PyBUF_RECORDS_RO`.
unsafe fn describe(buffer: &ffi::Py_buffer) -> Result<Strided<'_>, Error> {
    let element = if buffer.format.is_null() {
        from_pep3118(b"B", buffer.itemsize.cast_unsigned())
            .ok_or_else(|| unsupported("bytes without a format"))?
    } else {
        // SAFETY: a format is a C string that lives as long as the buffer.
        let format = unsafe { CStr::from_ptr(buffer.format) };
        element_of(format, buffer.itemsize)?
    };
    let ndim = buffer.ndim.unsigned_abs() as usize;
    // SAFETY: `shape` holds `ndim` lengths. An exporter may leave `shape` null in 0 dimensions,
    // and `strides` null in C order (ctypes does).
    let (shape, strides) = unsafe {
        (
            if ndim == 0 || buffer.shape.is_null() { &[] } else { slice::from_raw_parts(buffer.shape, ndim) },
            (!buffer.strides.is_null()).then(|| slice::from_raw_parts(buffer.strides, ndim)),
        )
    };
    Ok(Strided { ptr: buffer.buf.cast(), element, shape, strides })
}

fn element_of(format: &CStr, len_item: isize) -> Result<Element, Error> {
    from_pep3118(format.to_bytes(), len_item.cast_unsigned())
        .ok_or_else(|| unsupported(format!("elements of format {:?}", format.to_string_lossy())))
}

/// Calls `f` with the bytes of `x`: `bytes`, `bytearray`, `mmap`, any C-contiguous buffer.
pub(super) fn with_bytes<R>(x: &Bound<'_, PyAny>, f: impl FnOnce(&[u8]) -> R) -> PyResult<R> {
    let mut buffer = Acquired(ffi::Py_buffer::new());
    // SAFETY: as in `use_values`; `PyBUF_SIMPLE` promises `len` contiguous bytes at `buf`.
    let status = unsafe { ffi::PyObject_GetBuffer(x.as_ptr(), &raw mut buffer.0, ffi::PyBUF_SIMPLE) };
    if status != 0 {
        return Err(PyErr::fetch(x.py()));
    }
    let bytes = if buffer.0.len == 0 {
        &[][..]
    } else {
        // SAFETY: see above. As in `Strided::use_values`, who writes meanwhile spoils the result.
        unsafe { slice::from_raw_parts(buffer.0.buf.cast::<u8>(), buffer.0.len.unsigned_abs()) }
    };
    Ok(f(bytes))
}
