//! Files of numbers ⇄ arrays: bytes in, arrays out. No file is opened here.

mod matrix;
mod npy;

pub use matrix::{Matrix, ids_from_array, mask_from_array};
pub use npy::{NpyReader, read_npy};
