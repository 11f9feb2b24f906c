// States of streams that come in pieces: they are pushed to, merged, stored and finished. index.d.ts says the rest.

import { describeArray, describeBytes, describeNumbers, inPieces, withArray, withArrays } from "./array.js";
import { badParameter } from "./error.js";
import { Handle, MADE } from "./handle.js";
import { fold } from "./kernel.js";
import { known, own } from "./options.js";

/** What the classes have in common. */
class Stream extends Handle {
  /** `make()` gives the address of an empty state; `given` is `[MADE, address]` if there is one already. */
  constructor(given, make) {
    super(fold, "state", given[0] === MADE ? given[1] : make(...given));
  }

  static fromBytes(bytes) {
    const array = describeBytes(bytes);
    return new this(MADE, withArray(fold, array, (core) => fold.make("state_fromBytes", this.prototype[Symbol.toStringTag], core, array.length)));
  }

  get count() {
    return fold.call("state_get", this.core, "count");
  }

  push(values) {
    const { core } = this;
    inPieces(fold, describeArray(values, "values"), (array, layout) => fold.call("state_push", core, array, layout, array));
    return this;
  }

  merge(other) {
    if (!(other instanceof this.constructor)) throw badParameter("other", `another ${this[Symbol.toStringTag]}`, other);
    // The kernel cannot borrow one state twice.
    if (other === this) return this.merge(this.constructor.fromBytes(this.toBytes()));
    fold.call("state_merge", this.core, other.core);
    return this;
  }

  finish(options) {
    return fold.call("state_finish", this.core, own(options));
  }

  toBytes() {
    return fold.call("state_toBytes", this.core);
  }
}

export class Accumulator extends Stream {
  constructor(...given) {
    super(given, (op, options) => fold.make("accumulator", op, own(options)));
  }

  get [Symbol.toStringTag]() {
    return "Accumulator";
  }

  get op() {
    return fold.call("state_get", this.core, "op");
  }

  get dtype() {
    return fold.call("state_get", this.core, "dtype");
  }
}

/** An accumulator of the reduction `op`, which is made with the dtype of its elements alone. */
const named = (op, given) => (given[0] === MADE ? given : [op, known(given[0] ?? {}, ["of"])]);

export class Sum extends Accumulator {
  constructor(...given) {
    super(...named("sum", given));
  }

  get [Symbol.toStringTag]() {
    return "Sum";
  }
}

export class MinMax extends Accumulator {
  constructor(...given) {
    super(...named("minmax", given));
  }

  get [Symbol.toStringTag]() {
    return "MinMax";
  }
}

export class Moments extends Accumulator {
  constructor(...given) {
    super(...named("moments", given));
  }

  get [Symbol.toStringTag]() {
    return "Moments";
  }

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

function figure({ core }, op, options) {
  return fold.call("state_figure", core, op, own(options));
}

export class Cov extends Stream {
  constructor(...given) {
    super(given, (variables) => fold.make("cov", variables));
  }

  get [Symbol.toStringTag]() {
    return "Cov";
  }

  get variables() {
    return fold.call("state_get", this.core, "variables");
  }

  corrcoef() {
    return fold.call("state_corrcoef", this.core);
  }
}

export class Histogram extends Stream {
  constructor(...given) {
    super(given, (bins, options) => {
      if (typeof bins !== "object") return fold.make("bins", bins, own(options));
      return withArrays(fold, [describeNumbers(bins, "bins")], (...edges) => fold.make("edges", own(options), ...edges));
    });
  }

  get [Symbol.toStringTag]() {
    return "Histogram";
  }

  get below() {
    return fold.call("state_get", this.core, "below");
  }

  get above() {
    return fold.call("state_get", this.core, "above");
  }

  get nan() {
    return fold.call("state_get", this.core, "nan");
  }

  push(values, options = {}) {
    const { weights } = known(options, ["weights"]);
    if (weights == null) return super.push(values);
    const { core } = this;
    withArrays(fold, [describeArray(values, "values"), describeArray(weights, "weights")], (...arrays) => fold.call("state_push", core, ...arrays));
    return this;
  }
}

export class Quantiles extends Stream {
  constructor(...given) {
    super(given, (options) => fold.make("quantiles", own(options)));
  }

  get [Symbol.toStringTag]() {
    return "Quantiles";
  }

  get limit() {
    return fold.call("state_get", this.core, "limit");
  }

  get isExact() {
    return fold.call("state_get", this.core, "isExact");
  }

  get rankError() {
    return fold.call("state_get", this.core, "rankError");
  }

  finish(q = 0.5, options = undefined) {
    const one = typeof q === "number";
    return withArrays(fold, [describeNumbers(one ? [q] : q, "q")], (...list) => fold.call("state_finishAt", this.core, own(options), one, ...list));
  }
}
