//! Files of numbers ⇄ arrays: bytes in, arrays out. No file is opened here.

mod npy;

pub use npy::{NpyReader, read_npy};
