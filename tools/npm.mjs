// Makes what `make npm` packs out of pkg/: the kernels and their glue, the inline kernel, the tarball, the table of sizes.
//
//   node tools/npm.mjs shorten  gives the kernels' imports and exports short names, in the kernels and in their glue, and slims the glue
//   node tools/npm.mjs inline   writes pkg/inline/kernel.js from pkg/wasm/nearfold_bg.wasm
//   node tools/npm.mjs pack     packs pkg/ into target/npm/
//   node tools/npm.mjs sizes    prints what a user downloads

import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { Cursor } from "./cursor.mjs";

const WASM = "pkg/wasm/nearfold_bg.wasm";

const GLUE = "pkg/wasm/nearfold.js";

/** The kernels of one half; the glue of the whole kernel serves them too. */
const HALVES = ["fold", "near"];
/** Where wasm-bindgen leaves a half's kernel and glue: only the kernel is packed. */
const half = (name) => ({ made: `target/halves/${name}/nearfold_bg.wasm`, glue: `target/halves/${name}/nearfold.js`, packed: `pkg/wasm/nearfold_${name}.wasm` });

// Names with a hash in them, twice in what a page fetches, and neither minifier nor gzip can shorten them.
const LONG_NAME = /__(?:wbg|wbindgen)_\w+(?=: function\()/g;

// Likewise; pkg/kernel.js knows the kernels by `indexcore_new` and `reducePrefix`.
const LONG_EXPORT = /\bwasm\.(?!memory\b|indexcore_new\b|reducePrefix\b)(\w+)/g;

/**
 * What the generated glue says at length, and what replaces it. Each pattern must be found: another release of
 * wasm-bindgen may write it otherwise. Classes without side effects are left out by bundlers where nobody uses them.
 */
const SLIMMER = [
  // Comments for editors: nobody sees this file.
  [/^ *\/\*\*[^]*?\*\/\n/gm, ""],
  // pkg/*.js declares `Symbol.dispose` itself, and passes what it made itself.
  [/^if \(Symbol\.dispose\) .*\n/gm, ""],
  [/^ +_assertClass\(.*\n/gm, ""],
  // Registries, by one function: an object knows its kernel, for there may be two.
  [/^const (\w+) = \(typeof FinalizationRegistry === 'undefined'\)\n.*\n    : new FinalizationRegistry\(ptr => (.*)\);$/gm, "const $1 = /* @__PURE__ */ registry(([wasm, ptr]) => $2);"],
  [/^function addToExternrefTable0/m, `function registry(free) {
    if (typeof FinalizationRegistry === "undefined") return { register() {}, unregister() {} };
    return new FinalizationRegistry((of) => {
        try {
            free(of);
        } catch {
            // Its kernel is poisoned: nobody would catch what is thrown here.
        }
    });
}

function held(object, registry, ptr) {
    object.__wbg_ptr = ptr;
    registry.register(object, [wasm, ptr], object);
    return object;
}

function letGo(object, registry) {
    const ptr = object.__wbg_ptr;
    object.__wbg_ptr = 0;
    registry.unregister(object);
    return ptr;
}

function done(ret, at = 0) {
    if (ret[at + 1]) throw takeFromExternrefTable0(ret[at]);
}

function taken(ret) {
    done(ret, 1);
    return takeFromExternrefTable0(ret[0]);
}

$&`],
  [/let result;\s+try \{\s+result = (arg0 instanceof \w+);\s+\} catch \(_\) \{\s+result = false;\s+\}\s+const ret = result;/g, "const ret = $1;"],
  // What every class and every call does, by one function each.
  [/const ptr = this\.__wbg_ptr;\s+this\.__wbg_ptr = 0;\s+(\w+)\.unregister\(this\);\s+return ptr;/g, "return letGo(this, $1);"],
  [/const obj = (Object\.create\(\w+\.prototype\));\s+obj\.__wbg_ptr = ptr;\s+(\w+)\.register\(obj, obj\.__wbg_ptr, obj\);\s+return obj;/g, "return held($1, $2, ptr);"],
  [/this\.__wbg_ptr = (.*);\s+(\w+)\.register\(this, this\.__wbg_ptr, this\);\s+return this;/g, "return held(this, $2, $1);"],
  [/const ret = (.*);\s+if \(ret\[2\]\) \{\s+throw takeFromExternrefTable0\(ret\[1\]\);\s+\}\s+return takeFromExternrefTable0\(ret\[0\]\);/g, "return taken($1);"],
  [/const ret = (.*);\s+if \(ret\[1\]\) \{\s+throw takeFromExternrefTable0\(ret\[0\]\);\s+\}/g, "done($1);"],
  [/if \(ret\[2\]\) \{\s+throw takeFromExternrefTable0\(ret\[1\]\);\s+\}/g, "done(ret, 1);"],
  // One expression is an arrow.
  [/(\w+): function\(\) \{ return handleError\(function \(([^)]*)\) \{\s+const ret = ([^;]*);\s+return ret;\s+\}, arguments\); \},/g, "$1: caught(($2) => $3),"],
  [/^function handleError\(f, args\) \{\s+try \{\s+return f\.apply\(this, args\);\s+\} catch \(e\) \{([^]*?)\n    \}\n\}/m, `function caught(f) {
    return (...args) => {
        try {
            return f(...args);
        } catch (e) {$1
        }
    };
}`],
  [/^( +\w+): function\(([^)]*)\) \{\s+const ret = ([^;]*);\s+return ret;\s+\},/gm, "$1: ($2) => $3,"],
  // Arrays over the kernel's memory are made where they are used, not kept; but for bytes, which all texts pass through.
  [/(function getArray(\w+)FromWasm0\(ptr, len\) \{)\n    ptr = ptr >>> 0;\n    return get(\w+)Memory0\(\)\.subarray.*\n/g, "$1\n    return new $3(wasm.memory.buffer, ptr >>> 0, len);\n"],
  [/get(BigUint64Array|Float64Array)Memory0\(\)\.set\(arg, ptr \/ 8\);/g, "new $1(wasm.memory.buffer, ptr).set(arg);"],
  [/^let (cached(?!Uint8Array|DataView)\w+Memory0) = null;\nfunction get\w+Memory0\(\) \{[^]*?\n\}\n\n/gm, ""],
  [/^    cached(?!Uint8Array|DataView)\w+Memory0 = null;\n/gm, ""],
  // A text is read and freed by one function.
  [/let deferred1_0;\s+let deferred1_1;\s+try \{\s+const ret = (.*);\s+deferred1_0 = .*\s+deferred1_1 = .*\s+return getStringFromWasm0\(ret\[0\], ret\[1\]\);\s+\} finally \{\s+(wasm\.\w+)\(deferred1_0, deferred1_1, 1\);\s+\}/g, "const [ptr, len] = $1;\n        const text = getStringFromWasm0(ptr, len);\n        $2(ptr, len, 1);\n        return text;"],
  // A namespace is an object with getters, once bundled: the one function that it is for will do.
  [/^import \* as import1 from "\.\.\/result\.js"\n/m, 'import { histogramResult } from "../result.js";\n'],
  [/"\.\.\/result\.js": import1,/, '"../result.js": { histogramResult },'],
  // No minifier shortens the names of properties.
  [/__wbg_ptr/g, "at"],
  [/__destroy_into_raw/g, "gone"],
  [/__wrap/g, "of"],
  // Every engine with SIMD has `encodeInto`.
  [/^if \(!\('encodeInto' in cachedTextEncoder\)\) \{[^]*?\n\}\n\n/m, ""],
  [/^    if \(realloc === undefined\) \{[^]*?\n    \}\n\n/m, ""],
  // One kernel works at a time, of one or two: pkg/kernel.js starts them and says which.
  [/^let wasmModule, wasmInstance, wasm;\n[^]*/m, `let wasm;

export function use(exports) {
    const before = wasm;
    if (exports !== before) {
        wasm = exports;
        cachedDataViewMemory0 = cachedUint8ArrayMemory0 = null;
    }
    return before;
}

export function initSync(module) {
    const { exports } = new WebAssembly.Instance(module, __wbg_get_imports());
    const before = use(exports);
    wasm.__wbindgen_start();
    use(before ?? exports);
    return exports;
}
`],
];

/** Returns a module with its imports and exports renamed: `rename(name)`. */
function renamed(wasm, rename) {
  const leb = (value) => (value < 128 ? [value] : [(value & 127) | 128, ...leb(value >>> 7)]);
  const cursor = new Cursor(wasm);
  const named = (name) => [...leb(name.length), ...name];
  const parts = [wasm.subarray(0, 8)];
  while (cursor.at < wasm.length) {
    const start = cursor.at;
    const kind = cursor.byte();
    const end = cursor.number() + cursor.at;
    // Sections 2 and 7 are the imports and the exports.
    if (kind !== 2 && kind !== 7) {
      parts.push(wasm.subarray(start, (cursor.at = end)));
      continue;
    }
    const section = leb(cursor.number());
    while (cursor.at < end) {
      if (kind === 2) section.push(...named(cursor.name()));
      section.push(...named(Buffer.from(rename(cursor.name().toString()))));
      const begin = cursor.at;
      if (cursor.byte() !== 0 && kind === 2) throw new Error("expected imports of functions alone");
      cursor.number();
      section.push(...wasm.subarray(begin, cursor.at));
    }
    parts.push(Buffer.from([kind, ...leb(section.length), ...section]));
  }
  return Buffer.concat(parts);
}

/** Throws unless all that the glue of a half's kernel says is said by that of the whole kernel. */
function refuseOther(name, glue, whole) {
  const imports = glue.match(/^        __wb\w+: function[^]*?^        \}(?:, arguments\); \})?,$/gm);
  const calls = glue.split("\n").filter((line) => line.includes("wasm."));
  for (const part of [...imports, ...calls]) if (!whole.includes(part)) throw new Error(`the glue of ${name} differs from that of the whole kernel: ${part}`);
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
    const whole = readFileSync(GLUE, "utf8");
    let glue = whole.replace(LONG_NAME, (name) => {
      if (!names.has(name)) names.set(name, `i${names.size.toString(36)}`);
      return names.get(name);
    });
    for (const [long, short] of SLIMMER) {
      const slim = glue.replace(long, short);
      if (slim === glue) throw new Error(`expected ${long} in ${GLUE}`);
      glue = slim;
    }
    glue = glue.replace(LONG_EXPORT, (_, name) => {
      if (!names.has(name)) names.set(name, `e${names.size.toString(36)}`);
      return `wasm.${names.get(name)}`;
    });
    // What the glue takes from modules of ours keeps its name.
    const short = (name) => names.get(name) ?? name;
    writeFileSync(WASM, renamed(readFileSync(WASM), short));
    writeFileSync(GLUE, glue);
    for (const name of HALVES) {
      refuseOther(name, readFileSync(half(name).glue, "utf8"), whole);
      writeFileSync(half(name).packed, renamed(readFileSync(half(name).made), short));
    }
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
      ...HALVES.map((name) => [`nearfold_${name}.wasm`, readFileSync(half(name).packed)]),
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
