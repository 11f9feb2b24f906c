"""Which result is the right one? Writes the golden vectors from exact rational arithmetic.

Imports nothing of nearfold: `truth` is computed with `fractions` and rounded once, by the functions below.

    python3 tests/vectors/generate.py          # write the files
    python3 tests/vectors/generate.py --check  # exit 1 where a committed file differs
"""

import json
import math
import struct
import sys
from fractions import Fraction
from itertools import product
from pathlib import Path

HERE = Path(__file__).parent
MASK = 2**64 - 1

# name -> (bits, kind); floats: precision and the exponent of the smallest subnormal
INTS = {f"{sign}int{bits}": bits for sign in ("", "u") for bits in (8, 16, 32, 64)}
FLOATS = {"float64": (64, 53, -1074, "d", "Q"), "float32": (32, 24, -149, "f", "I"), "float16": (16, 11, -24, "e", "H")}
NAN = {"float64": 0x7FF8000000000000, "float32": 0x7FC00000, "float16": 0x7E00}
INF = float("inf")
DEFAULT_NAN = float("nan")


# ---- numbers and their bits ---------------------------------------------------------------------


def width(dtype):
    return 8 if dtype == "bool" else INTS.get(dtype) or FLOATS[dtype][0]


def to_bits(value, dtype):
    """Bits of a value that the dtype holds exactly (a Python float, int or bool)."""
    if dtype in FLOATS:
        _, _, _, code, unsigned = FLOATS[dtype]
        if isinstance(value, float) and math.isnan(value):
            return NAN[dtype]
        bits = struct.unpack("<" + unsigned, struct.pack("<" + code, value))[0]
        assert from_bits(bits, dtype) == value, (value, dtype)
        return bits
    return int(value) & (2 ** width(dtype) - 1)


def from_bits(bits, dtype):
    if dtype in FLOATS:
        _, _, _, code, unsigned = FLOATS[dtype]
        return struct.unpack("<" + code, struct.pack("<" + unsigned, bits))[0]
    if dtype == "bool":
        return bits != 0
    w = width(dtype)
    return bits - 2**w if dtype.startswith("int") and bits >> (w - 1) else bits


def hexed(bits, dtype):
    return f"{bits:0{width(dtype) // 4}x}"


def rounded(exact, dtype):
    """The bits of the float nearest to a Fraction, ties to even; beyond the largest: infinity. A result of 0 keeps the sign."""
    w, precision, least, _, _ = FLOATS[dtype]
    if exact == 0:
        return 0
    sign, magnitude = exact < 0, abs(exact)
    exponent = magnitude.numerator.bit_length() - magnitude.denominator.bit_length()
    if Fraction(2) ** exponent > magnitude:
        exponent -= 1
    unit = max(exponent - precision + 1, least)  # exponent of the last place
    scaled = magnitude / Fraction(2) ** unit
    digits = scaled.numerator // scaled.denominator
    rest = scaled - digits
    digits += rest > Fraction(1, 2) or (rest == Fraction(1, 2) and digits % 2 == 1)
    # A subnormal's exponent field is 0; the leading digit of a normal number counts one up in it.
    bits = ((unit - least) << (precision - 1)) + digits
    infinity = (2 ** (w - precision) - 1) << (precision - 1)
    return min(bits, infinity) | (sign << (w - 1))


def sqrt_rounded(exact, dtype):
    """The bits of the float nearest to the square root of a Fraction."""
    if exact == 0:
        return 0
    shift = 0
    while (exact.numerator << (2 * shift)) // exact.denominator < 2**200:
        shift += 64
    scaled = (exact.numerator << (2 * shift)) // exact.denominator
    root = math.isqrt(scaled)
    sticky = root * root != scaled or scaled * exact.denominator != exact.numerator << (2 * shift)
    return rounded(Fraction(2 * root + sticky, 2 ** (shift + 1)), dtype)


# ---- generated data -----------------------------------------------------------------------------


def lcg(seed):
    state = seed
    while True:
        state = (state * 6364136223846793005 + 1442695040888963407) & MASK
        yield state


def fill(data, dtype, n):
    """The element bits that `data` stands for."""
    if "bits" in data:
        return [int(text, 16) for text in data["bits"]]
    if "lcg" in data:
        states = lcg(data["lcg"])
        if dtype == "float64":
            return [to_bits((next(states) >> 11) * 2.0**-53 - 0.5, dtype) for _ in range(n)]
        if dtype == "float32":
            return [to_bits((next(states) >> 40) * 2.0**-24 - 0.5, dtype) for _ in range(n)]
        if dtype == "bool":
            return [next(states) >> 63 for _ in range(n)]
        return [next(states) >> (64 - width(dtype)) for _ in range(n)]
    states = lcg(data["wide"])
    out = []
    for _ in range(n):
        a, b = next(states), next(states)
        if dtype == "float64":
            out.append((a >> 63) << 63 | (723 + (a >> 20) % 601) << 52 | b >> 12)
        else:
            out.append((a >> 63) << 31 | (27 + (a >> 20) % 201) << 23 | b >> 41)
    return out


# ---- the reductions, on a list of Python numbers ------------------------------------------------


def special(values):
    """The sum of the infinities and NaNs among `values`; None where all are finite."""
    bad = [v for v in values if isinstance(v, float) and not math.isfinite(v)]
    return sum(bad) if bad else None


def fractions(values):
    return [Fraction(v) for v in values]


def reduce_sum(values, dtype, args):
    if dtype not in FLOATS:
        out = "uint64" if dtype.startswith("uint") else "int64"
        return sum(int(v) for v in values) & MASK, out
    bad = special(values)
    return (rounded(sum(fractions(values)), dtype) if bad is None else to_bits(bad, dtype)), dtype


def float_of(dtype):
    return dtype if dtype in FLOATS else "float64"


def reduce_mean(values, dtype, args):
    out = float_of(dtype)
    if not values:
        raise ValueError("empty")
    bad = special(values)
    return (rounded(sum(fractions(values)) / len(values), out) if bad is None else to_bits(bad, out)), out


def exact_var(values, args):
    n, ddof = len(values), Fraction(args.get("ddof", 0))
    if n == 0:
        raise ValueError("empty")
    if ddof >= n:
        raise ValueError("bad_parameter")
    exact = fractions(values)
    return (sum(v * v for v in exact) - sum(exact) ** 2 / n) / (n - ddof)


def reduce_var(values, dtype, args):
    out = float_of(dtype)
    if special(values) is not None:
        return NAN[out], out
    return rounded(exact_var(values, args), out), out


def reduce_std(values, dtype, args):
    out = float_of(dtype)
    if special(values) is not None:
        return NAN[out], out
    return sqrt_rounded(exact_var(values, args), out), out


def reduce_norm(values, dtype, args):
    out = float_of(dtype)
    bad = special(values)
    if bad is not None:
        return to_bits(DEFAULT_NAN if any(v != v for v in values) else INF, out), out
    return sqrt_rounded(sum((v * v for v in fractions(values)), Fraction(0)), out), out


def is_nan(v):
    return isinstance(v, float) and math.isnan(v)


def ordered(v):
    """Orders -0 before +0."""
    return (v, math.copysign(1, v)) if isinstance(v, float) else (v, 0)


def extreme(choose, values, dtype):
    if not values:
        raise ValueError("empty")
    if any(map(is_nan, values)):
        return NAN[dtype], dtype
    return to_bits(choose(values, key=ordered), dtype), dtype


def position(choose, values):
    if not values:
        raise ValueError("empty")
    for i, v in enumerate(values):
        if is_nan(v):
            return i, "int64"
    return values.index(choose(values)), "int64"  # == takes -0 for +0: the first of the equal


def nearest(exact, dtype="float64"):
    """The float nearest to a Fraction, as a Fraction; infinities stay."""
    if isinstance(exact, float):
        return exact
    value = from_bits(rounded(exact, dtype), dtype)
    return Fraction(value) if math.isfinite(value) else value


# alpha and beta of the definitions that interpolate.
SPACED = {
    "interpolated_inverted_cdf": (0.0, 1.0), "hazen": (0.5, 0.5), "weibull": (0.0, 0.0),
    "median_unbiased": (1 / 3, 1 / 3), "normal_unbiased": (3 / 8, 3 / 8),
}  # fmt: skip
DISCRETE = ("inverted_cdf", "closest_observation", "lower", "higher", "nearest")


