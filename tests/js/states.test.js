// Do states of streams give what one call on the whole gives?

import assert from "node:assert/strict";
import { test } from "node:test";
import { Project } from "./install.mjs";

const nf = await new Project().import("node.js");
const { Accumulator, Cov, Histogram, MinMax, Moments, Quantiles, Sum, corrcoef, cov, histogram, kurtosis, mean, minmax, moments, quantile, skew, std, sum, variance } = nf;
const X = Float64Array.from({ length: 30_000 }, (_, i) => Math.sin(i * i) * 10 ** (i % 9));

test("a sum, the extremes and the moments in pieces have the bits of the whole", () => {
  const single = Float32Array.from(X);
  for (const x of [X, single, Int32Array.from(X, (x) => x % 2 ** 31), BigInt64Array.from(X, (x) => BigInt(Math.round(x)) << 20n)]) {
    const of = x === X ? "float64" : x === single ? "float32" : x instanceof Int32Array ? "int32" : "int64";
    const merged = (Class) => {
      const right = new Class({ of }).push(x.subarray(9000));
      assert.ok(right instanceof Accumulator && right instanceof Class);
      const state = right.merge(Class.fromBytes(new Class({ of }).push(x.subarray(0, 1)).push(x.subarray(1, 9000)).toBytes()));
      assert.deepEqual([state.count, state.dtype], [x.length, of]);
      return state;
    };
    assert.equal(merged(Sum).result(), sum(x));
    assert.deepEqual(merged(Sum).toBytes(), new Accumulator("sum", { of }).push(x).toBytes());
    assert.deepEqual(merged(MinMax).result(), minmax(x));
    const state = merged(Moments);
    assert.deepEqual(state.result(), moments(x));
    assert.equal(state.mean(), mean(x));
    for (const ddof of [0, 1, 2.5]) assert.deepEqual([state.variance({ ddof }), state.std({ ddof })], [variance(x, { ddof }), std(x, { ddof })]);
    assert.deepEqual([state.skew(), state.skew({ bias: false })], [skew(x), skew(x, { bias: false })]);
    assert.deepEqual([state.kurtosis(), state.kurtosis({ bias: false, fisher: false })], [kurtosis(x), kurtosis(x, { bias: false, fisher: false })]);
  }
  const twice = new Sum().push([1e16, 1]);
  assert.equal(twice.merge(twice).push([-2e16]).result(), 2);
});

test("covariances in pieces have the bits of the whole", () => {
  const rows = (from, to) => ({ data: X, shape: [3, to - from], strides: [10_000, 1], offset: from });
  const left = new Cov(3).push(rows(0, 700));
  const right = new Cov(3).push(rows(700, 701)).push(rows(701, 10_000));
  right.merge(Cov.fromBytes(left.toBytes()));
  assert.equal(right.count, 10_000);
  assert.equal(right.variables, 3);
  assert.deepEqual(right.result(), cov(rows(0, 10_000)));
  assert.deepEqual(right.result({ ddof: 0 }), cov(rows(0, 10_000), { ddof: 0 }));
  assert.deepEqual(right.corrcoef(), corrcoef(rows(0, 10_000)));
  assert.equal(new Cov(1).push(X).merge(new Cov(1)).count, 30_000);
});

test("counts in pieces are those of the whole", () => {
  const range = [-100, 100];
  const whole = new Histogram(7, { range }).push(X);
  assert.deepEqual(whole.result(), histogram(X, { bins: 7, range }));
  const edges = [-5, 0, 1, 50];
  const parts = new Histogram(edges).push(X.subarray(0, 9));
  parts.merge(Histogram.fromBytes(new Histogram(Float64Array.from(edges)).push(X.subarray(9)).toBytes()));
  assert.deepEqual(parts.result(), histogram(X, { bins: edges }));
  assert.equal(parts.count, X.length);
  parts.push([-9, 99, NaN, Infinity]);
  assert.equal(parts.nan, 1);
  assert.equal(parts.above, X.filter((x) => x > 50).length + 2);
  assert.equal(parts.below, X.filter((x) => x < -5).length + 1);
});

test("quantiles are exact up to the limit, and then near", () => {
  const left = new Quantiles().push(X.subarray(0, 11));
  const right = new Quantiles({ limit: 65536 }).push(X.subarray(11));
  left.merge(right).merge(new Quantiles());
  assert.equal(left.result(), quantile(X, 0.5));
  assert.deepEqual(left.result([0.1, 0.9], { method: "nearest" }), quantile(X, [0.1, 0.9], { method: "nearest" }));
  assert.deepEqual([left.isExact, left.rankError, left.limit], [true, 0, 65536]);
  const small = new Quantiles({ limit: 4096 }).push(X);
  assert.equal(small.isExact, false);
  const below = X.filter((x) => x < small.result(0.25)).length / X.length;
  assert.ok(Math.abs(below - 0.25) <= 2 * small.rankError && small.rankError < 0.01, `${below} ${small.rankError}`);
  assert.equal(small.merge(small).count, 60_000);
});

