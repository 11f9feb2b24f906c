//! The driver: gives the elements of each lane to the kernel or the state that reduces it.

use core::ops::Range;

use ndarray::ArrayViewD;

use super::axes::ReducedAxes;
use super::dtype::{Boolean, Dtype};
use super::gathered::{Gathered, out_of_memory, room};
use super::moments;
use super::names::{Family, Keeps};
use super::number::Number;
use super::quantiles;
use super::request::Request;
use super::state::State;
use super::threads;
use super::values::Values;
use crate::error::Result;
use crate::kernel::fold::bounded::Estimate;
use crate::kernel::fold::element::Float;
use crate::kernel::fold::grid::{Block, Grid, List, Run, Type};
use crate::kernel::fold::{integers, variance};

/// Elements that are converted or gathered at a time: 32 kB of doubles stay in the first cache.
const SCRATCH: usize = 4096;

/// Gives every lane of an array to a state of its own; returns the results in C order of the kept axes.
pub(super) fn fold_lanes(grid: Grid<'_>, plan: &ReducedAxes, request: &Request) -> Result<Vec<Number>> {
    let shape: Vec<usize> = grid.axes().iter().map(|axis| axis.len).collect();
    let lanes = plan.shape(&shape, false).iter().product::<usize>();
    let mut sink = Sink::new(request, lanes, grid.kind())?;
    if grid.len() == 0 {
        for _ in 0..lanes {
            sink.states(1);
            sink.finish()?;
        }
        return Ok(sink.results);
    }
    let (grid, kept) = plan.arrange(grid, request.is_ordered());
    walk(&grid, kept, &mut sink)?;
    Ok(sink.results)
}

/// Folds an array that is one lane and lies together.
pub(super) fn fold_whole(block: Block<'_>, request: &Request) -> Result<Vec<Number>> {
    let mut sink = Sink::new(request, 1, block.kind())?;
    fold_block(block, &mut sink)?;
    Ok(sink.results)
}

/// Adds all elements in C order to a state. All or nothing.
///
/// Errors: [`ErrorKind::OutOfMemory`](crate::ErrorKind::OutOfMemory).
pub(super) fn push_lane(grid: &Grid<'_>, request: &Request, state: &mut State) -> Result<()> {
    let mut sink = Sink::new(request, 0, grid.kind())?;
    sink.states.push(core::mem::replace(state, State::new(request)));
    let pushed = push_all(grid, &mut sink);
    *state = sink.states.swap_remove(0);
    pushed
}

/// Where results go, and the memory that lanes share.
struct Sink<'a> {
    request: &'a Request,
    states: Vec<State>,
    results: Vec<Number>,
    scratch: List,
}

impl<'a> Sink<'a> {
    fn new(request: &'a Request, lanes: usize, kind: Type) -> Result<Self> {
        Ok(Self { request, states: Vec::new(), results: room(lanes)?, scratch: kind.list() })
    }

    /// Returns this many fresh states.
    fn states(&mut self, len: usize) -> &mut [State] {
        self.states.truncate(len);
        for state in &mut self.states {
            state.reset();
        }
        self.states.resize_with(len, || State::new(self.request));
        &mut self.states
    }

    /// Appends the results of the states in use.
    fn finish(&mut self) -> Result<()> {
        for state in &mut self.states {
            state.finish(self.request, &mut self.results)?;
        }
        Ok(())
    }

    /// Gives the scratch to the first state.
    fn flush(&mut self) {
        self.states[0].push(self.request, self.scratch.block());
        self.scratch.clear();
    }
}

fn walk(grid: &Grid<'_>, kept: usize, sink: &mut Sink<'_>) -> Result<()> {
    if kept == 0 {
        if let Some(block) = grid.block() {
            return fold_block(block, sink);
        }
        sink.states(1);
        push_all(grid, sink)?;
        return sink.finish();
    }
    if let [lanes, places] = grid.axes() {
        return if lanes.stride.unsigned_abs() < places.stride.unsigned_abs() {
            walk_columns(grid, sink)
        } else {
            walk_rows(grid, sink)
        };
    }
    grid.outer().try_for_each(|sub| walk(&sub, kept - 1, sink))
}

/// One lane of any shape, in logical order, to the first state.
fn push_all(grid: &Grid<'_>, sink: &mut Sink<'_>) -> Result<()> {
    sink.states[0].reserve(grid.kind(), grid.len())?;
    if let Some(block) = grid.block() {
        sink.states[0].push(sink.request, block);
        return Ok(());
    }
    sink.scratch.clear();
    grid.runs(|run| push_run(run, sink));
    sink.flush();
    Ok(())
}

/// Appends to the scratch, which is emptied into the first state when it is full.
fn push_run(run: Run<'_>, sink: &mut Sink<'_>) {
    for start in (0..run.len()).step_by(SCRATCH) {
        let part = run.part(start, SCRATCH.min(run.len() - start));
        if sink.scratch.block().len() + part.len() > SCRATCH {
            sink.flush();
        }
        part.append(&mut sink.scratch);
    }
}

