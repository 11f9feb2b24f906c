//! Which elements make one result, and in what pieces do they reach its state?

use core::ops::Range;

use ndarray::ArrayViewD;

use super::axes::Plan;
use super::cell::Cell;
use super::dtype::{Boolean, Dtype};
use super::names::Kind;
use super::order;
use super::powers;
use super::spec::Spec;
use super::state::State;
use super::threads;
use super::values::Values;
use super::work::{Work, out_of_memory, room};
use crate::error::Result;
use crate::kernel::element::Float;
use crate::kernel::estimate::Estimate;
use crate::kernel::grid::{Block, Grid, List, Run, Type};
use crate::kernel::{integers, moments, sum};

/// Elements that are converted or gathered at a time: 32 kB of doubles stay in the first cache.
const SCRATCH: usize = 4096;

/// Gives every lane of an array to a state of its own; returns the results in C order of the kept axes.
pub(super) fn fold_lanes(grid: Grid<'_>, plan: &Plan, spec: &Spec) -> Result<Vec<Cell>> {
    let shape: Vec<usize> = grid.axes().iter().map(|axis| axis.len).collect();
    let lanes = plan.shape(&shape, false).iter().product::<usize>();
    let mut sink = Sink::new(spec, lanes, grid.kind())?;
    if grid.len() == 0 {
        for _ in 0..lanes {
            sink.states(1);
            sink.finish()?;
        }
        return Ok(sink.cells);
    }
    let (grid, kept) = plan.arrange(grid, spec.is_ordered());
    walk(&grid, kept, &mut sink)?;
    Ok(sink.cells)
}

/// Folds an array that is one lane and lies together.
pub(super) fn fold_whole(block: Block<'_>, spec: &Spec) -> Result<Vec<Cell>> {
    let mut sink = Sink::new(spec, 1, block.kind())?;
    fold_block(block, &mut sink)?;
    Ok(sink.cells)
}

/// Adds all elements in C order to a state. All or nothing.
///
/// Errors: [`ErrorKind::OutOfMemory`](crate::ErrorKind::OutOfMemory).
pub(super) fn push_lane(grid: &Grid<'_>, spec: &Spec, state: &mut State) -> Result<()> {
    let mut sink = Sink::new(spec, 0, grid.kind())?;
    sink.states.push(core::mem::replace(state, State::new(spec)));
    let pushed = push_all(grid, &mut sink);
    *state = sink.states.swap_remove(0);
    pushed
}

/// Where results go, and the memory that lanes share.
struct Sink<'a> {
    spec: &'a Spec,
    states: Vec<State>,
    cells: Vec<Cell>,
    scratch: List,
}

impl<'a> Sink<'a> {
    fn new(spec: &'a Spec, lanes: usize, kind: Type) -> Result<Self> {
        Ok(Self { spec, states: Vec::new(), cells: room(lanes)?, scratch: kind.list() })
    }

    /// Returns this many fresh states.
    fn states(&mut self, len: usize) -> &mut [State] {
        self.states.truncate(len);
        for state in &mut self.states {
            state.reset();
        }
        self.states.resize_with(len, || State::new(self.spec));
        &mut self.states
    }

    /// Puts down the results of the states in use.
    fn finish(&mut self) -> Result<()> {
        for state in &mut self.states {
            state.finish(self.spec, &mut self.cells)?;
        }
        Ok(())
    }

