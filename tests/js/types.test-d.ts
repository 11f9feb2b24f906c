// Compiled, never run: the types of the public API, as users meet them.

import { Accumulator, Moments, Sum, alloc, any, argmax, bincount, cummin, cumsum, describe, digitize, dot, group, histogram, Index, init, KernelArray, max, mean, NearfoldError, quantile, std, sum, variance } from "nearfold";
import { var as population } from "nearfold/inline";
import type { ArrayResult, ErrorCode, Neighbors } from "nearfold";

/** Compiles only where `A` and `B` are the same type. */
function same<A, B>(_: (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false): void {}

await init();
await init(new URL("https://example.org/nearfold.wasm"));
await init(fetch("nearfold.wasm"));
await init(new Uint8Array(8));

const floats = new Float64Array(8);
const bigs = new BigInt64Array(8);

// Sums of numbers are numbers, of BigInts BigInts, of complex numbers complex.
const total = sum(floats);
same<typeof total, number>(true);
const plain = sum([1, 2, 3]);
same<typeof plain, number>(true);
const readonlyNumbers: readonly number[] = [1];
sum(readonlyNumbers, { initial: 2n });
const big = sum(bigs);
same<typeof big, bigint>(true);
const bigAsFloat = sum(bigs, { dtype: "float64" });
same<typeof bigAsFloat, number>(true);
const mixed = dot(bigs, floats);
same<typeof mixed, bigint | number>(true);
const bigMean = mean(bigs);
same<typeof bigMean, number>(true);
const truth = max({ data: new Uint8Array(8), dtype: "bool" });
same<typeof truth, boolean>(true);
const position = argmax(bigs);
same<typeof position, number>(true);

// Where axes remain there is an array.
const kept = sum(floats, { keepdims: true });
same<typeof kept, ArrayResult>(true);
const rows = mean({ data: floats, shape: [2, 4] }, { axis: 1 });
same<typeof rows, number | ArrayResult>(true);
if (typeof rows !== "number") rows.data.length + rows.shape.length;
const whole = std(floats, { axis: 0 });
same<typeof whole, number>(true);

variance(floats, { ddof: 1 });
population(floats, { ddof: 1, where: new Uint8Array(8) });
// @ts-expect-error: only variance and std have ddof
sum(floats, { ddof: 1 });
// @ts-expect-error: no such option
sum(floats, { axes: 1 });
// @ts-expect-error: text is no array
sum("1, 2, 3");
// @ts-expect-error: an array of texts is no array of numbers
sum(["1", "2"]);

const product = dot(floats, floats);
same<typeof product, number>(true);
// @ts-expect-error: dot has no axis
dot(floats, floats, { axis: 0 });

const middle = quantile(floats, 0.5, { method: "hazen" });
same<typeof middle, number>(true);
const quarters = quantile(floats, [0.25, 0.75]);
quantile(floats, new Float64Array([0.5])).shape.length;
same<typeof quarters, ArrayResult>(true);
// @ts-expect-error: no such method
quantile(floats, 0.5, { method: "middle" });
const any0 = any(floats);
same<typeof any0, boolean>(true);
new Accumulator("variance", { of: "float32", ddof: 1 }).push(new Float32Array(8)).result();
new Accumulator("sum").op satisfies string;
new Sum({ of: "float32" }).push(new Float32Array(8)).result() satisfies number | bigint;
new Moments().push([1, 2]).variance({ ddof: 1 }) satisfies number;
// @ts-expect-error: a variance takes ddof alone
new Moments().variance({ axis: 0 });
// @ts-expect-error: a sum is made with a dtype alone
new Sum({ initial: 1 });

// Running reductions, bins and groups.
same<ReturnType<typeof cumsum>, ArrayResult>(true);
cumsum(floats, { axis: 0, includeInitial: true, dtype: "float32" });
// @ts-expect-error: running minima have no first value
cummin(floats, { includeInitial: true });
histogram(floats, { bins: "auto", range: [0, 1], density: true, weights: floats }).edges.data.length;
histogram(floats, { bins: [0, 1, 2] });
// @ts-expect-error: no such rule
histogram(floats, { bins: "mine" });
bincount(new Uint8Array(8), { weights: floats, minlength: 3 });
digitize(floats, [0, 1], { right: true });
group("variance", floats, new Int32Array(8), { groups: 3, ddof: 1 });
const figures = describe(bigs, { ddof: 1 });
same<typeof figures.min, bigint>(true);
same<(typeof figures)["25%"], number>(true);

// Arrays in the kernel's memory.
const array = alloc(8, "float32");
same<typeof array, KernelArray<"float32">>(true);
const view = array.view();
same<typeof view, Float32Array<ArrayBuffer>>(true);
const standard = alloc(8).view();
same<typeof standard, Float64Array<ArrayBuffer>>(true);
const wide = sum(alloc(8, "uint64"));
same<typeof wide, bigint>(true);
// @ts-expect-error: no such dtype
alloc(8, "float128");

// The index.
{
  using index = new Index(3, { metric: "cosine", storage: "f32", M: 8, efConstruction: 100 });
  index.add(new Float32Array(6));
  index.add([[1, 2, 3], [4, 5, 6]], { ids: [7, 8], progress: (done, total) => done < total });
  index.add(new Int8Array(6), { ids: new Uint32Array([1, 2]) });
  index.add({ data: floats.subarray(6), shape: [2, 3] });
  const found = index.search([1, 2, 3], { k: 2, efSearch: 64 });
  same<typeof found, Neighbors>(true);
  same<typeof found.ids, Float64Array<ArrayBuffer>>(true);
  const exact = index.search(array, { exact: true, ids: "bigint" });
  same<typeof exact.ids, BigUint64Array<ArrayBuffer>>(true);
  const many = index.searchMany(new Float32Array(6));
  same<typeof many.shape, [n: number, k: number]>(true);
  index.update(new Float32Array(3), [7]);
  index.remove(new Set([7, 8n]));
  index.compact();
  using even = index.filter((id) => id % 2 === 0);
  index.search([1, 2, 3], { filter: even, recall: 0.99 });
  index.search([1, 2, 3], { filter: (id) => id > 3 });
  index.search([1, 2, 3], { filter: new Uint32Array([1, 2]), exact: true });
  const chosen = index.search([1, 2, 3], { ids: "bigint", filter: (id) => id > 3n });
  same<typeof chosen.ids, BigUint64Array<ArrayBuffer>>(true);
  index.filter((id) => id > 3n, { ids: "bigint" }).count.toFixed();
  const near = index.searchRadius([1, 2, 3], 0.5, { ids: "bigint" });
  same<typeof near.ids, BigUint64Array<ArrayBuffer>>(true);
  index.recall({ k: 10, efSearch: 64 })?.toFixed();
  index.recallExplained().advice.trim();
  index.recallOf(new Float32Array(6), [1, 2], { k: 1 }).toFixed();
  // @ts-expect-error a recall may be unknown
  index.recall() satisfies number;
  new Index(3, { storage: "auto" }).params.storage satisfies "auto" | "f32" | "f16" | "i8" | "i4" | "b1";
  index.health().degreeMean.toFixed();
  index.searchMany(new Float32Array(6), { filter: [1] });
  index.searchMany(new Float32Array(6), { filter: (id) => id > 3, ids: "uint32" });
  index.health().normMin.toFixed();
  const within = index.searchRadius([1, 2, 3], 0.5, { filter: (id) => id > 3, explain: true });
  same<typeof within, Neighbors>(true);
  index.searchRadius([1, 2, 3], 0.5, { filter: [true, false], ids: "uint32" }).ids.fill(1);
  // @ts-expect-error: a radius takes no k
  index.searchRadius([1, 2, 3], 0.5, { k: 3 });
  using typed = new Index<{ year: number; lang: string; seen: boolean }>(3);
  typed.add(new Float32Array(6), { columns: { year: [1999, null], lang: ["en", "de"] } });
  typed.add(new Float32Array(3), { columns: { year: new Int32Array(1) } });
  const valued = typed.search([1, 2, 3], { filter: { year: { gte: 2000, lt: 2010 }, lang: "en" }, withColumns: ["year"] });
  same<typeof valued.columns, { year: (number | null)[] }>(true);
  same<typeof valued.ids, Float64Array<ArrayBuffer>>(true);
  typed.search([1, 2, 3], { filter: { or: [{ seen: true }, { not: { lang: { in: ["en"] } } }] } });
  const rows = typed.searchMany([1, 2, 3], { ids: "bigint", withColumns: true });
  same<typeof rows.columns.lang, (string | null)[]>(true);
  same<typeof rows.ids, BigUint64Array<ArrayBuffer>>(true);
  using notes = new Index<{ year: number }, string>(3);
  same<typeof notes.idKind, "int" | "string" | undefined>(true);
  const paths = notes.add(new Float32Array(6), { ids: ["a.md", "b.md"], columns: { year: [1, 2] } });
  same<typeof paths, string[]>(true);
  const named = notes.search([1, 2, 3], { filter: (id) => id.endsWith(".md"), withColumns: ["year"] });
  same<typeof named.ids, string[]>(true);
  same<ReturnType<typeof notes.ids>, string[]>(true);
  const fresh: number = notes.upsert([1, 2, 3], ["a.md"], { columns: { year: [3] } });
  const gone: number = notes.remove(new Set(["a.md"]), { missing: "ignore" });
  const there: boolean[] = notes.hasMany(["a.md"]);
  notes.vectors(paths).fill(fresh + gone + +there[0]!);
  notes.getMany(paths)[0]!.year?.toFixed();
  notes.searchMany(new Float32Array(6), { filter: ["a.md"] }).ids.join();
  // @ts-expect-error: integers or strings
  notes.add([1, 2, 3], { ids: [{}] });
  // @ts-expect-error: error or ignore
  notes.remove(["a.md"], { missing: "skip" });
  const year: number | null = typed.get(3).year;
  typed.setColumns([3], { year: [year] });
  typed.update([1, 2, 3], [3], { columns: { seen: [false] } });
  index.search([1, 2, 3], { filter: { any: { between: [1, 2] } }, withColumns: ["any"] }).columns.any;
  typed.filter({ year: 1999 }).free();
  typed.addColumn("note", "string");
  // @ts-expect-error: no such column
  typed.search([1, 2, 3], { filter: { yaer: 1999 } });
  // @ts-expect-error: no such column
  typed.searchMany([1, 2, 3], { filter: { yaer: 1999 } });
  // @ts-expect-error: a year is a number
  typed.search([1, 2, 3], { filter: { year: { gte: "2000" } } });
  // @ts-expect-error: a year is a number
  typed.add([1, 2, 3], { columns: { year: ["1999"] } });
  // @ts-expect-error: no such type
  typed.addColumn("day", "date");
  using varied = new Index<{ day: Date; tags: string[]; sizes: number[]; about: { by: string } }>(3);
  varied.add([1, 2, 3], { columns: { day: [new Date()], tags: [["red"]], sizes: [[1, 2]], about: [{ by: "Ann" }] } });
  varied.find({ tags: { contains: "red", any: ["a", "b"] }, day: { gte: "2024-01-01", lt: new Date() }, sizes: { between: [1, 2] }, about: { exists: true } });
  const rowsFound = varied.find({ not: { tags: { prefix: "r" } } }, { limit: 3, ids: "bigint", withColumns: ["tags"] });
  same<typeof rowsFound.ids, BigUint64Array<ArrayBuffer>>(true);
  same<typeof rowsFound.columns, { tags: (string[] | null)[] }>(true);
  index.find({ any: { contains: 1 } }).ids.fill(1);
  // @ts-expect-error: a tag is a text
  varied.find({ tags: { contains: 3 } });
  // @ts-expect-error: a filter has no k
  varied.find({}, { k: 3 });
  const bytes: Uint8Array = index.toBytes();
  Index.fromBytes(bytes).memory().total.toFixed();
  new Index(3, { storage: "b1", rerank: "i8" }).search([1, 2, 3], { explain: true }).explained?.reranked.toFixed();
  new Index(3, { storage: "i4", rerank: "i8" }).search([1, 2, 3]).ids;
  // @ts-expect-error: one bit is no finer copy
  new Index(3, { rerank: "b1" });
  // @ts-expect-error: read-only
  index.length = 0;
}
// @ts-expect-error: no such metric
new Index(3, { metric: "euclid" });
// @ts-expect-error: the paper's M is a capital letter
new Index(3, { m: 16 });

try {
  sum([]);
} catch (error) {
  if (error instanceof NearfoldError) {
    const code: ErrorCode = error.code;
    // @ts-expect-error: no such code
    code === "oops";
  }
}

// The worker's side: the same types as promises.
import { connect, createPool } from "nearfold/worker";
import { fetchIndex, open as openSaved, save } from "nearfold/storage";
import { pages } from "nearfold";

async function remote() {
  const nf = await connect();
  const total: number = await nf.sum([1, 2, 3], { signal: new AbortController().signal });
  const big: bigint = await nf.sum(BigInt64Array.of(1n));
  const index = await nf.Index.create(3, { metric: "cosine" });
  const length: number = await index.length;
  const { ids } = await index.search([1, 2, 3], { k: 1, ids: "bigint" });
  const bigints: BigUint64Array = ids;
  (await index.recallOf(new Float32Array(6), ids, { k: 1 })) satisfies number;
  (await index.recall({ k: 1 })) satisfies number | null;
  (await index.recallExplained()).questions.toFixed();
  // @ts-expect-error a function cannot be sent
  await index.search([1, 2, 3], { filter: () => true });
  // @ts-expect-error there is no such metric
  await nf.Index.create(3, { metric: "euclid" });
  const pool = await createPool({ size: 2 });
  const parts: Uint8Array[] = await (await pool.Index.create(3)).toBytes();
  const sharded = await pool.Index.create(3);
  await sharded.add([1, 2, 3], { columns: { year: [1999] } });
  const chosen = await sharded.filter({ year: { gte: 1990 } });
  const few: number = await chosen.count;
  const valued = await sharded.search([1, 2, 3], { filter: chosen, withColumns: ["year"] });
  valued.columns.year satisfies readonly unknown[];
  // @ts-expect-error a year is asked for, and no other column
  valued.columns.lang;
  void few;
  await sharded.searchMany([1, 2, 3], { filter: chosen });
  const bins = await (await nf.Histogram.create(3, { range: [0, 1] })).push([1], { weights: [2] });
  const counts: ArrayResult = (await bins.result()).counts;
  const tail: number = await (await nf.Quantiles.create({ limit: 5000 })).result(0.99);
  const cov = await pool.Cov.create(2);
  await cov.merge(await pool.Cov.fromBytes(await cov.toBytes()));
  // @ts-expect-error states of different kinds do not merge
  await cov.merge(bins);
  void [counts, tail];
  const stored = await openSaved("a");
  await save("b", stored, { onProgress: (loaded, total) => void (loaded / total) });
  await fetchIndex("/a.nearfold", { cache: true, integrity: "sha256-" });
  for await (const page of pages(index, [1, 2, 3], { pageSize: 5 })) page.distances satisfies Float32Array;
  return [total, big, length, bigints, parts];
}
void remote;

import { Index as TypedIndex } from "nearfold";
export const short: Uint32Array = new TypedIndex(3).search([1, 2, 3], { ids: "uint32" }).ids;
export const shorts: Uint32Array = new TypedIndex(3).searchMany([1, 2, 3], { ids: "uint32" }).ids;

// Options that stand in a variable say no more than their type.
import type { InitialOptions, NdArray, ReductionOptions, SearchOptions } from "nearfold";
export function ofVariables(samples: Float64Array, table: NdArray, options: ReductionOptions, wanted: SearchOptions, keepdims: boolean) {
  sum(samples, options) satisfies number | ArrayResult;
  // @ts-expect-error keepdims may be there
  sum(samples, options) satisfies number;
  sum(samples, { axis: 0 }) satisfies number;
  mean(table, { axis: 0 }) satisfies number | ArrayResult;
  // @ts-expect-error of several axes some may be left
  mean(table, { axis: 0 }) satisfies number;
  mean(samples, { keepdims }) satisfies number | ArrayResult;
  // @ts-expect-error it may be an array
  mean(samples, { keepdims }) satisfies number;
  new TypedIndex(3).search([1, 2, 3], wanted).ids satisfies Float64Array | BigUint64Array | Uint32Array;
  // @ts-expect-error which ids is not known
  new TypedIndex(3).search([1, 2, 3], wanted).ids satisfies Float64Array;
}
export async function ofVariablesRemote(samples: Float64Array, options: InitialOptions, wanted: { ids?: "bigint" | "number" }) {
  const nf = await connect();
  (await nf.sum(samples, { ...options, keepdims: false })) satisfies number;
  (await nf.max(samples, { initial: 3 })) satisfies number;
  (await nf.quantile(samples, Float64Array.of(0.5))) satisfies ArrayResult;
  const { ids } = await (await nf.Index.create(3)).search([1, 2, 3], wanted);
  ids satisfies Float64Array | BigUint64Array;
  // @ts-expect-error which ids is not known
  ids satisfies Float64Array;
}

// An array whose type is not known may be of BigInts.
export function ofUnknown(table: NdArray, kept: KernelArray, floats: KernelArray<"float64">) {
  max(table) satisfies number | bigint;
  // @ts-expect-error it may be a bigint
  max(table) satisfies number;
  // @ts-expect-error it may be a bigint
  sum(kept) satisfies number;
  sum(floats) satisfies number;
  max({ data: Float32Array.of(1), shape: [1] }) satisfies number;
  // Its mean is a number all the same.
  mean(kept) satisfies number;
}

// What is not wanted may be undefined.
export function ofUndefined(samples: Float64Array, found: TypedIndex, axis: number | undefined, filter: number[] | undefined) {
  variance(samples, { axis, ddof: undefined, where: undefined }) satisfies number;
  found.search([1, 2, 3], { k: undefined, filter, efSearch: undefined, ids: undefined });
  found.add([1, 2, 3], { ids: undefined, progress: undefined, columns: undefined });
}
