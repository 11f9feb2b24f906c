"""Are ids what users have: integers or strings, looked for and changed many at once?"""

import pickle
import random

import nearfold as nf
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

PATHS = ["notes/ä.md", "notes/b.md", "README.md"]


def notes():
    index = nf.Index(2, storage="f32")
    index.add([[0, 0], [1, 0], [5, 5]], ids=PATHS, columns={"year": [1999, 2004, None]})
    return index


def test_strings_come_back_as_lists_of_str():
    index = notes()
    ids, distances = index.search([0.9, 0], k=2)
    assert ids == ["notes/b.md", "notes/ä.md"] and distances.shape == (2,)
    ids, distances, columns = index.search([[0, 0], [5, 5]], k=2, with_columns=True)
    assert ids == [["notes/ä.md", "notes/b.md"], ["README.md", "notes/b.md"]]
    assert columns == {"year": [[1999, 2004], [None, 2004]]} and distances.shape == (2, 2)
    assert index.search_radius([0, 0], 1)[0] == ["notes/ä.md", "notes/b.md"]
    assert index.search_explained([5, 5], k=1)[0] == ["README.md"]
    assert index.ids() == sorted(PATHS, key=str.encode)
    assert index.search(np.zeros((0, 2)))[0] == []
    assert index.add([[7, 7]], ids=["new"]) == ["new"]


def test_strings_may_come_in_any_list_or_array():
    for ids in [PATHS, tuple(PATHS), np.array(PATHS), np.array(PATHS, object), pd.Series(PATHS), pd.Index(PATHS), pa.array(PATHS)]:
        index = nf.Index(1)
        assert index.add([[0], [1], [2]], ids=ids) == PATHS
        assert index.has_many(ids).tolist() == [True] * 3
        assert index.search([0.0], filter=ids)[0] == PATHS


def test_integers_come_back_as_int64_unless_one_needs_the_last_bit():
    index = nf.Index(1)
    ids = index.add([[0], [1]])
    assert ids.dtype == np.int64
    assert index.search([[0.0]])[0].dtype == index.ids().dtype == np.int64
    # What wrapped round with uint64.
    assert (ids - 1).tolist() == [-1, 0]
    index.add([[2]], ids=[2**63 - 1])
    assert index.ids().dtype == np.int64
    index.add([[3]], ids=[2**63])
    assert index.ids().dtype == index.search([0.0], k=1)[0].dtype == np.uint64
    assert index.ids().tolist() == [0, 1, 2**63 - 1, 2**63]
    # It does not change with what is there.
    index.remove([2**63])
    assert nf.Index.from_bytes(index.to_bytes()).search([0.0])[0].dtype == np.uint64


def test_many_ids_are_looked_for_at_once():
    for ids in (PATHS, [7, 3, 2**40]):
        index = nf.Index(2, storage="f32")
        index.add([[0, 0], [1, 0], [5, 5]], ids=ids, columns={"year": [1999, 2004, None]})
        absent = "z" if ids is PATHS else 8
        assert index.has_many([ids[2], absent]).tolist() == [True, False]
        assert ids[1] in index and absent not in index
        assert 1.5 not in index and ("a" in index) is False and None not in index
        np.testing.assert_array_equal(index.vectors([ids[2], ids[0], ids[2]]), [[5, 5], [0, 0], [5, 5]])
        np.testing.assert_array_equal(index.vector(ids[1]), [1, 0])
        assert index.get_many([ids[2], ids[0]]) == [{"year": None}, {"year": 1999}]
        assert index.get(ids[1]) == {"year": 2004}
        assert index.vectors([]).shape == (0, 2)
        for look in (index.vectors, index.get_many):
            with pytest.raises(nf.NearfoldError) as refused:
                look([ids[0], absent])
            assert refused.value.code == "id_not_found" and ('"z"' if ids is PATHS else "8") in str(refused.value)


def test_an_upsert_adds_and_replaces():
    index = notes()
    assert index.upsert([[9, 9], [8, 8]], ["README.md", "new"], columns={"year": [2026, 2027]}) == 1
    assert index.get_many(["README.md", "new", "notes/b.md"]) == [{"year": 2026}, {"year": 2027}, {"year": 2004}]
    assert index.search([9, 9], k=1)[0] == ["README.md"]
    assert index.upsert([[1, 1]], ["new"]) == 0 and index.get("new") == {"year": 2027}
    before = index.to_bytes()
    for vectors, ids, code in [
        ([[1, 1], [2, 2]], ["new", "new"], "duplicate_id"),
        ([[1, 1], [2, float("nan")]], ["new", "c"], "not_finite"),
        ([[1, 1], [2, 2]], ["new"], "shape_mismatch"),
        ([[1, 1]], [5], "bad_parameter"),
    ]:
        with pytest.raises(nf.NearfoldError) as refused:
            index.upsert(vectors, ids)
        assert refused.value.code == code
        assert index.to_bytes() == before


