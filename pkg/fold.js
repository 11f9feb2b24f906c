// Reductions by NumPy's names. What each returns, and for what input which error: index.d.ts.

import { Buffer, dot as dotCore, reduce as reduceLayout, reducePrefix } from "./wasm/nearfold.js";
import { describeArray, fill, withKernelArray } from "./array.js";
import { badParameter } from "./error.js";
import { enter, ready } from "./kernel.js";

export function sum(values, options) {
  return reduce("sum", values, options);
}

export function mean(values, options) {
  return reduce("mean", values, options);
}

export function variance(values, options) {
  return reduce("var", values, options);
}

export function std(values, options) {
  return reduce("std", values, options);
}

export function min(values, options) {
  return reduce("min", values, options);
}

export function max(values, options) {
  return reduce("max", values, options);
}

export function argmin(values, options) {
  return reduce("argmin", values, options);
}

export function argmax(values, options) {
  return reduce("argmax", values, options);
}

export function norm(values, options) {
  return reduce("norm", values, options);
}

export function dot(a, b, options) {
  ready();
  const left = describeArray(a, "a");
  const right = describeArray(b, "b");
  return withKernelArray(left, "a", (leftCore) =>
    withKernelArray(right, "b", (rightCore) => dotCore(leftCore, layoutOf(left), rightCore, layoutOf(right), options)),
  );
}

function reduce(op, values, options) {
  ready();
  const array = describeArray(values, "values");
  const where = options?.where ?? undefined;
  if (!array.layout && where === undefined) {
    return withKernelArray(array, "values", (core) => reducePrefix(op, core, array.length, options));
  }
  const mask = where === undefined ? undefined : describeMask(where);
  return withKernelArray(array, "values", (core) =>
    reduceLayout(op, core, layoutOf(array), options, mask && maskBuffer(mask), mask && layoutOf(mask)),
  );
}

function layoutOf({ layout, length }) {
  return layout ?? { shape: [length], strides: undefined, offset: 0 };
}

function describeMask(where) {
  if (Array.isArray(where)) {
    const other = where.find((truth) => typeof truth !== "boolean");
    if (other !== undefined) throw badParameter("where", "an array of booleans", other);
    where = Uint8Array.from(where);
  }
  const mask = describeArray(where, "where");
  if (mask.dtype !== "bool" && mask.dtype !== "uint8") throw badParameter("where", "booleans, or a Uint8Array of 0 and 1", where);
  return { ...mask, dtype: "bool" };
}

/** Copies the mask into a buffer that the call consumes. */
function maskBuffer(mask) {
  const core = enter(() => new Buffer("bool", mask.length));
  const data = mask.data.view?.() ?? mask.data;
  fill(core, { ...mask, data }, "where");
  return core;
}
