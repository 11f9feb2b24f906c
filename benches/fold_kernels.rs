//! How many nanoseconds per element does each kernel take, beside naive loops and the bare read stream?
//!
//! ```console
//! $ cargo bench --bench fold_kernels            # the whole table
//! $ cargo bench --bench fold_kernels -- sum     # rows whose name holds "sum"
//! ```
//!
//! Each figure is the minimum over many short samples: other work on the machine can only add time.

#![allow(
    dead_code,
    unused_imports,
    reason = "the kernels are private to the crate: the bench compiles them itself, and uses part"
)]

use std::hint::black_box;
use std::io::Write;
use std::time::{Duration, Instant};

#[path = "../src/kernel/mod.rs"]
mod kernel;

use kernel::fold::exact::ExactProducts;
use kernel::fold::exact::ExactTotal;
use kernel::fold::{extrema, inner, select, sum, variance};

const LENGTHS: [usize; 4] = [8, 1000, 100_000, 4_000_000];

struct Table {
    filter: Option<String>,
}

impl Table {
    fn row<T>(&self, name: &str, data: &[T], mut run: impl FnMut(&[T])) {
        if self.filter.as_ref().is_some_and(|filter| !name.contains(filter.as_str())) {
            return;
        }
        let mut line = format!("{name:<34}");
        for len in LENGTHS {
            let nanos = fastest(&mut || run(black_box(&data[..len])));
            line += &match len {
                ..100 => format!("{nanos:>10.1} ns"),
                _ => format!("{:>13.3}", nanos / len as f64),
            };
        }
        writeln!(std::io::stdout(), "{line}").expect("stdout");
    }
}

/// Returns the fewest nanoseconds that one call took.
fn fastest(run: &mut dyn FnMut()) -> f64 {
    let time = |calls: u32, run: &mut dyn FnMut()| {
        let start = Instant::now();
        (0..calls).for_each(|_| run());
        start.elapsed()
    };
    let mut calls = 1;
    while time(calls, run) < Duration::from_micros(100) {
        calls *= 2;
    }
    let end = Instant::now() + Duration::from_millis(150);
    let mut best = f64::INFINITY;
    while Instant::now() < end {
        best = best.min(time(calls, run).as_nanos() as f64 / f64::from(calls));
    }
    best
}

/// Roughly normal numbers from a fixed generator.
fn normal(n: usize) -> Vec<f64> {
    let mut state = 7u64;
    let mut unit = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    (0..n).map(|_| (0..12).map(|_| unit()).sum::<f64>() - 6.0).collect()
}

fn main() {
    let filter = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let table = Table { filter };
    let n = LENGTHS[LENGTHS.len() - 1];
    let x = normal(n);
    let x32: Vec<f32> = x.iter().map(|&x| x as f32).collect();
    writeln!(
        std::io::stdout(),
        "{:<34}{:>13}{:>13}{:>13}{:>13}",
        "ns per element",
        "8 (a call)",
        "10^3",
        "10^5",
        "4*10^6"
    )
    .expect("stdout");

    table.row("stream f64", &x, |x| {
        let mut all = [0u64; 16];
        for chunk in x.as_chunks::<16>().0 {
            (0..16).for_each(|lane| all[lane] |= chunk[lane].to_bits());
        }
        black_box(all);
    });
    table.row("naive sum f64", &x, |x| _ = black_box(x.iter().sum::<f64>()));
    table.row("sum f64", &x, |x| _ = black_box(sum::sum::<f64, f64>(x)));
    table.row("sum f32", &x32, |x| _ = black_box(sum::sum::<f32, f32>(x)));
    table.row("mean f64", &x, |x| _ = black_box(sum::mean::<f64, f64>(x)));
    table.row("exact sum f64", &x, |x| {
        let mut sum = ExactTotal::new();
        sum.add_slice(x);
        black_box(sum.round::<f64>());
    });
    let i32s: Vec<i32> = x.iter().map(|&x| (x * 1e6) as i32).collect();
    let i64s: Vec<i64> = x.iter().map(|&x| (x * 1e6) as i64).collect();
    table.row("naive var f64 (two passes)", &x, |x| {
        let mean = x.iter().sum::<f64>() / x.len() as f64;
        _ = black_box(x.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>());
    });
    table.row("var f64", &x, |x| _ = black_box(variance::var::<f64, f64>(x, 1.0)));
    table.row("std f32", &x32, |x| _ = black_box(variance::std::<f32, f32>(x, 1.0)));
    table.row("norm f64", &x, |x| _ = black_box(variance::norm::<f64, f64>(x)));
    table.row("dot f64, half with half", &x, |x| {
        let (a, b) = x.split_at(x.len() / 2);
        _ = black_box(inner::dot::<f64, f64>(a, b));
    });
    table.row("dot f32, half with half", &x32, |x| {
        let (a, b) = x.split_at(x.len() / 2);
        _ = black_box(inner::dot::<f32, f32>(a, b));
    });
    table.row("exact dot f64, half with half", &x, |x| {
        let (a, b) = x.split_at(x.len() / 2);
        let mut sum = ExactProducts::new();
        sum.add_dot(a, b);
        _ = black_box(sum.round::<f64>());
    });
    table.row("median f64", &x, |x| {
        _ = black_box(select::order_statistics(x, &[x.len() / 2 - 1, x.len() / 2]))
    });
    table.row("min f64", &x, |x| _ = black_box(extrema::min(x)));
    table.row("min f32", &x32, |x| _ = black_box(extrema::min(x)));
    table.row("min i32", &i32s, |x| _ = black_box(extrema::min(x)));
    table.row("min i64", &i64s, |x| _ = black_box(extrema::min(x)));
    table.row("min_max f64", &x, |x| _ = black_box(extrema::min_max(x)));
    table.row("argmin f64", &x, |x| _ = black_box(extrema::argmin(x)));
    table.row("argmax f32", &x32, |x| _ = black_box(extrema::argmax(x)));
}
