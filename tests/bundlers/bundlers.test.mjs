// Does the packed tarball work in a fresh project of each bundler and host: import, build, search, save, reload?

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { open, served } from "../browser/browser.mjs";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const ROOT = join(HERE, "../..");
const EXAMPLES = join(ROOT, "examples");
const { version } = JSON.parse(readFileSync(join(ROOT, "pkg/package.json"), "utf8"));
const TARBALL = join(ROOT, `target/npm/nearfold-${version}.tgz`);
const WORK = join(HERE, ".work");
const bin = (name) => join(HERE, "node_modules/.bin", name);

rmSync(WORK, { recursive: true, force: true });
after(() => rmSync(WORK, { recursive: true, force: true }));

/** Returns a fresh project: the example's files if there are, and the tarball installed. Bundlers lie above it. */
function project(name, example, files = {}) {
  const path = join(WORK, name);
  mkdirSync(path, { recursive: true });
  if (example) cpSync(join(EXAMPLES, example), path, { recursive: true });
  writeFileSync(join(path, "package.json"), JSON.stringify({ name, private: true, type: "module" }));
  run("npm", ["install", TARBALL, "--no-audit", "--no-fund", "--offline", "--loglevel=error"], path);
  for (const [file, content] of Object.entries(files)) writeFileSync(join(path, file), content);
  return path;
}

const { NODE_ENV: _, ...ENV } = { ...process.env, NEXT_TELEMETRY_DISABLED: "1" };

function run(command, args, cwd) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: "utf8", env: ENV });
  assert.equal(status, 0, `${command} ${args.join(" ")}: ${error ?? ""}${stdout}${stderr}`);
  return stdout;
}

/** Opens an app twice: it builds and saves, then opens what it saved. */
async function works(address) {
  const page = await open(address);
  for (const how of ["built", "opened"]) {
    try {
      await page.waitForFunction(() => /notes/.test(document.getElementById("state")?.textContent), null, { timeout: 30_000 });
    } catch (error) {
      assert.fail(`${error.message} ${page.problems.join("; ")}`);
    }
    const text = (id) => page.locator(`#${id}`).textContent();
    assert.deepEqual([await text("sum"), await text("nearest"), await text("state")], ["1", "7", `${how} 2000 notes`]);
    if (how === "built") await page.reload();
  }
  assert.deepEqual(page.problems.filter((problem) => !/blob:/.test(problem)), []);
  await page.context().close();
}

const wasmFiles = (folder) => readdirSync(folder, { recursive: true }).filter((file) => file.endsWith(".wasm") && !file.includes("node_modules"));

test("a plain page with an import map", async () => {
  await works(await served(project("page", "page")));
});

test("Vite, production", async () => {
  const path = project("vite-build", "vite");
  run(bin("vite"), ["build", "--logLevel", "warn"], path);
  assert.ok(wasmFiles(join(path, "dist")).length > 0);
  await works(await served(join(path, "dist")));
});

test("Vite, development", async () => {
  const path = project("vite-dev", "vite");
  const { createServer } = await import("vite");
  const server = await createServer({ root: path, logLevel: "error", server: { host: "127.0.0.1", port: 0, hmr: false }, cacheDir: join(path, ".vite") });
  await server.listen();
  try {
    await works(server.resolvedUrls.local[0]);
  } finally {
    await server.close();
  }
});

const PAGE = readFileSync(join(EXAMPLES, "vite/index.html"), "utf8");

// What a page of one half does with it, told in its title.
const HALF = {
  fold: 'import { init, sum } from "nearfold/fold"; await init(); document.title = `done ${sum([1e16, 1, -1e16])}`;',
  near: 'import { init, Index } from "nearfold/near"; await init(); const index = new Index(2); index.add([[1, 0], [0, 1]]); document.title = `done ${index.search([0, 1], { k: 1 }).ids[0]}`;',
};

for (const [half, code] of Object.entries(HALF)) {
  test(`a page with nearfold/${half} alone has that kernel alone, from Vite and from webpack`, async () => {
    const builders = {
      async vite(path) {
        run(bin("vite"), ["build", "--logLevel", "warn", "--target", "esnext"], path);
      },
      async webpack(path) {
        const webpack = createRequire(import.meta.url)("webpack");
        const stats = await new Promise((resolve, reject) =>
          webpack({ mode: "production", context: path, entry: "./main.js", output: { path: join(path, "dist"), filename: "main.js", publicPath: "auto", module: true }, experiments: { outputModule: true }, performance: { hints: false } }, (error, stats) => (error ? reject(error) : resolve(stats))),
        );
        assert.equal(stats.hasErrors() || stats.hasWarnings(), false, stats.toString({ all: false, errors: true, warnings: true }));
        writeFileSync(join(path, "dist/index.html"), '<!doctype html><link rel="icon" href="data:,"><script type="module" src="main.js"></script>');
      },
    };
    for (const [name, build] of Object.entries(builders)) {
      const path = project(`${half}-${name}`, undefined, { "main.js": code, "index.html": '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/main.js"></script>' });
      await build(path);
      const kernels = wasmFiles(join(path, "dist"));
      assert.equal(kernels.length, 1);
      assert.deepEqual(readFileSync(join(path, "dist", kernels[0])), readFileSync(join(path, `node_modules/nearfold/wasm/nearfold_${half}.wasm`)));
      const page = await open(await served(join(path, "dist")));
      await page.waitForFunction(() => document.title.startsWith("done"), null, { timeout: 8000 }).catch((error) => assert.fail(`${name}: ${error.message} ${page.problems.join("; ")}`));
      assert.equal(await page.title(), "done 1");
      assert.deepEqual(page.problems, []);
    }
  });
}

