/**
 * The same API in a Worker: every call is a promise, and the page is never held up.
 *
 * ```js
 * import { connect } from "nearfold/worker";
 *
 * const nf = await connect();
 * await nf.sum(samples);
 * const index = await nf.Index.create(384, { metric: "cosine" });
 * await index.add(vectors, { transfer: true, progress: (done, total) => bar.value = done / total });
 * const { ids, distances } = await index.search(query, { k: 10 });
 * ```
 */

import type {
  AccumulatorOptions, AddOptions, CompiledModule, Dtype, FindOptions, InitialOptions, OptionOf, Columns, ColumnType, ColumnValue, ColumnValues, ArrayResult, AverageOptions, Description, DescribeOptions, ElementOf, GroupOptions,
  AddedIds, HistogramOptions, Id, IdOptions, IdSet, Ids, IdsOf, IndexHealth, IndexMemory, IndexOptions, KernelArray, KernelSource, KurtosisOptions, MomentsOptions,
  Neighbors, NeighborsBatch, NormOptions, PairOptions, Quantiled, QuantileOptions, RadiusOptions, Recall, RecallOptions, Reduced,
  ReductionOptions, CumulativeOptions, SearchManyOptions, SearchOptions, SkewOptions, StateOptions, StreamOptions, SumOf, TypedArray, Values, VarianceOptions, Vectors, Wanted, Where, WithColumns,
} from "./index.js";
import type { FetchOptions, SavedIndex } from "./storage.js";

export { NearfoldError } from "./index.js";

/** The options that every call takes beside its own. */
export interface CallOptions {
  /**
   * Gives the call up: its promise is rejected with the signal's reason at once. What has not begun is not
   * begun; an `add` stops at its next batch, and what was added stays.
   */
  signal?: AbortSignal | undefined;
  /**
   * Moves the buffers of the arrays to the worker instead of copying them: they are empty here afterwards.
   * Arrays over a SharedArrayBuffer are never copied. Results always move. Default: false.
   */
  transfer?: boolean | undefined;
}

export interface WorkerOptions {
  /**
   * The worker, or a function that makes one, where the bundler does not follow `new Worker(new URL(…))`: its
   * script is `nearfold/thread` (or `nearfold/inline/thread`), bundled as an entry of its own.
   */
  worker?: object | (() => object) | undefined;
  /** Where the kernel comes from, if not from the file beside the worker's script. */
  kernel?: string | URL | ArrayBuffer | ArrayBufferView | CompiledModule | undefined;
}

/**
 * Starts a worker.
 *
 * @throws {NearfoldError} `worker_failed` if its script cannot be loaded; `load_failed`, `no_simd`; `bad_parameter`.
 */
export function connect(options?: WorkerOptions): Promise<RemoteNearfold>;

/**
 * Starts workers that share nothing. A long typed array without `axis`, `keepdims` and `where` is cut into as
 * many pieces and their states are merged: the bits are those of one call. An index is kept in one shard a
 * worker. Everything else goes to the worker with the least to do.
 *
 * @param options `size`: how many, by default the processor's threads, at most 8. A `worker` has to be a function.
 * @throws {NearfoldError} as {@link connect}.
 */
export function createPool(options?: WorkerOptions & { size?: number }): Promise<Pool>;

/** Nothing said of what a result's type depends on. */
interface Unsaid {
  axis?: undefined;
  keepdims?: undefined;
  dtype?: undefined;
}
type Fold<One, Options = ReductionOptions> = <V extends Exclude<Values, KernelArray>, O extends Options & CallOptions = Options & CallOptions & Unsaid>(values: V, options?: O) => Promise<
  Reduced<V, O, One extends "sum" ? SumOf<V, O> : One extends "element" ? ElementOf<V> : One>
>;
type QuantileFold = <V extends Exclude<Values, KernelArray>, const Q extends number | readonly number[] | Float64Array | Float32Array, O extends QuantileOptions & CallOptions = {}>(values: V, q: Q, options?: O) => Promise<Quantiled<V, Q, O>>;
type Pair = (a: Values, b: Values, options?: PairOptions & CallOptions) => Promise<number | bigint | ArrayResult>;
type Scan = (values: Values, options?: CumulativeOptions & CallOptions) => Promise<ArrayResult>;

