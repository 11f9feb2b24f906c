// What does a panic cost a page? Its text: where, what, and the code that writes it. A panic is a defect of ours, and
// JavaScript raises `poisoned` at a trap just the same; the engine's stack of the trap says where.

import { BLOCK, BR, BR_IF, BR_TABLE, CALL, ELSE, END, IF, LOOP, RETURN, UNREACHABLE } from "./code.mjs";

const trap = () => ({ op: UNREACHABLE, bytes: Uint8Array.of(UNREACHABLE) });
const CALL_INDIRECT = 0x11;

/** Where straight code begins anew, or what may not be left out: a call might throw. */
const STOPS = new Set([UNREACHABLE, BLOCK, LOOP, IF, ELSE, END, BR, BR_IF, BR_TABLE, RETURN, CALL, CALL_INDIRECT]);

/** Returns whether nothing that stands in a function leads back to its caller. */
function neverReturns(code) {
  if (code.at(-2)?.op !== UNREACHABLE) return false;
  let depth = 0;
  return code.every(({ op, to }) => {
    if (op === BLOCK || op === LOOP || op === IF) depth++;
    if (op === END) depth--;
    return op !== RETURN && !((op === BR || op === BR_IF) && to === depth) && !(op === BR_TABLE && to.includes(depth));
  });
}

/** Returns the numbers of the functions that do nothing but panic. */
function panicking(module) {
  const found = new Set([...module.names].filter(([, name]) => name.endsWith("rust_begin_unwind")).map(([f]) => f));
  if (found.size !== 1) throw new Error("expected one function rust_begin_unwind, by name");
  for (let before = 0; before < found.size; ) {
    before = found.size;
    module.functions.forEach(({ code }, i) => {
      const calls = code.filter(({ op }) => op === CALL);
      if (calls.some(({ to }) => found.has(to)) && calls.every(({ to }) => to >= module.imports) && neverReturns(code)) found.add(i + module.imports);
    });
  }
  return found;
}

/** Returns code with a trap for each call of a panicking function, and without what only leads there. */
function trapped(code, panics) {
  const out = [];
  for (let i = 0; i < code.length; i++) {
    if (code[i].op !== CALL || !panics.has(code[i].to)) {
      out.push(code[i]);
      continue;
    }
    while (out.length && !STOPS.has(out.at(-1).op)) out.pop();
    out.push(trap());
    // What follows up to the end of the block is dead.
    while (!STOPS.has(code[i + 1].op) || code[i + 1].op === UNREACHABLE) i++;
  }
  return out;
}

/** Returns code with one trap where two blocks, one in the other, both end before a trap. */
function merged(code) {
  const plain = ({ op, bytes }) => op === BLOCK && bytes[1] === 0x40;
  const dead = new Set();
  const open = [];
  // By the block that is left out, and where it ends.
  const left = new Map();
  code.forEach((instruction, i) => {
    if (instruction.op === BLOCK || instruction.op === LOOP || instruction.op === IF) open.push(i);
    if (instruction.op !== END) return;
    const begin = open.pop();
    const outer = open.at(-1);
    if (outer === undefined || !plain(code[begin]) || !plain(code[outer])) return;
    if (code[i + 1].op === UNREACHABLE && code[i + 2].op === END && code[i + 3]?.op === UNREACHABLE) {
      left.set(begin, i);
      dead.add(begin).add(i).add(i + 1);
    }
  });
  if (!left.size) return code;
  const out = [];
  const labels = [];
  code.forEach((instruction, i) => {
    const { op, to } = instruction;
    // A label's new number: how many blocks between are kept.
    const renumbered = (label) => {
      let kept = label;
      for (let d = 0; d < label; d++) if (labels[labels.length - 1 - d]) kept--;
      return kept;
    };
    if (op === BLOCK || op === LOOP || op === IF) labels.push(left.has(i));
    if (op === END) labels.pop();
    if (dead.has(i)) return;
    if (op === BR || op === BR_IF) out.push({ op, to: renumbered(to) });
    else if (op === BR_TABLE) out.push({ op, to: to.map(renumbered) });
    else out.push(instruction);
  });
  return out;
}

/** Makes every panic a bare trap. */
export function bareTraps(module) {
  const panics = panicking(module);
  module.functions.forEach((f, i) => {
    if (panics.has(i + module.imports)) {
      f.locals = Uint8Array.of(0);
      f.code = [trap(), { op: END, bytes: Uint8Array.of(END) }];
    } else f.code = merged(trapped(f.code, panics));
  });
  return panics.size;
}

/** Clears the places in the source that panics named: 16 bytes each, file, length, line, column. Returns how many. */
export function clearPlaces(module) {
  const pieces = [];
  module.editData((bytes, address) => pieces.push({ bytes, address, words: new DataView(bytes.buffer, bytes.byteOffset, bytes.length) }));
  const within = (at, length) => {
    const piece = pieces.find(({ bytes, address }) => at >= address && at + length <= address + bytes.length);
    return piece?.bytes.subarray(at - piece.address, at - piece.address + length);
  };
  const files = [];
  let places = 0;
  for (const { bytes, address, words } of pieces) {
    for (let at = (4 - (address % 4)) % 4; at + 16 <= bytes.length; at += 4) {
      const [file, length, line, column] = [0, 4, 8, 12].map((by) => words.getUint32(at + by, true));
      if (length < 6 || length > 250 || line === 0 || line > 30_000 || column === 0 || column > 500) continue;
      const name = within(file, length);
      if (!name || !/^[\x21-\x7e]+\.rs$/.test(Buffer.from(name).toString("latin1"))) continue;
      files.push(name);
      bytes.fill(0, at, at + 16);
      places++;
    }
  }
  for (const name of files) name.fill(0);
  return places;
}
