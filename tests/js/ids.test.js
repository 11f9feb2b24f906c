// Are ids what users have, integers or strings, on the page, in a worker and in shards?

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { Project } from "./install.mjs";

const project = new Project();
const { Index, NearfoldError, pages } = await project.import("node.js");
const { connect, createPool } = await project.import("worker.node.js");

const nf = await connect();
const pool = await createPool({ size: 3 });
after(() => (nf.close(), pool.close()));

const PATHS = ["notes/ä.md", "notes/b.md", "README.md"];
const ROWS = [[0, 0], [1, 0], [5, 5]];

/** An index of each kind: on the page, in a worker, in shards. */
async function makers() {
  return [new Index(2, { storage: "f32" }), await nf.Index.create(2, { storage: "f32" }), await pool.Index.create(2, { storage: "f32" })];
}

/** Checks that a call throws, or is rejected, with a code and a text. */
const refused = (call, code, message) =>
  assert.rejects(async () => call(), (error) => {
    assert.ok(error instanceof NearfoldError || error.name === "NearfoldError", String(error));
    assert.equal(error.code, code, error.message);
    if (message) assert.match(error.message, message);
    return true;
  });

test("strings come back as arrays of strings", async () => {
  for (const index of await makers()) {
    assert.equal(await index.idKind, undefined);
    assert.deepEqual(await index.add(ROWS, { ids: PATHS, columns: { year: [1999, 2004, null] } }), PATHS);
    assert.equal(await index.idKind, "string");
    const { ids, distances } = await index.search([0.9, 0], { k: 2 });
    assert.deepEqual([ids, distances.length], [["notes/b.md", "notes/ä.md"], 2]);
    const many = await index.searchMany(ROWS, { k: 2, withColumns: ["year"] });
    assert.deepEqual(many.ids, ["notes/ä.md", "notes/b.md", "notes/b.md", "notes/ä.md", "README.md", "notes/b.md"]);
    assert.deepEqual([many.shape, many.columns.year], [[3, 2], [1999, 2004, 2004, 1999, null, 2004]]);
    assert.deepEqual((await index.searchRadius([0, 0], 1, { ids: "bigint" })).ids, ["notes/ä.md", "notes/b.md"]);
    assert.deepEqual(await index.ids(), ["README.md", "notes/b.md", "notes/ä.md"]);
    for await (const page of pages(index, [0, 0], { pageSize: 3 })) assert.deepEqual(page.ids, PATHS);
    index.free();
  }
});

test("many ids are looked for at once", async () => {
  for (const [names, absent] of [[PATHS, "z"], [[7, 3, 2 ** 40], 8]]) {
    for (const index of await makers()) {
      await index.add(ROWS, { ids: names, columns: { year: [1999, 2004, null] } });
      assert.deepEqual(await index.hasMany([names[2], absent]), [true, false]);
      assert.deepEqual([await index.has(names[1]), await index.has(absent)], [true, false]);
      assert.deepEqual([...(await index.vectors([names[2], names[0], names[2]]))], [5, 5, 0, 0, 5, 5]);
      assert.deepEqual([...(await index.vector(names[1]))], [1, 0]);
      assert.deepEqual(await index.getMany([names[2], names[0]]), [{ year: null }, { year: 1999 }]);
      assert.deepEqual(await index.get(names[1]), { year: 2004 });
      assert.deepEqual([(await index.vectors([])).length, await index.getMany([])], [0, []]);
      const message = typeof absent === "string" ? /id "z" is not in the index/ : /id 8 is not in the index/;
      for (const look of [() => index.vectors([names[0], absent]), () => index.getMany([absent]), () => index.get(absent), () => index.vector(absent), () => index.remove([absent])]) {
        await refused(look, "id_not_found", message);
      }
      index.free();
    }
  }
});

test("an upsert adds and replaces, and a remove may pass over what is missing", async () => {
  for (const index of await makers()) {
    assert.equal(await index.upsert(ROWS, PATHS, { columns: { year: [1999, 2004, null] } }), 3);
    assert.equal(await index.upsert([[9, 9], [8, 8]], ["README.md", "new"], { columns: { year: [2026, 2027] } }), 1);
    assert.deepEqual(await index.getMany(["README.md", "new", "notes/b.md"]), [{ year: 2026 }, { year: 2027 }, { year: 2004 }]);
    assert.equal(await index.upsert([[1, 1]], ["new"]), 0);
    assert.deepEqual([...(await index.vector("new"))], [1, 1]);
    assert.deepEqual(await index.get("new"), { year: 2027 });
    await index.update([[2, 2]], ["new"]);
    await index.setColumns(["new"], { year: [1] });
    assert.deepEqual([[...(await index.vector("new"))], await index.get("new")], [[2, 2], { year: 1 }]);
    await refused(() => index.upsert([[1, 1], [2, 2]], ["new", "new"]), "duplicate_id", /id "new" is given twice/);
    await refused(() => index.update([[1, 1], [2, 2]], ["new", "new"]), "duplicate_id", /id "new" is given twice/);
    await refused(() => index.upsert([[1, 1], [2, NaN]], ["new", "c"]), "not_finite");
    await refused(() => index.upsert([[1, 1]], ["new", "c"]), "shape_mismatch");
    await refused(() => index.remove(["new", "z"]), "id_not_found");
    await refused(() => index.remove(["new", "new"], { missing: "ignore" }), "duplicate_id");
    await assert.rejects(async () => index.remove([], { missing: "skip" }), /"?error"?.*"?ignore"?/);
    assert.deepEqual([...(await index.vector("new"))], [2, 2]);
    assert.equal(await index.remove(["new", "z"], { missing: "ignore" }), 1);
    assert.equal(await index.remove(["new"], { missing: "ignore" }), 0);
    assert.equal(await index.remove(new Set(PATHS)), 3);
    // An empty index takes either kind again.
    assert.deepEqual([...(await index.add([[1, 1]], { ids: [4] }))], [4]);
    index.free();
  }
});

