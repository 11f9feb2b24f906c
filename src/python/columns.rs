//! The columns' values and filters: Python objects in, Python objects out.

use pyo3::basic::CompareOp;
use pyo3::exceptions::{PyOverflowError, PyTypeError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{
    PyBool, PyByteArray, PyBytes, PyDict, PyFloat, PyFrozenSet, PyInt, PyList, PySet, PyString, PyTuple,
    PyType,
};

use crate::columns::Value;
use crate::error::{Error, ErrorKind, Result};
use crate::near::Index;

/// No filter and no list of values is nested so deep; a list in itself is.
const DEPTH_MAX: usize = 100;

/// Columns' values by name.
pub(super) type Named = Vec<(String, Vec<Value>)>;

/// Columns that an argument gives.
pub(super) struct Given(Named);

impl Given {
    /// Reads a dict, or another mapping with `items`.
    pub(super) fn of(columns: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        let Some(columns) = columns else { return Ok(Self(Vec::new())) };
        let Ok(items) = columns.call_method0("items") else {
            return Err(PyTypeError::new_err("columns: expected a dict of names and values"));
        };
        let mut given = Vec::new();
        for item in items.try_iter()? {
            let (name, values): (Bound<'_, PyAny>, Bound<'_, PyAny>) = item?.extract()?;
            match from_python("columns", &values, 0)? {
                Value::List(values) => given.push((name_of("columns", &name)?, values)),
                other => {
                    let expected = format!("an array of values for column {:?}", name_of("columns", &name)?);
                    return Err(bad("columns", expected, other.to_string()).into());
                }
            }
        }
        Ok(Self(given))
    }

    pub(super) fn view(&self) -> Vec<(&str, &[Value])> {
        self.0.iter().map(|(name, values)| (name.as_str(), values.as_slice())).collect()
    }
}

/// Which columns a search returns.
pub(super) enum Wanted {
    None,
    All,
    These(Vec<String>),
}

impl Wanted {
    /// Reads a bool or a sequence of names.
    pub(super) fn of(argument: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        let Some(argument) = argument else { return Ok(Self::None) };
        if let Ok(all) = argument.cast::<PyBool>() {
            return Ok(if all.is_true() { Self::All } else { Self::None });
        }
        // A string is a sequence of strings; it is not meant as one.
        if argument.is_instance_of::<PyString>() {
            return Err(PyTypeError::new_err("with_columns: expected a list of names or a bool, got a str"));
        }
        let names: PyResult<Vec<String>> =
            argument.try_iter()?.map(|name| name_of("with_columns", &name?)).collect();
        Ok(Self::These(names?))
    }

    /// Returns the values of ids, column by column.
    pub(super) fn values(&self, index: &Index, ids: &[u64]) -> Result<Option<Named>> {
        let names = match self {
            Self::None => return Ok(None),
            Self::All => index.columns().into_iter().map(|(name, _)| name).collect(),
            Self::These(names) => names.clone(),
        };
        names
            .into_iter()
            .map(|name| index.column(&name, ids).map(|values| (name, values)))
            .collect::<Result<_>>()
            .map(Some)
    }
}

fn bad(name: &'static str, expected: impl Into<String>, got: impl Into<String>) -> Error {
    Error::from(ErrorKind::BadParameter { name, expected: expected.into(), got: got.into() })
}

/// Returns a copy of a text, which may be too long for the memory.
fn kept(text: &str) -> Result<String> {
    let mut copy = String::new();
    let refused = |_| Error::from(ErrorKind::OutOfMemory { len_bytes: text.len() as u64 });
    copy.try_reserve_exact(text.len()).map_err(refused)?;
    copy.push_str(text);
    Ok(copy)
}

fn name_of(argument: &'static str, name: &Bound<'_, PyAny>) -> PyResult<String> {
    match name.cast::<PyString>() {
        Ok(name) => Ok(name.to_cow()?.into_owned()),
        Err(_) => Err(bad(argument, "names that are strings", described(name)).into()),
    }
}

/// Returns an object as an error text shows it.
fn described(object: &Bound<'_, PyAny>) -> String {
    let name = |kind: Bound<'_, PyType>| kind.name().map(|name| name.to_string());
    format!("a value of type {}", name(object.get_type()).unwrap_or_default())
}

/// Returns a Python value, list or dict as the core's; arrays are asked for their lists.
pub(super) fn from_python(
    argument: &'static str,
    object: &Bound<'_, PyAny>,
    depth: usize,
) -> PyResult<Value> {
    if depth > DEPTH_MAX {
        return Err(
            bad(argument, format!("at most {DEPTH_MAX} lists and dicts in each other"), "more").into()
        );
    }
    let list = |items: &Bound<'_, PyAny>| {
        let values: PyResult<Vec<Value>> =
            items.try_iter()?.map(|item| from_python(argument, &item?, depth + 1)).collect();
        values.map(Value::List)
    };
    if object.is_none() {
        return Ok(Value::Null);
    }
    if let Ok(truth) = object.cast::<PyBool>() {
        return Ok(Value::Bool(truth.is_true()));
    }
    if object.is_instance_of::<PyInt>() {
        if let Ok(int) = object.extract() {
            return Ok(Value::Int(int));
        }
        // In a filter a number is compared as what it is.
        if argument == "filter"
            && let Ok(float) = object.extract::<f64>()
            && object.eq(float)?
        {
            return Ok(Value::Float(float));
        }
        let expected = match argument {
            "filter" => "integers from -2**63 to 2**63 - 1, or ones that a float holds",
            _ => "integers from -2**63 to 2**63 - 1",
        };
        return Err(bad(argument, expected, "one outside").into());
    }
    if let Ok(float) = object.cast::<PyFloat>() {
        return Ok(Value::Float(float.value()));
    }
    if let Ok(text) = object.cast::<PyString>() {
        return Ok(Value::String(kept(&text.to_cow()?)?));
    }
    if let Ok(dict) = object.cast::<PyDict>() {
        let entries: PyResult<Vec<(String, Value)>> = dict
            .iter()
            .map(|(name, value)| Ok((name_of(argument, &name)?, from_python(argument, &value, depth + 1)?)))
            .collect();
        return entries.map(Value::Map);
    }
    if object.is_instance_of::<PyList>() || object.is_instance_of::<PyTuple>() {
        return list(object);
    }
    if object.is_instance_of::<PySet>() || object.is_instance_of::<PyFrozenSet>() {
        if argument == "columns" {
            let got = "a set, whose order is another in each run: sorted(…) makes a list of it";
            return Err(bad(argument, "lists", got).into());
        }
        return list(object);
    }
    if object.is_instance_of::<PyBytes>() || object.is_instance_of::<PyByteArray>() {
        return Err(bad(argument, EXPECTED, described(object)).into());
    }
    if let Some(time) = time_of(argument, object, depth)? {
        return Ok(time);
    }
    // NumPy, pandas and array.array; Arrow; Polars. A NumPy scalar becomes a number so, not a list.
    for method in ["tolist", "to_pylist", "to_list"] {
        if object.hasattr(method)? {
            return from_python(argument, &object.call_method0(method)?, depth + 1);
        }
    }
    // What pandas has where it has nothing.
    if object.get_type().name()?.to_cow()? == "NAType" {
        return Ok(Value::Null);
    }
    if object.try_iter().is_ok() {
        return list(object);
    }
    Err(bad(argument, EXPECTED, described(object)).into())
}

