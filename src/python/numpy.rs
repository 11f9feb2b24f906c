//! How are NumPy's own arrays read and made without a detour through the buffer protocol?
//!
//! By NumPy's C interface, where NumPy is imported and of a version that is known: the buffer protocol costs a call of a
//! small array more than the numbers do. All else goes the way of every other exporter.

use core::ffi::c_int;
use core::ptr::{self, null_mut};
use core::slice;

use numpy::npyffi::{
    self, NPY_ARRAY_CARRAY, NPY_TYPES, NpyTypes, PY_ARRAY_API, PyArrayObject, get_type_object, npy_intp,
};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;

use super::format::from_numpy;
use super::input::{Spoken, Use};
use super::output::{Array, format_of};
use super::strided::Strided;
use crate::fold::dtype::for_each_dtype;
use crate::fold::{self, Dtype};

/// Returns whether NumPy's C interface can be used: NumPy is there, and one of the versions that this was built for.
///
/// With `import` NumPy is imported at most once: where that failed, each call only looks whether somebody else has
/// imported it since (in Pyodide it may be installed later).
pub(super) fn is_known(py: Python<'_>, import: bool) -> PyResult<bool> {
    static KNOWN: PyOnceLock<()> = PyOnceLock::new();
    static TRIED: PyOnceLock<()> = PyOnceLock::new();
    if KNOWN.get(py).is_some() {
        return Ok(true);
    }
    let tries = import && TRIED.set(py, ()).is_ok();
    let module = if tries { py.import("numpy").ok() } else { module(py)? };
    let Some(Ok(version)) = module.map(|module| module.getattr("__version__")) else { return Ok(false) };
    let version: String = version.extract()?;
    let core = match version.split('.').next() {
        Some("1") => "numpy.core.multiarray",
        Some("2") => "numpy._core.multiarray",
        _ => "",
    };
    // Of a stranger under NumPy's name nothing is remembered.
    let has_interface = || py.import(core).and_then(|core| core.getattr("_ARRAY_API")).is_ok();
    let is_known = !core.is_empty() && has_interface();
    if is_known {
        KNOWN.get_or_init(py, || ());
    }
    Ok(is_known)
}

/// Returns NumPy where somebody has imported it.
pub(super) fn module(py: Python<'_>) -> PyResult<Option<Bound<'_, PyModule>>> {
    let modules = py.import("sys")?.getattr("modules")?.cast_into::<PyDict>()?;
    Ok(modules.get_item("numpy")?.and_then(|module| module.cast_into().ok()))
}

/// Calls `f` with the numbers of `x` where that is an array of NumPy's, not of a subclass, and holds numbers.
pub(super) fn use_values(x: &Bound<'_, PyAny>, f: Use<'_>) -> PyResult<Spoken> {
    let py = x.py();
    // SAFETY: the type of a live object.
    let flags = unsafe { ffi::PyType_GetFlags(ffi::Py_TYPE(x.as_ptr())) };
    // `numpy.ndarray` is not of those made at run time; for other exporters the question would be too dear.
    if flags & ffi::Py_TPFLAGS_HEAPTYPE != 0 || !is_known(py, false)? {
        return Ok(Spoken::No);
    }
    // SAFETY: NumPy is imported; the fields of an object of exactly its type are where every extension finds them.
    // `x` keeps its memory and its list of lengths until the call is over; `f` sees neither that list nor the strides.
    unsafe {
        if npyffi::PyArray_CheckExact(py, x.as_ptr()) == 0 {
            return Ok(Spoken::No);
        }
        let array = &(*x.as_ptr().cast::<PyArrayObject>()).fields;
        let of_type = &(*array.descr).fields;
        if of_type.type_num >= NPY_TYPES::NPY_NTYPES_LEGACY as c_int {
            return Ok(Spoken::No); // somebody's own type
        }
        let len_bytes = npyffi::PyDataType_ELSIZE(py, array.descr).cast_unsigned();
        let Some(element) = from_numpy(of_type.byteorder as u8, of_type.kind as u8, len_bytes) else {
            return Ok(Spoken::No);
        };
        let ndim = array.nd.unsigned_abs() as usize;
        let list = |from: *const isize| if ndim == 0 { &[][..] } else { slice::from_raw_parts(from, ndim) };
        let strided = Strided {
            ptr: array.data.cast_const().cast(),
            element,
            shape: list(array.dimensions),
            strides: Some(list(array.strides)),
        };
        strided.use_values(f)?;
    }
    Ok(Spoken::Yes)
}

/// Returns a result as an array of NumPy's: a copy of a small one, a large one where it lies.
pub(super) fn array<'py>(py: Python<'py>, array: fold::Array) -> PyResult<Bound<'py, PyAny>> {
    let shape: Vec<npy_intp> = array.shape().iter().map(|&len| len.cast_signed()).collect();
    if let Some((dtype, bytes)) = bytes_of(&array).filter(|(_, bytes)| bytes.len() <= SMALL) {
        let made = new(py, dtype, &shape, null_mut())?;
        // SAFETY: NumPy made room for as many elements of this type, in C order; nobody else knows of it yet.
        unsafe {
            let to = (*made.as_ptr().cast::<PyArrayObject>()).fields.data;
            ptr::copy_nonoverlapping(bytes.as_ptr(), to.cast(), bytes.len());
        }
        return Ok(made);
    }
    let own = Bound::new(py, Array::new(array))?;
    let (dtype, data) = own.get().memory();
    let made = new(py, dtype, &shape, data)?;
    // SAFETY: `made` is an array of NumPy's. The reference to `own`, whose memory it looks into, is given to it, or
    // given up if that fails.
    let status = unsafe { PY_ARRAY_API.PyArray_SetBaseObject(py, made.as_ptr().cast(), own.into_ptr()) };
    if status == 0 { Ok(made) } else { Err(PyErr::fetch(py)) }
}

