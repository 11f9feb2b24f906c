// The kernels that run, and what guards every call into them. `nearfold` has one kernel for both halves of the API,
// `nearfold/fold` and `nearfold/near` have one each; they share the generated code, which works for one kernel at a time.

import { initSync, use } from "./wasm/nearfold.js";
import { NearfoldError } from "./error.js";

// (func (v128.const i32x4 0 0 0 0) drop): valid where SIMD is.
const SIMD_PROBE = Uint8Array.of(
  0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0,
  10, 23, 1, 21, 0, 253, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 26, 11,
);

/** What the generated code says, by its beginning, of objects that cannot be used; and the error that it becomes. */
const LOST = {
  // Freed by a getter of the arguments.
  "null pointer": ["freed", "this object was freed while it was asked for"],
  "recursive us": ["busy", "this object is at work, or was when JavaScript's stack ran out: then make it anew"],
};

/** Frees an object; what was at work when the stack ran out cannot be freed any more. */
function letGo(core) {
  try {
    core.free();
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) throw error;
  }
}

/** A kernel with more than this has no room left for what it works with. */
const MOST_BYTES = 2 ** 32 - 2 ** 24;

/**
 * A half of the API, and the kernel that works for it: `{ exports, scratch, depth, forgotten, stack, poison }`, where `depth` is
 * how many calls into it are under way: one, unless it called a function of the caller's.
 */
class Half {
  /** `mark` is an export of every kernel that works for this half. */
  constructor(mark) {
    this.mark = mark;
  }

  /** Throws unless the kernel can be called. */
  ready() {
    if (!this.kernel) {
      // A host that can read the kernel synchronously starts it at the first call.
      if (!this.load) throw new NearfoldError("not_initialized", 'nearfold: call "await init()" first');
      this.load();
    }
    const { kernel } = this;
    if (kernel.threw && !kernel.depth) {
      // An error that went through the kernel left its stack as it was then. What a stack that ran out cut off is half done,
      // even memory's lists.
      const { __stack_pointer } = kernel.exports;
      if (__stack_pointer.value !== kernel.stack && /call stack|recursion/.test(kernel.threw.message)) {
        kernel.poison ??= "JavaScript's stack ran out inside nearfold, by a recursion without end; load the page or start the worker anew";
      }
      __stack_pointer.value = kernel.stack;
      kernel.threw = undefined;
    }
    if (kernel.poison) throw new NearfoldError("poisoned", kernel.poison);
  }

  /** Returns the buffer of the kernel's memory: another one after every growth. */
  get heap() {
    return this.kernel.exports.memory.buffer;
  }

  /**
   * Calls into the kernel. A trap means a defect in nearfold: memory may be inconsistent from then
   * on, so every later call is refused.
   */
  enter(work) {
    this.ready();
    const { kernel } = this;
    kernel.depth++;
    let before;
    try {
      before = use(kernel.exports);
      return work();
    } catch (error) {
      // No call before this, for which there may be no stack: `ready` looks whether the kernel returned.
      kernel.threw = error ?? true;
      const message = LOST[error?.message?.slice(0, 12)];
      if (message) throw new NearfoldError(...message, { cause: error });
      if (!(error instanceof WebAssembly.RuntimeError)) throw error;
      const full = kernel.exports.memory.buffer.byteLength > MOST_BYTES;
      kernel.poison = `nearfold stopped ${full ? "with its 4 GB of memory full" : "after an internal error"}; load the page or start the worker anew${full ? "" : `, and please report: ${error.message}`}`;
      throw new NearfoldError(full ? "out_of_memory" : "poisoned", kernel.poison, { cause: error });
    } finally {
      if (--kernel.depth === 0 && !kernel.poison) while (kernel.forgotten.length) letGo(kernel.forgotten.pop());
      if (before) use(before);
    }
  }

  /** Frees an object of the kernel; after a trap its memory is left alone. */
  release(core) {
    if (!core || this.kernel.poison) return;
    const before = use(this.kernel.exports);
    letGo(core);
    use(before);
  }

  /** Frees what the caller lets go of: when the kernel has returned, for it may be at work with it. */
  forget(core) {
    if (this.kernel?.depth && core) this.kernel.forgotten.push(core);
    else this.release(core);
  }
}

/** The half that reduces, and the half that searches. */
export const fold = /* @__PURE__ */ new Half("reducePrefix");
export const near = /* @__PURE__ */ new Half("indexcore_new");

/** Returns a kernel's exports; the generated code goes on with the kernel that it worked for. */
function instantiate(module) {
  const before = use(undefined);
  let exports;
  try {
    return (exports = initSync({ module }));
  } finally {
    use(before ?? exports);
  }
}

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
    const exports = instantiate(module);
    const kernel = { exports, scratch: {}, depth: 0, forgotten: [], stack: exports.__stack_pointer.value };
    for (const half of halves) half.kernel ??= kernel;
  } catch (cause) {
    throw new NearfoldError("load_failed", `this is not nearfold's kernel, or the page's Content-Security-Policy lacks 'wasm-unsafe-eval': ${cause.message}`, { cause });
  }
}

/** Returns the size of the kernels' memory in bytes. It never shrinks. */
export function kernelMemory() {
  const running = new Set([fold.kernel, near.kernel].filter(Boolean));
  return [...running].reduce((size, { exports }) => size + exports.memory.buffer.byteLength, 0);
}
