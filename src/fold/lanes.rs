//! Which elements make one result, and in what pieces do they reach its state?

use ndarray::{ArrayView2, ArrayViewD, Axis, Ix2};

use super::dtype::Boolean;
use super::options::Axes;
use super::state::{Cell, Spec, State};
use super::threads;
use super::values::Values;
use super::work::Work;
use crate::error::{Error, Result};

/// A piece of a lane in one of the four types that states know.
#[derive(Clone, Copy, Debug)]
pub(super) enum Block<'a> {
    F64(&'a [f64]),
    F32(&'a [f32]),
    I64(&'a [i64]),
    U64(&'a [u64]),
}

impl Block<'_> {
    pub(super) fn len(self) -> usize {
        match self {
            Self::F64(x) => x.len(),
            Self::F32(x) => x.len(),
            Self::I64(x) => x.len(),
            Self::U64(x) => x.len(),
        }
    }

    /// Returns one element of a block of integers.
    pub(super) fn integer(self, i: usize) -> i128 {
        match self {
            Self::I64(x) => i128::from(x[i]),
            Self::U64(x) => i128::from(x[i]),
            Self::F64(_) | Self::F32(_) => unreachable!("floats are not asked for integers"),
        }
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

/// An element of an array, and the type that states see it in.
pub(super) trait Element: Copy + 'static {
    type Work: Copy + Default + PartialEq + 'static;

    fn widen(self) -> Self::Work;
    fn block(work: &[Self::Work]) -> Block<'_>;

    /// Returns the slice as it is if no conversion is needed.
    fn direct(slice: &[Self]) -> Option<&[Self::Work]> {
        let _ = slice;
        None
    }
}

macro_rules! elements {
    ($($type:ty => $work:ty, $block:ident, $widen:expr $(, $direct:expr)?;)*) => {
        $(impl Element for $type {
            type Work = $work;

            #[inline(always)]
            fn widen(self) -> $work {
                $widen(self)
            }

            fn block(work: &[$work]) -> Block<'_> {
                Block::$block(work)
            }

            $(fn direct(slice: &[Self]) -> Option<&[$work]> {
                $direct(slice)
            })?
        })*
    };
}
elements! {
    f64 => f64, F64, |x| x, Some;
    f32 => f32, F32, |x| x, Some;
    half::f16 => f32, F32, half::f16::to_f32;
    i64 => i64, I64, |x| x, Some;
    i32 => i64, I64, i64::from;
    i16 => i64, I64, i64::from;
    i8 => i64, I64, i64::from;
    u64 => u64, U64, |x| x, Some;
    u32 => i64, I64, i64::from;
    u16 => i64, I64, i64::from;
    u8 => i64, I64, i64::from;
    Boolean => i64, I64, |x: Boolean| i64::from(x.get());
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
                    Ok(())
                }
                _ => Err(Error::AxisOutOfRange { axis, ndim }),
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

    /// Returns the axes with the kept ones first and the reduced ones, unless their order counts, as
    /// they lie in memory. (Not generic over the element: that would be twelve sorts.)
    fn layout(&self, strides: &[isize], ordered: bool) -> Vec<usize> {
        let mut order = self.order();
        if !ordered {
            order[self.len_kept()..].sort_by_key(|&axis| core::cmp::Reverse(strides[axis].unsigned_abs()));
        }
        order
    }

    /// Brings the kept axes to the front and joins what lies together.
    ///
    /// Returns the view and its number of kept axes; at least one axis is reduced. `ordered` keeps
    /// the logical order of the elements of a lane; otherwise the order in memory is taken.
    fn arrange<'a, T>(&self, view: ArrayViewD<'a, T>, ordered: bool) -> (ArrayViewD<'a, T>, usize) {
        let ndim = self.reduced.len();
        let mut view = view;
        let order = self.layout(view.strides(), ordered);
        if !ordered {
            for axis in (0..ndim).filter(|&axis| self.reduced[axis]) {
                if view.stride_of(Axis(axis)) < 0 {
                    view.invert_axis(Axis(axis));
                }
            }
        }
        let mut view = view.permuted_axes(order).insert_axis(Axis(ndim));
        let mut kept = self.len_kept();
        for (first, last) in [(0, kept), (kept, ndim + 1)] {
            let mut into = last.saturating_sub(1);
            for take in (first..into).rev() {
                if !view.merge_axes(Axis(take), Axis(into)) {
                    into = take;
                }
            }
        }
        // An axis that was joined to another has length 1 now.
        for axis in (0..view.ndim()).rev() {
            let is_last_reduced = axis == kept && view.ndim() == kept + 1;
            if view.len_of(Axis(axis)) == 1 && !is_last_reduced {
                view = view.index_axis_move(Axis(axis), 0);
                kept -= usize::from(axis < kept);
            }
        }
        (view, kept)
    }
}

