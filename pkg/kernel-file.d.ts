/** The kernel, where the bundler or runtime imports a `.wasm` file as a compiled module. */
declare const kernel: WebAssembly.Module;
export default kernel;
