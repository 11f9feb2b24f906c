// How does the reader search? The box with completion, the questions, the slider, and what comes back.
import { codeTabs } from "./code.js";
import { byId, bytes, count, duration, element, facts, fail } from "./dom.js";
import { newest } from "./engine.js";
import { map } from "./map.js";
import { nearCode } from "./snippets.js";

const K = 10;
const EF = [10, 16, 24, 32, 64, 96, 128, 256, 512];
const FIRST = "gnuchess";

export function nearPanel(engine) {
  const box = byId("package");
  const list = byId("completions");
  const question = byId("question");
  const slider = byId("ef");
  const showCode = codeTabs(byId("near-code"), "near-code");

  const picture = map(engine, (found) => choose(found));

  /** What is searched for: `{ id }` or `{ question }`. */
  let query = null;
  let options = [];
  let active = -1;
  let dismissed = false; // the list was closed: an answer that comes late doesn't open it again

  const efSearch = () => EF[Number(slider.value)];

  // ---- results ----------------------------------------------------------------------------------

  function row(found, place, furthest) {
    const bar = element("span", { className: "distance-bar", "aria-hidden": "true" });
    bar.style.setProperty("--part", String(furthest > 0 ? found.distance / furthest : 0));
    const open = element("button", { type: "button", className: "name", title: `Packages like ${found.name}` }, found.name);
    open.addEventListener("click", () => choose(found));
    return element(
      "li",
      {},
      element("span", { className: "place", "aria-hidden": "true" }, String(place)),
      element(
        "div",
        { className: "what" },
        element("p", { className: "title" }, open, " ", element("span", { className: "section" }, found.section)),
        element("p", { className: "description" }, found.description),
      ),
      element(
        "p",
        { className: "distance" },
        element("span", { className: "visually-hidden" }, "distance "),
        element("span", { className: "figure" }, found.distance.toFixed(4)),
        bar,
      ),
    );
  }

  function show({ query, rows, missed, graphTime, exactTime }) {
    const line = byId("query-line");
    line.hidden = false;
    if (query.text === undefined) {
      line.replaceChildren(
        element("strong", {}, query.name),
        element("span", { className: "section" }, query.section),
        element("span", {}, query.description),
      );
    } else {
      line.replaceChildren(element("strong", { className: "quoted" }, query.text));
    }

    const neighbours = byId("neighbours");
    neighbours.hidden = false;
    const furthest = Math.max(...rows.map((found) => found.distance), ...missed.map((found) => found.distance));
    neighbours.replaceChildren(...rows.map((found, i) => row(found, i + 1, furthest)));

    const left = byId("missed");
    left.hidden = missed.length === 0;
    left.textContent = `Missed at this ef_search: ${missed.map((found) => `${found.name} (${found.distance.toFixed(4)})`).join(", ")}.`;

    const slowest = Math.max(graphTime.milliseconds, exactTime.milliseconds);
    byId("graph-time").textContent = duration(graphTime.milliseconds);
    byId("exact-time").textContent = duration(exactTime.milliseconds);
    byId("graph-bar").style.setProperty("--part", String(graphTime.milliseconds / slowest));
    byId("exact-bar").style.setProperty("--part", String(exactTime.milliseconds / slowest));
    byId("time-note").textContent = `Medians over ${count(graphTime.runs)} and ${count(exactTime.runs)} runs, in this tab, now.`;

    const all = rows.length;
    const right = all - missed.length;
    byId("recall-text").textContent = `${right} of ${all}`;
    byId("recall-dots").replaceChildren(
      ...rows.map((_, i) => element("i", { className: i < right ? "dot" : "dot lost" })),
    );
    picture.mark(query.id ?? null, rows.map((found) => found.id));
    const subject = query.name ?? query.text;
    byId("near-status").textContent = `${all} neighbours of ${subject}, nearest first: ${rows.slice(0, 3).map((found) => found.name).join(", ")}.`;
    showCode(nearCode({ ...query, k: K, efSearch: efSearch() }));
  }

  const search = newest(async (asked) => {
    try {
      show(await engine.call("search", { ...asked, k: K, efSearch: efSearch() }));
    } catch (error) {
      fail(error);
    }
  });

  function look(next) {
    query = next;
    search(next);
  }

  /** Makes a package the query, and the address one that can be shared. */
  function choose({ id, name }) {
    box.value = name;
    question.value = "";
    close();
    history.pushState(null, "", `#package=${encodeURIComponent(name)}`);
    look({ id });
  }

  // ---- completion: a combobox with a listbox, as the ARIA practices describe it -------------------

  function close() {
    list.hidden = true;
    dismissed = true;
    active = -1;
    box.setAttribute("aria-expanded", "false");
    box.removeAttribute("aria-activedescendant");
  }

  function mark(at) {
    active = at;
    [...list.children].forEach((option, i) => option.setAttribute("aria-selected", String(i === at)));
    if (at < 0) return box.removeAttribute("aria-activedescendant");
    box.setAttribute("aria-activedescendant", list.children[at].id);
    list.children[at].scrollIntoView({ block: "nearest" });
  }

  const complete = newest(async (typed) => {
    options = await engine.call("complete", { typed });
    if (dismissed || typed !== box.value) return;
    list.replaceChildren(
      ...options.map((found, i) => {
        const option = element(
          "li",
          { role: "option", id: `completion-${i}`, "aria-selected": "false" },
          element("span", { className: "name" }, found.name),
          element("span", { className: "description" }, found.description),
        );
        option.addEventListener("pointerdown", (event) => event.preventDefault()); // the box keeps the focus
        option.addEventListener("click", () => choose(found));
        return option;
      }),
    );
    if (options.length === 0 && typed.trim() !== "") {
      list.replaceChildren(element("li", { className: "none", role: "option", "aria-disabled": "true" }, "No package is called so."));
    }
    const open = list.children.length > 0;
    list.hidden = !open;
    box.setAttribute("aria-expanded", String(open));
    mark(-1);
    // The neighbours follow the typing: those of the best match, at once.
    if (options.length > 0) {
      question.value = "";
      look({ id: options[0].id });
    }
  });

  function ask() {
    dismissed = false;
    complete(box.value);
  }

  /** Takes the marked completion, or the best for what stands in the box: the list may be older than that. */
  async function take() {
    const [found] = active >= 0 ? [options[active]] : await engine.call("complete", { typed: box.value, limit: 1 });
    if (found) choose(found);
  }

  box.addEventListener("input", ask);
  box.addEventListener("focus", () => box.select());
  box.addEventListener("blur", close);
  box.addEventListener("keydown", (event) => {
    const open = !list.hidden && options.length > 0;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!open) return ask();
      const step = event.key === "ArrowDown" ? 1 : -1;
      mark((active + step + options.length + (active < 0 && step < 0 ? 1 : 0)) % options.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      take().catch(fail);
    } else if (event.key === "Escape") {
      close();
    }
  });

  question.addEventListener("change", () => {
    if (question.value === "") return;
    box.value = "";
    history.pushState(null, "", `#question=${question.value}`);
    look({ question: Number(question.value) });
  });

  slider.addEventListener("input", () => {
    byId("ef-value").textContent = String(efSearch());
    slider.setAttribute("aria-valuetext", String(efSearch()));
    if (query) search(query);
  });

  // ---- the address ------------------------------------------------------------------------------

  async function follow() {
    const wanted = new URLSearchParams(location.hash.slice(1));
    const asked = Number(wanted.get("question") ?? NaN);
    if (Number.isInteger(asked) && asked >= 0 && asked < question.options.length - 1) {
      box.value = "";
      question.value = String(asked);
      return look({ question: asked });
    }
    const found = (await engine.call("find", wanted.get("package") ?? FIRST)) ?? (await engine.call("find", FIRST));
    box.value = found.name;
    question.value = "";
    look({ id: found.id });
  }
  addEventListener("popstate", follow);

  return {
    progress({ done, all }) {
      byId("near-progress").value = done / all;
      byId("near-loading-text").textContent = `Loading the index: ${bytes(done)} of ${bytes(all)}`;
    },
    async ready({ memory, count: n, dim, fileBytes, openMs, questions, storage, map: positions }) {
      byId("near-loading").hidden = true;
      picture.ready(positions);
      question.append(...questions.map((text, i) => element("option", { value: String(i) }, text)));
      for (const control of [box, question, slider]) control.disabled = false;
      facts(byId("index-facts"), [
        ["vectors", `${count(n)} × ${dim}`],
        ["storage", storage],
        ["a vector takes", `${count(memory.total / n)} B`],
        ["as float32", `${count(dim * 4)} B`],
        ["file", bytes(fileBytes)],
        ["opened in", duration(openMs)],
      ]);
      await follow();
    },
    failed() {
      byId("near-loading").hidden = true;
    },
  };
}
