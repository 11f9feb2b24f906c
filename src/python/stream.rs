//! The classes `Sum`, `Moments`, `MinMax`, `Cov`, `Histogram` and `Quantiles`: states of streams that come in pieces.

use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString, PyTuple, PyType};

use super::arguments::{DtypeArgument, QuantilesArgument, SizeArgument};
use super::bins::bin_count;
use super::buffer::with_bytes;
use super::fold::DETACH_MIN;
use super::input::with_values;
use super::output::to_python;
use crate::error::{Error, ErrorKind, Result};
use crate::fold::{Dtype, Method, Quantiles as Wanted, stream};

/// Waits for a state without the interpreter's lock, which its holder may need to go on.
pub(super) fn locked<'a, T>(state: &'a Mutex<T>, py: Python<'_>) -> MutexGuard<'a, T> {
    // A state is replaced only when an operation on it has succeeded: poison means nothing.
    match state.try_lock() {
        Ok(state) => state,
        Err(_) => {
            use pyo3::sync::MutexExt;
            state.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner)
        }
    }
}

/// Returns bytes as Python's, or its error that there is no memory for them.
pub(super) fn bytes<'py>(py: Python<'py>, bytes: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
    PyBytes::new_with(py, bytes.len(), |to| {
        to.copy_from_slice(bytes);
        Ok(())
    })
}

/// Changes a state, or reads it; other Python threads run meanwhile where there is much to do, with `n` elements.
pub(super) fn with_state<T: Send, R: Send>(
    state: &Mutex<T>,
    py: Python<'_>,
    n: u64,
    work: impl FnOnce(&mut T) -> Result<R> + Send,
) -> PyResult<R> {
    if n < DETACH_MIN as u64 {
        return Ok(work(&mut locked(state, py))?);
    }
    // Who holds the lock of a state without the interpreter's does not wait for that one.
    Ok(py.detach(|| work(&mut state.lock().unwrap_or_else(PoisonError::into_inner)))?)
}

