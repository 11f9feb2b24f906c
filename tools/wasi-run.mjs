// Runs a wasm32-wasip1 program under Node: cargo's runner for the Rust tests as WebAssembly.
// The program sees its arguments and nothing else: no files, no network.

import { readFile } from "node:fs/promises";
import { WASI } from "node:wasi";

const [program, ...args] = process.argv.slice(2);
const wasi = new WASI({ version: "preview1", args: [program, ...args], env: { RUST_BACKTRACE: "1" }, returnOnExit: true });
// Each call goes through a plain function: when WebAssembly calls Node 20's own functions directly and a collection of
// garbage falls in between, Node crashes (seen in every run of the tests of hostile files).
const { wasi_snapshot_preview1: host } = wasi.getImportObject();
const called = Object.fromEntries(Object.entries(host).map(([name, call]) => [name, (...given) => call(...given)]));
const module = await WebAssembly.compile(await readFile(program));
const instance = await WebAssembly.instantiate(module, { wasi_snapshot_preview1: called });
process.exitCode = wasi.start(instance);
