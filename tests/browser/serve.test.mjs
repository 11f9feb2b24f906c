// Does the small server serve the folder, all of it, and nothing else?

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { serve } from "../../tools/serve.mjs";

const folder = mkdtempSync(join(tmpdir(), "nearfold-serve-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const root = join(folder, "site");
mkdirSync(join(root, "sub"), { recursive: true });
writeFileSync(join(folder, "secret.txt"), "secret");
mkdirSync(join(folder, "site-2"));
writeFileSync(join(folder, "site-2/secret.txt"), "secret");
writeFileSync(join(root, "index.html"), "<p>front");
writeFileSync(join(root, "sub/index.html"), "<p>sub");
writeFileSync(join(root, "a b.wasm"), "\0asm");
writeFileSync(join(root, "empty.txt"), "");
symlinkSync(join(folder, "secret.txt"), join(root, "link.txt"));

const { port, close } = await serve(root);
after(close);

/** Asks for a path exactly as written: `fetch` would tidy it first. */
const ask = (path, { method = "GET", headers = {} } = {}) =>
  new Promise((resolve, reject) => {
    request({ host: "127.0.0.1", port, path, method, headers }, (response) => {
      let body = "";
      response.setEncoding("latin1").on("data", (piece) => (body += piece));
      response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, body }));
    }).on("error", reject).end();
  });

test("a folder answers with its index.html, after a redirect to its final slash", async () => {
  assert.equal((await ask("/")).body, "<p>front");
  assert.equal((await ask("/sub/")).body, "<p>sub");
  assert.equal((await ask("/sub?x=1")).headers.location, "/sub/?x=1");
  assert.equal((await ask("//sub")).headers.location, "/sub/");
});

test("wasm is sent as application/wasm, which streaming compilation asks for", async () => {
  const { status, headers, body } = await ask("/a%20b.wasm");
  assert.deepEqual([status, headers["content-type"], body], [200, "application/wasm", "\0asm"]);
});

test("nothing outside the folder is served", async () => {
  for (const path of ["/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/sub/../../secret.txt", "/../site-2/secret.txt", "/link.txt", "/%00", "/%", "/etc/passwd"]) {
    const { status, body } = await ask(path);
    assert.equal(status, 404, path);
    assert.doesNotMatch(body, /secret/, path);
  }
});

test("an empty file, a part of a file and a file that has not changed", async () => {
  assert.equal((await ask("/empty.txt")).headers["content-length"], "0");
  const part = await ask("/index.html", { headers: { range: "bytes=3-5" } });
  assert.deepEqual([part.status, part.body, part.headers["content-range"]], [206, "fro", "bytes 3-5/8"]);
  assert.equal((await ask("/index.html", { headers: { range: "bytes=-2" } })).body, "nt");
  assert.equal((await ask("/index.html", { headers: { range: "bytes=9-" } })).status, 416);
  const { headers } = await ask("/");
  assert.equal((await ask("/", { headers: { "if-modified-since": headers["last-modified"] } })).status, 304);
});

test("only GET and HEAD", async () => {
  assert.equal((await ask("/", { method: "POST" })).status, 405);
  const head = await ask("/", { method: "HEAD" });
  assert.deepEqual([head.status, head.body, head.headers["content-length"]], [200, "", "8"]);
});

test("a port that is taken is said so, and the next free one is used", async () => {
  const taken = [];
  const second = await serve(root, { port, onTaken: (each) => taken.push(each) });
  assert.equal(taken[0], port);
  assert.ok(second.port > port);
  await second.close();
});
