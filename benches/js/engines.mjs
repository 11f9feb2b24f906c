// Who is compared: one adapter an engine, the same in Node and in a page.
//
// An adapter is `{ where, metrics, efs, open(library, set, parameters) }`; `open` gives
// `{ build(ef), search(query, k, ef) → ids, query?(row) → what search takes, memory?() → bytes }`.
// `efs: [null]` is an engine without such a knob; `perEf` one that must be built again for each.
// `library` is what libraries.mjs loaded.

const EFS = [10, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512];

const rows = (set) => Array.from({ length: set.n }, (_, i) => set.base.subarray(i * set.dim, (i + 1) * set.dim));

const nearfold = (storage, exact) => ({
  where: ["node", "browser"],
  ours: true,
  efs: exact ? [null] : EFS,
  open({ Index, kernelMemory }, set, { M, efConstruction }) {
    let index;
    return {
      build() {
        index?.free?.();
        index = new Index(set.dim, { metric: set.metric, storage, M, efConstruction });
        index.add(set.base);
      },
      search: exact
        ? (query, k) => index.search(query, { k, exact: true }).ids
        : (query, k, efSearch) => index.search(query, { k, efSearch }).ids,
      memory: kernelMemory,
    };
  },
});

export const ENGINES = {
  "nearfold i8": nearfold("i8", false),
  "nearfold f32": nearfold("f32", false),
  "nearfold i8 exact": nearfold("i8", true),
  "nearfold f32 exact": nearfold("f32", true),

  "plain JavaScript": {
    where: ["node", "browser"],
    efs: [null],
    open(_library, { base, n, dim }) {
      return {
        build() {},
        search(query, k) {
          const distances = new Float64Array(k).fill(Infinity);
          const ids = new Int32Array(k).fill(-1);
          for (let i = 0, at = 0; i < n; i++, at += dim) {
            let [a, b, c, d] = [0, 0, 0, 0];
            for (let j = 0; j < dim; j += 4) {
              const [w, x, y, z] = [base[at + j] - query[j], base[at + j + 1] - query[j + 1], base[at + j + 2] - query[j + 2], base[at + j + 3] - query[j + 3]];
              a += w * w;
              b += x * x;
              c += y * y;
              d += z * z;
            }
            const sum = a + b + c + d;
            if (sum >= distances[k - 1]) continue;
            let place = k - 1;
            for (; place > 0 && distances[place - 1] > sum; place--) {
              distances[place] = distances[place - 1];
              ids[place] = ids[place - 1];
            }
            distances[place] = sum;
            ids[place] = i;
          }
          return ids;
        },
      };
    },
  },

  "hnswlib-wasm": {
    where: ["node", "browser"],
    efs: EFS,
    open(library, set, { M, efConstruction }) {
      let index, current;
      return {
        build() {
          index = new library.HierarchicalNSW("l2", set.dim, "");
          index.initIndex(set.n, M, efConstruction, 100);
          index.addPoints(rows(set), Array.from({ length: set.n }, (_, i) => i), false);
        },
        search(query, k, ef) {
          if (ef !== current) index.setEfSearch((current = ef));
          return index.searchKnn(query, k, undefined).neighbors;
        },
        memory: () => (library.HEAP8 ?? library.asm?.memory)?.buffer?.byteLength,
      };
    },
  },

  "hnswlib-node (native)": {
    where: ["node"],
    efs: EFS,
    open({ HierarchicalNSW }, set, { M, efConstruction }) {
      let index, current;
      return {
        build() {
          index = new HierarchicalNSW("l2", set.dim);
          index.initIndex(set.n, M, efConstruction, 100);
          rows(set).forEach((row, i) => index.addPoint(Array.from(row), i));
        },
        query: (row) => Array.from(row),
        search(query, k, ef) {
          if (ef !== current) index.setEf((current = ef));
          return index.searchKnn(query, k).neighbors;
        },
      };
    },
  },

  "usearch f32 (native)": usearch("F32", ["cosine", "l2sq"]),
  "usearch i8 (native)": usearch("I8", ["cosine"]),

  edgevec: {
    where: ["node", "browser"],
    efs: [16, 32, 64, 128, 256],
    perEf: true,
    open({ module, memory }, set, { M, efConstruction }) {
      let index, first;
      return {
        build(ef) {
          index?.free();
          const config = new module.EdgeVecConfig(set.dim);
          Object.assign(config, { m: M, m0: 2 * M, ef_construction: efConstruction, ef_search: ef, metric: "l2" });
          index = new module.EdgeVec(config);
          [first] = index.insertBatchFlat(set.base, set.n);
        },
        search: (query, k) => index.search(query, k).map((found) => found.id - first),
        memory: () => memory.buffer.byteLength,
      };
    },
  },

  "embedding-atlas NNDescent": {
    where: ["node", "browser"],
    efs: [0.05, 0.1, 0.2, 0.4],
    perEf: true,
    open({ createNNDescent }, set) {
      let index;
      return {
        async build(epsilon) {
          index?.destroy();
          index = await createNNDescent(set.n, set.dim, set.base, { metric: "euclidean", nNeighbors: 30, epsilon, seed: 1 });
        },
        search: (query, k) => index.queryByVector(query, k).indices,
      };
    },
  },

  mememo: {
    where: ["node", "browser"],
    slow: true,
    metrics: ["cosine"],
    efs: [16, 32, 64, 128],
    open({ HNSW }, set, { M, efConstruction }) {
      let index;
      return {
        async build() {
          index = new HNSW({ distanceFunction: "cosine-normalized", m: M, efConstruction, seed: 1, useIndexedDB: false });
          await index.bulkInsert(Array.from({ length: set.n }, (_, i) => String(i)), rows(set).map((row) => Array.from(row)));
        },
        query: (row) => Array.from(row),
        search: async (query, k, ef) => (await index.query(query, k, ef)).keys.map(Number),
      };
    },
  },

  voy: {
    where: ["node", "browser"],
    slow: true,
    efs: [null],
    open({ module, memory }, set) {
      let index;
      return {
        build() {
          const embeddings = rows(set).map((row, i) => ({ id: String(i), title: "", url: "", embeddings: Array.from(row) }));
          index = new module.Voy({ embeddings });
        },
        search: (query, k) => index.search(query, k).neighbors.map((found) => Number(found.id)),
        memory: () => memory.buffer.byteLength,
      };
    },
  },

  "client-vector-search": {
    where: ["node", "browser"],
    slow: true,
    metrics: ["cosine"],
    efs: [null],
    open({ EmbeddingIndex }, set) {
      let index;
      return {
        build() {
          index = new EmbeddingIndex([]);
          rows(set).forEach((row, id) => index.add({ id, embedding: Array.from(row) }));
        },
        query: (row) => Array.from(row),
        search: async (query, k) => (await index.search(query, { topK: k })).map((found) => found.object.id),
      };
    },
  },

  "pglite + pgvector": {
    where: ["node", "browser"],
    slow: true,
    efs: [40, 64, 128],
    async open({ PGlite, vector }, set, { M, efConstruction }) {
      const database = await PGlite.create({ extensions: { vector } });
      const text = (row) => `[${Array.from(row, (value) => value.toPrecision(7)).join(",")}]`;
      let current;
      return {
        async build() {
          await database.exec(`CREATE EXTENSION IF NOT EXISTS vector; DROP TABLE IF EXISTS t; CREATE TABLE t (id int PRIMARY KEY, v vector(${set.dim}));`);
          const values = rows(set).map((row, i) => `(${i},'${text(row)}')`);
          for (let i = 0; i < set.n; i += 200) await database.exec(`INSERT INTO t VALUES ${values.slice(i, i + 200).join(",")}`);
          await database.exec(`SET maintenance_work_mem = '256MB'; SET enable_seqscan = off;
            CREATE INDEX ON t USING hnsw (v vector_l2_ops) WITH (m = ${M}, ef_construction = ${efConstruction});`);
        },
        query: text,
        async search(query, k, ef) {
          if (ef !== current) await database.exec(`SET hnsw.ef_search = ${(current = ef)}`);
          const found = await database.query(`SELECT id FROM t ORDER BY v <-> $1::vector LIMIT ${k}`, [query]);
          return found.rows.map((row) => row.id);
        },
      };
    },
  },
};

function usearch(kind, metrics) {
  return {
    where: ["node"],
    metrics,
    efs: [16, 32, 64, 128, 256],
    perEf: true, // its JavaScript has no setter
    open({ Index, MetricKind, ScalarKind }, set, { M, efConstruction }) {
      let index;
      return {
        build(ef) {
          index = new Index({
            metric: set.metric === "cosine" ? MetricKind.Cos : MetricKind.L2sq,
            quantization: ScalarKind[kind],
            dimensions: set.dim,
            connectivity: M,
            expansion_add: efConstruction,
            expansion_search: ef,
          });
          index.add(BigUint64Array.from({ length: set.n }, (_, i) => BigInt(i)), set.base, 1);
        },
        search: (query, k) => index.search(query, k, 1).keys,
      };
    },
  };
}
