// The entry for Node, Deno and Bun: the kernel is read from disk at the first call.

import { readFileSync } from "node:fs";
import { fold, near } from "./kernel.js";
import { initOfHost } from "./load.js";

export * from "./api.js";

export const init = initOfHost([fold, near], () => readFileSync(new URL("./wasm/nearfold_bg.wasm", import.meta.url)));
