//! How is an Arrow array (polars, pyarrow, pandas) read in place, by the C data interface?
//!
//! Numbers and bit-packed bools, and fixed-size lists of numbers, which are rows: `(n, dim)`. A
//! stream of one chunk is read in place, of several copied together. Nulls are refused.

use core::ffi::{CStr, c_char, c_int, c_void};
use core::ptr::NonNull;
use core::slice;

use ndarray::{ArrayViewD, IxDyn};
use pyo3::exceptions::{PyMemoryError, PyOSError};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyTuple};

use super::format::{Element, unsupported};
use super::input::{Spoken, Use};
use super::strided::{Strided, booleans, try_vec};
use crate::error::{Error, ErrorKind};
use crate::fold::dtype::for_each_dtype;
use crate::fold::{Dtype, Values};

// The C data interface and the C stream interface, field by field.

#[repr(C)]
struct Schema {
    format: *const c_char,
    name: *const c_char,
    metadata: *const c_char,
    flags: i64,
    n_children: i64,
    children: *const *const Schema,
    dictionary: *const Schema,
    release: Option<unsafe extern "C" fn(*mut Schema)>,
    private_data: *mut c_void,
}

#[repr(C)]
struct Chunk {
    length: i64,
    null_count: i64,
    offset: i64,
    n_buffers: i64,
    n_children: i64,
    buffers: *const *const u8,
    children: *const *const Chunk,
    dictionary: *const Chunk,
    release: Option<unsafe extern "C" fn(*mut Chunk)>,
    private_data: *mut c_void,
}

#[repr(C)]
struct Stream {
    get_schema: Option<unsafe extern "C" fn(*mut Stream, *mut Schema) -> c_int>,
    get_next: Option<unsafe extern "C" fn(*mut Stream, *mut Chunk) -> c_int>,
    get_last_error: Option<unsafe extern "C" fn(*mut Stream) -> *const c_char>,
    release: Option<unsafe extern "C" fn(*mut Stream)>,
    private_data: *mut c_void,
}

/// A structure that a stream handed over: released when dropped.
struct Owned<T: Released>(T);

trait Released {
    fn empty() -> Self;
    fn release(&mut self);
}

macro_rules! released {
    ($($type:ident { $($field:ident: $value:expr),* $(,)? })*) => {
        $(impl Released for $type {
            fn empty() -> Self {
                Self { $($field: $value,)* release: None, private_data: core::ptr::null_mut() }
            }

            fn release(&mut self) {
                if let Some(release) = self.release {
                    // SAFETY: the producer's own function, called once: it sets `release` to null.
                    unsafe { release(self) }
                }
            }
        })*
    };
}
released! {
    Schema {
        format: core::ptr::null(), name: core::ptr::null(), metadata: core::ptr::null(), flags: 0,
        n_children: 0, children: core::ptr::null(), dictionary: core::ptr::null(),
    }
    Chunk {
        length: 0, null_count: 0, offset: 0, n_buffers: 0, n_children: 0, buffers: core::ptr::null(),
        children: core::ptr::null(), dictionary: core::ptr::null(),
    }
}

impl<T: Released> Drop for Owned<T> {
    fn drop(&mut self) {
        self.0.release();
    }
}

/// Calls `f` with the numbers of `x.__arrow_c_array__()`.
pub(super) fn use_array(x: &Bound<'_, PyAny>, f: Use<'_>) -> PyResult<Spoken> {
    let Some(export) = x.getattr_opt(pyo3::intern!(x.py(), "__arrow_c_array__"))? else {
        return Ok(Spoken::No);
    };
    let capsules = match export.call0() {
        Ok(capsules) => capsules.cast_into::<PyTuple>()?,
        Err(error) => return Spoken::refused(x.py(), error),
    };
    let schema = capsules.get_item(0)?.cast_into::<PyCapsule>()?;
    let chunk = capsules.get_item(1)?.cast_into::<PyCapsule>()?;
    // SAFETY: capsules of these names hold these structures, alive until their destructors run.
    let (schema, chunk) = unsafe {
        (
            schema.pointer_checked(Some(c"arrow_schema"))?.cast::<Schema>().as_ref(),
            chunk.pointer_checked(Some(c"arrow_array"))?.cast::<Chunk>().as_ref(),
        )
    };
    if schema.release.is_none() || chunk.release.is_none() {
        return Err(released());
    }
    Column::of(x.py(), schema)?.use_chunk(chunk, f)?;
    Ok(Spoken::Yes)
}

