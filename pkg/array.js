// What counts as an array: typed arrays, arrays of numbers, { data, shape, strides }, KernelArray.

import { Buffer } from "./wasm/nearfold.js";
import { NearfoldError, badParameter, detached, isPlain, owned, refuseDetached, tag } from "./error.js";
import { fold, near } from "./kernel.js";

// The typed array over each dtype's bytes.
const VIEWS = {
  float64: Float64Array,
  float32: Float32Array,
  float16: Uint16Array,
  int64: BigInt64Array,
  int32: Int32Array,
  int16: Int16Array,
  int8: Int8Array,
  uint64: BigUint64Array,
  uint32: Uint32Array,
  uint16: Uint16Array,
  uint8: Uint8Array,
  bool: Uint8Array,
};

const DTYPES = {
  Float64Array: "float64",
  Float32Array: "float32",
  Float16Array: "float16",
  BigInt64Array: "int64",
  Int32Array: "int32",
  Int16Array: "int16",
  Int8Array: "int8",
  BigUint64Array: "uint64",
  Uint32Array: "uint32",
  Uint16Array: "uint16",
  Uint8Array: "uint8",
  Uint8ClampedArray: "uint8",
};

// A typed array may be read as another dtype of the same bytes, where JavaScript has no type for it.
const REREAD = { float16: "uint16", bool: "uint8" };

const ACCEPTED = "a typed array, an array of numbers, { data, shape } or a KernelArray";

/** An array in the kernel's own memory: filled through `view()`, folded without a copy. */
export class KernelArray {
  #half;
  #core;
  #dtype;
  #length;

  constructor(length, dtype = "float64") {
    if (typeof dtype !== "string") throw badParameter("dtype", "a string", dtype);
    if (typeof length !== "number") throw badParameter("length", "a number", length);
    // Where there are two kernels, that of the reductions: every dtype is known there.
    this.#half = fold.kernel || fold.load ? fold : near;
    this.#core = bufferOf(this.#half, dtype, length);
    this.#dtype = dtype;
    this.#length = length;
  }

  get dtype() {
    return this.#dtype;
  }

  get length() {
    return this.#length;
  }

