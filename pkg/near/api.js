// The half that searches.

export * from "../about.js";
export { Filter } from "../filter.js";
export { Index } from "../near.js";
export { pages } from "../pages.js";
