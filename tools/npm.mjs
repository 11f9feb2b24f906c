// Makes what `make npm` packs out of pkg/: the kernels and their glue, the inline kernel, the tarball, the table of sizes.
//
//   node tools/npm.mjs kernel NAME   takes over what wasm-bindgen made in target/kernels/NAME/out: of `nearfold` the kernel and the
//                                    glue, of the halves `fold` and `near` the kernel, which that glue serves too
//   node tools/npm.mjs pack          packs pkg/ into target/npm/
//   node tools/npm.mjs sizes         prints what a user downloads

import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";

/** The kernel with everything, and where each is packed. */
const WHOLE = "nearfold";
const KERNELS = { [WHOLE]: "pkg/wasm/nearfold_bg.wasm", fold: "pkg/wasm/nearfold_fold.wasm", near: "pkg/wasm/nearfold_near.wasm" };
const HALVES = Object.keys(KERNELS).filter((name) => name !== WHOLE);
const made = (name, file) => `target/kernels/${name}/out/${file}`;

/**
 * The glue works for one kernel at a time, of one or two: pkg/kernel.js says which by `use`. So an object that the collector finds
 * is freed in the kernel where it lies, and silently if that is poisoned. Each pattern must be found: another release of
 * wasm-bindgen may write it otherwise.
 */
const PATCHES = [
  [/new FinalizationRegistry\(ptr => (wasm\.\w+\(ptr, 1\))\)/g, "/* @__PURE__ */ new FinalizationRegistry(({ wasm, ptr }) => { try { $1; } catch {} })"],
  [/\.register\((\w+), \1\.__wbg_ptr, \1\)/g, ".register($1, { wasm, ptr: $1.__wbg_ptr }, $1)"],
];

/** Returns the glue with `use(exports)`, which gives the exports that were in use. */
function forTwoKernels(glue) {
  for (const [generated, ours] of PATCHES) {
    if (!glue.match(generated)) throw new Error(`expected ${generated} in the glue`);
    glue = glue.replace(generated, ours);
  }
  const views = [...glue.matchAll(/^let (cached\w+Memory0) = null;$/gm)].map(([, name]) => name);
  if (!views.length) throw new Error("expected views of the kernel's memory in the glue");
  return `${glue}
export function use(exports) {
    const before = wasm;
    if (exports !== before) {
        wasm = exports;
        ${views.join(" = ")} = null;
    }
    return before;
}
`;
}

/** Throws unless all that the glue of a half's kernel says is said by that of the whole kernel. */
function refuseOther(name) {
  const [glue, whole] = [name, WHOLE].map((name) => readFileSync(made(name, "nearfold.js"), "utf8"));
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

/** Writes the whole kernel as a script, for `nearfold/inline`. */
function inline() {
  mkdirSync("pkg/inline", { recursive: true });
  const base64 = readFileSync(KERNELS[WHOLE]).toString("base64");
  writeFileSync("pkg/inline/kernel.js", `// Made by \`make npm\` from wasm/nearfold_bg.wasm.\nexport const kernel = "${base64}";\n`);
}

const tasks = {
  kernel(name) {
    mkdirSync("pkg/wasm", { recursive: true });
    cpSync(made(name, "nearfold_bg.wasm"), KERNELS[name]);
    if (name === WHOLE) {
      writeFileSync("pkg/wasm/nearfold.js", forTwoKernels(readFileSync(made(name, "nearfold.js"), "utf8")));
      inline();
    } else {
      refuseOther(name);
    }
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
      ...Object.values(KERNELS).map((path) => [path.slice(path.lastIndexOf("/") + 1), readFileSync(path)]),
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

const [task, ...names] = process.argv.slice(2);
if (!tasks[task]) throw new Error(`expected one of ${Object.keys(tasks).join(", ")}, got ${task}`);
tasks[task](...names);
