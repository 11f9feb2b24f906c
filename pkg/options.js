// How JavaScript reads options of its own; the others are read by the kernel.

import { badParameter } from "./error.js";

/** Returns `options` if it is an object with no other names than these. */
export function known(options, names) {
  if (typeof options !== "object" || options === null) throw badParameter("options", `an object of ${names.join(", ")}`, options);
  for (const key of Object.keys(options)) {
    if (!names.includes(key)) throw badParameter("options", `an object of ${names.join(", ")}`, key);
  }
  return options;
}

/** Returns options as a plain object of the same values: what a getter or a Proxy throws must not cross the kernel. */
export function own(options) {
  return typeof options === "object" && options !== null && !Array.isArray(options) ? { ...options } : options;
}
