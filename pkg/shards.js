// One index in several workers: an id belongs to the shard of its remainder, a string to that of its hash's; neighbours are merged.

import { NearfoldError, badParameter, held, refuseDetached, tag } from "./error.js";
import { byBytes, idList } from "./ids.js";
import { known } from "./options.js";

// docs/FORMAT.md: the id that comes next stands in the header.
const NEXT_ID_OFFSET = 56;

const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);

/** Which ids each shard may return. Made by `filter` of an index in shards. */
class ShardedFilter {
  constructor(index, parts) {
    this.index = index;
    this.parts = parts;
  }

  get count() {
    return all(this.parts.map((part) => part.count)).then((counts) => counts.reduce((a, b) => a + b));
  }

  free() {
    for (const part of this.parts) part.free();
  }
}
if (Symbol.dispose) ShardedFilter.prototype[Symbol.dispose] = ShardedFilter.prototype.free;

export class Shards {
  #shards;
  #workers;
  #dim;
  #next = 0n;
  /** When the last of the changes is done: they come one after the other, as in one index. */
  #changed = Promise.resolve();

  static async create(workers, dim, options = {}) {
    const made = new Shards();
    made.#workers = workers;
    made.#shards = await all(workers.map((worker) => worker.call(0, "Index.create", [dim, options])));
    made.#dim = dim;
    return made;
  }

