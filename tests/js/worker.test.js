// Does nearfold/worker give the answers of nearfold itself, and stop when it is told to?

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { Worker } from "node:worker_threads";
import { Project } from "./install.mjs";

const project = new Project();
const own = await project.import("node.js");
const { connect, createPool, NearfoldError } = await project.import("worker.node.js");

const nf = await connect();
const pool = await createPool({ size: 3 });
after(() => (nf.close(), pool.close()));

const rejectsWith = (promise, code) =>
  assert.rejects(promise, (error) => {
    assert.ok(error instanceof NearfoldError, String(error));
    assert.equal(error.code, code, error.message);
    return true;
  });

/** Numbers of very different sizes, whose sums depend on the order unless they are exact. */
const numbers = Float64Array.from({ length: 200_000 }, (_, i) => Math.sin(i) * 10 ** (i % 25));
const vectors = (n, dim) => Float32Array.from({ length: n * dim }, (_, i) => Math.sin(i * i + 0.1 * i));

test("every function of the package is there, and reductions give the same bits", async () => {
  const calls = {
    sum: [numbers], variance: [numbers, { ddof: 1 }], median: [numbers], argmax: [numbers], quantile: [numbers, 0.3], minmax: [numbers],
    norm: [[3, 4]], dot: [[1, 2], [3, 4]], cumsum: [[1, 2, 3]], histogram: [numbers, { bins: 5 }], bincount: [[0, 1, 1]], describe: [numbers],
    digitize: [[0.5], [0, 1]], group: ["sum", [1, 2, 3], [0, 1, 0]], average: [[1, 3], { weights: [1, 3] }],
  };
  for (const [name, args] of Object.entries(calls)) assert.deepEqual(await nf[name](...args), own[name](...args), name);
  const functions = Object.keys(own).filter((name) => typeof own[name] === "function" && !/^[A-Z]|^(init|alloc|pages)$/.test(name));
  for (const name of functions) {
    // A call without arguments is refused by the function, not for want of one.
    await nf[name]().catch((error) => assert.notEqual(error.code, "unknown_name", name));
  }
});

test("an index in a worker answers as one here, with all its members", async () => {
  const data = vectors(2000, 16);
  const here = new own.Index(16, { metric: "cosine" });
  here.add(data);
  const there = await nf.Index.create(16, { metric: "cosine" });
  const ids = await there.add(data);
  assert.deepEqual(ids, Float64Array.from({ length: 2000 }, (_, i) => i));
  const query = data.subarray(160, 176);
  assert.deepEqual(await there.search(query, { k: 5 }), here.search(query, { k: 5 }));
  assert.deepEqual(await there.searchMany(data.subarray(0, 64)), here.searchMany(data.subarray(0, 64)));
  assert.deepEqual(await there.searchMany(data.subarray(0, 64), { filter: [3, 4, 5] }), here.searchMany(data.subarray(0, 64), { filter: [3, 4, 5] }));
  assert.deepEqual(await there.searchRadius(query, 0.4), here.searchRadius(query, 0.4));
  assert.deepEqual(await there.search(query, { filter: [3, 4, 5] }), here.search(query, { filter: [3, 4, 5] }));
  const filter = await there.filter(new Set([3, 4, 5]));
  assert.equal(await filter.count, 3);
  assert.deepEqual(await there.search(query, { filter }), here.search(query, { filter: [3, 4, 5] }));
  assert.deepEqual(await there.toBytes(), here.toBytes());
  assert.deepEqual([await there.dim, await there.length, await there.params], [here.dim, here.length, here.params]);
  assert.deepEqual(await there.memory(), here.memory());
  assert.deepEqual(await there.health(), here.health());
  assert.deepEqual(await there.recallExplained({ k: 5 }), here.recallExplained({ k: 5 }));
  assert.equal(await there.recall({ efSearch: 20 }), here.recall({ efSearch: 20 }));
  const { ids: truth } = here.searchMany(data.subarray(0, 64), { k: 3, exact: true });
  truth[0] = 1999; // one of twelve that is not found
  const part = await there.recallOf(data.subarray(0, 64), truth, { k: 3, exact: true });
  assert.equal(part, here.recallOf(data.subarray(0, 64), truth, { k: 3, exact: true }));
  assert.equal(part, Math.fround(11 / 12));
  assert.deepEqual(await there.vector(7), here.vector(7));
  assert.deepEqual(await there.ids({ ids: "bigint" }), here.ids({ ids: "bigint" }));
  await there.remove([7]);
  assert.equal(await there.has(7), false);
  await there.update(query, [8]);
  await there.compact();
  assert.equal(await there.length, 1999);
  const again = await nf.Index.fromBytes(here.toBytes(), { transfer: true });
  assert.equal(await again.length, 2000);
  there.free();
  await rejectsWith(there.search(query), "freed");
  // Getters are read without a call: a new one has to be known to the page's side.
  const getters = [own.Index, own.Accumulator, own.Filter, own.Cov, own.Histogram, own.Moments, own.Quantiles, Object.getPrototypeOf(own.Cov)].flatMap(({ prototype }) => Object.entries(Object.getOwnPropertyDescriptors(prototype)).filter(([name, { get }]) => get && name !== "core").map(([name]) => name));
  const read = getters.map((name) => [name, again[name]]);
  await Promise.allSettled(read.map(([, promise]) => promise));
  for (const [name, promise] of read) assert.equal(typeof promise.then, "function", name);
});

