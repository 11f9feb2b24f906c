// Bytes over the wire: what a page fetches for each library, minified and gzipped.

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { ENGINES } from "./engines.mjs";
import { libraryOf } from "./libraries.mjs";
import { row } from "./report.mjs";
import { bundle } from "./server.mjs";

const MODULES = fileURLToPath(new URL("node_modules/", import.meta.url));

const kilobytes = (bytes) => gzipSync(bytes, { level: 9 }).length / 1000;

async function sizes(engine) {
  const { script, files = [] } = libraryOf(engine);
  const others = await Promise.all(files.map((file) => readFile(MODULES + file)));
  return { script: kilobytes(await bundle(script)), others: others.reduce((sum, bytes) => sum + kilobytes(bytes), 0) };
}

export async function compareSizes(log) {
  const ours = await sizes("nearfold");
  // Each half alone: what a page that needs no more fetches.
  const halves = { wasm: [], script: [] };
  const alone = {};
  for (const half of ["fold", "near"]) {
    const wasm = kilobytes(await readFile(`${MODULES}nearfold/wasm/nearfold_${half}.wasm`));
    const script = kilobytes(await bundle(`nearfold/${half}/index.js`));
    halves.wasm.push(`nearfold/${half} alone ${wasm.toFixed(1)}`);
    halves.script.push(`nearfold/${half} alone ${script.toFixed(1)}`);
    alone[half] = wasm + script;
  }
  const rows = [
    row("wire: wasm, kB gzip", ours.others, { lessIsBetter: true, note: `the reductions for twelve types of elements and the index with its columns; ${halves.wasm.join(", ")}` }),
    row("wire: JavaScript, kB gzip", ours.script, { lessIsBetter: true, note: `every export, with what errors say; ${halves.script.join(", ")}` }),
  ];
  // Entries of their own, each with all that it imports.
  for (const [name, script] of Object.entries({ "nearfold/worker": "worker.js", "the worker's script": "thread.js", "nearfold/storage": "storage.js" })) {
    rows.push(row(`wire: JavaScript of ${name}, kB gzip`, kilobytes(await bundle(`nearfold/${script}`)), { lessIsBetter: true }));
  }
  for (const [name, engine] of Object.entries(ENGINES)) {
    if (engine.ours || !libraryOf(name).script) continue;
    try {
      const { script, others } = await sizes(name);
      const peer = { peerName: name, peer: script + others, lessIsBetter: true };
      rows.push(row("wire: all, kB gzip", ours.script + ours.others, peer), row("wire: the index alone (nearfold/near), kB gzip", alone.near, peer));
    } catch (error) {
      log(`wire ${name}: failed, ${error.message.split("\n")[0]}`);
    }
  }
  return rows;
}
