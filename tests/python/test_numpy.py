"""Are the answers NumPy's, but for the differences that docs/NUMERICS.md lists?"""

import math
import warnings

import nearfold as nf
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

# Each is compared with NumPy's function of that name.
EXACT = ["min", "max", "ptp", "argmin", "argmax", "any", "all", "count_nonzero", "nanmin", "nanmax", "nanargmin", "nanargmax", "minmax", "nanminmax", "count"]
ROUNDED = ["sum", "mean", "var", "std", "median", "nansum", "nanmean", "nanvar", "nanstd", "nanmedian", "norm"]
MASKED = ["sum", "mean", "var", "std", "any", "all", "count_nonzero", "nansum", "nanmean", "nanvar", "min", "max", "norm"]
METHODS = "inverted_cdf averaged_inverted_cdf closest_observation interpolated_inverted_cdf hazen weibull linear median_unbiased normal_unbiased lower higher midpoint nearest".split()
DTYPES = ["f8", "f4", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1", "?"]


@st.composite
def arrays(draw):
    """Arrays of any layout, of small numbers: what NumPy loses to rounding is bounded."""
    dtype = np.dtype(draw(st.sampled_from(DTYPES)))
    shape = draw(hnp.array_shapes(max_dims=4, max_side=7))
    if dtype.kind == "f":
        numbers = st.floats(-1000, 1000, width=16) | st.sampled_from([math.nan, 0.0, -0.0])
    else:
        numbers = hnp.from_dtype(dtype)
    x = draw(hnp.arrays(dtype, shape, elements=numbers))
    x = np.asarray(x, order=draw(st.sampled_from("CF")))
    return x[tuple(slice(None, None, draw(st.sampled_from([1, -1, 2]))) for _ in shape)]


@st.composite
def calls(draw, names):
    x, name = draw(arrays()), draw(st.sampled_from(names))
    one = st.none() | st.integers(-x.ndim, x.ndim - 1)
    several = st.lists(st.integers(0, x.ndim - 1), min_size=1, unique=True).map(tuple)
    axis = draw(one if "arg" in name else one | several)
    return name, x, {"axis": axis, "keepdims": draw(st.booleans())}


# What NumPy has by another name, or in two calls.
NUMPYS = {
    "minmax": lambda x, **options: np.stack([np.min(x, **options), np.max(x, **options)]),
    "nanminmax": lambda x, **options: np.stack([np.nanmin(x, **options), np.nanmax(x, **options)]),
    "count": lambda x, **options: np.count_nonzero(~np.isnan(x), **options),
    "count_nonzero": lambda x, where=True, **options: np.count_nonzero(np.logical_and(x, where), **options),
    "norm": lambda x, where=True, **options: np.sqrt(np.sum(np.square(x, dtype=float_of(x)), where=where, **options)),
    "cummin": lambda x, axis: np.minimum.accumulate(x.ravel() if axis is None else x, axis=axis or 0),
    "cummax": lambda x, axis: np.maximum.accumulate(x.ravel() if axis is None else x, axis=axis or 0),
}


def float_of(x):
    return x.dtype if x.dtype.kind == "f" else np.float64


def numpy(name, x, *more, **options):
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # NUMERICS.md: all-NaN lanes are NaN, without a warning
        return NUMPYS.get(name, getattr(np, name, None))(x, *more, **options)


def assert_same(got, expected, tolerance=0.0):
    if not isinstance(got, np.ndarray):  # NUMERICS.md, "Differences": a Python number
        kind = np.asarray(expected).dtype.kind
        assert type(got) is {"f": float, "i": int, "u": int, "b": bool}[kind]
        got = np.asarray(got, np.asarray(expected).dtype)
    assert got.shape == np.shape(expected)
    assert got.dtype == np.asarray(expected).dtype
    np.testing.assert_allclose(got, expected, rtol=tolerance, atol=tolerance * 1000, equal_nan=True)


def deterministic(examples):
    return settings(derandomize=True, deadline=None, database=None, max_examples=examples)


@deterministic(300)
@given(calls(EXACT))
def test_what_is_not_rounded_is_numpys(call):
    name, x, options = call
    if name == "ptp" and x.dtype == bool:  # NumPy refuses it too
        with pytest.raises(nf.NearfoldError):
            nf.ptp(x, **options)
        return
    if name.startswith("nanarg"):
        try:
            numpy(name, x, **options)
        except ValueError:  # a lane of nothing but NaN
            with pytest.raises(nf.NearfoldError) as caught:
                getattr(nf, name)(x, **options)
            assert caught.value.code == "all_nan"
            return
    assert_same(getattr(nf, name)(x, **options), numpy(name, x, **options))


@deterministic(300)
@given(calls(ROUNDED))
def test_what_is_rounded_once_is_within_the_rounding_of_numpy(call):
    name, x, options = call
    # NUMERICS.md, "Differences": NumPy's sums of float32 are in float32, ours are rounded once.
    # Cancellation within 1000 elements is covered by the absolute tolerance.
    tolerance = 0.0 if x.dtype.kind != "f" and name in ("sum", "nansum") else 1e-9
    if x.dtype == np.float32:
        x64 = numpy(name, x.astype("f8"), **options)
        assert_same(getattr(nf, name)(x, **options), np.asarray(x64).astype("f4"), 1e-6)
        return
    assert_same(getattr(nf, name)(x, **options), numpy(name, x, **options), tolerance)


@deterministic(200)
@given(calls(MASKED), st.data())
def test_where_leaves_what_numpy_leaves(call, data):
    name, x, options = call
    where = data.draw(hnp.arrays(bool, x.shape))
    if name in ("mean", "var", "std", "nanmean", "nanvar", "min", "max"):
        where[...] |= ~where.any(axis=options["axis"], keepdims=True)  # of nothing: an error here
    if x.dtype == np.float32:
        x = x.astype("f8")
    if name in ("min", "max"):  # NumPy asks for an initial value; the end that every element beats
        ends = (False, True) if x.dtype == bool else (-math.inf, math.inf) if x.dtype.kind == "f" else (np.iinfo(x.dtype).min, np.iinfo(x.dtype).max)
        expected = numpy(name, x, where=where, initial=ends[name == "min"], **options)
    else:
        expected = numpy(name, x, where=where, **options)
    assert_same(getattr(nf, name)(x, where=where, **options), expected, 1e-9)


@deterministic(200)
@given(arrays(), st.data())
def test_weighted_quantiles_are_numpys(x, data):
    if x.dtype == bool:
        x = x.astype("u1")
    name = data.draw(st.sampled_from(["quantile", "percentile", "nanquantile", "nanpercentile"]))
    axis = data.draw(st.none() | st.integers(-x.ndim, x.ndim - 1))
    shape = (x.shape[axis],) if axis is not None and data.draw(st.booleans()) else x.shape
    weights = data.draw(hnp.arrays(data.draw(st.sampled_from(["f8", "i8"])), shape, elements=st.integers(0, 5)))
    weights[...] += weights.sum() == 0
    q = data.draw(st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0, [0.25, 1.0]]))
    q = np.multiply(q, 100) if "cent" in name else q
    options = {"axis": axis, "keepdims": data.draw(st.booleans()), "method": "inverted_cdf"}
    whole = np.broadcast_to(weights.reshape([-1 if i == axis % x.ndim else 1 for i in range(x.ndim)]), x.shape) if shape != x.shape else weights
    numbers = ~np.isnan(x) if name.startswith("nan") else np.isfinite(np.zeros(x.shape))
    left = np.where(numbers, whole, 0).sum(axis=axis)
    if ((left == 0) & numbers.any(axis=axis)).any():  # no weight in some lane
        return
    # NUMERICS.md, "Differences": a lane of nothing but NaN is NaN, without a warning.
    assert_same(getattr(nf, name)(x, q, weights=weights, **options), numpy(name, x, q, weights=np.ascontiguousarray(whole), **options))


