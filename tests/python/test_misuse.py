"""Does every wrong call get its own error, and leave everything usable?"""

import decimal
import threading

import nearfold as nf
import numpy as np
import pyarrow as pa
import pytest

INDEX = nf.Index(2, storage="f32")
INDEX.add([[0.0, 0.0], [1.0, 1.0]])

TYPE_ERRORS = {
    "a text": lambda: nf.sum("123"),
    "None": lambda: nf.sum(None),
    "an object": lambda: nf.sum(object()),
    "a dict": lambda: nf.sum({1: 2}),
    "a set": lambda: nf.sum({1, 2}),
    "a generator": lambda: nf.sum(i for i in range(3)),
    "texts in a list": lambda: nf.sum([1.0, "2"]),
    "None in a list": lambda: nf.sum([1.0, None]),
    "no argument": lambda: nf.sum(),
    "x by name": lambda: nf.sum(x=[1.0]),
    "an unknown keyword": lambda: nf.sum([1.0], axes=0),
    "a float axis": lambda: nf.sum([1.0], axis=0.0),
    "a bool axis": lambda: nf.sum([1.0], axis=True),
    "a text axis": lambda: nf.sum([1.0], axis="0"),
    "a number as dtype": lambda: nf.sum([1.0], dtype=8),
    "a text ddof": lambda: nf.var([1.0, 2.0], ddof="1"),
    "a text dim": lambda: nf.Index("2"),
    "a metric that is no text": lambda: nf.Index(2, metric=2),
    "positional options": lambda: nf.Index(2, "l2sq"),
    "a float k": lambda: INDEX.search([0.0, 0.0], k=1.5),
    "float ids": lambda: INDEX.add([[0.0, 0.0]], ids=[1.5]),
    "text ids": lambda: INDEX.add([[0.0, 0.0]], ids="1"),
    "a progress that cannot be called": lambda: INDEX.add([[0.0, 0.0]], progress=3),
    "a path that is a number": lambda: INDEX.save(3.5),
    "bytes that are a text": lambda: nf.Index.from_bytes("no"),
    "an id that is bytes": lambda: INDEX.vector(b"0"),
}

