"""Do states of streams give the bits of one pass, in Python too?"""

import math
import os
import pickle
import subprocess
import sys
import threading
import time

import nearfold as nf
import numpy as np
import pytest

RNG = np.random.default_rng(12)
TABLE = RNG.standard_normal((4, 3001)) * 10.0 ** RNG.integers(-20, 20, (4, 3001))
X = TABLE.ravel()
SMALL = RNG.standard_normal(5000).astype("f2")
STATES = {
    "Sum": (nf.Sum, X, lambda: nf.sum(X)),
    "Sum of float32": (lambda: nf.Sum(np.float32), X.astype("f4"), lambda: nf.sum(X.astype("f4"))),
    "Sum of int8": (lambda: nf.Sum("int8"), X.view("i1"), lambda: nf.sum(X.view("i1"))),
    "MinMax": (nf.MinMax, X, lambda: nf.minmax(X)),
    "Moments": (nf.Moments, X, lambda: nf.moments(X)),
    "Moments of float16": (lambda: nf.Moments("float16"), SMALL, lambda: nf.moments(SMALL)),
    "Cov": (lambda: nf.Cov(4), TABLE, lambda: nf.cov(TABLE)),
    "Histogram": (lambda: nf.Histogram(7, (-1.0, 1.0)), X, lambda: nf.histogram(X, 7, (-1.0, 1.0))),
    "edges": (lambda: nf.Histogram([-1.0, 0.0, 5.0]), X, lambda: nf.histogram(X, [-1.0, 0.0, 5.0])),
    "Quantiles": (nf.Quantiles, X, lambda: nf.quantile(X, 0.5)),
}


@pytest.mark.parametrize("name", STATES)
@pytest.mark.parametrize("cut", [0, 1, 1500, 3001])
def test_any_split_gives_the_bits_of_the_whole(name, cut):
    make, x, whole = STATES[name]
    left, right = make(), make()
    left.push(x[..., :cut])
    right.push(np.asfortranarray(x[..., cut:]))
    right.merge(pickle.loads(pickle.dumps(left)))
    assert right.count == x.shape[-1]
    got, expected = right.result(), whole()
    for a, b in zip(got, expected) if isinstance(expected, tuple) else [(got, expected)]:
        np.testing.assert_array_equal(a, b)
    again = type(right).from_bytes(right.to_bytes())
    assert again.to_bytes() == right.to_bytes() and repr(again) == repr(right)


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "int64", "uint8", "bool"])
def test_one_state_of_moments_answers_as_each_function_does(dtype):
    x = (RNG.standard_normal(5003) > 0.3) if dtype == "bool" else (RNG.standard_normal(5003) * 10 + 50).astype(dtype)
    left, right = nf.Moments(dtype), nf.Moments(dtype)
    left.push(x[:9])
    right.push(x[9:])
    state = pickle.loads(pickle.dumps(right))
    state.merge(left)
    assert (state.count, state.dtype, repr(state)) == (5003, dtype, f"<nearfold.Moments of 5003 elements of {dtype}>")
    assert state.mean() == nf.mean(x)
    for ddof in (0, 1, 2.5):
        assert state.var(ddof=ddof) == nf.var(x, ddof=ddof)
        assert state.std(ddof=ddof) == nf.std(x, ddof=ddof)
    for bias in (True, False):
        assert state.skew(bias=bias) == nf.skew(x, bias=bias)
        for fisher in (True, False):
            assert state.kurtosis(bias=bias, fisher=fisher) == nf.kurtosis(x, bias=bias, fisher=fisher)
    np.testing.assert_array_equal(state.result(), nf.moments(x))


def test_the_bytes_of_a_named_state_are_those_of_the_partial():
    for named, name in ((nf.Sum, "sum"), (nf.MinMax, "minmax"), (nf.Moments, "moments")):
        state, partial = named("float32"), nf.Partial(name, "float32")
        for each in (state, partial):
            each.push(X.astype("f4"))
        assert state.to_bytes() == partial.to_bytes()
        again = named.from_bytes(memoryview(partial.to_bytes()))
        np.testing.assert_array_equal(again.result(), partial.result())
        again.merge(again)
        assert again.count == 2 * X.size


def test_correlations_and_ddof_are_those_of_the_functions():
    state = nf.Cov(4)
    state.push(TABLE)
    np.testing.assert_array_equal(state.corrcoef(), nf.corrcoef(TABLE))
    np.testing.assert_array_equal(state.result(ddof=0), nf.cov(TABLE, ddof=0))
    assert state.variables == 4


