"""Is every kind of memory read for what it holds?"""

import array
import ctypes
import mmap
import sys

import nearfold as nf
import numpy as np
import pyarrow as pa
import pytest

ALL_DTYPES = "float64 float32 float16 int64 int32 int16 int8 uint64 uint32 uint16 uint8 bool".split()


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("dtype", ALL_DTYPES)
def test_either_byte_order_of_every_dtype_is_the_same_numbers(dtype, order):
    x = np.array([0, 1, 1, 0, 1, 1, 1], dtype).astype(np.dtype(dtype).newbyteorder(order))
    assert nf.sum(x) == 5
    assert nf.sum(x[::-2]) == 3


@pytest.mark.parametrize("dtype", ALL_DTYPES)
def test_misaligned_fields_of_packed_records_are_read(dtype):
    records = np.zeros(9, np.dtype([("skip", "u1"), ("x", dtype)]))
    records["x"][:3] = 1
    assert nf.sum(records["x"]) == 3


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_complex_numbers_are_read_in_either_byte_order(dtype, order):
    x = np.array([1 + 2j, 3 - 4j]).astype(np.dtype(dtype).newbyteorder(order))
    assert nf.sum(x) == nf.sum(memoryview(x)) == 4 - 2j
    with pytest.raises(nf.NearfoldError, match=dtype) as caught:
        nf.quantile(x, 0.5)
    assert caught.value.code == "unsupported_dtype"


def test_strides_of_any_sign_and_order_are_read_in_place():
    x = np.arange(24.0).reshape(2, 3, 4)
    for view in (x[::-1], x[:, ::-1, ::2], x.transpose(2, 0, 1), np.asfortranarray(x), x[1:, 2:, 3:], x[:, :0]):
        np.testing.assert_array_equal(nf.sum(view, axis=0), view.sum(axis=0))
        if view.size:
            np.testing.assert_array_equal(nf.max(view, axis=-1, keepdims=True), view.max(axis=-1, keepdims=True))


def test_a_broadcast_array_counts_each_repetition():
    assert nf.sum(np.broadcast_to(np.float64(0.5), (3, 4))) == 6.0


def test_an_array_of_no_dimensions_is_one_number():
    assert nf.sum(np.array(2.5)) == 2.5
    assert nf.sum(np.float32(2.5)) == 2.5
    assert nf.sum(memoryview(array.array("d", [2.5])).cast("B").cast("d", [])) == 2.5


def test_the_standard_library_exporters_are_read():
    assert nf.sum(array.array("d", [1, 2, 3])) == 6.0
    assert nf.sum(array.array("l", [1, 2, 3])) == 6
    assert nf.sum(memoryview(array.array("f", range(10)))[::-3]) == 18.0
    assert nf.sum(b"\x01\x02\xff") == 258
    assert nf.sum(bytearray([1, 2, 3])) == 6
    with mmap.mmap(-1, 4096) as file:
        file[:3] = b"\x01\x02\x03"
        assert nf.sum(file) == 6


def test_ctypes_arrays_have_no_strides_and_are_read():
    assert nf.sum((ctypes.c_double * 3)(1, 2, 3)) == 6.0
    grid = ((ctypes.c_int16 * 3) * 2)((1, 2, 3), (4, 5, 6))
    np.testing.assert_array_equal(nf.sum(grid, axis=0), [5, 7, 9])
    assert nf.sum(ctypes.c_float(2.5)) == 2.5
    big = (ctypes.c_double.__ctype_be__ * 2)(1.5, 2.0)
    assert nf.sum(big) == 3.5


def test_sequences_have_the_dtype_that_numpy_gives_them():
    for x in ([1, 2], [1.0, 2], [True, False], [2**63, 2**63 + 1], (1, 2), range(5), [[1, 2], [3, 4]], [], [[], []]):
        ours, numpy = nf.sum(x, keepdims=True), np.asarray(x).sum(keepdims=True)
        assert (ours.dtype, ours.shape, ours.tolist()) == (numpy.dtype, numpy.shape, numpy.tolist())


def test_integers_are_not_rounded_to_floats_because_one_is_large():
    assert nf.sum([2**63, 1]) == 2**63 + 1  # NumPy makes float64 of them and loses the 1


