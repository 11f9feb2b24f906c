//! The target of cargo-fuzz: `make fuzz`.
//!
//! An input is an index file; it is mutated as one, so that what libFuzzer tries has right checksums, and what it finds of
//! interest can be opened by anything that reads index files.

#![no_main]

mod counting;
mod mutator;

use counting::{Counting, bound_of_opening, most};
use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use mutator::{File, Random, exercise, originals};
use nearfold::Index;
use std::sync::OnceLock;

#[global_allocator]
static COUNTING: Counting = Counting;

fn files() -> &'static [File] {
    static FILES: OnceLock<Vec<File>> = OnceLock::new();
    FILES.get_or_init(originals)
}

fuzz_target!(|bytes: &[u8]| {
    let (memory, _) = most(|| Index::from_bytes(bytes).is_ok());
    assert!(memory <= bound_of_opening(bytes.len()), "{memory} bytes of memory for {} of file", bytes.len());
    // What is asked depends on the file alone.
    let seed = bytes.iter().fold(0, |seed: u64, byte| seed.wrapping_mul(31).wrapping_add(u64::from(*byte)));
    exercise(bytes, &mut Random(seed));
});

fuzz_mutator!(|data: &mut [u8], len: usize, capacity: usize, seed: u32| {
    let mut random = Random(seed.into());
    let file = File::parse(&data[..len]).filter(|_| !random.once_in(16));
    let mut file = file.unwrap_or_else(|| files()[random.below(files().len())].clone());
    file.mutate(files(), &mut random);
    let bytes = file.bytes();
    let len = bytes.len().min(capacity);
    data[..len].copy_from_slice(&bytes[..len]);
    len
});
