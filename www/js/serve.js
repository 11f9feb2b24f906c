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

const BATCH = 3; // milliseconds: without cross-origin isolation a browser's clock steps by 0.1

let sink; // what a run returns is kept, so that no compiler may leave the run out

/**
 * Returns the milliseconds of one call of `run`, which is repeated in batches long enough for the clock.
 *
 * @param {number} budget milliseconds that the measuring may take, more or less
 * @param {"median" | "best"} of the batches, of which there are five at least
 */
export function measure(run, budget, of) {
  const batch = (repeat) => {
    const before = performance.now();
    for (let i = 0; i < repeat; i++) sink = run();
    return performance.now() - before;
  };
  const started = performance.now();
  let repeat = 1;
  while (batch(repeat) < BATCH && repeat < 1 << 22) repeat *= 4; // warms the code up, too
  const times = [];
  do times.push(batch(repeat) / repeat);
  while (times.length < 5 || (performance.now() - started < budget && times.length < 30));
  times.sort((a, b) => a - b);
  const milliseconds = of === "best" ? times[0] : times[times.length >> 1];
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
