//! Which Python function counts or folds by bins and groups?

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyString;

use super::arguments::{AT_LEAST_0, QuantilesArgument, SizeArgument};
use super::fold::detached;
use super::input::with_values;
use super::output::to_python;
use super::pairs::of_pair;
use crate::fold::{self, Bins, Histogram, Method, Options, Quantiles, Reduction, Rule, Values};

/// Calls `f` with the bins: how many, NumPy's name of a rule, or the edges.
fn with_bins<R>(bins: Option<&Bound<'_, PyAny>>, f: impl FnOnce(Bins<'_>) -> PyResult<R>) -> PyResult<R> {
    let Some(bins) = bins else { return f(Bins::Count(10)) };
    if let Ok(rule) = bins.cast::<PyString>() {
        return f(Bins::Rule(Rule::from_name(&rule.to_cow()?)?));
    }
    match bin_count(bins)? {
        Some(count) => f(Bins::Count(count)),
        None => with_values(bins, |edges| f(Bins::Edges(edges))),
    }
}

/// Returns how many bins there are to be, where `bins` is no array of edges.
pub(super) fn bin_count(bins: &Bound<'_, PyAny>) -> PyResult<Option<usize>> {
    match bins.extract::<SizeArgument>() {
        Ok(count) => Ok(Some(count.at("bins", "1 to 2^30 bins")?)),
        Err(error) if error.is_instance_of::<PyTypeError>(bins.py()) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Return how many elements lie in each bin, and the edges of the bins.
///
/// A bin holds its left edge; the last one holds its right edge, too.
///
/// Parameters
/// ----------
/// x : array_like
///     Numbers: as the `x` of `sum`.
/// bins : int, str or array_like, default 10
///     How many bins of equal width; or NumPy's name of a rule that says so (auto, fd, doane, scott,
///     stone, rice, sturges, sqrt); or the edges.
/// range : (float, float), optional
///     Where the first bin begins and the last one ends; what lies outside is left out.
/// density : bool, default False
///     Whether counts are divided by the width of the bin and the count of all.
/// weights : array_like, optional
///     What each element counts instead of 1, of the shape of `x`.
///
/// Returns
/// -------
/// counts : array, (bins,)
/// edges : array, (bins + 1,)
///
/// Raises
/// ------
/// NearfoldError
///     With code ``bad_parameter`` of bins, or of a range that is not finite (given or found), ``unknown_name`` of a
///     rule, ``shape_mismatch`` of weights, ``unsupported_dtype`` or ``out_of_memory``.
///
/// Notes
/// -----
/// Edges of equal width are those of `numpy.linspace`, to the bit. Counts are exact, weights are added exactly and
/// rounded once. Of nothing: the bins of 0 to 1; of one value c: those of c - 0.5 to c + 0.5. NaN is an error, unless a
/// range or edges are given, which leave it out. Integers are compared with edges exactly; for bins of equal width those
/// beyond 2**53 are rounded to floats first. One pass for equal widths, O(n log bins) with edges.
///
/// Examples
/// --------
/// >>> import nearfold as nf
/// >>> counts, edges = nf.histogram([1.0, 2.0, 2.5, 5.0], bins=2)
/// >>> counts.tolist(), edges.tolist()
/// ([3, 1], [1.0, 3.0, 5.0])
#[pyfunction]
#[pyo3(signature = (x, /, bins=None, range=None, *, density=false, weights=None),
       text_signature = "(x, /, bins=10, range=None, *, density=False, weights=None)")]
pub(super) fn histogram<'py>(
    x: &Bound<'py, PyAny>,
    bins: Option<&Bound<'py, PyAny>>,
    range: Option<[f64; 2]>,
    density: bool,
    weights: Option<&Bound<'py, PyAny>>,
) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
    let py = x.py();
    let range = range.map(|[low, high]| (low, high));
    let (counts, edges) = with_bins(bins, |bins| {
        with_values(x, |x| {
            let count = |weights: Option<&Values<'_>>| {
                let bins = bins.view();
                let options = Histogram { bins, range, density, weights: weights.map(Values::view) };
                Ok(detached(py, x.len(), || fold::histogram(x.view(), &options))?)
            };
            match weights {
                Some(weights) => with_values(weights, |weights| count(Some(&weights))),
                None => count(None),
            }
        })
    })?;
    Ok((to_python(py, counts)?, to_python(py, edges)?))
}

