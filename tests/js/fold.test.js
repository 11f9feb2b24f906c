// Do running reductions, histograms, groups and descriptions give NumPy's values?

import assert from "node:assert/strict";
import { test } from "node:test";
import { Project } from "./install.mjs";

const nf = await new Project().import("node.js");
const { alloc, bincount, count, cummax, cummin, cumprod, cumsum, describe, digitize, group, histogram, max, mean, min, nanquantile, percentile, prod, quantile, sum, variance } = nf;
const list = ({ data }) => Array.from(data);
const NUMBERS = [1, -2.5, 4, 4, 0.1, 7, -0, 3, 9, 2];

test("running sums keep what a loop loses", () => {
  assert.deepEqual(list(cumsum([1e16, 1, -1e16])), [1e16, 1e16, 1]);
  assert.deepEqual(cumsum([]), { data: new Float64Array(0), shape: [0], dtype: "float64" });
  assert.deepEqual(list(cumsum([1, 2, 3], { includeInitial: true })), [0, 1, 3, 6]);
});

test("running reductions go along an axis, and keep the shape", () => {
  const grid = { data: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [2, 3] };
  assert.deepEqual(cumsum(grid, { axis: 0 }), { data: Float32Array.of(1, 2, 3, 5, 7, 9), shape: [2, 3], dtype: "float32" });
  assert.deepEqual(list(cumprod(grid, { axis: -1 })), [1, 2, 6, 4, 20, 120]);
  assert.deepEqual(cumsum(grid).shape, [6]);
  assert.deepEqual(cumsum(grid, { axis: 1, includeInitial: true }).shape, [2, 4]);
});

test("running reductions of integers are integers, of BigInts BigInts", () => {
  assert.deepEqual(cumsum(Int8Array.of(100, 100, -1)), { data: Float64Array.of(100, 200, 199), shape: [3], dtype: "int64" });
  assert.deepEqual(cumprod(BigUint64Array.of(2n ** 62n, 2n)).data, BigUint64Array.of(2n ** 62n, 2n ** 63n));
  assert.throws(() => cumprod(Uint32Array.of(2 ** 31, 2 ** 31)), { code: "unsafe_integer" });
  assert.deepEqual(cumsum(Uint8Array.of(1, 2), { dtype: "float64" }).data, Float64Array.of(1, 3));
});

test("running extremes stay at the first NaN, and tell −0 from +0", () => {
  assert.deepEqual(list(cummin([3, 1, NaN, 0])), [3, 1, NaN, NaN]);
  assert.deepEqual(list(cummax([-0, 0, -1])), [-0, 0, 0]);
  assert.deepEqual(list(cummax([1, 3, 2])), [1, 3, 3]);
});

test("a histogram counts as numpy.histogram does", () => {
  const { counts, edges } = histogram(NUMBERS, { bins: 4 });
  assert.deepEqual(counts, { data: Float64Array.of(3, 3, 2, 2), shape: [4], dtype: "int64" });
  assert.deepEqual(list(edges), [-2.5, 0.375, 3.25, 6.125, 9]);
  assert.equal(histogram(NUMBERS).counts.data.length, 10);
  assert.deepEqual(list(histogram([]).counts), new Array(10).fill(0));
});

test("a histogram takes a range, edges, a rule and weights", () => {
  assert.deepEqual(list(histogram([NaN, 0, 1, 5], { bins: 2, range: [0, 2] }).counts), [1, 1]);
  const edges = alloc(3);
  edges.view().set([0, 1, 5]);
  for (const bins of [[0, 1, 5], Float64Array.of(0, 1, 5), Uint8Array.of(0, 1, 5), edges]) assert.deepEqual(list(histogram([0, 0.5, 1, 5], { bins }).counts), [2, 2]);
  edges.free();
  assert.equal(histogram(NUMBERS, { bins: "sturges" }).counts.data.length, 5);
  assert.deepEqual(histogram([0, 0.25, 1], { bins: 2, weights: [1e16, 1, 3] }).counts.data, Float64Array.of(1e16, 3));
  assert.deepEqual(list(histogram([0, 0, 1], { bins: 2, density: true }).counts), [4 / 3, 2 / 3]);
});

test("bincount counts integers, or sums weights exactly", () => {
  assert.deepEqual(bincount([0, 1, 1, 3]), { data: Float64Array.of(1, 2, 0, 1), shape: [4], dtype: "int64" });
  assert.deepEqual(list(bincount(Uint16Array.of(2), { minlength: 5 })), [0, 0, 1, 0, 0]);
  assert.deepEqual(list(bincount([1, 1, 1], { weights: [1e16, 1, -1e16] })), [0, 1]);
  assert.deepEqual(list(bincount([])), []);
});

test("BigInts beyond doubles are binned as integers", () => {
  const time = BigInt64Array.from([0n, 100n, 200n, 300n], (nanos) => 1_700_000_000_000_000_000n + nanos);
  assert.deepEqual(list(digitize(time, time)), [1, 2, 3, 4]);
  assert.deepEqual(list(histogram(time, { bins: time }).counts), [1, 1, 2]);
  const edges = alloc(4, "int64");
  edges.view().set(time);
  assert.deepEqual(list(new nf.Histogram(edges).push(time).result().counts), [1, 1, 2]);
});

