// Do workers and storage do in Chromium what they promise?

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { open, served } from "./browser.mjs";
import { projectOf } from "./project.mjs";

const project = projectOf({
  "index.html": `<!doctype html>
<link rel="icon" href="data:,">
<script type="module">
  import * as nearfold from "./node_modules/nearfold/index.js";
  import * as storage from "./node_modules/nearfold/storage.js";
  import * as worker from "./node_modules/nearfold/worker.js";
  await nearfold.init();
  const vectors = (n, dim) => Float32Array.from({ length: n * dim }, (_, i) => Math.sin(i * i + 0.1 * i));
  const code = (promise) => promise.then(() => "none", (error) => (typeof error.code === "string" ? error.code : error.name));
  const same = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]);
  // What begins as an index does: no more is looked at when bytes are saved.
  const headed = (bytes) => (bytes.set(new TextEncoder().encode("nearfold")), bytes);
  Object.assign(window, { nearfold, storage, worker, vectors, code, same, headed, ready: true });
</script>
`,
});
const file = await (async () => {
  const { Index } = await import(pathToFileURL(join(project, "node_modules/nearfold/node.js")));
  const index = new Index(16);
  index.add(Float32Array.from({ length: 16 * 2000 }, (_, i) => Math.sin(i * i)));
  return index.toBytes();
})();
writeFileSync(join(project, "index.nearfold"), file);

const address = await served(project);
async function fresh() {
  const page = await open(address);
  await page.waitForFunction(() => window.ready);
  return page;
}

/** Saves, opens, lists, replaces and removes, and says what came of it. */
const story = async () => {
  const { storage, nearfold, vectors, code, same, headed } = window;
  const index = new nearfold.Index(8);
  index.add(vectors(5000, 8));
  const bytes = index.toBytes();
  const seen = [];
  const saved = await storage.save("a/../b? é.nearfold", index, { onProgress: (done, total) => seen.push(done, total) });
  const opened = await storage.open("a/../b? é.nearfold");
  await storage.save("second", bytes);
  const large = headed(new Uint8Array(2 ** 23 * 2 + 5).fill(7));
  await storage.save("large", large);
  const names = (await storage.list()).map(({ name, bytes, saved }) => [name, bytes, saved instanceof Date]);
  await storage.save("second", bytes.subarray(0, -1));
  const refused = [await code(storage.save("second", new Uint8Array(500))), await code(storage.save("\ud800", bytes))];
  const aborted = await code(storage.save("large", bytes, { signal: AbortSignal.abort() }));
  const result = {
    saved: saved.bytes === bytes.length,
    same: same(opened.toBytes(), bytes),
    progress: seen.at(-1) === bytes.length,
    names: names.map(([name, , dated]) => [name, dated]),
    lengths: names.every(([, length]) => length > 0),
    damaged: await code(storage.open("second")),
    aborted,
    refused,
    absent: await code(storage.open("none")),
    removed: [await storage.remove("second"), await storage.delete("second"), await storage.remove("large")],
    left: (await storage.list()).length,
  };
  await storage.remove("a/../b? é.nearfold");
  return result;
};
const EXPECTED = {
  saved: true, same: true, progress: true, lengths: true,
  names: [["a/../b? é.nearfold", true], ["large", true], ["second", true]],
  damaged: "corrupt", refused: ["corrupt", "bad_parameter"], aborted: "AbortError", absent: "not_found", removed: [true, false, true], left: 1,
};

test("OPFS keeps indexes under any name", async () => {
  const page = await fresh();
  assert.deepEqual(await page.evaluate(story), EXPECTED);
  assert.equal(await page.evaluate(async () => (await Array.fromAsync((await navigator.storage.getDirectory()).keys())).join()), "nearfold");
});

