// Does every misuse give an error with a code, and leave the package usable?

import assert from "node:assert/strict";
import { test } from "node:test";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { runInNewContext } from "node:vm";
import { Project } from "./install.mjs";

const project = new Project();
const nf = await project.import("node.js");
const { Accumulator, Index, NearfoldError, alloc, kernelMemory, sum } = nf;

const index = new Index(3, { metric: "cosine" });
index.add(Float32Array.of(1, 0, 0, 0, 1, 0), { ids: [5, 6] });
const bytes = index.toBytes();

function detached(array) {
  structuredClone(array, { transfer: [array.buffer] });
  return array;
}

function freed(object) {
  object.free();
  return object;
}

const changed = (at, to = 255) => bytes.map((byte, i) => (i === at ? to : byte));
const full = new Accumulator("sum");

const CASES = {
  // What is no array.
  'a misspelt name of a layout': [() => sum({ data: Float64Array.of(1, 2), shpe: [2] }), "bad_parameter"],
  "another package's array, whose strides are called stride": [() => sum(new (class View { data = Float64Array.of(1, 2, 3, 4); shape = [2]; stride = [2]; offset = 1; })()), "bad_parameter"],
  'sum()': [() => sum(), "bad_parameter"],
  'sum(null)': [() => sum(null), "bad_parameter"],
  'sum("1, 2")': [() => sum("1, 2"), "bad_parameter"],
  'sum(7)': [() => sum(7), "bad_parameter"],
  'sum(7n)': [() => sum(7n), "bad_parameter"],
  'sum({})': [() => sum({}), "bad_parameter"],
  'sum(() => 1)': [() => sum(() => 1), "bad_parameter"],
  'sum(Symbol())': [() => sum(Symbol("x")), "bad_parameter"],
  'sum(new ArrayBuffer(8))': [() => sum(new ArrayBuffer(8)), "bad_parameter"],
  'sum(new DataView(…))': [() => sum(new DataView(new ArrayBuffer(8))), "bad_parameter"],
  'sum(new Set([1]))': [() => sum(new Set([1])), "bad_parameter"],
  'sum(["1"])': [() => sum(["1"]), "bad_parameter"],
  'sum([1, undefined])': [() => sum([1, undefined]), "bad_parameter"],
  'sum([1, , 3])': [() => sum([1, , 3]), "bad_parameter"],
  'sum([1n])': [() => sum([1n]), "bad_parameter"],
  'sum([[1], [2]])': [() => sum([[1], [2]]), "bad_parameter"],
  'a text at the end of a long array': [() => sum([...new Array(20000).fill(1), "1"]), "bad_parameter"],
  'sum of a detached array': [() => sum(detached(new Float64Array(8))), "detached"],
  'sum of a detached array with a shape': [() => sum({ data: detached(new Float64Array(8)), shape: [0] }), "detached"],
  'sum of a freed array': [() => sum(freed(alloc(8))), "freed"],

  'sum of nested arrays': [() => sum([[1, 2], [3, 4]]), "bad_parameter", /several dimensions come as { data, shape }/],
  'sum of an index': [() => sum(index), "bad_parameter", /got a value of type Index/],

  // Shapes.
  'a shape larger than the data': [() => sum({ data: [1, 2, 3], shape: [2, 2] }), "shape_mismatch"],
  'a shape of 2^60 elements': [() => sum({ data: [1, 2, 3], shape: [2 ** 30, 2 ** 30] }), "shape_mismatch"],
  'a shape of 2^53 × 2^53 × 2^53': [() => sum({ data: [1], shape: [2 ** 53, 2 ** 53, 2 ** 53] }), "shape_mismatch"],
  'a negative length': [() => sum({ data: [1, 2], shape: [-2] }), "shape_mismatch"],
  'a length that is no integer': [() => sum({ data: [1, 2], shape: [1.5] }), "shape_mismatch"],
  'a length that is NaN': [() => sum({ data: [1, 2], shape: [NaN] }), "shape_mismatch"],
  'a shape of texts': [() => sum({ data: [1, 2], shape: ["2"] }), "shape_mismatch"],
  'a shape that is a number': [() => sum({ data: [1, 2], shape: 2 }), "bad_parameter"],
  'strides that leave the data': [() => sum({ data: [1, 2, 3, 4], shape: [2, 2], strides: [3, 1] }), "shape_mismatch"],
  'strides that leave the data backwards': [() => sum({ data: [1, 2, 3, 4], shape: [2, 2], strides: [-2, 1] }), "shape_mismatch"],
  'one stride for two axes': [() => sum({ data: [1, 2, 3, 4], shape: [2, 2], strides: [1] }), "shape_mismatch"],
  'huge strides': [() => sum({ data: [1, 2], shape: [2], strides: [2 ** 40] }), "shape_mismatch"],
  'an offset beyond the data': [() => sum({ data: [1, 2], shape: [1], offset: 2 }), "shape_mismatch"],
  'a negative offset': [() => sum({ data: [1, 2], shape: [1], offset: -1 }), "shape_mismatch"],
  'data that is a text': [() => sum({ data: "12" }), "bad_parameter"],
  'float64 data called bool': [() => sum({ data: new Float64Array(1), dtype: "bool" }), "bad_parameter"],
  'an unknown dtype': [() => sum({ data: new Float64Array(1), dtype: "float128" }), "bad_parameter"],

  // Options.
  'an unknown option': [() => sum([1], { axs: 0 }), "bad_parameter"],
  'options that are a number': [() => sum([1], 0), "bad_parameter"],
  'options that are a text': [() => sum([1], "axis"), "bad_parameter"],
  'options that are a function, as accessors of d3': [() => nf.variance([1, 2], (x) => x), "bad_parameter", /got "a function"/],
  'options that are an array': [() => sum([1], []), "bad_parameter"],
  'options that are a Map': [() => sum([1], new Map([["axis", 0]])), "bad_parameter", /Map/],
  'options of a group that are a Map': [() => nf.group("sum", [1], [0], new Map()), "bad_parameter"],
  'an axis that is a text': [() => sum([1], { axis: "0" }), "bad_parameter"],
  'an axis of 0.5': [() => sum([1], { axis: 0.5 }), "bad_parameter"],
  'an axis of NaN': [() => sum([1], { axis: NaN }), "bad_parameter"],
  'an axis of 2^40': [() => sum([1], { axis: 2 ** 40 }), "bad_parameter"],
  'an axis that is not there': [() => sum([1], { axis: 1 }), "axis_out_of_range"],
  'an order that is a BigInt': [() => nf.moments([1, 2], { order: 2n }), "bad_parameter", /order/],
  'a range of three numbers': [() => nf.histogram([1], { range: [0, 1, 2] }), "bad_parameter", /range/],
  'an axis given twice': [() => sum({ data: [1], shape: [1, 1] }, { axis: [0, 0] }), "axis_out_of_range"],
  'keepdims of 1': [() => sum([1], { keepdims: 1 }), "bad_parameter"],
  'ddof for a sum': [() => sum([1], { ddof: 1 }), "bad_parameter"],
  'ddof of "1"': [() => nf.variance([1, 2], { ddof: "1" }), "bad_parameter"],
  'ddof that leaves nothing': [() => nf.variance([1], { ddof: 1 }), "bad_parameter"],
  'an unknown result dtype': [() => sum([1], { dtype: "float128" }), "unknown_name"],
  'an unknown method': [() => nf.quantile([1], 0.5, { method: "middle" }), "unknown_name"],
  'a quantile above 1': [() => nf.quantile([1], 1.5), "bad_parameter"],
  'a quantile that is not said': [() => nf.quantile([1]), "bad_parameter", /^q: expected a number or an array/],
  'options of a quantile that are a number': [() => nf.quantile([1], 0.5, 7), "bad_parameter"],
  'a quantile of NaN': [() => nf.quantile([1], NaN), "bad_parameter"],
  'a mask of numbers': [() => sum([1, 2], { where: [1, 0] }), "bad_parameter"],
  'a mask of floats': [() => sum([1, 2], { where: new Float64Array(2) }), "bad_parameter"],
  'a mask that does not fit': [() => sum([1, 2], { where: [true, false, true] }), "shape_mismatch"],
  'a mask that is detached': [() => sum([1, 2], { where: detached(new Uint8Array(2)) }), "detached"],
  'an option whose getter throws': [() => sum([1], { get keepdims() { throw new RangeError("mine"); } }), undefined],

  // Values that have no result.
  'the smallest of nothing': [() => nf.min([]), "empty"],
  'the mean of nothing': [() => nf.mean([]), "empty"],
  'where the largest of NaNs is': [() => nf.nanargmax([NaN]), "all_nan"],
  'dot of lengths 1 and 2': [() => nf.dot([1], [1, 2]), "shape_mismatch"],
  'dot with nothing': [() => nf.dot([1]), "bad_parameter"],
  'an integer sum beyond 2^53': [() => sum(Uint32Array.from({ length: 3 }, () => 2 ** 32 - 1), { axis: 0, where: undefined }) && nf.prod(Uint32Array.of(2 ** 32 - 1, 2 ** 31)), "unsafe_integer"],
  'weights that sum up to 0': [() => nf.average([1, 2], { weights: [1, -1] }), "bad_parameter"],

  // Arrays in the kernel.
  'alloc(-1)': [() => alloc(-1), "bad_parameter"],
  'alloc(0.5)': [() => alloc(0.5), "bad_parameter"],
  'alloc(NaN)': [() => alloc(NaN), "bad_parameter"],
  'alloc("8")': [() => alloc("8"), "bad_parameter"],
  'alloc(2^52)': [() => alloc(2 ** 52), "bad_parameter"],
  'alloc of 32 GB': [() => alloc(2 ** 32 - 1), "out_of_memory"],
  'alloc of an unknown dtype': [() => alloc(8, "float128"), "unknown_name"],
  'alloc of a dtype that is no text': [() => alloc(8, 64), "bad_parameter"],
  'a view of a freed array': [() => freed(alloc(8)).view(), "freed"],
  'a long array set into a short one': [() => alloc(2).view().set([1, 2, 3]), undefined],

  // Accumulators.
  'an unknown reduction': [() => new Accumulator("medain"), "unknown_name"],
  'a reduction that is no text': [() => new Accumulator(7), "bad_parameter"],
  'an accumulator with an axis': [() => new Accumulator("sum", { axis: 0 }), "bad_parameter"],
  'float32 pushed to float64': [() => full.push(new Float32Array(1)), "unsupported_dtype"],
  'merging a sum and a mean': [() => full.merge(new Accumulator("mean")), "bad_parameter"],
  'merging what is no accumulator': [() => full.merge({}), "bad_parameter"],
  'an accumulator of no bytes': [() => Accumulator.fromBytes(new Uint8Array(0)), "corrupt"],
  'an accumulator of foreign bytes': [() => Accumulator.fromBytes(new Uint8Array(99)), "corrupt"],
  'covariances whose options are no object': [() => new nf.Cov(1).push([1, 2]).result([]), "bad_parameter"],
  'edges of two axes': [() => new nf.Histogram({ data: [1, 2], shape: [2, 1] }), "bad_parameter"],
  'edges that are BigInts and fall': [() => new nf.Histogram(BigInt64Array.of(2n, 1n)), "bad_parameter"],
  'edges that are texts': [() => new nf.Histogram(["1", "2"]), "bad_parameter", /bins\[0\]/],
  'quantiles that are BigInts': [() => new nf.Quantiles().push([1]).result([1n]), "bad_parameter", /q\[0\]/],
  'quantiles that are a text': [() => new nf.Quantiles().push([1]).result("0.5"), "bad_parameter"],
  'a freed accumulator': [() => freed(new Accumulator("sum")).push([1]), "freed"],

  // Making an index.
  'new Index()': [() => new Index(), "bad_parameter"],
  'new Index("3")': [() => new Index("3"), "bad_parameter"],
  'new Index(0)': [() => new Index(0), "bad_parameter"],
  'new Index(-3)': [() => new Index(-3), "bad_parameter"],
  'new Index(2.5)': [() => new Index(2.5), "bad_parameter"],
  'new Index(Infinity)': [() => new Index(Infinity), "bad_parameter"],
  'an unknown metric': [() => new Index(3, { metric: "euclid" }), "unknown_name"],
  'an unknown storage': [() => new Index(3, { storage: "f8" }), "unknown_name"],
  'an option in the wrong case': [() => new Index(3, { m: 16 }), "bad_parameter"],
  'M of 0': [() => new Index(3, { M: 0 }), "bad_parameter"],
  'M of "16"': [() => new Index(3, { M: "16" }), "bad_parameter"],
  'M of −1': [() => new Index(3, { M: -1 }), "bad_parameter"],
  'options of an index that are a Map': [() => new Index(3, new Map([["metric", "cosine"]])), "bad_parameter", /Map/],
  'options of an index that are an array': [() => new Index(3, []), "bad_parameter"],
  'efConstruction of 0': [() => new Index(3, { efConstruction: 0 }), "bad_parameter", /^efConstruction: expected 1 to 65536, got 0$/],
  'efConstruction of 1e12': [() => new Index(3, { efConstruction: 1e12 }), "bad_parameter"],
  'an index without new': [() => Index(3), undefined],
  'a filter that no index made': [() => new nf.Filter(), undefined],

  // Adding.
  'add()': [() => index.add(), "bad_parameter"],
  'add of four numbers': [() => index.add([1, 2, 3, 4]), "dimension_mismatch"],
  'add of a short row': [() => index.add([[1, 2, 3], [4, 5]]), "dimension_mismatch"],
  'add of a row of texts': [() => index.add([["1", "2", "3"]]), "bad_parameter"],
  'add of NaN': [() => index.add([1, NaN, 3]), "not_finite"],
  'add of 1e39, which is no float32': [() => index.add([1, 1e39, 3]), "not_finite"],
  'add of BigInts': [() => index.add(new BigInt64Array(3)), "bad_parameter"],
  'a list that says another dtype': [() => sum({ data: [1.5, 2.5], dtype: "int32" }), "bad_parameter"],
  'vectors that are doubles of the kernel': [() => index.add(alloc(3)), "bad_parameter", /got a value of type KernelArray of float64$/],
  'add with ids that are detached': [() => index.add([1, 2, 3], { ids: detached(new BigUint64Array(1)) }), "detached"],
  'add with numbers as ids that are detached': [() => index.add([1, 2, 3], { ids: detached(new Float64Array(1)) }), "detached"],
  'update of ids that are detached': [() => index.update([1, 2, 3], detached(new BigUint64Array(1))), "detached"],
  'remove of ids that are detached': [() => index.remove(detached(new BigUint64Array(1))), "detached"],
  'a filter of ids that are detached': [() => index.filter(detached(new Uint32Array(1))), "detached"],
  'a column that is detached': [() => index.add([1, 2, 3], { columns: { year: detached(new Float64Array(1)) } }), "detached"],
  'rows of which one is not there': [() => index.add([[1, 2, 3], , [4, 5, 6]]), "bad_parameter"],
  'a filter of which one is not there': [() => index.filter([true, , true]), "bad_parameter"],
  'a mask of which one is not there': [() => sum([1, 2, 3], { where: [true, , true] }), "bad_parameter"],
  'a quantile by what is detached': [() => nf.quantile([1, 2], detached(new Float64Array(1))), "detached"],
  'add of a detached array': [() => index.add(detached(new Float32Array(3))), "detached"],
  'add of a freed array': [() => index.add(freed(alloc(3, "float32"))), "freed"],
  'add of a float64 array of the kernel': [() => index.add(alloc(3)), "bad_parameter"],
  'add with a wrong last axis': [() => index.add({ data: new Float32Array(6), shape: [3, 2] }), "dimension_mismatch"],
  'add of an id that is there': [() => index.add([1, 2, 3], { ids: [5] }), "duplicate_id"],
  'add of an id twice': [() => index.add([1, 2, 3, 4, 5, 6], { ids: [8, 8] }), "duplicate_id"],
  'add of two ids for one vector': [() => index.add([1, 2, 3], { ids: [8, 9] }), "shape_mismatch"],
  'add of an id of −1': [() => index.add([1, 2, 3], { ids: [-1] }), "bad_parameter"],
  'add of an id of 0.5': [() => index.add([1, 2, 3], { ids: [0.5] }), "bad_parameter"],
  'add of an id of 2^53': [() => index.add([1, 2, 3], { ids: [2 ** 53] }), "bad_parameter"],
  'add of an id of 2^64': [() => index.add([1, 2, 3], { ids: [2n ** 64n] }), "bad_parameter"],
  'add of an id of "8"': [() => index.add([1, 2, 3], { ids: ["8"] }), "bad_parameter"],
  'add with ids that are a number': [() => index.add([1, 2, 3], { ids: 8 }), "bad_parameter"],
  'add with an unknown option': [() => index.add([1, 2, 3], { id: [8] }), "bad_parameter"],
  'add with a progress that is no function': [() => index.add([1, 2, 3], { progress: true }), "bad_parameter"],

  'add with options that are an array': [() => index.add([1, 2, 3], []), "bad_parameter"],
  'add of columns in a Map': [() => index.add([1, 2, 3], { columns: new Map([["year", [1]]]) }), "bad_parameter", /Map/],
  'add of an invalid Date': [() => index.add([1, 2, 3], { columns: { day: [new Date(NaN)] } }), "bad_parameter", /invalid Date/],

  // Searching.
  'search()': [() => index.search(), "bad_parameter"],
  'search of two numbers': [() => index.search([1, 2]), "dimension_mismatch"],
  'search of two rows': [() => index.search([1, 2, 3, 4, 5, 6]), "dimension_mismatch"],
  'search of NaN': [() => index.search([1, NaN, 3]), "not_finite"],
  'search of an infinity': [() => index.search([1, Infinity, 3]), "not_finite"],
  'search of a text': [() => index.search("abc"), "bad_parameter"],
  'search of a detached array': [() => index.search(detached(new Float32Array(3))), "detached"],
  'k of 0': [() => index.search([1, 2, 3], { k: 0 }), "bad_parameter"],
  'k of −1': [() => index.search([1, 2, 3], { k: -1 }), "bad_parameter"],
  'k of 1.5': [() => index.search([1, 2, 3], { k: 1.5 }), "bad_parameter"],
  'k of 2^32': [() => index.search([1, 2, 3], { k: 2 ** 32 }), "bad_parameter", /^k: expected an integer from 1 to 4294967295/],
  // A filter that is an object without names of its own would allow everything.
  'a filter that is a Map': [() => index.search([1, 2, 3], { filter: new Map() }), "bad_parameter", /^filter: expected ids, .*got a value of type Map/],
  'a filter that is not awaited': [() => index.search([1, 2, 3], { filter: Promise.resolve([5]) }), "bad_parameter", /Promise/],
  'a filter that is a Date': [() => index.searchMany([1, 2, 3], { filter: new Date(0) }), "bad_parameter"],
  'a filter with a Date in it': [() => { const dated = new Index(1); dated.add([1], { columns: { day: [1] } }); dated.search([1], { filter: { day: new Date(0) } }); }, "bad_parameter"],
  'a filter for many of another index': [() => index.searchMany([1, 2, 3], { filter: new Index(3).filter([]) }), "bad_parameter"],
  'many that are to be explained': [() => index.searchMany([1, 2, 3], { filter: [5], explain: true }), "bad_parameter"],
  'an id of 2^60 as a number': [() => { const far = new Index(1); far.add([1], { ids: [2n ** 60n] }); far.search([1]); }, "unsafe_integer", /^the id 1152921504606846976 is beyond 2\^53 - 1: ask for ids as "bigint"$/],
  'k of NaN': [() => index.search([1, 2, 3], { k: NaN }), "bad_parameter"],
  'k of "3"': [() => index.search([1, 2, 3], { k: "3" }), "bad_parameter"],
  'efSearch of 0': [() => index.search([1, 2, 3], { efSearch: 0 }), "bad_parameter"],
  'an unknown search option': [() => index.search([1, 2, 3], { ef: 64 }), "bad_parameter"],
  'ids of another kind': [() => index.search([1, 2, 3], { ids: "string" }), "bad_parameter"],
  'searchMany of four numbers': [() => index.searchMany([1, 2, 3, 4]), "dimension_mismatch"],
  'the vector of an unknown id': [() => index.vector(99), "id_not_found"],
  'the vector of "5"': [() => index.vector("5"), "bad_parameter"],
  'a freed index': [() => freed(new Index(3)).search([1, 2, 3]), "freed"],
  'the length of a freed index': [() => freed(new Index(3)).length, "freed"],

  // Opening.
  'fromBytes()': [() => Index.fromBytes(), "bad_parameter"],
  'fromBytes of a DataView': [() => Index.fromBytes(new DataView(bytes.buffer)), "bad_parameter", /^bytes: expected a Uint8Array, an ArrayBuffer or a uint8 KernelArray, got a value of type DataView$/],
  'fromBytes of nothing': [() => Index.fromBytes(new Uint8Array(0)), "corrupt"],
  'fromBytes of zeros': [() => Index.fromBytes(new Uint8Array(4096)), "corrupt"],
  'fromBytes of floats': [() => Index.fromBytes(new Float32Array(64)), "bad_parameter"],
  'fromBytes of a detached array': [() => Index.fromBytes(detached(new Uint8Array(64))), "detached"],
  'fromBytes of one byte less': [() => Index.fromBytes(bytes.subarray(0, -1)), "corrupt"],
  'fromBytes with a wrong first byte': [() => Index.fromBytes(changed(0)), "corrupt"],
  'fromBytes with a wrong last byte': [() => Index.fromBytes(changed(bytes.length - 1, bytes.at(-1) ^ 1)), "corrupt"],
};

