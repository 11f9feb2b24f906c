//! The elements that would stand at given places if the slice were sorted, without sorting it.

use super::extrema::Ordered;
use crate::kernel::dispatch_wide;
use crate::kernel::prefetch::prefetch_far;
use crate::kernel::sort::{self, sort};

/// Below this a copy is partitioned.
const FEW: usize = 128;

/// Up to this the elements between two of a sample are copied that counting has found to be the right ones; above, where
/// each count is a pass over memory, those that a larger sample makes likely, and the place of what is sought in it surer.
///
/// BENEFIT: `cargo bench --bench fold_kernels -- median`, Zen 4, November 2026: 0.73 ns an element of 1000 `f64`, where
/// partitioning all of them takes 1.6; 0.55 of 10^4, where likely ones take 0.95.
const MANY: usize = 16_384;

/// Elements that are in the cache while each window takes its own.
const BLOCK: usize = 64 * CHUNK;

/// Elements looked at together, and the room that must be left for them.
const CHUNK: usize = 64;

/// Returns the elements of those places of the sorted order; `ranks` are below `x.len()`.
///
/// −0 comes before +0. No element may be NaN. `None`: there is no memory for a copy of `x`, which elements take that are
/// mostly equal. Expected time O(len), memory at most len / 7 elements
/// for long slices and each group of places near each other, like the two of a median; one pass serves all
/// groups of a long slice.
///
/// Reference: the sampling is that of R. W. Floyd, R. L. Rivest, *Expected time bounds for
/// selection*, CACM 18 (1975).
pub(crate) fn order_statistics<T: Ordered>(x: &[T], ranks: &[usize]) -> Option<Vec<T>> {
    let mut windows = if x.len() > MANY { Window::near(x, ranks) } else { Vec::new() };
    let sample = if (FEW..=MANY).contains(&x.len()) { small_sample(x) } else { Vec::new() };
    let mut one = |&rank: &usize| {
        let held = match windows.iter().position(|window| window.holds(rank)) {
            Some(held) => held,
            None => {
                let counted = if sample.is_empty() { None } else { Window::counted(x, &sample, rank) };
                // Few elements, or too many equal ones, or a sample that misled.
                windows.push(match counted {
                    Some(window) => window,
                    None => Window::all(x)?,
                });
                windows.len() - 1
            }
        };
        Some(T::of_key(windows[held].select(rank)))
    };
    ranks.iter().map(&mut one).collect()
}

/// The elements between two pivots, as keys.
struct Window {
    /// How many elements are below them.
    below: usize,
    kept: Vec<u64>,
    /// A place in `kept` that separates smaller ones from larger ones.
    selected: Option<usize>,
}

impl Window {
    /// Returns all elements, or `None` if there is no memory for them.
    fn all<T: Ordered>(x: &[T]) -> Option<Self> {
        let mut kept = Vec::new();
        kept.try_reserve_exact(x.len()).ok()?;
        kept.extend(x.iter().map(|x| x.to_key()));
        Some(Self { below: 0, kept, selected: None })
    }

    fn holds(&self, rank: usize) -> bool {
        (self.below..self.below + self.kept.len()).contains(&rank)
    }

    /// Returns the element of a place that is held.
    fn select(&mut self, rank: usize) -> u64 {
        let place = rank - self.below;
        let first = match self.selected {
            Some(selected) if selected == place => return self.kept[place],
            Some(selected) if selected < place => selected + 1,
            _ => 0,
        };
        self.selected = Some(place);
        sort::select(&mut self.kept[first..], place - first);
        self.kept[place]
    }

    /// Returns the elements between two of the sample that are next to each other, as far as they do not equal the
    /// second, with that of the place among them. `None`: zeros of both signs are among them.
    fn counted<T: Ordered>(x: &[T], sample: &[u64], rank: usize) -> Option<Self> {
        // Places in the sample, counted from 1: which element is not above that of the rank, which one is?
        let (mut low, mut high) = (0, sample.len() + 1);
        let (mut below_low, mut below_high) = (0, x.len());
        let mut guess = 1 + rank * sample.len() / x.len();
        while high - low > 1 {
            let below = count_below(x, T::of_key(sample[guess - 1]));
            // As far away as the elements in between are expected to reach.
            let distance = below.abs_diff(rank) * sample.len() / x.len();
            guess = if below <= rank {
                (low, below_low) = (guess, below);
                (guess + distance.max(1)).min(high - 1)
            } else {
                (high, below_high) = (guess, below);
                guess.saturating_sub(distance.max(1)).max(low + 1)
            };
        }
        let first = if low == 0 { T::LOWEST } else { T::of_key(sample[low - 1]) };
        let last = if high > sample.len() { T::HIGHEST } else { T::of_key(sample[high - 1] - 1) };
        let mut kept = vec![0; below_high - below_low + CHUNK];
        let (below, len) = between(x, first, last, &mut kept)?;
        kept.truncate(len);
        Some(Self { below, kept, selected: None })
    }

