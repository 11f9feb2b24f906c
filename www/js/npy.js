// What numbers does a .npy file hold? Versions 1 to 3, little-endian, the types that a double can hold exactly.

const TYPES = {
  "|b1": Uint8Array,
  "|i1": Int8Array,
  "|u1": Uint8Array,
  "<i2": Int16Array,
  "<u2": Uint16Array,
  "<i4": Int32Array,
  "<u4": Uint32Array,
  "<f4": Float32Array,
  "<f8": Float64Array,
};

/** Returns `{ values, shape }` of the file's bytes; the values in the order in which they are stored. */
export function readNpy(buffer) {
  const bytes = new Uint8Array(buffer);
  if (bytes.length < 12 || String.fromCharCode(...bytes.subarray(0, 6)) !== "\x93NUMPY") {
    throw new Error("This is not a .npy file: it does not begin with \\x93NUMPY.");
  }
  const view = new DataView(buffer);
  const long = bytes[6] > 1;
  const start = long ? 12 : 10;
  const end = start + (long ? view.getUint32(8, true) : view.getUint16(8, true));
  if (end > bytes.length) throw new Error("The .npy file ends inside its header.");
  const header = new TextDecoder("latin1").decode(bytes.subarray(start, end));
  const descr = /'descr':\s*'([^']*)'/.exec(header)?.[1];
  const shape = /'shape':\s*\(([^)]*)\)/.exec(header)?.[1].split(",").filter((size) => size.trim() !== "").map(Number);
  const Type = TYPES[descr];
  if (!Type || !shape) {
    throw new Error(`The .npy file holds ${descr ?? "records"}; expected one of ${Object.keys(TYPES).join(" ")}.`);
  }
  const n = shape.reduce((product, size) => product * size, 1);
  const size = n * Type.BYTES_PER_ELEMENT;
  if (end + size > bytes.length) throw new Error(`The .npy file is cut off: ${n} values need ${size} bytes, ${bytes.length - end} are there.`);
  return { values: new Type(buffer.slice(end, end + size)), shape };
}
