// Makes what `make npm` packs out of pkg/: the inline kernel, the tarball, the table of sizes.
//
//   node tools/npm.mjs shorten  gives the kernel's imports short names, in the kernel and in its glue
//   node tools/npm.mjs inline   writes pkg/inline/kernel.js from pkg/wasm/nearfold_bg.wasm
//   node tools/npm.mjs pack     packs pkg/ into target/npm/
//   node tools/npm.mjs sizes    prints what a user downloads

import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";

const WASM = "pkg/wasm/nearfold_bg.wasm";

const GLUE = "pkg/wasm/nearfold.js";

// Names with a hash in them, twice in what a page fetches, and neither minifier nor gzip can shorten them.
const LONG_NAME = /__(?:wbg|wbindgen)_\w+(?=: function\()/g;

/** Returns a module with its imports renamed: `rename(name)`. */
function withImports(wasm, rename) {
  const leb = (value) => (value < 128 ? [value] : [(value & 127) | 128, ...leb(value >>> 7)]);
  let at = 8;
  const number = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = wasm[at++];
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  };
  const text = () => {
    const length = number();
    return wasm.subarray(at, (at += length));
  };
  while (at < wasm.length) {
    const start = at;
    const kind = wasm[at++];
    const end = number() + at;
    if (kind !== 2) {
      at = end;
      continue;
    }
    const count = number();
    const section = leb(count);
    for (let i = 0; i < count; i++) {
      const from = text();
      const name = Buffer.from(rename(text().toString()));
      const begin = at;
      if (wasm[at++] !== 0) throw new Error("expected imports of functions alone");
      number();
      section.push(...leb(from.length), ...from, ...leb(name.length), ...name, ...wasm.subarray(begin, at));
    }
    return Buffer.concat([wasm.subarray(0, start), Buffer.from([2, ...leb(section.length), ...section]), wasm.subarray(end)]);
  }
  throw new Error("expected a module with imports");
}

/** Returns a script and all that it imports. */
function imported(path, found = new Set()) {
  if (found.has(path)) return found;
  found.add(path);
  for (const [, name] of readFileSync(path, "utf8").matchAll(/^(?:(?:import|export) .*|\}) from ["'](\.[^"']+)["'];?$/gm)) imported(join(dirname(path), name), found);
  return found;
}

const tasks = {
  shorten() {
    const names = new Map();
    const glue = readFileSync(GLUE, "utf8").replace(LONG_NAME, (name) => {
      if (!names.has(name)) names.set(name, `i${names.size.toString(36)}`);
      return names.get(name);
    });
    // What the glue takes from modules of ours keeps its name.
    const wasm = withImports(readFileSync(WASM), (name) => names.get(name) ?? name);
    writeFileSync(WASM, wasm);
    writeFileSync(GLUE, glue);
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
      ["nearfold_bg.wasm", readFileSync(WASM)],
      ["nearfold, as packed", script("index.js")],
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
