// What is written: one object a row to a file, and a table for people. The same form as benches/peers/report.py.

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

const round = (value) => (typeof value === "number" ? Number(value.toPrecision(4)) : (value ?? null));

// `bar` is what the ratio of ours to the peer's (or, without a peer, our figure) has to reach; an upper limit where less is better.
export function row(name, ours, { peerName = null, peer = null, bar = null, lessIsBetter = false, note } = {}) {
  const ratio = ours != null && peer ? ours / peer : null;
  const value = peerName === null ? ours : ratio;
  const unreached = peerName !== null && peer == null; // the peer does not get there; the note says so
  const met = bar === null ? null : ours != null && (unreached || (lessIsBetter ? value <= bar : value >= bar));
  // A bar may ask for more than to be ahead.
  const ahead = met === false && ratio !== null && (lessIsBetter ? ratio < 1 : ratio > 1);
  const notes = [note, ahead && "ahead, but short of the bar"].filter(Boolean).join("; ");
  return {
    case: name,
    ours: round(ours),
    peer_name: peerName,
    peer: round(peer),
    ratio: round(ratio),
    bar,
    met,
    ...(notes ? { note: notes } : {}),
    sign: lessIsBetter ? "≤" : "≥",
  };
}

function text(value) {
  if (value === null) return "–";
  if (typeof value === "boolean") return value ? "yes" : "NO";
  if (typeof value !== "number") return value;
  return Math.abs(value) >= 1000 ? Math.round(value).toLocaleString("en") : String(Number(value.toPrecision(3)));
}

export function table(rows) {
  const cells = rows.map((row) => [
    row.case,
    ...[row.ours, row.peer_name, row.peer, row.ratio].map(text),
    row.bar === null ? "–" : `${row.sign} ${text(row.bar)}${row.peer_name ? "×" : ""}`,
    text(row.met),
    row.note ?? "",
  ]);
  cells.unshift(["case", "ours", "peer", "peer's", "ratio", "bar", "met", "note"]);
  const widths = cells[0].map((_, column) => Math.max(...cells.map((line) => line[column].length)));
  const lines = cells.map((line) => `| ${line.map((cell, column) => cell.padEnd(widths[column])).join(" | ")} |`);
  lines.splice(1, 0, `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`);
  return lines.join("\n");
}

export function write(rows, path) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, rows.map(({ sign: _, ...row }) => `${JSON.stringify(row)}\n`).join(""));
}
