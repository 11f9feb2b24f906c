//! How does a result become a Python number, or an array: NumPy's where there is NumPy, else our own?

use core::ffi::{CStr, c_int};
use core::ptr;

use pyo3::exceptions::{PyBufferError, PyIndexError, PyTypeError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyComplex, PyFloat, PyInt, PyList, PyTuple};

use super::numpy;
use crate::fold::dtype::for_each_dtype;
use crate::fold::{self, Dtype, Output, Scalar};

/// Returns a result as Python holds it.
pub(super) fn to_python(py: Python<'_>, output: Output) -> PyResult<Bound<'_, PyAny>> {
    match output {
        Output::Scalar(scalar) => Ok(number(py, scalar)),
        Output::Array(array) => to_array(py, array),
    }
}

/// Returns an array as `numpy.ndarray` where NumPy can be imported, else as [`Array`].
pub(super) fn to_array(py: Python<'_>, array: fold::Array) -> PyResult<Bound<'_, PyAny>> {
    if numpy::is_known(py, true)? {
        return numpy::array(py, array);
    }
    let own = Bound::new(py, Array::new(array))?.into_any();
    // A version of NumPy that nothing is known of still takes buffers.
    match numpy::module(py)?.and_then(|module| module.getattr("asarray").ok()) {
        Some(as_array) => as_array.call1((own,)),
        None => Ok(own),
    }
}

/// Returns a scalar as `float`, `int`, `bool` or `complex`.
fn number(py: Python<'_>, scalar: Scalar) -> Bound<'_, PyAny> {
    match scalar {
        Scalar::F64(x) => PyFloat::new(py, x).into_any(),
        Scalar::F32(x) => PyFloat::new(py, x.into()).into_any(),
        Scalar::F16(x) => PyFloat::new(py, x.into()).into_any(),
        Scalar::I64(x) => int(py, x),
        Scalar::I32(x) => int(py, x),
        Scalar::I16(x) => int(py, x),
        Scalar::I8(x) => int(py, x),
        Scalar::U64(x) => int(py, x),
        Scalar::U32(x) => int(py, x),
        Scalar::U16(x) => int(py, x),
        Scalar::U8(x) => int(py, x),
        Scalar::Bool(x) => PyBool::new(py, x.get()).to_owned().into_any(),
        Scalar::C128(x) => PyComplex::from_doubles(py, x.re, x.im).into_any(),
        Scalar::C64(x) => PyComplex::from_doubles(py, x.re.into(), x.im.into()).into_any(),
    }
}

fn int<
    'py,
    T: IntoPyObject<'py, Target = PyInt, Output = Bound<'py, PyInt>, Error = core::convert::Infallible>,
>(
    py: Python<'py>,
    x: T,
) -> Bound<'py, PyAny> {
    match x.into_pyobject(py) {
        Ok(int) => int.into_any(),
        Err(never) => match never {},
    }
}

/// The elements of an [`Array`], by type. They are written only through buffers that we hand out.
macro_rules! elements_enum {
    ($(($variant:ident, $type:ty, $name:literal),)*) => {
        enum Elements {
            $($variant(Vec<$type>),)*
        }

        impl Elements {
            fn of(array: fold::Array) -> Self {
                match array {
                    $(fold::Array::$variant(array) => Self::$variant(
                        if array.is_standard_layout() {
                            // The elements may begin inside the allocation, after a slice.
                            match array.into_raw_vec_and_offset() {
                                (vector, None | Some(0)) => vector,
                                (mut vector, Some(offset)) => vector.split_off(offset),
                            }
                        } else {
                            array.iter().copied().collect()
                        },
                    ),)*
                }
            }

            fn dtype(&self) -> Dtype {
                match self {
                    $(Self::$variant(_) => Dtype::$variant,)*
                }
            }

            fn as_mut_ptr(&mut self) -> *mut u8 {
                match self {
                    $(Self::$variant(vector) => vector.as_mut_ptr().cast(),)*
                }
            }
        }
    };
}
for_each_dtype!(elements_enum);

/// An array of numbers in C order, for where NumPy is not installed.
///
/// It exports the buffer protocol: ``memoryview(a)`` and ``numpy.asarray(a)`` share its memory.
///
/// Attributes
/// ----------
/// shape : tuple of int
/// dtype : str
///     NumPy's name of the element type, such as ``"float64"``.
/// ndim, size : int
///
/// Examples
/// --------
/// >>> import nearfold as nf
/// >>> a = nf.sum([[1.0, 2.0], [3.0, 4.0]], axis=0)
/// >>> a.tolist()
/// [4.0, 6.0]
#[pyclass(module = "nearfold", frozen, sequence)]
pub(super) struct Array {
    /// Kept alive for `data`; never touched again before the drop.
    _elements: Elements,
    data: *mut u8,
    dtype: Dtype,
    shape: Box<[isize]>,
    strides: Box<[isize]>,
}

// SAFETY: the memory belongs to the object and is neither moved nor freed before it. It is read and
// written through `data` alone, as a buffer that Python code may share between threads: whoever
// writes while another reads must lock, as for every exporter of buffers.
unsafe impl Send for Array {}
// SAFETY: as above.
unsafe impl Sync for Array {}

impl Array {
    pub(super) fn new(array: fold::Array) -> Self {
        let shape: Box<[isize]> = array.shape().iter().map(|&len| len.cast_signed()).collect();
        let mut elements = Elements::of(array);
        let dtype = elements.dtype();
        let mut strides = vec![0; shape.len()].into_boxed_slice();
        let mut step = dtype.len_bytes().cast_signed();
        for (stride, &len) in strides.iter_mut().zip(&shape).rev() {
            *stride = step;
            step *= len.max(1);
        }
        Self { data: elements.as_mut_ptr(), _elements: elements, dtype, shape, strides }
    }

    /// Returns the type of the elements, and where they lie.
    pub(super) fn memory(&self) -> (Dtype, *mut u8) {
        (self.dtype, self.data)
    }

    /// Returns the element `offset` bytes in.
    ///
    /// # Safety
    ///
    /// `offset` is that of an element.
    unsafe fn element(&self, offset: isize) -> Scalar {
        macro_rules! read {
            ($(($variant:ident, $type:ty, $name:literal),)*) => {
                match self.dtype {
                    // SAFETY: the caller's promise; elements are aligned and initialised.
                    $(Dtype::$variant => Scalar::$variant(unsafe {
                        self.data.offset(offset).cast::<$type>().read()
                    }),)*
                }
            };
        }
        for_each_dtype!(read)
    }

    /// Returns the part of the array from `axis` on, `offset` bytes in, as nested lists.
    fn nested<'py>(&self, py: Python<'py>, axis: usize, offset: isize) -> PyResult<Bound<'py, PyAny>> {
        let Some(&len) = self.shape.get(axis) else {
            // SAFETY: the sum of one step within each axis is an element's place.
            return Ok(number(py, unsafe { self.element(offset) }));
        };
        let list = PyList::empty(py);
        for i in 0..len {
            list.append(self.nested(py, axis + 1, offset + i * self.strides[axis])?)?;
        }
        Ok(list.into_any())
    }
}

