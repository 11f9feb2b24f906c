// The packed .wasm files are compiled for SIMD, and for nothing that some engine lacks.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import wabt from "wabt";
import { Project } from "./install.mjs";

const project = new Project();
const kernel = (name) => readFileSync(project.file(`wasm/nearfold_${name}.wasm`));

const KERNELS = {
  bg: ["f64x2.add", "f32x4.mul", "v128.load", "v128.store"],
  fold: ["f64x2.add", "v128.load", "v128.store"],
  near: ["f32x4.mul", "v128.load", "v128.store"],
};

async function disassembled(bytes) {
  const features = { simd: true, bulk_memory: true, sign_extension: true, mutable_globals: true, sat_float_to_int: true, multi_value: true, reference_types: true };
  return (await wabt()).readWasm(bytes, features).toText({});
}

for (const [name, instructions] of Object.entries(KERNELS)) {
  test(`the kernel ${name} is compiled for SIMD, without relaxed SIMD and threads: the same bits everywhere, no special headers`, async () => {
    const text = await disassembled(kernel(name));
    for (const instruction of instructions) {
      assert.ok(text.includes(instruction), `no ${instruction}`);
    }
    assert.doesNotMatch(text, /relaxed|atomic/);
  });
}
