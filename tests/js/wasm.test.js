// What is in the packed .wasm files?

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import wabt from "wabt";
import { Project } from "./install.mjs";

const project = new Project();
const kernel = (name) => readFileSync(project.file(`wasm/nearfold_${name}.wasm`));

// Bytes of gzip. The goal is 120 kB for everything: the bounds only keep the kernels from growing until it is reached. The last
// steps: moments with a bound, eight lanes side by side, weights of quantiles and bins; a kernel for each half; locals numbered alike; errors as wide as an address; the standard library built for size, without texts of panics.
const KERNELS = {
  bg: { ceiling: 253_400, instructions: ["f64x2.add", "f32x4.mul", "v128.load", "v128.store"] },
  fold: { ceiling: 148_700, instructions: ["f64x2.add", "v128.load", "v128.store"] },
  near: { ceiling: 128_600, instructions: ["f32x4.mul", "v128.load", "v128.store"] },
};

async function disassembled(bytes) {
  const features = { simd: true, bulk_memory: true, sign_extension: true, mutable_globals: true, sat_float_to_int: true, multi_value: true, reference_types: true };
  return (await wabt()).readWasm(bytes, features).toText({});
}

for (const [name, { ceiling, instructions }] of Object.entries(KERNELS)) {
  test(`the kernel ${name} is compiled for SIMD, without relaxed SIMD and threads: the same bits everywhere, no special headers`, async () => {
    const text = await disassembled(kernel(name));
    for (const instruction of instructions) {
      assert.ok(text.includes(instruction), `no ${instruction}`);
    }
    assert.doesNotMatch(text, /relaxed|atomic/);
  });

  test(`the kernel ${name} is at most ${ceiling / 1000} kB gzipped`, () => {
    assert.ok(gzipSync(kernel(name), { level: 9 }).length <= ceiling);
  });
}
