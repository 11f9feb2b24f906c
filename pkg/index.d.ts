/// <reference lib="esnext.disposable" />
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

/** Where `init` takes the kernel from. `nearfold/nearfold.wasm` is the file, `nearfold/fold.wasm` and `nearfold/near.wasm` those of the halves. */
export type KernelSource = string | URL | Request | Response | ArrayBuffer | ArrayBufferView | CompiledModule;

/** A `WebAssembly.Module`, where TypeScript's libraries know it (`lib` with `DOM` or `WebWorker`). */
export type CompiledModule = typeof globalThis extends { WebAssembly: { Module: { prototype: infer Module } } } ? Module : object;

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
 * | `detached` | the array's buffer was transferred away, or resized to less than the array |
 * | `freed` | the index, array, accumulator or filter was freed |
 * | `busy` | the index is called by a function that it calls: `progress`, a filter's, or a getter of what it is given; or the object was at work when JavaScript's stack ran out, and has to be made anew |
 * | `not_initialized` | `await init()` was forgotten |
 * | `load_failed`, `no_simd` | the kernel cannot start |
 * | `not_found`, `quota_exceeded`, `no_storage` | `nearfold/storage`: nothing has this name, there is no room, nothing can be kept here |
 * | `integrity_mismatch` | what was fetched has another digest |
 * | `closed`, `worker_failed` | `nearfold/worker`: the worker was closed, or it ended by itself |
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
  | "not_found"
  | "quota_exceeded"
  | "no_storage"
  | "integrity_mismatch"
  | "closed"
  | "worker_failed"
  | "poisoned";

// ---- arrays ----

/** The element types, by NumPy's names. */
export type Dtype = FloatDtype | IntegerDtype | BigIntDtype | "bool";
export type FloatDtype = "float64" | "float32" | "float16";
export type IntegerDtype = "int32" | "int16" | "int8" | "uint32" | "uint16" | "uint8";
export type BigIntDtype = "int64" | "uint64";

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
  /** What the elements are, where they have no typed array: `"bool"` over a Uint8Array, `"float16"` over a Uint16Array. */
  dtype?: Dtype;
}

/** What a reduction takes. A plain array of numbers counts as float64. */
export type Values = TypedArray | readonly number[] | NdArray | KernelArray;

