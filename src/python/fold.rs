//! The reductions as Python functions, with NumPy's keywords: one for each row of the core's table.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::arguments::{AxisArgument, DtypeArgument, InitialArgument, OrderArgument, QuantilesArgument};
use super::input::with_values;
use super::notes::notes_doc;
use super::output::to_python;
use crate::error::{ErrorKind, Result};
use crate::fold::names::for_each_reduction;
use crate::fold::{self, Axes, Method, NormOrder, Options, Output, Reduction, Values};

/// From this many elements on, other Python threads run meanwhile. Below, giving up the
/// interpreter's lock and taking it again (70 ns and more) costs too much of the call.
pub(super) const DETACH_MIN: usize = 20_000;

/// Computes without the interpreter's lock where there is much to do.
pub(super) fn detached<R: Send>(
    py: Python<'_>,
    n: usize,
    compute: impl FnOnce() -> Result<R> + Send,
) -> Result<R> {
    if n < DETACH_MIN { compute() } else { py.detach(compute) }
}

/// A reduction's call, as Python made it.
struct Call<'a, 'py> {
    reduction: Reduction,
    x: &'a Bound<'py, PyAny>,
    mask: Option<&'a Bound<'py, PyAny>>,
    weights: Option<&'a Bound<'py, PyAny>>,
    options: Options<'static>,
}

impl<'a, 'py> Call<'a, 'py> {
    fn new(reduction: Reduction, x: &'a Bound<'py, PyAny>, axis: AxisArgument, keepdims: bool) -> Self {
        let options = Options { axis: axis.0, keepdims, ..Options::default() };
        Self { reduction, x, mask: None, weights: None, options }
    }

    fn ddof(mut self, ddof: f64) -> Self {
        self.options.ddof = ddof;
        self
    }

    fn dtype(mut self, dtype: Option<DtypeArgument>) -> Self {
        self.options.dtype = dtype.map(|dtype| dtype.0);
        self
    }

    fn initial(mut self, initial: Option<InitialArgument>) -> Self {
        self.options.initial = initial.map(|initial| initial.0);
        self
    }

    fn mask(mut self, mask: Option<&'a Bound<'py, PyAny>>) -> Self {
        self.mask = mask;
        self
    }

    #[inline]
    fn run(self) -> PyResult<Bound<'py, PyAny>> {
        let Self { reduction, x, mask, weights, options } = self;
        let py = x.py();
        let fold = |options: &Options<'_>| match weights {
            None => with_values(x, |values| fold_values(py, reduction, values, options)),
            Some(weights) => with_values(x, |values| {
                with_values(weights, |weights| {
                    let n = values.len();
                    let fold = || fold::weighted(reduction, values.view(), weights.view(), options);
                    Ok(detached(py, n, fold)?)
                })
            }),
        };
        let output = match mask {
            None => fold(&options)?,
            Some(mask) => with_values(mask, |mask| {
                let Values::Bool(mask) = mask else {
                    let got = mask.dtype().name();
                    return Err(PyTypeError::new_err(format!("where: expected bools, got {got}")));
                };
                fold(&Options { mask: Some(mask), ..options })
            })?,
        };
        to_python(py, output)
    }
}

fn fold_values(
    py: Python<'_>,
    reduction: Reduction,
    values: Values<'_>,
    options: &Options<'_>,
) -> PyResult<Output> {
    let n = values.len();
    Ok(detached(py, n, || fold::reduce(reduction, values, options))?)
}

/// Returns what is subtracted from n, by whichever of its two names it was given.
fn corrected(ddof: f64, correction: Option<f64>) -> Result<f64> {
    match correction {
        Some(correction) if ddof == 0.0 => Ok(correction),
        Some(correction) => Err(ErrorKind::BadParameter {
            name: "correction",
            expected: "left out where ddof is given".to_owned(),
            got: format!("{correction} beside a ddof of {ddof}"),
        }
        .into()),
        None => Ok(ddof),
    }
}