test("a histogram adds weights exactly", () => {
  const state = new Histogram(2, { range: [0, 2] }).push([0.5, 1.5, 0.5], { weights: [1e16, 3, 1] });
  const more = new Histogram(2, { range: [0, 2] }).push([0.25, 9], { weights: Float32Array.of(-1e16, 1) }).push([1]);
  const { counts } = Histogram.fromBytes(state.merge(more).toBytes()).result();
  assert.deepEqual(counts, { data: Float64Array.of(1e16 - Math.fround(1e16) + 1, 4), shape: [2], dtype: "float64" });
  assert.deepEqual([state.count, state.above], [6, 1]);
});

const WRONG = {
  "a sum of what is no dtype": [() => new Sum({ of: "float128" }), "unknown_name"],
  "a sum with an option of reductions": [() => new Sum({ initial: 1 }), "bad_parameter"],
  "a sum of a name": [() => new Sum("sum"), "bad_parameter"],
  "elements of another dtype": [() => new Sum().push(Float32Array.of(1)), "unsupported_dtype"],
  "a sum merged with extremes": [() => new Sum().merge(new MinMax()), "bad_parameter"],
  "sums of two dtypes": [() => new Sum().merge(new Sum({ of: "float32" })), "bad_parameter"],
  "the extremes of nothing": [() => new MinMax().result(), "empty"],
  "the moments of nothing": [() => new Moments().variance(), "empty"],
  "a variance with ddof n": [() => new Moments().push([1, 2]).variance({ ddof: 2 }), "bad_parameter"],
  "a variance with an axis": [() => new Moments().push([1, 2]).variance({ axis: 0 }), "bad_parameter"],
  "a skewness with an unknown option": [() => new Moments().push([1, 2]).skew({ biased: true }), "bad_parameter"],
  "the bytes of another reduction": [() => Sum.fromBytes(new Accumulator("mean").toBytes()), "corrupt"],
  "the bytes of a sum with options": [() => Sum.fromBytes(new Accumulator("sum", { initial: 1 }).toBytes()), "corrupt"],
  "weights of another length": [() => new Histogram([0, 1]).push([0, 1], { weights: [1] }), "shape_mismatch"],
  "an unknown option of push": [() => new Histogram([0, 1]).push([0, 1], { weight: [1] }), "bad_parameter"],
  "no variables": [() => new Cov(0), "bad_parameter"],
  "variables that are no number": [() => new Cov("2"), "bad_parameter"],
  "another shape": [() => new Cov(2).push([1, 2]), "shape_mismatch"],
  "nothing": [() => new Cov(2).result(), "empty"],
  "another number of variables": [() => new Cov(2).merge(new Cov(3)), "bad_parameter"],
  "another kind of state": [() => new Cov(2).merge(new Quantiles()), "bad_parameter"],
  "bins without a range": [() => new Histogram(3), "bad_parameter"],
  "edges with a range": [() => new Histogram([0, 1], { range: [0, 1] }), "bad_parameter"],
  "edges that fall": [() => new Histogram([1, 0]), "bad_parameter"],
  "a limit too small": [() => new Quantiles({ limit: 1 }), "bad_parameter"],
  "an unknown option": [() => new Quantiles({ limits: 1 }), "bad_parameter"],
  "q that is no number": [() => new Quantiles().push([1]).result("0.5"), "bad_parameter"],
  "q out of range": [() => new Quantiles().push([1]).result(2), "bad_parameter"],
  "an unknown method": [() => new Quantiles().push([1]).result(0.5, { method: "best" }), "unknown_name"],
  "damaged bytes": [() => Cov.fromBytes(new Cov(1).toBytes().subarray(1)), "corrupt"],
  "another state's bytes": [() => Quantiles.fromBytes(new Cov(1).toBytes()), "corrupt"],
};

for (const [name, [call, code]] of Object.entries(WRONG)) {
  test(`${name}: ${code}`, () => assert.throws(call, { name: "NearfoldError", code }));
}

test("a state that was freed says so, and may be freed again", () => {
  for (const state of [new Quantiles(), new Sum(), new Moments()]) {
    state.free();
    state.free();
    assert.throws(() => state.push([1]), { code: "freed" });
  }
});
