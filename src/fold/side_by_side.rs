//! Short rows and columns, eight side by side; lanes whose rounding the estimate cannot decide are reduced alone.
//!
//! Short rows and columns of arrays that lie together. The bits are those of a lane on its own: what the kernel is
//! not certain of is given to that.

use core::ops::Range;

use ndarray::ArrayD;

use super::axes::ReducedAxes;
use super::dtype::{Boolean, Dtype};
use super::gathered::room;
use super::names::Family;
use super::number::Number;
use super::output::Array;
use super::request::Request;
use super::run::fold_lane;
use crate::error::Result;
use crate::kernel::fold::bounded::Estimate;
use crate::kernel::fold::count::Truth;
use crate::kernel::fold::element::Float;
use crate::kernel::fold::extrema::Ordered;
use crate::kernel::fold::grid::{Block, Grid};
use crate::kernel::fold::short_rows::row_sums;
use crate::kernel::fold::side_by_side::{self, Chains, Extremes, LANES, SideBySide, Sorted};
use crate::kernel::fold::side_by_side_var::{self, Spreads};

/// Longer rows are reduced one by one.
const LONGEST_ROW: usize = 128;

/// Longer lanes are not sorted side by side.
const SORTED: usize = 32;

/// Places after which a chain of additions ends, so that its error stays small.
const CHAIN: usize = 256;

/// How many columns are read side by side, and how many rows reduced by one call.
const TILE: usize = 64;

/// Returns the results of all lanes where it has a way of its own for them; the shape is the result's.
pub(super) fn reduce(
    grid: &Grid<'_>,
    plan: &ReducedAxes,
    request: &Request,
    shape: &[usize],
) -> Result<Option<Array>> {
    let lanes = shape.iter().product();
    if request.initial.is_some() || lanes < LANES || grid.len() == 0 || grid.len() == lanes {
        return Ok(None);
    }
    let (grid, kept) = plan.arrange(grid.clone(), request.is_ordered());
    let ([_, places], 1) = (grid.axes(), kept) else { return Ok(None) };
    let len = places.len;
    let (block, columns) = match grid.block() {
        Some(rows) if len <= LONGEST_ROW => (rows, false),
        Some(_) => return Ok(None),
        None => match grid.permuted(&[1, 0]).block() {
            Some(columns) => (columns, true),
            None => return Ok(None),
        },
    };
    let table = LaneTable { lanes, len, columns, request };
    let array = match (block, request.out) {
        (Block::F64(x), Dtype::F64) => table.floats(x, Number::to_f64)?.map(|list| array(list, shape)),
        (Block::F32(x), Dtype::F32) => {
            table.floats(x, |number| number.to_f64() as f32)?.map(|list| array(list, shape))
        }
        (Block::I64(x), Dtype::I64) => {
            table.extremes(x, |number| number.to_bits() as i64)?.map(|list| array(list, shape))
        }
        (Block::U64(x), Dtype::U64) => table.extremes(x, Number::to_bits)?.map(|list| array(list, shape)),
        _ => None,
    };
    if array.is_some() {
        return Ok(array);
    }
    match block {
        Block::F64(x) => table.places_and_counts(x, shape),
        Block::F32(x) => table.places_and_counts(x, shape),
        Block::I64(x) => table.places_and_counts(x, shape),
        Block::U64(x) => table.places_and_counts(x, shape),
    }
}

fn array<T>(list: Vec<T>, shape: &[usize]) -> Array
where
    Array: From<ArrayD<T>>,
{
    ArrayD::from_shape_vec(shape, list).expect("one number for each place").into()
}

/// A type that a lane on its own is read in.
trait Piece: Copy + Default {
    fn block(x: &[Self]) -> Block<'_>;
}

macro_rules! pieces {
    ($($type:ty: $variant:ident),*) => {
        $(impl Piece for $type {
            fn block(x: &[Self]) -> Block<'_> {
                Block::$variant(x)
            }
        })*
    };
}
pieces!(f64: F64, f32: F32, i64: I64, u64: U64);

/// Lanes that lie together: one behind the other, or side by side as columns.
struct LaneTable<'a> {
    lanes: usize,
    len: usize,
    columns: bool,
    request: &'a Request,
}

