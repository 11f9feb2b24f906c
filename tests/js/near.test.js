// Do changes, filters, radii and reports of an index hold what index.d.ts says?

import assert from "node:assert/strict";
import { test } from "node:test";
import { Project } from "./install.mjs";
import { lcgFloats } from "./vectors.mjs";

const { Filter, Index, kernelMemory, pages } = await new Project().import("node.js");

const DIM = 8;
const N = 3000;
const vectors = Float32Array.from(lcgFloats(7, N * DIM));
const row = (i) => vectors.subarray(i * DIM, (i + 1) * DIM);
const query = Float32Array.from(lcgFloats(8, DIM));

function made(n = N, options = { storage: "f32" }) {
  const index = new Index(DIM, options);
  index.add(vectors.subarray(0, n * DIM));
  return index;
}

/** Returns the neighbours by a loop in JavaScript: what is true. */
function truth(allowed = () => true, n = N) {
  const found = [];
  for (let id = 0; id < n; id++) if (allowed(id)) found.push([row(id).reduce((sum, x, j) => sum + (x - query[j]) ** 2, 0), id]);
  return found.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
}
const idsOf = (pairs) => pairs.map(([, id]) => id);

const index = made();

test("an exact search with a filter finds the nearest of what is allowed, however it is given", () => {
  const third = (id) => id % 3 === 0;
  const list = Array.from({ length: N / 3 }, (_, i) => 3 * i);
  const expected = idsOf(truth(third).slice(0, 10));
  const ready = index.filter(third);
  assert.equal(ready.count, N / 3);
  for (const filter of [third, list, new Set(list), new Uint16Array(list), new Float64Array(list), BigUint64Array.from(list, BigInt), ready]) {
    assert.deepEqual([...index.search(query, { exact: true, filter }).ids], expected);
  }
  ready.free();
});

test("many queries with a filter find what each finds alone", () => {
  const queries = vectors.subarray(0, 5 * DIM);
  const third = (id) => id % 3 === 0;
  const ready = index.filter(third);
  for (const options of [{ filter: third, k: 4 }, { filter: ready, exact: true, ids: "bigint" }, { filter: [1, 5, 9], k: 7, ids: "uint32" }, { filter: [] }]) {
    const many = index.searchMany(queries, options);
    const alone = Array.from({ length: 5 }, (_, i) => index.search(row(i), options));
    assert.deepEqual(many.shape, [5, alone[0].ids.length]);
    assert.deepEqual([...many.ids], alone.flatMap(({ ids }) => [...ids]));
    assert.deepEqual([...many.distances], alone.flatMap(({ distances }) => [...distances]));
    assert.equal(many.ids.constructor, alone[0].ids.constructor);
  }
  assert.deepEqual(index.searchMany([], { filter: ready }).shape, [0, 0]);
  assert.throws(() => index.searchMany(queries.subarray(1), { filter: ready }), { code: "dimension_mismatch" });
  ready.free();
});

test("a filter by ids passes over those that are not there, and one of nothing finds nothing", () => {
  assert.deepEqual([...index.search(query, { k: 3, filter: [5, 2 ** 40, 7] }).ids].sort(), [5, 7]);
  assert.equal(index.search(query, { filter: [] }).ids.length, 0);
  assert.equal(index.search(query, { filter: () => false }).ids.length, 0);
});

test("a filter's function sees each id once, as a number or as a BigInt", () => {
  const numbers = [];
  const bigints = [];
  index.filter((id) => numbers.push(id)).free();
  index.filter((id) => bigints.push(id), { ids: "bigint" }).free();
  assert.deepEqual(numbers.sort((a, b) => a - b), Array.from({ length: N }, (_, i) => i));
  assert.equal(typeof bigints[0], "bigint");
  assert.equal(new Set(bigints).size, N);
  const found = index.search(query, { k: 2, ids: "bigint", exact: true, filter: (id) => id < 100n });
  assert.deepEqual([...found.ids].map(Number), idsOf(truth((id) => id < 100).slice(0, 2)));
});

test("what a filter's function throws reaches the caller, the index refuses its calls, and works on", () => {
  const mine = new Error("mine");
  let calls = 0;
  assert.throws(() => index.search(query, { filter() { calls++; throw mine; } }), (error) => error === mine);
  assert.equal(calls, 1);
  assert.throws(() => index.filter(() => index.length), { code: "busy" });
  assert.throws(() => index.search(query, { filter: () => index.remove([1]) }), { code: "busy" });
  assert.equal(index.length, N);
});

