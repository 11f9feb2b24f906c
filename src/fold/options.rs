//! NumPy's keywords.

use ndarray::ArrayViewD;

use super::dtype::{Boolean, Dtype};
use super::output::Scalar;
use crate::error::{Error, ErrorKind, Result};
use crate::text::number;

/// Which axes a reduction goes over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Axes {
    /// All of them: `axis=None`.
    #[default]
    All,
    /// One: `axis=0`, `axis=-1`.
    One(isize),
    /// Several: `axis=(0, 2)`. An empty list reduces nothing, as in NumPy.
    Many(Vec<isize>),
}

/// Which norm is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum NormOrder {
    /// The number of elements that are not 0: `ord=0`.
    Zero,
    /// Σ|x|: `ord=1`.
    One,
    /// √Σx²: `ord=2`.
    #[default]
    Two,
    /// max |x|: `ord=inf`.
    Infinity,
    /// min |x|: `ord=-inf`.
    NegativeInfinity,
}

impl NormOrder {
    /// All of them; the place of each is its number in stored states.
    pub(super) const ALL: [Self; 5] =
        [Self::Zero, Self::One, Self::Two, Self::Infinity, Self::NegativeInfinity];

    /// Returns the norm of NumPy's number.
    ///
    /// Errors: [`ErrorKind::BadParameter`] for other numbers: their powers differ by machine.
    pub fn from_number(ord: f64) -> Result<Self> {
        let known = [
            (0.0, Self::Zero),
            (1.0, Self::One),
            (2.0, Self::Two),
            (f64::INFINITY, Self::Infinity),
            (f64::NEG_INFINITY, Self::NegativeInfinity),
        ];
        known
            .iter()
            .find(|(number, _)| *number == ord)
            .map(|(_, order)| *order)
            .ok_or_else(|| Error::bad_parameter("ord", "0, 1, 2, inf or -inf", number(ord)))
    }
}

/// Which quantiles are asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Quantiles {
    /// The middle one: 0.5, or 50 percent.
    #[default]
    Middle,
    /// One: the result has no axis for it.
    One(f64),
    /// Several: the result's first axis.
    Many(Vec<f64>),
}

/// How a quantile between two elements is found: Hyndman and Fan's nine ways and NumPy's four.
///
/// Reference: R. J. Hyndman, Y. Fan, *Sample quantiles in statistical packages*, The American
/// Statistician 50 (1996) 361–365.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Method {
    /// H&F 1.
    InvertedCdf,
    /// H&F 2.
    AveragedInvertedCdf,
    /// H&F 3.
    ClosestObservation,
    /// H&F 4.
    InterpolatedInvertedCdf,
    /// H&F 5.
    Hazen,
    /// H&F 6.
    Weibull,
    /// H&F 7, the default.
    #[default]
    Linear,
    /// H&F 8.
    MedianUnbiased,
    /// H&F 9.
    NormalUnbiased,
    /// The element below.
    Lower,
    /// The element above.
    Higher,
    /// The middle of both.
    Midpoint,
    /// The nearer one, the even place of two.
    Nearest,
}

const METHODS: [(&str, Method); 13] = [
    ("inverted_cdf", Method::InvertedCdf),
    ("averaged_inverted_cdf", Method::AveragedInvertedCdf),
    ("closest_observation", Method::ClosestObservation),
    ("interpolated_inverted_cdf", Method::InterpolatedInvertedCdf),
    ("hazen", Method::Hazen),
    ("weibull", Method::Weibull),
    ("linear", Method::Linear),
    ("median_unbiased", Method::MedianUnbiased),
    ("normal_unbiased", Method::NormalUnbiased),
    ("lower", Method::Lower),
    ("higher", Method::Higher),
    ("midpoint", Method::Midpoint),
    ("nearest", Method::Nearest),
];

impl Method {
    /// Returns the method of this NumPy name.
    ///
    /// Errors: [`ErrorKind::UnknownName`].
    pub fn from_name(name: &str) -> Result<Self> {
        METHODS.iter().find(|(known, _)| *known == name).map(|(_, method)| *method).ok_or_else(|| {
            Error::from(ErrorKind::UnknownName {
                kind: "quantile method",
                expected: "inverted_cdf, averaged_inverted_cdf, closest_observation, interpolated_inverted_cdf, hazen, \
                           weibull, linear, median_unbiased, normal_unbiased, lower, higher, midpoint, nearest",
                got: name.to_owned(),
            })
        })
    }

    /// Returns NumPy's name of the method.
    pub fn name(self) -> &'static str {
        METHODS.iter().find(|(_, method)| *method == self).map_or("linear", |(name, _)| name)
    }

    /// Whether results are elements, and so keep their dtype.
    pub(super) fn is_discrete(self) -> bool {
        matches!(
            self,
            Self::InvertedCdf | Self::ClosestObservation | Self::Lower | Self::Higher | Self::Nearest
        )
    }
}