test("a result may be folded again", () => {
  assert.equal(sum(cumsum(Int8Array.of(1, 2, 3))), 10);
  assert.equal(sum(histogram([1, 2, 3], { bins: 3 }).counts), 3);
});

test("a percentile without q is the median", () => {
  assert.deepEqual(new nf.Accumulator("percentile").push([1, 2, 4]).result(), 2);
  assert.deepEqual(list(group("percentile", [1, 2, 4], [0, 0, 0])), [2]);
});

test("digitize finds bins from the left, or from the right", () => {
  assert.deepEqual(digitize([0.5, 1, 2.5, 9, NaN], [1, 2, 3]), { data: Float64Array.of(0, 1, 2, 3, 3), shape: [5], dtype: "int64" });
  assert.deepEqual(list(digitize([1, 2], Float32Array.of(1, 2), { right: true })), [0, 1]);
  assert.deepEqual(list(digitize([0, 1.5, 3], [3, 2, 1])), [3, 2, 0]);
});

test("each group has the bits that it has alone", () => {
  const values = Float64Array.from({ length: 1000 }, (_, i) => Math.sin(i) * 10 ** (i % 17));
  const codes = Int16Array.from(values, (_, i) => (i % 7) - 1);
  for (const [op, alone] of [["sum", sum], ["variance", variance], ["countNonzero", nf.countNonzero], ["max", nf.max]]) {
    const expected = Array.from({ length: 6 }, (_, code) => alone(values.filter((_, i) => codes[i] === code)));
    assert.deepEqual(list(group(op, values, codes)), expected, op);
  }
  assert.deepEqual(list(group("sum", [10, 20, 30], [0, 1, 0])), [40, 20]);
  assert.deepEqual(list(group("sum", [1], [0], { groups: 3 })), [1, 0, 0]);
  assert.deepEqual(list(group("variance", [1, 3, 5, 5], [0, 0, 1, 1], { ddof: 1 })), [2, 0]);
  assert.deepEqual(group("sum", BigInt64Array.of(1n, 2n), [0, 0]).data, BigInt64Array.of(3n));
  assert.deepEqual(group("quantile", [1, 2, 3], [0, 0, 0], { q: [0, 0.5] }).shape, [2, 1]);
});

test("describe gives the figures that the functions of their names give", () => {
  const values = [...NUMBERS, NaN];
  assert.deepEqual(describe(values, { ddof: 1 }), {
    count: 10,
    mean: nf.nanmean(values),
    std: nf.nanstd(values, { ddof: 1 }),
    min: -2.5,
    "25%": nf.nanquantile(values, 0.25),
    "50%": nf.nanmedian(values),
    "75%": nf.nanquantile(values, 0.75),
    max: 9,
    skew: nf.nanskew(values),
    kurtosis: nf.nankurtosis(values),
  });
  assert.deepEqual(list(describe({ data: [1, 2, 3, 5], shape: [2, 2] }, { axis: 0 }).max), [3, 5]);
  assert.equal(describe([1, 2, 100], { where: [true, true, false] }).max, 2);
  const { count: n, min, mean } = describe(BigInt64Array.of(1n, 2n));
  assert.deepEqual([n, min, mean], [2, 1n, 1.5]);
});

test("count leaves NaN out, and norms come by their order", () => {
  assert.equal(count([1, NaN, 3]), 2);
  assert.equal(count(BigInt64Array.of(1n)), 1);
  assert.deepEqual([0, 1, 2, Infinity, -Infinity].map((ord) => nf.norm([3, -4, 0], { ord })), [2, 7, 5, 4, 0]);
});

