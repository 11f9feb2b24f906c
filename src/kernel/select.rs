//! The elements that would stand at given places if the slice were sorted, without sorting it.

use core::cmp::Ordering;

use super::dispatch;
use super::extrema::Ordered;

/// Below this a copy is partitioned; above, a sample first says which elements to copy.
const FEW: usize = 16_384;

/// How many elements are sampled.
const SAMPLE: usize = 4096;

/// How far from its expected place in the sample a wanted element may be: five deviations of
/// √SAMPLE / 2.
const MARGIN: usize = 160;

/// Elements looked at between two checks that the kept ones have room.
const CHUNK: usize = 256;

/// Returns the elements of those places of the sorted order; `ranks` are below `x.len()`.
///
/// −0 comes before +0. No element may be NaN. Expected time O(len), memory len / 8 elements for
/// long slices; places near each other, like the two of a median, cost one pass together.
///
/// Reference: the sampling is that of R. W. Floyd, R. L. Rivest, *Expected time bounds for
/// selection*, CACM 18 (1975).
pub(crate) fn order_statistics<T: Ordered>(x: &[T], ranks: &[usize]) -> Vec<T> {
    let mut window = Window { below: 0, kept: Vec::new() };
    let mut sample = Vec::new();
    ranks
        .iter()
        .map(|&rank| {
            if !window.holds(rank) {
                if sample.is_empty() && x.len() > FEW {
                    sample = sorted_sample(x);
                }
                window = Window::around(x, &sample, rank);
            }
            let place = rank - window.below;
            *window.kept.select_nth_unstable_by(place, |a, b| compare(*a, *b)).1
        })
        .collect()
}

/// The elements between two pivots, and how many are below them.
struct Window<T> {
    below: usize,
    kept: Vec<T>,
}

impl<T: Ordered> Window<T> {
    fn holds(&self, rank: usize) -> bool {
        (self.below..self.below + self.kept.len()).contains(&rank)
    }

    /// Returns the elements near the place `rank`, or all.
    fn around(x: &[T], sample: &[T], rank: usize) -> Self {
        if let (Some(&first), Some(&last)) = (sample.first(), sample.last()) {
            let place = (rank as u64 * sample.len() as u64 / x.len() as u64) as usize;
            let low = place.checked_sub(MARGIN).map_or(T::LOWEST, |place| sample[place]);
            let high = sample.get(place + MARGIN).copied().unwrap_or(T::HIGHEST);
            debug_assert!(!last.is_below(first));
            let mut kept = vec![first; x.len() / 8 + CHUNK];
            if let Some((below, len)) = between(x, low, high, &mut kept) {
                kept.truncate(len);
                let window = Self { below, kept };
                if window.holds(rank) {
                    return window;
                }
            }
        }
        // Few elements, or too many equal ones, or a sample that misled.
        Self { below: 0, kept: x.to_vec() }
    }
}

/// Returns every so-manyth element, sorted; where in its stretch varies, against periodic data.
fn sorted_sample<T: Ordered>(x: &[T]) -> Vec<T> {
    let stretch = x.len() / SAMPLE;
    let mut sample: Vec<T> =
        (0..SAMPLE).map(|i| x[i * stretch + (i.wrapping_mul(7919) >> 3) % stretch]).collect();
    sample.sort_unstable_by(|a, b| compare(*a, *b));
    sample
}

/// Orders numbers, −0 before +0.
#[inline(always)]
fn compare<T: Ordered>(a: T, b: T) -> Ordering {
    if a.is_below(b) {
        Ordering::Less
    } else if b.is_below(a) {
        Ordering::Greater
    } else {
        b.is_zero(true).cmp(&a.is_zero(true))
    }
}

/// Copies the elements from `low` to `high` to the front of `kept`; returns how many are below
/// them and how many were copied, or `None` if `kept` is too short.
#[inline(always)]
fn between_body<T: Ordered>(x: &[T], low: T, high: T, kept: &mut [T]) -> Option<(usize, usize)> {
    let (mut below, mut len) = (0, 0);
    for chunk in x.chunks(CHUNK) {
        let out: &mut [T; CHUNK] = kept.get_mut(len..)?.first_chunk_mut()?;
        // Writing always and counting sometimes avoids a branch that no machine can foresee. The
        // mask changes nothing, it shows that the index is in range.
        let mut taken = 0;
        for &x in chunk {
            out[taken % CHUNK] = x;
            let under = x.is_below(low);
            below += usize::from(under);
            taken += usize::from(!under & !high.is_below(x));
        }
        len += taken;
    }
    Some((below, len))
}

dispatch! {
    fn between[T: Ordered](x: &[T], low: T, high: T, kept: &mut [T]) -> Option<(usize, usize)> = between_body;
}
