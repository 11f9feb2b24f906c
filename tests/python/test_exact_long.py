"""Are long sums rounded once, where a quick estimate decides and where it cannot? Compared with integers of Python."""

import math
from fractions import Fraction

import nearfold as nf
import numpy as np
import pytest
from test_exact import root, rounded

# Below, beside and above what is added at a time.
LENGTHS = [17, 64, 1000, 1024, 1025, 4096, 70_001]
DTYPES = ["float32", "float64", "float16"]


def exact(x):
    """The sum of finite floats, as a rational."""
    mantissas, exponents = np.frexp(x.astype("f8"))
    integers = np.ldexp(mantissas, 53).astype("i8")
    low = int(exponents.min(initial=0)) - 53
    return sum(int(m) << (int(e) - 53 - low) for m, e in zip(integers, exponents) if m) * Fraction(2) ** low


def pieces(value, dtype):
    """Floats of the type that add up to a rational exactly, the largest first."""
    while value:
        piece = rounded(value, dtype)
        if math.isinf(piece):
            piece = math.copysign(float(np.finfo(dtype).max), piece)
        assert piece != 0, "no float of the type is so small"
        yield piece
        value -= Fraction(piece)


def numbers(kind, n, dtype):
    rng = np.random.default_rng([n, DTYPES.index(dtype), sum(kind.encode())])
    info = np.finfo(dtype)
    least, most = info.minexp - info.nmant, info.maxexp - 20
    if kind == "even":
        x = rng.uniform(-0.5, 0.5, n)
    elif kind == "positive":
        x = rng.uniform(1, 2, n) * 0.01
    elif kind == "cancelling":
        x = rng.standard_normal(n // 2 + 1)
        x = np.concatenate([x.astype(dtype), -x.astype(dtype)])[:n]
    elif kind == "spread":
        x = np.ldexp(rng.uniform(-1, 1, n), rng.integers(max(least, -200), min(most, 200), n))
    elif kind == "subnormal":
        x = rng.integers(-1000, 1000, n) * float(info.smallest_subnormal)
    else:
        assert kind == "one size"
        x = np.full(n, np.nextafter(info.dtype.type(2), info.dtype.type(0)))
        if dtype == "float16":
            x[::2] *= -1  # within its range
    return x.astype(dtype)


KINDS = ["even", "positive", "cancelling", "spread", "subnormal", "one size"]


def forms(x, reduction):
    """The same elements by every way in: each has to give the same bits."""
    name, rng = reduction.__name__, np.random.default_rng(len(x))
    yield "plain", reduction(x)
    yield "backwards", reduction(x[::-1])
    yield "shuffled", reduction(rng.permutation(x))
    yield "every third", reduction(np.repeat(x, 3)[::3])
    yield "big-endian", reduction(x.astype(x.dtype.newbyteorder(">")))
    yield "column", float(reduction(np.stack([x, x], axis=1), axis=0)[1])
    yield "columns", float(reduction(np.stack([x] * 8, axis=1), axis=0)[5])
    yield "row", float(reduction(np.stack([x, x]), axis=1)[0])
    twice = np.repeat(x, 2)
    yield "masked", reduction(twice, where=np.arange(len(twice)) % 2 == 0)
    yield "group", float(nf.group(name, twice, np.arange(len(twice)) % 2, 2)[1])
    twice[1::2] = math.nan
    yield "among NaN", getattr(nf, "nan" + name)(twice)
    yield "a twin without NaN", getattr(nf, "nan" + name)(x)
    states = []
    for piece in np.array_split(x, 3):
        states.append(nf.Partial(name, x.dtype))
        states[-1].push(piece)
    states[2].merge(states[0])
    states[2].merge(nf.Partial.from_bytes(states[1].to_bytes()))
    yield "merged", states[2].result()


def check(x, reduction, expected):
    for form, got in forms(x, reduction):
        assert got == expected and math.copysign(1, got) == math.copysign(1, expected), (reduction.__name__, form, got, expected)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n", LENGTHS)
@pytest.mark.parametrize("kind", KINDS)
def test_sums_and_means_of_any_length_and_kind_are_rounded_once(kind, n, dtype):
    x = numbers(kind, n, dtype)
    total = exact(x)
    check(x, nf.sum, rounded(total, dtype))
    check(x, nf.mean, rounded(total / n, dtype))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n", [64, 1024, 4096, 65536])
@pytest.mark.parametrize("kind", KINDS[:-1])
def test_ties_go_to_even_and_the_least_bit_beside_them_decides(kind, n, dtype):
    """What no estimate can decide: the sum, or the mean, lies in the middle of two floats, or next to it."""
    info = np.finfo(dtype)
    x = numbers(kind, n, dtype)[: n - 12]
    unit = Fraction(float(info.smallest_subnormal))
    for divisor, reduction in ((1, nf.sum), (n, nf.mean)):
        if n < divisor or (divisor > 1 and kind == "subnormal"):
            continue
        near = rounded(exact(x) / divisor, dtype)
        if not math.isfinite(near) or abs(near) < float(info.tiny) * 2:
            near = 1.0
        number = info.dtype.type(near)
        above = np.nextafter(number, info.dtype.type(np.inf))
        middle = (Fraction(float(number)) + Fraction(float(above))) / 2
        for shift in (0, unit, -unit):
            goal = middle * divisor + shift
            rest = list(pieces(goal - exact(x), dtype))
            if len(rest) > 12:
                pytest.skip("it takes more than the room that was left")
            y = np.concatenate([x, np.array(rest + [0.0] * (12 - len(rest)), dtype)])
            y = np.random.default_rng(n).permutation(y)
            assert len(y) == n and exact(y) == goal
            even = number if int(number.view(f"u{number.itemsize}")) % 2 == 0 else above
            expected = even if shift == 0 else (above if shift > 0 else number)
            assert rounded(goal / divisor, dtype) == expected  # the two judges agree
            check(y, reduction, float(expected))


@pytest.mark.parametrize("dtype", DTYPES)
def test_sums_at_the_end_of_the_range_overflow_where_rounding_does(dtype):
    info = np.finfo(dtype)
    greatest = Fraction(float(info.max))
    half = (Fraction(2) ** int(info.maxexp) - greatest) / 2
    for n in (20, 3000):
        filler = numbers("cancelling", n - n % 2, dtype)
        for goal, expected in (
            (greatest, float(info.max)),
            (greatest + half - Fraction(float(info.smallest_subnormal)), float(info.max)),
            (greatest + half, math.inf),
            (-greatest - half, -math.inf),
        ):
            x = np.concatenate([filler, np.array(list(pieces(goal - exact(filler), dtype)), dtype)])
            check(x, nf.sum, expected)
        # Far beyond the range on the way, and back.
        x = np.concatenate([np.full(n, info.max), [1.0], np.full(n, -info.max)]).astype(dtype)
        check(x, nf.sum, 1.0)
        assert nf.mean(np.full(n, info.max, dtype)) == float(info.max)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n", [33, 1025, 20_000])
@pytest.mark.parametrize("kind", KINDS)
def test_variances_norms_and_products_of_long_arrays_are_rounded_once(kind, n, dtype):
    x = numbers(kind, n, dtype)
    y = np.roll(x, 7)[::-1]
    low = Fraction(2) ** -1100
    units, others = ([int(Fraction(float(value)) / low) for value in z] for z in (x, y))
    squares, products = sum(u * u for u in units) * low**2, sum(u * v for u, v in zip(units, others)) * low**2
    total, other = sum(units) * low, sum(others) * low
    for ddof in (0, 1):
        variance = (n * squares - total**2) / (n * (n - ddof))
        assert nf.var(x, ddof=ddof) == nf.nanvar(np.append(x, math.nan).astype(dtype), ddof=ddof) == rounded(variance, dtype)
        assert nf.std(x, ddof=ddof) == rounded(root(variance), dtype)
        assert float(nf.std(np.stack([x, x], axis=1), axis=0, ddof=ddof)[0]) == rounded(root(variance), dtype)
    assert nf.norm(x) == rounded(root(squares), dtype)
    assert nf.dot(x, y) == float(nf.vecdot(np.stack([x, x]), y)[1]) == rounded(products, dtype)
    assert float(nf.cov(np.stack([x, y]))[0, 1]) == rounded((n * products - total * other) / (n * (n - 1)), "f8")
    if kind != "cancelling" and other != 0:
        assert nf.average(x, weights=y) == rounded(products / other, dtype)
    if squares:
        cosine = products / squares  # y has the numbers of x
        assert nf.cosine(x, y) == rounded(cosine, dtype)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("place", [0, 15, 16, 1023, 1024, 4998, 4999])
@pytest.mark.parametrize("dtype", DTYPES)
def test_one_number_that_is_not_finite_shows_wherever_it_stands(dtype, place, value):
    x = numbers("even", 5000, dtype)
    x[place] = value
    for reduction in (nf.sum, nf.mean):
        got = reduction(x)
        assert got == value or (math.isnan(got) and math.isnan(value))
    if math.isnan(value):
        rest = np.delete(x, place)
        assert (nf.nansum(x), nf.nanmean(x)) == (nf.sum(rest), nf.mean(rest))
    else:
        x[place - 1] = -value
        assert math.isnan(nf.sum(x)) and math.isnan(nf.nansum(x))
