//! A long campaign of mutants: `cargo run --release --bin campaign -- [how many] [seed] [first]`.
//!
//! None may panic, take longer than a second, or open with more memory than its bytes are good for.

mod counting;
mod mutator;

use counting::{Counting, bound_of_opening, most};
use mutator::{Random, exercise, mutant, originals};
use nearfold::Index;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

#[global_allocator]
static COUNTING: Counting = Counting;

/// One more than the number of the mutant that runs.
static RUNNING: AtomicU64 = AtomicU64::new(0);

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let number = |at: usize, default: u64| {
        arguments.get(at).map_or(default, |argument| argument.parse().expect("arguments are numbers"))
    };
    let (count, seed, first) = (number(1, 1_000_000), number(2, 1), number(3, 0));
    std::thread::spawn(watch);
    let files = originals();
    let (begun, mut opened, mut failed) = (Instant::now(), 0u64, 0u64);
    let (mut longest, mut most_memory) = (Duration::ZERO, 0.0f64);
    for i in first..first + count {
        RUNNING.store(i + 1, Relaxed);
        // Each mutant can be made again alone.
        let mut random = Random(seed.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ i);
        let bytes = mutant(&files, &mut random);
        let (memory, _) = most(|| Index::from_bytes(&bytes).is_ok());
        let start = busy();
        let outcome = catch_unwind(AssertUnwindSafe(|| exercise(&bytes, &mut random)));
        let took = busy().saturating_sub(start);
        let part = memory as f64 / bound_of_opening(bytes.len()) as f64;
        most_memory = most_memory.max(part);
        longest = longest.max(took);
        match outcome {
            Ok(outcome) => opened += u64::from(outcome.is_some()),
            Err(_) => fail(&mut failed, i, &bytes, "panicked"),
        }
        if part > 1.0 {
            fail(
                &mut failed,
                i,
                &bytes,
                &format!("opened with {memory} bytes of memory for {} of file", bytes.len()),
            );
        }
        if took > Duration::from_secs(1) {
            fail(&mut failed, i, &bytes, &format!("took {took:?}"));
        }
        if (i + 1) % 100_000 == 0 || i + 1 == first + count {
            println!(
                "{} mutants of seed {seed} in {:.0?}: {opened} opened, {failed} failed; longest {longest:.1?}, memory at most {most_memory:.2} of its bound",
                i + 1 - first,
                begun.elapsed(),
            );
        }
    }
    std::process::exit(i32::from(failed > 0));
}

/// Returns how long this thread has run, of which a busy machine takes nothing; where the system does not say, the time.
fn busy() -> Duration {
    static BEGUN: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    let of_thread = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = of_thread.and_then(|text| text.split(' ').next()?.parse().ok());
    nanoseconds.map_or_else(|| BEGUN.get_or_init(Instant::now).elapsed(), Duration::from_nanos)
}

fn fail(failed: &mut u64, i: u64, bytes: &[u8], why: &str) {
    *failed += 1;
    let path = std::env::temp_dir().join(format!("mutant-{i}.nearfold"));
    eprintln!("mutant {i} {why}: {}", path.display());
    std::fs::write(path, bytes).expect("the folder for temporary files can be written to");
    assert!(*failed < 20, "twenty are enough");
}

/// Ends the campaign where one mutant does not.
fn watch() {
    let (mut seen, mut since) = (0, Instant::now());
    loop {
        std::thread::sleep(Duration::from_secs(1));
        let now = RUNNING.load(Relaxed);
        if now != seen {
            (seen, since) = (now, Instant::now());
        } else if now > 0 && since.elapsed() > Duration::from_secs(60) {
            eprintln!("mutant {} does not end", now - 1);
            std::process::exit(2);
        }
    }
}
