"""Values beside the vectors: what may be given, filters over them, what comes back."""

import array
import datetime as dt
import math
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
        (lambda i: i.set_columns([1, 2], {"yaer": [1, 2]}), "bad_parameter"),
        (lambda i: i.add(VECTORS[:2], columns={"new": [None, None]}), "bad_parameter"),
        (lambda i: i.add(VECTORS[:2], columns={"tags": [{"a", "b"}, {"c"}]}), "bad_parameter"),
        (lambda i: i.add(VECTORS[:2], columns={"raw": [b"a", b"b"]}), "bad_parameter"),
        (lambda i: i.add(VECTORS[:2], columns={"lang": [["a"], ["b"]]}), "bad_parameter"),
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
    with pytest.raises(nf.NearfoldError, match='"yaer"; add, or add_column .* makes another'):
        index.set_columns([1], {"yaer": [1]})
    with pytest.raises(nf.NearfoldError, match='a list in row 0; a column of type strings takes it, as add_column'):
        index.add(VECTORS[:1], columns={"lang": [["a"]]})
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


UTC = dt.timezone.utc
NOON = dt.datetime(2024, 5, 31, 12, 30, tzinfo=UTC)


def made(n, **columns):
    index = nf.Index(1, storage="f32")
    index.add(np.arange(n, dtype=np.float32).reshape(n, 1), columns=columns)
    return index


def test_times_of_every_kind_come_back_as_datetimes_in_utc():
    pd, pl, pa = (pytest.importorskip(name) for name in ("pandas", "polars", "pyarrow"))
    east = dt.timezone(dt.timedelta(hours=2))
    naive = NOON.replace(tzinfo=None)
    lists = {
        "aware": [NOON.astimezone(east), None],
        "naive": [naive, None],
        "numpy_us": np.array([naive, "NaT"], "datetime64[us]"),
        "numpy_ns": np.array([naive, "NaT"], "datetime64[ns]"),
        "numpy_s": [np.datetime64("2024-05-31T12:30:00"), np.datetime64("NaT")],
        "pandas": pd.Series([naive, pd.NaT]),
        "pandas_zone": pd.Series([NOON.astimezone(east), None]),
        "pandas_index": pd.DatetimeIndex([naive, pd.NaT]),
        "stamps": [pd.Timestamp(naive), pd.NaT],
        "polars": pl.Series([naive, None]),
        "polars_ns": pl.Series([naive, None], dtype=pl.Datetime("ns")),
        "polars_zone": pl.Series([NOON, None], dtype=pl.Datetime("us", "UTC")),
        "arrow": pa.array([naive, None], pa.timestamp("ns")),
    }
    index = made(2, **lists)
    for name in lists:
        assert index.columns[name] == "datetime", name
        assert [index.get(id)[name] for id in (0, 1)] == [NOON, None], name
    days = made(2, date=[dt.date(2024, 5, 31), None], numpy=np.array(["2024-05-31", "NaT"], "datetime64[D]"), polars=pl.Series([dt.date(2024, 5, 31), None]))
    assert days.get(0) == dict.fromkeys(days.columns, dt.datetime(2024, 5, 31, tzinfo=UTC))
    assert days.get(1) == dict.fromkeys(days.columns)


def test_what_is_finer_than_a_microsecond_is_an_error_not_a_loss():
    pd, pl = (pytest.importorskip(name) for name in ("pandas", "polars"))
    fine = np.array(["2024-05-31T12:30:00.000000001"], "datetime64[ns]")
    for column in (fine, list(fine), pd.Series(fine), [pd.Timestamp(fine[0])], pl.Series(fine)):
        with pytest.raises(nf.NearfoldError, match="whole microseconds"):
            made(1, day=column)
    index = made(1, day=[NOON])
    with pytest.raises(nf.NearfoldError, match="nothing finer"):
        index.add([[1.0]], columns={"day": ["2024-05-31T12:30:00.0000001Z"]})
    with pytest.raises(nf.NearfoldError):
        made(1, day=np.array(["400000-01-01"], "datetime64[D]"))
    with pytest.raises(nf.NearfoldError, match="whole microseconds"):
        made(1, day=np.array([2**62], "datetime64[s]"))


def test_times_are_filtered_by_times_and_by_texts():
    days = [dt.datetime(2024, 1, 1, tzinfo=UTC) + dt.timedelta(days=i, microseconds=1) for i in range(10)]
    index = made(10, day=days)
    for bound in (dt.date(2024, 1, 5), dt.datetime(2024, 1, 5), "2024-01-05", "2024-01-05T01:00+01:00", np.datetime64("2024-01-05")):
        assert index.find({"day": {"gt": bound}}).tolist() == list(range(4, 10)), bound
        assert index.find({"day": {"lte": bound}}).tolist() == list(range(4)), bound
    assert index.find({"day": days[3]}).tolist() == [3]
    assert index.find({"day": {"in": [days[3], "2024-01-01T00:00:00.000001Z"]}}).tolist() == [0, 3]
    assert index.find({"day": {"between": [days[2], days[4]]}}).tolist() == [2, 3, 4]
    with pytest.raises(nf.NearfoldError, match="a time, or its ISO 8601 text"):
        index.find({"day": {"gt": 5}})
    far = made(1, day=[NOON])
    far.set_columns([0], {"day": ["+010000-01-01"]})
    with pytest.raises(nf.NearfoldError, match="years 1 to 9999"):
        far.get(0)


