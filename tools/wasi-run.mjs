// Runs a wasm32-wasip1 program under Node: cargo's runner for the Rust tests as WebAssembly.
// The program sees its arguments and nothing else: no files, no network.

import { readFile } from "node:fs/promises";
import { WASI } from "node:wasi";

const [program, ...args] = process.argv.slice(2);
const wasi = new WASI({ version: "preview1", args: [program, ...args], env: { RUST_BACKTRACE: "1" }, returnOnExit: true });
const module = await WebAssembly.compile(await readFile(program));
const instance = await WebAssembly.instantiate(module, wasi.getImportObject());
process.exitCode = wasi.start(instance);
