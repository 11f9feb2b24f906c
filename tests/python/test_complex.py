"""Do reductions of complex numbers give NumPy's values, each part of what is exact rounded once?"""

import math
from fractions import Fraction

import nearfold as nf
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from test_exact import FLOATS, deterministic, rationals, root, rounded, same
from test_numpy import numpy

NAMES = (
    "sum mean prod var std min max argmin argmax any all count_nonzero median "
    "nansum nanmean nanprod nanvar nanstd nanmin nanmax nanargmin nanargmax nanmedian"
).split()
# Where a lane has NaN, NumPy returns some NaN: which of the parts is one, it does not say.
PART = st.sampled_from([-2.0, -1.5, -0.0, 0.0, 0.5, 1.0, 3.0, 7.25])


@st.composite
def arrays(draw, nan=True):
    dtype = draw(st.sampled_from(["<c16", "<c8", ">c16", ">c8"]))
    shape = draw(hnp.array_shapes(max_dims=3, max_side=6))
    numbers = st.builds(complex, PART, PART)
    if nan:
        numbers |= st.sampled_from([complex(math.nan, 1), complex(2, math.nan)])
    x = draw(hnp.arrays(np.dtype(dtype).newbyteorder("="), shape, elements=numbers)).astype(dtype)
    x = np.asarray(x, order=draw(st.sampled_from("CF")))
    return x[tuple(slice(None, None, draw(st.sampled_from([1, -1, 2]))) for _ in shape)]


def assert_close(got, expected, tolerance=0.0):
    expected = np.asarray(expected)
    if not isinstance(got, np.ndarray):
        assert type(got) is {"c": complex, "f": float, "i": int, "b": bool}[expected.dtype.kind]
        got = np.asarray(got, expected.dtype)
    assert (got.shape, got.dtype) == (expected.shape, expected.dtype)
    wrong = np.isnan(expected)
    np.testing.assert_array_equal(np.isnan(got), wrong)
    np.testing.assert_allclose(got[~wrong], expected[~wrong], rtol=tolerance, atol=tolerance)


@deterministic(400)
@given(arrays(), st.sampled_from(NAMES), st.data())
def test_reductions_of_complex_numbers_are_numpys(x, name, data):
    options = {"axis": data.draw(st.none() | st.integers(-x.ndim, x.ndim - 1)), "keepdims": data.draw(st.booleans())}
    native = x.astype(x.dtype.newbyteorder("="))
    wide = native.astype("c16")  # NumPy rounds complex64 at every step
    if "arg" not in name and name not in ("median", "nanmedian") and data.draw(st.booleans()):
        options["where"] = data.draw(hnp.arrays(bool, x.shape))
        if name in ("min", "max", "nanmin", "nanmax"):
            options["initial"] = complex(100, 1) if "min" in name else complex(-100, 1)
        elif name not in ("sum", "nansum", "prod", "nanprod", "any", "all", "count_nonzero"):
            options["where"][...] |= ~options["where"].any(axis=options["axis"], keepdims=True)
    try:
        if name == "count_nonzero":
            expected = np.count_nonzero(np.logical_and(x, options.get("where", True)), axis=options["axis"], keepdims=options["keepdims"])
        else:
            expected = numpy(name, wide, **options)
    except ValueError:  # a lane of nothing but NaN
        with pytest.raises(nf.NearfoldError) as caught:
            getattr(nf, name)(x, **options)
        assert caught.value.code == "all_nan"
        return
    kind = np.asarray(expected).dtype.kind
    if kind in "cf":
        expected = np.asarray(expected).astype(native.dtype if kind == "c" else native.real.dtype)
    assert_close(getattr(nf, name)(x, **options), expected, 1e-6)


@deterministic(150)
@given(arrays(nan=False), st.data())
def test_running_and_paired_complex_numbers_are_numpys(x, data):
    wide = x.astype("c16")
    axis = data.draw(st.none() | st.integers(-x.ndim, x.ndim - 1))
    for name in ("cumsum", "cumprod"):
        expected = numpy(name, wide, axis=axis).astype(x.dtype.newbyteorder("="))
        assert_close(getattr(nf, name)(x, axis=axis), expected, 1e-6)
    y = data.draw(hnp.arrays("c16", x.shape, elements=st.builds(complex, PART, PART)))
    for other in (y, y.real.copy()):
        assert_close(nf.vecdot(x.astype("c16"), other), np.vecdot(wide, other), 1e-12)
        assert_close(nf.vecdot(other, wide), np.vecdot(other, wide), 1e-12)
        assert_close(nf.dot(wide.ravel(), other.ravel()), np.dot(wide.ravel(), other.ravel()), 1e-12)
        weights = np.abs(other) + 1 if other.dtype.kind == "f" else other + 20
        assert_close(nf.average(wide, axis, weights), np.average(wide, axis, weights), 1e-12)
        assert_close(nf.average(weights, axis, np.abs(wide) + 1), np.average(weights, axis, np.abs(wide) + 1), 1e-12)
    for ord in (0, 1, 2, math.inf, -math.inf):
        assert_close(nf.norm(x, ord=ord), np.linalg.norm(wide.ravel(), ord).astype(x.real.dtype.newbyteorder("=")), 1e-6)


