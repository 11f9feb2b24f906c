//! Asking for memory before it is needed.

/// How many rows ahead of the one that is compared are asked for.
pub(super) const AHEAD: usize = 8;

const LINE: usize = 64;

/// Asks for a row's cache lines, where the machine can be asked. Changes nothing else.
#[inline(always)]
pub(crate) fn prefetch<T>(row: &[T]) {
    #[cfg(target_arch = "x86_64")]
    {
        use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        let start = row.as_ptr().cast::<i8>();
        for at in (0..size_of_val(row)).step_by(LINE) {
            // SAFETY: `at` is inside of the row; a prefetch reads nothing.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(start.add(at)) };
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (row, LINE);
}