const MISUSE = {
  "a running sum along two axes": [() => cumsum({ data: [1], shape: [1, 1] }, { axis: [0, 1] }), "bad_parameter"],
  "a running sum along an axis that is not there": [() => cumsum([1], { axis: 1 }), "axis_out_of_range"],
  "a running sum with keepdims": [() => cumsum([1], { keepdims: true }), "bad_parameter"],
  "a running minimum with a first value": [() => cummin([1], { includeInitial: true }), "bad_parameter"],
  "a running sum of text": [() => cumsum("1"), "bad_parameter"],
  "a histogram of no bins": [() => histogram([1], { bins: 0 }), "bad_parameter"],
  "a histogram of −1 bins": [() => histogram([1], { bins: -1 }), "bad_parameter"],
  "a histogram of 2^40 bins": [() => histogram([1], { bins: 2 ** 40 }), "bad_parameter"],
  "a histogram of 2^30 bins": [() => histogram([0, 1], { bins: 2 ** 30 }), "out_of_memory"],
  "a histogram with an unknown rule": [() => histogram([1], { bins: "mine" }), "unknown_name"],
  "a histogram with falling edges": [() => histogram([1], { bins: [2, 1] }), "bad_parameter"],
  "a histogram with one edge": [() => histogram([1], { bins: [2] }), "bad_parameter"],
  "a histogram with edges of BigInts that fall": [() => histogram([1], { bins: BigInt64Array.of(2n, 1n) }), "bad_parameter"],
  "a histogram of NaN": [() => histogram([NaN]), "bad_parameter"],
  "a histogram with a range of one": [() => histogram([1], { range: [1] }), "bad_parameter"],
  "a histogram with a range that falls": [() => histogram([1], { range: [2, 1] }), "bad_parameter"],
  "a histogram with too few weights": [() => histogram([1, 2], { weights: [1] }), "shape_mismatch"],
  "a histogram with an unknown option": [() => histogram([1], { bin: 3 }), "bad_parameter"],
  "bincount of halves": [() => bincount([0.5]), "bad_parameter"],
  "bincount of floats": [() => bincount(Float64Array.of(1)), "unsupported_dtype"],
  "bincount of negative integers": [() => bincount([-1]), "bad_parameter"],
  "bincount of 2^52": [() => bincount([2 ** 52]), "out_of_memory"],
  "bincount with minlength −1": [() => bincount([1], { minlength: -1 }), "bad_parameter"],
  "digitize without bins": [() => digitize([1]), "bad_parameter"],
  "digitize with bins that rise and fall": [() => digitize([1], [1, 3, 2]), "bad_parameter"],
  "digitize with right 1": [() => digitize([1], [1], { right: 1 }), "bad_parameter"],
  "a group of an unknown reduction": [() => group("total", [1], [0]), "unknown_name"],
  "groups of too few codes": [() => group("sum", [1, 2], [0]), "shape_mismatch"],
  "groups of halves": [() => group("sum", [1], [0.5]), "bad_parameter"],
  "a code that is not below groups": [() => group("sum", [1], [3], { groups: 2 }), "bad_parameter"],
  "−1 groups": [() => group("sum", [1], [0], { groups: -1 }), "bad_parameter"],
  "groups along an axis": [() => group("sum", [1], [0], { axis: 0 }), "bad_parameter"],
  "the smallest of an empty group": [() => group("min", [1], [1]), "empty"],
  "describe of nothing": [() => describe([]), "empty"],
  "describe with q": [() => describe([1], { q: 0.5 }), "bad_parameter"],
  "a norm of order 3": [() => nf.norm([1], { ord: 3 }), "bad_parameter"],
};

for (const [name, [misuse, code]] of Object.entries(MISUSE)) {
  test(`${name} is refused with ${code}, and all works on`, () => {
    assert.throws(misuse, { name: "NearfoldError", code });
    assert.deepEqual(list(cumsum([1, 2])), [1, 3]);
  });
}

test("quantiles weigh their elements", () => {
  const options = { method: "inverted_cdf", weights: [1, 1, 2, 0] };
  assert.equal(quantile([3, 1, 2, 9], 0.5, options), 2);
  assert.deepEqual(list(percentile([3, 1, 2, 9], [0, 25, 26, 100], options)), [1, 1, 2, 3]);
  assert.equal(nanquantile([NaN, 1, 2], 0.5, { method: "inverted_cdf", weights: [5, 1, 3] }), 2);
  const grid = { data: Int16Array.of(1, 2, 3, 4, 5, 6), shape: [2, 3] };
  assert.deepEqual(list(quantile(grid, 0.5, { method: "inverted_cdf", axis: 1, weights: [0, 0, 1] })), [3, 6]);
  for (const wrong of [{ method: "linear" }, { weights: [1, 1, -1, 0] }, { weights: [0, 0, 0, 0] }, { weights: [NaN, 1, 1, 1] }, { where: [true, true, true, true] }]) {
    assert.throws(() => quantile([3, 1, 2, 9], 0.5, { ...options, ...wrong }), { code: "bad_parameter" });
  }
  assert.throws(() => quantile([3, 1, 2], 0.5, options), { code: "shape_mismatch" });
});

test("sums, products and extremes begin with initial", () => {
  assert.equal(sum([1e16, -1e16], { initial: 0.25 }), 0.25);
  assert.equal(min([], { initial: 3 }), 3);
  assert.equal(max(new Float64Array(20000).fill(2), { initial: 3 }), 3, "in pieces, too");
  assert.equal(prod(BigInt64Array.of(2n, 3n), { initial: 7n }), 42n);
  assert.equal(sum(BigUint64Array.of(), { initial: 2n ** 64n - 1n }), 2n ** 64n - 1n);
  assert.equal(sum(new Int32Array([1, 2]), { initial: 2.9 }), 5, "cut off, as NumPy does");
  assert.deepEqual([...min({ data: new Float64Array(0), shape: [2, 0] }, { axis: 1, initial: 4 }).data], [4, 4]);
  for (const [op, initial] of [[sum, "7"], [sum, 2n ** 64n], [(x, options) => mean(x, options), 1], [(x, options) => sum(Int8Array.from(x), options), 2n ** 63n]]) {
    assert.throws(() => op([1], { initial }), { code: "bad_parameter" });
  }
});
