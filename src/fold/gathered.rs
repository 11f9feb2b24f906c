//! Whole arrays in a chosen order, borrowed where they lie so, and room for results.

use super::dtype::Dtype;
use super::number::Number;
use super::values::Values;
use crate::error::{Error, ErrorKind, Result};
use crate::kernel::fold::grid::{Block, List};
use crate::kernel::fold::pages;

/// All elements of an array, in one of the four types that are computed in; a borrow where the
/// array lies as it is wanted, a copy otherwise.
#[derive(Clone, Debug)]
pub(super) enum Gathered<'a> {
    Borrowed(Block<'a>),
    Owned(List),
}

impl<'a> Gathered<'a> {
    /// Reads an array as if it had `shape` (by broadcasting), with its axes in this order.
    pub(super) fn arranged(
        values: &Values<'a>,
        op: &'static str,
        shape: &[usize],
        order: &[usize],
    ) -> Result<Self> {
        let Some(grid) = values.grid(op)?.broadcast(shape) else {
            return Err(ErrorKind::ShapeMismatch {
                expected: format!("what broadcasts to {:?}", shape),
                got: format!("{:?}", values.shape()),
            }
            .into());
        };
        let grid = grid.permuted(order);
        // The product of a shape that two arrays broadcast to may be beyond all numbers.
        let len = product(shape);
        Ok(match grid.block().filter(|block| block.len() == len) {
            Some(block) => Self::Borrowed(block),
            None => {
                let mut list = grid.kind().list();
                list.try_reserve(len).map_err(|_| out_of_memory::<u64>(len))?;
                grid.append(&mut list);
                Self::Owned(list)
            }
        })
    }

    /// Reads an array in C order.
    pub(super) fn flat(values: &Values<'a>, op: &'static str) -> Result<Self> {
        if let Some(block) = values.grid(op)?.block() {
            return Ok(Self::Borrowed(block));
        }
        let order: Vec<usize> = (0..values.shape().len()).collect();
        Self::arranged(values, op, values.shape(), &order)
    }

    /// Returns the elements at these places.
    ///
    /// Errors: [`ErrorKind::OutOfMemory`].
    pub(super) fn taken(&self, places: &[usize]) -> Result<Gathered<'static>> {
        fn take<T: Copy>(list: &[T], places: &[usize]) -> Result<Vec<T>> {
            let mut taken = room(places.len())?;
            taken.extend(places.iter().map(|&place| list[place]));
            Ok(taken)
        }
        Ok(Gathered::Owned(match self.block() {
            Block::F64(list) => List::F64(take(list, places)?),
            Block::F32(list) => List::F32(take(list, places)?),
            Block::I64(list) => List::I64(take(list, places)?),
            Block::U64(list) => List::U64(take(list, places)?),
        }))
    }

    pub(super) fn len(&self) -> usize {
        self.block().len()
    }

    pub(super) fn block(&self) -> Block<'_> {
        match self {
            Self::Borrowed(block) => *block,
            Self::Owned(list) => list.block(),
        }
    }

    /// Returns `len` elements from `start` on, or all that there are.
    pub(super) fn part(&self, start: usize, len: usize) -> Block<'_> {
        self.block().part(start, len.min(self.len() - start))
    }
}

/// Returns how many elements a shape has, or the largest number where that is more.
pub(super) fn product(shape: &[usize]) -> usize {
    if shape.contains(&0) { 0 } else { shape.iter().fold(1, |n, &len| n.saturating_mul(len)) }
}

/// Returns room for `len` values.
///
/// Errors: [`ErrorKind::OutOfMemory`].
pub(super) fn room<T>(len: usize) -> Result<Vec<T>> {
    pages::room(len).ok_or_else(|| out_of_memory::<T>(len))
}

/// Returns the error of `len` values for which there is no memory.
#[cold]
pub(super) fn out_of_memory<T>(len: usize) -> Error {
    Error::from(ErrorKind::OutOfMemory { len_bytes: (len as u64).saturating_mul(size_of::<T>() as u64) })
}

/// Refuses `len` values of a type that memory cannot hold: an array without elements, or one that repeats an
/// element, can ask for them in a few bytes.
///
/// Errors: [`ErrorKind::OutOfMemory`].
#[inline]
pub(super) fn check_memory<T>(len: usize) -> Result<()> {
    check_bytes(len.saturating_mul(size_of::<T>()))
}

#[inline(never)]
fn check_bytes(len_bytes: usize) -> Result<()> {
    /// What is small enough to be asked for without a trial.
    const SMALL: usize = 1 << 24;
    let mut room: Vec<u8> = Vec::new();
    if len_bytes > SMALL {
        room.try_reserve_exact(len_bytes)
            .map_err(|_| Error::from(ErrorKind::OutOfMemory { len_bytes: len_bytes as u64 }))?;
    }
    // `black_box`: LLVM would remove the trial allocation.
    core::hint::black_box(&room);
    Ok(())
}

/// Refuses a result of `width` arrays of `shape` that memory cannot hold.
///
/// Errors: [`ErrorKind::OutOfMemory`].
pub(super) fn check_room(shape: &[usize], width: usize) -> Result<()> {
    check_memory::<Number>(product(shape).saturating_mul(width))
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
    (0..ndim).map(join).collect::<Option<_>>().ok_or_else(|| {
        Error::from(ErrorKind::ShapeMismatch { expected: format!("{:?}", a), got: format!("{:?}", b) })
    })
}

/// Returns the float type of a result of both, as NumPy promotes: the narrowest that holds either, float64 of integers alone.
pub(super) fn float_of_both(a: Dtype, b: Dtype) -> Dtype {
    // The bytes of the float that holds all numbers of a type.
    let len = |dtype: Dtype| if dtype.is_real_float() { dtype.len_bytes() } else { 2 * dtype.len_bytes() };
    match len(a).max(len(b)) {
        _ if !a.is_real_float() && !b.is_real_float() => Dtype::F64,
        2 => Dtype::F16,
        4 => Dtype::F32,
        _ => Dtype::F64,
    }
}