for (const [name, [misuse, code, message]] of Object.entries(CASES)) {
  test(`${name} is refused${code ? ` with ${code}` : ""}, and all works on`, () => {
    assert.throws(misuse, (error) => {
      // Without a code: JavaScript's own error, or the caller's.
      if (code === undefined) return error instanceof TypeError || error instanceof RangeError;
      assert.ok(error instanceof NearfoldError && error instanceof Error, String(error.stack));
      assert.equal(error.code, code, error.message);
      assert.equal(error.name, "NearfoldError");
      if (message) assert.match(error.message, message);
      return true;
    });
    assert.equal(sum([1e16, 1, -1e16]), 1);
    assert.deepEqual([...index.search([0, 1, 0], { k: 1 }).ids], [6]);
    assert.equal(index.length, 2);
  });
}

test("init may be called again, with anything, once the kernel runs", async () => {
  await Promise.all([nf.init(), nf.init(), nf.init(new Uint8Array(3))]);
  assert.equal(sum([1, 2]), 3);
});

test("an index refuses calls from its own progress, and goes on", () => {
  const busy = new Index(3);
  const codes = [];
  busy.add(new Float32Array(3), {
    progress() {
      for (const call of [() => busy.length, () => busy.search([1, 2, 3]), () => busy.add([1, 2, 3]), () => busy.free()]) {
        try {
          call();
        } catch (error) {
          codes.push(error.code);
        }
      }
      return sum([1, 2]) === 3;
    },
  });
  assert.deepEqual(new Set(codes), new Set(["busy"]));
  assert.equal(busy.length, 1);
});

