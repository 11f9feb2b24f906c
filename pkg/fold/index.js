// The entry of the half that reduces, for browsers and bundlers: the kernel is a file of its own.

import { fold } from "../kernel.js";
import { initOf } from "../load.js";

export * from "./api.js";

export const init = /* @__PURE__ */ initOf([fold], () => new URL("../wasm/nearfold_fold.wasm", import.meta.url));
