//! Sums of many short rows, eight of them side by side: from the rows to the results in one call, since a call for
//! each step of eight rows takes as long as the steps.

use super::element::Float;
use super::side_by_side::{Chain, Chains, LANES, SHORT, settle_body};
use super::vector::{Vector, dispatch_eight};

/// Does `body` for each place of `V::LANES` rows of length `len`, from row `first` on, whose elements there are `x`.
///
/// A macro, because a closure that is not inlined would be compiled without AVX2.
macro_rules! for_each_place {
    ($vector:ident, $rows:expr, $len:expr, $first:expr, |$x:ident| $body:block) => {{
        let whole = $len / $vector::LANES * $vector::LANES;
        for start in (0..whole).step_by($vector::LANES) {
            let mut square = [$vector::splat(0.0); 8];
            for lane in 0..$vector::LANES {
                square[lane] = $vector::widen(&$rows[($first + lane) * $len + start..]);
            }
            $vector::turn(&mut square);
            for place in 0..$vector::LANES {
                let $x = square[place];
                $body
            }
        }
        for place in whole..$len {
            let mut column = [0.0; 8];
            for lane in 0..$vector::LANES {
                column[lane] = $rows[($first + lane) * $len + place].widen();
            }
            let $x = $vector::load(&column);
            $body
        }
    }};
}
pub(super) use for_each_place;

#[inline(always)]
fn row_sums_body<V: Vector, T: Float, const VECTORS: usize>(
    rows: &[T],
    len: usize,
    n: f64,
    out: &mut [T],
) -> u64 {
    if len <= SHORT {
        row_sums_of::<V, T, true>(rows, len, n, out)
    } else {
        row_sums_of::<V, T, false>(rows, len, n, out)
    }
}

#[inline(always)]
fn row_sums_of<V: Vector, T: Float, const IS_SHORT: bool>(
    rows: &[T],
    len: usize,
    n: f64,
    out: &mut [T],
) -> u64 {
    let mut certain = 0;
    let (out, _) = out.as_chunks_mut::<LANES>();
    let mut chains = Chains::default();
    for group in 0..out.len() {
        let (rows, out) = (&rows[group * len * LANES..(group + 1) * len * LANES], &mut out[group]);
        for first in (0..LANES).step_by(V::LANES) {
            let mut chain = Chain::<V>::new();
            for_each_place!(V, rows, len, first, |x| {
                chain.add::<T, IS_SHORT>(x);
            });
            chain.finish::<IS_SHORT>(len, first, &mut chains);
        }
        certain |= u64::from(settle_body(&chains, n, out)) << (group * LANES);
    }
    certain
}

dispatch_eight! {
    /// Writes the sums divided by `n` of 8, 16 … 64 rows of length `len`, one behind the other; the bits of the result
    /// say which are certain.
    pub(crate) fn row_sums[T: Float](rows: &[T], len: usize, n: f64, out: &mut [T]) -> u64 = row_sums_body;
}
