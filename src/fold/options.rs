//! NumPy's keywords.

use ndarray::ArrayViewD;

use super::dtype::{Boolean, Dtype};

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

/// The keywords of a reduction. `Options::default()` is NumPy's default, but exact.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options<'a> {
    /// Which axes to reduce over.
    pub axis: Axes,
    /// Whether reduced axes stay with length 1.
    pub keepdims: bool,
    /// What is taken from `n` in the divisor of a variance: 0 for the population's.
    pub ddof: f64,
    /// Correctly rounded (true), or the faster fixed-lane order (false); both are reproducible.
    pub exact: bool,
    /// The type of the result, where NumPy lets one choose.
    pub dtype: Option<Dtype>,
    /// Only elements where this is true count; broadcast to the input's shape.
    pub mask: Option<ArrayViewD<'a, Boolean>>,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Self { axis: Axes::All, keepdims: false, ddof: 0.0, exact: true, dtype: None, mask: None }
    }
}

impl Options<'_> {
    /// Sets `axis`.
    #[must_use]
    pub fn axis(mut self, axis: isize) -> Self {
        self.axis = Axes::One(axis);
        self
    }

    /// Sets `keepdims`.
    #[must_use]
    pub fn keepdims(mut self, keepdims: bool) -> Self {
        self.keepdims = keepdims;
        self
    }

    /// Sets `ddof`.
    #[must_use]
    pub fn ddof(mut self, ddof: f64) -> Self {
        self.ddof = ddof;
        self
    }

    /// Sets `exact`.
    #[must_use]
    pub fn exact(mut self, exact: bool) -> Self {
        self.exact = exact;
        self
    }
}
