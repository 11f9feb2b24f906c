// Does the installed package give the bits of the golden vectors, and the answers of the index files?

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runIndex } from "./index-vectors.mjs";
import { Project, ROOT } from "./install.mjs";
import { runVectors } from "./vectors.mjs";

const project = new Project();
const api = await project.import("node.js");
const folder = join(ROOT, "tests/vectors");
const json = (path) => JSON.parse(readFileSync(join(folder, path), "utf8"));

for (const name of readdirSync(folder).filter((name) => name.endsWith(".json"))) {
  test(`every vector of ${name} gives the same bits`, () => {
    const { count, failures } = runVectors(api, json(name));
    assert.ok(count > 0);
    assert.deepEqual(failures, []);
  });
}

for (const name of readdirSync(join(folder, "index/v2")).filter((name) => name.endsWith(".json"))) {
  test(`the index ${name} opens, answers and builds anew as recorded`, () => {
    const file = readFileSync(join(folder, "index/v2", name.replace(/json$/, "nearfold")));
    assert.deepEqual(runIndex(api, json(`index/v2/${name}`), new Uint8Array(file)), []);
  });
}

test("the quick start prints what its siblings in Rust and Python print", () => {
  const script = readFileSync(join(ROOT, "examples/quickstart.mjs"), "utf8");
  assert.equal(`${project.run(script)}\n`, readFileSync(join(ROOT, "examples/quickstart.txt"), "utf8"));
});

test("every reduction of the core has a function of its name", async () => {
  api.sum([]);
  const { reductionNames } = await project.import("wasm/nearfold.js");
  const names = reductionNames().split(" ");
  assert.ok(names.length > 30);
  const missing = names.map((name) => name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase())).filter((name) => typeof api[name] !== "function");
  assert.deepEqual(missing, []);
});