test("a stream is opened in the worker", async () => {
  const index = new own.Index(4);
  index.add(vectors(100, 4));
  const seen = [];
  const opened = await nf.Index.fromStream(new Blob([index.toBytes()]).stream(), { onProgress: (loaded, total) => seen.push([loaded, total]) });
  assert.equal(await opened.length, 100);
  assert.equal(seen.at(-1)[0], seen.at(-1)[1]);
});

test("several calls are in flight at once and each gets its own answer", async () => {
  const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => nf.sum([i, 1])));
  assert.deepEqual(answers, Array.from({ length: 200 }, (_, i) => i + 1));
});

test("accumulators keep one identity and merge", async () => {
  const left = await nf.Accumulator.create("sum");
  assert.equal(await left.push([1e16, 1]), left);
  const right = await nf.Accumulator.fromBytes(new own.Accumulator("sum").push([-1e16]).toBytes());
  await left.merge(right);
  assert.equal(await left.result(), 1);
  assert.equal(await left.count, 3);
});

test("sums, moments, covariances, bins and quantiles are gathered in a worker, and in a pool", async () => {
  for (const there of [nf, pool]) {
    const [sum, ends, moments] = [await there.Sum.create({ of: "float64" }), await there.MinMax.create(), await there.Moments.create()];
    for (const state of [sum, ends, moments]) assert.equal(await state.push(numbers), state);
    assert.deepEqual([await sum.result(), await ends.result(), await moments.result()], [own.sum(numbers), own.minmax(numbers), own.moments(numbers)]);
    assert.deepEqual(
      [await moments.count, await moments.mean(), await moments.variance({ ddof: 1 }), await moments.std(), await moments.skew(), await moments.kurtosis({ bias: false })],
      [numbers.length, own.mean(numbers), own.variance(numbers, { ddof: 1 }), own.std(numbers), own.skew(numbers), own.kurtosis(numbers, { bias: false })],
    );
    assert.equal(await (await there.Sum.fromBytes(await sum.toBytes())).result(), own.sum(numbers));
    const rows = { data: numbers.slice(0, 9000), shape: [3, 3000] };
    const cov = await there.Cov.create(3);
    assert.equal(await cov.push(rows), cov);
    assert.deepEqual([await cov.variables, await cov.count, await cov.result(), await cov.corrcoef()], [3, 3000, own.cov(rows), own.corrcoef(rows)]);
    const bins = await there.Histogram.create(3, { range: [-1, 1] });
    await bins.push([-2, 0.5, NaN, 5, 6], { weights: [1, 2, 3, 4, 5] });
    const same = new own.Histogram(3, { range: [-1, 1] }).push([-2, 0.5, NaN, 5, 6], { weights: [1, 2, 3, 4, 5] });
    assert.deepEqual([await bins.below, await bins.above, await bins.nan, await bins.result(), await bins.toBytes()], [1, 2, 1, same.result(), same.toBytes()]);
    const left = await there.Quantiles.create({ limit: 4096 });
    await left.push(numbers.subarray(0, 1000));
    const right = await there.Quantiles.fromBytes(await left.toBytes());
    assert.deepEqual([await right.limit, await right.isExact, await right.rankError, await right.result(0.25)], [4096, true, 0, own.quantile(numbers.subarray(0, 1000), 0.25)]);
    const edges = await there.Histogram.create([0, 1, 5]);
    await rejectsWith(edges.merge(bins), "bad_parameter");
    for (const name of ["core", "hasOwnProperty", "constructor"]) await rejectsWith(edges[name]("x"), "unknown_name");
    for (const state of [cov, bins, left, right, edges]) state.free();
  }
  const [left, right] = await Promise.all([nf, nf].map((there) => there.Cov.create(1)));
  await left.push([1, 2]);
  await right.push([5]);
  assert.deepEqual(await (await left.merge(right)).result(), new own.Cov(1).push([1, 2, 5]).result());
});

