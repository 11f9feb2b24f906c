// Reductions by NumPy's names. What each returns, and for what input which error: index.d.ts.

import { describeArray, describeGiven, describeNumbers, inPieces, isLong, withArray, withArrays } from "./array.js";
import { badParameter, tag } from "./error.js";
import { fold } from "./kernel.js";
import { own } from "./options.js";

const reduction = (op) => (values, options) => reduce(op, values, options);
const quantileOf = (op) => (values, q, options) => quantiles(op, values, q, options);
const product = (op) => (a, b, options) => run("pair", [op, own(options)], describeArray(a, "values"), describeArray(b, "other"));
/** Of an array, and of a second one that an option may give. */
const relation = (op, second) => (values, options) => {
  options = own(options);
  return run("pair", [op, options], describeArray(values, "values"), describeGiven(options?.[second], second));
};
const running = (op) => (values, options) => run("scan", [op, own(options)], describeArray(values, "values"));

export const sum = /* @__PURE__ */ reduction("sum");
export const mean = /* @__PURE__ */ reduction("mean");
export const prod = /* @__PURE__ */ reduction("prod");
export const variance = /* @__PURE__ */ reduction("var");
export const std = /* @__PURE__ */ reduction("std");
export const min = /* @__PURE__ */ reduction("min");
export const max = /* @__PURE__ */ reduction("max");
export const ptp = /* @__PURE__ */ reduction("ptp");
export const argmin = /* @__PURE__ */ reduction("argmin");
export const argmax = /* @__PURE__ */ reduction("argmax");
export const norm = /* @__PURE__ */ reduction("norm");
export const any = /* @__PURE__ */ reduction("any");
export const all = /* @__PURE__ */ reduction("all");
export const count = /* @__PURE__ */ reduction("count");
export const countNonzero = /* @__PURE__ */ reduction("count_nonzero");
export const minmax = /* @__PURE__ */ reduction("minmax");
export const median = /* @__PURE__ */ reduction("median");
export const quantile = /* @__PURE__ */ quantileOf("quantile");
export const percentile = /* @__PURE__ */ quantileOf("percentile");
export const skew = /* @__PURE__ */ reduction("skew");
export const kurtosis = /* @__PURE__ */ reduction("kurtosis");
export const moments = /* @__PURE__ */ reduction("moments");
export const nansum = /* @__PURE__ */ reduction("nansum");
export const nanmean = /* @__PURE__ */ reduction("nanmean");
export const nanprod = /* @__PURE__ */ reduction("nanprod");
export const nanvar = /* @__PURE__ */ reduction("nanvar");
export const nanstd = /* @__PURE__ */ reduction("nanstd");
export const nanmin = /* @__PURE__ */ reduction("nanmin");
export const nanmax = /* @__PURE__ */ reduction("nanmax");
export const nanargmin = /* @__PURE__ */ reduction("nanargmin");
export const nanargmax = /* @__PURE__ */ reduction("nanargmax");
export const nanminmax = /* @__PURE__ */ reduction("nanminmax");
export const nanmedian = /* @__PURE__ */ reduction("nanmedian");
export const nanskew = /* @__PURE__ */ reduction("nanskew");
export const nankurtosis = /* @__PURE__ */ reduction("nankurtosis");
export const nanmoments = /* @__PURE__ */ reduction("nanmoments");
export const nanquantile = /* @__PURE__ */ quantileOf("nanquantile");
export const nanpercentile = /* @__PURE__ */ quantileOf("nanpercentile");

export const dot = /* @__PURE__ */ product("dot");
export const vecdot = /* @__PURE__ */ product("vecdot");
export const cosine = /* @__PURE__ */ product("cosine");
export const average = /* @__PURE__ */ relation("average", "weights");
export const cov = /* @__PURE__ */ relation("cov", "other");
export const corrcoef = /* @__PURE__ */ relation("corrcoef", "other");

