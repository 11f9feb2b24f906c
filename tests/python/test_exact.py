"""Is every float reduction the exact value, rounded once? Compared with rational arithmetic of Python's own."""

import math
from fractions import Fraction

import nearfold as nf
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

FLOATS = {
    "f8": st.floats(allow_nan=False, allow_infinity=False) | st.floats(-2, 2) | st.sampled_from([1e16, 1.0, -1e16, 5e-324]),
    "f4": st.floats(width=32, allow_nan=False, allow_infinity=False) | st.floats(-2, 2, width=32),
    "f2": st.floats(width=16, allow_nan=False, allow_infinity=False),
}


@st.composite
def arrays(draw, least=1, rows=1):
    dtype = draw(st.sampled_from(list(FLOATS)))
    n = draw(st.integers(least, 12))
    x = [draw(st.lists(FLOATS[dtype], min_size=n, max_size=n)) for _ in range(rows)]
    return np.array(x if rows > 1 else x[0], dtype)


def rationals(x):
    return [Fraction(float(value)) for value in x]


def root(value):
    """A rational that rounds as the root of `value` does: 200 bits of it, and whether there is more."""
    shift = max(0, 200 - value.numerator.bit_length() + value.denominator.bit_length() + 3000) & ~1
    whole, rest = divmod(value.numerator << (2 * shift), value.denominator)
    floor = math.isqrt(whole)
    sticky = rest != 0 or floor * floor != whole
    return Fraction(2 * floor + sticky, 2 << shift)


def rounded(value, dtype):
    """The nearest float, ties to even; infinite beyond the largest."""
    info = np.finfo(dtype)
    bits, low = info.nmant + 1, info.minexp - info.nmant
    size, sign = abs(value), -1 if value < 0 else 1
    if size == 0:
        return 0.0
    exponent = max(size.numerator.bit_length() - size.denominator.bit_length() - bits - 1, low)
    while size / Fraction(2) ** exponent >= 2**bits:
        exponent += 1
    significand = round(size / Fraction(2) ** exponent)  # half to even
    result = Fraction(significand) * Fraction(2) ** exponent
    return sign * (math.inf if result > Fraction(float(info.max)) else float(result))


def same(got, expected):
    return (math.isnan(got) and math.isnan(expected)) or got == expected


def central(x, k):
    mean = sum(x) / len(x)
    return sum((value - mean) ** k for value in x) / len(x)


def skew(x):
    m2, m3 = central(x, 2), central(x, 3)
    return None if m2 == 0 else (-1 if m3 < 0 else 1) * root(m3**2 / m2**3)


def kurtosis(x):
    m2 = central(x, 2)
    return None if m2 == 0 else central(x, 4) / m2**2 - 3


