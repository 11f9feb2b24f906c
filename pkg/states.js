// States of streams that come in pieces: they are pushed to, merged, stored and finished. index.d.ts says the rest.

import { AccumulatorCore, CovCore, HistogramCore, QuantilesCore, isMergeable, reductionNames } from "./wasm/nearfold.js";
import { SCRATCH_LEN_BYTES, describeArray, describeBytes, describeNumbers, describeRow, layoutOf, lenBytes, pieces, withKernelArray } from "./array.js";
import { NearfoldError, badParameter, camelCase, owned, reductionName, tag } from "./error.js";
import { fold } from "./kernel.js";
import { known, own } from "./options.js";

/** Returns the kernel's names of the reductions whose states are small and may be merged. */
export const mergeable = () => fold.enter(() => reductionNames().split(" ").filter(isMergeable));

/** What all have in common: a core that is pushed to, merged, stored and freed. */
class Stream {
  #core;

  constructor(core) {
    this.#core = core;
  }

  static fromBytes(bytes) {
    fold.ready();
    const array = describeBytes(bytes);
    return new this(withKernelArray(fold, array, "bytes", (core) => this.Core.fromBytes(core, array.length, this.op)));
  }

  get count() {
    return fold.enter(() => this.core.count);
  }

  push(values) {
    pushAll(this.core, describeArray(values, "values"));
    return this;
  }

  merge(other) {
    if (!(other instanceof this.constructor)) throw badParameter("other", `another ${this[Symbol.toStringTag]}`, other);
    // The kernel cannot borrow one state twice.
    if (other === this) return this.merge(this.constructor.fromBytes(this.toBytes()));
    fold.enter(() => this.core.merge(other.core));
    return this;
  }

  toBytes() {
    return fold.enter(() => this.core.toBytes());
  }