test("what progress throws reaches the caller, and the index stays usable", () => {
  const stopped = new Index(3);
  const mine = new Error("mine");
  assert.throws(() => stopped.add(new Float32Array(3), { progress() { throw mine; } }), (error) => error === mine);
  stopped.add([1, 2, 3], { ids: [100] });
  assert.equal(stopped.search([1, 2, 3], { k: 1 }).ids[0], 100);
});

test("an index refuses calls from its caller's getters and filters, and goes on", () => {
  const asked = new Index(3);
  asked.add([[1, 0, 0], [0, 1, 0]]);
  const codes = [];
  const refused = (call) => {
    try {
      call();
      codes.push("allowed");
    } catch (error) {
      codes.push(error.code);
    }
    return 1;
  };
  const row = (call) => Object.defineProperty([1, 0, 0], 1, { get: () => refused(call) && 0 });
  for (const call of [() => asked.add([[9, 9, 9]]), () => asked.free(), () => asked.search([1, 0, 0])]) {
    assert.deepEqual([...asked.search(row(call), { k: 1 }).ids], [0]);
    assert.deepEqual([...asked.search([1, 0, 0], { k: 1, filter: () => refused(call) === 1 }).ids], [0]);
  }
  assert.deepEqual(codes, Array(codes.length).fill("busy"));
  assert.ok(codes.length >= 9);
  const mine = new Error("mine");
  const thrower = { get: () => { throw mine; }, ownKeys: () => { throw mine; } };
  for (const options of [new Proxy({ k: 1 }, thrower), { get k() { throw mine; } }]) {
    for (const call of [() => asked.search([1, 0, 0], options), () => asked.searchMany([1, 0, 0], options), () => sum([1], options), () => nf.cumsum([1], options), () => nf.dot([1], [1], options)]) {
      assert.throws(call, (error) => error === mine);
    }
  }
  const gone = new Index(3);
  assert.throws(() => gone.search([1, 0, 0], { get k() { gone.free(); return 1; } }), { code: "freed" });
  asked.add([[0, 0, 1]]);
  asked.remove([0]);
  assert.equal(asked.length, 2);
  asked.free();
});

