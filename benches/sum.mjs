// How does the exact sum stand beside a plain loop in JavaScript? `make bench-sum` runs it after `make npm`.
import { alloc, init, sum } from "../pkg/node.js";

await init();
const ROUNDS = 9;

function loop(x) {
  let total = 0;
  for (let i = 0; i < x.length; i += 1) total += x[i];
  return total;
}

function seconds(call) {
  const begin = performance.now();
  const result = call();
  return [(performance.now() - begin) / 1e3, result];
}

console.log(`sum of float64, Node ${process.version}; ns an element, least of ${ROUNDS} in turns`);
for (const n of [100_000, 10_000_000]) {
  const resident = alloc(n, "float64");
  const x = new Float64Array(n);
  for (let i = 0; i < n; i += 1) x[i] = Math.random() - 0.5;
  resident.view().set(x);
  const contestants = {
    "nearfold, in the kernel's memory": () => sum(resident),
    "nearfold, a JavaScript array": () => sum(x),
    "plain loop": () => loop(x),
  };
  const best = {};
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, call] of Object.entries(contestants)) {
      const [time, result] = seconds(call);
      if (!best[name] || time < best[name][0]) best[name] = [time, result];
    }
  }
  const [slow] = best["plain loop"];
  for (const [name, [time, result]] of Object.entries(best)) {
    const ratio = (time / slow).toFixed(2);
    console.log(`n=${n}  ${name.padEnd(34)} ${((time * 1e9) / n).toFixed(3).padStart(8)}  ${ratio}x  ${result}`);
  }
  resident.free();
}
