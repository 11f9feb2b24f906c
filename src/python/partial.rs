//! The class `Partial`: a reduction of a stream that comes in pieces.

use std::sync::{Mutex, MutexGuard};

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple, PyType};

use super::arguments::{DtypeArgument, InitialArgument, OrderArgument, QuantilesArgument};
use super::buffer::with_bytes;
use super::input::with_values;
use super::output::to_python;
use super::stream::{bytes, locked, with_state};
use crate::fold::{self, Dtype, Method, Options, Quantiles, Reduction};

/// A reduction over all elements of a stream that comes in pieces.
///
/// Any split into pieces gives the bits of one call of the function on the whole, and so does any order of merging, over
/// threads, processes or machines: nothing is rounded before `result`. Only ``"prod"`` is
/// rounded on the way: it is pushed to in order and cannot be merged. Medians and quantiles keep every element.
///
/// Parameters
/// ----------
/// reduction : str
///     The function's name, such as ``"sum"``, ``"var"``, ``"nanmax"`` or ``"moments"``.
/// dtype : str or NumPy dtype, default "float64"
///     The type of the elements that will come.
/// ddof, q, method, bias, fisher, order, initial
///     As for the function of that name; `q` is the median's by default. What the function does not take has no effect,
///     but only states of the same keywords can be merged.
///
/// Raises
/// ------
/// NearfoldError
///     With code ``unknown_name``, ``unsupported_dtype`` or ``bad_parameter``.
///
/// Examples
/// --------
/// >>> import nearfold as nf
/// >>> left, right = nf.Partial("sum"), nf.Partial("sum")
/// >>> left.push([1e16, 1.0])
/// >>> right.push([-1e16])
/// >>> left.merge(right)
/// >>> left.result()
/// 1.0
#[pyclass(module = "nearfold", frozen)]
pub(super) struct Partial(Mutex<fold::Partial>);

impl Partial {
    fn lock(&self, py: Python<'_>) -> MutexGuard<'_, fold::Partial> {
        locked(&self.0, py)
    }
}

#[pymethods]
impl Partial {
    #[new]
    #[pyo3(
        signature = (reduction, dtype=DtypeArgument(Dtype::F64), *, ddof=0.0, q=None,
                     method="linear", bias=true, fisher=true, order=OrderArgument(4), initial=None),
        text_signature = "(reduction, dtype='float64', *, ddof=0.0, q=None, method='linear', bias=True, fisher=True, order=4, initial=None)"
    )]
    #[expect(clippy::too_many_arguments, reason = "keywords of Python, each with a default")]
    fn new(
        reduction: &str,
        dtype: DtypeArgument,
        ddof: f64,
        q: Option<QuantilesArgument>,
        method: &str,
        bias: bool,
        fisher: bool,
        order: OrderArgument,
        initial: Option<InitialArgument>,
    ) -> PyResult<Self> {
        let method = Method::from_name(method)?;
        let initial = initial.map(|initial| initial.0);
        let options = Options {
            ddof,
            q: q.map_or_else(Quantiles::default, |q| q.0),
            method,
            bias,
            fisher,
            order: order.0,
            initial,
            ..Options::default()
        };
        let reduction = Reduction::from_name(reduction)?;
        Ok(Self(Mutex::new(fold::Partial::new(reduction, dtype.0, &options)?)))
    }

    /// Add all elements of an array.
    ///
    /// Parameters
    /// ----------
    /// x : array_like
    ///     Numbers of the stream's dtype.
    ///
    /// Raises
    /// ------
    /// NearfoldError
    ///     With code ``unsupported_dtype`` where they are of another, or ``out_of_memory``.
    #[pyo3(signature = (x, /))]
    fn push(&self, py: Python<'_>, x: &Bound<'_, PyAny>) -> PyResult<()> {
        with_values(x, |values| with_state(&self.0, py, values.len() as u64, |state| state.push(values)))
    }

    /// Add what came to another state.
    ///
    /// Parameters
    /// ----------
    /// other : Partial
    ///     Of the same reduction, dtype and keywords. It stays as it is.
    ///
    /// Raises
    /// ------
    /// NearfoldError
    ///     With code ``bad_parameter`` where the two do not match, or are rounded on the way.
    #[pyo3(signature = (other, /))]
    fn merge(&self, py: Python<'_>, other: &Self) -> PyResult<()> {
        let other = other.lock(py).clone();
        Ok(self.lock(py).merge(&other)?)
    }

    /// Return the reduction of all that came so far.
    ///
    /// Returns
    /// -------
    /// float, int, bool or array
    ///     What the function returns.
    ///
    /// Raises
    /// ------
    /// NearfoldError
    ///     As the function does.
    fn result<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let n = self.count(py);
        let output = with_state(&self.0, py, n, |state| state.result())?;
        to_python(py, output)
    }

    /// How many elements came.
    #[getter]
    fn count(&self, py: Python<'_>) -> u64 {
        self.lock(py).count()
    }

    /// The name of the reduction.
    #[getter]
    fn reduction(&self, py: Python<'_>) -> &'static str {
        self.lock(py).reduction().name()
    }

    /// The type of the elements.
    #[getter]
    fn dtype(&self, py: Python<'_>) -> &'static str {
        self.lock(py).dtype().name()
    }

    /// Return the state as bytes, the same on every machine.
    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        bytes(py, &self.lock(py).to_bytes())
    }

    /// Return the state that `to_bytes` wrote.
    ///
    /// Parameters
    /// ----------
    /// data : bytes-like
    ///
    /// Returns
    /// -------
    /// Partial
    ///
    /// Raises
    /// ------
    /// NearfoldError
    ///     With code ``corrupt``.
    #[classmethod]
    #[pyo3(signature = (data, /))]
    fn from_bytes(_cls: &Bound<'_, PyType>, data: &Bound<'_, PyAny>) -> PyResult<Self> {
        Ok(Self(Mutex::new(with_bytes(data, fold::Partial::from_bytes)??)))
    }

    fn __repr__(&self, py: Python<'_>) -> String {
        let state = self.lock(py);
        format!(
            "<nearfold.Partial {} of {} elements of {}>",
            state.reduction().name(),
            state.count(),
            state.dtype().name()
        )
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let py = slf.py();
        Ok((slf.get_type().getattr("from_bytes")?, PyTuple::new(py, [slf.get().to_bytes(py)?])?))
    }
}
