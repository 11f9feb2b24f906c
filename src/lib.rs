//! Exact, reproducible reductions (*fold*) and a compact nearest-neighbour index (*near*).
//!
//! The same source is an npm package, a wheel for Pyodide, a native wheel, a Rust library and a
//! command line; the same input gives the same bits in all of them. `docs/NUMERICS.md` says what
//! every reduction returns, `docs/FORMAT.md` what an index file holds.

#[cfg(feature = "near")]
pub mod columns;
pub mod error;
#[cfg(feature = "fold")]
pub mod exact;
#[cfg(feature = "fold")]
pub mod fold;
#[cfg(feature = "near")]
pub mod near;
pub mod pool;
pub mod storage;

#[cfg(feature = "near")]
mod codec;
#[cfg(feature = "near")]
mod distance;
#[cfg(feature = "near")]
mod format;
mod kernel;
mod text;

#[cfg(feature = "ingest")]
pub mod ingest;
#[cfg(feature = "python")]
mod python;
#[cfg(feature = "wasm-face")]
mod wasm;

#[cfg(feature = "near")]
pub use distance::Metric;
pub use error::{Error, ErrorKind, Result};
#[cfg(feature = "near")]
pub use near::{Explained, Index, Neighbors, Params, SearchParams, SearchPlan, Storage};
