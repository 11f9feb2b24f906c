// How does the reader fold? The choice of numbers, the two results with their digits, the table of orders.
import { ARRAYS } from "./arrays.js";
import { codeTabs } from "./code.js";
import { hex, pieces, roughly, ulps, write } from "./digits.js";
import { byId, count, duration, element, fail } from "./dom.js";
import { newest } from "./engine.js";
import * as loops from "./loops.js";
import { foldCode } from "./snippets.js";

const SIZES = [1e3, 1e4, 1e5, 1e6, 1e7];
const POWERS = ["10³", "10⁴", "10⁵", "10⁶", "10⁷"];
const OPS = ["sum", "mean", "variance", "norm"];
const OWN = "own";
const OWN_NOTE = "Yours: NaN and inf are welcome. They stay in this tab.";

function radios(host, name, choices, checked) {
  for (const [value, label] of choices) {
    const input = element("input", { type: "radio", name, value, checked: value === checked, disabled: true });
    host.append(element("label", {}, input, element("span", {}, label)));
  }
}

/** A number for the eye, with the whole of it for those who hear the page. */
function digits(value, reference) {
  const whole = Number.isInteger(value) && Number.isInteger(reference);
  const text = write(value, whole);
  const seen = element("span", { className: "number", "aria-hidden": "true" });
  for (const { text: part, differs, gap, power } of pieces(text, write(reference, whole))) {
    if (power) seen.append(element("span", { className: differs ? "differs" : "" }, " × 10", element("sup", {}, part)));
    else seen.append(element("span", { className: `${differs ? "differs" : ""} ${gap ? "gap" : ""}`.trim() }, part));
  }
  return [seen, element("span", { className: "visually-hidden" }, text)];
}

function errorText(value, exact) {
  if (Object.is(value, exact)) return "the same bits";
  const steps = ulps(value, exact);
  if (steps === null) return "not the same";
  const off = Math.abs(value - exact);
  const places = steps < 1_000_000n ? `${count(steps)} ulp` : "not one digit to trust";
  return off === 0 ? "the other zero" : `off by ${roughly(off)}, ${places}`;
}

export function foldPanel(engine, onMemory) {
  const form = byId("fold-form");
  const own = byId("own-numbers");
  const message = byId("own-message");
  const shuffle = byId("shuffle");
  const showCode = codeTabs(byId("fold-code"), "fold-code");
  let file = null;
  let wanted = 0; // counts requests: an answer to an older one is not shown

  radios(byId("array-choices"), "array", [...Object.entries(ARRAYS).map(([key, { label }]) => [key, label]), [OWN, "your own"]], "uniform");
  radios(byId("size-choices"), "size", SIZES.map((n, i) => [String(n), POWERS[i]]), "1000000");
  radios(byId("op-choices"), "op", OPS.map((op) => [op, op]), "sum");

  const chosen = (name) => form.elements[name].value;

  function orderRow({ order, ours, theirs }) {
    const name = order === 0 ? "as made" : `shuffle ${order}`;
    return element(
      "tr",
      {},
      element("th", { scope: "row" }, name),
      element("td", { "data-side": "nearfold" }, ...digits(ours.value, ours.value), element("code", { className: "bits" }, hex(ours.value))),
      element("td", { "data-side": "plain loop" }, ...digits(theirs.value, ours.value), element("code", { className: "bits" }, hex(theirs.value))),
    );
  }

  function values({ ours, theirs }) {
    byId("ours-digits").replaceChildren(...digits(ours.value, ours.value));
    byId("theirs-digits").replaceChildren(...digits(theirs.value, ours.value));
    byId("theirs-note").textContent = errorText(theirs.value, ours.value);
    byId("theirs-note").classList.toggle("off", !Object.is(theirs.value, ours.value));
  }

  const MANY = 1000; // below that the call counts, not the elements
  const each = (time, n) => (n < MANY ? `${duration(time.milliseconds)} in all` : `${duration(time.milliseconds / n)} per element`);

  const run = newest(async (ticket) => {
    const choice = chosen("array");
    const op = chosen("op");
    byId("versus").setAttribute("aria-busy", "true");
    shuffle.disabled = true;
    try {
      const made = await engine.call("make", { choice, n: Number(chosen("size")), text: own.value, file });
      onMemory(made.kernelMemory);
      if (choice === OWN) message.textContent = `${count(made.n)} numbers${file ? " from the file" : ""}`;
      const result = await engine.call("fold", { op });
      if (ticket !== wanted) return;
      values(result);
      byId("ours-time").textContent = each(result.ours, result.n);
      byId("theirs-time").textContent = each(result.theirs, result.n);
      byId("ours-note").textContent = result.n < MANY ? "rounded once" : `rounded once; ${duration(result.ours.milliseconds)} for ${count(result.n)}`;
      byId("orders").replaceChildren(orderRow(result));
      byId("fold-status").textContent =
        `${op} of ${count(result.n)} numbers: nearfold ${write(result.ours.value)}; the plain loop ${write(result.theirs.value)}, ${errorText(result.theirs.value, result.ours.value)}.`;
      showCode(foldCode({ op, loop: loops[op].toString() }));
      shuffle.disabled = false;
    } catch (error) {
      for (const id of ["ours-digits", "theirs-digits", "ours-time", "theirs-time"]) byId(id).textContent = "–";
      for (const id of ["ours-note", "theirs-note"]) byId(id).textContent = "";
      byId("orders").replaceChildren();
      byId("theirs-note").classList.remove("off");
      if (choice === OWN) message.textContent = error.code ? `${error.message} (${error.code})` : error.message;
      else fail(error);
    } finally {
      byId("versus").setAttribute("aria-busy", "false");
    }
  });

  function refresh() {
    const choice = chosen("array");
    byId("own-field").hidden = choice !== OWN;
    byId("size-field").disabled = choice === OWN;
    byId("array-note").textContent = ARRAYS[choice]?.note ?? OWN_NOTE;
    run(++wanted);
  }

  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("change", (event) => {
    if (event.target.type === "radio") refresh();
  });
  own.addEventListener("input", () => {
    file = null;
    refresh();
  });

  shuffle.addEventListener("click", async () => {
    shuffle.disabled = true;
    try {
      const result = await engine.call("reorder", { op: chosen("op") });
      values(result);
      const rows = byId("orders");
      rows.prepend(orderRow(result));
      while (rows.children.length > 6) rows.lastChild.remove();
      byId("fold-status").textContent =
        `Shuffled: nearfold ${write(result.ours.value)}; the plain loop ${write(result.theirs.value)}.`;
    } catch (error) {
      fail(error);
    }
    shuffle.disabled = false;
    shuffle.focus({ preventScroll: true });
  });

  // ---- files: chosen or dropped anywhere on the panel ---------------------------------------------

  async function take(chosenFile) {
    if (!chosenFile) return;
    file = await chosenFile.arrayBuffer();
    form.elements.array.value = OWN;
    refresh();
  }
  byId("own-file").addEventListener("change", (event) => take(event.target.files[0]));
  const panel = byId("fold");
  panel.addEventListener("dragover", (event) => {
    event.preventDefault();
    panel.classList.add("dropping");
  });
  panel.addEventListener("dragleave", () => panel.classList.remove("dropping"));
  panel.addEventListener("drop", (event) => {
    event.preventDefault();
    panel.classList.remove("dropping");
    take(event.dataTransfer.files[0]);
  });

  return {
    ready() {
      for (const input of form.querySelectorAll("input[type=radio]")) input.disabled = false;
      refresh();
    },
  };
}
