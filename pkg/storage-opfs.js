// Files in the origin's private file system.

const FOLDER = "nearfold";
const SUFFIX = ".nearfold";
const PIECE_LEN_BYTES = 2 ** 23;

const folder = async (options) => (await navigator.storage.getDirectory()).getDirectoryHandle(FOLDER, options);
// No “/”, no “.” at the beginning, whatever the name is.
const fileName = (name) => encodeURIComponent(name).replace(/\./g, "%2E") + SUFFIX;
/** Returns the name that a file was saved under, or undefined if it was not saved here. */
function nameOf(file) {
  try {
    const name = decodeURIComponent(file.slice(0, -SUFFIX.length));
    return fileName(name) === file ? name : undefined;
  } catch {
    return undefined;
  }
}
const absent = (error) => error?.name === "NotFoundError";

/** Returns whether whole files can be replaced at once here; a private window may refuse. */
export async function usable() {
  if (typeof FileSystemFileHandle === "undefined" || !("createWritable" in FileSystemFileHandle.prototype)) return false;
  return folder({ create: true }).then(() => true, () => false);
}

/** Writes a file; the old one stays until the new one is whole. */
export async function write(name, bytes, { signal, onProgress }) {
  const handle = await (await folder({ create: true })).getFileHandle(fileName(name), { create: true });
  const file = await handle.createWritable();
  try {
    for (let start = 0; start < bytes.length; start += PIECE_LEN_BYTES) {
      signal?.throwIfAborted();
      await file.write(bytes.subarray(start, start + PIECE_LEN_BYTES));
      onProgress?.(Math.min(start + PIECE_LEN_BYTES, bytes.length), bytes.length);
    }
    await file.close();
  } catch (error) {
    await file.abort().catch(() => {});
    // What was never written is not left behind as an empty file.
    if ((await handle.getFile().catch(() => undefined))?.size === 0) await remove(name);
    throw error;
  }
}

/** Returns the length and the pieces of a file, or undefined if there is none. */
export async function read(name) {
  try {
    const file = await (await (await folder()).getFileHandle(fileName(name))).getFile();
    // An empty file is one whose first writing was cut off.
    return file.size === 0 ? undefined : { length: file.size, pieces: file.stream() };
  } catch (error) {
    if (absent(error)) return undefined;
    throw error;
  }
}

export async function list() {
  const found = [];
  for await (const [file, handle] of (await folder({ create: true })).entries()) {
    if (handle.kind !== "file" || !file.endsWith(SUFFIX)) continue;
    const name = nameOf(file);
    const { size, lastModified } = await handle.getFile();
    if (size > 0 && name !== undefined) found.push({ name, bytes: size, saved: new Date(lastModified) });
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

export async function remove(name) {
  try {
    await (await folder()).removeEntry(fileName(name));
    return true;
  } catch (error) {
    if (absent(error)) return false;
    throw error;
  }
}
