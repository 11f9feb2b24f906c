// How the kernel comes from an address, a response, bytes or a compiled module.

import { NearfoldError, badParameter } from "./error.js";
import { start } from "./kernel.js";

const WASM_MAGIC = [0x00, 0x61, 0x73, 0x6d];

/**
 * Returns an entry's `init`, which starts the kernel of these halves once: later calls wait for the first, and a failed
 * one may be repeated. `standard()` is the source where none is given.
 */
export function initOf(halves, standard) {
  let pending;
  return async function init(source) {
    if (halves.every((half) => half.kernel)) return;
    pending ??= compile(source ?? standard()).then((module) => start(module, halves));
    try {
      await pending;
    } finally {
      pending = undefined;
    }
  };
}

/** Returns the `init` of an entry that can read the kernel without waiting: it starts at the first call. */
export function initOfHost(halves, read) {
  for (const half of halves) half.load ??= () => start(read(), halves);
  const startFrom = initOf(halves);
  return async function init(source) {
    if (source !== undefined) await startFrom(source);
    for (const half of halves) half.ready();
  };
}

async function compile(source) {
  source = await source;
  if (typeof source === "string" || source instanceof URL || (typeof Request !== "undefined" && source instanceof Request)) {
    source = await request(source);
  }
  if (typeof Response !== "undefined" && source instanceof Response) source = await body(source);
  if (source instanceof WebAssembly.Module) return source;
  if (!(source instanceof ArrayBuffer || ArrayBuffer.isView(source))) {
    throw badParameter("init", "a URL, a Response, bytes or a WebAssembly.Module", source);
  }
  try {
    return await WebAssembly.compile(source);
  } catch (cause) {
    throw failure(`these bytes are not WebAssembly, or the page's Content-Security-Policy lacks 'wasm-unsafe-eval': ${cause.message}`, cause);
  }
}

async function request(source) {
  try {
    return await fetch(source);
  } catch (cause) {
    throw failure(`could not fetch ${source.url ?? source}: ${cause.message}`, cause);
  }
}

async function body(response) {
  if (!response.ok) throw failure(`${response.url} answered with HTTP ${response.status}: is the kernel deployed beside the script?`);
  let bytes;
  try {
    bytes = new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    throw failure(`${response.url || "the response"} broke off: ${cause.message}`, cause);
  }
  if (WASM_MAGIC.some((byte, i) => bytes[i] !== byte)) {
    throw failure(`${response.url} is not WebAssembly but ${response.headers.get("content-type") ?? "of unknown type"}: is the kernel deployed beside the script?`);
  }
  return bytes;
}

function failure(message, cause) {
  return new NearfoldError("load_failed", message, { cause });
}