for (const mode of ["development", "production"]) {
  test(`webpack 5, ${mode}`, async () => {
    const path = project(`webpack-${mode}`, "vite");
    const webpack = createRequire(import.meta.url)("webpack");
    const stats = await new Promise((resolve, reject) =>
      webpack({ mode, context: path, entry: "./main.js", output: { path: join(path, "dist"), publicPath: "auto" }, performance: { hints: false } }, (error, stats) => (error ? reject(error) : resolve(stats))),
    );
    assert.equal(stats.hasErrors() || stats.hasWarnings(), false, stats.toString({ all: false, errors: true, warnings: true }));
    writeFileSync(join(path, "dist/index.html"), PAGE);
    await works(await served(join(path, "dist")));
  });
}

// Bundlers that leave `new URL(…, import.meta.url)` as it is: the kernel in the script, the worker an entry.
const INLINE = readFileSync(join(EXAMPLES, "vite/main.js"), "utf8")
  .replace('from "nearfold"', 'from "nearfold/inline"')
  .replace("connect()", 'connect({ worker: new Worker(new URL("thread.js", document.baseURI), { type: "module" }) })');

test("esbuild, with nearfold/inline", async () => {
  const path = project("esbuild", "vite", { "main.js": INLINE, "thread.js": 'import "nearfold/inline/thread";\n' });
  const { build } = await import("esbuild");
  const { warnings } = await build({ absWorkingDir: path, entryPoints: ["main.js", "thread.js"], outdir: "dist", bundle: true, minify: true, format: "esm", logLevel: "silent" });
  assert.deepEqual(warnings, []);
  writeFileSync(join(path, "dist/index.html"), PAGE);
  await works(await served(join(path, "dist")));
});

test("Rollup, with nearfold/inline", async () => {
  const path = project("rollup", "vite", { "main.js": INLINE, "thread.js": 'import "nearfold/inline/thread";\n' });
  const [{ rollup }, { nodeResolve }] = await Promise.all([import("rollup"), import("@rollup/plugin-node-resolve")]);
  const warnings = [];
  const bundle = await rollup({ input: { main: join(path, "main.js"), thread: join(path, "thread.js") }, plugins: [nodeResolve({ browser: true })], onwarn: ({ message }) => warnings.push(message) });
  await bundle.write({ dir: join(path, "dist"), format: "es" });
  assert.deepEqual(warnings, []);
  writeFileSync(join(path, "dist/index.html"), PAGE);
  await works(await served(join(path, "dist")));
});

for (const [mode, build, serve] of [["production", ["build"], "start"], ["development", undefined, "dev"]]) {
  test(`Next.js, app router, a client component, ${mode}`, async () => {
    const path = project(`next-${mode}`, "next", { "next.config.mjs": `export default { turbopack: { root: ${JSON.stringify(HERE)} }, devIndicators: false, allowedDevOrigins: ["127.0.0.1"] };\n` });
    if (build) run(bin("next"), build, path);
    const server = spawn(process.execPath, [join(HERE, "node_modules/next/dist/bin/next"), serve, "--hostname", "127.0.0.1", "--port", "0"], { cwd: path, env: ENV, stdio: ["ignore", "pipe", "inherit"] });
    after(() => server.kill());
    let printed = "";
    const address = await new Promise((resolve, reject) => {
      server.on("exit", (code) => reject(new Error(`next ${serve} ended with ${code}: ${printed}`)));
      server.stdout.on("data", (data) => {
        printed += data;
        const [found] = /http:\/\/(127\.0\.0\.1|localhost):[1-9]\d*/.exec(printed) ?? [];
        if (found && /Ready/.test(printed)) resolve(`${found.replace("localhost", "127.0.0.1")}/`);
      });
    });
    await works(address);
    server.kill();
  });
}

test("Node, ES modules", () => {
  const path = project("node", undefined, {
    "save.mjs": 'import { writeFileSync } from "node:fs"; import { Index } from "nearfold"; const index = new Index(2); index.add([0, 0, 1, 1]); writeFileSync("a.nearfold", index.toBytes());',
    "open.mjs": 'import { createReadStream } from "node:fs"; import { Index } from "nearfold"; const index = await Index.fromStream(createReadStream("a.nearfold")); console.log(index.search([1, 1], { k: 1 }).ids[0]);',
  });
  run(process.execPath, ["save.mjs"], path);
  assert.equal(run(process.execPath, ["open.mjs"], path), "1\n");
  const pool = readFileSync(join(EXAMPLES, "pool.mjs"), "utf8");
  writeFileSync(join(path, "pool.mjs"), pool);
  assert.equal(run(process.execPath, ["pool.mjs"], path), "sum 149850000\n4000 vectors are in\nthe nearest is 7\nAbortError\n");
});

