// Does the tarball work when it is installed elsewhere, through each of its entries?

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Project, ROOT, TARBALL } from "./install.mjs";

const project = new Project();
const bin = (name) => join(ROOT, "tests/js/node_modules/.bin", name);

const STORY = `
  await init();
  const index = new Index(3, { metric: "cosine" });
  index.add(Float32Array.of(1, 0, 0, 0, 1, 0));
  console.log(sum([1, 2, 3]), index.search([0, 1, 0], { k: 1 }).ids[0]);
`;

test("the package has no dependencies and no install scripts", () => {
  const manifest = JSON.parse(readFileSync(project.file("package.json"), "utf8"));
  for (const key of ["dependencies", "peerDependencies", "optionalDependencies", "bundleDependencies", "scripts"]) assert.equal(manifest[key], undefined, key);
});

test("one version stands in Cargo.toml, package.json and the module", () => {
  const cargo = /^version = "(.*)"/m.exec(readFileSync(join(ROOT, "Cargo.toml"), "utf8"))[1];
  const manifest = JSON.parse(readFileSync(project.file("package.json"), "utf8")).version;
  const module = project.run('import { version } from "nearfold"; console.log(version)');
  assert.deepEqual([manifest, module], [cargo, cargo]);
});

test("Node runs the story after await init()", () => {
  assert.equal(project.run(`import { init, sum, Index } from "nearfold"; ${STORY}`), "6 1");
});

test("Node needs no init: the first call starts the kernel", () => {
  assert.equal(project.run('import { sum } from "nearfold"; console.log(sum([1, 2]))'), "3");
});

test("the inline entry runs the story without reading a file, and needs no init", () => {
  assert.equal(project.run(`import { init, sum, Index } from "nearfold/inline"; ${STORY}`), "6 1");
  assert.equal(project.run('import { sum } from "nearfold/inline"; console.log(sum([1, 2]))'), "3");
});

test("the README's programs run, and give what its comments say", () => {
  const readme = readFileSync(project.file("README.md"), "utf8");
  const [start, resident, index, strings, columns, workers] = [...readme.matchAll(/```js\n([^]*?)```/g)].map(([, code]) => code);
  const checks = [...start.matchAll(/^((?:sum|variance)\(.*\)); \/\/ (\S+?)[:,]/gm)].map(([, call, value]) => `if (${call} !== ${value}) throw new Error(${JSON.stringify(call)});`);
  assert.equal(checks.length, 2);
  project.run(`${start} ${checks.join(" ")} if (ids[0] !== 0 || !(bytes instanceof Uint8Array)) throw new Error("search")`);
  project.run(`import { alloc, variance } from "nearfold"; const samples = new Float32Array(1000); ${resident}`);
  assert.match(project.run(workers), /^\d+ 1000$/m);
  const [, year, row] = columns.match(/found\.columns\.year; \/\/ (.*)\n.*books\.get\(1\); \/\/ (.*)\n/);
  assert.equal(project.run(`import { Index } from "nearfold"; ${columns} console.log(JSON.stringify([found.columns.year, books.get(1)]) === JSON.stringify([${year}, ${row}]))`), "true");
  const told = [...strings.matchAll(/^(notes\..*); \/\/ (\[.*\]|\d+)/gm)];
  assert.equal(told.length, 5);
  const answers = `const notes = new Index(2); console.log(JSON.stringify([${told.map(([, call]) => call)}]) === JSON.stringify([${told.map(([, , value]) => value)}]))`;
  assert.equal(project.run(`import { Index } from "nearfold"; ${answers}`), "true");
  const shown = [...index.matchAll(/^(many\..*); \/\/ (.*)$/gm)];
  assert.equal(shown.length, 4);
  // Each line again, in one list with what its comment says.
  const values = project.run(`import { Index } from "nearfold"; ${index} console.log(JSON.stringify([${shown.map(([, call]) => `((value) => (typeof value === "number" ? value : [...value]))(${call})`)}]))`);
  assert.equal(values, "[[10],[20],[10,20],1]");
  assert.deepEqual(shown.map(([, , comment]) => comment.replace(/^Float64Array |:.*|\s/g, "")), JSON.parse(values).map((value) => JSON.stringify(value)));
});

test("two entries in one program share one kernel and one Index", () => {
  assert.equal(project.run('import * as a from "nearfold"; import * as b from "nearfold/inline"; a.sum([1]); console.log(a.Index === b.Index, b.kernelMemory() > 0)'), "true true");
});

const BROWSER = "import * as nf from './node_modules/nearfold/index.js'; import { readFileSync } from 'node:fs'; const bytes = readFileSync('./node_modules/nearfold/wasm/nearfold_bg.wasm');";

