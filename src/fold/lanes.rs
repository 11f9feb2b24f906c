//! Which elements make one result, and in what pieces do they reach its state?

use core::ops::Range;

use ndarray::ArrayViewD;

use super::cell::Cell;
use super::dtype::Boolean;
use super::options::Axes;
use super::spec::Spec;
use super::state::State;
use super::threads;
use super::values::Values;
use super::work::{Work, out_of_memory, room};
use crate::error::{ErrorKind, Result};
pub(super) use crate::kernel::grid::Block;
use crate::kernel::grid::{Grid, List, Run, Type};

impl Block<'_> {
    /// Returns one element of a block of integers.
    pub(super) fn integer(self, i: usize) -> i128 {
        match self {
            Self::I64(x) => i128::from(x[i]),
            Self::U64(x) => i128::from(x[i]),
            Self::F64(_) | Self::F32(_) => unreachable!("floats are not asked for integers"),
        }
    }

    /// Returns one element as a double; an integer beyond 2^53 is rounded.
    #[inline(always)]
    pub(super) fn double(self, i: usize) -> f64 {
        match self {
            Self::F64(x) => x[i],
            Self::F32(x) => f64::from(x[i]),
            Self::I64(x) => x[i] as f64,
            Self::U64(x) => x[i] as f64,
        }
    }

    /// Appends the elements as doubles; integers beyond 2^53 are rounded.
    pub(super) fn append_doubles(self, list: &mut Vec<f64>) {
        match self {
            Self::F64(x) => list.extend_from_slice(x),
            _ => list.extend((0..self.len()).map(|i| self.double(i))),
        }
    }

    /// Whether doubles would round some of the elements.
    pub(super) fn is_beyond_doubles(self) -> bool {
        const MOST: u64 = 1 << 53;
        match self {
            Self::F64(_) | Self::F32(_) => false,
            Self::I64(x) => x.iter().any(|x| x.unsigned_abs() > MOST),
            Self::U64(x) => x.iter().any(|&x| x > MOST),
        }
    }

    /// Returns one element as a sum of two doubles, the first of which is it, rounded: such pairs compare as the numbers do.
    pub(super) fn halves(self, i: usize) -> (f64, f64) {
        let sum = |high: f64, low: u32| {
            let (high, low) = (high * 4_294_967_296.0, f64::from(low));
            let rounded = high + low;
            (rounded, (high - rounded) + low)
        };
        match self {
            Self::F64(_) | Self::F32(_) => (self.double(i), 0.0),
            Self::I64(x) => sum((x[i] >> 32) as f64, x[i] as u32),
            Self::U64(x) => sum((x[i] >> 32) as f64, x[i] as u32),
        }
    }

    /// Returns all elements as [`halves`](Self::halves).
    pub(super) fn all_halves(self) -> Vec<(f64, f64)> {
        (0..self.len()).map(|i| self.halves(i)).collect()
    }

    /// Passes on the absolute values, in pieces.
    pub(super) fn absolute(self, push: &mut dyn FnMut(Block<'_>)) {
        match self {
            Self::F64(x) => mapped(x, f64::abs, |x| push(Block::F64(x))),
            Self::F32(x) => mapped(x, f32::abs, |x| push(Block::F32(x))),
            Self::I64(x) => mapped(x, i64::unsigned_abs, |x| push(Block::U64(x))),
            Self::U64(_) => push(self),
        }
    }

    /// Passes on the elements that are numbers, in pieces.
    pub(super) fn without_nan(self, push: &mut dyn FnMut(Block<'_>)) {
        match self {
            Self::F64(x) => numbers(x, |x| Block::F64(x), push),
            Self::F32(x) => numbers(x, |x| Block::F32(x), push),
            Self::I64(_) | Self::U64(_) => push(self),
        }
    }
}

fn mapped<T: Copy, R: Copy + Default>(x: &[T], map: impl Fn(T) -> R, mut push: impl FnMut(&[R])) {
    let mut out = [R::default(); 256];
    for part in x.chunks(out.len()) {
        for (slot, &x) in out.iter_mut().zip(part) {
            *slot = map(x);
        }
        push(&out[..part.len()]);
    }
}

fn numbers<T: Copy + Default + PartialEq>(
    x: &[T],
    block: fn(&[T]) -> Block<'_>,
    push: &mut dyn FnMut(Block<'_>),
) {
    let mut kept = [T::default(); 256];
    for part in x.chunks(kept.len()) {
        let mut len = 0;
        for &x in part {
            kept[len] = x;
            #[expect(clippy::eq_op, reason = "NaN is the one value that is not itself")]
            let number = x == x;
            len += usize::from(number);
        }
        push(block(&kept[..len]));
    }
}

/// Elements that are converted or gathered at a time: 32 kB of doubles stay in the first cache.
const SCRATCH: usize = 4096;

/// Which axes are reduced.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    reduced: Vec<bool>,
}

impl Plan {
    /// Checks the axes against the number of dimensions.
    pub(super) fn new(axes: &Axes, ndim: usize) -> Result<Self> {
        let mut reduced = vec![matches!(axes, Axes::All); ndim];
        let mut mark = |axis: isize| {
            let index = if axis < 0 { axis.checked_add(ndim as isize) } else { Some(axis) };
            match index.and_then(|index| usize::try_from(index).ok()).and_then(|index| reduced.get_mut(index))
            {
                Some(slot) if !*slot => {
                    *slot = true;
                    Result::Ok(())
                }
                _ => Err(ErrorKind::AxisOutOfRange { axis, ndim }.into()),
            }
        };
        match axes {
            Axes::All => {}
            Axes::One(axis) => mark(*axis)?,
            Axes::Many(list) => list.iter().try_for_each(|&axis| mark(axis))?,
        }
        Ok(Self { reduced })
    }

    /// Returns the result's shape.
    pub(super) fn shape(&self, shape: &[usize], keepdims: bool) -> Vec<usize> {
        let axes = self.reduced.iter().zip(shape);
        if keepdims {
            axes.map(|(&reduced, &len)| if reduced { 1 } else { len }).collect()
        } else {
            axes.filter(|(reduced, _)| !**reduced).map(|(_, &len)| len).collect()
        }
    }

    /// Returns the number of elements of each lane.
    pub(super) fn len_reduced(&self, shape: &[usize]) -> usize {
        self.reduced.iter().zip(shape).filter(|(reduced, _)| **reduced).map(|(_, &len)| len).product()
    }

    /// Returns the number of axes that are not reduced.
    fn len_kept(&self) -> usize {
        self.reduced.iter().filter(|&&reduced| !reduced).count()
    }

    /// Returns the axes with the kept ones first.
    pub(super) fn order(&self) -> Vec<usize> {
        let axes = |wanted: bool| (0..self.reduced.len()).filter(move |&axis| self.reduced[axis] == wanted);
        axes(false).chain(axes(true)).collect()
    }

    /// Brings the kept axes to the front and joins what lies together.
    ///
    /// Returns the array and its number of kept axes; at least one axis is reduced. `ordered` keeps
    /// the logical order of the elements of a lane; otherwise the order in memory is taken.
    pub(super) fn arrange<'a>(&self, mut grid: Grid<'a>, ordered: bool) -> (Grid<'a>, usize) {
        let mut order = self.order();
        let kept = self.len_kept();
        if !ordered {
            for axis in (0..order.len()).filter(|&axis| self.reduced[axis]) {
                if grid.axes()[axis].stride < 0 {
                    grid.invert(axis);
                }
            }
            // They are few: each is moved to its place.
            for i in kept + 1..order.len() {
                let stride = |axis: usize| grid.axes()[axis].stride;
                let place = kept + order[kept..i].partition_point(|&axis| stride(axis) >= stride(order[i]));
                order[place..=i].rotate_right(1);
            }
        }
        let mut grid = grid.permuted(&order);
        let kept = grid.join(0, kept);
        if grid.join(kept, grid.axes().len()) == 0 {
            grid.add_axis();
        }
        (grid, kept)
    }
}

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
    if !spec.one_shot(block, &mut cells)? {
        let mut state = State::new(spec);
        state.reserve(block.kind(), block.len())?;
        state.push(spec, block);
        state.finish(spec, &mut cells)?;
    }
    Ok(cells[0])
}

/// A lane that was gathered, or is no matter for threads.
fn fold_gathered(block: Block<'_>, sink: &mut Sink<'_>) -> Result<()> {
    if sink.spec.one_shot(block, &mut sink.cells)? {
        return Ok(());
    }
    sink.states(1);
    sink.states[0].reserve(block.kind(), block.len())?;
    sink.states[0].push(sink.spec, block);
    sink.finish()
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
