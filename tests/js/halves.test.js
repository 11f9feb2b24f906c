// Does each half of the API work alone, with the smaller kernel of its own, and beside the other?

import assert from "node:assert/strict";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runIndex } from "./index-vectors.mjs";
import { Project, ROOT } from "./install.mjs";
import { runVectors } from "./vectors.mjs";

const project = new Project();
const fold = await project.import("fold/node.js");
const near = await project.import("near/node.js");
const folder = join(ROOT, "tests/vectors");
const json = (path) => JSON.parse(readFileSync(join(folder, path), "utf8"));

test("nearfold/fold gives the bits of every vector", () => {
  for (const name of readdirSync(folder).filter((name) => name.endsWith(".json"))) {
    const { count, failures } = runVectors(fold, json(name));
    assert.ok(count > 0);
    assert.deepEqual(failures, [], name);
  }
});

test("nearfold/near opens every index, answers and builds it anew as recorded", () => {
  const names = readdirSync(join(folder, "index/v2")).filter((name) => name.endsWith(".json"));
  assert.ok(names.length > 0);
  for (const name of names) {
    const file = readFileSync(join(folder, "index/v2", name.replace(/json$/, "nearfold")));
    assert.deepEqual(runIndex(near, json(`index/v2/${name}`), new Uint8Array(file)), [], name);
  }
});

const names = (api) => Object.keys(api).filter((name) => name !== "module.exports").sort();

test("the two halves together have all that nearfold has, and each has what its types say", async () => {
  assert.deepEqual([...new Set([...names(fold), ...names(near)])].sort(), names(await project.import("node.js")));
  for (const [half, api] of Object.entries({ fold, near })) {
    const [, list] = /export \{([^}]*)\} from "\.\.\/index\.js";/.exec(readFileSync(project.file(`${half}/index.d.ts`), "utf8"));
    assert.deepEqual(list.match(/\w+/g).sort(), names(api), half);
  }
});

test("a half's kernel has nothing of the other half", () => {
  const exported = (name) => WebAssembly.Module.exports(new WebAssembly.Module(readFileSync(project.file(`wasm/${name}.wasm`)))).map(({ name }) => name);
  const marks = (name) => ["reducePrefix", "indexcore_new"].map((mark) => exported(name).includes(mark));
  assert.deepEqual(marks("nearfold_bg"), [true, true]);
  assert.deepEqual(marks("nearfold_fold"), [true, false]);
  assert.deepEqual(marks("nearfold_near"), [false, true]);
});

test("two kernels take turns: calls of one while the other is at work, arrays of one given to the other", () => {
  const index = new near.Index(3, { storage: "f32" });
  const seen = [];
  const added = index.add(Float32Array.of(1, 0, 0, 0, 1, 0), {
    ids: [7, 8],
    progress(done, total) {
      seen.push(fold.sum([done, total]), fold.quantile(Float64Array.of(3, 1, 2), 0.5));
      assert.throws(() => fold.sum([1], { axis: 5 }), { code: "axis_out_of_range" });
    },
  });
  assert.deepEqual([[...added], seen.slice(-2)], [[7, 8], [4, 2]]);
  const array = fold.alloc(3, "float32");
  array.view().set([0, 1, 0]);
  assert.deepEqual([[...index.search(array, { k: 1 }).ids], fold.sum(array)], [[8], 1]);
  assert.deepEqual([...index.search([1, 0, 0], { filter: (id) => fold.max([id, 7.5]) === 8 }).ids], [8]);
  assert.throws(() => index.add(Float32Array.of(1, 1, 1), { progress: () => fold.min([]) }), { code: "empty" });
  index.free();
  array.free();
  assert.throws(() => fold.sum(array), { code: "freed" });
  assert.equal(fold.sum([1, 2]), 3);
});

