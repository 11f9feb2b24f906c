// Does an index fixture open, answer and build anew as recorded? Pure: Node and the page both call it.
// The files are described in tests/vectors/README.md.

import { lcgFloats } from "./vectors.mjs";

const hex = (words) => Array.from(words, (word) => word.toString(16).padStart(8, "0"));
const row = (ids) => ids.map((id) => (typeof id === "string" ? id : BigInt(id).toString()));

function vectors({ lcg, rows, scale = 1 }, dim) {
  return lcgFloats(lcg, rows * dim).map((value) => value * scale);
}

/** The ids of an add: `{ each }` is a text in which each row's number stands for `{}`. */
function idsOf({ ids, rows }) {
  if (ids.each) return Array.from({ length: rows }, (_, i) => ids.each.replaceAll("{}", i));
  return typeof ids[0] === "string" ? ids : BigUint64Array.from(ids, BigInt);
}

/** Returns what of `fixture` (the .json) does not hold for `file` (the .nearfold), one line each; empty when all does. */
export function runIndex({ Index }, fixture, file) {
  const { dim, metric, storage, rerank = null, m: M, ef_construction: efConstruction, types = {}, adds, queries, searches } = fixture;
  const failures = [];
  const opened = Index.fromBytes(file);

  const asked = vectors(queries, dim);
  searches.forEach(({ k, ef_search: efSearch, exact, filter = null, ids, distances }, at) => {
    for (let query = 0; query < queries.rows; query++) {
      const options = { k, exact, filter, ids: "bigint", ...(efSearch === null ? {} : { efSearch }) };
      const found = opened.search(asked.slice(query * dim, (query + 1) * dim), options);
      const bits = hex(new Uint32Array(Float32Array.from(found.distances).buffer));
      const got = `${row([...found.ids])} at ${bits}`;
      const expected = `${row(ids[query])} at ${distances[query]}`;
      if (got !== expected) failures.push(`search ${at}, query ${query}: expected ${expected}, got ${got}`);
    }
  });

  const built = new Index(dim, { metric, storage, rerank, M, efConstruction });
  for (const [name, type] of Object.entries(types)) built.addColumn(name, type);
  for (const add of adds) {
    const ids = add.ids === null ? {} : { ids: idsOf(add) };
    built.add(vectors(add, dim), { ...ids, columns: add.columns });
  }
  for (const [how, index] of [["built anew", built], ["opened and saved", opened]]) {
    const bytes = index.toBytes();
    const differs = file.findIndex((byte, i) => byte !== bytes[i]);
    if (bytes.length !== file.length) failures.push(`${how}: expected ${file.length} bytes, got ${bytes.length}`);
    else if (differs >= 0) failures.push(`${how}: byte ${differs} differs`);
  }
  return failures;
}