  /** Opens what `toBytes` gave, with as many shards as there were. */
  static async fromBytes(workers, parts, options = {}) {
    if (!Array.isArray(parts) || !parts.length || parts.some((part) => !(part instanceof Uint8Array))) throw badParameter("parts", "the array of Uint8Arrays that toBytes() gave", parts);
    const made = new Shards();
    const next = parts.map((part) => (part.length < NEXT_ID_OFFSET + 8 ? 0n : new DataView(part.buffer, part.byteOffset).getBigUint64(NEXT_ID_OFFSET, true)));
    made.#workers = workers;
    made.#shards = await all(parts.map((part, i) => workers[i % workers.length].call(0, "Index.fromBytes", [part, options])));
    made.#next = next.reduce((a, b) => (a > b ? a : b));
    made.#dim = await made.#shards[0].dim;
    // An id is looked for in one shard alone: files that are missing, twice or in another order would hide it.
    const ids = await made.#each((shard) => shard.ids({ ids: "bigint" }));
    const homes = await all(ids.map((each) => made.#homes(each)));
    const kinds = new Set((await made.#each((shard) => shard.idKind)).filter(Boolean));
    if (kinds.size > 1 || !homes.every((each, i) => each.every((home) => home === i))) {
      made.free();
      throw badParameter("parts", "all that toBytes() gave, in their order", "others");
    }
    return made;
  }

  get dim() {
    return Promise.resolve(this.#dim);
  }

  get length() {
    return this.#each((shard) => shard.length).then((lengths) => lengths.reduce((a, b) => a + b));
  }

  get idKind() {
    return this.#each((shard) => shard.idKind).then((kinds) => kinds.find(Boolean));
  }

  get params() {
    return this.#shards[0].params;
  }

  async add(vectors, options = {}) {
    if (tag(options) !== "Object") throw badParameter("options", "an object", options);
    const { ids, progress, columns, ...others } = options;
    const rows = rowsOf(vectors, this.#dim);
    const given = ids === undefined ? BigUint64Array.from({ length: rows.length }, (_, i) => this.#next + BigInt(i)) : idList(ids);
    const strings = Array.isArray(given);
    if (given.length !== rows.length) throw new NearfoldError("shape_mismatch", `expected one id for each of ${rows.length} vectors, got ${given.length} ids`);
    const bigint = ids instanceof BigUint64Array || typeof ids?.[0] === "bigint";
    const unsafe = bigint || strings ? undefined : given.find((id) => id > MAX_SAFE);
    if (unsafe !== undefined) throw new NearfoldError("unsafe_integer", `the id ${unsafe} is not a safe integer: give BigInts as ids to get BigInts`);
    const parting = this.#parted(given, rows);
    // Further calls do not wait for this one: its ids are taken.
    const before = this.#next;
    if (!strings) for (const id of given) if (id >= this.#next) this.#next = id + 1n;
    const taken = this.#next;
    return this.#inTurn(async () => {
      let parts, kinds;
      try {
        parts = await parting;
        await this.#agree(given, ids === undefined ? "none" : undefined);
        kinds = await this.#giveColumns(parts, columns, rows.length, true);
        others.signal?.throwIfAborted();
      } catch (error) {
        if (this.#next === taken) this.#next = before;
        throw error;
      }
      await this.#makeColumns(kinds);
      const done = parts.map(() => 0);
      const added = await Promise.allSettled(
        parts.map(({ shard, ids, vectors, columns }, i) =>
          ids.length ? shard.add(vectors, { ...others, ids, columns, transfer: true, ...(progress && { progress: (count) => progress((done[i] = count) && done.reduce((a, b) => a + b), rows.length) }) }) : undefined,
        ),
      );
      const failed = added.find(({ status }) => status === "rejected");
      if (failed) {
        // All or nothing: what other shards took is taken out again. A signal leaves what was added.
        if (failed.reason instanceof NearfoldError) {
          await all(parts.map(({ shard, kept }, i) => added[i].status === "fulfilled" && kept.length && shard.remove(kept)));
          for (const [name] of kinds.made) await this.#each((shard) => shard.dropColumn(name));
          if (this.#next === taken) this.#next = before;
        }
        throw failed.reason;
      }
      return bigint || strings ? given : Float64Array.from(given, Number);
    });
  }

  async update(vectors, ids, options = {}) {
    await this.#replace(vectors, ids, options, async (parts, columns, n) => {
      const kinds = await this.#giveColumns(parts, columns, n);
      await this.#know(parts);
      await this.#makeColumns(kinds);
      await all(parts.map(({ shard, ids, vectors, columns }) => ids.length && shard.update(vectors, ids, { columns })));
    });
  }

  async upsert(vectors, ids, options = {}) {
    return this.#replace(vectors, ids, options, async (parts, columns, n) => {
      for (const { ids } of parts) refuseTwice(ids);
      await this.#makeColumns(await this.#giveColumns(parts, columns, n, true));
      for (const { ids } of parts) if (!Array.isArray(ids)) for (const id of ids) if (id >= this.#next) this.#next = id + 1n;
      const fresh = await all(parts.map(({ shard, ids, vectors, columns }) => (ids.length ? shard.upsert(vectors, ids, { columns }) : 0)));
      return fresh.reduce((a, b) => a + b);
    });
  }

  /** Does a change of vectors, of which nothing may be refused when a shard has changed. */
  #replace(vectors, ids, options, change) {
    const { columns } = known(options, ["columns"]);
    const rows = rowsOf(vectors, this.#dim);
    const given = idList(ids);
    if (given.length !== rows.length) throw new NearfoldError("shape_mismatch", `expected one id for each of ${rows.length} vectors, got ${given.length} ids`);
    const parting = this.#parted(given, rows);
    return this.#inTurn(async () => {
      const parts = await parting;
      await this.#agree(given);
      for (const { vectors, place } of parts) {
        const other = vectors.findIndex((value) => !Number.isFinite(value));
        if (other >= 0) throw new NearfoldError("not_finite", `expected finite numbers, got ${vectors[other]} at row ${place[Math.floor(other / this.#dim)]}, column ${other % this.#dim}`);
      }
      return change(parts, columns, rows.length);
    });
  }

  async setColumns(ids, columns) {
    if (tag(columns) !== "Object") throw badParameter("columns", "an object of names and arrays of values", columns);
    const given = idList(ids);
    const parting = this.#parted(given);
    return this.#inTurn(async () => {
      const parts = await parting;
      const kinds = await this.#giveColumns(parts, columns, given.length);
      await this.#know(parts);
      await this.#makeColumns(kinds);
      await all(parts.map(({ shard, ids, columns }) => ids.length && shard.setColumns(ids, columns)));
    });
  }

  async addColumn(name, type) {
    await this.#inTurn(() => this.#each((shard) => shard.addColumn(name, type)));
  }

  async dropColumn(name) {
    await this.#inTurn(() => this.#each((shard) => shard.dropColumn(name)));
  }

  get columns() {
    return this.#shards[0].columns;
  }

  async get(id) {
    return (await this.getMany([id]))[0];
  }

  async getMany(ids) {
    return this.#gathered(ids, (shard, ids) => shard.getMany(ids));
  }

  async filter(allowed) {
    const parts = await Promise.allSettled(this.#shards.map((shard) => shard.filter(allowed)));
    const failed = parts.find(({ status }) => status === "rejected");
    if (!failed) return new ShardedFilter(this, parts.map(({ value }) => value));
    for (const { value } of parts) value?.free();
    throw failed.reason;
  }

  async find(filter, options = {}) {
    const { limit = 100, ...others } = options;
    const found = await this.#each((shard) => shard.find(filter, { ...others, limit }));
    const rows = found.flatMap(({ ids, columns }) => Array.from(ids, (id, i) => ({ id, columns, i })));
    rows.sort((a, b) => byId(a.id, b.id));
    if (rows.length > limit) rows.length = limit;
    const { columns } = found[0];
    const values = columns && { columns: mapValues(columns, (_, name) => rows.map(({ columns, i }) => columns[name][i])) };
    return { ids: idsAs(found).from(rows, ({ id }) => id), ...values };
  }

  async remove(ids, options = {}) {
    const { missing = "error" } = known(options, ["missing"]);
    if (missing !== "error" && missing !== "ignore") throw badParameter("missing", '"error" or "ignore"', missing);
    const parting = this.#parted(idList(tag(ids) === "Set" ? [...ids] : ids));
    return this.#inTurn(async () => {
      const parts = await parting;
      if (missing === "error") await this.#know(parts);
      else for (const { ids } of parts) refuseTwice(ids);
      const gone = await all(parts.map(({ shard, ids }) => (ids.length ? shard.remove(ids, { missing }) : 0)));
      return gone.reduce((a, b) => a + b);
    });
  }

