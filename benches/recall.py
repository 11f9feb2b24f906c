"""What each storage finds on data made to mislead an index, what it says of itself, and what walks cost: beside hnswlib, usearch and FAISS.

`make bench-recall` runs it; everything is generated, seeded, and the truth is brute force on the vectors as given, in float64.
"""

import os

for name in ("RAYON_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"  # before the libraries read them

import argparse
import json
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

import nearfold

M, EF_CONSTRUCTION = 16, 200
EFS = (10, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 1024, 2048)
STORAGES = ("auto", "f32", "f16", "i8", "i4", "b1", "i8+f32", "i4+i8", "b1+i8")


@dataclass
class Case:
    """Vectors in the order in which they come, and what is asked of them."""

    name: str
    metric: str
    base: np.ndarray
    queries: np.ndarray
    adds: int = 0  # vectors an add; 0 for one add
    k: int = 10
    asked: float = 0.95
    limit: np.ndarray = field(init=False)

    def __post_init__(self):
        self.base = np.ascontiguousarray(self.base, np.float32)
        self.queries = np.ascontiguousarray(self.queries, np.float32)
        self.limit = np.array([np.partition(self.distances(query, self.base), self.k - 1)[self.k - 1] for query in self.queries])

    def distances(self, query, vectors):
        query, vectors = query.astype(np.float64), vectors.astype(np.float64)
        if self.metric == "l2sq":
            return ((vectors - query) ** 2).sum(1)
        if self.metric == "ip":
            return 1 - vectors @ query
        return 1 - vectors @ query / (np.linalg.norm(vectors, axis=1) * np.linalg.norm(query))

    def recall(self, ids) -> float:
        """The part of the k nearest that was found; a tie with the last counts, an id given twice counts once."""
        right = 0
        for query, limit, found in zip(self.queries, self.limit, np.asarray(ids).astype(np.int64)):
            found = np.unique(found[(found >= 0) & (found < len(self.base))])
            right += min(self.k, int((self.distances(query, self.base[found]) <= limit + 1e-9 * abs(limit)).sum()))
        return right / (self.k * len(self.queries))


def clusters(random, count, each, dim, apart):
    centres = random.standard_normal((count, dim)) * apart
    base = np.repeat(centres, each, 0) + random.standard_normal((count * each, dim))
    queries = centres[random.integers(0, count, 200)] + random.standard_normal((200, dim))
    return centres, base, queries


def cases():
    random = np.random.default_rng(16)
    normal = random.standard_normal
    for adds in (0, 100):
        yield Case(f"readings around 1000, adds of {adds or 'all'}", "l2sq", 1000 + normal((5000, 8)), 1000 + normal((200, 8)), adds)
    base = normal((4000, 32))
    base[17] = 1e6
    yield Case("one row at 1e6", "l2sq", base, normal((200, 32)))
    coarse = lambda n: np.hstack([random.uniform(0, 19000, (n, 1)), normal((n, 15))])
    yield Case("one coarse feature", "l2sq", coarse(6000), coarse(200))
    for count, each, dim, apart in ((50, 400, 16, 30), (200, 100, 24, 25), (1000, 20, 32, 30)):
        centres, base, queries = clusters(random, count, each, dim, apart)
        name = f"{count} clusters of {each}"
        yield Case(f"{name}, sorted", "l2sq", base, queries)
        yield Case(f"{name}, one an add", "l2sq", base, queries, each)
        yield Case(f"{name}, shuffled", "l2sq", random.permutation(base), queries)
        if count == 50:
            pairs = centres[random.integers(0, count, (2, 200))].mean(0) + normal((200, dim))
            yield Case(f"{name}, asked between them", "l2sq", base, pairs)
            yield Case(f"{name}, asked anywhere", "l2sq", base, random.uniform(-60, 60, (200, dim)))
    topics = [clusters(random, 20, 250, 32, 1) for _ in range(2)]
    base = np.vstack([topics[0][1], topics[1][1][:2000]])
    yield Case("new topics after calibration", "cosine", base, topics[1][0][random.integers(0, 8, 200)] + normal((200, 32)), 5000, asked=0.99)
    centres = normal((200, 64))
    near = lambda places: centres[places] + 0.003 * normal((len(places), 64))
    yield Case("near duplicates", "cosine", near(np.repeat(np.arange(200), 30)), near(random.integers(0, 200, 200)), asked=0.99)
    base = normal((8326, 64)) * random.lognormal(0, 1, (8326, 1))
    yield Case("ip, log-normal norms, k 1000", "ip", base, normal((100, 64)), k=1000)
    sparse = lambda n: (random.random((n, 400)) * (random.random((n, 400)).argsort(1) < 5)).astype(np.float32)
    yield Case("very sparse", "cosine", sparse(8000), sparse(200))


class Nearfold:
    def __init__(self, storage):
        self.name, self.storage = f"nearfold {storage}", storage
        self.codes, _, self.rerank = storage.partition("+")

    def empty(self, dim, metric):
        return nearfold.Index(dim, metric=metric, storage=self.codes, rerank=self.rerank or None, M=M, ef_construction=EF_CONSTRUCTION)

    def exists(self) -> bool:
        try:
            self.empty(8, "l2sq")
        except (ValueError, TypeError):
            return False
        return True

    def build(self, case):
        self.index = self.empty(case.base.shape[1], case.metric)
        for part in parts(case):
            self.index.add(part)

    def search(self, queries, k, ef):
        return self.index.search(queries, k, ef_search=max(ef, k))[0]

    def says(self, case) -> dict:
        """At the recall that is asked: what was found, what the index says, and by exact search."""
        found, exact = (self.index.search(case.queries, case.k, **how)[0] for how in ({"recall": case.asked}, {"exact": True}))
        try:
            says = self.index.recall(case.k, recall=case.asked)
        except TypeError:
            says = self.index.recall(case.k)
        says = says if isinstance(says, float) else str(says)
        return {"asked": case.asked, "found": case.recall(found), "says": says, "exact": case.recall(exact)}


class Hnswlib:
    name = "hnswlib"

    def build(self, case):
        import hnswlib

        self.index = hnswlib.Index({"l2sq": "l2", "ip": "ip", "cosine": "cosine"}[case.metric], case.base.shape[1])
        self.index.init_index(len(case.base), M=M, ef_construction=EF_CONSTRUCTION)
        for part in parts(case):
            self.index.add_items(part, num_threads=1)

    def search(self, queries, k, ef):
        self.index.set_ef(max(ef, k))
        return self.index.knn_query(queries, k, num_threads=1)[0]


class Usearch:
    name = "usearch"

    def build(self, case):
        from usearch.index import Index

        metric = {"l2sq": "l2sq", "ip": "ip", "cosine": "cos"}[case.metric]
        self.index = Index(ndim=case.base.shape[1], metric=metric, dtype="f32", connectivity=M, expansion_add=EF_CONSTRUCTION)
        start = 0
        for part in parts(case):
            self.index.add(np.arange(start, start + len(part), dtype=np.uint64), part, threads=1)
            start += len(part)

    def search(self, queries, k, ef):
        self.index.expansion_search = max(ef, k)
        return self.index.search(queries, k, threads=1).keys


class Faiss:
    name = "faiss"

    def build(self, case):
        import faiss

        faiss.omp_set_num_threads(1)
        metric = faiss.METRIC_L2 if case.metric == "l2sq" else faiss.METRIC_INNER_PRODUCT
        self.unit = case.metric == "cosine"
        self.index = faiss.IndexHNSWFlat(case.base.shape[1], M, metric)
        self.index.hnsw.efConstruction = EF_CONSTRUCTION
        for part in parts(case):
            self.index.add(self.as_compared(part))

    def as_compared(self, vectors):
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True) if self.unit else vectors

    def search(self, queries, k, ef):
        self.index.hnsw.efSearch = max(ef, k)
        return self.index.search(self.as_compared(queries), k)[1]