test("what is let go of while it is read is freed afterwards", () => {
  const read = new Index(2);
  const rows = alloc(4, "float32");
  rows.view().set([1, 2, 3, 4]);
  read.add(rows, { progress: () => rows.free() });
  assert.deepEqual([...read.vector(1)], [3, 4]);
  assert.throws(() => rows.view(), { code: "freed" });
  const state = new nf.Moments();
  state.push([1, 2, 3]);
  assert.throws(() => state.variance({ get ddof() { state.free(); return 0; } }), { code: "freed" });
  const allowed = read.filter([1]);
  read.search([0, 0], { filter: allowed });
  allowed.free();
  assert.throws(() => read.search([0, 0], { filter: allowed }), { code: "freed" });
});

test("memory that grows while an array is read loses none of it", () => {
  for (const length of [20, 20000]) {
    const ones = Array(length).fill(1);
    Object.defineProperty(ones, 5, { get: () => alloc(kernelMemory() / 8).free() ?? 1 });
    assert.equal(sum(ones), length);
  }
  const shrinking = Array(20).fill(1);
  Object.defineProperty(shrinking, 5, { get: () => (shrinking.length = 6) });
  assert.throws(() => sum(shrinking), { code: "bad_parameter" });
});

test("an array whose buffer became too short for it is refused", () => {
  const buffer = new ArrayBuffer(80, { maxByteLength: 80 });
  const array = new Float64Array(buffer, 0, 10).fill(1);
  buffer.resize(8);
  assert.throws(() => sum(array), { code: "detached" });
  buffer.resize(80);
  assert.equal(sum(array), 1);
  const bytes = index.toBytes().buffer;
  structuredClone(bytes, { transfer: [bytes] });
  assert.throws(() => Index.fromBytes(bytes), { code: "detached" });
});

