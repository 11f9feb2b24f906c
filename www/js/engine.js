// How does the page talk to a worker? Calls that return promises; the worker answers in order.

/** A worker whose methods are called by name; `serve` in `serve.js` is the other end. */
export class Engine {
  #worker;
  #waiting = new Map();
  #next = 0;

  /**
   * @param {Worker} worker
   * @param {(progress: object) => void} [onProgress]
   */
  constructor(worker, onProgress = () => {}) {
    this.#worker = worker;
    worker.onmessage = ({ data }) => {
      if (data.progress) return onProgress(data.progress);
      const { resolve, reject } = this.#waiting.get(data.call);
      this.#waiting.delete(data.call);
      if (data.error) reject(Object.assign(new Error(data.error.message), { code: data.error.code }));
      else resolve(data.result);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      const error = new Error(event.message || "The worker did not start: a file of this page is missing or was refused.");
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
    };
  }

  /** Calls `method` in the worker. */
  call(method, argument, transfer = []) {
    return new Promise((resolve, reject) => {
      const call = this.#next++;
      this.#waiting.set(call, { resolve, reject });
      this.#worker.postMessage({ call, method, argument }, transfer);
    });
  }
}

/**
 * Keeps one call under way and remembers only the newest of those that came meanwhile: typing or
 * dragging never queues work that nobody will look at.
 */
export function newest(run) {
  let busy = false;
  let pending = null;
  return async function next(argument) {
    pending = { argument };
    if (busy) return;
    busy = true;
    try {
      while (pending) {
        const { argument } = pending;
        pending = null;
        await run(argument);
      }
    } finally {
      busy = false;
    }
  };
}
