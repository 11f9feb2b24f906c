// Builds and searches an index of the npm package's kernel in Node, as engines.py asks.
//
// `node node.mjs <base.f32> <queries.f32> <dim> <l2sq|cosine> <M> <ef_construction> <storage>`, then on each line of standard
// input `build`, `search <ef> <k>` or `bytes <folder>`. Answers with one line: seconds of processor time, and for a
// search the ids found, `k` for each query, −1 where there are fewer.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Index } from "../../pkg/node.js";

const [basePath, queriesPath, ...words] = process.argv.slice(2);
const [dim, metric, M, efConstruction, storage] = words.map((word) => (Number.isNaN(Number(word)) ? word : Number(word)));

function floats(path) {
  const { buffer, byteOffset, byteLength } = readFileSync(path);
  return new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength));
}

function timed(work) {
  const start = process.cpuUsage();
  const result = work();
  const { user, system } = process.cpuUsage(start);
  return [(user + system) / 1e6, result];
}

const [base, queries] = [floats(basePath), floats(queriesPath)];
let index;

const commands = {
  build() {
    index?.free();
    const [seconds] = timed(() => {
      index = new Index(dim, { metric, storage, M, efConstruction });
      index.add(base);
    });
    return [seconds];
  },
  search(ef, k) {
    const [seconds, found] = timed(() => index.searchMany(queries, { k: Number(k), efSearch: Number(ef) }));
    return [seconds, ...found.ids];
  },
  bytes(folder) {
    writeFileSync(join(folder, "index"), index.toBytes());
    return [0];
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const [command, ...values] = line.split(" ");
  console.log(commands[command](...values).join(" "));
}
