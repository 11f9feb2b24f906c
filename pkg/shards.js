// One index in several workers: an id belongs to the shard of its remainder, neighbours are merged.

import { NearfoldError, badParameter } from "./error.js";
import { idsToBigints } from "./ids.js";

// docs/FORMAT.md: the id that comes next stands in the header.
const NEXT_ID_OFFSET = 56;

/** Refuses what shards cannot do yet. */
function withoutColumns(given) {
  if (given !== undefined && given !== false) throw badParameter("columns", "none: an index in shards keeps vectors only; an Index in one worker keeps columns", given);
}

export class Shards {
  #shards;
  #dim;
  #next = 0n;

  static async create(workers, dim, options = {}) {
    const made = new Shards();
    made.#shards = await all(workers.map((worker) => worker.call(0, "Index.create", [dim, options])));
    made.#dim = dim;
    return made;
  }

  /** Opens what `toBytes` gave, with as many shards as there were. */
  static async fromBytes(workers, parts, options = {}) {
    if (!Array.isArray(parts) || !parts.length || parts.some((part) => !(part instanceof Uint8Array))) throw badParameter("parts", "the array of Uint8Arrays that toBytes() gave", parts);
    const made = new Shards();
    const next = parts.map((part) => (part.length < NEXT_ID_OFFSET + 8 ? 0n : new DataView(part.buffer, part.byteOffset).getBigUint64(NEXT_ID_OFFSET, true)));
    made.#shards = await all(parts.map((part, i) => workers[i % workers.length].call(0, "Index.fromBytes", [part, options])));
    made.#next = next.reduce((a, b) => (a > b ? a : b));
    made.#dim = await made.#shards[0].dim;
    return made;
  }