macro_rules! x_and_axis_doc {
    () => {
        "Parameters
----------
x : array_like
    Numbers: an array that exports the buffer protocol (NumPy, ``array``, ``memoryview``, ctypes,
    mmap), an Arrow or DLPack array, or a (nested) sequence. Read in place where its bytes are
    native and aligned. A masked element, or an Arrow null, is an error (``bad_parameter``).
axis : int, tuple of int or None, default None
    Which axes to reduce over; None for all of them.
keepdims : bool, default False
    Whether reduced axes stay with length 1.
"
    };
}
macro_rules! where_doc {
    () => {
        "where : array_like of bool, optional
    Only elements where this is true count; broadcast to the shape of `x`.
"
    };
}
macro_rules! dtype_doc {
    () => {
        "dtype : str or NumPy dtype, optional
    The type of the result; a name that is none is an error (``unknown_name``).
"
    };
}
macro_rules! initial_doc {
    () => {
        "initial : number, optional
    One more element, with which the result begins; it takes the type of the result.
"
    };
}
macro_rules! ddof_doc {
    () => {
        "ddof : float, default 0
    The divisor is ``n - ddof``: 0 for the population's variance, 1 for a sample's.
correction : float, optional
    The array API's name of `ddof`: one of them is given, not both.
"
    };
}
macro_rules! bias_doc {
    () => {
        "bias : bool, default True
    Whether the result is left as it is (True), or corrected for the sample's size.
"
    };
}
macro_rules! fisher_doc {
    () => {
        "fisher : bool, default True
    Whether 3, the normal distribution's, is taken off.
"
    };
}
macro_rules! order_doc {
    () => {
        "order : int, default 4
    How many moments: 1 to 4.
"
    };
}
macro_rules! ord_doc {
    () => {
        "ord : {0, 1, 2, inf, -inf}, default 2
    Which norm: the count of what is not 0, the sum of magnitudes, the root of the sum of squares, the
    largest or the smallest magnitude.
"
    };
}
macro_rules! q_doc {
    () => {
        "q : float or array_like of float
    Which quantiles: of several, the result has a first axis.
method : str, default \"linear\"
    How a quantile between two elements is found; one of NumPy's 13: inverted_cdf,
    averaged_inverted_cdf, closest_observation, interpolated_inverted_cdf, hazen, weibull, linear,
    median_unbiased, normal_unbiased, lower, higher, midpoint, nearest.
"
    };
}
macro_rules! weights_doc {
    () => {
        "weights : array_like, optional
    How many elements each one stands for, with the method inverted_cdf: of the shape of `x`, or of the lengths of `axis`.
"
    };
}
macro_rules! returns_doc {
    ($name:ident) => {
        concat!(
            "
Returns
-------
",
            about!($name scalar),
            " or array
    A Python number where no axis remains, else a `numpy.ndarray` (a `nearfold.Array` where there is
    no NumPy).
"
        )
    };
}
/// Picks a part of what is said of a function.
macro_rules! part {
    (first $first:literal $scalar:literal $examples:tt) => {
        $first
    };
    (scalar $first:literal $scalar:literal $examples:tt) => {
        $scalar
    };
    (examples $first:literal $scalar:literal [$($line:literal)*]) => {
        concat!("\nExamples\n--------\n>>> import nearfold as nf\n", $($line, "\n",)*)
    };
}

