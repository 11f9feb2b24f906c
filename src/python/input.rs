//! Which of its protocols does a Python object speak, and what numbers does it hold?
//!
//! In this order: a list or tuple, an array of NumPy's, the buffer protocol, a Python number, Arrow's capsules, DLPack,
//! the array interface, `__array__`, any other sequence. An exporter that refuses (a GPU tensor's
//! buffer, pandas' Arrow stream without pyarrow) gives way to the next protocol. What holds a NumPy
//! array of numbers is asked for that first: pandas exports its NaN to Arrow as nulls.

use std::borrow::Cow;

use pyo3::exceptions::{PyException, PyMemoryError, PyOverflowError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyComplex, PyFloat, PyInt, PyList, PyString, PyTuple};

use super::strided::try_vec;
use super::{arrow, buffer, dlpack, interface, numpy, sequence};
use crate::error::{Error, ErrorKind, Result};
use crate::fold::Values;
use crate::fold::narrow::held;

/// What is done with numbers once they are there. One type for all, called once: the ways in exist
/// once in the machine code, whatever comes after them.
pub(super) type Use<'f> = &'f mut dyn FnMut(Values<'_>) -> PyResult<()>;

/// Calls `f` with the numbers of `x`, read in place where its memory allows it.
pub(super) fn with_values<R, F>(x: &Bound<'_, PyAny>, f: F) -> PyResult<R>
where
    F: FnOnce(Values<'_>) -> PyResult<R>,
{
    let (mut f, mut result) = (Some(f), None);
    use_values(x, &mut |values| {
        if let Some(f) = f.take() {
            result = Some(f(values)?);
        }
        Ok(())
    })?;
    Ok(result.expect("a way in that succeeds has called f"))
}

fn use_values(x: &Bound<'_, PyAny>, f: Use<'_>) -> PyResult<()> {
    if x.is_instance_of::<PyList>() || x.is_instance_of::<PyTuple>() {
        return sequence::use_values(x, f);
    }
    if let Spoken::Yes = numpy::use_values(x, f)? {
        return Ok(());
    }
    if buffer::is_exporter(x) {
        return match buffer::use_values(x, f)? {
            Spoken::Yes | Spoken::No => Ok(()),
            Spoken::Refused(refusal) => use_other_protocols(x, f, Some(refusal)),
        };
    }
    if is_number(x) {
        return sequence::use_number(x, f);
    }
    use_other_protocols(x, f, None)
}

fn use_other_protocols(x: &Bound<'_, PyAny>, f: Use<'_>, mut refusal: Option<PyErr>) -> PyResult<()> {
    let py = x.py();
    if holds_numpy_numbers(x)?
        && let Spoken::Yes = use_dunder_array(x, f)?
    {
        return Ok(());
    }
    for protocol in
        [arrow::use_array, arrow::use_stream, dlpack::use_values, interface::use_values, use_dunder_array]
    {
        match protocol(x, f)? {
            Spoken::Yes => return Ok(()),
            Spoken::No => {}
            Spoken::Refused(error) => {
                refusal.get_or_insert(error);
            }
        }
    }
    if let Some(refusal) = refusal {
        return Err(refused(py, refusal));
    }
    if sequence::is_sequence(x) {
        return sequence::use_values(x, f);
    }
    Err(PyTypeError::new_err(format!(
        "expected numbers (an array, a buffer, an Arrow or DLPack array, a list), got {}",
        type_name(x)
    )))
}

/// Returns whether the `dtype` of `x` is one of NumPy's for numbers.
fn holds_numpy_numbers(x: &Bound<'_, PyAny>) -> PyResult<bool> {
    let py = x.py();
    let Some(dtype) = x.getattr_opt(pyo3::intern!(py, "dtype"))? else { return Ok(false) };
    let Some(numpy) = numpy::module(py)? else { return Ok(false) };
    if !dtype.is_instance(&numpy.getattr("dtype")?)? {
        return Ok(false);
    }
    let kind = dtype.getattr("kind")?;
    Ok(["b", "i", "u", "f", "c"].iter().any(|number| kind.eq(number).unwrap_or(false)))
}

fn use_dunder_array(x: &Bound<'_, PyAny>, f: Use<'_>) -> PyResult<Spoken> {
    let Some(make) = x.getattr_opt(pyo3::intern!(x.py(), "__array__"))? else { return Ok(Spoken::No) };
    refuse_missing(x)?;
    match make.call0() {
        Ok(array) if buffer::is_exporter(&array) => buffer::use_values(&array, f),
        Ok(_) => Ok(Spoken::No),
        Err(error) => Spoken::refused(x.py(), error),
    }
}

/// Refuses missing values of pandas' own types, which `__array__` would round to doubles with NaN among them.
fn refuse_missing(x: &Bound<'_, PyAny>) -> PyResult<()> {
    let Some(is_missing) = x.getattr_opt(pyo3::intern!(x.py(), "isna"))? else { return Ok(()) };
    if holds_numpy_numbers(x)? {
        return Ok(());
    }
    let missing: usize = is_missing.call0()?.call_method0("sum")?.extract()?;
    if missing == 0 { Ok(()) } else { Err(nulls(missing).into()) }
}

/// The error of an array with missing values.
pub(super) fn nulls(n: usize) -> Error {
    Error::from(ErrorKind::BadParameter {
        name: "array",
        expected: "no nulls (drop or fill them first)".into(),
        got: format!("{n} nulls"),
    })
}

/// What came of asking an object for a protocol.
#[must_use]
pub(super) enum Spoken {
    /// It speaks it, and its numbers were used.
    Yes,
    /// It does not.
    No,
    /// It claims to, but refused this time.
    Refused(PyErr),
}

impl Spoken {
    /// Takes an exporter's exception for its refusal; an interruption, or a lack of memory, is none.
    pub(super) fn refused(py: Python<'_>, error: PyErr) -> PyResult<Self> {
        if error.is_instance_of::<PyException>(py) && !error.is_instance_of::<PyMemoryError>(py) {
            Ok(Self::Refused(error))
        } else {
            Err(error)
        }
    }
}

/// An exporter's own refusal, as ours: its text says what it cannot export.
pub(super) fn refused(py: Python<'_>, refusal: PyErr) -> PyErr {
    let error: PyErr = super::format::unsupported(refusal.value(py).to_string()).into();
    error.set_cause(py, Some(refusal));
    error
}

fn is_number(x: &Bound<'_, PyAny>) -> bool {
    x.is_instance_of::<PyFloat>() || x.is_instance_of::<PyInt>() || x.is_instance_of::<PyComplex>()
}

/// Returns the name of an object's type, for error texts.
pub(super) fn type_name(x: &Bound<'_, PyAny>) -> String {
    x.get_type().qualname().map_or_else(|_| "an object".to_owned(), |name| name.to_string())
}

/// Returns the numbers as f32, in C order: where they are if they are that already.
///
/// Errors: `unsupported_dtype` for complex numbers; `not_finite` and `bad_parameter` for what 32 bits turn into infinity or 0;
/// `out_of_memory`.
pub(super) fn to_f32<'v>(values: &'v Values<'_>) -> Result<Cow<'v, [f32]>> {
    macro_rules! convert {
        ($($variant:ident => $to_f32:expr),* $(,)?) => {
            match values {
                Values::F32(view) if view.is_standard_layout() => {
                    Ok(Cow::Borrowed(view.as_slice().expect("the layout is standard")))
                }
                Values::F64(view) => {
                    let dim = view.shape().last().copied().unwrap_or(1);
                    let mut copy = try_vec(view.len())?;
                    for (at, &x) in view.iter().enumerate() {
                        copy.push(held(x, at, dim)?);
                    }
                    Ok(Cow::Owned(copy))
                }
                $(Values::$variant(view) => {
                    let mut copy = try_vec(view.len())?;
                    copy.extend(view.iter().map($to_f32));
                    Ok(Cow::Owned(copy))
                })*
                Values::C64(_) | Values::C128(_) => Err(ErrorKind::UnsupportedDtype {
                    op: "vectors",
                    expected: "real numbers",
                    got: values.dtype().name().to_owned(),
                }.into()),
            }
        };
    }
    convert! {
        F32 => |&x| x,
        F16 => |&x| f32::from(x),
        I64 => |&x| x as f32,
        I32 => |&x| x as f32,
        I16 => |&x| f32::from(x),
        I8 => |&x| f32::from(x),
        U64 => |&x| x as f32,
        U32 => |&x| x as f32,
        U16 => |&x| f32::from(x),
        U8 => |&x| f32::from(x),
        Bool => |&x| f32::from(u8::from(x.get())),
    }
}

/// Returns ids given as any array or sequence of integers.
///
/// Errors: `TypeError` for what is no integer, `bad_parameter` for a negative one.
pub(super) fn to_ids(ids: &Bound<'_, PyAny>) -> PyResult<Vec<u64>> {
    if ids.is_instance_of::<PyString>() {
        return Err(PyTypeError::new_err("expected integer ids, got str"));
    }
    let converted = with_values(ids, |values| {
        macro_rules! convert {
            ($($variant:ident),*) => {
                match &values {
                    $(Values::$variant(view) => view
                        .iter()
                        .map(|&id| u64::try_from(id).map_err(|_| not_an_id(&id).into()))
                        .collect(),)*
                    _ if values.is_empty() => Ok(Vec::new()),
                    _ => Err(PyTypeError::new_err(format!("expected integer ids, got {}", values.dtype().name()))),
                }
            };
        }
        convert!(U64, U32, U16, U8, I64, I32, I16, I8)
    });
    // No array holds integers beyond 64 bits, nor negative ones beside some of 64: say which of the list it is.
    let strange = |id: &Bound<'_, PyAny>| id.is_instance_of::<PyInt>() && id.extract::<u64>().is_err();
    match converted {
        Err(_) if ids.try_iter().is_ok() => {
            let mut strange = ids.try_iter()?.filter_map(|id| id.ok().filter(strange));
            match strange.next() {
                Some(id) => Err(not_an_id(&id).into()),
                None => converted,
            }
        }
        converted => converted,
    }
}

/// Returns a mask given as an array or sequence of bools; `None` for what holds no bools, or nothing.
pub(super) fn to_mask(mask: &Bound<'_, PyAny>) -> PyResult<Option<Vec<bool>>> {
    if mask.is_instance_of::<PyString>() {
        return Ok(None);
    }
    let bools = with_values(mask, |values| match &values {
        Values::Bool(view) if !view.is_empty() && view.ndim() == 1 => {
            Ok(Some(view.iter().map(|x| x.get()).collect()))
        }
        _ => Ok(None),
    });
    // What ids these are, is said where they are read.
    Ok(bools.unwrap_or_default())
}

/// One id.
pub(super) struct IdArgument(pub(super) u64);

impl<'a, 'py> FromPyObject<'a, 'py> for IdArgument {
    type Error = PyErr;

    fn extract(id: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        match id.extract::<u64>() {
            Err(error) if error.is_instance_of::<PyOverflowError>(id.py()) => Err(not_an_id(&*id).into()),
            id => id.map(Self),
        }
    }
}

fn not_an_id(id: &impl ToString) -> Error {
    Error::from(ErrorKind::BadParameter {
        name: "ids",
        expected: "integers from 0 to 2^64 - 2".into(),
        got: id.to_string(),
    })
}
