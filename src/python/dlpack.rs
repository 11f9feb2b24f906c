//! How is a tensor that speaks DLPack read in place, where it lies in the CPU's memory?

use core::ffi::{CStr, c_void};
use core::slice;

use pyo3::exceptions::{PyBufferError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyDict};

use super::format::{Element, Kind, dtype_of, unsupported};
use super::input::{Spoken, Use};
use super::strided::Strided;

// dlpack.h, versions 0.8 (unversioned) and 1.x.

#[repr(C)]
struct Device {
    kind: i32,
    id: i32,
}

#[repr(C)]
struct DataType {
    code: u8,
    bits: u8,
    lanes: u16,
}

#[repr(C)]
struct Tensor {
    data: *const u8,
    device: Device,
    ndim: i32,
    dtype: DataType,
    shape: *const i64,
    strides: *const i64,
    byte_offset: u64,
}

/// `DLManagedTensor` begins with the tensor.
const UNVERSIONED: &CStr = c"dltensor";
/// `DLManagedTensorVersioned`.
const VERSIONED: &CStr = c"dltensor_versioned";

#[repr(C)]
struct Versioned {
    major: u32,
    minor: u32,
    manager: *mut c_void,
    deleter: *const c_void,
    flags: u64,
    tensor: Tensor,
}

/// `kDLCPU`, and the kinds of host memory that a GPU can see too.
const HOST_DEVICES: [i32; 4] = [1, 3, 11, 13];

/// Calls `f` with the numbers of `x.__dlpack__()`.
///
/// The capsule is not consumed (its name stays): when it is dropped here, its producer's own
/// destructor frees the tensor.
pub(super) fn use_values(x: &Bound<'_, PyAny>, f: Use<'_>) -> PyResult<Spoken> {
    let py = x.py();
    let Some(export) = x.getattr_opt(pyo3::intern!(py, "__dlpack__"))? else {
        return Ok(Spoken::No);
    };
    let keywords = PyDict::new(py);
    keywords.set_item("max_version", (1, 0))?;
    let capsule = match export.call((), Some(&keywords)) {
        Err(error) if error.is_instance_of::<PyTypeError>(py) => export.call0(),
        answer => answer,
    };
    let capsule = match capsule {
        Ok(capsule) => capsule.cast_into::<PyCapsule>()?,
        Err(error) => return Spoken::refused(py, error),
    };
    // SAFETY: a capsule of one of these names holds the structure of that name, alive until the
    // capsule's destructor runs.
    let tensor: &Tensor = unsafe {
        if capsule.is_valid_checked(Some(VERSIONED)) {
            let versioned = capsule.pointer_checked(Some(VERSIONED))?.cast::<Versioned>();
            if versioned.as_ref().major != 1 {
                return Ok(Spoken::Refused(PyBufferError::new_err("a DLPack version above 1")));
            }
            &versioned.as_ref().tensor
        } else if !capsule.is_valid_checked(Some(UNVERSIONED)) {
            return Err(unsupported("a capsule that is no DLPack tensor, or was consumed already").into());
        } else {
            capsule.pointer_checked(Some(UNVERSIONED))?.cast::<Tensor>().as_ref()
        }
    };
    if !HOST_DEVICES.contains(&tensor.device.kind) {
        let text = format!("a tensor on a device of kind {}: move it to the CPU", tensor.device.kind);
        return Ok(Spoken::Refused(PyBufferError::new_err(text)));
    }
    let Some(element) = element_of(&tensor.dtype) else {
        let DataType { code, bits, lanes } = tensor.dtype;
        return Err(unsupported(format!("DLPack elements of code {code}, {bits} bits, {lanes} lanes")).into());
    };
    let ndim = tensor.ndim.unsigned_abs() as usize;
    // SAFETY: DLPack's contract: `shape` holds `ndim` lengths, and so does `strides` unless null.
    let (shape, strides) =
        unsafe { (read_axes(tensor.shape, ndim)?.unwrap_or_default(), read_axes(tensor.strides, ndim)?) };
    let len_item = element.dtype.len_bytes().cast_signed();
    let strides: Option<Vec<isize>> =
        strides.map(|strides| strides.iter().map(|step| step.wrapping_mul(len_item)).collect());
    let ptr = tensor.data.wrapping_add(usize::try_from(tensor.byte_offset)?);
    let array = Strided { ptr, element, shape: &shape, strides: strides.as_deref() };
    // SAFETY: DLPack's contract; `capsule` keeps the tensor alive until the end of this function.
    unsafe { array.use_values(f)? };
    Ok(Spoken::Yes)
}

fn element_of(dtype: &DataType) -> Option<Element> {
    let kind = match dtype.code {
        0 => Kind::Signed,
        1 => Kind::Unsigned,
        2 => Kind::Float,
        5 => Kind::Complex,
        6 => Kind::Bool,
        _ => return None,
    };
    (dtype.lanes == 1 && dtype.bits.is_multiple_of(8)).then_some(())?;
    Some(Element { dtype: dtype_of(kind, usize::from(dtype.bits) / 8)?, swapped: false })
}

/// # Safety
///
/// `axes` is null or holds `ndim` numbers.
unsafe fn read_axes(axes: *const i64, ndim: usize) -> PyResult<Option<Vec<isize>>> {
    if axes.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller's promise.
    let axes = unsafe { slice::from_raw_parts(axes, ndim) };
    Ok(Some(axes.iter().map(|&axis| isize::try_from(axis)).collect::<Result<_, _>>()?))
}
