// Results without an end: page by page, as far as they are asked for.

import { badParameter, tag } from "./error.js";

export async function* pages(index, query, options = {}) {
  if (typeof index?.search !== "function") throw badParameter("index", "an Index", index);
  if (tag(options) !== "Object") throw badParameter("options", "an object", options);
  const { pageSize = 100, ...rest } = options;
  if (!Number.isInteger(pageSize) || pageSize < 1) throw badParameter("pageSize", "an integer of 1 or more", pageSize);
  if (rest.k !== undefined) throw badParameter("options", "pageSize in place of k", "k");
  if (rest.explain) throw badParameter("options", "options of many searches", "explain");
  const seen = new Set();
  for (let k = pageSize; ; k += pageSize) {
    const { ids, distances, columns } = await index.search(query, { ...rest, k });
    // A longer walk may find what a shorter one missed: it comes with the page at hand, and nothing comes twice.
    const places = Array.from(ids.keys()).filter((i) => !seen.has(ids[i]));
    for (const i of places) seen.add(ids[i]);
    if (places.length) {
      const page = { ids: ids.constructor.from(places, (i) => ids[i]), distances: Float32Array.from(places, (i) => distances[i]) };
      yield columns ? { ...page, columns: Object.fromEntries(Object.entries(columns).map(([name, list]) => [name, places.map((i) => list[i])])) } : page;
    }
    if (ids.length < k) return;
    // Other work of the thread comes between.
    await new Promise((resolve) => setTimeout(resolve));
  }
}
