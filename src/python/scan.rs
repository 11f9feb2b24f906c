//! Which Python function calls which running reduction?

use pyo3::prelude::*;

use super::arguments::{AxisArgument, DtypeArgument};
use super::fold::detached;
use super::input::with_values;
use super::output::to_python;
use crate::fold::{self, Axes, Options, Scan};

fn run<'py>(scan: Scan, x: &Bound<'py, PyAny>, options: &Options<'_>) -> PyResult<Bound<'py, PyAny>> {
    let py = x.py();
    let output = with_values(x, |values| {
        let n = values.len();
        Ok(detached(py, n, || fold::scan(scan, values, options))?)
    })?;
    to_python(py, output)
}

macro_rules! x_and_axis_doc {
    () => {
        "

Parameters
----------
x : array_like
    Numbers: as the `x` of `sum`.
axis : int or None, default None
    Along which axis; None for all elements in C order.
"
    };
}
macro_rules! returns_doc {
    ($notes:literal, $example:literal, $result:literal) => {
        concat!(
            "
Returns
-------
array
    Of the shape of `x`, or of one axis without `axis`.

Raises
------
NearfoldError
    With code ``axis_out_of_range``, ``bad_parameter`` of several axes, ``unsupported_dtype`` or
    ``out_of_memory``.

Notes
-----
",
            $notes,
            "

Examples
--------
>>> import nearfold as nf
>>> ",
            $example,
            "\n",
            $result,
            "\n"
        )
    };
}

macro_rules! totals {
    ($($name:ident $scan:ident $first:literal $notes:literal $example:literal $result:literal;)*) => {
        $(#[doc = concat!(
            $first, x_and_axis_doc!(),
            "dtype : str or NumPy dtype, optional
    The type of the result.
include_initial : bool, default False
    Whether the result begins with that of nothing, and is longer by one.
",
            returns_doc!($notes, $example, $result)
        )]
        #[pyfunction]
        #[pyo3(signature = (x, /, axis=AxisArgument(Axes::All), *, dtype=None, include_initial=false),
               text_signature = "(x, /, axis=None, *, dtype=None, include_initial=False)")]
        pub(super) fn $name<'py>(
            x: &Bound<'py, PyAny>,
            axis: AxisArgument,
            dtype: Option<DtypeArgument>,
            include_initial: bool,
        ) -> PyResult<Bound<'py, PyAny>> {
            let dtype = dtype.map(|dtype| dtype.0);
            run(Scan::$scan, x, &Options { axis: axis.0, dtype, include_initial, ..Options::default() })
        })*
    };
}
totals! {
    cumsum Cumsum "Return the running sums, each off by about one rounding; integers wrap round."
        "In two doubles, from the left: the i-th is off by less than i**2 2**-106 of the sum of the magnitudes up to it,
before its own, one rounding; integers are added exactly. A total beyond the largest float is infinite until it is one again.
NaN from the first NaN on. One pass, and what is returned."
        "nf.cumsum([1, 2, 3]).tolist()" "[1, 3, 6]";
    cumprod Cumprod "Return the running products, rounded at every step; integers wrap round."
        "From the left, NumPy's bits for float64; float32 and float16 are carried in a double and rounded at the end. They may
overflow or underflow for good. NaN from the first NaN on. One pass, and what is returned."
        "nf.cumprod([1, 2, 3]).tolist()" "[1, 2, 6]";
}

macro_rules! extremes {
    ($($name:ident $scan:ident $first:literal $notes:literal $example:literal $result:literal;)*) => {
        $(#[doc = concat!($first, x_and_axis_doc!(), returns_doc!($notes, $example, $result))]
        #[pyfunction]
        #[pyo3(signature = (x, /, axis=AxisArgument(Axes::All)), text_signature = "(x, /, axis=None)")]
        pub(super) fn $name<'py>(x: &Bound<'py, PyAny>, axis: AxisArgument) -> PyResult<Bound<'py, PyAny>> {
            run(Scan::$scan, x, &Options { axis: axis.0, ..Options::default() })
        })*
    };
}
extremes! {
    cummin Cummin "Return the running minima; NaN from the first NaN on."
        "Elements as they are, of the type of `x`. One pass, and what is returned."
        "nf.cummin([2, 3, 1]).tolist()" "[2, 2, 1]";
    cummax Cummax "Return the running maxima; NaN from the first NaN on."
        "Elements as they are, of the type of `x`. One pass, and what is returned."
        "nf.cummax([2, 3, 1]).tolist()" "[2, 3, 3]";
}
