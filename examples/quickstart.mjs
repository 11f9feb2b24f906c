// The same story as quickstart.rs and quickstart.py, with the same output: quickstart.txt.

import { argmax, Index, init, mean, sum, variance } from "nearfold";

await init();

// Fold: sums are exact, however ill-conditioned.
const x = [1e16, 0.1, 0.2, -1e16, 0.3];
console.log(`sum ${sum(x)}, and a plain loop says ${x.reduce((total, value) => total + value, 0)}`);
console.log(`mean ${mean(x)}`);
const y = [10000000.2, 10000000.1, 10000000.4];
console.log(`variance ${variance(y, { ddof: 1 })}`);
console.log(`argmax ${argmax(y)}`);

// Near: 5,000 vectors of 8 numbers from a small integer generator.
let state = 7;
function random() {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return (state >>> 8) / 16777216 - 0.5;
}
const vectors = Float32Array.from({ length: 5000 * 8 }, random);
const query = Float32Array.from({ length: 8 }, random);
const index = new Index(8, { metric: "cosine" });
index.add(vectors);
const found = index.search(query, { k: 3 });
found.ids.forEach((id, i) => console.log(`id ${id} at ${found.distances[i]}`));

// One file: what these bytes hold opens in a browser, a notebook and a server.
const reopened = Index.fromBytes(index.toBytes());
const again = reopened.search(query, { k: 3 });
console.log(`reopened, the same answer: ${`${again.ids} ${again.distances}` === `${found.ids} ${found.distances}` ? "yes" : "no"}`);
