// Does the kernel's memory stay where it should?

import assert from "node:assert/strict";
import { test } from "node:test";
import { Project } from "./install.mjs";

const { Accumulator, Index, alloc, kernelMemory, max, mean, sum, variance } = await new Project().import("node.js");

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
  assert.equal(new Accumulator("sum").push(long).finish(), 2_000_000);
  assert.ok(kernelMemory() - before <= 65536 * 4, `grew by ${kernelMemory() - before} bytes`);
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
