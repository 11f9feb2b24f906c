"""Writes fold_quantiles.json: what NumPy returns for each of its quantile methods. Run by hand."""

import json
import pathlib

import numpy as np

METHODS = (
    "inverted_cdf averaged_inverted_cdf closest_observation interpolated_inverted_cdf hazen weibull linear "
    "median_unbiased normal_unbiased lower higher midpoint nearest"
).split()


def bits(values):
    return [f"{int(x):016x}" for x in np.asarray(values, np.float64).view(np.uint64)]


rng = np.random.default_rng(1)
q = np.array([0, 0.1, 0.25, 0.3, 0.4, 0.5, 0.6, 0.75, 0.9, 0.999, 1])
cases = []
for n in [1, 2, 3, 4, 5, 10, 11, 40]:
    x = rng.permutation(rng.standard_normal(n)).astype(np.float32).astype(np.float64)
    if n == 4:
        x = np.array([1.0, 2, 3, 4])
    if n == 10:
        x[3] = x[5] = x[7]
    single = x.astype(np.float32)
    methods = {
        method: {
            "f64": bits(np.quantile(x, q, method=method)),
            "f32": bits([np.quantile(single, float(p), method=method) for p in q]),
        }
        for method in METHODS
    }
    cases.append({"x": bits(x), "q": bits(q), "methods": methods})
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(cases, indent=None, separators=(",", ":")) + "\n")
