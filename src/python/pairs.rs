//! Which Python function calls which fold of two arrays, or of the columns of a table?

use pyo3::prelude::*;

use super::arguments::AxisArgument;
use super::fold::detached;
use super::input::with_values;
use super::output::to_python;
use crate::error::Result;
use crate::fold::{self, Axes, Options, Output, Values};

/// Calls `fold` with the numbers of two objects.
pub(super) fn of_pair<'py>(
    a: &Bound<'py, PyAny>,
    b: &Bound<'py, PyAny>,
    fold: impl FnOnce(Values<'_>, Values<'_>) -> Result<Output> + Send,
) -> PyResult<Bound<'py, PyAny>> {
    let py = a.py();
    let output = with_values(a, |a| with_values(b, |b| Ok(detached(py, a.len(), || fold(a, b))?)))?;
    to_python(py, output)
}

/// Calls `fold` with the numbers of `x`, and of `other` if there is one.
fn of_one_or_two<'py>(
    x: &Bound<'py, PyAny>,
    other: Option<&Bound<'py, PyAny>>,
    fold: impl FnOnce(Values<'_>, Option<Values<'_>>) -> Result<Output> + Send,
) -> PyResult<Bound<'py, PyAny>> {
    let py = x.py();
    match other {
        Some(other) => of_pair(x, other, |x, other| fold(x, Some(other))),
        None => to_python(py, with_values(x, |x| Ok(detached(py, x.len(), || fold(x, None))?))?),
    }
}

/// Return the correctly rounded inner product of two arrays of one axis.
///
/// Parameters
/// ----------
/// a, b : array_like
///     Numbers, `(n,)` each: as the `x` of `sum`.
///
/// Returns
/// -------
/// float or int
///
/// Raises
/// ------
/// NearfoldError
///     With code ``shape_mismatch`` where the lengths differ, ``unsupported_dtype`` or ``out_of_memory``.
///
/// Notes
/// -----
/// The exact sum of the exact products a[i] b[i], rounded once: products may overflow or underflow without harm. Integers
/// give int64 (uint64 if neither has a sign), modulo 2**64. Of complex numbers nothing is conjugated. Of nothing: 0.
/// NaN gives NaN. One pass, no copy of contiguous float64.
///
/// References
/// ----------
/// Ogita, Rump, Oishi, Accurate sum and dot product, SIAM J. Sci. Comput. 26 (2005).
///
/// Examples
/// --------
/// >>> import nearfold as nf
/// >>> nf.dot([1e200, 1.0, -1e200], [1e200, 2.0, 1e200])
/// 2.0
#[pyfunction]
#[pyo3(signature = (a, b, /))]
pub(super) fn dot<'py>(a: &Bound<'py, PyAny>, b: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    of_pair(a, b, |a, b| fold::dot(a.view(), b.view(), &Options::default()))
}

/// Return the correctly rounded inner products along an axis.
///
/// Parameters
/// ----------
/// a, b : array_like
///     Numbers, broadcast to one shape.
/// axis : int, default -1
///     Along which axis.
/// keepdims : bool, default False
///     Whether that axis stays with length 1.
///
/// Returns
/// -------
/// float, int or array
///
/// Raises
/// ------
/// NearfoldError
///     With code ``shape_mismatch``, ``axis_out_of_range``, ``unsupported_dtype`` or ``out_of_memory``.
///
/// Notes
/// -----
/// As `dot` along one axis; of complex numbers the first array is conjugated.
///
/// Examples
/// --------
/// >>> import nearfold as nf
/// >>> nf.vecdot([[1.0, 2.0], [3.0, 4.0]], [1.0, 1.0]).tolist()
/// [3.0, 7.0]
#[pyfunction]
#[pyo3(signature = (a, b, /, *, axis=AxisArgument(Axes::One(-1)), keepdims=false),
       text_signature = "(a, b, /, *, axis=-1, keepdims=False)")]
pub(super) fn vecdot<'py>(
    a: &Bound<'py, PyAny>,
    b: &Bound<'py, PyAny>,
    axis: AxisArgument,
    keepdims: bool,
) -> PyResult<Bound<'py, PyAny>> {
    let options = Options { axis: axis.0, keepdims, ..Options::default() };
    of_pair(a, b, |a, b| fold::vecdot(a.view(), b.view(), &options))
}

/// Return the correctly rounded cosine of the angle between vectors along an axis.
///
/// Parameters
/// ----------
/// a, b : array_like
///     Numbers, broadcast to one shape.
/// axis : int, default -1
///     Along which axis.
/// keepdims : bool, default False
///     Whether that axis stays with length 1.
///
/// Returns
/// -------
/// float or array
///     NaN where a vector is zero.
///
/// Raises
/// ------
/// NearfoldError
///     With code ``shape_mismatch``, ``axis_out_of_range``, ``unsupported_dtype`` or ``out_of_memory``.
///
/// Notes
/// -----
/// The sum of a[i] b[i] over the root of the product of the sums of squares, as one quotient of integers, rounded once:
/// the cosine, not one minus it. NaN where there is NaN or an infinity. Three inner products.
///
/// Examples
/// --------
/// >>> import nearfold as nf
/// >>> nf.cosine([3.0, 4.0], [6.0, 8.0])
/// 1.0
#[pyfunction]
#[pyo3(signature = (a, b, /, *, axis=AxisArgument(Axes::One(-1)), keepdims=false),
       text_signature = "(a, b, /, *, axis=-1, keepdims=False)")]
