//! How many threads may a reduction take, and what is left of them after a fork?

use pyo3::prelude::*;
use pyo3::types::{PyCFunction, PyDict};

use super::arguments::{AT_LEAST_0, SizeArgument};
use crate::{fold, pool};

/// Return how many threads a long reduction may use; set it first, if `most` is given.
///
/// The results have the same bits whatever is set. The pool itself is as large as the environment variable
/// RAYON_NUM_THREADS says when it is first used, or as there are processors. After `os.fork` the child
/// works on one thread, whatever is set. In Pyodide there is one.
///
/// Parameters
/// ----------
/// most : int, optional
///     1 for the calling thread alone; 0, which is the default, for the whole pool.
///
/// Returns
/// -------
/// int
///
/// Examples
/// --------
/// >>> import nearfold as nf
/// >>> nf.threads(1)
/// 1
/// >>> nf.threads(0) >= 1
/// True
#[pyfunction]
#[pyo3(signature = (most=None, /))]
pub(super) fn threads(most: Option<SizeArgument>) -> PyResult<usize> {
    if let Some(most) = most {
        fold::set_threads(most.at("most", AT_LEAST_0)?);
    }
    Ok(fold::threads())
}

/// A forked child has none of its parent's threads: to wait for the pool would be for ever.
pub(super) fn survive_forks(py: Python<'_>) -> PyResult<()> {
    let Some(register) = py.import("os")?.getattr_opt("register_at_fork")? else { return Ok(()) };
    let alone = PyCFunction::new_closure(py, None, None, |_, _| pool::leave())?;
    let keywords = PyDict::new(py);
    keywords.set_item("after_in_child", alone)?;
    register.call((), Some(&keywords))?;
    Ok(())
}
