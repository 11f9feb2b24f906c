// Makes a kernel smaller that does the same: nothing twice, nothing that is not called, like beside like and numbered alike.
//
//   node tools/shrink.mjs IN.wasm OUT.wasm [names]   keeps the names of functions
//
// IN.wasm needs its names.

import { readFileSync, writeFileSync } from "node:fs";
import { canonical } from "./canonical.mjs";
import { likeBefore } from "./locals.mjs";
import { Module } from "./module.mjs";
import { alike } from "./order.mjs";
import { callSame } from "./same.mjs";

const [input, output, names] = process.argv.slice(2);
const module = new Module(readFileSync(input));
canonical(module);
callSame(module);
if (names !== "names") module.forgetNames();
const live = module.live();
const numbers = module.functions.map((_, i) => i + module.imports).filter((f) => live.has(f));
const order = alike(module, numbers);
likeBefore(module, order);
writeFileSync(output, module.write(order));