/** The reductions of `nearfold`, as promises. What each returns, and for what input which error: `index.d.ts`. */
export interface RemoteFolds {
  sum: Fold<"sum", InitialOptions>; nansum: Fold<"sum", InitialOptions>; prod: Fold<"sum", InitialOptions>; nanprod: Fold<"sum", InitialOptions>;
  mean: Fold<number>; nanmean: Fold<number>; median: Fold<number>; nanmedian: Fold<number>;
  variance: Fold<number, VarianceOptions>; var: Fold<number, VarianceOptions>; std: Fold<number, VarianceOptions>;
  nanvar: Fold<number, VarianceOptions>; nanstd: Fold<number, VarianceOptions>;
  min: Fold<"element", InitialOptions>; max: Fold<"element", InitialOptions>; ptp: Fold<"element">; nanmin: Fold<"element", InitialOptions>; nanmax: Fold<"element", InitialOptions>;
  argmin: Fold<number>; argmax: Fold<number>; nanargmin: Fold<number>; nanargmax: Fold<number>;
  minmax: Fold<ArrayResult>; nanminmax: Fold<ArrayResult>;
  norm: Fold<number, NormOptions>; any: Fold<boolean>; all: Fold<boolean>; count: Fold<number>; countNonzero: Fold<number>;
  skew: Fold<number, SkewOptions>; nanskew: Fold<number, SkewOptions>;
  kurtosis: Fold<number, KurtosisOptions>; nankurtosis: Fold<number, KurtosisOptions>;
  moments: Fold<ArrayResult, MomentsOptions>; nanmoments: Fold<ArrayResult, MomentsOptions>;
  quantile: QuantileFold; percentile: QuantileFold; nanquantile: QuantileFold; nanpercentile: QuantileFold;
  dot: Pair; vecdot: Pair; cosine: Pair;
  average(values: Values, options?: AverageOptions & CallOptions): Promise<number | ArrayResult>;
  cov(values: Values, options?: { other?: Values; ddof?: number } & CallOptions): Promise<number | ArrayResult>;
  corrcoef(values: Values, options?: { other?: Values } & CallOptions): Promise<number | ArrayResult>;
  cumsum: Scan; cumprod: Scan; cummin: Scan; cummax: Scan;
  histogram(values: Values, options?: HistogramOptions & CallOptions): Promise<{ counts: ArrayResult; edges: ArrayResult }>;
  bincount(values: Values, options?: { weights?: Values; minlength?: number } & CallOptions): Promise<ArrayResult>;
  digitize(values: Values, bins: TypedArray | readonly number[], options?: { right?: boolean } & CallOptions): Promise<ArrayResult>;
  group(op: string, values: Values, codes: Values, options?: GroupOptions & CallOptions): Promise<ArrayResult>;
  describe<V extends Values, O extends DescribeOptions & CallOptions = {}>(values: V, options?: O): Promise<Description<V, O>>;
  /** The size of the worker's kernel memory in bytes. */
  kernelMemory(): Promise<number>;
}

/** The states of reductions, made in a worker: `create` takes what the class's constructor takes. */
export interface RemoteStates {
  readonly Accumulator: {
    create(op: string, options?: AccumulatorOptions & CallOptions): Promise<RemoteAccumulator>;
    fromBytes(bytes: Uint8Array, options?: CallOptions): Promise<RemoteAccumulator>;
  };
  readonly Sum: {
    create(options?: StateOptions & CallOptions): Promise<RemoteSum>;
    fromBytes(bytes: Uint8Array, options?: CallOptions): Promise<RemoteSum>;
  };
  readonly MinMax: {
    create(options?: StateOptions & CallOptions): Promise<RemoteMinMax>;
    fromBytes(bytes: Uint8Array, options?: CallOptions): Promise<RemoteMinMax>;
  };
  readonly Moments: {
    create(options?: StateOptions & CallOptions): Promise<RemoteMoments>;
    fromBytes(bytes: Uint8Array, options?: CallOptions): Promise<RemoteMoments>;
  };
  readonly Cov: {
    create(variables: number): Promise<RemoteCov>;
    fromBytes(bytes: Uint8Array, options?: CallOptions): Promise<RemoteCov>;
  };
  readonly Histogram: {
    create(bins: number, options: { range: readonly [number, number] }): Promise<RemoteHistogram>;
    create(bins: readonly number[] | TypedArray): Promise<RemoteHistogram>;
    fromBytes(bytes: Uint8Array, options?: CallOptions): Promise<RemoteHistogram>;
  };
  readonly Quantiles: {
    create(options?: { limit?: number }): Promise<RemoteQuantiles>;
    fromBytes(bytes: Uint8Array, options?: CallOptions): Promise<RemoteQuantiles>;
  };
}

