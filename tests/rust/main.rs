//! Does the crate keep its promises, seen from outside?

#[cfg(not(target_family = "wasm"))] // reads the source tree
mod architecture;
#[cfg(feature = "cli")]
mod cli;
mod golden;
mod near;
