// Do hundreds of calls with one argument spoilt, drawn from a seed, each give an error, leave all usable and lose no memory?

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Project } from "./install.mjs";

const project = new Project();
const nf = await project.import("node.js");
const { Accumulator, Index, NearfoldError, alloc, kernelMemory, sum } = nf;
const { connect } = await project.import("worker.node.js");
const remote = await connect();
after(() => remote.close());

const SEED = 20261123;
const CASES = 400;

let state = SEED;
const random = (n) => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * n);
};
const pick = (list) => list[random(list.length)];

const detached = (array) => (structuredClone(array, { transfer: [array.buffer] }), array);
const freed = (object) => (object.free(), object);

const index = new Index(3, { metric: "cosine" });
index.add(Float32Array.of(1, 0, 0, 0, 1, 0), { ids: [5, 6] });
const bytes = index.toBytes();
const other = new Index(3);
const foreign = other.filter([]);

// What is of no use anywhere an array is wanted.
const NO_ARRAY = [
  () => undefined, () => null, () => "1, 2", () => 7, () => 7n, () => true, () => ({}), () => () => 1, () => Symbol("x"), () => new ArrayBuffer(8), () => new Date(0),
  () => new DataView(new ArrayBuffer(8)), () => new Set([1]), () => new Map(), () => ["1"], () => [1, undefined], () => [1n], () => [1, , 3], () => [{}], () => ({ data: "12" }), () => index,
  () => ({ data: [1, 2, 3], shape: [2, 2] }), () => ({ data: [1, 2], shape: ["2"] }), () => ({ data: [1, 2], shape: [-1] }), () => ({ data: [1, 2], shape: [NaN] }), () => ({ data: [1, 2], shape: 2 }),
  () => ({ data: [1, 2, 3], shape: [2 ** 31, 2 ** 31] }), () => ({ data: [1, 2], shape: [2], offset: 1 }), () => ({ data: [1, 2, 3, 4], shape: [2, 2], strides: [4, 1] }),
  () => detached(new Float64Array(3)), () => freed(alloc(3)),
];
const NO_VECTOR = [...NO_ARRAY, () => [1, 2], () => [1, 2, 3, 4], () => [NaN, 0, 0], () => [Infinity, 0, 0], () => [1e39, 0, 0], () => [[1, 2]], () => [["1", "2", "3"]], () => new BigInt64Array(3), () => alloc(3), () => detached(new Float32Array(3))];
const NO_COUNT = [() => 0, () => -1, () => 1.5, () => NaN, () => "3", () => -3n, () => [], () => ({}), () => true, () => () => 3];
const NO_OPTIONS = [() => 7, () => "axis", () => true, () => Symbol("x"), () => ({ nonsense: 1 }), () => ({ axis: "0" }), () => ({ exact: "yes" }), () => ({ exact: 1 }), () => [], () => new Map(), () => new Date(0), () => (x) => x];
const NO_ID = [() => -1, () => 0.5, () => NaN, () => "5", () => null, () => undefined, () => ({}), () => 2 ** 53, () => 2n ** 64n, () => -1n];
const NO_NAME = [() => 7, () => null, () => ({}), () => Symbol("x"), () => "nonsense", () => ""];
const NO_BYTES = [...NO_ARRAY, () => new Uint8Array(0), () => new Uint8Array(4096), () => bytes.subarray(1), () => bytes.subarray(0, -1), () => bytes.map((byte, i) => (i === 70 ? byte ^ 4 : byte)), () => new Float32Array(64), () => detached(new Uint8Array(9))];

const option = (name, bad) => bad.map((make) => Object.assign(() => ({ [name]: make() }), { label: `${name} ${make}` }));
const REDUCTIONS = ["sum", "mean", "variance", "std", "min", "max", "argmin", "median", "norm", "minmax", "nansum", "nanmax", "skew", "moments", "describe", "any", "cumsum"];

