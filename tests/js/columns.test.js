// Values beside the vectors: what may be given, filters over them, what comes back.

import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { Project } from "./install.mjs";

const { Index, kernelMemory } = await new Project().import("node.js");

const N = 200;
const vectors = Float32Array.from({ length: N }, (_, i) => i);
const year = Array.from({ length: N }, (_, i) => (i % 7 === 3 ? null : 1990 + (i % 30)));
const lang = Array.from({ length: N }, (_, i) => ["en", "de", "日本", undefined][i % 4]);
const score = Float64Array.from({ length: N }, (_, i) => (i % 5 ? i / 4 : NaN));
const flag = Array.from({ length: N }, (_, i) => i % 2 === 0);

function made() {
  const index = new Index(1, { storage: "f32" });
  index.add(vectors, { columns: { year, lang, score, flag } });
  return index;
}

/** The ids that `allowed` says yes to, nearest to 0 first. */
const rows = (allowed) => Array.from(vectors.keys()).filter(allowed);

test("a filter finds what a loop finds", () => {
  const index = made();
  const cases = [
    [{ year: { gte: 2000 } }, (i) => year[i] !== null && year[i] >= 2000],
    [{ year: { gt: 1999.5, lte: 2010 } }, (i) => year[i] !== null && year[i] > 1999.5 && year[i] <= 2010],
    [{ year: 2003n, flag: true }, (i) => year[i] === 2003 && flag[i]],
    [{ lang: { in: new Set(["en", "de"]) }, year: { between: [2000, 2003] } }, (i) => ["en", "de"].includes(lang[i]) && year[i] !== null && year[i] >= 2000 && year[i] <= 2003],
    [{ lang: { ne: "en" } }, (i) => lang[i] !== undefined && lang[i] !== "en"],
    [{ not: { lang: "en" } }, (i) => lang[i] !== "en"],
    [{ year: { exists: false } }, (i) => year[i] === null],
    [{ or: [{ score: { lt: 3 } }, { and: [{ flag: false }, { lang: "日本" }] }] }, (i) => score[i] < 3],
    [{ year: { in: Int16Array.of(2001, 2005) } }, (i) => year[i] === 2001 || year[i] === 2005],
    [{}, () => true],
  ];
  for (const [filter, allowed] of cases) {
    const found = index.search([0], { k: N, filter, withColumns: ["year", "lang"] });
    assert.deepEqual([...found.ids], rows(allowed), inspect(filter));
    assert.deepEqual(found.columns, { year: rows(allowed).map((i) => year[i]), lang: rows(allowed).map((i) => lang[i] ?? null) });
  }
  const late = index.filter({ year: { gte: 2015 } });
  assert.deepEqual([...index.search([0], { k: N, filter: late }).ids], rows((i) => year[i] >= 2015));
});

test("values come back as they went in", () => {
  const index = made();
  assert.deepEqual(index.columns, { flag: "bool", lang: "string", score: "float", year: "int" });
  assert.deepEqual(index.get(2), { flag: true, lang: "日本", score: 0.5, year: 1992 });
  assert.deepEqual(index.get(3n), { flag: false, lang: null, score: 0.75, year: null });
  const many = index.searchMany([0, 199], { k: 2, withColumns: true });
  assert.deepEqual([...many.ids], [0, 1, 199, 198]);
  assert.deepEqual(many.columns.flag, [true, false, false, true]);
  assert.deepEqual(many.columns.score, [null, 0.25, 49.75, 49.5]);
  assert.equal("columns" in index.search([0]), false);
  index.compact();
  assert.ok(index.memory().columns > 0 && index.memory().columns < 20 * N);
  const again = Index.fromBytes(index.toBytes());
  assert.deepEqual(again.get(2), index.get(2));
  assert.deepEqual(again.toBytes(), index.toBytes());
  const large = new Index(1);
  large.add([1, 2], { columns: { n: [2n ** 60n, 5n], x: Float32Array.of(1, 2) } });
  assert.deepEqual([large.get(0), large.get(1), large.columns], [{ n: 2n ** 60n, x: 1 }, { n: 5, x: 2 }, { n: "int", x: "float" }]);
});

test("columns are set, added, kept through changes and dropped", () => {
  const index = made();
  index.setColumns([3, 4], { lang: ["it", null] });
  assert.deepEqual([3, 4, 5].map((id) => index.get(id).lang), ["it", null, "de"]);
  index.update([1000, 1001], [3, 4], { columns: { year: [1, 2] } });
  index.update([1002], [3]);
  assert.deepEqual([index.get(3).year, index.get(3).lang], [1, "it"]);
  index.remove(Array.from({ length: 100 }, (_, i) => 10 + i));
  index.compact();
  assert.equal(index.get(150).year, year[150]);
  assert.deepEqual([...index.add([7])], [N]);
  assert.deepEqual(index.get(N), { flag: null, lang: null, score: null, year: null });
  index.addColumn("note", "string");
  index.setColumns(BigUint64Array.of(BigInt(N)), { note: ["new"] });
  assert.deepEqual([...index.search([0], { filter: { note: { exists: true } } }).ids], [N]);
  index.dropColumn("note");
  assert.equal("note" in index.columns, false);
});

