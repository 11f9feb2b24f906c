// Everything that all entries share; an entry adds how the kernel is loaded.

export { Accumulator } from "./accumulator.js";
export { KernelArray, alloc } from "./array.js";
export { NearfoldError } from "./error.js";
export { Filter } from "./filter.js";
export * from "./fold.js";
export { variance as var } from "./fold.js";
export { kernelMemory } from "./kernel.js";
export { Index } from "./near.js";
export { pages } from "./pages.js";
export { Cov, Histogram, Quantiles } from "./states.js";

/** The package's version. */
export const version = "0.1.0";
