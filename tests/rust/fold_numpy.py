"""Writes fold_numpy.json: what NumPy and SciPy return. Run by hand."""

import fractions
import json
import math
import pathlib

import numpy as np
import scipy.spatial
import scipy.stats

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
histograms = []
x = rng.standard_normal(120)
x[10:20] = x[0]
for data in [x, np.round(x * 3), x[:1], np.repeat(0.5, 7), x.astype(np.float32), np.arange(100) % 17]:
    histograms.append({"dtype": str(data.dtype), "x": bits(data), "cases": []})
    for keywords in [
        {"bins": 10},
        {"bins": 7, "range": (-0.7, 0.9)},
        {"bins": 60},
        {"bins": [-1.0, -0.5, 0.0, 0.0, 2.5]},
        *({"bins": rule} for rule in "auto fd doane scott stone rice sturges sqrt".split()),
    ]:
        counts, edges = np.histogram(data, **keywords)
        histograms[-1]["cases"].append(
            {
                "bins": bits(keywords["bins"]) if isinstance(keywords["bins"], list) else keywords["bins"],
                "range": bits(keywords["range"]) if "range" in keywords else None,
                "counts": counts.tolist(),
                "density": bits(np.histogram(data, density=True, **keywords)[0]),
                "edges": bits(edges),
            }
        )


def running(data):
    """The exact running sums, rounded once; NumPy's do not come back from beyond the largest double."""
    exact = [sum(map(fractions.Fraction, data[: i + 1])) for i in range(len(data))]
    largest = fractions.Fraction(np.finfo(float).max)
    return [float(total) if abs(total) <= largest else math.copysign(math.inf, total) for total in exact]


scans = []
for data in [x, np.array([3.0, -0.0, 0.0, np.nan, 1.0]), np.array([1e308, 1e308, -1e308])]:
    with np.errstate(all="ignore"):
        scans.append(
            {
                "x": bits(data),
                "cumsum": bits(running(data) if np.isfinite(data).all() else np.cumsum(data)),
                "cumprod": bits(np.cumprod(data)),
                "cummin": bits(np.minimum.accumulate(data)),
                "cummax": bits(np.maximum.accumulate(data)),
            }
        )
edges = [-1.0, 0.0, 0.5, 0.5, 2.0]
some = np.concatenate([x[:20], edges, [np.nan, np.inf, -np.inf]])
digitized = {
    "x": bits(some),
    "bins": bits(edges),
    "rising": np.digitize(some, edges).tolist(),
    "rising_right": np.digitize(some, edges, right=True).tolist(),
    "falling": np.digitize(some, edges[::-1]).tolist(),
    "falling_right": np.digitize(some, edges[::-1], right=True).tolist(),
}
y, w = rng.standard_normal(120), rng.random(120)
statistics = {
    "x": bits(x),
    "y": bits(y),
    "w": bits(w),
    "average": bits([np.average(x, weights=w)]),
    "cov": bits(np.cov(x, y).ravel()),
    "corrcoef": bits(np.corrcoef(x, y).ravel()),
    "skew": bits([scipy.stats.skew(x), scipy.stats.skew(x, bias=False)]),
    "kurtosis": bits([scipy.stats.kurtosis(x), scipy.stats.kurtosis(x, bias=False, fisher=False)]),
    "moments": bits([x.mean(), *(scipy.stats.moment(x, order=k) for k in (2, 3, 4))]),
    "norms": bits([np.linalg.norm(x, 1), np.linalg.norm(x, np.inf), np.linalg.norm(x, -np.inf), np.linalg.norm(x, 0)]),
    "cosine": bits([1 - scipy.spatial.distance.cosine(x, y)]),
}
path = pathlib.Path(__file__).with_suffix(".json")
everything = {
    "quantiles": cases,
    "histograms": histograms,
    "scans": scans,
    "digitized": digitized,
    "statistics": statistics,
}
path.write_text(json.dumps(everything, indent=None, separators=(",", ":")) + "\n")