/// The error of a capsule whose contents were moved elsewhere: its pointers may lead anywhere.
#[cold]
fn released() -> PyErr {
    Error::from(ErrorKind::BadParameter {
        name: "array",
        expected: "an Arrow array, or a stream of them, that nobody has consumed yet".into(),
        got: "a released one".into(),
    })
    .into()
}

/// Calls `f` with the numbers of `x.__arrow_c_stream__()`.
pub(super) fn use_stream(x: &Bound<'_, PyAny>, f: Use<'_>) -> PyResult<Spoken> {
    let Some(export) = x.getattr_opt(pyo3::intern!(x.py(), "__arrow_c_stream__"))? else {
        return Ok(Spoken::No);
    };
    let capsule = match export.call0() {
        Ok(capsule) => capsule.cast_into::<PyCapsule>()?,
        Err(error) => return Spoken::refused(x.py(), error),
    };
    let stream = capsule.pointer_checked(Some(c"arrow_array_stream"))?.cast::<Stream>();
    // SAFETY: a capsule of this name holds a stream.
    if unsafe { stream.as_ref().release.is_none() } {
        return Err(released());
    }
    let mut schema = Owned(Schema::empty());
    // SAFETY: the capsule holds a stream that nobody has released; `schema` is a valid place.
    unsafe { fetch(stream, stream.as_ref().get_schema, &mut schema.0)? };
    let column = Column::of(x.py(), &schema.0)?;
    let mut chunks = Vec::new();
    loop {
        let mut chunk = Owned(Chunk::empty());
        // SAFETY: as above. The end of the stream is a chunk that is released already.
        unsafe { fetch(stream, stream.as_ref().get_next, &mut chunk.0)? };
        if chunk.0.release.is_none() {
            break;
        }
        chunks.push(chunk);
    }
    match &chunks[..] {
        [chunk] => column.use_chunk(&chunk.0, f)?,
        chunks => column.use_joined(chunks, f)?,
    }
    Ok(Spoken::Yes)
}

/// # Safety
///
/// `stream` is alive, and `to` is a valid place for what `get` writes.
unsafe fn fetch<T>(
    stream: NonNull<Stream>,
    get: Option<unsafe extern "C" fn(*mut Stream, *mut T) -> c_int>,
    to: &mut T,
) -> PyResult<()> {
    let get = get.ok_or_else(|| PyOSError::new_err("the Arrow stream is released already"))?;
    // SAFETY: the caller's promise.
    let status = unsafe { get(stream.as_ptr(), to) };
    if status == 0 {
        return Ok(());
    }
    // SAFETY: the text, where there is one, is a C string that lives until the next call.
    let text = unsafe {
        let last = stream.as_ref().get_last_error.map(|last_error| last_error(stream.as_ptr()));
        last.filter(|text| !text.is_null()).map(|text| CStr::from_ptr(text).to_string_lossy().into_owned())
    };
    Err(PyOSError::new_err((status, text.unwrap_or_else(|| "the Arrow stream failed".into()))))
}

/// What a schema says of a column that can be read: rows of numbers, each of a shape, or numbers.
struct Column {
    dtype: Dtype,
    row: Option<Vec<usize>>,
}