/// A class over a state, with what all of them have in common.
macro_rules! state_class {
    ($(#[$doc:meta])* $name:ident, $repr:expr, { $($own:tt)* }) => {
        state_class! { @all $(#[$doc])* $name, $repr, {
            $($own)*

            /// Add all elements of an array.
            ///
            /// Parameters
            /// ----------
            /// x : array_like
            ///     Numbers: as the `x` of `sum`, of the state's `dtype` where it has one: a list of ints is int64.
            ///
            /// Raises
            /// ------
            /// NearfoldError
            ///     With code ``shape_mismatch`` or ``unsupported_dtype``.
            #[pyo3(signature = (x, /))]
            fn push(&self, py: Python<'_>, x: &Bound<'_, PyAny>) -> PyResult<()> {
                with_values(x, |values| with_state(&self.0, py, values.len() as u64, |state| state.push(values)))
            }
        } }
    };
    (@all $(#[$doc:meta])* $name:ident, $repr:expr, { $($own:tt)* }) => {
        $(#[$doc])*
        #[pyclass(module = "nearfold", frozen)]
        pub(super) struct $name(Mutex<stream::$name>);

        #[pymethods]
        impl $name {
            $($own)*

            /// Add what came to another state.
            ///
            /// Parameters
            /// ----------
            /// other : same class
            ///     Made with the same arguments. It stays as it is.
            ///
            /// Raises
            /// ------
            /// NearfoldError
            ///     With code ``bad_parameter`` where the two do not match.
            #[pyo3(signature = (other, /))]
            fn merge(&self, py: Python<'_>, other: &Self) -> PyResult<()> {
                let other = locked(&other.0, py).clone();
                Ok(locked(&self.0, py).merge(&other)?)
            }

            /// How many elements (of `Cov`: observations) came.
            #[getter]
            fn count(&self, py: Python<'_>) -> u64 {
                locked(&self.0, py).count()
            }

            /// Return the state as bytes, the same on every machine.
            fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
                bytes(py, &locked(&self.0, py).to_bytes())
            }

            /// Return the state that `to_bytes` wrote.
            ///
            /// Parameters
            /// ----------
            /// data : bytes-like
            ///
            /// Raises
            /// ------
            /// NearfoldError
            ///     With code ``corrupt``.
            #[classmethod]
            #[pyo3(signature = (data, /))]
            fn from_bytes(_cls: &Bound<'_, PyType>, data: &Bound<'_, PyAny>) -> PyResult<Self> {
                Ok(Self(Mutex::new(with_bytes(data, stream::$name::from_bytes)??)))
            }

            fn __repr__(&self, py: Python<'_>) -> String {
                let text: fn(&stream::$name) -> String = $repr;
                format!("<nearfold.{} {}>", stringify!($name), text(&locked(&self.0, py)))
            }

            fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
                let py = slf.py();
                Ok((slf.get_type().getattr("from_bytes")?, PyTuple::new(py, [slf.get().to_bytes(py)?])?))
            }
        }
    };
}

/// A class over a state of one reduction, which is made with the dtype of its elements.
macro_rules! named_class {
    ($(#[$doc:meta])* $name:ident, $returns:literal, { $($own:tt)* }) => {
        state_class! {
            $(#[$doc])*
            $name, |state| format!("of {} elements of {}", state.count(), state.dtype().name()), {
                #[new]
                #[pyo3(signature = (dtype=DtypeArgument(Dtype::F64)), text_signature = "(dtype='float64')")]
                fn new(dtype: DtypeArgument) -> PyResult<Self> {
                    Ok(Self(Mutex::new(stream::$name::new(dtype.0)?)))
                }

                /// The type of the elements.
                #[getter]
                fn dtype(&self, py: Python<'_>) -> &'static str {
                    locked(&self.0, py).dtype().name()
                }

                #[doc = concat!("Return ", $returns, "\n\nRaises\n------\nNearfoldError\n    As the function does.")]
                fn result<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
                    let output = locked(&self.0, py).result()?;
                    to_python(py, output)
                }

                $($own)*
            }
        }
    };
}

named_class! {
    /// The sum of a stream that comes in pieces.
    ///
    /// Nothing is rounded before the result: any split and any order of merging gives the bits of `sum` of the whole.
    ///
    /// Parameters
    /// ----------
    /// dtype : str or NumPy dtype, default "float64"
    ///     The type of the elements that will come.
    ///
    /// Raises
    /// ------
    /// NearfoldError
    ///     With code ``unknown_name`` or ``unsupported_dtype``.
    ///
    /// Examples
    /// --------
    /// >>> import nearfold as nf
    /// >>> left, right = nf.Sum(), nf.Sum()
    /// >>> left.push([1e16, 1.0])
    /// >>> right.push([-1e16])
    /// >>> left.merge(right)
    /// >>> left.result()
    /// 1.0
    Sum, "the sum of all that came, as `sum` does.", {}
}

named_class! {
    /// The smallest and the largest element of a stream that comes in pieces.
    ///
    /// Any split and any order of merging gives what `minmax` of the whole gives.
    ///
    /// Parameters
    /// ----------
    /// dtype : str or NumPy dtype, default "float64"
    ///     The type of the elements that will come.
    ///
    /// Raises
    /// ------
    /// NearfoldError
    ///     With code ``unknown_name`` or ``unsupported_dtype``.
    ///
    /// Examples
    /// --------
    /// >>> import nearfold as nf
    /// >>> state = nf.MinMax()
    /// >>> state.push([2.0, 5.0])
    /// >>> state.push([-1.0])
    /// >>> state.result().tolist()
    /// [-1.0, 5.0]
    MinMax, "the smallest and the largest element, as `minmax` does.", {}
}

named_class! {
    /// The moments of a stream that comes in pieces, and all figures that are made of them.
    ///
    /// One state holds the exact sums of the first four powers: every figure has the bits of the function of its name,
    /// called on the whole, however the stream was cut and merged. It costs some 60 times what a sum does.
    ///
    /// Parameters
    /// ----------
    /// dtype : str or NumPy dtype, default "float64"
    ///     The type of the elements that will come.
    ///
    /// Raises
    /// ------
    /// NearfoldError
    ///     With code ``unknown_name`` or ``unsupported_dtype``.
    ///
    /// Examples
    /// --------
    /// >>> import nearfold as nf
    /// >>> state = nf.Moments()
    /// >>> state.push([1e9 + 1, 1e9 + 2])
    /// >>> state.push([1e9 + 3])
    /// >>> state.count, state.mean(), state.var(ddof=1), state.skew()
    /// (3, 1000000002.0, 1.0, 0.0)
    Moments, "the mean and the central moments m2, m3, m4, as `moments` does.", {
        /// Return the mean, as `mean` does.
        ///
        /// Raises
        /// ------
        /// NearfoldError
        ///     With code ``empty``.
        fn mean<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
            let output = locked(&self.0, py).mean()?;
            to_python(py, output)
        }

        /// Return the variance, as `var` does.
        ///
        /// Parameters
        /// ----------
        /// ddof : float, default 0
        ///     The divisor is ``n - ddof``.
        ///
        /// Raises
        /// ------
        /// NearfoldError
        ///     With code ``empty``, or ``bad_parameter`` where `ddof` is not below n.
        #[pyo3(signature = (*, ddof=0.0))]
        fn var<'py>(&self, py: Python<'py>, ddof: f64) -> PyResult<Bound<'py, PyAny>> {
            let output = locked(&self.0, py).var(ddof)?;
            to_python(py, output)
        }

        /// Return the standard deviation, as `std` does.
        ///
        /// Parameters
        /// ----------
        /// ddof : float, default 0
        ///     The divisor of the variance is ``n - ddof``.
        ///
        /// Raises
        /// ------
        /// NearfoldError
        ///     With code ``empty``, or ``bad_parameter`` where `ddof` is not below n.
        #[pyo3(signature = (*, ddof=0.0))]
        fn std<'py>(&self, py: Python<'py>, ddof: f64) -> PyResult<Bound<'py, PyAny>> {
            let output = locked(&self.0, py).std(ddof)?;
            to_python(py, output)
        }

        /// Return the skewness, as `skew` does.
        ///
        /// Parameters
        /// ----------
        /// bias : bool, default True
        ///     Whether the result is left as it is (True), or corrected for the sample's size.
        ///
        /// Raises
        /// ------
        /// NearfoldError
        ///     With code ``empty``.
        #[pyo3(signature = (*, bias=true), text_signature = "($self, *, bias=True)")]
        fn skew<'py>(&self, py: Python<'py>, bias: bool) -> PyResult<Bound<'py, PyAny>> {
            let output = locked(&self.0, py).skew(bias)?;
            to_python(py, output)
        }

        /// Return the kurtosis, as `kurtosis` does.
        ///
        /// Parameters
        /// ----------
        /// bias : bool, default True
        ///     Whether the result is left as it is (True), or corrected for the sample's size.
        /// fisher : bool, default True
        ///     Whether 3, the normal distribution's, is taken off.
        ///
        /// Raises
        /// ------
        /// NearfoldError
        ///     With code ``empty``.
        #[pyo3(signature = (*, bias=true, fisher=true), text_signature = "($self, *, bias=True, fisher=True)")]
        fn kurtosis<'py>(&self, py: Python<'py>, bias: bool, fisher: bool) -> PyResult<Bound<'py, PyAny>> {
            let output = locked(&self.0, py).kurtosis(bias, fisher)?;
            to_python(py, output)
        }
    }
}

