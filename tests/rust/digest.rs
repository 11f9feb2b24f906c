//! Which machine is this, and which bits come out of it? `make test-variants` compares what all say.

use std::io::Write;

use xxhash_rust::xxh3::Xxh3;

use crate::{golden, index_files};

/// The instructions that the kernels were compiled for, or choose when they run.
#[cfg(target_arch = "x86_64")]
fn machine() -> &'static str {
    use std::arch::is_x86_feature_detected as has;
    if cfg!(nearfold_baseline) {
        "x86-64 SSE2"
    } else if has!("avx512f") && has!("avx512bw") && has!("avx512dq") && has!("avx512vl") {
        "x86-64 AVX2 and AVX-512"
    } else if has!("avx2") && has!("popcnt") {
        "x86-64 AVX2"
    } else if [has!("sse3"), has!("ssse3"), has!("sse4.1"), has!("popcnt"), has!("avx")].contains(&true) {
        "x86-64 without AVX2"
    } else {
        "x86-64-v1"
    }
}

/// The instructions that the kernels were compiled for.
#[cfg(not(target_arch = "x86_64"))]
fn machine() -> &'static str {
    match std::env::consts::ARCH {
        "aarch64" => "aarch64 NEON",
        "wasm32" if cfg!(target_feature = "simd128") => "wasm32 simd128",
        "wasm32" => "wasm32 scalar",
        other => other,
    }
}

/// Cargo's name of the profile that this program was built with: it stands in the program's path.
fn profile() -> String {
    let path = std::env::args().next().unwrap();
    let folders: Vec<&str> = path.split(['/', '\\']).collect();
    let deps = folders.iter().position(|folder| *folder == "deps");
    deps.map_or_else(|| panic!("no profile in the path {path}"), |deps| folders[deps - 1].to_owned())
}

#[test]
fn all_results_of_the_vectors_and_all_bytes_of_the_index_files_make_one_digest() {
    let mut hash = Xxh3::new();
    let mut len_bytes = 0;
    let mut add = |bytes: &[u8]| {
        hash.update(bytes);
        len_bytes += bytes.len();
    };
    golden::each_result(&mut add);
    index_files::each_result(&mut add);
    assert!(len_bytes > 300_000, "{len_bytes} bytes are not all");
    // Not by println!, which a passing test keeps to itself. A line of its own, whatever else is being written.
    let line = format!("\ndigest {:016x} {}, {}\n", hash.digest(), machine(), profile());
    std::io::stdout().write_all(line.as_bytes()).unwrap();
}
