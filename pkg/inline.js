// The entry that carries the kernel within itself: for bundlers that do not follow
// `new URL(…, import.meta.url)`, and where the kernel must start without waiting.

import { kernel } from "./inline/kernel.js";
import { fold, near } from "./kernel.js";
import { initOfHost } from "./load.js";

export * from "./api.js";

export const init = initOfHost([fold, near], () => Uint8Array.from(atob(kernel), (char) => char.charCodeAt(0)));