def test_weighted_quantiles_compare_weights_exactly():
    x = np.arange(10.0)
    weights = np.full(10, 0.1)  # NumPy's running sum of these is off
    for k in range(11):
        assert nf.quantile(x, k / 10, weights=weights, method="inverted_cdf") == max(0, k - 1)
    assert nf.quantile([1, 2**63 - 1], 1.0, weights=[1, 1], method="inverted_cdf") == 2**63 - 1
    assert nf.quantile(x, 0.5, weights=np.ones(10), method="inverted_cdf", where=x > 7) == 8
    for code, call in [
        ("bad_parameter", lambda: nf.quantile(x, 0.5, weights=weights)),
        ("bad_parameter", lambda: nf.quantile(x, 0.5, weights=-weights, method="inverted_cdf")),
        ("bad_parameter", lambda: nf.quantile(x, 0.5, weights=0 * weights, method="inverted_cdf")),
        ("shape_mismatch", lambda: nf.quantile(x, 0.5, weights=weights[1:], method="inverted_cdf")),
    ]:
        with pytest.raises(nf.NearfoldError) as caught:
            call()
        assert caught.value.code == code


@deterministic(250)
@given(calls(EXACT + ROUNDED + ["prod", "nanprod"]))
def test_the_order_of_bytes_does_not_show(call):
    name, x, options = call
    bits = lambda x: np.asarray(getattr(nf, name)(x, **options)).tobytes()
    try:
        expected = bits(x)
    except nf.NearfoldError:
        return
    assert bits(x.astype(x.dtype.newbyteorder(">"))) == expected
    assert bits(x.astype(x.dtype.newbyteorder("<"))) == expected