test("arrays that are left to the collector are freed in the kernel where they lie", () => {
  const script = `
    import { alloc, sum } from "nearfold/fold";
    import { Index, kernelMemory } from "nearfold/near";
    const index = new Index(2);
    index.add(Float32Array.of(1, 0, 0, 1));
    sum([1]);
    for (let i = 0; i < 400; i++) {
      alloc(100_000);
      Index.fromBytes(index.toBytes());
      if (i % 20 === 0) { gc(); await new Promise((resolve) => setTimeout(resolve)); }
    }
    console.log(kernelMemory() < 2 ** 26, index.search([1, 0], { k: 1 }).ids[0], sum([1, 2]));
  `;
  assert.equal(project.run(script, ["--expose-gc"]), "true 0 3");
});

test("an array in a kernel without reductions is of float32 or uint8, and says so", () => {
  const script = `
    import { Index, alloc } from "nearfold/near";
    const index = new Index(2);
    const rows = alloc(4, "float32");
    rows.view().set([1, 0, 0, 1]);
    index.add(rows);
    const bytes = index.toBytes();
    const file = alloc(bytes.length, "uint8");
    file.view().set(bytes);
    let error;
    try { alloc(3) } catch (caught) { error = caught }
    console.log(Index.fromBytes(file).search([0, 1], { k: 1 }).ids[0], error.code, error.message);
  `;
  assert.equal(project.run(script), "1 unsupported_dtype array: expected float32 or uint8: this kernel has no reductions, got float64");
});

test("the entries share their classes, and what one has started another goes on with", () => {
  const script = (first, second) => `
    import * as first from "nearfold${first}";
    import * as second from "nearfold${second}";
    await first.init();
    const index = (first.Index ?? second.Index) && new (first.Index ?? second.Index)(2);
    await second.init();
    index?.add([[1, 0]]);
    console.log(first.NearfoldError === second.NearfoldError, first.Index === undefined || second.Index === undefined || first.Index === second.Index, (first.sum ?? second.sum)([1, 2]), index.length);
  `;
  for (const pair of [["", "/near"], ["/near", ""], ["/fold", ""], ["", "/fold"], ["/fold", "/near"], ["/near", "/inline"]]) assert.equal(project.run(script(...pair)), "true true 3 1", pair.join(" "));
});

const BROWSER = (half) => `import * as nf from './node_modules/nearfold/${half}/index.js'; import { readFileSync } from 'node:fs'; const kernel = (name) => readFileSync('./node_modules/nearfold/wasm/nearfold_' + name + '.wasm');`;

test("a half's browser entry asks for init, refuses the other half's kernel, and takes its own and the whole one", () => {
  const call = { fold: "nf.sum([1, 2])", near: "new nf.Index(3).dim" };
  for (const [half, other] of [["fold", "near"], ["near", "fold"]]) {
    const failed = (source) => project.run(`${BROWSER(half)} try { ${source} } catch (error) { console.log(error.code) }`);
    assert.equal(failed(call[half]), "not_initialized");
    assert.equal(failed(`await nf.init(kernel("${other}"))`), "load_failed");
    for (const own of [half, "bg"]) assert.equal(project.run(`${BROWSER(half)} await nf.init(kernel("${own}")); console.log(${call[half]})`), "3");
  }
});

test("a half's workerd entry takes its kernel as an imported module", () => {
  writeFileSync(
    join(project.path, "loader.mjs"),
    `import { readFileSync } from "node:fs";
     export async function load(url, context, next) {
       if (!url.endsWith(".wasm")) return next(url, context);
       const bytes = readFileSync(new URL(url)).toString("base64");
       return { format: "module", shortCircuit: true, source: \`export default new WebAssembly.Module(Buffer.from("\${bytes}", "base64"));\` };
     }`,
  );
  writeFileSync(join(project.path, "register.mjs"), 'import { register } from "node:module"; register("./loader.mjs", import.meta.url);');
  const args = ["--conditions=workerd", "--import=./register.mjs"];
  assert.equal(project.run('import { init, sum } from "nearfold/fold"; await init(); console.log(sum([1, 2]))', args), "3");
  assert.equal(project.run('import { Index } from "nearfold/near"; console.log(new Index(3).dim)', args), "3");
});

test("nearfold/storage and nearfold/near speak of one Index", () => {
  assert.equal(project.run('import { Index } from "nearfold/near"; import { save } from "nearfold/storage"; try { await save("a", new Index(3)) } catch (error) { console.log(error.code) }'), "no_storage");
});