/// Return how often each of 0, 1, 2, … occurs, or the exact sums of the weights there.
///
/// Parameters
/// ----------
/// x : array_like of int, (n,)
///     None of them negative.
/// weights : array_like, (n,), optional
///     What each element counts instead of 1.
/// minlength : int, default 0
///     The least length of the result.
///
/// Returns
/// -------
/// array, (max(minlength, 1 + max(x)),)
///
/// Raises
/// ------
/// NearfoldError
///     With code ``unsupported_dtype`` unless `x` has integers, ``bad_parameter`` of a negative one, ``shape_mismatch``
///     or ``out_of_memory``.
///
/// Notes
/// -----
/// int64, or float64 with weights, each bin's rounded once. Of nothing: `minlength` zeros. One pass.
///
/// Examples
/// --------
/// >>> import nearfold as nf
/// >>> nf.bincount([0, 2, 2]).tolist()
/// [1, 0, 2]
#[pyfunction]
#[pyo3(signature = (x, /, weights=None, minlength=SizeArgument::Size(0)), text_signature = "(x, /, weights=None, minlength=0)")]
pub(super) fn bincount<'py>(
    x: &Bound<'py, PyAny>,
    weights: Option<&Bound<'py, PyAny>>,
    minlength: SizeArgument,
) -> PyResult<Bound<'py, PyAny>> {
    let py = x.py();
    let minlength = minlength.at("minlength", AT_LEAST_0)?;
    let counts = with_values(x, |x| {
        let count = |weights: Option<&Values<'_>>| {
            let weights = weights.map(Values::view);
            Ok(detached(py, x.len(), || fold::bincount(x.view(), weights, minlength))?)
        };
        match weights {
            Some(weights) => with_values(weights, |weights| count(Some(&weights))),
            None => count(None),
        }
    })?;
    to_python(py, counts)
}

/// Return for each element the number of the bin that it belongs to.
///
/// Parameters
/// ----------
/// x : array_like
///     Numbers: as the `x` of `sum`.
/// bins : array_like, (n,)
///     Edges, rising or falling: ``bins[i - 1] <= x < bins[i]``.
/// right : bool, default False
///     Whether a bin holds its right edge instead of the left one.
///
/// Returns
/// -------
/// array of int64, or int
///     Of the shape of `x`; 0 is below and ``len(bins)`` above all bins, of falling bins the other way round.
///
/// Raises
/// ------
/// NearfoldError
///     With code ``bad_parameter`` where the edges neither rise nor fall, ``shape_mismatch`` where they have not one axis,
///     ``unsupported_dtype`` or ``out_of_memory``.
///
/// Notes
/// -----
/// With falling edges ``bins[i - 1] > x >= bins[i]``. NaN is above all. Integers are compared as integers, and exactly
/// with floats. O(n log bins).
///
/// Examples
/// --------
/// >>> import nearfold as nf
/// >>> nf.digitize([0.5, 1.0, 9.0], [1.0, 2.0]).tolist()
/// [0, 1, 2]
#[pyfunction]
#[pyo3(signature = (x, bins, /, *, right=false))]
pub(super) fn digitize<'py>(
    x: &Bound<'py, PyAny>,
    bins: &Bound<'py, PyAny>,
    right: bool,
) -> PyResult<Bound<'py, PyAny>> {
    of_pair(x, bins, |x, bins| fold::digitize(x.view(), bins.view(), right))
}

/// Return the reduction of each group of elements: those with code 0, with code 1, and so on.
///
/// Parameters
/// ----------
/// reduction : str
///     The name of the function, such as ``"sum"`` or ``"nanmean"``.
/// x : array_like, (n,)
///     Numbers: as the `x` of `sum`.
/// codes : array_like of int, (n,)
///     The group of each element; a negative one leaves it out.
/// groups : int, optional
///     How many groups; by default one more than the greatest code.
/// ddof : float, default 0
///     As for `var` and `std`.
/// q : float or array_like of float, optional
///     As for `quantile` and `percentile`; the median by default.
/// method : str, default "linear"
///     As for `quantile` and `percentile`.
///
/// Returns
/// -------
/// array, (groups,)
///     Of several figures for each group (a list of `q`, `minmax`, `moments`) with a first axis for them.
///
/// Raises
/// ------
/// NearfoldError
///     With code ``unknown_name``, ``shape_mismatch``, ``bad_parameter`` of a code beyond `groups`, ``empty`` of the
///     minimum or maximum of a group without elements, ``unsupported_dtype`` or ``out_of_memory``.
///
/// Notes
/// -----
/// The bits are those of the function called on the group alone. A group without elements gives 0 for sums and counts,
/// NaN for means and the like. A counting sort and one pass: O(n + groups), with a copy of `x`.
///
/// Examples
/// --------
/// >>> import nearfold as nf
/// >>> nf.group("sum", [1.0, 2.0, 4.0], [0, 1, 0]).tolist()
/// [5.0, 2.0]
#[pyfunction]
#[pyo3(signature = (reduction, x, codes, /, groups=None, *, ddof=0.0, q=None, method="linear"))]
pub(super) fn group<'py>(
    reduction: &str,
    x: &Bound<'py, PyAny>,
    codes: &Bound<'py, PyAny>,
    groups: Option<SizeArgument>,
    ddof: f64,
    q: Option<QuantilesArgument>,
    method: &str,
) -> PyResult<Bound<'py, PyAny>> {
    let py = x.py();
    let reduction = Reduction::from_name(reduction)?;
    let groups = groups.map(|groups| groups.at("groups", AT_LEAST_0)).transpose()?;
    let mut options = Options::default().ddof(ddof).method(Method::from_name(method)?);
    options.q = q.map_or_else(Quantiles::default, |q| q.0);
    let output = with_values(x, |x| {
        with_values(codes, |codes| {
            Ok(detached(py, x.len(), || fold::group(reduction, x.view(), codes.view(), groups, &options))?)
        })
    })?;
    to_python(py, output)
}
