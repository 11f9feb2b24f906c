"""Do certified sets, sums that cancel, tuples of axes and merged states reach the exact value, through Python?"""

import itertools
import json
import math
import pickle
import random
from fractions import Fraction
from pathlib import Path

import nearfold as nf
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_exact import FLOATS, central, deterministic, expect, rationals, root, rounded, same

NIST = json.loads((Path(__file__).parents[1] / "vectors/nist/univariate.json").read_text())
SETS = {each["name"]: (each["mean"], each["std"], [float(text) for text in each["data"].split()]) for each in NIST["sets"]}
for name, middle, low, high in (
    ("NumAcc2", 1.2, 1.1, 1.3),
    ("NumAcc3", 1000000.2, 1000000.1, 1000000.3),
    ("NumAcc4", 10000000.2, 10000000.1, 10000000.3),
):
    SETS[name] = str(middle), "0.1", [middle, *[low, high] * 500]

# Digits of the mean and of the deviation that exact arithmetic on the doubles nearest to the decimal data gives,
# less a tenth of a digit.
ATTAINABLE = {
    "Lew": (14.9, 14.9),
    "Lottery": (14.9, 14.9),
    "Mavro": (14.9, 13.0),
    "NumAcc1": (17.0, 17.0),
    "NumAcc2": (14.9, 14.9),
    "NumAcc3": (14.9, 9.4),
    "NumAcc4": (14.9, 8.2),
}


def digits(got, certified):
    """NIST's LRE: how many digits are right."""
    return 17.0 if got == certified else -math.log10(abs((got - certified) / certified))


def of(name, chunks, **options):
    """The reduction of chunks, merged from the last to the first, each through its bytes."""
    whole = nf.Partial(name, chunks[0].dtype, **options)
    for chunk in reversed(chunks):
        state = nf.Partial(name, chunk.dtype, **options)
        state.push(chunk)
        whole.merge(nf.Partial.from_bytes(state.to_bytes()))
    return whole.result()


@pytest.mark.parametrize("name", ATTAINABLE)
def test_the_certified_sets_of_nist_reach_what_doubles_can(name):
    mean, std, data = SETS[name]
    x, numbers = np.array(data), rationals(data)
    got, spread = nf.mean(x), nf.std(x, ddof=1)
    assert digits(got, float(mean)) >= ATTAINABLE[name][0]
    assert digits(spread, float(std)) >= ATTAINABLE[name][1]
    # And no double is nearer to the mean and the deviation of these doubles, by whatever way.
    n, both, codes = len(x), np.append(x, x[::-1]), np.repeat([1, 0], len(x))
    expected = rounded(sum(numbers) / n, "f8"), rounded(root(central(numbers, 2) * n / (n - 1)), "f8")
    chunks = np.array_split(x, 3)
    for pair in (
        (got, spread),
        (nf.mean(data), nf.std(data, ddof=1)),
        (of("mean", chunks), of("std", chunks, ddof=1)),
        (nf.group("mean", both, codes)[0], nf.group("std", both, codes, ddof=1)[0]),
        (nf.mean(np.stack([x, x], axis=1), axis=0)[1], nf.std(np.stack([x, x], axis=1), axis=0, ddof=1)[1]),
    ):
        assert pair == expected


@pytest.mark.parametrize("name", ATTAINABLE)
def test_their_autocorrelations_are_exact_too(name):
    """NIST's r₁ is the dot of the deviations over their square; here of doubles, so against these doubles."""
    x = np.array(SETS[name][2])
    centred = x - nf.mean(x)
    a = rationals(centred)
    assert nf.dot(centred[:-1], centred[1:]) == rounded(sum(map(lambda u, v: u * v, a[:-1], a[1:])), "f8")
    assert nf.norm(centred) == rounded(root(sum(u * u for u in a)), "f8")


