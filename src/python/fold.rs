//! Which Python function calls which reduction, with which of NumPy's keywords?

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use super::arguments::{AxisArgument, DtypeArgument};
use super::input::with_values;
use super::output::to_python;
use crate::error::Result;
use crate::fold::{self, Axes, Options, Output, Reduction, Values};

/// From this many elements on, other Python threads run meanwhile. Below, giving up the
/// interpreter's lock and taking it again (70 ns and more) costs too much of the call.
const DETACH_MIN: usize = 20_000;

/// Computes without the interpreter's lock where there is much to do.
fn detached(py: Python<'_>, n: usize, compute: impl FnOnce() -> Result<Output> + Send) -> Result<Output> {
    if n < DETACH_MIN { compute() } else { py.detach(compute) }
}

/// What every reduction's call consists of, as Python gave it.
struct Call<'a, 'py> {
    reduction: Reduction,
    x: &'a Bound<'py, PyAny>,
    axis: AxisArgument,
    keepdims: bool,
    ddof: f64,
    exact: bool,
    dtype: Option<DtypeArgument>,
    mask: Option<&'a Bound<'py, PyAny>>,
}

impl<'a, 'py> Call<'a, 'py> {
    fn new(reduction: Reduction, x: &'a Bound<'py, PyAny>, axis: AxisArgument, keepdims: bool) -> Self {
        Self { reduction, x, axis, keepdims, ddof: 0.0, exact: true, dtype: None, mask: None }
    }

