// The record of a run: `node benches/js/record.mjs [rows.jsonl] > benches/records/<day>-js.md`. benches/README.md says what the rows mean.

import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { table } from "./report.mjs";

const path = process.argv[2] ?? fileURLToPath(new URL("../../target/bench/js.jsonl", import.meta.url));
const rows = readFileSync(path, "utf8").trim().split("\n").map((line) => JSON.parse(line));
const day = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeZone: "UTC" }).format(statSync(path).mtime);
const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();

/** The rows under headings: what stands before the colon, or the first word. */
const sections = new Map();
for (const row of rows) {
  const [head, rest] = row.case.includes(": ") ? row.case.split(": ") : ["fold", row.case.replace(/^fold /, "")];
  if (!sections.has(head)) sections.set(head, []);
  sections.get(head).push({ ...row, case: rest, sign: /queries\/s/.test(rest) ? "≥" : "≤" });
}
const TITLES = { wire: "Bytes over the wire", fold: `Folds, Node ${process.versions.node}, milliseconds a call` };
const title = (head) => TITLES[head] ?? `${head.split(" ").slice(1).join(" ")}, ${head.startsWith("node") ? `Node ${process.versions.node}` : "Chromium"}`;

const barred = rows.filter(({ met }) => met !== null);
console.log(`# The npm package, ${day}

\`make bench-js\` at ${commit}, on ${cpus().length} × ${cpus()[0].model.trim()}. Made by \`node benches/js/record.mjs\` from the bench's rows; \`benches/README.md\`
says how they come about. ${barred.filter(({ met }) => met).length} of ${barred.length} bars are met.`);
for (const [head, found] of sections) console.log(`\n## ${title(head)}\n\n${table(found)}`);

/** Where a peer is ahead. */
const behind = rows.filter(({ met }) => met === false);
if (behind.length) console.log(`\n## Bars that are missed\n`);
for (const row of behind) console.log(`* ${row.case}${row.peer_name ? `, beside ${row.peer_name}: ${row.ratio} of ${row.bar}` : `: ${row.ours} of ${row.bar}`}${row.note ? ` (${row.note})` : ""}`);
