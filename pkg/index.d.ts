/**
 * Exact, reproducible reductions and a compact nearest-neighbour index, in WebAssembly.
 *
 * ```js
 * import { init, sum, Index } from "nearfold";
 *
 * await init();
 * sum([1e16, 1, -1e16]); // 1: the exact sum, rounded once; a loop says 0
 *
 * const index = new Index(3, { metric: "cosine" });
 * index.add(Float32Array.of(1, 0, 0, 0, 1, 0));
 * index.search([0.9, 0.1, 0], { k: 1 }).ids; // Float64Array [0]
 * ```
 *
 * The same input gives the same bits in every engine, and in nearfold's Python and Rust packages.
 */

// ---- the kernel ----

/**
 * Starts the kernel. Call it once, before anything else; further calls wait for the first, and
 * after a failure it may be called again.
 *
 * From Node, Deno, Bun, workerd and `nearfold/inline` the kernel starts by itself at the first
 * call; `await init()` is allowed there too, so that the same code runs everywhere.
 *
 * @param source Where the kernel comes from, if not from the file beside the script: an address, a
 *   response, its bytes, or a compiled module (which can be posted to workers).
 * @throws {NearfoldError} `load_failed` if it cannot be fetched or compiled, `no_simd` if the
 *   engine has no WebAssembly SIMD.
 */
export function init(source?: KernelSource | PromiseLike<KernelSource>): Promise<void>;

/** Where `init` takes the kernel from. `nearfold/nearfold.wasm` is the file. */
export type KernelSource = string | URL | Request | Response | BufferSource | WebAssembly.Module;

/** Returns the size of the kernel's memory in bytes. It grows with what it holds and never shrinks. */
export function kernelMemory(): number;

/** The package's version. */
export const version: string;

/**
 * What nearfold throws. `code` is stable and for programs; `message` says what was expected, what
 * came and what to do. After an error everything still works, unless the code is `poisoned`.
 */
export class NearfoldError extends Error {
  constructor(code: ErrorCode, message: string, options?: ErrorOptions);
  readonly code: ErrorCode;
}

/**
 * | code | when |
 * |---|---|
 * | `bad_parameter` | an argument or option is of the wrong kind or out of its range, or an option does not exist |
 * | `unknown_name` | a metric, storage, dtype or method of this name does not exist |
 * | `dimension_mismatch` | a vector's length is not the index's dimension |
 * | `shape_mismatch` | shapes do not go together, or do not fit the data |
 * | `empty` | the operation has no value for an empty array |
 * | `all_nan` | a `nan…` operation found nothing but NaN |
 * | `not_finite` | a vector for the index holds NaN or an infinity |
 * | `axis_out_of_range` | the array has no such axis, or it is given twice |
 * | `unsupported_dtype` | the operation is not defined for these elements |
 * | `duplicate_id`, `id_not_found` | an id is there already, or is not there |
 * | `corrupt`, `unsupported_version` | the bytes are no index, are damaged, or come from a newer release |
 * | `out_of_memory` | the kernel's memory (at most 4 GB) cannot grow so far |
 * | `unsafe_integer` | an integer result is beyond 2^53 − 1, and the input was not a BigInt array |
 * | `detached` | the array's buffer was transferred away |
 * | `freed` | the index or array was freed |
 * | `busy` | the index is called while it adds vectors, from `progress` |
 * | `not_initialized` | `await init()` was forgotten |
 * | `load_failed`, `no_simd` | the kernel cannot start |
 * | `poisoned` | a defect of nearfold stopped the kernel; load the page anew, and please report it |
 */
export type ErrorCode =
  | "bad_parameter"
  | "unknown_name"
  | "dimension_mismatch"
  | "shape_mismatch"
  | "empty"
  | "all_nan"
  | "not_finite"
  | "axis_out_of_range"
  | "unsupported_dtype"
  | "duplicate_id"
  | "id_not_found"
  | "corrupt"
  | "unsupported_version"
  | "out_of_memory"
  | "unsafe_integer"
  | "detached"
  | "freed"
  | "busy"
  | "not_initialized"
  | "load_failed"
  | "no_simd"
  | "poisoned";