  free() {
    fold.release(this.#core);
    this.#core = undefined;
  }

  /** The kernel's handle; throws if it was freed. */
  get core() {
    fold.ready();
    if (!this.#core) throw new NearfoldError("freed", `this ${this[Symbol.toStringTag]} was freed`);
    return this.#core;
  }
}

export class Accumulator extends Stream {
  static Core = AccumulatorCore;

  constructor(op, options = {}) {
    super(op instanceof AccumulatorCore ? op : newAccumulator(op, options));
  }

  get op() {
    return camelCase(fold.enter(() => this.core.op));
  }

  get dtype() {
    return fold.enter(() => this.core.dtype);
  }

  push(values) {
    const { core } = this;
    const array = describeArray(values, "values");
    const [op, dtype] = fold.enter(() => [core.op, core.dtype]);
    if (array.dtype !== dtype) throw new NearfoldError("unsupported_dtype", `${op}: expected ${dtype}, got ${array.dtype}`);
    pushAll(core, array);
    return this;
  }

  result() {
    return fold.enter(() => this.core.result());
  }
}

/** An accumulator of the reduction `op`, which is made with the dtype of its elements alone. */
const named = (op) =>
  class extends Accumulator {
    static op = op;

    constructor(options = {}) {
      super(options instanceof AccumulatorCore ? options : newAccumulator(op, known(options, ["of"])));
    }
  };

export class Sum extends named("sum") {}

export class MinMax extends named("minmax") {}

export class Moments extends named("moments") {
  mean() {
    return figure(this, "mean");
  }

  variance(options) {
    return figure(this, "var", options);
  }

  std(options) {
    return figure(this, "std", options);
  }

  skew(options) {
    return figure(this, "skew", options);
  }

  kurtosis(options) {
    return figure(this, "kurtosis", options);
  }
}

export class Cov extends Stream {
  static Core = CovCore;

  constructor(variables) {
    super(variables instanceof CovCore ? variables : newCov(variables));
  }

  get variables() {
    return fold.enter(() => this.core.variables);
  }

  result(options) {
    return fold.enter(() => this.core.result(own(options)));
  }

  corrcoef() {
    return fold.enter(() => this.core.corrcoef());
  }
}

export class Histogram extends Stream {
  static Core = HistogramCore;

  constructor(bins, options = {}) {
    super(bins instanceof HistogramCore ? bins : newHistogram(bins, options));
  }

  get below() {
    return fold.enter(() => this.core.below);
  }

  get above() {
    return fold.enter(() => this.core.above);
  }

  get nan() {
    return fold.enter(() => this.core.nan);
  }

  push(values, options = {}) {
    const { weights } = known(options, ["weights"]);
    if (weights == null) return super.push(values);
    const core = this.core;
    const array = describeArray(values, "values");
    const weighed = describeArray(weights, "weights");
    withKernelArray(fold, array, "values", (buffer) =>
      withKernelArray(fold, weighed, "weights", (weighedBuffer) => core.pushWeighted(buffer, layoutOf(array), weighedBuffer, layoutOf(weighed))),
    );
    return this;
  }

  result() {
    return fold.enter(() => this.core.result());
  }
}

export class Quantiles extends Stream {
  static Core = QuantilesCore;

  constructor(options = {}) {
    super(options instanceof QuantilesCore ? options : newQuantiles(options));
  }

  get limit() {
    return fold.enter(() => this.core.limit);
  }

  get isExact() {
    return fold.enter(() => this.core.isExact);
  }

  get rankError() {
    return fold.enter(() => this.core.rankError);
  }

  result(q = 0.5, options = undefined) {
    const one = typeof q === "number";
    const { data, resident } = one ? { data: [] } : describeNumbers(q, "q");
    const list = Float64Array.from(resident ? data.view() : data, (each, i) => {
      if (typeof each !== "number") throw badParameter(`q[${i}]`, "a number", each);
      return each;
    });
    return fold.enter(() => this.core.result(one ? q : undefined, list, own(options)));
  }
}

for (const [name, Class] of Object.entries({ Accumulator, Sum, MinMax, Moments, Cov, Histogram, Quantiles })) owned(Class, name);

function pushAll(core, array) {
  // Without a layout the elements are in order: they pass through the scratch piece by piece.
  const whole = array.layout || array.resident || lenBytes(array) <= SCRATCH_LEN_BYTES;
  for (const piece of whole ? [array] : pieces(array)) withKernelArray(fold, piece, "values", (buffer) => core.push(buffer, layoutOf(piece)));
}

function figure(state, op, options) {
  return fold.enter(() => state.core.figure(op, own(options)));
}

function newAccumulator(op, options) {
  fold.ready();
  if (typeof op !== "string") throw badParameter("op", "the name of a reduction", op);
  if (tag(options) !== "Object") throw badParameter("options", "an object", options);
  const { of = "float64", ...rest } = options;
  if (typeof of !== "string") throw badParameter("of", "the name of a dtype", of);
  return fold.enter(() => new AccumulatorCore(reductionName(op), of, rest, false));
}

function newCov(variables) {
  fold.ready();
  if (typeof variables !== "number") throw badParameter("variables", "an integer", variables);
  return fold.enter(() => new CovCore(variables));
}

function newHistogram(bins, options) {
  fold.ready();
  const { range } = known(options, ["range"]);
  if (typeof bins === "number") {
    const [low, high] = Array.isArray(range) && range.length === 2 ? range : [];
    if (typeof low !== "number" || typeof high !== "number") throw badParameter("range", "[low, high]: a stream's ends are not known beforehand", range);
    return fold.enter(() => new HistogramCore(bins, low, high));
  }
  if (range != null) throw badParameter("range", "none with edges", range);
  const edges = describeRow(bins, "bins");
  return withKernelArray(fold, edges, "bins", (core) => HistogramCore.withEdges(core, edges.length));
}

function newQuantiles(options) {
  fold.ready();
  const { limit } = known(options, ["limit"]);
  if (limit !== undefined && typeof limit !== "number") throw badParameter("limit", "an integer", limit);
  return fold.enter(() => new QuantilesCore(limit));
}