// The same story in the other hosts that `node.js` serves: import, build, search, save, open in another process, work in a worker.
const STORY = {
  "save.mjs": `import { writeFileSync } from "node:fs";
    import { Index, sum } from "nearfold";
    const index = new Index(2);
    index.add([0, 0, 1, 1], { columns: { year: [1999, 2004] } });
    writeFileSync("a.nearfold", index.toBytes());
    console.log(sum([1e16, 1, -1e16]), index.search([1, 1], { k: 1 }).ids[0]);`,
  "open.mjs": `import { readFileSync } from "node:fs";
    import { Index } from "nearfold";
    const opened = Index.fromBytes(readFileSync("a.nearfold"));
    const streamed = await Index.fromStream(new Blob([readFileSync("a.nearfold")]).stream());
    console.log(opened.search([1, 1], { k: 1 }).ids[0], streamed.search([1, 1], { k: 2, filter: { year: { lt: 2000 } } }).ids.join());`,
  "inline.mjs": `import { Index, sum } from "nearfold/inline";
    console.log(sum([1e16, 1, -1e16]), new Index(2).length);`,
  "worker.mjs": `import { connect } from "nearfold/worker";
    const nf = await connect();
    const index = await nf.Index.create(2);
    await index.add([0, 0, 1, 1]);
    console.log(await nf.sum([1e16, 1, -1e16]), (await index.search([1, 1], { k: 1 })).ids[0]);
    nf.close();`,
};
const TOLD = { "save.mjs": "1 1\n", "open.mjs": "1 0\n", "inline.mjs": "1 0\n", "worker.mjs": "1 1\n" };

for (const [name, args] of Object.entries({ deno: ["run", "--allow-read", "--allow-write", "--no-lock", "--node-modules-dir=manual"], bun: [] })) {
  test(`${name}, from its npm package`, () => {
    const path = project(name, undefined, STORY);
    for (const [script, told] of Object.entries(TOLD)) assert.equal(run(bin(name), [...args, script], path), told, script);
  });
}

test("a service worker, bundled in one file", async () => {
  const path = project("service-worker", undefined, {
    "index.html": '<!doctype html><link rel="icon" href="data:,">',
    "source.js": `import { Index, sum } from "nearfold/inline";
      import { open, save } from "nearfold/storage";
      addEventListener("message", async ({ ports }) => {
        const index = new Index(2);
        index.add([0, 0, 1, 1]);
        await save("a", index);
        const again = await open("a");
        ports[0].postMessage([sum([1e16, 1, -1e16]), again.search([1, 1], { k: 1 }).ids[0]]);
      });`,
  });
  const { build } = await import("esbuild");
  await build({ absWorkingDir: path, entryPoints: ["source.js"], outfile: "sw.js", bundle: true, format: "iife", logLevel: "silent" });
  const page = await open(await served(path));
  const found = await page.evaluate(async () => {
    await navigator.serviceWorker.register("sw.js");
    const { active } = await navigator.serviceWorker.ready;
    const { port1, port2 } = new MessageChannel();
    return new Promise((resolve) => {
      port1.onmessage = ({ data }) => resolve(data);
      active.postMessage(0, [port2]);
    });
  });
  assert.deepEqual(found, [1, 1]);
  assert.deepEqual(page.problems, []);
});

test("workerd, with the kernel as a module", async () => {
  const path = project("workerd", undefined, {
    "source.js": `import { Index, sum } from "nearfold";
      export default { async fetch() {
        const index = new Index(2);
        index.add([0, 0, 1, 1]);
        const again = Index.fromBytes(index.toBytes());
        return Response.json([sum([1e16, 1, -1e16]), again.search([1, 1], { k: 1 }).ids[0]]);
      } };`,
  });
  const [{ build }, { Miniflare }] = await Promise.all([import("esbuild"), import("miniflare")]);
  await build({ absWorkingDir: path, entryPoints: ["source.js"], outdir: "dist", bundle: true, format: "esm", conditions: ["workerd"], loader: { ".wasm": "copy" }, assetNames: "[name]", logLevel: "silent" });
  const miniflare = new Miniflare({
    compatibilityDate: "2026-01-01",
    modules: [
      { type: "ESModule", path: join(path, "dist/source.js") },
      { type: "CompiledWasm", path: join(path, "dist/nearfold_bg.wasm") },
    ],
    modulesRoot: join(path, "dist"),
  });
  try {
    assert.deepEqual(await (await miniflare.dispatchFetch("http://localhost/")).json(), [1, 1]);
  } finally {
    await miniflare.dispose();
  }
});
