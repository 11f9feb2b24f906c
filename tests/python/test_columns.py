"""Values beside the vectors: what may be given, filters over them, what comes back."""

import array
import pickle

import numpy as np
import pytest

import nearfold as nf

RNG = np.random.default_rng(5)
N = 500
VECTORS = RNG.standard_normal((N, 8), dtype=np.float32)
YEAR = RNG.integers(1990, 2020, N)
LANG = [["en", "de", "fr", None][i % 4] for i in range(N)]
SCORE = np.where(RNG.random(N) < 0.2, np.nan, RNG.random(N))
FLAG = RNG.random(N) < 0.5


@pytest.fixture
def index():
    index = nf.Index(8, storage="f32")
    index.add(VECTORS, columns={"year": YEAR, "lang": LANG, "score": SCORE, "flag": FLAG})
    return index


def nearest(q, allowed, k):
    """The ids of the nearest rows that are allowed, by NumPy."""
    distances = ((VECTORS - q) ** 2).sum(axis=1)
    distances[~np.asarray(allowed)] = np.inf
    return np.argsort(distances, kind="stable")[: min(k, np.count_nonzero(allowed))].tolist()


LANGS = np.array([lang or "" for lang in LANG])


@pytest.mark.parametrize(
    ("filter", "allowed"),
    [
        ({"year": {"gte": 2000}}, YEAR >= 2000),
        ({"year": {"gt": 1999.5, "lte": 2010}}, (YEAR >= 2000) & (YEAR <= 2010)),
        ({"year": 2003}, YEAR == 2003),
        ({"year": {"between": [2000, 2003]}, "lang": {"in": ["en", "de"]}}, (YEAR >= 2000) & (YEAR <= 2003) & np.isin(LANGS, ["en", "de"])),
        ({"lang": {"ne": "en"}}, np.isin(LANGS, ["de", "fr"])),
        ({"lang": {"exists": False}}, LANGS == ""),
        ({"or": [{"flag": True}, {"score": {"lt": 0.25}}]}, FLAG | (SCORE < 0.25)),
        ({"not": {"lang": "en"}}, LANGS != "en"),
        ({"and": [{"flag": False}, {"not": {"score": {"gte": 0}}}]}, ~FLAG & np.isnan(SCORE)),
        ({"year": {"in": np.array([2001, 2005])}, "flag": np.bool_(True)}, np.isin(YEAR, [2001, 2005]) & FLAG),
        ({"year": {"in": {2001, 2005}}}, np.isin(YEAR, [2001, 2005])),
        ({"year": {"gt": 5000}}, np.zeros(N, bool)),
        ({}, np.ones(N, bool)),
    ],
)
def test_a_filter_finds_what_numpy_finds(index, filter, allowed):
    q = VECTORS[7] + 0.01
    ids, distances, columns = index.search(q, 6, filter=filter, with_columns=["year", "lang"])
    assert ids.tolist() == nearest(q, allowed, 6)
    assert columns == {"year": YEAR[np.asarray(ids, int)].tolist(), "lang": [LANG[i] for i in ids]}
    many, _ = index.search(VECTORS[:3], 6, filter=filter)
    assert np.asarray(many).tolist() == [nearest(q, allowed, 6) for q in VECTORS[:3]]


def test_values_come_back_as_they_went_in(index):
    ids, _, columns = index.search(VECTORS[:2], 3, with_columns=True)
    rows = np.asarray(ids, int)
    assert list(columns) == ["flag", "lang", "score", "year"]
    assert columns["year"] == YEAR[rows].tolist()
    assert columns["lang"] == [[LANG[i] for i in row] for row in rows]
    assert columns["score"] == [[None if np.isnan(SCORE[i]) else SCORE[i] for i in row] for row in rows]
    assert columns["flag"] == FLAG[rows].tolist()
    assert index.get(1)["lang"] == "de" and index.get(3)["lang"] is None
    assert index.get(0) == {name: values[0] for name, values in zip(columns, index.search(VECTORS[0], 1, with_columns=True)[2].values())}
    assert index.columns == {"flag": "bool", "lang": "string", "score": "float", "year": "int"}
    assert len(index.search(VECTORS[0])) == len(index.search(VECTORS[0], with_columns=False)) == 2
    assert 0 < index.memory()["columns"] < 20 * N
    again = pickle.loads(pickle.dumps(index))
    assert again.get(5) == index.get(5) and again.to_bytes() == index.to_bytes()


def test_columns_are_set_added_kept_and_dropped(index):
    index.set_columns([3, 4], {"lang": ["it", None]})
    assert [index.get(i)["lang"] for i in (3, 4, 5)] == ["it", None, "de"]
    index.update(VECTORS[:2] + 1, [3, 4], columns={"year": [1, 2]})
    assert index.get(3)["year"] == 1 and index.get(3)["lang"] == "it"
    index.update(VECTORS[:1] + 2, [3])
    assert index.get(3)["year"] == 1
    index.remove(range(10, 400))
    index.compact()
    assert index.get(450)["year"] == YEAR[450]
    assert index.add([VECTORS[0]]).tolist() == [N]
    assert set(index.get(N).values()) == {None}
    index.add_column("note", "string")
    index.set_columns([N], {"note": ["new"]})
    ids, _ = index.search(VECTORS[9], filter={"note": {"exists": True}})
    assert ids.tolist() == [N]
    index.drop_column("note")
    assert "note" not in index.columns