def test_a_remove_says_how_many_went_and_may_pass_over_what_is_missing():
    index = notes()
    with pytest.raises(nf.NearfoldError, match='id "z" is not in the index'):
        index.remove(["README.md", "z"])
    assert len(index) == 3
    assert index.remove(["README.md", "z"], missing="ignore") == 1
    assert index.remove(["README.md"], missing="ignore") == 0
    assert index.remove(PATHS[:2]) == 2 and len(index) == 0
    with pytest.raises(nf.NearfoldError, match="error, ignore"):
        index.remove([], missing="skip")
    # An empty index takes either kind again.
    assert index.add([[0, 0]]).tolist() == [0]


def test_ids_of_the_other_kind_and_strings_that_are_none_are_refused_by_name():
    index = notes()
    for call, text in [
        (lambda: index.add([[0, 0]]), "ids: expected strings, as the index holds, got none"),
        (lambda: index.add([[0, 0]], ids=[1]), "ids: expected strings, as the index holds, got integers"),
        (lambda: index.get(1), "got integers"),
        (lambda: index.search([0, 0], filter=[True, False]), "a mask has a place for each integer"),
        (lambda: index.add([[0, 0]], ids=[""]), "1 to 65535 bytes, got an empty one in row 0"),
        (lambda: index.add([[0, 0]], ids=["x" * 65_536]), "got one of 65536 bytes"),
        (lambda: index.add([[0, 0]], ids=["\ud800"]), "lone surrogates"),
        (lambda: index.get("\ud800"), "lone surrogates"),
        (lambda: index.add([[0, 0], [1, 1]], ids=["c", 3]), "strings, as the first one is, got int in row 1"),
        (lambda: index.add([[0, 0]], ids=["README.md"]), 'id "README.md" is already in the index'),
        (lambda: nf.Index(1).add([[0]], ids=[2**64 - 1]), "0 to 2\\^64 - 2"),
    ]:
        with pytest.raises(nf.NearfoldError, match=text):
            call()
    with pytest.raises(TypeError, match="got a str"):
        index.add([[0, 0]], ids="README.md")
    assert len(index) == 3


def test_filters_take_strings_and_functions_of_them():
    index = notes()
    for allowed in (["notes/b.md", "absent"], {"notes/b.md"}, lambda id: id.endswith("b.md"), {"year": 2004}):
        assert index.search([0, 0], filter=allowed)[0] == ["notes/b.md"]
    assert index.recall(k=1, queries=[[0, 0], [5, 5]], truth=[["notes/ä.md"], ["README.md"]]) == 1.0


def test_files_and_pickles_keep_strings(tmp_path):
    index = notes()
    index.save(tmp_path / "notes.nearfold")
    for same in (nf.Index.load(tmp_path / "notes.nearfold"), pickle.loads(pickle.dumps(index))):
        assert same.ids() == index.ids() and same.get("notes/b.md") == {"year": 2004}
        assert same.to_bytes() == index.to_bytes()


def test_random_changes_leave_what_a_dict_holds():
    for name in (str, lambda i: i * 7, lambda i: f"/a/{i}"):
        rng = random.Random(5)
        index, rows = nf.Index(2, storage="f32"), {}
        for _ in range(1500):
            ids = [name(i) for i in rng.sample(range(60), 4)]
            vectors = [[float(rng.randrange(5)), float(rng.randrange(5))] for _ in ids]
            if rng.random() < 0.5:
                new = sum(id not in rows for id in ids)
                assert index.upsert(vectors, ids) == new
                rows.update(zip(ids, vectors))
            elif rng.random() < 0.6:
                there = [id for id in ids if id in rows]
                assert index.remove(ids, missing="ignore") == len(there)
                for id in there:
                    del rows[id]
            else:
                query = vectors[0]
                near = [(sum((a - b) ** 2 for a, b in zip(query, row)), id) for id, row in rows.items()]
                found = index.search_radius(query, 2.0, exact=True)[0]
                assert list(found) == [id for _, id in sorted(pair for pair in near if pair[0] <= 2)]
        assert list(index.ids()) == sorted(rows)
        np.testing.assert_array_equal(index.vectors(list(rows)), list(rows.values()))
