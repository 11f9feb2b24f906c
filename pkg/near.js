// The index, as JavaScript sees it. What each method takes, returns and throws: index.d.ts.

import { converted, describeArray, describeBytes, withArray } from "./array.js";
import { NearfoldError, badParameter, isPlain, tag } from "./error.js";
import { Filter } from "./filter.js";
import { Handle, MADE } from "./handle.js";
import { idsToBigints } from "./ids.js";
import { near } from "./kernel.js";
import { known, own } from "./options.js";
import { receive } from "./stream.js";

const VECTORS = "a Float32Array, an array of numbers, an array of rows, { data, shape } or a float32 KernelArray";

export class Index extends Handle {
  #busy = false;

  constructor(dim, options) {
    super(near, "index", dim === MADE ? options : near.make("index_new", dim, own(options)));
  }

  get [Symbol.toStringTag]() {
    return "Index";
  }

  static fromBytes(bytes) {
    const array = describeBytes(bytes);
    return withArray(near, array, (core) => opened(core, array.length));
  }

  static async fromStream(stream, options = {}) {
    return receive(stream, options, opened);
  }

  /** The address in the kernel; throws if it was freed, or is at work. */
  get core() {
    if (this.#busy) throw new NearfoldError("busy", "this index is at work: call it when the function that it calls has returned");
    return super.core;
  }

  get dim() {
    return near.call("index_dim", this.core);
  }

  get length() {
    return near.call("index_length", this.core);
  }

  get params() {
    return near.call("index_params", this.core);
  }

  has(id) {
    return !!near.call("index_has", this.core, idsToBigints([id])[0]);
  }

  vector(id) {
    return near.call("index_vector", this.core, idsToBigints([id])[0]);
  }

  memory() {
    return near.call("index_memory", this.core);
  }

  add(vectors, options = {}) {
    const { ids, progress, columns } = known(options, ["ids", "progress", "columns"]);
    if (progress !== undefined && typeof progress !== "function") throw badParameter("progress", "a function", progress);
    const bigints = ids === undefined ? undefined : idsToBigints(ids);
    const bigint = ids instanceof BigUint64Array || typeof ids?.[0] === "bigint";
    const rows = this.#rows(vectors, "vectors");
    return given("columns", [columns, true], (values) => this.#work(rows, (core, array) => near.call("index_add", core, array, rows.length, bigints, bigint, values, progress)));
  }

  update(vectors, ids, options = {}) {
    const { columns } = known(options, ["columns"]);
    const bigints = idsToBigints(ids);
    const rows = this.#rows(vectors, "vectors");
    given("columns", [columns, true], (values) => this.#work(rows, (core, array) => near.call("index_update", core, array, rows.length, bigints, values)));
  }

  get columns() {
    return Object.fromEntries(near.call("index_columns", this.core));
  }

  addColumn(name, type) {
    near.call("index_addColumn", this.core, name, type);
  }

  dropColumn(name) {
    near.call("index_dropColumn", this.core, name);
  }

  setColumns(ids, columns) {
    this.core;
    const bigints = idsToBigints(ids);
    given("columns", [columns, false], (values) => near.call("index_setColumns", this.core, bigints, values));
  }

  get(id) {
    const wanted = idsToBigints([id]);
    if (!this.has(id)) throw new NearfoldError("id_not_found", `id ${id} is not in the index`);
    return Object.fromEntries(Object.entries(this.#values(true, wanted)).map(([name, [value]]) => [name, value]));
  }

  remove(ids) {
    this.core;
    const bigints = idsToBigints(listed(ids));
    near.call("index_remove", this.core, bigints);
  }

  compact() {
    near.call("index_compact", this.core);
  }

  filter(allowed, options = {}) {
    this.core;
    options = own(known(options, ["ids"]));
    const made = (name, ...args) => new Filter(MADE, near.make(name, ...args), this);
    // A Map or a Promise would look like an object without columns, and allow everything.
    if (isPlain(allowed)) return given("expression", [allowed], (expression) => made("index_filterWhere", this.core, expression));
    if (typeof allowed === "function") return this.#work(undefined, (core) => made("index_filter", core, allowed, options));
    let list = listed(allowed);
    if (Array.isArray(list) && list.every((is) => typeof is === "boolean")) list = list.flatMap((is, id) => (is ? id : []));
    if (!Array.isArray(list) && !ArrayBuffer.isView(list)) throw badParameter("filter", "ids, booleans, an object of what the columns must be, a function, or a Filter of this index", allowed);
    const bigints = idsToBigints(list);
    return made("index_filterIds", this.core, bigints);
  }

  search(query, options) {
    return this.#found("index_search", query, "query", options);
  }

  searchMany(queries, options) {
    return this.#found("index_searchMany", queries, "queries", options);
  }

  searchRadius(query, radius, options) {
    return this.#found("index_searchRadius", query, "query", options, radius);
  }

  recall(options) {
    return near.make("index_recall", this.core, own(options));
  }

  health() {
    return near.call("index_health", this.core);
  }

  toBytes() {
    return near.call("index_toBytes", this.core);
  }

  free() {
    if (this.#busy) this.core;
    super.free();
  }

  /** Returns what a search of the kernel finds, or its twin where there is a filter. */
  #found(name, queries, kind, options, ...more) {
    const rows = this.#rows(queries, kind);
    const { filter: allowed, withColumns: wanted, ...rest } = options ?? {};
    const plain = options == null || tag(options) === "Object";
    const ask = (name, ...filter) => {
      const found = this.#work(rows, (core, array) => near.call(name, core, array, rows.length, plain ? rest : options, ...filter, ...more));
      return this.#withValues(wanted, found);
    };
    if (!plain || allowed == null) return ask(name);
    const filter = allowed instanceof Filter ? allowed : this.filter(allowed, { ids: rest.ids });
    try {
      return ask(`${name}Filtered`, filter.coreFor(this));
    } finally {
      if (filter !== allowed) filter.free();
    }
  }

  /** Adds the values of the columns that are wanted to what was found. */
  #withValues(wanted, found) {
    if (wanted === undefined || wanted === false) return found;
    if (wanted !== true && !(Array.isArray(wanted) && wanted.every((name) => typeof name === "string"))) {
      throw badParameter("withColumns", "an array of names, or a boolean", wanted);
    }
    return { ...found, columns: this.#values(wanted, idsToBigints(found.ids)) };
  }

  #values(wanted, ids) {
    const names = wanted === true ? Object.keys(this.columns) : wanted;
    return Object.fromEntries(names.map((name) => [name, near.call("index_column", this.core, name, ids)]));
  }

  /** Calls `work(core, array)`, where functions of the caller are called, getters too: what they ask of this index is refused. */
  #work(array, work) {
    const { core } = this;
    this.#busy = true;
    try {
      return array ? withArray(near, array, (lent) => work(core, lent)) : work(core);
    } finally {
      this.#busy = false;
    }
  }

  /** Returns rows of any kind, described as one float32 array. */
  #rows(vectors, name) {
    const { dim } = this;
    const array = Array.isArray(vectors) && typeof vectors[0] === "object" ? flatten(vectors, dim, name) : describeArray(vectors, name);
    const { shape, strides, offset, length } = array;
    if (shape) {
      const plain = strides === undefined && offset === 0 && shape.reduce((a, b) => a * b, 1) === length;
      if (!plain) throw badParameter(name, "rows that lie one after the other, without strides and offset", vectors);
      if (shape.at(-1) !== dim) throw dimensionMismatch(dim, shape.at(-1));
    }
    return converted(array, "float32", VECTORS, vectors);
  }
}

/** Opens the first bytes of a buffer of the kernel. */
export function opened(core, length) {
  return new Index(MADE, near.make("index_fromBytes", core, length));
}

/** Calls `use` with what the kernel makes of values, which is freed afterwards. */
function given(kind, values, use) {
  const made = near.make(`${kind}_new`, ...values);
  try {
    return use(made);
  } finally {
    near.free(kind, made);
  }
}

/** Returns ids of a set, of whatever frame, as a list. */
function listed(ids) {
  return tag(ids) === "Set" ? [...ids] : ids;
}

function flatten(rows, dim, name) {
  const data = new Float32Array(rows.length * dim);
  rows.forEach((row, i) => {
    const { length } = describeArray(row, `${name}[${i}]`);
    if (length !== dim) throw dimensionMismatch(dim, length);
    for (let j = 0; j < dim; j++) {
      const value = row[j];
      if (typeof value !== "number") throw badParameter(`${name}[${i}][${j}]`, "a number", value);
      data[i * dim + j] = value;
    }
  });
  return describeArray(data, name);
}

function dimensionMismatch(expected, got) {
  return new NearfoldError("dimension_mismatch", `expected vectors of dimension ${expected}, got ${got}: the index was made for dimension ${expected}`);
}