  async has(id) {
    return (await this.hasMany([id]))[0];
  }

  async hasMany(ids) {
    return this.#gathered(ids, (shard, ids) => shard.hasMany(ids));
  }

  async ids(options) {
    const parts = await all(this.#shards.map((shard) => shard.ids(options)));
    if (parts.some(Array.isArray)) return parts.flatMap((part) => Array.from(part)).sort(byBytes);
    const whole = new parts[0].constructor(parts.reduce((n, part) => n + part.length, 0));
    parts.reduce((at, part) => (whole.set(part, at), at + part.length), 0);
    return whole.sort();
  }

  async vector(id) {
    return this.vectors([id]);
  }

  async vectors(ids) {
    const rows = await this.#gathered(ids, async (shard, ids) => {
      const vectors = await shard.vectors(ids);
      return Array.from(ids, (_, i) => vectors.subarray(i * this.#dim, (i + 1) * this.#dim));
    });
    const whole = new Float32Array(rows.length * this.#dim);
    rows.forEach((row, i) => whole.set(row, i * this.#dim));
    return whole;
  }

  async search(query, options = {}) {
    options ??= {};
    const { k = 10 } = options;
    refuseExplain(options);
    return mergeRow(await this.#ask("search", options, query), k);
  }

  async searchRadius(query, radius, options = {}) {
    options ??= {};
    refuseExplain(options);
    return mergeRow(await this.#ask("searchRadius", options, query, radius), Infinity);
  }

  async searchMany(queries, options = {}) {
    options ??= {};
    const { k = 10 } = options;
    const found = await this.#ask("searchMany", options, queries);
    const [n] = found[0].shape;
    const rows = Array.from({ length: n }, (_, row) => mergeRow(found.map((each) => rowOf(each, row)), k));
    const width = rows[0]?.ids.length ?? 0;
    const strings = Array.isArray(rows[0]?.ids);
    const ids = strings ? rows.flatMap((row) => row.ids) : new found[0].ids.constructor(n * width);
    const distances = new Float32Array(n * width);
    rows.forEach((row, i) => {
      if (!strings) ids.set(row.ids, i * width);
      distances.set(row.distances, i * width);
    });
    const { columns } = found[0];
    const values = columns && { columns: mapValues(columns, (_, name) => rows.flatMap((row) => row.columns[name])) };
    return { ids, distances, shape: [n, width], ...values };
  }

  async memory() {
    const [first, ...others] = await this.#each((shard) => shard.memory());
    for (const other of others) for (const key of Object.keys(other)) first[key] += other[key];
    return first;
  }

  async compact() {
    await this.#inTurn(() => this.#each((shard) => shard.compact()));
  }

  toBytes() {
    return this.#inTurn(() => this.#each((shard) => shard.toBytes()));
  }

  free() {
    for (const shard of this.#shards) shard.free();
  }

  #inTurn(work) {
    const done = this.#changed.then(work);
    this.#changed = done.then(
      () => {},
      () => {},
    );
    return done;
  }

  #each(work) {
    return all(this.#shards.map(work));
  }

  /** Returns in which shard each id belongs, of strings a promise. */
  #homes(ids) {
    const count = this.#shards.length;
    if (Array.isArray(ids)) return ids.length ? this.#workers[0].call(0, "partsOf", [ids, count]) : [];
    return Array.from(ids, (id) => Number(id % BigInt(count)));
  }

  /** Asks the shards of ids, each for its own; returns what they say of each id, in the order of the ids. */
  async #gathered(ids, ask) {
    const parts = await this.#parted(idList(tag(ids) === "Set" ? [...ids] : ids));
    const gathered = [];
    await all(
      parts.map(async ({ shard, ids, place }) => {
        const answers = ids.length ? await ask(shard, ids) : [];
        place.forEach((at, i) => (gathered[at] = answers[i]));
      }),
    );
    return gathered;
  }

  /** Refuses ids of another kind than those of the shards, of which some may be empty. */
  async #agree(ids, got) {
    if (!ids.length) return;
    const [kind, own] = [await this.idKind, Array.isArray(ids) ? "string" : "int"];
    const plural = { int: "integers", string: "strings" };
    if (kind !== undefined && kind !== own) throw new NearfoldError("bad_parameter", `ids: expected ${plural[kind]}, as the index holds, got ${got ?? plural[own]}`);
  }

  /** Asks every shard; of a filter that was made from this index each gets its part. */
  #ask(method, options, ...args) {
    const { filter } = options;
    if (!(filter instanceof ShardedFilter)) return this.#each((shard) => shard[method](...args, options));
    if (filter.index !== this) throw badParameter("filter", "a filter of this index", "one of another index");
    return all(this.#shards.map((shard, i) => shard[method](...args, { ...options, filter: filter.parts[i] })));
  }

  /**
   * Gives each part its values of columns. Returns what all of them together make of the columns, which one shard tells: what
   * each sees of the values would not tell it the types.
   */
  async #giveColumns(parts, columns, n, makes = false) {
    if (columns === undefined || columns === null) return { made: [], wide: [] };
    if (tag(columns) !== "Object") throw badParameter("columns", "an object of names and arrays of values", columns);
    // A set cannot be parted by places.
    const lists = mapValues(columns, (list) => (list instanceof Set ? [...list] : list));
    const ask = (i) => this.#call(i, "Index.columnsFor", lists, n, makes);
    const there = await this.columns;
    const kinds = await ask(0);
    const made = kinds.filter(([name]) => !Object.hasOwn(there, name));
    const wide = kinds.filter(([name, type]) => Object.hasOwn(there, name) && type !== there[name]);
    // Each shard has numbers of its own, which a float may round: all are asked before one changes.
    if (wide.length) await all(this.#shards.map((_, i) => i && ask(i)));
    for (const part of parts) part.columns = mapValues(lists, (list) => list.constructor.from(part.place, (at) => list[at]));
    return { made, wide };
  }

  /** Makes the same columns in every shard. */
  async #makeColumns({ made, wide }) {
    for (const [name, type] of made) await this.#each((shard) => shard.addColumn(name, type));
    for (const [name] of wide) await all(this.#shards.map((_, i) => this.#call(i, "Index.widenColumn", name)));
  }

  /** Calls what takes the index of a shard, in its worker. */
  #call(i, method, ...args) {
    return this.#workers[i % this.#workers.length].call(0, method, [this.#shards[i], ...args]);
  }

  /** Sorts ids, and their vectors, by shard; of strings it gives a promise. What the caller gave is copied before. */
  #parted(ids, rows) {
    const homes = this.#homes(ids);
    if (!(homes instanceof Promise)) return this.#divided(ids, rows, homes);
    const kept = rows?.kept();
    const parts = homes.then((homes) => this.#divided(ids, kept, homes));
    // Who waits for it may still have to wait for other changes.
    parts.catch(() => {});
    return parts;
  }

  #divided(ids, rows, homes) {
    const places = this.#shards.map(() => []);
    homes.forEach((home, i) => places[home].push(i));
    return places.map((place, i) => {
      const own = ids.constructor.from(place, (at) => ids[at]);
      // The ids move to the worker; these stay, to take back what was added.
      const part = { shard: this.#shards[i], place, ids: own, kept: own.slice() };
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
        refuseTwice(ids);
        const missing = ids.length ? (await shard.hasMany(ids)).indexOf(false) : -1;
        if (missing >= 0) throw new NearfoldError("id_not_found", `id ${shown(ids[missing])} is not in the index`);
      }),
    );
  }
}
if (Symbol.dispose) Shards.prototype[Symbol.dispose] = Shards.prototype.free;