test("a filter serves only its own index, until that changes or the filter is freed", () => {
  const changing = made(100);
  const filter = changing.filter([1, 2, 3]);
  assert.ok(filter instanceof Filter);
  assert.equal(changing.search(query, { filter }).ids.length, 3);
  assert.throws(() => index.search(query, { filter }), { code: "bad_parameter" });
  changing.remove([50]);
  assert.throws(() => changing.search(query, { filter }), { code: "bad_parameter" });
  filter.free();
  filter.free();
  assert.throws(() => changing.search(query, { filter }), { code: "freed" });
  assert.throws(() => filter.count, { code: "freed" });
});

test("a search within a radius gives all that is inside, nearest first", () => {
  const all = truth();
  const radius = (all[39][0] + all[40][0]) / 2;
  const found = index.searchRadius(query, radius, { exact: true });
  assert.deepEqual([...found.ids], idsOf(all.slice(0, 40)));
  assert.ok(found.distances.every((distance, i) => distance <= radius && distance >= (found.distances[i - 1] ?? 0)));
  const walked = index.searchRadius(query, radius, { ids: "bigint" });
  assert.ok(walked.ids.length >= 36 && walked.ids instanceof BigUint64Array);
  assert.equal(index.searchRadius(query, -1).ids.length, 0);
});

test("a search within a radius takes every kind of filter, says how it went, and gives columns", () => {
  const valued = new Index(DIM, { storage: "f32" });
  valued.add(vectors, { columns: { year: Array.from({ length: N }, (_, id) => 1990 + (id % 30)) } });
  const all = truth();
  const radius = (all[99][0] + all[100][0]) / 2;
  const inside = idsOf(all.slice(0, 100));
  const third = (id) => id % 3 === 0;
  const expected = inside.filter(third);
  const list = Array.from({ length: N / 3 }, (_, i) => 3 * i);
  const mask = Array.from({ length: N }, (_, id) => third(id));
  const ready = valued.filter(mask);
  assert.equal(ready.count, N / 3);
  for (const filter of [third, list, new Set(list), BigUint64Array.from(list, BigInt), mask, ready]) {
    assert.deepEqual([...valued.searchRadius(query, radius, { filter, exact: true }).ids], expected);
  }
  assert.deepEqual([...valued.search(query, { filter: mask, exact: true, k: 5 }).ids], idsOf(truth(third).slice(0, 5)));
  const early = valued.searchRadius(query, radius, { filter: { year: { lt: 2000 } }, exact: true, withColumns: ["year"], explain: true });
  assert.deepEqual([...early.ids], inside.filter((id) => id % 30 < 10));
  assert.deepEqual(early.columns.year, [...early.ids].map((id) => 1990 + (id % 30)));
  assert.deepEqual(early.explained, { plan: "filtered_scan", efSearch: 0, distances: N / 3, reranked: 0 });
  const seen = valued.searchRadius(query, radius, { filter: (id) => id < 50n, ids: "bigint", exact: true });
  assert.deepEqual([...seen.ids].map(Number), inside.filter((id) => id < 50));
  assert.equal(valued.searchRadius(query, 1e-6, { efSearch: 20, explain: true }).explained.plan, "graph");
  assert.equal(valued.searchRadius(query, radius, { filter: [] }).ids.length, 0);
  const wrong = [{ filter: 3 }, { filter: [true, 1] }, { filter: { yaer: 1 } }, { k: 3 }, { filter: index.filter([1]) }];
  for (const options of wrong) assert.throws(() => valued.searchRadius(query, radius, options), { code: "bad_parameter" });
  ready.free();
  assert.throws(() => valued.searchRadius(query, radius, { filter: ready }), { code: "freed" });
  valued.free();
});

test("whole numbers beyond 64 bits are compared as what they are", () => {
  const valued = new Index(1);
  valued.add([0, 1], { columns: { y: [1, 2] } });
  const count = (y) => valued.filter({ y }).count;
  for (const large of [2n ** 63n, 2n ** 70n]) assert.deepEqual([count({ lt: large }), count({ gte: large }), count({ gt: -large - (large > 2n ** 64n ? 0n : large) })], [2, 0, 2]);
  assert.throws(() => count({ lt: 2n ** 70n + 1n }), { code: "bad_parameter", message: /exact as numbers/ });
  assert.throws(() => valued.setColumns([0], { y: [2n ** 70n] }), { code: "bad_parameter" });
  valued.free();
});

test("a search that asks for more recall has more, and says so", () => {
  const low = index.recall({ k: 10, efSearch: 10 });
  const high = index.recall({ k: 10, recall: 0.99 });
  assert.ok(low > 0.3 && low < 1 && high >= low && high >= 0.95, `${low} ${high}`);
  assert.equal(index.recall({ exact: true }), 1);
  const expected = new Set(idsOf(truth().slice(0, 10)));
  const hits = [...index.search(query, { recall: 1 }).ids].filter((id) => expected.has(id)).length;
  assert.ok(hits >= 9);
});

