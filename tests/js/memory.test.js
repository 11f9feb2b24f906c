// Does the kernel's memory stay where it should?

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { freemem } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Project } from "./install.mjs";

const project = new Project();
const { Accumulator, Index, alloc, kernelMemory, max, mean, norm, std, sum, variance } = await project.import("node.js");

test("long foreign arrays are folded in the memory of a short one", () => {
  const long = new Float64Array(4_000_000).fill(0.5);
  for (const fold of [sum, mean, max, variance]) fold(long.subarray(0, 8192));
  sum(Array.from(long.subarray(0, 100)));
  new Accumulator("sum").push(long.subarray(0, 8192)).free();
  const before = kernelMemory();
  assert.equal(sum(long), 2_000_000);
  assert.equal(mean(long), 0.5);
  assert.equal(max(long), 0.5);
  assert.equal(variance(long), 0);
  assert.equal(sum(Array.from(long)), 2_000_000);
  assert.equal(new Accumulator("sum").push(long).result(), 2_000_000);
  assert.ok(kernelMemory() - before <= 65536 * 4, `grew by ${kernelMemory() - before} bytes`);
});

test("a long foreign array has the bits that it has in the kernel, whether an estimate settles them or not", () => {
  const folds = { std, norm, variance, sum, mean };
  const spoilers = { nothing: (x) => x, "a far number": (x) => x.fill(1e30, 70_000, 70_001), "a constant beginning": (x) => x.fill(0, 0, 20_000), infinity: (x) => x.fill(-Infinity, 90_000, 90_001), constant: (x) => x.fill(0.1) };
  for (const Type of [Float64Array, Float32Array]) {
    for (const [name, spoil] of Object.entries(spoilers)) {
      const values = spoil(Type.from({ length: 100_000 }, (_, i) => Math.sin(i * i) * 3 + 1));
      const array = alloc(values.length, Type === Float64Array ? "float64" : "float32");
      array.view().set(values);
      for (const [op, fold] of Object.entries(folds)) {
        for (const options of [undefined, ...(op === "std" || op === "variance" ? [{ ddof: 1 }] : [])]) {
          assert.ok(Object.is(fold(values, options), fold(array, options)), `${op} of ${Type.name} with ${name}: ${fold(values, options)}, not ${fold(array, options)}`);
        }
      }
      array.free();
    }
  }
  assert.throws(() => variance(new Float64Array(100_000), { ddof: 200_000 }), { code: "bad_parameter" });
});

test("a thousand indexes, arrays and accumulators that are freed leave the memory flat", () => {
  const vectors = Float32Array.from({ length: 100 * 16 }, (_, i) => Math.sin(i));
  const once = () => {
    const index = new Index(16);
    index.add(vectors);
    const again = Index.fromBytes(index.toBytes());
    again.search(vectors.subarray(0, 16));
    for (const object of [index, again, alloc(10_000), new Accumulator("median").push([1, 2, 3])]) object.free();
  };
  for (let i = 0; i < 20; i++) once();
  const before = kernelMemory();
  for (let i = 0; i < 1000; i++) once();
  assert.equal(kernelMemory(), before);
});

test("an array in the kernel is folded with no copy: the memory stays, and a write is seen by the next fold", () => {
  const array = alloc(1_000_000);
  const view = array.view().fill(1);
  const before = kernelMemory();
  for (const fold of [sum, mean, max, variance]) fold(array);
  assert.equal(kernelMemory(), before);
  assert.equal(view.length, 1_000_000, "the memory did not even grow and shrink: the view is still good");
  view[999_999] = 5;
  assert.deepEqual([sum(array), max(array)], [1_000_004, 5]);
  assert.equal(kernelMemory(), before);
  array.free();
});

test("a view is made anew after the memory has grown, and the elements are still there", () => {
  const array = alloc(4);
  const old = array.view();
  old.set([1, 2, 3, 4]);
  const large = alloc(kernelMemory() / 8);
  assert.equal(old.length, 0);
  assert.deepEqual([...array.view()], [1, 2, 3, 4]);
  assert.equal(sum(array), 10);
  large.free();
  array.free();
});

