"""Is the index in Python what help() says: adds, searches, files, threads, pickles?"""

import copy
import multiprocessing
import os
import pathlib
import pickle
import signal
import stat
import subprocess
import sys
import textwrap
import threading
import time

import nearfold as nf
import numpy as np
import pytest

RNG = np.random.default_rng(7)
VECTORS = RNG.standard_normal((4000, 16), np.float32)


@pytest.fixture(scope="module")
def index():
    index = nf.Index(16, metric="cosine", storage="f32")
    index.add(VECTORS)
    return index


def test_one_query_gives_one_row_and_many_give_many(index):
    ids, distances = index.search(VECTORS[5], k=3)
    assert (ids.shape, ids.dtype, distances.shape, distances.dtype) == ((3,), np.int64, (3,), np.float32)
    assert ids[0] == 5
    many_ids, many_distances = index.search(VECTORS[5:7], k=3)
    assert many_ids.shape == many_distances.shape == (2, 3)
    np.testing.assert_array_equal(many_ids[0], ids)
    np.testing.assert_array_equal(many_distances[0], distances)


def test_exact_search_is_numpys(index):
    unit = VECTORS / np.linalg.norm(VECTORS, axis=1, keepdims=True)
    expected = np.argsort(1 - unit @ unit[9], kind="stable")[:10]
    assert set(index.search(VECTORS[9], k=10, exact=True)[0]) == set(expected)


def test_no_query_gives_no_row(index):
    ids, distances = index.search(np.zeros((0, 16), np.float32))
    assert len(ids) == len(distances) == 0


def test_vectors_may_be_of_any_real_dtype_and_order():
    same = []
    whole = RNG.integers(-5, 5, (50, 4))
    for vectors in (whole, whole.astype("f8"), whole.astype(">f4"), np.asfortranarray(whole.astype("f4")), whole.tolist()):
        index = nf.Index(4, storage="f32")
        index.add(vectors)
        same.append(index.to_bytes())
    assert len(set(same)) == 1


def test_ids_are_given_or_counted():
    index = nf.Index(2)
    assert index.add([[0, 0], [1, 1]]).tolist() == [0, 1]
    assert index.add([2, 2], ids=[2**64 - 2]).tolist() == [2**64 - 2]
    assert 2**64 - 2 in index and 5 not in index and -1 not in index and "0" not in index
    assert len(index) == 3


def test_the_index_tells_what_it_is(index):
    assert index.dim == 16
    assert index.params == {"metric": "cosine", "storage": "f32", "rerank": None, "M": 16, "ef_construction": 200}
    memory = index.memory()
    assert memory["total"] == sum(memory.values()) - memory["total"] >= VECTORS.nbytes
    assert repr(index).startswith("<nearfold.Index of 4000 vectors, dim=16")
    np.testing.assert_allclose(index.vector(3), VECTORS[3] / np.linalg.norm(VECTORS[3]), rtol=1e-6)


@pytest.mark.parametrize(("storage", "rerank"), [("f16", None), ("i8", "f32"), ("i8", "f16"), ("b1", "i8"), ("i4", None), ("i4", "i8"), ("f16", "f32")])
def test_a_finer_copy_gives_the_distances_and_the_vectors(storage, rerank):
    index = nf.Index(16, metric="cosine", storage=storage, rerank=rerank)
    index.add(VECTORS)
    assert index.params["storage"] == storage and index.params["rerank"] == rerank
    memory = index.memory()
    size = {"f32": 64, "f16": 32, "i8": 20, "i4": 16, "b1": 16, None: 0}
    assert memory["vectors"] >= 4000 * size[storage] and memory["rerank"] // 4000 == size[rerank]
    again = nf.Index.from_bytes(index.to_bytes())
    assert again.params == index.params and again.to_bytes() == index.to_bytes()
    unit = VECTORS / np.linalg.norm(VECTORS, axis=1, keepdims=True)
    atol = {"f32": 1e-6, "f16": 1e-3, "i8": 1e-2, "i4": 1e-1}[rerank or storage]
    np.testing.assert_allclose(again.vector(5), unit[5], atol=atol)
    ids, distances = again.search(VECTORS[:50] + 0.01, exact=True)
    queries = (VECTORS[:50] + 0.01) / np.linalg.norm(VECTORS[:50] + 0.01, axis=1, keepdims=True)
    np.testing.assert_allclose(distances, np.sort(1 - queries @ unit.T, axis=1)[:, :10], atol=3 * atol)
    assert (again.search(VECTORS[:50] + 0.01, ef_search=200)[0] == ids).mean() >= 0.95


