"""nearfold's reductions beside NumPy's: one process, one thread unless a row says two, alternating rounds, minima.

`make bench-fold` runs it, prints the table and writes target/bench/fold.jsonl. A ratio below 1 means that
nearfold takes less time.

    target/bench-venv/bin/python benches/fold_numpy.py --rounds 5 --only sum
"""

import os

# Before nearfold and polars read them: a pool of two, of which one works until a row asks for both.
os.environ |= {"RAYON_NUM_THREADS": "2", "POLARS_MAX_THREADS": "1"}

import argparse
import json
import math
import pathlib
import platform
import time

import bottleneck as bn
import nearfold as nf
import numpy as np
import polars as pl

OUT = pathlib.Path(__file__).parent.parent / "target/bench/fold.jsonl"
SIZES = [8, 1_000, 100_000, 10_000_000]
# How long one measurement of one function should take at the least.
SLICE_S = 0.02
# The bars of the issue: nearfold's time over NumPy's, by function and size.
SUM_BARS = {8: 1.0, 1_000: 1.0, 100_000: 1.25, 10_000_000: 1.15}
BARS = {"sum": SUM_BARS, "mean": SUM_BARS}
EVERY_SIZE = {
    "var": 0.8, "std": 0.8, "min": 1.0, "max": 1.0, "argmin": 1.0, "argmax": 1.0, "nansum": 0.4, "nanmean": 0.4,
    "median": 0.15, "quantile": 0.2, "histogram": 0.2, "cumsum": 0.5, "describe": 0.3,
    "median beside polars": 0.6, "sum, two threads": 1.0, "mean, two threads": 1.0, "axis": 0.35,
}  # fmt: skip
BARS |= {name: dict.fromkeys([*SIZES, 8_000_000], bar) for name, bar in EVERY_SIZE.items()}
# What is reduced along each axis of (10^6, 8).
ALONG_AXES = "sum mean var std min max argmin argmax median nansum any count_nonzero".split()
# Every type but the two floats above: each in its own width.
NARROW = "int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool float16".split()
OF_NARROW = "sum mean min max argmin argmax any count_nonzero cumsum dot".split()
SHAPES = [(1_000_000, 8), (1000, 1000)]
ALONG_SHAPES = "sum mean min max argmin argmax any count_nonzero".split()
# Those are long calls: more rounds of them add minutes and no figure.
AXIS_ROUNDS = 3


def cases(x):
    """(name, ours, NumPy's) for one array."""
    simple = "sum mean var std min max argmin argmax ptp median nansum nanmean nanvar nanmin nanmax prod".split()
    simple += "count_nonzero any cumsum cumprod".split()
    for name in simple:
        if hasattr(nf, name):
            ours, numpys = getattr(nf, name), getattr(np, name)
            yield name, lambda f=ours: f(x), lambda f=numpys: f(x)
    yield "quantile", lambda: nf.quantile(x, 0.9), lambda: np.quantile(x, 0.9)
    yield "norm", lambda: nf.norm(x), lambda: np.linalg.norm(x)
    yield "dot", lambda: nf.dot(x, x), lambda: np.dot(x, x)
    if hasattr(nf, "histogram"):
        yield "histogram", lambda: nf.histogram(x, 100), lambda: np.histogram(x, 100)
    if hasattr(nf, "describe"):
        yield "describe", lambda: nf.describe(x), lambda: numpys_describe(x)


def numpys_describe(x):
    """The figures of `describe`, as one gets them from NumPy."""
    mean = x.mean()
    centred = x - mean
    squares = centred * centred
    variance = squares.mean()
    skew = (squares * centred).mean() / variance**1.5
    kurtosis = (squares * squares).mean() / variance**2 - 3
    return np.isnan(x).sum(), mean, variance**0.5, x.min(), np.quantile(x, [0.25, 0.5, 0.75]), x.max(), skew, kurtosis


def numbers(rng, dtype, shape):
    """Random elements of a type."""
    if dtype.startswith("float"):
        return rng.standard_normal(shape).astype(dtype)
    if dtype == "bool":
        return rng.integers(0, 2, shape).astype(bool)
    ends = np.iinfo(dtype)
    return rng.integers(ends.min, ends.max, shape, dtype, endpoint=True)


def best_peer(name, x, axis, rounds):
    """Seconds of ours, and of the quicker one of NumPy and bottleneck, with its name."""
    options = {} if axis is None else {"axis": axis}
    second = (x,) if name == "dot" else ()
    ours = lambda: getattr(nf, name)(x, *second, **options)
    peers = {f"numpy {np.__version__}": lambda: getattr(np, name)(x, *second, **options)}
    twin = {"sum": "nansum", "mean": "nanmean", "min": "nanmin", "max": "nanmax", "argmin": "nanargmin", "argmax": "nanargmax"}.get(name)
    if twin and x.dtype in (np.int32, np.int64):  # the types that bottleneck has loops of its own for
        peers[f"bottleneck {bn.__version__}"] = lambda: getattr(bn, twin)(x, **options)
    times = {peer: compare(ours, call, rounds) for peer, call in peers.items()}
    peer = min(times, key=lambda peer: times[peer][1])
    return {"ours": min(both[0] for both in times.values()), "peer": times[peer][1], "peer_name": peer}


