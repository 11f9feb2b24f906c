// The entry for browsers and bundlers: the kernel is a file of its own beside this one.

import { startFrom } from "./load.js";

export * from "./api.js";

export function init(source) {
  return startFrom(source ?? new URL("./wasm/nearfold_bg.wasm", import.meta.url));
}
