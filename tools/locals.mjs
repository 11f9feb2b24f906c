// Which numbers of a function's locals repeat what stands before it? An engine heeds none of them; gzip finds only
// what is byte for byte the same.

import { leb } from "./code.mjs";
import { isLocal, localOf, typesOf } from "./canonical.mjs";

/** How many instructions in a row are compared: two begin a match, more make it longer. */
const LENGTHS = [2, 3, 4, 6];

/** How many of the locals next in number one is exchanged with, and how often all are tried. */
const [REACH, PASSES] = [16, 3];

const SLOTS = 1 << 22;

/** How many bytes back is looked: what gzip keeps. */
const WINDOW = 30_000;

/** Counts the runs of instructions of the functions that gzip still sees. */
class Seen {
  #counts = LENGTHS.map(() => new Int16Array(SLOTS));
  #window = [];
  #width = 0;

  /** Returns the slot of the run that ends at an instruction. */
  #slot(words, end, length) {
    let hash = length;
    for (let i = end - length + 1; i <= end; i++) {
      hash = Math.imul(hash ^ words[i], 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    return hash & (SLOTS - 1);
  }

  /** Returns how many of the runs that end at an instruction were seen. */
  at(words, end) {
    let seen = 0;
    for (let k = 0; k < LENGTHS.length; k++) {
      if (end + 1 >= LENGTHS[k] && this.#counts[k][this.#slot(words, end, LENGTHS[k])] > 0) seen++;
    }
    return seen;
  }

  #count(words, by) {
    LENGTHS.forEach((length, k) => {
      for (let end = length - 1; end < words.length; end++) this.#counts[k][this.#slot(words, end, length)] += by;
    });
  }

  /** Adds a function, and forgets those that it pushes out of the window. */
  add(words, bytes) {
    this.#count(words, 1);
    this.#window.push([words, bytes]);
    this.#width += bytes;
    while (this.#width > WINDOW && this.#window.length > 1) {
      const [gone, less] = this.#window.shift();
      this.#width -= less;
      this.#count(gone, -1);
    }
  }
}

const wordOf = (op, local) => Math.imul(Math.imul(op, 961) + local + 1, 0x85ebca6b) | 0;

/** Exchanges the numbers of a function's locals of one type as long as more of it was seen before. */
function renumber(f, parameters, seen) {
  const types = typesOf(f.locals);
  const words = Int32Array.from(f.code, ({ op, to, bytes }) => {
    let word = op;
    for (const part of bytes ?? [to].flat()) word = (Math.imul(word, 31) + part + 1) | 0;
    return word;
  });
  // Where each local that is no parameter is named; its place in the list is its number.
  const places = types.map(() => []);
  let bytes = 0;
  f.code.forEach((instruction, i) => {
    bytes += instruction.bytes?.length ?? 2;
    if (!isLocal(instruction)) return;
    const local = localOf(instruction);
    words[i] = wordOf(instruction.op, local);
    if (local >= parameters) places[local - parameters].push(i);
  });
  const marks = new Uint32Array(words.length);
  let mark = 0;
  const reach = LENGTHS.at(-1);
  /** Returns how much was seen of the runs in which one of two locals is named. */
  const score = (a, b) => {
    mark++;
    let sum = 0;
    for (const list of [places[a], places[b]]) {
      for (const i of list) {
        for (let end = i; end < i + reach && end < words.length; end++) {
          if (marks[end] === mark) continue;
          marks[end] = mark;
          sum += seen.at(words, end);
        }
      }
    }
    return sum;
  };
  const exchange = (a, b) => {
    [places[a], places[b]] = [places[b], places[a]];
    for (const local of [a, b]) for (const i of places[local]) words[i] = wordOf(f.code[i].op, parameters + local);
  };
  for (let pass = 0, better = true; better && pass < PASSES; pass++) {
    better = false;
    for (let a = 0; a < types.length; a++) {
      for (let b = a + 1; b < types.length && b < a + REACH && types[b] === types[a]; b++) {
        const before = score(a, b);
        exchange(a, b);
        if (score(a, b) > before) better = true;
        else exchange(a, b);
      }
    }
  }
  const code = f.code.slice();
  places.forEach((list, local) => {
    for (const i of list) code[i] = { op: code[i].op, bytes: Uint8Array.of(code[i].op, ...leb(parameters + local)) };
  });
  f.code = code;
  seen.add(words, bytes);
}

/** Gives the locals of functions, in the order in which they are written, the numbers that repeat most. */
export function likeBefore(module, order) {
  const seen = new Seen();
  for (const number of order) {
    const f = module.at(number);
    renumber(f, module.parameters(f.type), seen);
  }
}