test("IndexedDB does so where there is no OPFS", async () => {
  const page = await open(address);
  await page.context().addInitScript(() => delete FileSystemFileHandle.prototype.createWritable);
  await page.reload();
  await page.waitForFunction(() => window.ready);
  assert.deepEqual(await page.evaluate(story), EXPECTED);
  assert.deepEqual(await page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name)), ["nearfold"]);
});

for (const without of [false, true]) {
  test(`a quota that is too small is told in ${without ? "IndexedDB" : "OPFS"}, and the old index stays`, async () => {
    const page = await open(address);
    if (without) await page.context().addInitScript(() => delete FileSystemFileHandle.prototype.createWritable);
    await page.reload();
    await page.waitForFunction(() => window.ready);
    await page.evaluate(async () => {
      const index = new nearfold.Index(8);
      index.add(vectors(100, 8));
      await storage.save("a", index);
    });
    const session = await page.context().newCDPSession(page);
    await session.send("Storage.overrideQuotaForOrigin", { origin: new URL(address).origin, quotaSize: 500_000 });
    // Chromium holds IndexedDB to this quota late or never: its error is thrown for it.
    if (without) {
      await page.evaluate(() => {
        const { put } = IDBObjectStore.prototype;
        IDBObjectStore.prototype.put = function (value, key) {
          if (value.length > 500_000) throw new DOMException("full", "QuotaExceededError");
          return put.call(this, value, key);
        };
      });
    }
    const { code, message, length, names } = await page.evaluate(async () => {
      const error = await storage.save("a", headed(new Uint8Array(5_000_000).map(() => Math.random() * 256))).catch((error) => error);
      const other = await storage.save("b", headed(new Uint8Array(5_000_000))).catch((error) => error);
      return { code: [error.code, other.code], message: error.message, length: (await storage.open("a")).length, names: (await storage.list()).map(({ name }) => name) };
    });
    assert.deepEqual(code, ["quota_exceeded", "quota_exceeded"]);
    assert.match(message, /^(most likely )?no room to save “a”, which takes 5000000 bytes/);
    assert.equal(length, 100);
    assert.deepEqual(names, ["a"]);
  });
}

for (const without of [false, true]) {
  test(`savings of one name at once, from a page and its worker, take turns in ${without ? "IndexedDB" : "OPFS"}: each is whole, and one that is given up harms none`, async () => {
    const page = await open(address);
    if (without) await page.context().addInitScript(() => delete FileSystemFileHandle.prototype.createWritable);
    await page.reload();
    await page.waitForFunction(() => window.ready);
    const found = await page.evaluate(async () => {
      const { nearfold, storage, worker, vectors, code } = window;
      const nf = await worker.connect();
      const made = [200, 300, 400].map((n) => {
        const index = new nearfold.Index(64);
        index.add(vectors(n, 64));
        return index;
      });
      const there = await nf.Index.create(64);
      await there.add(vectors(500, 64));
      // The first saving of a name, with one beside it that is given up.
      const [first, second] = [new AbortController(), new AbortController()];
      const large = headed(new Uint8Array(5 * 2 ** 23).fill(7));
      const given = await Promise.all([code(storage.save("large", large)), code(storage.save("large", large.subarray(0, 2 ** 24), { signal: first.signal, onProgress: () => first.abort() }))]);
      const kept = (await storage.list()).map(({ name, bytes }) => [name, bytes]);
      await storage.remove("large");
      const codes = Promise.all([
        ...made.map((index) => code(storage.save("same", index))),
        code(nf.save("same", there)),
        code(storage.save("same", headed(new Uint8Array(2 ** 24)), { signal: second.signal, onProgress: () => second.abort() })),
        code(storage.save("same", made[0], { signal: AbortSignal.timeout(0) })).then((code) => (code === "none" ? "TimeoutError" : code)),
        code(storage.remove("same")),
        code(storage.save("same", made[2])),
      ]);
      const result = [await codes, (await storage.open("same")).length, (await storage.list()).map(({ name }) => name), given, kept];
      nf.close();
      return result;
    });
    // The worker's turn may be the last.
    assert.ok([400, 500].includes(found[1]), String(found[1]));
    assert.deepEqual(found.slice(2), [["same"], ["none", "AbortError"], [["large", 5 * 2 ** 23]]]);
    assert.deepEqual(found[0], ["none", "none", "none", "none", "AbortError", "TimeoutError", "none", "none"]);
  });
}

