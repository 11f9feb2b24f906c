// Indexes that stay: in the origin's private file system (OPFS), else in IndexedDB; and those fetched once.

import { IndexCore } from "./wasm/nearfold.js";
import { NearfoldError, badParameter } from "./error.js";
import { near } from "./kernel.js";
import { Index } from "./near.js";
import { addressOf, streamOptions } from "./options.js";
import * as idb from "./storage-idb.js";
import * as opfs from "./storage-opfs.js";
import { receive } from "./stream.js";

let chosen;

/** Returns the place where indexes are kept here: asked for once. */
async function place() {
  chosen ??= (async () => {
    if (await opfs.usable()) return opfs;
    if (typeof indexedDB !== "undefined") return idb;
    throw new NearfoldError("no_storage", "there is neither OPFS nor IndexedDB here (a page needs https or localhost; in Node, write index.toBytes() with node:fs)");
  })();
  return chosen.catch((error) => {
    chosen = undefined;
    throw error;
  });
}

function checked(name) {
  if (typeof name !== "string" || name === "") throw badParameter("name", "a text that is not empty", name);
  try {
    encodeURIComponent(name);
  } catch {
    throw badParameter("name", "a text without lone surrogates", name);
  }
}

/** Refuses bytes that cannot be an index: what is damaged further in is told when it is opened. */
function checkHead(bytes) {
  const head = String.fromCharCode(...bytes.subarray(0, 8));
  if (head !== "nearfold") throw new NearfoldError("corrupt", "cannot be saved: header: it does not begin with \"nearfold\": give an Index, or the bytes of one");
}

export async function save(name, index, options = {}) {
  checked(name);
  const { signal, onProgress } = streamOptions(options);
  if (!(index instanceof Index || index instanceof Uint8Array)) throw badParameter("index", "an Index, or the bytes of one", index);
  signal?.throwIfAborted();
  if (index instanceof Uint8Array) checkHead(index);
  const bytes = index instanceof Index ? index.toBytes() : index;
  const where = await place();
  try {
    await locked(name, { signal }, () => where.write(name, bytes, { signal, onProgress }));
  } catch (error) {
    throw await told(error, signal, name, bytes.length);
  }
  return { name, bytes: bytes.length };
}

/** Does work on a name while no other tab or worker changes what is kept under it, where the browser has locks. */
function locked(name, { mode = "exclusive", signal }, work) {
  const { locks } = navigator;
  return locks ? locks.request(`nearfold ${name}`, signal ? { mode, signal } : { mode }, work) : work();
}

/** A full disk or quota, told with figures; other errors as they are. */
async function told(error, signal, name, length) {
  // Chromium aborts a write that meets the quota at times, and does not say so.
  const unsaid = error?.name === "AbortError" && !signal?.aborted;
  if (error?.name !== "QuotaExceededError" && !unsaid) return error;
  const { usage } = (await navigator.storage?.estimate?.().catch(() => undefined)) ?? {};
  const kept = usage === undefined ? "" : ` (this site keeps ${usage} bytes already)`;
  return new NearfoldError("quota_exceeded", `${unsaid ? "most likely " : ""}no room to save “${name}”, which takes ${length} bytes${kept}: remove other indexes`, { cause: error });
}

export async function open(name, options = {}) {
  checked(name);
  streamOptions(options);
  return read(name, options, opened);
}

/** Reads what is kept under a name, which nobody changes meanwhile. */
async function read(name, options, work) {
  const where = await place();
  return locked(name, { mode: "shared", signal: options.signal }, async () => {
    const file = await where.read(name);
    if (!file) throw new NearfoldError("not_found", `no index is saved as “${name}”: list() gives the names`);
    return receive(file.pieces, options, work, file.length);
  });
}

const opened = (core, length) => new Index(near.enter(() => IndexCore.fromBytes(core, length)));

export async function list() {
  return (await place()).list();
}

async function remove(name) {
  checked(name);
  const where = await place();
  return locked(name, {}, () => where.remove(name));
}
export { remove, remove as delete };

const DIGESTS = { sha256: "SHA-256", sha384: "SHA-384", sha512: "SHA-512" };

export async function fetchIndex(url, options = {}) {
  const { cache, integrity, signal, onProgress, request } = streamOptions(options, ["cache", "integrity", "request"]);
  if (!(typeof url === "string" || url instanceof URL)) throw badParameter("url", "an address", url);
  if (cache !== undefined && typeof cache !== "boolean" && !(typeof cache === "string" && cache)) throw badParameter("cache", "a boolean or a name", cache);
  const digest = integrity === undefined ? undefined : parseIntegrity(integrity);
  near.ready();
  const address = addressOf(url);
  if (!address) throw badParameter("url", "an address", url);
  // Another digest is another index: what the old address gave is not taken for it.
  const name = cache === true ? [address, integrity].filter(Boolean).join(" ") : cache;
  const verified = async (core, length) => {
    if (digest) await verify(address, digest, new Uint8Array(near.heap, core.address, length));
    return opened(core, length);
  };
  if (name) {
    try {
      return await read(name, { signal, onProgress }, verified);
    } catch (error) {
      // What is not there, damaged, of a newer release or another index than is wanted is fetched.
      if (!["not_found", "corrupt", "unsupported_version", "no_storage", "integrity_mismatch"].includes(error?.code)) throw error;
    }
  }
  const response = await answer(address, { ...request, signal: signal ?? request?.signal });
  const index = await receive(response, { signal, onProgress }, verified).catch((error) => {
    // A connection that breaks off is a bare TypeError.
    if (!(error instanceof TypeError) || error.code) throw error;
    throw new NearfoldError("load_failed", `could not fetch ${address} to its end: ${error.message}`, { cause: error });
  });
  if (name) {
    // The index is here: that it cannot be kept is no reason to withhold it.
    await save(name, index, { signal }).catch((error) => {
      if (!["quota_exceeded", "no_storage"].includes(error?.code)) throw error;
    });
  }
  return index;
}

async function answer(url, init) {
  let response;
  try {
    response = await fetch(url, init);
  } catch (cause) {
    init.signal?.throwIfAborted();
    throw new NearfoldError("load_failed", `could not fetch ${url}: ${cause.message}`, { cause });
  }
  if (!response.ok) throw new NearfoldError("load_failed", `${url} answered with HTTP ${response.status}`);
  return response;
}

function parseIntegrity(integrity) {
  const [, name, value] = /^(sha256|sha384|sha512)-([A-Za-z0-9+/]+={0,2})$/.exec(integrity) ?? [];
  if (!name) throw badParameter("integrity", "“sha256-”, “sha384-” or “sha512-” with a digest in base64", integrity);
  return { algorithm: DIGESTS[name], value, prefix: `${name}-` };
}

async function verify(url, { algorithm, value, prefix }, bytes) {
  if (!globalThis.crypto?.subtle) throw new NearfoldError("load_failed", "integrity cannot be checked here: a page needs https or localhost for it");
  const digest = new Uint8Array(await crypto.subtle.digest(algorithm, bytes));
  const found = btoa(String.fromCharCode(...digest));
  if (found !== value) throw new NearfoldError("integrity_mismatch", `${url}: expected the digest ${prefix}${value}, got ${prefix}${found}`);
}