def quantile_place(n, q, method):
    """The places of both neighbours and the weight of the second; a share is compared with q as the double that it rounds to."""
    if method in ("inverted_cdf", "averaged_inverted_cdf"):
        least = next((j for j in range(1, n + 1) if nearest(Fraction(j, n)) >= q), n)
        whole = nearest(Fraction(least, n)) == q
        if method == "averaged_inverted_cdf" and whole and least < n:
            return least - 1, least, Fraction(1, 2)
        return least - 1, least - 1, Fraction(0)
    if method == "closest_observation":
        # The number of j + 1/2 that are not above n q; of equal distance the even one of the two, counted from 1.
        below = sum(nearest(Fraction(2 * j + 1, 2 * n)) <= q for j in range(n))
        tie = below > 0 and nearest(Fraction(2 * below - 1, 2 * n)) == q
        place = below - 1 if tie and (below - 1) % 2 == 0 else below
        return (max(min(place, n) - 1, 0),) * 2 + (Fraction(0),)
    step = nearest((n - 1) * q)
    floor, ceil = step.numerator // step.denominator, -(-step.numerator // step.denominator)
    if method == "lower":
        return floor, floor, Fraction(0)
    if method == "higher":
        return ceil, ceil, Fraction(0)
    if method == "nearest":
        half = step - floor
        up = half > Fraction(1, 2) or (half == Fraction(1, 2) and floor % 2 == 1)
        return (floor + up,) * 2 + (Fraction(0),)
    if method == "midpoint":
        return floor, ceil, Fraction(1, 2) if ceil > floor else Fraction(0)
    if method != "linear":
        alpha, beta = map(Fraction, SPACED[method])
        spread = nearest(nearest(1 - alpha) - beta)
        step = nearest(nearest(nearest(n * q) + nearest(alpha + nearest(q * spread))) - 1)
        if step >= n - 1:
            return n - 1, n - 1, Fraction(0)
        if step < 0:
            return 0, 0, Fraction(0)
        floor = step.numerator // step.denominator
    return floor, min(floor + 1, n - 1), nearest(step - floor)


def between(low, high, weight, dtype, out):
    """NumPy's a + (b - a) t, from t = 1/2 on b - (b - a)(1 - t), each step rounded; halved where b - a is beyond all numbers."""
    if weight == 0 or low == high:
        return nearest(low, out)
    lane = dtype if dtype in FLOATS else "float64"
    scale = 1
    difference = nearest(high - low, lane)
    if isinstance(difference, float):
        scale, low, high = 2, low / 2, high / 2
        difference = nearest(high - low, lane)
    if weight >= Fraction(1, 2):
        value = nearest(high - nearest(difference * nearest(1 - weight, out), out), out)
    else:
        value = nearest(low + nearest(difference * nearest(weight, out), out), out)
    return value * scale


def reduce_quantile(values, dtype, args, scale=1):
    if not values:
        raise ValueError("empty")
    many = isinstance(args["q"], list)
    given = args["q"] if many else [args["q"]]
    if any(not 0 <= q <= scale for q in given):
        raise ValueError("bad_parameter")
    method = args.get("method", "linear")
    out = dtype if method in DISCRETE else "float64" if many or dtype not in FLOATS else dtype
    if any(map(is_nan, values)):
        return [NAN[out]] * len(given) if many else NAN[out], out
    order = sorted(values, key=ordered)
    found = []
    for q in given:
        low, high, weight = quantile_place(len(order), nearest(Fraction(q) / scale), method)
        if method in DISCRETE or weight == 0 or order[low] == order[high]:
            found.append(to_bits(order[low], out))
        else:
            found.append(rounded(between(Fraction(order[low]), Fraction(order[high]), weight, dtype, out), out))
    return found if many else found[0], out


