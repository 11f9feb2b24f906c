// The one instance of the kernel: how it starts, and what guards every call into it.

import { initSync } from "./wasm/nearfold.js";
import { NearfoldError, lastPanic } from "./error.js";

// (func (v128.const i32x4 0 0 0 0) drop): valid where SIMD is.
const SIMD_PROBE = Uint8Array.of(
  0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0,
  10, 23, 1, 21, 0, 253, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 26, 11,
);

let memory;
let load;
let poison;
/** How many calls into the kernel are under way: one, unless it called a function of the caller's. */
let depth = 0;
const forgotten = [];

/** Lets a host that can read the kernel synchronously start it at the first call. */
export function setLoader(loader) {
  load = loader;
}

/** Returns whether the kernel runs. */
export function started() {
  return memory !== undefined;
}

/** Starts the kernel from a `WebAssembly.Module` or from its bytes; the first start wins. */
export function start(module) {
  if (started()) return;
  if (typeof WebAssembly === "undefined" || !WebAssembly.validate(SIMD_PROBE)) {
    throw new NearfoldError("no_simd", "nearfold needs WebAssembly with SIMD (Chrome 91, Firefox 89, Safari 16.4, Node 16.4 or newer): this engine has none");
  }
  try {
    if (!(module instanceof WebAssembly.Module)) module = new WebAssembly.Module(module);
    // Looked at first: the generated code keeps whatever instance it was once given.
    if (!WebAssembly.Module.exports(module).some(({ name }) => name === "indexcore_new")) throw new TypeError("it has other exports");
    memory = initSync({ module }).memory;
  } catch (cause) {
    throw new NearfoldError("load_failed", `this is not nearfold's kernel, or the page's Content-Security-Policy lacks 'wasm-unsafe-eval': ${cause.message}`, { cause });
  }
}

/** Throws unless the kernel can be called. */
export function ready() {
  if (poison) throw new NearfoldError("poisoned", poison);
  if (memory) return;
  if (!load) throw new NearfoldError("not_initialized", 'nearfold: call "await init()" first');
  start(load());
}

/** Returns the buffer of the kernel's memory: another one after every growth. */
export function heap() {
  return memory.buffer;
}

/** Returns the size of the kernel's memory in bytes. It never shrinks. */
export function kernelMemory() {
  return memory ? memory.buffer.byteLength : 0;
}

/**
 * Calls into the kernel. A trap means a defect in nearfold: memory may be inconsistent from then
 * on, so every later call is refused.
 */
export function enter(work) {
  ready();
  depth++;
  try {
    return work();
  } catch (error) {
    if (!(error instanceof WebAssembly.RuntimeError)) throw error;
    poison = `nearfold stopped after an internal error; load the page or start the worker anew, and please report: ${lastPanic() ?? error.message}`;
    throw new NearfoldError("poisoned", poison, { cause: error });
  } finally {
    if (--depth === 0) while (forgotten.length) release(forgotten.pop());
  }
}

/** Frees an object of the kernel; after a trap its memory is left alone. */
export function release(core) {
  if (!poison) core?.free();
}

/** Frees what the caller lets go of: when the kernel has returned, for it may be at work with it. */
export function forget(core) {
  if (depth === 0) release(core);
  else if (core) forgotten.push(core);
}
