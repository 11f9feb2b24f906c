"""Who is compared: one class an engine, all with `build`, `search` and `file_len_bytes`.

Every engine works on one thread, on vectors that are already of unit length where the metric is
cosine (peers are then given their inner product, which is their fastest way to the same order), and
is asked for whole batches, so that no answer pays for a call from Python.
"""

import os
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

from .datasets import Dataset

TARGET = Path(__file__).resolve().parents[2] / "target"
M = 16
EF_CONSTRUCTION = 200


def processor_seconds(work):
    """The processor time of `work()` and its result: other jobs on the machine do not count."""
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


class Engine:
    """One index over one data set."""

    def __init__(self, dataset: Dataset):
        self.dataset = dataset

    def build(self) -> float:
        """Builds the index anew; processor seconds."""
        seconds, self.index = processor_seconds(self._built)
        return seconds

    def search(self, ef: int, k: int) -> tuple[float, np.ndarray]:
        """All queries: processor seconds and ids `(q, k)`."""
        self._set_ef(ef)
        return processor_seconds(lambda: self._found(ef, k))

    def _set_ef(self, ef: int):
        pass

    def file_len_bytes(self) -> int:
        with tempfile.TemporaryDirectory() as folder:
            self._save(Path(folder) / "index")
            return sum(path.stat().st_size for path in Path(folder).iterdir())

    def heap_len_bytes(self) -> int | None:
        """What the engine says that it holds in memory."""
        return None

    def close(self):
        pass


class Nearfold(Engine):
    def __init__(self, dataset, storage="i8"):
        super().__init__(dataset)
        self.storage, self.name = storage, f"nearfold {storage}"
        self.codes, _, self.rerank = storage.partition("+")

    def _built(self):
        import nearfold

        index = nearfold.Index(
            self.dataset.dim,
            metric=self.dataset.metric,
            storage=self.codes,
            rerank=self.rerank or None,
            M=M,
            ef_construction=EF_CONSTRUCTION,
        )
        index.add(self.dataset.base)
        return index

    def _found(self, ef, k):
        return self.index.search(self.dataset.queries, k, ef_search=ef)[0]

    def file_len_bytes(self):
        return len(self.index.to_bytes())

    def heap_len_bytes(self):
        return self.index.memory()["total"]


class Hnswlib(Engine):
    name = "hnswlib"

    def _built(self):
        import hnswlib

        space = {"cosine": "ip", "l2sq": "l2"}[self.dataset.metric]
        index = hnswlib.Index(space, self.dataset.dim)
        index.init_index(len(self.dataset.base), M=M, ef_construction=EF_CONSTRUCTION)
        index.set_num_threads(1)
        index.add_items(self.dataset.base, num_threads=1)
        return index

    def _set_ef(self, ef):
        self.index.set_ef(ef)

    def _found(self, ef, k):
        return self.index.knn_query(self.dataset.queries, k, num_threads=1)[0]

    def _save(self, path):
        self.index.save_index(str(path))

    def heap_len_bytes(self):
        return self.index.index_file_size()


class Usearch(Engine):
    def __init__(self, dataset, dtype="f32"):
        super().__init__(dataset)
        self.dtype, self.name = dtype, f"usearch {dtype}"

    def _built(self):
        from usearch.index import Index

        metric = {"cosine": "cos" if self.dtype == "i8" else "ip", "l2sq": "l2sq"}[self.dataset.metric]
        index = Index(
            ndim=self.dataset.dim,
            metric=metric,
            dtype=self.dtype,
            connectivity=M,
            expansion_add=EF_CONSTRUCTION,
            expansion_search=64,
        )
        index.add(np.arange(len(self.dataset.base), dtype=np.uint64), self._vectors(self.dataset.base), threads=1)
        return index

    def _vectors(self, vectors):
        if self.dtype == "i8" and self.dataset.storage == "u8":
            return (vectors - 128).astype(np.int8)  # usearch scales floats for i8 as if they were in −1 … 1
        return vectors

    def _set_ef(self, ef):
        self.index.expansion_search = ef

    def _found(self, ef, k):
        return self.index.search(self._vectors(self.dataset.queries), k, threads=1).keys

    def _save(self, path):
        self.index.save(str(path))

    def heap_len_bytes(self):
        return int(self.index.memory_usage)