def parts(case):
    each = case.adds or len(case.base)
    return (case.base[start : start + each] for start in range(0, len(case.base), each))


def seconds(work, rounds=5) -> float:
    """The median of the processor time."""
    taken = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return float(np.median(taken))


def curve(engine, case):
    """(microseconds a query, recall, ef), until all is found or time is out."""
    points, spent = [], time.monotonic()
    for ef in EFS:
        if ef > len(case.base) or time.monotonic() - spent > 20:
            break
        found = engine.search(case.queries, case.k, ef)
        taken = seconds(lambda: engine.search(case.queries, case.k, ef), 3) / len(case.queries) * 1e6
        points.append((taken, case.recall(found), ef))
        if points[-1][1] >= 0.9995:
            break
    return points


def at_time(points, taken) -> float:
    """The recall that is reached within this time; that of the quickest point where none is so quick."""
    return max((recall for cost, recall, _ in points if cost <= taken * 1.05), default=points[0][1])


def rows_of(case, engines):
    curves = {}
    for engine in engines:
        engine.build(case)
        curves[engine.name] = curve(engine, case)
        of_64 = next((recall for _, recall, ef in curves[engine.name] if ef >= 64), curves[engine.name][-1][1])
        row = {"case": case.name, "engine": engine.name, "ef 64": of_64, "most": max(p[1] for p in curves[engine.name])}
        if isinstance(engine, Nearfold):
            row |= engine.says(case)
        yield row, curves[engine.name]


