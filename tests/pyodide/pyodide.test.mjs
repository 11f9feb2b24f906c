// Does the wheel work in the real Pyodide: golden vectors, the whole face, the link of the module?

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { loadPyodide } from "pyodide";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PYODIDE = fileURLToPath(new URL("node_modules/pyodide", import.meta.url));
const FOLDER = join(ROOT, "target/pyodide");

const wheels = readdirSync(FOLDER).filter((name) => name.endsWith(".whl"));
assert.equal(wheels.length, 1, "run “make pyodide” first");
const wheel = join(FOLDER, wheels[0]);

const py = await loadPyodide();
await py.loadPackage(pathToFileURL(wheel).href, { messageCallback() {}, errorCallback: assert.fail });
py.mountNodeFS("/repo", ROOT);
py.runPython("import sys, warnings; warnings.simplefilter('error'); sys.path += ['/repo/tests/python', '/repo/tests/pyodide']");

test("the wheel's name says which Pyodide it is for", () => {
  assert.match(wheels[0], /^nearfold-[\d.]+-cp311-abi3-pyemscripten_2026_0_wasm32\.whl$/);
});

test("golden vectors give the recorded bits", () => {
  const wrong = py.runPython(`
import golden
cases = list(golden.cases("/repo/tests/vectors"))
[f"{case['id']}: {wrong}" for case in cases if (wrong := golden.check(case))]
`).toJs();
  assert.deepEqual(wrong, []);
  assert.ok(py.runPython("len(cases)") > 100);
});

test("index files open, answer and are built as recorded", () => {
  const wrong = py.runPython(`
import golden_index
fixtures = list(golden_index.fixtures("/repo/tests/vectors/index/v2"))
[f"{name}: {wrong}" for name, fixture, data in fixtures if (wrong := golden_index.check(fixture, data))]
`).toJs();
  assert.deepEqual(wrong, []);
  assert.ok(py.runPython("len(fixtures)") >= 6);
});

for (const name of py.runPython("import smoke; [name for name in vars(smoke) if name.startswith('test_')]").toJs()) {
  test(name.slice("test_".length).replaceAll("_", " "), () => py.runPython(`smoke.${name}()`));
}

test("the quick start prints what it prints in every language", () => {
  let printed = "";
  py.setStdout({ batched: (line) => (printed += `${line}\n`) });
  py.runPython(readFileSync(join(ROOT, "examples/quickstart.py"), "utf8"), { globals: py.toPy({ __name__: "__main__" }) });
  py.setStdout();
  assert.equal(printed, readFileSync(join(ROOT, "examples/quickstart.txt"), "utf8"));
});

test("the module holds SIMD and imports nothing that Pyodide lacks", () => {
  const folder = mkdtempSync(join(tmpdir(), "nearfold-"));
  try {
    execFileSync("python3", ["-m", "zipfile", "-e", wheel, folder]);
    const file = readdirSync(join(folder, "nearfold")).find((name) => name.endsWith(".so"));
    const bytes = readFileSync(join(folder, "nearfold", file));
    const side = new WebAssembly.Module(bytes);
    const main = new WebAssembly.Module(readFileSync(join(PYODIDE, "pyodide.asm.wasm")));
    const known = new Set([...WebAssembly.Module.exports(main), ...WebAssembly.Module.exports(side)].map(({ name }) => name));
    for (const name of ["memory", "__indirect_function_table", "__stack_pointer", "__memory_base", "__table_base"]) known.add(name);
    const missing = WebAssembly.Module.imports(side).filter(({ name }) => !known.has(name));
    assert.deepEqual(missing, []);
    assert.ok(simdInstructions(bytes) > 1000, `${simdInstructions(bytes)} SIMD instructions`);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** Counts the bytes 0xfd (the prefix of SIMD instructions) in the code section: an upper bound, in the thousands where there are loops. */
function simdInstructions(bytes) {
  let at = 8;
  const leb = () => {
    let value = 0, shift = 0, byte;
    do {
      byte = bytes[at++];
      value |= (byte & 0x7f) << shift;
      shift += 7;
    } while (byte & 0x80);
    return value >>> 0;
  };
  while (at < bytes.length) {
    const id = bytes[at++];
    const len = leb();
    if (id === 10) return bytes.subarray(at, at + len).filter((byte) => byte === 0xfd).length;
    at += len;
  }
  return 0;
}
