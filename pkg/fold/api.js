// The half that reduces.

export * from "../about.js";
export { Accumulator } from "../accumulator.js";
export * from "../fold.js";
export { variance as var } from "../fold.js";
export { Cov, Histogram, Quantiles } from "../states.js";