/** What a reduction returns where axes remain: elements in C order, and the lengths of the axes. */
export interface ArrayResult<Data extends TypedArray = TypedArray> {
  data: Data;
  shape: number[];
  /**
   * NumPy's dtype of the result. `int64` and `uint64` lie in a BigInt array if the input did, else
   * in a Float64Array, exactly; `float16` lies in a Float32Array, `bool` in a Uint8Array.
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
   * when the kernel's memory grows, older views are detached (their length becomes 0). To fold or to search it, give
   * the array itself: a call that copies a view may make memory grow, and refuses it as detached then.
   *
   * `bool` is viewed as bytes, `float16` as the bits of its numbers.
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
}
export type ViewOf<D extends Dtype> = Views[D];

// ---- reductions ----

/** The options of every reduction. */
export interface ReductionOptions {
  /** Which axis or axes to reduce over; negative ones count from the last. Default: all of them. */
  axis?: number | readonly number[] | undefined;
  /** Whether reduced axes stay, with length 1. Default: false. */
  keepdims?: boolean | undefined;
  /** The dtype of the result, where NumPy lets one choose. */
  dtype?: Dtype | undefined;
  /** Only elements where this is true count. Broadcast to the shape of the values. */
  where?: readonly boolean[] | Uint8Array | NdArray | undefined;
}

/** The options of `sum`, `prod`, `min`, `max` and their `nan` twins. */
export interface InitialOptions extends ReductionOptions {
  /** One more element, with which each result begins; a fraction is cut off for integers. With it nothing has a minimum. */
  initial?: number | bigint | undefined;
}

/** The options of `variance` and `std`. */
export interface VarianceOptions extends ReductionOptions {
  /**
   * What is taken from n in the divisor. **Default: 0**, the population's variance, as in NumPy. 1 gives the sample's
   * variance, which d3-array, `sampleVariance` of simple-statistics, R and spreadsheets give by default.
   */
  ddof?: number | undefined;
}

/** The options of quantiles. */
export interface QuantileOptions extends ReductionOptions {
  /** How a quantile between two elements is found. Default: `"linear"`. */
  method?:
    | "inverted_cdf"
    | "averaged_inverted_cdf"
    | "closest_observation"
    | "interpolated_inverted_cdf"
    | "hazen"
    | "weibull"
    | "linear"
    | "median_unbiased"
    | "normal_unbiased"
    | "lower"
    | "higher"
    | "midpoint"
    | "nearest";
  /**
   * How many elements each one stands for, with the method `"inverted_cdf"`: of the shape of the values, or one for each
   * step along the one `axis`. Not together with `where`: a weight of 0 leaves an element out.
   */
  weights?: Values | undefined;
}

interface NormOnly {
  /** 2 (the default), 1 for Σ|x|, 0 for the count of what is not 0, Infinity for max |x|, −Infinity for min |x|. */
  ord?: number | undefined;
}
export interface NormOptions extends ReductionOptions, NormOnly {}

interface SkewOnly {
  /** Whether the value is left as it is (true, the default) or corrected for the sample's size. */
  bias?: boolean | undefined;
}
interface KurtosisOnly {
  /** Whether the normal distribution has 0 (true, the default) or 3. */
  fisher?: boolean | undefined;
}
interface MomentsOnly {
  /** How many moments: 1 to 4, the default. */
  order?: number | undefined;
}
export interface SkewOptions extends ReductionOptions, SkewOnly {}
export interface KurtosisOptions extends ReductionOptions, SkewOnly, KurtosisOnly {}
export interface MomentsOptions extends ReductionOptions, MomentsOnly {}

/** The options of `vecdot` and `cosine`. */
export type PairOptions = Omit<ReductionOptions, "where">;

/** The options of `average`. */
export interface AverageOptions extends PairOptions {
  /** As many as there are values, or one for each step along the one `axis`. */
  weights?: Values | undefined;
}

type BigIntValues = BigIntTypedArray | { data: BigIntTypedArray } | KernelArray<BigIntDtype>;
type BooleanValues = { dtype: "bool" };
type Shaped = { data: unknown };

/** The type of an element of `V`. */
export type ElementOf<V> = V extends BigIntValues ? bigint : V extends BooleanValues ? boolean : NumberOf<V>;
/** An array of which the type of its elements is not known may be of BigInts. */
type NumberOf<V> = [V extends { data: infer Data } ? Extract<Data, BigIntTypedArray> : V extends KernelArray<infer D> ? Extract<D, BigIntDtype> : never] extends [never] ? number : number | bigint;
/** The type of a sum over `V`. */
export type SumOf<V, O = {}> = V extends BigIntValues ? SumOfDtype<OptionOf<O, "dtype">> : NumberOf<V>;
type SumOfDtype<Dtype> = Dtype extends `float${string}` ? number : bigint;

/** What a product of two arrays comes to: a BigInt of BigInts, a number of numbers, of one of each either. */
export type ProductOf<A, B> = A extends BigIntValues ? (B extends BigIntValues ? bigint : bigint | number) : B extends BigIntValues ? bigint | number : number;

/** What options say of a name: its type, with `undefined` where it may be missing. */
export type OptionOf<O, Name extends string> = Name extends keyof O ? O[Name] : undefined;

/** One value, or an array where `O` leaves axes. With an `axis` of {@link NdArray}s it is either, by their shape. */
export type Reduced<V, O, One> = ReducedOf<OptionOf<O, "keepdims">, V, O, One>;
type ReducedOf<Keepdims, V, O, One> = Keepdims extends true ? ArrayResult : OptionOf<O, "axis"> extends undefined ? One : V extends Shaped ? One | ArrayResult : One;

/** Quantiles: an array if several are asked for. */
export type Quantiled<V, Q, O> = Q extends number ? Reduced<V, O, number> : ArrayResult;

// Errors that any of these may throw: `axis_out_of_range`, `shape_mismatch`, `bad_parameter`,
// `unsupported_dtype`, `unknown_name`, `detached`, `freed`, `out_of_memory`. Each names its own beside.
//
// Cost: O(n). A KernelArray is read in place. A typed array or an array of numbers is read through
// 64 kB of the kernel's memory where all of it is reduced, and copied once otherwise.

/**
 * Returns the sum of the exact values, rounded once.
 *
 * Empty: +0. NaN and infinities as IEEE 754 has it. The sum of integers is an integer, of booleans
 * their count. BigInts add up modulo 2^64, as NumPy's int64.
 *
 * @throws {NearfoldError} `unsafe_integer` if an integer sum is beyond 2^53 − 1 and the input was no BigInt array.
 * @example sum([0.1, 0.2, -0.3]); // 2.7755575615628914e-17: the exact sum of these doubles
 */
export function sum<V extends Values, O extends InitialOptions = {}>(values: V, options?: O): Reduced<V, O, SumOf<V, O>>;

/**
 * Returns the arithmetic mean: the exact sum over n, rounded once. NaN propagates.
 *
 * @throws {NearfoldError} `empty`.
 */
export function mean<V extends Values, O extends ReductionOptions = {}>(values: V, options?: O): Reduced<V, O, number>;

/**
 * Returns the product, without overflow or underflow on the way. Empty: 1. Of integers modulo 2^64, before it is
 * seen whether it is a safe one: `dtype: "float64"` gives the nearest double however large.
 *
 * @throws {NearfoldError} `unsafe_integer`.
 */
export function prod<V extends Values, O extends InitialOptions = {}>(values: V, options?: O): Reduced<V, O, SumOf<V, O>>;

/**
 * Returns the variance, correctly rounded. It divides by `n - ddof`, and **`ddof` is 0 by default, as in NumPy: coming
 * from d3, R or a spreadsheet, pass `{ ddof: 1 }`**. Also exported as `var`. NaN propagates.
 *
 * @throws {NearfoldError} `empty`; `bad_parameter` if n is not above `ddof`.
 * @example variance([1, 2, 3, 4], { ddof: 1 }); // 1.6666666666666667
 */
export function variance<V extends Values, O extends VarianceOptions = {}>(values: V, options?: O): Reduced<V, O, number>;
export { variance as var };

/**
 * Returns the standard deviation: the root of the exact variance, correctly rounded. **`ddof` is 0 by default**, as in
 * {@link variance}, whose options and errors it has.
 *
 * @example std([1, 2, 3, 4], { ddof: 1 }); // 1.2909944487358056, as d3.deviation
 */
export function std<V extends Values, O extends VarianceOptions = {}>(values: V, options?: O): Reduced<V, O, number>;

/**
 * Returns the smallest element; NaN if there is one; −0 is below +0.
 *
 * @throws {NearfoldError} `empty`.
 */
export function min<V extends Values, O extends InitialOptions = {}>(values: V, options?: O): Reduced<V, O, ElementOf<V>>;

/**
 * Returns the largest element; NaN if there is one; −0 is below +0.
 *
 * @throws {NearfoldError} `empty`.
 */
export function max<V extends Values, O extends InitialOptions = {}>(values: V, options?: O): Reduced<V, O, ElementOf<V>>;

/**
 * Returns the smallest and the largest element: `data` is `[min, max]`; where axes remain, the first axis has length 2.
 *
 * @throws {NearfoldError} `empty`.
 */
export function minmax<V extends Values, O extends ReductionOptions = {}>(values: V, options?: O): Reduced<V, O, ArrayResult>;

/**
 * Returns the difference of the largest and the smallest element ("peak to peak"). It has the elements' type, in which
 * integers wrap round, as NumPy's: that of -128 and 127 as int8 is -1.
 *
 * @throws {NearfoldError} `empty`.
 */
export function ptp<V extends Values, O extends ReductionOptions = {}>(values: V, options?: O): Reduced<V, O, ElementOf<V>>;

/**
 * Returns the position of the first smallest element, or of the first NaN: always a number.
 *
 * @throws {NearfoldError} `empty`; `bad_parameter` with `where`.
 */
export function argmin<V extends Values, O extends ReductionOptions = {}>(values: V, options?: O): Reduced<V, O, number>;

/**
 * Returns the position of the first largest element, or of the first NaN: always a number.
 *
 * @throws {NearfoldError} `empty`; `bad_parameter` with `where`.
 */
export function argmax<V extends Values, O extends ReductionOptions = {}>(values: V, options?: O): Reduced<V, O, number>;

/**
 * Returns a norm, correctly rounded: the Euclidean one, √Σ xᵢ², unless `ord` says otherwise. NaN propagates.
 *
 * Empty: 0.
 */
export function norm<V extends Values, O extends NormOptions = {}>(values: V, options?: O): Reduced<V, O, number>;

/**
 * Returns whether any element is not zero; NaN counts as true. Empty: false.
 */
export function any<V extends Values, O extends ReductionOptions = {}>(values: V, options?: O): Reduced<V, O, boolean>;

/**
 * Returns whether all elements are not zero; NaN counts as true. Empty: true.
 */
export function all<V extends Values, O extends ReductionOptions = {}>(values: V, options?: O): Reduced<V, O, boolean>;

/** Returns how many elements are not NaN: always a number. */
export function count<V extends Values, O extends ReductionOptions = {}>(values: V, options?: O): Reduced<V, O, number>;

/**
 * Returns how many elements are not zero: always a number.
 */
export function countNonzero<V extends Values, O extends ReductionOptions = {}>(values: V, options?: O): Reduced<V, O, number>;

/**
 * Returns the median: the middle element, or the mean of the two in the middle. NaN propagates.
 *
 * Keeps a copy of the values while it works.
 *
 * @throws {NearfoldError} `empty`.
 */
export function median<V extends Values, O extends ReductionOptions = {}>(values: V, options?: O): Reduced<V, O, number>;

/**
 * Returns quantiles, by one of NumPy's 13 methods. With an array `q` the first axis of the result is that of `q`.
 *
 * Keeps a copy of the values while it works. NaN propagates.
 *
 * @param q From 0 to 1; {@link percentile} counts from 0 to 100.
 * @throws {NearfoldError} `empty`; `bad_parameter` if `q` is out of its range.
 * @example quantile([1, 2, 3, 4], [0.25, 0.5]).data; // Float64Array [1.75, 2.5]
 */
export function quantile<V extends Values, Q extends number | readonly number[] | Float64Array | Float32Array, O extends QuantileOptions = {}>(values: V, q: Q, options?: O): Quantiled<V, Q, O>;

/** Returns percentiles: {@link quantile} with `q` from 0 to 100. */
export function percentile<V extends Values, Q extends number | readonly number[] | Float64Array | Float32Array, O extends QuantileOptions = {}>(values: V, q: Q, options?: O): Quantiled<V, Q, O>;

/**
 * Returns the skewness m₃ / m₂^1.5, correctly rounded; NaN if all elements are equal.
 *
 * @throws {NearfoldError} `empty`.
 */
export function skew<V extends Values, O extends SkewOptions = {}>(values: V, options?: O): Reduced<V, O, number>;

/**
 * Returns the kurtosis m₄ / m₂² − 3, correctly rounded; NaN if all elements are equal.
 *
 * @throws {NearfoldError} `empty`.
 */
export function kurtosis<V extends Values, O extends KurtosisOptions = {}>(values: V, options?: O): Reduced<V, O, number>;

/**
 * Returns the mean and the central moments m₂, m₃, m₄, each correctly rounded, along a new first axis.
 *
 * @throws {NearfoldError} `empty`.
 */
export function moments<V extends Values, O extends MomentsOptions = {}>(values: V, options?: O): Reduced<V, O, ArrayResult>;

/** Returns {@link sum} of what is not NaN. */
export function nansum<V extends Values, O extends InitialOptions = {}>(values: V, options?: O): Reduced<V, O, SumOf<V, O>>;

/** Returns {@link mean} of what is not NaN. */
export function nanmean<V extends Values, O extends ReductionOptions = {}>(values: V, options?: O): Reduced<V, O, number>;

/** Returns {@link prod} of what is not NaN. */
export function nanprod<V extends Values, O extends InitialOptions = {}>(values: V, options?: O): Reduced<V, O, SumOf<V, O>>;

/** Returns {@link variance} of what is not NaN. */
export function nanvar<V extends Values, O extends VarianceOptions = {}>(values: V, options?: O): Reduced<V, O, number>;

/** Returns {@link std} of what is not NaN. */
export function nanstd<V extends Values, O extends VarianceOptions = {}>(values: V, options?: O): Reduced<V, O, number>;

/** Returns {@link min} of what is not NaN. */
export function nanmin<V extends Values, O extends InitialOptions = {}>(values: V, options?: O): Reduced<V, O, ElementOf<V>>;

/** Returns {@link max} of what is not NaN. */
export function nanmax<V extends Values, O extends InitialOptions = {}>(values: V, options?: O): Reduced<V, O, ElementOf<V>>;

/** Returns {@link minmax} of what is not NaN. */
export function nanminmax<V extends Values, O extends ReductionOptions = {}>(values: V, options?: O): Reduced<V, O, ArrayResult>;

/** Returns {@link median} of what is not NaN. */
export function nanmedian<V extends Values, O extends ReductionOptions = {}>(values: V, options?: O): Reduced<V, O, number>;

/**
 * Returns {@link argmin} of what is not NaN.
 *
 * @throws {NearfoldError} `empty`, `all_nan`.
 */
export function nanargmin<V extends Values, O extends ReductionOptions = {}>(values: V, options?: O): Reduced<V, O, number>;

/**
 * Returns {@link argmax} of what is not NaN.
 *
 * @throws {NearfoldError} `empty`, `all_nan`.
 */
export function nanargmax<V extends Values, O extends ReductionOptions = {}>(values: V, options?: O): Reduced<V, O, number>;

/** Returns {@link skew} of what is not NaN. */
export function nanskew<V extends Values, O extends SkewOptions = {}>(values: V, options?: O): Reduced<V, O, number>;

/** Returns {@link kurtosis} of what is not NaN. */
export function nankurtosis<V extends Values, O extends KurtosisOptions = {}>(values: V, options?: O): Reduced<V, O, number>;

/** Returns {@link moments} of what is not NaN. */
export function nanmoments<V extends Values, O extends MomentsOptions = {}>(values: V, options?: O): Reduced<V, O, ArrayResult>;

/** Returns {@link quantile} of what is not NaN. */
export function nanquantile<V extends Values, Q extends number | readonly number[] | Float64Array | Float32Array, O extends QuantileOptions = {}>(values: V, q: Q, options?: O): Quantiled<V, Q, O>;

/** Returns {@link percentile} of what is not NaN. */
export function nanpercentile<V extends Values, Q extends number | readonly number[] | Float64Array | Float32Array, O extends QuantileOptions = {}>(values: V, q: Q, options?: O): Quantiled<V, Q, O>;

/**
 * Returns the inner product Σ aᵢ bᵢ of two arrays of one dimension and equal length: the exact value, rounded once.
 *
 * Empty: +0. Products that overflow or underflow are exact until the sum is rounded; of integers the sum is taken modulo 2^64.
 *
 * @throws {NearfoldError} `shape_mismatch`, `unsafe_integer`.
 */
export function dot<A extends Values, B extends Values>(a: A, b: B, options?: Pick<ReductionOptions, "dtype">): ProductOf<A, B>;

/** Returns the inner products along an axis, the last by default; shapes broadcast. Otherwise as {@link dot}. */
export function vecdot<A extends Values, B extends Values>(a: A, b: B, options?: PairOptions): ProductOf<A, B> | ArrayResult;

/** Returns the cosine of the angle, Σxy / √(Σx² Σy²), correctly rounded, along an axis, the last by default. NaN if either is zero. */
export function cosine(a: Values, b: Values, options?: PairOptions): number | ArrayResult;

/**
 * Returns the weighted mean Σwx / Σw, correctly rounded; {@link mean} without weights.
 *
 * @throws {NearfoldError} `empty`; `bad_parameter` if the weights sum up to 0; `shape_mismatch`.
 */
export function average<V extends Values, O extends AverageOptions = {}>(values: V, options?: O): Reduced<V, O, number>;

/**
 * Returns the covariance of rows, (nΣxy − ΣxΣy) / (n (n − ddof)), correctly rounded: a number for values of one
 * dimension, a matrix for rows. `ddof` is 1 by default here, as in NumPy.
 *
 * @throws {NearfoldError} `empty`, `shape_mismatch`; `bad_parameter` if n is not above `ddof`.
 */
export function cov(values: Values, options?: { other?: Values; ddof?: number }): number | ArrayResult;

/** Returns Pearson's correlations of rows, correctly rounded. NaN where a row is constant. */
export function corrcoef(values: Values, options?: { other?: Values }): number | ArrayResult;

/** The options of running minima and maxima. */
export interface ScanOptions {
  /** The axis to run along. Default: all elements in C order, as one dimension. */
  axis?: number | undefined;
}

/** The options of running sums and products. */
export interface CumulativeOptions extends ScanOptions {
  /** A float dtype for the result. */
  dtype?: Dtype | undefined;
  /** Whether the result begins with 0, or 1 for products, and so is one longer. Default: false. */
  includeInitial?: boolean | undefined;
}

/**
 * Returns the running sums, each with an error of about one rounding; 64-bit integers wrap round.
 *
 * @throws {NearfoldError} `axis_out_of_range`, `unsupported_dtype`, `unsafe_integer`.
 * @example cumsum([1, 2, 3]).data; // Float64Array [1, 3, 6]
 */
export function cumsum(values: Values, options?: CumulativeOptions): ArrayResult;

/** Returns the running products, rounded at each step; otherwise as {@link cumsum}. */
export function cumprod(values: Values, options?: CumulativeOptions): ArrayResult;

/** Returns the running minima; NaN from the first NaN on; −0 is below +0. */
export function cummin(values: Values, options?: ScanOptions): ArrayResult;

/** Returns the running maxima; NaN from the first NaN on; −0 is below +0. */
export function cummax(values: Values, options?: ScanOptions): ArrayResult;

/** The options of {@link histogram}. */
export interface HistogramOptions {
  /** How many bins of equal width (default: 10), NumPy's rule for their number, or the edges, which do not fall. */
  bins?: number | "auto" | "fd" | "doane" | "scott" | "stone" | "rice" | "sturges" | "sqrt" | TypedArray | readonly number[] | KernelArray | undefined;
  /** Where the first bin begins and the last one ends. Default: the smallest and the largest element. */
  range?: readonly [low: number, high: number] | undefined;
  /** Whether counts are divided by the width of the bin and by the count of all. Default: false. */
  density?: boolean | undefined;
  /** What each element counts, in the shape of the values. Default: 1. */
  weights?: Values | undefined;
}

/**
 * Returns how many elements fall into each bin, and the edges of the bins, one more than there are bins.
 *
 * A bin holds its left edge; the last one its right edge too. Of nothing: zeros over 0 to 1. NaN is left out
 * where `range` or edges are given. BigInts are compared with edges exactly; for bins of equal width those beyond 2^53
 * are rounded to doubles first.
 *
 * @throws {NearfoldError} `bad_parameter` if there is no finite range, or edges fall; `unknown_name`,
 *   `shape_mismatch`.
 * @example histogram([1, 2, 2, 4], { bins: 3 }).counts.data; // Float64Array [1, 2, 1]
 */
export function histogram(values: Values, options?: HistogramOptions): { counts: ArrayResult; edges: ArrayResult };

/**
 * Returns how often each of 0, 1, 2, … occurs; with `weights` their exact sums instead.
 *
 * @param values Integers in one dimension, none negative.
 * @throws {NearfoldError} `bad_parameter`, `unsupported_dtype`, `shape_mismatch`, `out_of_memory`.
 */
export function bincount(values: Values, options?: { weights?: Values; minlength?: number }): ArrayResult;

/**
 * Returns for each element which bin it belongs to: `bins[i - 1] <= x < bins[i]`, or with `right`
 * `bins[i - 1] < x <= bins[i]`. 0 is below all bins, `bins.length` above, of falling bins
 * the other way round; NaN is above. BigInts are compared exactly.
 *
 * @param bins Edges that only rise or only fall.
 * @throws {NearfoldError} `bad_parameter`, `unsupported_dtype`.
 */
export function digitize(values: Values, bins: TypedArray | readonly number[] | KernelArray, options?: { right?: boolean }): ArrayResult;

/** The options of {@link group}: those of the reduction, and how many groups there are. */
export interface GroupOptions extends Pick<VarianceOptions, "dtype" | "ddof">, Pick<InitialOptions, "initial">, Pick<QuantileOptions, "method">, NormOnly, KurtosisOnly, SkewOnly, MomentsOnly {
  /** Default: one more than the largest code. */
  groups?: number | undefined;
  /** Default: the median's. */
  q?: number | readonly number[] | undefined;
}

/**
 * Returns the reduction of each group: of the elements with code 0, with code 1, and so on. The bits are those
 * of the group alone. Negative codes leave their elements out; a group of nothing gives 0 for sums, NaN for means.
 *
 * @param op The name of a reduction: `"sum"`, `"variance"`, `"quantile"`, …
 * @param codes One integer for each value.
 * @throws {NearfoldError} `unknown_name`, `shape_mismatch`, `unsupported_dtype`; `bad_parameter` for a code that
 *   is not below `groups`; `empty` for the smallest of a group of nothing.
 * @example group("sum", [10, 20, 30], [0, 1, 0]).data; // Float64Array [40, 20]
 */
export function group(op: string, values: Values, codes: Values, options?: GroupOptions): ArrayResult;

/** The options of {@link describe}. */
export interface DescribeOptions extends Omit<VarianceOptions, "dtype">, SkewOnly, KurtosisOnly {}

/** What {@link describe} returns: each as the reduction of its name gives it. */
export interface Description<V = Values, O = {}> {
  count: Reduced<V, O, number>;
  mean: Reduced<V, O, number>;
  std: Reduced<V, O, number>;
  min: Reduced<V, O, ElementOf<V>>;
  "25%": Reduced<V, O, number>;
  "50%": Reduced<V, O, number>;
  "75%": Reduced<V, O, number>;
  max: Reduced<V, O, ElementOf<V>>;
  skew: Reduced<V, O, number>;
  kurtosis: Reduced<V, O, number>;
}

/**
 * Returns the usual figures of what is not NaN: how many, mean, standard deviation (`ddof` 0), extremes,
 * quartiles, skewness and kurtosis.
 *
 * @throws {NearfoldError} `empty`, and `bad_parameter` if the count is not above `ddof`.
 */
export function describe<V extends Values, O extends DescribeOptions = {}>(values: V, options?: O): Description<V, O>;

/**
 * A reduction of a stream that comes in pieces, or in several workers. Any split gives the same
 * bits as one call on the whole: nothing is rounded before `result`.
 *
 * ```js
 * const left = new Accumulator("sum");
 * left.push([1e16, 1]);
 * const right = new Accumulator("sum").push([-1e16]);
 * left.merge(Accumulator.fromBytes(right.toBytes())).result(); // 1
 * ```
 */
export class Accumulator {
  /**
   * @param op The name of a reduction of one array: `"sum"`, `"variance"`, `"nanquantile"`, …
   * @param options Those of the reduction, without `axis`, `keepdims` and `where`; and `of`: the
   *   dtype of the elements that will come, by default `"float64"`.
   * @throws {NearfoldError} `unknown_name`, `bad_parameter`, `unsupported_dtype`.
   */
  constructor(op: string, options?: AccumulatorOptions);
  /** Reads what {@link toBytes} wrote. */
  static fromBytes(bytes: Uint8Array | KernelArray<"uint8">): Accumulator;
  /** The name of the reduction. */
  readonly op: string;
  /** The dtype of the elements that it takes. */
  readonly dtype: Dtype;
  /** How many elements came. */
  readonly count: number;
  /**
   * Adds all elements. Returns the accumulator.
   *
   * @throws {NearfoldError} `unsupported_dtype` if they are not of its dtype.
   */
  push(values: Values): this;
  /**
   * Adds what came to another accumulator, after what came to this one. Returns the accumulator.
   *
   * @throws {NearfoldError} `bad_parameter` if the other has another reduction, dtype or options.
   */
  merge(other: Accumulator): this;
  /** Returns the reduction of all that came so far, with the errors of the function of that name. */
  result(): number | bigint | boolean | ArrayResult;
  /** Returns the state as bytes, which every nearfold reads. */
  toBytes(): Uint8Array<ArrayBuffer>;
  /** Gives the memory back. Later calls throw `freed`; freeing twice is allowed. */
  free(): void;
  [Symbol.dispose](): void;
}

/** What an {@link Accumulator} is made with. */
export interface AccumulatorOptions extends Pick<VarianceOptions, "dtype" | "ddof">, Pick<InitialOptions, "initial">, Pick<QuantileOptions, "method">, NormOnly, KurtosisOnly, SkewOnly, MomentsOnly {
  of?: Dtype | undefined;
  /** Default: the median's. */
  q?: number | readonly number[] | undefined;
}

/** What a {@link Sum}, {@link Moments} or {@link MinMax} is made with: the dtype of the elements that will come, by default `"float64"`. */
export interface StateOptions {
  of?: Dtype | undefined;
}

/** The sum of a stream, as {@link sum} of the whole: the `Accumulator` of `"sum"`. */
export class Sum extends Accumulator {
  /** @throws {NearfoldError} `unknown_name`, `bad_parameter`. */
  constructor(options?: StateOptions);
  static fromBytes(bytes: Uint8Array | KernelArray<"uint8">): Sum;
  merge(other: Sum): this;
  result(): number | bigint;
}

/** The smallest and the largest element of a stream, as {@link minmax} of the whole: the `Accumulator` of `"minmax"`. */
export class MinMax extends Accumulator {
  /** @throws {NearfoldError} `unknown_name`, `bad_parameter`. */
  constructor(options?: StateOptions);
  static fromBytes(bytes: Uint8Array | KernelArray<"uint8">): MinMax;
  merge(other: MinMax): this;
  /** Returns `[min, max]` as an array. */
  result(): ArrayResult;
}

/**
 * The exact sums of the first four powers of a stream: each figure has the bits of the function of its name, called on
 * the whole, however the stream was cut and merged. It costs many times what a sum does.
 */
export class Moments extends Accumulator {
  /** @throws {NearfoldError} `unknown_name`, `bad_parameter`. */
  constructor(options?: StateOptions);
  static fromBytes(bytes: Uint8Array | KernelArray<"uint8">): Moments;
  merge(other: Moments): this;
  /** Returns the mean and the central moments m₂, m₃, m₄, as {@link moments}. */
  result(): ArrayResult;
  mean(): number;
  variance(options?: Pick<VarianceOptions, "ddof">): number;
  std(options?: Pick<VarianceOptions, "ddof">): number;
  skew(options?: SkewOnly): number;
  kurtosis(options?: SkewOnly & KurtosisOnly): number;
}

/**
 * The covariances of variables whose observations come in pieces, as {@link cov}: any split and any
 * order of merging gives the same bits.
 */
export class Cov {
  /**
   * @param variables How many rows a piece has: 1 to 2048.
   * @throws {NearfoldError} `bad_parameter`.
   */
  constructor(variables: number);
  /** Reads what {@link toBytes} wrote. */
  static fromBytes(bytes: Uint8Array | KernelArray<"uint8">): Cov;
  readonly variables: number;
  /** How many observations came. */
  readonly count: number;
  /**
   * Adds observations, `(variables, n)`, or `(n)` of one variable. Returns the state.
   *
   * @throws {NearfoldError} `shape_mismatch`.
   */
  push(values: Values): this;
  /** Adds what came to another state of as many variables. Returns the state. */
  merge(other: Cov): this;
  /** Returns the covariances, `(variables, variables)`; `ddof` is 1 by default. */
  result(options?: { ddof?: number }): ArrayResult;
  /** Returns Pearson's correlations, `(variables, variables)`. */
  corrcoef(): ArrayResult;
  /** Returns the state as bytes, which every nearfold reads. */
  toBytes(): Uint8Array<ArrayBuffer>;
  /** Gives the memory back. Later calls throw `freed`; freeing twice is allowed. */
  free(): void;
  [Symbol.dispose](): void;
}

/** The counts of bins over a stream, as {@link histogram} with these edges. */
export class Histogram {
  /**
   * @param bins How many bins of equal width over `range`, or the edges.
   * @throws {NearfoldError} `bad_parameter`.
   */
  constructor(bins: number, options: { range: readonly [number, number] });
  constructor(bins: readonly number[] | TypedArray | KernelArray);
  /** Reads what {@link toBytes} wrote. */
  static fromBytes(bytes: Uint8Array | KernelArray<"uint8">): Histogram;
  /** How many elements came, inside or not. */
  readonly count: number;
  /** How many lay below the first edge. */
  readonly below: number;
  /** How many lay above the last edge. */
  readonly above: number;
  /** How many were NaN. */
  readonly nan: number;
  /**
   * Counts all elements, or adds their weights to their bins: in the exact sums an element without one counts 1. Returns the state.
   *
   * @throws {NearfoldError} `shape_mismatch` unless there is one weight for each.
   */
  push(values: Values, options?: { weights?: Values }): this;
  /** Adds what came to another state with the same edges. Returns the state. */
  merge(other: Histogram): this;
  /** Returns the counts (with weights their sums, float64) and the edges. */
  result(): { counts: ArrayResult; edges: ArrayResult };
  /** Returns the state as bytes, which every nearfold reads. */
  toBytes(): Uint8Array<ArrayBuffer>;
  /** Gives the memory back. Later calls throw `freed`; freeing twice is allowed. */
  free(): void;
  [Symbol.dispose](): void;
}

/**
 * The quantiles of a stream. Up to `limit` elements the bits of {@link quantile}; beyond, a KLL sketch
 * (Karnin, Lang, Liberty 2016) of no more memory, the same for the same pushes and merges.
 */
export class Quantiles {
  /**
   * @param options `limit`: how many elements are kept, 8 bytes each, 4096 to 2 ** 27; default 65536.
   * @throws {NearfoldError} `bad_parameter`.
   */
  constructor(options?: { limit?: number });
  /** Reads what {@link toBytes} wrote. */
  static fromBytes(bytes: Uint8Array | KernelArray<"uint8">): Quantiles;
  readonly limit: number;
  /** How many elements came. */
  readonly count: number;
  /** Whether every element is still there. */
  readonly isExact: boolean;
  /** How far, as a share of all, the rank of a result may be from `q`, with a probability of 99 %. */
  readonly rankError: number;
  /** Adds all elements. Returns the state. */
  push(values: Values): this;
  /** Adds what came to another state with the same limit. Returns the state. */
  merge(other: Quantiles): this;
  /**
   * Returns the quantiles `q` (default 0.5), by `method` while `isExact`; NaN if one came.
   *
   * @throws {NearfoldError} `empty`, `bad_parameter`, `unknown_name`.
   */
  result(q?: number, options?: Pick<QuantileOptions, "method">): number;
  result(q: readonly number[] | Float64Array, options?: Pick<QuantileOptions, "method">): ArrayResult;
  /** Returns the state as bytes, which every nearfold reads. */
  toBytes(): Uint8Array<ArrayBuffer>;
  /** Gives the memory back. Later calls throw `freed`; freeing twice is allowed. */
  free(): void;
  [Symbol.dispose](): void;
}

// ---- the index ----

/** How far two vectors are from each other. The smaller, the nearer. */
export type Metric =
  /** Squared Euclidean distance, Σ (aᵢ − bᵢ)². */
  | "l2sq"
  /** 1 − Σ aᵢ bᵢ. */
  | "ip"
  /** 1 − the cosine of the angle; 1 where a vector is zero. */
  | "cosine";

/** How vectors are kept: 4, 2, 1 or half a byte a component, or 1 bit. Distances are those of the vectors as kept, unless `rerank` keeps finer ones. */
export type Storage = "f32" | "f16" | "i8" | "i4" | "b1";

/** What an index can be asked for: a storage, or the smallest that keeps 0.99 of the true neighbours. */
export type AskedStorage = "auto" | Storage;

export interface IndexOptions {
  /** Default: `"l2sq"`. */
  metric?: Metric;
  /** Default: `"auto"`; {@link Index.health} says what it became. Below 2,048 distinct vectors they are kept as they come. */
  storage?: AskedStorage;
  /**
   * A second, finer copy of the vectors, which gives the final candidates their distances and is what `vector` returns.
   * `"b1"` needs one for results that are more than a guess. Default: `"none"`.
   */
  rerank?: "f32" | "f16" | "i8" | "i4" | "none";
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

/** An id: an integer from 0 to 2^53 − 1, a BigInt up to 2^64 − 2, or a string of 1 to 65,535 bytes in UTF-8 (without lone surrogates). */
export type Id = number | bigint | string;

/** Ids: all integers, or all strings. The first that come to an empty index decide which of them it holds. */
export type Ids = readonly (number | bigint)[] | readonly string[] | Exclude<TypedArray, BigInt64Array>;

/** What a column holds; the plurals are of lists. */
export type ColumnType = "int" | "float" | "string" | "bool" | "datetime" | "ints" | "floats" | "strings" | "json";

/** What JSON has. */
export type JsonValue = number | bigint | string | boolean | null | readonly JsonValue[] | { readonly [name: string]: JsonValue };

/**
 * A value of a column. An integer that is not exact as a number is a BigInt. A time is a `Date`, in which what it has
 * beyond milliseconds, when it came from elsewhere, is not seen.
 */
export type ColumnValue = number | bigint | string | boolean | Date | readonly JsonValue[] | { readonly [name: string]: JsonValue };

/** The columns of an index by their names, for `Index<{ year: number; lang: string }>`. */
export type ColumnValues = Record<string, ColumnValue>;

/**
 * Values for some vectors or ids, column by column, in their order; `null`, `undefined` or NaN where one is missing.
 * Whole numbers make a column of `int`, unless they come in a Float64Array or Float32Array, beside NaN, or beyond 2^53 − 1; it becomes
 * one of `float` when another number comes, if none is beyond 2^53. Arrays of strings or numbers (tags) make one of lists, objects
 * one of JSON. A column of times takes texts of ISO 8601 too; without an offset they are UTC.
 */
export type Columns<C extends object = ColumnValues> = {
  [K in keyof C]?: readonly (C[K] | null | undefined)[] | (C[K] extends number | bigint ? TypedArray : never);
};

/** What one test compares with: a value, an element of a list, a `Date` or its text. */
type Operand<V> = V extends readonly (infer E)[] ? E : V extends Date ? Date | string : V;

/**
 * What may be asked of a value; all that is asked must hold. A missing value passes `exists: false` only. Of a list a range, and
 * `prefix`, is asked of each element: one that is in it is enough. JSON is not filtered, but for `exists`.
 */
export interface ColumnTests<T, V = Operand<T>> {
  eq?: V;
  /** It is there, and differs. */
  ne?: V;
  in?: readonly V[] | ReadonlySet<V>;
  gt?: V;
  gte?: V;
  lt?: V;
  lte?: V;
  /** Both ends are included. */
  between?: readonly [least: V, most: V];
  exists?: boolean;
  /** It is a text, or a list with a text, that begins so. */
  prefix?: string;
  /** It is a text with this text in it, or a list with this value. */
  contains?: V;
  /** It is a list with one of these values. */
  any?: readonly V[] | ReadonlySet<V>;
}

/**
 * Which values the columns must have: a value, or tests, by the name of the column. All must hold.
 *
 * ```js
 * index.search(query, { filter: { year: { gte: 2000, lt: 2010 }, lang: { in: ["en", "de"] } } });
 * index.search(query, { filter: { or: [{ year: 1999 }, { not: { lang: "en" } }] } });
 * ```
 */
export type Where<C extends object = ColumnValues> = string extends keyof C
  ? { readonly [name: string]: number | bigint | string | boolean | Date | ColumnTests<any> | Where<C> | readonly Where<C>[] }
  : { readonly [K in keyof C]?: Operand<C[K]> | ColumnTests<C[K]> } & {
      readonly and?: readonly Where<C>[];
      readonly or?: readonly Where<C>[];
      readonly not?: Where<C>;
    };

/** Which columns a search returns: of these names, or all. */
export type Wanted<C extends object = ColumnValues> = boolean | readonly (keyof C & string)[];

/** What a search found, with the values of the columns that were asked for: one for each id. */
export type WithColumns<F, C extends object, W> = [W] extends [false]
  ? F
  : F & { columns: { [K in W extends readonly (infer N extends keyof C)[] ? N : keyof C]: (C[K] | null)[] } };

export interface AddOptions<I extends Ids = Ids, C extends object = ColumnValues> {
  /**
   * Values of the vectors. A name that is new makes a column, in which earlier rows have no values. What is not given is missing.
   */
  columns?: Columns<C> | undefined;
  /** One id for each vector. Default: integers from one more than the largest that ever was. */
  ids?: I | undefined;
  /**
   * Called between batches with how many vectors are in and how many there are. Return false, or
   * throw, to stop; what was added stays.
   */
  progress?: ((done: number, total: number) => boolean | void) | undefined;
}

/** Ids, in any order. */
export type IdSet = Ids | ReadonlySet<number | bigint> | ReadonlySet<string>;

/** The options of `find`. */
export interface FindOptions extends IdOptions {
  /** How many ids at most. Default: 100. */
  limit?: number | undefined;
}

interface WalkOptions {
  /** How many candidates the walk keeps: more is slower and finds more. Default: as many as `recall` needs. */
  efSearch?: number | undefined;
  /**
   * Which part of the true neighbours is to be found, above 0 to 1, where `efSearch` is not given. Default:
   * 0.95. The index has measured on itself what that needs.
   */
  recall?: number | undefined;
  /** Compare with every vector. Default: false. */
  exact?: boolean | undefined;
}

interface ManyOptions extends WalkOptions {
  /** How many neighbours. Default: 10. There are fewer if the index holds fewer. */
  k?: number | undefined;
}

/** How ids come: as a Float64Array (`"number"`, the default), a BigUint64Array, or a Uint32Array if all are below 2^32. Strings come as an array whatever is asked. */
export interface IdOptions {
  ids?: "number" | "bigint" | "uint32" | undefined;
}

interface FilterOptions<Id extends number | bigint | string, C extends object> {
  /**
   * Only these ids are returned, or those whose values in the columns are so. It is worked out at each call: make it once by {@link Index.filter} if several
   * calls share it.
   */
  filter?: (IdSet | readonly boolean[] | Filter | Where<C> | ((id: Id) => boolean) | null) | undefined;
}

interface ExplainOptions {
  /** Say how the neighbours were found, as `explained`. Default: false. */
  explain?: boolean | undefined;
}

/** The options of `searchMany`. */
export interface SearchManyOptions<Id extends number | bigint | string = any, C extends object = ColumnValues> extends ManyOptions, IdOptions, FilterOptions<Id, C> {}
/** The options of `searchRadius`. */
export interface RadiusOptions<Id extends number | bigint | string = any, C extends object = ColumnValues> extends WalkOptions, IdOptions, FilterOptions<Id, C>, ExplainOptions {}
/** The options of `recall`. */
export interface RecallOptions extends ManyOptions {}

/** Where recall is lost; null where the index does not know: its vectors as they came were never seen (a file of version 1), or `k` is beyond what it keeps. */
export interface Recall {
  /** Which part of the true neighbours is found: of those that the vectors as they came have. */
  recall: number | null;
  /** Which part exact search does not find, as storage rounds. */
  lostByRounding: number | null;
  /** Which part exact search finds, and a walk does not. */
  lostByWalk: number | null;
  /** How many vectors were asked for; 0 where all that is compared is what came. */
  questions: number;
  /** What to change, in a sentence. */
  advice: string;
}

/** The options of `search`. */
export interface SearchOptions<Id extends number | bigint | string = any, C extends object = ColumnValues> extends SearchManyOptions<Id, C>, ExplainOptions {}

/** How a query was answered. */
export interface Explained {
  /** In scans every vector (that the filter allows) is compared: they are exact. */
  plan: "scan" | "graph" | "filtered_scan" | "filtered_graph";
  /** How many candidates the walk kept; 0 for a scan. */
  efSearch: number;
  /** How many stored vectors were compared with the query. */
  distances: number;
  /** How many candidates then got the distance that is reported. */
  reranked: number;
}

/** What `add` returns for ids of the type `A`. */
export type AddedIds<A> = A extends readonly string[] ? string[] : A extends BigUint64Array | readonly bigint[] ? BigUint64Array<ArrayBuffer> : Float64Array<ArrayBuffer>;

/** Ids of an index of `I` as `O` asks for them. */
export type IdsOf<O, I extends number | string = number> = I extends string ? string[] : IdsOfKind<OptionOf<O, "ids">>;
/** Ids of an index of `I` where nothing is asked. */
type PlainIds<I extends number | string> = I extends string ? string[] : Float64Array<ArrayBuffer>;
type IdsOfKind<Kind> = Kind extends "bigint"
  ? BigUint64Array<ArrayBuffer>
  : Kind extends "uint32"
    ? Uint32Array<ArrayBuffer>
    : Kind extends "number" | undefined
      ? Float64Array<ArrayBuffer>
      : Float64Array<ArrayBuffer> | BigUint64Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

/**
 * The neighbours of one query, nearest first; equal distances are ordered by id, strings by their bytes in UTF-8. Where several vectors are as far as the
 * last of them, which are returned is the index's choice, the same every time.
 */
export interface Neighbors<I = Float64Array<ArrayBuffer>> {
  ids: I;
  distances: Float32Array<ArrayBuffer>;
  /** Where `explain` was asked for. */
  explained?: Explained;
}

/** The neighbours of many queries: row i of `shape` `[n, k]` belongs to query i. */
export interface NeighborsBatch<I = Float64Array<ArrayBuffer>> extends Neighbors<I> {
  shape: [n: number, k: number];
}

/** What {@link Index.health} found. */
export interface IndexHealth {
  /** Distinct vectors. */
  nodes: number;
  /** Ids whose vector another id has too, without the first of each. */
  duplicates: number;
  /** Vectors that no chain of links leads to; a walk cannot find them. */
  orphans: number;
  /** The fewest links of a vector; 0 where a small index has none. */
  degreeMin: number;
  degreeMean: number;
  degreeMax: number;
  /** Distinct vectors with a component that is not finite: 0, unless a file says so of a scale, or 8 bits round the largest numbers up. */
  notFinite: number;
  /** Distinct vectors that are kept as zeros alone. */
  zeros: number;
  /** The least norm of a vector as it is kept, of those that are finite; 0 without any. */
  normMin: number;
  normMean: number;
  normMax: number;
  /** How vectors are kept that walks compare: what `"auto"` became. */
  storage: Storage;
  rerank: Exclude<Storage, "b1"> | "none";
  /** As of {@link Index.recallExplained}, for ten neighbours. */
  recall: number | null;
  lostByRounding: number | null;
  lostByWalk: number | null;
  advice: string;
}

/** The options of what reads or writes an index piece by piece. */
export interface StreamOptions {
  /** Gives it up: the promise is rejected with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Called after each piece with how many bytes there are so far and in all. */
  onProgress?: ((loaded: number, total: number) => void) | undefined;
}

/** Where the bytes of an index may come from. */
export type ByteStream = ReadableStream<Uint8Array> | Response | Blob | AsyncIterable<Uint8Array | ArrayBuffer>;

/** Which ids a search may return, worked out once. It serves until the index changes; free it as an index. */
export class Filter {
  private constructor();
  /** How many distinct vectors are allowed. */
  readonly count: number;
  /** Gives the memory back. Later calls throw `freed`; freeing twice is allowed. */
  free(): void;
  [Symbol.dispose](): void;
}

/** Bytes, by what they hold. */
export interface IndexMemory {
  /** What walks compare of the vectors. */
  vectors: number;
  /** The finer copy of the vectors, of which a query reads little. */
  rerank: number;
  links: number;
  ids: number;
  columns: number;
  /** What recall is measured by: some of the vectors as they came, with their neighbours. */
  sentinels: number;
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
 *
 * `C` names the columns, where there are any, and `I` what ids are, for the types only: `new Index<{ year: number }, string>(384)`.
 */
export class Index<C extends object = ColumnValues, I extends number | string = number> {
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
  static fromBytes<C extends object = ColumnValues, I extends number | string = number>(bytes: Uint8Array | ArrayBufferLike | KernelArray<"uint8">): Index<C, I>;