// ---- arrays ----

/** The element types, by NumPy's names. */
export type Dtype = FloatDtype | IntegerDtype | BigIntDtype | "bool" | ComplexDtype;
export type FloatDtype = "float64" | "float32" | "float16";
export type IntegerDtype = "int32" | "int16" | "int8" | "uint32" | "uint16" | "uint8";
export type BigIntDtype = "int64" | "uint64";
export type ComplexDtype = "complex128" | "complex64";

export type BigIntTypedArray = BigInt64Array | BigUint64Array;

/** Every typed array; a Float16Array too, where the engine has it. */
export type TypedArray =
  | Float64Array
  | Float32Array
  | Int32Array
  | Int16Array
  | Int8Array
  | Uint32Array
  | Uint16Array
  | Uint8Array
  | Uint8ClampedArray
  | BigIntTypedArray;

/** An array of several dimensions over flat data, in C order unless `strides` say otherwise. */
export interface NdArray {
  data: TypedArray | KernelArray | readonly number[];
  /** The lengths of the axes. Default: `[data.length]`. */
  shape?: ArrayLike<number>;
  /** How many elements of `data` one step along each axis is; may be negative. */
  strides?: ArrayLike<number>;
  /** Which element of `data` is the first. Default: 0. */
  offset?: number;
  /**
   * What the elements are, where JavaScript has no typed array for it: `"bool"` over a Uint8Array,
   * `"float16"` over a Uint16Array, `"complex128"` over a Float64Array and `"complex64"` over a
   * Float32Array of real and imaginary parts in turn.
   */
  dtype?: Dtype;
}

/** What a reduction takes. A plain array of numbers counts as float64. */
export type Values = TypedArray | readonly number[] | NdArray | KernelArray;

/** A complex number. */
export interface Complex {
  re: number;
  im: number;
}

/** What a reduction returns where axes remain: elements in C order, and the lengths of the axes. */
export interface ArrayResult<Data extends TypedArray = TypedArray> {
  data: Data;
  shape: number[];
  /**
   * NumPy's dtype of the result. `int64` and `uint64` lie in a BigInt array if the input did, else
   * in a Float64Array, exactly; `float16` lies in a Float32Array, complex parts lie in turn.
   */
  dtype: Dtype;
}

/**
 * An array in the kernel's own memory: fill it through `view()`, and it is folded or searched
 * without a copy. Free it with `free()` or `using`; what is forgotten is freed at some time after
 * the garbage collector has found it.
 *
 * ```js
 * using x = alloc(1_000_000, "float32");
 * x.view().set(samples);
 * variance(x);
 * ```
 */
export class KernelArray<D extends Dtype = Dtype> {
  /**
   * @param length How many elements; they start as zeros.
   * @param dtype Default: `"float64"`.
   * @throws {NearfoldError} `out_of_memory`, `unknown_name`, `bad_parameter`.
   */
  constructor(length: number, dtype?: D);
  readonly length: number;
  readonly dtype: D;
  /**
   * Returns a typed array over the elements. Ask for it anew after every other call of nearfold:
   * when the kernel's memory grows, older views are detached (their length becomes 0).
   *
   * `bool` is viewed as bytes, `float16` as the bits of its numbers, complex numbers as real and
   * imaginary parts in turn.
   */
  view(): ViewOf<D>;
  /** Gives the memory back. Later calls throw `freed`; freeing twice is allowed. */
  free(): void;
  [Symbol.dispose](): void;
}

/** Returns a new {@link KernelArray} of `length` zeros. */
export function alloc<D extends Dtype = "float64">(length: number, dtype?: D): KernelArray<D>;

export interface Views {
  float64: Float64Array<ArrayBuffer>;
  float32: Float32Array<ArrayBuffer>;
  float16: Uint16Array<ArrayBuffer>;
  int64: BigInt64Array<ArrayBuffer>;
  int32: Int32Array<ArrayBuffer>;
  int16: Int16Array<ArrayBuffer>;
  int8: Int8Array<ArrayBuffer>;
  uint64: BigUint64Array<ArrayBuffer>;
  uint32: Uint32Array<ArrayBuffer>;
  uint16: Uint16Array<ArrayBuffer>;
  uint8: Uint8Array<ArrayBuffer>;
  bool: Uint8Array<ArrayBuffer>;
  complex128: Float64Array<ArrayBuffer>;
  complex64: Float32Array<ArrayBuffer>;
}
export type ViewOf<D extends Dtype> = Views[D];

