//! Which Python objects may stand for an axis, a dtype, a size?

use pyo3::exceptions::{PyOverflowError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyComplex, PyFloat, PyInt, PyList, PyString, PyTuple, PyType};

use super::input::{type_name, with_values};
use super::strided::try_vec;
use crate::error::{ErrorKind, Result};
use crate::fold::{Axes, Dtype, Quantiles, Scalar, Values};

/// `axis`: `None`, an int, or a tuple of ints.
pub(super) struct AxisArgument(pub(super) Axes);

impl<'a, 'py> FromPyObject<'a, 'py> for AxisArgument {
    type Error = PyErr;

    fn extract(axis: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        if axis.is_none() {
            return Ok(Self(Axes::All));
        }
        if axis.is_instance_of::<PyTuple>() || axis.is_instance_of::<PyList>() {
            let axes: PyResult<_> = axis.try_iter()?.map(|axis| one_axis(&axis?)).collect();
            return Ok(Self(Axes::Many(axes?)));
        }
        Ok(Self(Axes::One(one_axis(&axis)?)))
    }
}

fn one_axis(axis: &Bound<'_, PyAny>) -> PyResult<isize> {
    if axis.is_instance_of::<PyBool>() {
        return Err(PyTypeError::new_err("axis: expected an int, a tuple of ints or None, got bool"));
    }
    match axis.extract::<isize>() {
        Err(error) if error.is_instance_of::<PyOverflowError>(axis.py()) => {
            // Out of every range: the core says so with the array's number of dimensions.
            Ok(if axis.lt(0)? { isize::MIN } else { isize::MAX })
        }
        Err(error) if error.is_instance_of::<PyTypeError>(axis.py()) => Err(PyTypeError::new_err(format!(
            "axis: expected an int, a tuple of ints or None, got {}",
            type_name(axis)
        ))),
        axis => axis,
    }
}

/// `dtype`: a name, a NumPy dtype or scalar type, or one of `bool`, `int`, `float`, `complex`.
pub(super) struct DtypeArgument(pub(super) Dtype);

impl<'a, 'py> FromPyObject<'a, 'py> for DtypeArgument {
    type Error = PyErr;

    fn extract(dtype: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        let py = dtype.py();
        if let Ok(name) = dtype.cast::<PyString>() {
            return Ok(Self(Dtype::from_name(&name.to_cow()?)?));
        }
        if dtype.is(py.get_type::<PyBool>()) {
            return Ok(Self(Dtype::Bool));
        }
        if dtype.is(py.get_type::<PyInt>()) {
            return Ok(Self(Dtype::I64));
        }
        if dtype.is(py.get_type::<PyFloat>()) {
            return Ok(Self(Dtype::F64));
        }
        if dtype.is(py.get_type::<PyComplex>()) {
            return Ok(Self(Dtype::C128));
        }
        let name = if let Ok(scalar_type) = dtype.cast::<PyType>() {
            scalar_type.name()?.into_any()
        } else {
            dtype.getattr_opt("name")?.ok_or_else(|| {
                PyTypeError::new_err(format!(
                    "dtype: expected a name or a NumPy dtype, got {}",
                    type_name(&dtype)
                ))
            })?
        };
        Ok(Self(Dtype::from_name(&name.extract::<String>()?)?))
    }
}

/// `initial`: a number of Python or NumPy.
pub(super) struct InitialArgument(pub(super) Scalar);

impl<'a, 'py> FromPyObject<'a, 'py> for InitialArgument {
    type Error = PyErr;

    fn extract(initial: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        let wrong =
            || PyTypeError::new_err(format!("initial: expected a number, got {}", type_name(&initial)));
        match with_values(&initial, |values| Ok(values.number())) {
            Ok(number) => number.map(Self).ok_or_else(wrong),
            Err(_) if initial.is_instance_of::<PyInt>() => Err(ErrorKind::BadParameter {
                name: "initial",
                expected: "a number; of ints one from -2^63 to 2^64 - 1".into(),
                got: initial.str()?.to_string(),
            }
            .into()),
            Err(error) if error.is_instance_of::<PyTypeError>(initial.py()) => Err(wrong()),
            Err(error) => Err(error),
        }
    }
}

