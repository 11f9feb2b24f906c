// How do the panels make elements and write figures?

export const byId = (id) => document.getElementById(id);

/** Returns an element with properties, data and children. */
export function element(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in node) node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

/** A whole number with commas. By hand: the first `Intl.NumberFormat` of a page costs 30 ms and more. */
export const count = (n) => String(Math.round(Number(n))).replace(/\B(?=(\d{3})+$)/g, ",");

/** Three significant digits, without an exponent. */
function significant(value) {
  if (value === 0) return "0";
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(digits, 3));
}

export function duration(milliseconds) {
  if (milliseconds < 1e-3) return `${significant(milliseconds * 1e6)} ns`;
  if (milliseconds < 1) return `${significant(milliseconds * 1e3)} µs`;
  if (milliseconds < 1e3) return `${significant(milliseconds)} ms`;
  return `${significant(milliseconds / 1e3)} s`;
}

export function bytes(n) {
  if (n < 1e3) return `${significant(n)} B`;
  if (n < 1e6) return `${significant(n / 1e3)} kB`;
  return `${significant(n / 1e6)} MB`;
}

/** Fills a definition list from pairs. */
export function facts(list, pairs) {
  list.replaceChildren(
    ...pairs.map(([term, value]) => element("div", {}, element("dt", {}, term), element("dd", {}, value))),
  );
}

/** Shows, above everything, what went wrong and what the reader can do. */
export function fail(error) {
  const panel = byId("failure");
  panel.hidden = false;
  panel.textContent = error.code ? `${error.message} (${error.code})` : error.message;
}