  /** The kernel's handle; throws if it was freed. */
  get core() {
    if (!this.#core) throw new NearfoldError("freed", "this KernelArray was freed");
    return this.#core;
  }

  /** Returns whether the array lies in the kernel of a half. */
  liesIn(half) {
    return this.#half.kernel === half.kernel;
  }

  view() {
    return viewOf(this.#half, this.core, this.#dtype, this.#length);
  }

  free() {
    this.#half.forget(this.#core);
    this.#core = undefined;
  }
}
owned(KernelArray, "KernelArray");

export function alloc(length, dtype) {
  return new KernelArray(length, dtype);
}

/**
 * Returns `{ data, dtype, length, resident, layout }`: `resident` if the data lies in the kernel's
 * memory, `layout` only where the elements are not simply in order.
 */
export function describeArray(values, name) {
  if (values instanceof KernelArray) return { data: values, dtype: values.dtype, length: values.length, resident: true };
  if (Array.isArray(values)) return { data: values, dtype: "float64", length: values.length };
  if (ArrayBuffer.isView(values)) return typed(values, undefined, name);
  if (typeof values === "object" && values !== null && "data" in values) return shaped(values, name);
  throw badParameter(name, ACCEPTED, values);
}

function typed(data, dtype, name) {
  const own = DTYPES[data[Symbol.toStringTag]];
  if (!own) throw badParameter(name, ACCEPTED, data);
  refuseDetached(data, name);
  // As results come: integers of 64 bits that are numbers.
  if (own === "float64" && /^u?int64$/.test(dtype)) dtype = own;
  if (dtype !== undefined && dtype !== own && REREAD[dtype] !== own) {
    throw badParameter("dtype", `${own}, or another dtype of the same bytes`, dtype);
  }
  dtype ??= own;
  // A Float16Array is copied by its bits: the kernel's buffer is viewed so.
  if (own === "float16") data = new Uint16Array(data.buffer, data.byteOffset, data.length);
  return { data, dtype, length: data.length };
}

const KEYS = ["data", "dtype", "shape", "strides", "offset"];

function shaped(values, name) {
  // Other packages' arrays have more; a misspelt name, and their `stride`, would be read as if it were not there.
  for (const key of isPlain(values) ? Object.keys(values) : ["stride"]) {
    if (key in values && !KEYS.includes(key)) throw badParameter(name, `{ data, dtype, shape, strides, offset }`, key);
  }
  const { data, dtype, shape: given, strides, offset = 0 } = values;
  let shape = given;
  let array;
  if (ArrayBuffer.isView(data)) array = typed(data, dtype, name);
  else if (data instanceof KernelArray || Array.isArray(data)) {
    array = describeArray(data, name);
    if (dtype !== undefined && dtype !== array.dtype) throw badParameter("dtype", array.dtype, dtype);
  } else throw badParameter(`${name}.data`, "a typed array, an array of numbers or a KernelArray", data);
  shape ??= [array.length];
  for (const [key, list] of Object.entries({ shape, strides })) {
    if (list !== undefined && !(Array.isArray(list) || ArrayBuffer.isView(list))) throw badParameter(key, "an array of integers", list);
    refuseDetached(list, key);
  }
  return { ...array, layout: { shape: Array.from(shape), strides: strides && Array.from(strides), offset } };
}

/** Returns the layout of a described array, as the kernel reads it. */
export function layoutOf({ layout = {}, length }) {
  const { shape = [length], strides, offset = 0 } = layout;
  return { length, shape, strides, offset };
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

/** Returns an array whose elements are simply in order, described. */
export function describeRow(values, name) {
  const array = describeArray(values, name);
  if (array.layout) throw badParameter(name, "an array of numbers in one dimension", values);
  return array;
}

/** Returns numbers in order, described as float64. */
export function describeNumbers(values, name) {
  const { data, dtype, length, resident } = describeRow(values, name);
  if (resident ? dtype !== "float64" : !/^(u?int(8|16|32)|float(32|64))$/.test(dtype)) throw badParameter(name, "an array of numbers in one dimension", values);
  return { data, dtype: "float64", length, resident };
}

/** Returns a new buffer of a half's kernel, with its `address` there: it stays where it is. */
export function bufferOf(half, dtype, length) {
  return half.enter(() => {
    const core = new Buffer(dtype, length);
    core.address = core.ptr;
    return core;
  });
}

/** Returns a typed array over a buffer of the kernel; the next growth of memory detaches it. */
function viewOf(half, core, dtype, length) {
  return new VIEWS[dtype](half.heap, core.address, length);
}

/** Copies the elements of a described array into a buffer of the kernel, from its beginning. */
function fill(half, core, { data, dtype, length, start = 0 }, name) {
  const view = viewOf(half, core, dtype, length);
  if (!Array.isArray(data)) {
    // What a getter of another argument may have done to it.
    if (data.length !== length) throw detached(name);
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
export const SCRATCH_LEN_BYTES = 65536;

/** Returns how many bytes the elements take in the kernel. */
export function lenBytes({ dtype, length }) {
  return length * VIEWS[dtype].BYTES_PER_ELEMENT;
}

/** Yields an array in pieces that fit into the scratch. */
export function* pieces(array) {
  const step = SCRATCH_LEN_BYTES / VIEWS[array.dtype].BYTES_PER_ELEMENT;
  for (let start = 0; start < array.length; start += step) {
    const length = Math.min(step, array.length - start);
    const { data } = array;
    yield { ...array, data: Array.isArray(data) ? data.slice(start, start + length) : data.subarray(start, start + length), length, start };
  }
}

/**
 * Calls `work(core)` with the array in the memory of a half's kernel: where it lies if it lies there, else
 * in a copy that lives as long as the call.
 */
export function withKernelArray(half, array, name, work) {
  const { data, dtype, length, resident } = array;
  if (resident) {
    const { core } = data;
    if (data.liesIn(half)) return half.enter(() => work(core));
    array = { ...array, data: data.view() };
  }
  half.ready();
  const { scratch } = half.kernel;
  const capacity = SCRATCH_LEN_BYTES / VIEWS[dtype].BYTES_PER_ELEMENT;
  const small = length <= capacity;
  // While it is used the scratch is taken: a second array of the same call gets a buffer of its own.
  const core = (small && scratch[dtype]) || bufferOf(half, dtype, small ? capacity : length);
  if (small) scratch[dtype] = undefined;
  try {
    fill(half, core, array, name);
    return half.enter(() => work(core));
  } finally {
    if (small && !scratch[dtype]) scratch[dtype] = core;
    else half.release(core);
  }
}

/** Copies a described array, if there is one, into a buffer that the call consumes. */
export function copyOf(half, array, name) {
  if (!array) return undefined;
  const core = bufferOf(half, array.dtype, array.length);
  try {
    fill(half, core, { ...array, data: array.resident ? array.data.view() : array.data }, name);
    return core;
  } catch (error) {
    half.release(core);
    throw error;
  }
}
