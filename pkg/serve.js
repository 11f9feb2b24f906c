// What a worker does with the calls that come from the page: queued, so that what was given up is not begun.

import * as api from "./api.js";
import { describeArray } from "./array.js";
import { NearfoldError, badParameter } from "./error.js";
import { near } from "./kernel.js";
import { columnsFor, widenColumn } from "./near.js";
import { mergeable } from "./states.js";
import * as storage from "./storage.js";
import { partsOf } from "./wasm/nearfold.js";

const { Accumulator, Cov, Filter, Histogram, Index, MinMax, Moments, Quantiles, Sum, ...functions } = api;

/** What is made in the worker and stays there. */
const CLASSES = { Accumulator, Cov, Histogram, Index, MinMax, Moments, Quantiles, Sum };

/** How long work goes on before it asks whether it is still wanted, where asking costs a request. */
const ASK_EVERY_MS = 100;

/** What takes a signal of its own; other calls are given up only before they begin. */
const ABORTABLE = new Set(["Index.fromStream", "fetchIndex", "open", "save"]);

const ROOT = {
  ...functions,
  ...storage,
  "Index.columnsFor": columnsFor,
  "Index.widenColumn": widenColumn,
  mergeable,
  "Index.fromStream": (stream, options) => Index.fromStream(stream, options),

  /** In which shard each string belongs. */
  partsOf: (ids, count) => near.enter(() => partsOf(ids, count)),

  /** The state of a reduction of one piece, for `merged` of any worker. */
  partial(op, values, options) {
    const state = new Accumulator(op, { ...options, of: describeArray(values, "values").dtype });
    try {
      return state.push(values).toBytes();
    } finally {
      state.free();
    }
  },

  merged(states) {
    const [first, ...others] = states.map((bytes) => Accumulator.fromBytes(bytes));
    try {
      for (const other of others) first.merge(other);
      return first.result();
    } finally {
      for (const state of [first, ...others]) state.free();
    }
  },
};
for (const [name, Class] of Object.entries(CLASSES)) {
  ROOT[`${name}.create`] = (...args) => new Class(...args);
  ROOT[`${name}.fromBytes`] = (bytes) => Class.fromBytes(bytes);
}
// These would give what no other thread can use.
for (const name of ["KernelArray", "NearfoldError", "alloc", "pages", "version", "default"]) delete ROOT[name];

/**
 * Answers calls until the worker ends. `post(message, transfer)` sends; the returned function takes what comes.
 * `start(kernel)` starts the kernel.
 */