  get dim() {
    return Promise.resolve(this.#dim);
  }

  get length() {
    return this.#each((shard) => shard.length).then((lengths) => lengths.reduce((a, b) => a + b));
  }

  get params() {
    return this.#shards[0].params;
  }

  async add(vectors, options = {}) {
    const { ids, progress, columns, ...others } = options;
    withoutColumns(columns);
    const rows = rowsOf(vectors, this.#dim);
    const given = ids === undefined ? BigUint64Array.from({ length: rows.length }, (_, i) => this.#next + BigInt(i)) : idsToBigints(ids);
    if (given.length !== rows.length) throw new NearfoldError("shape_mismatch", `expected one id for each of ${rows.length} vectors, got ${given.length} ids`);
    const parts = this.#parted(given, rows);
    const done = parts.map(() => 0);
    const added = await Promise.allSettled(
      parts.map(({ shard, ids, vectors }, i) =>
        ids.length ? shard.add(vectors, { ...others, ids, transfer: true, ...(progress && { progress: (count) => progress((done[i] = count) && done.reduce((a, b) => a + b), rows.length) }) }) : undefined,
      ),
    );
    const failed = added.find(({ status }) => status === "rejected");
    if (failed) {
      // All or nothing: what other shards took is taken out again. A signal leaves what was added.
      if (failed.reason instanceof NearfoldError) await all(parts.map(({ shard, kept }, i) => added[i].status === "fulfilled" && kept.length && shard.remove(kept)));
      throw failed.reason;
    }
    for (const id of given) if (id >= this.#next) this.#next = id + 1n;
    return ids instanceof BigUint64Array || typeof ids?.[0] === "bigint" ? given : Float64Array.from(given, Number);
  }

  async update(vectors, ids) {
    const rows = rowsOf(vectors, this.#dim);
    const given = idsToBigints(ids);
    if (given.length !== rows.length) throw new NearfoldError("shape_mismatch", `expected one id for each of ${rows.length} vectors, got ${given.length} ids`);
    const parts = this.#parted(given, rows);
    await this.#know(parts);
    await all(parts.map(({ shard, ids, vectors }) => ids.length && shard.update(vectors, ids)));
  }

  async remove(ids) {
    const parts = this.#parted(idsToBigints(ids instanceof Set ? [...ids] : ids));
    await this.#know(parts);
    await all(parts.map(({ shard, ids }) => ids.length && shard.remove(ids)));
  }

  async has(id) {
    return this.#of(id).has(id);
  }

  async vector(id) {
    return this.#of(id).vector(id);
  }

  async search(query, options = {}) {
    const { k = 10, withColumns, explain } = options;
    withoutColumns(withColumns);
    // Each shard has an explanation of its own, and there is no sum of them.
    if (explain) throw badParameter("options", "options of a search in shards", "explain");
    return mergeRow(await this.#each((shard) => shard.search(query, options)), k);
  }

  async searchRadius(query, radius, options = {}) {
    return mergeRow(await this.#each((shard) => shard.searchRadius(query, radius, options)), Infinity);
  }

  async searchMany(queries, options = {}) {
    const { k = 10, withColumns } = options;
    withoutColumns(withColumns);
    const found = await this.#each((shard) => shard.searchMany(queries, options));
    const [n] = found[0].shape;
    const rows = Array.from({ length: n }, (_, row) => mergeRow(found.map(({ ids, distances, shape: [, k] }) => ({ ids: ids.subarray(row * k, (row + 1) * k), distances: distances.subarray(row * k, (row + 1) * k) })), k));
    const width = rows[0]?.ids.length ?? 0;
    const ids = new found[0].ids.constructor(n * width);
    const distances = new Float32Array(n * width);
    rows.forEach((row, i) => {
      ids.set(row.ids, i * width);
      distances.set(row.distances, i * width);
    });
    return { ids, distances, shape: [n, width] };
  }

  async memory() {
    const [first, ...others] = await this.#each((shard) => shard.memory());
    for (const other of others) for (const key of Object.keys(other)) first[key] += other[key];
    return first;
  }

  async compact() {
    await this.#each((shard) => shard.compact());
  }

  toBytes() {
    return this.#each((shard) => shard.toBytes());
  }

  free() {
    for (const shard of this.#shards) shard.free();
  }

  #each(work) {
    return all(this.#shards.map(work));
  }

  #of(id) {
    const [wanted] = idsToBigints([id]);
    return this.#shards[Number(wanted % BigInt(this.#shards.length))];
  }

  /** Sorts ids, and their vectors, by shard. */
  #parted(ids, rows) {
    const count = BigInt(this.#shards.length);
    const places = this.#shards.map(() => []);
    ids.forEach((id, i) => places[Number(id % count)].push(i));
    return places.map((place, i) => {
      const own = BigUint64Array.from(place, (at) => ids[at]);
      // The ids move to the worker; these stay, to take back what was added.
      const part = { shard: this.#shards[i], ids: own, kept: own.slice() };
      if (rows) {
        part.vectors = new Float32Array(place.length * this.#dim);
        place.forEach((at, j) => rows.copy(at, part.vectors.subarray(j * this.#dim, (j + 1) * this.#dim)));
      }
      return part;
    });
  }

  /** All or nothing: no shard changes before every id is known to be there, once. */
  async #know(parts) {
    await all(
      parts.map(async ({ shard, ids }) => {
        const seen = new Set();
        for (const id of ids) {
          if (seen.has(id)) throw new NearfoldError("duplicate_id", `id ${id} is given twice`);
          seen.add(id);
        }
        const there = await all(Array.from(ids, (id) => shard.has(id)));
        const missing = there.indexOf(false);
        if (missing >= 0) throw new NearfoldError("id_not_found", `id ${ids[missing]} is not in the index`);
      }),
    );
  }
}
if (Symbol.dispose) Shards.prototype[Symbol.dispose] = Shards.prototype.free;

const all = (promises) => Promise.all(promises);

/** Merges sorted neighbours of several shards: by distance, then by id. */
function mergeRow(found, k) {
  const all = found.flatMap(({ ids, distances }) => Array.from(ids, (id, i) => ({ id, distance: distances[i] })));
  all.sort((a, b) => a.distance - b.distance || (a.id < b.id ? -1 : 1));
  if (all.length > k) all.length = k;
  return { ids: found[0].ids.constructor.from(all, ({ id }) => id), distances: Float32Array.from(all, ({ distance }) => distance) };
}

/** Returns rows of any kind as `{ length, copy(i, to) }`. */
function rowsOf(vectors, dim) {
  const shape = vectors?.shape;
  const data = shape ? vectors.data : vectors;
  const nested = Array.isArray(data) && typeof data[0] === "object";
  if (!(Array.isArray(data) || (ArrayBuffer.isView(data) && data.length !== undefined)) || vectors?.strides) throw badParameter("vectors", "a typed array, an array of numbers, an array of rows or { data, shape }", vectors);
  if (shape && shape.at(-1) !== dim) throw mismatch(dim, shape.at(-1));
  if (!nested && data.length % dim) throw mismatch(dim, data.length);
  return {
    length: nested ? data.length : data.length / dim,
    copy(i, to) {
      const row = nested ? data[i] : data.slice(i * dim, (i + 1) * dim);
      if (row?.length !== dim) throw mismatch(dim, row?.length);
      for (let j = 0; j < dim; j++) {
        if (typeof row[j] !== "number") throw badParameter(`vectors[${i}][${j}]`, "a number", row[j]);
        to[j] = row[j];
      }
    },
  };
}

function mismatch(expected, got) {
  return new NearfoldError("dimension_mismatch", `expected vectors of dimension ${expected}, got ${got}: the index was made for dimension ${expected}`);
}