impl Column {
    fn of(py: Python<'_>, schema: &Schema) -> PyResult<Self> {
        if schema.format.is_null() || !schema.dictionary.is_null() {
            return Err(unsupported("a dictionary-encoded Arrow array: decode it first").into());
        }
        // SAFETY: a format is a C string that lives as long as the schema.
        let format = unsafe { CStr::from_ptr(schema.format) }.to_string_lossy();
        if let Some(width) = format.strip_prefix("+w:") {
            let width =
                width.parse().map_err(|_| unsupported(format!("Arrow elements of format {format:?}")))?;
            // SAFETY: a fixed-size list has one child.
            let item = unsafe { schema.children.as_ref().and_then(|child| child.as_ref()) };
            let item = item.ok_or_else(|| unsupported("an Arrow list without a type"))?;
            let Self { dtype, row: None } = Self::of(py, item)? else {
                return Err(unsupported("Arrow lists of lists").into());
            };
            let row = tensor_shape(py, schema)?.unwrap_or_else(|| vec![width]);
            if row.iter().try_fold(1_usize, |len, &axis| len.checked_mul(axis)) != Some(width) {
                return Err(unsupported(format!("Arrow tensors of shape {row:?} of {width} numbers")).into());
            }
            return Ok(Self { dtype, row: Some(row) });
        }
        let dtype = match &*format {
            "b" => Dtype::Bool,
            "c" => Dtype::I8,
            "C" => Dtype::U8,
            "s" => Dtype::I16,
            "S" => Dtype::U16,
            "i" => Dtype::I32,
            "I" => Dtype::U32,
            "l" => Dtype::I64,
            "L" => Dtype::U64,
            "e" => Dtype::F16,
            "f" => Dtype::F32,
            "g" => Dtype::F64,
            "+s" => {
                return Err(unsupported(
                    "an Arrow table, data frame or struct: take one column of it, or to_numpy() of it",
                )
                .into());
            }
            _ => return Err(unsupported(format!("Arrow elements of format {format:?}")).into()),
        };
        Ok(Self { dtype, row: None })
    }

    /// Calls `f` with one chunk, in place.
    fn use_chunk(&self, chunk: &Chunk, f: Use<'_>) -> PyResult<()> {
        refuse_nulls(chunk, chunk.offset, chunk.length)?;
        let mut shape = vec![isize::try_from(chunk.length)?];
        let (mut numbers, mut first, mut len) = (chunk, chunk.offset, chunk.length);
        if let Some(row) = &self.row {
            // SAFETY: a fixed-size list has one child.
            let item = unsafe { chunk.children.as_ref().and_then(|child| child.as_ref()) };
            numbers = item.ok_or_else(|| unsupported("an Arrow list without items"))?;
            let width = i64::try_from(row.iter().product::<usize>())?;
            for &axis in row {
                shape.push(isize::try_from(axis)?);
            }
            first = numbers.offset + first * width;
            len *= width;
            refuse_nulls(numbers, first, len)?;
        }
        // SAFETY: an array of fixed-width numbers has two buffers: validity and numbers.
        let data = unsafe { *numbers.buffers.add(1) };
        let (first, len) = (usize::try_from(first)?, usize::try_from(len)?);
        if self.dtype == Dtype::Bool {
            let mut truths = try_vec(len)?;
            // SAFETY: the buffer holds a bit for each element up to `first + len`.
            truths.extend((first..first + len).map(|i| unsafe { bit(data, i) }));
            let shape: Vec<usize> = shape.iter().map(|len| len.unsigned_abs()).collect();
            let view = booleans(&truths);
            let view =
                view.into_shape_with_order(IxDyn(&shape)).map_err(|_| unsupported("a broken Arrow array"))?;
            return f(Values::Bool(view));
        }
        let element = Element { dtype: self.dtype, swapped: false };
        let ptr = data.wrapping_add(first * self.dtype.len_bytes());
        let array = Strided { ptr, element, shape: &shape, strides: None };
        // SAFETY: Arrow's contract; the chunk's owner lives until the caller's function returns.
        unsafe { array.use_values(f) }
    }

    /// Calls `f` with a copy of several chunks, one after the other.
    fn use_joined(&self, chunks: &[Owned<Chunk>], f: Use<'_>) -> PyResult<()> {
        let rows =
            chunks.iter().try_fold(0_usize, |n, chunk| n.checked_add(usize::try_from(chunk.0.length).ok()?));
        let rows = rows.ok_or_else(|| PyMemoryError::new_err("the Arrow stream is too long"))?;
        let row = self.row.as_deref().unwrap_or(&[]);
        let shape: Vec<usize> = [rows].into_iter().chain(row.iter().copied()).collect();
        let len = rows.saturating_mul(row.iter().product());
        macro_rules! join {
            ($(($variant:ident, $type:ty, $name:literal),)*) => {
                match self.dtype {
                    $(Dtype::$variant => {
                        let mut joined = try_vec::<$type>(len)?;
                        for chunk in chunks {
                            self.use_chunk(&chunk.0, &mut |values| {
                                if let Values::$variant(view) = values {
                                    joined.extend(view.iter());
                                }
                                Ok(())
                            })?;
                        }
                        let view = ArrayViewD::from_shape(IxDyn(&shape), &joined)
                            .map_err(|_| unsupported("a broken Arrow stream"))?;
                        f(Values::$variant(view))
                    })*
                }
            };
        }
        for_each_dtype!(join)
    }
}

