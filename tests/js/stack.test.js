// What does a JavaScript stack that runs out inside the kernel leave behind? Each in a package of its own: its kernel may be lost.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Project } from "./install.mjs";

const vectors = new Float32Array(1200).map((_, i) => Math.sin(i));

const CALLS = {
  add: ({ index }) => index.add(vectors.subarray(0, 4)),
  search: ({ index }) => index.search(vectors.subarray(0, 4)),
  toBytes: ({ index }) => index.toBytes(),
  push: ({ state }) => state.push([1, 2]),
  sum: ({ nf }) => nf.sum([1, 2, 3]),
  median: ({ nf }) => nf.median(vectors),
};

for (const [name, call] of Object.entries(CALLS)) {
  test(`after a recursion without end through ${name} everything works, or says that the stack ran out`, async () => {
    const nf = await new Project().import("node.js");
    let told = 0;
    for (let round = 0; round < 60 && !told; round++) {
      try {
        const at = { nf, index: new nf.Index(4), state: new nf.Sum() };
        at.index.add(vectors);
        const deeper = () => {
          call(at);
          deeper();
        };
        assert.throws(deeper, RangeError);
        assert.equal(nf.sum([1, 2, 3.5]), 6.5);
        for (const use of [() => at.index.length, () => at.state.push([1])]) {
          try {
            use();
          } catch (error) {
            if (error.code !== "busy") throw error;
          }
        }
        at.index.free();
        at.state.free();
        assert.throws(() => at.index.length, { code: "freed" });
      } catch (error) {
        assert.equal(error.code, "poisoned", String(error));
        assert.match(error.message, /stack ran out/);
        told++;
      }
    }
    if (!told) return;
    // For good, and by every call.
    assert.throws(() => nf.sum([1]), { code: "poisoned" });
    assert.throws(() => new nf.Index(3), { code: "poisoned" });
  });
}