def test_a_search_says_how_it_went():
    index = nf.Index(16, storage="i8", rerank="f32")
    index.add(VECTORS)
    ids, distances, how = index.search_explained(VECTORS[3], k=5, ef_search=40)
    np.testing.assert_array_equal(ids, index.search(VECTORS[3], k=5, ef_search=40)[0])
    np.testing.assert_array_equal(distances, index.search(VECTORS[3], k=5, ef_search=40)[1])
    assert how["plan"] == "graph" and how["ef_search"] == 40 and 40 < how["distances"] < 4000
    # Fifteen for five, then fifteen more, none of which is nearer.
    assert how["reranked"] == 30
    assert index.search_explained(VECTORS[3], exact=True)[2] == {"plan": "scan", "ef_search": 0, "distances": 4000, "reranked": 23}
    assert index.search_explained(VECTORS[3], filter=[1, 2, 3])[2] == {"plan": "filtered_scan", "ef_search": 0, "distances": 3, "reranked": 3}


def test_a_file_and_bytes_and_a_pickle_are_the_same_index(index, tmp_path):
    path = tmp_path / "set.nearfold"
    index.save(path)
    data = index.to_bytes()
    assert path.read_bytes() == data
    again = [nf.Index.load(path), nf.Index.load(str(path)), nf.Index.from_bytes(data), nf.Index.from_bytes(bytearray(data))]
    again += [pickle.loads(pickle.dumps(index)), copy.deepcopy(index)]
    for other in again:
        assert other.to_bytes() == data and other.params == index.params
        np.testing.assert_array_equal(other.search(VECTORS[:3])[1], index.search(VECTORS[:3])[1])
    assert os.listdir(tmp_path) == ["set.nearfold"]


def test_an_error_of_nearfold_keeps_its_code_through_a_pickle():
    with pytest.raises(nf.NearfoldError) as caught:
        nf.Index(0)
    again = pickle.loads(pickle.dumps(caught.value))
    assert again.code == "bad_parameter" and str(again) == str(caught.value)


def test_files_that_cannot_be_are_os_errors_with_their_path(index, tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        nf.Index.load(tmp_path / "none")
    assert caught.value.filename == str(tmp_path / "none")
    with pytest.raises(FileNotFoundError):
        index.save(tmp_path / "no" / "folder")
    with pytest.raises(IsADirectoryError):
        index.save(tmp_path)


def test_a_save_follows_links_and_keeps_permissions(index, tmp_path):
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "real").chmod(0o640)
    (tmp_path / "link").symlink_to("real")
    index.save(tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == index.to_bytes()
    assert (tmp_path / "real").stat().st_mode & 0o777 == 0o640


def test_a_save_leaves_devices_what_they_are_and_takes_long_names(index, tmp_path):
    index.save("/dev/null")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    long = tmp_path / ("x" * 255)
    index.save(long)
    assert long.read_bytes() == index.to_bytes()


def test_a_kill_while_saving_leaves_a_whole_file(tmp_path):
    path = tmp_path / "set.nearfold"
    script = textwrap.dedent("""
        import sys, nearfold as nf, numpy as np
        small, large = nf.Index(8), nf.Index(8)
        small.add(np.ones((1, 8)))
        large.add(np.random.default_rng(1).standard_normal((1500, 8)))
        small.save(sys.argv[1])
        print("ready", flush=True)
        while True:
            large.save(sys.argv[1])
            small.save(sys.argv[1])
    """)
    for attempt in range(12):
        process = subprocess.Popen([sys.executable, "-c", script, path], stdout=subprocess.PIPE)
        assert process.stdout.readline() == b"ready\n"
        time.sleep(0.003 * attempt)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert len(nf.Index.load(path)) in (1, 1500)


def test_searches_and_adds_may_run_at_the_same_time():
    index = nf.Index(16, storage="f32")
    index.add(VECTORS[:100])
    failures = []

    def search():
        try:
            for i in range(300):
                ids, distances = index.search(VECTORS[i % 100], k=1)
                assert distances[0] == 0 and ids[0] == i % 100
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=search) for _ in range(4)]
    for thread in threads:
        thread.start()
    for begin in range(100, 1000, 50):
        index.add(VECTORS[begin : begin + 50])
    for thread in threads:
        thread.join()
    assert not failures and len(index) == 1000