/// Lanes are rows.
fn walk_rows(grid: &Grid<'_>, sink: &mut Sink<'_>) -> Result<()> {
    let (lanes, len) = (grid.axes()[0].len, grid.axes()[1].len);
    for lane in 0..lanes {
        let row = grid.run(&[lane], 0, len);
        if let Some(block) = row.block() {
            fold_block(block, sink)?;
            continue;
        }
        sink.states(1);
        sink.states[0].reserve(grid.kind(), len)?;
        sink.scratch.clear();
        push_run(row, sink);
        sink.flush();
        sink.finish()?;
    }
    Ok(())
}

/// A lane that lies together.
fn fold_block(block: Block<'_>, sink: &mut Sink<'_>) -> Result<()> {
    let least = match sink.request.family.keeps() {
        Keeps::Extremes | Keeps::Counts => threads::LEAST_OF_EXTREMES,
        _ => threads::LEAST,
    };
    fold_parts(block, threads::part_len(block.len(), least), sink)
}

/// A lane that was gathered, or is no matter for threads.
fn fold_gathered(block: Block<'_>, sink: &mut Sink<'_>) -> Result<()> {
    fold_parts(block, None, sink)
}

/// First by an estimate, then by a state; the parts of this length on several threads, where there are any.
fn fold_parts(block: Block<'_>, part: Option<usize>, sink: &mut Sink<'_>) -> Result<()> {
    let request = sink.request;
    if settled(block, part, request, &mut sink.results)? {
        return Ok(());
    }
    if let Some(part) = part.filter(|_| request.merges()) {
        let states = threads::map(block.len(), part, |range| {
            let mut state = State::new(request);
            state.push(request, block.part(range.start, range.len()));
            state
        });
        sink.states(1);
        for state in &states {
            sink.states[0].merge(state, request)?;
        }
        return sink.finish();
    }
    sink.states(1);
    sink.states[0].reserve(block.kind(), block.len())?;
    sink.states[0].push(request, block);
    sink.finish()
}

/// Returns the one result of one lane.
pub(super) fn fold_lane(block: Block<'_>, request: &Request) -> Result<Number> {
    let mut sink = Sink::new(request, 1, block.kind())?;
    fold_gathered(block, &mut sink)?;
    Ok(sink.results[0])
}

/// Appends the results of a lane that lies together and returns true, where they are had without a state: because an
/// estimate decides how they are rounded, or by selection.
///
/// Errors: [`ErrorKind::OutOfMemory`](crate::ErrorKind::OutOfMemory).
fn settled(
    block: Block<'_>,
    part: Option<usize>,
    request: &Request,
    results: &mut Vec<Number>,
) -> Result<bool> {
    if request.initial.is_some() || block.len() == 0 {
        return Ok(false);
    }
    match request.family.keeps() {
        Keeps::Elements if quantiles::has_nan(block) => Ok(false),
        Keeps::Elements => quantiles::in_order(block, request, results).map(|()| true),
        Keeps::Powers if request.skip_nan && quantiles::has_nan(block) => Ok(false),
        Keeps::Powers => Ok(moments::estimated(block, request, results)),
        Keeps::Sum | Keeps::Squares => {
            let number = estimated(block, part, request);
            results.extend(number);
            Ok(number.is_some())
        }
        Keeps::Extremes | Keeps::Counts | Keeps::Product => Ok(false),
    }
}

/// Returns what an estimate decides: then there is no NaN. Integers are added modulo 2^64.
fn estimated(block: Block<'_>, part: Option<usize>, request: &Request) -> Option<Number> {
    match (request.out, block) {
        (Dtype::F64, Block::F64(x)) => of_floats::<f64>(x, part, request),
        (Dtype::F32, Block::F32(x)) => of_floats::<f32>(x, part, request),
        (Dtype::I64 | Dtype::U64, Block::I64(x)) if request.family == Family::Sum => {
            Some(Number::U(integers::wrapped(x)))
        }
        (Dtype::I64 | Dtype::U64, Block::U64(x)) if request.family == Family::Sum => {
            Some(Number::U(integers::wrapped(x)))
        }
        _ => None,
    }
}

fn of_floats<T: Float + Sync>(x: &[T], part: Option<usize>, request: &Request) -> Option<Number> {
    let value: T = match request.family {
        Family::Sum => threads::settled(x, part, Estimate::rounded)?,
        Family::Mean => threads::settled(x, part, |sum| sum.divided_by(x.len() as f64).rounded())?,
        _ => variance::settled(x, request.spread()?, |x, split| threads::about(x, split, part))?,
    };
    Some(Number::F(value.widen()))
}

/// How many lanes are read side by side when neighbours in memory belong to different lanes.
const TILE: usize = 64;

