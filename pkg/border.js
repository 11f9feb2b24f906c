// What JavaScript does for a kernel: src/wasm/border.rs calls these by their names.

import { NearfoldError, describe, isPlain, tag } from "./error.js";

/** The typed array over each dtype's bytes. The kernel knows them by their places. */
export const VIEWS = {
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
const NAMES = Object.keys(VIEWS);

/** The kinds that `typeof` tells: places in the `Kind` of src/wasm/border.rs. */
const KINDS = { undefined: 0, boolean: 1, number: 2, string: 3, function: 6 };
const OTHER = 11;

function kind(value) {
  const type = typeof value;
  if (type === "bigint") return value === BigInt.asIntN(64, value) ? 4 : value === BigInt.asUintN(64, value) ? 5 : 10;
  if (type !== "object") return KINDS[type] ?? OTHER;
  if (value === null) return 0;
  if (Array.isArray(value)) return 7;
  if (isPlain(value)) return 9;
  const name = tag(value);
  if (/^Float(64|32)Array/.test(name)) return 8;
  return name === "Set" || (ArrayBuffer.isView(value) && name !== "DataView") ? 7 : OTHER;
}

/** Starts a kernel and returns `{ exports, panic }`, where `panic` is the text of the panic that led to a trap. */
export function instantiate(module) {
  let thrown, heap, decoder, decoded = Infinity;
  /** Returns the kernel's memory, anew where it has grown. */
  const bytes = () => (heap?.length ? heap : (heap = new Uint8Array(kernel.exports.memory.buffer)));
  const view = (place, from, length) => new VIEWS[NAMES[place]](kernel.exports.memory.buffer, from >>> 0, length);

  const border = {
    kind,
    // NaN for a BigInt that is not exact as a number.
    number: (value) => (value == Number(value) ? Number(value) : NaN),
    integer: (value) => value,
    length: (list) => list.length,
    utf8(text, to, room) {
      for (let i = 0; i < text.length; i++) {
        const code = text.charCodeAt(i);
        if (code > 127) return new TextEncoder().encodeInto(text, view(10, to, room)).written;
        bytes()[(to >>> 0) + i] = code;
      }
      return text.length;
    },
    at: (list, place) => list[place],
    list: (values) => Array.from(values),
    entries(object) {
      const all = [];
      for (const name of Object.keys(object)) all.push(name, object[name]);
      return all;
    },
    copy: (values, place, to) => view(place, to, values.length).set(values),
    typed: (place, from, length) => view(place, from, length).slice(),
    result: (data, shape, place) => ({ data, shape, dtype: NAMES[place] }),
    neighbors: (ids, distances) => ({ ids, distances }),
    object: () => ({}),
    set(object, name, value) {
      object[name] = value;
    },
    float: (value) => value,
    signed: (value) => value,
    unsigned: (value) => BigInt.asUintN(64, value),
    string(from, length) {
      // Safari's decoders read 2 GB each.
      if ((decoded += length) > 2e9) {
        decoder = new TextDecoder("utf-8", { ignoreBOM: true });
        decoded = length;
      }
      return decoder.decode(view(10, from, length));
    },
    call(work, a, b) {
      try {
        const answer = work(a, b);
        return answer === false ? 0 : answer ? 1 : 2;
      } catch (error) {
        thrown = error;
        return 3;
      }
    },
    thrown: () => thrown,
    describe,
    error: (code, message) => new NearfoldError(code, message),
    panicked(message) {
      kernel.panic = message;
    },
    __wbindgen_throw(from, length) {
      throw new Error(border.string(from, length));
    },
    // The values of JsValue's constants.
    __wbindgen_init_externref_table() {
      [undefined, null, true, false].forEach((value, i) => kernel.exports.__wbindgen_externrefs.set(1024 + i, value));
    },
  };

  const kernel = { exports: new WebAssembly.Instance(module, { border }).exports };
  kernel.exports.__wbindgen_start();
  return kernel;
}
