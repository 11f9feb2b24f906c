//! Asking for memory before it is needed.

/// How many rows ahead of the one that is compared are asked for.
#[cfg(feature = "near")]
pub(super) const AHEAD: usize = 8;

const LINE: usize = 64;

/// How many bytes ahead of a pass over a slice its memory is asked for.
///
/// BENEFIT: it was found with the least of 10^7 `f64` on a Xeon, 3.7 ms with this and 5.1 without, November 2026. On Zen 4
/// selection among 4·10^6 `f64` takes 0.84 ns an element with it and 0.9 with [`prefetch_pages`], sums of `f32` 0.09 and
/// 0.10; lines asked for into the first cache cost a fifth.
#[cfg(feature = "fold")]
const FAR: usize = 4096;

/// Asks for what stands [`FAR`] behind the start of this part of a slice, as long as the part. Changes nothing else.
#[cfg(feature = "fold")]
#[inline(always)]
pub(crate) fn prefetch_far<T, const N: usize>(part: &[T; N]) {
    prefetch_behind(part, FAR);
}

/// What a machine's own prefetching does not cross.
#[cfg(feature = "fold")]
const PAGE: usize = 4096;

/// How many bytes are the beginning of a page: from there on the machine follows by itself.
#[cfg(feature = "fold")]
const BEGINNING: usize = 8 * LINE;

/// As [`prefetch_far`] for passes that do very little with each line: it asks for the beginning of every page alone,
/// three pages ahead.
///
/// BENEFIT: the least of 10^7 `f32` takes 0.96 ms with this, 1.08 without, and 1.46 with every line asked for; of 10^7
/// `f64` 2.65, 2.95 and 3.1 (Zen 4, one thread, November 2026).
#[cfg(feature = "fold")]
#[inline(always)]
pub(crate) fn prefetch_pages<T, const N: usize>(part: &[T; N]) {
    if part.as_ptr().addr() % PAGE < BEGINNING {
        prefetch_behind(part, 3 * PAGE);
    }
}

#[cfg(feature = "fold")]
#[inline(always)]
fn prefetch_behind<T, const N: usize>(part: &[T; N], distance: usize) {
    #[cfg(target_arch = "x86_64")]
    {
        use core::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
        let start = part.as_ptr().cast::<i8>().wrapping_add(distance);
        for at in (0..size_of_val(part)).step_by(LINE) {
            // SAFETY: a prefetch reads nothing and never faults, whatever the address.
            unsafe { _mm_prefetch::<_MM_HINT_T1>(start.wrapping_add(at)) };
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (part, distance);
}

/// Asks for a row's cache lines, where the machine can be asked. Changes nothing else.
#[cfg(feature = "near")]
#[inline(always)]
pub(crate) fn prefetch<T>(row: &[T]) {
    lines(row.as_ptr().cast(), size_of_val(row));
}

/// Asks for the cache lines of so many bytes, wherever they are.
#[cfg(feature = "near")]
#[inline(always)]
fn lines(start: *const i8, len_bytes: usize) {
    for at in (0..len_bytes).step_by(LINE) {
        let line = start.wrapping_add(at);
        #[cfg(target_arch = "x86_64")]
        // SAFETY: a prefetch reads nothing and never faults, whatever the address.
        unsafe {
            use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
            _mm_prefetch::<_MM_HINT_T0>(line);
        }
        #[cfg(target_arch = "aarch64")]
        // SAFETY: a prefetch reads nothing and never faults, whatever the address. The standard library's is not stable.
        unsafe {
            core::arch::asm!("prfm pldl1keep, [{}]", in(reg) line, options(readonly, nostack, preserves_flags));
        }
        #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
        let _ = line;
    }
}

/// Where rows lie, for who wants to ask for some of them long before they are compared.
#[cfg(feature = "near")]
#[derive(Clone, Copy)]
pub(crate) struct RowsAt {
    start: *const i8,
    len_bytes: usize,
    row_len_bytes: usize,
}

#[cfg(feature = "near")]
impl RowsAt {
    /// Rows of `dim` elements.
    pub(crate) fn new<T>(rows: &[T], dim: usize) -> Self {
        Self {
            start: rows.as_ptr().cast(),
            len_bytes: size_of_val(rows),
            row_len_bytes: dim * size_of::<T>(),
        }
    }

    /// Returns how many bytes a row has.
    pub(crate) fn row_len_bytes(self) -> usize {
        self.row_len_bytes
    }

    /// Reads a byte of each of the rows' first cache lines, where the machine cannot be asked for them: the reads do not wait for
    /// each other, as those of the distances do.
    #[inline(always)]
    pub(crate) fn touch(self, nodes: &[u32]) {
        #[cfg(target_arch = "wasm32")]
        {
            let mut bits = 0;
            for &node in nodes {
                let row = node as usize * self.row_len_bytes;
                assert!(row + self.row_len_bytes <= self.len_bytes);
                let start = self.start.wrapping_add(row);
                for at in (0..self.row_len_bytes.min(FIRST)).step_by(LINE) {
                    // SAFETY: the row is inside of the rows, which are borrowed where this is called.
                    bits ^= unsafe { start.wrapping_add(at).read() };
                }
            }
            core::hint::black_box(bits);
        }
        #[cfg(not(target_arch = "wasm32"))]
        let _ = (nodes, self.len_bytes);
    }

    /// Asks for the row's first cache lines. Changes nothing else.
    #[inline(always)]
    pub(crate) fn prefetch(self, node: u32) {
        let start = self.start.wrapping_add(node as usize * self.row_len_bytes);
        lines(start, self.row_len_bytes.min(FIRST));
    }
}

/// How much of a row is asked for long before.
#[cfg(feature = "near")]
const FIRST: usize = 8 * LINE;
