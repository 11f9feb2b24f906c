"""Do all containers say the same of missing values, and keep what they hold?"""

import nearfold as nf
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

BIG = 2**53 + 1
# Each makes an array of one element and, perhaps, a missing one.
CONTAINERS = {
    "pandas array": lambda x, dtype: pd.array(x, dtype),
    "pandas series": lambda x, dtype: pd.Series(x, dtype=dtype),
    "values of a series": lambda x, dtype: pd.Series(x, dtype=dtype).values,
    "pandas index": lambda x, dtype: pd.Index(x, dtype=dtype),
    "column of a frame": lambda x, dtype: pd.DataFrame({"a": pd.Series(x, dtype=dtype)})["a"],
    "pyarrow": lambda x, dtype: pa.array(x, ARROW[dtype]),
    "pyarrow chunks": lambda x, dtype: pa.chunked_array([pa.array(x, ARROW[dtype])]),
    "polars": lambda x, dtype: pl.Series(x, dtype=POLARS[dtype]),
}
TYPES = {"Int64": BIG, "UInt64": 2**64 - 1, "Int8": -128, "UInt32": 2**32 - 1, "Float64": 0.1, "boolean": True}
ARROW = {"Int64": pa.int64(), "UInt64": pa.uint64(), "Int8": pa.int8(), "UInt32": pa.uint32(), "Float64": pa.float64(), "boolean": pa.bool_()}
POLARS = {"Int64": pl.Int64, "UInt64": pl.UInt64, "Int8": pl.Int8, "UInt32": pl.UInt32, "Float64": pl.Float64, "boolean": pl.Boolean}


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("container", CONTAINERS)
def test_missing_values_are_an_error_and_others_stay_what_they_are(container, dtype):
    make, x = CONTAINERS[container], TYPES[dtype]
    for function in (nf.max, nf.nanmax):
        assert function(make([x, x], dtype)) == x
        with pytest.raises(nf.NearfoldError) as error:
            function(make([x, None], dtype))
        assert error.value.code == "bad_parameter", error.value


def test_arrow_tensors_have_their_shape():
    numbers = np.arange(12.0).reshape(3, 2, 2)
    tensors = pa.FixedShapeTensorArray.from_numpy_ndarray(numbers)
    assert nf.sum(tensors, axis=1).tolist() == numbers.sum(axis=1).tolist()
    assert nf.sum(pa.chunked_array([tensors, tensors[1:]]), axis=(1, 2)).tolist() == [6.0, 22.0, 38.0, 22.0, 38.0]
    turned = pa.fixed_shape_tensor(pa.float64(), [2, 2], permutation=[1, 0])
    with pytest.raises(nf.NearfoldError) as error:
        nf.sum(pa.ExtensionArray.from_storage(turned, tensors.storage))
    assert error.value.code == "unsupported_dtype"


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_no_function_overflows_or_underflows_on_the_way(dtype):
    """At both ends of the type: the exact value is finite and not 0, and so is what comes."""
    most, least = float(np.finfo(dtype).max), float(np.finfo(dtype).smallest_subnormal)
    both = np.array([-most, most, most, -most, most], dtype)
    small = np.array([least, 3 * least, -least, least], dtype)
    number = lambda x: float(np.asarray(x))
    assert number(nf.sum(both)) == most and number(nf.nansum(both)) == most
    assert number(nf.mean(both[1:3])) == most and number(nf.median(both)) == most and number(nf.median(both[:2])) == 0.0
    assert number(nf.std(both[1:3])) == 0.0 and number(nf.std(both[:2])) == most
    assert number(nf.norm(both[:1])) == most and number(nf.average(both[1:3], weights=both[1:3])) == most
    assert number(nf.dot(both[:1], np.array([-0.5], dtype))) == most / 2
    assert number(nf.prod(np.array([most, 2, 0.5], dtype))) == most
    for call in (nf.quantile, nf.nanquantile, lambda x, q: nf.percentile(x, 100 * np.asarray(q)), lambda x, q: nf.group("quantile", x, [0] * len(x), q=q)):
        for q in ([0.25, 0.5, 0.75], [0.125]):
            got = np.ravel(np.asarray(call(both[:2], q), float))
            assert np.allclose(got, [most * (2 * share - 1) for share in q], rtol=1e-3, atol=most * 1e-3), got
    figures = nf.describe(both[:2])
    assert [number(figures[name]) for name in ("25%", "50%", "75%")] == [-most / 2, 0.0, most / 2]
    state = nf.Partial("quantile", dtype, q=[0.25, 0.75])
    state.push(both[:2])
    assert state.result().tolist() == [-most / 2, most / 2]
    assert nf.cumsum(both).tolist() == [-most, 0.0, most, 0.0, most]
    assert number(nf.sum(small)) == 4 * least and number(nf.mean(small)) == least and number(nf.max(small)) == 3 * least
    assert number(nf.std(small[[0, 2]])) == least and number(nf.norm(small[:1])) == least and number(nf.median(small)) == least