def test_a_histogram_adds_weights_exactly():
    weights = np.random.default_rng(5).normal(size=X.shape) * 10.0 ** (np.arange(X.size).reshape(X.shape) % 30)
    expected, edges = nf.histogram(X, 7, (-1.0, 1.0), weights=weights)
    left, right = nf.Histogram(7, (-1.0, 1.0)), nf.Histogram(7, (-1.0, 1.0))
    flat, flat_weights = X.ravel(), weights.ravel()
    left.push(flat[:100], flat_weights[:100])
    right.push(flat[100:], weights=flat_weights[100:])
    right.merge(nf.Histogram.from_bytes(left.to_bytes()))
    sums, own = right.result()
    np.testing.assert_array_equal(sums, expected)
    np.testing.assert_array_equal(own, edges)
    assert right.count == X.size and sums.dtype == np.float64
    again = nf.Histogram.from_bytes(right.to_bytes())
    again.push([0.0, 0.0])  # each counts 1
    plain = nf.Histogram(7, (-1.0, 1.0))
    plain.merge(again)
    assert plain.to_bytes() == again.to_bytes() and plain.count == X.size + 2
    assert plain.result()[0].tolist() == nf.histogram(np.append(flat, [0.0, 0.0]), 7, (-1.0, 1.0), weights=np.append(flat_weights, [1.0, 1.0]))[0].tolist()
    with pytest.raises(nf.NearfoldError) as caught:
        plain.push([1.0, 2.0], [1.0])
    assert caught.value.code == "shape_mismatch"
    for end in range(0, len(again.to_bytes()), 41):
        with pytest.raises(nf.NearfoldError):
            nf.Histogram.from_bytes(again.to_bytes()[:end])


def test_a_histogram_tells_what_lay_outside():
    state = nf.Histogram(2, (0.0, 1.0))
    state.push([-1, -2, 0, 1, 5])
    state.push(np.array([math.nan, math.inf], "f4"))
    assert (state.below, state.above, state.nan, state.count) == (2, 2, 1, 7)
    assert state.result()[0].tolist() == [1, 1]


def test_quantiles_take_methods_and_lists_until_they_are_sketched():
    state = nf.Quantiles(4096)
    assert state.limit == 4096
    state.push(X[:4096])
    for method in ["linear", "hazen", "nearest", "averaged_inverted_cdf"]:
        np.testing.assert_array_equal(state.result([0.1, 0.5], method=method), nf.quantile(X[:4096], [0.1, 0.5], method=method))
    state.push(X[4096:])
    assert not state.is_exact and 0 < state.rank_error < 0.01
    ranks = np.searchsorted(np.sort(X), state.result(np.linspace(0, 1, 101))) / len(X)
    assert np.abs(ranks - np.linspace(0, 1, 101)).max() < 2 * state.rank_error
    assert (state.result(0), state.result(1)) == (X.min(), X.max())
    state.push(math.nan)
    assert math.isnan(state.result())


def moments_of(x):
    state = nf.Moments()
    state.push(x)
    return state


@pytest.mark.parametrize("call", [lambda: nf.Sum().merge(nf.MinMax()), lambda: nf.Sum().merge(nf.Partial("sum")), lambda: nf.Sum(8), lambda: nf.Moments().var(1)])
def test_another_class_is_a_type_error(call):
    with pytest.raises(TypeError):
        call()