    #[inline]
    fn run(self) -> PyResult<Bound<'py, PyAny>> {
        let py = self.x.py();
        let mut options = Options::default().keepdims(self.keepdims).ddof(self.ddof).exact(self.exact);
        options.axis = self.axis.0;
        options.dtype = self.dtype.map(|dtype| dtype.0);
        let reduction = self.reduction;
        let output = match self.mask {
            None => with_values(self.x, |values| fold_values(py, reduction, values, &options))?,
            Some(mask) => with_values(mask, |mask| {
                let Values::Bool(mask) = mask else {
                    let got = mask.dtype().name();
                    return Err(PyTypeError::new_err(format!("where: expected bools, got {got}")));
                };
                let options = Options { mask: Some(mask), ..options };
                with_values(self.x, |values| fold_values(py, reduction, values, &options))
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

macro_rules! x_and_axis_doc {
    () => {
        "Parameters
----------
x : array_like
    Numbers: an array that exports the buffer protocol (NumPy, ``array``, ``memoryview``, ctypes,
    mmap), an Arrow or DLPack array, or a (nested) sequence. Read in place where its bytes are
    native and aligned.
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
    The type of the result.
"
    };
}
macro_rules! exact_doc {
    () => {
        "exact : bool, default True
    Correctly rounded (True), or the faster fixed-lane order (False). Both give the same bits on
    every machine.
"
    };
}
macro_rules! ddof_doc {
    () => {
        "ddof : float, default 0
    The divisor is ``n - ddof``: 0 for the population's variance, 1 for a sample's.
"
    };
}
macro_rules! returns_doc {
    ($scalar:literal) => {
        concat!(
            "
Returns
-------
",
            $scalar,
            " or array
    A Python number where no axis remains, else a `numpy.ndarray` (a `nearfold.Array` where there is
    no NumPy).

Raises
------
NearfoldError
    With a `code`: ``axis_out_of_range``, ``unsupported_dtype``, ``empty``, …
"
        )
    };
}
macro_rules! examples_doc {
    ($($line:literal)*) => {
        concat!("\nExamples\n--------\n>>> import nearfold as nf\n", $($line, "\n",)*)
    };
}

/// Makes a Python function of each reduction: its family says which keywords it takes.
macro_rules! reductions {
    (@sum $name:ident $reduction:ident $first:literal $scalar:literal [$($example:literal)*]) => {
        #[doc = concat!(
            $first, "\n\n", x_and_axis_doc!(), dtype_doc!(), where_doc!(), exact_doc!(), returns_doc!($scalar),
            examples_doc!($($example)*)
        )]
        #[pyfunction]
        #[pyo3(signature = (x, /, axis=AxisArgument(Axes::All), *, keepdims=false, dtype=None, r#where=None, exact=true),
               text_signature = "(x, /, axis=None, *, keepdims=False, dtype=None, where=None, exact=True)")]
        pub(super) fn $name<'py>(
            x: &Bound<'py, PyAny>,
            axis: AxisArgument,
            keepdims: bool,
            dtype: Option<DtypeArgument>,
            r#where: Option<&Bound<'py, PyAny>>,
            exact: bool,
        ) -> PyResult<Bound<'py, PyAny>> {
            Call { dtype, mask: r#where, exact, ..Call::new(Reduction::$reduction, x, axis, keepdims) }.run()
        }
    };
    (@var $name:ident $reduction:ident $first:literal $scalar:literal [$($example:literal)*]) => {
        #[doc = concat!(
            $first, "\n\n", x_and_axis_doc!(), ddof_doc!(), dtype_doc!(), where_doc!(), exact_doc!(),
            returns_doc!($scalar), examples_doc!($($example)*)
        )]
        #[pyfunction]
        #[pyo3(signature = (x, /, axis=AxisArgument(Axes::All), *, ddof=0.0, keepdims=false, dtype=None, r#where=None, exact=true),
               text_signature = "(x, /, axis=None, *, ddof=0.0, keepdims=False, dtype=None, where=None, exact=True)")]
        pub(super) fn $name<'py>(
            x: &Bound<'py, PyAny>,
            axis: AxisArgument,
            ddof: f64,
            keepdims: bool,
            dtype: Option<DtypeArgument>,
            r#where: Option<&Bound<'py, PyAny>>,
            exact: bool,
        ) -> PyResult<Bound<'py, PyAny>> {
            Call { ddof, dtype, mask: r#where, exact, ..Call::new(Reduction::$reduction, x, axis, keepdims) }.run()
        }
    };
    (@product $name:ident $reduction:ident $first:literal $scalar:literal [$($example:literal)*]) => {
        #[doc = concat!(
            $first, "\n\n", x_and_axis_doc!(), dtype_doc!(), where_doc!(), returns_doc!($scalar),
            examples_doc!($($example)*)
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
            Call { dtype, mask: r#where, ..Call::new(Reduction::$reduction, x, axis, keepdims) }.run()
        }
    };
    (@extreme $name:ident $reduction:ident $first:literal $scalar:literal [$($example:literal)*]) => {
        #[doc = concat!(
            $first, "\n\n", x_and_axis_doc!(), where_doc!(), returns_doc!($scalar), examples_doc!($($example)*)
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
            Call { mask: r#where, ..Call::new(Reduction::$reduction, x, axis, keepdims) }.run()
        }
    };
    (@position $name:ident $reduction:ident $first:literal $scalar:literal [$($example:literal)*]) => {
        #[doc = concat!(
            $first, "\n\n", x_and_axis_doc!(), returns_doc!($scalar), examples_doc!($($example)*)
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
    ($($family:ident $name:ident $reduction:ident $first:literal $scalar:literal $examples:tt;)*) => {
        $(reductions!(@$family $name $reduction $first $scalar $examples);)*
    };
}
reductions! {
    sum sum Sum "Return the correctly rounded sum; integers wrap round in 64 bits. Of nothing: 0." "float or int"
        [">>> nf.sum([1e16, 1.0, -1e16])" "1.0"];
    sum mean Mean "Return the correctly rounded arithmetic mean; NaN propagates." "float"
        [">>> nf.mean([1e308, 1e308])" "1e+308"];
    product prod Prod "Return the product, without overflow on the way. Of nothing: 1." "float or int"
        [">>> nf.prod([1e200, 1e200, 1e-300])" "1e+100"];
    var var Var "Return the correctly rounded variance, dividing by ``n - ddof``." "float"
        [">>> nf.var([1e9 + 1, 1e9 + 2, 1e9 + 3, 1e9 + 4])" "1.25"];
    var std Std "Return the correctly rounded standard deviation." "float"
        [">>> nf.std([1.0, 3.0], ddof=0)" "1.0"];
    sum norm Norm "Return the correctly rounded Euclidean norm, the root of the sum of squares." "float"
        [">>> nf.norm([3e200, 4e200])" "5e+200"];
    extreme min Min "Return the smallest element; NaN if there is one; -0.0 is below 0.0." "float or int"
        [">>> nf.min([3, 1, 2])" "1"];
    extreme max Max "Return the largest element; NaN if there is one; -0.0 is below 0.0." "float or int"
        [">>> nf.max([3, 1, 2])" "3"];
    extreme ptp Ptp "Return the difference of the largest and the smallest element." "float or int"
        [">>> nf.ptp([3, 1, 2])" "2"];
    position argmin Argmin "Return the index of the first smallest element, or of the first NaN." "int"
        [">>> nf.argmin([3, 1, 2, 1])" "1"];
    position argmax Argmax "Return the index of the first largest element, or of the first NaN." "int"
        [">>> nf.argmax([3, 1, 2, 3])" "0"];
    extreme any Any "Return whether any element is true; NaN is." "bool"
        [">>> nf.any([0, 2])" "True"];
    extreme all All "Return whether all elements are true; NaN is." "bool"
        [">>> nf.all([0, 2])" "False"];
    extreme count_nonzero CountNonzero "Return how many elements are not zero." "int"
        [">>> nf.count_nonzero([0, 2, 3])" "2"];
    sum nansum Nansum "Return the correctly rounded sum of what is not NaN." "float or int"
        [">>> nf.nansum([1.0, float('nan'), 2.0])" "3.0"];
    sum nanmean Nanmean "Return the correctly rounded mean of what is not NaN." "float"
        [">>> nf.nanmean([1.0, float('nan'), 2.0])" "1.5"];
    product nanprod Nanprod "Return the product of what is not NaN." "float or int"
        [">>> nf.nanprod([2.0, float('nan'), 3.0])" "6.0"];
    var nanvar Nanvar "Return the correctly rounded variance of what is not NaN." "float"
        [">>> nf.nanvar([1.0, float('nan'), 3.0])" "1.0"];
    var nanstd Nanstd "Return the correctly rounded standard deviation of what is not NaN." "float"
        [">>> nf.nanstd([1.0, float('nan'), 3.0])" "1.0"];
    extreme nanmin Nanmin "Return the smallest element that is not NaN; NaN if nothing is left." "float or int"
        [">>> nf.nanmin([2.0, float('nan'), 1.0])" "1.0"];
    extreme nanmax Nanmax "Return the largest element that is not NaN; NaN if nothing is left." "float or int"
        [">>> nf.nanmax([2.0, float('nan'), 1.0])" "2.0"];
    position nanargmin Nanargmin "Return the index of the first smallest element that is not NaN." "int"
        [">>> nf.nanargmin([float('nan'), 2.0, 1.0])" "2"];
    position nanargmax Nanargmax "Return the index of the first largest element that is not NaN." "int"
        [">>> nf.nanargmax([float('nan'), 2.0, 1.0])" "1"];
}

/// Return the correctly rounded inner product of two arrays of one axis.
///
/// Parameters
/// ----------
/// a, b : array_like
///     Numbers, `(n,)` each: as the `x` of `sum`.
/// exact : bool, default True
///     Correctly rounded (True), or the faster fixed-lane order (False).
///
/// Returns
/// -------
/// float or int
///
/// Raises
/// ------
/// NearfoldError
///     With code ``shape_mismatch`` where the lengths differ.
///
/// Examples
/// --------
/// >>> import nearfold as nf
/// >>> nf.dot([1.0, 2.0], [3.0, 4.0])
/// 11.0
#[pyfunction]
#[pyo3(signature = (a, b, /, *, exact=true))]
pub(super) fn dot<'py>(
    a: &Bound<'py, PyAny>,
    b: &Bound<'py, PyAny>,
    exact: bool,
) -> PyResult<Bound<'py, PyAny>> {
    let py = a.py();
    let options = Options::default().exact(exact);
    let output = with_values(a, |a| {
        with_values(b, |b| Ok(detached(py, a.len(), || fold::dot(a.view(), b.view(), &options))?))
    })?;
    to_python(py, output)
}