@deterministic(250)
@given(arrays(), st.sampled_from(EXACT + ROUNDED), st.data())
def test_halves_are_their_doubles_rounded_once(x, name, data):
    x = x.astype("f2") if x.dtype.kind == "f" else (x % 7).astype("f2")
    options = {"axis": data.draw(st.none() | st.integers(-x.ndim, x.ndim - 1))}
    try:
        expected = np.asarray(getattr(nf, name)(x.astype("f8"), **options))
    except nf.NearfoldError as error:  # a lane of nothing but NaN
        assert error.code == "all_nan"
        return
    got = np.asarray(getattr(nf, name)(x, **options))
    with np.errstate(over="ignore"):
        exact = expected if expected.dtype.kind in "ib" else expected.astype("f2")
    # A double that was rounded once and then again may differ by one unit in the last place.
    np.testing.assert_allclose(got, exact, rtol=2**-10, atol=2**-24)
    if name in EXACT:
        np.testing.assert_array_equal(got, exact)


@deterministic(250)
@given(calls([*EXACT, "sum", "mean", "median", "nansum", "nanmean", "nanmedian", "prod", "var", "norm"]), st.data())
def test_infinities_are_numpys(call, data):
    name, x, options = call
    x = x.astype("f8")
    x[data.draw(hnp.arrays(bool, x.shape))] = data.draw(st.sampled_from([math.inf, -math.inf]))
    if data.draw(st.booleans()):
        x.flat[0] = -math.inf
    try:
        expected = numpy(name, x, **options)
    except ValueError:  # a lane of nothing but NaN
        with pytest.raises(nf.NearfoldError):
            getattr(nf, name)(x, **options)
        return
    assert_same(getattr(nf, name)(x, **options), expected, 1e-9)


INITIAL = ["sum", "prod", "min", "max", "nansum", "nanprod", "nanmin", "nanmax"]


