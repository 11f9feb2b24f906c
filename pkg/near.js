// The index, as JavaScript sees it. What each method takes, returns and throws: index.d.ts.

import { GivenColumns, GivenFilter, IndexCore } from "./wasm/nearfold.js";
import { describeArray, describeBytes, withKernelArray } from "./array.js";
import { NearfoldError, badParameter, held, isPlain, owned, tag } from "./error.js";
import { Filter } from "./filter.js";
import { idList } from "./ids.js";
import { near } from "./kernel.js";
import { copied, known, own, withInherited } from "./options.js";
import { receive } from "./stream.js";

/** For an index in shards: the columns that values of `n` rows would make or make others of, and how those are made. */
export let columnsFor, widenColumn;

const COLUMNS = "an object of names and arrays of values";
const VECTORS = "a Float32Array, an array of numbers, an array of rows, { data, shape } or a float32 KernelArray";

export class Index {
  #core;
  #busy = false;

  constructor(dim, options) {
    near.ready();
    if (dim instanceof IndexCore) {
      this.#core = dim;
      return;
    }
    if (typeof dim !== "number") throw badParameter("dim", "a number", dim);
    options = own(options);
    this.#core = near.enter(() => new IndexCore(dim, options));
  }

  static fromBytes(bytes) {
    near.ready();
    const array = describeBytes(bytes);
    return new Index(withKernelArray(near, array, "bytes", (core) => IndexCore.fromBytes(core, array.length)));
  }

  static async fromStream(stream, options = {}) {
    return receive(stream, options, (core, length) => new Index(near.enter(() => IndexCore.fromBytes(core, length))));
  }

