// What every entry has, whatever its kernel is for.

export { KernelArray, alloc } from "./array.js";
export { NearfoldError } from "./error.js";
export { kernelMemory } from "./kernel.js";

/** The package's version. */
export const version = "0.1.0";
