import { init, sum } from "nearfold";
import { connect } from "nearfold/worker";
import { openNotes, vectors } from "./notes.js";

const show = (name, text) => (document.getElementById(name).textContent = text);

// On the page's own thread: short work.
await init();
show("sum", sum([1e16, 1, -1e16]));

// In a worker: the index.
const nf = await connect();
const { index, how } = await openNotes(nf, (done, total) => show("state", `${done} of ${total}`));
const { ids } = await index.search(vectors(8).subarray(7 * 16), { k: 3 });
show("nearest", ids[0]);
show("state", `${how} ${await index.length} notes`);