// ---- reductions ----

/** The options of every reduction. */
export interface ReductionOptions {
  /** Which axis or axes to reduce over; negative ones count from the last. Default: all of them. */
  axis?: number | readonly number[];
  /** Whether reduced axes stay, with length 1. Default: false. */
  keepdims?: boolean;
  /** Correctly rounded (true, the default), or a faster fixed order; both give the same bits everywhere. */
  exact?: boolean;
  /** The dtype of the result, where NumPy lets one choose. */
  dtype?: Dtype;
  /** Only elements where this is true count. Broadcast to the shape of the values. */
  where?: readonly boolean[] | Uint8Array | NdArray;
}

/** The options of `variance` and `std`. */
export interface VarianceOptions extends ReductionOptions {
  /**
   * What is taken from n in the divisor. Default: 0, the population's variance, as in NumPy.
   * 1 gives the sample's variance, which other libraries (d3, for one) give by default.
   */
  ddof?: number;
}

type BigIntValues = BigIntTypedArray | { data: BigIntTypedArray } | KernelArray<BigIntDtype>;
type ComplexValues = { dtype: ComplexDtype };
type BooleanValues = { dtype: "bool" };
type Shaped = { data: unknown };

/** The type of an element of `V`. */
export type ElementOf<V> = V extends BigIntValues ? bigint : V extends ComplexValues ? Complex : V extends BooleanValues ? boolean : number;
/** The type of a sum over `V`. */
export type SumOf<V> = V extends BigIntValues ? bigint : V extends ComplexValues ? Complex : number;
/** The type of a mean over `V`. */
export type MeanOf<V> = V extends ComplexValues ? Complex : number;

/** One value, or an array where `O` leaves axes. With an `axis` of {@link NdArray}s it is either, by their shape. */
export type Reduced<V, O, One> = O extends { keepdims: true }
  ? ArrayResult
  : O extends { axis: number | readonly number[] }
    ? V extends Shaped
      ? One | ArrayResult
      : One
    : One;

/**
 * Returns the sum of the exact values, rounded once.
 *
 * Empty: +0. NaN and infinities as IEEE 754 has it. The sum of integers is an integer (see
 * `unsafe_integer`), of booleans their count. Time O(n); a typed array is read through 64 kB of
 * the kernel's memory or copied once, a {@link KernelArray} is read in place.
 *
 * @throws {NearfoldError} `axis_out_of_range`, `shape_mismatch`, `bad_parameter`, `unsafe_integer`.
 * @example sum([0.1, 0.2, -0.3]); // 2.7755575615628914e-17, which is exact
 */
export function sum<V extends Values, O extends ReductionOptions = {}>(values: V, options?: O): Reduced<V, O, SumOf<V>>;

/**
 * Returns the arithmetic mean: the exact sum over n, rounded once.
 *
 * NaN propagates. Integers give a float64.
 *
 * @throws {NearfoldError} `empty` and those of {@link sum}.
 */
export function mean<V extends Values, O extends ReductionOptions = {}>(values: V, options?: O): Reduced<V, O, MeanOf<V>>;

/**
 * Returns the variance, dividing by `n - ddof`; `ddof` is 0 by default, as in NumPy. Also exported as `var`.
 *
 * NaN propagates.
 *
 * @throws {NearfoldError} `empty`; `bad_parameter` if n is not above `ddof`; and those of {@link sum}.
 * @example variance([1, 2, 3, 4], { ddof: 1 }); // 1.6666666666666667
 */
export function variance<V extends Values, O extends VarianceOptions = {}>(values: V, options?: O): Reduced<V, O, number>;
export { variance as var };

/**
 * Returns the standard deviation: the square root of {@link variance}, with its options and errors.
 */
export function std<V extends Values, O extends VarianceOptions = {}>(values: V, options?: O): Reduced<V, O, number>;

