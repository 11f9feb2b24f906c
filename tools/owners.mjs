// Who owns the bytes of the kernel? `make wasm-owners` builds one with its names and asks.
//
//   node tools/owners.mjs FILE.wasm [ROWS]   modules, then functions with all their instances
//
// "deflated" is what a function adds to the compressed stream, after those before it: code that is there twice
// costs little there. Largest first.

import { readFileSync } from "node:fs";
import { constants, createDeflateRaw } from "node:zlib";
import { Cursor } from "./cursor.mjs";

const [file, rows = "60"] = process.argv.slice(2);
const wasm = readFileSync(file);

const cursor = new Cursor(wasm);
const sections = new Map();
const bodies = [];
const names = new Map();
let imports = 0;

const readers = {
  2() {
    for (let count = cursor.number(); count > 0; count--) {
      cursor.name();
      cursor.name();
      if (cursor.byte() !== 0) throw new Error("expected imports of functions alone");
      cursor.number();
      imports++;
    }
  },
  10() {
    for (let count = cursor.number(); count > 0; count--) {
      bodies.push(cursor.bytes(cursor.number()));
    }
  },
  0(end) {
    if (cursor.name().toString() !== "name") return;
    while (cursor.at < end) {
      const kind = cursor.byte();
      const length = cursor.number();
      const next = cursor.at + length;
      if (kind === 1) {
        for (let count = cursor.number(); count > 0; count--) {
          const index = cursor.number();
          names.set(index, cursor.name().toString());
        }
      }
      cursor.at = next;
    }
  },
};

while (cursor.at < wasm.length) {
  const kind = cursor.byte();
  const length = cursor.number();
  const end = cursor.at + length;
  sections.set(kind, (sections.get(kind) ?? 0) + length);
  readers[kind]?.(end);
  cursor.at = end;
}
if (names.size === 0) throw new Error("expected a kernel with a name section");

/** Returns a name without its hash: the instances of a generic function have one. */
const plain = (name) => name.replace(/::h[0-9a-f]{16}$/, "").replace(/\.llvm\.\d+$/, "");

/** Returns the module: `nearfold::fold::lanes`, `core::fmt`. */
const module = (name) => {
  const path = name.replace(/^<+/, "").replace(/[ <>].*$/, "").split("::");
  return path.slice(0, path[0] === "nearfold" ? 3 : 2).join("::");
};

const stream = createDeflateRaw({ level: 9 });
let written = 0;
stream.on("data", (chunk) => (written += chunk.length));
const deflated = (body) =>
  new Promise((resolve) => {
    const before = written;
    stream.write(body);
    stream.flush(constants.Z_SYNC_FLUSH, () => resolve(Math.max(0, written - before - 5)));
  });

const functions = new Map();
const modules = new Map();
for (const [i, body] of bodies.entries()) {
  const name = plain(names.get(i + imports) ?? "?");
  const small = await deflated(body);
  for (const [table, key] of [[functions, name], [modules, module(name)]]) {
    const row = table.get(key) ?? { bytes: 0, deflated: 0, instances: 0 };
    row.bytes += body.length;
    row.deflated += small;
    row.instances++;
    table.set(key, row);
  }
}

const print = (title, table) => {
  console.log(`\n${title}\n${"deflated".padStart(9)}${"bytes".padStart(9)}${"instances".padStart(11)}`);
  const sorted = [...table].sort(([, a], [, b]) => b.deflated - a.deflated).slice(0, Number(rows));
  for (const [name, row] of sorted) {
    console.log(`${String(row.deflated).padStart(9)}${String(row.bytes).padStart(9)}${String(row.instances).padStart(11)}  ${name}`);
  }
};
console.log(`code ${sections.get(10)}, data ${sections.get(11)}, functions ${bodies.length}, deflated ${written}`);
print("by module", modules);
print("by function", functions);