    /// Gives the scratch to the first state.
    fn flush(&mut self) {
        self.states[0].push(self.spec, self.scratch.block());
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
        sink.states[0].push(sink.spec, block);
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
    if threads::one_shot(block, sink.spec, &mut sink.cells) {
        return Ok(());
    }
    fold_gathered(block, sink)
}

/// Returns the one result of one lane.
pub(super) fn fold_lane(block: Block<'_>, spec: &Spec) -> Result<Cell> {
    let mut cells = Vec::with_capacity(1);
    if !one_shot(block, spec, &mut cells)? {
        let mut state = State::new(spec);
        state.reserve(block.kind(), block.len())?;
        state.push(spec, block);
        state.finish(spec, &mut cells)?;
    }
    Ok(cells[0])
}

/// A lane that was gathered, or is no matter for threads.
fn fold_gathered(block: Block<'_>, sink: &mut Sink<'_>) -> Result<()> {
    if one_shot(block, sink.spec, &mut sink.cells)? {
        return Ok(());
    }
    sink.states(1);
    sink.states[0].reserve(block.kind(), block.len())?;
    sink.states[0].push(sink.spec, block);
    sink.finish()
}

/// Puts down the results of a lane that lies together and returns true, where the kernel has a way of its
/// own for that.
///
/// Errors: [`ErrorKind::OutOfMemory`].
pub(super) fn one_shot(block: Block<'_>, spec: &Spec, cells: &mut Vec<Cell>) -> Result<bool> {
    // Extremes are a state's affair.
    if spec.initial.is_some() || matches!(spec.kind, Kind::Min | Kind::Max) {
        return Ok(false);
    }
    let ordered = spec.keeps_all();
    if spec.skip_nan
        && matches!(spec.kind, Kind::Sum | Kind::Mean)
        && let Some(cell) = estimated(block, spec)
    {
        cells.push(cell);
        return Ok(true);
    }
    if ordered || spec.skip_nan {
        if order::has_nan(block) {
            return Ok(false);
        }
        if ordered {
            order::in_order(block, spec, cells)?;
            return Ok(true);
        }
    }
    if matches!(spec.kind, Kind::Skew | Kind::Kurtosis | Kind::Moments) {
        return Ok(powers::quick(block, spec, cells));
    }
    let cell = one_shot_cell(block, spec);
    cells.extend(cell);
    Ok(cell.is_some())
}

/// Returns a sum or a mean that an estimate decides: then there is no NaN.
fn estimated(block: Block<'_>, spec: &Spec) -> Option<Cell> {
    match (spec.out, block) {
        (Dtype::F64, Block::F64(x)) => settled::<f64>(x, spec),
        (Dtype::F32, Block::F32(x)) => settled::<f32>(x, spec),
        _ => None,
    }
}

fn settled<T: Float>(x: &[T], spec: &Spec) -> Option<Cell> {
    let value: T = match spec.kind {
        Kind::Sum => sum::settled(x, Estimate::rounded)?,
        Kind::Mean if !x.is_empty() => sum::settled(x, |sum| sum.divided_by(x.len() as f64).rounded())?,
        _ => return None,
    };
    Some(Cell::F(value.widen()))
}

fn one_shot_cell(block: Block<'_>, spec: &Spec) -> Option<Cell> {
    match (spec.kind, spec.out, block) {
        (Kind::Sum, Dtype::F64, Block::F64(x)) => Some(Cell::F(sum::sum(x))),
        (Kind::Sum, Dtype::I64 | Dtype::U64, Block::I64(x)) => Some(Cell::U(integers::wrapped(x))),
        (Kind::Sum, Dtype::I64 | Dtype::U64, Block::U64(x)) => Some(Cell::U(integers::wrapped(x))),
        (Kind::Sum, Dtype::F32, Block::F32(x)) => Some(Cell::F(f64::from(sum::sum::<f32, f32>(x)))),
        (Kind::Var, Dtype::F64, Block::F64(x)) => Some(Cell::F(moments::var(x, spec.ddof))),
        (Kind::Var, Dtype::F32, Block::F32(x)) => {
            Some(Cell::F(f64::from(moments::var::<f32, f32>(x, spec.ddof))))
        }
        (Kind::Std, Dtype::F64, Block::F64(x)) => Some(Cell::F(moments::std(x, spec.ddof))),
        (Kind::Std, Dtype::F32, Block::F32(x)) => {
            Some(Cell::F(f64::from(moments::std::<f32, f32>(x, spec.ddof))))
        }
        (Kind::Norm, Dtype::F64, Block::F64(x)) => Some(Cell::F(moments::norm(x))),
        (Kind::Norm, Dtype::F32, Block::F32(x)) => Some(Cell::F(f64::from(moments::norm::<f32, f32>(x)))),
        (Kind::Mean, Dtype::F64, Block::F64(x)) => Some(Cell::F(sum::mean(x))),
        (Kind::Mean, Dtype::F32, Block::F32(x)) => Some(Cell::F(f64::from(sum::mean::<f32, f32>(x)))),
        _ => None,
    }
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
    let whole = sink.spec.gathers() && len <= WHOLE;
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
                state.push(sink.spec, sink.scratch.block().part(lane * part, part));
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

/// The same with a mask: only what it chooses reaches the state. The chosen elements are copied.
pub(super) fn fold_chosen(
    values: &Values<'_>,
    mask: ArrayViewD<'_, Boolean>,
    plan: &Plan,
    spec: &Spec,
) -> Result<Vec<Cell>> {
    let shape = values.shape();
    let work = Work::arranged(values, spec.op, shape, &plan.order())?;
    let mask = mask.permuted_axes(plan.order());
    let len = plan.len_reduced(shape);
    let lanes = plan.shape(shape, false).iter().product::<usize>();
    let (mut chosen, mut cells) = (mask.iter(), room(lanes)?);
    let mut state = State::new(spec);
    let mut places = room(len)?;
    for lane in 0..lanes {
        places.clear();
        let of_lane = chosen.by_ref().take(len).enumerate().filter(|(_, chosen)| chosen.get());
        places.extend(of_lane.map(|(i, _)| lane * len + i));
        let taken = work.taken(&places)?;
        state.reset();
        state.reserve(taken.block().kind(), places.len())?;
        state.push(spec, taken.block());
        state.finish(spec, &mut cells)?;
    }
    Ok(cells)
}