def test_rows_may_be_arrays():
    np.testing.assert_array_equal(nf.sum([np.ones(2), array.array("d", [1, 2]), [3, 4]], axis=0), [5, 7])


def test_arrow_arrays_are_read():
    assert nf.sum(pa.array([1.0, 2.0, 4.0])[1:]) == 6.0
    assert nf.sum(pa.array([1, 2, 4], pa.int16())) == 7
    assert nf.sum(pa.array([True, False, True, True])[1:]) == 2
    assert nf.sum(pa.chunked_array([[1.0, 2.0], [], [4.0]])) == 7.0
    rows = pa.FixedSizeListArray.from_arrays(pa.array(range(6), pa.float32()), 2)
    np.testing.assert_array_equal(nf.sum(rows[1:], axis=0), [6, 8])
    assert nf.sum(pa.array([1.0, None, 4.0])[2:]) == 4.0


def test_dlpack_tensors_are_read():
    class Tensor:
        def __init__(self, x):
            self.x = x

        def __dlpack__(self, **keywords):
            return self.x.__dlpack__(**keywords)

    x = np.arange(12.0).reshape(3, 4)
    assert nf.sum(Tensor(x[::-1, ::2])) == x[::-1, ::2].sum()
    before = sys.getrefcount(x)
    for _ in range(10):
        nf.sum(Tensor(x))
    assert sys.getrefcount(x) == before


def test_a_dlpack_tensor_of_the_old_protocol_is_read():
    class Old:
        def __dlpack__(self):
            return np.arange(4.0).__dlpack__()

    assert nf.sum(Old()) == 6.0


def test_the_array_interface_is_read_from_an_address_and_from_a_buffer():
    class Address:
        def __init__(self, x):
            self.x, self.__array_interface__ = x, x.__array_interface__

    class Bytes:
        __array_interface__ = {"shape": (2,), "typestr": ">i2", "data": b"\x00\x00\x01\x00\x02", "offset": 1, "version": 3}

    assert nf.sum(Address(np.arange(9.0)[::-2])) == 20.0
    assert nf.sum(Bytes()) == 1 + 2


def test_an_array_interface_that_reaches_past_its_bytes_is_refused():
    class Short:
        __array_interface__ = {"shape": (3,), "typestr": "<i2", "data": b"\x00\x00\x01\x00\x02", "version": 3}

    with pytest.raises(nf.NearfoldError, match="data"):
        nf.sum(Short())


def test_what_somebody_else_has_taken_out_of_its_capsule_is_refused():
    class Array:
        def __arrow_c_array__(self, requested_schema=None):
            capsules = pa.array([1.0, 2.0]).__arrow_c_array__()
            pa.Array._import_from_c_capsule(*capsules)
            return capsules

    class Stream:
        def __arrow_c_stream__(self, requested_schema=None):
            capsule = pa.chunked_array([[1.0]]).__arrow_c_stream__()
            pa.ChunkedArray._import_from_c_capsule(capsule)
            return capsule

    class Tensor:
        def __dlpack__(self, **keywords):
            capsule = np.arange(3.0).__dlpack__()
            device = type("Once", (), {"__dlpack__": lambda self, **keywords: capsule, "__dlpack_device__": lambda self: (1, 0)})
            np.from_dlpack(device())
            return capsule

    for consumed in (Array(), Stream(), Tensor()):
        with pytest.raises(nf.NearfoldError, match="consumed"):
            nf.sum(consumed)


def test_the_mask_of_an_array_interface_is_not_overlooked():
    class Masked:
        def __init__(self, mask):
            self.x = np.arange(4.0)
            self.__array_interface__ = {**self.x.__array_interface__, "mask": mask}

    assert nf.sum(Masked(None)) == 6.0
    with pytest.raises(nf.NearfoldError, match="mask") as caught:
        nf.sum(Masked(np.array([True, False, False, False])))
    assert caught.value.code == "bad_parameter"


