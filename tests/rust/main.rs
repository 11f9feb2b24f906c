//! Does the crate keep its promises, seen from outside?

#[cfg(not(target_family = "wasm"))] // reads the source tree
mod architecture;
#[cfg(feature = "cli")]
mod cli;
#[cfg(not(target_family = "wasm"))] // reads the source tree
mod docs;
mod fold;
mod format;
mod golden;
#[cfg(feature = "hnsw_rs")]
mod import_hnsw_rs;
mod index_files;
mod near;
mod recall;
