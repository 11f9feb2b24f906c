// The entry of the half that searches, for browsers and bundlers: the kernel is a file of its own.

import { near } from "../kernel.js";
import { initOf } from "../load.js";

export * from "./api.js";

export const init = /* @__PURE__ */ initOf([near], () => new URL("../wasm/nearfold_near.wasm", import.meta.url));
