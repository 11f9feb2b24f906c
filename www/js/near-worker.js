// What runs the search? The index and the packages live here; the page gets only the rows that it shows.
import { Index, init, kernelMemory, version } from "../nearfold/index.js";
import { readNpy } from "./npy.js";
import { measure, report, serve, start } from "./serve.js";

const DATA = new URL("../data/", import.meta.url);

let index;
let packages = []; // { name, section, description }, by id
let questions = { texts: [], vectors: null };

async function download(name, part) {
  const response = await fetch(new URL(name, DATA));
  if (!response.ok) throw new Error(`${name}: the server answered ${response.status}. Run “make site” again.`);
  const all = Number(response.headers.get("content-length"));
  if (!part || !response.body || !all) return new Uint8Array(await response.arrayBuffer());
  const bytes = new Uint8Array(all);
  let done = 0;
  for (const reader = response.body.getReader(); ; ) {
    const { value, done: ended } = await reader.read();
    if (ended) break;
    bytes.set(value, done);
    done += value.length;
    report({ part, done, all });
  }
  return bytes.subarray(0, done);
}

/** Unpacks gzip, unless a server has already done so on the way. */
async function text(bytes) {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return new TextDecoder().decode(bytes);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text();
}

const lines = (content) => content.trimEnd().split("\n");

async function load() {
  const [kernel, file, packed, words, vectors, layout] = await Promise.all([
    start(init),
    download("debian20k.nearfold", "index"),
    download("debian20k.tsv.gz"),
    download("queries.txt"),
    download("queries.npy"),
    download("map.npy"),
  ]);
  const before = performance.now();
  try {
    index = Index.fromBytes(file);
  } catch (error) {
    error.message = `debian20k.nearfold ${error.message}`; // “… cannot be read: …”
    throw error;
  }
  const openMs = performance.now() - before;
  packages = lines(await text(packed)).map((line) => {
    const [name, section, description] = line.split("\t");
    return { name, section, description };
  });
  questions = { texts: lines(await text(words)), vectors: readNpy(vectors.buffer).values };
  if (packages.length !== index.length) {
    throw new Error(`The index holds ${index.length} packages, the list ${packages.length}. Run “make site” again.`);
  }
  return {
    ...kernel,
    version,
    openMs,
    fileBytes: file.length,
    memory: index.memory(),
    kernelMemory: kernelMemory(),
    count: index.length,
    dim: index.dim,
    storage: index.params.storage,
    questions: questions.texts,
    map: readNpy(layout.buffer).values,
  };
}

/** Returns at most `limit` packages for what was typed: the name itself, names that begin so, that hold it, descriptions. */
function complete({ typed, limit = 8 }) {
  const wanted = typed.trim().toLowerCase();
  if (wanted === "") return [];
  const rank = ({ name, description }) => {
    if (name === wanted) return 0;
    if (name.startsWith(wanted)) return 1;
    const at = name.indexOf(wanted);
    if (at > 0) return /[a-z0-9]/.test(name[at - 1]) ? 3 : 2;
    return description.toLowerCase().includes(wanted) ? 4 : 5;
  };
  const ranked = [[], [], [], [], []];
  packages.forEach((entry, id) => ranked[rank(entry)]?.push(id));
  return ranked.flat().slice(0, limit).map(describe);
}

const describe = (id) => ({ id, ...packages[id] });

/** Looks a package up by its name. */
const find = (name) => {
  const id = packages.findIndex((entry) => entry.name === name);
  return id < 0 ? null : describe(id);
};

/** Searches for the neighbours of a package (`id`) or of a question (`question`), with the graph and without. */
function search({ id, question, k, efSearch }) {
  const query =
    question === undefined
      ? index.vector(id)
      : Float32Array.from(questions.vectors.subarray(question * index.dim, (question + 1) * index.dim));
  // A package is its own nearest neighbour: ask for one more and leave it out.
  const asked = question === undefined ? k + 1 : k;
  const keep = ({ ids, distances }) =>
    Array.from(ids, (found, i) => ({ id: found, distance: distances[i] }))
      .filter((found) => question !== undefined || found.id !== id)
      .slice(0, k);

  const found = keep(index.search(query, { k: asked, efSearch }));
  const exact = keep(index.search(query, { k: asked, exact: true }));
  const graphTime = measure(() => index.search(query, { k: asked, efSearch }), 25, "median");
  const exactTime = measure(() => index.search(query, { k: asked, exact: true }), 25, "median");

  const ids = new Set(found.map((row) => row.id));
  const withText = (row) => ({ ...row, ...packages[row.id] });
  return {
    query: question === undefined ? describe(id) : { text: questions.texts[question] },
    rows: found.map(withText),
    missed: exact.filter((row) => !ids.has(row.id)).map(withText),
    graphTime,
    exactTime,
    kernelMemory: kernelMemory(),
  };
}

serve({ load, complete, describe, find, search });