@deterministic(200)
@given(calls(INITIAL), st.data())
def test_results_begin_with_initial_as_numpys(call, data):
    name, x, options = call
    if x.dtype == np.float32:
        x = x.astype("f8")
    initial = data.draw(st.sampled_from([0, 1, 3, 2.5, True, math.nan, math.inf, -7, 200, 2**63]))
    where = data.draw(hnp.arrays(bool, x.shape)) if data.draw(st.booleans()) else True
    mask = None if where is True else where
    try:
        expected = numpy(name, x, where=where, initial=initial, **options)
    except (OverflowError, ValueError):
        with pytest.raises(nf.NearfoldError) as caught:
            getattr(nf, name)(x, where=mask, initial=initial, **options)
        assert caught.value.code == "bad_parameter"
        return
    assert_same(getattr(nf, name)(x, where=mask, initial=initial, **options), expected, 1e-9)


def test_with_initial_nothing_has_a_minimum():
    for dtype in ("f8", "f4", "f2", "i8", "i1", "u8", "?"):
        nothing = np.empty((2, 0), dtype)
        for name in INITIAL:
            assert_same(getattr(nf, name)(nothing, 1, initial=1), numpy(name, nothing, axis=1, initial=1))
    assert nf.sum([1e16, -1e16], initial=0.25) == 0.25
    assert nf.sum(np.array([1, 2], "f4"), initial=0.1) == np.float32(3.1)
    state = nf.Partial("min", "int64", initial=7)
    again = nf.Partial.from_bytes(state.to_bytes())
    assert again.result() == 7
    again.merge(state)
    again.push([9])
    assert again.result() == 7
    for bad in (lambda: nf.sum([1], initial="7"), lambda: nf.sum([1], initial=[7])):
        with pytest.raises(TypeError):
            bad()
    with pytest.raises(nf.NearfoldError) as caught:
        nf.sum([1.0], initial=1j)
    assert caught.value.code == "bad_parameter"


@pytest.mark.parametrize("name", INITIAL)
@pytest.mark.parametrize("dtype", ["f8", "f4", "i8", "u8"])
def test_many_lanes_begin_with_initial_each(name, dtype):
    x = (np.arange(8 * 40) % 7).reshape(8, 40).astype(dtype)
    for axis in (0, 1):
        for table in (x, np.asfortranarray(x)):
            for initial in (2, 9):
                expected = numpy(name, table, axis=axis, initial=initial)
                assert_same(getattr(nf, name)(table, axis, initial=initial), expected, 1e-6)


@deterministic(200)
@given(arrays(), st.data())
def test_deviations_take_any_ddof_below_the_count(x, data):
    x = x.astype("f8")
    ddof = data.draw(st.sampled_from([0, 1, 0.5, -2]))
    axis = data.draw(st.none() | st.integers(-x.ndim, x.ndim - 1))
    n = x.size if axis is None else x.shape[axis]
    for name in ("var", "std"):
        if ddof >= n:  # NUMERICS.md, "Differences": an error
            with pytest.raises(nf.NearfoldError):
                getattr(nf, name)(x, axis=axis, ddof=ddof)
        else:
            assert_same(getattr(nf, name)(x, axis=axis, ddof=ddof), numpy(name, x, axis=axis, ddof=ddof), 1e-9)


@deterministic(300)
@given(arrays(), st.data())
def test_quantiles_are_numpys_bits(x, data):
    name = data.draw(st.sampled_from(["quantile", "nanquantile", "percentile", "nanpercentile"]))
    method = data.draw(st.sampled_from(METHODS))
    axis = data.draw(st.none() | st.integers(-x.ndim, x.ndim - 1))
    keepdims = data.draw(st.booleans())
    scale = 100 if "percent" in name else 1
    q = data.draw(st.sampled_from([0, 0.25, 0.5, 1]) | st.lists(st.sampled_from([0, 0.125, 0.5, 0.75, 1]), min_size=1, max_size=3))
    q = np.multiply(q, scale).tolist()
    if x.dtype == bool or x.dtype.kind in "iu" and x.dtype.itemsize < 8:
        x = x.astype("f8")  # NUMERICS.md, "Differences": bool is refused, differences wrap round in NumPy
    if x.dtype.kind in "iu":
        x = (x % 1000).astype(x.dtype)
    expected = numpy(name, x, q, axis=axis, method=method, keepdims=keepdims)
    got = getattr(nf, name)(x, q, axis=axis, method=method, keepdims=keepdims)
    # nan-quantiles of float32 are float32 for NumPy where a lane is sorted on its own.
    assert np.shape(got) == np.shape(expected)
    np.testing.assert_array_equal(np.asarray(got, "f8"), np.asarray(expected, "f8"))