/// Returns the shape of each element of an extension array of fixed-shape tensors; `None`: it is none.
fn tensor_shape(py: Python<'_>, schema: &Schema) -> PyResult<Option<Vec<usize>>> {
    let mut rest = schema.metadata.cast::<u8>();
    if rest.is_null() {
        return Ok(None);
    }
    let (mut is_tensor, mut about) = (false, &[][..]);
    // SAFETY: by Arrow's contract metadata are a count of pairs, and for each the lengths and the bytes of a key and of a
    // value, all of which are read in this order and live as long as the schema.
    unsafe {
        for _ in 0..length(&mut rest) {
            let len = length(&mut rest);
            let key = take(&mut rest, len);
            let len = length(&mut rest);
            let value = take(&mut rest, len);
            match key {
                b"ARROW:extension:name" => is_tensor = value == b"arrow.fixed_shape_tensor",
                b"ARROW:extension:metadata" => about = value,
                _ => {}
            }
        }
    }
    if !is_tensor {
        return Ok(None);
    }
    let about = py.import("json")?.call_method1("loads", (about,))?;
    let order = about.call_method1("get", ("permutation",))?.extract::<Option<Vec<usize>>>()?;
    if order.is_some_and(|order| !order.iter().copied().eq(0..order.len())) {
        return Err(unsupported("Arrow tensors with their axes in another order").into());
    }
    about.get_item("shape")?.extract().map(Some)
}

/// Returns the next bytes of metadata.
///
/// # Safety
///
/// There are `len` bytes at `rest`, for `'a`.
unsafe fn take<'a>(rest: &mut *const u8, len: usize) -> &'a [u8] {
    let first = *rest;
    *rest = rest.wrapping_add(len);
    // SAFETY: the caller's promise.
    unsafe { slice::from_raw_parts(first, len) }
}

/// Returns the next number of metadata.
///
/// # Safety
///
/// There are four bytes at `rest`.
#[expect(clippy::host_endian_bytes, reason = "the Arrow C data interface says that they are the host's")]
unsafe fn length(rest: &mut *const u8) -> usize {
    // SAFETY: the caller's promise.
    let bytes = unsafe { take(rest, 4) };
    bytes.first_chunk().map_or(0, |bytes| usize::try_from(i32::from_ne_bytes(*bytes)).unwrap_or(0))
}

/// # Safety
///
/// `bits` holds at least `i + 1` bits.
unsafe fn bit(bits: *const u8, i: usize) -> u8 {
    // SAFETY: the caller's promise.
    (unsafe { *bits.add(i / 8) } >> (i % 8)) & 1
}

/// Refuses a chunk that has nulls among `len` elements from `first`.
fn refuse_nulls(chunk: &Chunk, first: i64, len: i64) -> PyResult<()> {
    if chunk.null_count == 0 || chunk.n_buffers < 1 {
        return Ok(());
    }
    // SAFETY: `buffers` holds `n_buffers` pointers, the first of which is the validity bitmap.
    let validity: &[*const u8] = unsafe { slice::from_raw_parts(chunk.buffers, 1) };
    if validity[0].is_null() {
        return Ok(());
    }
    let (first, len) = (usize::try_from(first)?, usize::try_from(len)?);
    // SAFETY: the bitmap holds a bit for each element up to `first + len`.
    let nulls = (first..first + len).filter(|&i| unsafe { bit(validity[0], i) } == 0).count();
    if nulls == 0 {
        return Ok(());
    }
    Err(super::input::nulls(nulls).into())
}
