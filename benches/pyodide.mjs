// How do reductions of array.array inside the real Pyodide stand beside sum, math.fsum and statistics?
// `make bench-pyodide` runs it, prints the table and writes target/bench/pyodide.jsonl.

import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const entry = createRequire(at("tests/pyodide/package.json")).resolve("pyodide").replace(/pyodide\.js$/, "pyodide.mjs");
const { loadPyodide, version } = await import(pathToFileURL(entry));
const python = await loadPyodide();
const [wheel] = readdirSync(at("target/pyodide")).filter((name) => name.endsWith(".whl"));
await python.loadPackage(pathToFileURL(at(`target/pyodide/${wheel}`)).href, { messageCallback() {} });

console.log(`float64 in array.array, Pyodide ${version}, Node ${process.version}; least of several calls in turns`);
const rows = await python.runPythonAsync(`
import array, json, math, random, statistics, time
import nearfold as nf

PEERS = {
    "sum": [("sum", sum), ("math.fsum", math.fsum)],
    "mean": [("statistics.fmean", statistics.fmean), ("statistics.mean", statistics.mean)],
    "var": [("statistics.pvariance", statistics.pvariance)],
    "std": [("statistics.pstdev", statistics.pstdev)],
    "median": [("statistics.median", statistics.median)],
    "min": [("min", min)],
    "max": [("max", max)],
    "norm": [("math.hypot", lambda x: math.hypot(*x))],
}
SLOW = {"statistics.mean", "statistics.pvariance", "statistics.pstdev"}  # rationals: seconds beyond this

def timed(call, x, inner):
    begin = time.perf_counter()
    for _ in range(inner):
        call(x)
    return (time.perf_counter() - begin) / inner

rows = []
print(f"{'n':>9}  {'ours':<8}{'us':>11}   {'peer':<22}{'us':>13}{'ours/peer':>11}")
for n in (8, 1000, 100_000, 1_000_000):
    x = array.array("d", (random.random() - 0.5 for _ in range(n)))
    inner = max(1, 20_000 // n)
    for name, peers in PEERS.items():
        for peer, theirs in peers:
            if n > 100_000 and peer in SLOW:
                continue
            ours = getattr(nf, name)
            rounds = 3 if peer in SLOW and n > 1000 else 7
            best = [math.inf, math.inf]
            for _ in range(rounds):
                best = [min(b, timed(call, x, inner)) for b, call in zip(best, (ours, theirs))]
            mine, other = best
            print(f"{n:>9}  {name:<8}{mine * 1e6:>11.2f}   {peer:<22}{other * 1e6:>13.2f}{mine / other:>11.4f}")
            case = f"{name} float64 n={n}"
            rows.append({"case": case, "ours": mine, "peer_name": peer, "peer": other, "ratio": mine / other, "bar": None, "met": None})
"\\n".join(map(json.dumps, rows))
`);
mkdirSync(at("target/bench"), { recursive: true });
writeFileSync(at("target/bench/pyodide.jsonl"), `${rows}\n`);
