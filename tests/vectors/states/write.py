"""Stored states of streams and what they answer: writes `v1/states.json` or `v2/states.json`, once, with the nearfold that is installed.

    python tests/vectors/states/write.py v2

A written file stays: states of every version open for ever.
"""

import json
import pathlib
import sys

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent.parent / "python"))

import golden  # noqa: E402
import nearfold as nf  # noqa: E402

FLOATS = ("float64", "float32", "float16")
DTYPES = (*FLOATS, "int64", "int32", "int16", "int8", "uint64", "uint32", "uint16", "uint8", "bool")
# 0.5, -1.25, 3, NaN, -0, 65504 and the least subnormal of half floats, as bits.
HALVES = ["3800", "bd00", "4200", "7e00", "8000", "7bff", "0001", "3c00", "4248"]
NANS = {"float64": "7ff8000000000000", "float32": "7fc00000"}


def data(dtype, seed):
    """37 elements, or nine half floats without NaN."""
    if dtype == "float16":
        bits = [bits for bits in HALVES if bits != "7e00"]
        return {"dtype": dtype, "shape": [len(bits)], "data": {"bits": bits}}
    return {"dtype": dtype, "shape": [37], "data": {"wide" if dtype.startswith("float") and seed % 2 else "lcg": seed}}


def with_nan(dtype):
    if dtype == "float16":
        return {"dtype": dtype, "shape": [len(HALVES)], "data": {"bits": HALVES}}
    ones = {"float64": ["3ff0000000000000", "c000000000000000"], "float32": ["3f800000", "c0000000"]}[dtype]
    return {"dtype": dtype, "shape": [3], "data": {"bits": [ones[0], NANS[dtype], ones[1]]}}


def partial(id, why, reduction, dtype, *pushes, **options):
    return {"id": id, "why": why, "state": "Partial", "args": {"reduction": reduction, "dtype": dtype, **options},
            "pushes": list(pushes) or [data(dtype, 1), data(dtype, 2)], "calls": [["result", {}]]}  # fmt: skip


def wanted():
    for dtype in DTYPES:
        for reduction in ("sum", "var", "minmax", "moments"):
            yield partial(f"{reduction}-{dtype}", "a state of each family, of each dtype", reduction, dtype)
        yield partial(f"median-{dtype}", "a state that keeps every element", "median", dtype)
    for reduction in ("mean", "std", "norm", "prod", "min", "max", "argmin", "argmax", "any", "all", "count_nonzero", "count", "skew", "kurtosis"):
        for dtype in ("float64", "int16"):
            yield partial(f"{reduction}-{dtype}", "every reduction has a state", reduction, dtype)
    yield partial("ptp-int16", "every reduction has a state", "ptp", "int16")
    for reduction in ("nansum", "nanmean", "nanprod", "nanvar", "nanmin", "nanargmax", "nanmedian", "nanskew", "count"):
        for dtype in FLOATS:
            yield partial(f"{reduction}-{dtype}-nan", "NaN is left out", reduction, dtype, with_nan(dtype), data(dtype, 3))
    for reduction in ("sum", "max", "argmin", "median"):
        yield partial(f"{reduction}-float64-nan", "NaN propagates", reduction, "float64", with_nan("float64"), data("float64", 3))
    for reduction in ("sum", "prod", "any"):
        yield partial(f"{reduction}-float64-nothing", "nothing was pushed", reduction, "float64", {"dtype": "float64", "shape": [0], "data": {"bits": []}})
    yield partial("sum-float64-initial", "a number that the sum begins with", "sum", "float64", initial=0.1)
    yield partial("min-int8-initial", "an integer that the minimum begins with", "min", "int8", initial=-128)
    yield partial("var-float64-ddof", "a divisor of n - 1", "var", "float64", ddof=1.0)
    yield partial("skew-float64-bias", "corrected for the sample's size", "skew", "float64", bias=False)
    yield partial("kurtosis-float32-fisher", "without the 3", "kurtosis", "float32", fisher=False)
    yield partial("moments-float64-order", "two of four moments", "moments", "float64", order=2)
    for method in ("linear", "inverted_cdf", "closest_observation", "averaged_inverted_cdf", "hazen", "nearest", "midpoint"):
        yield partial(f"quantile-float64-{method}", "a method has a name in the bytes", "quantile", "float64", method=method, q=[0.1, 0.9])
        yield partial(f"percentile-int32-{method}", "percents are kept as fractions", "percentile", "int32", method=method, q=7.0)
    if "v1" in sys.argv:
        for dtype in FLOATS:
            yield partial(f"sum-{dtype}-inexact", "sums of exact=False are no more", "sum", dtype, exact=False) | {"error": "bad_parameter"}
    table = {"dtype": "float64", "shape": [3, 5], "data": {"wide": 7}}
    both = [["result", {}], ["result", {"ddof": 0.0}], ["corrcoef", {}]]
    yield {"id": "cov-float64", "why": "sums and products of three variables", "state": "Cov", "args": {"variables": 3}, "pushes": [table, {**table, "data": {"lcg": 8}}], "calls": both}
    yield {"id": "cov-int64", "why": "integers beyond 2^53 have two parts", "state": "Cov", "args": {"variables": 2},
           "pushes": [{"dtype": "int64", "shape": [2, 6], "data": {"lcg": 9}}], "calls": both}  # fmt: skip
    counts = [["result", {}], ["below", None], ["above", None], ["nan", None], ["count", None]]
    yield {"id": "histogram-equal", "why": "bins of equal width", "state": "Histogram", "args": {"bins": 7, "range": [-0.3, 0.4]},
           "pushes": [data("float64", 4), with_nan("float64"), data("int8", 5)], "calls": counts}  # fmt: skip
    yield {"id": "histogram-edges", "why": "bins between edges", "state": "Histogram", "args": {"bins": [-0.25, -0.125, 0.0, 0.375]}, "pushes": [data("float32", 6)], "calls": counts}
    yield {"id": "histogram-weights", "why": "exact sums of weights, and elements without one", "state": "Histogram", "args": {"bins": 3, "range": [-0.5, 0.5]},
           "pushes": [data("float64", 4) | {"weights": data("float64", 7)}, data("float64", 6)], "calls": counts}  # fmt: skip
    for id, why, limit, pushes in [
        ("quantiles-exact", "every element is there", 4096, [data("float64", 4), data("int32", 5)]),
        ("quantiles-sketch", "more elements than the limit", 4096, [{"dtype": "float64", "shape": [9001], "data": {"lcg": 12}}]),
        ("quantiles-nan", "NaN is counted", 4096, [data("float64", 4), with_nan("float64")]),
    ]:
        yield {"id": id, "why": why, "state": "Quantiles", "args": {"limit": limit}, "pushes": pushes,
               "calls": [["result", {"q": [0.0, 0.25, 0.5, 0.99, 1.0]}], ["result", {"q": 0.5}], ["count", None], ["rank_error", None]]}  # fmt: skip


def main():
    version = sys.argv[1]
    path = HERE / version / "states.json"
    cases = []
    for case in wanted():
        state = golden.state_of(case)
        calls = [] if "error" in case else [{"call": name, "args": args, "answers": golden.answers(state, name, args)} for name, args in case["calls"]]
        cases.append({**case, "calls": calls, "bytes": state.to_bytes().hex()})
    path.parent.mkdir(exist_ok=True)
    path.write_text("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")
    print(len(cases), "states,", path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
