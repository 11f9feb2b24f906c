"""Which vectors are searched: the real sets beside the checkout, or a synthetic one."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


@dataclass
class Dataset:
    name: str
    metric: str  # "cosine" or "l2sq"
    base: np.ndarray  # (n, dim) float32; of unit length for cosine
    queries: np.ndarray  # (q, dim) float32; likewise
    storage: str = "f32"  # "u8" when every component is a byte

    @property
    def dim(self) -> int:
        return self.base.shape[1]


def unit(vectors: np.ndarray) -> np.ndarray:
    """Vectors of unit length: no peer loses time or recall to a normalisation of its own."""
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def big_ann(path: Path, dtype) -> np.ndarray:
    """A file of the big-ann-benchmarks: rows, columns (u32), then the values."""
    rows, columns = np.fromfile(path, "<u4", 2)
    return np.fromfile(path, dtype, offset=8).reshape(rows, columns)


def debian() -> Dataset:
    folder = SHARED / "debian"
    return Dataset(
        "debian",
        "cosine",
        unit(np.load(folder / "debian20k-minilm-f32.npy")),
        unit(np.load(folder / "queries1040-minilm-f32.npy")),
    )


def reuters() -> Dataset:
    folder = SHARED / "ann"
    return Dataset(
        "reuters",
        "cosine",
        unit(big_ann(folder / "reuters_words128_base.fbin", "<f4")),
        unit(big_ann(folder / "reuters_words128_query.fbin", "<f4")),
    )


def bigann() -> Dataset:
    folder = SHARED / "ann"
    return Dataset(
        "bigann",
        "l2sq",
        big_ann(folder / "bigann10k_base.u8bin", "u1").astype(np.float32),
        big_ann(folder / "bigann10k_query.u8bin", "u1").astype(np.float32),
        storage="u8",
    )


def synthetic(n: int = 10_000, queries: int = 500, dim: int = 128, seed: int = 7) -> Dataset:
    """Sixty-four clouds in 24 hidden dimensions, mapped to `dim`, with noise: seeded, so always the same."""
    random = np.random.default_rng(seed)
    hidden, clouds = 24, 64
    centres = random.standard_normal((clouds, hidden))
    mapping = random.standard_normal((hidden, dim)) / np.sqrt(hidden)
    points = centres[random.integers(clouds, size=n + queries)]
    points = (points + 0.6 * random.standard_normal(points.shape)) @ mapping
    points = unit(points + 0.15 * random.standard_normal(points.shape))
    return Dataset("synthetic", "cosine", points[:n], points[n:])


REAL = {"debian": debian, "reuters": reuters, "bigann": bigann}


def load(names: list[str], limit: int | None = None) -> list[Dataset]:
    """The named sets that are there; the synthetic one when none is. `limit` cuts them short for a trial."""
    found = []
    for name in names:
        if name == "synthetic":
            continue
        try:
            found.append(REAL[name]())
        except FileNotFoundError as error:
            print(f"{name}: skipped, {error.filename} is not there")
    if not found or "synthetic" in names:
        found.append(synthetic())
    for dataset in found:
        dataset.base = np.ascontiguousarray(dataset.base[:limit])
        dataset.queries = np.ascontiguousarray(dataset.queries)
    return found


class Truth:
    """Exact nearest neighbours, and the recall of an answer against them.

    Ties count: any vector that is as near as the k-th is right. A vector counted twice is not.
    """

    def __init__(self, dataset: Dataset, k: int):
        self.dataset, self.k = dataset, k
        distances = self._all_distances()
        self.limit = np.partition(distances, k - 1, axis=1)[:, k - 1] + 1e-6 * np.abs(distances).max()

    def _all_distances(self) -> np.ndarray:
        base, queries = self.dataset.base.astype(np.float64), self.dataset.queries.astype(np.float64)
        products = queries @ base.T
        if self.dataset.metric == "cosine":
            return 1.0 - products
        return (queries**2).sum(1)[:, None] + (base**2).sum(1)[None, :] - 2.0 * products

    def _distances(self, ids: np.ndarray) -> np.ndarray:
        base = self.dataset.base[ids].astype(np.float64)  # (q, k, dim)
        queries = self.dataset.queries.astype(np.float64)
        if self.dataset.metric == "cosine":
            return 1.0 - np.einsum("qkd,qd->qk", base, queries)
        return ((base - queries[:, None, :]) ** 2).sum(2)

    def recall(self, ids: np.ndarray) -> float:
        ids = np.sort(np.asarray(ids).astype(np.int64)[:, : self.k], axis=1)
        right = self._distances(np.clip(ids, 0, None)) <= self.limit[:, None]
        right &= ids >= 0
        right[:, 1:] &= ids[:, 1:] != ids[:, :-1]
        return float(right.sum() / (len(ids) * self.k))
