// Does an index open from a stream as from its bytes, early, in little memory, and refuse what is wrong?

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { createHash } from "node:crypto";
import { after, test } from "node:test";
import { Project } from "./install.mjs";

const project = new Project();
const { Index, NearfoldError, kernelMemory, pages } = await project.import("node.js");
const { fetchIndex, save, open, list, remove } = await project.import("storage.js");

const index = new Index(8);
index.add(Float32Array.from({ length: 8 * 3000 }, (_, i) => Math.sin(i * i)));
const bytes = index.toBytes();

async function* cut(bytes, step) {
  for (let start = 0; start < bytes.length; start += step) yield bytes.slice(start, start + step);
}

const rejectsWith = (promise, code) =>
  assert.rejects(promise, (error) => {
    assert.ok(error instanceof NearfoldError, String(error));
    assert.equal(error.code, code, error.message);
    return true;
  });

test("pieces of any size give the same index", async () => {
  for (const step of [1, 7, 23, 24, 25, 4096, bytes.length]) {
    const opened = await Index.fromStream(cut(step === 1 ? bytes : bytes, step));
    assert.deepEqual(opened.toBytes(), bytes, String(step));
    opened.free();
  }
  assert.equal((await Index.fromStream(new Response(bytes))).length, 3000);
  assert.equal((await Index.fromStream(new Blob([bytes]).stream())).length, 3000);
  assert.equal((await Index.fromStream(new Blob([bytes]))).length, 3000);
  assert.equal((await Index.fromStream(Promise.resolve(new Response(bytes)))).length, 3000);
});

test("progress tells bytes and their number", async () => {
  const seen = [];
  await Index.fromStream(cut(bytes, 10_000), { onProgress: (...figures) => seen.push(figures) });
  assert.equal(seen.length, Math.ceil(bytes.length / 10_000));
  assert.deepEqual(seen.at(-1), [bytes.length, bytes.length]);
});

test("what is no index is refused at its first bytes, and the stream is let go", async () => {
  let cancelled = 0;
  const endless = (first) => new ReadableStream({ pull: (controller) => controller.enqueue(first), cancel: () => void cancelled++ });
  await rejectsWith(Index.fromStream(endless(new TextEncoder().encode("<!doctype html><html lang=en>"))), "corrupt");
  await rejectsWith(Index.fromStream(endless(bytes.map((byte, i) => (i === 8 ? 99 : byte)))), "unsupported_version");
  await rejectsWith(Index.fromStream(endless(bytes)), "corrupt");
  assert.equal(cancelled, 3);
});

test("a header that lies about the length takes little memory", async () => {
  const before = kernelMemory();
  for (const at of [20, 21, 22, 23]) await rejectsWith(Index.fromStream(cut(bytes.map((byte, i) => (i === at ? 127 : byte)), 4096)), "corrupt");
  assert.ok(kernelMemory() - before < 2 ** 25, `grew by ${kernelMemory() - before} bytes`);
});

test("broken, short and strange streams are refused, and the kernel's memory stays flat", async () => {
  const broken = new Error("mine");
  const cases = async () => {
    await rejectsWith(Index.fromStream(cut(bytes.subarray(0, -1), 999)), "corrupt");
    await rejectsWith(Index.fromStream(cut(new Uint8Array(0), 9)), "corrupt");
    await rejectsWith(Index.fromStream(cut(bytes.map((byte, i) => (i === 5000 ? byte ^ 1 : byte)), 999)), "corrupt");
    await rejectsWith(Index.fromStream(), "bad_parameter");
    await rejectsWith(Index.fromStream(bytes), "bad_parameter");
    await rejectsWith(Index.fromStream((async function* () { yield "nearfold"; })()), "bad_parameter");
    await rejectsWith(Index.fromStream(cut(bytes, 999), { progress() {} }), "bad_parameter");
    await rejectsWith(Index.fromStream(cut(bytes, 999), { onProgress: 1 }), "bad_parameter");
    await rejectsWith(Index.fromStream(cut(bytes, 999), { signal: 1 }), "bad_parameter");
    await rejectsWith(Index.fromStream(new Response("no", { status: 404 })), "load_failed");
    const read = new Response(bytes);
    await read.arrayBuffer();
    await rejectsWith(Index.fromStream(read), "bad_parameter");
    await assert.rejects(Index.fromStream((async function* () { yield bytes.slice(0, 99); throw broken; })()), (error) => error === broken);
    await assert.rejects(Index.fromStream(cut(bytes, 999), { onProgress() { throw broken; } }), (error) => error === broken);
  };
  await cases();
  const before = kernelMemory();
  for (let i = 0; i < 20; i++) await cases();
  assert.equal(kernelMemory(), before);
});

