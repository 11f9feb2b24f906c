// What counts as an array: typed arrays, arrays of numbers, { data, shape, strides }, KernelArray.

import { VIEWS } from "./border.js";
import { NearfoldError, badParameter, describe, tag } from "./error.js";
import { Handle } from "./handle.js";
import { fold, near } from "./kernel.js";

// A typed array may be read as another dtype of the same bytes, where JavaScript has no type for it.
const REREAD = { float16: "uint16", bool: "uint8" };

const ACCEPTED = "a typed array, an array of numbers, { data, shape } or a KernelArray";

/** An array in the kernel's own memory: filled through `view()`, folded without a copy. */
export class KernelArray extends Handle {
  #half;
  #dtype;
  #length;

  constructor(length, dtype = "float64") {
    // Where there are two kernels, that of the reductions: every dtype is known there.
    const half = fold.kernel || fold.load ? fold : near;
    super(half, "buffer", half.make("buffer_new", dtype, length));
    this.#half = half;
    this.#dtype = dtype;
    this.#length = length;
  }

  get [Symbol.toStringTag]() {
    return "KernelArray";
  }

  get dtype() {
    return this.#dtype;
  }

  get length() {
    return this.#length;
  }

  view() {
    return viewOf(this.#half, this.core, this.#dtype, this.#length);
  }
}

export function alloc(length, dtype) {
  return new KernelArray(length, dtype);
}

/**
 * Returns `{ name, data, dtype, length }`; with `shape`, `strides` and `offset` where the elements are not simply in order.
 * `data` is a KernelArray if the elements lie in a kernel's memory.
 */
export function describeArray(values, name) {
  if (values instanceof KernelArray) return { name, data: values, dtype: values.dtype, length: values.length };
  if (Array.isArray(values)) return { name, data: values, dtype: "float64", length: values.length };
  if (ArrayBuffer.isView(values)) return typed(values, undefined, name);
  if (typeof values !== "object" || values === null || !("data" in values)) throw badParameter(name, ACCEPTED, values);
  const { data, dtype, shape, strides, offset = 0 } = values;
  if (!(data instanceof KernelArray || Array.isArray(data) || ArrayBuffer.isView(data))) throw badParameter(`${name}.data`, ACCEPTED, data);
  const array = ArrayBuffer.isView(data) ? typed(data, dtype, name) : describeArray(data, name);
  return { ...array, shape: integers("shape", shape ?? [array.length]), strides: strides && integers("strides", strides), offset: integers("offset", [offset])[0] };
}

/** Returns the description of an array that may be left out. */
export function describeGiven(values, name) {
  return values == null ? undefined : describeArray(values, name);
}

const dtypes = {};

/** Returns the dtype of a class of typed arrays: “BigUint64Array” is of “uint64”. */
function dtypeOf(name) {
  if (!(name in dtypes)) {
    const dtype = name?.replace(/Big|Clamped|Array/g, "").toLowerCase();
    dtypes[name] = dtype in VIEWS ? dtype : undefined;
  }
  return dtypes[name];
}

function typed(data, dtype, name) {
  const own = dtypeOf(data[Symbol.toStringTag]);
  if (!own) throw badParameter(name, ACCEPTED, data);
  if (data.length === 0) refuseDetached(data, name);
  if (dtype !== undefined && dtype !== own && REREAD[dtype] !== own) throw badParameter("dtype", `${own}, or another dtype of the same bytes`, dtype);
  // A Float16Array is copied by its bits: the kernel's buffer is viewed so.
  if (own === "float16") data = new Uint16Array(data.buffer, data.byteOffset, data.length);
  return { name, data, dtype: dtype ?? own, length: data.length };
}

function integers(name, list) {
  if (!(Array.isArray(list) || ArrayBuffer.isView(list))) throw badParameter(name, "an array of integers", list);
  return Array.from(list, (each) => {
    if (Number.isSafeInteger(each)) return each;
    throw new NearfoldError("shape_mismatch", `${name}: expected integers, got ${describe(each)}`);
  });
}

/** Returns the layout of a described array, as src/wasm/buffer.rs reads it. */
export function layoutOf({ length, shape, strides, offset }) {
  return shape ? [length, offset, strides ? 1 : 0, shape.length, ...shape, ...(strides ?? [])] : length;
}

/** A detached array, or one whose buffer has become too short for it, looks like an empty one: its methods tell. */
function refuseDetached(data, name) {
  try {
    data.keys();
  } catch {
    throw detached(name);
  }
}

function detached(name) {
  return new NearfoldError("detached", `${name}: the array's buffer was detached, perhaps transferred to a worker, or made too short for the array`);
}

/** Returns bytes, whatever holds them, described. */
export function describeBytes(value) {
  let bytes = value;
  if (/^(Shared)?ArrayBuffer$/.test(tag(value))) {
    try {
      bytes = new Uint8Array(value);
    } catch {
      throw detached("bytes");
    }
  }
  if (bytes instanceof KernelArray ? bytes.dtype !== "uint8" : tag(bytes) !== "Uint8Array") {
    throw badParameter("bytes", "a Uint8Array, an ArrayBuffer or a uint8 KernelArray", value);
  }
  return describeArray(bytes, "bytes");
}

/** Returns a described array as one of `dtype` in order, or throws: of a KernelArray the dtype is what it is. */
export function converted(array, dtype, expected, values) {
  const fits = array.data instanceof KernelArray ? array.dtype === dtype : /^(u?int(8|16|32)|float(32|64))$/.test(array.dtype);
  if (!fits) throw badParameter(array.name, expected, values);
  return { name: array.name, data: array.data, dtype, length: array.length };
}

/** Returns numbers in order, described as float64. */
export function describeNumbers(values, name) {
  const array = describeArray(values, name);
  const expected = "an array of numbers in one dimension";
  if (array.shape) throw badParameter(name, expected, values);
  return converted(array, "float64", expected, values);
}

/** Returns a typed array over a buffer of the kernel; the next growth of memory detaches it. */
export function viewOf(half, core, dtype, length) {
  return new VIEWS[dtype](half.heap, half.kernel.exports.buffer_address(core) >>> 0, length);
}

/** Copies the elements of a described array into a buffer of the kernel, from its beginning. */
function fill(half, core, { name, data, dtype, length, start = 0 }) {
  const view = viewOf(half, core, dtype, length);
  if (!Array.isArray(data)) {
    view.set(data);
    return;
  }
  for (let i = 0; i < length; i++) {
    const value = data[i];
    if (typeof value !== "number") throw badParameter(`${name}[${start + i}]`, typeof value === "object" ? "a number (several dimensions come as { data, shape })" : "a number", value);
    view[i] = value;
  }
  // A getter among the elements made the memory grow, and the view end: what it saw is written again.
  if (view.length < length) {
    const copy = data.slice(0, length);
    viewOf(half, core, dtype, length).set(copy);
  }
}

/** Arrays of up to so many bytes go through one small buffer per dtype that is kept. */
const SCRATCH_LEN_BYTES = 65536;

const capacityOf = (dtype) => SCRATCH_LEN_BYTES / VIEWS[dtype].BYTES_PER_ELEMENT;

/** Returns whether an array is too long for the scratch, and may be read in pieces. */
export function isLong({ data, dtype, length, shape }) {
  return !shape && !(data instanceof KernelArray) && length > capacityOf(dtype);
}

/** Calls `work(core, layout)` with an array, piece by piece if it is long. */
export function inPieces(half, array, work) {
  if (!isLong(array)) return withArray(half, array, (core) => work(core, layoutOf(array)));
  const step = capacityOf(array.dtype);
  for (let start = 0; start < array.length; start += step) {
    const length = Math.min(step, array.length - start);
    const { data } = array;
    const piece = Array.isArray(data) ? data.slice(start, start + length) : data.subarray(start, start + length);
    withArray(half, { ...array, data: piece, length, start }, (core) => work(core, length));
  }
}

/**
 * Calls `work(core)` with the array in the memory of a half's kernel: where it lies if it lies there, else
 * in a copy that lives as long as the call.
 */
export function withArray(half, array, work) {
  const { data, dtype, length } = array;
  if (data instanceof KernelArray) {
    const { core } = data;
    if (data.liesIn(half)) return work(core);
    array = { ...array, data: data.view() };
  }
  const { scratch } = half.ready();
  const capacity = capacityOf(dtype);
  const small = length <= capacity;
  // While it is used the scratch is taken: a second array of the same call gets a buffer of its own.
  const core = (small && scratch[dtype]) || half.make("buffer_new", dtype, small ? capacity : length);
  if (small) scratch[dtype] = undefined;
  try {
    fill(half, core, array);
    return work(core);
  } finally {
    if (small && !scratch[dtype]) scratch[dtype] = core;
    else half.free("buffer", core);
  }
}

/** Calls `work` with the core and the layout of each array; of one that is not there, the layout is `undefined`. */
export function withArrays(half, [array, ...others], work, ...lent) {
  const next = (core) => {
    const all = [...lent, core, array && layoutOf(array)];
    return others.length ? withArrays(half, others, work, ...all) : work(...all);
  };
  return array ? withArray(half, array, next) : next(lent[0]);
}
