// nearfold's reductions beside those of JavaScript: `node folds.mjs <float64|float32> <n>` prints rows as JSON.
//
// Every function gets the same array; all take turns, the fastest of many calls counts. nearfold appears
// twice: on an array that lies in the kernel's memory, and on a foreign one, which it has to copy in.

import { load } from "./libraries.mjs";
import { row } from "./report.mjs";

const [dtype, n] = [process.argv[2], Number(process.argv[3])];
const OPERATIONS = ["sum", "mean", "variance", "min", "max", "argmax", "quantile"];
const MILLISECONDS = 150; // for each function
const CALLS = Math.ceil(10_000 / n); // together: the clock is too coarse for one short call

const Type = { float64: Float64Array, float32: Float32Array }[dtype];
const values = new Type(n);
for (let i = 0, state = 12345; i < n; i++) {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  values[i] = (state / 2 ** 32) * 100;
}

function loops() {
  const mean = () => sum() / n;
  function sum() {
    let total = 0;
    for (let i = 0; i < n; i++) total += values[i];
    return total;
  }
  return {
    sum,
    mean,
    variance() {
      const centre = mean();
      let total = 0;
      for (let i = 0; i < n; i++) total += (values[i] - centre) ** 2;
      return total / n;
    },
    min() {
      let least = Infinity;
      for (let i = 0; i < n; i++) if (values[i] < least) least = values[i];
      return least;
    },
    max() {
      let most = -Infinity;
      for (let i = 0; i < n; i++) if (values[i] > most) most = values[i];
      return most;
    },
    argmax() {
      let at = 0;
      for (let i = 1; i < n; i++) if (values[i] > values[at]) at = i;
      return at;
    },
    quantile() {
      const sorted = values.slice().sort();
      const place = 0.95 * (n - 1);
      const low = Math.floor(place);
      return sorted[low] + (sorted[low + 1] - sorted[low]) * (place - low);
    },
  };
}

function unrolled() {
  return {
    sum() {
      let [a, b, c, d] = [0, 0, 0, 0];
      for (let i = 0; i < n; i += 4) {
        a += values[i];
        b += values[i + 1];
        c += values[i + 2];
        d += values[i + 3];
      }
      return a + b + c + d;
    },
  };
}

async function nearfold(resident) {
  const library = await load("nearfold");
  let array = values;
  if (resident) {
    array = library.alloc(n, dtype);
    array.view().set(values);
  }
  const calls = OPERATIONS.filter((name) => library[name]).map((name) => [name, () => library[name](array, name === "quantile" ? 0.95 : undefined)]);
  return Object.fromEntries(calls);
}

async function d3() {
  const { sum, mean, variance, min, max, maxIndex, quantile } = await import("d3-array");
  return { sum: () => sum(values), mean: () => mean(values), variance: () => variance(values), min: () => min(values), max: () => max(values), argmax: () => maxIndex(values), quantile: () => quantile(values, 0.95) };
}

async function simpleStatistics() {
  const { sum, mean, variance, min, max, quantile } = await import("simple-statistics");
  return { sum: () => sum(values), mean: () => mean(values), variance: () => variance(values), min: () => min(values), max: () => max(values), quantile: () => quantile(values, 0.95) };
}

async function stdlib() {
  if (dtype !== "float64") return {};
  const names = { sum: "blas-ext-base-dsum", mean: "stats-strided-dmean", min: "stats-base-dmin", max: "stats-base-dmax" };
  const found = {};
  for (const [name, packaged] of Object.entries(names)) {
    const { default: call } = await import(`@stdlib/${packaged}`);
    found[name] = () => call(n, values, 1);
  }
  const { default: variance } = await import("@stdlib/stats-base-dvariance");
  found.variance = () => variance(n, 0, values, 1);
  return found;
}

async function numpyTs() {
  const np = await import("numpy-ts");
  const array = np.frombuffer(values.buffer, dtype);
  return { sum: () => array.sum(), mean: () => array.mean(), variance: () => array.var(), min: () => array.min(), max: () => array.max(), argmax: () => array.argmax(), quantile: () => np.quantile(array, 0.95) };
}

async function tfjs() {
  if (dtype !== "float32") return {};
  const tf = await import("@tensorflow/tfjs-core");
  const backend = await import("@tensorflow/tfjs-backend-wasm");
  backend.setThreadsCount(1);
  await tf.setBackend("wasm");
  const tensor = tf.tensor1d(values);
  const call = (reduce) => () => tf.tidy(() => reduce(tensor).dataSync()[0]);
  return { sum: call(tf.sum), mean: call(tf.mean), variance: call((x) => tf.moments(x).variance), min: call(tf.min), max: call(tf.max), argmax: call(tf.argMax) };
}

const PEERS = { "for loop": loops, "for loop, unrolled": unrolled, "d3-array": d3, "simple-statistics": simpleStatistics, "@stdlib": stdlib, "numpy-ts": numpyTs, "tfjs-wasm": tfjs };

/** Why ours need not be ahead. */
function noteOf(operation) {
  const notes = [];
  if (n < 10_000) notes.push(`a call into the kernel costs ${callMicroseconds.toFixed(2)} µs whatever n is`);
  if (["sum", "mean", "variance"].includes(operation)) notes.push("ours is exact, theirs is not");
  return notes.join("; ") || undefined;
}

// Milliseconds a call: the best of as many as fit, all contestants in turns. The peers share one array, which those
// before have just read; ours lies elsewhere. So each reads its own once before the clock runs.
function race(contestants) {
  const best = contestants.map(() => Infinity);
  const start = performance.now();
  for (let round = 0; round < 3 || performance.now() - start < MILLISECONDS * contestants.length; round++) {
    contestants.forEach(([, call], i) => {
      call();
      const before = performance.now();
      for (let j = 0; j < CALLS; j++) call();
      best[i] = Math.min(best[i], (performance.now() - before) / CALLS);
    });
  }
  return new Map(contestants.map(([name], i) => [name, best[i]]));
}

const ours = { resident: await nearfold(true), copied: await nearfold(false) };
const peers = [];
for (const [name, open] of Object.entries(PEERS)) {
  try {
    peers.push([name, await open()]);
  } catch (error) {
    console.error(`${name}: skipped, ${error.message.split("\n")[0]}`);
  }
}
// The least that a call costs: the sum of one element that lies in the kernel's memory.
const { alloc, sum } = await load("nearfold");
const one = alloc(1, dtype);
const callMicroseconds = 1000 * race([["call", () => sum(one)]]).get("call");

const rows = [];
for (const operation of OPERATIONS) {
  const contestants = [...Object.entries(ours), ...peers].filter(([, calls]) => calls[operation]).map(([name, calls]) => [name, calls[operation]]);
  if (!ours.resident[operation]) continue;
  const best = race(contestants);
  for (const [peerName, calls] of peers) {
    if (!calls[operation]) continue;
    for (const [kind, bar] of [["resident", 1], ["copied", null]]) {
      rows.push(row(`fold ${operation} ${dtype} ${n.toExponential(0)} ${kind}, ms`, best.get(kind), { peerName, peer: best.get(peerName), bar, lessIsBetter: true, note: noteOf(operation) }));
    }
  }
}
console.log(JSON.stringify(rows));
process.exit(0); // tfjs keeps its threads
