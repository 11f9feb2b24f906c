// Makes what `make npm` packs out of pkg/: the inline kernel, the tarball, the table of sizes.
//
//   node tools/npm.mjs inline   writes pkg/inline/kernel.js from pkg/wasm/nearfold_bg.wasm
//   node tools/npm.mjs pack     packs pkg/ into target/npm/
//   node tools/npm.mjs sizes    prints what a user downloads

import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { brotliCompressSync, gzipSync } from "node:zlib";

const WASM = "pkg/wasm/nearfold_bg.wasm";

const tasks = {
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
    const glue = ["pkg/wasm/nearfold.js", ...readdirSync("pkg").filter((name) => name.endsWith(".js") && !/^(node|workerd|inline)\.js$/.test(name)).map((name) => `pkg/${name}`)];
    const rows = [
      ["nearfold_bg.wasm", readFileSync(WASM)],
      ["JavaScript of the browser entry, as packed", Buffer.concat(glue.map((path) => readFileSync(path)))],
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
