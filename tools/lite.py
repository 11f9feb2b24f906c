"""Builds the JupyterLite site target/lite: Pyodide, the kernel, nearfold's wheel and the notebook.

Everything that the site needs is inside it: opened in a browser, it asks nobody but its own server.

    python tools/lite.py PYODIDE_PACKAGE WHEEL

PYODIDE_PACKAGE is npm's package, which lacks the Python packages that the kernel needs; they come from
PyPI, and Pyodide's lock file is made to say so (PyPI's files have other hashes than Pyodide's own builds).
"""

import gzip
import hashlib
import json
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).parent.parent
STAGE = ROOT / "target/lite-stage"
CORE = ["pyodide.mjs", "pyodide.js", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "package.json"]
# What the kernel imports before the first cell runs; their dependencies follow from the lock.
KERNEL_NEEDS = ["micropip", "packaging", "ipython", "jedi"]
# The one package that the kernel needs and no lock names.
COMM = "comm==0.2.3"
CONTENT = ["examples/notebooks/nearfold.ipynb", "www/data/debian20k.npy"]
# Unpacked: JupyterLite hands .gz files to Python as if they were text.
UNPACKED = "www/data/debian20k.tsv.gz"


def main(pyodide, wheel):
    distribution = STAGE / "static/pyodide"
    if not (distribution / "pyodide-lock.json").exists():
        make_distribution(pyodide, distribution)
    wheels = STAGE / "pypi"
    if not list(wheels.glob("comm-*.whl")):
        download(COMM, wheels)
    for old in wheels.glob("nearfold-*.whl"):
        old.unlink()
    shutil.copy(wheel, wheels)
    content = STAGE / "content"
    shutil.rmtree(content, ignore_errors=True)
    content.mkdir()
    for path in CONTENT:
        shutil.copy(ROOT / path, content)
    unpacked = gzip.decompress((ROOT / UNPACKED).read_bytes())
    (content / pathlib.Path(UNPACKED).stem).write_bytes(unpacked)
    for settings in (ROOT / "www/lite").glob("*.json"):
        shutil.copy(settings, STAGE)
    (STAGE / ".jupyterlite.doit.db").unlink(missing_ok=True)
    shutil.rmtree(ROOT / "target/lite", ignore_errors=True)
    subprocess.run([sys.executable, "-m", "jupyterlite_core", "build"], cwd=STAGE, check=True)


def make_distribution(pyodide, to):
    """npm's core files and the kernel's packages, with a lock of just these."""
    to.mkdir(parents=True, exist_ok=True)
    for name in CORE:
        shutil.copy(pyodide / name, to)
    lock = json.loads((pyodide / "pyodide-lock.json").read_text())
    packages = lock["packages"]
    keys = {normal(key): key for key in packages}
    python = lock["info"]["python"].rsplit(".", 1)[0]
    kept, wanted = {}, list(KERNEL_NEEDS)
    while wanted:
        key = keys[normal(wanted.pop())]
        if key in kept:
            continue
        package = kept[key] = packages[key]
        wanted += package["depends"]
        file = download(f"{package['name']}=={package['version']}", to, "--python-version", python)
        package["file_name"], package["sha256"] = file.name, hashlib.sha256(file.read_bytes()).hexdigest()
    lock["packages"] = dict(sorted(kept.items()))
    # Written last: its presence says that the distribution is whole.
    (to / "pyodide-lock.json").write_text(json.dumps(lock, indent=1))


def normal(name):
    return name.lower().replace("_", "-").replace(".", "-")


def download(requirement, to, *options):
    """Downloads one pure-Python wheel and returns its path."""
    into = STAGE / "download"
    shutil.rmtree(into, ignore_errors=True)
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*pip, "--only-binary=:all:", *options, "--dest", into, requirement], check=True)
    (file,) = into.iterdir()
    to.mkdir(parents=True, exist_ok=True)
    return file.replace(to / file.name)


if __name__ == "__main__":
    main(*map(pathlib.Path, sys.argv[1:]))
