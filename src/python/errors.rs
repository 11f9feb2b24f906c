//! How does the core's error become a Python exception?

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::error::{Error, ErrorKind};

pyo3::create_exception!(
    nearfold,
    NearfoldError,
    PyValueError,
    "A call was refused: the text says what was expected, what came, and what to do.\n\n\
     Attributes\n----------\ncode : str\n    The stable name of this kind of error, for programs to test, such as\n    \
     ``\"axis_out_of_range\"``."
);

impl From<ErrorKind> for PyErr {
    fn from(kind: ErrorKind) -> Self {
        Error::from(kind).into()
    }
}

impl From<Error> for PyErr {
    fn from(error: Error) -> Self {
        Python::attach(|py| {
            let raised = NearfoldError::new_err(error.to_string());
            match raised.value(py).setattr("code", error.code()) {
                Ok(()) => raised,
                Err(failed) => failed,
            }
        })
    }
}

/// Returns the error of an `__array_interface__` that breaks its own rules.
pub(super) fn bad_interface(name: &'static str, expected: &str) -> PyErr {
    Error::from(ErrorKind::BadParameter {
        name,
        expected: expected.to_owned(),
        got: "a broken __array_interface__".into(),
    })
    .into()
}
