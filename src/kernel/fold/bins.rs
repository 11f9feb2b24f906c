//! Counts of numbers in many bins of equal width.
//!
//! The place `t = (x - low) * scale`, rounded twice, never falls where x rises. With t(e) of every edge e within
//! `off` of the edge's number, an x whose t is further than that from all integers is on the same side of each edge
//! as t is of its number: the bin is ⌊t⌋ whatever was rounded. The other numbers are compared with the edges.

use super::element::Float;
use crate::kernel::dispatch;
use crate::kernel::prefetch::prefetch_far;

/// Numbers whose places are found together.
const GROUP: usize = 32;

/// Groups of which the places are kept before they are counted.
const BATCH: usize = 16;

/// Tables that are counted into in turn, so that equal neighbours do not wait for one another.
const TABLES: usize = 4;

/// Places up to this many bins can be told from their neighbours in single precision.
const MOST: usize = 1 << 14;

/// A float whose place is found in its own precision.
pub(crate) trait Placed: Float {
    /// Returns the place t, which has the number of the bin as its whole part.
    fn place(self, low: Self, scale: Self) -> Self;

    /// Writes the bin of each number, the number of bins for one outside; `false`: some may be others.
    fn places(x: &[Self; GROUP], bins: &EqualBins<Self>, out: &mut [u32; GROUP]) -> bool;
}

/// Bins of equal width in the precision of the numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EqualBins<T> {
    low: T,
    /// The least and the greatest number that is inside.
    inside: [T; 2],
    scale: T,
    /// More than the distance of any edge's place from its number.
    off: T,
    /// Half a bin above the last one: the place of what is outside.
    outside: T,
}

macro_rules! placed {
    ($($float:ident, $integer:ident, $fraction:literal);*) => {
        $(impl Placed for $float {
            #[inline(always)]
            fn place(self, low: Self, scale: Self) -> Self {
                (self - low) * scale
            }

            #[inline(always)]
            fn places(x: &[Self; GROUP], bins: &EqualBins<Self>, out: &mut [u32; GROUP]) -> bool {
                // Added to t this leaves the nearest integer in the lowest bits.
                let shifter = (3u64 << ($fraction - 1)) as Self;
                let mut doubt = [0; GROUP];
                for lane in 0..GROUP {
                    let x = x[lane];
                    let inside = (bins.inside[0] <= x) & (x <= bins.inside[1]);
                    let place = if inside { x.place(bins.low, bins.scale) } else { bins.outside };
                    let shifted = place + shifter;
                    let rest = place - (shifted - shifter);
                    doubt[lane] = $integer::from(rest.abs() <= bins.off);
                    let nearest = shifted.to_bits().wrapping_sub(shifter.to_bits());
                    out[lane] = nearest.wrapping_sub($integer::from(rest < 0.0)) as u32;
                }
                doubt.iter().fold(0, |any, &doubt| any | doubt) == 0
            }
        })*
    };
}
placed!(f64, u64, 52; f32, u32, 23);

/// Adds the numbers of each bin to `counts`; `edges` rise, the last bin holds its right edge. Numbers from one of the
/// `ends` to the other are inside; they may be nearer to each other than the edges by what rounding moved those.
///
/// `slow` finds the bin of a number that is inside.
pub(crate) fn count<T: Placed>(
    x: &[T],
    edges: &[f64],
    ends: [f64; 2],
    scale: f64,
    counts: &mut [u64],
    slow: &mut dyn FnMut(f64, &mut [u64]),
) {
    let bins = edges.len() - 1;
    let mut each = |x: &[T], counts: &mut [u64]| x.iter().for_each(|x| slow(x.widen(), counts));
    let Some(line) = (bins <= MOST && x.len() >= 2 * bins).then(|| line::<T>(edges, ends, scale)).flatten()
    else {
        return each(x, counts);
    };
    // Fewer than 2^32 at a time, as the tables hold 32 bits.
    for part in x.chunks(1 << 30) {
        let mut tables = vec![[0u32; TABLES]; bins + 1];
        let (groups, rest) = part.as_chunks::<GROUP>();
        for groups in groups.chunks(BATCH) {
            let mut doubtful = tally(groups, line, &mut tables);
            while doubtful != 0 {
                each(&groups[doubtful.trailing_zeros() as usize], counts);
                doubtful &= doubtful - 1;
            }
        }
        each(rest, counts);
        for (count, tables) in counts.iter_mut().zip(&tables) {
            *count += tables.iter().map(|&count| u64::from(count)).sum::<u64>();
        }
    }
}

/// Returns the bins in the precision of the numbers, unless an edge is not of that precision.
fn line<T: Placed>(edges: &[f64], ends: [f64; 2], scale: f64) -> Option<EqualBins<T>> {
    let bins = edges.len() - 1;
    let scale = T::narrow(scale);
    let low = T::narrow(edges[0]);
    let mut off = 0.0;
    for (i, &edge) in (0..).zip(edges) {
        let own = T::narrow(edge);
        if own.widen() != edge {
            return None;
        }
        let from = (own.place(low, scale).widen() - f64::from(i)).abs();
        off = if from <= off { off } else { from };
    }
    let [least, most] = ends.map(T::narrow);
    let least = if least.widen() < ends[0] { T::of_key(least.to_key() + 1) } else { least };
    let most = if most.widen() > ends[1] { T::of_key(most.to_key() - 1) } else { most };
    let outside = T::narrow(bins as f64 + 0.5);
    // More than what was rounded off here; where a place is not finite this is never below a rest.
    (off < 0.25).then(|| EqualBins {
        low,
        inside: [least, most],
        scale,
        off: T::narrow(off * 1.0001 + 1e-30),
        outside,
    })
}

/// Counts up to [`BATCH`] groups but those with a number near an edge, for which the result has a bit each.
#[inline(always)]
fn tally_body<T: Placed>(groups: &[[T; GROUP]], line: EqualBins<T>, tables: &mut [[u32; TABLES]]) -> u32 {
    let mut places = [[0u32; GROUP]; BATCH];
    let mut doubtful = 0;
    for (i, (group, places)) in groups.iter().zip(&mut places).enumerate() {
        prefetch_far(group);
        doubtful |= u32::from(!T::places(group, &line, places)) << i;
    }
    for (i, places) in places[..groups.len()].iter().enumerate() {
        if doubtful >> i & 1 == 1 {
            continue;
        }
        for places in places.as_chunks::<TABLES>().0 {
            for (table, &place) in places.iter().enumerate() {
                if let Some(counts) = tables.get_mut(place as usize) {
                    counts[table] += 1;
                }
            }
        }
    }
    doubtful
}

dispatch! {
    fn tally[T: Placed](groups: &[[T; GROUP]], line: EqualBins<T>, tables: &mut [[u32; TABLES]]) -> u32 = tally_body;
}
