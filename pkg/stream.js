// How the bytes of an index come piece by piece, straight into the kernel's memory.

import { bufferOf } from "./array.js";
import { NearfoldError, badParameter, tag } from "./error.js";
import { near } from "./kernel.js";
import { streamOptions } from "./options.js";

// docs/FORMAT.md: the magic, the version and the length of the file stand in the first 24 bytes.
const MAGIC = "nearfold";
const VERSION = 2;
const HEAD_LEN_BYTES = 24;
/** What is set aside before the bytes are there: no more than this, unless a second witness says what the header says. */
const TRUSTED_LEN_BYTES = 2 ** 24;

const corrupt = (message) => new NearfoldError("corrupt", message);

/** Reads the whole length of an index from its first bytes, or throws: long before the last byte has come. */
function lenFrom(head) {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (String.fromCharCode(...head.subarray(0, 8)) !== MAGIC) throw corrupt("this is no nearfold index: it does not begin with “nearfold”");
  const version = view.getUint32(8, true);
  if (version > VERSION) throw new NearfoldError("unsupported_version", `this index has the format ${version}, this release reads up to ${VERSION}: update nearfold`);
  return Number(view.getBigUint64(16, true));
}

/**
 * Reads a stream to its end and returns `work(core, length)`, where `core` is a buffer of the kernel with all
 * bytes; it is given back afterwards. `expected` is the length as a response or a stored file gives it.
 */
export async function receive(source, options, work, expected) {
  source = await source;
  expected ??= Number(source?.headers?.get?.("content-length"));
  const { signal, onProgress } = streamOptions(options);
  near.ready();
  signal?.throwIfAborted();
  const chunks = iterate(source);
  // A read that waits is given up at once.
  let abort;
  const aborted = signal && new Promise((_, reject) => signal.addEventListener("abort", (abort = () => reject(signal.reason))));
  aborted?.catch(() => {});

  let core, capacity = 0, total, loaded = 0, head = new Uint8Array(0);
  const place = (bytes) => {
    if (loaded + bytes.length > total) throw corrupt(`the index ends after ${total} bytes, but the stream goes on`);
    if (loaded + bytes.length > capacity) {
      capacity = expected === total ? total : Math.min(total, Math.max(TRUSTED_LEN_BYTES, 2 * (loaded + bytes.length)));
      const larger = bufferOf(near, "uint8", capacity);
      if (core) new Uint8Array(near.heap).copyWithin(larger.address, core.address, core.address + loaded);
      near.release(core);
      core = larger;
    }
    new Uint8Array(near.heap, core.address + loaded).set(bytes);
    loaded += bytes.length;
    onProgress?.(loaded, total);
  };
  try {
    for (;;) {
      const step = chunks.next();
      const { done, value } = await (aborted ? Promise.race([step, aborted]) : step);
      signal?.throwIfAborted();
      if (done) break;
      let bytes = bytesOf(value);
      if (total === undefined) {
        head = bytes = concat(head, bytes);
        if (head.length < HEAD_LEN_BYTES) continue;
        total = lenFrom(head);
      }
      place(bytes);
    }
    if (loaded !== total) throw corrupt(total === undefined ? `the stream ended after ${head.length} bytes: an index is longer` : `the stream ended after ${loaded} of ${total} bytes: fetch the index again`);
    return await work(core, total);
  } catch (error) {
    Promise.resolve(chunks.return?.(error)).catch(() => {});
    throw error;
  } finally {
    if (abort) signal.removeEventListener("abort", abort);
    near.release(core);
  }
}

function iterate(source) {
  if (source?.ok === false) throw new NearfoldError("load_failed", `${source.url || "the response"} answered with HTTP ${source.status}`);
  const stream = source?.body ?? (tag(source) === "Blob" || tag(source) === "File" ? source.stream() : source);
  if (stream?.locked) throw badParameter("stream", "one that nobody else reads or has read", source);
  if (typeof stream?.getReader === "function") return read(stream.getReader());
  if (typeof stream?.[Symbol.asyncIterator] === "function") return stream[Symbol.asyncIterator]();
  throw badParameter("stream", "a ReadableStream, a Response with a body, a Blob or an async iterable of bytes", source);
}

/** Safari's streams cannot be iterated. */
function read(reader) {
  return {
    next: () => reader.read(),
    return: (reason) => reader.cancel(reason),
  };
}

function bytesOf(chunk) {
  if (tag(chunk) === "ArrayBuffer") return new Uint8Array(chunk);
  if (ArrayBuffer.isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  throw badParameter("stream", "chunks of bytes", chunk);
}

function concat(a, b) {
  if (!a.length) return b;
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
