// `make bench-js`: the npm package beside its peers, in Node and in Chromium. benches/README.md says how to read it.
//
//     node main.mjs [--sets synthetic,reuters] [--where node,browser] [--only hnswlib] [--rounds 5] [--limit 2000] [--fold 1000000]

import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { isThere, load } from "./datasets.mjs";
import { browser, node } from "./hosts.mjs";
import { compare } from "./near.mjs";
import { table, write } from "./report.mjs";
import { serve } from "./server.mjs";
import { compareSizes } from "./wire.mjs";

const { values: options } = parseArgs({
  options: {
    sets: { type: "string", default: "synthetic,debian,reuters,bigann" },
    where: { type: "string", default: "node,browser" },
    only: { type: "string", default: "" },
    rounds: { type: "string", default: "5" },
    limit: { type: "string" },
    fold: { type: "string", default: "8,1000,1000000" },
    out: { type: "string", default: fileURLToPath(new URL("../../target/bench/js.jsonl", import.meta.url)) },
  },
});
const list = (text) => text.split(",").filter(Boolean);
const log = (line) => console.error(line);

const rows = [];
function add(title, found) {
  console.log(`\n${title}\n\n${table(found)}`);
  rows.push(...found);
  write(rows, options.out);
}

add("Bytes over the wire", await compareSizes(log));
for (const n of list(options.fold)) {
  for (const dtype of ["float64", "float32"]) {
    const script = fileURLToPath(new URL("folds.mjs", import.meta.url));
    const printed = execFileSync(process.execPath, [script, dtype, n], { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
    add(`Folds over ${n} × ${dtype}, Node ${process.versions.node}`, JSON.parse(printed.trim().split("\n").at(-1)).map((row) => row));
  }
}
for (const name of list(options.sets)) {
  if (!isThere(name)) {
    log(`${name}: skipped, its files are not there`);
    continue;
  }
  const set = load(name, 10, options.limit && Number(options.limit));
  const parameters = { k: 10, M: 16, efConstruction: 200 };
  const how = { slow: name === "synthetic", rounds: Number(options.rounds), only: options.only, log };
  const title = `${name}: ${set.n} × ${set.dim} ${set.metric}, ${set.queryCount} queries`;
  if (list(options.where).includes("node")) {
    add(`${title}, Node ${process.versions.node}`, await compare(set, "node", (engine) => node(engine, set, parameters), how));
  }
  if (list(options.where).includes("browser")) {
    const server = await serve();
    server.use(set);
    const chromium = await browser(server.origin);
    add(`${title}, Chromium ${chromium.version ?? ""}`, await compare(set, "browser", (engine) => chromium.page(engine, set, parameters), how));
    await chromium.close();
    server.close();
  }
}
const bars = rows.filter((row) => row.met !== null);
for (const row of bars.filter(({ met, note }) => !met && !note)) console.log(`missed, and the row does not say why: ${row.case}, beside ${row.peer_name}`);
console.log(`\n${bars.filter((row) => row.met).length} of ${bars.length} bars met; ${options.out}`);
process.exit(0);