/// `q`: a float, or an array of floats.
pub(super) struct QuantilesArgument(pub(super) Quantiles);

impl<'a, 'py> FromPyObject<'a, 'py> for QuantilesArgument {
    type Error = PyErr;

    fn extract(q: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        match q.extract::<f64>() {
            Ok(one) => Ok(Self(Quantiles::One(one))),
            Err(error) if error.is_instance_of::<PyTypeError>(q.py()) => {
                Ok(Self(Quantiles::Many(floats("q", &q)?)))
            }
            Err(error) => Err(error),
        }
    }
}

/// Returns real numbers of one axis as doubles; `name` is the argument's, for the error's text.
pub(super) fn floats(name: &str, numbers: &Bound<'_, PyAny>) -> PyResult<Vec<f64>> {
    with_values(numbers, |values| {
        macro_rules! doubles {
            ($($variant:ident: $double:expr;)*) => {
                match (&values, values.shape()) {
                    $((Values::$variant(view), [len]) => {
                        let mut list = try_vec::<f64>(*len)?;
                        list.extend(view.iter().map::<f64, _>($double));
                        Ok(list)
                    })*
                    (_, shape) => {
                        let dtype = values.dtype().name();
                        let text = format!("{name}: expected real numbers of one axis, got {dtype} of shape {shape:?}");
                        Err(PyTypeError::new_err(text))
                    }
                }
            };
        }
        doubles! {
            F64: |&x| x;
            F32: |&x| x.into();
            F16: |&x| x.into();
            I64: |&x| x as f64;
            I32: |&x| x.into();
            I16: |&x| x.into();
            I8: |&x| x.into();
            U64: |&x| x as f64;
            U32: |&x| x.into();
            U16: |&x| x.into();
            U8: |&x| x.into();
            Bool: |&x| u8::from(x.get()).into();
        }
    })
}

/// What a size may be that may not be 0.
pub(super) const AT_LEAST_1: &str = if usize::BITS == 64 { "1 to 2^64 - 1" } else { "1 to 2^32 - 1" };

/// What a size may be that may be 0.
pub(super) const AT_LEAST_0: &str = if usize::BITS == 64 { "0 to 2^64 - 1" } else { "0 to 2^32 - 1" };

/// A Python int that counts something.
pub(super) enum SizeArgument {
    Size(usize),
    /// Negative, or beyond this machine: its text.
    Outside(String),
}

impl<'a, 'py> FromPyObject<'a, 'py> for SizeArgument {
    type Error = PyErr;

    fn extract(size: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        match size.extract::<usize>() {
            Ok(size) => Ok(Self::Size(size)),
            Err(error) if error.is_instance_of::<PyOverflowError>(size.py()) => {
                Ok(Self::Outside(size.str()?.to_string()))
            }
            Err(error) => Err(error),
        }
    }
}

impl SizeArgument {
    /// Returns the size; `name` is the argument's and `expected` what it may be, for the error's text.
    pub(super) fn at(self, name: &'static str, expected: &str) -> Result<usize> {
        match self {
            Self::Size(size) => Ok(size),
            Self::Outside(got) => {
                Err(ErrorKind::BadParameter { name, expected: expected.into(), got }.into())
            }
        }
    }
}

/// `order` of moments.
pub(super) struct OrderArgument(pub(super) u8);

impl<'a, 'py> FromPyObject<'a, 'py> for OrderArgument {
    type Error = PyErr;

    fn extract(order: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        let got = match order.extract()? {
            SizeArgument::Size(size) => match u8::try_from(size) {
                Ok(order) => return Ok(Self(order)),
                Err(_) => size.to_string(),
            },
            SizeArgument::Outside(got) => got,
        };
        Err(ErrorKind::BadParameter { name: "order", expected: "1 to 4".into(), got }.into())
    }
}
