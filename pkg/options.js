// How JavaScript reads options of its own; the others are read by the kernel.

import { badParameter, tag } from "./error.js";

/** Returns `options` if it is an object with no other names than these. */
export function known(options, names) {
  const other = tag(options) === "Object" ? Object.keys(options).filter((key) => !names.includes(key)) : [options];
  if (other.length) throw badParameter("options", `an object of ${names.join(", ")}`, other[0]);
  return options;
}

/**
 * Returns options as a plain object of the same values: what a getter or a Proxy throws must not cross the kernel. What is
 * none, the kernel refuses.
 */
export function own(options) {
  return options && tag(options) === "Object" ? { ...options } : options;
}

/** Returns the options of what reads or writes piece by piece, checked; `more` are names beside. */
export function streamOptions(options, more = []) {
  const { signal, onProgress } = known(options, ["signal", "onProgress", ...more]);
  if (signal !== undefined && tag(signal) !== "AbortSignal") throw badParameter("signal", "an AbortSignal", signal);
  if (onProgress !== undefined && typeof onProgress !== "function") throw badParameter("onProgress", "a function", onProgress);
  return options;
}