/// Gives every lane of `view` to a state of its own; returns the results in C order of the kept axes.
pub(super) fn fold_lanes<T: Element>(view: ArrayViewD<'_, T>, plan: &Plan, spec: &Spec) -> Result<Vec<Cell>> {
    // The commonest call needs no plan.
    if let (0, Some(slice)) = (plan.len_kept(), view.to_slice()) {
        let mut sink = Sink::new(spec, 1);
        fold_slice(slice, &mut sink)?;
        return Ok(sink.cells);
    }
    let lanes = plan.shape(view.shape(), false).iter().product::<usize>();
    let mut sink = Sink::new(spec, lanes);
    if view.is_empty() {
        for _ in 0..lanes {
            sink.states(1);
            sink.finish()?;
        }
        return Ok(sink.cells);
    }
    let (view, kept) = plan.arrange(view, spec.is_ordered());
    walk(view, kept, &mut sink)?;
    Ok(sink.cells)
}

/// Adds all elements in C order to a state.
pub(super) fn push_lane<T: Element>(view: ArrayViewD<'_, T>, spec: &Spec, state: &mut State) {
    let mut sink = Sink::<T::Work>::new(spec, 0);
    sink.states.push(core::mem::replace(state, State::new(spec)));
    push_all(&view.insert_axis(Axis(0)), &mut sink);
    *state = sink.states.swap_remove(0);
}

/// Where results go, and the memory that lanes share.
struct Sink<'a, W> {
    spec: &'a Spec,
    states: Vec<State>,
    cells: Vec<Cell>,
    scratch: Vec<W>,
}

