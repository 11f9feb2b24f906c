//! The elements that would stand at given places if the slice were sorted, without sorting it.

use super::dispatch;
use super::extrema::Ordered;
use super::prefetch::prefetch_far;

/// Below this a copy is partitioned; above, a sample first says which elements to copy.
const FEW: usize = 4096;

/// Above this the sample is larger, and the place of what is sought in it surer.
const MANY: usize = 16_384;

/// Elements that are in the cache while each window takes its own.
const BLOCK: usize = 64 * CHUNK;

/// Elements looked at together, and the room that must be left for them.
const CHUNK: usize = 64;

/// Returns the elements of those places of the sorted order; `ranks` are below `x.len()`.
///
/// −0 comes before +0. No element may be NaN. Expected time O(len), memory at most len / 7 elements
/// for long slices and each group of places near each other, like the two of a median; one pass serves all.
///
/// Reference: the sampling is that of R. W. Floyd, R. L. Rivest, *Expected time bounds for
/// selection*, CACM 18 (1975).
pub(crate) fn order_statistics<T: Ordered>(x: &[T], ranks: &[usize]) -> Vec<T> {
    let mut windows = if x.len() > FEW { Window::near(x, ranks) } else { Vec::new() };
    let mut one = |&rank: &usize| {
        let held = windows.iter().position(|window| window.holds(rank)).unwrap_or_else(|| {
            // Few elements, or too many equal ones, or a sample that misled.
            windows.push(Window { below: 0, kept: x.iter().map(|x| x.to_key()).collect(), selected: None });
            windows.len() - 1
        });
        T::of_key(windows[held].select(rank))
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
        *self.kept[first..].select_nth_unstable(place - first).1
    }

    /// Returns the elements near each of these places, those of places near one another together.
    fn near<T: Ordered>(x: &[T], ranks: &[usize]) -> Vec<Self> {
        let sample = sorted_sample(x);
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

/// Returns every so-manyth element, sorted; where in its stretch varies, against periodic data.
fn sorted_sample<T: Ordered>(x: &[T]) -> Vec<u64> {
    // More elements in the sample are fewer in the window, and longer to sort.
    let len = if x.len() > MANY { (8 * x.len().isqrt()).clamp(2048, MANY) } else { 2 * x.len().isqrt() };
    let stretch = x.len() / len;
    let mut sample: Vec<u64> =
        (0..len).map(|i| x[i * stretch + (i.wrapping_mul(7919) >> 3) % stretch].to_key()).collect();
    sample.sort_unstable();
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

dispatch! {
    fn between[T: Ordered](x: &[T], low: T, high: T, kept: &mut [u64]) -> Option<(usize, usize)> = between_body;
}