  /**
   * Opens an index from a stream, a response, a file or an async iterable of bytes, or a promise of one. The bytes go
   * straight into the kernel's memory; what is no index is refused as soon as its first 24 bytes have come.
   *
   * ```js
   * const index = await Index.fromStream(fetch("/index.nearfold"), { onProgress: (loaded, total) => … });
   * ```
   *
   * @throws {NearfoldError} as {@link fromBytes}; `corrupt` if the stream ends too early or too late, `load_failed` of a
   *   response that is an error, `bad_parameter` of a stream that is read already. The signal's reason if it is aborted.
   */
  static fromStream<C extends object = ColumnValues, I extends number | string = number>(stream: ByteStream | PromiseLike<ByteStream>, options?: StreamOptions): Promise<Index<C, I>>;

  /** How many components a vector has. */
  readonly dim: number;
  /** How many ids the index holds. */
  readonly length: number;
  /** What the ids are; undefined of an index that holds none. */
  readonly idKind: "int" | "string" | undefined;
  /** What the index was made with. */
  readonly params: Required<IndexOptions>;

  /** Returns whether an id is in the index. @throws {NearfoldError} `bad_parameter` if the index holds ids of the other kind. */
  has(id: Id): boolean;

  /** Returns for each id whether it is in the index. @throws {NearfoldError} as {@link has}. */
  hasMany(ids: IdSet): boolean[];