def test_progress_counts_to_the_end():
    told = []
    index = nf.Index(16)
    index.add(VECTORS, progress=lambda done, all: told.append((done, all)))
    assert told == sorted(told) and told[-1] == (4000, 4000) and len(told) > 1


def test_progress_that_raises_stops_the_add_and_keeps_what_is_done():
    index = nf.Index(16)

    def stop(done, all):
        raise KeyError("enough")

    with pytest.raises(KeyError, match="enough"):
        index.add(VECTORS, progress=stop)
    assert len(index) < 4000
    assert len(index.search(VECTORS[0], k=1)[0]) <= 1


def test_progress_that_uses_its_index_is_refused_rather_than_locked_for_ever():
    index = nf.Index(16)
    with pytest.raises(nf.NearfoldError, match="progress") as caught:
        index.add(VECTORS, progress=lambda done, all: index.search(VECTORS[0]))
    assert caught.value.code == "bad_parameter"
    with pytest.raises(nf.NearfoldError, match="progress"):
        index.add(VECTORS[:3000] + 1, progress=lambda done, all: len(index))


def test_control_c_stops_a_long_add(tmp_path):
    script = textwrap.dedent("""
        import nearfold as nf, numpy as np
        index = nf.Index(64)
        print("ready", flush=True)
        try:
            index.add(np.random.default_rng(1).standard_normal((200_000, 64), np.float32))
        except KeyboardInterrupt:
            print("stopped", len(index) < 200_000, flush=True)
    """)
    # A job in the background of a shell begins with the signal ignored.
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stdout.readline() == b"ready\n"
    time.sleep(1.0)
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=60)[0] == b"stopped True\n"


def test_an_index_goes_to_another_process(index):
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        ids, _ = pool.apply(index.search, (VECTORS[5], 2))
    np.testing.assert_array_equal(ids, index.search(VECTORS[5], 2)[0])


def test_the_quick_start_prints_what_it_prints_in_every_language():
    examples = pathlib.Path(__file__).parent.parent.parent / "examples"
    run = subprocess.run([sys.executable, examples / "quickstart.py"], capture_output=True, check=True, text=True)
    assert run.stdout == (examples / "quickstart.txt").read_text()


