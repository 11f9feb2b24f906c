"""Are columns of pandas and polars read as they are, and refused where they hold no numbers?"""

import nearfold as nf
import numpy as np
import pandas as pd
import polars as pl
import pytest

NUMBERS = {
    "a Series": pd.Series([1.5, 2.0, 4.0]),
    "a column of a DataFrame": pd.DataFrame({"a": [1.5, 2.0, 4.0], "b": [0.0, 0.0, 0.0]})["a"],
    "every other row": pd.Series([1.5, 9.0, 2.0, 9.0, 4.0])[::2],
    "an Index": pd.Index([1.5, 2.0, 4.0]),
    "a Float64 that may have NA": pd.Series([1.5, 2.0, 4.0], dtype="Float64"),
    "an array that may have NA": pd.array([1.5, 2.0, 4.0], dtype="Float64"),
    "a column of Arrow": pd.Series([1.5, 2.0, 4.0], dtype="double[pyarrow]"),
    "a polars Series": pl.Series([1.5, 2.0, 4.0]),
    "a polars Series in chunks": pl.concat([pl.Series([1.5]), pl.Series([2.0, 4.0])], rechunk=False),
    "a polars slice": pl.Series([9.0, 1.5, 2.0, 4.0, 9.0])[1:4],
}


@pytest.mark.parametrize("x", NUMBERS.values(), ids=NUMBERS)
def test_a_column_is_folded(x):
    assert nf.sum(x) == 7.5
    assert nf.median(x) == 2.0
    assert nf.group("max", x, pl.Series([0, 1, 0])).tolist() == [4.0, 2.0]
    state = nf.Sum()
    state.push(x)
    assert state.result() == 7.5


def test_integers_bools_and_rows_stay_what_they_are():
    for x in [pd.Series([1, 2, 4]), pd.Series([1, 2, 4], dtype="Int64"), pl.Series([1, 2, 4])]:
        assert type(nf.sum(x)) is int
        assert nf.sum(x) == 7
    for x in [pd.Series([True, False]), pl.Series([True, False])]:
        assert nf.count_nonzero(x) == 1
    assert nf.nansum(pd.Series([1.0, float("nan"), 2.0])) == 3.0
    rows = pl.Series([[1.0, 2.0], [3.0, 5.0]], dtype=pl.Array(pl.Float32, 2))
    np.testing.assert_array_equal(nf.sum(rows, axis=0), [4.0, 7.0])
    index = nf.Index(2, storage="f32")
    index.add(rows, ids=pd.Series([7, 9]))
    assert index.search(pl.Series([3.0, 5.0]), 1)[0].tolist() == [9]


REFUSED = {
    "a missing value": ("bad_parameter", pd.Series([1.0, None], dtype="Float64")),
    "a missing value of Arrow": ("bad_parameter", pd.Series([1.0, None], dtype="double[pyarrow]")),
    "a missing value of polars": ("bad_parameter", pl.Series([1.0, None])),
    "texts": ("unsupported_dtype", pd.Series(["a"])),
    "texts of polars": ("unsupported_dtype", pl.Series(["a"])),
    "dates": ("unsupported_dtype", pd.Series(pd.to_datetime(["2020-01-01"]))),
    "dates of polars": ("unsupported_dtype", pl.Series([1]).cast(pl.Date)),
    "categories": ("unsupported_dtype", pd.Series(["a", "b"], dtype="category")),
    "lists": ("unsupported_dtype", pl.Series([[1.0], [2.0, 3.0]])),
    "a DataFrame": ("unsupported_dtype", pd.DataFrame({"a": [1.0], "b": [2.0]})),
    "a DataFrame of polars": ("unsupported_dtype", pl.DataFrame({"a": [1.0], "b": [2.0]})),
}


@pytest.mark.parametrize("code, x", REFUSED.values(), ids=REFUSED)
def test_what_is_no_column_of_numbers_is_refused(code, x):
    with pytest.raises(nf.NearfoldError) as raised:
        nf.sum(x)
    assert raised.value.code == code