  /** Returns all ids, ascending, strings by their bytes in UTF-8. */
  ids<const O extends IdOptions = {}>(options?: O): IdsOf<O, I>;

  /**
   * Returns the vector of an id as the index keeps it: rounded by its storage or by `rerank`, of length 1 with
   * the `cosine` metric.
   *
   * @throws {NearfoldError} `id_not_found`.
   */
  vector(id: Id): Float32Array<ArrayBuffer>;

  /** Returns the vectors of ids, `dim` numbers each, behind each other. @throws {NearfoldError} `id_not_found`. */
  vectors(ids: IdSet): Float32Array<ArrayBuffer>;

  /** Returns the bytes that the index takes, by part. */
  memory(): IndexMemory;

  /** The types of the columns, by name. */
  readonly columns: Readonly<Record<string, ColumnType>>;

  /**
   * Returns the values of an id in all columns.
   *
   * @throws {NearfoldError} `id_not_found`.
   */
  get(id: Id): { [K in keyof C]: C[K] | null };

  /** Returns the values of each id in all columns. @throws {NearfoldError} `id_not_found`. */
  getMany(ids: IdSet): { [K in keyof C]: C[K] | null }[];

  /**
   * Sets the values of ids that are in the index; columns that are not named stay as they are. All or nothing. Many
   * ids in one call cost little more than one.
   *
   * @throws {NearfoldError} `id_not_found`, `duplicate_id` (given twice), `shape_mismatch`; `bad_parameter` if a column
   *   is not there, or does not take a value. In an index without columns they become its columns.
   */
  setColumns(ids: Ids, columns: Columns<C>): void;

