"""Is the package whole: names, documentation, types?"""

import doctest
import pathlib
import subprocess
import sys

import nearfold as nf
import nearfold._nearfold as native
import pytest

FUNCTIONS = [name for name in nf.__all__ if callable(getattr(nf, name)) and not isinstance(getattr(nf, name), type)]


def test_all_public_names_of_the_native_module_are_exported():
    public = {name for name in dir(native) if not name.startswith("_")}
    assert public | {"__version__"} == set(nf.__all__)


def test_every_reduction_of_the_core_is_a_function():
    """The core names them all in one error text."""
    source = pathlib.Path(__file__).parent.parent.parent / "src/fold/reduce.rs"
    table = source.read_text().split("reductions! {\n", 1)[1].split("\n}\n", 1)[0]
    names = [line.split(",")[1].strip() for line in table.splitlines() if line and "///" not in line]
    assert len(names) > 20
    assert set(names) <= set(nf.__all__)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_examples_of_the_documentation_are_true(name):
    function = getattr(nf, name)
    text = function.__doc__
    for section in ("Parameters\n----------", "Returns\n-------", "Examples\n--------"):
        assert section in text, f"{name} has no section {section}"
    run_examples(text, name)


@pytest.mark.parametrize("kind", [nf.Index, nf.Array, nf.Partial, nf.Sum, nf.Moments, nf.MinMax, nf.Cov, nf.Histogram, nf.Quantiles])
def test_the_examples_of_the_classes_are_true(kind):
    run_examples(kind.__doc__, kind.__name__)
    for name, method in vars(kind).items():
        assert name.startswith("__") or kind is nf.Array or method.__doc__, f"{kind.__name__}.{name} says nothing"


def run_examples(text, name):
    examples = doctest.DocTestParser().get_doctest(text, {}, name, None, 0)
    assert examples.examples
    report = []
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    assert runner.run(examples, out=report.append).failed == 0, "".join(report)


def test_the_stubs_say_what_the_module_has():
    run = subprocess.run([sys.executable, "-m", "mypy.stubtest", "nearfold"], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_types_are_those_that_readers_expect(tmp_path):
    (tmp_path / "user.py").write_text(
        "import array\nimport numpy as np\nimport nearfold as nf\n"
        "total: float = nf.sum([1.0, 2.0])\n"
        "place: int = nf.argmax(array.array('d', [1]))\n"
        "row = nf.mean(np.ones((2, 3)), axis=0)\n"
        "index = nf.Index(3, metric='cosine')\n"
        "ids, distances = index.search(np.ones(3), k=2)\n"
        "nearest: np.ndarray[tuple[int, ...], np.dtype[np.uint64]] = ids\n"
        "nf.Index(3, metric='euclid')  # type: ignore[arg-type]\n"
    )
    run = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--warn-unused-ignores", tmp_path / "user.py"],
        capture_output=True, text=True, cwd=tmp_path,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