CODES = {
    "an axis out of range": ("axis_out_of_range", lambda: nf.sum([1.0], axis=1)),
    "an axis beyond all": ("axis_out_of_range", lambda: nf.sum([1.0], axis=10**30)),
    "an axis below all": ("axis_out_of_range", lambda: nf.sum([1.0], axis=-(10**30))),
    "an axis twice": ("axis_out_of_range", lambda: nf.sum([[1.0]], axis=(0, -2))),
    "the min of nothing": ("empty", lambda: nf.min([])),
    "the mean of nothing": ("empty", lambda: nf.mean([])),
    "ddof of all": ("bad_parameter", lambda: nf.var([1.0, 2.0], ddof=2)),
    "an infinite ddof": ("bad_parameter", lambda: nf.var([1.0, 2.0], ddof=-float("inf"))),
    "an infinite ddof along an axis": ("bad_parameter", lambda: nf.std([[1.0, 2.0]], axis=0, ddof=-float("inf"))),
    "an infinite ddof of complex numbers": ("bad_parameter", lambda: nf.var([1j, 2.0], ddof=-float("inf"))),
    "an infinite ddof of groups": ("bad_parameter", lambda: nf.group("var", [1.0, 2.0], [0, 0], ddof=float("nan"))),
    "an infinite ddof of covariances": ("bad_parameter", lambda: nf.cov([1.0, 2.0], ddof=-float("inf"))),
    "an infinite ddof of a description": ("bad_parameter", lambda: nf.describe([1.0, 2.0], ddof=-float("inf"))),
    "an infinite ddof of moments": ("bad_parameter", lambda: nf.Moments().var(ddof=float("nan"))),
    "an order beyond a byte": ("bad_parameter", lambda: nf.moments([1.0, 2.0], order=300)),
    "an order beyond the machine": ("bad_parameter", lambda: nf.nanmoments([1.0, 2.0], order=2**70)),
    "a negative order of a state": ("bad_parameter", lambda: nf.Partial("moments", order=-1)),
    "a number of bins with a fraction": ("bad_parameter", lambda: nf.histogram([1.0, 2.0], bins=2.1)),
    "an unknown dtype": ("unknown_name", lambda: nf.sum([1.0], dtype="float99")),
    "a ragged list": ("shape_mismatch", lambda: nf.sum([[1.0], [1.0, 2.0]])),
    "a number beside a row": ("shape_mismatch", lambda: nf.sum([1.0, [1.0]])),
    "a list in itself": ("shape_mismatch", lambda: nf.sum(recursive())),
    "an integer beyond 64 bits": ("unsupported_dtype", lambda: nf.sum([2**64])),
    "integers without a common type": ("unsupported_dtype", lambda: nf.sum([2**63, -1])),
    "dates": ("unsupported_dtype", lambda: nf.sum(np.array(["2020-01-01"], "M8[s]"))),
    "dates in a list": ("unsupported_dtype", lambda: nf.sum([np.array(["2020-01-01"], "M8[D]")])),
    "a single date": ("unsupported_dtype", lambda: nf.sum(np.datetime64("2020"))),
    "durations in a list": ("unsupported_dtype", lambda: nf.sum([np.timedelta64(1, "s")])),
    "long doubles": ("unsupported_dtype", lambda: nf.sum(np.ones(2, np.longdouble))),
    "records": ("unsupported_dtype", lambda: nf.sum(np.zeros(2, "i4,f8"))),
    "objects": ("unsupported_dtype", lambda: nf.sum(np.array([decimal.Decimal(1)], object))),
    "texts of numpy": ("unsupported_dtype", lambda: nf.sum(np.array(["a"]))),
    "masked elements": ("bad_parameter", lambda: nf.sum(np.ma.array([1.0, 1e9], mask=[False, True]))),
    "masked elements in a row": ("bad_parameter", lambda: nf.sum([np.ma.array([1.0, 1e9], mask=[False, True])])),
    "masked weights": ("bad_parameter", lambda: nf.average([1.0, 2.0], weights=np.ma.array([1.0, 1e9], mask=[False, True]))),
    "no address": ("shape_mismatch", lambda: nf.sum(NoAddress())),
    "arrow nulls": ("bad_parameter", lambda: nf.sum(pa.array([1.0, None]))),
    "arrow texts": ("unsupported_dtype", lambda: nf.sum(pa.array(["a"]))),
    "an arrow table": ("unsupported_dtype", lambda: nf.sum(pa.table({"a": [1.0]}))),
    "arrow categories": ("unsupported_dtype", lambda: nf.sum(pa.array([1.0]).dictionary_encode())),
    "a mask that does not fit": ("shape_mismatch", lambda: nf.sum([1.0, 2.0], where=[True, False, True])),
    "dot of two lengths": ("shape_mismatch", lambda: nf.dot([1.0], [1.0, 2.0])),
    "a result beyond memory": ("out_of_memory", lambda: nf.sum(np.zeros((0, 2**59), "u1"), axis=0)),
    "a repeated number beyond memory": ("out_of_memory", lambda: nf.sum(np.broadcast_to(1.0, (2**52, 2)), axis=1)),
    "running sums beyond memory": ("out_of_memory", lambda: nf.cumsum(np.broadcast_to(1.0, 2**52))),
    "groups beyond memory": ("out_of_memory", lambda: nf.group("sum", [1.0], [2**62])),
    "dim 0": ("bad_parameter", lambda: nf.Index(0)),
    "a negative dim": ("bad_parameter", lambda: nf.Index(-1)),
    "a dim beyond the machine": ("bad_parameter", lambda: nf.Index(2**70)),
    "an unknown metric": ("unknown_name", lambda: nf.Index(2, metric="euclid")),
    "an unknown copy": ("unknown_name", lambda: nf.Index(2, rerank="b1")),
    "a copy that is not finer": ("bad_parameter", lambda: nf.Index(2, storage="i8", rerank="i8")),
    "a component beyond 16 bits": ("bad_parameter", lambda: nf.Index(2, storage="f16").add([[1e5, 0]])),
    "an unknown storage": ("unknown_name", lambda: nf.Index(2, storage="f64")),
    "M = 0": ("bad_parameter", lambda: nf.Index(2, M=0)),
    "k = 0": ("bad_parameter", lambda: INDEX.search([0.0, 0.0], k=0)),
    "a negative k": ("bad_parameter", lambda: INDEX.search([0.0, 0.0], k=-1)),
    "ef_search = 0": ("bad_parameter", lambda: INDEX.search([0.0, 0.0], ef_search=0)),
    "a query of another dimension": ("dimension_mismatch", lambda: INDEX.search([0.0, 0.0, 0.0])),
    "queries of another dimension": ("dimension_mismatch", lambda: INDEX.search(np.zeros((2, 3)))),
    "queries where one is explained": ("shape_mismatch", lambda: INDEX.search_explained(np.zeros((3, 2)))),
    "queries within a radius": ("shape_mismatch", lambda: INDEX.search_radius(np.zeros((3, 2)), 1.0)),
    "a cube of queries": ("shape_mismatch", lambda: INDEX.search(np.zeros((2, 2, 2)))),
    "a query that is a number": ("shape_mismatch", lambda: INDEX.search(1.0)),
    "a NaN in a query": ("not_finite", lambda: INDEX.search([0.0, float("nan")])),
    "a vector of another dimension": ("dimension_mismatch", lambda: INDEX.add([[1.0]])),
    "an infinite vector": ("not_finite", lambda: INDEX.add([[0.0, 1e39]])),
    "a vector too small for float32": ("bad_parameter", lambda: INDEX.add([[3e-200, 4e-200]])),
    "a query too small for float32": ("bad_parameter", lambda: INDEX.search([0.0, 3e-200])),
    "complex vectors": ("unsupported_dtype", lambda: INDEX.add([[1j, 2.0]])),
    "an id that is there": ("duplicate_id", lambda: INDEX.add([[2.0, 2.0]], ids=[1])),
    "an id given twice": ("duplicate_id", lambda: INDEX.add([[2.0, 2.0], [3.0, 3.0]], ids=[7, 7])),
    "a negative id": ("bad_parameter", lambda: INDEX.add([[2.0, 2.0]], ids=[-1])),
    "an id beyond 64 bits": ("bad_parameter", lambda: INDEX.add([[2.0, 2.0]], ids=[2**64])),
    "a negative id beside a large one": ("bad_parameter", lambda: INDEX.add([[2.0, 2.0], [3.0, 3.0]], ids=[2**63, -1])),
    "the largest number as an id": ("bad_parameter", lambda: INDEX.add([[2.0, 2.0]], ids=[2**64 - 1])),
    "an id to remove given twice": ("duplicate_id", lambda: INDEX.remove([1, 1])),
    "an id beyond 64 bits to remove": ("bad_parameter", lambda: INDEX.remove([3, 2**70])),
    "too few ids": ("shape_mismatch", lambda: INDEX.add([[2.0, 2.0], [3.0, 3.0]], ids=[7])),
    "the vector of an unknown id": ("id_not_found", lambda: INDEX.vector(99)),
    "the vector of a negative id": ("bad_parameter", lambda: INDEX.vector(-1)),
    "the values of an id beyond 64 bits": ("bad_parameter", lambda: INDEX.get(2**64)),
    "no bytes": ("corrupt", lambda: nf.Index.from_bytes(b"")),
    "other bytes": ("corrupt", lambda: nf.Index.from_bytes(b"\0" * 4096)),
}