@deterministic(200)
@given(arrays(), st.data())
def test_products_are_within_the_rounding_of_numpy(x, data):
    name = data.draw(st.sampled_from(["prod", "nanprod"]))
    axis = data.draw(st.none() | st.integers(-x.ndim, x.ndim - 1))
    keepdims = data.draw(st.booleans())
    if x.dtype.kind == "f":  # NUMERICS.md, "Differences": overflow on the way; float32 in its own type
        x = (x.astype("f8") % 4) - 2
    np.testing.assert_allclose(getattr(nf, name)(x, axis=axis, keepdims=keepdims), numpy(name, x, axis=axis, keepdims=keepdims), rtol=1e-12)


@deterministic(300)
@given(arrays(), st.data())
def test_running_reductions_are_numpys(x, data):
    name = data.draw(st.sampled_from(["cumsum", "cumprod", "cummin", "cummax"]))
    axis = data.draw(st.none() | st.integers(-x.ndim, x.ndim - 1))
    if x.dtype.kind == "f" and name in ("cumsum", "cumprod"):
        x = x.astype("f8")
        if name == "cumprod":
            x = (x % 4) - 2
    expected = numpy(name, x, axis=axis)
    got = getattr(nf, name)(x, axis=axis)
    assert got.dtype == expected.dtype and got.shape == expected.shape
    tolerance = 1e-9 if x.dtype.kind == "f" else 0
    np.testing.assert_allclose(got, expected, rtol=tolerance, atol=tolerance)


@deterministic(200)
@given(arrays(), st.data())
def test_products_of_two_arrays_are_numpys(x, data):
    if x.dtype == np.float32 or x.dtype == bool:
        x = x.astype("f8")
    if x.dtype.kind in "iu":  # NUMERICS.md, "Differences": products of int8 are int8 in NumPy
        x = x.astype("u8" if x.dtype.kind == "u" else "i8")
    y = x[..., ::-1]
    if data.draw(st.booleans()):
        y = y[(0,) * (x.ndim - 1)]  # broadcast
    assert_same(nf.vecdot(x, y), np.vecdot(x, y), 1e-9)
    a, b = x.ravel(), x.ravel()[::-1]
    assert_same(nf.dot(a, b), np.dot(a, b), 1e-9)
    x, y = np.nan_to_num(x.astype("f8")), np.nan_to_num(y.astype("f8"))
    norms = np.linalg.norm(x, axis=-1) * np.linalg.norm(y, axis=-1)
    if np.all(norms > 0):
        np.testing.assert_allclose(nf.cosine(x, y), np.vecdot(x, y) / norms, rtol=1e-9, atol=1e-9)


@deterministic(200)
@given(arrays(), st.data())
def test_weighted_means_are_numpys(x, data):
    axis = data.draw(st.none() | st.integers(-x.ndim, x.ndim - 1))
    x = x.astype("f8")
    shape = x.shape if axis is None or data.draw(st.booleans()) else (x.shape[axis],)
    weights = data.draw(hnp.arrays("f8", shape, elements=st.integers(1, 9).map(float)))
    assert_same(nf.average(x, axis=axis, weights=weights), numpy("average", x, axis=axis, weights=weights), 1e-9)