test("arrays are copied, a part of a buffer alone, unless they are to move", async () => {
  const kept = Float64Array.of(1, 2, 3);
  assert.equal(await nf.sum(kept.subarray(1)), 5);
  assert.equal(kept.length, 3);
  assert.equal(await nf.sum(kept, { transfer: true }), 6);
  assert.equal(kept.length, 0);
  await rejectsWith(nf.sum(kept), "detached");
  const shared = new Float64Array(new SharedArrayBuffer(16));
  shared.set([1, 2]);
  assert.equal(await nf.sum(shared), 3);
});

test("errors cross with their code, and the worker works on", async () => {
  const index = await nf.Index.create(3);
  await rejectsWith(nf.sum("1, 2"), "bad_parameter");
  await rejectsWith(nf.mean([]), "empty");
  await rejectsWith(index.search([1, 2]), "dimension_mismatch");
  await rejectsWith(index.search([1, 2, 3], { filter: () => true }), "bad_parameter");
  await rejectsWith(index.search([1, 2, 3], { progress() {} }), "bad_parameter");
  await rejectsWith(index.vector(9), "id_not_found");
  await rejectsWith(nf.constructor(), "unknown_name");
  await rejectsWith(nf.alloc(8), "unknown_name");
  await rejectsWith(index.constructor(), "unknown_name");
  await rejectsWith(index.__proto__(), "unknown_name");
  await rejectsWith(nf.sum([1], { signal: 7 }), "bad_parameter");
  await rejectsWith(nf.sum([1], { transfer: 1 }), "bad_parameter");
  await rejectsWith(connect({ wroker: 1 }), "bad_parameter");
  await rejectsWith(connect({ kernel: new Uint8Array(9) }), "load_failed");
  for (const size of [0, 1e9, "2"]) await rejectsWith(createPool({ size }), "bad_parameter");
  for (const worker of [5, {}, null, () => 5]) await rejectsWith(connect({ worker }), "bad_parameter");
  await rejectsWith(connect({ worker() { throw new Error("mine"); } }), "worker_failed");
  for (const filter of [new own.Index(3).filter([]), new (class Own {})(), { or: [new (class Own {})()] }, new Map(), Promise.resolve([])]) {
    await rejectsWith(index.search([1, 2, 3], { filter }), "bad_parameter");
    await rejectsWith(index.searchMany([1, 2, 3], { filter }), "bad_parameter");
    await rejectsWith((await pool.Index.create(3)).search([1, 2, 3], { filter }), "bad_parameter");
  }
  await rejectsWith(nf.sum(new own.KernelArray(3)), "bad_parameter");
  await rejectsWith(nf.pages(index, [1, 2, 3]), "unknown_name");
  await rejectsWith((await pool.Index.create(3)).add([1, 2]), "dimension_mismatch");
  const other = await connect();
  const foreign = await (await other.Index.create(3)).filter([]);
  await rejectsWith(index.search([1, 2, 3], { filter: foreign }), "bad_parameter");
  other.close();
  assert.equal(await nf.sum([1, 2]), 3);
});

