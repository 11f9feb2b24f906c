// The record of a run: `node benches/js/record.mjs [--remark "…"] [rows.jsonl] > benches/records/<day>-js.md`. benches/README.md says what the
// rows mean.

import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { table } from "./report.mjs";

const { values, positionals } = parseArgs({ allowPositionals: true, options: { remark: { type: "string", default: "" } } });
const path = positionals[0] ?? fileURLToPath(new URL("../../target/bench/js.jsonl", import.meta.url));
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
says how they come about. ${barred.filter(({ met }) => met).length} of ${barred.length} bars are met. ${values.remark}`.trim());

/** Folds as a table of operations and libraries: milliseconds a call. A peer that is ahead of ours resident is bold. */
function folds(found) {
  const tables = new Map();
  for (const { case: name, ours, peer_name, peer } of found) {
    const [, op, dtype, n, kind] = /^(\w+) (\w+) (\S+) (\w+),/.exec(name);
    const key = `${Number(n).toLocaleString("en")} × ${dtype}`;
    if (!tables.has(key)) tables.set(key, new Map());
    const ops = tables.get(key);
    if (!ops.has(op)) ops.set(op, {});
    Object.assign(ops.get(op), { [`ours, ${kind}`]: ours, [peer_name]: peer });
  }
  return [...tables].map(([key, ops]) => {
    const names = [...new Set([...ops.values()].flatMap(Object.keys))];
    const text = (figures, name) => (figures[name] === undefined ? "–" : figures[name] < figures["ours, resident"] ? `**${figures[name]}**` : figures[name]);
    const lines = [...ops].map(([op, figures]) => `| ${op} | ${names.map((name) => text(figures, name)).join(" | ")} |`);
    return `### ${key}\n\n| | ${names.join(" | ")} |\n|---|${"--:|".repeat(names.length)}\n${lines.join("\n")}`;
  });
}

const FOLDS = `A peer that is ahead of ours resident is bold. Our sums, means and variances are exact and rounded once, the peers' are not; of few elements the price of a
call into the kernel is most of ours.`;
for (const [head, found] of sections) {
  console.log(`\n## ${title(head)}\n\n${head === "fold" ? [FOLDS, ...folds(found)].join("\n\n") : table(found)}`);
}

const behind = rows.filter(({ met, case: name }) => met === false && !name.startsWith("fold "));
if (behind.length) console.log(`\n## Bars that are missed, beside those of folds\n`);
for (const row of behind) console.log(`* ${row.case}${row.peer_name ? `, beside ${row.peer_name}: ${row.ratio} of ${row.bar}` : `: ${row.ours} of ${row.bar}`}${row.note ? ` (${row.note})` : ""}`);