test("misuse of columns is refused, changes nothing and says what was expected", () => {
  const index = made();
  const bytes = index.toBytes();
  const loop = {};
  loop.not = loop;
  const refused = [
    [() => index.setColumns([1, 2], { yaer: [1, 2] }), "bad_parameter", /columns of the index: flag, lang, score, year, got "yaer"; add, or add_column \(addColumn in JavaScript\)/],
    [() => index.add([1, 2], { columns: { new: [null, undefined] } }), "bad_parameter", /missing values only/],
    [() => index.add([1, 2], { columns: { lang: [["a"], []] } }), "bad_parameter", /a list in row 0; a column of type strings takes it/],
    [() => index.add([1, 2], { columns: { day: [new Date(NaN), null] } }), "bad_parameter", /an invalid Date/],
    [() => index.add([1, 2], { columns: { it: [new Map(), null] } }), "bad_parameter", /a value of type object/],
    [() => index.find([1]), "bad_parameter", /an object of what the columns must be/],
    [() => index.find({}, { limit: -1 }), "bad_parameter", /limit/],
    [() => index.find({}, { k: 1 }), "bad_parameter", /limit, ids, withColumns/],
    [() => index.add([1, 2], { columns: { year: ["a", "b"] } }), "bad_parameter", /int values in column "year", got "a" in row 0/],
    [() => index.add([1, 2], { columns: { year: [1] } }), "shape_mismatch", /\(2,\) values in column "year"/],
    [() => index.add([1, 2], { columns: { year: 3 } }), "bad_parameter", /an array of values/],
    [() => index.add([1, 2], { columns: 3 }), "bad_parameter", /an object of names/],
    [() => index.add([1, 2], { columns: { year: [1, () => 2] } }), "bad_parameter", /a function/],
    [() => index.add([1, 2], { columns: { year: [1, 2n ** 63n] } }), "bad_parameter", /BigInts/],
    [() => index.setColumns([1, 9999], { year: [1, 2] }), "id_not_found", /9999/],
    [() => index.setColumns([1]), "bad_parameter", /columns/],
    [() => index.search([1], { filter: { yaer: 3 } }), "bad_parameter", /columns of the index/],
    [() => index.search([1], { filter: { year: "2000" } }), "bad_parameter", /a number for column "year"/],
    [() => index.search([1], { filter: { year: { near: 3 } } }), "bad_parameter", /prefix, contains or any/],
    [() => index.search([1], { filter: loop }), "bad_parameter", /in each other/],
    [() => index.searchMany([1], { filter: { yaer: 3 } }), "bad_parameter", /columns of the index/],
    [() => index.search([1], { withColumns: "year" }), "bad_parameter", /an array of names/],
    [() => index.search([1], { withColumns: ["yaer"] }), "bad_parameter", /yaer/],
    [() => index.get(9999), "id_not_found", /9999/],
    [() => index.addColumn("year", "int"), "bad_parameter", /year/],
    [() => index.addColumn("day", "date"), "unknown_name", /int, float, string, bool, datetime, ints, floats, strings, json/],
    [() => index.dropColumn("day"), "bad_parameter", /day/],
  ];
  for (const [misuse, code, message] of refused) {
    assert.throws(misuse, { name: "NearfoldError", code, message }, misuse.toString());
    assert.deepEqual(index.toBytes(), bytes, misuse.toString());
  }
  const thrower = { get year() { throw new RangeError("mine"); } };
  assert.throws(() => index.add([1], { columns: thrower }), RangeError);
  assert.throws(() => index.search([1], { filter: thrower }), RangeError);
  index.add([1], { columns: { year: [1] } });
  assert.equal(index.length, N + 1);
});

test("filters and columns that are given leave the memory flat", () => {
  const index = made();
  const once = () => {
    index.search([0], { filter: { year: { gte: 2000 } }, withColumns: true });
    index.setColumns([1], { lang: ["x"] });
  };
  for (let i = 0; i < 5; i++) once();
  const before = kernelMemory();
  for (let i = 0; i < 300; i++) once();
  assert.equal(kernelMemory(), before);
});

test("texts that are no UTF-16 are refused: kept as UTF-8 they would be others", () => {
  const index = new Index(1);
  assert.throws(() => index.add([1], { columns: { text: ["\ud800"] } }), { code: "bad_parameter" });
  index.add([[1], [2]], { columns: { text: ["\ufffd", "😀"] } });
  assert.deepEqual([index.get(0).text, index.get(1).text], ["\ufffd", "😀"]);
  assert.throws(() => index.search([1], { filter: { text: "\udc00" } }), { code: "bad_parameter" });
  assert.deepEqual([...index.search([1], { filter: { text: "\ufffd" } }).ids], [0]);
});

const line = (n) => Float32Array.from({ length: n }, (_, i) => i);

