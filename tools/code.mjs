// What are the instructions of a WebAssembly function, and which bytes are they?

import { Cursor } from "./cursor.mjs";

export const UNREACHABLE = 0x00;
export const BLOCK = 0x02;
export const LOOP = 0x03;
export const IF = 0x04;
export const ELSE = 0x05;
export const END = 0x0b;
export const BR = 0x0c;
export const BR_IF = 0x0d;
export const BR_TABLE = 0x0e;
export const RETURN = 0x0f;
export const CALL = 0x10;
export const REF_FUNC = 0xd2;

/** Returns an unsigned number's bytes, seven bits each. */
export function leb(value) {
  const bytes = [];
  for (; value > 127; value >>>= 7) bytes.push((value & 127) | 128);
  bytes.push(value);
  return bytes;
}

/** Skips what follows opcode 0xfc: conversions that saturate, memory and tables. */
function skipMisc(cursor) {
  const code = cursor.number();
  if (code === 8 || code === 10 || code === 12 || code === 14) {
    cursor.number();
    cursor.number();
  } else if (code > 7 && code < 18) cursor.number();
  else if (code > 17) throw new Error(`expected an instruction, got 0xfc ${code}`);
}

/** Skips what follows opcode 0xfd: vectors. */
function skipVector(cursor) {
  const code = cursor.number();
  if (code === 12 || code === 13) cursor.bytes(16);
  else if (code >= 21 && code <= 34) cursor.byte();
  else if (code <= 11 || (code >= 84 && code <= 93)) {
    cursor.number();
    cursor.number();
    if (code >= 84 && code <= 91) cursor.byte();
  }
}

/** Skips an instruction's operands. */
function skip(op, cursor) {
  if (op >= 0x45 && op <= 0xc4) return;
  if (op >= 0x28 && op <= 0x3e) {
    cursor.number();
    cursor.number();
    return;
  }
  switch (op) {
    case BLOCK: case LOOP: case IF: // a signed number: its length is all that counts here
    case 0x20: case 0x21: case 0x22: case 0x23: case 0x24: case 0x25: case 0x26: case 0x3f: case 0x40: case 0x41: case 0x42: case 0xd0:
      return void cursor.number();
    case 0x11:
      cursor.number();
      return void cursor.number();
    case 0x1c:
      return void cursor.bytes(cursor.number());
    case 0x43:
      return void cursor.bytes(4);
    case 0x44:
      return void cursor.bytes(8);
    case 0xfc:
      return skipMisc(cursor);
    case 0xfd:
      return skipVector(cursor);
    case UNREACHABLE: case 0x01: case ELSE: case END: case RETURN: case 0x1a: case 0x1b: case 0xd1:
      return;
    default:
      throw new Error(`expected an instruction, got 0x${op.toString(16)}`);
  }
}

/**
 * Returns a function's locals, as bytes, and its instructions: `{ op, bytes }`, where `bytes` are all of the
 * instruction's. Those that name a label or a function have `to` instead: one number, or those of a table.
 */
export function decode(body) {
  const cursor = new Cursor(body);
  cursor.at = 0;
  for (let groups = cursor.number(); groups > 0; groups--) {
    cursor.number();
    cursor.byte();
  }
  const locals = body.subarray(0, cursor.at);
  const code = [];
  while (cursor.at < body.length) {
    const start = cursor.at;
    const op = cursor.byte();
    if (op === BR || op === BR_IF || op === CALL || op === REF_FUNC) code.push({ op, to: cursor.number() });
    else if (op === BR_TABLE) {
      const to = [];
      for (let count = cursor.number(); count >= 0; count--) to.push(cursor.number());
      code.push({ op, to });
    } else {
      skip(op, cursor);
      code.push({ op, bytes: body.subarray(start, cursor.at) });
    }
  }
  return { locals, code };
}

/** Returns a function's bytes; `renamed(f)` is the new number of function `f`. */
export function encode({ locals, code }, renamed = (f) => f) {
  const bytes = [...locals];
  for (const { op, to, bytes: all } of code) {
    if (all) for (const byte of all) bytes.push(byte);
    else if (op === BR_TABLE) bytes.push(op, ...leb(to.length - 1), ...to.flatMap(leb));
    else bytes.push(op, ...leb(op === CALL || op === REF_FUNC ? renamed(to) : to));
  }
  return Uint8Array.from(bytes);
}