test("arrays, buffers and sets of another realm are as good as one's own", () => {
  const bytes = index.toBytes();
  const other = runInNewContext("(n) => ({ buffer: new ArrayBuffer(n), ids: new Set([6]), rows: [[0, 1, 0]], options: { k: 1 }, filter: { year: { gt: 1 } }, x: new Float64Array([1, 2]) })")(bytes.length);
  new Uint8Array(other.buffer).set(bytes);
  const opened = Index.fromBytes(other.buffer);
  assert.deepEqual([...opened.search(other.rows[0], other.options).ids], [6]);
  assert.deepEqual([...opened.search(other.rows[0], { filter: other.ids }).ids], [6]);
  opened.setColumns([5, 6], { year: [1, 2] });
  for (const filter of [other.filter, Object.assign(Object.create(null), { year: { gt: 1 } })]) assert.deepEqual([...opened.search(other.rows[0], { filter }).ids], [6]);
  assert.equal(sum(other.x), 3);
  opened.remove(other.ids);
  opened.add(other.rows);
  assert.equal(opened.length, 2);
});

test("two copies of the package in one program work side by side, and tell each other's objects", async () => {
  cpSync(project.file("."), join(project.path, "copy"), { recursive: true });
  const copy = await import(pathToFileURL(join(project.path, "copy/node.js")));
  assert.equal(copy.sum([1e16, 1, -1e16]), 1);
  const there = new copy.Index(3);
  there.add([1, 0, 0]);
  const foreign = [() => sum(copy.alloc(3)), () => new Accumulator("sum").merge(new copy.Accumulator("sum")), () => index.search([1, 0, 0], { filter: there.filter([0]) }), () => index.searchMany([1, 0, 0], { filter: there.filter([]) })];
  for (const call of foreign) assert.throws(call, { code: "bad_parameter", message: /of another copy of nearfold: import the package once$/ });
  assert.deepEqual([...copy.Index.fromBytes(bytes).search([0, 1, 0], { k: 1 }).ids], [6]);
});