test("what is removed is not found, what is updated is found at its new place", () => {
  const changing = made(300, { storage: "f32" });
  const nearest = idsOf(truth(undefined, 300)).slice(0, 5);
  changing.remove(new Set(nearest));
  assert.equal(changing.length, 295);
  assert.ok(nearest.every((id) => !changing.has(id)));
  const rest = idsOf(truth((id) => !nearest.includes(id), 300));
  assert.deepEqual([...changing.search(query, { k: 5, exact: true }).ids], rest.slice(0, 5));
  const far = rest.at(-1);
  changing.update([query], [far]);
  assert.deepEqual([...changing.vector(far)], [...query]);
  assert.equal(changing.search(query, { k: 1 }).ids[0], far);
  changing.update(query, BigUint64Array.of(BigInt(rest[0])));
  changing.compact();
  assert.equal(changing.length, 295);
  assert.deepEqual([...Index.fromBytes(changing.toBytes()).search(query, { k: 2 }).ids].sort(), [far, rest[0]].sort());
  changing.remove(Uint16Array.from(rest));
  assert.equal(changing.length, 0);
  assert.equal(changing.search(query).ids.length, 0);
});

test("a number beyond float32 is named with its row, its column and its value", () => {
  const kept = made(5);
  const rows = [row(0), row(1)].map((each) => Array.from(each));
  for (const value of [3e200, 3e-200]) {
    rows[1][2] = value;
    const where = new RegExp(`got ${value.toString().replace("+", "\\+")} at row 1, column 2`);
    assert.throws(() => kept.add(rows), where);
    assert.throws(() => kept.add(Float64Array.from(rows.flat())), where);
  }
});

test("after a refused change the index is as it was", () => {
  const kept = made(50);
  const bytes = kept.toBytes();
  const refused = {
    "an unknown id": [() => kept.remove([3, 999]), "id_not_found"],
    "an id twice": [() => kept.remove([3, 3]), "duplicate_id"],
    "an id that is no list": [() => kept.remove(3), "bad_parameter"],
    "no ids": [() => kept.remove(), "bad_parameter"],
    "an update of an unknown id": [() => kept.update(row(0), [999]), "id_not_found"],
    "an update with two ids for one vector": [() => kept.update(row(0), [1, 2]), "shape_mismatch"],
    "an update without ids": [() => kept.update(row(0)), "bad_parameter"],
    "an update to NaN": [() => kept.update(new Float32Array(DIM).fill(NaN), [1]), "not_finite"],
    "an update beyond float32": [() => kept.update(new Float64Array(DIM).fill(3e200), [1]), "not_finite"],
    "rows beyond float32": [() => kept.add([Array(DIM).fill(-1e39)]), "not_finite"],
    "a query too small for float32": [() => kept.search(Array(DIM).fill(3e-200)), "bad_parameter"],
    "an update of a wrong dimension": [() => kept.update([1, 2], [1]), "dimension_mismatch"],
    "a filter that is a number": [() => kept.search(query, { filter: 3 }), "bad_parameter"],
    "a filter of texts": [() => kept.search(query, { filter: ["3"] }), "bad_parameter"],
    "a filter with an unknown option": [() => kept.filter([3], { id: "bigint" }), "bad_parameter"],
    "a filter with ids of another kind": [() => kept.filter(() => true, { ids: "text" }), "bad_parameter"],
    "a recall of 0": [() => kept.search(query, { recall: 0 }), "bad_parameter"],
    "a recall of 2": [() => kept.recall({ recall: 2 }), "bad_parameter"],
    'a recall of "high"': [() => kept.search(query, { recall: "high" }), "bad_parameter"],
    "a recall with ids": [() => kept.recall({ ids: "bigint" }), "bad_parameter"],
    "a radius of NaN": [() => kept.searchRadius(query, NaN), "bad_parameter"],
    "no radius": [() => kept.searchRadius(query), "bad_parameter"],
    "a radius and a k": [() => kept.searchRadius(query, 1, { k: 3 }), "bad_parameter"],
    "a radius around NaN": [() => kept.searchRadius(new Float32Array(DIM).fill(NaN), 1), "not_finite"],
  };
  for (const [name, [misuse, code]] of Object.entries(refused)) {
    assert.throws(misuse, { name: "NearfoldError", code }, name);
    assert.deepEqual(kept.toBytes(), bytes, name);
  }
});