TRUTHS = {
    "sum": sum,
    "mean": lambda x: sum(x) / len(x),
    "var": lambda x: central(x, 2),
    "std": lambda x: root(central(x, 2)),
    "norm": lambda x: root(sum(value * value for value in x)),
    "skew": skew,
    "kurtosis": kurtosis,
    "median": lambda x: (sorted(x)[(len(x) - 1) // 2] + sorted(x)[len(x) // 2]) / 2,
    "ptp": lambda x: max(x) - min(x),
}


def deterministic(examples):
    return settings(derandomize=True, deadline=None, database=None, max_examples=examples)


def expect(truth, dtype):
    return math.nan if truth is None else rounded(truth, dtype)


@pytest.mark.parametrize("name", TRUTHS)
@deterministic(150)
@given(arrays())
def test_a_reduction_is_the_exact_value_rounded_once(name, x):
    expected = expect(TRUTHS[name](rationals(x)), x.dtype)
    assert same(getattr(nf, name)(x), expected), (x, expected)
    # Its twin, among NaN; as the column of a matrix; and as a group.
    spread = np.insert(np.repeat(x, 2), [0], math.nan)
    spread[2::2] = math.nan
    if name not in ("norm", "ptp"):
        assert same(getattr(nf, "nan" + name)(spread), expected), (x, expected)
    columns = np.stack([x[::-1], x], axis=1)
    assert all(same(float(got), expected) for got in getattr(nf, name)(columns, axis=0))


@pytest.mark.parametrize("name", ["sum", "mean", "var", "std", "norm", "skew", "kurtosis", "median"])
@deterministic(100)
@given(arrays(), st.integers(0, 12))
def test_merged_and_grouped_reductions_are_exact(name, x, cut):
    expected = expect(TRUTHS[name](rationals(x)), x.dtype)
    left, right = (nf.Partial(name, x.dtype.name) for _ in range(2))
    left.push(x[:cut])
    right.push(x[cut:])
    right.merge(nf.Partial.from_bytes(left.to_bytes()))
    assert same(right.result(), expected)
    both = np.append(x, x[::-1])
    codes = np.repeat([1, 0], len(x))
    assert all(same(float(got), expected) for got in nf.group(name, both, codes, 2))
    if name != "norm":
        twin = nf.Partial("nan" + name, x.dtype.name)
        twin.push(np.array([math.nan], x.dtype))
        twin.push(x)
        assert same(twin.result(), expected)
        assert same(float(nf.group("nan" + name, np.append(x, np.array([math.nan], x.dtype)), [0] * (len(x) + 1))[0]), expected)


@deterministic(100)
@given(arrays(rows=2), arrays(rows=2))
def test_pairs_along_an_axis_are_exact(x, y):
    n, dtype = min(x.shape[1], y.shape[1]), np.promote_types(x.dtype, y.dtype)
    x, y = x[:, :n], y[:, :n]
    rows = [(rationals(a), rationals(b)) for a, b in zip(x, y)]
    for axis, (a, b) in ((1, (x, y)), (0, (x.T, y.T))):
        for i, (u, v) in enumerate(rows):
            dot = sum(map(lambda p, q: p * q, u, v))
            assert same(float(nf.vecdot(a, b, axis=axis)[i]), rounded(dot, dtype))
            xx, yy = (sum(value * value for value in z) for z in (u, v))
            cosine = None if xx * yy == 0 else (-1 if dot < 0 else 1) * root(dot**2 / (xx * yy))
            assert same(float(nf.cosine(a, b, axis=axis)[i]), expect(cosine, dtype))
            if all(sum(w) for _, w in rows):
                assert same(float(nf.average(a, axis, b)[i]), rounded(dot / sum(v), dtype))


@deterministic(150)
@given(arrays(least=3), st.sampled_from([1, 2, 0.5, -3.25]))
def test_variances_are_exact_for_every_ddof(x, ddof):
    numbers = rationals(x)
    var = central(numbers, 2) * len(x) / (len(x) - Fraction(ddof))
    assert same(nf.var(x, ddof=ddof), rounded(var, x.dtype))
    assert same(nf.std(x, ddof=ddof), rounded(root(var), x.dtype))


@deterministic(150)
@given(arrays())
def test_moments_are_exact(x):
    numbers = rationals(x)
    expected = [sum(numbers) / len(x), *(central(numbers, k) for k in (2, 3, 4))]
    expected = [rounded(value, x.dtype) for value in expected]
    left, right = nf.Moments(x.dtype), nf.Moments(x.dtype)
    left.push(x[:3])
    right.push(x[3:])
    left.merge(right)
    spread = np.insert(np.repeat(x, 2), [0], math.nan)
    spread[2::2] = math.nan
    both, codes = np.append(x, x[::-1]), np.repeat([1, 0], len(x))
    for got in (
        nf.moments(x),
        nf.moments(np.stack([x[::-1], x], axis=1), axis=0)[:, 1],
        nf.moments(spread, where=~np.isnan(spread)),
        nf.nanmoments(spread),
        nf.group("moments", both, codes, 2)[:, 0],
        left.result(),
    ):
        assert all(same(float(a), b) for a, b in zip(got, expected, strict=True)), (x, got)
    assert same(left.mean(), expected[0]) and same(left.var(), expected[1])
    assert same(left.std(), rounded(root(central(numbers, 2)), x.dtype))
    assert same(left.skew(), expect(skew(numbers), x.dtype)) and same(left.kurtosis(), expect(kurtosis(numbers), x.dtype))
    if len(x) > 3:
        assert same(left.var(ddof=2.5), nf.var(x, ddof=2.5)) and same(left.skew(bias=False), nf.skew(x, bias=False))


@pytest.mark.parametrize("name", [name for name in TRUTHS if name != "ptp"])
@deterministic(80)
@given(arrays(), st.lists(st.booleans(), min_size=12, max_size=12))
def test_what_a_mask_chooses_is_exact(name, x, mask):
    mask = np.array(mask[: len(x)])
    chosen = rationals(x[mask])
    if not chosen:
        return
    expected = expect(TRUTHS[name](chosen), x.dtype)
    reduction = getattr(nf, name)
    assert same(reduction(x, where=mask), expected)
    assert same(float(reduction(np.stack([x, x]), axis=1, where=mask)[1]), expected)
    assert same(float(reduction(np.stack([x, x], axis=1), axis=0, where=mask[:, None], keepdims=True)[0, 0]), expected)


@pytest.mark.parametrize("name", ["sum", "mean", "var", "std"])
@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
@deterministic(80)
@given(arrays())
def test_another_type_of_the_result_is_rounded_to_once(name, dtype, x):
    expected = rounded(TRUTHS[name](rationals(x)), dtype)
    assert same(getattr(nf, name)(x, dtype=dtype), expected)
    assert same(getattr(nf, "nan" + name)(np.append(x, np.array([math.nan], x.dtype)), dtype=dtype), expected)
    assert same(float(getattr(nf, name)(np.stack([x] * 9, axis=1), axis=0, dtype=dtype)[8]), expected)


@pytest.mark.parametrize("name", ["skew", "kurtosis"])
@deterministic(80)
@given(arrays(least=4))
def test_skewness_and_kurtosis_without_bias_are_exact(name, x):
    n, numbers = len(x), rationals(x)
    m2, m3, m4 = (central(numbers, k) for k in (2, 3, 4))
    if name == "skew":
        value = None if m2 == 0 else (-1 if m3 < 0 else 1) * root(m3**2 / m2**3 * n * (n - 1) / (n - 2) ** 2)
        assert same(nf.skew(x, bias=False), expect(value, x.dtype))
        return
    for fisher, shift in ((True, 0), (False, 3)):
        value = None if m2 == 0 else Fraction(n - 1, (n - 2) * (n - 3)) * ((n + 1) * m4 / m2**2 - 3 * (n - 1)) + shift
        assert same(nf.kurtosis(x, bias=False, fisher=fisher), expect(value, x.dtype))


@deterministic(150)
@given(arrays(rows=2))
def test_pairs_of_arrays_are_exact(pair):
    x, y = pair
    a, b = rationals(x), rationals(y)
    dot = sum(map(lambda u, v: u * v, a, b))
    assert same(nf.dot(x, y), rounded(dot, x.dtype))
    assert same(float(nf.vecdot(x, y)), rounded(dot, x.dtype))
    xx, yy = (sum(value * value for value in z) for z in (a, b))
    cosine = None if xx * yy == 0 else (-1 if dot < 0 else 1) * root(dot**2 / (xx * yy))
    assert same(nf.cosine(x, y), expect(cosine, x.dtype))
    if sum(b) != 0:
        assert same(nf.average(x, weights=y), rounded(dot / sum(b), x.dtype))


@deterministic(100)
@given(arrays(least=2, rows=2))
def test_covariances_and_correlations_are_exact(table):
    a, b = (rationals(row) for row in table)
    n = len(a)
    means = sum(a) / n, sum(b) / n
    cross = sum((u - means[0]) * (v - means[1]) for u, v in zip(a, b))
    own = [central(row, 2) * n for row in (a, b)]
    assert same(nf.cov(table)[0, 1], rounded(cross / (n - 1), "f8"))
    assert same(nf.cov(table)[1, 1], rounded(own[1] / (n - 1), "f8"))
    r = None if own[0] * own[1] == 0 else (-1 if cross < 0 else 1) * root(cross**2 / (own[0] * own[1]))
    assert same(nf.corrcoef(table)[1, 0], expect(r, "f8"))
    state = nf.Cov(2)
    state.push(table[:, :1])
    state.push(table[:, 1:])
    np.testing.assert_array_equal(state.result(), nf.cov(table))


@deterministic(150)
@given(arrays())
def test_running_sums_stay_within_their_bound(x):
    numbers, total, sizes = rationals(x), Fraction(0), Fraction(0)
    for i, got in enumerate(nf.cumsum(x.astype("f8"))):
        total, sizes = total + numbers[i], sizes + abs(numbers[i])
        if not math.isfinite(got) or not math.isfinite(expect(sizes, "f8")):
            break
        # docs/NUMERICS.md: n² 2⁻¹⁰⁶ Σ|x| before the last rounding.
        slack = (i + 1) ** 2 * sizes / 2**106 + Fraction(math.ulp(float(got))) / 2
        assert abs(Fraction(float(got)) - total) <= slack


@deterministic(150)
@given(arrays(), st.lists(st.integers(0, 2), min_size=12, max_size=12))
def test_groups_and_weighted_counts_are_exact(x, codes):
    codes = np.array(codes[: len(x)])
    for name in ("sum", "mean", "var"):
        got = nf.group(name, x, codes, 3)
        for code in range(3):
            mine = rationals(x[codes == code])
            if mine:
                assert same(float(got[code]), rounded(TRUTHS[name](mine), x.dtype))
    # The weights sum up to float64 whatever their type, as NumPy's do.
    counts = nf.bincount(codes, weights=x, minlength=3)
    for code in range(3):
        assert same(float(counts[code]), rounded(Fraction(sum(rationals(x[codes == code]))), "f8"))


@pytest.mark.parametrize("dtype", ["f8", "f4", "f2"])
@pytest.mark.parametrize("n", [1, 7, 8, 9, 100, 1024, 1500])
def test_products_do_not_depend_on_the_pieces_nor_overflow_on_the_way(dtype, n):
    rng = np.random.default_rng(n)
    x = (rng.normal(size=n) * 2.0 ** rng.integers(-10, 10, n)).astype(dtype)
    x[x == 0] = 1
    x[n // 2] = np.finfo(dtype).smallest_subnormal
    # What is left of it is an ordinary number.
    whole = math.prod(rationals(x))
    for _ in range(2 * n):
        if 2**-8 < abs(whole) < 2**8:
            break
        factor = np.array(2.0 ** (-10 if abs(whole) > 1 else 10), dtype)
        x, whole = np.append(x, factor), whole * Fraction(float(factor))
    assert nf.prod(x) == rounded(whole, dtype)
    pieces, cut = nf.Partial("prod", dtype=x.dtype.name), 0
    while cut < x.size:
        length = int(rng.integers(1, 40))
        pieces.push(x[cut : cut + length])
        pieces = nf.Partial.from_bytes(pieces.to_bytes())
        cut += length
    assert pieces.result() == nf.prod(x)
