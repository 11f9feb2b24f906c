//! The named reductions. SKELETON: bodies are naive and 1-D, the signatures stand.

use super::{Options, Output, Scalar, Values};
use crate::error::{Error, Result};

/// A reduction by name: what faces and golden vectors call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reduction {
    /// See [`sum`].
    Sum,
    /// See [`mean`].
    Mean,
    /// See [`var`].
    Var,
    /// See [`std`].
    Std,
    /// See [`min`].
    Min,
    /// See [`max`].
    Max,
    /// See [`argmin`].
    Argmin,
    /// See [`argmax`].
    Argmax,
    /// See [`norm`].
    Norm,
}

impl Reduction {
    const ALL: [Self; 9] = [
        Self::Sum,
        Self::Mean,
        Self::Var,
        Self::Std,
        Self::Min,
        Self::Max,
        Self::Argmin,
        Self::Argmax,
        Self::Norm,
    ];

    /// Returns the reduction's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sum => "sum",
            Self::Mean => "mean",
            Self::Var => "var",
            Self::Std => "std",
            Self::Min => "min",
            Self::Max => "max",
            Self::Argmin => "argmin",
            Self::Argmax => "argmax",
            Self::Norm => "norm",
        }
    }

    /// Returns the reduction of this name.
    ///
    /// Errors: [`Error::UnknownName`].
    pub fn from_name(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|reduction| reduction.name() == name).ok_or_else(|| Error::UnknownName {
            kind: "reduction",
            expected: "sum, mean, var, std, min, max, argmin, argmax, norm",
            got: name.to_owned(),
        })
    }
}

/// Returns the reduction of `values` that is asked for by name.
pub fn reduce<'a>(
    reduction: Reduction,
    values: impl Into<Values<'a>>,
    options: &Options<'_>,
) -> Result<Output> {
    let values = values.into();
    let _ = options;
    let x: Vec<f64> = match &values {
        Values::F64(view) => view.iter().copied().collect(),
        Values::F32(view) => view.iter().map(|&v| f64::from(v)).collect(),
        Values::I32(view) => view.iter().map(|&v| f64::from(v)).collect(),
        Values::U8(view) => view.iter().map(|&v| f64::from(v)).collect(),
        other => {
            return Err(Error::UnsupportedDtype {
                op: reduction.name(),
                expected: "float64 or float32",
                got: other.dtype().name().to_owned(),
            });
        }
    };
    let n = x.len() as f64;
    let total: f64 = x.iter().sum();
    let mean = total / n;
    let var = || x.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / (n - options.ddof);
    let nonempty = || if x.is_empty() { Err(Error::Empty { op: reduction.name() }) } else { Ok(()) };
    let position = |wanted: f64| Scalar::I64(x.iter().position(|&v| v == wanted).unwrap_or(0) as i64);
    let low = || x.iter().copied().fold(f64::INFINITY, f64::min);
    let high = || x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let scalar = match reduction {
        Reduction::Sum => Scalar::F64(total),
        Reduction::Mean => Scalar::F64(mean),
        Reduction::Var => Scalar::F64(var()),
        Reduction::Std => Scalar::F64(var().sqrt()),
        Reduction::Min => {
            nonempty()?;
            Scalar::F64(low())
        }
        Reduction::Max => {
            nonempty()?;
            Scalar::F64(high())
        }
        Reduction::Argmin => {
            nonempty()?;
            position(low())
        }
        Reduction::Argmax => {
            nonempty()?;
            position(high())
        }
        Reduction::Norm => Scalar::F64(x.iter().map(|v| v * v).sum::<f64>().sqrt()),
    };
    Ok(Output::Scalar(scalar))
}

macro_rules! named {
    ($($(#[$doc:meta])* $name:ident => $reduction:ident;)*) => {
        $($(#[$doc])* pub fn $name<'a>(values: impl Into<Values<'a>>, options: &Options<'_>) -> Result<Output> {
            reduce(Reduction::$reduction, values, options)
        })*
    };
}
named! {
    /// Returns the correctly rounded sum.
    sum => Sum;
    /// Returns the correctly rounded arithmetic mean.
    mean => Mean;
    /// Returns the variance, dividing by `n - ddof`.
    var => Var;
    /// Returns the standard deviation: the square root of [`var`].
    std => Std;
    /// Returns the smallest element; NaN if there is one.
    min => Min;
    /// Returns the largest element; NaN if there is one.
    max => Max;
    /// Returns the index of the first smallest element (int64).
    argmin => Argmin;
    /// Returns the index of the first largest element (int64).
    argmax => Argmax;
    /// Returns the Euclidean norm.
    norm => Norm;
}

/// Returns the correctly rounded inner product Σ aᵢ bᵢ of two 1-D arrays.
pub fn dot<'a, 'b>(
    a: impl Into<Values<'a>>,
    b: impl Into<Values<'b>>,
    options: &Options<'_>,
) -> Result<Output> {
    let _ = options;
    match (a.into(), b.into()) {
        (Values::F64(a), Values::F64(b)) if a.shape() == b.shape() => {
            Ok(Output::Scalar(Scalar::F64(a.iter().zip(b.iter()).map(|(a, b)| a * b).sum())))
        }
        (a, b) => Err(Error::ShapeMismatch {
            expected: format!("{:?}", a.shape()),
            got: format!("{:?}", b.shape()),
        }),
    }
}
