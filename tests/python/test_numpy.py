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
EXACT = ["min", "max", "ptp", "argmin", "argmax", "any", "all", "count_nonzero", "nanmin", "nanmax"]
ROUNDED = ["sum", "mean", "var", "std", "median", "nansum", "nanmean", "nanvar", "nanstd", "nanmedian"]
MASKED = ["sum", "mean", "var", "std", "any", "all"]
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
    axis = draw(one if name.startswith("arg") else one | several)
    return name, x, {"axis": axis, "keepdims": draw(st.booleans())}


def numpy(name, x, **options):
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # NUMERICS.md: all-NaN lanes are NaN, without a warning
        return getattr(np, name)(x, **options)


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
    if name in ("mean", "var", "std"):
        where[...] |= ~where.any(axis=options["axis"], keepdims=True)  # of nothing: an error here
    if x.dtype == np.float32:
        x = x.astype("f8")
    assert_same(getattr(nf, name)(x, where=where, **options), numpy(name, x, where=where, **options), 1e-9)
