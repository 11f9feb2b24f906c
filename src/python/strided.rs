//! How does foreign memory become a view: in place where it can be, as a native copy where not.

use core::ptr;

use ndarray::{ArrayD, ArrayView, Axis, Dimension as _, IxDyn, RawArrayView, ShapeBuilder};
use pyo3::PyResult;

use super::format::Element;
use super::input::Use;
use crate::error::{Error, ErrorKind, Result};
use crate::fold::dtype::{Boolean, for_each_dtype};
use crate::fold::{Dtype, Values};

/// An array in memory that belongs to somebody else.
pub(super) struct Strided<'a> {
    /// The element with all indices 0.
    pub(super) ptr: *const u8,
    pub(super) element: Element,
    /// The length of each axis.
    pub(super) shape: &'a [isize],
    /// How many bytes each step along an axis goes; `None` for C order.
    pub(super) strides: Option<&'a [isize]>,
}

impl Strided<'_> {
    /// Calls `f` with the array.
    ///
    /// Bytes in the machine's order, aligned, with strides that are whole elements, are read where
    /// they are, whatever the sign of the strides. All else (big-endian data, fields of packed
    /// records) is copied once into native C order.
    ///
    /// # Safety
    ///
    /// All elements that `shape` and `strides` reach from `ptr` must lie in one allocation that
    /// stays alive and initialised until `f` returns.
    ///
    /// Another thread may write to that memory meanwhile (its owner may hand it to anybody, and
    /// the interpreter's lock is given up for long work). Every value of every dtype is a valid
    /// one, and nothing here reads an element to decide where memory lies; what such a race
    /// spoils is the result, as it does in NumPy. Who writes while another reads must lock.
    pub(super) unsafe fn use_values(&self, f: Use<'_>) -> PyResult<()> {
        let len_item = self.element.dtype.len_bytes();
        let shape = self.checked_shape(len_item)?;
        if shape.slice().contains(&0) {
            return f(empty(self.element.dtype, shape));
        }
        // Sizes and alignments are powers of two: no division is needed.
        let is_whole = |address: usize, unit: usize| address & (unit - 1) == 0;
        let in_place = !self.element.swapped
            && is_whole(self.ptr.addr(), align_of_dtype(self.element.dtype))
            && self.steps().all(|(len, step)| len == 1 || is_whole(step.unsigned_abs(), len_item));
        if in_place {
            // SAFETY: the caller's promise; alignment and whole-element strides were just checked.
            f(unsafe { self.view(shape, len_item) })
        } else {
            // SAFETY: the caller's promise.
            let copy = unsafe { self.copy(shape)? };
            f(copy.view())
        }
    }

    /// Returns the shape, once the number of bytes is known to fit the machine.
    fn checked_shape(&self, len_item: usize) -> Result<Shape> {
        let mut len_bytes = len_item;
        let mut shape = IxDyn::zeros(self.shape.len());
        for (to, &from) in shape.slice_mut().iter_mut().zip(self.shape) {
            *to = usize::try_from(from).map_err(|_| self.bad_shape())?;
            len_bytes = len_bytes.checked_mul((*to).max(1)).ok_or_else(|| self.bad_shape())?;
        }
        if self.ptr.is_null() && !self.shape.contains(&0) {
            return Err(no_address());
        }
        if isize::try_from(len_bytes).is_err() { Err(self.bad_shape()) } else { Ok(Shape(shape)) }
    }

    #[cold]
    fn bad_shape(&self) -> Error {
        Error::from(ErrorKind::ShapeMismatch {
            expected: "an array that fits memory".into(),
            got: format!("{:?}", self.shape),
        })
    }

    /// Each axis' length and its step in bytes, from the first axis to the last.
    fn steps(&self) -> impl Iterator<Item = (isize, isize)> {
        let behind = |axis: usize| self.shape[axis + 1..].iter().product::<isize>();
        let contiguous = move |axis| behind(axis) * self.element.dtype.len_bytes().cast_signed();
        self.shape.iter().enumerate().map(move |(axis, &len)| {
            (len, self.strides.map_or_else(|| contiguous(axis), |strides| strides[axis]))
        })
    }

    /// Returns whether all elements lie in `bytes`.
    pub(super) fn lies_within(&self, bytes: &[u8]) -> bool {
        if self.shape.contains(&0) {
            return true;
        }
        let start = self.ptr.addr() as i128;
        let reach = |negative: bool| {
            self.steps()
                .filter(|&(_, step)| (step < 0) == negative)
                .map(|(len, step)| (len as i128 - 1) * step as i128)
                .fold(0_i128, i128::saturating_add)
        };
        let len_item = self.element.dtype.len_bytes() as i128;
        let begin = bytes.as_ptr().addr() as i128;
        start.saturating_add(reach(true)) >= begin
            && start.saturating_add(reach(false)).saturating_add(len_item) <= begin + bytes.len() as i128
    }

    /// # Safety
    ///
    /// As for `use_values`; besides, `ptr` is aligned and steps are whole elements.
    unsafe fn view<'v>(&self, shape: Shape, len_item: usize) -> Values<'v> {
        let mut lowest = self.ptr;
        let mut strides = IxDyn::zeros(self.shape.len());
        for ((len, step), to) in self.steps().zip(strides.slice_mut()) {
            if len > 1 {
                *to = step.unsigned_abs() >> len_item.trailing_zeros();
                if step < 0 {
                    lowest = lowest.wrapping_offset(step * (len - 1));
                }
            }
        }
        macro_rules! view_as {
            ($(($variant:ident, $type:ty, $name:literal),)*) => {
                match self.element.dtype {
                    $(Dtype::$variant => {
                        // SAFETY: `lowest` is aligned and the least address of the array; with
                        // non-negative strides all elements lie in the caller's allocation, and
                        // the number of bytes was checked. Every bit pattern is a valid element.
                        // See `use_values` for writers.
                        let mut raw = unsafe {
                            RawArrayView::<$type, IxDyn>::from_shape_ptr(shape.0.strides(strides), lowest.cast())
                        };
                        self.turn_negative_axes(|axis| raw.invert_axis(axis));
                        // SAFETY: the caller keeps the memory alive while the view is used.
                        Values::$variant(unsafe { raw.deref_into_view() })
                    })*
                }
            };
        }
        for_each_dtype!(view_as)
    }

    fn turn_negative_axes(&self, mut invert: impl FnMut(Axis)) {
        for (axis, (len, step)) in self.steps().enumerate() {
            if len > 1 && step < 0 {
                invert(Axis(axis));
            }
        }
    }

    /// # Safety
    ///
    /// As for `use_values`.
    unsafe fn copy(&self, shape: Shape) -> Result<Native> {
        let n: usize = shape.slice().iter().product();
        macro_rules! copy_as {
            ($(($variant:ident, $type:ty, $name:literal),)*) => {
                match self.element.dtype {
                    $(Dtype::$variant => {
                        let mut copy = try_vec::<$type>(n)?;
                        // SAFETY: `copy` has room for `n` elements, the caller vouches for the
                        // source, every bit pattern is a valid element, and all `n` are written.
                        unsafe {
                            self.gather(copy.as_mut_ptr().cast());
                            copy.set_len(n);
                        }
                        let copy = ArrayD::from_shape_vec(shape.0, copy).expect("n is the shape's product");
                        Ok(Native::$variant(copy))
                    })*
                }
            };
        }
        for_each_dtype!(copy_as)
    }

    /// Writes all elements to `to`, in C order and the machine's byte order.
    ///
    /// # Safety
    ///
    /// As for `use_values`; `to` has room for all elements.
    unsafe fn gather(&self, mut to: *mut u8) {
        let len_item = self.element.dtype.len_bytes();
        let len_word = match self.element.dtype {
            Dtype::C128 | Dtype::C64 => len_item / 2,
            _ => len_item,
        };
        let steps: Vec<_> = self.steps().collect();
        let mut index = vec![0; steps.len()];
        let mut from = self.ptr;
        loop {
            // SAFETY: `from` is an element of the source, `to` the next free place.
            unsafe {
                ptr::copy_nonoverlapping(from, to, len_item);
                if self.element.swapped {
                    core::slice::from_raw_parts_mut(to, len_item)
                        .chunks_mut(len_word)
                        .for_each(<[u8]>::reverse);
                }
                to = to.add(len_item);
            }
            // The odometer: the last axis turns fastest.
            let mut axis = steps.len();
            loop {
                if axis == 0 {
                    return;
                }
                axis -= 1;
                let (len, step) = steps[axis];
                index[axis] += 1;
                if index[axis] < len {
                    from = from.wrapping_offset(step);
                    break;
                }
                from = from.wrapping_offset(-step * (len - 1));
                index[axis] = 0;
            }
        }
    }
}

