// Work beside the program's own: a pool of workers, over long numbers and over an index in shards.

import { createPool } from "nearfold/worker";

const pool = await createPool({ size: 2 });

// Cut into two, folded, merged: the bits of one call.
const numbers = Float64Array.from({ length: 300_000 }, (_, i) => (i % 2 ? -1e16 : 1e16) + (i % 1000));
console.log(`sum ${await pool.sum(numbers)}`);

// Half of the vectors in each worker; both are asked, the nearest of all are taken.
const vectors = Float32Array.from({ length: 4000 * 16 }, (_, i) => Math.sin(i * i + i / 3));
const index = await pool.Index.create(16, { metric: "cosine" });
await index.add(vectors, { progress: (done, total) => done === total && console.log(`${total} vectors are in`) });
const { ids } = await index.search(vectors.subarray(7 * 16, 8 * 16), { k: 1 });
console.log(`the nearest is ${ids[0]}`);

// Given up before it begins: the pool works on.
await pool.median(numbers, { signal: AbortSignal.abort() }).catch((error) => console.log(error.name));
pool.close();