  /**
   * Adds a column in which every value is missing so far: one that comes later than the first values, or whose
   * values do not say their type.
   *
   * @throws {NearfoldError} `bad_parameter` if the name is there, is empty, too long, or `and`, `or`, `not`; `unknown_name`.
   */
  addColumn(name: string, type: ColumnType): void;

  /**
   * Takes a column out.
   *
   * @throws {NearfoldError} `bad_parameter`.
   */
  dropColumn(name: string): void;

  /**
   * Adds `(n, dim)` vectors and returns their `n` ids: as BigInts if BigInts were given. All or nothing: after an error the
   * index is as it was.
   *
   * Cost: a search with `efConstruction` candidates for each vector. Many in one call are quicker than one by one.
   *
   * @throws {NearfoldError} `dimension_mismatch`, `not_finite`, `duplicate_id`, `bad_parameter`,
   *   `shape_mismatch`, `out_of_memory`.
   */
  add<A extends Ids = readonly number[]>(vectors: Vectors, options?: AddOptions<A, C>): AddedIds<A>;

  /**
   * Replaces the vectors of ids that are in the index, and their values in the columns that are given. All or nothing.
   *
   * @throws {NearfoldError} `id_not_found`, `duplicate_id` (given twice), `shape_mismatch`, and as {@link add}.
   */
  update(vectors: Vectors, ids: Ids, options?: { columns?: Columns<C> }): void;