state_class! {
    /// The covariances of variables whose observations come in pieces.
    ///
    /// Nothing is rounded before the result: any split and any order of merging gives the bits of `cov`
    /// and `corrcoef` of the whole.
    ///
    /// Parameters
    /// ----------
    /// variables : int
    ///     How many rows the pieces have: each is an array `(variables, n)`, or `(n,)` of one variable. Memory grows with its
    ///     square: 540 bytes for each pair.
    ///
    /// Raises
    /// ------
    /// NearfoldError
    ///     With code ``bad_parameter`` unless there are 1 to 2048.
    ///
    /// Examples
    /// --------
    /// >>> import nearfold as nf
    /// >>> state = nf.Cov(2)
    /// >>> state.push([[1.0, 2.0], [6.0, 4.0]])
    /// >>> state.push([[3.0], [2.0]])
    /// >>> state.result().tolist()
    /// [[1.0, -2.0], [-2.0, 4.0]]
    Cov, |state| format!("of {} observations of {} variables", state.count(), state.variables()), {
        #[new]
        #[pyo3(signature = (variables, /))]
        fn new(variables: SizeArgument) -> PyResult<Self> {
            Ok(Self(Mutex::new(stream::Cov::new(variables.at("variables", "1 to 2048")?)?)))
        }

        /// How many variables there are.
        #[getter]
        fn variables(&self, py: Python<'_>) -> usize {
            locked(&self.0, py).variables()
        }

        /// Return the covariances, each rounded once.
        ///
        /// Parameters
        /// ----------
        /// ddof : float, default 1
        ///     The divisor is ``n - ddof``.
        ///
        /// Returns
        /// -------
        /// array, (variables, variables)
        ///
        /// Raises
        /// ------
        /// NearfoldError
        ///     With code ``empty`` or ``bad_parameter``.
        #[pyo3(signature = (*, ddof=1.0))]
        fn result<'py>(&self, py: Python<'py>, ddof: f64) -> PyResult<Bound<'py, PyAny>> {
            let output = locked(&self.0, py).result(ddof)?;
            to_python(py, output)
        }

        /// Return Pearson's correlations, each rounded once.
        ///
        /// Returns
        /// -------
        /// array, (variables, variables)
        ///
        /// Raises
        /// ------
        /// NearfoldError
        ///     With code ``empty``.
        fn corrcoef<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
            let output = locked(&self.0, py).corrcoef()?;
            to_python(py, output)
        }
    }
}

