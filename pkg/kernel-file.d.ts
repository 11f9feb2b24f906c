import type { CompiledModule } from "./index.js";

/** The kernel, where the bundler or runtime imports a `.wasm` file as a compiled module. */
declare const kernel: CompiledModule;
export default kernel;
