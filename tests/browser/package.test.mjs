// Does the installed npm package, in a plain page without a bundler, return the bits that every host returns?

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import * as loops from "../../www/js/loops.js";
import { foldCode, nearCode } from "../../www/js/snippets.js";
import { CLI, open, ROOT, served, SITE } from "./browser.mjs";

const { version } = JSON.parse(readFileSync(join(ROOT, "pkg/package.json"), "utf8"));
const jsonFiles = (folder) => (existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".json")) : []);
const vectors = jsonFiles(join(ROOT, "tests/vectors"));
const fixtures = jsonFiles(join(ROOT, "tests/vectors/index/v2"));

// A stranger's project: an empty folder, npm install, one page.
const project = mkdtempSync(join(tmpdir(), "nearfold-page-"));
after(() => rmSync(project, { recursive: true, force: true }));
writeFileSync(join(project, "package.json"), '{ "private": true }\n');
execFileSync("npm", ["install", join(ROOT, `target/npm/nearfold-${version}.tgz`), "--no-audit", "--no-fund", "--offline", "--loglevel=error"], { cwd: project });
for (const runner of ["vectors.mjs", "index-vectors.mjs"]) cpSync(join(ROOT, "tests/js", runner), join(project, runner));
cpSync(join(ROOT, "tests/vectors"), join(project, "vectors"), { recursive: true });
cpSync(join(SITE, "data"), join(project, "data"), { recursive: true });
writeFileSync(
  join(project, "index.html"),
  `<!doctype html>
<link rel="icon" href="data:,">
<script type="module">
  import * as nearfold from "./node_modules/nearfold/index.js";
  import { runVectors } from "./vectors.mjs";
  import { runIndex } from "./index-vectors.mjs";
  await nearfold.init();
  Object.assign(window, { nearfold, runVectors, runIndex, ready: true });
</script>
`,
);

const address = await served(project);
const page = await open(address);
await page.waitForFunction(() => window.ready);

for (const name of vectors) {
  test(`every vector of ${name} gives the same bits in Chromium`, async () => {
    const { count, failures } = await page.evaluate(
      async (name) => window.runVectors(window.nearfold, await (await fetch(`vectors/${name}`)).json()),
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

test("the code that the page offers for copying runs as it stands, and finds what the page shows", async () => {
  const { js } = nearCode({ id: 9, name: "any", k: 10, efSearch: 64 });
  const folded = foldCode({ op: "sum", loop: loops.sum.toString() });
  writeFileSync(
    join(project, "data/snippet.html"),
    `<!doctype html>
<link rel="icon" href="data:,">
<script type="importmap">{ "imports": { "nearfold": "../node_modules/nearfold/index.js" } }</script>
<script type="module">${js}\nwindow.found = [...ids];</script>
<script type="module">const values = Float64Array.of(1e100, 1, -1e100);\n${folded.js}\nwindow.folded = [ours, theirs];</script>
`,
  );
  const snippet = await open(`${address}data/snippet.html`);
  await snippet.waitForFunction(() => window.found && window.folded);
  const { ids } = await page.evaluate(async () => {
    const index = window.nearfold.Index.fromBytes(new Uint8Array(await (await fetch("data/debian20k.nearfold")).arrayBuffer()));
    const found = index.search(index.vector(9), { k: 10, efSearch: 64 });
    return { ids: [...found.ids] };
  });
  assert.deepEqual(await snippet.evaluate(() => window.found), ids);
  assert.deepEqual(await snippet.evaluate(() => window.folded), [1, 0]);
  assert.deepEqual(snippet.problems, []);
});

test("a page that imports one half fetches its kernel alone, and gets the same bits", async () => {
  const use = {
    fold: 'import { runVectors as run } from "./vectors.mjs"; const given = async () => [await (await fetch(`vectors/sum.json`)).json()];',
    near: 'import { runIndex as run } from "./index-vectors.mjs"; const given = async (name) => [await (await fetch(`${name}json`)).json(), new Uint8Array(await (await fetch(`${name}nearfold`)).arrayBuffer())];',
  };
  for (const [half, code] of Object.entries(use)) {
    writeFileSync(
      join(project, `${half}.html`),
      `<!doctype html>
<link rel="icon" href="data:,">
<script type="module">
  import * as nearfold from "./node_modules/nearfold/${half}/index.js";
  ${code}
  await nearfold.init();
  window.done = run(nearfold, ...(await given("vectors/index/v2/${fixtures[0].replace(/json$/, "")}")));
</script>
`,
    );
    const page = await open(`${address}${half}.html`);
    await page.waitForFunction(() => window.done);
    const done = await page.evaluate(() => window.done);
    assert.deepEqual(half === "fold" ? done.failures : done, []);
    const kernels = await page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => name.split("/").pop()).filter((name) => name.endsWith(".wasm")));
    assert.deepEqual(kernels, [`nearfold_${half}.wasm`]);
    assert.deepEqual(page.problems, []);
  }
});

test("there are index fixtures to open", () => assert.ok(fixtures.length > 0));

for (const name of fixtures) {
  test(`the index fixture ${name} opens, answers and is built anew with the same bits in Chromium`, async () => {
    const failures = await page.evaluate(async (name) => {
      const [fixture, file] = [await fetch(`vectors/index/v2/${name}`), await fetch(`vectors/index/v2/${name.replace(/json$/, "nearfold")}`)];
      return window.runIndex(window.nearfold, await fixture.json(), new Uint8Array(await file.arrayBuffer()));
    }, name);
    assert.deepEqual(failures, []);
  });
}

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
