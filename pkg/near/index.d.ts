/**
 * The half that searches, with a kernel of its own: what `nearfold` has for it, in half of the bytes. Arrays in this kernel
 * are of float32 or uint8. A page that reduces too imports `nearfold`: one kernel is smaller than two.
 */

export type * from "../index.js";
export {
  Filter, Index, KernelArray, NearfoldError, alloc, init, kernelMemory, pages, version,
} from "../index.js";