@deterministic(200)
@given(st.data())
def test_tables_are_numpys(data):
    rows, columns = data.draw(st.integers(1, 4)), data.draw(st.integers(2, 8))
    x = data.draw(hnp.arrays("f8", (rows, columns), elements=st.integers(-50, 50).map(float) | st.just(math.nan)))
    ddof = data.draw(st.sampled_from([0, 1]))
    expected = np.atleast_2d(numpy("cov", x, ddof=ddof))
    np.testing.assert_allclose(nf.cov(x, ddof=ddof), expected, rtol=1e-12, atol=1e-12)
    varies = np.diag(expected) > 1e-9
    if varies.all():
        np.testing.assert_allclose(nf.corrcoef(x), np.atleast_2d(numpy("corrcoef", x)), rtol=1e-9, atol=1e-9)


@deterministic(200)
@given(arrays(), st.data())
def test_counts_in_bins_are_numpys(x, data):
    x = np.nan_to_num(x).astype("f8" if x.dtype.kind == "f" else x.dtype)
    x = x if x.dtype.kind == "f" else (x % 100).astype("i8")
    bins = data.draw(st.integers(1, 9) | st.sampled_from([[-5.0, 0.0, 1.0, 90.0], "sqrt", "sturges"]))
    span = None if isinstance(bins, (list, str)) else data.draw(st.none() | st.just((-10.0, 60.0)))
    density = data.draw(st.booleans())
    with np.errstate(invalid="ignore"):  # a density of nothing is NaN
        counts, edges = np.histogram(x, bins, span, density=density)
    got, places = nf.histogram(x, bins, span, density=density)
    np.testing.assert_array_equal(places, edges)
    np.testing.assert_allclose(got, counts, rtol=1e-12 if density else 0)
    if not density and (span or isinstance(bins, list)):
        state = nf.Histogram(bins, span) if span else nf.Histogram(bins)
        state.push(x)
        np.testing.assert_array_equal(state.result()[0], counts)
    rising = sorted(data.draw(st.lists(st.integers(-50, 50).map(float), min_size=1, max_size=5)))
    right = data.draw(st.booleans())
    np.testing.assert_array_equal(nf.digitize(x, rising, right=right), np.digitize(x, rising, right=right))
    codes = np.abs(x.ravel()).astype("i8") % 11
    np.testing.assert_array_equal(nf.bincount(codes, minlength=5), np.bincount(codes, minlength=5))
    np.testing.assert_allclose(nf.bincount(codes, weights=x.ravel()), np.bincount(codes, weights=x.ravel()), rtol=1e-12, atol=1e-9)


@deterministic(100)
@given(arrays(), st.data())
def test_figures_of_shape_are_their_formulas(x, data):
    """SciPy is no dependency of the tests: its formulas, in NumPy."""
    axis = data.draw(st.none() | st.integers(-x.ndim, x.ndim - 1))
    x = np.nan_to_num(x.astype("f8")) % 100
    about = x - x.mean(axis=axis, keepdims=True)
    m2, m3, m4 = ((about**k).mean(axis=axis) for k in (2, 3, 4))
    np.testing.assert_allclose(nf.moments(x, axis=axis), np.stack([x.mean(axis=axis), m2, m3, m4]), rtol=1e-7, atol=1e-5)
    if np.all(m2 > 1e-3):
        np.testing.assert_allclose(nf.skew(x, axis=axis), m3 / m2**1.5, rtol=1e-7, atol=1e-7)
        np.testing.assert_allclose(nf.kurtosis(x, axis=axis), m4 / m2**2 - 3, rtol=1e-7, atol=1e-7)
        for name in ("moments", "skew", "kurtosis"):
            np.testing.assert_array_equal(getattr(nf, "nan" + name)(x, axis=axis), getattr(nf, name)(x, axis=axis))
    figures = nf.describe(x, axis=axis)
    for name, call in {"mean": nf.mean, "std": nf.std, "min": nf.min, "50%": nf.median, "max": nf.max}.items():
        np.testing.assert_array_equal(figures[name], call(x, axis=axis))


