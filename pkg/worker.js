// The whole API in a Worker, so that a page is never held up. What each call takes and returns: worker.d.ts.

import { known } from "./options.js";
import { poolOf } from "./pool.js";
import { Connection, remote, workerOf } from "./remote.js";

export { NearfoldError } from "./error.js";

export async function connect(options = {}) {
  return remote(await start(known(options, ["worker", "kernel"])));
}

export async function createPool(options = {}) {
  const { size = Math.min(navigator.hardwareConcurrency ?? 2, 8), ...rest } = known(options, ["size", "worker", "kernel"]);
  return poolOf(size, () => start(rest));
}

function start({ worker, kernel }) {
  const made = workerOf(worker, () => new Worker(new URL("./thread.js", import.meta.url), { type: "module" }));
  return Connection.start({
    post: (message, transfer) => made.postMessage(message, transfer),
    listen(take, failed) {
      made.onmessage = ({ data }) => take(data);
      made.onerror = (event) => failed(event.message ?? "its script could not be loaded");
      made.onmessageerror = () => failed("a message could not be read");
    },
    end: () => made.terminate(),
    hold() {},
  }, kernel);
}
