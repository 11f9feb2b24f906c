//! Does the crate keep its promises, seen from outside?

#[cfg(not(target_family = "wasm"))] // reads the source tree
mod architecture;
#[cfg(feature = "near")]
mod calibration;
#[cfg(feature = "cli")]
mod cli;
#[cfg(feature = "near")]
mod columns;
#[cfg(all(feature = "fold", feature = "near"))]
mod digest;
#[cfg(not(target_family = "wasm"))] // reads the source tree
mod docs;
#[cfg(feature = "near")]
mod extremes;
#[cfg(feature = "fold")]
mod fold;
#[cfg(feature = "near")]
mod format;
#[cfg(feature = "fold")]
mod golden;
#[cfg(feature = "near")]
mod hostile;
#[cfg(feature = "near")]
mod ids;
#[cfg(feature = "hnsw_rs")]
mod import_hnsw_rs;
#[cfg(feature = "near")]
mod index_files;
#[cfg(feature = "near")]
mod kept;
mod lcg;
#[cfg(feature = "near")]
mod near;
#[cfg(feature = "near")]
mod recall;
#[cfg(feature = "fold")]
mod states;
#[cfg(feature = "fold")]
mod stream;
#[cfg(feature = "fold")]
mod truth;
