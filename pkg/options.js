// How JavaScript reads options of its own; the others are read by the kernel.

import { badParameter, describe, isPlain, refuseDetached, tag } from "./error.js";

/** Returns `options` if it is an object with no other names than these. */
export function known(options, names) {
  if (tag(options) !== "Object") throw badParameter("options", `an object of ${names.join(", ")}`, options);
  for (const key of Object.keys(options)) {
    if (!names.includes(key)) throw badParameter("options", `an object of ${names.join(", ")}`, key);
  }
  return options;
}

/**
 * Returns options as a plain object of the same values: what a getter or a Proxy throws must not cross the kernel. Of a
 * function, a Map or an array, which would look like an object without options, its description: the kernel refuses it.
 */
export function own(options) {
  if (options === null || !/^(object|function)$/.test(typeof options)) return options;
  if (tag(options) !== "Object") return describe(options);
  const plain = { ...withInherited(options) };
  for (const name of ["axis", "q", "range"]) if (typeof plain[name] === "object") plain[name] = copied(plain[name], name);
  return plain;
}

/** Returns an object itself if it is plain; else its values, those too that it has of its class by accessors, or of what it was made from. */
export function withInherited(options) {
  if (isPlain(options)) return options;
  const plain = { ...options };
  for (let from = Object.getPrototypeOf(options); from && Object.getPrototypeOf(from); from = Object.getPrototypeOf(from)) {
    for (const [name, { get, value }] of Object.entries(Object.getOwnPropertyDescriptors(from))) {
      if (!(name in plain) && (get || typeof value !== "function")) plain[name] = options[name];
    }
  }
  return plain;
}

/** Returns an address in full, or undefined if it is none. */
export function addressOf(url) {
  const base = globalThis.document?.baseURI ?? globalThis.location?.href;
  return URL.canParse(url, base) ? new URL(url, base).href : undefined;
}

/** Deeper than anything that the kernel takes. */
const DEPTH_MAX = 101;

/** Returns lists and plain objects copied, so that no getter and no Proxy is left in them: what it throws must not cross the kernel. */
export function copied(value, name, depth = 0) {
  if (typeof value !== "object" || value === null || depth > DEPTH_MAX) return value;
  refuseDetached(value, name);
  // Of whatever frame: the kernel knows its own only.
  if (tag(value) === "Date") return new Date(Date.prototype.getTime.call(value));
  if (Array.isArray(value) || tag(value) === "Set") return Array.from(value, (each) => copied(each, name, depth + 1));
  return isPlain(value) ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, copied(each, depth ? name : `${name}.${key}`, depth + 1)])) : value;
}

/** Returns the options of what reads or writes piece by piece, checked; `more` are names beside. */
export function streamOptions(options, more = []) {
  const { signal, onProgress } = known(options, ["signal", "onProgress", ...more]);
  if (signal !== undefined && tag(signal) !== "AbortSignal") throw badParameter("signal", "an AbortSignal", signal);
  if (onProgress !== undefined && typeof onProgress !== "function") throw badParameter("onProgress", "a function", onProgress);
  return options;
}
