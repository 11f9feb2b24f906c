// One engine over one data set, driven by commands from outside: the same in a Node child and in a page.

import { ENGINES } from "./engines.mjs";

const BATCH = 50;

export class Session {
  #set;
  #engine;
  #index;
  #queries;
  #k;
  #clock;
  #built;

  // `clock()` gives milliseconds; processor time where there is such a clock.
  constructor(clock) {
    this.#clock = clock;
  }

  // Loads the library; milliseconds until it can be used.
  async open(name, set, { k, ...parameters }, load) {
    const start = performance.now();
    const library = await load(name);
    const loaded = performance.now() - start;
    this.#set = set;
    this.#k = k;
    this.#engine = ENGINES[name];
    this.#index = await this.#engine.open(library, set, parameters);
    const prepare = this.#index.query ?? ((row) => row);
    const count = this.#engine.slow || this.#engine.efs[0] === null ? Math.min(100, set.queryCount) : set.queryCount;
    this.#queries = Array.from({ length: count }, (_, i) => prepare(set.queries.slice(i * set.dim, (i + 1) * set.dim)));
    return loaded;
  }

  // Seconds. Engines that fix ef when they are built are built for `ef`.
  async build(ef) {
    const start = await this.#clock();
    await this.#index.build(ef);
    this.#built = ef;
    return ((await this.#clock()) - start) / 1000;
  }

  async #ready(ef) {
    if (this.#engine.perEf && this.#built !== ef) await this.build(ef);
  }

  async recall(ef) {
    await this.#ready(ef);
    const { base, dim, limits } = this.#set;
    let right = 0;
    for (const [i, query] of this.#queries.entries()) {
      const ids = new Set(Array.from(await this.#index.search(query, this.#k, ef), Number));
      for (const id of [...ids].slice(0, this.#k)) {
        let sum = 0;
        for (let j = 0; j < dim; j++) sum += (base[id * dim + j] - this.#set.queries[i * dim + j]) ** 2;
        if (sum <= limits[i]) right++;
      }
    }
    return right / (this.#queries.length * this.#k);
  }

  // Milliseconds of each batch of queries; whoever calls again keeps the best of each.
  async round(ef) {
    await this.#ready(ef);
    const times = [];
    for (let first = 0; first < this.#queries.length; first += BATCH) {
      const start = performance.now();
      for (const query of this.#queries.slice(first, first + BATCH)) {
        const found = this.#index.search(query, this.#k, ef);
        if (found instanceof Promise) await found;
      }
      times.push(performance.now() - start);
    }
    return { times, queries: this.#queries.length };
  }

  memory() {
    return this.#index.memory?.() ?? null;
  }
}