test("arrays in the kernel are folded, masked, shaped and indexed where they lie", () => {
  const array = alloc(6, "float32");
  array.view().set([1, 2, 3, 4, 5, 6]);
  assert.deepEqual([...sum({ data: array, shape: [2, 3] }, { axis: 1 }).data], [6, 15]);
  assert.deepEqual([...sum({ data: array, shape: [2, 3], strides: [-3, 1], offset: 3 }, { axis: 1 }).data], [15, 6]);
  assert.equal(sum(array, { where: [true, false, false, false, false, true] }), 7);
  const index = new Index(3, { storage: "f32" });
  index.add(array);
  assert.deepEqual([...index.vector(1)], [4, 5, 6]);
});

test("arrays that share memory with a worker are read", () => {
  const shared = new Float64Array(new SharedArrayBuffer(24));
  shared.set([1, 2, 3]);
  assert.equal(sum(shared), 6);
});

test("a stream of an index takes the memory of its bytes and of the index, and no third copy", () => {
  const index = new Index(64, { storage: "f32" });
  index.add(Float32Array.from({ length: 64 * 20_000 }, (_, i) => Math.sin(i * i)));
  const bytes = index.toBytes();
  index.free();
  writeFileSync(join(project.path, "a.nearfold"), bytes);
  const script = `
    import { createReadStream } from "node:fs";
    import { Index, init, kernelMemory } from "nearfold";
    await init();
    const before = kernelMemory();
    const index = await Index.fromStream(createReadStream("a.nearfold"));
    console.log(kernelMemory() - before, index.length);
  `;
  const [grown, length] = project.run(script).split(" ").map(Number);
  assert.equal(length, 20_000);
  assert.ok(grown < 2.3 * bytes.length, `grew by ${grown} bytes for ${bytes.length}`);
});

const GIGABYTE = 2 ** 30;

test("beyond 2 GB of the kernel's memory all works, and at 4 GB it says that there is no more", { skip: freemem() < 6 * GIGABYTE && "needs 6 GB of free memory" }, () => {
  const script = `
    import { Index, alloc, group, kernelMemory, quantile, sum } from "nearfold";
    const first = alloc(2 ** 27 + 2 ** 20);
    const low = alloc(2 ** 27 + 2 ** 20);
    low.view()[2 ** 27] = 0.25;
    const high = alloc(200_000);
    high.view().fill(0.5);
    const numbers = Float64Array.from({ length: 100_000 }, (_, i) => i);
    const index = new Index(8);
    index.add(Float32Array.from({ length: 8 * 3000 }, (_, i) => Math.sin(i * i)), { columns: { name: Array.from({ length: 3000 }, (_, i) => "n" + i) } });
    const again = Index.fromBytes(index.toBytes());
    const found = again.search(again.vector(7), { k: 2, filter: { name: { in: ["n7", "n8"] } }, withColumns: true });
    const errors = [];
    for (const call of [() => alloc(2 ** 28), () => alloc(2 ** 28 - 1), () => again.search([1]), () => index.get(9000)]) try { call() } catch (error) { errors.push(error.code) }
    console.log(JSON.stringify([kernelMemory() > 2 ** 31, sum(low), sum(high), sum(numbers), quantile(numbers, 0.5), [...group("sum", numbers, Uint8Array.from(numbers, (x) => x % 2)).data], [...found.ids], found.columns.name, errors]));
  `;
  assert.deepEqual(JSON.parse(project.run(script)), [true, 0.25, 100_000, 4999950000, 49999.5, [2499950000, 2500000000], [7, 8], ["n7", "n8"], ["out_of_memory", "out_of_memory", "dimension_mismatch", "id_not_found"]]);
});

test("a median that finds no memory for what it keeps says so, and all goes on", { skip: freemem() < 8 * GIGABYTE && "needs 8 GB of free memory" }, () => {
  const script = `
    import { Accumulator, median, sum } from "nearfold";
    const errors = [];
    const tell = (call) => { try { call(); errors.push("none"); } catch ({ code }) { errors.push(code); } };
    // Of elements that are all equal a copy of 8 bytes each is kept.
    const zeros = new Float32Array(400_000_000);
    tell(() => median(zeros));
    const state = new Accumulator("median", { of: "float32" });
    tell(() => { for (;;) state.push(zeros.subarray(0, 3_000_000)); });
    state.free();
    console.log(JSON.stringify([errors, sum([1, 2, 3]), median([3, 1, 2])]));
  `;
  assert.deepEqual(JSON.parse(project.run(script)), [["out_of_memory", "out_of_memory"], 6, 2]);
});
