// The half that reduces.

export * from "../about.js";
export * from "../fold.js";
export { variance as var } from "../fold.js";
export { Accumulator, Cov, Histogram, MinMax, Moments, Quantiles, Sum } from "../states.js";