def reduce_median(values, dtype, args):
    out = float_of(dtype)
    if not values:
        raise ValueError("empty")
    if any(map(is_nan, values)):
        return NAN[out], out
    order = sorted(values, key=ordered)
    low, high = order[(len(order) - 1) // 2], order[len(order) // 2]
    if low == high:
        return to_bits(float(low), out) if out in FLOATS else low, out
    return rounded((Fraction(low) + Fraction(high)) / 2, out), out


def central(values):
    """n, S1 ... and the integers A, B, C of docs/NUMERICS.md."""
    exact, n = fractions(values), len(values)
    s1, s2, s3, s4 = (sum(v**p for v in exact) for p in (1, 2, 3, 4))
    a = n * s2 - s1**2
    b = n**2 * s3 - 3 * n * s1 * s2 + 2 * s1**3
    c = n**3 * s4 - 4 * n**2 * s1 * s3 + 6 * n * s1**2 * s2 - 3 * s1**4
    return n, s1, a, b, c


def shaped(reduce):
    def checked(values, dtype, args):
        out = float_of(dtype)
        if not values:
            raise ValueError("empty")
        if special(values) is not None:
            return NAN[out] if reduce is not moments_of else [NAN[out]] * args.get("order", 4), out
        return reduce(values, out, args), out

    return checked


def skew_of(values, out, args):
    n, _, a, b, _ = central(values)
    if a == 0:
        return NAN[out]
    square = b * b / a**3
    if not args.get("bias", True) and n > 2:
        square *= Fraction(n * (n - 1), (n - 2) ** 2)
    bits = sqrt_rounded(square, out)
    return bits | 1 << (width(out) - 1) if b < 0 else bits


def kurtosis_of(values, out, args):
    n, _, a, _, c = central(values)
    if a == 0:
        return NAN[out]
    value = c / a**2
    if not args.get("bias", True) and n > 3:
        value = Fraction(n - 1, (n - 2) * (n - 3)) * ((n + 1) * value - 3 * (n - 1)) + 3
    return rounded(value - 3 if args.get("fisher", True) else value, out)


def moments_of(values, out, args):
    n, s1, a, b, c = central(values)
    return [rounded(exact, out) for exact in (s1 / n, a / Fraction(n) ** 2, b / Fraction(n) ** 3, c / Fraction(n) ** 4)][: args.get("order", 4)]


def count_true(values, dtype, args):
    return sum(v != 0 for v in values), "int64"


REDUCTIONS = {
    "median": reduce_median,
    "quantile": reduce_quantile,
    "percentile": lambda values, dtype, args: reduce_quantile(values, dtype, args, 100),
    "skew": shaped(skew_of),
    "kurtosis": shaped(kurtosis_of),
    "moments": shaped(moments_of),
    "count_nonzero": count_true,
    "sum": reduce_sum,
    "mean": reduce_mean,
    "var": reduce_var,
    "std": reduce_std,
    "norm": reduce_norm,
    "min": lambda values, dtype, args: extreme(min, values, dtype),
    "max": lambda values, dtype, args: extreme(max, values, dtype),
    "argmin": lambda values, dtype, args: position(min, values),
    "argmax": lambda values, dtype, args: position(max, values),
}


def reduce_dot(a, b, dtype):
    """Σ aᵢ bᵢ; a NaN, 0 ∙ ∞ or ∞ - ∞ makes it NaN."""
    if dtype not in FLOATS:
        out = "uint64" if dtype.startswith("uint") else "int64"
        return sum(int(x) * int(y) for x, y in zip(a, b)) & MASK, out
    products = [x * y for x, y in zip(a, b) if not (math.isfinite(x) and math.isfinite(y))]
    if products:
        return to_bits(sum(products), dtype), dtype
    return rounded(sum((Fraction(x) * Fraction(y) for x, y in zip(a, b)), Fraction(0)), dtype), dtype


def along(values, shape, axes):
    """The shape that remains and, for each of its positions, the elements that are reduced."""
    strides = [math.prod(shape[i + 1 :]) for i in range(len(shape))]
    kept = [i for i in range(len(shape)) if i not in axes]
    gone = [i for i in range(len(shape)) if i in axes]
    groups = []
    for at in product(*(range(shape[i]) for i in kept)):
        base = sum(p * strides[i] for p, i in zip(at, kept))
        groups.append(
            [
                values[base + sum(p * strides[i] for p, i in zip(there, gone))]
                for there in product(*(range(shape[i]) for i in gone))
            ]
        )
    return kept, groups


# ---- cases --------------------------------------------------------------------------------------


def floats(dtype, *values):
    return {"bits": [hexed(to_bits(float(v), dtype), dtype) for v in values]}


def ints(dtype, *values):
    return {"bits": [hexed(to_bits(v, dtype), dtype) for v in values]}


def literal(dtype, *values):
    return floats(dtype, *values) if dtype in FLOATS else ints(dtype, *values)


def result(op, dtype, shape, data, args, where=None):
    values = [from_bits(bits, dtype) for bits in fill(data, dtype, math.prod(shape))]
    assert len(values) == math.prod(shape)
    if where is not None:
        chosen = fill(where, "bool", len(values))
        values = [v if keep else None for v, keep in zip(values, chosen)]
    axis = args.get("axis")
    given = range(len(shape)) if axis is None else axis if isinstance(axis, list) else [axis]
    axes = [a + len(shape) if a < 0 else a for a in given]
    if len(set(axes)) != len(axes) or any(not 0 <= a < len(shape) for a in axes):
        raise ValueError("axis_out_of_range")
    kept, groups = along(values, shape, axes)
    out = [chosen_of(op, group, dtype, args) for group in groups]
    out_dtype = out[0][1] if out else REDUCTIONS[op]([from_bits(0, dtype)], dtype, {})[1]
    keepdims = args.get("keepdims", False)
    out_shape = [1 if i in axes else n for i, n in enumerate(shape) if keepdims or i in kept]
    if out and isinstance(out[0][0], list):
        return out_dtype, [len(out[0][0]), *out_shape], [bits[i] for i in range(len(out[0][0])) for bits, _ in out]
    return out_dtype, out_shape, [bits for bits, _ in out]


def chosen_of(op, values, dtype, args):
    """The reduction of what a mask chooses; of nothing it is NaN where it has a value of something."""
    chosen = [v for v in values if v is not None]
    try:
        return REDUCTIONS[op](chosen, dtype, args)
    except ValueError:
        if not values or chosen and len(chosen) == len(values) or op in ("min", "max"):
            raise
        out = float_of(dtype)
        return [NAN[out]] * args.get("order", 4) if op == "moments" else NAN[out], out


# The largest distance from the truth that each operation promises.
MAX_ULP = {}


def case(id, why, op, dtype, shape, data, args=None, where=None):
    made = {"id": id, "why": why, "op": op, "dtype": dtype, "shape": shape, "data": data}
    if args:
        made["args"] = args
    if where:
        made["where"] = where
    try:
        out_dtype, out_shape, bits = result(op, dtype, shape, data, args or {}, where)
    except ValueError as error:
        return made | {"error": str(error)}
    return made | answer(op, out_dtype, out_shape, bits)


def answer(op, out_dtype, out_shape, bits):
    texts = [hexed(b, out_dtype) for b in bits]
    return {
        "result_dtype": out_dtype,
        "result_shape": out_shape,
        "truth": texts,
        "max_ulp": MAX_ULP.get(op, 0),
        "bits": texts,
    }


def dot_case(id, why, dtype, a, b, shape=None):
    shape = shape if shape is not None else [len(a["bits"])]
    made = {"id": id, "why": why, "op": "dot", "dtype": dtype, "shape": shape, "data": a, "data2": b}
    n = math.prod(shape)
    left = [from_bits(bits, dtype) for bits in fill(a, dtype, n)]
    right = [from_bits(bits, dtype) for bits in fill(b, dtype, n)]
    assert len(left) == len(right) == n
    bits, out = reduce_dot(left, right, dtype)
    return made | answer("dot", out, [], [bits])


def cov_case(id, why, op, dtype, shape, data, ddof=1):
    """Covariances and correlations of the rows of a table."""
    made = {"id": id, "why": why, "op": op, "dtype": dtype, "shape": shape, "data": data}
    if op == "cov" and ddof != 1:
        made["args"] = {"ddof": ddof}
    k, n = shape
    values = [from_bits(bits, dtype) for bits in fill(data, dtype, k * n)]
    rows = [values[i * n : (i + 1) * n] for i in range(k)]
    if op == "cov" and n <= ddof:
        return made | {"error": "bad_parameter"}

    def sums(x, y):
        x, y = fractions(x), fractions(y)
        return sum(a * b for a, b in zip(x, y)) * n - sum(x) * sum(y)

    def entry(i, j):
        if special(rows[i]) is not None or special(rows[j]) is not None:
            return NAN["float64"]
        if op == "cov":
            return rounded(sums(rows[i], rows[j]) / (n * (n - Fraction(ddof))), "float64")
        both = sums(rows[i], rows[i]) * sums(rows[j], rows[j])
        if both == 0:
            return NAN["float64"]
        top = sums(rows[i], rows[j])
        return sqrt_rounded(top**2 / both, "float64") | (top < 0) << 63

    return made | answer(op, "float64", [k, k], [entry(i, j) for i in range(k) for j in range(k)])


def group_case(id, why, reduction, dtype, data, codes, args=None, groups=None):
    n = len(codes)
    args = dict(args or {}, reduction=reduction) | ({} if groups is None else {"groups": groups})
    made = {"id": id, "why": why, "op": "group", "dtype": dtype, "shape": [n], "data": data, "args": args,
            "codes": {"dtype": "int64", "data": ints("int64", *codes)}}  # fmt: skip
    values = [from_bits(bits, dtype) for bits in fill(data, dtype, n)]
    groups = max(codes, default=-1) + 1 if groups is None else groups
    if max(codes, default=-1) >= groups:
        return made | {"error": "bad_parameter"}
    try:
        out = [chosen_of(reduction, [v if c == g else None for v, c in zip(values, codes)], dtype, args) for g in range(groups)]
    except ValueError as error:
        return made | {"error": str(error)}
    out_dtype = out[0][1]
    if isinstance(out[0][0], list):
        width = len(out[0][0])
        return made | answer("group", out_dtype, [width, groups], [bits[i] for i in range(width) for bits, _ in out])
    return made | answer("group", out_dtype, [groups], [bits for bits, _ in out])


def histogram_case(id, why, dtype, data, n, bins, range_=None, weights=None):
    """Edges where numpy.linspace puts them: with a range, or of integers, each step in doubles and the edge in the type of the data."""
    args = {"bins": bins} | ({} if range_ is None else {"range": range_})
    made = {"id": id, "why": why, "op": "histogram", "dtype": dtype, "shape": [n], "data": data, "args": args}
    values = [from_bits(bits, dtype) for bits in fill(data, dtype, n)]
    if isinstance(bins, list):
        edges, of_edges, low, high = [Fraction(b) for b in bins], "float64", Fraction(bins[0]), Fraction(bins[-1])
    else:
        of_edges = float_of(dtype)
        low, high = map(Fraction, range_ if range_ is not None else (min(values), max(values)))
        if low == high:
            low, high = low - Fraction(1, 2), high + Fraction(1, 2)
        by = "float64" if range_ is not None else of_edges
        low, high = nearest(low, by), nearest(high, by)
        step = nearest(nearest(high - low, by) / bins, by)
        edges = [nearest(nearest(nearest(i * step, by) + low, by), of_edges) for i in range(bins)] + [nearest(high, of_edges)]
    counted = [[] for _ in edges[1:]]
    weighed = [1] * n
    if weights is not None:
        made["weights"] = {"dtype": "float64", "data": weights}
        weighed = [from_bits(bits, "float64") for bits in fill(weights, "float64", n)]
    for value, weight in zip(values, weighed):
        # The ends that were asked for decide what is inside, the edges as they are in which bin.
        if not is_nan(value) and low <= value <= high:
            place = sum(edge <= value for edge in edges) - 1
            counted[min(max(place, 0), len(edges) - 2)].append(weight)
    if weights is None:
        counts, out = [len(c) for c in counted], "int64"
    else:
        counts, out = [rounded(sum(fractions(c), Fraction(0)), "float64") for c in counted], "float64"
    texts = [hexed(rounded(e, of_edges) if e else 0, of_edges) for e in edges]
    return made | answer("histogram", out, [len(counts)], counts) | {"edges": {"dtype": of_edges, "bits": texts}}


def scan_case(id, why, op, dtype, shape, data, args=None):
    args = args or {}
    made = {"id": id, "why": why, "op": op, "dtype": dtype, "shape": shape, "data": data} | ({"args": args} if args else {})
    values = [from_bits(bits, dtype) for bits in fill(data, dtype, math.prod(shape))]
    total = op in ("cumsum", "cumprod")
    wide = dtype if dtype in FLOATS or not total else "uint64" if dtype.startswith("uint") else "int64"
    out = args.get("dtype", wide)
    if total and out not in FLOATS and out not in ("int64", "uint64"):
        return made | {"error": "unsupported_dtype"}
    axis = args.get("axis")
    lanes = [list(range(len(values)))]
    if axis is not None:
        inner = math.prod(shape[axis + 1 :])
        outer = math.prod(shape[:axis])
        lanes = [[(o * shape[axis] + k) * inner + i for k in range(shape[axis])] for o in range(outer) for i in range(inner)]
    found = [0] * len(values)
    for lane in lanes:
        for k, at in enumerate(lane):
            found[at] = running(op, [values[i] for i in lane[: k + 1]], out)
    return made | answer(op, out, shape if axis is not None else [len(values)], found)


def running(op, values, out):
    """The value of a scan at its last place."""
    if op in ("cummin", "cummax"):
        return extreme(min if op == "cummin" else max, values, out)[0]
    if out not in FLOATS:
        start = 0 if op == "cumsum" else 1
        for v in values:
            start = start + int(v) if op == "cumsum" else start * int(v)
        return start & (2 ** width(out) - 1)
    bad = special(values)
    if op == "cumsum":
        return rounded(sum(fractions(values)), out) if bad is None else to_bits(bad, out)
    product = 1.0
    for v in values:
        product *= v
    return to_bits(product, out)


def one_d(id, why, op, dtype, *values, args=None):
    return case(id, why, op, dtype, [len(values)], literal(dtype, *values), args)


# Sums that broke real implementations: the inputs of TC39's test262,
# test/built-ins/Math/sumPrecise/sum.js (Copyright 2024 Kevin Gibbons, BSD licence).
TC39 = [
    [1, 2, 3],
    [1e308],
    [1e308, -1e308],
    [0.1],
    [0.1, 0.1],
    [0.1, -0.1],
    [1e308, 1e308, 0.1, 0.1, 1e30, 0.1, -1e30, -1e308, -1e308],
    [1e30, 0.1, -1e30],
    [8.98846567431158e307, 8.988465674311579e307, -1.7976931348623157e308],
    [-5.630637621603525e255, 9.565271205476345e307, 2.9937604643020797e292],
    [6.739986666787661e66, 2, -1.2689709186578243e-116, 1.7046015739467354e308, -9.979201547673601e291,
     6.160926733208294e307, -3.179557053031852e234, -7.027282978772846e307, -0.7500000000000001],
    [0.31150493246968836, -8.988465674311582e307, 1.8315037361673755e-270, -15.999999999999996,
     2.9999999999999996, 7.345200721499384e164, -2.033582473639399, -8.98846567431158e307,
     -3.5737295155405993e292, 4.13894772383715e-124, -3.6111186457260667e-35, 2.387234887098013e180,
     7.645295562778372e-298, 3.395189016861822e-103, -2.6331611115768973e-149],
    [-1.1442589134409902e308, 9.593842098384855e138, 4.494232837155791e307, -1.3482698511467367e308,
     4.494232837155792e307],
    [-1.1442589134409902e308, 4.494232837155791e307, -1.3482698511467367e308, 4.494232837155792e307],
    [9.593842098384855e138, -6.948356297254111e307, -1.3482698511467367e308, 4.494232837155792e307],
    [-2.534858246857893e115, 8.988465674311579e307, 8.98846567431158e307],
    [1.3588124894186193e308, 1.4803986201152006e223, 6.741349255733684e307],
    [6.741349255733684e307, 1.7976931348623155e308, -7.388327292663961e41],
    [-1.9807040628566093e28, 1.7976931348623157e308, 9.9792015476736e291],
    [-1.0214557991173964e61, 1.7976931348623157e308, 8.98846567431158e307, -8.988465674311579e307],
    [1.7976931348623157e308, 7.999999999999999, -1.908963895403937e-230, 1.6445950082320264e292,
     2.0734856707605806e205],
    [6.197409167220438e-223, -9.979201547673601e291, -1.7976931348623157e308],
    [4.49423283715579e307, 8.944251746776101e307, -0.0002441406250000001, 1.1752060710043817e308,
     4.940846717201632e292, -1.6836699406454528e308],
    [8.988465674311579e307, 7.999999999999998, 7.029158107234023e-308, -2.2303483759420562e-172,
     -1.7976931348623157e308, -8.98846567431158e307],
    [8.98846567431158e307, 8.98846567431158e307],
]  # fmt: skip
TC39_EXPECTED = [
    6.0, 1e308, 0.0, 0.1, 0.2, 0.0, 0.30000000000000004, 0.1, 9.9792015476736e291, 9.565271205476347e307,
    1.61796594939028e308, -INF, -1.5936821971565685e308, -1.5936821971565687e308, -1.5936821971565685e308,
    1.7976931348623157e308, INF, INF, 1.7976931348623157e308, 1.7976931348623157e308, INF, -INF,
    8.353845887521184e307, -1.7976931348623157e308, INF,
]  # fmt: skip
TC39_SPECIAL = [
    [DEFAULT_NAN],
    [INF, -INF],
    [-INF, INF],
    [INF],
    [INF, INF],
    [-INF],
    [-INF, -INF],
    [1.0, DEFAULT_NAN, INF],
]

# Around the blocks of the kernels: 16 lanes, 32 lanes, 1024 and 2048 elements, and two blocks and one.
LENGTHS = [1, 2, 7, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 1023, 1024, 1025, 2047, 2048, 2049, 4096, 4097]
SMALL = ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "bool")


