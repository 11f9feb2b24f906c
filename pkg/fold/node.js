// The entry of the half that reduces, for Node, Deno and Bun: the kernel is read from disk at the first call.

import { readFileSync } from "node:fs";
import { fold } from "../kernel.js";
import { initOfHost } from "../load.js";

export * from "./api.js";

export const init = initOfHost([fold], () => readFileSync(new URL("../wasm/nearfold_fold.wasm", import.meta.url)));