test('the browser entry says: call "await init()" first', () => {
  const calls = ["nf.sum([1])", "nf.dot([1], [1])", "nf.alloc(1)", "new nf.KernelArray(1)", "new nf.Index(3)", "nf.Index.fromBytes(new Uint8Array(9))"];
  for (const call of calls) {
    assert.equal(project.run(`${BROWSER} try { ${call} } catch (error) { console.log(error.name, error.code, error.message) }`), 'NearfoldError not_initialized nearfold: call "await init()" first', call);
  }
});

test("the browser entry starts from bytes, a module, a response or a promise of them, and only once", () => {
  for (const source of ["bytes", "bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)", "new WebAssembly.Module(bytes)", "new Response(bytes)", "Promise.resolve(bytes)"]) {
    assert.equal(project.run(`${BROWSER} await Promise.all([nf.init(${source}), nf.init(bytes)]); await nf.init(); console.log(nf.sum([1, 2]))`), "3", source);
  }
});

test("a failed start says why, and may be repeated", () => {
  const cases = {
    "new Uint8Array(9)": /load_failed these bytes are not WebAssembly/,
    "new Response('<!doctype html>', { headers: { 'content-type': 'text/html' } })": /load_failed .* is not WebAssembly but text\/html: is the kernel deployed/,
    "new Response('', { status: 404 })": /load_failed .* HTTP 404/,
    "'http://127.0.0.1:1/none.wasm'": /load_failed could not fetch http:\/\/127.0.0.1:1\/none.wasm/,
    "new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])": /load_failed this is not nearfold's kernel/,
    42: /bad_parameter init: expected a URL, a Response, bytes or a WebAssembly.Module, got 42/,
  };
  for (const [source, expected] of Object.entries(cases)) {
    assert.match(project.run(`${BROWSER} try { await nf.init(${source}) } catch (error) { console.log(error.code, error.message) } await nf.init(bytes); if (nf.sum([1, 2]) !== 3) throw "no"`), expected);
  }
});

test("an engine without SIMD is told so in a sentence", () => {
  assert.match(project.run(`${BROWSER} WebAssembly.validate = () => false; try { await nf.init(bytes) } catch (error) { console.log(error.code, error.message) }`), /^no_simd nearfold needs WebAssembly with SIMD/);
});

test("the workerd entry takes the kernel as an imported module", () => {
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
  assert.equal(project.run(`import { init, sum, Index } from "nearfold"; ${STORY}`, ["--conditions=workerd", "--import=./register.mjs"]), "6 1");
});

test("publint has nothing to say", () => {
  assert.match(execFileSync(bin("publint"), ["--strict", TARBALL], { encoding: "utf8" }), /All good/);
});

test("attw finds no problem for ES modules", () => {
  const { problems } = JSON.parse(execFileSync(bin("attw"), [TARBALL, "--profile", "esm-only", "--format", "json"], { encoding: "utf8" })).analysis;
  const relevant = problems.filter(({ kind, resolutionKind }) => !["node10", "node16-cjs"].includes(resolutionKind) && kind !== "CJSResolvesToESM");
  assert.deepEqual(relevant, []);
});

test("the types accept what works and refuse what does not", () => {
  writeFileSync(join(project.path, "types.test-d.ts"), readFileSync(join(ROOT, "tests/js/types.test-d.ts")));
  const options = ["--noEmit", "--strict", "--exactOptionalPropertyTypes", "--noUncheckedIndexedAccess", "--target", "esnext", "--module", "nodenext", "--lib", "esnext,dom", "--types", ""];
  execFileSync(bin("tsc"), [...options, "types.test-d.ts"], { cwd: project.path, stdio: "pipe", encoding: "utf8" });
});

test("the types bring what they need of newer libraries", () => {
  writeFileSync(join(project.path, "older.ts"), 'import { Index } from "nearfold";\nimport { connect } from "nearfold/worker";\nvoid [Index, connect];\n');
  const options = ["--noEmit", "--strict", "--skipLibCheck", "false", "--target", "es2022", "--module", "nodenext", "--lib", "es2022,dom", "--types", ""];
  execFileSync(bin("tsc"), [...options, "older.ts"], { cwd: project.path, stdio: "pipe", encoding: "utf8" });
});

test("the types compile in a project of Node's, which has no DOM", () => {
  const entries = ["nearfold", "nearfold/fold", "nearfold/near", "nearfold/inline", "nearfold/worker", "nearfold/storage"];
  writeFileSync(join(project.path, "node.ts"), entries.map((entry, i) => `import * as e${i} from "${entry}";\nvoid e${i};\n`).join(""));
  const options = ["--noEmit", "--strict", "--skipLibCheck", "false", "--target", "es2022", "--module", "nodenext", "--lib", "es2022,esnext.disposable", "--types", "node", "--typeRoots", join(ROOT, "tests/js/node_modules/@types")];
  execFileSync(bin("tsc"), [...options, "node.ts"], { cwd: project.path, stdio: "pipe", encoding: "utf8" });
});