test("an index survives a reload of the page", async () => {
  const page = await fresh();
  await page.evaluate(async () => {
    const index = new nearfold.Index(8);
    index.add(vectors(1000, 8));
    await storage.save("kept", index);
    sessionStorage.found = String(index.search(vectors(1, 8)).ids);
  });
  await page.reload();
  await page.waitForFunction(() => window.ready);
  assert.ok(await page.evaluate(async () => String((await storage.open("kept")).search(vectors(1, 8)).ids) === sessionStorage.found));
});

test("fetchIndex fetches once, checks the digest and reads the cache after it", async () => {
  const page = await fresh();
  let asked = 0;
  page.on("request", (request) => request.url().endsWith("index.nearfold") && asked++);
  const integrity = `sha256-${createHash("sha256").update(file).digest("base64")}`;
  const lengths = await page.evaluate(async (integrity) => {
    const lengths = [];
    for (let i = 0; i < 3; i++) lengths.push((await storage.fetchIndex("index.nearfold", { cache: true, integrity })).length);
    return lengths;
  }, integrity);
  assert.deepEqual([lengths, asked], [[2000, 2000, 2000], 1]);
  const wrong = `sha256-${createHash("sha256").update("other").digest("base64")}`;
  assert.equal(await page.evaluate((integrity) => code(storage.fetchIndex("index.nearfold", { cache: true, integrity })), wrong), "integrity_mismatch");
  assert.equal(await page.evaluate(async () => (await storage.list()).length), 1);
  // What is kept under a name is checked too, and fetched anew where it is another index.
  const found = await page.evaluate(async (integrity) => {
    const small = new nearfold.Index(2);
    small.add([1, 2]);
    await storage.save("mine", small);
    const fetched = await storage.fetchIndex("index.nearfold", { cache: "mine", integrity });
    return [fetched.length, (await storage.open("mine")).length];
  }, integrity);
  assert.deepEqual(found, [2000, 2000]);
  // An address is kept in full, however it is written.
  asked = 0;
  const names = await page.evaluate(async () => {
    await storage.fetchIndex("./index.nearfold", { cache: true });
    await storage.fetchIndex(new URL("index.nearfold", location), { cache: true });
    return (await storage.list()).map(({ name }) => name);
  });
  assert.equal(asked, 1);
  assert.ok(names.includes(new URL("index.nearfold", page.url()).href), String(names));
});

test("a stream from the network is placed as it comes", async () => {
  const page = await fresh();
  const { length, reports, total } = await page.evaluate(async () => {
    let reports = 0, total;
    const index = await nearfold.Index.fromStream(await fetch("index.nearfold"), { onProgress: (_, all) => (reports++, (total = all)) });
    return { length: index.length, reports, total };
  });
  assert.deepEqual([length, total, reports >= 1], [2000, file.length, true]);
});

