// The worker's end of `Engine`: takes calls in order, answers with a result or an error.

export function serve(methods) {
  let last = Promise.resolve();
  self.onmessage = ({ data: { call, method, argument } }) => {
    last = last.then(async () => {
      try {
        self.postMessage({ call, result: await methods[method](argument) });
      } catch (error) {
        self.postMessage({ call, error: { message: error.message, code: error.code } });
      }
    });
  };
}

export const report = (progress) => self.postMessage({ progress });

/**
 * Returns the milliseconds of one call of `run`. Without cross-origin isolation a browser's clock
 * steps by 0.1 ms, so short work is repeated until a batch is well above that.
 *
 * @param {number} budget milliseconds that the measuring may take
 * @param {"mean" | "best"} of
 */
export function measure(run, budget, of) {
  const started = performance.now();
  run();
  const first = performance.now() - started;
  const repeat = Math.max(1, Math.ceil(4 / Math.max(first, 0.02)));
  const times = [];
  do {
    const before = performance.now();
    for (let i = 0; i < repeat; i++) run();
    times.push((performance.now() - before) / repeat);
  } while (performance.now() - started < budget && times.length < 30);
  const milliseconds = of === "best" ? Math.min(...times) : times.reduce((a, b) => a + b) / times.length;
  return { milliseconds, runs: times.length * repeat };
}

/** What this worker's kernel took to start. */
export async function start(init) {
  const before = performance.now();
  await init();
  const initMs = performance.now() - before;
  const wasm = performance.getEntriesByType("resource").find((entry) => entry.name.split("?", 1)[0].endsWith(".wasm"));
  return { initMs, wasmBytes: wasm?.decodedBodySize ?? 0 };
}