const all = (promises) => Promise.all(promises);

const shown = (id) => (typeof id === "string" ? JSON.stringify(id) : id);

function refuseTwice(ids) {
  const seen = new Set();
  for (const id of ids) {
    if (seen.has(id)) throw new NearfoldError("duplicate_id", `id ${shown(id)} is given twice: give each id once`);
    seen.add(id);
  }
}

/** Each shard has an explanation of its own, and there is no sum of them. */
function refuseExplain({ explain }) {
  if (explain) throw badParameter("options", "options of a search in shards", "explain");
}

const mapValues = (object, map) => Object.fromEntries(Object.entries(object).map(([name, value]) => [name, map(value, name)]));

/** Returns one row of what `searchMany` found. */
function rowOf({ ids, distances, columns, shape: [, k] }, row) {
  const [start, end] = [row * k, (row + 1) * k];
  const found = { ids: Array.isArray(ids) ? ids.slice(start, end) : ids.subarray(start, end), distances: distances.subarray(start, end) };
  return columns ? { ...found, columns: mapValues(columns, (values) => values.slice(start, end)) } : found;
}

/** Orders two ids of one kind. */
const byId = (a, b) => (typeof a === "string" ? byBytes(a, b) : a < b ? -1 : 1);

/** Returns the constructor of the ids that shards found: one that holds nothing does not know that they are strings. */
const idsAs = (found) => (found.find(({ ids }) => Array.isArray(ids)) ?? found[0]).ids.constructor;

