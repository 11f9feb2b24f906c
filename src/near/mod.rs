//! A compact index for approximate nearest neighbours. SKELETON: an exact scan; the signatures stand.

mod index;
mod params;

pub use index::{Index, Memory, Neighbors, NeighborsBatch};
pub use params::{Params, SearchParams, Storage};
