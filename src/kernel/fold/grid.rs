//! Elements of any type and any strides, as pieces of the four types that are computed in.
//!
//! The border of the types: what stands behind it is compiled once, not for each of twelve. A
//! [`Grid`] knows the type when the program runs; a [`Run`] of its elements is read in place where
//! it lies together and is one of the four, and else is copied, widened, in one loop for each type.

use core::marker::PhantomData;
use core::slice;
use std::collections::TryReserveError;

use half::f16;
use ndarray::ArrayViewD;

/// A piece of a lane in one of the four types that are computed in.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Block<'a> {
    F64(&'a [f64]),
    F32(&'a [f32]),
    I64(&'a [i64]),
    U64(&'a [u64]),
}

impl<'a> Block<'a> {
    pub(crate) fn len(self) -> usize {
        match self {
            Self::F64(x) => x.len(),
            Self::F32(x) => x.len(),
            Self::I64(x) => x.len(),
            Self::U64(x) => x.len(),
        }
    }

    pub(crate) fn kind(self) -> Type {
        match self {
            Self::F64(_) => Type::F64,
            Self::F32(_) => Type::F32,
            Self::I64(_) => Type::I64,
            Self::U64(_) => Type::U64,
        }
    }

    /// Returns the `len` elements from `start` on.
    #[inline]
    pub(crate) fn part(self, start: usize, len: usize) -> Self {
        let range = start..start + len;
        match self {
            Self::F64(x) => Self::F64(&x[range]),
            Self::F32(x) => Self::F32(&x[range]),
            Self::I64(x) => Self::I64(&x[range]),
            Self::U64(x) => Self::U64(&x[range]),
        }
    }
}

impl Block<'_> {
    /// Returns one element of a block of integers.
    pub(crate) fn integer(self, i: usize) -> i128 {
        match self {
            Self::I64(x) => i128::from(x[i]),
            Self::U64(x) => i128::from(x[i]),
            Self::F64(_) | Self::F32(_) => unreachable!("floats are not asked for integers"),
        }
    }

    /// Returns one element as a double; an integer beyond 2^53 is rounded.
    #[inline(always)]
    pub(crate) fn double(self, i: usize) -> f64 {
        match self {
            Self::F64(x) => x[i],
            Self::F32(x) => f64::from(x[i]),
            Self::I64(x) => x[i] as f64,
            Self::U64(x) => x[i] as f64,
        }
    }

    /// Appends the elements as doubles; integers beyond 2^53 are rounded.
    pub(crate) fn append_doubles(self, list: &mut Vec<f64>) {
        match self {
            Self::F64(x) => list.extend_from_slice(x),
            _ => list.extend((0..self.len()).map(|i| self.double(i))),
        }
    }

    /// Whether doubles would round some of the elements.
    pub(crate) fn is_beyond_doubles(self) -> bool {
        const MOST: u64 = 1 << 53;
        match self {
            Self::F64(_) | Self::F32(_) => false,
            Self::I64(x) => x.iter().any(|x| x.unsigned_abs() > MOST),
            Self::U64(x) => x.iter().any(|&x| x > MOST),
        }
    }

    /// Returns one element as a sum of two doubles, the first of which is it, rounded: such pairs compare as the numbers do.
    pub(crate) fn halves(self, i: usize) -> (f64, f64) {
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
    pub(crate) fn all_halves(self) -> Vec<(f64, f64)> {
        (0..self.len()).map(|i| self.halves(i)).collect()
    }

    /// Passes on the absolute values, in pieces.
    pub(crate) fn absolute(self, push: &mut dyn FnMut(Block<'_>)) {
        match self {
            Self::F64(x) => mapped(x, f64::abs, |x| push(Block::F64(x))),
            Self::F32(x) => mapped(x, f32::abs, |x| push(Block::F32(x))),
            Self::I64(x) => mapped(x, i64::unsigned_abs, |x| push(Block::U64(x))),
            Self::U64(_) => push(self),
        }
    }

    /// Passes on the elements that are numbers, in pieces.
    pub(crate) fn without_nan(self, push: &mut dyn FnMut(Block<'_>)) {
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

/// Elements of their own in one of the four types.
#[derive(Clone, Debug)]
pub(crate) enum List {
    F64(Vec<f64>),
    F32(Vec<f32>),
    I64(Vec<i64>),
    U64(Vec<u64>),
}

impl List {
    pub(crate) fn clear(&mut self) {
        match self {
            Self::F64(x) => x.clear(),
            Self::F32(x) => x.clear(),
            Self::I64(x) => x.clear(),
            Self::U64(x) => x.clear(),
        }
    }

    /// Makes the list this long, with zeros where there was nothing.
    pub(crate) fn try_resize(&mut self, len: usize) -> Result<(), TryReserveError> {
        self.try_reserve(len.saturating_sub(self.block().len()))?;
        match self {
            Self::F64(x) => x.resize(len, 0.0),
            Self::F32(x) => x.resize(len, 0.0),
            Self::I64(x) => x.resize(len, 0),
            Self::U64(x) => x.resize(len, 0),
        }
        Ok(())
    }

    /// Makes room for so many elements more.
    pub(crate) fn try_reserve(&mut self, more: usize) -> Result<(), TryReserveError> {
        match self {
            Self::F64(x) => x.try_reserve(more),
            Self::F32(x) => x.try_reserve(more),
            Self::I64(x) => x.try_reserve(more),
            Self::U64(x) => x.try_reserve(more),
        }
    }

    pub(crate) fn block(&self) -> Block<'_> {
        match self {
            Self::F64(x) => Block::F64(x),
            Self::F32(x) => Block::F32(x),
            Self::I64(x) => Block::I64(x),
            Self::U64(x) => Block::U64(x),
        }
    }
}

/// The type that elements are stored in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    F64,
    F32,
    F16,
    I64,
    I32,
    I16,
    I8,
    U64,
    U32,
    U16,
    U8,
    /// A byte: 0 is false, anything else true.
    Bool,
}

impl Type {
    fn len_bytes(self) -> isize {
        match self {
            Self::F64 | Self::I64 | Self::U64 => 8,
            Self::F32 | Self::I32 | Self::U32 => 4,
            Self::F16 | Self::I16 | Self::U16 => 2,
            Self::I8 | Self::U8 | Self::Bool => 1,
        }
    }

    /// Returns an empty list of the type that these elements are computed in.
    pub(crate) fn list(self) -> List {
        match self {
            Self::F64 => List::F64(Vec::new()),
            Self::F32 | Self::F16 => List::F32(Vec::new()),
            Self::U64 => List::U64(Vec::new()),
            _ => List::I64(Vec::new()),
        }
    }
}

/// A Rust type that is stored as its [`Type`] says.
///
/// # Safety
/// A value has the size and the alignment of the type that `TYPE` names, and its bytes are a value of it.
pub(crate) unsafe trait Stored: Copy {
    const TYPE: Type;
}

macro_rules! stored {
    ($($type:ty: $variant:ident),*) => {
        // SAFETY: the name is that of the type.
        $(unsafe impl Stored for $type {
            const TYPE: Type = Type::$variant;
        })*
    };
}
stored!(f64: F64, f32: F32, f16: F16, i64: I64, i32: I32, i16: I16, i8: I8, u64: U64, u32: U32, u16: U16, u8: U8);

/// One axis of a grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Axis {
    pub(crate) len: usize,
    /// How many elements lie between two neighbours.
    pub(crate) stride: isize,
}

/// A borrowed array of any type, shape and strides.
#[derive(Clone, Debug)]
pub(crate) struct Grid<'a> {
    /// Where the element of index 0 of every axis lies.
    ///
    /// Invariant: for each index within the axes there is a readable element of `kind` at
    /// Σ index · stride elements from here, for `'a`, which nothing writes to.
    first: *const u8,
    kind: Type,
    axes: Vec<Axis>,
    elements: PhantomData<&'a [u8]>,
}

impl<'a> Grid<'a> {
    pub(crate) fn new<T: Stored>(view: &ArrayViewD<'a, T>) -> Self {
        let axes = view.shape().iter().zip(view.strides());
        // The invariant is that of a view, and `T` is what `TYPE` says.
        Self {
            first: view.as_ptr().cast(),
            kind: T::TYPE,
            axes: axes.map(|(&len, &stride)| Axis { len, stride }).collect(),
            elements: PhantomData,
        }
    }

    pub(crate) fn kind(&self) -> Type {
        self.kind
    }

    pub(crate) fn axes(&self) -> &[Axis] {
        &self.axes
    }

    /// Returns the number of elements.
    pub(crate) fn len(&self) -> usize {
        self.axes.iter().map(|axis| axis.len).product()
    }

    /// Returns the array with its axes in this order, which names each of them once.
    pub(crate) fn permuted(mut self, order: &[usize]) -> Self {
        assert_eq!(order.len(), self.axes.len(), "each axis has a place");
        let mut left = vec![true; order.len()];
        self.axes = order
            .iter()
            .map(|&axis| {
                assert!(core::mem::take(&mut left[axis]), "no axis is there twice");
                self.axes[axis]
            })
            .collect();
        self
    }

    /// Returns the array as if it had `shape`, with what is of length 1 repeated; `None` if it does not fit.
    pub(crate) fn broadcast(mut self, shape: &[usize]) -> Option<Self> {
        let new = shape.len().checked_sub(self.axes.len())?;
        let mut axes: Vec<Axis> = shape.iter().map(|&len| Axis { len, stride: 0 }).collect();
        for (to, from) in axes[new..].iter_mut().zip(&self.axes) {
            if to.len == from.len {
                *to = *from;
            } else if from.len != 1 {
                return None;
            }
        }
        self.axes = axes;
        Some(self)
    }

    /// Runs through an axis from its other end.
    pub(crate) fn invert(&mut self, axis: usize) {
        let Axis { len, stride } = self.axes[axis];
        if len > 0 {
            // The last element of the axis becomes the first.
            self.first = self.at(stride * (len - 1) as isize);
            self.axes[axis].stride = -stride;
        }
    }

    /// Joins neighbours among the axes from `first` on up to `last` that lie as one, and leaves out those of length 1;
    /// returns how many axes there are now.
    pub(crate) fn join(&mut self, first: usize, last: usize) -> usize {
        let mut joined: Vec<Axis> = Vec::with_capacity(last - first);
        for &axis in &self.axes[first..last] {
            match joined.last_mut() {
                _ if axis.len == 1 => {}
                Some(before) if before.stride == axis.stride * axis.len as isize => {
                    *before = Axis { len: before.len * axis.len, stride: axis.stride };
                }
                _ => joined.push(axis),
            }
        }
        let len = joined.len();
        self.axes.splice(first..last, joined);
        len
    }

    /// Adds a last axis of length 1.
    pub(crate) fn add_axis(&mut self) {
        self.axes.push(Axis { len: 1, stride: 1 });
    }

    /// Returns the arrays at each index of the first axis.
    pub(crate) fn outer(&self) -> impl Iterator<Item = Self> + '_ {
        let (outer, inner) = self.axes.split_first().expect("there is an axis");
        (0..outer.len).map(|i| Self {
            first: self.at(i as isize * outer.stride),
            kind: self.kind,
            axes: inner.to_vec(),
            elements: PhantomData,
        })
    }

    /// Returns `len` elements from `start` on along the last axis, at these indices of the others.
    pub(crate) fn run(&self, index: &[usize], start: usize, len: usize) -> Run<'a> {
        let (last, others) = self.axes.split_last().expect("there is an axis");
        assert!(index.len() == others.len() && start + len <= last.len, "a run within the array");
        let mut place = start as isize * last.stride;
        for (&i, axis) in index.iter().zip(others) {
            assert!(i < axis.len, "an index within the array");
            place += i as isize * axis.stride;
        }
        Run { first: self.at(place), kind: self.kind, len, stride: last.stride, elements: PhantomData }
    }

    /// Returns all elements in C order if they lie so and need no conversion.
    pub(crate) fn block(&self) -> Option<Block<'a>> {
        self.together()?.block()
    }

    /// Returns all elements in C order if they lie so and are of this type.
    pub(crate) fn elements<T: Stored>(&self) -> Option<&'a [T]> {
        self.together()?.elements()
    }

    /// Returns all elements in C order if they lie so.
    fn together(&self) -> Option<Run<'a>> {
        let mut stride = 1;
        let mut inner = self.axes.iter().rev().filter(|axis| axis.len != 1);
        let together = inner.all(|axis| {
            let fits = axis.stride == stride;
            stride *= axis.len as isize;
            fits
        });
        let len = self.len();
        if !together && len > 0 {
            return None;
        }
        Some(Run { first: self.first, kind: self.kind, len, stride: 1, elements: PhantomData })
    }

    /// Calls `each` with the runs along the last axis, in C order.
    pub(crate) fn runs(&self, mut each: impl FnMut(Run<'a>)) {
        let Some((last, others)) = self.axes.split_last() else {
            return each(Run {
                first: self.first,
                kind: self.kind,
                len: 1,
                stride: 1,
                elements: PhantomData,
            });
        };
        if self.len() == 0 {
            return;
        }
        let mut index = vec![0; others.len()];
        loop {
            each(self.run(&index, 0, last.len));
            // The next index, as an odometer counts.
            let mut axis = others.len();
            loop {
                let Some(next) = axis.checked_sub(1) else { return };
                axis = next;
                index[axis] += 1;
                if index[axis] < others[axis].len {
                    break;
                }
                index[axis] = 0;
            }
        }
    }

    /// Appends all elements in C order.
    pub(crate) fn append(&self, list: &mut List) {
        self.runs(|run| run.append(list));
    }

    fn at(&self, place: isize) -> *const u8 {
        self.first.wrapping_offset(place * self.kind.len_bytes())
    }
}

