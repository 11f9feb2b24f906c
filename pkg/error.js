// What nearfold throws. Also imported by the generated code, which throws it from Rust.

/** An error of nearfold: `code` is stable and for programs, `message` is for people. */
export class NearfoldError extends Error {
  constructor(code, message, options) {
    // The kernel spells a parameter's name as Rust does.
    super(message?.replace(/^\w+(?=:)/, camelCase), options);
    this.code = code;
  }
}
Object.defineProperty(NearfoldError.prototype, "name", { value: "NearfoldError", configurable: true, writable: true });

/** Returns a name of the kernel as JavaScript spells it. */
export function camelCase(name) {
  return name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
}

/** Returns the kernel's name of a reduction. */
export function reductionName(op) {
  return op === "variance" ? "var" : op.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** The classes of this copy of nearfold that hold memory of the kernel. */
const OWN = /* @__PURE__ */ new Set();

/** Returns the error for an argument of the wrong kind. */
export function badParameter(name, expected, got) {
  let more = "";
  if (OWN.has(got?.constructor)) more = got.dtype ? ` of ${got.dtype}` : "";
  else if (got?.free && new RegExp(`\\b${tag(got)}\\b`).test(expected)) more = " of another copy of nearfold: import the package once";
  return new NearfoldError("bad_parameter", `${name}: expected ${expected}, got ${describe(got)}${more}`);
}

/** Returns a number that an index can hold, as float32; one that would become infinite, or 0, is refused. */
export function held(value, row, column, name) {
  // What is no number at all is refused where it is copied.
  if (typeof value !== "number") return value;
  const float = Math.fround(value);
  if (Math.abs(float) === Infinity) {
    throw new NearfoldError(
      "not_finite",
      `expected finite numbers, got ${value} at row ${row}, column ${column}: an index holds float32, up to 3.4e38, neither NaN nor infinity`,
    );
  }
  if (float === 0 && value !== 0) {
    throw new NearfoldError(
      "bad_parameter",
      `${name}: expected 0, or magnitudes from 1.4e-45 on, as float32 holds (a Float32Array rounds to it), got ${value} at row ${row}, column ${column}`,
    );
  }
  return float;
}

export function detached(name) {
  return new NearfoldError("detached", `${name}: the array's buffer was detached, perhaps transferred to a worker, or made too short for the array`);
}

/** A detached array, or one whose buffer has become too short for it, looks like an empty one: its methods tell. */
export function refuseDetached(data, name) {
  if (!ArrayBuffer.isView(data) || data.length > 0) return;
  try {
    // A DataView has no keys: its length tells.
    if (data.keys) data.keys();
    else void data.byteLength;
  } catch {
    throw detached(name);
  }
}

/** Returns a value as an error text shows it. */
export function describe(value) {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "symbol") return String(value);
  if (typeof value === "function") return "a function";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object" && value !== null) return `a value of type ${tag(value)}`;
  return String(value);
}

/** Completes a class that holds memory of the kernel: its name is told in errors, and `using` frees it. */
export function owned(Class, name) {
  OWN.add(Class);
  Object.defineProperty(Class.prototype, Symbol.toStringTag, { value: name, configurable: true });
  if (Symbol.dispose) Class.prototype[Symbol.dispose] = Class.prototype.free;
}

/** Returns the kind of an object, of whatever frame: `instanceof` knows the own frame's only. */
export function tag(value) {
  return Object.prototype.toString.call(value).slice(8, -1);
}

/** Returns whether a value is a plain object, of whatever frame, and not one of a class. */
export function isPlain(value) {
  if (tag(value) !== "Object") return false;
  const parent = Object.getPrototypeOf(value);
  return parent === null || Object.getPrototypeOf(parent) === null;
}
