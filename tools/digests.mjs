// Did all machines make the same bits? Reads what the variants of the Rust suite printed, one file a variant, and prints the
// table of machines. Each must have said its digest once, and be the machine that the variant is about.
// `node tools/digests.mjs target/digests`, which `make test-variants` runs last.

import { readFile } from "node:fs/promises";
import { join } from "node:path";

// A variant's file, and how the line begins and ends in which the program says which machine and build it is.
const VARIANTS = [
  ["test-avx2", "x86-64 AVX2", ", debug"], // Cargo's folder of the profile `test`
  ["test-debug", "x86-64 AVX2", ", test-debug"],
  ["test-baseline", "x86-64 SSE2", ", test-release"],
  ["test-x86-64-v1", "x86-64-v1", ", debug"],
  ["test-aarch64", "aarch64 NEON", ", test-release"],
  ["test-wasm-scalar", "wasm32 scalar", ", debug"],
  ["test-wasm-simd", "wasm32 simd128", ", test-release"],
];

const [folder] = process.argv.slice(2);
const problems = [];
const rows = [];
for (const [variant, begin, end] of VARIANTS) {
  const text = await readFile(join(folder, variant), "utf8").catch((error) => error.message);
  const said = [...text.matchAll(/^digest ([0-9a-f]{16}) (.+)$/gm)];
  if (said.length !== 1) problems.push(`${variant}: expected one line "digest …", got ${said.length} in: ${text.slice(0, 200)}`);
  for (const [, digest, machine] of said) {
    if (!machine.startsWith(begin) || !machine.endsWith(end)) problems.push(`${variant}: expected ${begin}${end}, got ${machine}`);
    rows.push([digest, machine, variant]);
  }
}
const digests = new Set(rows.map(([digest]) => digest));
for (const [digest, machine, variant] of rows) console.log(`${digest}  ${machine.padEnd(38)}make ${variant}`);
if (digests.size !== 1) problems.push(`expected one digest of all machines, got ${digests.size}`);
for (const problem of problems) console.error(problem);
if (problems.length) process.exit(1);
console.log(`The same bits from all ${rows.length}.`);