pub(super) fn cosine<'py>(
    a: &Bound<'py, PyAny>,
    b: &Bound<'py, PyAny>,
    axis: AxisArgument,
    keepdims: bool,
) -> PyResult<Bound<'py, PyAny>> {
    let options = Options { axis: axis.0, keepdims, ..Options::default() };
    of_pair(a, b, |a, b| fold::cosine(a.view(), b.view(), &options))
}

/// Return the correctly rounded weighted mean.
///
/// Parameters
/// ----------
/// x : array_like
///     Numbers: as the `x` of `sum`.
/// axis : int, tuple of int or None, default None
///     Which axes to reduce over; None for all of them.
/// weights : array_like, optional
///     The weight of each element, of the shape of `x` or of the lengths of `axis`; all 1 by default.
/// keepdims : bool, default False
///     Whether reduced axes stay with length 1.
///
/// Returns
/// -------
/// float or array
///
/// Raises
/// ------
/// NearfoldError
///     With code ``shape_mismatch``, ``empty``, ``bad_parameter`` where weights sum up to 0, ``axis_out_of_range``,
///     ``unsupported_dtype`` or ``out_of_memory``.
///
/// Notes
/// -----
/// The exact sum of w[i] x[i] over the exact sum of w[i], rounded once: weights of both signs may cancel. Without
/// weights it is `mean`. NaN gives NaN. Two passes.
///
/// Examples
/// --------
/// >>> import nearfold as nf
/// >>> nf.average([1.0, 2.0], weights=[3.0, 1.0])
/// 1.25
#[pyfunction]
#[pyo3(signature = (x, /, axis=AxisArgument(Axes::All), weights=None, *, keepdims=false),
       text_signature = "(x, /, axis=None, weights=None, *, keepdims=False)")]
pub(super) fn average<'py>(
    x: &Bound<'py, PyAny>,
    axis: AxisArgument,
    weights: Option<&Bound<'py, PyAny>>,
    keepdims: bool,
) -> PyResult<Bound<'py, PyAny>> {
    let options = Options { axis: axis.0, keepdims, ..Options::default() };
    of_one_or_two(x, weights, |x, weights| {
        fold::average(x.view(), weights.as_ref().map(Values::view), &options)
    })
}

/// Return the correctly rounded covariances of variables, a row of `x` (and `y`) each.
///
/// Parameters
/// ----------
/// x : array_like
///     Numbers, `(variables, observations)` or `(observations,)`.
/// y : array_like, optional
///     More variables, in the same form.
/// ddof : float, default 1
///     The divisor is ``n - ddof``.
///
/// Returns
/// -------
/// float or array, (variables, variables)
///
/// Raises
/// ------
/// NearfoldError
///     With code ``empty``, ``shape_mismatch``, ``bad_parameter`` where `ddof` is not below n, ``unsupported_dtype``
///     or ``out_of_memory``.
///
/// Notes
/// -----
/// (n Sxy - Sx Sy) / (n (n - ddof)) of the exact sums, rounded once to float64. NaN or an infinity in a row gives NaN
/// in its row and column. Of k rows k (k + 1) / 2 inner products: a table with a row for each observation is to be
/// turned first.
///
/// Examples
/// --------
/// >>> import nearfold as nf
/// >>> nf.cov([[1.0, 2.0, 3.0], [6.0, 4.0, 2.0]]).tolist()
/// [[1.0, -2.0], [-2.0, 4.0]]
#[pyfunction]
#[pyo3(signature = (x, y=None, /, *, ddof=1.0))]
pub(super) fn cov<'py>(
    x: &Bound<'py, PyAny>,
    y: Option<&Bound<'py, PyAny>>,
    ddof: f64,
) -> PyResult<Bound<'py, PyAny>> {
    of_one_or_two(x, y, |x, y| fold::cov(x.view(), y.as_ref().map(Values::view), ddof))
}

/// Return the correctly rounded coefficients of correlation of variables, a row of `x` (and `y`) each.
///
/// Parameters
/// ----------
/// x : array_like
///     Numbers, `(variables, observations)` or `(observations,)`.
/// y : array_like, optional
///     More variables, in the same form.
///
/// Returns
/// -------
/// float or array, (variables, variables)
///     NaN where a variable is constant.
///
/// Raises
/// ------
/// NearfoldError
///     With code ``empty``, ``shape_mismatch``, ``unsupported_dtype`` or ``out_of_memory``.
///
/// Notes
/// -----
/// The covariance over the root of the product of the variances, as one quotient of integers, rounded once to float64:
/// between -1 and 1, and 1 on the diagonal. Cost: as `cov`.
///
/// Examples
/// --------
/// >>> import nearfold as nf
/// >>> nf.corrcoef([[1.0, 2.0, 3.0], [6.0, 4.0, 2.0]]).tolist()
/// [[1.0, -1.0], [-1.0, 1.0]]
#[pyfunction]
#[pyo3(signature = (x, y=None, /))]
pub(super) fn corrcoef<'py>(
    x: &Bound<'py, PyAny>,
    y: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    of_one_or_two(x, y, |x, y| fold::corrcoef(x.view(), y.as_ref().map(Values::view)))
}
