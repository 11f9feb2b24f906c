// What does this run on? The strip at the foot of the page.
import { byId, bytes, duration, facts } from "./dom.js";

// A module whose one function uses a 128-bit vector: valid only where SIMD is.
const SIMD = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11);

function browser() {
  const brand = navigator.userAgentData?.brands.findLast(({ brand }) => !/not.?a.?brand/i.test(brand));
  if (brand) return `${brand.brand} ${brand.version}`;
  const match = /(Firefox|Edg|OPR|Chrome|Version)\/([\d]+)/.exec(navigator.userAgent);
  return match ? `${match[1] === "Version" ? "Safari" : match[1]} ${match[2]}` : "unknown";
}

export function environment() {
  const memory = { near: 0, fold: 0 };
  let kernel = null;

  function show() {
    facts(byId("environment"), [
      ["browser", browser()],
      ["SIMD", WebAssembly.validate(SIMD) ? "128 bit" : "no"],
      ["kernel", kernel?.wasmBytes ? `${bytes(kernel.wasmBytes)} of wasm` : "–"],
      ["ready in", kernel ? duration(kernel.initMs) : "–"],
      ["memory", `${bytes(memory.near + memory.fold)}`],
      ["version", kernel?.version ?? "–"],
    ]);
  }
  show();
  return {
    ready(info) {
      kernel = info;
      memory.near = info.kernelMemory;
      show();
    },
    foldMemory(size) {
      memory.fold = size;
      show();
    },
  };
}