/** One worker's API. */
export interface RemoteNearfold extends RemoteFolds, RemoteStates {
  readonly Index: {
    create<I extends number | string = number>(dim: number, options?: IndexOptions & CallOptions): Promise<RemoteIndex<I>>;
    fromBytes<I extends number | string = number>(bytes: Uint8Array | ArrayBuffer, options?: CallOptions): Promise<RemoteIndex<I>>;
    /** The stream moves to the worker (Safari cannot do that: there `fetchIndex` reads in the worker itself). */
    fromStream<I extends number | string = number>(stream: ReadableStream<Uint8Array>, options?: StreamOptions): Promise<RemoteIndex<I>>;
  };
  /** `nearfold/storage`, in the worker: an index is opened and saved without passing through the page. */
  open<I extends number | string = number>(name: string, options?: StreamOptions): Promise<RemoteIndex<I>>;
  save(name: string, index: RemoteIndex<any> | Uint8Array, options?: StreamOptions): Promise<{ name: string; bytes: number }>;
  list(): Promise<SavedIndex[]>;
  remove(name: string): Promise<boolean>;
  fetchIndex<I extends number | string = number>(url: string, options?: FetchOptions): Promise<RemoteIndex<I>>;
  /** Ends the worker. Calls that are not answered, and later ones, are rejected with `closed`. */
  close(): void;
  [Symbol.dispose](): void;
}

/** A pool's API: that of one worker, with an index in shards. States lie in one worker each: those of different workers merge through their bytes. */
export interface Pool extends RemoteFolds, RemoteStates {
  readonly size: number;
  readonly Index: {
    create<I extends number | string = number>(dim: number, options?: IndexOptions & CallOptions): Promise<ShardedIndex<I>>;
    /** Opens what {@link ShardedIndex.toBytes} gave, with as many shards as there were. */
    fromBytes<I extends number | string = number>(parts: readonly Uint8Array[], options?: CallOptions): Promise<ShardedIndex<I>>;
  };
  /** Ends the workers, as {@link RemoteNearfold.close}. */
  close(): void;
  [Symbol.dispose](): void;
}

interface RemoteObject {
  /** Gives the memory back. Later calls are rejected with `freed`. */
  free(): void;
  [Symbol.dispose](): void;
}

type RemoteFilter = RemoteObject & { readonly count: Promise<number> };
/** The options of a worker's search: ids, values of columns or a filter of the same index, as functions cannot be sent. */
type RemoteOptions<O> = Omit<O, "filter"> & CallOptions & { filter?: IdSet | readonly boolean[] | Where | RemoteFilter | null; withColumns?: Wanted };
type Columned<F, O> = Promise<WithColumns<F, ColumnValues, WantedOf<OptionOf<O, "withColumns">>>>;
type WantedOf<W> = W extends undefined ? false : W;

/** What an index in one worker and one in shards have in common. Arguments, results and errors are those of `Index`. */
interface RemoteSearches<I extends number | string = number> extends RemoteObject {
  readonly dim: Promise<number>;
  readonly length: Promise<number>;
  readonly params: Promise<Required<IndexOptions>>;
  readonly idKind: Promise<"int" | "string" | undefined>;
  has(id: Id): Promise<boolean>;
  hasMany(ids: IdSet): Promise<boolean[]>;
  ids<const O extends IdOptions = {}>(options?: O): Promise<IdsOf<O, I>>;
  vector(id: Id): Promise<Float32Array<ArrayBuffer>>;
  vectors(ids: IdSet): Promise<Float32Array<ArrayBuffer>>;
  memory(): Promise<IndexMemory>;
  add<A extends Ids = readonly number[]>(vectors: Exclude<Vectors, KernelArray>, options?: AddOptions<A> & CallOptions): Promise<AddedIds<A>>;
  remove(ids: IdSet, options?: { missing?: "error" | "ignore" }): Promise<number>;
  compact(): Promise<void>;
  filter(allowed: IdSet | readonly boolean[] | Where): Promise<RemoteFilter>;
  readonly columns: Promise<Record<string, ColumnType>>;
  get(id: Id): Promise<Record<string, ColumnValue | null>>;
  getMany(ids: IdSet): Promise<Record<string, ColumnValue | null>[]>;
  setColumns(ids: Ids, columns: Columns): Promise<void>;
  addColumn(name: string, type: ColumnType): Promise<void>;
  dropColumn(name: string): Promise<void>;
  update(vectors: Exclude<Vectors, KernelArray>, ids: Ids, options?: { columns?: Columns }): Promise<void>;
  upsert(vectors: Exclude<Vectors, KernelArray>, ids: Ids, options?: { columns?: Columns }): Promise<number>;
  find<const O extends FindOptions & CallOptions & { withColumns?: Wanted } = {}>(filter: Where, options?: O): Columned<{ ids: IdsOf<O, I> }, O>;
  search<const O extends RemoteOptions<SearchOptions> = {}>(query: Exclude<Vectors, KernelArray>, options?: O): Columned<Neighbors<IdsOf<O, I>>, O>;
  searchMany<const O extends RemoteOptions<SearchManyOptions> = {}>(queries: Exclude<Vectors, KernelArray>, options?: O): Columned<NeighborsBatch<IdsOf<O, I>>, O>;
  searchRadius<const O extends RemoteOptions<RadiusOptions> = {}>(query: Exclude<Vectors, KernelArray>, radius: number, options?: O): Columned<Neighbors<IdsOf<O, I>>, O>;
}