test("an abort ends what runs, what waits, and leaves the rest", async () => {
  const mine = new Error("mine");
  await assert.rejects(nf.sum([1], { signal: AbortSignal.abort(mine) }), (error) => error === mine);
  const index = await nf.Index.create(32);
  const controller = new AbortController();
  let reports = 0;
  const n = 40_000;
  const adding = index.add(vectors(n, 32), { signal: controller.signal, transfer: true, progress: (done, total) => void (assert.equal(total, n), ++reports === 3 && controller.abort(mine)) });
  const waiting = nf.median(numbers, { signal: controller.signal });
  await Promise.all([assert.rejects(adding, (error) => error === mine), assert.rejects(waiting, (error) => error === mine)]);
  const length = await index.length;
  assert.ok(length > 0 && length < n / 2, `${length} of ${n} were added`);
  assert.equal((await index.search(vectors(1, 32), { k: 1 })).ids.length, 1);
  index.free();
});

test("a pool's reductions give the bits of one call", async () => {
  const wholes = ["sum", "mean", "variance", "std", "min", "max", "minmax", "ptp", "argmin", "argmax", "norm", "skew", "kurtosis", "any", "all", "count", "countNonzero", "nansum", "nanmax", "nanargmin", "median"];
  for (const name of wholes) assert.deepEqual(await pool[name](numbers), own[name](numbers), name);
  assert.equal(await pool.var(numbers, { ddof: 1 }), own.variance(numbers, { ddof: 1 }));
  const integers = BigInt64Array.from({ length: 100_000 }, (_, i) => BigInt(i) ** 3n);
  assert.equal(await pool.sum(integers), own.sum(integers));
  assert.deepEqual(await pool.sum({ data: numbers, shape: [2, 100_000] }, { axis: 1 }), own.sum({ data: numbers, shape: [2, 100_000] }, { axis: 1 }));
  const shared = new Float64Array(new SharedArrayBuffer(numbers.byteLength));
  shared.set(numbers);
  assert.equal(await pool.sum(shared), own.sum(numbers));
  assert.equal(numbers.length, 200_000);
  await rejectsWith(pool.sum(numbers, { axs: 1 }), "bad_parameter");
});

test("a pool gives what is rounded on the way to one worker", async () => {
  const factors = Float64Array.from({ length: 70_000 }, (_, i) => 1 + Math.sin(i) / 1000);
  assert.equal(await pool.prod(factors), own.prod(factors));
  assert.equal(await pool.nanprod(factors), own.nanprod(factors));
});

test("an add may be given up or stopped, with reports or without", async () => {
  const data = vectors(6000, 4);
  const index = await nf.Index.create(4);
  await index.add(data, { signal: new AbortController().signal });
  assert.equal(await index.length, 6000);
  const controller = new AbortController();
  const given = nf.Index.create(4);
  const adding = (await given).add(vectors(60_000, 4), { signal: controller.signal });
  setTimeout(() => controller.abort(), 5);
  await assert.rejects(adding, { name: "AbortError" });
  const stopped = await nf.Index.create(4);
  await stopped.add(vectors(60_000, 4), { progress: () => false });
  assert.ok((await stopped.length) < 60_000, `${await stopped.length}`);
  const thrown = new Error("enough");
  await assert.rejects(stopped.add(vectors(60_000, 4), { progress: () => { throw thrown; } }), (error) => error === thrown);
  assert.ok((await stopped.length) > 0);
});

test("names of columns are no options of the call", async () => {
  const index = await nf.Index.create(1);
  await index.add([1, 2], { columns: { transfer: [true, false], progress: [1, 2] } });
  assert.equal(await (await index.filter({ transfer: false })).count, 1);
  await index.setColumns([0], { progress: [9] });
  assert.deepEqual(await index.get(0), { transfer: true, progress: 9 });
  assert.equal(await (await index.filter({ progress: 9 })).count, 1);
});

