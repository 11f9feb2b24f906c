// Reads a WebAssembly module from its first section on: bytes, numbers, names.

export class Cursor {
  constructor(wasm) {
    this.wasm = wasm;
    this.at = 8;
  }

  byte() {
    return this.wasm[this.at++];
  }

  /** Returns an unsigned number, seven bits a byte. */
  number() {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  }

  /** Returns so many bytes. */
  bytes(length) {
    return this.wasm.subarray(this.at, (this.at += length));
  }

  /** Returns a name's bytes. */
  name() {
    return this.bytes(this.number());
  }
}
