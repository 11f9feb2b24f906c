"""Does CPython give the recorded bits?"""

import pathlib

import golden
import golden_index
import pytest

VECTORS = pathlib.Path(__file__).parent.parent / "vectors"


@pytest.mark.parametrize("case", list(golden.cases(VECTORS)), ids=lambda case: case["id"])
def test_golden_vector(case):
    assert golden.check(case) is None, case["why"]


@pytest.mark.parametrize("case", list(golden.states(VECTORS / "states")), ids=lambda case: case["id"])
def test_stored_state(case):
    assert golden.check_state(case) is None, case["why"]


@pytest.mark.parametrize(("name", "fixture", "data"), list(golden_index.fixtures(VECTORS / "index/v2")), ids=lambda x: x if isinstance(x, str) else "")
def test_index_file(name, fixture, data):
    assert golden_index.check(fixture, data) is None, fixture["why"]