state_class! { @all
    /// The counts of bins over a stream that comes in pieces.
    ///
    /// Any split and any order of merging gives the counts of `histogram` of the whole with these edges.
    /// A bin holds its left edge, the last one also its right edge.
    ///
    /// Parameters
    /// ----------
    /// bins : int or array_like
    ///     How many bins of equal width, which needs `range`; or the edges.
    /// range : (float, float), optional
    ///     Where the first bin begins and the last one ends.
    ///
    /// Raises
    /// ------
    /// NearfoldError
    ///     With code ``bad_parameter``.
    ///
    /// Examples
    /// --------
    /// >>> import nearfold as nf
    /// >>> state = nf.Histogram(2, (0.0, 4.0))
    /// >>> state.push([1.0, 2.0, 9.0])
    /// >>> counts, edges = state.result()
    /// >>> counts.tolist(), edges.tolist(), state.above
    /// ([1, 1], [0.0, 2.0, 4.0], 1)
    Histogram, |state| format!("of {} elements in {} bins", state.count(), state.edges().len() - 1), {
        #[new]
        #[pyo3(signature = (bins, range=None))]
        fn new(bins: &Bound<'_, PyAny>, range: Option<[f64; 2]>) -> PyResult<Self> {
            if bins.is_instance_of::<PyString>() {
                return Err(ErrorKind::BadParameter {
                    name: "bins",
                    expected: "a number or edges: a rule needs the whole data".into(),
                    got: bins.repr()?.to_string(),
                }.into());
            }
            let state = match (bin_count(bins)?, range) {
                (Some(count), Some([low, high])) => stream::Histogram::equal(count, low, high)?,
                (None, None) => with_values(bins, |edges| Ok(stream::Histogram::with_edges(edges)?))?,
                (count, _) => {
                    let (expected, got) = match count {
                        Some(_) => ("a range: a stream's ends are not known beforehand", "none"),
                        None => ("no range with edges", "both"),
                    };
                    return Err(
                        Error::from(ErrorKind::BadParameter { name: "range", expected: expected.into(), got: got.into() }).into()
                    );
                }
            };
            Ok(Self(Mutex::new(state)))
        }

        /// Add all elements of an array.
        ///
        /// Parameters
        /// ----------
        /// x : array_like
        ///     Numbers: as the `x` of `sum`.
        /// weights : array_like, optional
        ///     What each element adds to its bin, of the shape of `x`; 1 by default.
        ///
        /// Raises
        /// ------
        /// NearfoldError
        ///     With code ``shape_mismatch`` or ``unsupported_dtype``.
        #[pyo3(signature = (x, /, weights=None))]
        fn push(&self, py: Python<'_>, x: &Bound<'_, PyAny>, weights: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
            with_values(x, |values| {
                let n = values.len() as u64;
                match weights {
                    None => with_state(&self.0, py, n, |state| state.push(values)),
                    Some(weights) => with_values(weights, |weights| {
                        with_state(&self.0, py, n, |state| state.push_weighted(values.view(), weights.view()))
                    }),
                }
            })
        }

        /// How many elements lay below the first edge.
        #[getter]
        fn below(&self, py: Python<'_>) -> u64 {
            locked(&self.0, py).below()
        }

        /// How many elements lay above the last edge.
        #[getter]
        fn above(&self, py: Python<'_>) -> u64 {
            locked(&self.0, py).above()
        }

        /// How many elements were NaN.
        #[getter]
        fn nan(&self, py: Python<'_>) -> u64 {
            locked(&self.0, py).nan()
        }

        /// Return the counts and the edges.
        ///
        /// Returns
        /// -------
        /// counts : array of int64, (bins,)
        ///     With weights: their exact sums, rounded once to float64.
        /// edges : array of float64, (bins + 1,)
        fn result<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
            let (counts, edges) = locked(&self.0, py).result();
            Ok((to_python(py, counts)?, to_python(py, edges)?))
        }
    }
}