macro_rules! copy_enum {
    ($(($variant:ident, $type:ty, $name:literal),)*) => {
        /// A native copy of foreign numbers.
        enum Native {
            $($variant(ArrayD<$type>),)*
        }

        impl Native {
            fn view(&self) -> Values<'_> {
                match self {
                    $(Self::$variant(copy) => Values::$variant(copy.view()),)*
                }
            }
        }
    };
}
for_each_dtype!(copy_enum);

/// A shape whose number of bytes fits `isize`.
struct Shape(IxDyn);

impl Shape {
    fn slice(&self) -> &[usize] {
        ndarray::Dimension::slice(&self.0)
    }
}

/// Returns an empty vector with room for `n` elements.
///
/// Errors: [`ErrorKind::OutOfMemory`].
pub(super) fn try_vec<T>(n: usize) -> Result<Vec<T>> {
    let mut vector = Vec::new();
    vector
        .try_reserve_exact(n)
        .map_err(|_| Error::from(ErrorKind::OutOfMemory { len_bytes: n as u64 * size_of::<T>() as u64 }))?;
    Ok(vector)
}

fn align_of_dtype(dtype: Dtype) -> usize {
    macro_rules! align {
        ($(($variant:ident, $type:ty, $name:literal),)*) => {
            match dtype {
                $(Dtype::$variant => align_of::<$type>(),)*
            }
        };
    }
    for_each_dtype!(align)
}

fn empty<'v>(dtype: Dtype, shape: Shape) -> Values<'v> {
    macro_rules! empty_as {
        ($(($variant:ident, $type:ty, $name:literal),)*) => {
            match dtype {
                $(Dtype::$variant => {
                    let none: &[$type] = &[];
                    Values::$variant(ArrayView::from_shape(shape.0, none).expect("the shape holds nothing"))
                })*
            }
        };
    }
    for_each_dtype!(empty_as)
}

/// Views truth values as an array of one axis.
pub(super) fn booleans(bytes: &[u8]) -> ArrayView<'_, Boolean, ndarray::Ix1> {
    // SAFETY: `Boolean` is transparent over `u8`, and every byte is a valid one.
    ArrayView::from(unsafe { core::slice::from_raw_parts(bytes.as_ptr().cast::<Boolean>(), bytes.len()) })
}

#[cold]
fn no_address() -> Error {
    Error::from(ErrorKind::ShapeMismatch {
        expected: "elements in memory".into(),
        got: "a null address".into(),
    })
}
