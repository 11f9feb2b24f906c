// The entry for Node, Deno and Bun: the kernel is read from disk at the first call.

import { readFileSync } from "node:fs";
import { ready, setLoader } from "./kernel.js";
import { startFrom } from "./load.js";

export * from "./api.js";

setLoader(() => readFileSync(new URL("./wasm/nearfold_bg.wasm", import.meta.url)));

export async function init(source) {
  if (source !== undefined) await startFrom(source);
  ready();
}