test("bytes come in whatever holds them", () => {
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  for (const each of [bytes, bytes.buffer, Buffer.from(bytes), shared, shared.buffer]) assert.equal(Index.fromBytes(each).length, 2);
  const state = new Accumulator("countNonzero", { of: "float32" }).push(Float32Array.of(1, 0)).toBytes();
  const again = Accumulator.fromBytes(state.buffer);
  assert.deepEqual([again.op, again.dtype, again.count, again.result()], ["countNonzero", "float32", 2, 1]);
});

test("quantiles and axes come in typed arrays too", () => {
  assert.deepEqual(nf.quantile([1, 2, 3], Float64Array.of(0.5, 1)), nf.quantile([1, 2, 3], [0.5, 1]));
  assert.equal(sum({ data: [1, 2, 3, 4], shape: [2, 2] }, { axis: Int32Array.of(0, 1) }), 10);
  const q = alloc(2);
  q.view().set([0, 1]);
  assert.deepEqual([...new nf.Quantiles().push([1, 2, 3]).result(q).data], [1, 3]);
});

test("an option that is undefined is one that is not given", () => {
  const nothing = (names) => Object.fromEntries(names.map((name) => [name, undefined]));
  assert.equal(nf.variance([1, 2, 3], nothing(["axis", "keepdims", "dtype", "where", "ddof"])), nf.variance([1, 2, 3]));
  assert.equal(sum([1, 2], nothing(["axis", "keepdims", "dtype", "where", "initial"])), 3);
  assert.deepEqual(nf.histogram([1, 2], nothing(["bins", "range", "density", "weights"])), nf.histogram([1, 2]));
  assert.equal(nf.quantile([1, 2, 3], 0.5, nothing(["method", "weights", "axis"])), 2);
  assert.equal(nf.norm([3, 4], nothing(["ord"])), 5);
  const found = new Index(2);
  found.add([1, 2, 3, 4], nothing(["ids", "progress", "columns"]));
  assert.deepEqual([...found.search([1, 2], { ...nothing(["efSearch", "recall", "exact", "ids", "explain", "filter", "withColumns"]), k: 1 }).ids], [0]);
  found.free();
});

