// Does the installed npm package, in a plain page without a bundler, return the bits that every host returns?

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { CLI, open, ROOT, served, SITE } from "./browser.mjs";

const { version } = JSON.parse(readFileSync(join(ROOT, "pkg/package.json"), "utf8"));
const vectors = readdirSync(join(ROOT, "tests/vectors")).filter((name) => name.endsWith(".json"));

// A stranger's project: an empty folder, npm install, one page.
const project = mkdtempSync(join(tmpdir(), "nearfold-page-"));
after(() => rmSync(project, { recursive: true, force: true }));
writeFileSync(join(project, "package.json"), '{ "private": true }\n');
execFileSync("npm", ["install", join(ROOT, `target/npm/nearfold-${version}.tgz`), "--no-audit", "--no-fund", "--offline", "--loglevel=error"], { cwd: project });
cpSync(join(ROOT, "tests/js/vectors.mjs"), join(project, "vectors.mjs"));
cpSync(join(ROOT, "tests/vectors"), join(project, "vectors"), { recursive: true });
cpSync(join(SITE, "data"), join(project, "data"), { recursive: true });
writeFileSync(
  join(project, "index.html"),
  `<!doctype html>
<link rel="icon" href="data:,">
<script type="module">
  import * as nearfold from "./node_modules/nearfold/index.js";
  import * as runner from "./vectors.mjs";
  await nearfold.init();
  Object.assign(window, { nearfold, runner, ready: true });
</script>
`,
);

const address = await served(project);
const page = await open(address);
await page.waitForFunction(() => window.ready);

for (const name of vectors) {
  test(`every vector of ${name} gives the same bits in Chromium`, async () => {
    const { count, failures } = await page.evaluate(
      async (name) => window.runner.runVectors(window.nearfold, await (await fetch(`vectors/${name}`)).json()),
      name,
    );
    assert.ok(count > 0);
    assert.deepEqual(failures, []);
  });
}

/** Returns ids and distance bits of the demo's questions, as Chromium finds them in the command line's file. */
const search = (options) =>
  page.evaluate(async (options) => {
    const bytes = async (name) => new Uint8Array(await (await fetch(name)).arrayBuffer());
    window.index ??= window.nearfold.Index.fromBytes(await bytes("data/debian20k.nearfold"));
    const file = await bytes("data/queries.npy");
    const { dim } = window.index;
    const queries = new Int8Array(file.buffer).subarray(file.length - 40 * dim);
    return Array.from({ length: 40 }, (_, query) => {
      const found = window.index.search(Float32Array.from(queries.subarray(query * dim, (query + 1) * dim)), options);
      return { query, ids: [...found.ids], bits: [...new Uint32Array(found.distances.buffer.slice(0))] };
    });
  }, options);

/** The same of the command line. */
function searchNatively(args) {
  const index = join(SITE, "data/debian20k.nearfold");
  const output = execFileSync(CLI, ["search", index, "--query", join(ROOT, "www/data/queries.npy"), "-k", "10", "--format", "json", ...args], { encoding: "utf8" });
  return output.trim().split("\n").map((line) => {
    const { query, ids, distances } = JSON.parse(line);
    return { query, ids, bits: [...new Uint32Array(Float32Array.from(distances).buffer)] };
  });
}

test("an index that the command line built gives the same ids and distance bits in Chromium", async () => {
  assert.deepEqual(await search({ k: 10, efSearch: 64 }), searchNatively(["--ef-search", "64"]));
});

test("and so does the comparison with every vector", async () => {
  assert.deepEqual(await search({ k: 10, exact: true }), searchNatively(["--exact"]));
});

test("an index that was opened in Chromium is saved as the same bytes", async () => {
  const same = await page.evaluate(async () => {
    const file = new Uint8Array(await (await fetch("data/debian20k.nearfold")).arrayBuffer());
    const saved = window.nearfold.Index.fromBytes(file).toBytes();
    return saved.length === file.length && saved.every((byte, i) => byte === file[i]);
  });
  assert.ok(same);
});

test("the page asked for nothing from elsewhere and met no error", () => {
  assert.deepEqual(page.problems, []);
});