def ill_conditioned(seed, n):
    """2 n numbers of exponents ±60 that nearly cancel: each large one with its negative, and small rests."""
    states = lcg(seed)
    out = []
    for _ in range(n):
        large = ((next(states) >> 11) | 1) * 2.0 ** ((next(states) >> 40) % 120 - 60)
        small = (next(states) >> 40) * 2.0**-80
        out += [large, small - large if small - large != -large else -large]
    order = sorted(range(2 * n), key=lambda i: (i * 7919 + seed) % (2 * n + 1))
    return [out[i] for i in order]


def family_sum():
    for i, values in enumerate(TC39):
        yield one_d(f"sum-f64-tc39-{i:02}", "TC39 test262 Math.sumPrecise", "sum", "float64", *values)
    for i, values in enumerate(TC39_SPECIAL):
        yield one_d(f"sum-f64-special-{i}", "infinities and NaN add as IEEE 754 says", "sum", "float64", *values)
    for dtype, tiny, huge in (("float64", 5e-324, 1.7976931348623157e308), ("float32", 2.0**-149, 3.4028234663852886e38)):
        s = "f64" if dtype == "float64" else "f32"
        yield one_d(f"sum-{s}-empty", "the sum of nothing is +0", "sum", dtype)
        yield one_d(f"sum-{s}-negative-zero", "a sum starts at +0, so -0 alone gives +0", "sum", dtype, -0.0)
        yield one_d(f"sum-{s}-negative-zeros", "-0 + -0 from +0 is +0", "sum", dtype, -0.0, -0.0, -0.0)
        yield one_d(f"sum-{s}-cancel", "an exact cancellation gives +0", "sum", dtype, 1.5, -1.5)
        yield one_d(f"sum-{s}-subnormal", "the least subnormal survives", "sum", dtype, tiny)
        yield one_d(f"sum-{s}-subnormals", "subnormals add exactly", "sum", dtype, tiny, tiny, tiny, -tiny * 2)
        yield one_d(f"sum-{s}-normal-edge", "a sum of subnormals crosses to the normal numbers", "sum", dtype,
                    *([tiny * 2 ** (50 if s == "f64" else 21)] * 4), tiny)
        yield one_d(f"sum-{s}-overflow", "beyond the largest number: infinity", "sum", dtype, huge, huge)
        yield one_d(f"sum-{s}-overflow-middle", "an overflow on the way does not count", "sum", dtype, huge, huge, -huge)
        yield one_d(f"sum-{s}-max-and-half-ulp", "max plus half an ulp is a tie and rounds to infinity", "sum", dtype,
                    huge, 2.0 ** (970 if s == "f64" else 103))
        yield one_d(f"sum-{s}-max-below-half-ulp", "a hair under the tie stays finite", "sum", dtype,
                    huge, 2.0 ** (970 if s == "f64" else 103), -tiny)
        p = 53 if s == "f64" else 24
        yield one_d(f"sum-{s}-tie-even-down", "1 + half an ulp is a tie: to even, down", "sum", dtype, 1, 2.0**-p)
        yield one_d(f"sum-{s}-tie-even-up", "1 + 3/2 ulp is a tie: to even, up", "sum", dtype, 1, 2.0 ** (1 - p), 2.0**-p)
        yield one_d(f"sum-{s}-tie-broken-up", "the least subnormal breaks a tie upwards", "sum", dtype, 1, 2.0**-p, tiny)
        yield one_d(f"sum-{s}-tie-broken-down", "and downwards", "sum", dtype, 1, 2.0 ** (1 - p), 2.0**-p, -tiny)
        yield one_d(f"sum-{s}-nan-inside", "a NaN anywhere gives NaN", "sum", dtype, *range(40), DEFAULT_NAN, *range(40))
        yield one_d(f"sum-{s}-inf-inside", "an infinity anywhere gives it", "sum", dtype, *range(40), -INF, *range(40))
        yield one_d(f"sum-{s}-inf-inf-far", "opposite infinities far apart give NaN", "sum", dtype, INF, *range(70), -INF)
        for n in LENGTHS:
            yield case(f"sum-{s}-lcg-{n}", "a length at the edge of a block", "sum", dtype, [n], {"lcg": n})
        for n in (3, 16, 100, 1024, 2049, 4097):
            yield case(f"sum-{s}-wide-{n}", "exponents over the whole range: no window holds them", "sum", dtype, [n],
                       {"wide": n})
    for seed in range(6):
        values = ill_conditioned(seed, 20)
        yield one_d(f"sum-f64-ill-{seed}", "large numbers cancel, a plain loop keeps no right digit", "sum", "float64",
                    *values)
    yield one_d("sum-f32-many-tenths", "float32 is summed exactly, not in float32", "sum", "float32",
                *([from_bits(0x3DCCCCCD, "float32")] * 50))
    for dtype in SMALL:
        yield one_d(f"sum-{dtype}-empty", "the sum of no integers is 0, in the wide type", "sum", dtype)
        for n in (1, 17, 1025, 4097):
            yield case(f"sum-{dtype}-lcg-{n}", "integers add in 64 bits, modulo 2^64", "sum", dtype, [n], {"lcg": 11 * n})
    for bits in (8, 16, 32):
        low, high = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
        yield one_d(f"sum-int{bits}-lows", "no wrap in the narrow type", "sum", f"int{bits}", *([low] * 9))
        yield one_d(f"sum-int{bits}-highs", "no wrap in the narrow type", "sum", f"int{bits}", *([high] * 9))
        yield one_d(f"sum-uint{bits}-highs", "no wrap in the narrow type", "sum", f"uint{bits}", *([2**bits - 1] * 9))
    yield one_d("sum-int64-wrap", "int64 wraps modulo 2^64, as NumPy's does", "sum", "int64", 2**63 - 1, 1)
    yield one_d("sum-uint64-wrap", "uint64 wraps modulo 2^64, as NumPy's does", "sum", "uint64", 2**64 - 1, 2)
    yield one_d("sum-bool-true-byte", "bools count as 0 and 1", "sum", "bool", True, False, True, True)
    yield from axes("sum", ("float64", "float32", "int8", "uint16", "int64", "bool"))