/// Elements at equal distances.
///
/// Invariant: as [`Grid`]'s, with one axis.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run<'a> {
    first: *const u8,
    kind: Type,
    len: usize,
    stride: isize,
    elements: PhantomData<&'a [u8]>,
}

impl<'a> Run<'a> {
    pub(crate) fn len(self) -> usize {
        self.len
    }

    /// Returns `len` elements from `start` on.
    pub(crate) fn part(self, start: usize, len: usize) -> Self {
        assert!(start + len <= self.len, "a part of the run");
        let place = start as isize * self.stride * self.kind.len_bytes();
        Self { first: self.first.wrapping_offset(place), len, ..self }
    }

    /// Returns the elements if they lie together.
    fn together<T>(self) -> Option<&'a [T]> {
        if self.len == 0 {
            return Some(&[]);
        }
        if self.stride != 1 && self.len > 1 {
            return None;
        }
        // SAFETY: private, and called with the type that `kind` names; by the invariant `len` elements of it, one
        // behind the other, may be read for 'a.
        Some(unsafe { slice::from_raw_parts(self.first.cast::<T>(), self.len) })
    }

    /// Returns the elements if they lie together and are of this type.
    pub(crate) fn elements<T: Stored>(self) -> Option<&'a [T]> {
        if T::TYPE == self.kind { self.together() } else { None }
    }

    /// Returns the elements if they lie together and need no conversion.
    pub(crate) fn block(self) -> Option<Block<'a>> {
        match self.kind {
            Type::F64 => self.together().map(Block::F64),
            Type::F32 => self.together().map(Block::F32),
            Type::I64 => self.together().map(Block::I64),
            Type::U64 => self.together().map(Block::U64),
            _ => None,
        }
    }

    /// Appends the elements to a list of the type that they are computed in.
    pub(crate) fn append(self, list: &mut List) {
        match (self.kind, list) {
            (Type::F64, List::F64(list)) => self.widen(list, |x: f64| x),
            (Type::F32, List::F32(list)) => self.widen(list, |x: f32| x),
            (Type::F16, List::F32(list)) => self.widen(list, f16::to_f32),
            (Type::I64, List::I64(list)) => self.widen(list, |x: i64| x),
            (Type::I32, List::I64(list)) => self.widen(list, |x: i32| i64::from(x)),
            (Type::I16, List::I64(list)) => self.widen(list, |x: i16| i64::from(x)),
            (Type::I8, List::I64(list)) => self.widen(list, |x: i8| i64::from(x)),
            (Type::U64, List::U64(list)) => self.widen(list, |x: u64| x),
            (Type::U32, List::I64(list)) => self.widen(list, |x: u32| i64::from(x)),
            (Type::U16, List::I64(list)) => self.widen(list, |x: u16| i64::from(x)),
            (Type::U8, List::I64(list)) => self.widen(list, |x: u8| i64::from(x)),
            (Type::Bool, List::I64(list)) => self.widen(list, |x: u8| i64::from(x != 0)),
            _ => unreachable!("lists are made for the type"),
        }
    }

    #[inline(always)]
    fn widen<T: Copy, W>(self, list: &mut Vec<W>, widen: impl Fn(T) -> W) {
        if let Some(slice) = self.together::<T>() {
            return list.extend(slice.iter().map(|&x| widen(x)));
        }
        list.extend((0..self.len).map(|i| {
            let place = self.first.cast::<T>().wrapping_offset(i as isize * self.stride);
            // SAFETY: called with the type that `kind` names; by the invariant there is an element at each of `len`
            // places that are `stride` apart.
            widen(unsafe { *place })
        }));
    }
}
