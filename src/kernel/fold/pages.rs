//! Memory for long results.

/// From this many bytes on large pages are asked for.
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
const LARGE: usize = 1 << 22;

/// Returns room for `len` elements, on large pages where there are such: a fault for every 4 kB of a long result
/// takes longer than to compute it. `None`: there is no such memory.
pub(crate) fn room<T>(len: usize) -> Option<Vec<T>> {
    let mut room = Vec::new();
    room.try_reserve_exact(len).ok()?;
    #[cfg(all(target_os = "linux", target_pointer_width = "64"))]
    if len * size_of::<T>() >= LARGE {
        unsafe extern "C" {
            fn madvise(
                address: *mut core::ffi::c_void,
                len: usize,
                advice: core::ffi::c_int,
            ) -> core::ffi::c_int;
        }
        const HUGEPAGE: core::ffi::c_int = 14;
        const PAGE: usize = 1 << 12;
        let first: *const T = room.as_ptr();
        let skipped = first.addr().next_multiple_of(PAGE) - first.addr();
        // SAFETY: the advice changes no contents, whatever it is given for: it fails where a page is not mapped. The
        // range begins at a page and ends within this allocation. A failure leaves small pages.
        // BENEFIT: `cumsum` of 10^7 f64, Xeon, November 2026: half the time of a call was page faults.
        unsafe {
            madvise(first.cast_mut().byte_add(skipped).cast(), len * size_of::<T>() - skipped, HUGEPAGE);
        }
    }
    Some(room)
}