class NoAddress:
    __array_interface__ = {"shape": (3,), "typestr": "<f8", "data": (0, True), "version": 3}


def recursive():
    endless = []
    endless.append(endless)
    return endless


# A few bytes can ask for more than any memory: by an axis of length 0, or by a number that is repeated.
NOTHING = np.zeros((0, 2**49))
REPEATED = np.broadcast_to(1.0, (2**49, 2))
BEYOND_MEMORY = {
    **{
        f"{name} of nothing, complex": (lambda name=name: getattr(nf, name)(NOTHING.astype(complex), axis=0))
        for name in "sum prod norm any all count_nonzero count nansum nanprod".split()
    },
    **{
        f"{name} of repetitions, complex": (lambda name=name: getattr(nf, name)(np.broadcast_to(1j, (2**49, 2)), axis=1))
        for name in "sum mean prod var std norm min max minmax argmin argmax median any all count_nonzero count nansum nanmean nanvar cumprod cumsum".split()
    },
    "magnitudes": lambda: nf.norm(np.broadcast_to(1j, 2**49), ord=1),
    **{
        f"{name} by weights": (lambda name=name: getattr(nf, name)(REPEATED, 0.5, axis=1, weights=REPEATED, method="inverted_cdf"))
        for name in "quantile percentile nanquantile nanpercentile".split()
    },
    "vecdot of nothing, complex": lambda: nf.vecdot(NOTHING.astype(complex), NOTHING, axis=0),
    "vecdot": lambda: nf.vecdot(REPEATED, REPEATED),
    "vecdot of all pairs": lambda: nf.vecdot(np.broadcast_to(1.0, (2**40, 1, 2)), np.broadcast_to(1.0, (2**40, 2))),
    "dot": lambda: nf.dot(REPEATED[:, 0], REPEATED[:, 0]),
    "cosine": lambda: nf.cosine(REPEATED, REPEATED),
    "average": lambda: nf.average(REPEATED, weights=REPEATED),
    "cov": lambda: nf.cov(REPEATED),
    "cov of many variables": lambda: nf.cov(np.zeros((2**21, 2))),
    "corrcoef of many variables": lambda: nf.corrcoef(np.zeros((2**21, 2))),
    "histogram": lambda: nf.histogram(REPEATED),
    "histogram of weights": lambda: nf.histogram(REPEATED, weights=REPEATED),
    "edges of a histogram": lambda: nf.histogram([1.0], REPEATED[:, 0]),
    "bincount": lambda: nf.bincount(np.broadcast_to(1, 2**49)),
    "minlength": lambda: nf.bincount([1], minlength=2**49),
    "digitize": lambda: nf.digitize(REPEATED, [1.0]),
    "group": lambda: nf.group("sum", REPEATED[:, 0], np.broadcast_to(1, 2**49)),
    "a mask": lambda: nf.sum(REPEATED[:, 0], where=np.broadcast_to(True, 2**49)),
    "median": lambda: nf.median(REPEATED[:, 0]),
    "quantile": lambda: nf.quantile(REPEATED[:, 0], 0.5),
    "many quantiles": lambda: nf.quantile([1.0], REPEATED[:, 0]),
    "a median in pieces": lambda: nf.Partial("median").push(REPEATED),
    "Quantiles": lambda: nf.Quantiles().push(REPEATED),
    "Cov": lambda: nf.Cov(2).push(REPEATED.T),
    "Histogram": lambda: nf.Histogram(2, (0.0, 1.0)).push(REPEATED),
}


