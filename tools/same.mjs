// Which functions do what another does? Those that only hand their arguments on, and those with the same code: who called
// them calls the other.

import { CALL, END, RETURN, encode } from "./code.mjs";
import { isLocal, localOf } from "./canonical.mjs";

const LOCAL_GET = 0x20;

/** Returns the function that one hands all its arguments to, in their order, or nothing. */
function forwards({ code }, parameters) {
  const call = code[parameters];
  if (call?.op !== CALL) return undefined;
  const rest = code.slice(parameters + 1).map(({ op }) => op);
  if (rest.at(-1) !== END || rest.length > 2 || (rest.length === 2 && rest[0] !== RETURN)) return undefined;
  const inOrder = code.slice(0, parameters).every((get, i) => isLocal(get) && get.op === LOCAL_GET && localOf(get) === i);
  return inOrder ? call.to : undefined;
}

/** Lets every call reach the function that does the work. Returns how many functions did what another does. */
export function callSame(module) {
  let found = 0;
  for (;;) {
    const other = new Map();
    const byCode = new Map();
    module.functions.forEach((f, i) => {
      const number = i + module.imports;
      const to = forwards(f, module.parameters(f.type));
      if (to !== undefined && to !== number) return void other.set(number, to);
      const key = `${f.type} ${f.locals} ${Buffer.from(encode(f, (to) => to)).toString("latin1")}`;
      if (byCode.has(key)) other.set(number, byCode.get(key));
      else byCode.set(key, number);
    });
    let changed = false;
    for (const f of module.functions) {
      f.code = f.code.map((instruction) => {
        if (instruction.op !== CALL) return instruction;
        let { to } = instruction;
        for (let steps = 0; other.has(to) && steps < 8; steps++) to = other.get(to);
        if (to === instruction.to) return instruction;
        changed = true;
        return { ...instruction, to };
      });
    }
    found = Math.max(found, other.size);
    if (!changed) return found;
  }
}
