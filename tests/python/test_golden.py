"""Does CPython give the recorded bits?"""

import pathlib

import golden
import pytest

VECTORS = pathlib.Path(__file__).parent.parent / "vectors"


@pytest.mark.parametrize("case", golden.cases(VECTORS), ids=lambda case: case["id"])
def test_golden_vector(case):
    assert golden.check(case) is None, case["why"]