/// The keywords of a reduction. `Options::default()` is NumPy's default.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options<'a> {
    /// Which axes to reduce over.
    pub axis: Axes,
    /// Whether reduced axes stay with length 1.
    pub keepdims: bool,
    /// What is taken from `n` in the divisor of a variance: 0 for the population's.
    pub ddof: f64,
    /// The type of the result, where NumPy lets one choose.
    pub dtype: Option<Dtype>,
    /// Only elements where this is true count; broadcast to the input's shape.
    pub mask: Option<ArrayViewD<'a, Boolean>>,
    /// The quantiles of `quantile` (0 to 1) and `percentile` (0 to 100).
    pub q: Quantiles,
    /// How quantiles between two elements are found.
    pub method: Method,
    /// Whether skew and kurtosis are left as they are (true) or corrected for the sample's size.
    pub bias: bool,
    /// Whether kurtosis is that above the normal distribution's 3.
    pub fisher: bool,
    /// How many moments are asked for: 1 to 4.
    pub order: u8,
    /// Whether running sums and products begin with 0 or 1.
    pub include_initial: bool,
    /// Which norm is asked for.
    pub ord: NormOrder,
    /// What a sum, a product, a minimum or a maximum begins with, as one more element of each lane.
    ///
    /// It takes the type of the result: a number is cut off for integers. A lane of nothing has a minimum with it.
    pub initial: Option<Scalar>,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Self {
            axis: Axes::All,
            keepdims: false,
            ddof: 0.0,
            dtype: None,
            mask: None,
            q: Quantiles::Middle,
            method: Method::Linear,
            bias: true,
            fisher: true,
            order: 4,
            include_initial: false,
            ord: NormOrder::Two,
            initial: None,
        }
    }
}

macro_rules! setters {
    ($($(#[$doc:meta])* $name:ident: $type:ty;)*) => {
        impl Options<'_> {
            $(
                $(#[$doc])*
                #[must_use]
                pub fn $name(mut self, $name: $type) -> Self {
                    self.$name = $name;
                    self
                }
            )*
        }
    };
}
setters! {
    /// Sets `keepdims`.
    keepdims: bool;
    /// Sets `ddof`.
    ddof: f64;
    /// Sets `method` of quantiles.
    method: Method;
    /// Sets `bias` of skew and kurtosis.
    bias: bool;
    /// Sets `fisher` of kurtosis.
    fisher: bool;
    /// Sets `order` of moments: 1 to 4.
    order: u8;
    /// Sets `include_initial` of running sums and products.
    include_initial: bool;
    /// Sets `ord` of norms.
    ord: NormOrder;
}

impl<'a> Options<'a> {
    /// Sets `axis`.
    #[must_use]
    pub fn axis(mut self, axis: isize) -> Self {
        self.axis = Axes::One(axis);
        self
    }

    /// Sets `axis` to several.
    #[must_use]
    pub fn axes(mut self, axes: &[isize]) -> Self {
        self.axis = Axes::Many(axes.to_vec());
        self
    }

    /// Sets `dtype`.
    #[must_use]
    pub fn dtype(mut self, dtype: Dtype) -> Self {
        self.dtype = Some(dtype);
        self
    }

    /// Sets `where`: only elements where the mask is true count.
    #[must_use]
    pub fn mask(mut self, mask: ArrayViewD<'a, Boolean>) -> Self {
        self.mask = Some(mask);
        self
    }

    /// Sets `q` to one quantile.
    #[must_use]
    pub fn q(mut self, q: f64) -> Self {
        self.q = Quantiles::One(q);
        self
    }

    /// Sets `q` to several quantiles: they become the result's first axis.
    #[must_use]
    pub fn quantiles(mut self, q: &[f64]) -> Self {
        self.q = Quantiles::Many(q.to_vec());
        self
    }

    /// Sets `initial` of sums, products, minima and maxima.
    #[must_use]
    pub fn initial(mut self, initial: impl Into<Scalar>) -> Self {
        self.initial = Some(initial.into());
        self
    }

    /// Returns the mask in this shape, that of the values.
    pub(super) fn mask_of(&self, shape: &[usize]) -> Result<Option<ArrayViewD<'_, Boolean>>> {
        let Some(mask) = &self.mask else { return Ok(None) };
        mask.broadcast(shape).map(Some).ok_or_else(|| {
            Error::from(ErrorKind::ShapeMismatch {
                expected: format!("a mask that broadcasts to {:?}", shape),
                got: format!("{:?}", mask.shape()),
            })
        })
    }
}
