// Several workers that share nothing: long reductions are cut and their states merged, indexes are kept in shards.

import { badParameter, reductionName } from "./error.js";
import { STATES, classOf } from "./remote.js";
import { Shards } from "./shards.js";

/** Shorter arrays are not worth cutting. */
const CUT_LEN = 2 ** 16;

const PER_WORKER = ["axis", "keepdims", "where", "signal", "transfer"];

export async function poolOf(size, start) {
  if (!(Number.isInteger(size) && size >= 1 && size <= 256)) throw badParameter("size", "an integer from 1 to 256", size);
  const started = await Promise.allSettled(Array.from({ length: size }, start));
  const workers = started.map(({ value }) => value);
  const close = () => workers.forEach((worker) => worker?.close());
  const failed = started.find(({ status }) => status === "rejected");
  if (failed) {
    close();
    throw failed.reason;
  }
  // The reductions whose states are small: those that keep every element are no gain, and products are rounded on the way.
  const names = await workers[0].call(0, "mergeable", []).catch((error) => {
    close();
    throw error;
  });
  const mergeable = new Set(names);
  const idlest = () => workers.reduce((best, worker) => (worker.pending < best.pending ? worker : best));

  const members = {
    size,
    close,
    [Symbol.dispose]: close,
    then: undefined,
    Index: classOf((method, args) => {
      if (method === "create") return Shards.create(workers, ...args);
      if (method === "fromBytes") return Shards.fromBytes(workers, ...args);
      throw badParameter("Index", "create or fromBytes", method);
    }),
    ...Object.fromEntries(STATES.map((name) => [name, classOf((method, args) => idlest().call(0, `${name}.${method}`, args))])),
  };
  return new Proxy({}, {
    get(_, name) {
      if (name in members) return members[name];
      if (typeof name === "symbol") return undefined;
      return (...args) => (mergeable.has(reductionName(name)) && cuttable(args) ? cut(workers, name, ...args) : idlest().call(0, name, args));
    },
  });
}

function cuttable([values, options]) {
  if (!ArrayBuffer.isView(values) || !(values.length >= CUT_LEN)) return false;
  return options === undefined || (typeof options === "object" && options !== null && PER_WORKER.every((key) => options[key] === undefined));
}

/** Cuts an array, folds each piece in a worker and merges the states: the bits are those of one call. */
async function cut(workers, op, values, options = {}) {
  const step = Math.ceil(values.length / workers.length);
  const shared = typeof SharedArrayBuffer !== "undefined" && values.buffer instanceof SharedArrayBuffer;
  const states = await Promise.all(
    workers.map((worker, i) => {
      // Memory that is shared is not copied at all; of other arrays only the piece is, and its copy moves.
      const piece = shared ? values.subarray(i * step, (i + 1) * step) : values.slice(i * step, (i + 1) * step);
      return worker.call(0, "partial", [op, piece, { ...options, transfer: !shared }]);
    }),
  );
  return workers[0].call(0, "merged", [states]);
}