export const cumsum = /* @__PURE__ */ running("cumsum");
export const cumprod = /* @__PURE__ */ running("cumprod");
export const cummin = /* @__PURE__ */ running("cummin");
export const cummax = /* @__PURE__ */ running("cummax");

export function histogram(values, options) {
  options = own(options);
  const { bins, weights } = options ?? {};
  const edges = typeof bins === "object" && bins ? describeNumbers(bins, "bins") : undefined;
  return run("histogram", [options], describeArray(values, "values"), edges, describeGiven(weights, "weights"));
}

export function bincount(values, options) {
  options = own(options);
  return run("bincount", [options], describeIntegers(values, "values"), describeGiven(options?.weights, "weights"));
}

export function digitize(values, bins, options) {
  return run("digitize", [own(options)], describeArray(values, "values"), describeNumbers(bins, "bins"));
}

export function group(op, values, codes, options) {
  return run("group", [op, own(options)], describeArray(values, "values"), describeIntegers(codes, "codes"));
}

export function describe(values, options) {
  options = own(options);
  return run("describe", [options], describeArray(values, "values"), describeMask(options?.where));
}

/** Calls the kernel with arguments and then with arrays, described. */
function run(name, given, ...arrays) {
  return withArrays(fold, arrays, (...lent) => fold.call(name, ...given, ...lent));
}

/** Returns an array described, one of numbers as int64: it counts as float64 elsewhere. */
function describeIntegers(values, name) {
  if (!Array.isArray(values)) return describeArray(values, name);
  const other = values.findIndex((value) => !Number.isSafeInteger(value));
  if (other >= 0) throw badParameter(`${name}[${other}]`, "an integer", values[other]);
  return describeArray(BigInt64Array.from(values, BigInt), name);
}

// These keep every element until the end: nothing is saved by reading in pieces.
const KEEPS_ALL = /median|quantile|percentile/;

/** The place of each reduction's name among the kernel's. */
let places;

function reduce(op, values, options) {
  fold.ready();
  places ??= Object.fromEntries(fold.call("reductionNames").split(" ").map((name, place) => [name, place]));
  const place = places[op];
  options = own(options);
  const array = describeArray(values, "values");
  const long = isLong(array);
  if (options === undefined && !long && !array.shape) {
    const number = withArray(fold, array, (core) => fold.call("reduceQuickly", place, core, array.length));
    if (number === number) return number;
  }
  const { axis, keepdims, exact, where } = options ?? {};
  if (long && axis == null && !keepdims && exact !== false && where == null && !KEEPS_ALL.test(op)) return reduceStream(place, array, options);
  return run("reduce", [place, options], array, describeMask(where));
}

/**
 * Reads a long array through the scratch, so that the kernel's memory does not grow with it: for an estimate, where there is
 * one, and again where that does not settle the result.
 */
function reduceStream(place, array, options) {
  for (const quick of [true, false]) {
    const state = fold.make("pieces", place, options, array.dtype, quick);
    try {
      inPieces(fold, array, (core, layout) => fold.call("state_push", state, core, layout, core));
      const result = fold.call("state_finish", state);
      if (result !== undefined) return result;
    } finally {
      fold.free("state", state);
    }
  }
}

function quantiles(op, values, q, options) {
  if (q == null) throw badParameter("q", "a number or an array of numbers", q);
  if (options == null || tag(options) === "Object") options = { ...options, q };
  return options.weights == null ? reduce(op, values, options) : run("pair", [op, options], describeArray(values, "values"), describeArray(options.weights, "weights"));
}

function describeMask(where) {
  if (where == null) return undefined;
  if (Array.isArray(where)) {
    const other = where.find((truth) => typeof truth !== "boolean");
    if (other !== undefined) throw badParameter("where", "an array of booleans", other);
    where = Uint8Array.from(where);
  }
  const mask = describeArray(where, "where");
  if (mask.dtype !== "bool" && mask.dtype !== "uint8") throw badParameter("where", "booleans, or a Uint8Array of 0 and 1", where);
  return { ...mask, dtype: "bool" };
}