def axes(op, dtypes):
    """Every way of naming axes, on shapes with narrow, wide and empty ones."""
    for dtype in dtypes:
        for i, (shape, axis, keepdims) in enumerate(
            [
                ([3, 5], 0, False), ([3, 5], 1, False), ([3, 5], -1, True), ([3, 5], None, True),
                ([2, 3, 4], 1, False), ([2, 3, 4], -3, True), ([40, 3], 0, False), ([3, 40], 1, False),
                ([1, 7], 0, False), ([7, 1], 1, False), ([0, 3], 1, False), ([2, 17, 9], 1, False),
            ]
        ):  # fmt: skip
            args = ({} if axis is None else {"axis": axis}) | ({"keepdims": True} if keepdims else {})
            yield case(f"{op}-{dtype}-axis-{i}", f"shape {shape}, axis {axis}, keepdims {keepdims}", op, dtype, shape,
                       {"lcg": 100 + i}, args)  # fmt: skip
        if not op.startswith("arg"):
            for i, (shape, axis) in enumerate([([2, 3, 4], [0, 2]), ([2, 3, 4], [-1, 1]), ([2, 3], [])]):
                yield case(f"{op}-{dtype}-axes-{i}", f"shape {shape}, axes {axis}", op, dtype, shape, {"lcg": 200 + i},
                           {"axis": axis})  # fmt: skip
        yield case(f"{op}-{dtype}-0d", "an array of no dimensions has one element", op, dtype, [], {"lcg": 3})
    if op in ("sum", "norm"):
        yield case(f"{op}-axis-empty", "over an empty axis: the value of nothing", op, "float64", [3, 0], {"bits": []},
                   {"axis": 1})  # fmt: skip


def family_mean():
    for s, dtype in (("f64", "float64"), ("f32", "float32")):
        huge = 1.7976931348623157e308 if s == "f64" else 3.4028234663852886e38
        tiny = 5e-324 if s == "f64" else 2.0**-149
        yield one_d(f"mean-{s}-third", "1/3 is rounded once", "mean", dtype, 1, 0, 0)
        yield one_d(f"mean-{s}-huge", "the sum may exceed the largest number, the mean does not", "mean", dtype,
                    huge, huge, huge)
        yield one_d(f"mean-{s}-tiny", "half the least subnormal is a tie: to even, 0", "mean", dtype, tiny, 0)
        yield one_d(f"mean-{s}-tiny-up", "three quarters of it round up", "mean", dtype, tiny, tiny, tiny, 0)
        yield one_d(f"mean-{s}-negative-zero", "the mean of -0 is +0, as its sum", "mean", dtype, -0.0, -0.0)
        yield one_d(f"mean-{s}-nan", "NaN propagates", "mean", dtype, 1, DEFAULT_NAN)
        yield one_d(f"mean-{s}-inf", "an infinity propagates", "mean", dtype, 1, INF)
        yield one_d(f"mean-{s}-inf-inf", "opposite infinities give NaN", "mean", dtype, -INF, INF)
        for n in (1, 3, 17, 1025, 4097):
            yield case(f"mean-{s}-lcg-{n}", "the exact sum divided once", "mean", dtype, [n], {"lcg": 5 * n})
        for n in (7, 2049):
            yield case(f"mean-{s}-wide-{n}", "wide exponents", "mean", dtype, [n], {"wide": n + 1})
    for s, dtype in (("f64", "float64"), ("f32", "float32")):
        tiny = -5e-324 if s == "f64" else -(2.0**-149)
        for n in (3, 9, 40, 300):
            yield one_d(f"mean-{s}-underflow-{n}", "a mean that rounds to zero keeps the sign of the sum", "mean", dtype, tiny, *([0.0] * (n - 1)))
        yield case(f"mean-{s}-underflow-rows", "in lanes side by side, too", "mean", dtype, [16, 3],
                   floats(dtype, *([tiny, 0, 0, -tiny, 0, 0] * 8)), {"axis": 1})  # fmt: skip
        yield case(f"mean-{s}-underflow-columns", "in lanes side by side, too", "mean", dtype, [3, 16],
                   floats(dtype, *([tiny, -tiny] * 8), *([0] * 32)), {"axis": 0})  # fmt: skip
    yield one_d("mean-f64-double-rounding", "sum rounded, then divided, would be off: one rounding only", "mean", "float64",
                9007199254740993 - 1, 1, 1)  # fmt: skip
    for i in range(4):
        yield one_d(f"mean-f64-ill-{i}", "large numbers cancel", "mean", "float64", *ill_conditioned(50 + i, 11))
    for dtype in SMALL:
        yield case(f"mean-{dtype}-lcg", "integers: the exact sum, not one that wrapped", "mean", dtype, [1025], {"lcg": 9})
    yield one_d("mean-int64-no-wrap", "the sum exceeds int64, the mean is exact", "mean", "int64", 2**63 - 1, 2**63 - 1)
    yield one_d("mean-uint64-no-wrap", "the sum exceeds uint64, the mean is exact", "mean", "uint64", 2**64 - 1, 2**64 - 1)
    yield from axes("mean", ("float64", "float32", "int16"))


def family_var(op):
    for s, dtype in (("f64", "float64"), ("f32", "float32")):
        yield one_d(f"{op}-{s}-constant", "no spread, no rounding dirt", op, dtype, *([0.1 if s == "f64" else 0.5] * 10))
        yield one_d(f"{op}-{s}-one", "one element has variance 0", op, dtype, 42)
        yield one_d(f"{op}-{s}-1234", "population variance 5/4", op, dtype, 1, 2, 3, 4)
        yield one_d(f"{op}-{s}-ddof-1", "sample variance 5/3", op, dtype, 1, 2, 3, 4, args={"ddof": 1})
        yield one_d(f"{op}-{s}-ddof-half", "ddof need not be an integer", op, dtype, 1, 2, 4, args={"ddof": 1.5})
        yield one_d(f"{op}-{s}-ddof-negative", "a negative ddof is allowed, as in NumPy", op, dtype, 1, 2, 4,
                    args={"ddof": -1})  # fmt: skip
        yield one_d(f"{op}-{s}-nan", "NaN propagates", op, dtype, 1, DEFAULT_NAN, 2)
        yield one_d(f"{op}-{s}-inf", "an infinity has no distance from the mean: NaN", op, dtype, 1, INF)
        yield one_d(f"{op}-{s}-one-inf", "even alone", op, dtype, INF)
        tiny = 5e-324 if s == "f64" else 2.0**-149
        yield one_d(f"{op}-{s}-tiny", "squares of subnormals vanish in the variance", op, dtype, tiny, -tiny)
        huge = 1e200 if s == "f64" else 2.0**100
        yield one_d(f"{op}-{s}-huge", "squares exceed the largest number", op, dtype, huge, -huge)
        for n in (2, 17, 1025, 4097):
            yield case(f"{op}-{s}-lcg-{n}", "a length at the edge of a block", op, dtype, [n], {"lcg": 3 * n}, {"ddof": 1})
        yield case(f"{op}-{s}-wide", "wide exponents", op, dtype, [300], {"wide": 8})
    shift = 1e9
    yield one_d(f"{op}-f64-shifted", "the textbook formula Σx² - (Σx)²/n loses every digit here", op, "float64",
                shift + 4, shift + 7, shift + 13, shift + 16, args={"ddof": 1})  # fmt: skip
    yield one_d(f"{op}-f64-numacc4", "like NIST's NumAcc4: tenths on top of 10^7", op, "float64",
                10000000.2, *([10000000.1, 10000000.3] * 20), args={"ddof": 1})  # fmt: skip
    yield one_d(f"{op}-f64-ill", "two huge numbers and many small", op, "float64", 1e17, -1e17, *range(30))
    for dtype in SMALL:
        yield case(f"{op}-{dtype}-lcg", "integers are exact", op, dtype, [333], {"lcg": 21})
    yield one_d(f"{op}-int64-extremes", "squares need more than 64 bits", op, "int64", -(2**63), 2**63 - 1)
    yield from axes(op, ("float64", "float32", "uint8"))


def family_minmax():
    for op in ("min", "max"):
        for s, dtype in (("f64", "float64"), ("f32", "float32")):
            yield one_d(f"{op}-{s}-zeros", "-0 is less than +0, whatever the order", op, dtype, 0.0, -0.0)
            yield one_d(f"{op}-{s}-zeros-swapped", "-0 is less than +0, whatever the order", op, dtype, -0.0, 0.0)
            yield one_d(f"{op}-{s}-zeros-many", "in the lanes, too", op, dtype, *([0.0] * 20), -0.0, *([0.0] * 20))
            yield one_d(f"{op}-{s}-infs", "infinities are ordinary here", op, dtype, 1, INF, -INF)
            yield one_d(f"{op}-{s}-nan-first", "a NaN first wins", op, dtype, DEFAULT_NAN, 1, 2)
            yield one_d(f"{op}-{s}-nan-last", "a NaN last wins", op, dtype, *range(33), DEFAULT_NAN)
            yield one_d(f"{op}-{s}-subnormal", "subnormals are not flushed", op, dtype, 2.0**-140, 2.0**-141, 2.0**-142)
            for n in (1, 15, 16, 17, 1025, 4097):
                yield case(f"{op}-{s}-lcg-{n}", "a length at the edge of a block", op, dtype, [n], {"lcg": 2 * n})
        for dtype in SMALL:
            yield case(f"{op}-{dtype}-lcg", "the type stays", op, dtype, [1025], {"lcg": 31})
        yield one_d(f"{op}-int64-extremes", "no detour by float64", op, "int64", 2**63 - 1, 2**63 - 2, -(2**63), 1 - 2**63)
        yield one_d(f"{op}-uint64-extremes", "no detour by float64 or int64", op, "uint64", 2**64 - 1, 2**64 - 2, 1, 0)
        yield from axes(op, ("float64", "int32", "bool"))


