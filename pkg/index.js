// The entry for browsers and bundlers: the kernel is a file of its own beside this one.

import { fold, near } from "./kernel.js";
import { initOf } from "./load.js";

export * from "./api.js";

export const init = /* @__PURE__ */ initOf([fold, near], () => new URL("./wasm/nearfold_bg.wasm", import.meta.url));
