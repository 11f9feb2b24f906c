//! How do Python numbers, alone or in (nested) lists, become an array?
//!
//! As NumPy does it: bools are `bool`, integers `int64` (`uint64` where one needs it), and one
//! float or complex number among them makes all of them that. Rows may be lists or arrays.

use ndarray::{ArrayViewD, IxDyn};
use num_complex::Complex;
use pyo3::exceptions::{PyOverflowError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyComplex, PyDict, PyFloat, PyInt, PyList, PySequence, PyString, PyTuple};

use super::buffer;
use super::format::unsupported;
use super::input::{Spoken, Use, refused, type_name};
use super::strided::booleans;
use crate::error::{Error, ErrorKind};
use crate::fold::Values;
use crate::fold::dtype::Boolean;

/// Deeper nesting than any array has.
const NDIM_MAX: usize = 32;

/// Returns whether `x` is a sequence of things, rather than a text or a mapping.
pub(super) fn is_sequence(x: &Bound<'_, PyAny>) -> bool {
    x.is_instance_of::<PyList>()
        || x.is_instance_of::<PyTuple>()
        || (x.cast::<PySequence>().is_ok()
            && !x.is_instance_of::<PyString>()
            && !x.is_instance_of::<PyDict>())
}

/// Calls `f` with the one number `x`, an array of no dimensions.
pub(super) fn use_number(x: &Bound<'_, PyAny>, f: Use<'_>) -> PyResult<()> {
    let mut numbers = Numbers::default();
    numbers.push(x)?;
    numbers.use_values(IxDyn(&[]), f)
}

/// Calls `f` with the numbers of the sequence `x`.
pub(super) fn use_values(x: &Bound<'_, PyAny>, f: Use<'_>) -> PyResult<()> {
    let mut numbers = Numbers::default();
    let shape = numbers.push_nested(x, 1)?;
    numbers.use_values(IxDyn(&shape), f)
}

/// Numbers of the narrowest kind that holds all that came so far.
#[derive(Default)]
enum Numbers {
    #[default]
    None,
    Bools(Vec<u8>),
    Ints(Vec<i64>),
    WideInts(Vec<i128>),
    Floats(Vec<f64>),
    Complexes(Vec<Complex<f64>>),
}

impl Numbers {
    /// Appends a sequence, row by row, and returns its shape.
    fn push_nested(&mut self, x: &Bound<'_, PyAny>, depth: usize) -> PyResult<Vec<usize>> {
        if depth > NDIM_MAX {
            return Err(ErrorKind::ShapeMismatch {
                expected: format!("at most {NDIM_MAX} nested sequences"),
                got: "more".into(),
            }
            .into());
        }
        let mut len = 0;
        let mut row_shape: Option<Vec<usize>> = None;
        for item in x.try_iter()? {
            let item = item?;
            let shape = self.push_item(&item, depth)?;
            len += 1;
            match &row_shape {
                None => row_shape = Some(shape),
                Some(first) if *first == shape => {}
                Some(first) => {
                    return Err(ErrorKind::ShapeMismatch {
                        expected: format!("rows of the same shape, {first:?}"),
                        got: format!("{shape:?}"),
                    }
                    .into());
                }
            }
        }
        let mut shape = vec![len];
        shape.extend(row_shape.unwrap_or_default());
        Ok(shape)
    }

    /// Appends a number, or a row of numbers, and returns its shape.
    fn push_item(&mut self, item: &Bound<'_, PyAny>, depth: usize) -> PyResult<Vec<usize>> {
        if let Ok(float) = item.cast_exact::<PyFloat>() {
            self.push_float(float.value());
            return Ok(Vec::new());
        }
        if item.is_instance_of::<PyInt>() || item.is_instance_of::<PyFloat>() {
            self.push(item)?;
            return Ok(Vec::new());
        }
        if buffer::is_exporter(item) {
            let mut shape = Vec::new();
            let spoken = buffer::use_values(item, &mut |values| {
                shape.extend(values.shape());
                self.push_values(&values);
                Ok(())
            })?;
            return match spoken {
                Spoken::Refused(refusal) => Err(refused(item.py(), refusal)),
                Spoken::Yes | Spoken::No => Ok(shape),
            };
        }
        if is_sequence(item) {
            return self.push_nested(item, depth + 1);
        }
        self.push(item)?;
        Ok(Vec::new())
    }

    fn push(&mut self, item: &Bound<'_, PyAny>) -> PyResult<()> {
        if item.is_instance_of::<PyBool>() {
            self.push_bool(item.is_truthy()?);
        } else if item.is_instance_of::<PyInt>() {
            self.push_int(to_int(item)?);
        } else if item.is_instance_of::<PyFloat>() {
            self.push_float(item.extract()?);
        } else if item.is_instance_of::<PyComplex>() {
            let number = item.cast::<PyComplex>()?;
            self.push_complex(Complex::new(number.real(), number.imag()));
        } else if item.hasattr(pyo3::intern!(item.py(), "__index__"))? {
            self.push_int(to_int(item)?);
        } else if item.hasattr(pyo3::intern!(item.py(), "__float__"))? {
            self.push_float(item.extract()?);
        } else {
            return Err(PyTypeError::new_err(format!("expected a number, got {}", type_name(item))));
        }
        Ok(())
    }