def family_arg():
    for op in ("argmin", "argmax"):
        for s, dtype in (("f64", "float64"), ("f32", "float32")):
            yield one_d(f"{op}-{s}-ties", "the first of equal elements", op, dtype, *([3, 1, 4, 1, 5, 9, 2, 6, 5, 9] * 5))
            yield one_d(f"{op}-{s}-all-equal", "the first of all", op, dtype, *([7] * 100))
            yield one_d(f"{op}-{s}-zeros", "-0 equals +0: the first", op, dtype, 0.0, -0.0, 0.0)
            yield one_d(f"{op}-{s}-zeros-swapped", "-0 equals +0: the first", op, dtype, -0.0, 0.0)
            yield one_d(f"{op}-{s}-nan", "the first NaN wins", op, dtype, 1, 2, DEFAULT_NAN, 0, DEFAULT_NAN)
            yield one_d(f"{op}-{s}-nan-late", "even after the extreme", op, dtype, -INF, INF, *range(40), DEFAULT_NAN, 1)
            yield one_d(f"{op}-{s}-infs", "infinities are ordinary here", op, dtype, 1, -INF, INF, -INF, INF)
            for n in (1, 16, 17, 1025, 4097):
                yield case(f"{op}-{s}-lcg-{n}", "a length at the edge of a block", op, dtype, [n], {"lcg": 7 * n})
        for dtype in SMALL:
            yield case(f"{op}-{dtype}-lcg", "ties are frequent in narrow types", op, dtype, [1025], {"lcg": 17})
        yield one_d(f"{op}-int64-close", "no detour by float64", op, "int64", 2**62, 2**62 + 1, 2**62 - 1)
        yield from axes(op, ("float64", "int8"))


def family_norm():
    op = "norm"
    for s, dtype in (("f64", "float64"), ("f32", "float32")):
        huge, tiny = (1e200, 1e-200) if s == "f64" else (2.0**100, 2.0**-100)
        yield one_d(f"norm-{s}-empty", "the norm of nothing is 0", op, dtype)
        yield one_d(f"norm-{s}-345", "3, 4, 5", op, dtype, 3, 4)
        yield one_d(f"norm-{s}-negative-zero", "norms are not negative, not even -0", op, dtype, -0.0)
        yield one_d(f"norm-{s}-huge", "squares overflow, the norm does not", op, dtype, huge, huge)
        yield one_d(f"norm-{s}-tiny", "squares underflow, the norm does not", op, dtype, tiny, tiny)
        yield one_d(f"norm-{s}-overflow", "a norm beyond the largest number is infinite", op, dtype,
                    *([1.7e308 if s == "f64" else 2.0**127] * 5))  # fmt: skip
        yield one_d(f"norm-{s}-subnormal", "the least subnormal is its own norm", op, dtype,
                    5e-324 if s == "f64" else 2.0**-149)  # fmt: skip
        yield one_d(f"norm-{s}-inf", "infinity, of either sign", op, dtype, 1, -INF)
        yield one_d(f"norm-{s}-inf-nan", "NaN propagates, also beside an infinity", op, dtype, INF, DEFAULT_NAN)
        for n in (1, 16, 17, 384, 1025, 4097):
            yield case(f"norm-{s}-lcg-{n}", "a length at the edge of a block", op, dtype, [n], {"lcg": 13 * n})
        yield case(f"norm-{s}-wide", "wide exponents", op, dtype, [500], {"wide": 4})
    for dtype in SMALL:
        yield case(f"norm-{dtype}-lcg", "integers: exact squares, float64 result", op, dtype, [77], {"lcg": 2})
    yield from axes(op, ("float64", "float32", "int8"))


def family_dot():
    for s, dtype in (("f64", "float64"), ("f32", "float32")):
        yield dot_case(f"dot-{s}-empty", "the inner product of nothing is +0", dtype, floats(dtype), floats(dtype))
        yield dot_case(f"dot-{s}-small", "4 + 10 + 18", dtype, floats(dtype, 1, 2, 3), floats(dtype, 4, 5, 6))
        yield dot_case(f"dot-{s}-negative-zero", "-0 * 1 from +0 is +0", dtype, floats(dtype, -0.0), floats(dtype, 1))
        big = 1e308 if s == "f64" else 2.0**127
        yield dot_case(f"dot-{s}-overflow-middle", "products beyond the largest number cancel", dtype,
                       floats(dtype, big, big, 1), floats(dtype, 10, -10, 3))  # fmt: skip
        yield dot_case(f"dot-{s}-overflow", "and stay infinite where they do not", dtype, floats(dtype, big, big),
                       floats(dtype, 2, 2))  # fmt: skip
        e = -538 if s == "f64" else -75
        yield dot_case(f"dot-{s}-underflow", "products below the least subnormal add up", dtype,
                       floats(dtype, 2.0**e, 2.0**e), floats(dtype, 2.0 ** (e + 1), 2.0 ** (e + 1)))  # fmt: skip
        yield dot_case(f"dot-{s}-inf-zero", "0 times infinity is NaN", dtype, floats(dtype, INF, 1), floats(dtype, 0, 1))
        yield dot_case(f"dot-{s}-inf", "infinity times a number keeps its sign", dtype, floats(dtype, INF, 1),
                       floats(dtype, -2, 1))  # fmt: skip
        yield dot_case(f"dot-{s}-inf-inf", "opposite infinite products give NaN", dtype, floats(dtype, INF, INF),
                       floats(dtype, 1, -1))  # fmt: skip
        yield dot_case(f"dot-{s}-nan", "NaN propagates", dtype, floats(dtype, 1, DEFAULT_NAN), floats(dtype, 1, 0))
        for n in (1, 16, 17, 1025, 4097):
            yield dot_case(f"dot-{s}-lcg-{n}", "a length at the edge of a block", dtype, {"lcg": n}, {"lcg": n + 1}, [n])
        yield dot_case(f"dot-{s}-wide", "wide exponents", dtype, {"wide": 1}, {"wide": 2}, [600])
    yield dot_case("dot-f64-residue", "1 - (1 + 2^-52)(1 - 2^-52): the square of the residue", "float64",
                   floats("float64", 1, -(1 + 2.0**-52)), floats("float64", 1, 1 - 2.0**-52))  # fmt: skip
    for seed in range(4):
        x, y = ill_conditioned(seed + 80, 12), ill_conditioned(seed + 90, 12)
        yield dot_case(f"dot-f64-ill-{seed}", "and its negative but for one product", "float64",
                       floats("float64", *x, *x[1:]), floats("float64", *y, *(-v for v in y[1:])))  # fmt: skip


METHODS = (
    "inverted_cdf averaged_inverted_cdf closest_observation interpolated_inverted_cdf hazen weibull linear median_unbiased "
    "normal_unbiased lower higher midpoint nearest"
).split()


def family_quantile():
    for method in METHODS:
        for dtype in ("float64", "float32", "int32", "uint8"):
            yield case(f"quantile-{dtype}-{method}", "each of the 13 definitions", "quantile", dtype, [23], {"lcg": 41},
                       {"q": [0.0, 0.07, 0.25, 0.5, 0.71, 1.0], "method": method})  # fmt: skip
            yield case(f"quantile-{dtype}-{method}-one", "one quantile keeps the type of the elements", "quantile", dtype, [24],
                       {"lcg": 42}, {"q": 0.375, "method": method})  # fmt: skip
        yield one_d(f"percentile-int64-{method}-7-of-100", "7 percent of 100 are 7, though 100 times the double 0.07 is more",
                    "percentile", "int64", *range(100), args={"q": 7.0, "method": method})  # fmt: skip
        yield one_d(f"quantile-float64-{method}-half", "n q and half of it are whole", "quantile", "float64", 1, 2, 4, 8, 16, 32,
                    args={"q": [0.25, 0.5, 0.75], "method": method})  # fmt: skip
    for dtype, big in (("float16", 60000.0), ("float32", 3e38), ("float64", 1.7e308)):
        big = from_bits(rounded(Fraction(big), dtype), dtype)
        for method in ("linear", "hazen", "midpoint", "averaged_inverted_cdf"):
            yield one_d(f"quantile-{dtype}-{method}-wide", "the distance of two neighbours is beyond the largest number", "quantile",
                        dtype, -big, big, args={"q": [0.25, 0.5, 0.75], "method": method})  # fmt: skip
            yield one_d(f"quantile-{dtype}-{method}-wide-one", "also in the type of the elements", "quantile", dtype, -big, big,
                        args={"q": 0.25, "method": method})  # fmt: skip
        yield one_d(f"median-{dtype}-wide", "the mean of two numbers of which the sum is too large", "median", dtype, big, big, big / 2, big)
        yield one_d(f"median-{dtype}-opposite", "numbers from both ends", "median", dtype, -big, big)
        yield one_d(f"quantile-{dtype}-nan", "NaN propagates", "quantile", dtype, 1, DEFAULT_NAN, 2, args={"q": 0.5})
        yield one_d(f"quantile-{dtype}-zeros", "-0 is below +0", "quantile", dtype, 0.0, -0.0, 0.0, args={"q": [0.0, 1.0], "method": "lower"})
    yield one_d("quantile-int64-wide", "integers whose distance is beyond int64", "quantile", "int64", -(2**63), 2**63 - 1, args={"q": 0.25})
    yield one_d("quantile-uint64-close", "no detour by float64", "quantile", "uint64", 2**64 - 1, 2**64 - 2, args={"q": 0.9, "method": "lower"})
    for n in (1, 2, 3, 64, 65, 1025):
        yield case(f"median-float64-lcg-{n}", "even and odd, short and long", "median", "float64", [n], {"lcg": n})
        yield case(f"median-int16-lcg-{n}", "the mean of two integers may be a half", "median", "int16", [n], {"lcg": n})
    yield case("quantile-axis", "lanes side by side", "quantile", "float64", [5, 4], {"lcg": 4}, {"q": [0.1, 0.6], "axis": 0})
    yield case("quantile-axis-keepdims", "the axis of q is the first", "quantile", "float32", [3, 7], {"lcg": 5},
               {"q": [0.1, 0.6, 0.9], "axis": 1, "keepdims": True})  # fmt: skip
    yield one_d("error-quantile-empty", "there is no such element", "quantile", "float64", args={"q": 0.5})
    yield one_d("error-quantile-range", "q is a share", "quantile", "float64", 1, args={"q": 1.5})
    yield one_d("error-percentile-range", "q is in percent", "percentile", "float64", 1, args={"q": -1.0})