/// Up to this many bytes a copy is quicker than an object that owns them.
const SMALL: usize = 1024;

/// Returns a new array in C order, with room of its own if there is no `data`.
fn new<'py>(py: Python<'py>, dtype: Dtype, shape: &[npy_intp], data: *mut u8) -> PyResult<Bound<'py, PyAny>> {
    // SAFETY: NumPy is imported. The type, which its letter names as well as its number, is one of its own, of which the
    // new array takes over the reference; `shape` is only read; `data` is null or holds as many elements of that type, in
    // C order and aligned.
    unsafe {
        let of_type = PY_ARRAY_API.PyArray_DescrFromType(py, letter_of(dtype));
        Bound::from_owned_ptr_or_err(
            py,
            PY_ARRAY_API.PyArray_NewFromDescr(
                py,
                get_type_object(py, NpyTypes::PyArray_Type),
                of_type,
                shape.len() as c_int,
                shape.as_ptr().cast_mut(),
                null_mut(),
                data.cast(),
                if data.is_null() { 0 } else { NPY_ARRAY_CARRAY },
                null_mut(),
            ),
        )
    }
}

/// Returns NumPy's letter of a type: that of its buffers, but for complex numbers, which are the large one of their parts'.
fn letter_of(dtype: Dtype) -> c_int {
    match *format_of(dtype).to_bytes() {
        [b'Z', part] => part.to_ascii_uppercase().into(),
        [letter, ..] => letter.into(),
        [] => unreachable!("a format has a letter"),
    }
}

/// Returns the elements of an array as they lie, if they lie in C order.
fn bytes_of(array: &fold::Array) -> Option<(Dtype, &[u8])> {
    macro_rules! bytes {
        ($(($variant:ident, $type:ty, $name:literal),)*) => {
            match array {
                $(fold::Array::$variant(array) => array.as_slice().map(|elements| {
                    // SAFETY: numbers have no padding: each of their bytes is initialised.
                    let bytes = unsafe {
                        slice::from_raw_parts(elements.as_ptr().cast::<u8>(), size_of_val(elements))
                    };
                    (Dtype::$variant, bytes)
                }),)*
            }
        };
    }
    for_each_dtype!(bytes)
}
