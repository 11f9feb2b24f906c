// What is in the packed .wasm?

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import wabt from "wabt";
import { Project } from "./install.mjs";

const bytes = readFileSync(new Project().file("wasm/nearfold_bg.wasm"));

async function disassembled() {
  const features = { simd: true, bulk_memory: true, sign_extension: true, mutable_globals: true, sat_float_to_int: true, multi_value: true, reference_types: true };
  return (await wabt()).readWasm(bytes, features).toText({});
}

test("the kernel is compiled for SIMD", async () => {
  const text = await disassembled();
  for (const instruction of ["f64x2.add", "f32x4.mul", "v128.load", "v128.store"]) {
    assert.ok(text.includes(instruction), `no ${instruction}`);
  }
});

test("the kernel holds no relaxed SIMD and no threads: the same bits everywhere, no special headers", async () => {
  assert.doesNotMatch(await disassembled(), /relaxed|atomic/);
});

// The goal is 120 kB: this bound only keeps it from growing until it is reached.
test("the kernel is at most 284 kB gzipped", () => {
  assert.ok(gzipSync(bytes, { level: 9 }).length <= 284_000);
});
