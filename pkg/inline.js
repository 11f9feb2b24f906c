// The entry that carries the kernel within itself: for bundlers that do not follow
// `new URL(…, import.meta.url)`, and where the kernel must start without waiting.

import { kernel } from "./inline/kernel.js";
import { ready, setLoader } from "./kernel.js";
import { startFrom } from "./load.js";

export * from "./api.js";

setLoader(() => Uint8Array.from(atob(kernel), (char) => char.charCodeAt(0)));

export async function init(source) {
  if (source !== undefined) await startFrom(source);
  ready();
}