@pytest.mark.parametrize(
    ("code", "call"),
    [
        ("unknown_name", lambda: nf.Sum("float99")),
        ("unsupported_dtype", lambda: nf.Moments("complex128")),
        ("unsupported_dtype", lambda: nf.Sum().push(np.float32([1]))),
        ("bad_parameter", lambda: nf.Sum().merge(nf.Sum("float32"))),
        ("empty", lambda: nf.MinMax().result()),
        ("empty", lambda: nf.Moments().result()),
        ("empty", lambda: nf.Moments().std()),
        ("bad_parameter", lambda: moments_of([1.0, 2.0]).var(ddof=2)),
        ("corrupt", lambda: nf.Sum.from_bytes(nf.MinMax().to_bytes())),
        ("corrupt", lambda: nf.Sum.from_bytes(nf.Partial("sum", initial=1.0).to_bytes())),
        ("corrupt", lambda: nf.Moments.from_bytes(nf.Partial("nanmoments").to_bytes())),
        ("corrupt", lambda: nf.Moments.from_bytes(nf.Moments().to_bytes()[:-1])),
        ("bad_parameter", lambda: nf.Cov(0)),
        ("bad_parameter", lambda: nf.Cov(-1)),
        ("shape_mismatch", lambda: nf.Cov(2).push([1.0, 2.0])),
        ("empty", lambda: nf.Cov(2).result()),
        ("bad_parameter", lambda: nf.Cov(2).merge(nf.Cov(3))),
        ("bad_parameter", lambda: nf.Histogram(3)),
        ("bad_parameter", lambda: nf.Histogram([0.0, 1.0], (0.0, 1.0))),
        ("bad_parameter", lambda: nf.Histogram([1.0, 0.0])),
        ("bad_parameter", lambda: nf.Histogram(3, (1.0, 1.0))),
        ("bad_parameter", lambda: nf.Histogram(2, (0, 1)).merge(nf.Histogram(3, (0, 1)))),
        ("bad_parameter", lambda: nf.Quantiles(1)),
        ("empty", lambda: nf.Quantiles().result()),
        ("unsupported_dtype", lambda: nf.Quantiles().push([1j])),
        ("unknown_name", lambda: nf.Quantiles().result(method="best")),
        ("corrupt", lambda: nf.Cov.from_bytes(b"no")),
        ("corrupt", lambda: nf.Histogram.from_bytes(nf.Cov(1).to_bytes())),
        ("corrupt", lambda: nf.Quantiles.from_bytes(nf.Quantiles().to_bytes()[:-1])),
    ],
)
def test_a_wrong_call_is_an_error_with_a_code(code, call):
    with pytest.raises(nf.NearfoldError) as caught:
        call()
    assert caught.value.code == code


def test_the_number_of_threads_is_asked_for_and_does_not_show():
    x = RNG.standard_normal(1_500_000)
    names = "sum mean var std norm min max".split()
    try:
        assert nf.threads(1) == nf.threads() == 1
        alone = [getattr(nf, name)(x) for name in names] + [nf.dot(x, x[::-1])]
        nf.threads(0)
        assert [getattr(nf, name)(x) for name in names] + [nf.dot(x, x[::-1])] == alone
    finally:
        nf.threads(0)
    assert alone[0] == math.fsum(x)


def test_the_pool_is_as_large_as_the_environment_says():
    code = "import nearfold as nf; print(nf.threads())"
    for size in ("1", "3"):
        done = subprocess.run([sys.executable, "-c", code], env={**os.environ, "RAYON_NUM_THREADS": size}, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == size


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_child_works_on_its_own():
    # In an interpreter of its own: pytest may have threads, which fork warns of.
    code = """
import array, os, nearfold as nf
x = array.array("d", [0.1]) * 1_000_000
total = nf.sum(x)
rows = memoryview(array.array("f", [i * i % 997 for i in range(8000)])).cast("B").cast("f", (1000, 8))
def made():
    index = nf.Index(8)
    index.add(rows)
    return index
index = made()
found = index.search(rows, k=3)[0]
child = os.fork()
if child == 0:
    nf.threads(0)
    again = made()
    same = nf.sum(x) == total and again.to_bytes() == index.to_bytes() and again.search(rows, k=3)[0].tolist() == found.tolist()
    os._exit(0 if same and nf.threads() == 1 else 1)
raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], timeout=60, check=True)


def test_a_percentile_without_q_is_the_median():
    state = nf.Partial("percentile")
    state.push([1.0, 2.0, 4.0])
    assert state.result() == 2.0
    assert nf.group("percentile", [1.0, 2.0, 4.0], [0, 0, 0]).tolist() == [2.0]
    codes = [0, 0, 1, 1]
    assert nf.group("quantile", [1.0, 2.0, 4.0, 8.0], codes, q=[0.0, 1.0]).tolist() == [[1.0, 4.0], [2.0, 8.0]]
    assert nf.group("percentile", [1, 2, 4, 8], codes, q=100, method="lower").tolist() == [2, 8]


def test_other_threads_run_while_a_long_piece_is_pushed():
    state, x = nf.Partial("median"), np.random.default_rng(1).standard_normal(4_000_000)
    ticks, done = [], threading.Event()

    def tick():
        while not done.is_set():
            ticks.append(None)
            time.sleep(0.001)

    thread = threading.Thread(target=tick)
    thread.start()
    state.push(x)
    before = len(ticks)
    median = state.result()
    during = len(ticks) - before
    done.set()
    thread.join()
    assert median == np.median(x)
    assert during > 1


def test_an_empty_list_may_be_pushed_to_any_state():
    state = nf.Sum("int64")
    state.push([])
    state.push([1, 2])
    assert (state.count, state.result()) == (2, 3)
