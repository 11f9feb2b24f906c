// The entry of the half that searches, for Node, Deno and Bun: the kernel is read from disk at the first call.

import { readFileSync } from "node:fs";
import { near } from "../kernel.js";
import { initOfHost } from "../load.js";

export * from "./api.js";

export const init = initOfHost([near], () => readFileSync(new URL("../wasm/nearfold_near.wasm", import.meta.url)));