/// The first line of a function's documentation, its scalar result and examples.
macro_rules! about {
    (sum $part:ident) => {
        part!($part "Return the correctly rounded sum; integers wrap round in 64 bits. Of nothing: 0." "float or int"
            [">>> nf.sum([1e16, 1.0, -1e16])" "1.0"])
    };
    (mean $part:ident) => {
        part!($part "Return the correctly rounded arithmetic mean; NaN propagates." "float"
            [">>> nf.mean([1e308, 1e308])" "1e+308"])
    };
    (prod $part:ident) => {
        part!($part "Return the product, without overflow on the way. Of nothing: 1." "float or int"
            [">>> nf.prod([1e200, 1e200, 1e-300])" "1e+100"])
    };
    (var $part:ident) => {
        part!($part "Return the correctly rounded variance, dividing by ``n - ddof``." "float"
            [">>> nf.var([1e9 + 1, 1e9 + 2, 1e9 + 3, 1e9 + 4])" "1.25"])
    };
    (std $part:ident) => {
        part!($part "Return the correctly rounded standard deviation." "float"
            [">>> nf.std([1.0, 3.0], ddof=0)" "1.0"])
    };
    (min $part:ident) => {
        part!($part "Return the smallest element; NaN if there is one; -0.0 is below 0.0." "float or int"
            [">>> nf.min([3, 1, 2])" "1"])
    };
    (max $part:ident) => {
        part!($part "Return the largest element; NaN if there is one; -0.0 is below 0.0." "float or int"
            [">>> nf.max([3, 1, 2])" "3"])
    };
    (ptp $part:ident) => {
        part!($part "Return the difference of the largest and the smallest element." "float or int"
            [">>> nf.ptp([3, 1, 2])" "2"])
    };
    (minmax $part:ident) => {
        part!($part "Return the smallest and the largest element, as a first axis of length 2." "never a number,"
            [">>> nf.minmax([3, 1, 2]).tolist()" "[1, 3]"])
    };
    (median $part:ident) => {
        part!($part "Return the median: the middle element, or the mean of the two in the middle." "float"
            [">>> nf.median([3.0, 1.0, 2.0, 10.0])" "2.5"])
    };
    (argmin $part:ident) => {
        part!($part "Return the index of the first smallest element, or of the first NaN." "int"
            [">>> nf.argmin([3, 1, 2, 1])" "1"])
    };
    (argmax $part:ident) => {
        part!($part "Return the index of the first largest element, or of the first NaN." "int"
            [">>> nf.argmax([3, 1, 2, 3])" "0"])
    };
    (any $part:ident) => {
        part!($part "Return whether any element is true; NaN is." "bool"
            [">>> nf.any([0, 2])" "True"])
    };
    (all $part:ident) => {
        part!($part "Return whether all elements are true; NaN is." "bool"
            [">>> nf.all([0, 2])" "False"])
    };
    (count_nonzero $part:ident) => {
        part!($part "Return how many elements are not zero." "int"
            [">>> nf.count_nonzero([0, 2, 3])" "2"])
    };
    (norm $part:ident) => {
        part!($part "Return the correctly rounded norm of all elements as one vector." "float"
            [">>> nf.norm([3.0, -4.0])" "5.0" ">>> nf.norm([3.0, -4.0], ord=1)" "7.0"])
    };
    (skew $part:ident) => {
        part!($part "Return the skewness, m3 / m2**1.5, correctly rounded; NaN where all elements are equal." "float"
            [">>> nf.skew([1.0, 2.0, 3.0])" "0.0"])
    };
    (nanskew $part:ident) => {
        part!($part "Return the skewness of what is not NaN." "float"
            [">>> nf.nanskew([1.0, 2.0, float('nan'), 3.0])" "0.0"])
    };
    (kurtosis $part:ident) => {
        part!($part "Return the kurtosis, m4 / m2**2 - 3, correctly rounded; NaN where all elements are equal." "float"
            [">>> nf.kurtosis([1.0, 2.0], fisher=False)" "1.0"])
    };
    (nankurtosis $part:ident) => {
        part!($part "Return the kurtosis of what is not NaN." "float"
            [">>> nf.nankurtosis([1.0, float('nan'), 2.0])" "-2.0"])
    };
    (moments $part:ident) => {
        part!($part "Return the mean and the central moments m2, m3, m4, correctly rounded, as a first axis." "never a number,"
            [">>> nf.moments([1.0, 3.0], order=2).tolist()" "[2.0, 1.0]"])
    };
    (nanmoments $part:ident) => {
        part!($part "Return the mean and the central moments of what is not NaN, as a first axis." "never a number,"
            [">>> nf.nanmoments([1.0, float('nan'), 3.0], order=2).tolist()" "[2.0, 1.0]"])
    };
    (quantile $part:ident) => {
        part!($part "Return the quantiles `q`, 0 to 1." "float"
            [">>> nf.quantile([1.0, 2.0, 3.0, 4.0], 0.5)" "2.5" ">>> nf.quantile([1.0, 2.0, 3.0, 4.0], [0.0, 1.0], method='lower').tolist()" "[1.0, 4.0]"])
    };
    (percentile $part:ident) => {
        part!($part "Return the quantiles `q`, 0 to 100." "float"
            [">>> nf.percentile([1.0, 2.0, 3.0, 4.0], 50)" "2.5"])
    };
    (nanquantile $part:ident) => {
        part!($part "Return the quantiles `q`, 0 to 1, of what is not NaN." "float"
            [">>> nf.nanquantile([1.0, float('nan'), 3.0], 0.5)" "2.0"])
    };
    (nanpercentile $part:ident) => {
        part!($part "Return the quantiles `q`, 0 to 100, of what is not NaN." "float"
            [">>> nf.nanpercentile([1.0, float('nan'), 3.0], 50)" "2.0"])
    };
    (nansum $part:ident) => {
        part!($part "Return the correctly rounded sum of what is not NaN." "float or int"
            [">>> nf.nansum([1.0, float('nan'), 2.0])" "3.0"])
    };
    (nanmean $part:ident) => {
        part!($part "Return the correctly rounded mean of what is not NaN." "float"
            [">>> nf.nanmean([1.0, float('nan'), 2.0])" "1.5"])
    };
    (nanprod $part:ident) => {
        part!($part "Return the product of what is not NaN." "float or int"
            [">>> nf.nanprod([2.0, float('nan'), 3.0])" "6.0"])
    };
    (nanvar $part:ident) => {
        part!($part "Return the correctly rounded variance of what is not NaN." "float"
            [">>> nf.nanvar([1.0, float('nan'), 3.0])" "1.0"])
    };
    (nanstd $part:ident) => {
        part!($part "Return the correctly rounded standard deviation of what is not NaN." "float"
            [">>> nf.nanstd([1.0, float('nan'), 3.0])" "1.0"])
    };
    (nanmin $part:ident) => {
        part!($part "Return the smallest element that is not NaN; NaN if nothing is left." "float or int"
            [">>> nf.nanmin([2.0, float('nan'), 1.0])" "1.0"])
    };
    (nanmax $part:ident) => {
        part!($part "Return the largest element that is not NaN; NaN if nothing is left." "float or int"
            [">>> nf.nanmax([2.0, float('nan'), 1.0])" "2.0"])
    };
    (count $part:ident) => {
        part!($part "Return how many elements are not NaN." "int"
            [">>> nf.count([1.0, float('nan')])" "1"])
    };
    (nanminmax $part:ident) => {
        part!($part "Return `minmax` of what is not NaN." "never a number,"
            [">>> nf.nanminmax([3.0, float('nan'), 2.0]).tolist()" "[2.0, 3.0]"])
    };
    (nanmedian $part:ident) => {
        part!($part "Return the median of what is not NaN; NaN if nothing is left." "float"
            [">>> nf.nanmedian([3.0, float('nan'), 2.0])" "2.5"])
    };
    (nanargmin $part:ident) => {
        part!($part "Return the index of the first smallest element that is not NaN." "int"
            [">>> nf.nanargmin([float('nan'), 2.0, 1.0])" "2"])
    };
    (nanargmax $part:ident) => {
        part!($part "Return the index of the first largest element that is not NaN." "int"
            [">>> nf.nanargmax([float('nan'), 2.0, 1.0])" "1"])
    };
}