/**
 * Returns the smallest element; NaN if there is one; −0 is below +0.
 *
 * @throws {NearfoldError} `empty` and those of {@link sum}.
 */
export function min<V extends Values, O extends ReductionOptions = {}>(values: V, options?: O): Reduced<V, O, ElementOf<V>>;

/**
 * Returns the largest element; NaN if there is one; +0 is above −0.
 *
 * @throws {NearfoldError} `empty` and those of {@link sum}.
 */
export function max<V extends Values, O extends ReductionOptions = {}>(values: V, options?: O): Reduced<V, O, ElementOf<V>>;

/**
 * Returns the position of the first smallest element, or of the first NaN. Always a number.
 *
 * @throws {NearfoldError} `empty` and those of {@link sum}.
 */
export function argmin<V extends Values, O extends ReductionOptions = {}>(values: V, options?: O): Reduced<V, O, number>;

/**
 * Returns the position of the first largest element, or of the first NaN. Always a number.
 *
 * @throws {NearfoldError} `empty` and those of {@link sum}.
 */
export function argmax<V extends Values, O extends ReductionOptions = {}>(values: V, options?: O): Reduced<V, O, number>;

/**
 * Returns the Euclidean norm, √Σ xᵢ². No overflow or underflow on the way.
 *
 * Empty: 0. NaN propagates.
 *
 * @throws {NearfoldError} those of {@link sum}.
 */
export function norm<V extends Values, O extends ReductionOptions = {}>(values: V, options?: O): Reduced<V, O, number>;

/**
 * Returns the inner product Σ aᵢ bᵢ of two arrays of one dtype and one shape: the exact value, rounded once.
 *
 * Empty: +0.
 *
 * @throws {NearfoldError} `shape_mismatch`, `unsupported_dtype`, `bad_parameter`.
 */
export function dot<V extends Values>(a: V, b: Values, options?: DotOptions): SumOf<V>;

/** The options of `dot`. */
export type DotOptions = Pick<ReductionOptions, "exact" | "dtype">;

// ---- the index ----

/** How far two vectors are from each other. The smaller, the nearer. */
export type Metric =
  /** Squared Euclidean distance, Σ (aᵢ − bᵢ)². */
  | "l2sq"
  /** 1 − Σ aᵢ bᵢ. */
  | "ip"
  /** 1 − the cosine of the angle; 1 where a vector is zero. */
  | "cosine";

/** How vectors are kept: 4 bytes a component, or 1. */
export type Storage = "f32" | "i8";

export interface IndexOptions {
  /** Default: `"l2sq"`. */
  metric?: Metric;
  /** Default: `"i8"`. */
  storage?: Storage;
  /** How many links a node keeps, as in the HNSW paper (at most 2 M). Default: 16. */
  M?: number;
  /** How many candidates an insertion looks at. Default: 200. */
  efConstruction?: number;
}

/**
 * Vectors, row by row: flat numbers whose count is a multiple of the dimension, an array of rows,
 * or an {@link NdArray} of shape `(n, dim)` without strides.
 */
export type Vectors =
  | Float32Array
  | Exclude<TypedArray, BigIntTypedArray | Uint8ClampedArray>
  | readonly number[]
  | readonly ArrayLike<number>[]
  | NdArray
  | KernelArray<"float32">;

/** Ids: integers from 0 to 2^53 − 1, or BigInts up to 2^64 − 1. */
export type Ids = readonly (number | bigint)[] | Exclude<TypedArray, BigInt64Array>;

export interface AddOptions<I extends Ids = Ids> {
  /** One id for each vector. Default: the next free ones, from the largest so far. */
  ids?: I;
  /**
   * Called between batches with how many vectors are in and how many there are. Return false, or
   * throw, to stop; what was added stays.
   */
  progress?: (done: number, total: number) => boolean | void;
}

export interface SearchOptions {
  /** How many neighbours. Default: 10. There are fewer if the index holds fewer. */
  k?: number;
  /** How many candidates the walk keeps: more is slower and finds more. Default: the index's own choice. */
  efSearch?: number;
  /** Compare with every vector. Default: false. */
  exact?: boolean;
  /** Whether ids come as numbers (the default) or as BigInts. */
  ids?: "number" | "bigint";
}

