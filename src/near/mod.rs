//! A compact index for approximate nearest neighbours: one flat proximity graph.

mod build;
mod dedupe;
pub(crate) mod graph;
pub(crate) mod ids;
pub(crate) mod index;
mod params;
mod reach;
mod scratch;
mod walk;

pub use crate::codec::Storage;
pub use index::{Index, Memory, Neighbors, NeighborsBatch};
pub use params::{Params, SearchParams};
