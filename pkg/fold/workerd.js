// The entry of the half that reduces, for Cloudflare's workerd and its like, where a .wasm import is a compiled module.

import kernel from "../wasm/nearfold_fold.wasm";
import { fold } from "../kernel.js";
import { initOfHost } from "../load.js";

export * from "./api.js";

export const init = initOfHost([fold], () => kernel);