  /**
   * Adds vectors, or replaces those of ids that are in the index; returns how many ids are new. All or nothing. Of ids that are
   * there, values in columns that are not given stay.
   *
   * @throws {NearfoldError} `duplicate_id` (given twice), and as {@link add}.
   */
  upsert(vectors: Vectors, ids: Ids, options?: { columns?: Columns<C> }): number;

  /**
   * Takes ids out of the index; returns how many went. All or nothing. Many ids in one call cost little more than one.
   *
   * @param options `missing`: what becomes of ids that are not there, `"error"` by default.
   * @throws {NearfoldError} `id_not_found`, `duplicate_id` (given twice), `bad_parameter`.
   */
  remove(ids: IdSet, options?: { missing?: "error" | "ignore" }): number;

  /**
   * Gives back memory that only changes need, and puts neighbours next to each other. An index that was added
   * to in large pieces, or opened from a file, is compact already.
   *
   * @throws {NearfoldError} `out_of_memory`.
   */
  compact(): void;

  /**
   * Returns a filter for searches of this index: of the ids that are given (those that are not in the index
   * are passed over), of those whose place in an array of booleans is true, of those whose values in the columns are so, or of
   * those that a function says yes to. It calls the function once for each id.
   *
   * ```js
   * using even = index.filter((id) => id % 2 === 0);
   * index.search(query, { filter: even });
   * ```
   *
   * @throws {NearfoldError} `bad_parameter`; `busy` if the function calls the index; `unsafe_integer` as
   *   {@link search}. What the function throws is passed on.
   */
  filter(allowed: IdSet | readonly boolean[] | Where<C> | ((id: I) => boolean), options?: { ids?: "number" }): Filter;
  filter(allowed: IdSet | readonly boolean[] | Where<C> | ((id: bigint) => boolean), options: { ids: "bigint" }): Filter;