def test_a_filter_is_a_list_of_ids_or_a_question(index):
    even = np.arange(0, 4000, 2)
    ids, distances = index.search(VECTORS[7], k=5, filter=even)
    assert all(ids % 2 == 0) and len(ids) == 5 and sorted(distances) == list(distances)
    asked = index.search(VECTORS[7], k=5, filter=lambda id: id % 2 == 0)
    np.testing.assert_array_equal(asked[0], ids)
    many, _ = index.search(VECTORS[:3], k=2, filter=[1, 3, 9999])
    assert many.shape == (3, 2) and set(many.ravel()) == {1, 3}
    with pytest.raises(ZeroDivisionError):
        index.search(VECTORS[7], filter=lambda id: 1 // 0)
    assert index.search(VECTORS[7], k=1, filter=lambda id: id in index)[0][0] == 7


def test_recall_is_asked_for_and_measured(index):
    assert index.recall(10, recall=0.99) >= 0.97
    ids, _ = index.search(VECTORS[:50], k=10, recall=0.99)
    exact, _ = index.search(VECTORS[:50], k=10, exact=True)
    found = np.mean([len(set(a) & set(b)) / 10 for a, b in zip(ids, exact)])
    assert found >= 0.95
    with pytest.raises(nf.NearfoldError):
        index.search(VECTORS[0], recall=1.5)


def test_a_radius_finds_all_that_is_near(index):
    ids, distances = index.search_radius(VECTORS[7], 0.4, exact=True)
    assert ids[0] == 7 and len(ids) > 1 and max(distances) <= 0.4
    _, all_distances = index.search(VECTORS[7], k=4000, exact=True)
    assert len(ids) == np.sum(all_distances <= np.float32(0.4))


def test_a_radius_takes_every_kind_of_filter_and_gives_columns():
    index = nf.Index(16, storage="f32")
    years = [1990 + i % 30 for i in range(4000)]
    index.add(VECTORS, columns={"year": years})
    ids, distances = index.search_radius(VECTORS[7], 20.0, exact=True)
    assert len(ids) > 50
    mask = np.arange(4000) % 3 == 0
    filters = {
        "ids": (np.arange(0, 4000, 3), mask),
        "a mask": (mask, mask),
        "a list of bools": (mask.tolist(), mask),
        "a short mask": (mask[:1000], mask & (np.arange(4000) < 1000)),
        "a question": (lambda id: id % 3 == 0, mask),
        "values": ({"year": {"lt": 2000}}, np.array(years) < 2000),
        "nothing": ([], np.zeros(4000, bool)),
    }
    for name, (filter, allowed) in filters.items():
        found = index.search_radius(VECTORS[7], 20.0, filter=filter, exact=True)
        keep = allowed[ids.astype(int)] if len(ids) else []
        np.testing.assert_array_equal(found[0], ids[keep], name)
        np.testing.assert_array_equal(found[1], distances[keep], name)
        best = index.search(VECTORS[7], k=5, filter=filter, exact=True)[0]
        np.testing.assert_array_equal(best, found[0][:5], name)
    found, _, columns = index.search_radius(VECTORS[7], 20.0, filter=mask, with_columns=["year"])
    assert columns == {"year": [years[i] for i in found]}
    found, near, how = index.search_radius_explained(VECTORS[7], 20.0, filter=[7, 8, 4000], exact=True)
    assert found[0] == 7 and near[0] == 0
    assert how == {"plan": "filtered_scan", "ef_search": 0, "distances": 2, "reranked": 0}
    assert index.search_radius_explained(VECTORS[7], 1e-3, ef_search=20)[2]["plan"] == "graph"
    for wrong in ({"yaer": 1}, np.zeros((2, 2), bool), ["a"], [1.5]):
        with pytest.raises((nf.NearfoldError, TypeError)):
            index.search_radius(VECTORS[7], 20.0, filter=wrong)


def test_health_tells_norms_and_zeros():
    index = nf.Index(2, storage="f32")
    index.add([[3, 4], [0, 0], [6, 8], [0, 0]])
    assert index.health() == {
        "nodes": 3, "duplicates": 1, "orphans": 0, "degree_min": 0, "degree_mean": 0.0, "degree_max": 0,
        "not_finite": 0, "zeros": 1, "norm_min": 0.0, "norm_mean": 5.0, "norm_max": 10.0,
        "storage": "f32", "rerank": None, "recall": 1.0, "lost_by_rounding": 0.0, "lost_by_walk": 0.0,
        "advice": "Every vector is compared as it came: nothing is lost.",
    }  # fmt: skip


def test_numbers_beyond_float32_are_named_with_row_column_and_value():
    index = nf.Index(2, metric="cosine", storage="f32")
    for value, code, shown in [(3e200, "not_finite", "3e200"), (-1e39, "not_finite", "-1e39"), (3e-200, "bad_parameter", "3e-200")]:
        for call in (index.add, index.search):
            with pytest.raises(nf.NearfoldError, match=rf"{shown} at row 1, column 0") as refused:
                call(np.array([[1, 2], [value, 1]]))
            assert refused.value.code == code
    # Who gives float32 has chosen.
    index.add(np.array([[1, 3e-200]]).astype("f4"))
    assert index.search([1.0, 0.0], k=1)[1].tolist() == [0.0]


def test_ids_beyond_64_bits_are_named():
    index = nf.Index(2)
    index.add([[0, 0]])
    for use in (lambda ids: index.add([[1, 1]], ids), index.remove, lambda ids: index.search([0, 0], filter=ids)):
        for ids in ([2**64], (2**64,), [-1], np.array([2**64], object), [3, 2**70]):
            with pytest.raises(nf.NearfoldError, match="integers from 0 to 2\\^64 - 2, got") as caught:
                use(ids)
            assert caught.value.code == "bad_parameter"


def test_a_device_without_end_is_no_index():
    with pytest.raises(nf.NearfoldError) as caught:
        nf.Index.load("/dev/zero")
    assert caught.value.code == "corrupt"


def test_vectors_are_removed_and_replaced():
    index = nf.Index(16, storage="f32")
    index.add(VECTORS)
    index.remove(np.arange(0, 4000, 2))
    assert len(index) == 2000 and 0 not in index and 1 in index
    index.update(VECTORS[0], [1])
    assert index.search(VECTORS[0], k=1)[0].tolist() == [1]
    np.testing.assert_array_equal(index.vector(1), VECTORS[0])
    index.compact()
    health = index.health()
    assert health["nodes"] == 2000 and health["orphans"] == health["duplicates"] == 0
    for wrong in ([0], [1, 1]):
        with pytest.raises(nf.NearfoldError):
            index.remove(wrong)
    assert len(index) == 2000