@pytest.mark.parametrize(
    "broken",
    [
        {"shape": (-4,)},
        {"shape": (2**62,)},
        {"shape": (2**40, 2**40)},
        {"shape": (2, 2), "strides": (8,)},
        {"shape": (2,), "strides": (2**62,)},
        {"shape": (2,), "strides": (-(2**62),)},
        {"offset": 2**63},
        {"offset": 1},
        {"typestr": "|O8"},
        {"typestr": "|V8"},
        {"data": (0, False)},
    ],
)
def test_a_broken_array_interface_is_an_error_with_a_code(broken):
    class Broken:
        __array_interface__ = {"shape": (1,), "typestr": "<f8", "data": b"12345678", "version": 3, **broken}

    with pytest.raises(nf.NearfoldError) as caught:
        nf.sum(Broken())
    assert caught.value.code in ("bad_parameter", "shape_mismatch", "unsupported_dtype")


def test_arrow_slices_chunks_and_lists_are_read_where_they_begin():
    assert nf.sum(pa.array([True, None, True, True])[2:]) == 2
    assert nf.sum(pa.array(np.ones(3, "f2"))[1:]) == 2.0
    assert nf.sum(pa.chunked_array([], pa.float64())) == 0.0
    assert nf.sum(pa.chunked_array([[True], [False, True]])) == 2
    pairs = pa.FixedSizeListArray.from_arrays(pa.array([1.0, None, 3.0, 4.0]), 2)
    assert nf.sum(pairs[1:]) == 7.0
    bits = pa.FixedSizeListArray.from_arrays(pa.array([True, False, True, True]), 2)
    assert nf.sum(bits[1:], axis=0).tolist() == [1, 1]
    assert nf.sum(pa.array([2**64 - 1], pa.uint64())) == 2**64 - 1


@pytest.mark.parametrize(
    "array",
    [
        pa.array(["a"]).dictionary_encode(),
        pa.chunked_array([pa.array([1.0]).dictionary_encode()]),
        pa.array([[1.0], [2.0]]),
        pa.array([[1.0]], pa.large_list(pa.float64())),
        pa.FixedSizeListArray.from_arrays(pa.FixedSizeListArray.from_arrays(pa.array([1.0] * 4), 2), 2),
        pa.array([1], pa.date32()),
        pa.array([1], pa.timestamp("s")),
        pa.array([1], pa.duration("s")),
        pa.nulls(2),
        pa.array([{"a": 1}]),
        pa.record_batch({"a": [1.0]}),
        pa.RunEndEncodedArray.from_arrays(pa.array([2, 3], pa.int32()), pa.array([1.0, 2.0])),
    ],
    ids=lambda array: str(array.type) if hasattr(array, "type") else "a batch",
)
def test_what_arrow_has_beside_numbers_is_refused_by_name(array):
    with pytest.raises(nf.NearfoldError) as caught:
        nf.sum(array)
    assert caught.value.code == "unsupported_dtype" and "rrow" in str(caught.value)


class PyBuffer(ctypes.Structure):
    """Python's `Py_buffer`."""

    _fields_ = [
        ("buf", ctypes.c_void_p),
        ("obj", ctypes.c_void_p),
        ("len", ctypes.c_ssize_t),
        ("itemsize", ctypes.c_ssize_t),
        ("readonly", ctypes.c_int),
        ("ndim", ctypes.c_int),
        ("format", ctypes.c_char_p),
        ("shape", ctypes.POINTER(ctypes.c_ssize_t)),
        ("strides", ctypes.POINTER(ctypes.c_ssize_t)),
        ("suboffsets", ctypes.POINTER(ctypes.c_ssize_t)),
        ("internal", ctypes.c_void_p),
    ]


def test_rows_behind_pointers_are_refused_not_misread():
    """An image of PIL's style: the first axis is a list of addresses, which suboffsets say."""
    rows = [(ctypes.c_double * 3)(0.0, 1.0, 2.0), (ctypes.c_double * 3)(3.0, 4.0, 5.0)]
    addresses = (ctypes.c_void_p * 2)(*map(ctypes.addressof, rows))
    sizes = ctypes.c_ssize_t * 2
    lists = sizes(2, 3), sizes(ctypes.sizeof(ctypes.c_void_p), 8), sizes(0, -1)
    described = PyBuffer(ctypes.addressof(addresses), None, 48, 8, 1, 2, b"d", *lists, None)
    view_of = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.POINTER(PyBuffer))(("PyMemoryView_FromBuffer", ctypes.pythonapi))
    view = view_of(ctypes.byref(described))
    assert view.suboffsets == (0, -1) and view.tolist() == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
    for reduction in (nf.sum, nf.median, nf.cumsum, nf.cov):
        with pytest.raises(nf.NearfoldError, match="suboffsets") as caught:
            reduction(view)
        assert caught.value.code == "unsupported_dtype"
    assert nf.sum(view.tolist()) == 15.0