/** An `Index` in a worker. */
export interface RemoteIndex<I extends number | string = number> extends RemoteSearches<I> {
  recall(options?: RecallOptions & CallOptions): Promise<number | null>;
  recallExplained(options?: RecallOptions & CallOptions): Promise<Recall>;
  recallOf(queries: Exclude<Vectors, KernelArray>, truth: Ids, options?: RecallOptions & CallOptions): Promise<number>;
  health(): Promise<IndexHealth>;
  toBytes(): Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * An index in shards, one a worker: an id belongs to the shard of its remainder, a string to that of its XXH3, its values in columns with it, and searches merge
 * the nearest of all shards (`explain` is refused). A filter is worked out in every shard, and `"auto"` storage chosen by every shard. With `exact` and `f32` storage the answers are those of one index.
 */
export interface ShardedIndex<I extends number | string = number> extends RemoteSearches<I> {
  /** One file for each shard. */
  toBytes(): Promise<Uint8Array<ArrayBuffer>[]>;
}

/** What the states in a worker have in common. Arguments, results and errors are those of the class of the same name. */
interface RemoteState extends RemoteObject {
  readonly count: Promise<number>;
  push(values: Exclude<Values, KernelArray>, options?: CallOptions): Promise<this>;
  merge(other: this): Promise<this>;
  toBytes(): Promise<Uint8Array<ArrayBuffer>>;
}

/** An `Accumulator` in a worker. */
export interface RemoteAccumulator extends RemoteState {
  readonly op: Promise<string>;
  readonly dtype: Promise<Dtype>;
  result(): Promise<number | bigint | boolean | ArrayResult>;
}

/** A `Sum` in a worker. */
export interface RemoteSum extends RemoteAccumulator {
  result(): Promise<number | bigint>;
}

/** A `MinMax` in a worker. */
export interface RemoteMinMax extends RemoteAccumulator {
  result(): Promise<ArrayResult>;
}

/** A `Moments` in a worker. */
export interface RemoteMoments extends RemoteAccumulator {
  result(): Promise<ArrayResult>;
  mean(): Promise<number>;
  variance(options?: { ddof?: number }): Promise<number>;
  std(options?: { ddof?: number }): Promise<number>;
  skew(options?: { bias?: boolean }): Promise<number>;
  kurtosis(options?: { bias?: boolean; fisher?: boolean }): Promise<number>;
}

/** A `Cov` in a worker. */
export interface RemoteCov extends RemoteState {
  readonly variables: Promise<number>;
  result(options?: { ddof?: number }): Promise<ArrayResult>;
  corrcoef(): Promise<ArrayResult>;
}

/** A `Histogram` in a worker. */
export interface RemoteHistogram extends RemoteState {
  readonly below: Promise<number>;
  readonly above: Promise<number>;
  readonly nan: Promise<number>;
  push(values: Exclude<Values, KernelArray>, options?: { weights?: Values } & CallOptions): Promise<this>;
  result(): Promise<{ counts: ArrayResult; edges: ArrayResult }>;
}

/** A `Quantiles` in a worker. */
export interface RemoteQuantiles extends RemoteState {
  readonly limit: Promise<number>;
  readonly isExact: Promise<boolean>;
  readonly rankError: Promise<number>;
  result(q?: number, options?: Pick<QuantileOptions, "method">): Promise<number>;
  result(q: readonly number[] | Float64Array, options?: Pick<QuantileOptions, "method">): Promise<ArrayResult>;
}