/** Ids as `O` asks for them. */
export type IdsOf<O> = O extends { ids: "bigint" } ? BigUint64Array<ArrayBuffer> : Float64Array<ArrayBuffer>;

/** The neighbours of one query, nearest first; equal distances are ordered by id. */
export interface Neighbors<I = Float64Array<ArrayBuffer>> {
  ids: I;
  distances: Float32Array<ArrayBuffer>;
}

/** The neighbours of many queries: row i of `shape` `[n, k]` belongs to query i. */
export interface NeighborsBatch<I = Float64Array<ArrayBuffer>> extends Neighbors<I> {
  shape: [n: number, k: number];
}

/** Bytes, by what they hold. */
export interface IndexMemory {
  vectors: number;
  links: number;
  ids: number;
  total: number;
}

/**
 * A compact index for approximate nearest neighbours.
 *
 * It lives in the kernel's memory: free it with `free()` or `using`. What is forgotten is freed at
 * some time after the garbage collector has found it. The same calls of `add` give the same bytes
 * on every machine.
 *
 * ```js
 * using index = new Index(384, { metric: "cosine" });
 * index.add(vectors);
 * const { ids, distances } = index.search(query, { k: 10 });
 * ```
 */
export class Index {
  /**
   * Makes an empty index for vectors of `dim` components.
   *
   * @throws {NearfoldError} `bad_parameter`, `unknown_name`.
   */
  constructor(dim: number, options?: IndexOptions);

  /**
   * Opens the bytes of an index, whoever made them: this package, the Python package, the command line.
   *
   * Memory: the bytes are in the kernel twice while they are read, unless they lie in a {@link KernelArray}.
   *
   * @throws {NearfoldError} `corrupt`, `unsupported_version`, `out_of_memory`, `detached`.
   */
  static fromBytes(bytes: Uint8Array | ArrayBuffer | KernelArray<"uint8">): Index;

  /** How many components a vector has. */
  readonly dim: number;
  /** How many ids the index holds. */
  readonly length: number;
  /** What the index was made with. */
  readonly params: Required<IndexOptions>;

  /** Returns whether an id is in the index. */
  has(id: number | bigint): boolean;

  /**
   * Returns the vector of an id as the index keeps it: rounded by `i8` storage, of length 1 with
   * the `cosine` metric.
   *
   * @throws {NearfoldError} `id_not_found`.
   */
  vector(id: number | bigint): Float32Array<ArrayBuffer>;

  /** Returns the bytes that the index takes, by part. */
  memory(): IndexMemory;

  /**
   * Adds vectors and returns their ids: as BigInts if BigInts were given. All or nothing: after an error the
   * index is as it was.
   *
   * @throws {NearfoldError} `dimension_mismatch`, `not_finite`, `duplicate_id`, `bad_parameter`,
   *   `shape_mismatch`, `out_of_memory`.
   */
  add<I extends Ids = readonly number[]>(vectors: Vectors, options?: AddOptions<I>): I extends BigUint64Array | readonly bigint[] ? BigUint64Array<ArrayBuffer> : Float64Array<ArrayBuffer>;

  /**
   * Returns the nearest neighbours of one vector.
   *
   * @throws {NearfoldError} `dimension_mismatch`, `not_finite`, `bad_parameter`; `unsafe_integer`
   *   if an id is beyond 2^53 − 1 (ask for `ids: "bigint"`).
   */
  search<O extends SearchOptions = {}>(query: Vectors, options?: O): Neighbors<IdsOf<O>>;

  /** Returns the nearest neighbours of each row of `queries`, with the errors of {@link search}. */
  searchMany<O extends SearchOptions = {}>(queries: Vectors, options?: O): NeighborsBatch<IdsOf<O>>;

  /** Returns the index as a file's bytes. Save them where you like, open them with {@link fromBytes}. */
  toBytes(): Uint8Array<ArrayBuffer>;

  /** Gives the memory back. Later calls throw `freed`; freeing twice is allowed. */
  free(): void;
  [Symbol.dispose](): void;
}
