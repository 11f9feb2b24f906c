//! The sum, the moments and the extremes of a stream: each is a [`Partial`] of one reduction.

use super::super::dtype::Dtype;
use super::super::names::Reduction;
use super::super::options::Options;
use super::super::output::Output;
use super::super::partial::Partial;
use super::super::values::Values;
use crate::error::Result;

macro_rules! named {
    ($(#[$doc:meta])* $name:ident, $reduction:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name(Partial);

        impl $name {
            /// Returns the state of an empty stream of elements of this type.
            ///
            /// Errors: [`ErrorKind::UnsupportedDtype`](crate::ErrorKind::UnsupportedDtype) for complex numbers.
            pub fn new(dtype: Dtype) -> Result<Self> {
                Partial::new(Reduction::$reduction, dtype, &Options::default()).map(Self)
            }

            /// Adds all elements of an array.
            ///
            /// Errors: [`ErrorKind::UnsupportedDtype`](crate::ErrorKind::UnsupportedDtype) if the type is not the stream's.
            pub fn push<'a>(&mut self, values: impl Into<Values<'a>>) -> Result<()> {
                self.0.push(values)
            }

            /// Adds what came to another state.
            ///
            /// Errors: [`ErrorKind::BadParameter`](crate::ErrorKind::BadParameter) if the other is of another dtype.
            pub fn merge(&mut self, other: &Self) -> Result<()> {
                self.0.merge(&other.0)
            }

            #[doc = concat!("Returns what [`", stringify!($reduction), "`](Reduction::", stringify!($reduction), ") of the whole is.")]
            ///
            /// Errors: those of the function of that name.
            pub fn result(&self) -> Result<Output> {
                self.0.result()
            }

            /// Returns the type of the elements.
            pub fn dtype(&self) -> Dtype {
                self.0.dtype()
            }

            /// Returns how many elements came.
            pub fn count(&self) -> u64 {
                self.0.count()
            }

            /// Returns the bytes of the [`Partial`] of the same reduction and stream.
            pub fn to_bytes(&self) -> Vec<u8> {
                self.0.to_bytes()
            }

            /// Reads what [`to_bytes`](Self::to_bytes) wrote.
            ///
            /// Errors: [`ErrorKind::Corrupt`](crate::ErrorKind::Corrupt).
            pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
                Partial::plain_from_bytes(Reduction::$reduction, bytes).map(Self)
            }
        }
    };
}

named! {
    /// The sum of a stream: any split and any order of merging gives the bits of [`sum`](super::super::sum) of the whole.
    ///
    /// Cost: that of a sum; about 300 bytes.
    ///
    /// ```
    /// use nearfold::fold::Dtype;
    /// use nearfold::fold::stream::Sum;
    ///
    /// let mut left = Sum::new(Dtype::F64)?;
    /// let mut right = left.clone();
    /// left.push(&[1e16, 1.0])?;
    /// right.push(&[-1e16])?;
    /// left.merge(&right)?;
    /// assert_eq!(left.result()?.to_f64(), Some(1.0));
    /// # Ok::<(), nearfold::Error>(())
    /// ```
    Sum, Sum
}

named! {
    /// The smallest and the largest element of a stream, as [`minmax`](super::super::minmax) of the whole.
    ///
    /// ```
    /// use nearfold::fold::Dtype;
    /// use nearfold::fold::stream::MinMax;
    ///
    /// let mut state = MinMax::new(Dtype::F64)?;
    /// state.push(&[2.0, 5.0])?;
    /// state.push(&[-1.0])?;
    /// assert_eq!(state.result()?.to_string(), "[-1, 5]");
    /// # Ok::<(), nearfold::Error>(())
    /// ```
    MinMax, Minmax
}

named! {
    /// The exact sums of the first four powers of a stream, and all figures that are made of them: each has the bits of
    /// the function of its name called on the whole, however the stream was cut and merged.
    ///
    /// Cost: some 60 times that of a sum; about 5 kB.
    ///
    /// ```
    /// use nearfold::fold::Dtype;
    /// use nearfold::fold::stream::Moments;
    ///
    /// let mut state = Moments::new(Dtype::F64)?;
    /// state.push(&[1e9 + 1.0, 1e9 + 2.0])?;
    /// state.push(&[1e9 + 3.0])?;
    /// assert_eq!(state.mean()?.to_f64(), Some(1e9 + 2.0));
    /// assert_eq!(state.var(1.0)?.to_f64(), Some(1.0));
    /// assert_eq!(state.skew(true)?.to_f64(), Some(0.0));
    /// # Ok::<(), nearfold::Error>(())
    /// ```
    Moments, Moments
}

impl Moments {
    /// Returns the mean, rounded once.
    ///
    /// Errors: [`ErrorKind::Empty`](crate::ErrorKind::Empty).
    pub fn mean(&self) -> Result<Output> {
        self.figure(Reduction::Mean, &Options::default())
    }

    /// Returns the variance, dividing by `n - ddof`, rounded once.
    ///
    /// Errors: [`ErrorKind::Empty`](crate::ErrorKind::Empty); [`ErrorKind::BadParameter`](crate::ErrorKind::BadParameter) if ddof is not
    /// below n.
    pub fn var(&self, ddof: f64) -> Result<Output> {
        self.figure(Reduction::Var, &Options::default().ddof(ddof))
    }

    /// Returns the root of the exact variance, rounded once.
    ///
    /// Errors: those of [`var`](Self::var).
    pub fn std(&self, ddof: f64) -> Result<Output> {
        self.figure(Reduction::Std, &Options::default().ddof(ddof))
    }

    /// Returns the skewness, rounded once; NaN if all elements are equal.
    ///
    /// Errors: [`ErrorKind::Empty`](crate::ErrorKind::Empty).
    pub fn skew(&self, bias: bool) -> Result<Output> {
        self.figure(Reduction::Skew, &Options::default().bias(bias))
    }

    /// Returns the kurtosis, rounded once; NaN if all elements are equal.
    ///
    /// Errors: [`ErrorKind::Empty`](crate::ErrorKind::Empty).
    pub fn kurtosis(&self, bias: bool, fisher: bool) -> Result<Output> {
        self.figure(Reduction::Kurtosis, &Options::default().bias(bias).fisher(fisher))
    }

    fn figure(&self, reduction: Reduction, options: &Options<'_>) -> Result<Output> {
        self.0.figure(reduction, options)
    }
}
