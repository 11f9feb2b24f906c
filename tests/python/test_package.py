"""Is the package whole: names, documentation, types?"""

import doctest
import inspect
import pathlib
import re
import subprocess
import sys

import nearfold as nf
import nearfold._nearfold as native
import pytest

ROOT = pathlib.Path(__file__).parent.parent.parent
CODES = set(re.findall(r'=> "(\w+)"', (ROOT / "src/error.rs").read_text()))
FUNCTIONS = [name for name in nf.__all__ if callable(getattr(nf, name)) and not isinstance(getattr(nf, name), type)]


def test_all_public_names_of_the_native_module_are_exported():
    public = {name for name in dir(native) if not name.startswith("_")}
    assert public | {"__version__"} == set(nf.__all__)


def test_every_reduction_of_the_core_is_a_function():
    """The core names them all in one error text."""
    table = (ROOT / "src/fold/names.rs").read_text().split("$with! {\n", 1)[1].split("\n        }\n", 1)[0]
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


@pytest.mark.parametrize("name", sorted(set(FUNCTIONS) - {"threads"}))
def test_the_documentation_says_what_a_function_computes_and_refuses(name):
    text = getattr(nf, name).__doc__
    notes = text.split("Notes\n-----\n", 1)[1].split("\nExamples\n", 1)[0]
    assert len(notes.split()) > 8, f"{name} says nothing of its formula, its edge cases and its cost"
    raises = text.split("Raises\n------\nNearfoldError\n", 1)[1].split("\n\n", 1)[0]
    codes = set(re.findall(r"``(\w+)``", raises))
    assert "unsupported_dtype" in codes and codes <= CODES, f"{name}: {codes - CODES}"
    for keyword in inspect.signature(getattr(nf, name)).parameters:
        assert re.search(rf"^(\w+, )*{keyword}(, \w+)* : ", text, re.MULTILINE), f"{name} does not explain {keyword}"


def test_an_empty_list_is_one_of_codes_too():
    assert nf.bincount([]).tolist() == [] and nf.bincount([], minlength=2).tolist() == [0, 0]
    assert nf.bincount([], weights=[]).dtype == "float64"
    assert nf.group("sum", [], [], 2).tolist() == [0.0, 0.0]


def test_no_error_text_is_longer_than_a_screen():
    for call in (
        lambda: nf.histogram([-1.7e308, 1.7e308]),
        lambda: nf.histogram([1.0], range=(1e308, -1e308)),
        lambda: nf.histogram([1.0], [1e308, -1e-308]),
        lambda: nf.Histogram(2, (-1.7e308, 1.7e308)),
        lambda: nf.var([1.0, 2.0], ddof=1e300),
        lambda: nf.quantile([1.0], 1e-300 + 1e300),
        lambda: nf.norm([1.0], ord=1e300),
        lambda: nf.sum([1], initial=1e300),
        lambda: nf.sum([1.0], dtype="float128"),
        lambda: nf.Partial("summe"),
    ):
        with pytest.raises(nf.NearfoldError) as caught:
            call()
        text = str(caught.value)
        assert len(text) < 450 and text == text.strip() and "000000" not in text, text


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
        "nearest: np.ndarray[tuple[int, ...], np.dtype[np.int64]] = ids\n"
        "nf.Index(3, metric='euclid')  # type: ignore[arg-type]\n"
    )
    run = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--warn-unused-ignores", tmp_path / "user.py"],
        capture_output=True, text=True, cwd=tmp_path,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