state_class! {
    /// The quantiles of a stream that comes in pieces.
    ///
    /// Up to `limit` elements the result has the bits of `quantile` of the whole as float64, however the stream was cut.
    /// Beyond, the state is a KLL sketch (Karnin, Lang, Liberty 2016) of no more memory, and `rank_error`
    /// bounds the distance of a result's rank; the same pushes and merges give the same bits everywhere.
    ///
    /// Parameters
    /// ----------
    /// limit : int, default 65536
    ///     How many elements are kept: 8 bytes each, 4096 to 2**27.
    ///
    /// Raises
    /// ------
    /// NearfoldError
    ///     With code ``bad_parameter``.
    ///
    /// Examples
    /// --------
    /// >>> import nearfold as nf
    /// >>> state = nf.Quantiles()
    /// >>> state.push([3.0, 1.0, 2.0, 4.0])
    /// >>> state.result(0.5), state.is_exact, state.rank_error
    /// (2.5, True, 0.0)
    Quantiles, |state| format!("of {} elements, {}", state.count(), if state.is_exact() { "exact" } else { "sketched" }), {
        #[new]
        #[pyo3(signature = (limit=SizeArgument::Size(stream::Quantiles::LIMIT)), text_signature = "(limit=65536)")]
        fn new(limit: SizeArgument) -> PyResult<Self> {
            Ok(Self(Mutex::new(stream::Quantiles::new(limit.at("limit", "4096 to 2^27")?)?)))
        }

        /// How many elements are kept without loss.
        #[getter]
        fn limit(&self, py: Python<'_>) -> usize {
            locked(&self.0, py).limit()
        }

        /// Whether every element is still there.
        #[getter]
        fn is_exact(&self, py: Python<'_>) -> bool {
            locked(&self.0, py).is_exact()
        }

        /// How far, as a share of all elements, the rank of a result may be from `q` (with a probability of
        /// 99 %; 0 while `is_exact`).
        #[getter]
        fn rank_error(&self, py: Python<'_>) -> f64 {
            locked(&self.0, py).rank_error()
        }

        /// Return the quantiles `q`, 0 to 1; NaN if one came.
        ///
        /// Parameters
        /// ----------
        /// q : float or array_like of float, default 0.5
        /// method : str, default "linear"
        ///     As of `quantile`, while `is_exact`; then the kept element at the rank is returned.
        ///
        /// Returns
        /// -------
        /// float, or array for an array of `q`
        ///
        /// Raises
        /// ------
        /// NearfoldError
        ///     With code ``empty``, ``bad_parameter`` or ``unknown_name``.
        #[pyo3(signature = (q=QuantilesArgument(Wanted::Middle), *, method="linear"),
               text_signature = "($self, q=0.5, *, method='linear')")]
        fn result<'py>(
            &self,
            py: Python<'py>,
            q: QuantilesArgument,
            method: &str,
        ) -> PyResult<Bound<'py, PyAny>> {
            let method = Method::from_name(method)?;
            let output = locked(&self.0, py).result(&q.0, method)?;
            to_python(py, output)
        }
    }
}