def family_moments():
    for op in ("skew", "kurtosis", "moments"):
        for s, dtype in (("f64", "float64"), ("f32", "float32")):
            yield one_d(f"{op}-{s}-1", "one element has no spread", op, dtype, 3)
            yield one_d(f"{op}-{s}-constant", "no spread: NaN, or moments of 0", op, dtype, *([0.1 if s == "f64" else 0.5] * 10))
            yield one_d(f"{op}-{s}-symmetric", "a skewness of 0", op, dtype, *range(-9, 10))
            yield one_d(f"{op}-{s}-nan", "NaN propagates", op, dtype, 1, DEFAULT_NAN, 2)
            yield one_d(f"{op}-{s}-inf", "an infinity has no distance from the mean", op, dtype, 1, INF, 2)
            huge = 1e150 if s == "f64" else 2.0**100
            yield one_d(f"{op}-{s}-huge", "powers exceed the largest number", op, dtype, huge, -huge, huge / 2)
            for n in (2, 3, 17, 300):
                yield case(f"{op}-{s}-lcg-{n}", "sums of powers, one quotient", op, dtype, [n], {"lcg": 60 + n})
            yield case(f"{op}-{s}-wide", "wide exponents", op, dtype, [40], {"wide": 17})
        yield one_d(f"{op}-f64-shifted", "a mean that is large beside the spread", op, "float64", *(1e9 + v for v in (4, 7, 13, 16, 17)))
        for dtype in ("int64", "uint8", "bool"):
            yield case(f"{op}-{dtype}-lcg", "integers are exact", op, dtype, [50], {"lcg": 71})
        yield case(f"{op}-axis", "lanes", op, "float64", [4, 9], {"lcg": 72}, {"axis": 1})
        yield one_d(f"error-{op}-empty", "nothing has no shape", op, "float64")
    for n in (2, 3, 4, 30):
        yield case(f"skew-unbiased-{n}", "corrected from three elements on", "skew", "float64", [n], {"lcg": 80 + n}, {"bias": False})
        yield case(f"kurtosis-unbiased-{n}", "corrected from four elements on", "kurtosis", "float64", [n], {"lcg": 80 + n}, {"bias": False})
    yield case("kurtosis-pearson", "without the 3 taken off", "kurtosis", "float64", [30], {"lcg": 81}, {"fisher": False})
    yield case("moments-order-2", "as many as are asked for", "moments", "float64", [30], {"lcg": 82}, {"order": 2})


def family_cov():
    for op in ("cov", "corrcoef"):
        for dtype in ("float64", "float32", "int16", "uint8"):
            yield cov_case(f"{op}-{dtype}-lcg", "three variables", op, dtype, [3, 40], {"lcg": 5})
        yield cov_case(f"{op}-wide", "wide exponents", op, "float64", [2, 30], {"wide": 6})
        yield cov_case(f"{op}-int64", "integers beyond 2^53 are not rounded first", op, "int64", [2, 5], {"lcg": 7})
        yield cov_case(f"{op}-constant", "a variable that does not vary", op, "float64", [2, 3], floats("float64", 1, 1, 1, 1, 2, 4))
        yield cov_case(f"{op}-linear", "one is a multiple of the other", op, "float64", [2, 4], floats("float64", 1, 2, 3, 5, -2, -4, -6, -10))
        yield cov_case(f"{op}-nan", "NaN concerns its variable", op, "float64", [2, 3], floats("float64", 1, 2, 4, 1, DEFAULT_NAN, 2))
        yield cov_case(f"{op}-shifted", "means that are large beside the spread", op, "float64", [2, 4],
                       floats("float64", *(1e9 + v for v in (1, 2, 4, 9)), *(1e9 - v for v in (1, 3, 4, 8))))  # fmt: skip
    yield cov_case("cov-population", "a divisor of n", "cov", "float64", [2, 9], {"lcg": 8}, 0)
    yield cov_case("error-cov-ddof", "n - ddof is 0", "cov", "float64", [2, 3], {"lcg": 8}, 3)


def family_where():
    for op in ("sum", "mean", "var", "std", "norm", "min", "max", "count_nonzero", "median", "skew", "moments"):
        for dtype in ("float64", "float32", "int32", "uint8", "bool"):
            yield case(f"{op}-{dtype}-where", "a mask leaves about half", op, dtype, [50], {"lcg": 91}, None, {"lcg": 92})
        yield case(f"{op}-where-axis", "a mask over lanes", op, "float64", [6, 20], {"lcg": 93}, {"axis": 0}, {"lcg": 94})
        yield case(f"{op}-where-rows", "a mask over lanes", op, "float32", [6, 20], {"lcg": 93}, {"axis": 1, "keepdims": True}, {"lcg": 95})
        yield case(f"{op}-where-all", "a mask that leaves all", op, "float64", [7], {"lcg": 96}, None, ints("bool", *([True] * 7)))
        yield case(f"{op}-where-none", "a mask that leaves nothing", op, "float64", [7], {"lcg": 96}, None, ints("bool", *([False] * 7)))
        yield case(f"{op}-where-nan", "what is left out may be NaN", op, "float64", [4], floats("float64", 1, DEFAULT_NAN, 3, INF), None,
                   ints("bool", True, False, True, False))  # fmt: skip
    yield case("quantile-where", "quantiles of what a mask leaves", "quantile", "float64", [30], {"lcg": 97}, {"q": [0.2, 0.8]}, {"lcg": 98})