@pytest.mark.parametrize("what", BEYOND_MEMORY)
def test_what_no_memory_holds_is_an_error_and_no_crash(what):
    with pytest.raises(nf.NearfoldError) as caught:
        BEYOND_MEMORY[what]()
    assert caught.value.code == "out_of_memory"


def assert_usable():
    assert nf.sum([1.0, 2.0]) == 3.0
    assert INDEX.search([0.9, 0.9], k=1)[0].tolist() == [1]
    assert len(INDEX) == 2


@pytest.mark.parametrize("what", TYPE_ERRORS)
def test_a_wrong_type_is_a_type_error(what):
    with pytest.raises(TypeError):
        TYPE_ERRORS[what]()
    assert_usable()


@pytest.mark.parametrize("what", CODES)
def test_a_wrong_value_is_an_error_with_a_code(what):
    code, call = CODES[what]
    with pytest.raises(nf.NearfoldError) as caught:
        call()
    assert caught.value.code == code
    assert isinstance(caught.value, ValueError) and str(caught.value)
    assert_usable()


def test_every_byte_matters_in_a_file():
    data = INDEX.to_bytes()
    for i in range(len(data)):
        flipped = bytearray(data)
        flipped[i] ^= 1
        for damaged in (bytes(flipped), data[:i]):
            with pytest.raises(nf.NearfoldError) as caught:
                nf.Index.from_bytes(damaged)
            assert caught.value.code in {"corrupt", "unsupported_version"}


