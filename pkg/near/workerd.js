// The entry of the half that searches, for Cloudflare's workerd and its like, where a .wasm import is a compiled module.

import kernel from "../wasm/nearfold_near.wasm";
import { near } from "../kernel.js";
import { initOfHost } from "../load.js";

export * from "./api.js";

export const init = initOfHost([near], () => kernel);