test("an array that was transferred before is refused, and what prints an object asks the worker nothing", async () => {
  const data = vectors(10, 2);
  const index = await nf.Index.create(2);
  await index.add(data, { transfer: true });
  await rejectsWith(index.add(data, { transfer: true }), "detached");
  await rejectsWith(nf.sum(data, { transfer: true }), "detached");
  assert.equal(JSON.stringify({ index, nf }), '{"index":{},"nf":{}}');
  assert.equal(`${index} ${nf}`, "[object Object] [object Object]");
});

test("changes of an index in shards come one after the other, each all or nothing", async () => {
  const shards = await pool.Index.create(2, { storage: "f32" });
  await Promise.all([shards.add([0, 0, 1, 1], { columns: { a: [1, 2] } }), shards.add([2, 2, 3, 3], { columns: { a: [3, 4] } })]);
  const [first, second] = await Promise.allSettled([shards.remove([0, 1]), shards.remove([0, 3])]);
  assert.deepEqual([first.status, second.status], ["fulfilled", "rejected"]);
  assert.deepEqual([...(await shards.ids())], [2, 3]);
  await assert.rejects(shards.update([[5, 5], [NaN, 1]], [2, 3]), { code: "not_finite", message: /row 1/ });
  await rejectsWith(shards.setColumns([2, 3], { a: [7, 2n ** 64n] }), "bad_parameter");
  assert.deepEqual([[...(await shards.vector(2))], await shards.get(2)], [[2, 2], { a: 3 }]);
  await rejectsWith(shards.add({ data: Float32Array.of(1, 2, 3, 4), shape: [1, 2] }), "bad_parameter");
  await rejectsWith(shards.add({ data: Float32Array.of(1, 2, 3, 4), shape: [1, 2], offset: 2 }), "bad_parameter");
});

test("an index in shards gives the exact neighbours of one index", async () => {
  const data = vectors(3000, 16);
  const one = new own.Index(16, { storage: "f32" });
  one.add(data);
  const shards = await pool.Index.create(16, { storage: "f32" });
  let reported;
  assert.equal((await shards.add(data, { progress: (done, total) => void (reported = [done, total]) })).length, 3000);
  assert.deepEqual(reported, [3000, 3000]);
  const queries = data.subarray(0, 160);
  for (const options of [{ exact: true }, { exact: true, k: 3, ids: "bigint" }]) {
    assert.deepEqual(await shards.searchMany(queries, options), one.searchMany(queries, options));
    assert.deepEqual(await shards.search(queries.subarray(0, 16), options), one.search(queries.subarray(0, 16), options));
  }
  const even = await shards.filter(Array.from({ length: 3000 }, (_, id) => id % 2 === 0));
  for (const filter of [undefined, [5, 6, 2999], Array.from({ length: 3000 }, (_, id) => id % 2 === 0), even]) {
    const expected = one.searchRadius(queries.subarray(0, 16), 3, { exact: true, filter: filter === even ? (id) => id % 2 === 0 : filter });
    assert.deepEqual(await shards.searchRadius(queries.subarray(0, 16), 3, { exact: true, filter }), expected);
  }
  even.free();
  await rejectsWith(shards.searchRadius(queries.subarray(0, 16), 3, { explain: true }), "bad_parameter");
  assert.deepEqual([await shards.length, await shards.dim, (await shards.memory()).total > 0], [3000, 16, true]);
  assert.deepEqual(await shards.vector(5), one.vector(5));

  // All or nothing, over all shards.
  await rejectsWith(shards.add(data.slice(0, 48), { ids: [9000, 9001, 5] }), "duplicate_id");
  await rejectsWith(shards.remove([1, 2, 9000]), "id_not_found");
  await rejectsWith(shards.remove([1, 1]), "duplicate_id");
  await rejectsWith(shards.add(data.slice(0, 16), { ids: [-1] }), "bad_parameter");
  await rejectsWith(shards.add(data.slice(0, 16), { id: [1] }), "bad_parameter");
  await rejectsWith(shards.search(data.slice(0, 16), { explain: true }), "bad_parameter");
  assert.equal(await shards.length, 3000);
  assert.deepEqual(await shards.ids({ ids: "uint32" }), Uint32Array.from({ length: 3000 }, (_, i) => i));
  assert.equal(await shards.has(9000), false);

  await shards.remove([0, 1, 2999]);
  await shards.update(data.slice(0, 16), [2]);
  await shards.compact();
  assert.equal((await shards.search(data.subarray(0, 16), { k: 1 })).ids[0], 2);
  const parts = await shards.toBytes();
  const again = await pool.Index.fromBytes(parts);
  assert.equal(await again.length, 2997);
  const [id] = await again.add([...data.subarray(0, 16)]);
  assert.ok(id >= 3000, `${id}`);
  // An id is looked for in one shard: files in another order, twice or missing are refused.
  for (const others of [[parts[1], parts[0], parts[2]], [parts[0], parts[1]], [parts[0], parts[1], parts[1]]]) await rejectsWith(pool.Index.fromBytes(others), "bad_parameter");
  // Numbers that would be rounded are not given out, and nothing is added.
  await again.add(data.slice(0, 16), { ids: [2n ** 53n + 2n] });
  await rejectsWith(again.add(data.slice(0, 16)), "unsafe_integer");
  assert.equal(await again.length, 2999);
  assert.deepEqual(await again.add(data.slice(0, 16), { ids: [2n ** 60n] }), BigUint64Array.of(2n ** 60n));
  shards.free();
});

