"""What each function here says must hold inside Pyodide, where there is no NumPy, no pytest and no thread."""

import array
import math
import pickle
import struct
import sys

import nearfold as nf


def raises(code, call):
    try:
        call()
    except nf.NearfoldError as error:
        assert error.code == code, (error.code, str(error))
    else:
        raise AssertionError(f"no error {code}")


def rows(n, dim):
    """`n` vectors from a small generator, as a memoryview of two dimensions."""
    state, numbers = 7, array.array("f")
    for _ in range(n * dim):
        state = (state * 1664525 + 1013904223) % 2**32
        numbers.append((state >> 8) / 16777216 - 0.5)
    return memoryview(numbers).cast("B").cast("f", (n, dim))


def test_complex_numbers_come_and_go_without_numpy():
    assert nf.sum([1e16 + 1j, 1.0, -1e16]) == 1 + 1j
    running = nf.cumsum([1j, 2.0])
    assert running.dtype == "complex128" and running.tolist() == [1j, 2 + 1j]
    assert nf.var([0j, 2j]) == 1.0 and nf.mean(running) == 1 + 1j


def test_this_is_pyodide_without_numpy():
    assert sys.platform == "emscripten"
    assert "numpy" not in sys.modules


def test_buffers_are_read_in_place_whatever_their_kind():
    x = array.array("d", [1e16, 1.0, -1e16])
    assert nf.sum(x) == 1.0
    assert nf.sum(memoryview(x)[::-2]) == 0.0
    assert nf.sum(b"\x01\x02") == 3
    assert nf.sum(array.array("l", [1, -2])) == -1  # four bytes here
    assert nf.sum([[1, 2], [3, 4]]) == 10
    assert nf.sum(range(5)) == 10


def test_arrays_come_as_our_own_without_numpy():
    total = nf.sum(rows(3, 2), axis=0)
    assert type(total) is nf.Array and total.dtype == "float32" and total.shape == (2,)
    assert memoryview(total).tolist() == total.tolist()
    assert nf.sum(total) == nf.sum(total.tolist())


def test_large_sums_are_exact():
    x = array.array("d", [0.1]) * 100_000
    assert nf.sum(x) == math.fsum(x)


def test_errors_have_codes_and_nothing_is_broken_after_them():
    for _ in range(3):
        raises("empty", lambda: nf.min([]))
        raises("axis_out_of_range", lambda: nf.sum([1.0], axis=4))
        raises("dimension_mismatch", lambda: nf.Index(3).search([1.0]))
        raises("corrupt", lambda: nf.Index.from_bytes(b"no"))
        raises("bad_parameter", lambda: nf.Index(2**31))
        assert nf.sum([1.0, 2.0]) == 3.0
    try:
        nf.sum("text")
    except TypeError:
        pass
    else:
        raise AssertionError("a text was summed")


def test_an_index_is_built_searched_saved_and_opened():
    index = nf.Index(8, metric="cosine")
    told = []
    vectors = rows(3000, 8)
    ids = index.add(vectors, progress=lambda done, all: told.append(done))
    assert len(ids) == len(index) == 3000 and told[-1] == 3000
    query = array.array("f", index.vector(17).tolist())
    ids, distances = index.search(query, k=5)
    assert ids[0] == 17 and distances.tolist() == sorted(distances.tolist())
    assert index.search(query, k=5, exact=True)[0][0] == 17
    index.save("/tmp/set.nearfold")
    for again in (nf.Index.load("/tmp/set.nearfold"), nf.Index.from_bytes(index.to_bytes()), pickle.loads(pickle.dumps(index))):
        assert again.to_bytes() == index.to_bytes()
        assert again.search(query, k=5)[1].tolist() == distances.tolist()


def test_a_missing_file_is_an_os_error():
    try:
        nf.Index.load("/tmp/none")
    except FileNotFoundError as error:
        assert error.filename == "/tmp/none", error.filename
    else:
        raise AssertionError("a missing file was opened")


def test_floats_keep_their_bits_on_the_way():
    nan = struct.unpack("<d", struct.pack("<Q", 0x7FF8000000000000))[0]
    assert math.isnan(nf.max([1.0, nan]))
    assert math.copysign(1, nf.max([-0.0, -0.0])) == -1


def test_states_of_streams_merge_and_are_pickled():
    x = array.array("d", [i * 0.1 - 50 for i in range(1000)])
    for make, whole in (
        (lambda: nf.Partial("std"), nf.std(x)),
        (lambda: nf.Sum(), nf.sum(x)),
        (lambda: nf.Quantiles(), nf.median(x)),
        (lambda: nf.Histogram(4, (-50.0, 50.0)), None),
        (lambda: nf.Cov(1), None),
    ):
        left, right = make(), make()
        left.push(x[:300])
        right.push(x[300:])
        right.merge(pickle.loads(pickle.dumps(left)))
        assert right.count == 1000
        if whole is not None:
            assert right.result() == whole
        assert type(right).from_bytes(right.to_bytes()).to_bytes() == right.to_bytes()
    moments, ends = nf.Moments(), nf.MinMax()
    for state in (moments, ends):
        state.push(x[:9])
        state.push(x[9:])
    assert (moments.mean(), moments.var(ddof=1), moments.skew()) == (nf.mean(x), nf.var(x, ddof=1), nf.skew(x))
    assert moments.result().tolist() == nf.moments(x).tolist() and ends.result().tolist() == [x[0], x[-1]]


def test_there_is_one_thread():
    assert nf.threads() == nf.threads(4) == nf.threads(0) == 1


def test_an_index_is_filtered_and_shrinks():
    index = nf.Index(4)
    vectors = rows(200, 4)
    index.add(vectors)
    query = array.array("f", index.vector(7).tolist())
    ids, _ = index.search(query, k=3, filter=[1, 5, 9])
    assert sorted(ids.tolist()) == [1, 5, 9]
    index.remove([7])
    assert len(index) == 199 and 7 not in index.search(query, k=5)[0].tolist()
