// The same over Node's worker_threads.

import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { known } from "./options.js";
import { poolOf } from "./pool.js";
import { Connection, remote, workerOf } from "./remote.js";

export { NearfoldError } from "./error.js";

export async function connect(options = {}) {
  return remote(await start(known(options, ["worker", "kernel"])));
}

export async function createPool(options = {}) {
  const { size = Math.min(availableParallelism(), 8), ...rest } = known(options, ["size", "worker", "kernel"]);
  return poolOf(size, () => start(rest));
}

function start({ worker, kernel }) {
  const made = workerOf(worker, () => new Worker(new URL("./thread.node.js", import.meta.url), { execArgv: [] }));
  return Connection.start({
    post: (message, transfer) => made.postMessage(message, transfer),
    listen(take, failed) {
      let ready = false;
      made.on("message", (message) => {
        // An idle worker does not keep the program alive.
        if (!ready && "ready" in message) {
          ready = true;
          made.unref();
        }
        take(message);
      });
      made.on("error", (error) => failed(error.message));
      made.on("messageerror", (error) => failed(error.message));
      made.on("exit", () => failed("it has ended"));
    },
    end: () => made.terminate(),
    hold: (busy) => (busy ? made.ref() : made.unref()),
  }, kernel);
}