  /**
   * Returns the ids whose values in the columns are so, ascending: what a filter finds without a query.
   *
   * ```js
   * index.find({ tags: { contains: "red" } }, { limit: 10, withColumns: ["title"] });
   * ```
   *
   * @throws {NearfoldError} `bad_parameter`
   */
  find<const W extends Wanted<C> = false>(filter: Where<C>, options?: FindOptions & { ids?: "number"; withColumns?: W }): WithColumns<{ ids: Float64Array<ArrayBuffer> }, C, W>;
  find<const W extends Wanted<C> = false>(filter: Where<C>, options: FindOptions & { ids: "bigint"; withColumns?: W }): WithColumns<{ ids: BigUint64Array<ArrayBuffer> }, C, W>;
  find<const W extends Wanted<C> = false>(filter: Where<C>, options: FindOptions & { ids: "uint32"; withColumns?: W }): WithColumns<{ ids: Uint32Array<ArrayBuffer> }, C, W>;

  /**
   * Returns the nearest neighbours of one vector of `dim` numbers; with `filter` the nearest of those that it allows.
   * Ids and distances have the length k, or less if there are fewer. Distances are those of the index's {@link Metric}.
   *
   * Cost: some hundred comparisons, which grow with `recall` or `efSearch` and hardly with the size of the index; with
   * `exact` one for each vector. A filter that is a function is asked for every id at each call.
   *
   * @throws {NearfoldError} `dimension_mismatch`, `not_finite`, `bad_parameter`; `unsafe_integer`
   *   if an id is beyond 2^53 − 1 (ask for `ids: "bigint"`), or beyond 2^32 − 1 with `ids: "uint32"`.
   */
  search<const W extends Wanted<C> = false>(query: Vectors, options?: SearchOptions<I, C> & { ids?: "number"; withColumns?: W }): WithColumns<Neighbors<PlainIds<I>>, C, W>;
  search<const W extends Wanted<C> = false>(query: Vectors, options: SearchOptions<bigint, C> & { ids: "bigint"; withColumns?: W }): WithColumns<Neighbors<BigUint64Array<ArrayBuffer>>, C, W>;
  search<const W extends Wanted<C> = false>(query: Vectors, options: SearchOptions<number, C> & { ids: "uint32"; withColumns?: W }): WithColumns<Neighbors<Uint32Array<ArrayBuffer>>, C, W>;
  search<const W extends Wanted<C> = false>(query: Vectors, options: SearchOptions<any, C> & { withColumns?: W }): WithColumns<Neighbors<Float64Array<ArrayBuffer> | BigUint64Array<ArrayBuffer> | Uint32Array<ArrayBuffer>>, C, W>;

