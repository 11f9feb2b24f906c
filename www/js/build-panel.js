// How does the reader build the index? A button, the count as it goes, and the verdict on the bytes.
import { byId, count } from "./dom.js";
import { Engine } from "./engine.js";

export function buildPanel(startWorker) {
  const button = byId("build");
  const bar = byId("build-progress");
  const status = byId("build-status");
  let worker = null;

  function stop() {
    worker?.terminate(); // its memory goes with it
    worker = null;
    bar.hidden = true;
    button.textContent = "Build again";
  }

  const rate = (n, seconds) => `${count(n / seconds)} vectors per second`;

  button.addEventListener("click", async () => {
    if (worker) {
      stop();
      status.textContent = "Stopped.";
      return;
    }
    worker = startWorker();
    const mine = worker;
    button.textContent = "Stop";
    bar.hidden = false;
    bar.removeAttribute("value");
    status.textContent = "Loading the vectors…";
    const engine = new Engine(worker, ({ done, all, seconds }) => {
      if (mine !== worker) return;
      bar.value = done / all;
      byId("build-count").textContent = seconds > 0 ? `${count(done)} of ${count(all)}, ${rate(done, seconds)}` : "";
      if (status.textContent !== "Building…") status.textContent = "Building…";
    });
    try {
      const { count: n, seconds, bytes, same } = await engine.call("build");
      if (mine !== worker) return;
      status.textContent = `Built in ${seconds.toFixed(1)} s, ${rate(n, seconds)}. ${count(bytes)} bytes: ${
        same ? "the same as the command line’s, every one." : "not the same as the command line’s."
      }`;
    } catch (error) {
      if (mine !== worker) return;
      status.textContent = error.message;
    }
    byId("build-count").textContent = "";
    stop();
  });

  return { ready: () => (button.disabled = false) };
}
