// How each engine's library is loaded, in Node and in a page, and which files a page has to fetch for it.

const inNode = typeof process !== "undefined" && process.versions?.node !== undefined;

// In a page bare names do not resolve: server.mjs serves node_modules.
const path = (file) => (inNode ? new URL(`./node_modules/${file}`, import.meta.url).href : `/node_modules/${file}`);

async function bytes(file) {
  if (!inNode) return (await fetch(path(file))).arrayBuffer();
  const { readFile } = await import("node:fs/promises");
  return readFile(new URL(path(file)));
}

async function nearfold() {
  const library = await import(path(inNode ? "nearfold/node.js" : "nearfold/index.js"));
  await library.init?.();
  return library;
}

async function hnswlibWasm() {
  if (!inNode) return (await import(path("hnswlib-wasm/dist/hnswlib.js"))).loadHnswlib();
  globalThis.window = globalThis; // it is compiled for web pages only
  globalThis.document ??= {};
  return (await import(path("hnswlib-wasm/dist/hnswlib-317962d7.js"))).default();
}

const LIBRARIES = {
  nearfold: { load: nearfold, script: "nearfold/index.js", files: ["nearfold/wasm/nearfold_bg.wasm"] },
  "hnswlib-wasm": { load: hnswlibWasm, script: "hnswlib-wasm/dist/hnswlib.js" },
  "hnswlib-node": { load: async () => (await import("hnswlib-node")).default },
  usearch: { load: async () => (await import("usearch")).default },
  edgevec: {
    async load() {
      const module = await import(path("edgevec/edgevec.js"));
      const { memory } = module.initSync({ module: await WebAssembly.compile(await bytes("edgevec/edgevec_bg.wasm")) });
      return { module, memory };
    },
    script: "edgevec/edgevec.js",
    files: ["edgevec/edgevec_bg.wasm"],
  },
  "embedding-atlas": { load: () => import(path("embedding-atlas/dist/umap.js")), script: "embedding-atlas/dist/umap.js" },
  mememo: { load: () => import(path("mememo/dist/index.es.js")), script: "mememo/dist/index.es.js" },
  voy: {
    async load() {
      const module = await import(path("voy-search/voy_search_bg.js"));
      const { instance } = await WebAssembly.instantiate(await bytes("voy-search/voy_search_bg.wasm"), { "./voy_search_bg.js": module });
      module.__wbg_set_wasm(instance.exports);
      return { module, memory: instance.exports.memory };
    },
    script: "voy-search/voy_search_bg.js",
    files: ["voy-search/voy_search_bg.wasm"],
  },
  "client-vector-search": {
    load: () => import(inNode ? "client-vector-search" : "/bundled/client-vector-search/dist/index.mjs"),
    script: "client-vector-search/dist/index.mjs",
  },
  pglite: {
    async load() {
      const { PGlite } = await import(path("@electric-sql/pglite/dist/index.js"));
      const { vector } = await import(path("@electric-sql/pglite-pgvector/dist/index.js"));
      return { PGlite, vector };
    },
    script: "@electric-sql/pglite/dist/index.js",
    files: ["@electric-sql/pglite/dist/pglite.wasm", "@electric-sql/pglite/dist/pglite.data"],
  },
};

export function libraryOf(engine) {
  if (engine === "plain JavaScript") return { load: async () => ({}) };
  return Object.entries(LIBRARIES).find(([name]) => engine.startsWith(name))[1];
}

export const load = (engine) => libraryOf(engine).load();
