"""What do results look like where NumPy cannot be imported, is not what it was, or comes later?"""

import subprocess
import sys

import pytest

SAY = """
import array, sys, types
import nearfold as nf
x = array.array("d", [1, 2, 3])
def kind():
    return type(nf.cumsum(x)).__module__
"""


def said(code):
    run = subprocess.run([sys.executable, "-c", SAY + code], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return run.stdout.split()


@pytest.mark.parametrize(
    "stranger",
    ["None", "types.ModuleType('numpy')", "types.SimpleNamespace(__version__='2.0')"],
    ids=["blocked", "empty", "no module"],
)
def test_results_are_our_own_arrays_without_numpy(stranger):
    code = f"sys.modules['numpy'] = {stranger}\nprint(kind(), nf.cumsum(x).tolist()[-1], nf.sum(x), nf.sum([[1, 2], [3, 4]], axis=0)[1])"
    assert said(code) == ["nearfold", "6.0", "6.0", "6"]


def test_numpy_of_an_unknown_version_is_given_buffers():
    code = """
numpy = types.ModuleType("numpy")
numpy.__version__, numpy.asarray = "3.0", lambda x: memoryview(x).tolist()
sys.modules["numpy"] = numpy
print(nf.cumsum(x)[-1], nf.sum(x))
"""
    assert said(code) == ["6.0", "6.0"]


def test_numpy_that_comes_later_is_used():
    code = """
sys.modules["numpy"] = None
print(kind())
del sys.modules["numpy"]
print(kind())
import numpy
print(kind(), nf.sum(numpy.ones(3)))
"""
    assert said(code) == ["nearfold", "nearfold", "numpy", "3.0"]