  /** Returns the nearest neighbours of each row of `queries`, `(n, dim)`, with the options (but `explain`) and errors of {@link search}. */
  searchMany<const W extends Wanted<C> = false>(queries: Vectors, options?: SearchManyOptions<I, C> & { ids?: "number"; withColumns?: W }): WithColumns<NeighborsBatch<PlainIds<I>>, C, W>;
  searchMany<const W extends Wanted<C> = false>(queries: Vectors, options: SearchManyOptions<bigint, C> & { ids: "bigint"; withColumns?: W }): WithColumns<NeighborsBatch<BigUint64Array<ArrayBuffer>>, C, W>;
  searchMany<const W extends Wanted<C> = false>(queries: Vectors, options: SearchManyOptions<number, C> & { ids: "uint32"; withColumns?: W }): WithColumns<NeighborsBatch<Uint32Array<ArrayBuffer>>, C, W>;
  searchMany<const W extends Wanted<C> = false>(queries: Vectors, options: SearchManyOptions<any, C> & { withColumns?: W }): WithColumns<NeighborsBatch<Float64Array<ArrayBuffer> | BigUint64Array<ArrayBuffer> | Uint32Array<ArrayBuffer>>, C, W>;

  /**
   * Returns the neighbours whose distance is at most `radius`, nearest first. The radius is a distance of the index's
   * {@link Metric}: with `l2sq` the square of a length. With `filter` those that it allows.
   *
   * @throws {NearfoldError} as {@link search}.
   */
  searchRadius<const W extends Wanted<C> = false>(query: Vectors, radius: number, options?: RadiusOptions<I, C> & { ids?: "number"; withColumns?: W }): WithColumns<Neighbors<PlainIds<I>>, C, W>;
  searchRadius<const W extends Wanted<C> = false>(query: Vectors, radius: number, options: RadiusOptions<bigint, C> & { ids: "bigint"; withColumns?: W }): WithColumns<Neighbors<BigUint64Array<ArrayBuffer>>, C, W>;
  searchRadius<const W extends Wanted<C> = false>(query: Vectors, radius: number, options: RadiusOptions<number, C> & { ids: "uint32"; withColumns?: W }): WithColumns<Neighbors<Uint32Array<ArrayBuffer>>, C, W>;
  searchRadius<const W extends Wanted<C> = false>(query: Vectors, radius: number, options: RadiusOptions<any, C> & { withColumns?: W }): WithColumns<Neighbors<Float64Array<ArrayBuffer> | BigUint64Array<ArrayBuffer> | Uint32Array<ArrayBuffer>>, C, W>;

  /**
   * Returns the recall that searches with these options have, against the neighbours that the vectors as they came have;
   * null where the index does not know.
   *
   * Cost: some hundred searches, exact ones too.
   *
   * @throws {NearfoldError} `bad_parameter`.
   */
  recall(options?: RecallOptions): number | null;

  /** Returns where it is lost, and what to change, too. @throws {NearfoldError} `bad_parameter`. */
  recallExplained(options?: RecallOptions): Recall;

  /**
   * Returns the recall for `queries` of your own, (n, dim), and the ids of their true neighbours, `truth`: at least `k` for
   * each, nearest first.
   *
   * @throws {NearfoldError} `bad_parameter`, `shape_mismatch`, `dimension_mismatch`, `not_finite`.
   */
  recallOf(queries: Vectors, truth: Ids, options?: RecallOptions): number;

  /** Returns a report of the index's state. Cost: one pass over all links, and one over all vectors. */
  health(): IndexHealth;

  /** Returns the index as a file's bytes. Save them where you like, open them with {@link fromBytes}. */
  toBytes(): Uint8Array<ArrayBuffer>;

  /** Gives the memory back. Later calls throw `freed`; freeing twice is allowed. */
  free(): void;
  [Symbol.dispose](): void;
}

/** The options of {@link pages}: those of a search, but for `k`. */
export type PageOptions = Omit<SearchOptions, "k"> & { pageSize?: number };

/**
 * Returns the neighbours page by page, nearest first, as far as they are asked for. `index` may be in a worker too.
 * No id comes twice; a neighbour that an earlier, shorter walk missed comes with a later page.
 *
 * ```js
 * for await (const { ids } of pages(index, query, { pageSize: 50 })) if (!show(ids)) break;
 * ```
 *
 * Cost: a search for k = 1, 2, 3, … pages, so it grows with the square of their number.
 *
 * @param options `pageSize`: how many a page has, 100 by default.
 * @throws {NearfoldError} as {@link Index.search}.
 */
export function pages(
  index: { search(query: any, options: any): Neighbors<any> | Promise<Neighbors<any>> },
  query: Vectors,
  options?: PageOptions,
): AsyncGenerator<Neighbors<IdsOf<{ ids: string }>>, void, void>;
