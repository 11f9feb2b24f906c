// The kernels that run, and what guards every call into them. `nearfold` has one kernel for both halves of the API,
// `nearfold/fold` and `nearfold/near` have one each.

import { instantiate } from "./border.js";
import { NearfoldError } from "./error.js";

// (func (drop (i8x16.splat (i32.const 0)))): valid where SIMD is.
const SIMD_PROBE = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 9, 1, 7, 0, 65, 0, 253, 15, 26, 11);

/**
 * A half of the API, and the kernel that works for it: `{ exports, panic, scratch, depth, forgotten, poison }`, where `depth` is
 * how many calls into it are under way: one, unless it called a function of the caller's.
 */
class Half {
  /** `mark` is an export of every kernel that works for this half. */
  constructor(mark) {
    this.mark = mark;
  }

  /** Returns the kernel; throws unless it can be called. */
  ready() {
    if (!this.kernel) {
      // A host that can read the kernel synchronously starts it at the first call.
      if (!this.load) throw new NearfoldError("not_initialized", 'nearfold: call "await init()" first');
      this.load();
    }
    if (this.kernel.poison) throw new NearfoldError("poisoned", this.kernel.poison);
    return this.kernel;
  }

  /** Returns the buffer of the kernel's memory: another one after every growth. */
  get heap() {
    return this.kernel.exports.memory.buffer;
  }

  /** Calls a function of the kernel that returns a JavaScript value, a number of its own, or nothing. */
  call(name, ...args) {
    const kernel = this.ready();
    const answer = enter(kernel, name, args);
    if (!Array.isArray(answer)) return answer;
    return answer.length > 2 ? taken(kernel, answer[0]) : undefined;
  }

  /** Calls a function of the kernel that returns a number, which may be the address of what it made. */
  make(name, ...args) {
    return enter(this.ready(), name, args)[0];
  }

  /** Gives back what the kernel made: when it has returned, for it may be at work with it; never after a trap. */
  free(kind, address) {
    const { kernel } = this;
    if (!address || kernel.poison) return;
    if (kernel.depth) kernel.forgotten.push([kind, address]);
    else free(kernel, kind, address);
  }
}

/**
 * Calls into a kernel. A trap means a defect in nearfold: memory may be inconsistent from then on, so every later call is
 * refused. What fails returns `[…, error, true]`, where the error is a place in the kernel's table.
 */
function enter(kernel, name, args) {
  kernel.depth++;
  try {
    const answer = kernel.exports[name](...args);
    if (Array.isArray(answer) && answer.at(-1)) throw taken(kernel, answer.at(-2));
    return answer;
  } catch (error) {
    if (!(error instanceof WebAssembly.RuntimeError)) throw error;
    kernel.poison = `nearfold stopped after an internal error; load the page or start the worker anew, and please report: ${kernel.panic ?? error.message}`;
    throw new NearfoldError("poisoned", kernel.poison, { cause: error });
  } finally {
    if (--kernel.depth === 0 && !kernel.poison) while (kernel.forgotten.length) free(kernel, ...kernel.forgotten.pop());
  }
}

function free({ exports }, kind, address) {
  exports[`__wbg_${kind}_free`](address, 0);
}

/** Takes a value out of a kernel's table. */
function taken({ exports }, place) {
  const value = exports.__wbindgen_externrefs.get(place);
  exports.__externref_table_dealloc(place);
  return value;
}

/** The half that reduces, and the half that searches. */
export const fold = /* @__PURE__ */ new Half("reduce");
export const near = /* @__PURE__ */ new Half("index_new");

/** Starts a kernel from a `WebAssembly.Module` or from its bytes, for those of the halves that have none: the first start wins. */
export function start(module, halves) {
  if (halves.every((half) => half.kernel)) return;
  if (typeof WebAssembly === "undefined" || !WebAssembly.validate(SIMD_PROBE)) {
    throw new NearfoldError("no_simd", "nearfold needs WebAssembly with SIMD (Chrome 91, Firefox 89, Safari 16.4, Node 16.4 or newer): this engine has none");
  }
  try {
    if (!(module instanceof WebAssembly.Module)) module = new WebAssembly.Module(module);
    const names = WebAssembly.Module.exports(module).map(({ name }) => name);
    if (!halves.every(({ mark }) => names.includes(mark))) throw new TypeError("it has other exports");
    const kernel = Object.assign(instantiate(module), { scratch: {}, depth: 0, forgotten: [] });
    for (const half of halves) half.kernel ??= kernel;
  } catch (cause) {
    throw new NearfoldError("load_failed", `this is not nearfold's kernel, or the page's Content-Security-Policy lacks 'wasm-unsafe-eval': ${cause.message}`, { cause });
  }
}

/** Returns the size of the kernels' memory in bytes. It never shrinks. */
export function kernelMemory() {
  const running = new Set([fold.kernel, near.kernel]);
  running.delete(undefined);
  return [...running].reduce((size, { exports }) => size + exports.memory.buffer.byteLength, 0);
}