test("options may come by accessors of a class, or from a prototype", () => {
  class Options {
    get ddof() {
      return 1;
    }
  }
  assert.equal(nf.variance([1, 2], new Options()), 0.5);
  assert.equal(nf.variance([1, 2], Object.create({ ddof: 1 })), 0.5);
  assert.throws(() => nf.variance([1, 2], Object.create({ ddofs: 1 })), { code: "bad_parameter" });
  assert.equal(index.search([1, 0, 0], new (class { get k() { return 1; } })()).ids.length, 1);
  assert.throws(() => index.search([1, 0, 0], { filter: async () => false }), { code: "bad_parameter" });
});

test("freeing twice is allowed", () => {
  const array = alloc(8);
  const other = new Index(3);
  for (const object of [array, other, new Accumulator("sum")]) {
    object.free();
    object.free();
    object[Symbol.dispose]?.();
  }
});

test("thousands of refused getters leave the kernel as it was", () => {
  const thrower = () => {
    throw new Error("mine");
  };
  const list = (n) => Object.defineProperty([1, 2], n, { get: thrower });
  const used = new Index(1);
  used.add([1], { columns: { a: [1] } });
  const calls = [
    () => used.add([1, 2], { columns: { a: list(1) } }),
    () => used.search([1], { filter: { a: { in: list(0) } } }),
    () => used.filter(Object.defineProperty({}, "a", { enumerable: true, get: thrower })),
    () => nf.quantile([1, 2], new Proxy([0.5], { get: thrower })),
    () => sum({ data: [1, 2], shape: [1, 2] }, { axis: new Proxy([0], { get: thrower }) }),
  ];
  for (const call of calls) for (let i = 0; i < 1500; i++) assert.throws(call);
  assert.equal(used.search([1]).ids.length, 1);
  assert.equal(used.length, 1);
  assert.equal(sum([1, 2]), 3);
});