@st.composite
def exact(draw, least=1, rows=1):
    width = draw(st.sampled_from(["f8", "f4"]))
    n = draw(st.integers(least, 8))
    z = np.array([draw(st.lists(FLOATS[width], min_size=2 * n, max_size=2 * n)) for _ in range(rows)], width)
    return z.view({"f8": "c16", "f4": "c8"}[width])[: rows if rows > 1 else 1]


def parts(z):
    return rationals(z.real), rationals(z.imag)


def is_rounded(got, re, im, dtype):
    return same(complex(got).real, rounded(re, dtype)) and same(complex(got).imag, rounded(im, dtype))


@deterministic(150)
@given(exact())
def test_sums_means_and_variances_of_complex_numbers_are_exact(rows):
    z = rows[0]
    re, im = parts(z)
    n, real = len(z), z.real.dtype
    assert is_rounded(nf.sum(z), sum(re), sum(im), real)
    assert is_rounded(nf.mean(z), sum(re) / n, sum(im) / n, real)
    var = sum(sum(x * x for x in part) / n - (sum(part) / n) ** 2 for part in (re, im))
    assert same(nf.var(z), rounded(var, real))
    assert same(nf.std(z), rounded(root(var), real))
    assert same(nf.norm(z), rounded(root(sum(x * x for x in re + im)), real))
    spread = np.insert(z, 0, complex(math.nan, 1))
    assert is_rounded(nf.nansum(spread), sum(re), sum(im), real)
    assert is_rounded(nf.nanmean(spread), sum(re) / n, sum(im) / n, real)
    assert same(nf.nanvar(spread), rounded(var, real))
    both = np.stack([z[::-1], z], axis=1)
    assert all(is_rounded(got, sum(re), sum(im), real) for got in nf.sum(both, axis=0))
    assert all(same(float(got), rounded(var, real)) for got in nf.var(both, axis=0))


@deterministic(150)
@given(exact(rows=2))
def test_products_and_weighted_means_of_complex_numbers_are_exact(rows):
    (ar, ai), (br, bi) = map(parts, rows)
    real = rows.real.dtype
    total = lambda x, y: sum(map(lambda u, v: u * v, x, y))
    assert is_rounded(nf.dot(*rows), total(ar, br) - total(ai, bi), total(ar, bi) + total(ai, br), real)
    assert is_rounded(nf.vecdot(*rows), total(ar, br) + total(ai, bi), total(ar, bi) - total(ai, br), real)
    w, v = sum(br), sum(bi)
    if w or v:
        re, im = total(ar, br) - total(ai, bi), total(ar, bi) + total(ai, br)
        size = w * w + v * v
        assert is_rounded(nf.average(rows[0], weights=rows[1]), (re * w + im * v) / size, (im * w - re * v) / size, real)


def test_results_are_complex_numbers_of_python_and_arrays_of_numpy():
    assert nf.sum([1 + 2j, 3]) == 4 + 2j and type(nf.sum([1 + 2j])) is complex
    assert nf.prod([1e200j, 1e200, 1e-300]) == 1e100j
    assert nf.sum([1e16 + 1j, 1.0, -1e16]) == 1 + 1j
    assert nf.sum([1j], initial=2 + 1j) == 2 + 2j and nf.prod([1j], initial=2j) == -2
    assert nf.min([[1j, 2], [0, 5]], axis=1).tolist() == [1j, 0]
    assert nf.minmax([2j, 1, 1 - 1j]).tolist() == [2j, 1]
    assert nf.count([1j, complex(0, math.nan)]) == 1
    assert nf.mean(np.array([1 + 1j], ">c8"), keepdims=True).dtype == np.complex64
    assert nf.sum(np.array([1 + 1j], "c8"), axis=0, dtype="complex128", keepdims=True).dtype == np.complex128
    assert nf.cumsum([1j, 1j]).tolist() == [1j, 2j]
    assert nf.cumprod([1j, 1j], include_initial=True).tolist() == [1, 1j, -1]
    infinite = nf.mean([complex(math.inf, 2), 4j])
    assert infinite == complex(math.inf, 3)


@pytest.mark.parametrize("call", [
    lambda z: nf.quantile(z, 0.5), lambda z: nf.percentile(z, 50), lambda z: nf.ptp(z), lambda z: nf.skew(z), lambda z: nf.kurtosis(z),
    lambda z: nf.moments(z), lambda z: nf.cummin(z), lambda z: nf.histogram(z), lambda z: nf.cov(z), lambda z: nf.cosine(z, z),
    lambda z: nf.describe(z), lambda z: nf.group("sum", z, [0, 0]), lambda z: nf.Partial("sum", "complex128"), lambda z: nf.sum(z, dtype="float64"),
])
def test_what_has_no_meaning_for_complex_numbers_is_refused(call):
    with pytest.raises(nf.NearfoldError) as caught:
        call([1j, 2])
    assert caught.value.code == "unsupported_dtype"
