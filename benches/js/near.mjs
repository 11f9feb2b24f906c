// nearfold's index beside its JavaScript peers: every engine in a process or page of its own, asked in turns.

import { ENGINES } from "./engines.mjs";
import { row } from "./report.mjs";

const K = 10;

const RECALLS = [0.95, 0.99];

// The figures of the issue, by peer: ratios of queries per second and of build time.
const SEARCH_BARS = { "hnswlib-wasm": 3, "hnswlib-node (native)": 1 / 1.3 };
const BUILD_BARS = { "hnswlib-wasm": 0.35 };
const EXACT_BAR = 6; // beside plain JavaScript

// Opens, builds, tunes and times engines over one set. `start(name)` gives a host. Returns rows.
export async function compare(set, where, start, { slow, rounds, only, log }) {
  const engines = [];
  for (const [name, engine] of Object.entries(ENGINES)) {
    if (!engine.where.includes(where) || (engine.metrics && !engine.metrics.includes(set.metric))) continue;
    if ((engine.slow && !slow) || (!engine.ours && !name.includes(only))) continue;
    const host = await start(name);
    try {
      const found = { name, host, ...engine, recalls: new Map(), best: new Map() };
      found.loaded = await host.open();
      found.build = await host.ask("build", engine.efs.at(engine.perEf ? 0 : -1));
      await tune(found);
      found.memory = await host.ask("memory");
      engines.push(found);
      log(`${set.name} ${where} ${name}: build ${found.build.toFixed(2)} s, recall ${[...found.recalls.values()].at(-1).toFixed(4)}`);
    } catch (error) {
      log(`${set.name} ${where} ${name}: failed, ${error.message.split("\n")[0]}`);
      host.close();
    }
  }
  for (let i = 0; i < rounds; i++) {
    for (const engine of engines) for (const ef of timed(engine)) await time(engine, ef);
  }
  for (const engine of engines) engine.host.close();
  return rowsOf(`${where} ${set.name}`, engines);
}

// Raises ef until the highest recall is reached; engines that are built for one ef are timed at once.
async function tune(engine) {
  for (const ef of engine.efs) {
    engine.recalls.set(ef, await engine.host.ask("recall", ef));
    if (engine.perEf) for (let i = 0; i < 5; i++) await time(engine, ef);
    if (engine.recalls.get(ef) >= RECALLS.at(-1) && !engine.ours) return;
    if (engine.recalls.get(ef) >= 0.998) return;
  }
}

// The efs round each recall that is asked for; ours all, so that any peer's recall can be met.
const timed = (engine) =>
  engine.perEf ? [] : engine.ours ? [...engine.recalls.keys()] : [...new Set(RECALLS.flatMap((recall) => bracket(engine, recall)))];

async function time(engine, ef) {
  const { times, queries } = await engine.host.ask("round", ef);
  const best = engine.best.get(ef)?.times ?? times;
  engine.best.set(ef, { queries, times: times.map((time, i) => Math.min(time, best[i])) });
}

function bracket(engine, recall) {
  const efs = [...engine.recalls.keys()];
  const place = efs.findIndex((ef) => engine.recalls.get(ef) >= recall);
  return place < 0 ? [] : efs.slice(Math.max(place - 1, 0), place + 1);
}

const rate = ({ times, queries }) => (queries * 1000) / times.reduce((sum, time) => sum + time, 0);

// Queries per second at a recall: between two points, time is taken as straight in recall.
function rateAt(engine, recall) {
  const points = bracket(engine, recall);
  if (points.length === 0) return null;
  const [low, high] = [points[0], points.at(-1)];
  const [a, b] = [low, high].map((ef) => 1 / rate(engine.best.get(ef)));
  if (low === high) return 1 / a;
  const part = (recall - engine.recalls.get(low)) / (engine.recalls.get(high) - engine.recalls.get(low));
  return 1 / (a + part * (b - a));
}

const mostOf = (engine) => Math.max(...engine.recalls.values());
const leastOf = (engine) => Math.min(...engine.recalls.values());
const megabytes = (bytes) => (bytes === null ? null : bytes / 1e6);

function rowsOf(name, engines) {
  const named = (wanted) => engines.find((engine) => engine.name === wanted);
  const peers = engines.filter((engine) => !engine.ours);
  const ours = named("nearfold i8");
  const rows = [];
  for (const peer of peers) {
    const wasm = !peer.name.includes("native");
    if (peer.efs[0] === null) {
      const exact = named("nearfold f32 exact");
      const bar = peer.name === "plain JavaScript" ? EXACT_BAR : 1;
      rows.push(row(`${name}: exact queries/s`, rateAt(exact, 0), { peerName: peer.name, peer: rateAt(peer, 0), bar, note: `its recall ${mostOf(peer).toFixed(3)}` }));
    }
    const recalls = peer.name === "embedding-atlas NNDescent" ? [...peer.recalls.values()] : peer.efs[0] === null ? [] : RECALLS;
    for (const recall of recalls) {
      const candidates = [ours, named("nearfold f32")];
      const mine = candidates.find((engine) => mostOf(engine) >= recall);
      const theirs = rateAt(peer, recall);
      const bar = SEARCH_BARS[peer.name] ?? (wasm ? 1 : null);
      const notes = [theirs === null && `its recall ends at ${mostOf(peer).toFixed(3)}`, !mine && `ours ends below it: at ${Math.max(...candidates.map(mostOf)).toFixed(5)}`, mine && mine !== ours && "ours: f32", mine && leastOf(mine) > recall && `ours begins at ${leastOf(mine).toFixed(3)}`];
      rows.push(
        row(`${name}: queries/s at recall@${K} ${Number(recall.toFixed(3))}`, mine ? rateAt(mine, recall) : null, {
          peerName: peer.name,
          peer: theirs,
          bar,
          note: notes.filter(Boolean).join("; "),
        }),
      );
    }
    if (peer.name === "plain JavaScript") continue;
    const indexed = peer.efs[0] !== null;
    rows.push(row(`${name}: build, s`, ours.build, { peerName: peer.name, peer: peer.build, bar: BUILD_BARS[peer.name] ?? (wasm && indexed ? 1 : null), lessIsBetter: true, note: indexed ? undefined : "it builds no graph" }));
    if (ours.memory !== null && peer.memory !== null) {
      const bar = peer.name === "embedding-atlas NNDescent" ? 0.1 : wasm ? 1 : null;
      rows.push(row(`${name}: memory, MB`, megabytes(ours.memory), { peerName: peer.name, peer: megabytes(peer.memory), bar, lessIsBetter: true, note: wasm ? "with what building took: the kernel's memory does not shrink" : undefined }));
    }
    rows.push(row(`${name}: load, ms`, ours.loaded, { peerName: peer.name, peer: peer.loaded, lessIsBetter: true }));
  }
  return rows;
}
