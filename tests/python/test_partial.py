"""Does a reduction in pieces give the bits of one in a whole?"""

import pickle
import threading

import nearfold as nf
import numpy as np
import pytest

RNG = np.random.default_rng(11)
X = RNG.standard_normal(3001) * 10.0 ** RNG.integers(-30, 30, 3001)
MERGEABLE = "sum mean var std min max ptp norm argmin argmax minmax nansum nanmean skew kurtosis moments".split()


@pytest.mark.parametrize("name", MERGEABLE)
@pytest.mark.parametrize("cut", [0, 1, 1500, 3001])
def test_any_split_gives_the_bits_of_the_whole(name, cut):
    left, right = nf.Partial(name), nf.Partial(name)
    left.push(X[:cut])
    right.push(X[cut:])
    left.merge(pickle.loads(pickle.dumps(right)))
    np.testing.assert_array_equal(left.result(), getattr(nf, name)(X))
    assert (left.count, left.reduction, left.dtype) == (3001, name, "float64")
    assert nf.Partial.from_bytes(left.to_bytes()).to_bytes() == left.to_bytes()


def test_a_state_takes_the_keywords_of_its_function():
    state = nf.Partial("var", "float32", ddof=1)
    state.push(np.array([1, 2, 4], np.float32))
    assert state.result() == nf.var(np.array([1, 2, 4], np.float32), ddof=1)


def test_a_state_merged_with_itself_counts_twice():
    state = nf.Partial("sum")
    state.push([1.0, 2.0])
    state.merge(state)
    assert (state.result(), state.count) == (6.0, 4)


def test_threads_may_push_to_one_state():
    state = nf.Partial("sum")
    threads = [threading.Thread(target=lambda: [state.push(X) for _ in range(20)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert state.count == 80 * len(X)
    assert state.result() == nf.sum(np.tile(X, 80))


@pytest.mark.parametrize(
    ("code", "call"),
    [
        ("unknown_name", lambda: nf.Partial("summe")),
        ("unsupported_dtype", lambda: nf.Partial("sum", "float32").push(X)),
        ("bad_parameter", lambda: nf.Partial("sum").merge(nf.Partial("mean"))),
        ("empty", lambda: nf.Partial("min").result()),
        ("corrupt", lambda: nf.Partial.from_bytes(b"no")),
        ("corrupt", lambda: nf.Partial.from_bytes(nf.Partial("sum").to_bytes()[:-1])),
        ("corrupt", lambda: nf.Partial.from_bytes(nf.Partial("sum").to_bytes().replace(b"sum", b"sun"))),
        ("corrupt", lambda: nf.Partial.from_bytes(nf.Partial("sum").to_bytes().replace(b"float64", b"float65"))),
    ],
)
def test_a_wrong_call_is_an_error_with_a_code(code, call):
    with pytest.raises(nf.NearfoldError) as caught:
        call()
    assert caught.value.code == code