/// What a value may be.
const EXPECTED: &str = "int, float, str, bool, datetime, None, or lists and dicts of them";

/// What NumPy has in place of a time.
const NOT_A_TIME: i64 = i64::MIN;

/// Returns a time, or NumPy's, pandas' and Polars' arrays of times; without a time zone it is UTC.
fn time_of(argument: &'static str, object: &Bound<'_, PyAny>, depth: usize) -> PyResult<Option<Value>> {
    let py = object.py();
    let finer = || bad(argument, "times of whole microseconds", "a finer one");
    let name = object.get_type().name()?;
    let name = name.to_cow()?;
    if name == "NaTType" {
        return Ok(Some(Value::Null));
    }
    let calendar = Calendar::of(py)?;
    if object.is_instance(calendar.datetime.bind(py))? {
        // pandas has times of nanoseconds.
        if object.getattr_opt("nanosecond")?.is_some_and(|rest| rest.is_truthy().unwrap_or(true)) {
            return Err(finer().into());
        }
        let naive = object.call_method0("utcoffset")?.is_none();
        let epoch = if naive { &calendar.naive_epoch } else { &calendar.epoch };
        let since = object.sub(epoch.bind(py))?;
        let part = |name| since.getattr(name)?.extract::<i64>();
        let seconds = part("days")? * 86_400 + part("seconds")?;
        return Ok(Some(Value::DateTime(seconds * 1_000_000 + part("microseconds")?)));
    }
    if object.is_instance(calendar.date.bind(py))? {
        let days = object.call_method0("toordinal")?.extract::<i64>()? - ORDINAL_OF_1970;
        return Ok(Some(Value::DateTime(days * 86_400_000_000)));
    }
    let Some(dtype) = object.getattr_opt("dtype")? else { return Ok(None) };
    let is_time = |dtype: &Bound<'_, PyAny>| match dtype.getattr_opt("kind")? {
        Some(kind) => kind.eq("M"),
        None => Ok(false),
    };
    // A list of Polars' would have rounded them already.
    if !is_time(&dtype)? && !dtype.hasattr("time_unit")? {
        return Ok(None);
    }
    let times = match object.getattr_opt("to_numpy")? {
        Some(to_numpy) => to_numpy.call0()?,
        None => object.clone(),
    };
    let dtype = times.getattr("dtype")?;
    if !is_time(&dtype)? {
        // Times with a zone come as objects.
        return from_python(argument, &times.call_method0("tolist")?, depth + 1).map(Some);
    }
    let micros = times.call_method1("astype", ("datetime64[us]",))?;
    let back = micros.call_method1("astype", (&dtype,))?;
    let nothing = py.import("numpy")?.call_method1("isnat", (&times,))?;
    let differs = times.rich_compare(&back, CompareOp::Ne)?.bitand(nothing.call_method0("__invert__")?)?;
    if differs.call_method0("any")?.is_truthy()? {
        return Err(finer().into());
    }
    let micros = micros.call_method1("astype", ("int64",))?.call_method0("tolist")?;
    Ok(Some(as_times(from_python(argument, &micros, depth + 1)?)))
}

