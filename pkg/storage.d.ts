/**
 * Indexes that stay: kept in the origin's private file system (OPFS), where there is none in IndexedDB.
 *
 * ```js
 * import { fetchIndex, open, save } from "nearfold/storage";
 *
 * await save("notes", index);
 * const again = await open("notes");
 * const shared = await fetchIndex("/wiki.nearfold", { cache: true, integrity: "sha256-…" });
 * ```
 *
 * In browsers and their workers; in Node write `index.toBytes()` with `node:fs`.
 */

import type { Index, StreamOptions } from "./index.js";

/** An index that is kept. */
export interface SavedIndex {
  name: string;
  /** The length of its file. */
  bytes: number;
  saved: Date;
}

/**
 * Saves an index, or the bytes of one, under a name. What had the name stays until the new one is whole; savings of
 * one name, from whatever tab or worker, take turns. Bytes have to stay as they are until it is done.
 *
 * @throws {NearfoldError} `quota_exceeded` with the bytes that are needed, used and allowed; `no_storage`; `bad_parameter`.
 *   The signal's reason if it is aborted.
 */
export function save(name: string, index: Index | Uint8Array, options?: StreamOptions): Promise<{ name: string; bytes: number }>;

/**
 * Opens an index that was saved: its pieces go straight into the kernel's memory.
 *
 * @throws {NearfoldError} `not_found`, `corrupt`, `out_of_memory`, `no_storage`, `bad_parameter`.
 */
export function open(name: string, options?: StreamOptions): Promise<Index>;

/** Returns what is kept, by name. @throws {NearfoldError} `no_storage`. */
export function list(): Promise<SavedIndex[]>;

/** Removes an index; returns whether there was one. Also exported as `delete`. @throws {NearfoldError} `no_storage`. */
export function remove(name: string): Promise<boolean>;
export { remove as delete };

export interface FetchOptions extends StreamOptions {
  /** Keep it, under this name or (true) under its address and digest, and open it from there the next time. Default: false. */
  cache?: boolean | string | undefined;
  /** The digest that its bytes must have: `"sha256-…"`, `"sha384-…"` or `"sha512-…"`, in base64. */
  integrity?: string | undefined;
  /** What `fetch` is asked with beside: headers, credentials, … */
  request?: RequestInit | undefined;
}

/**
 * Fetches an index. It is opened while it comes, and cached and checked as the options say; if there is no room to
 * keep it, it is given all the same.
 *
 * @throws {NearfoldError} `load_failed`, `integrity_mismatch`, `corrupt`, `unsupported_version`, `out_of_memory`, `bad_parameter`.
 */
export function fetchIndex(url: string | URL, options?: FetchOptions): Promise<Index>;