  get dim() {
    return near.enter(() => this.#live().dim);
  }

  get length() {
    return near.enter(() => this.#live().length);
  }

  get idKind() {
    return near.enter(() => this.#live().idKind);
  }

  get params() {
    return near.enter(() => this.#live().params);
  }

  has(id) {
    return this.hasMany([id])[0];
  }

  hasMany(ids) {
    const list = idList(listed(ids));
    return Array.from(near.enter(() => this.#live().has(list)), Boolean);
  }

  ids(options = {}) {
    const { ids = "number" } = known(options, ["ids"]);
    if (typeof ids !== "string") throw badParameter("ids", '"number", "bigint" or "uint32"', ids);
    return near.enter(() => this.#live().ids(ids));
  }

  vector(id) {
    return this.vectors([id]);
  }

  vectors(ids) {
    const keys = this.#keys(ids);
    return near.enter(() => this.#live().vectors(keys));
  }

  memory() {
    return near.enter(() => this.#live().memory());
  }

  add(vectors, options = {}) {
    this.#live();
    const { ids, progress, columns } = known(options, ["ids", "progress", "columns"]);
    if (progress !== undefined && typeof progress !== "function") throw badParameter("progress", "a function", progress);
    const list = ids === undefined ? undefined : idList(ids);
    const bigint = ids instanceof BigUint64Array || typeof ids?.[0] === "bigint";
    const rows = this.#rows(vectors, "vectors");
    return withColumns(columns, (given) =>
      this.#whileBusy((index) => withKernelArray(near, rows, "vectors", (core) => index.add(core, rows.length, list, bigint, given, progress))),
    );
  }

  update(vectors, ids, options = {}) {
    this.#live();
    const { columns } = known(options, ["columns"]);
    const list = idList(ids);
    const rows = this.#rows(vectors, "vectors");
    const keys = this.#keys(list, true);
    withColumns(columns, (given) =>
      this.#whileBusy((index) => withKernelArray(near, rows, "vectors", (core) => index.update(core, rows.length, keys, given))),
    );
  }

  upsert(vectors, ids, options = {}) {
    this.#live();
    const { columns } = known(options, ["columns"]);
    const list = idList(ids);
    const rows = this.#rows(vectors, "vectors");
    return withColumns(columns, (given) =>
      this.#whileBusy((index) => withKernelArray(near, rows, "vectors", (core) => index.upsert(core, rows.length, list, given))),
    );
  }

  get columns() {
    const pairs = near.enter(() => this.#live().columns());
    return Object.fromEntries(pairs.flatMap((name, i) => (i % 2 ? [] : [[name, pairs[i + 1]]])));
  }

  addColumn(name, type) {
    const index = this.#live();
    if (typeof name !== "string") throw badParameter("name", "a string", name);
    if (typeof type !== "string") throw badParameter("type", "the name of a type", type);
    near.enter(() => index.addColumn(name, type));
  }

  dropColumn(name) {
    const index = this.#live();
    if (typeof name !== "string") throw badParameter("name", "a string", name);
    near.enter(() => index.dropColumn(name));
  }

  setColumns(ids, columns) {
    this.#live();
    if (columns == null) throw badParameter("columns", COLUMNS, columns);
    const keys = this.#keys(ids, true);
    withColumns(columns, (given) => near.enter(() => this.#live().setColumns(keys, given)));
  }

  get(id) {
    return this.getMany([id])[0];
  }

  getMany(ids) {
    const keys = this.#keys(ids);
    const columns = Object.entries(this.#values(true, keys));
    return Array.from(keys, (_, i) => Object.fromEntries(columns.map(([name, values]) => [name, values[i]])));
  }

  remove(ids, options = {}) {
    this.#live();
    const { missing = "error" } = known(options, ["missing"]);
    if (typeof missing !== "string") throw badParameter("missing", '"error" or "ignore"', missing);
    const list = idList(listed(ids));
    return near.enter(() => this.#live().remove(list, missing));
  }

  compact() {
    near.enter(() => this.#live().compact());
  }

  filter(allowed, options = {}) {
    this.#live();
    const { ids = "number" } = known(options, ["ids"]);
    if (typeof ids !== "string") throw badParameter("ids", '"number", "bigint" or "uint32"', ids);
    // A Map or a Promise would look like an object without columns, and allow everything.
    if (isPlain(allowed)) return new Filter(withFilter(allowed, (given) => this.#live().filterWhere(given)), this);
    if (typeof allowed === "function") return new Filter(this.#whileBusy((index) => near.enter(() => index.filter((id) => answered(allowed(id)), ids))), this);
    let list = listed(allowed);
    if (Array.isArray(list) && !list.includes(undefined) && list.every((is) => typeof is === "boolean")) list = list.flatMap((is, id) => (is ? id : []));
    if (!Array.isArray(list) && !ArrayBuffer.isView(list)) throw badParameter("filter", "ids, booleans, an object of what the columns must be, a function, or a Filter of this index", allowed);
    const allowedIds = idList(list);
    return new Filter(near.enter(() => this.#live().filterIds(allowedIds)), this);
  }

  find(filter, options = {}) {
    this.#live();
    const { limit = 100, ids = "number", withColumns: wanted } = known(options, ["limit", "ids", "withColumns"]);
    if (typeof limit !== "number") throw badParameter("limit", "a number", limit);
    if (typeof ids !== "string") throw badParameter("ids", '"number", "bigint" or "uint32"', ids);
    if (!isPlain(filter)) throw badParameter("filter", "an object of what the columns must be", filter);
    return this.#withValues(wanted, { ids: withFilter(filter, (given) => this.#live().find(given, limit, ids)) });
  }

  search(query, options) {
    return this.#found(query, "query", options, "search");
  }

  searchRadius(query, radius, options) {
    if (typeof radius !== "number") throw badParameter("radius", "a number", radius);
    return this.#found(query, "query", options, "searchRadius", radius);
  }

  searchMany(queries, options) {
    return this.#found(queries, "queries", options, "searchMany");
  }

  recall(options) {
    return this.recallExplained(options).recall;
  }

  recallExplained(options = {}) {
    options = own(known(options, ["k", "efSearch", "recall", "exact"]));
    return this.#whileBusy((index) => near.enter(() => index.recall(options)));
  }

  recallOf(queries, truth, options = {}) {
    options = own(known(options, ["k", "efSearch", "recall", "exact"]));
    const rows = this.#rows(queries, "queries");
    const ids = idList(truth);
    return this.#whileBusy((index) => withKernelArray(near, rows, "queries", (core) => index.recallOf(core, rows.length, ids, options)));
  }

  health() {
    return near.enter(() => this.#live().health());
  }

  toBytes() {
    return near.enter(() => this.#live().toBytes());
  }

  free() {
    if (this.#busy) this.#live();
    near.forget(this.#core);
    this.#core = undefined;
  }

  static {
    columnsFor = (index, columns, n, makes) => {
      const pairs = withColumns(columns, (given) => near.enter(() => index.#live().columnsFor(n, given, makes)));
      return pairs.flatMap((name, i) => (i % 2 ? [] : [[name, pairs[i + 1]]]));
    };
    widenColumn = (index, name) => near.enter(() => index.#live().widenColumn(name));
  }

  /** Returns what a search of the kernel finds, or its twin where there is a filter. */
  #found(vectors, name, options, search, ...more) {
    const rows = this.#rows(vectors, name);
    const { withColumns: wanted, filter: given, options: rest } = split(options);
    const ask = (method, ...allowed) => {
      const found = this.#whileBusy((index) => withKernelArray(near, rows, name, (core) => index[method](core, rows.length, rest, ...allowed, ...more)));
      return this.#withValues(wanted, found);
    };
    if (given == null) return ask(search);
    const filter = given instanceof Filter ? given : this.filter(given, { ids: rest.ids });
    try {
      return ask(`${search}Filtered`, filter.coreFor(this));
    } finally {
      if (filter !== given) filter.free();
    }
  }

  /** Describes rows of any kind; an array's getters are called here too. */
  #rows(vectors, name) {
    const { dim } = this;
    return this.#whileBusy(() => describeRows(vectors, dim, name));
  }

  /** Adds the values of the columns that are wanted to what was found. */
  #withValues(wanted, found) {
    if (wanted === undefined || wanted === false) return found;
    if (wanted !== true && !(Array.isArray(wanted) && wanted.every((name) => typeof name === "string"))) {
      throw badParameter("withColumns", "an array of names, or a boolean", wanted);
    }
    return { ...found, columns: this.#values(wanted, this.#keys(found.ids)) };
  }

  #values(wanted, keys) {
    const index = this.#live();
    const names = wanted === true ? Object.keys(this.columns) : wanted;
    return Object.fromEntries(names.map((name) => [name, near.enter(() => index.column(name, keys))]));
  }

  /** Returns the kernel's keys of ids that are there, each given once where they are to be distinct. */
  #keys(ids, distinct = false) {
    const list = idList(listed(ids));
    return near.enter(() => this.#live().keys(list, distinct));
  }

  /** Does work that calls functions of the caller, getters too: what they ask of this index is refused. */
  #whileBusy(work) {
    const index = this.#live();
    this.#busy = true;
    try {
      return work(index);
    } finally {
      this.#busy = false;
    }
  }

  #live() {
    near.ready();
    if (this.#busy) throw new NearfoldError("busy", "this index is at work: call it when the function that it calls has returned");
    if (!this.#core) throw new NearfoldError("freed", "this index was freed");
    return this.#core;
  }
}
owned(Index, "Index");

/** Returns the options that are not for the kernel, and the others as `options`. */
function split(options) {
  if (tag(options) !== "Object") return { options: own(options) };
  const { filter, withColumns, ...rest } = withInherited(options);
  return { filter, withColumns, options: rest };
}

/** A promise would allow every id. */
function answered(allowed) {
  if (typeof allowed?.then === "function") throw badParameter("filter", "a function that answers at once", "one that gives a promise");
  return allowed;
}

/** Returns ids of a set, of whatever frame, as a list. */
function listed(ids) {
  return tag(ids) === "Set" ? [...ids] : ids;
}

/** Calls `use`, in the kernel, with its copy of a filter, which is freed afterwards. */
function withFilter(filter, use) {
  const plain = copied(filter, "filter");
  const given = near.enter(() => new GivenFilter(plain));
  try {
    return near.enter(() => use(given));
  } finally {
    near.release(given);
  }
}

/** Calls `use` with the kernel's copy of columns, which is freed afterwards. */
function withColumns(columns, use) {
  if (columns != null && tag(columns) !== "Object") throw badParameter("columns", COLUMNS, columns);
  const plain = copied(columns, "columns");
  const given = near.enter(() => new GivenColumns(plain));
  try {
    return use(given);
  } finally {
    near.release(given);
  }
}

/** Returns rows of any kind, described as one float32 array. */
function describeRows(vectors, dim, name) {
  const array = Array.isArray(vectors) && typeof vectors[0] === "object" ? flatten(vectors, dim, name) : describeArray(vectors, name);
  const { data, dtype, layout, resident } = array;
  const convertible = /^(u?int(8|16|32)|float(32|64))$/.test(dtype);
  if (resident ? dtype !== "float32" : !convertible) throw badParameter(name, VECTORS, vectors);
  if (layout) {
    const { shape, strides, offset } = layout;
    const plain = strides === undefined && offset === 0 && shape.reduce((a, b) => a * b, 1) === array.length;
    if (!plain) throw badParameter(name, "rows that lie one after the other, without strides and offset", vectors);
    if (shape.at(-1) !== dim) throw dimensionMismatch(dim, shape.at(-1));
  }
  if (dtype === "float64") for (let i = 0; i < array.length; i++) held(data[i], Math.floor(i / dim), i % dim, name);
  return { data, dtype: "float32", length: array.length, resident };
}

function flatten(rows, dim, name) {
  const data = new Float32Array(rows.length * dim);
  // A hole among them is undefined here.
  for (const [i, row] of rows.entries()) {
    const array = describeArray(row, `${name}[${i}]`);
    if (array.length !== dim) throw dimensionMismatch(dim, array.length);
    const numbers = data.subarray(i * dim, (i + 1) * dim);
    for (let j = 0; j < dim; j++) {
      const value = row[j];
      if (typeof value !== "number") throw badParameter(`${name}[${i}][${j}]`, "a number", value);
      numbers[j] = held(value, i, j, name);
    }
  }
  return describeArray(data, name);
}

function dimensionMismatch(expected, got) {
  return new NearfoldError("dimension_mismatch", `expected vectors of dimension ${expected}, got ${got}: the index was made for dimension ${expected}`);
}