def test_an_object_with_only_dunder_array_is_read():
    class Frame:
        def __array__(self, dtype=None, copy=None):
            return np.arange(3.0)

    assert nf.sum(Frame()) == 3.0


def test_what_holds_a_numpy_array_keeps_its_nan():
    class Series:  # pandas' exports its NaN to Arrow as nulls
        def __init__(self, x):
            self.x, self.dtype = x, x.dtype

        def __array__(self, dtype=None, copy=None):
            return self.x

        def __arrow_c_stream__(self, requested_schema=None):
            return pa.chunked_array([pa.array(self.x, from_pandas=True)]).__arrow_c_stream__()

    x = Series(np.array([1.0, np.nan, 2.0]))
    assert np.isnan(nf.sum(x)) and nf.nansum(x) == 3 and nf.count(x) == 2
    with pytest.raises(nf.NearfoldError, match="nulls"):
        nf.sum(Series(np.array([1, None], object)))


def test_a_masked_array_without_a_masked_element_is_an_array():
    x = np.ma.array([[1.0, 2.0], [3.0, 4.0]])
    assert nf.sum(x) == 10 and nf.sum(np.ma.array(x, mask=False), axis=0).tolist() == [4, 6]
    x[0, 1] = np.ma.masked
    assert nf.sum(x.data, where=~x.mask) == nf.sum(x.compressed()) == 8


def test_results_are_numpy_arrays_that_may_be_written():
    total = nf.sum(np.ones((2, 3), np.float32), axis=0)
    assert type(total) is np.ndarray and total.dtype == np.float32 and total.flags.writeable
    total += 1
    assert total.tolist() == [3, 3, 3]


def test_our_own_array_has_the_numbers_and_exports_them():
    a = nf.sum(np.arange(1200.0).reshape(2, 3, 200), axis=0).base  # what NumPy's array is a view of
    assert isinstance(a, nf.Array)
    assert (a.shape, a.dtype, a.ndim, a.size, len(a)) == ((3, 200), "float64", 2, 600, 3)
    assert a.tolist() == memoryview(a).tolist()
    assert a[-1] == a.tolist()[-1] and [row for row in a] == a.tolist()
    assert eval(repr(a), {"nearfold": type("N", (), {"Array": lambda x, dtype: x}), "float64": 0}) == a.tolist()
    with pytest.raises(IndexError):
        a[3]


@pytest.mark.parametrize("n", [0, 1, 128, 129, 5000])
@pytest.mark.parametrize("dtype", ["f8", "f4", "f2", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1", "?", "c16", "c8"])
def test_results_small_and_large_are_arrays_of_their_own_in_every_type(dtype, n):
    x = (np.arange(3 * n) % 100).astype(dtype).reshape(3, n)
    last = nf.max(x, axis=0)
    assert type(last) is np.ndarray and last.dtype == x.dtype and last.shape == (n,)
    assert last.flags.writeable and last.flags.c_contiguous and last.flags.aligned
    view = last[::2]
    expected = x.max(axis=0)[::2] if n else view
    del last, x
    assert np.array_equal(view, expected)
    view += view  # the memory is its own, and there


def test_where_takes_any_array_of_bools():
    x = np.arange(6.0).reshape(2, 3)
    assert nf.sum(x, where=x > 2) == 12.0
    assert nf.sum(x, where=[True, False, True]) == 10.0
    with pytest.raises(TypeError, match="where: expected bools"):
        nf.sum(x, where=[1, 0, 1])


def test_dtype_takes_names_types_and_numpy_dtypes():
    x = np.ones(3, np.int8)
    for dtype in ("float32", np.float32, np.dtype("float32")):
        assert nf.sum(x, dtype=dtype, keepdims=True).dtype == np.float32
    assert isinstance(nf.sum(x, dtype=float), float)
    assert isinstance(nf.sum(x, dtype=int), int)