/// Whole lanes are gathered only up to this many elements: 32 MB of doubles.
const WHOLE: usize = 1 << 22;

/// Neighbours in memory belong to different lanes: a tile of them is turned round in the scratch.
fn walk_columns(grid: &Grid<'_>, sink: &mut Sink<'_>) -> Result<()> {
    let (lanes, len) = (grid.axes()[0].len, grid.axes()[1].len);
    // Lanes are runs now.
    let grid = grid.clone().permuted(&[1, 0]);
    let mut rows = grid.kind().list();
    let whole = sink.request.gathers() && len <= WHOLE;
    let width = if whole { (WHOLE / len).clamp(1, TILE) } else { TILE };
    for first in (0..lanes).step_by(width) {
        let width = width.min(lanes - first);
        if whole {
            let mut tile = core::mem::replace(&mut sink.scratch, grid.kind().list());
            turn(&grid, first..first + width, 0..len, &mut rows, &mut tile)?;
            for lane in 0..width {
                fold_gathered(tile.block().part(lane * len, len), sink)?;
            }
            sink.scratch = tile;
            continue;
        }
        sink.states(width);
        let most = SCRATCH / width;
        for start in (0..len).step_by(most) {
            let part = most.min(len - start);
            turn(&grid, first..first + width, start..start + part, &mut rows, &mut sink.scratch)?;
            for (lane, state) in sink.states.iter_mut().enumerate() {
                state.push(sink.request, sink.scratch.block().part(lane * part, part));
            }
        }
        sink.finish()?;
    }
    Ok(())
}

/// Writes a tile of `[places, lanes]` lane after lane. `rows` is memory for what must be converted.
fn turn(
    grid: &Grid<'_>,
    lanes: Range<usize>,
    places: Range<usize>,
    rows: &mut List,
    out: &mut List,
) -> Result<()> {
    let (width, len) = (lanes.len(), places.len());
    out.try_resize(width * len).map_err(|_| out_of_memory::<u64>(width * len))?;
    for start in (0..len).step_by(8) {
        let count = (len - start).min(8);
        // Beyond the last place there is the last one, which is not copied.
        let run = |i: usize| grid.run(&[places.start + start + i.min(count - 1)], lanes.start, width);
        if run(0).block().is_none() {
            rows.clear();
            (0..8).for_each(|i| run(i).append(rows));
        }
        let row = |i: usize| run(i).block().unwrap_or_else(|| rows.block().part(i * width, width));
        macro_rules! copy {
            ($($variant:ident)*) => {
                match out {
                    $(List::$variant(out) => {
                        let rows = core::array::from_fn(|i| match row(i) {
                            Block::$variant(row) => row,
                            _ => unreachable!("all are of the list's type"),
                        });
                        copy_eight(rows, start..start + count, len, out);
                    })*
                }
            };
        }
        copy!(F64 F32 I64 U64);
    }
    Ok(())
}

/// Writes up to eight neighbours of each lane.
fn copy_eight<T: Copy>(rows: [&[T]; 8], places: Range<usize>, len: usize, out: &mut [T]) {
    for (lane, out) in out.chunks_exact_mut(len).enumerate() {
        let out = &mut out[places.clone()];
        if let Ok(eight) = <&mut [T; 8]>::try_from(&mut *out) {
            *eight = rows.map(|row| row[lane]);
        } else {
            out.iter_mut().zip(rows).for_each(|(slot, row)| *slot = row[lane]);
        }
    }
}

/// Folds lanes that lie together, one result or row of results each.
pub(super) fn fold_blocks<'a>(
    lanes: impl ExactSizeIterator<Item = Block<'a>>,
    kind: Type,
    request: &Request,
) -> Result<Vec<Number>> {
    let mut sink = Sink::new(request, lanes.len(), kind)?;
    lanes.into_iter().try_for_each(|lane| fold_block(lane, &mut sink))?;
    Ok(sink.results)
}

/// The same with a mask: only what it chooses is given to the driver. The chosen elements are copied.
pub(super) fn fold_chosen(
    values: &Values<'_>,
    mask: ArrayViewD<'_, Boolean>,
    axes: &ReducedAxes,
    request: &Request,
) -> Result<Vec<Number>> {
    let shape = values.shape();
    let all = Gathered::arranged(values, request.op, shape, &axes.order())?;
    let mask = mask.permuted_axes(axes.order());
    let len = axes.len_reduced(shape);
    let lanes = axes.shape(shape, false).iter().product::<usize>();
    let mut chosen = mask.iter();
    let mut sink = Sink::new(request, lanes, all.block().kind())?;
    let mut places = room(len)?;
    for lane in 0..lanes {
        places.clear();
        let of_lane = chosen.by_ref().take(len).enumerate().filter(|(_, chosen)| chosen.get());
        places.extend(of_lane.map(|(i, _)| lane * len + i));
        fold_block(all.taken(&places)?.block(), &mut sink)?;
    }
    Ok(sink.results)
}