    /// Returns the elements near each of these places, those of places near one another together.
    fn near<T: Ordered>(x: &[T], ranks: &[usize]) -> Vec<Self> {
        let sample = large_sample(x);
        let margin = margin(sample.len(), x.len());
        // A quarter more than expected.
        let room = (x.len() as u64 * 5 * margin as u64 / (2 * sample.len() as u64)) as usize;
        let (mut ends, mut windows) = (Vec::new(), Vec::new());
        let mut last = None;
        for &rank in ranks {
            let place = (rank as u64 * sample.len() as u64 / x.len() as u64) as usize;
            if last.is_none_or(|last| place.abs_diff(last) > margin / 4) {
                let low = place.checked_sub(margin).map_or(T::LOWEST, |place| T::of_key(sample[place]));
                let high = sample.get(place + margin).map_or(T::HIGHEST, |&key| T::of_key(key));
                ends.push((low, high, 0));
                windows.push(Self { below: 0, kept: vec![0; room + CHUNK], selected: None });
                last = Some(place);
            }
        }
        for block in x.chunks(BLOCK) {
            for (window, (low, high, len)) in windows.iter_mut().zip(&mut ends) {
                let room = window.kept.get_mut(*len..).unwrap_or_default();
                match between(block, *low, *high, room) {
                    Some((below, taken)) => {
                        window.below += below;
                        *len += taken;
                    }
                    None => window.kept.clear(), // which has no room for others
                }
            }
        }
        for (window, (_, _, len)) in windows.iter_mut().zip(ends) {
            window.kept.truncate(len);
        }
        windows
    }
}

/// Returns how far from its expected place in the sample a wanted element may be: five deviations,
/// each of half the root of the sample's length; three and a half where missing it costs little.
fn margin(sample: usize, len: usize) -> usize {
    let (deviations, of) = if len > MANY { (5, 1) } else { (7, 2) };
    (deviations * deviations * sample / (4 * of * of)).isqrt()
}

/// Returns a sorted sample of a slice all of which can be counted several times.
fn small_sample<T: Ordered>(x: &[T]) -> Vec<u64> {
    sorted_sample(x, (x.len().isqrt() / 2).clamp(19, 63))
}

/// Returns the sorted sample of a long slice.
fn large_sample<T: Ordered>(x: &[T]) -> Vec<u64> {
    // More elements in the sample are fewer in the window, and longer to sort.
    sorted_sample(
        x,
        if x.len() > MANY { (8 * x.len().isqrt()).clamp(2048, MANY) } else { 2 * x.len().isqrt() },
    )
}

/// Returns every so-manyth element, sorted; where in its stretch varies, against periodic data.
fn sorted_sample<T: Ordered>(x: &[T], len: usize) -> Vec<u64> {
    let stretch = x.len() / len;
    let mut sample: Vec<u64> =
        (0..len).map(|i| x[i * stretch + (i.wrapping_mul(7919) >> 3) % stretch].to_key()).collect();
    sort(&mut sample);
    sample
}

/// Copies the keys of the elements from `low` to `high` to the front of `kept`; returns how many
/// are below them and how many were copied, or `None` if `kept` is too short.
#[inline(always)]
fn between_body<T: Ordered>(x: &[T], low: T, high: T, kept: &mut [u64]) -> Option<(usize, usize)> {
    let (mut below, mut len) = (0, 0);
    let (chunks, rest) = x.as_chunks::<CHUNK>();
    for chunk in chunks {
        prefetch_far(chunk);
        let out: &mut [u64; CHUNK] = kept.get_mut(len..)?.first_chunk_mut()?;
        let (under, mut mask) = T::sides(chunk, low, high);
        below += under;
        // Few are within: only they cost a step.
        let mut taken = 0;
        while mask != 0 {
            // The remainder changes nothing, it shows that the index is in range.
            out[taken % CHUNK] = chunk[mask.trailing_zeros() as usize % CHUNK].to_key();
            taken += 1;
            mask &= mask - 1;
        }
        len += taken;
    }
    for &x in rest {
        below += usize::from(x.is_below(low));
        if !x.is_below(low) & !high.is_below(x) {
            *kept.get_mut(len)? = x.to_key();
            len += 1;
        }
    }
    Some((below, len))
}

/// Returns how many elements are below the pivot.
#[inline(always)]
fn count_below_body<T: Ordered>(x: &[T], pivot: T) -> usize {
    x.chunks(MANY).map(|block| block.iter().map(|x| u32::from(x.is_below(pivot))).sum::<u32>() as usize).sum()
}

dispatch_wide! {
    fn count_below[T: Ordered](x: &[T], pivot: T) -> usize = count_below_body;
    fn between[T: Ordered](x: &[T], low: T, high: T, kept: &mut [u64]) -> Option<(usize, usize)> = between_body;
}