test("ids of the other kind, and strings that are none, are refused by name", async () => {
  for (const index of await makers()) {
    await index.add(ROWS, { ids: PATHS });
    await refused(() => index.add([[0, 0]]), "bad_parameter", /^ids: expected strings, as the index holds, got none$/);
    await refused(() => index.add([[0, 0]], { ids: [1] }), "bad_parameter", /^ids: expected strings, as the index holds, got integers$/);
    await refused(() => index.upsert([[0, 0]], [1]), "bad_parameter", /got integers/);
    await refused(() => index.add([[0, 0]], { ids: [""] }), "bad_parameter", /1 to 65535 bytes, got an empty one/);
    await refused(() => index.add([[0, 0]], { ids: ["x".repeat(65_536)] }), "bad_parameter", /65536 bytes/);
    await refused(() => index.add([[0, 0]], { ids: ["\ud800"] }), "bad_parameter", /lone surrogates/);
    await refused(() => index.has("a\udc00b"), "bad_parameter", /lone surrogates/);
    await refused(() => index.add([[0, 0], [1, 1]], { ids: ["c", 3] }), "bad_parameter", /strings, as the first one is, in row 1, got 3/);
    await refused(() => index.add([[0, 0], [1, 1]], { ids: [3, "c"] }), "bad_parameter");
    await refused(() => index.add([[0, 0]], { ids: ["README.md"] }), "duplicate_id", /id "README.md" is already in the index/);
    assert.equal(await index.length, 3);
    index.free();
  }
});

test("filters take strings, sets of them and functions of them", async () => {
  for (const index of await makers()) {
    await index.add(ROWS, { ids: PATHS, columns: { year: [1999, 2004, null] } });
    for (const filter of [["notes/b.md", "absent"], new Set(["notes/b.md"]), { year: 2004 }, await index.filter(["notes/b.md"])]) {
      assert.deepEqual((await index.search([0, 0], { filter })).ids, ["notes/b.md"]);
    }
    if (index instanceof Index) {
      assert.deepEqual(index.search([0, 0], { filter: (id) => id.endsWith("b.md") }).ids, ["notes/b.md"]);
      assert.equal(index.recallOf(ROWS, PATHS, { k: 1 }), 1);
    }
    index.free();
  }
});

test("equal distances come in the order of the bytes in UTF-8, from shards too", async () => {
  // In UTF-16 the last two would change places.
  const ids = ["\u{1f600}", "b", "\u{ff5e}", "B", "a", "ä", "aa", "\ue000", "\ud7ff"];
  const sorted = ["B", "a", "aa", "b", "ä", "\ud7ff", "\ue000", "\u{ff5e}", "\u{1f600}"];
  for (const index of await makers()) {
    await index.add(ids.map((_, i) => [i % 2 ? 1 : -1, 0]), { ids });
    assert.deepEqual((await index.search([0, 0], { k: 9 })).ids, sorted);
    assert.deepEqual((await index.searchMany([[0, 0]], { k: 9 })).ids, sorted);
    assert.deepEqual(await index.ids(), sorted);
    index.free();
  }
});

test("files keep strings, and shards find theirs again", async () => {
  const [index, , shards] = await makers();
  const ids = Array.from({ length: 40 }, (_, i) => `${"é".repeat(i * i)}/${i}`);
  const rows = ids.map((_, i) => [i, i + 1]);
  for (const each of [index, shards]) await each.add(rows, { ids });
  const bytes = index.toBytes();
  const opened = Index.fromBytes(bytes);
  assert.deepEqual([opened.ids(), opened.toBytes()], [index.ids(), bytes]);
  const parts = await shards.toBytes();
  assert.ok(parts.every((part) => Index.fromBytes(part).length > 0));
  const again = await pool.Index.fromBytes(parts);
  assert.deepEqual(await again.ids(), index.ids());
  assert.deepEqual([...(await again.vectors(ids))], rows.flat());
  await refused(() => pool.Index.fromBytes([parts[1], parts[0], parts[2]]), "bad_parameter");
});

test("random changes leave what a Map holds", async () => {
  for (const index of await makers()) {
    let state = 7;
    const below = (n) => ((state = (state * 1103515245 + 12345) % 2 ** 31), Math.floor((state / 2 ** 31) * n));
    const rows = new Map();
    for (let step = 0; step < 150; step++) {
      const ids = [...new Set(Array.from({ length: 4 }, () => `${below(40)}`))];
      const vectors = ids.map(() => [below(5), below(5)]);
      if (below(2)) {
        const fresh = ids.filter((id) => !rows.has(id)).length;
        assert.equal(await index.upsert(vectors, ids), fresh);
        ids.forEach((id, i) => rows.set(id, vectors[i]));
      } else if (below(2)) {
        const there = ids.filter((id) => rows.delete(id));
        assert.equal(await index.remove(ids, { missing: "ignore" }), there.length);
      } else {
        const [x, y] = vectors[0];
        const near = [...rows].map(([id, row]) => [(x - row[0]) ** 2 + (y - row[1]) ** 2, id]).filter(([distance]) => distance <= 2);
        near.sort((a, b) => a[0] - b[0] || (a[1] < b[1] ? -1 : 1));
        const { ids } = await index.searchRadius([x, y], 2, { exact: true });
        assert.deepEqual(Array.from(ids), near.map(([, id]) => id));
      }
    }
    assert.deepEqual(await index.ids(), [...rows.keys()].sort());
    index.free();
  }
});