/// Makes the Python function of a reduction: its signature says which keywords it takes.
macro_rules! function {
    (@total $name:ident $reduction:ident) => {
        #[doc = concat!(
            about!($name first), "\n\n", x_and_axis_doc!(), dtype_doc!(), initial_doc!(), where_doc!(), returns_doc!($name),
            notes_doc!($name), about!($name examples)
        )]
        #[pyfunction]
        #[pyo3(signature = (x, /, axis=AxisArgument(Axes::All), *, keepdims=false, dtype=None, initial=None, r#where=None),
               text_signature = "(x, /, axis=None, *, keepdims=False, dtype=None, initial=None, where=None)")]
        pub(super) fn $name<'py>(
            x: &Bound<'py, PyAny>,
            axis: AxisArgument,
            keepdims: bool,
            dtype: Option<DtypeArgument>,
            initial: Option<InitialArgument>,
            r#where: Option<&Bound<'py, PyAny>>,
        ) -> PyResult<Bound<'py, PyAny>> {
            Call::new(Reduction::$reduction, x, axis, keepdims).dtype(dtype).initial(initial).mask(r#where).run()
        }
    };
    (@mean $name:ident $reduction:ident) => {
        #[doc = concat!(
            about!($name first), "\n\n", x_and_axis_doc!(), dtype_doc!(), where_doc!(), returns_doc!($name),
            notes_doc!($name), about!($name examples)
        )]
        #[pyfunction]
        #[pyo3(signature = (x, /, axis=AxisArgument(Axes::All), *, keepdims=false, dtype=None, r#where=None),
               text_signature = "(x, /, axis=None, *, keepdims=False, dtype=None, where=None)")]
        pub(super) fn $name<'py>(
            x: &Bound<'py, PyAny>,
            axis: AxisArgument,
            keepdims: bool,
            dtype: Option<DtypeArgument>,
            r#where: Option<&Bound<'py, PyAny>>,
        ) -> PyResult<Bound<'py, PyAny>> {
            Call::new(Reduction::$reduction, x, axis, keepdims).dtype(dtype).mask(r#where).run()
        }
    };
    (@var $name:ident $reduction:ident) => {
        #[doc = concat!(
            about!($name first), "\n\n", x_and_axis_doc!(), ddof_doc!(), dtype_doc!(), where_doc!(),
            returns_doc!($name), notes_doc!($name), about!($name examples)
        )]
        #[pyfunction]
        #[pyo3(signature = (x, /, axis=AxisArgument(Axes::All), *, ddof=0.0, keepdims=false, dtype=None, r#where=None, correction=None),
               text_signature = "(x, /, axis=None, *, ddof=0.0, keepdims=False, dtype=None, where=None, correction=None)")]
        pub(super) fn $name<'py>(
            x: &Bound<'py, PyAny>,
            axis: AxisArgument,
            ddof: f64,
            keepdims: bool,
            dtype: Option<DtypeArgument>,
            r#where: Option<&Bound<'py, PyAny>>,
            correction: Option<f64>,
        ) -> PyResult<Bound<'py, PyAny>> {
            let ddof = corrected(ddof, correction)?;
            Call::new(Reduction::$reduction, x, axis, keepdims).ddof(ddof).dtype(dtype).mask(r#where).run()
        }
    };
    (@plain $name:ident $reduction:ident) => {
        #[doc = concat!(
            about!($name first), "\n\n", x_and_axis_doc!(), where_doc!(), returns_doc!($name), notes_doc!($name), about!($name examples)
        )]
        #[pyfunction]
        #[pyo3(signature = (x, /, axis=AxisArgument(Axes::All), *, keepdims=false, r#where=None),
               text_signature = "(x, /, axis=None, *, keepdims=False, where=None)")]
        pub(super) fn $name<'py>(
            x: &Bound<'py, PyAny>,
            axis: AxisArgument,
            keepdims: bool,
            r#where: Option<&Bound<'py, PyAny>>,
        ) -> PyResult<Bound<'py, PyAny>> {
            Call::new(Reduction::$reduction, x, axis, keepdims).mask(r#where).run()
        }
    };
    (@end $name:ident $reduction:ident) => {
        #[doc = concat!(
            about!($name first), "\n\n", x_and_axis_doc!(), initial_doc!(), where_doc!(), returns_doc!($name), notes_doc!($name), about!($name examples)
        )]
        #[pyfunction]
        #[pyo3(signature = (x, /, axis=AxisArgument(Axes::All), *, keepdims=false, initial=None, r#where=None),
               text_signature = "(x, /, axis=None, *, keepdims=False, initial=None, where=None)")]
        pub(super) fn $name<'py>(
            x: &Bound<'py, PyAny>,
            axis: AxisArgument,
            keepdims: bool,
            initial: Option<InitialArgument>,
            r#where: Option<&Bound<'py, PyAny>>,
        ) -> PyResult<Bound<'py, PyAny>> {
            Call::new(Reduction::$reduction, x, axis, keepdims).initial(initial).mask(r#where).run()
        }
    };
    (@quantile $name:ident $reduction:ident) => {
        #[doc = concat!(
            about!($name first), "\n\n", x_and_axis_doc!(), q_doc!(), weights_doc!(), where_doc!(), returns_doc!($name),
            notes_doc!($name), about!($name examples)
        )]
        #[pyfunction]
        #[pyo3(signature = (x, q, /, axis=AxisArgument(Axes::All), *, method="linear", keepdims=false, weights=None, r#where=None),
               text_signature = "(x, q, /, axis=None, *, method='linear', keepdims=False, weights=None, where=None)")]
        pub(super) fn $name<'py>(
            x: &Bound<'py, PyAny>,
            q: QuantilesArgument,
            axis: AxisArgument,
            method: &str,
            keepdims: bool,
            weights: Option<&Bound<'py, PyAny>>,
            r#where: Option<&Bound<'py, PyAny>>,
        ) -> PyResult<Bound<'py, PyAny>> {
            let mut call = Call::new(Reduction::$reduction, x, axis, keepdims).mask(r#where);
            call.weights = weights;
            call.options.q = q.0;
            call.options.method = Method::from_name(method)?;
            call.run()
        }
    };
    (@skew $name:ident $reduction:ident) => {
        #[doc = concat!(
            about!($name first), "\n\n", x_and_axis_doc!(), bias_doc!(), where_doc!(), returns_doc!($name),
            notes_doc!($name), about!($name examples)
        )]
        #[pyfunction]
        #[pyo3(signature = (x, /, axis=AxisArgument(Axes::All), *, bias=true, keepdims=false, r#where=None),
               text_signature = "(x, /, axis=None, *, bias=True, keepdims=False, where=None)")]
        pub(super) fn $name<'py>(
            x: &Bound<'py, PyAny>,
            axis: AxisArgument,
            bias: bool,
            keepdims: bool,
            r#where: Option<&Bound<'py, PyAny>>,
        ) -> PyResult<Bound<'py, PyAny>> {
            let mut call = Call::new(Reduction::$reduction, x, axis, keepdims).mask(r#where);
            call.options.bias = bias;
            call.run()
        }
    };
    (@kurtosis $name:ident $reduction:ident) => {
        #[doc = concat!(
            about!($name first), "\n\n", x_and_axis_doc!(), bias_doc!(), fisher_doc!(), where_doc!(), returns_doc!($name),
            notes_doc!($name), about!($name examples)
        )]
        #[pyfunction]
        #[pyo3(signature = (x, /, axis=AxisArgument(Axes::All), *, bias=true, fisher=true, keepdims=false, r#where=None),
               text_signature = "(x, /, axis=None, *, bias=True, fisher=True, keepdims=False, where=None)")]
        pub(super) fn $name<'py>(
            x: &Bound<'py, PyAny>,
            axis: AxisArgument,
            bias: bool,
            fisher: bool,
            keepdims: bool,
            r#where: Option<&Bound<'py, PyAny>>,
        ) -> PyResult<Bound<'py, PyAny>> {
            let mut call = Call::new(Reduction::$reduction, x, axis, keepdims).mask(r#where);
            call.options.bias = bias;
            call.options.fisher = fisher;
            call.run()
        }
    };
    (@moments $name:ident $reduction:ident) => {
        #[doc = concat!(
            about!($name first), "\n\n", x_and_axis_doc!(), order_doc!(), where_doc!(), returns_doc!($name),
            notes_doc!($name), about!($name examples)
        )]
        #[pyfunction]
        #[pyo3(signature = (x, /, axis=AxisArgument(Axes::All), *, order=OrderArgument(4), keepdims=false, r#where=None),
               text_signature = "(x, /, axis=None, *, order=4, keepdims=False, where=None)")]
        pub(super) fn $name<'py>(
            x: &Bound<'py, PyAny>,
            axis: AxisArgument,
            order: OrderArgument,
            keepdims: bool,
            r#where: Option<&Bound<'py, PyAny>>,
        ) -> PyResult<Bound<'py, PyAny>> {
            let mut call = Call::new(Reduction::$reduction, x, axis, keepdims).mask(r#where);
            call.options.order = order.0;
            call.run()
        }
    };
    (@norm $name:ident $reduction:ident) => {
        #[doc = concat!(
            about!($name first), "\n\n", x_and_axis_doc!(), ord_doc!(), where_doc!(), returns_doc!($name),
            notes_doc!($name), about!($name examples)
        )]
        #[pyfunction]
        #[pyo3(signature = (x, /, axis=AxisArgument(Axes::All), *, ord=2.0, keepdims=false, r#where=None),
               text_signature = "(x, /, axis=None, *, ord=2.0, keepdims=False, where=None)")]
        pub(super) fn $name<'py>(
            x: &Bound<'py, PyAny>,
            axis: AxisArgument,
            ord: f64,
            keepdims: bool,
            r#where: Option<&Bound<'py, PyAny>>,
        ) -> PyResult<Bound<'py, PyAny>> {
            let mut call = Call::new(Reduction::$reduction, x, axis, keepdims).mask(r#where);
            call.options.ord = NormOrder::from_number(ord)?;
            call.run()
        }
    };
    (@position $name:ident $reduction:ident) => {
        #[doc = concat!(
            about!($name first), "\n\n", x_and_axis_doc!(), returns_doc!($name), notes_doc!($name), about!($name examples)
        )]
        #[pyfunction]
        #[pyo3(signature = (x, /, axis=AxisArgument(Axes::All), *, keepdims=false),
               text_signature = "(x, /, axis=None, *, keepdims=False)")]
        pub(super) fn $name<'py>(
            x: &Bound<'py, PyAny>,
            axis: AxisArgument,
            keepdims: bool,
        ) -> PyResult<Bound<'py, PyAny>> {
            Call::new(Reduction::$reduction, x, axis, keepdims).run()
        }
    };
}