test("an abort is heeded before, while and between reads", async () => {
  const mine = new Error("mine");
  const refused = (promise) => assert.rejects(promise, (error) => error === mine);
  await refused(Index.fromStream(cut(bytes, 999), { signal: AbortSignal.abort(mine) }));
  const controller = new AbortController();
  let cancelled;
  const silent = new ReadableStream({ start: (stream) => stream.enqueue(bytes.slice(0, 500)), cancel: (reason) => void (cancelled = reason) });
  const waiting = Index.fromStream(silent, { signal: controller.signal });
  setTimeout(() => controller.abort(mine), 20);
  await refused(waiting);
  assert.equal(cancelled, mine);
});

test("fetchIndex checks the digest while nothing is copied, and tells what went wrong", async () => {
  const server = createServer((request, response) => {
    if (request.url === "/none") response.writeHead(404).end();
    else response.writeHead(200, { "content-length": bytes.length }).end(bytes);
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  after(() => server.close());
  const url = `http://127.0.0.1:${server.address().port}/index.nearfold`;
  for (const name of ["sha256", "sha384", "sha512"]) {
    const integrity = `${name}-${createHash(name).update(bytes).digest("base64")}`;
    assert.equal((await fetchIndex(url, { integrity })).length, 3000);
  }
  await rejectsWith(fetchIndex(url, { integrity: `sha256-${createHash("sha256").update("other").digest("base64")}` }), "integrity_mismatch");
  await rejectsWith(fetchIndex(url, { integrity: "md5-AAAA" }), "bad_parameter");
  await rejectsWith(fetchIndex(url.replace("/index.nearfold", "/none")), "load_failed");
  await rejectsWith(fetchIndex("http://127.0.0.1:1/"), "load_failed");
  await rejectsWith(fetchIndex(7), "bad_parameter");
  await rejectsWith(fetchIndex(url, { signal: 7 }), "bad_parameter");
  await rejectsWith(fetchIndex(url, { onProgress: 7 }), "bad_parameter");
  await rejectsWith(fetchIndex(url, { cahce: true }), "bad_parameter");
  // Node keeps nothing, so it is fetched each time.
  assert.equal((await fetchIndex(url, { cache: true })).length, 3000);
});

test("where nothing can be kept, that is said", async () => {
  for (const promise of [save("a", index), open("a"), list(), remove("a")]) await rejectsWith(promise, "no_storage");
  await rejectsWith(save("", index), "bad_parameter");
  await rejectsWith(save("a", {}), "bad_parameter");
  await rejectsWith(open(7), "bad_parameter");
});

test("pages give all neighbours, once, nearest first", async () => {
  const query = new Float32Array(8).fill(0.1);
  const whole = index.search(query, { k: 3000, exact: true });
  const [ids, distances] = [[], []];
  let count = 0;
  for await (const page of pages(index, query, { pageSize: 700, exact: true })) {
    ids.push(...page.ids);
    distances.push(...page.distances);
    count++;
  }
  assert.equal(count, 5);
  assert.deepEqual([ids, distances], [[...whole.ids], [...whole.distances]]);
  for await (const { ids } of pages(index, query, { pageSize: 3, ids: "bigint" })) {
    assert.ok(ids instanceof BigUint64Array && ids.length === 3);
    break;
  }
  await rejectsWith(pages(index, query, { k: 3 }).next(), "bad_parameter");
  await rejectsWith(pages(index, query, { pageSize: 0 }).next(), "bad_parameter");
  await rejectsWith(pages(index, [1]).next(), "dimension_mismatch");
  await rejectsWith(pages(null, [1]).next(), "bad_parameter");
});