@deterministic(100)
@given(arrays(), st.data())
def test_groups_are_reductions_of_their_members(x, data):
    x = x.ravel()
    codes = np.array(data.draw(st.lists(st.integers(0, 3), min_size=len(x), max_size=len(x))))
    for name in ("sum", "max", "count", "nansum"):
        present = [code for code in range(4) if name != "max" or (codes == code).any()]
        if len(present) < 4:
            continue
        got = nf.group(name, x, codes, 4)
        np.testing.assert_array_equal(got, [getattr(nf, name)(x[codes == code]) for code in range(4)])


def test_edges_and_quantiles_may_be_of_any_real_type():
    x = np.array([0.5, 1.5, 3.0])
    for dtype in "f8 f4 f2 i8 i4 i2 i1 u8 u4 u2 u1 >i2".split():
        edges = np.array([0, 1, 4], dtype)
        assert nf.histogram(x, edges)[0].tolist() == [1, 2]
        assert nf.digitize(x, edges).tolist() == [1, 2, 2]
        assert nf.quantile(x, edges[:2]).tolist() == [0.5, 3.0]
    for code, bad in [("unsupported_dtype", [1j, 2]), ("shape_mismatch", [[0.0, 1.0]])]:
        with pytest.raises(nf.NearfoldError) as raised:
            nf.histogram(x, bad)
        assert raised.value.code == code


def test_integers_beyond_doubles_are_binned_as_integers():
    time = np.array([0, 100, 200, 300]) + 1_700_000_000_000_000_000
    assert nf.digitize(time, time).tolist() == np.digitize(time, time).tolist() == [1, 2, 3, 4]
    for values in [time, time.astype(np.uint64), time.astype(">i8"), time[::-1]]:
        # NumPy rounds uint64 beside int64 to doubles.
        assert nf.histogram(values, time)[0].tolist() == [1, 1, 2]
    assert np.histogram(time, time)[0].tolist() == [1, 1, 2]
    state = nf.Histogram(time[:3])
    state.push(time.astype(np.uint64))
    state.push(time - 1)
    assert (state.result()[0].tolist(), state.below, state.above) == ([2, 3], 1, 2)
    assert nf.histogram([0.5], 2, [0, 1])[0].tolist() == [0, 1]
    # With floats they are compared exactly; NumPy rounds them first.
    assert nf.digitize([2**53 + 1], [2.0**53], right=True).tolist() == [1]


def test_densities_of_edges_beyond_doubles_have_their_widths():
    edges = [2**53, 2**53 + 1, 2**53 + 2]
    x = [2**53, 2**53 + 1, 2**53 + 2]
    assert nf.histogram(x, edges, density=True)[0].tolist() == np.histogram(x, edges, density=True)[0].tolist() == [1 / 3, 2 / 3]


@pytest.mark.parametrize("a", "f8 f4 f2 i8 i4 i2 i1 u8 u4 u2 u1 ?".split())
@pytest.mark.parametrize("b", "f8 f4 f2 i8 i4 i2 i1 u8 u4 u2 u1 ?".split())
def test_types_of_mixed_arrays_are_numpys(a, b):
    x, y = np.array([1, 1], a), np.array([1, 1], b)
    assert nf.average(np.array([x, x]), 1, np.array([y, y])).dtype == np.average(np.array([x, x]), 1, np.array([y, y])).dtype
    dot = nf.vecdot(np.array([x, x]), y)
    expected = np.vecdot(np.array([x, x]), y).dtype
    if expected.kind == "f" and "f" in a + b:
        assert dot.dtype == expected
    else:
        assert dot.dtype == (np.uint64 if {x.dtype.kind, y.dtype.kind} in ({"u"}, {"u", "b"}) else np.int64)


