// Which functions has a WebAssembly module, who calls them, and how is it written with others?

import { Cursor } from "./cursor.mjs";
import { CALL, REF_FUNC, decode, encode, leb } from "./code.mjs";

const [CUSTOM, TYPE, IMPORT, FUNCTION, EXPORT, START, ELEMENT, CODE] = [0, 1, 2, 3, 7, 8, 9, 10];

const isNames = ({ kind, bytes }) => kind === CUSTOM && Buffer.from(bytes.subarray(1, 5)).toString() === "name";

/** A module of one memory whose imports are functions alone, as wasm-bindgen writes it. */
export class Module {
  constructor(wasm) {
    this.wasm = wasm;
    this.sections = [];
    this.imports = 0;
    /** Functions by number, those that are imported left out: `{ type, locals, code }`. */
    this.functions = [];
    this.names = new Map();
    this.roots = new Set();
    /** How many parameters a type has. */
    this.arity = [];
    const types = [];
    const cursor = new Cursor(wasm);
    while (cursor.at < wasm.length) {
      const kind = cursor.byte();
      const end = cursor.number() + cursor.at;
      const start = cursor.at;
      this.sections.push({ kind, bytes: wasm.subarray(start, end) });
      if (kind === TYPE) {
        for (let count = cursor.number(); count > 0; count--) {
          if (cursor.byte() !== 0x60) throw new Error("expected types of functions alone");
          this.arity.push(cursor.bytes(cursor.number()).length);
          cursor.bytes(cursor.number());
        }
      } else if (kind === IMPORT) {
        for (let count = cursor.number(); count > 0; count--) {
          cursor.name();
          cursor.name();
          if (cursor.byte() !== 0) throw new Error("expected imports of functions alone");
          cursor.number();
          this.imports++;
        }
      } else if (kind === FUNCTION) {
        for (let count = cursor.number(); count > 0; count--) types.push(cursor.number());
      } else if (kind === CODE) {
        for (let count = cursor.number(); count > 0; count--) {
          const body = cursor.bytes(cursor.number());
          this.functions.push({ type: types[this.functions.length], ...decode(body) });
        }
      } else if (kind === CUSTOM && cursor.name().toString() === "name") this.#readNames(cursor, end);
      cursor.at = end;
    }
    // Everything that names a function outside the code is kept.
    this.#outside((f) => (this.roots.add(f), f));
  }

  #readNames(cursor, end) {
    while (cursor.at < end) {
      const kind = cursor.byte();
      const next = cursor.number() + cursor.at;
      if (kind === 1) {
        for (let count = cursor.number(); count > 0; count--) {
          const f = cursor.number();
          this.names.set(f, cursor.name().toString());
        }
      }
      cursor.at = next;
    }
  }

  /** Leaves out of what is written the names and all else that no engine reads. */
  forgetNames() {
    this.sections = this.sections.filter(({ kind }) => kind !== CUSTOM);
  }

  /** Returns how many parameters functions of a type have. */
  parameters(type) {
    return this.arity[type];
  }

  /** Returns the function of a number. */
  at(f) {
    return this.functions[f - this.imports];
  }

  /** Returns the sections that name functions outside the code, with other numbers: exports, elements, the start. */
  #outside(renamed) {
    const written = new Map();
    for (const { kind, bytes } of this.sections) {
      const cursor = new Cursor(bytes);
      cursor.at = 0;
      const out = [];
      const copy = (from) => out.push(...bytes.subarray(from, cursor.at));
      if (kind === EXPORT) {
        const count = cursor.number();
        copy(0);
        for (let i = 0; i < count; i++) {
          const from = cursor.at;
          cursor.name();
          const what = cursor.byte();
          copy(from);
          const number = cursor.number();
          out.push(...leb(what === 0 ? renamed(number) : number));
        }
      } else if (kind === START) out.push(...leb(renamed(cursor.number())));
      else if (kind === ELEMENT) {
        const count = cursor.number();
        copy(0);
        for (let i = 0; i < count; i++) {
          const from = cursor.at;
          if (cursor.number() !== 0 || cursor.byte() !== 0x41) throw new Error("expected elements of the first table at a constant");
          cursor.number();
          cursor.byte();
          const length = cursor.number();
          copy(from);
          for (let j = 0; j < length; j++) out.push(...leb(renamed(cursor.number())));
        }
      } else continue;
      written.set(kind, Uint8Array.from(out));
    }
    return written;
  }

  /** Returns the numbers of the functions that can be called. */
  live() {
    const live = new Set();
    const open = [...this.roots];
    while (open.length) {
      const f = open.pop();
      if (live.has(f)) continue;
      live.add(f);
      if (f >= this.imports) for (const { op, to } of this.at(f).code) if (op === CALL || op === REF_FUNC) open.push(to);
    }
    return live;
  }

  /** Returns the module's bytes with its functions in this order, and without the names of the others. */
  write(order) {
    const numbers = new Map(order.map((f, i) => [f, i + this.imports]));
    const renamed = (f) => (f < this.imports ? f : numbers.get(f));
    const outside = this.#outside(renamed);
    const parts = [this.wasm.subarray(0, 8)];
    for (const { kind, bytes } of this.sections) {
      let section = outside.get(kind) ?? bytes;
      if (kind === FUNCTION) section = Uint8Array.from([...leb(order.length), ...order.flatMap((f) => leb(this.at(f).type))]);
      if (kind === CODE) {
        const bodies = order.flatMap((f) => {
          const body = encode(this.at(f), renamed);
          return [Uint8Array.from(leb(body.length)), body];
        });
        section = Buffer.concat([Uint8Array.from(leb(order.length)), ...bodies]);
      }
      if (isNames({ kind, bytes })) section = this.#writeNames(numbers);
      parts.push(Uint8Array.from([kind, ...leb(section.length)]), section);
    }
    return Buffer.concat(parts);
  }

  #writeNames(numbers) {
    const named = (text) => [...leb(text.length), ...text];
    const rows = [...this.names].filter(([f]) => f < this.imports || numbers.has(f)).map(([f, name]) => [numbers.get(f) ?? f, Buffer.from(name)]);
    rows.sort(([a], [b]) => a - b);
    const table = [...leb(rows.length), ...rows.flatMap(([f, name]) => [...leb(f), ...named(name)])];
    return Uint8Array.from([...named(Buffer.from("name")), 1, ...leb(table.length), ...table]);
  }
}
