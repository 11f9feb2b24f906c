// The page's side of a worker: calls become messages, answers become promises.

import { NearfoldError, badParameter, isPlain, refuseDetached, tag } from "./error.js";
import { addressOf } from "./options.js";

/** What is read without a call: `await index.length`. */
const GETTERS = new Set(["dim", "length", "idKind", "params", "count", "columns", "op", "dtype", "variables", "below", "above", "nan", "limit", "isExact", "rankError"]);

/** The states of reductions that a worker makes. */
export const STATES = ["Accumulator", "Cov", "Histogram", "MinMax", "Moments", "Quantiles", "Sum"];
const CLASSES = new Set(["Index", ...STATES]);

const known = new WeakMap();

/** Milliseconds in which a worker's script is loaded and begins. */
const SILENCE_MAX = 60_000;

/** One worker. `port` gives `{ post, listen, end, hold }`: worker.js and worker.node.js make it. */
export class Connection {
  #port;
  #calls = new Map();
  #objects = new Map();
  #lastId = 0;
  #closed;
  #forgotten = new FinalizationRegistry((handle) => this.#free(handle));

  /** Starts the kernel there. */
  static start(port, kernel) {
    const connection = new Connection();
    connection.#port = port;
    return new Promise((resolve, reject) => {
      const silent = setTimeout(() => reject(connection.#fail(new NearfoldError("worker_failed", `the worker said nothing for ${SILENCE_MAX / 1000} s: its script has to be nearfold/thread`))), SILENCE_MAX);
      silent.unref?.();
      port.listen((message) => {
        clearTimeout(silent);
        if (message.loading) return;
        if (message.ready) resolve(connection);
        else if (message.ready === false) reject(connection.#fail(rebuilt(message.error)));
        else connection.#take(message);
      }, (reason) => reject(connection.#fail(new NearfoldError("worker_failed", `the worker failed: ${reason}`))));
      port.post({ kernel: kernel instanceof URL ? kernel.href : kernel }, []);
    });
  }

  /** How many calls are not answered. */
  get pending() {
    return this.#calls.size;
  }

  call(target, method, args) {
    return new Promise((resolve, reject) => {
      if (this.#closed) throw this.#closed;
      const { signal, report, transfer, rest } = split(method, args);
      signal?.throwIfAborted();
      if (method === "fetchIndex") {
        // An address is that of the page, not of the worker's script; Headers cannot be sent as they are.
        if (typeof rest[0] === "string" || rest[0] instanceof URL) rest[0] = addressOf(rest[0]) ?? rest[0];
        const request = rest[1]?.request;
        if (tag(request?.headers) === "Headers") rest[1] = { ...rest[1], request: { ...request, headers: [...request.headers] } };
      }
      const move = [];
      const sent = rest.map((value) => this.#encoded(value, method, move, transfer));
      if (transfer) for (const buffer of buffersOf(sent)) if (!move.includes(buffer)) move.push(buffer);
      // Additions are long, and look at a flag; other work is looked after by messages.
      const message = { id: ++this.#lastId, target, method, args: sent, reports: report !== undefined, stop: (signal || report) && method === "add" ? stopToken() : undefined };
      const abort = () => {
        this.#settle(message.id);
        stopAll(message.stop);
        this.#port.post({ cancel: message.id }, []);
        reject(signal.reason);
      };
      try {
        this.#port.post(message, move);
      } catch (error) {
        if (typeof message.stop === "string") URL.revokeObjectURL(message.stop);
        throw error?.name === "DataCloneError" ? new NearfoldError("bad_parameter", `${method}: ${error.message}`, { cause: error }) : error;
      }
      signal?.addEventListener("abort", abort);
      const done = () => {
        signal?.removeEventListener("abort", abort);
        if (typeof message.stop === "string") URL.revokeObjectURL(message.stop);
      };
      this.#calls.set(message.id, { resolve, reject, report, done, stop: message.stop });
      if (this.#calls.size === 1) this.#port.hold(true);
    });
  }

  /** Returns the object of a handle: the same as long as it is used. */
  object(handle) {
    const there = this.#objects.get(handle)?.deref();
    if (there) return there;
    const free = () => {
      this.#forgotten.unregister(object);
      this.#free(handle);
    };
    const object = new Proxy({}, {
      get: (plain, name) => {
        if (name === "free" || name === Symbol.dispose) return free;
        if (isNoCall(name)) return plain[name];
        return GETTERS.has(name) ? this.call(handle, name, []) : (...args) => this.call(handle, name, args);
      },
    });
    known.set(object, { connection: this, handle });
    this.#objects.set(handle, new WeakRef(object));
    this.#forgotten.register(object, handle, object);
    return object;
  }

  close() {
    this.#fail(new NearfoldError("closed", "this worker was closed"));
  }

  #take({ id, value, error, progress }) {
    const call = this.#calls.get(id);
    // The answer to a call that was given up: what it made is given back.
    if (!call) return value?.["nearfold:handle"] && this.#objects.get(value["nearfold:handle"])?.deref() === undefined && this.#free(value["nearfold:handle"]);
    if (progress) {
      try {
        // What was added stays: the answer comes when the worker has seen that it is to stop.
        if (call.report(...progress) === false) stopAll(call.stop);
      } catch (error) {
        stopAll(call.stop);
        this.#settle(id);
        this.#port.post({ cancel: id }, []);
        call.reject(error);
      }
      return;
    }
    this.#settle(id);
    if (error) call.reject(rebuilt(error));
    else call.resolve(value?.["nearfold:handle"] ? this.object(value["nearfold:handle"]) : value);
  }

  #settle(id) {
    this.#calls.get(id)?.done();
    this.#calls.delete(id);
    if (this.#calls.size === 0) this.#port.hold(false);
  }

  #free(handle) {
    this.#objects.delete(handle);
    if (!this.#closed) this.#port.post({ free: handle }, []);
  }

  #fail(error) {
    if (this.#closed) return this.#closed;
    this.#closed = error;
    for (const { reject, done } of this.#calls.values()) {
      done();
      reject(error);
    }
    this.#calls.clear();
    this.#port.end();
    return error;
  }

  /** Returns an argument as it is sent; what is copied for it alone is added to `move`. */
  #encoded(value, name, move, transfer) {
    if (typeof value === "function") throw badParameter(name, "what can be sent to a worker (ids in place of a filter's function)", value);
    refuseDetached(value, name);
    if (ArrayBuffer.isView(value)) return transfer ? value : this.#compact(value, name, move);
    if (typeof value !== "object" || value === null) return value;
    // A stream cannot be copied.
    if (isStream(value)) move.push(value);
    const object = known.get(value);
    if (object) {
      if (object.connection !== this) throw badParameter(name, "an object of this worker", "one of another");
      return { "nearfold:handle": object.handle };
    }
    // The worker would see an object of a class as one without names, and a filter without names allows everything.
    if (typeof value.free === "function" || (tag(value) === "Object" && !isPlain(value))) {
      throw badParameter(name, "what can be sent to a worker: numbers, texts, arrays, plain objects, objects of that worker", value);
    }
    if (Array.isArray(value)) return value.some((each) => Object(each) === each) ? value.map((each) => this.#encoded(each, name, move, transfer)) : value;
    if (!isPlain(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, this.#encoded(each, key, move, transfer)]));
  }

  /** A message would copy all of the buffer that an array is a part of. */
  #compact(view, name, move) {
    const { buffer } = view;
    if (!(buffer instanceof ArrayBuffer) || view.byteLength === buffer.byteLength || !view.slice) return view;
    const copy = view.slice();
    move.push(copy.buffer);
    return copy;
  }
}

/** Workers have one owner: what a second one would hear are the first one's answers. */
const owned = new WeakSet();

/** Returns the worker that the caller gives or makes, or else the standard one. */
export function workerOf(worker, standard) {
  let made;
  try {
    made = worker === undefined ? standard() : typeof worker === "function" ? worker() : worker;
  } catch (cause) {
    throw new NearfoldError("worker_failed", `the worker could not be started: ${cause?.message ?? cause}`, { cause });
  }
  if (typeof made?.postMessage !== "function") throw badParameter("worker", "a Worker, or a function that makes one", made);
  if (owned.has(made)) throw badParameter("worker", "a worker that is not connected yet", "one that is");
  owned.add(made);
  return made;
}

/** Returns the API of one worker. */
export function remote(connection) {
  return new Proxy({}, {
    get(plain, name) {
      if (name === "close" || name === Symbol.dispose) return () => connection.close();
      if (isNoCall(name)) return plain[name];
      return CLASSES.has(name) ? classOf((method, args) => connection.call(0, `${name}.${method}`, args)) : (...args) => connection.call(0, name, args);
    },
  });
}

export function classOf(call) {
  return { create: (...args) => call("create", args), fromBytes: (...args) => call("fromBytes", args), fromStream: (...args) => call("fromStream", args) };
}

const isStream = (value) => typeof ReadableStream !== "undefined" && value instanceof ReadableStream;

/** Asked by what prints, compares or awaits any object, not by who calls a worker. */
const isNoCall = (name) => typeof name === "symbol" || /^(then|toJSON|toString|valueOf)$/.test(name);

/** How many arguments come before the options, where the last of them is an object of the user's own names. */
const NAMED_BY_USERS = { filter: 1, find: 1, setColumns: 2 };

/** Takes what is for this side out of the options. */
function split(method, args) {
  if (args.length <= NAMED_BY_USERS[method]) return { rest: args };
  const options = args.at(-1);
  if (!isPlain(options) || known.has(options) || "data" in options) return { rest: args };
  const { signal, progress, onProgress, transfer = false, ...others } = options;
  if (signal !== undefined && tag(signal) !== "AbortSignal") throw badParameter("signal", "an AbortSignal", signal);
  for (const report of [progress, onProgress]) if (report !== undefined && typeof report !== "function") throw badParameter("progress", "a function", report);
  if (typeof transfer !== "boolean") throw badParameter("transfer", "a boolean", transfer);
  return { signal, report: progress ?? onProgress, transfer, rest: [...args.slice(0, -1), others] };
}

function buffersOf(value, found = new Set()) {
  if (ArrayBuffer.isView(value)) value = value.buffer;
  if (value instanceof ArrayBuffer) found.add(value);
  else if (Array.isArray(value) ? typeof value[0] === "object" : isPlain(value) || value?.data) for (const each of Object.values(value)) buffersOf(each, found);
  return found;
}

/** What a busy worker can look at: shared memory, or where there is none the address of a blob that may vanish. */
function stopToken() {
  if (typeof SharedArrayBuffer !== "undefined" && globalThis.crossOriginIsolated !== false) return new SharedArrayBuffer(4);
  return typeof Blob !== "undefined" ? URL.createObjectURL(new Blob(["1"])) : undefined;
}

function stopAll(token) {
  if (typeof token === "object") Atomics.store(new Int32Array(token), 0, 1);
  else if (token) URL.revokeObjectURL(token);
}

const BUILT_IN = { TypeError, RangeError, SyntaxError };

function rebuilt({ name, code, message }) {
  if (typeof code === "string") return new NearfoldError(code, message);
  const error = new (BUILT_IN[name] ?? Error)(message);
  if (name && error.name !== name) error.name = name;
  return error;
}