/** Merges sorted neighbours of several shards: by distance, then by id. */
function mergeRow(found, k) {
  const all = found.flatMap(({ ids, distances, columns }) => Array.from(ids, (id, i) => ({ id, distance: distances[i], columns, i })));
  all.sort((a, b) => a.distance - b.distance || byId(a.id, b.id));
  if (all.length > k) all.length = k;
  const merged = { ids: idsAs(found).from(all, ({ id }) => id), distances: Float32Array.from(all, ({ distance }) => distance) };
  const { columns } = found[0];
  return columns ? { ...merged, columns: mapValues(columns, (_, name) => all.map(({ columns, i }) => columns[name][i])) } : merged;
}

/** Returns rows of any kind as `{ length, copy(i, to) }`. */
function rowsOf(vectors, dim) {
  const shape = vectors?.shape;
  const data = shape ? vectors.data : vectors;
  const nested = Array.isArray(data) && typeof data[0] === "object";
  const fits = Array.isArray(data) || /^(Ui|I)nt(8|16|32)Array$|^Uint8ClampedArray$|^Float(32|64)Array$/.test(tag(data));
  if (!fits || vectors?.strides || vectors?.offset) throw badParameter("vectors", "a typed array, an array of numbers, an array of rows or { data, shape }", vectors);
  refuseDetached(data, "vectors");
  if (shape && shape.at(-1) !== dim) throw mismatch(dim, shape.at(-1));
  if (shape && !nested && Array.from(shape).reduce((a, b) => a * b, 1) !== data.length) throw badParameter("vectors", `${shape.join(" times ")} numbers`, data.length);
  if (!nested && data.length % dim) throw mismatch(dim, data.length);
  return {
    length: nested ? data.length : data.length / dim,
    /** Returns a copy. */
    kept() {
      const rows = new Float32Array(this.length * dim);
      for (let i = 0; i < this.length; i++) this.copy(i, rows.subarray(i * dim, (i + 1) * dim));
      return { copy: (i, to) => to.set(rows.subarray(i * dim, (i + 1) * dim)) };
    },
    copy(i, to) {
      const row = nested ? data[i] : data.slice(i * dim, (i + 1) * dim);
      if (row?.length !== dim) throw mismatch(dim, row?.length);
      for (let j = 0; j < dim; j++) {
        if (typeof row[j] !== "number") throw badParameter(`vectors[${i}][${j}]`, "a number", row[j]);
        to[j] = held(row[j], i, j, "vectors");
      }
    },
  };
}

function mismatch(expected, got) {
  return new NearfoldError("dimension_mismatch", `expected vectors of dimension ${expected}, got ${got}: the index was made for dimension ${expected}`);
}