export function serve(post, start) {
  const objects = new Map();
  const handles = new WeakMap();
  const running = new Map();
  const queue = [];
  let lastHandle = 0;

  const known = (handle) => {
    const object = objects.get(handle);
    if (!object) throw new NearfoldError("freed", "this object of a worker was freed");
    return object;
  };

  /** Returns arguments with the worker's own objects in place of their handles. */
  const decoded = (value) => {
    if (value?.["nearfold:handle"]) return known(value["nearfold:handle"]);
    if (value === null || typeof value !== "object" || Object.getPrototypeOf(value) !== Object.prototype) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, decoded(each)]));
  };

  const encoded = (value, transfer) => {
    if (value instanceof Filter || Object.values(CLASSES).some((Class) => value instanceof Class)) {
      if (!handles.has(value)) {
        handles.set(value, ++lastHandle);
        objects.set(lastHandle, value);
      }
      return { "nearfold:handle": handles.get(value) };
    }
    collect(value, transfer);
    return value;
  };

  async function run({ id, target, method, args, reports, stop, free }) {
    if (free) {
      objects.get(free)?.free();
      return void objects.delete(free);
    }
    const controller = new AbortController();
    running.set(id, controller);
    try {
      const report = reports ? (done, total) => post({ id, progress: [done, total] }) : undefined;
      args = args.map(decoded);
      if (method === "add") withStop(args, report, stopper(stop));
      else if (ABORTABLE.has(method) && args.length > 1) Object.assign(optionsOf(args), report && { onProgress: report }, { signal: controller.signal });
      else if (report) throw badParameter("options", `options of ${method}`, "progress");
      const value = await (target ? ofObject(known(target), method, args) : ofRoot(method, args));
      const transfer = new Set();
      const result = encoded(value, transfer);
      post({ id, value: result }, [...transfer]);
    } catch (error) {
      post({ id, error: { name: error?.name, code: error?.code, message: error?.message ?? String(error) } });
    } finally {
      running.delete(id);
    }
  }

  const next = new MessageChannel();
  next.port1.onmessage = () => {
    const message = queue.shift();
    if (message) run(message);
    if (queue.length) next.port2.postMessage(0);
    else next.port1.unref?.();
  };
  next.port1.unref?.();

  return (message) => {
    if ("kernel" in message) {
      post({ loading: true });
      Promise.resolve()
        .then(() => start(message.kernel))
        .then(() => post({ ready: true }), (error) => post({ ready: false, error: { code: error.code, message: error.message } }));
    } else if (message.cancel) {
      const at = queue.findIndex(({ id }) => id === message.cancel);
      if (at >= 0) queue.splice(at, 1);
      running.get(message.cancel)?.abort();
    } else {
      queue.push(message);
      if (queue.length > 1) return;
      next.port1.ref?.();
      next.port2.postMessage(0);
    }
  };
}

function ofRoot(method, args) {
  if (!Object.hasOwn(ROOT, method)) throw new NearfoldError("unknown_name", `a worker has no “${method}”`);
  return ROOT[method](...args);
}

function ofObject(object, method, args) {
  const { get, value } = memberOf(object, method) ?? {};
  if (get) return object[method];
  if (typeof value !== "function" || method === "constructor") throw new NearfoldError("unknown_name", `a worker's object has no “${method}”`);
  return object[method](...args);
}

/** Returns the options at the end of arguments; there are some wherever a call has a signal or reports. */
function optionsOf(args) {
  const last = args.at(-1);
  if (typeof last !== "object" || last === null) throw badParameter("options", "an object", last);
  return last;
}

/** An index that grows holds the thread: between batches it asks whether it is to stop. */
function withStop(args, report, stopped) {
  if (!report && !stopped) return;
  optionsOf(args).progress = (done, total) => {
    report?.(done, total);
    return !stopped?.();
  };
}

/** Returns what a class or those above it say of a method; the kernel's handle is nobody's business. */
function memberOf(object, method) {
  for (let at = Object.getPrototypeOf(object); at !== Object.prototype && method !== "core"; at = Object.getPrototypeOf(at)) {
    const found = Object.getOwnPropertyDescriptor(at, method);
    if (found) return found;
  }
}

/** Returns a function that says whether the call was given up, though no message can come while it runs. */
function stopper(stop) {
  if (stop instanceof SharedArrayBufferOrNone) {
    const flag = new Int32Array(stop);
    return () => Atomics.load(flag, 0) !== 0;
  }
  // The page revokes the address: what could be read at the beginning cannot be any more.
  if (typeof stop !== "string" || !readable(stop)) return undefined;
  let asked = performance.now();
  return () => {
    if (performance.now() - asked < ASK_EVERY_MS) return false;
    asked = performance.now();
    return !readable(stop);
  };
}

const SharedArrayBufferOrNone = globalThis.SharedArrayBuffer ?? class {};

function readable(address) {
  try {
    const request = new XMLHttpRequest();
    request.open("GET", address, false);
    request.send();
    return request.status === 200;
  } catch {
    return false;
  }
}

/** Adds the buffers of a result to a set: they move, nothing is copied. */
function collect(value, transfer) {
  if (ArrayBuffer.isView(value)) transfer.add(value.buffer);
  else if (typeof value === "object" && value !== null) for (const each of Object.values(value)) collect(each, transfer);
}