@pytest.mark.parametrize("method", ["lower", "higher", "nearest", "inverted_cdf", "closest_observation"])
@pytest.mark.parametrize("dtype", ["i8", "u1", "?"])
def test_a_discrete_quantile_of_no_integers_is_an_error(method, dtype):
    x = np.array([1, 0, 1], dtype)
    for call in [
        lambda: nf.quantile(x, 0.5, method=method, where=[False] * 3),
        lambda: nf.percentile(np.array([x, x]), [50], 1, method=method, where=[[True], [False]]),
        lambda: nf.group("quantile", x, [0, 0, 2], method=method),
    ]:
        with pytest.raises(nf.NearfoldError) as raised:
            call()
        assert raised.value.code == "empty"
    assert math.isnan(nf.quantile(x.astype("f8"), 0.5, method=method, where=[False] * 3))


@pytest.mark.parametrize("axis, shape", [(None, (2, 3)), (0, (2,)), (1, (3,)), (-1, (3,)), ((0, 1), (2, 3)), ((1, 0), (3, 2))])
def test_weights_have_the_shapes_that_numpy_takes(axis, shape):
    x = np.arange(6.0).reshape(2, 3)
    weights = 1 + np.arange(np.prod(shape)).reshape(shape)
    np.testing.assert_allclose(nf.average(x, axis, weights), np.average(x, axis, weights), rtol=1e-15)
    q = lambda of: of.quantile(x, 0.4, axis, method="inverted_cdf", weights=weights)
    np.testing.assert_array_equal(q(nf), q(np))
    for wrong in [np.ones(()), np.ones(1), np.ones((1, 3)), np.ones((1, 2)), np.ones(4)]:
        with pytest.raises(nf.NearfoldError, match="weights of shape") as raised:
            nf.average(x, axis, wrong)
        assert raised.value.code == "shape_mismatch"
        with pytest.raises((TypeError, ValueError)):
            np.average(x, axis, wrong)


def test_bins_have_numpys_types_and_edges():
    weights = np.array([0.1, 0.2, 0.7], "f4")
    assert_same(nf.bincount([0, 0, 2], weights), np.bincount([0, 0, 2], weights), 1e-15)
    c = np.array(-0.326177, "f4")
    assert_same(nf.histogram(c, 7)[1], np.histogram(c, 7)[1])
    bools = np.array([True, False, False, True])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert_same(nf.histogram(bools, "sqrt", (0, 5))[1], np.histogram(bools, "sqrt", (0, 5))[1])


@pytest.mark.parametrize("name", ["var", "std", "nanvar", "nanstd"])
def test_correction_is_the_other_name_of_ddof(name):
    x = np.array([[1.0, 2.0, 4.0], [3.0, 5.0, 9.0]])
    f = getattr(nf, name)
    assert f(x, axis=0, correction=1).tolist() == f(x, axis=0, ddof=1).tolist()
    assert_same(f(x, correction=1.5), getattr(np, name)(x, correction=1.5), 1e-12)
    with pytest.raises(nf.NearfoldError, match="correction: expected left out where ddof is given, got 1 beside a ddof of 1"):
        f(x, ddof=1, correction=1)


def test_listed_differences_of_places_types_and_shapes():
    """NUMERICS.md, "Differences": what random arrays come upon too rarely."""
    assert nf.nanargmin([math.nan, math.inf]) == nf.nanargmax([math.nan, -math.inf]) == 1
    assert nf.quantile(np.arange(6.0).reshape(2, 3).astype(">f8"), 0.5, axis=0, method="lower").dtype == np.dtype("f8")
    assert nf.nanquantile(np.zeros((0, 3), "i4"), [0.25, 0.5], axis=1, method="lower").shape == (2, 0)
    assert nf.vecdot(np.full((2, 1), 2.0), np.ones((1, 3))).tolist() == [6.0, 6.0]
    assert nf.median(np.zeros((0, 0)), axis=0).shape == nf.average(np.zeros((0, 0)), axis=0).shape == (0,)
    nothing, something = (nf.histogram(np.array(x, "f4"))[1] for x in ([], [0.0, 1.0]))
    assert nothing.dtype == np.float32
    np.testing.assert_array_equal(nothing, something)