macro_rules! functions {
    ($($(#[$doc:meta])* $variant:ident, $name:ident, $family:ident, $skip:literal, $signature:ident;)*) => {
        $(function!(@$signature $name $variant);)*
    };
}
for_each_reduction!(functions);

/// Return the usual figures of what is not NaN.
///
/// Parameters
/// ----------
/// x : array_like
///     Numbers: as the `x` of `sum`.
/// axis : int, tuple of int or None, default None
///     Which axes to reduce over; None for all of them.
/// ddof : float, default 0
///     The divisor of the variance is ``n - ddof``.
/// keepdims : bool, default False
///     Whether reduced axes stay with length 1: the figures are arrays then.
///
/// Returns
/// -------
/// dict of str to float, int or array
///     ``count``, ``mean``, ``std``, ``min``, ``25%``, ``50%``, ``75%``, ``max``, ``skew``, ``kurtosis``.
///
/// Raises
/// ------
/// NearfoldError
///     With code ``empty``, ``bad_parameter`` where `ddof` is not below n, ``axis_out_of_range``,
///     ``unsupported_dtype`` or ``out_of_memory``.
///
/// Notes
/// -----
/// Each figure is that of `count`, `nanmean`, `nanstd`, `nanmin`, `nanquantile` (0.25, 0.5, 0.75), `nanmax`, `nanskew`
/// and `nankurtosis`, to the bit; of nothing but NaN all but the count are NaN. A whole array of floats is read a few
/// times, not once for each figure.
///
/// Examples
/// --------
/// >>> import nearfold as nf
/// >>> figures = nf.describe([1.0, 2.0, 3.0, float('nan')])
/// >>> figures["count"], figures["mean"], figures["50%"]
/// (3, 2.0, 2.0)
#[pyfunction]
#[pyo3(signature = (x, /, axis=AxisArgument(Axes::All), *, ddof=0.0, keepdims=false),
       text_signature = "(x, /, axis=None, *, ddof=0.0, keepdims=False)")]
pub(super) fn describe<'py>(
    x: &Bound<'py, PyAny>,
    axis: AxisArgument,
    ddof: f64,
    keepdims: bool,
) -> PyResult<Bound<'py, PyDict>> {
    let py = x.py();
    let options = Options { axis: axis.0, ddof, keepdims, ..Options::default() };
    let figures = with_values(x, |values| {
        let n = values.len();
        Ok(detached(py, n, || fold::describe(values, &options))?)
    })?;
    let named = PyDict::new(py);
    for (name, figure) in figures {
        named.set_item(name, to_python(py, figure)?)?;
    }
    Ok(named)
}