#[pymethods]
impl Array {
    #[getter]
    fn shape<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, &*self.shape)
    }

    #[getter]
    fn dtype(&self) -> &'static str {
        self.dtype.name()
    }

    #[getter]
    fn ndim(&self) -> usize {
        self.shape.len()
    }

    #[getter]
    fn size(&self) -> isize {
        self.shape.iter().product()
    }

    /// Returns the elements as (nested) lists of Python numbers.
    fn tolist<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.nested(py, 0, 0)
    }

    fn __len__(&self) -> PyResult<usize> {
        let len = self
            .shape
            .first()
            .ok_or_else(|| PyTypeError::new_err("an array of no dimensions has no length"))?;
        Ok(len.unsigned_abs())
    }

    fn __getitem__<'py>(&self, py: Python<'py>, index: isize) -> PyResult<Bound<'py, PyAny>> {
        let len = self.__len__()?.cast_signed();
        let at = if index < 0 { index + len } else { index };
        if !(0..len).contains(&at) {
            return Err(PyIndexError::new_err(format!(
                "index {index} is out of range for a length of {len}"
            )));
        }
        self.nested(py, 1, at * self.strides[0])
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!("nearfold.Array({}, dtype={})", self.tolist(py)?.repr()?, self.dtype.name()))
    }

    /// # Safety
    ///
    /// The interpreter's promise: `view` is a valid place.
    unsafe fn __getbuffer__(slf: Bound<'_, Self>, view: *mut ffi::Py_buffer, flags: c_int) -> PyResult<()> {
        if view.is_null() {
            return Err(PyBufferError::new_err("expected a place for the buffer"));
        }
        let this = slf.get();
        let len_item = this.dtype.len_bytes().cast_signed();
        let wants = |flag| flags & flag == flag;
        // SAFETY: `view` is valid. `shape`, `strides` and `data` live as long as the object, of
        // which the buffer holds a reference. All is C-contiguous, so that every request is met,
        // but that for Fortran order alone.
        unsafe {
            if wants(ffi::PyBUF_F_CONTIGUOUS) && !wants(ffi::PyBUF_ANY_CONTIGUOUS) && this.shape.len() > 1 {
                return Err(PyBufferError::new_err("the array is in C order, not in Fortran order"));
            }
            (*view).buf = this.data.cast();
            (*view).len = this.shape.iter().product::<isize>() * len_item;
            (*view).itemsize = len_item;
            (*view).readonly = 0;
            (*view).ndim = this.shape.len() as c_int;
            (*view).format = if wants(ffi::PyBUF_FORMAT) {
                format_of(this.dtype).as_ptr().cast_mut()
            } else {
                ptr::null_mut()
            };
            (*view).shape =
                if wants(ffi::PyBUF_ND) { this.shape.as_ptr().cast_mut() } else { ptr::null_mut() };
            (*view).strides =
                if wants(ffi::PyBUF_STRIDES) { this.strides.as_ptr().cast_mut() } else { ptr::null_mut() };
            (*view).suboffsets = ptr::null_mut();
            (*view).internal = ptr::null_mut();
            (*view).obj = slf.into_any().into_ptr();
        }
        Ok(())
    }
}

/// Returns the PEP 3118 format of a dtype, with the letters that NumPy and memoryview know.
pub(super) fn format_of(dtype: Dtype) -> &'static CStr {
    match dtype {
        Dtype::F64 => c"d",
        Dtype::F32 => c"f",
        Dtype::F16 => c"e",
        // NumPy's int64 is C's long where that has 8 bytes.
        Dtype::I64 if size_of::<core::ffi::c_long>() == 8 => c"l",
        Dtype::U64 if size_of::<core::ffi::c_long>() == 8 => c"L",
        Dtype::I64 => c"q",
        Dtype::I32 => c"i",
        Dtype::I16 => c"h",
        Dtype::I8 => c"b",
        Dtype::U64 => c"Q",
        Dtype::U32 => c"I",
        Dtype::U16 => c"H",
        Dtype::U8 => c"B",
        Dtype::Bool => c"?",
        Dtype::C128 => c"Zd",
        Dtype::C64 => c"Zf",
    }
}