def family_group():
    codes = [(i * i + i // 3) % 5 for i in range(40)]
    for reduction in ("sum", "mean", "var", "std", "norm", "min", "max", "argmin", "count_nonzero", "median", "skew", "moments"):
        for dtype in ("float64", "float32", "int16", "uint64"):
            yield group_case(f"group-{reduction}-{dtype}", "elements by their code", reduction, dtype, {"lcg": 33}, codes)
    for reduction in ("sum", "mean", "var", "norm", "count_nonzero", "median"):
        yield group_case(f"group-{reduction}-empty", "a group without elements", reduction, "float64", {"lcg": 34}, [0, 3, 3, 0, 3], groups=5)
    yield group_case("group-left-out", "a negative code leaves its element out", "sum", "float64", {"lcg": 35}, [0, -1, 1, -7, 1])
    yield group_case("group-wide", "wide exponents", "sum", "float64", {"wide": 35}, [0, 1, 0, 1, 0, 1, 1])
    yield group_case("group-ddof", "a divisor of n - 1", "var", "float64", {"lcg": 36}, [0, 0, 1, 1, 1], {"ddof": 1})
    yield group_case("group-quantile", "several quantiles of each", "quantile", "float32", {"lcg": 37}, [0, 0, 1, 1, 1, 0], {"q": [0.1, 0.9]})
    yield group_case("group-quantile-float16-wide", "the distance of two neighbours is beyond the largest number", "quantile", "float16",
                     floats("float16", -60000.0, 60000.0), [0, 0], {"q": [0.25, 0.5, 0.75]})  # fmt: skip
    yield group_case("group-mean-tiny", "a mean that underflows keeps its sign", "mean", "float64", floats("float64", -5e-324, 0, 0, 1), [0, 0, 0, 1])
    yield group_case("error-group-empty-min", "there is no such element", "min", "float64", {"lcg": 34}, [0, 2])
    yield group_case("error-group-code", "a code that is not below the number of groups", "sum", "float64", {"lcg": 34}, [0, 2], groups=2)


def family_histogram():
    for dtype in ("float64", "float32", "int32", "uint8"):
        low, high = (-0.375, 0.25) if dtype.startswith("f") else (10, 200)
        yield histogram_case(f"histogram-{dtype}", "ten bins between the ends of the data", dtype, {"lcg": 5}, 100, 10)
        yield histogram_case(f"histogram-{dtype}-range", "what is outside of the range is left out", dtype, {"lcg": 6}, 100, 7, [low, high])
        yield histogram_case(f"histogram-{dtype}-edges", "bins of any width", dtype, {"lcg": 7}, 100, [low, (low + high) / 3, high])
    yield histogram_case("histogram-weights", "the exact sum of the weights of each bin", "float64", {"lcg": 8}, 60, 5, weights={"wide": 9})
    yield histogram_case("histogram-last-edge", "the last bin holds its right edge", "float64", floats("float64", 0, 1, 2, 3), 4, 3)
    yield histogram_case("histogram-equal", "all elements are equal: half a unit to both sides", "float64", floats("float64", 2, 2), 2, 4)
    yield histogram_case("histogram-nan", "NaN is in no bin", "float64", floats("float64", 0, DEFAULT_NAN, 1), 3, 2, [0, 1])
    for dtype in ("float32", "float16"):
        yield histogram_case(f"histogram-{dtype}-range-just-above", "a range is not narrowed to the type of the elements: 1 is below it", dtype,
                             floats(dtype, 1), 1, 1, [1 + 2.0**-30, 2])  # fmt: skip
        yield histogram_case(f"histogram-{dtype}-range-just-below", "1 is above it", dtype, floats(dtype, 1, 0.5), 2, 2, [0, 1 - 2.0**-30])


def family_scan():
    for op in ("cumsum", "cumprod", "cummin", "cummax"):
        for dtype in ("float64", "float32") if op != "cumprod" else ("float64",):
            yield scan_case(f"{op}-{dtype}-lcg", "every place of a lane", op, dtype, [150], {"lcg": 3})
            yield scan_case(f"{op}-{dtype}-axis", "lanes", op, dtype, [4, 6], {"lcg": 4}, {"axis": 0})
            yield scan_case(f"{op}-{dtype}-nan", "NaN from the first one on", op, dtype, [4], floats(dtype, 1, 2, DEFAULT_NAN, 3))
        for dtype in ("int8", "uint16", "int64", "bool"):
            # JavaScript has no number for products beyond 2^53 of what is no BigInt.
            n = 70 if op != "cumprod" or dtype in ("int64", "bool") else 3
            yield scan_case(f"{op}-{dtype}-lcg", "sums and products in 64 bits, modulo 2^64", op, dtype, [n], {"lcg": 5})
        yield scan_case(f"{op}-empty", "of nothing", op, "float64", [0], floats("float64"))
    for s, dtype in (("f64", "float64"), ("f32", "float32")):
        huge = 1e308 if s == "f64" else 2.0**127
        yield scan_case(f"cumsum-{s}-overflow", "a total may leave the numbers and come back", "cumsum", dtype, [5], floats(dtype, huge, huge, -huge, -huge, 1))
        yield scan_case(f"cumsum-{s}-overflow-long", "in a block of many, too", "cumsum", dtype, [140], floats(dtype, *([huge, huge, -huge, -huge, 1, 3, -2] * 20)))
        yield scan_case(f"cumsum-{s}-infinity", "an infinity stays", "cumsum", dtype, [4], floats(dtype, 1, INF, -3, -INF))
        p = 53 if s == "f64" else 24
        for n, rest in ((3, []), (3 + 37, [0.0] * 37), (3 + 150, [0.0] * 150)):
            yield scan_case(f"cumsum-{s}-tie-{n}", "a hair above a tie: one rounding, not two", "cumsum", dtype, [n],
                            floats(dtype, 1, 2.0**-p, 2.0 ** (-60 if s == "f32" else -100), *rest))  # fmt: skip
            yield scan_case(f"cumsum-{s}-tie-below-{n}", "a hair below a tie", "cumsum", dtype, [n],
                            floats(dtype, 1, 3 * 2.0**-p, -(2.0 ** (-60 if s == "f32" else -100)), *rest))  # fmt: skip
    yield scan_case("cumsum-f16-tie", "a hair above a tie: one rounding, not two", "cumsum", "float16", [3], floats("float16", 1024, 0.5, 2.0**-24))
    yield scan_case("cumsum-f16-by-f64", "a hair above a tie of the type that is asked for", "cumsum", "float64", [3], floats("float64", 1, 2.0**-11, 2.0**-60),
                    {"dtype": "float16"})  # fmt: skip
    yield scan_case("cumsum-int64-by-f64", "integers are not rounded before they are added", "cumsum", "int64", [3], ints("int64", 2**53 + 1, 1, -(2**53)),
                    {"dtype": "float64"})  # fmt: skip
    yield scan_case("cumsum-int64-by-f32", "and once after", "cumsum", "int64", [2], ints("int64", 2**24, 1), {"dtype": "float32"})
    yield scan_case("cumsum-int8-by-int64", "the type that it returns by itself", "cumsum", "int8", [2], ints("int8", 100, 100), {"dtype": "int64"})
    yield scan_case("cumsum-int64-by-uint64", "modulo 2^64", "cumsum", "int64", [2], ints("int64", 100, -101), {"dtype": "uint64"})
    for op in ("cumsum", "cumprod"):
        for dtype in ("int8", "uint32", "bool"):
            yield scan_case(f"error-{op}-{dtype}", "a sum of integers has 64 bits, as sum", op, dtype, [2], ints(dtype, 1, 1), {"dtype": dtype})
    yield scan_case("cumprod-int16-by-f32", "a product of floats", "cumprod", "int16", [3], ints("int16", 100, 100, 100), {"dtype": "float32"})


def family_errors():
    empty = "there is no such element"
    for op in ("min", "max", "argmin", "argmax"):
        yield one_d(f"error-{op}-empty", empty, op, "float64")
        yield one_d(f"error-{op}-empty-int", empty, op, "int32")
        yield case(f"error-{op}-empty-axis", "an empty axis under a nonempty one", op, "float64", [3, 0], {"bits": []},
                   {"axis": 1})  # fmt: skip
    for op in ("mean", "var", "std"):
        yield one_d(f"error-{op}-empty", "NumPy warns and says NaN; this is an error", op, "float64")
    for op in ("var", "std"):
        yield one_d(f"error-{op}-ddof-n", "n - ddof is 0", op, "float64", 1, args={"ddof": 1})
        yield one_d(f"error-{op}-ddof-above-n", "n - ddof is negative", op, "float64", 1, 2, args={"ddof": 5})
        yield one_d(f"error-{op}-ddof-n-int", "n - ddof is 0, integers", op, "int8", 1, 2, args={"ddof": 2})
    for op in ("sum", "mean", "max", "argmin"):
        yield case(f"error-{op}-axis-high", "a matrix has axes 0 and 1", op, "float64", [2, 3], {"lcg": 1}, {"axis": 2})
        yield case(f"error-{op}-axis-low", "a matrix has axes -1 and -2", op, "float64", [2, 3], {"lcg": 1}, {"axis": -3})
    yield case("error-sum-axis-twice", "an axis counts once", "sum", "float64", [2, 3], {"lcg": 1}, {"axis": [0, -2]})
    yield case("error-sum-axis-0d", "an array of no dimensions has no axis", "sum", "float64", [], {"lcg": 1}, {"axis": 0})
    yield {"id": "error-unknown-op", "why": "a name that does not exist", "op": "medain", "dtype": "float64", "shape": [2],
           "data": {"lcg": 1}, "error": "unknown_name"}  # fmt: skip
    yield {"id": "error-dot-lengths", "why": "vectors of 2 and 3 elements", "op": "dot", "dtype": "float64", "shape": [2],
           "data": {"lcg": 1}, "data2": {"lcg": 2}, "shape2": [3], "error": "shape_mismatch"}  # fmt: skip


FAMILIES = {
    "sum": family_sum,
    "mean": family_mean,
    "var": lambda: family_var("var"),
    "std": lambda: family_var("std"),
    "minmax": family_minmax,
    "arg": family_arg,
    "norm": family_norm,
    "dot": family_dot,
    "quantile": family_quantile,
    "moments": family_moments,
    "cov": family_cov,
    "where": family_where,
    "group": family_group,
    "histogram": family_histogram,
    "scan": family_scan,
    "errors": family_errors,
}


def self_check():
    """The rounding above against CPython's own, where that has an answer."""
    for bits in fill({"wide": 5}, "float64", 300):
        value = Fraction(from_bits(bits, "float64"))
        for exact in (value, value / 3, value / 10**9, value * 7 / 2**700):
            assert rounded(exact, "float64") == to_bits(float(exact), "float64")
            assert sqrt_rounded(abs(exact) ** 2, "float64") == to_bits(abs(float(exact)), "float64")
    for n in range(1, 300):
        assert sqrt_rounded(Fraction(n), "float64") == to_bits(math.sqrt(n), "float64")
    for values, expected in zip(TC39, TC39_EXPECTED, strict=True):
        assert reduce_sum([float(v) for v in values], "float64", {})[0] == to_bits(expected, "float64")


def text_of(family, cases):
    lines = ",\n".join("  " + json.dumps(c, ensure_ascii=False) for c in cases)
    return f'{{"family": "{family}", "cases": [\n{lines}\n]}}\n'


def main():
    self_check()
    stale = []
    for family, make in FAMILIES.items():
        path, text = HERE / f"{family}.json", text_of(family, list(make()))
        if "--check" in sys.argv:
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                stale.append(path.name)
        else:
            path.write_text(text, encoding="utf-8")
    if stale:
        sys.exit(f"{', '.join(stale)}: not what generate.py makes; run it, and say why in the CHANGELOG")


if __name__ == "__main__":
    main()