/// The ordinal of 1970-01-01.
const ORDINAL_OF_1970: i64 = 719_163;

/// Returns microseconds, or lists of them, as times.
fn as_times(value: Value) -> Value {
    match value {
        Value::Int(NOT_A_TIME) => Value::Null,
        Value::Int(micros) => Value::DateTime(micros),
        Value::List(values) => Value::List(values.into_iter().map(as_times).collect()),
        other => other,
    }
}

/// What `datetime` has, looked up once.
struct Calendar {
    datetime: Py<PyAny>,
    date: Py<PyAny>,
    timedelta: Py<PyAny>,
    epoch: Py<PyAny>,
    naive_epoch: Py<PyAny>,
}

impl Calendar {
    fn of(py: Python<'_>) -> PyResult<&'static Self> {
        static CALENDAR: PyOnceLock<Calendar> = PyOnceLock::new();
        CALENDAR.get_or_try_init(py, || {
            let module = py.import("datetime")?;
            let datetime = module.getattr("datetime")?;
            let naive_epoch = datetime.call1((1970, 1, 1))?;
            let zone = PyDict::new(py);
            zone.set_item("tzinfo", module.getattr("timezone")?.getattr("utc")?)?;
            Ok(Self {
                epoch: naive_epoch.call_method("replace", (), Some(&zone))?.unbind(),
                naive_epoch: naive_epoch.unbind(),
                datetime: datetime.unbind(),
                date: module.getattr("date")?.unbind(),
                timedelta: module.getattr("timedelta")?.unbind(),
            })
        })
    }
}

/// Returns the core's value as Python's.
pub(super) fn to_python<'py>(py: Python<'py>, value: Value) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        Value::Bool(value) => PyBool::new(py, value).to_owned().into_any(),
        Value::Int(value) => value.into_pyobject(py)?.into_any(),
        Value::Float(value) => PyFloat::new(py, value).into_any(),
        Value::String(value) => PyString::new(py, &value).into_any(),
        Value::DateTime(micros) => {
            let calendar = Calendar::of(py)?;
            let since = calendar.timedelta.bind(py).call1((0, 0, micros))?;
            calendar.epoch.bind(py).add(since).map_err(|error| {
                if !error.is_instance_of::<PyOverflowError>(py) {
                    return error;
                }
                let expected = "times of the years 1 to 9999, which datetime has";
                bad("with_columns", expected, Value::DateTime(micros).to_string()).into()
            })?
        }
        Value::List(values) => {
            let values: PyResult<Vec<_>> = values.into_iter().map(|value| to_python(py, value)).collect();
            PyList::new(py, values?)?.into_any()
        }
        Value::Map(entries) => {
            let dict = PyDict::new(py);
            for (name, value) in entries {
                dict.set_item(name, to_python(py, value)?)?;
            }
            dict.into_any()
        }
        Value::Null => py.None().into_bound(py),
    })
}

/// Returns columns as a dict of lists, or of lists of rows with `k` values each.
pub(super) fn to_dict<'py>(
    py: Python<'py>,
    columns: Named,
    k: Option<usize>,
) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for (name, values) in columns {
        let values: PyResult<Vec<_>> = values.into_iter().map(|value| to_python(py, value)).collect();
        let values = values?;
        let list = match k {
            None => PyList::new(py, values)?,
            Some(k) => {
                let rows: PyResult<Vec<_>> =
                    values.chunks(k.max(1)).map(|row| PyList::new(py, row)).collect();
                PyList::new(py, rows?)?
            }
        };
        dict.set_item(name, list)?;
    }
    Ok(dict)
}
