// What holds memory of a kernel: it is freed by its owner, by `using`, or by the collector.

import { NearfoldError } from "./error.js";

/** The first argument of a constructor that is given what the kernel made already. */
export const MADE = Symbol();

const collected = /* @__PURE__ */ registry();

function registry() {
  return typeof FinalizationRegistry === "undefined" ? undefined : new FinalizationRegistry(([half, kind, address]) => half.free(kind, address));
}

export class Handle {
  #half;
  #kind;
  #address;

  constructor(half, kind, address) {
    this.#half = half;
    this.#kind = kind;
    this.#address = address;
    collected?.register(this, [half, kind, address], this);
  }

  /** The address in the kernel; throws if it was freed. */
  get core() {
    this.#half.ready();
    if (!this.#address) throw new NearfoldError("freed", `this ${this[Symbol.toStringTag]} was freed`);
    return this.#address;
  }

  /** Returns whether it lies in the kernel of a half. */
  liesIn(half) {
    return this.#half.kernel === half.kernel;
  }

  free() {
    collected?.unregister(this);
    this.#half.free(this.#kind, this.#address);
    this.#address = 0;
  }
}
if (Symbol.dispose) {
  Handle.prototype[Symbol.dispose] = function () {
    this.free();
  };
}
