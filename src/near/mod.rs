//! A compact index for approximate nearest neighbours: one flat proximity graph.

mod add;
mod build;
pub(crate) mod calibrate;
mod change;
pub(crate) mod check;
mod columns;
mod dedupe;
mod explain;
mod filter;
pub(crate) mod further;
pub(crate) mod graph;
mod health;
pub(crate) mod id_column;
mod id_list;
pub(crate) mod ids;
#[cfg(feature = "hnsw_rs")]
mod import_hnsw_rs;
pub(crate) mod index;
pub(crate) mod names;
mod order;
pub(crate) mod packed;
mod params;
mod range;
mod reach;
mod recall;
mod scratch;
mod search;
pub(crate) mod sentinels;
mod settle;
mod sorted;
mod walk;

pub use crate::codec::Storage;
pub use explain::{Explained, SearchPlan};
pub use filter::Filter;
pub use health::Health;
pub use id_list::{IdKind, IdList, Missing, part_of};
#[cfg(feature = "hnsw_rs")]
pub use import_hnsw_rs::HnswDistance;
pub use index::{Index, Memory};
pub use params::{Params, SearchParams};
pub use recall::Recall;
pub use search::{Neighbors, NeighborsBatch};