def costs():
    """What walks cost where they are easy, and where there are edges."""
    random = np.random.default_rng(6)
    easy = Case("an easy walk, 20,000 × 16", "l2sq", random.standard_normal((20000, 16)), random.standard_normal((500, 16)))
    for engine in (Nearfold("f32"), Hnswlib()):
        engine.build(easy)
        taken = seconds(lambda: engine.search(easy.queries, 10, 10)) / 500 * 1e6
        yield {"cost": f"{easy.name}, ef 10", "engine": engine.name, "µs": taken, "recall": easy.recall(engine.search(easy.queries, 10, 10))}
    for n in (2047, 2049):
        case = Case(f"{n} × 64", "l2sq", random.standard_normal((n, 64)), random.standard_normal((500, 64)))
        engine = Nearfold("f32")
        engine.build(case)
        for how in ({}, {"ef_search": 64}):
            search = lambda: engine.index.search(case.queries, 10, **how)
            yield {"cost": f"{n} vectors {how}", "engine": engine.name, "µs": seconds(search) / 500 * 1e6, "recall": case.recall(search()[0])}
    hard = Case("hard, 40,000 × 48", "l2sq", random.standard_normal((40000, 48)), random.standard_normal((100, 48)))
    engine = Nearfold("f32")
    engine.build(hard)
    for how in ({"recall": 0.95}, {"recall": 0.99}, {"exact": True}):
        search = lambda: engine.index.search(hard.queries, 10, **how)
        explained = engine.index.search_explained(hard.queries[0], 10, **how)[2]
        yield {"cost": f"{hard.name}, {how}", "engine": engine.name, "µs": seconds(search, 3) / 100 * 1e6, "recall": hard.recall(search()[0]), "plan": str(explained)}
    base = random.standard_normal((10000, 16)).astype(np.float32)
    index = Nearfold("f32").empty(16, "l2sq")
    index.add(base)
    degree = lambda: index.health()["degree_mean"]
    found = [degree()]
    for _ in range(4):
        gone = random.choice(10000, 4000, replace=False)
        index.remove(gone)
        index.add(base[gone], ids=gone)
    found.append(degree())
    index.compact()
    found.append(degree())
    yield {"cost": "mean degree: built, after churn of 16,000 of 10,000, compacted", "engine": "nearfold f32", "degrees": found}


def text(value) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cases", default="", help="part of the names of cases")
    parser.add_argument("--storages", default=",".join(STORAGES))
    parser.add_argument("--no-costs", action="store_true")
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parents[1] / "target" / "bench" / "recall.jsonl")
    arguments = parser.parse_args()
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    ours = [engine for engine in map(Nearfold, arguments.storages.split(",")) if engine.exists()]
    peers = [] if arguments.no_peers else [Hnswlib(), Usearch(), Faiss()]

    columns = ("ef 64", "most", "asked", "found", "says", "exact", "best peer at equal time")
    with arguments.out.open("w", encoding="utf-8") as out:
        print("| case | engine | " + " | ".join(columns) + " |\n" + "|---" * (len(columns) + 2) + "|")
        for case in cases():
            if arguments.cases not in case.name:
                continue
            of_peers = [list(rows_of(case, [peer]))[0] for peer in peers]
            for row, points in [*rows_of(case, ours), *of_peers]:
                if of_peers and row["engine"].startswith("nearfold"):
                    # The time in which ours reaches what it reaches at most, or all but a hundredth of it.
                    taken = next(cost for cost, recall, _ in points if recall >= row["most"] - 0.01)
                    best = max(of_peers, key=lambda peer: at_time(peer[1], taken))
                    row["best peer at equal time"] = f"{at_time(points, taken):.3f} : {at_time(best[1], taken):.3f} {best[0]['engine']}"
                print(f"| {row['case']} | {row['engine']} | " + " | ".join(text(row.get(name, "")) for name in columns) + " |", flush=True)
                out.write(json.dumps(row, ensure_ascii=False) + "\n")
        for row in () if arguments.no_costs else costs():
            print("* " + ", ".join(f"{name} {text(value)}" for name, value in row.items()), flush=True)
            out.write(json.dumps(row, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
