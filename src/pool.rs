//! Which threads share the work? Those of rayon's pool, with the feature `parallel`; results come in order, however many.

#[cfg(feature = "parallel")]
use core::sync::atomic::{AtomicBool, Ordering};

#[cfg(feature = "parallel")]
static LEFT: AtomicBool = AtomicBool::new(false);

/// Leaves the pool for good: from now on every call does its work on the thread that it came from.
///
/// For the child of a fork, which has none of its parent's threads and would wait for them for ever. The bits of
/// results stay the same. Python's module calls it after `os.fork` by itself.
pub fn leave() {
    #[cfg(feature = "parallel")]
    LEFT.store(true, Ordering::Relaxed);
}

/// Returns how many threads there are here and now. Asking starts the pool.
#[cfg(feature = "fold")]
pub(crate) fn threads() -> usize {
    #[cfg(feature = "parallel")]
    if !LEFT.load(Ordering::Relaxed) {
        return rayon::current_num_threads();
    }
    1
}

/// Maps a range, in parallel where there are threads, in order always.
#[cfg(feature = "parallel")]
pub(crate) fn map<T: Send>(range: core::ops::Range<usize>, f: impl Fn(usize) -> T + Sync + Send) -> Vec<T> {
    use rayon::prelude::*;
    // Handing work to a thread that is alone costs some microseconds and gains nothing.
    if range.len() <= 1 || LEFT.load(Ordering::Relaxed) || rayon::current_num_threads() == 1 {
        return range.map(f).collect();
    }
    range.into_par_iter().map(f).collect()
}

/// Maps a range in order.
#[cfg(not(feature = "parallel"))]
pub(crate) fn map<T>(range: core::ops::Range<usize>, f: impl Fn(usize) -> T) -> Vec<T> {
    range.map(f).collect()
}
