// Does the installed package return the bits of the golden vectors?

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Project, ROOT } from "./install.mjs";
import { runVectors } from "./vectors.mjs";

const api = await new Project().import("node.js");
const folder = join(ROOT, "tests/vectors");

for (const name of readdirSync(folder).filter((name) => name.endsWith(".json"))) {
  test(`every vector of ${name} gives the same bits`, () => {
    const { count, failures } = runVectors(api, JSON.parse(readFileSync(join(folder, name), "utf8")));
    assert.ok(count > 0);
    assert.deepEqual(failures, []);
  });
}
