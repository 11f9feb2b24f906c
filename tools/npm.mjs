// Makes what `make npm` packs out of pkg/: the kernels and their glue, the inline kernel, the tarball, the table of sizes.
//
//   node tools/npm.mjs kernels  puts the kernels into pkg/wasm, with their imports as pkg/border.js names them
//   node tools/npm.mjs inline   writes pkg/inline/kernel.js from pkg/wasm/nearfold_bg.wasm
//   node tools/npm.mjs pack     packs pkg/ into target/npm/
//   node tools/npm.mjs sizes    prints what a user downloads

import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { Cursor } from "./cursor.mjs";

const WASM = "pkg/wasm/nearfold_bg.wasm";

/** The kernels of one half. */
const HALVES = ["fold", "near"];
/** Where a kernel is made, and where it is packed. */
const KERNELS = { "target/kernels/both": WASM, ...Object.fromEntries(HALVES.map((name) => [`target/kernels/${name}`, `pkg/wasm/nearfold_${name}.wasm`])) };

/**
 * Returns a module whose imports are all of the module “border”, by the names in src/wasm/border.rs: wasm-bindgen adds a hash to
 * some, and gives them a module of generated code, which is not used.
 */
function plain(wasm) {
  const leb = (value) => (value < 128 ? [value] : [(value & 127) | 128, ...leb(value >>> 7)]);
  const named = (name) => [...leb(name.length), ...Buffer.from(name)];
  const cursor = new Cursor(wasm);
  const parts = [wasm.subarray(0, 8)];
  while (cursor.at < wasm.length) {
    const start = cursor.at;
    const kind = cursor.byte();
    const end = cursor.number() + cursor.at;
    // Section 2 is the imports.
    if (kind !== 2) {
      parts.push(wasm.subarray(start, (cursor.at = end)));
      continue;
    }
    const section = leb(cursor.number());
    while (cursor.at < end) {
      cursor.name();
      const name = cursor.name().toString().replace(/^__wbg_(.*)_[0-9a-f]{16}$/, "$1");
      section.push(...named("border"), ...named(name));
      const begin = cursor.at;
      if (cursor.byte() !== 0) throw new Error("expected imports of functions alone");
      cursor.number();
      section.push(...wasm.subarray(begin, cursor.at));
    }
    parts.push(Buffer.from([kind, ...leb(section.length), ...section]));
  }
  return Buffer.concat(parts);
}

/** Returns a script and all that it imports. */
function imported(path, found = new Set()) {
  if (found.has(path)) return found;
  found.add(path);
  for (const [, name] of readFileSync(path, "utf8").matchAll(/^(?:(?:import|export) .*|\}) from ["'](\.[^"']+)["'];?$/gm)) imported(join(dirname(path), name), found);
  return found;
}

const tasks = {
  kernels() {
    rmSync("pkg/wasm", { recursive: true, force: true });
    mkdirSync("pkg/wasm", { recursive: true });
    for (const [made, packed] of Object.entries(KERNELS)) writeFileSync(packed, plain(readFileSync(`${made}/small.wasm`)));
  },

  inline() {
    mkdirSync("pkg/inline", { recursive: true });
    const base64 = readFileSync(WASM).toString("base64");
    writeFileSync("pkg/inline/kernel.js", `// Made by \`make wasm\` from wasm/nearfold_bg.wasm.\nexport const kernel = "${base64}";\n`);
  },

  pack() {
    const stage = "target/npm/package";
    rmSync(stage, { recursive: true, force: true });
    cpSync("pkg", stage, { recursive: true });
    for (const licence of ["LICENSE-MIT", "LICENSE-APACHE"]) cpSync(licence, `${stage}/${licence}`);
    execFileSync("npm", ["pack", `./${stage}`, "--pack-destination", "target/npm", "--silent"], { stdio: "inherit" });
  },

  sizes() {
    const script = (entry) => Buffer.concat([...imported(`pkg/${entry}`)].map((path) => readFileSync(path)));
    const rows = [
      ...Object.values(KERNELS).map((path) => [basename(path), readFileSync(path)]),
      ["nearfold, as packed", script("index.js")],
      ...HALVES.map((name) => [`nearfold/${name}, as packed`, script(`${name}/index.js`)]),
      ["nearfold/worker, on the page, as packed", script("worker.js")],
      ["nearfold/worker, in the worker, as packed", script("thread.js")],
      ["nearfold/storage, as packed", script("storage.js")],
    ];
    console.log(`${"bytes".padEnd(44)}${"raw".padStart(9)}${"gzip".padStart(9)}${"brotli".padStart(9)}`);
    for (const [name, bytes] of rows) {
      const sizes = [bytes.length, gzipSync(bytes, { level: 9 }).length, brotliCompressSync(bytes).length];
      console.log(name.padEnd(44) + sizes.map((n) => String(n).padStart(9)).join(""));
    }
  },
};

const task = tasks[process.argv[2]];
if (!task) throw new Error(`expected one of ${Object.keys(tasks).join(", ")}`);
task();