def test_many_kinds_of_arrays_are_read():
    given = {
        "list": [1, None, 3],
        "tuple": ("a", "b", None),
        "array": array.array("d", [1, 2, 3]),
        "int8": np.array([-1, 2, 3], np.int8),
        "text": np.array(["x", "yy", "é"]),
        "masked": np.ma.array([1, 2, 3], mask=[0, 1, 0]),
        "range": range(3),
    }
    index = nf.Index(1)
    index.add([[0], [1], [2]], columns=given)
    types = {"list": "int", "tuple": "string", "array": "float", "int8": "int", "text": "string", "masked": "int", "range": "int"}
    assert index.columns == dict(sorted(types.items()))
    assert index.get(1) == {"array": 2.0, "int8": 2, "list": None, "masked": None, "range": 1, "text": "yy", "tuple": "b"}


def test_numbers_beyond_64_bits_are_compared_as_what_they_are(index):
    def count(test):
        return len(index.search(VECTORS[0], N, filter={"year": test})[0])

    for large in (2**63, 2**64, 2**70, 10**22):
        assert count({"lt": large}) == count({"gt": -large}) == count({"ne": large}) == N
        assert count({"gte": large}) == count({"lte": -large}) == count(large) == count({"in": [large]}) == 0
    for uneven in (2**70 + 1, -(2**63) - 1, 10**400):
        with pytest.raises(nf.NearfoldError, match="integers from -2\\*\\*63 to 2\\*\\*63 - 1, or ones that a float holds"):
            count({"lt": uneven})


@pytest.mark.parametrize(
    ("misuse", "code"),
    [
        (lambda i: i.add(VECTORS[:2], columns={"yaer": [1, 2]}), "bad_parameter"),
        (lambda i: i.add(VECTORS[:2], columns={"year": ["a", "b"]}), "bad_parameter"),
        (lambda i: i.add(VECTORS[:2], columns={"year": [1]}), "shape_mismatch"),
        (lambda i: i.add(VECTORS[:2], columns={"year": 3}), "bad_parameter"),
        (lambda i: i.add(VECTORS[:2], columns={"year": [1, 2**63]}), "bad_parameter"),
        (lambda i: i.add(VECTORS[:2], columns={"year": [1, object()]}), "bad_parameter"),
        (lambda i: i.add(VECTORS[:2], columns={3: [1, 2]}), "bad_parameter"),
        (lambda i: i.add(VECTORS[:2], [7, 900], columns={"year": [1, 2]}), "duplicate_id"),
        (lambda i: i.set_columns([1, 9999], {"year": [1, 2]}), "id_not_found"),
        (lambda i: i.search(VECTORS[0], filter={"yaer": 3}), "bad_parameter"),
        (lambda i: i.search(VECTORS[0], filter={"year": {"near": 3}}), "bad_parameter"),
        (lambda i: i.search(VECTORS[0], filter={"year": "2000"}), "bad_parameter"),
        (lambda i: i.search(VECTORS[0], filter={"lang": None}), "bad_parameter"),
        (lambda i: i.search(VECTORS[0], with_columns=["yaer"]), "bad_parameter"),
        (lambda i: i.get(9999), "id_not_found"),
        (lambda i: i.add_column("year", "int"), "bad_parameter"),
        (lambda i: i.add_column("day", "date"), "unknown_name"),
        (lambda i: i.drop_column("day"), "bad_parameter"),
    ],
)
def test_misuse_is_refused_and_changes_nothing(index, misuse, code):
    before = index.to_bytes()
    with pytest.raises(nf.NearfoldError) as error:
        misuse(index)
    assert error.value.code == code
    assert index.to_bytes() == before


def test_the_error_says_what_was_expected(index):
    with pytest.raises(nf.NearfoldError, match="columns of the index: flag, lang, score, year, got \"yaer\""):
        index.search(VECTORS[0], filter={"yaer": {"gte": 2000}})
    with pytest.raises(nf.NearfoldError, match='expected int values in column "year", got "b" in row 1'):
        index.set_columns([1, 2], {"year": [3, "b"]})
    with pytest.raises(TypeError, match="got a str"):
        index.search(VECTORS[0], with_columns="year")
    loop = {}
    loop["not"] = loop
    with pytest.raises(nf.NearfoldError, match="in each other"):
        index.search(VECTORS[0], filter=loop)


@pytest.mark.parametrize("lang", [["a", np.nan], [np.nan, "a"]])
def test_nan_is_missing_among_texts_too(lang):
    index = nf.Index(2)
    index.add([[0.0, 0.0], [1.0, 1.0]], columns={"lang": lang})
    assert index.columns == {"lang": "string"}
    assert [index.get(id)["lang"] for id in (0, 1)] == [None if text is np.nan else text for text in lang]