test("times, lists and JSON come back as they went in", () => {
  const index = new Index(1, { storage: "f32" });
  const columns = {
    day: [new Date("2024-05-31T12:30:00.125Z"), null, new Date(-1)],
    tags: [["red", "green"], [], undefined],
    sizes: [[1, 2], new Set([3]), null],
    weights: [Float32Array.of(1, 2), [0.5], null],
    meta: [{ b: 1, a: [null, 1.5, { "é": "\n" }] }, { ["__proto__"]: 2 }, null],
  };
  index.add(line(3), { columns });
  assert.deepEqual(index.columns, { day: "datetime", meta: "json", sizes: "ints", tags: "strings", weights: "floats" });
  const again = Index.fromBytes(index.toBytes());
  assert.deepEqual(again.get(0), { day: columns.day[0], meta: columns.meta[0], sizes: [1, 2], tags: ["red", "green"], weights: [1, 2] });
  assert.deepEqual(Object.keys(again.get(0).meta), ["b", "a"]);
  assert.deepEqual(again.get(1), { day: null, meta: JSON.parse('{"__proto__": 2}'), sizes: [3], tags: [], weights: [0.5] });
  assert.deepEqual(again.get(2), { day: new Date(-1), meta: null, sizes: null, tags: null, weights: null });
  assert.deepEqual(again.search([0], { k: 2, withColumns: ["tags", "day"] }).columns, { tags: [["red", "green"], []], day: [columns.day[0], null] });
  // Microseconds are kept where a Date has none.
  index.setColumns([2], { day: ["2024-05-31T12:30:00.125999Z"] });
  assert.deepEqual(index.get(2).day, columns.day[0]);
  assert.deepEqual([...index.find({ day: { gt: columns.day[0] } }).ids], [2]);
  assert.throws(() => index.setColumns([2], { day: ["2024-05-31T12:30:00.1259991Z"] }), { code: "bad_parameter", message: /nothing finer/ });
  assert.throws(() => index.setColumns([2], { meta: [{ a: [NaN] }] }), { code: "bad_parameter", message: /NaN in row 0/ });
  assert.throws(() => index.setColumns([2], { tags: [["a", 1]] }), { code: "bad_parameter", message: /a list with 1 at place 1 in row 0; a column of type json takes it/ });
});

test("tags, times and parts of texts are filtered, and rows are found without a query", () => {
  const index = new Index(1, { storage: "f32" });
  index.add(line(4), {
    columns: {
      tags: [["red", "green"], [], null, ["grey"]],
      sizes: [[1, 2], [3], [], null],
      day: [new Date("2024-01-01"), new Date("2024-01-02"), null, new Date("2024-01-03")],
      title: ["a note", "another", null, "the note"],
      meta: [{ a: 1 }, null, {}, null],
    },
  });
  const found = (filter) => [...index.find(filter).ids];
  for (const [filter, ids] of [
    [{ tags: { contains: "red" } }, [0]],
    [{ tags: { any: new Set(["grey", "green"]) } }, [0, 3]],
    [{ tags: { prefix: "gr" } }, [0, 3]],
    [{ tags: { exists: false } }, [2]],
    [{ sizes: { gte: 2 } }, [0, 1]],
    [{ sizes: { between: [1.5, 2.5] } }, [0]],
    [{ day: { gte: new Date("2024-01-02") } }, [1, 3]],
    [{ day: { lt: "2024-01-02" } }, [0]],
    [{ day: new Date("2024-01-03") }, [3]],
    [{ title: { contains: "note", prefix: "a" } }, [0]],
    [{ meta: { exists: true } }, [0, 2]],
  ]) {
    assert.deepEqual(found(filter), ids, inspect(filter));
    assert.deepEqual([...index.search([0], { k: 4, filter }).ids], ids, inspect(filter));
  }
  assert.deepEqual(index.find({}, { limit: 2, ids: "bigint", withColumns: ["title"] }), { ids: BigUint64Array.of(0n, 1n), columns: { title: ["a note", "another"] } });
  for (const [filter, message] of [[{ meta: 3 }, /kept and returned/], [{ tags: "red" }, /contains, any, a range or exists/], [{ day: 3 }, /ISO 8601/], [{ title: { any: ["a"] } }, /in is for column "title"/]]) {
    assert.throws(() => index.find(filter), { code: "bad_parameter", message });
  }
});

test("whole numbers become floats when another number comes, and an add may bring columns", () => {
  const index = new Index(1, { storage: "f32" });
  index.add([0, 1], { columns: { price: [5, 7] } });
  index.add([2], { columns: { price: [5.99], title: ["late"] } });
  assert.deepEqual(index.columns, { price: "float", title: "string" });
  assert.deepEqual([0, 2].map((id) => index.get(id)), [{ price: 5, title: null }, { price: 5.99, title: "late" }]);
  const large = new Index(1);
  large.add([0], { columns: { n: [2n ** 53n + 1n] } });
  assert.throws(() => large.add([1], { columns: { n: [0.5] } }), { code: "bad_parameter", message: /beyond 2\^53.*got 0.5 in row 0; a column of type float takes it/ });
  assert.equal(large.length, 1);
});
