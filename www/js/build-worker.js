// What builds the index anew? The vectors that the command line had, added here; then the bytes are compared.
import { Index, init } from "../nearfold/index.js";
import { readNpy } from "./npy.js";
import { report, serve } from "./serve.js";

const DATA = new URL("../data/", import.meta.url);

async function bytes(name) {
  const response = await fetch(new URL(name, DATA));
  if (!response.ok) throw new Error(`${name}: the server answered ${response.status}. Run “make site” again.`);
  return new Uint8Array(await response.arrayBuffer());
}

async function build() {
  const [file, vectors] = await Promise.all([bytes("debian20k.nearfold"), bytes("debian20k.npy"), init()]);
  const { dim, params } = Index.fromBytes(file);
  const index = new Index(dim, params);
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  index.add(Float32Array.from(readNpy(vectors.buffer).values), {
    progress: (done, all) => report({ done, all, seconds: seconds() }),
  });
  const took = seconds();
  const built = index.toBytes();
  return {
    count: index.length,
    seconds: took,
    bytes: built.length,
    same: built.length === file.length && built.every((byte, i) => byte === file[i]),
  };
}

serve({ build });