    /// Appends all elements of an array, in C order.
    fn push_values(&mut self, values: &Values<'_>) {
        macro_rules! push_each {
            ($($variant:ident => $push:expr),* $(,)?) => {
                match values {
                    $(Values::$variant(view) => view.iter().for_each(|&x| $push(self, x)),)*
                }
            };
        }
        push_each! {
            F64 => Self::push_float,
            F32 => |to: &mut Self, x: f32| to.push_float(x.into()),
            F16 => |to: &mut Self, x: half::f16| to.push_float(x.into()),
            I64 => |to: &mut Self, x: i64| to.push_int(x.into()),
            I32 => |to: &mut Self, x: i32| to.push_int(x.into()),
            I16 => |to: &mut Self, x: i16| to.push_int(x.into()),
            I8 => |to: &mut Self, x: i8| to.push_int(x.into()),
            U64 => |to: &mut Self, x: u64| to.push_int(x.into()),
            U32 => |to: &mut Self, x: u32| to.push_int(x.into()),
            U16 => |to: &mut Self, x: u16| to.push_int(x.into()),
            U8 => |to: &mut Self, x: u8| to.push_int(x.into()),
            Bool => |to: &mut Self, x: Boolean| to.push_bool(x.get()),
            C128 => Self::push_complex,
            C64 => |to: &mut Self, x: Complex<f32>| to.push_complex(Complex::new(x.re.into(), x.im.into())),
        }
    }

    fn push_bool(&mut self, value: bool) {
        if matches!(self, Self::None) {
            *self = Self::Bools(Vec::new());
        }
        match self {
            Self::None => {}
            Self::Bools(numbers) => numbers.push(u8::from(value)),
            Self::Ints(numbers) => numbers.push(i64::from(value)),
            Self::WideInts(numbers) => numbers.push(i128::from(value)),
            Self::Floats(numbers) => numbers.push(f64::from(u8::from(value))),
            Self::Complexes(numbers) => numbers.push(f64::from(u8::from(value)).into()),
        }
    }

    fn push_int(&mut self, value: i128) {
        match self {
            Self::None => *self = Self::Ints(Vec::new()),
            Self::Bools(bools) => *self = Self::Ints(bools.iter().map(|&b| b.into()).collect()),
            _ => {}
        }
        if let Self::Ints(numbers) = self {
            match i64::try_from(value) {
                Ok(value) => numbers.push(value),
                Err(_) => {
                    let mut wide: Vec<i128> = numbers.iter().map(|&n| n.into()).collect();
                    wide.push(value);
                    *self = Self::WideInts(wide);
                }
            }
            return;
        }
        match self {
            Self::WideInts(numbers) => numbers.push(value),
            Self::Floats(numbers) => numbers.push(value as f64),
            Self::Complexes(numbers) => numbers.push((value as f64).into()),
            Self::None | Self::Bools(_) | Self::Ints(_) => {}
        }
    }

    fn push_float(&mut self, value: f64) {
        if let Self::Complexes(numbers) = self {
            numbers.push(value.into());
            return;
        }
        if !matches!(self, Self::Floats(_)) {
            *self = Self::Floats(self.take_floats());
        }
        if let Self::Floats(numbers) = self {
            numbers.push(value);
        }
    }

    fn push_complex(&mut self, value: Complex<f64>) {
        if !matches!(self, Self::Complexes(_)) {
            *self = Self::Complexes(self.take_floats().into_iter().map(Complex::from).collect());
        }
        if let Self::Complexes(numbers) = self {
            numbers.push(value);
        }
    }

    fn take_floats(&mut self) -> Vec<f64> {
        match core::mem::take(self) {
            Self::Bools(numbers) => numbers.into_iter().map(f64::from).collect(),
            Self::Ints(numbers) => numbers.into_iter().map(|n| n as f64).collect(),
            Self::WideInts(numbers) => numbers.into_iter().map(|n| n as f64).collect(),
            Self::Floats(numbers) => numbers,
            Self::None | Self::Complexes(_) => Vec::new(),
        }
    }

    fn use_values(self, shape: IxDyn, f: Use<'_>) -> PyResult<()> {
        fn view<T>(numbers: &[T], shape: IxDyn) -> PyResult<ArrayViewD<'_, T>> {
            let got = numbers.len();
            ArrayViewD::from_shape(shape.clone(), numbers).map_err(|_| {
                Error::from(ErrorKind::ShapeMismatch {
                    expected: format!("{shape:?}"),
                    got: format!("{got} numbers"),
                })
                .into()
            })
        }
        match self {
            Self::None => f(Values::F64(view(&[], shape)?)),
            Self::Bools(numbers) => {
                let flat = booleans(&numbers);
                f(Values::Bool(view(flat.as_slice().unwrap_or_default(), shape)?))
            }
            Self::Ints(numbers) => f(Values::I64(view(&numbers, shape)?)),
            Self::WideInts(numbers) => {
                let unsigned: Vec<u64> = numbers
                    .iter()
                    .map(|&n| {
                        u64::try_from(n).map_err(|_| unsupported("integers both negative and above 2^63 - 1"))
                    })
                    .collect::<Result<_, _>>()?;
                f(Values::U64(view(&unsigned, shape)?))
            }
            Self::Floats(numbers) => f(Values::F64(view(&numbers, shape)?)),
            Self::Complexes(numbers) => f(Values::C128(view(&numbers, shape)?)),
        }
    }
}

/// Returns an integer of Python; one beyond 64 bits is refused.
fn to_int(item: &Bound<'_, PyAny>) -> PyResult<i128> {
    match item.extract::<i64>() {
        Err(error) if error.is_instance_of::<PyOverflowError>(item.py()) => item
            .extract::<u64>()
            .map(i128::from)
            .map_err(|_| unsupported("an integer outside -2^63 to 2^64 - 1").into()),
        small => small.map(i128::from),
    }
}
