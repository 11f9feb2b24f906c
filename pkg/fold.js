// Reductions by NumPy's names. What each returns, and for what input which error: index.d.ts.

import {
  AccumulatorCore,
  bincount as bincountOf,
  describe as describeLayout,
  digitize as digitizeLayout,
  group as groupLayout,
  histogram as histogramOf,
  keepsAll,
  pair,
  reduce as reduceLayout,
  reducePrefix,
  reduceQuickly,
  reductionNames,
  scan as scanLayout,
  single,
} from "./wasm/nearfold.js";
import { SCRATCH_LEN_BYTES, copyOf, describeArray, describeRow, layoutOf, lenBytes, pieces, withKernelArray } from "./array.js";
import { badParameter, reductionName, refuseDetached, tag } from "./error.js";
import { fold } from "./kernel.js";
import { known, own } from "./options.js";

export const sum = (values, options) => reduce("sum", values, options);
export const mean = (values, options) => reduce("mean", values, options);
export const prod = (values, options) => reduce("prod", values, options);
export const variance = (values, options) => reduce("var", values, options);
export const std = (values, options) => reduce("std", values, options);
export const min = (values, options) => reduce("min", values, options);
export const max = (values, options) => reduce("max", values, options);
export const ptp = (values, options) => reduce("ptp", values, options);
export const argmin = (values, options) => reduce("argmin", values, options);
export const argmax = (values, options) => reduce("argmax", values, options);
export const norm = (values, options) => reduce("norm", values, options);
export const any = (values, options) => reduce("any", values, options);
export const all = (values, options) => reduce("all", values, options);
export const count = (values, options) => reduce("count", values, options);
export const countNonzero = (values, options) => reduce("count_nonzero", values, options);
export const minmax = (values, options) => reduce("minmax", values, options);
export const median = (values, options) => reduce("median", values, options);
export const quantile = (values, q, options) => quantiles("quantile", values, q, options);
export const percentile = (values, q, options) => quantiles("percentile", values, q, options);
export const skew = (values, options) => reduce("skew", values, options);
export const kurtosis = (values, options) => reduce("kurtosis", values, options);
export const moments = (values, options) => reduce("moments", values, options);
export const nansum = (values, options) => reduce("nansum", values, options);
export const nanmean = (values, options) => reduce("nanmean", values, options);
export const nanprod = (values, options) => reduce("nanprod", values, options);
export const nanvar = (values, options) => reduce("nanvar", values, options);
export const nanstd = (values, options) => reduce("nanstd", values, options);
export const nanmin = (values, options) => reduce("nanmin", values, options);
export const nanmax = (values, options) => reduce("nanmax", values, options);
export const nanargmin = (values, options) => reduce("nanargmin", values, options);
export const nanargmax = (values, options) => reduce("nanargmax", values, options);
export const nanminmax = (values, options) => reduce("nanminmax", values, options);
export const nanmedian = (values, options) => reduce("nanmedian", values, options);
export const nanskew = (values, options) => reduce("nanskew", values, options);
export const nankurtosis = (values, options) => reduce("nankurtosis", values, options);
export const nanmoments = (values, options) => reduce("nanmoments", values, options);
export const nanquantile = (values, q, options) => quantiles("nanquantile", values, q, options);
export const nanpercentile = (values, q, options) => quantiles("nanpercentile", values, q, options);

export const dot = (a, b, options) => combine("dot", a, b, options);
export const vecdot = (a, b, options) => combine("vecdot", a, b, options);
export const cosine = (a, b, options) => combine("cosine", a, b, options);
export const average = (values, options) => combine("average", values, options?.weights, options);
export const cov = (values, options) => combine("cov", values, options?.other, options);
export const corrcoef = (values, options) => combine("corrcoef", values, options?.other, options);

export const cumsum = (values, options) => scan("cumsum", values, options);
export const cumprod = (values, options) => scan("cumprod", values, options);
export const cummin = (values, options) => scan("cummin", values, options);
export const cummax = (values, options) => scan("cummax", values, options);

export function histogram(values, options = {}) {
  fold.ready();
  const { bins, weights, ...rest } = known(options, ["bins", "range", "density", "weights"]);
  const array = describeArray(values, "values");
  const edges = typeof bins === "object" && bins !== null ? describeRow(bins, "bins") : undefined;
  const weighted = weights == null ? undefined : describeArray(weights, "weights");
  return withKernelArray(fold, array, "values", (core) =>
    histogramOf(core, layoutOf(array), edges ? rest : { bins, ...rest }, copyOf(fold, edges, "bins"), edges?.length ?? 0, copyOf(fold, weighted, "weights"), weighted && layoutOf(weighted)),
  );
}

export function bincount(values, options = {}) {
  fold.ready();
  const { weights, minlength = 0 } = known(options, ["weights", "minlength"]);
  if (typeof minlength !== "number") throw badParameter("minlength", "an integer", minlength);
  const array = describeIntegers(values, "values");
  const weighted = weights == null ? undefined : describeArray(weights, "weights");
  return withKernelArray(fold, array, "values", (core) => bincountOf(core, layoutOf(array), minlength, copyOf(fold, weighted, "weights"), weighted && layoutOf(weighted)));
}

export function digitize(values, bins, options = {}) {
  fold.ready();
  const { right = false } = known(options, ["right"]);
  if (typeof right !== "boolean") throw badParameter("right", "a boolean", right);
  const array = describeArray(values, "values");
  const edges = describeRow(bins, "bins");
  return withKernelArray(fold, array, "values", (core) => withKernelArray(fold, edges, "bins", (binsCore) => digitizeLayout(core, layoutOf(array), binsCore, edges.length, right)));
}