test("columns of shards have the types of those of one index", async () => {
  for (const list of [[NaN, 1], [null, 1], [2 ** 53, 1], [2 ** 53 - 1, 1], [-(2 ** 60), 3], [2n ** 60n, 3], [1.5, 2n], ["a", null], [true, null], [[1], [0.5]], [["a"], []], [new Date(5), null], [{ a: 1 }, ["b"]]]) {
    const [one, many] = [new own.Index(1), await pool.Index.create(1)];
    one.add([[1], [2]], { columns: { it: list } });
    await many.add([[1], [2]], { columns: { it: list } });
    assert.deepEqual(await many.columns, one.columns, String(list));
    assert.deepEqual([await many.get(0), await many.get(1)], [one.get(0), one.get(1)]);
    many.free();
    const [late, lateMany] = [new own.Index(1), await pool.Index.create(1)];
    for (const index of [late, lateMany]) {
      await index.add([[1], [2], [3]]);
      await index.setColumns([0, 2], { it: list });
    }
    assert.deepEqual(await lateMany.columns, late.columns, String(list));
    lateMany.free();
  }
});

test("times, lists and JSON cross to a worker and back", async () => {
  const index = await nf.Index.create(1);
  const columns = { day: [new Date("2024-05-31T12:30:00Z"), null], tags: [["red"], []], meta: [{ a: [1, null] }, null] };
  await index.add([[1], [2]], { columns });
  assert.deepEqual(await index.columns, { day: "datetime", meta: "json", tags: "strings" });
  assert.deepEqual(await index.get(0), { day: columns.day[0], meta: columns.meta[0], tags: ["red"] });
  const found = await index.search([1], { k: 2, filter: { day: { lte: columns.day[0] }, tags: { any: ["red", "blue"] } }, withColumns: ["day", "tags"] });
  assert.deepEqual([[...found.ids], found.columns], [[0], { day: [columns.day[0]], tags: [["red"]] }]);
  assert.deepEqual([...(await index.find({ tags: { exists: true } })).ids], [0, 1]);
  assert.deepEqual(await index.find({ day: { exists: false } }, { withColumns: ["tags"] }), { ids: Float64Array.of(1), columns: { tags: [[]] } });
  index.free();
});

test("a worker is connected once", async () => {
  const worker = new Worker(project.file("thread.node.js"), { execArgv: [] });
  const only = await connect({ worker });
  await rejectsWith(connect({ worker }), "bad_parameter");
  assert.equal(await only.sum([1, 2]), 3);
  only.close();
});

test("what was asked before a worker's object is freed is answered, and later calls are refused", async () => {
  const index = await nf.Index.create(2);
  const added = index.add([1, 2, 3, 4]);
  const found = index.search([1, 2], { k: 1 });
  index.free();
  assert.deepEqual([(await added).length, (await found).ids[0]], [2, 0]);
  await rejectsWith(index.search([1, 2]), "freed");
});