def test_tags_and_other_lists_are_filtered_by_what_they_have():
    index = made(5, tags=[["red", "green"], [], None, ["grey"], ("green",)], sizes=[[1, 2], [3], [], None, [10]], weights=[np.array([0.5, 2.0]), [1], None, [], [0.25]])
    assert index.columns == {"sizes": "ints", "tags": "strings", "weights": "floats"}
    assert [index.get(i)["tags"] for i in range(5)] == [["red", "green"], [], None, ["grey"], ["green"]]
    assert index.get(0) == {"sizes": [1, 2], "tags": ["red", "green"], "weights": [0.5, 2.0]}
    for filter, ids in [
        ({"tags": {"contains": "green"}}, [0, 4]),
        ({"tags": {"any": ["red", "grey"]}}, [0, 3]),
        ({"tags": {"prefix": "gr"}}, [0, 3, 4]),
        ({"tags": {"exists": False}}, [2]),
        ({"tags": {"exists": True}, "not": {"tags": {"gte": ""}}}, [1]),
        ({"sizes": {"between": [2, 3]}}, [0, 1]),
        ({"sizes": {"any": {3, 10}}}, [1, 4]),
        ({"weights": {"lt": 1}}, [0, 4]),
        ({"not": {"weights": {"lt": 1}}}, [1, 2, 3]),
    ]:
        assert index.find(filter).tolist() == ids, filter
        assert sorted(index.search([0.0], 5, filter=filter)[0].tolist()) == ids, filter
    index.add([[7.0]], columns={"sizes": [[0.5]]})
    assert index.columns["sizes"] == "floats" and index.get(0)["sizes"] == [1.0, 2.0]
    with pytest.raises(nf.NearfoldError, match="contains, any, a range or exists"):
        index.find({"tags": "red"})
    with pytest.raises(nf.NearfoldError, match='a list with 1 at place 1 in row 0; a column of type json takes it'):
        index.add([[8.0]], columns={"tags": [["a", 1]]})


def test_json_is_kept_returned_and_not_filtered():
    values = [{"b": 1, "a": [None, 1.0, {"é": "\n"}]}, [1, "a"], 3, None, {"deep": [[]]}]
    index = nf.Index(1)
    index.add_column("meta", "json")
    index.add(np.arange(5, dtype=np.float32).reshape(5, 1), columns={"meta": values})
    index = nf.Index.from_bytes(index.to_bytes())
    got = [index.get(i)["meta"] for i in range(5)]
    assert got == values and list(got[0]) == ["b", "a"] and type(got[0]["a"][1]) is float
    assert index.find({"meta": {"exists": True}}).tolist() == [0, 1, 2, 4]
    with pytest.raises(nf.NearfoldError, match="exists for column \"meta\" of type json, which is kept and returned"):
        index.find({"meta": 3})
    for other in ({"a": math.inf}, [NOON], {"a": [math.nan]}):
        with pytest.raises(nf.NearfoldError, match="in row 0"):
            index.set_columns([0], {"meta": [other]})
    assert made(1, meta=[{"a": 1}]).columns == {"meta": "json"}


def test_texts_are_filtered_by_their_parts(index):
    index.set_columns([0, 1], {"lang": ["english", "deutsch"]})
    assert index.find({"lang": {"prefix": "en", "contains": "lis"}}).tolist() == [0]
    assert index.find({"lang": {"contains": "uts"}}).tolist() == [1]
    assert len(index.find({"lang": {"prefix": "e"}}, N)) == N // 4
    with pytest.raises(nf.NearfoldError, match="a column of texts for prefix"):
        index.find({"year": {"prefix": "20"}})


def test_whole_numbers_become_floats_and_new_columns_come_with_an_add():
    index = made(2, price=[5, 7])
    index.add([[2.0]], columns={"price": [5.99], "title": ["late"]})
    assert index.columns == {"price": "float", "title": "string"}
    assert [index.get(i) for i in range(3)] == [{"price": 5.0, "title": None}, {"price": 7.0, "title": None}, {"price": 5.99, "title": "late"}]
    large = made(1, count=[2**53 + 1])
    with pytest.raises(nf.NearfoldError, match=r"beyond 2\^53: a float would round it, got 0.5 in row 0; a column of type float takes it, as add_column"):
        large.add([[1.0]], columns={"count": [0.5]})
    assert large.columns == {"count": "int"} and len(large) == 1


def test_rows_are_found_without_a_query(index):
    old = np.flatnonzero(YEAR < 2000)
    assert index.find({"year": {"lt": 2000}}, N).tolist() == old.tolist()
    ids, columns = index.find({"year": {"lt": 2000}}, 7, with_columns=["lang"])
    assert ids.tolist() == old[:7].tolist() and columns == {"lang": [LANG[i] for i in old[:7]]}
    assert len(index.find({})) == 100 and index.find({}, 0).tolist() == []
    assert nf.Index(2).find({}).tolist() == []
    with pytest.raises(TypeError):
        index.find([1, 2])