impl<'a, W> Sink<'a, W> {
    fn new(spec: &'a Spec, lanes: usize) -> Self {
        Self { spec, states: Vec::new(), cells: Vec::with_capacity(lanes), scratch: Vec::new() }
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
}

fn walk<T: Element>(view: ArrayViewD<'_, T>, kept: usize, sink: &mut Sink<'_, T::Work>) -> Result<()> {
    if kept == 0 {
        if let Some(slice) = view.to_slice() {
            return fold_slice(slice, sink);
        }
        sink.states(1);
        push_all(&view, sink);
        return sink.finish();
    }
    if view.ndim() == 2 {
        let view = view.into_dimensionality::<Ix2>().expect("it has two dimensions");
        return walk_plane(view, sink);
    }
    view.outer_iter().try_for_each(|sub| walk(sub, kept - 1, sink))
}

/// One lane of any shape, in logical order, to the first state.
fn push_all<T: Element>(view: &ArrayViewD<'_, T>, sink: &mut Sink<'_, T::Work>) {
    if let Some(slice) = view.to_slice() {
        return push_slice(slice, sink);
    }
    let (spec, state) = (sink.spec, &mut sink.states[0]);
    let scratch = &mut sink.scratch;
    scratch.clear();
    for row in view.rows() {
        for part in row.axis_chunks_iter(Axis(0), SCRATCH) {
            if scratch.len() + part.len() > SCRATCH {
                state.push(spec, T::block(scratch));
                scratch.clear();
            }
            scratch.extend(part.iter().map(|x| x.widen()));
        }
    }
    state.push(spec, T::block(scratch));
}

fn push_slice<T: Element>(slice: &[T], sink: &mut Sink<'_, T::Work>) {
    let (spec, state) = (sink.spec, &mut sink.states[0]);
    if let Some(work) = T::direct(slice) {
        return state.push(spec, T::block(work));
    }
    for part in slice.chunks(SCRATCH) {
        sink.scratch.clear();
        sink.scratch.extend(part.iter().map(|x| x.widen()));
        state.push(spec, T::block(&sink.scratch));
    }
}

/// Lanes are rows.
fn walk_plane<T: Element>(view: ArrayView2<'_, T>, sink: &mut Sink<'_, T::Work>) -> Result<()> {
    let stride = |axis| view.stride_of(Axis(axis)).unsigned_abs();
    if stride(0) < stride(1) {
        return walk_columns(view, sink);
    }
    for row in view.rows() {
        if let Some(slice) = row.to_slice() {
            fold_slice(slice, sink)?;
            continue;
        }
        sink.states(1);
        push_all(&row.into_dyn(), sink);
        sink.finish()?;
    }
    Ok(())
}

/// A lane that lies together.
fn fold_slice<T: Element>(slice: &[T], sink: &mut Sink<'_, T::Work>) -> Result<()> {
    if let Some(work) = T::direct(slice) {
        let block = T::block(work);
        if threads::one_shot(block, sink.spec, &mut sink.cells) || sink.spec.one_shot(block, &mut sink.cells)
        {
            return Ok(());
        }
    }
    sink.states(1);
    push_slice(slice, sink);
    sink.finish()
}

/// How many lanes are read side by side when neighbours in memory belong to different lanes.
const TILE: usize = 64;

/// Whole lanes are gathered only up to this many elements: 32 MB of doubles.
const WHOLE: usize = 1 << 22;

/// Neighbours in memory belong to different lanes: a tile of them is turned round in the scratch.
fn walk_columns<T: Element>(view: ArrayView2<'_, T>, sink: &mut Sink<'_, T::Work>) -> Result<()> {
    let len = view.ncols();
    if sink.spec.gathers() && len <= WHOLE {
        for tile in view.axis_chunks_iter(Axis(0), (WHOLE / len).clamp(1, TILE)) {
            let mut whole = core::mem::take(&mut sink.scratch);
            turn(tile, &mut whole);
            for lane in whole.chunks_exact(len) {
                fold_work::<T>(lane, sink)?;
            }
            sink.scratch = whole;
        }
        return Ok(());
    }
    for tile in view.axis_chunks_iter(Axis(0), TILE) {
        let lanes = tile.nrows();
        sink.states(lanes);
        for part in tile.axis_chunks_iter(Axis(1), SCRATCH / lanes) {
            let len = part.ncols();
            turn(part, &mut sink.scratch);
            for (state, lane) in sink.states.iter_mut().zip(sink.scratch.chunks_exact(len)) {
                state.push(sink.spec, T::block(lane));
            }
        }
        sink.finish()?;
    }
    Ok(())
}

/// A lane that was gathered.
fn fold_work<T: Element>(lane: &[T::Work], sink: &mut Sink<'_, T::Work>) -> Result<()> {
    if sink.spec.one_shot(T::block(lane), &mut sink.cells) {
        return Ok(());
    }
    sink.states(1);
    sink.states[0].push(sink.spec, T::block(lane));
    sink.finish()
}

/// Writes a tile lane after lane. Eight neighbours of a lane are written at a time.
fn turn<T: Element>(tile: ArrayView2<'_, T>, out: &mut Vec<T::Work>) {
    let (lanes, len) = tile.dim();
    out.resize(lanes * len, T::Work::default());
    let columns = |start: usize| -> Option<[&[T]; 8]> {
        let mut slices = [&[][..]; 8];
        for (i, slot) in slices.iter_mut().enumerate() {
            *slot = tile.index_axis_move(Axis(1), start + i).to_slice()?;
        }
        Some(slices)
    };
    let mut start = 0;
    while start + 8 <= len
        && let Some(slices) = columns(start)
    {
        for lane in 0..lanes {
            let place = lane * len + start;
            for (slot, slice) in out[place..place + 8].iter_mut().zip(slices) {
                *slot = slice[lane].widen();
            }
        }
        start += 8;
    }
    for (i, column) in tile.columns().into_iter().enumerate().skip(start) {
        for (x, slot) in column.iter().zip(out[i..].iter_mut().step_by(len)) {
            *slot = x.widen();
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
    let (mut chosen, mut cells) = (mask.iter(), Vec::with_capacity(lanes));
    let mut state = State::new(spec);
    for lane in 0..lanes {
        let places: Vec<usize> = chosen
            .by_ref()
            .take(len)
            .enumerate()
            .filter(|(_, chosen)| chosen.get())
            .map(|(i, _)| lane * len + i)
            .collect();
        state.reset();
        state.push(spec, work.taken(&places).block());
        state.finish(spec, &mut cells)?;
    }
    Ok(cells)
}
