// What starts the page? One worker for each half, so that neither waits for the other, and the page for none.
import { buildPanel } from "./build-panel.js";
import { fail } from "./dom.js";
import { Engine } from "./engine.js";
import { environment } from "./environment.js";
import { foldPanel } from "./fold-panel.js";
import { nearPanel } from "./near-panel.js";

const worker = (name) => new Worker(new URL(name, import.meta.url), { type: "module" });

const strip = environment();
const building = buildPanel(() => worker("./build-worker.js"));

let near;
const nearEngine = new Engine(worker("./near-worker.js"), (progress) => near.progress(progress));
near = nearPanel(nearEngine);
const searching = nearEngine.call("load").then(
  async (info) => {
    strip.ready(info);
    await near.ready(info);
    building.ready();
  },
  (error) => {
    near.failed();
    fail(error);
  },
);

// The second kernel starts when the first has what it needs: the index is what the reader waits for.
await searching;
const foldEngine = new Engine(worker("./fold-worker.js"));
const fold = foldPanel(foldEngine, strip.foldMemory);
foldEngine.call("load").then(fold.ready, fail);
