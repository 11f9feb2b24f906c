// The entry for Cloudflare's workerd and its like, where a .wasm import is a compiled module.

import kernel from "./wasm/nearfold_bg.wasm";
import { ready, setLoader } from "./kernel.js";
import { startFrom } from "./load.js";

export * from "./api.js";

setLoader(() => kernel);

export async function init(source) {
  if (source !== undefined) await startFrom(source);
  ready();
}
