// A reduction of a stream that comes in pieces: states are pushed to, merged, stored and finished.

import { AccumulatorCore } from "./wasm/nearfold.js";
import { SCRATCH_LEN_BYTES, describeArray, describeBytes, layoutOf, lenBytes, pieces, withKernelArray } from "./array.js";
import { NearfoldError, badParameter, camelCase, owned, tag } from "./error.js";
import { fold } from "./kernel.js";

/** Returns the kernel's name of a reduction. */
export function reductionName(op) {
  return op === "variance" ? "var" : op.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

export class Accumulator {
  #core;

  constructor(op, options = {}) {
    fold.ready();
    if (op instanceof AccumulatorCore) {
      this.#core = op;
      return;
    }
    if (typeof op !== "string") throw badParameter("op", "the name of a reduction", op);
    if (tag(options) !== "Object") throw badParameter("options", "an object", options);
    const { of = "float64", ...rest } = options;
    if (typeof of !== "string") throw badParameter("of", "the name of a dtype", of);
    this.#core = fold.enter(() => new AccumulatorCore(reductionName(op), of, rest, false));
  }

  static fromBytes(bytes) {
    fold.ready();
    const array = describeBytes(bytes);
    return new Accumulator(withKernelArray(fold, array, "bytes", (core) => AccumulatorCore.fromBytes(core, array.length)));
  }

  get op() {
    return camelCase(fold.enter(() => this.#live().op));
  }

  get dtype() {
    return fold.enter(() => this.#live().dtype);
  }

  get count() {
    return fold.enter(() => this.#live().count);
  }

  push(values) {
    const core = this.#live();
    const array = describeArray(values, "values");
    const [op, dtype] = fold.enter(() => [core.op, core.dtype]);
    if (array.dtype !== dtype) throw new NearfoldError("unsupported_dtype", `${op}: expected ${dtype}, got ${array.dtype}`);
    if (array.layout) withKernelArray(fold, array, "values", (buffer) => core.pushLayout(buffer, layoutOf(array)));
    else if (array.resident || lenBytes(array) <= SCRATCH_LEN_BYTES) withKernelArray(fold, array, "values", (buffer) => core.push(buffer, array.length));
    else for (const piece of pieces(array)) withKernelArray(fold, piece, "values", (buffer) => core.push(buffer, piece.length));
    return this;
  }

  merge(other) {
    if (!(other instanceof Accumulator)) throw badParameter("other", "an Accumulator", other);
    // The kernel cannot borrow one state twice.
    if (other === this) return this.merge(Accumulator.fromBytes(this.toBytes()));
    fold.enter(() => this.#live().merge(other.#live()));
    return this;
  }

  finish() {
    return fold.enter(() => this.#live().finish());
  }

  toBytes() {
    return fold.enter(() => this.#live().toBytes());
  }

  free() {
    fold.release(this.#core);
    this.#core = undefined;
  }

  #live() {
    fold.ready();
    if (!this.#core) throw new NearfoldError("freed", "this Accumulator was freed");
    return this.#core;
  }
}
owned(Accumulator, "Accumulator");