impl LaneTable<'_> {
    fn floats<T: Float + Piece>(&self, x: &[T], of: impl Fn(Number) -> T) -> Result<Option<Vec<T>>> {
        let n = match self.request.family {
            Family::Sum => 1.0,
            Family::Mean => self.len as f64,
            Family::Median if self.len <= SORTED => {
                let add = |sorted: &mut Sorted, x: SideBySide<'_, T>, _: Range<usize>| {
                    side_by_side::sort(x, sorted)
                };
                return self.fold(x, Sorted::default, add, |sorted, out| sorted.medians(out), of).map(Some);
            }
            Family::Var | Family::Std => return self.spreads(x, of),
            _ => return self.extremes(x, of),
        };
        if !self.columns {
            let sums = |rows: &[T], out: &mut [T]| row_sums(rows, self.len, n, out);
            return self.rows(x, sums, of).map(Some);
        }
        if self.len <= CHAIN {
            let add = |sums: &mut Chains, x: SideBySide<'_, T>, places: Range<usize>| {
                *sums = side_by_side::chains(x, places.len());
            };
            return self
                .fold(x, Chains::default, add, |sums, out| side_by_side::settle(sums, n, out), of)
                .map(Some);
        }
        let add = |total: &mut [Estimate; LANES], x: SideBySide<'_, T>, places: Range<usize>| {
            let sums = side_by_side::chains(x, places.len());
            for (lane, total) in total.iter_mut().enumerate() {
                *total = total.plus_estimate(sums.estimate(lane));
            }
        };
        let done = |total: &[Estimate; LANES], out: &mut [T; LANES]| {
            let mut sums = Chains::default();
            for (lane, total) in total.iter().enumerate() {
                sums.set(lane, *total);
            }
            side_by_side::settle(&sums, n, out)
        };
        self.fold(x, || [Estimate::ZERO; LANES], add, done, of).map(Some)
    }

    fn spreads<T: Float + Piece>(&self, x: &[T], of: impl Fn(Number) -> T) -> Result<Option<Vec<T>>> {
        let n = self.len as f64;
        let divisor = n - self.request.ddof;
        if divisor.is_nan() || divisor <= 0.0 {
            return Ok(None);
        }
        let is_variance = self.request.family == Family::Var;
        if !self.columns {
            let all = |rows: &[T], out: &mut [T]| {
                side_by_side_var::row_spreads(rows, self.len, divisor, is_variance, out)
            };
            return self.rows(x, all, of).map(Some);
        }
        let add = |spreads: &mut Spreads, x: SideBySide<'_, T>, places: Range<usize>| {
            side_by_side_var::distances(x, places.len(), places.start == 0, spreads);
        };
        let done = |spreads: &Spreads, out: &mut [T; LANES]| {
            if is_variance {
                side_by_side_var::variances(spreads, n, divisor, out)
            } else {
                side_by_side_var::deviations(spreads, n, divisor, out)
            }
        };
        self.fold(x, Spreads::default, add, done, of).map(Some)
    }

    fn extremes<T: Ordered + Piece>(&self, x: &[T], of: impl Fn(Number) -> T) -> Result<Option<Vec<T>>> {
        let smallest = match self.request.family {
            Family::Min => true,
            Family::Max => false,
            _ => return Ok(None),
        };
        let add = |so_far: &mut Extremes<T>, x: SideBySide<'_, T>, _: Range<usize>| {
            if smallest { side_by_side::smallest(x, so_far) } else { side_by_side::largest(x, so_far) }
        };
        self.fold(x, || Extremes::new(smallest), add, |found, out| found.elements(smallest, out), of)
            .map(Some)
    }

    fn places_and_counts<T: Ordered + Truth + Piece>(
        &self,
        x: &[T],
        shape: &[usize],
    ) -> Result<Option<Array>> {
        let kind = self.request.family;
        let of = |number: Number| number.to_bits() as i64;
        Ok(Some(match kind {
            Family::Argmin | Family::Argmax => {
                let smallest = kind == Family::Argmin;
                let add = |so_far: &mut Extremes<T>, x: SideBySide<'_, T>, places: Range<usize>| {
                    let first = places.start as u64;
                    if smallest {
                        side_by_side::first_smallest(x, first, so_far);
                    } else {
                        side_by_side::first_largest(x, first, so_far);
                    }
                };
                let list =
                    self.fold(x, || Extremes::new(smallest), add, |found, out| found.places(out), of)?;
                array(list, shape)
            }
            Family::Any | Family::All | Family::CountNonzero if !self.request.skip_nan => {
                let add = |counts: &mut [u64; LANES], x: SideBySide<'_, T>, _: Range<usize>| {
                    side_by_side::truths(x, counts)
                };
                if kind == Family::CountNonzero {
                    let done = |counts: &[u64; LANES], out: &mut [i64; LANES]| {
                        out.iter_mut().zip(counts).for_each(|(out, &count)| *out = count as i64);
                        u8::MAX
                    };
                    return Ok(Some(array(self.fold(x, || [0; LANES], add, done, of)?, shape)));
                }
                // Counts of what must not be 0, by arithmetic that a vector of any machine has.
                let is_any = kind == Family::Any;
                let is_some = |count: u64| (count | count.wrapping_neg()) >> 63 == 1;
                let done = |counts: &[u64; LANES], out: &mut [Boolean; LANES]| {
                    for (out, &count) in out.iter_mut().zip(counts) {
                        let missing = self.len as u64 - count;
                        *out = Boolean::from(if is_any { is_some(count) } else { !is_some(missing) });
                    }
                    u8::MAX
                };
                let of = |number: Number| Boolean::from(number.to_bits() != 0);
                array(self.fold(x, || [0; LANES], add, done, of)?, shape)
            }
            _ => return Ok(None),
        }))
    }

    /// Gives eight lanes at a time to a state of their own; `done` says by bits which results are certain.
    fn fold<T: Piece, S, R: Copy + Default>(
        &self,
        x: &[T],
        new: impl Fn() -> S,
        add: impl Fn(&mut S, SideBySide<'_, T>, Range<usize>),
        done: impl Fn(&S, &mut [R; LANES]) -> u8,
        of: impl Fn(Number) -> R,
    ) -> Result<Vec<R>> {
        let Self { lanes, len, .. } = *self;
        if !self.columns {
            let mut turned = room(len * LANES)?;
            turned.resize(len * LANES, T::default());
            let all = |rows: &[T], out: &mut [R]| {
                let groups = rows.chunks_exact(len * LANES).zip(out.as_chunks_mut().0);
                groups.enumerate().fold(0, |certain, (group, (rows, out))| {
                    side_by_side::turn(rows, &mut turned);
                    let mut state = new();
                    add(&mut state, SideBySide::new(&turned, LANES), 0..len);
                    certain | u64::from(done(&state, out)) << (group * LANES)
                })
            };
            return self.rows(x, all, of);
        }
        let mut out = room(lanes)?;
        let mut states: Vec<S> = Vec::new();
        let mut results = [R::default(); LANES];
        for tile in (0..lanes.div_ceil(LANES)).step_by(TILE / LANES) {
            // The last eight lanes may be in part those before them.
            let firsts = (0..TILE / LANES).map(|group| (tile + group) * LANES);
            let firsts = firsts.take_while(|first| *first < lanes).map(|first| first.min(lanes - LANES));
            states.clear();
            states.resize_with(firsts.clone().count(), &new);
            for start in (0..len).step_by(CHAIN) {
                let places = start..len.min(start + CHAIN);
                for (state, first) in states.iter_mut().zip(firsts.clone()) {
                    let part = &x[places.start * lanes + first..(places.end - 1) * lanes + first + LANES];
                    add(state, SideBySide::new(part, lanes), places.clone());
                }
            }
            for (state, first) in states.iter().zip(firsts) {
                let certain = done(state, &mut results);
                self.append(x, first, u64::from(certain), &mut results, &of, &mut out)?;
            }
        }
        Ok(out)
    }

    /// Gives rows to `all`, which writes their results and says by bits which are certain: 64 at a time, or eight.
    fn rows<T: Piece, R: Copy + Default>(
        &self,
        x: &[T],
        mut all: impl FnMut(&[T], &mut [R]) -> u64,
        of: impl Fn(Number) -> R,
    ) -> Result<Vec<R>> {
        let Self { lanes, len, .. } = *self;
        let mut out = room(lanes)?;
        let mut results = [R::default(); TILE];
        let results = &mut results[..if lanes < TILE { LANES } else { TILE }];
        while out.len() < lanes {
            // The last rows may be in part those before them.
            let first = out.len().min(lanes - results.len());
            let certain = all(&x[first * len..(first + results.len()) * len], results);
            self.append(x, first, certain, results, &of, &mut out)?;
        }
        Ok(out)
    }

    /// Appends the results of the lanes from `first` on that are not there yet, each as it is on its own.
    fn append<T: Piece, R: Copy>(
        &self,
        x: &[T],
        first: usize,
        certain: u64,
        results: &mut [R],
        of: &impl Fn(Number) -> R,
        out: &mut Vec<R>,
    ) -> Result<()> {
        let doubtful = !certain & (u64::MAX >> (u64::BITS as usize - results.len()));
        if doubtful != 0 {
            for lane in (0..results.len()).filter(|lane| doubtful >> lane & 1 != 0) {
                results[lane] = of(self.alone(x, first + lane)?);
            }
        }
        out.extend_from_slice(&results[out.len() - first..]);
        Ok(())
    }

    /// Reduces one lane on its own.
    #[cold]
    fn alone<T: Piece>(&self, x: &[T], lane: usize) -> Result<Number> {
        if !self.columns {
            return fold_lane(T::block(&x[lane * self.len..(lane + 1) * self.len]), self.request);
        }
        let mut alone = room(self.len)?;
        alone.extend(x[lane..].iter().step_by(self.lanes).copied());
        fold_lane(T::block(&alone), self.request)
    }
}
