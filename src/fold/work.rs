//! How is a whole array read in a chosen order, by those who need more than a piece at a time?

use std::borrow::Cow;

use ndarray::{ArrayViewD, IxDyn};

use super::dtype::Dtype;
use super::lanes::{Block, Element};
use super::values::Values;
use crate::error::{Error, Result};

/// All elements of an array, in one of the four types that are computed in; a borrow where the
/// array lies as it is wanted, a copy otherwise.
#[derive(Clone, Debug)]
pub(super) enum Work<'a> {
    F64(Cow<'a, [f64]>),
    F32(Cow<'a, [f32]>),
    I64(Cow<'a, [i64]>),
    U64(Cow<'a, [u64]>),
}

/// Puts a list of elements into its place among the four.
pub(super) trait IntoWork: Sized + Clone {
    fn work(list: Cow<'_, [Self]>) -> Work<'_>;
}

macro_rules! into_work {
    ($($type:ty => $variant:ident;)*) => {
        $(impl IntoWork for $type {
            fn work(list: Cow<'_, [Self]>) -> Work<'_> {
                Work::$variant(list)
            }
        })*
    };
}
into_work! {
    f64 => F64;
    f32 => F32;
    i64 => I64;
    u64 => U64;
}

fn gather<'a, T: Element>(view: ArrayViewD<'a, T>, shape: &[usize], order: &[usize]) -> Option<Work<'a>>
where
    T::Work: IntoWork,
{
    let same = view.shape() == shape && order.iter().enumerate().all(|(place, &axis)| place == axis);
    if same && let Some(work) = view.to_slice().and_then(T::direct) {
        return Some(T::Work::work(Cow::Borrowed(work)));
    }
    let view = view.broadcast(IxDyn(shape))?;
    let list = view.permuted_axes(order).iter().map(|x| x.widen()).collect();
    Some(T::Work::work(Cow::Owned(list)))
}

impl<'a> Work<'a> {
    /// Reads an array as if it had `shape` (by broadcasting), with its axes in this order.
    pub(super) fn arranged(
        values: &Values<'a>,
        op: &'static str,
        shape: &[usize],
        order: &[usize],
    ) -> Result<Self> {
        macro_rules! read {
            ($($variant:ident)*) => {
                match values {
                    $(Values::$variant(view) => gather(view.clone(), shape, order),)*
                    Values::C128(_) | Values::C64(_) => {
                        return Err(Error::UnsupportedDtype {
                            op,
                            expected: "a real dtype",
                            got: values.dtype().name().to_owned(),
                        });
                    }
                }
            };
        }
        read!(F64 F32 F16 I64 I32 I16 I8 U64 U32 U16 U8 Bool).ok_or_else(|| Error::ShapeMismatch {
            expected: format!("what broadcasts to {shape:?}"),
            got: format!("{:?}", values.shape()),
        })
    }

    /// Reads an array in C order.
    pub(super) fn flat(values: &Values<'a>, op: &'static str) -> Result<Self> {
        let order: Vec<usize> = (0..values.shape().len()).collect();
        Self::arranged(values, op, values.shape(), &order)
    }

    /// Returns the elements at these places.
    pub(super) fn taken(&self, places: &[usize]) -> Work<'static> {
        fn take<T: Copy>(list: &[T], places: &[usize]) -> Cow<'static, [T]> {
            places.iter().map(|&place| list[place]).collect()
        }
        match self {
            Self::F64(list) => Work::F64(take(list, places)),
            Self::F32(list) => Work::F32(take(list, places)),
            Self::I64(list) => Work::I64(take(list, places)),
            Self::U64(list) => Work::U64(take(list, places)),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.block().len()
    }

    pub(super) fn block(&self) -> Block<'_> {
        self.part(0, usize::MAX)
    }

    /// Returns `len` elements from `start` on, or all that there are.
    pub(super) fn part(&self, start: usize, len: usize) -> Block<'_> {
        fn cut<T>(list: &[T], start: usize, len: usize) -> &[T] {
            &list[start..start.saturating_add(len).min(list.len())]
        }
        match self {
            Self::F64(list) => Block::F64(cut(list, start, len)),
            Self::F32(list) => Block::F32(cut(list, start, len)),
            Self::I64(list) => Block::I64(cut(list, start, len)),
            Self::U64(list) => Block::U64(cut(list, start, len)),
        }
    }
}

/// Returns the shape that both broadcast to.
pub(super) fn common_shape(a: &[usize], b: &[usize]) -> Result<Vec<usize>> {
    let ndim = a.len().max(b.len());
    let len =
        |shape: &[usize], axis: usize| (axis + shape.len()).checked_sub(ndim).map_or(1, |axis| shape[axis]);
    let join = |axis| match (len(a, axis), len(b, axis)) {
        (a, b) if a == b => Some(a),
        (1, b) => Some(b),
        (a, 1) => Some(a),
        _ => None,
    };
    (0..ndim)
        .map(join)
        .collect::<Option<_>>()
        .ok_or_else(|| Error::ShapeMismatch { expected: format!("{a:?}"), got: format!("{b:?}") })
}

/// Returns the float type of a result of both, as NumPy promotes: integers count as float64.
pub(super) fn float_of_both(a: Dtype, b: Dtype) -> Dtype {
    match (a, b) {
        (Dtype::F16, Dtype::F16) => Dtype::F16,
        (Dtype::F32 | Dtype::F16, Dtype::F32 | Dtype::F16) => Dtype::F32,
        _ => Dtype::F64,
    }
}