test("columns and filters over shards give what one index gives, all or nothing", async () => {
  const n = 900;
  const data = vectors(n, 8);
  const columns = {
    // Each shard sees whole numbers in one of three places only: the type is that of all.
    score: Array.from({ length: n }, (_, i) => (i % 3 === 1 ? i + 0.5 : i)),
    year: Int16Array.from({ length: n }, (_, i) => 1990 + (i % 30)),
    lang: Array.from({ length: n }, (_, i) => ["en", "de", null][i % 4] ?? null),
    flag: Array.from({ length: n }, (_, i) => i % 2 === 0),
  };
  const one = new own.Index(8, { storage: "f32" });
  one.add(data, { columns });
  const shards = await pool.Index.create(8, { storage: "f32" });
  await shards.add(data, { columns });
  assert.deepEqual(await shards.columns, one.columns);
  const query = data.slice(0, 8);
  const same = async (options) => {
    assert.deepEqual(await shards.search(query, { exact: true, ...options }), one.search(query, { exact: true, ...options }));
  };
  await same({ withColumns: true });
  await same({ k: 20, filter: { year: { gte: 2000 }, lang: "de" }, withColumns: ["lang", "score"] });
  await same({ filter: { or: [{ score: { lt: 10 } }, { not: { lang: { exists: true } } }] }, ids: "bigint", withColumns: ["score"] });
  await same({ filter: [3, 700, 9999], withColumns: ["flag"] });
  await same({ filter: { year: 1800 }, withColumns: true });
  assert.deepEqual(await shards.searchMany(data.slice(0, 40), { exact: true, withColumns: true }), one.searchMany(data.slice(0, 40), { exact: true, withColumns: true }));
  assert.deepEqual(await shards.searchMany(data.slice(0, 40), { exact: true, filter: { year: { gte: 2005 } }, withColumns: ["year"] }), one.searchMany(data.slice(0, 40), { exact: true, filter: { year: { gte: 2005 } }, withColumns: ["year"] }));
  const [filter, own1] = [await shards.filter({ flag: true, year: { between: [1995, 2005] } }), one.filter({ flag: true, year: { between: [1995, 2005] } })];
  assert.equal(await filter.count, own1.count);
  assert.deepEqual(await shards.search(query, { exact: true, filter }), one.search(query, { exact: true, filter: own1 }));
  assert.deepEqual(await shards.searchMany(data.slice(0, 40), { exact: true, filter }), one.searchMany(data.slice(0, 40), { exact: true, filter: own1 }));
  assert.deepEqual(await shards.search(query, null), await shards.search(query));
  await rejectsWith(shards.add(query, null), "bad_parameter");
  filter.free();
  await rejectsWith(shards.search(query, { filter }), "freed");
  const other = await pool.Index.create(8);
  await rejectsWith(other.search(query, { filter }), "bad_parameter");

  // What is refused leaves every shard as it was.
  const bytes = await shards.toBytes();
  await rejectsWith(shards.add(data.slice(0, 24), { columns: { year: [1, 2, "3"] } }), "bad_parameter");
  await rejectsWith(shards.setColumns([1, 2, 3], { yaer: [1, 2, 3] }), "bad_parameter");
  await rejectsWith(shards.add(data.slice(0, 24), { columns: { year: [1, 2, 3], new: [1, "2", 3] } }), "bad_parameter");
  await rejectsWith(shards.setColumns([1, 2, 9000], { year: [1, 2, 3.5] }), "id_not_found");
  await rejectsWith(shards.add(data.slice(0, 24), { columns: { year: [1, 2] } }), "shape_mismatch");
  await rejectsWith(shards.update(data.slice(0, 24), [1, 2, 3], { columns: { flag: [true, 1, false] } }), "bad_parameter");
  await rejectsWith(shards.update(data.slice(0, 8), [1], { column: {} }), "bad_parameter");
  await rejectsWith(shards.setColumns([1, 2, 3], { score: [1, "2", 3] }), "bad_parameter");
  await rejectsWith(shards.setColumns([1, 2, 9000], { score: [1, 2, 3] }), "id_not_found");
  await rejectsWith(shards.search(query, { filter: { yaer: 1 } }), "bad_parameter");
  await rejectsWith(shards.filter({ yaer: 1 }), "bad_parameter");
  await rejectsWith(other.add(data.slice(0, 16), { columns: { a: [null, null] } }), "bad_parameter");
  await rejectsWith(other.add(data.slice(0, 24), { ids: [1, 2, 2], columns: { a: [1, 2, 3] } }), "duplicate_id");
  assert.deepEqual(await other.columns, {});
  assert.deepEqual(await shards.toBytes(), bytes);

  assert.deepEqual(await shards.find({ year: { gte: 2000 }, flag: true }, { limit: 40, withColumns: ["lang"] }), one.find({ year: { gte: 2000 }, flag: true }, { limit: 40, withColumns: ["lang"] }));
  await shards.setColumns([1, 2, 899], { year: [1, 2, null] });
  await shards.addColumn("note", "string");
  await shards.update(data.slice(0, 8), [5], { columns: { note: ["five"] } });
  assert.deepEqual([(await shards.get(1)).year, (await shards.get(899)).year, (await shards.get(5)).note, (await shards.get(6)).note], [1, null, "five", null]);
  await shards.dropColumn("score");
  const again = await pool.Index.fromBytes(await shards.toBytes());
  assert.deepEqual(await again.columns, { flag: "bool", lang: "string", note: "string", year: "int" });
  assert.deepEqual((await again.search(query, { k: 9, filter: { note: "five" }, withColumns: ["note"] })).columns.note, ["five"]);
  // What an add brings, and what becomes of whole numbers, is the same in every shard.
  await again.add(data.slice(0, 8), { ids: [2000], columns: { year: [2000.5], tags: [["a"]] } });
  assert.deepEqual(await again.columns, { flag: "bool", lang: "string", note: "string", tags: "strings", year: "float" });
  assert.deepEqual([(await again.get(1)).year, (await again.get(2)).tags, (await again.get(2000)).tags], [1, null, ["a"]]);
  await again.setColumns([3], { year: [9007199254740992] });
  await again.addColumn("n", "int");
  await again.setColumns([3], { n: [2n ** 53n + 1n] });
  const before = await again.toBytes();
  await assert.rejects(again.setColumns([4], { n: [0.5] }), { code: "bad_parameter", message: /beyond 2\^53/ });
  assert.deepEqual(await again.toBytes(), before);
  assert.deepEqual([...(await again.find({ n: { exists: true } })).ids], [3]);
  // Two calls at once take ids of their own.
  const [first, second] = await Promise.all([again.add(data.slice(0, 16)), again.add(data.slice(0, 16))]);
  assert.equal(new Set([...first, ...second]).size, 4);
  for (const index of [shards, again, other]) index.free();
});

test("a closed worker says so", async () => {
  const other = await connect();
  const waiting = other.median(numbers);
  other.close();
  await rejectsWith(waiting, "closed");
  await rejectsWith(other.sum([1]), "closed");
});

test("a program ends though a worker is idle, and not before a call is answered", () => {
  assert.equal(project.run('import { connect } from "nearfold/worker"; const nf = await connect(); nf.sum([1, 2]).then(console.log)'), "3");
});

test("what is forgotten in a worker is given back", async () => {
  const script = `
    import { connect } from "nearfold/worker";
    const nf = await connect();
    const data = new Float32Array(64 * 1000).map((_, i) => Math.sin(i));
    const once = async () => { const index = await nf.Index.create(64); await index.add(data); };
    for (let i = 0; i < 10; i++) { await once(); gc(); await new Promise((next) => setTimeout(next, 5)); }
    const before = await nf.kernelMemory();
    for (let i = 0; i < 60; i++) { await once(); gc(); await new Promise((next) => setTimeout(next, 5)); }
    console.log((await nf.kernelMemory()) - before);
  `;
  const grown = Number(project.run(script, ["--expose-gc"]));
  assert.ok(grown < 2 ** 20, `grew by ${grown} bytes`);
});
