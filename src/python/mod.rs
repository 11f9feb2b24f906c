//! The Python face: converts types, names and errors; no number is computed here.
//!
//! [`input`] turns any Python object that holds numbers into [`Values`](crate::fold::Values), read in
//! place where the memory allows it; [`output`] turns results into Python numbers and arrays.

mod allowed;
mod arguments;
mod arrow;
mod bins;
mod buffer;
mod columns;
mod dlpack;
mod errors;
mod fold;
mod format;
mod ids;
mod index;
mod input;
mod interface;
mod notes;
mod numpy;
mod output;
mod pairs;
mod partial;
mod scan;
mod sequence;
mod shared;
mod stream;
mod strided;
mod threads;

/// The module's table of contents: `nearfold._nearfold`.
#[pyo3::pymodule(gil_used = false)]
mod _nearfold {
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::python::bins::{bincount, digitize, group, histogram};
    #[pymodule_export]
    use crate::python::errors::NearfoldError;
    #[pymodule_export]
    use crate::python::fold::{
        all, any, argmax, argmin, count, count_nonzero, describe, kurtosis, max, mean, median, min, minmax,
        moments, nanargmax, nanargmin, nankurtosis, nanmax, nanmean, nanmedian, nanmin, nanminmax,
        nanmoments, nanpercentile, nanprod, nanquantile, nanskew, nanstd, nansum, nanvar, norm, percentile,
        prod, ptp, quantile, skew, std, sum, var,
    };
    #[pymodule_export]
    use crate::python::index::Index;
    #[pymodule_export]
    use crate::python::output::Array;
    #[pymodule_export]
    use crate::python::pairs::{average, corrcoef, cosine, cov, dot, vecdot};
    #[pymodule_export]
    use crate::python::partial::Partial;
    #[pymodule_export]
    use crate::python::scan::{cummax, cummin, cumprod, cumsum};
    #[pymodule_export]
    use crate::python::stream::{Cov, Histogram, MinMax, Moments, Quantiles, Sum};
    #[pymodule_export]
    use crate::python::threads::threads;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::python::threads::survive_forks(module.py())?;
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
