// Which vectors are searched: the real sets beside the checkout, or a synthetic one.

import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const SHARED = fileURLToPath(new URL("../../../shared/data/", import.meta.url));

export const REAL = {
  debian: () => ({
    metric: "cosine",
    base: unit(npy("debian/debian20k-minilm-f32.npy")),
    queries: unit(npy("debian/queries1040-minilm-f32.npy")),
  }),
  reuters: () => ({
    metric: "cosine",
    base: unit(bigAnn("ann/reuters_words128_base.fbin", Float32Array)),
    queries: unit(bigAnn("ann/reuters_words128_query.fbin", Float32Array)),
  }),
  bigann: () => ({
    metric: "l2sq",
    base: bigAnn("ann/bigann10k_base.u8bin", Uint8Array),
    queries: bigAnn("ann/bigann10k_query.u8bin", Uint8Array),
  }),
};

// { name, metric, dim, n, base, queries, queryCount, limits }: a query's answer is right when it is no farther than its limit.
export function load(name, k, limit) {
  const raw = name === "synthetic" ? synthetic() : REAL[name]();
  const { dim } = raw.base;
  const n = Math.min(raw.base.rows, limit ?? Infinity);
  const queryCount = Math.min(raw.queries.rows, 1000);
  const set = {
    name,
    metric: raw.metric,
    dim,
    n,
    queryCount,
    base: raw.base.values.slice(0, n * dim),
    queries: raw.queries.values.slice(0, queryCount * dim),
  };
  set.limits = exactLimits(set, k);
  return set;
}

export function isThere(name) {
  const file = { debian: "debian/debian20k-minilm-f32.npy", reuters: "ann/reuters_words128_base.fbin", bigann: "ann/bigann10k_base.u8bin" }[name];
  return name === "synthetic" || existsSync(SHARED + file);
}

function bytes(path) {
  const { buffer, byteOffset, byteLength } = readFileSync(SHARED + path);
  return buffer.slice(byteOffset, byteOffset + byteLength);
}

// A file of the big-ann-benchmarks: rows, columns (u32), then the values.
function bigAnn(path, Type) {
  const file = bytes(path);
  const [rows, dim] = new Uint32Array(file, 0, 2);
  return { rows, dim, values: Float32Array.from(new Type(file, 8)) };
}

// A .npy file of version 1, float32, C order.
function npy(path) {
  const file = bytes(path);
  const start = 10 + new DataView(file).getUint16(8, true);
  const header = new TextDecoder().decode(file.slice(10, start));
  const [rows, dim] = /'shape': \((\d+), (\d+)\)/.exec(header).slice(1).map(Number);
  return { rows, dim, values: new Float32Array(file.slice(start)) };
}

function unit(matrix) {
  const { dim, values } = matrix;
  for (let at = 0; at < values.length; at += dim) {
    const row = values.subarray(at, at + dim);
    const norm = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    for (let j = 0; j < dim; j++) row[j] /= norm;
  }
  return matrix;
}

// Sixty-four clouds in 24 hidden dimensions, mapped to 128, with noise: seeded, so always the same.
function synthetic({ n = 10_000, queries = 500, dim = 128, hidden = 24, clouds = 64 } = {}) {
  const normal = normals(7);
  const mapping = Float64Array.from({ length: hidden * dim }, () => normal() / Math.sqrt(hidden));
  const centres = Float64Array.from({ length: clouds * hidden }, normal);
  const matrix = (rows) => {
    const values = new Float32Array(rows * dim);
    for (let i = 0; i < rows; i++) {
      const cloud = (i * 37) % clouds;
      const point = Float64Array.from({ length: hidden }, (_, h) => centres[cloud * hidden + h] + 0.6 * normal());
      for (let j = 0; j < dim; j++) {
        let value = 0.15 * normal();
        for (let h = 0; h < hidden; h++) value += point[h] * mapping[h * dim + j];
        values[i * dim + j] = value;
      }
    }
    return unit({ rows, dim, values });
  };
  return { metric: "cosine", base: matrix(n), queries: matrix(queries) };
}

function normals(seed) {
  let state = BigInt(seed);
  const uniform = () => {
    state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn;
    return (Number(state >> 11n) + 0.5) * 2 ** -53;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

// The squared Euclidean distance of the k-th neighbour of each query, with a little room for rounding.
// Unit vectors are ordered by it as by cosine.
function exactLimits({ base, queries, n, dim, queryCount }, k) {
  const limits = new Float64Array(queryCount);
  const best = new Float64Array(k);
  for (let query = 0; query < queryCount; query++) {
    best.fill(Infinity);
    for (let row = 0; row < n; row++) {
      let sum = 0;
      for (let j = 0; j < dim; j++) sum += (base[row * dim + j] - queries[query * dim + j]) ** 2;
      if (sum >= best[k - 1]) continue;
      let place = k - 1;
      for (; place > 0 && best[place - 1] > sum; place--) best[place] = best[place - 1];
      best[place] = sum;
    }
    limits[query] = best[k - 1] * (1 + 1e-6);
  }
  return limits;
}
