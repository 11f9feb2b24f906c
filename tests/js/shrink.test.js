// Does a shrunk kernel do what the kernel did?

import assert from "node:assert/strict";
import { test } from "node:test";
import wabt from "wabt";
import { canonical } from "../../tools/canonical.mjs";
import { Module } from "../../tools/module.mjs";
import { alike } from "../../tools/order.mjs";
import { callSame } from "../../tools/same.mjs";

// Two checks that trap in nested blocks, a table that leaves both, and what nobody calls.
const TEXT = `(module
  (import "js" "tell" (func $tell (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 1024) "kept")
  (table 1 funcref)
  (elem (i32.const 0) $in_table)
  (func $unused (result i32) (call $tell (i32.const 1)) (i32.const 77))
  (func $in_table (result i32) (i32.const 5))
  (func $difference (param i32 i32) (result i32) (i32.sub (local.get 0) (local.get 1)))
  (func $the_same (param i32 i32) (result i32) (i32.sub (local.get 0) (local.get 1)))
  (func $handed_on (param i32 i32) (result i32) (return (call $the_same (local.get 0) (local.get 1))))
  (func $turned (param i32 i32) (result i32) (call $difference (local.get 1) (local.get 0)))
  (func $pick (export "pick") (param i32 i32) (result i32) (local i64 i32 f64 i32) (local.set 5 (i32.load align=1 (i32.const 1056)))
    (block $end
      (block $second
        (block $first
          (block $low
            (br_if $first (i32.ge_u (local.get 0) (i32.const 10)))
            (br_if $second (i32.ge_u (local.get 1) (i32.const 10)))
            (loop $again
              (local.set 3 (i32.add (local.get 3) (local.get 0)))
              (br_if $again (i32.lt_u (local.get 3) (local.get 1))))
            (br_table $low $end $second $end (call $turned (local.get 0) (local.get 1))))
          (return (i32.const 100)))
        (unreachable))
      (unreachable))
    (i32.add (call $handed_on (local.get 3) (local.get 5)) (call_indirect (result i32) (i32.const 0)))))`;

function outcomes(bytes) {
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { js: { tell() {} } });
  const found = [];
  for (let a = 1; a < 12; a++) {
    for (let b = 0; b < 12; b++) {
      try {
        found.push(instance.exports.pick(a, b));
      } catch (error) {
        assert.ok(error instanceof WebAssembly.RuntimeError);
        found.push("trap");
      }
    }
  }
  return { found, data: Buffer.from(instance.exports.memory.buffer, 1024, 4) };
}

test("a shrunk module returns and traps as before, without what is there twice or nobody calls", async () => {
  const { buffer } = (await wabt()).parseWat("kernel.wat", TEXT).toBinary({ write_debug_names: true });
  const before = outcomes(buffer);
  assert.equal(new Set(before.found).size > 5 && before.found.includes("trap"), true);

  const module = new Module(Buffer.from(buffer));
  canonical(module);
  assert.equal(callSame(module), 2);
  const live = module.live();
  assert.deepEqual([...live].map((f) => module.names.get(f)).sort(), ["difference", "in_table", "pick", "turned"]);
  module.forgetNames();
  const numbers = module.functions.map((_, i) => i + module.imports).filter((f) => live.has(f));
  const shrunk = module.write(alike(module, numbers));
  const after = outcomes(shrunk);

  assert.deepEqual(after.found, before.found);
  assert.equal(after.data.toString("latin1"), "kept");
  assert.ok(shrunk.length < 0.8 * buffer.length, `${shrunk.length} of ${buffer.length} bytes`);
});