// Each gives `[its name, what is called, right arguments, what spoils each]`.
const CALLS = [
  () => { const name = pick(REDUCTIONS); return [name, nf[name], [[1, 2, 3], {}], [NO_ARRAY, NO_OPTIONS]]; },
  () => ["quantile", nf.quantile, [[1, 2, 3], 0.5, {}], [NO_ARRAY, [() => 1.5, () => -0.1, () => NaN, () => "0.5", () => ({}), () => 0n, () => [2]], NO_OPTIONS]],
  () => ["dot", nf.dot, [[1, 2, 3], [1, 2, 3], {}], [NO_ARRAY, NO_ARRAY, NO_OPTIONS]],
  () => ["histogram", nf.histogram, [[1, 2, 3], { bins: 3 }], [NO_ARRAY, [...option("bins", NO_COUNT.filter((_, i) => i !== 6)), ...NO_OPTIONS]]],
  () => ["digitize", nf.digitize, [[1, 2, 3], [1, 2]], [NO_ARRAY, [() => undefined, () => null, () => 7, () => ["1"], () => [1, 3, 2]]]],
  () => ["group", nf.group, ["sum", [1, 2, 3], [0, 1, 0]], [NO_NAME, NO_ARRAY, [() => null, () => 7, () => [0], () => [0.5, 1, 2], () => ["0", 1, 2]]]],
  () => ["new Index", (...args) => new Index(...args), [3, {}], [NO_COUNT, [...NO_OPTIONS, ...option("metric", NO_NAME.slice(2)), ...option("storage", NO_NAME.slice(2)), ...option("M", NO_COUNT), ...option("efConstruction", NO_COUNT)]]],
  () => ["add", (...args) => index.add(...args), [[1, 2, 3], { ids: [9] }], [NO_VECTOR, [...option("ids", [() => [5], () => [9, 10], () => 9, () => "9", ...NO_ID.map((make) => () => [make()])]), ...option("progress", [() => 1, () => "x", () => ({})]), () => 7, () => ({ id: [9] })]]],
  () => ["update", (...args) => index.update(...args), [[1, 2, 3], [5]], [NO_VECTOR, [() => [7], () => [5, 5], () => undefined, () => 5, ...NO_ID.map((make) => () => [make()])]]],
  () => ["remove", (...args) => index.remove(...args), [[5]], [[() => [7], () => [5, 5], () => undefined, () => 5, () => new Set([7]), ...NO_ID.map((make) => () => [make()])]]],
  () => ["has", (...args) => index.has(...args), [5], [NO_ID]],
  () => ["ids", (...args) => index.ids(...args), [{}], [[() => ({ ids: "string" }), () => ({ ids: 7 }), ...NO_OPTIONS]]],
  () => ["vector", (...args) => index.vector(...args), [5], [[...NO_ID, () => 99]]],
  () => ["search", (...args) => index.search(...args), [[1, 2, 3], {}], [NO_VECTOR, [...option("k", NO_COUNT), ...option("efSearch", NO_COUNT), ...option("recall", [() => 0, () => -1, () => 1.1, () => NaN, () => "1"]), ...option("ids", [() => "string", () => 7]), ...option("filter", [() => new (class Own {})(), () => new Map(), () => new Date(0), () => ({ year: new Map() }), () => 7, () => "5", () => ({}), () => ["5"], () => [0.5], () => foreign, () => freed(index.filter([5])), () => (id) => index.has(id)]), ...NO_OPTIONS]]],
  () => ["searchMany", (...args) => index.searchMany(...args), [[1, 2, 3], {}], [NO_VECTOR.filter((make) => { const value = make(); return !(Array.isArray(value) && value.length === 0); }), [...option("k", NO_COUNT), ...NO_OPTIONS]]],
  () => ["searchRadius", (...args) => index.searchRadius(...args), [[1, 2, 3], 1], [NO_VECTOR, [() => undefined, () => "1", () => NaN, () => ({}), () => 1n]]],
  () => ["fromBytes", (...args) => Index.fromBytes(...args), [bytes], [NO_BYTES]],
  () => ["alloc", (...args) => alloc(...args).free(), [3, "float64"], [[() => -1, () => 0.5, () => NaN, () => "3", () => undefined, () => 2 ** 52, () => 2 ** 32 - 1], NO_NAME]],
  () => ["new Accumulator", (...args) => new Accumulator(...args), ["sum", {}], [NO_NAME, [...NO_OPTIONS, () => ({ axis: 0 }), () => ({ of: "float128" }), () => ({ of: 7 })]]],
  () => ["push", (...args) => { const own = new Accumulator("sum"); try { return own.push(...args); } finally { own.free(); } }, [[1, 2]], [[...NO_ARRAY, () => new Float32Array(1)]]],
  () => ["Accumulator.fromBytes", (...args) => Accumulator.fromBytes(...args), [new Accumulator("sum").toBytes()], [NO_BYTES]],
];

function cases() {
  state = SEED;
  return Array.from({ length: CASES }, () => {
    const [name, call, right, spoilers] = pick(CALLS)();
    const at = random(right.length);
    const make = pick(spoilers[at]);
    return { label: `${name}: argument ${at} from ${make.label ?? make}`, name, at, make, call: () => call(...right.with(at, make())), right };
  });
}

function refused(error, label) {
  if (error instanceof NearfoldError) assert.ok(typeof error.code === "string" && error.code !== "poisoned", `${label}: ${error.code} ${error.message}`);
  else assert.ok(error instanceof TypeError || error instanceof RangeError, `${label}: ${error?.stack}`);
}

function usable() {
  assert.equal(sum([1e16, 1, -1e16]), 1);
  assert.deepEqual([...index.search([0, 1, 0], { k: 1 }).ids], [6]);
  assert.equal(index.length, 2);
}

test(`${CASES} spoilt calls are refused and leave all usable`, () => {
  const drawn = cases();
  assert.ok(new Set(drawn.map(({ label }) => label)).size > 200, "most are different");
  for (const { label, call } of drawn) {
    assert.throws(call, (error) => (refused(error, label), true), label);
    usable();
  }
});

test("and a second time they take no memory", async () => {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc");
  // Right arguments make objects too, which are left to the collector.
  const once = async () => {
    cases().forEach(({ call }) => assert.throws(call));
    gc();
    await setImmediate();
  };
  await once();
  const before = kernelMemory();
  for (let i = 0; i < 20; i++) await once();
  assert.equal(kernelMemory(), before);
});

test("in a worker they are refused too", async () => {
  const there = await remote.Index.create(3, { metric: "cosine" });
  await there.add(Float32Array.of(1, 0, 0, 0, 1, 0), { ids: [5, 6] });
  let count = 0;
  for (const { label, name, at, make, right } of cases()) {
    const target = ["add", "update", "remove", "has", "vector", "search", "searchMany", "searchRadius"].includes(name) ? there : typeof nf[name] === "function" && name !== "alloc" ? remote : undefined;
    if (!target) continue;
    // Objects of this thread cannot be sent at all, and shared ones would be other objects there.
    await assert.rejects(async () => target[name](...right.with(at, make())), (error) => (refused(error, label), true), label);
    count++;
  }
  assert.ok(count > 100, `${count}`);
  assert.equal(await remote.sum([1e16, 1, -1e16]), 1);
  assert.deepEqual([...(await there.search([0, 1, 0], { k: 1 })).ids], [6]);
});