def test_an_error_of_an_element_is_passed_on():
    class Angry:
        def __float__(self):
            raise ZeroDivisionError("angry")

    with pytest.raises(ZeroDivisionError):
        nf.sum([1.0, Angry()])


def test_a_list_that_changes_while_it_is_read_does_no_harm():
    shrinking = [1.0] * 100

    class Shrinks:
        def __float__(self):
            shrinking.clear()
            return 1.0

    shrinking.insert(50, Shrinks())
    assert nf.sum(shrinking) == 51.0


def test_no_array_is_left_locked_after_an_error():
    data = bytearray(16)
    with pytest.raises(nf.NearfoldError):
        nf.sum(data, axis=3)
    data.extend(b"x")  # raises BufferError while a view is alive


def test_folds_run_in_threads_at_the_same_time():
    x = np.arange(1e6)
    results = []
    threads = [threading.Thread(target=lambda: results.append(nf.sum(x))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [x.sum()] * 4


@pytest.mark.parametrize(
    "text, call",
    {
        "k: expected 1 to 2\\^64 - 1, got 18446744073709551616": lambda: INDEX.search([0.0, 0.0], k=2**64),
        "variables: expected 1 to 2048, got -1": lambda: nf.Cov(-1),
        "limit: expected 4096 to 2\\^27, got": lambda: nf.Quantiles(2**64),
        "bins: expected 1 to 2\\^30 bins, got -3": lambda: nf.histogram([1.0], -3),
        "id 1 is given twice: give each id once": lambda: INDEX.remove([1, 1]),
        "id 1 is already in the index: use upsert to replace it, or remove it first": lambda: INDEX.add([[2.0, 2.0]], ids=[1]),
        "shape: expected weights of shape \\[2\\], got \\[3\\]": lambda: nf.average([1.0, 2.0], weights=[1.0, 1.0, 1.0]),
        "other: expected a state of sum of float64 with the same options, got one with others": lambda: nf.Partial("sum").merge(nf.Partial("sum", ddof=3)),
    }.items(),
)
def test_an_error_says_what_was_expected_and_what_came(text, call):
    with pytest.raises(nf.NearfoldError, match=text):
        call()


@pytest.mark.parametrize("exception", [KeyboardInterrupt, MemoryError, SystemExit])
def test_an_interruption_is_passed_on(exception):
    class Interrupted:
        def __index__(self):
            raise exception

        def __array__(self):
            raise exception

        def __dlpack__(self, **keywords):
            raise exception

    for call in [lambda: nf.sum(Interrupted()), lambda: nf.sum([Interrupted()]), lambda: nf.sum([1.0], axis=Interrupted())]:
        with pytest.raises(exception):
            call()
