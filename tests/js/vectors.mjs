// Does nearfold in JavaScript return the bits of the golden vectors? Pure: Node and the page both call it.
// The files are described in tests/vectors/README.md.

const KINDS = {
  float64: [Float64Array, BigUint64Array, 16], float32: [Float32Array, Uint32Array, 8], float16: [Uint16Array, Uint16Array, 4],
  int64: [BigInt64Array, BigUint64Array, 16], int32: [Int32Array, Uint32Array, 8], int16: [Int16Array, Uint16Array, 4], int8: [Int8Array, Uint8Array, 2],
  uint64: [BigUint64Array, BigUint64Array, 16], uint32: [Uint32Array, Uint32Array, 8], uint16: [Uint16Array, Uint16Array, 4], uint8: [Uint8Array, Uint8Array, 2],
  bool: [Uint8Array, Uint8Array, 2],
};

/** Yields the states of the generator in tests/vectors/README.md. */
export function* lcg(seed) {
  for (let state = BigInt(seed); ; ) yield (state = BigInt.asUintN(64, state * 6364136223846793005n + 1442695040888963407n));
}

/** Returns `n` float32 of the generator. */
export function lcgFloats(seed, n) {
  const states = lcg(seed);
  return Float32Array.from({ length: n }, () => Number(states.next().value >> 40n) * 2 ** -24 - 0.5);
}

function elements({ bits, lcg: seed, wide }, dtype, n) {
  const [Typed, Bits, digits] = KINDS[dtype];
  const data = new Typed(n);
  const words = new Bits(data.buffer);
  const word = (value) => (Bits === BigUint64Array ? value : Number(value));
  const states = lcg(seed ?? wide ?? 0);
  const next = () => states.next().value;
  const wideWord = (a, b) => dtype === "float64" ? ((a >> 63n) << 63n) | ((723n + ((a >> 20n) % 601n)) << 52n) | (b >> 12n) : ((a >> 63n) << 31n) | ((27n + ((a >> 20n) % 201n)) << 23n) | (b >> 41n);
  for (let i = 0; i < n; i++) {
    if (bits) words[i] = word(BigInt(`0x${bits[i]}`));
    else if (wide !== undefined) words[i] = word(wideWord(next(), next()));
    else if (dtype === "float64") data[i] = Number(next() >> 11n) * 2 ** -53 - 0.5;
    else if (dtype === "float32") data[i] = Number(next() >> 40n) * 2 ** -24 - 0.5;
    else words[i] = word(next() >> BigInt(dtype === "bool" ? 63 : 64 - digits * 4));
  }
  return data;
}

/** Returns the bits of a number that is a half float. */
function halfBits(x) {
  const [bits] = new Uint32Array(Float32Array.of(x).buffer);
  const sign = (bits >>> 16) & 0x8000;
  if (!Number.isFinite(x)) return x === x ? sign | 0x7c00 : 0x7e00;
  const size = Math.abs(x);
  return sign | (size < 2 ** -14 ? size * 2 ** 24 : ((bits & 0x7fffffff) >>> 13) - (112 << 10));
}

/** Returns a result's elements as the vectors write them; every NaN as the quiet one. */
function bitsOf(result, dtype) {
  const [Typed, Bits, digits] = KINDS[dtype];
  if (dtype === "float16") return Array.from(result.data ?? [result], (x) => halfBits(x).toString(16).padStart(digits, "0"));
  const values = Array.from(result.data ?? [result], (value) => (Typed === BigInt64Array || Typed === BigUint64Array ? BigInt(value) : Number(value)));
  return Array.from(new Bits(Typed.from(values).buffer), (word) => BigInt(word).toString(16).padStart(digits, "0"));
}

function verdict(api, { op, dtype, shape, data, data2, shape2 = shape, where, weights, codes, args = {}, edges, ...expected }) {
  const array = (data, shape, of = dtype) => ({ data: elements(data, of, shape.reduce((a, b) => a * b, 1)), shape, dtype: of });
  const reduction = api[op.replace(/_(\w)/g, (_, letter) => letter.toUpperCase())];
  const { q, reduction: reduced, include_initial: includeInitial, ...options } = args;
  if (includeInitial !== undefined) options.includeInitial = includeInitial;
  if (where) options.where = array(where, shape, "bool");
  if (weights) options.weights = array(weights.data, shape, weights.dtype);
  const call = () => {
    if (op === "dot") return reduction(array(data, shape), array(data2, shape2), options);
    if (op === "group") return reduction(reduced, array(data, shape), array(codes.data, shape, codes.dtype), q === undefined ? options : { q, ...options });
    return q === undefined ? reduction(array(data, shape), options) : reduction(array(data, shape), q, options);
  };
  let result;
  try {
    result = call();
  } catch (error) {
    return error.code === expected.error ? undefined : `${error.code}: ${error.message}`;
  }
  if (expected.error) return `expected the error ${expected.error}, got ${result}`;
  if (edges) {
    const got = bitsOf(result.edges, edges.dtype).join(" ");
    if (got !== edges.bits.join(" ") || result.edges.dtype !== edges.dtype) return `expected the edges ${edges.bits}, got ${got}`;
    result = result.counts;
  }
  const got = bitsOf(result, expected.result_dtype).join(" ");
  if (got !== expected.bits.join(" ")) return `expected ${expected.bits}, got ${got}`;
  const gotShape = JSON.stringify(result.shape ?? []);
  if (gotShape !== JSON.stringify(expected.result_shape)) return `expected shape [${expected.result_shape}], got ${gotShape}`;
  if (result.dtype !== undefined && result.dtype !== expected.result_dtype) return `expected ${expected.result_dtype}, got ${result.dtype}`;
}

/** Returns `{ count, failures }` of one file's cases; an error case that names no function of the API counts as met. */
export function runVectors(api, { cases }) {
  const known = cases.filter(({ op, error }) => error !== "unknown_name" || op in api);
  const failures = known.flatMap((each) => { const why = verdict(api, each); return why ? [`${each.id}: ${why}`] : []; });
  return { count: known.length, failures };
}