class Faiss(Engine):
    def __init__(self, dataset, codec="Flat"):
        super().__init__(dataset)
        self.codec, self.name = codec, f"faiss HNSW,{codec}"

    def _built(self):
        import faiss

        faiss.omp_set_num_threads(1)
        metric = {"cosine": faiss.METRIC_INNER_PRODUCT, "l2sq": faiss.METRIC_L2}[self.dataset.metric]
        index = faiss.index_factory(self.dataset.dim, f"HNSW{M},{self.codec}", metric)
        index.hnsw.efConstruction = EF_CONSTRUCTION
        index.train(self.dataset.base)
        index.add(self.dataset.base)
        return index

    def _set_ef(self, ef):
        self.index.hnsw.efSearch = ef

    def _found(self, ef, k):
        return self.index.search(self.dataset.queries, k)[1]

    def _save(self, path):
        import faiss

        faiss.write_index(self.index, str(path))


class Process(Engine):
    """An index in a process of its own that answers line by line."""

    def __init__(self, dataset, *command):
        super().__init__(dataset)
        self.folder = tempfile.TemporaryDirectory()
        paths = [Path(self.folder.name) / name for name in ("base.f32", "queries.f32")]
        for path, vectors in zip(paths, (dataset.base, dataset.queries)):
            vectors.astype("<f4").tofile(path)
        words = [*paths, dataset.dim, dataset.metric, M, EF_CONSTRUCTION]
        self.process = subprocess.Popen(
            [str(word) for word in (*command, *words, *self.more)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "RAYON_NUM_THREADS": "1"},
        )

    # What the command gets behind the words that all get.
    more = ()

    def _ask(self, line: str) -> list[str]:
        print(line, file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline().split()
        if not answer:
            raise RuntimeError(f"{self.name} ended at {line!r}, status {self.process.wait()}")
        return answer

    def build(self):
        return float(self._ask("build")[0])

    def search(self, ef, k):
        seconds, *ids = self._ask(f"search {ef} {k}")
        return float(seconds), np.array(ids, dtype=np.int64).reshape(-1, k)

    def _save(self, path):
        self._ask(f"bytes {path.parent}")

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.folder.cleanup()


class HnswRs(Process):
    """benches/hnsw_rs."""

    name = "hnsw_rs"
    BINARY = TARGET / "bench-hnsw-rs" / "release" / "bench-hnsw-rs"

    def __init__(self, dataset):
        super().__init__(dataset, self.BINARY)


class NearfoldNode(Process):
    """The npm package's WebAssembly kernel in Node: node.mjs."""

    def __init__(self, dataset, storage):
        self.storage, self.name = storage, f"nearfold {storage} in Node"
        self.more = (storage,)
        super().__init__(dataset, "node", Path(__file__).parent / "node.mjs")


def ours_in_node(dataset: Dataset) -> list[Engine]:
    """The same kernel as WebAssembly, in the storages of the first two rows; nothing where `make wasm` did not run."""
    if not (TARGET.parent / "pkg" / "wasm" / "nearfold_bg.wasm").exists():
        print("WebAssembly in Node: skipped, `make bench-near` builds it")
        return []
    return [NearfoldNode(dataset, storage) for storage in ("i8", "f32")]


def ours(dataset: Dataset) -> list[Engine]:
    """Every storage, and what re-ranks it; the default comes first."""
    return [Nearfold(dataset, storage) for storage in ("i8", "i8+f16", "f32", "f16", "i4", "i4+i8", "b1", "b1+i8")]


def peers(dataset: Dataset) -> list[Engine]:
    found = [
        Hnswlib(dataset),
        Usearch(dataset, "f32"),
        Usearch(dataset, "i8"),
        Faiss(dataset, "Flat"),
        Faiss(dataset, "SQ8"),
    ]
    if HnswRs.BINARY.exists():
        found.append(HnswRs(dataset))
    else:
        print("hnsw_rs: skipped, `make bench-near` builds it")
    return found
