// The same in IndexedDB, where there is no OPFS: a file is a record of its length and pieces of 8 MB.

const PIECE_LEN_BYTES = 2 ** 23;

const settled = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

function database() {
  const request = indexedDB.open("nearfold", 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore("files");
    request.result.createObjectStore("pieces");
  };
  return settled(request);
}

/** Does `work(files, pieces)` in one transaction: all of it holds, or nothing. */
async function transact(mode, work) {
  const db = await database();
  try {
    const transaction = db.transaction(["files", "pieces"], mode);
    const done = new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error);
    });
    done.catch(() => {});
    let result;
    try {
      result = await work(transaction.objectStore("files"), transaction.objectStore("pieces"));
    } catch (error) {
      // The transaction's own error says more than that of a request that it took along.
      try {
        transaction.abort();
      } catch {
        await done;
      }
      throw error;
    }
    await done;
    return result;
  } finally {
    db.close();
  }
}

const every = (name) => IDBKeyRange.bound([name], [name, []]);

export async function write(name, bytes, { signal, onProgress }) {
  await transact("readwrite", async (files, pieces) => {
    pieces.delete(every(name));
    for (let start = 0, i = 0; start < bytes.length; start += PIECE_LEN_BYTES, i++) {
      signal?.throwIfAborted();
      await settled(pieces.put(bytes.slice(start, start + PIECE_LEN_BYTES), [name, i]));
      onProgress?.(Math.min(start + PIECE_LEN_BYTES, bytes.length), bytes.length);
    }
    await settled(files.put({ bytes: bytes.length, saved: new Date() }, name));
  });
}

export async function read(name) {
  const file = await transact("readonly", (files) => settled(files.get(name)));
  return file && { length: file.bytes, pieces: piecesOf(name, file.bytes) };
}

async function* piecesOf(name, length) {
  for (let i = 0; i * PIECE_LEN_BYTES < length; i++) {
    const piece = await transact("readonly", (_, pieces) => settled(pieces.get([name, i])));
    if (!piece) return;
    yield piece;
  }
}

export async function list() {
  return transact("readonly", async (files) => {
    const [names, found] = await Promise.all([settled(files.getAllKeys()), settled(files.getAll())]);
    return names.map((name, i) => ({ name, ...found[i] }));
  });
}

export async function remove(name) {
  return transact("readwrite", async (files, pieces) => {
    if ((await settled(files.getKey(name))) === undefined) return false;
    await Promise.all([settled(files.delete(name)), settled(pieces.delete(every(name)))]);
    return true;
  });
}
