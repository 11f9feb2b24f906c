// The entry for Cloudflare's workerd and its like, where a .wasm import is a compiled module.

import kernel from "./wasm/nearfold_bg.wasm";
import { fold, near } from "./kernel.js";
import { initOfHost } from "./load.js";

export * from "./api.js";

export const init = initOfHost([fold, near], () => kernel);