test("a worker answers as the page does, opens and saves by itself, and stops an addition on an unisolated page", async () => {
  const page = await fresh();
  const found = await page.evaluate(async () => {
    const { nearfold, worker, vectors, code, same } = window;
    const nf = await worker.connect();
    const data = vectors(3000, 16);
    const here = new nearfold.Index(16);
    here.add(data);
    const there = await nf.Index.create(16);
    const reports = [];
    await there.add(data, { progress: (done, total) => reports.push(done, total) });
    const n = 60_000;
    const many = await nf.Index.create(32);
    const controller = new AbortController();
    const aborted = await code(many.add(vectors(n, 32), { transfer: true, signal: controller.signal, progress: () => controller.abort() }));
    const added = await many.length;
    await nf.save("from a worker", there);
    const again = await nf.open("from a worker");
    const fetched = await nf.fetchIndex("index.nearfold", { request: { headers: new Headers({ "x-mine": "1" }) }, onProgress: (loaded, total) => reports.push(loaded, total) });
    const streamed = await nf.Index.fromStream((await fetch("index.nearfold")).body);
    const result = {
      isolated: crossOriginIsolated,
      sum: (await nf.sum([1e16, 1, -1e16])) === 1,
      same: same(await there.toBytes(), here.toBytes()) && same(await again.toBytes(), here.toBytes()),
      reports: reports.at(-1) === reports.at(-2),
      aborted,
      stopped: added > 0 && added < n,
      lengths: [await fetched.length, await streamed.length],
      error: await code(there.search([1])),
    };
    nf.close();
    return result;
  });
  assert.deepEqual(found, { isolated: false, sum: true, same: true, reports: true, aborted: "AbortError", stopped: true, lengths: [2000, 2000], error: "dimension_mismatch" });
  assert.deepEqual(page.problems.filter((problem) => !/blob:/.test(problem)), []);
});

test("a pool merges reductions and shards", async () => {
  const page = await fresh();
  assert.deepEqual(
    await page.evaluate(async () => {
      const { nearfold, worker, vectors, same } = window;
      const pool = await worker.createPool({ size: 2 });
      const numbers = Float64Array.from({ length: 150_000 }, (_, i) => Math.sin(i) * 10 ** (i % 25));
      const data = vectors(2000, 16);
      const one = new nearfold.Index(16, { storage: "f32" });
      one.add(data);
      const shards = await pool.Index.create(16, { storage: "f32" });
      await shards.add(data);
      const whole = await pool.sum(numbers);
      const [a, b] = [await shards.searchMany(data.subarray(0, 160), { exact: true }), one.searchMany(data.subarray(0, 160), { exact: true })];
      pool.close();
      return [whole === nearfold.sum(numbers), same(a.ids, b.ids), same(a.distances, b.distances)];
    }),
    [true, true, true],
  );
});

test("a worker whose script is missing is told", async () => {
  const page = await fresh();
  assert.equal(await page.evaluate(() => code(worker.connect({ worker: () => new Worker("none.js", { type: "module" }) }))), "worker_failed");
});

test("a Content-Security-Policy needs 'wasm-unsafe-eval' and no more, and a page without it is told", async () => {
  const visit = async (policy) => {
    writeFileSync(
      join(project, "strict.html"),
      `<!doctype html><meta http-equiv="Content-Security-Policy" content="default-src 'none'; connect-src 'self'; worker-src 'self'; script-src 'self'${policy}"><link rel="icon" href="data:,"><script type="module" src="strict.js"></script>`,
    );
    writeFileSync(
      join(project, "strict.js"),
      `import * as nearfold from "./node_modules/nearfold/index.js";
       import { connect } from "./node_modules/nearfold/worker.js";
       const told = async (work) => { try { return await work() } catch ({ code, message }) { return [code, message] } };
       window.found = [
         await told(async () => (await nearfold.init(), nearfold.sum([1e16, 1, -1e16]))),
         await told(async () => { const nf = await connect(); const sum = await nf.sum([1e16, 1, -1e16]); nf.close(); return sum; }),
       ];`,
    );
    const page = await open(`${address}strict.html`);
    await page.waitForFunction(() => window.found);
    return page.evaluate(() => window.found);
  };
  assert.deepEqual(await visit(" 'wasm-unsafe-eval'"), [1, 1]);
  const [here] = await visit("");
  assert.equal(here[0], "load_failed");
  assert.match(here[1], /Content-Security-Policy lacks 'wasm-unsafe-eval'/);
});