def narrow_rows(rng, rounds, sizes):
    for dtype in NARROW:
        for n in sizes:
            x = numbers(rng, dtype, n)
            for name in OF_NARROW:
                times = best_peer(name, x, None, rounds)
                yield row(f"{name} {dtype} n={n}", "narrow", n, times["ours"], times["peer"]) | times
    for dtype in ["float64", "float32", *NARROW]:
        for shape in SHAPES:
            x = numbers(rng, dtype, shape)
            for name in ALONG_SHAPES:
                for axis in (0, 1):
                    times = best_peer(name, x, axis, min(rounds, AXIS_ROUNDS))
                    case = f"{name} {shape} axis={axis} {dtype}".replace("1000000", "10^6")
                    yield row(case, "shapes", x.size, times["ours"], times["peer"]) | times


def seconds(call, repeats):
    begin = time.perf_counter()
    for _ in range(repeats):
        call()
    return (time.perf_counter() - begin) / repeats


def compare(ours, theirs, rounds):
    """The least seconds of a call of each, measured in turns."""
    repeats = [max(1, int(SLICE_S / max(seconds(call, 1), 1e-9))) for call in (ours, theirs)]
    best = [float("inf")] * 2
    for _ in range(rounds):
        for i, call in enumerate((ours, theirs)):
            best[i] = min(best[i], seconds(call, repeats[i]))
    return best


def rows(rounds, sizes, only):
    rng = np.random.default_rng(3)
    if not only or "narrow" in only:
        yield from narrow_rows(rng, rounds, sizes)
    for dtype in ("float64", "float32"):
        for n in sizes:
            x = rng.standard_normal(n).astype(dtype)
            for name, ours, theirs in cases(x):
                if not only or name in only:
                    yield row(f"{name} {dtype} n={n}", name, n, *compare(ours, theirs, rounds))
            if not only or "polars" in only:
                series = pl.Series(x)
                times = compare(lambda: nf.median(x), series.median, rounds)
                yield row(f"median beside polars {dtype} n={n}", "median beside polars", n, *times) | {"peer_name": f"polars {pl.__version__}"}
            if n >= 100_000 and (not only or "threads" in only):
                yield from two_threads(x, rounds)
            if dtype == "float64" and (not only or "fsum" in only):
                times = compare(lambda: nf.sum(x), lambda: math.fsum(x), rounds)
                yield row(f"sum beside math.fsum n={n}", "fsum", n, *times) | {"peer_name": "math.fsum"}
            if dtype == "float64" and n >= 100_000 and (not only or "stream" in only):
                times = compare(lambda: nf.sum(x), lambda: x.view(np.int64).max(), rounds)
                yield row(f"sum beside a bare read n={n}", "stream", n, *times) | {
                    "peer_name": f"numpy max of int64, {x.nbytes / times[1] / 1e9:.1f} GB/s"
                }
        if not only or "axis" in only:
            table = rng.standard_normal((1_000_000, 8)).astype(dtype)
            for name in ALONG_AXES:
                ours, numpys = getattr(nf, name), getattr(np, name)
                for axis in (0, 1):
                    times = compare(lambda: ours(table, axis=axis), lambda: numpys(table, axis=axis), min(rounds, AXIS_ROUNDS))
                    yield row(f"{name} (10^6, 8) axis={axis} {dtype}", "axis", table.size, *times)


def two_threads(x, rounds):
    """Sum and mean of ours on two threads; NumPy's have no threads."""
    nf.threads(2)
    for name in ("sum", "mean"):
        ours, numpys = getattr(nf, name), getattr(np, name)
        times = compare(lambda: ours(x), lambda: numpys(x), rounds)
        yield row(f"{name}, two threads {x.dtype} n={x.size}", f"{name}, two threads", x.size, *times)
    nf.threads(1)


def row(case, name, n, ours, peer):
    ratio = ours / peer
    bar = BARS.get(name, {}).get(n)
    met = None if bar is None else ratio <= bar
    return {"case": case, "ours": ours, "peer_name": f"numpy {np.__version__}", "peer": peer, "ratio": ratio, "bar": bar, "met": met}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES)
    parser.add_argument("--only", nargs="*", help="names of functions, “axis”, “fsum”, “narrow”, “polars”, “stream”, “threads”")
    arguments = parser.parse_args()
    nf.threads(1)
    OUT.parent.mkdir(parents=True, exist_ok=True)
    print(f"nearfold {nf.__version__}, NumPy {np.__version__}, Python {platform.python_version()}, {platform.machine()}; µs a call, least of {arguments.rounds}")
    print(f"{'case':40} {'nearfold':>12} {'peer':>12} {'ratio':>7} {'bar':>6}")
    with OUT.open("w") as file:
        for line in rows(arguments.rounds, arguments.sizes, arguments.only):
            file.write(json.dumps(line) + "\n")
            mark = {None: "", True: "met", False: "MISSED"}[line["met"]]
            bar = "" if line["bar"] is None else f"{line['bar']:.2f}"
            peer = "" if line["peer_name"].startswith(f"numpy {np.__version__}") else line["peer_name"]
            figures = f"{line['ours'] * 1e6:12.3f} {line['peer'] * 1e6:12.3f} {line['ratio']:7.2f}"
            print(f"{line['case']:40} {figures} {bar:>6} {mark or peer}")


if __name__ == "__main__":
    main()