test("the report counts vectors, copies and links", () => {
  const { degreeMin, degreeMean, degreeMax, normMin, normMean, normMax, recall, lostByWalk, advice, ...health } = index.health();
  assert.deepEqual(health, { nodes: N, duplicates: 0, orphans: 0, notFinite: 0, zeros: 0, storage: "f32", rerank: "none", lostByRounding: 0 });
  assert.ok(recall > 0.9 && Math.abs(recall + lostByWalk - 1) < 1e-6 && advice.endsWith("."));
  const norms = Array.from({ length: N }, (_, i) => Math.hypot(...row(i)));
  const close = (a, b) => assert.ok(Math.abs(a - b) < 1e-9 * b, `${a} ${b}`);
  close(normMin, Math.min(...norms));
  close(normMax, Math.max(...norms));
  close(normMean, norms.reduce((sum, norm) => sum + norm) / N);
  assert.ok(degreeMin >= 1 && degreeMin <= degreeMean && degreeMean <= degreeMax && degreeMax <= 32);
  const twice = new Index(2);
  twice.add([1, 2, 1, 2, 3, 4]);
  assert.deepEqual([twice.health().nodes, twice.health().duplicates], [2, 1]);
});

test("filters that are freed leave the memory flat", () => {
  const once = () => index.search(query, { filter: (id) => id < 1000 });
  for (let i = 0; i < 5; i++) once();
  const before = kernelMemory();
  for (let i = 0; i < 200; i++) once();
  assert.equal(kernelMemory(), before);
});

test("ids come as numbers, BigInts or in 32 bits, as asked for", () => {
  const index = new Index(2);
  index.add([0, 0, 1, 1], { ids: [7, 2 ** 32 - 1] });
  const query = [1, 1];
  const as = { number: Float64Array, bigint: BigUint64Array, uint32: Uint32Array };
  for (const [ids, Type] of Object.entries(as)) {
    const found = [index.search(query, { ids }), index.searchMany(query, { ids }), index.searchRadius(query, 9, { ids }), index.search(query, { ids, filter: (id) => Number(id) > 0 })];
    for (const each of found) assert.deepEqual(each.ids, Type.from([2 ** 32 - 1, 7], ids === "bigint" ? BigInt : Number), ids);
  }
  index.add([2, 2], { ids: [2 ** 32] });
  assert.throws(() => index.search(query, { ids: "uint32" }), { code: "unsafe_integer" });
  assert.deepEqual([...index.search(query, { k: 1, ids: "uint32" }).ids], [2 ** 32 - 1]);
});

test("a copy that re-ranks gives the distances, comes back from a file, and what was done is told", () => {
  const coarse = made(N, { storage: "b1" });
  const fine = made(N, { storage: "b1", rerank: "f32" });
  const wanted = truth().slice(0, 10);
  const exact = fine.search(query, { k: 10, exact: true, explain: true });
  assert.deepEqual([...exact.ids], idsOf(wanted));
  exact.distances.forEach((distance, i) => assert.ok(Math.abs(distance - wanted[i][0]) < 1e-5));
  assert.equal(exact.explained.plan, "scan");
  assert.equal(exact.explained.efSearch, 0);
  assert.equal(exact.explained.distances, N);

  const { ids, distances, explained } = fine.search(query, { k: 10, efSearch: 80, explain: true });
  assert.equal(explained.plan, "graph");
  assert.equal(explained.efSearch, 80);
  assert.ok(explained.reranked >= 10 && explained.reranked <= 80, String(explained.reranked));
  assert.ok(explained.distances >= explained.reranked && explained.distances < N);
  ids.forEach((id, i) => assert.equal(distances[i], exact.distances[exact.ids.indexOf(id)] ?? distances[i]));
  const hits = (found) => [...found.ids].filter((id) => exact.ids.includes(id)).length;
  assert.ok(hits({ ids }) > hits(coarse.search(query, { k: 10, efSearch: 80 })));
  assert.equal(coarse.search(query).explained, undefined);

  assert.deepEqual(fine.vector(7), row(7));
  assert.notDeepEqual(coarse.vector(7), row(7));
  const { vectors: hot, rerank } = fine.memory();
  assert.ok(rerank >= 4 * DIM * N && hot < rerank && coarse.memory().rerank === 0);
  const reopened = Index.fromBytes(fine.toBytes());
  assert.deepEqual(reopened.search(query, { k: 10, efSearch: 80 }), { ids, distances });
  assert.throws(() => new Index(DIM, { storage: "f32", rerank: "i8" }), { name: "NearfoldError" });
  for (const index of [coarse, fine, reopened]) index.free();
});

test("pages have the values of columns", async () => {
  const index = new Index(1);
  index.add([0, 1, 2], { columns: { name: ["a", "b", "c"] } });
  const names = [];
  for await (const page of pages(index, [0], { pageSize: 2, withColumns: true })) names.push(page.columns.name);
  assert.deepEqual(names, [["a", "b"], ["c"]]);
});
