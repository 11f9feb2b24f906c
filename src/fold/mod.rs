//! NumPy's reductions over ndarray views: exact, the same bits everywhere.
//!
//! Every function takes [`Values`] (a view of any dtype, any shape, any strides) and [`Options`]
//! (NumPy's keywords), and returns an [`Output`]: a scalar, or an array where axes remain.
//!
//! ```
//! use nearfold::fold::{self, Options};
//!
//! let x = [1e16, 1.0, -1e16];
//! let total = fold::sum(&x, &Options::default())?;
//! assert_eq!(total.to_f64(), Some(1.0)); // a plain loop says 0
//! # Ok::<(), nearfold::Error>(())
//! ```

mod axes;
mod bins;
mod calls;
#[cfg(feature = "complex")]
mod complex;
mod describe;
pub(crate) mod dtype;
mod edges;
mod extremes;
mod gathered;
mod group;
mod integers;
mod moments;
pub(crate) mod names;
#[cfg(any(test, feature = "python", feature = "ingest"))]
pub(crate) mod narrow;
mod number;
mod options;
mod output;
mod pairs;
mod partial;
mod product;
mod quantiles;
mod reduce;
mod request;
mod run;
mod scan;
mod side_by_side;
mod state;
pub mod stream;
#[cfg(any(test, feature = "wasm-face"))]
pub(crate) mod stream_estimate;
mod sums;
mod threads;
mod two;
mod values;
mod weighted;

pub use bins::{Bins, Histogram, Rule, bincount, digitize, histogram};
pub use calls::*;
pub use describe::describe;
pub use dtype::{Boolean, Dtype};
pub use group::group;
pub use names::{Reduction, Scan};
pub use options::{Axes, Method, NormOrder, Options, Quantiles};
pub use output::{Array, Output, Scalar};
pub use partial::Partial;
pub use threads::{set_threads, threads};
pub use two::{average, corrcoef, cosine, cov, dot, vecdot};
pub use values::Values;
pub use weighted::weighted;
