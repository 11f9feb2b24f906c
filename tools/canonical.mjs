// Which of the ways to write the same function repeats itself most? Locals by how often they are named, so that like
// functions have like numbers; and one alignment for one kind of load, as engines heed none of them.

import { leb } from "./code.mjs";
import { Cursor } from "./cursor.mjs";

const [LOCAL_GET, LOCAL_TEE] = [0x20, 0x22];
const [FIRST_LOAD, LAST_STORE] = [0x28, 0x3e];

/** The logarithms of the bytes that `i32.load` … `i64.store32` read or write, in the order of their opcodes. */
const NATURAL = [2, 3, 2, 3, 0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 2, 3, 2, 3, 0, 1, 0, 1, 2];

export const isLocal = ({ op }) => op >= LOCAL_GET && op <= LOCAL_TEE;

/** Returns the number of a local that an instruction names. */
export function localOf({ bytes }) {
  const cursor = new Cursor(bytes);
  cursor.at = 1;
  return cursor.number();
}

/** Returns the types of a function's locals, its parameters left out. */
export function typesOf(locals) {
  const cursor = new Cursor(locals);
  cursor.at = 0;
  const types = [];
  for (let groups = cursor.number(); groups > 0; groups--) {
    const length = cursor.number();
    types.push(...Array(length).fill(cursor.byte()));
  }
  return types;
}

/** The types in the order of their locals: i32, i64, f32, f64, v128, and references. */
const TYPES = [0x7f, 0x7e, 0x7d, 0x7c, 0x7b, 0x6f, 0x70];

/** Gives the locals of one type adjacent numbers, the most often named first; those that are not named are dropped. */
function renumberLocals(f, parameters) {
  const types = typesOf(f.locals);
  const uses = new Map();
  for (const instruction of f.code) {
    if (!isLocal(instruction)) continue;
    const local = localOf(instruction);
    if (local >= parameters) uses.set(local, (uses.get(local) ?? 0) + 1);
  }
  // A Map remembers the order of first use: ties stand in it.
  const used = [...uses.keys()];
  const typeOf = (local) => types[local - parameters];
  used.sort((a, b) => TYPES.indexOf(typeOf(a)) - TYPES.indexOf(typeOf(b)) || uses.get(b) - uses.get(a));
  const groups = [];
  for (const local of used) groups.at(-1)?.[1] === typeOf(local) ? groups.at(-1)[0]++ : groups.push([1, typeOf(local)]);
  f.locals = Uint8Array.from([...leb(groups.length), ...groups.flatMap(([length, type]) => [...leb(length), type])]);
  const numbers = new Map(used.map((local, i) => [local, parameters + i]));
  f.code = f.code.map((instruction) => {
    const number = isLocal(instruction) && numbers.get(localOf(instruction));
    return number === false || number === undefined ? instruction : { op: instruction.op, bytes: Uint8Array.of(instruction.op, ...leb(number)) };
  });
}

/** Writes every function so that the module compresses better, and does the same. */
export function canonical(module) {
  for (const f of module.functions) {
    renumberLocals(f, module.parameters(f.type));
    f.code = f.code.map((instruction) => {
      const { op, bytes } = instruction;
      if (op < FIRST_LOAD || op > LAST_STORE) return instruction;
      return { op, bytes: Uint8Array.of(op, NATURAL[op - FIRST_LOAD], ...bytes.subarray(2)) };
    });
  }
}