def ill_conditioned(n, log10):
    """Two vectors whose inner product has about this condition number.

    Reference: T. Ogita, S. M. Rump, S. Oishi, Accurate sum and dot product, SIAM J. Sci. Comput. 26 (2005), algorithm 6.1.
    """
    draw = random.Random(1000 * log10 + n)
    half = int(log10 * math.log2(10) / 2)
    exponents = [half + 1, 0, *(draw.randint(0, half) for _ in range(n // 2 - 2))]
    x = [draw.uniform(-1, 1) * 2.0**e for e in exponents]
    y = [draw.uniform(-1, 1) * 2.0**e for e in exponents]
    total = sum(Fraction(a) * Fraction(b) for a, b in zip(x, y))
    rest = n - len(x)
    for i in range(rest):
        exponent = half - half * i // (rest - 1)
        a, goal = draw.uniform(-1, 1) * 2.0**exponent, draw.uniform(-1, 1) * 2.0**exponent
        b = float((Fraction(goal) - total) / Fraction(a))
        total += Fraction(a) * Fraction(b)
        x.append(a)
        y.append(b)
    order = draw.sample(range(n), n)  # the largest are not at the front then
    return np.array(x)[order], np.array(y)[order]


def split(a, b):
    """The product of two doubles as two: algorithm 3.3 there, in rationals."""
    high = a * b
    return high, float(Fraction(a) * Fraction(b) - Fraction(high))


@pytest.mark.parametrize("n", [20, 101, 1200])
@pytest.mark.parametrize("log10", [8, 16, 32, 64, 100])
def test_ill_conditioned_sums_and_products_are_rounded_once(log10, n):
    x, y = ill_conditioned(n, log10)
    a, b = rationals(x), rationals(y)
    products = [u * v for u, v in zip(a, b)]
    dot = sum(products)
    # It is as hard as was wanted, within three digits.
    condition = 2 * sum(map(abs, products)) / abs(dot)
    assert Fraction(10) ** (log10 - 3) < condition < Fraction(10) ** (log10 + 6)
    expected = rounded(dot, "f8")
    columns = np.stack([x, x[::-1]], axis=1), np.stack([y, y[::-1]], axis=1)
    assert nf.dot(x, y) == nf.dot(y[::-1], x[::-1]) == expected
    assert list(nf.vecdot(*columns, axis=0)) == [expected] * 2
    assert nf.average(x, weights=y) == rounded(dot / sum(b), "f8")
    assert nf.norm(x) == rounded(root(sum(u * u for u in a)), "f8")
    assert nf.cosine(x, y) == rounded((-1 if dot < 0 else 1) * root(dot**2 / (sum(u * u for u in a) * sum(v * v for v in b))), "f8")
    means = sum(a) / n, sum(b) / n
    covariance = rounded((dot - n * means[0] * means[1]) / (n - 1), "f8")
    state = nf.Cov(2)
    for cut in np.array_split(np.stack([x, y]), 3, axis=1):
        other = nf.Cov(2)
        other.push(cut)
        state.merge(pickle.loads(pickle.dumps(other)))
    assert float(nf.cov(x, y)[0, 1]) == float(state.result()[1, 0]) == covariance

    # The same as a sum of twice as many.
    terms = np.array([half for u, v in zip(x.tolist(), y.tolist()) for half in split(u, v)])
    assert sum(rationals(terms)) == dot
    mean = rounded(dot / len(terms), "f8")
    chunks, codes = np.array_split(terms, 7), np.arange(2 * len(terms)) % 2
    twice = np.repeat(terms, 2)
    holes = np.where(codes == 0, twice, math.nan)
    for name, value in (("sum", expected), ("mean", mean)):
        reduction, twin = getattr(nf, name), getattr(nf, "nan" + name)
        assert reduction(terms) == reduction(terms[::-1]) == twin(holes) == of(name, chunks) == value
        assert reduction(twice, where=codes == 1) == nf.group(name, twice, codes)[1] == value
        assert list(reduction(np.stack([terms, terms[::-1]], axis=1), axis=0)) == [value] * 2
    variance = central(rationals(terms), 2)
    assert nf.var(terms) == of("var", chunks) == nf.nanvar(holes) == rounded(variance, "f8")
    assert nf.std(terms) == of("std", chunks) == nf.nanstd(holes) == rounded(root(variance), "f8")


TRUTHS = {
    "sum": lambda x, ddof: sum(x, Fraction(0)),
    "mean": lambda x, ddof: sum(x) / len(x),
    "var": lambda x, ddof: central(x, 2) * len(x) / (len(x) - ddof),
    "std": lambda x, ddof: root(central(x, 2) * len(x) / (len(x) - ddof)),
    "norm": lambda x, ddof: root(sum(value * value for value in x)),
}
AXES = [0, 1, 2, (0, 1), (-1, 0), (1, 2), None]


@st.composite
def cubes(draw):
    dtype = draw(st.sampled_from(list(FLOATS)))
    x = np.array(draw(st.lists(FLOATS[dtype], min_size=24, max_size=24)), dtype).reshape(2, 3, 4)
    layout = draw(st.sampled_from([np.ascontiguousarray, np.asfortranarray, lambda x: x[::-1, :, ::-1]]))
    return layout(x)


def lanes(x, axis):
    """Pairs of a place in the result, axes kept, and the elements that go there."""
    axes = {0, 1, 2} if axis is None else {a % 3 for a in (axis if isinstance(axis, tuple) else (axis,))}
    kept = [range(1) if i in axes else range(n) for i, n in enumerate(x.shape)]
    for place in itertools.product(*kept):
        yield place, x[tuple(slice(None) if i in axes else place[i] for i in range(3))].ravel()


@pytest.mark.parametrize("name", TRUTHS)
@deterministic(60)
@given(cubes(), st.sampled_from(AXES), st.sets(st.integers(0, 23), max_size=9), st.sampled_from([0, 0.5, 1]))
def test_every_axis_and_tuple_of_axes_is_exact_and_so_is_the_twin(name, x, axis, holes, ddof):
    options = {"ddof": ddof} if name in ("var", "std") else {}
    got = getattr(nf, name)(x, axis=axis, keepdims=True, **options)
    for place, lane in lanes(x, axis):
        assert same(float(got[place]), rounded(TRUTHS[name](rationals(lane), Fraction(ddof)), x.dtype))
    if name == "norm":
        return
    # With NaN, which the twin skips; a lane has to have more numbers than ddof.
    y = np.ascontiguousarray(x)
    y.reshape(-1)[list(holes)] = math.nan
    if any(np.count_nonzero(~np.isnan(lane)) <= 1 for _, lane in lanes(y, axis)):
        return
    got = getattr(nf, "nan" + name)(y, axis=axis, keepdims=True, **options)
    masked = getattr(nf, name)(y, axis=axis, where=~np.isnan(y), keepdims=True, **options)
    for place, lane in lanes(y, axis):
        expected = rounded(TRUTHS[name](rationals(lane[~np.isnan(lane)]), Fraction(ddof)), x.dtype)
        assert same(float(got[place]), expected) and same(float(masked[place]), expected)


@deterministic(60)
@given(cubes(), cubes(), st.sampled_from(AXES))
def test_weighted_means_over_every_axis_are_exact(x, w, axis):
    if any(sum(rationals(lane)) == 0 for _, lane in lanes(w, axis)):
        return
    got = nf.average(x, axis, w, keepdims=True)
    dtype = np.promote_types(x.dtype, w.dtype)
    for (place, lane), (_, weights) in zip(lanes(x, axis), lanes(w, axis)):
        a, b = rationals(lane), rationals(weights)
        assert same(float(got[place]), rounded(sum(map(lambda u, v: u * v, a, b)) / sum(b), dtype))


@pytest.mark.parametrize("name", ["var", "std"])
@deterministic(60)
@given(cubes(), st.sampled_from([1, 0.5, -3.25]), st.lists(st.integers(0, 2), min_size=24, max_size=24))
def test_merged_and_grouped_variances_are_exact_for_every_ddof(name, x, ddof, codes):
    x, codes = x.ravel(), np.array([*codes[:18], 0, 0, 1, 1, 2, 2])  # two of each, at least
    numbers = rationals(x)
    assert same(of(name, np.split(x, [1, 9, 9]), ddof=ddof), rounded(TRUTHS[name](numbers, Fraction(ddof)), x.dtype))
    spread = np.insert(x, [0, 5], math.nan)
    assert same(of("nan" + name, np.split(spread, [6]), ddof=ddof), rounded(TRUTHS[name](numbers, Fraction(ddof)), x.dtype))
    for name_of, y, c in ((name, x, codes), ("nan" + name, spread, np.insert(codes, [0, 5], 1))):
        got = nf.group(name_of, y, c, ddof=ddof)
        for code in range(3):
            mine = rationals(x[codes == code])
            assert same(float(got[code]), rounded(TRUTHS[name](mine, Fraction(ddof)), x.dtype))


@deterministic(60)
@given(cubes(), st.permutations(range(3)), st.sampled_from([0, 1, 2.5]))
def test_merged_covariances_are_exact_in_every_order(x, order, ddof):
    table = x.reshape(3, 8)
    numbers = [rationals(row) for row in table]
    chunks = [table[:, :1], table[:, 1:5], table[:, 5:]]
    states = []
    for i in order:
        states.append(nf.Cov(3))
        states[-1].push(chunks[i])
    states[1].merge(states[2])
    states[0].merge(nf.Cov.from_bytes(states[1].to_bytes()))
    got, r = states[0].result(ddof=ddof), nf.corrcoef(table)
    means = [sum(row) / 8 for row in numbers]
    cross = [[sum((u - means[i]) * (v - means[j]) for u, v in zip(numbers[i], numbers[j])) for j in range(3)] for i in range(3)]
    for i, j in itertools.product(range(3), repeat=2):
        assert same(float(got[i, j]), rounded(cross[i][j] / (8 - Fraction(ddof)), "f8"))
        own = cross[i][i] * cross[j][j]
        value = None if own == 0 else (-1 if cross[i][j] < 0 else 1) * root(cross[i][j] ** 2 / own)
        assert same(float(r[i, j]), expect(value, "f8"))