export function group(op, values, codes, options = {}) {
  fold.ready();
  if (typeof op !== "string") throw badParameter("op", "the name of a reduction", op);
  if (tag(options) !== "Object") throw badParameter("options", "an object", options);
  const { groups, ...rest } = options;
  for (const name of ["axis", "keepdims", "where"]) if (rest[name] !== undefined) throw badParameter("options", "options that hold for groups", name);
  if (groups !== undefined && typeof groups !== "number") throw badParameter("groups", "an integer", groups);
  const array = describeArray(values, "values");
  const labels = describeIntegers(codes, "codes");
  return withKernelArray(fold, array, "values", (core) =>
    withKernelArray(fold, labels, "codes", (codesCore) => groupLayout(reductionName(op), core, layoutOf(array), codesCore, layoutOf(labels), groups, rest)),
  );
}

export function describe(values, options) {
  fold.ready();
  options = own(options);
  const array = describeArray(values, "values");
  const mask = options?.where == null ? undefined : describeMask(options.where);
  return withKernelArray(fold, array, "values", (core) => describeLayout(core, layoutOf(array), options, copyOf(fold, mask, "where"), mask && layoutOf(mask)));
}

function scan(op, values, options) {
  fold.ready();
  options = own(options);
  const array = describeArray(values, "values");
  return withKernelArray(fold, array, "values", (core) => scanLayout(op, core, layoutOf(array), options));
}

/** Returns an array described, one of numbers as int64: it counts as float64 elsewhere. */
function describeIntegers(values, name) {
  if (!Array.isArray(values)) return describeArray(values, name);
  const other = values.findIndex((value) => !Number.isSafeInteger(value));
  if (other >= 0) throw badParameter(`${name}[${other}]`, "an integer", values[other]);
  return describeArray(BigInt64Array.from(values, BigInt), name);
}

/** The place of each reduction's name among the kernel's. */
let places;

function reduce(op, values, options) {
  fold.ready();
  if (options === undefined) {
    places ??= Object.fromEntries(fold.enter(reductionNames).split(" ").map((name, place) => [name, place]));
    const array = describeArray(values, "values");
    if (!array.layout && (array.resident || lenBytes(array) <= SCRATCH_LEN_BYTES)) {
      const number = withKernelArray(fold, array, "values", (core) => reduceQuickly(places[op], core, array.length));
      if (number === number) return number;
    }
  }
  options = own(options);
  const array = describeArray(values, "values");
  const where = options?.where ?? undefined;
  if (array.layout || where !== undefined) return reduceWhere(op, array, where, options);
  const whole = options === undefined || (options !== null && options.axis == null && !options.keepdims);
  // Where every element is kept until the end, nothing is saved by reading in pieces.
  if (whole && !array.resident && lenBytes(array) > SCRATCH_LEN_BYTES && !fold.enter(() => keepsAll(op))) return reduceStream(op, array, options);
  return withKernelArray(fold, array, "values", (core) => reducePrefix(op, core, array.length, options));
}

function reduceWhere(op, array, where, options) {
  const mask = where === undefined ? undefined : describeMask(where);
  return withKernelArray(fold, array, "values", (core) =>
    reduceLayout(op, core, layoutOf(array), options, copyOf(fold, mask, "where"), mask && layoutOf(mask)),
  );
}

/**
 * Reads a long array through the scratch, so that the kernel's memory does not grow with it: for an estimate, where there is
 * one, and again where that does not settle the result.
 */
function reduceStream(op, array, options) {
  for (const quick of [true, false]) {
    const state = fold.enter(() => new AccumulatorCore(op, array.dtype, options, quick));
    try {
      for (const piece of pieces(array)) withKernelArray(fold, piece, "values", (core) => state.pushPrefix(core, piece.length));
      const result = fold.enter(() => state.result());
      if (result !== undefined) return result;
    } finally {
      fold.release(state);
    }
  }
}

function combine(op, a, b, options) {
  fold.ready();
  options = own(options);
  const left = describeArray(a, "values");
  if (b == null && op !== "dot" && op !== "vecdot" && op !== "cosine") {
    return withKernelArray(fold, left, "values", (core) => single(op, core, layoutOf(left), options));
  }
  const right = describeArray(b, "other");
  return withKernelArray(fold, left, "values", (leftCore) =>
    withKernelArray(fold, right, "other", (rightCore) => pair(op, leftCore, layoutOf(left), rightCore, layoutOf(right), options)),
  );
}

function quantiles(op, values, q, options) {
  if (q == null) throw badParameter("q", "a number or an array of numbers", q);
  refuseDetached(q, "q");
  if (options != null && tag(options) !== "Object") throw badParameter("options", "an object", options);
  options = { ...options, q };
  if (options.weights == null) return reduce(op, values, options);
  if (options.where != null) throw badParameter("where", "none beside weights: a weight of 0 leaves an element out", options.where);
  return combine(op, values, options.weights, options);
}

function describeMask(where) {
  if (Array.isArray(where)) {
    const other = where.findIndex((truth) => typeof truth !== "boolean");
    if (other >= 0) throw badParameter("where", "an array of booleans", where[other]);
    where = Uint8Array.from(where);
  }
  const mask = describeArray(where, "where");
  if (mask.dtype !== "bool" && mask.dtype !== "uint8") throw badParameter("where", "booleans, or a Uint8Array of 0 and 1", where);
  return { ...mask, dtype: "bool" };
}
