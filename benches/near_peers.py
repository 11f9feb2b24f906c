"""nearfold's index, native and in Node, beside hnswlib, usearch, FAISS and hnsw_rs: one thread each, alternating rounds.

`make bench-near` runs it; benches/README.md says how to read it. By hand, after `make bench-near-tools`:

    target/bench-venv/bin/python benches/near_peers.py --datasets reuters --rounds 3
"""

import os

for name in ("RAYON_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"  # before the libraries read them

import argparse
import platform
import time
from pathlib import Path

from peers import datasets, engines, measure
from peers.report import Row, table, write

K = 10
RECALLS = [0.95, 0.99]
FAMILIAR_EF = 64
# The figures of the issue: bytes per vector by storage and dimension, and ratios.
FILE_BARS = {("i8", 128): 175, ("i8", 384): 435, ("i4", 384): 240, ("b1", 128): 70, ("b1", 384): 110}
SEARCH_BAR, BUILD_BAR = 1.5, 0.7
# The default, and the same codes with a copy that re-ranks.
SEARCH_STORAGES = ("i8", "i8+f16")
# Of WebAssembly in Node: beside our own native kernel, and beside hnswlib, which may take so much less time, on one set at one recall.
NODE_BAR, NODE_HNSWLIB_BAR = 0.5, ("reuters", 0.95, 1 / 1.3)


def curves_of(dataset, truth, only: str, build_rounds: int, rounds: int):
    """Every engine, built, tuned and timed: ours, ours in Node, then the peers."""
    ours, in_node, peers = (
        [measure.Curve(engine) for engine in found if only in engine.name or engine is found[0]]
        for found in (engines.ours(dataset), engines.ours_in_node(dataset), engines.peers(dataset))
    )
    measure.build(ours + in_node + peers, build_rounds)
    for curve in ours + in_node + peers:
        measure.tune(curve, truth, RECALLS)
        if FAMILIAR_EF not in curve.recalls:
            curve.recalls[FAMILIAR_EF] = truth.recall(curve.engine.search(FAMILIAR_EF, K)[1])
    measure.time(ours + in_node + peers, K, RECALLS, rounds)
    return ours, in_node, peers


def search_rows(name: str, ours, peers) -> list[Row]:
    """Our default storage beside every peer; our other storages beside the best peer."""
    rows = []
    for recall in RECALLS:
        best = max(peers, key=lambda peer: peer.queries_per_second(recall) or 0.0)
        for place, curve in enumerate(ours):
            storage = curve.engine.storage
            for peer in peers if place == 0 else [best]:
                theirs = peer.queries_per_second(recall)
                mine = curve.queries_per_second(recall)
                notes = [] if theirs else [f"its recall ends at {max(peer.recalls.values()):.3f}"]
                notes += [] if mine else [f"our recall ends at {max(curve.recalls.values()):.3f}"]
                rows.append(
                    Row(
                        f"{name} {storage}: queries/s at recall@{K} {recall}",
                        mine,
                        peer.engine.name,
                        theirs,
                        bar=SEARCH_BAR if curve.engine.storage in SEARCH_STORAGES else None,
                        note="; ".join(notes),
                    )
                )
    return rows


def node_rows(name: str, ours, in_node, peers) -> list[Row]:
    """WebAssembly in Node beside our own native kernel with the same storage, and beside hnswlib."""
    rows = []
    for recall in RECALLS:
        for curve in in_node:
            native = next((mine for mine in ours if mine.engine.storage == curve.engine.storage), None)
            for other in [native, *peers[:1]]:
                if other is None:
                    continue
                bar = NODE_BAR if other is native else None
                if other is not native and (name, recall) == NODE_HNSWLIB_BAR[:2] and curve is in_node[0]:
                    bar = NODE_HNSWLIB_BAR[2]
                mine, theirs = curve.queries_per_second(recall), other.queries_per_second(recall)
                # The same answers: where one does not get there, neither does the other.
                if mine is None and other is native:
                    continue
                case = f"{name} {curve.engine.storage} in Node: queries/s at recall@{K} {recall}"
                note = "" if mine else f"our recall ends at {max(curve.recalls.values()):.3f}"
                rows.append(Row(case, mine, f"{other.engine.name} (native)", theirs, bar=bar, note=note))
    for curve in in_node:
        for other in [*(mine for mine in ours if mine.engine.storage == curve.engine.storage), *peers[:1]]:
            case = f"{name} {curve.engine.storage} in Node: build, s"
            rows.append(Row(case, curve.build_seconds, f"{other.engine.name} (native)", other.build_seconds, less_is_better=True))
    return rows


def build_rows(name: str, ours, peers) -> list[Row]:
    """Time to build; the note has the recall of both graphs at one ef."""
    rows = []
    for place, curve in enumerate(ours):
        for peer in peers if place == 0 else peers[:1]:
            reached = [f"{one.recalls[FAMILIAR_EF]:.4f}" for one in (curve, peer)]
            rows.append(
                Row(
                    f"{name} {curve.engine.storage}: build, s",
                    curve.build_seconds,
                    peer.engine.name,
                    peer.build_seconds,
                    bar=BUILD_BAR if place == 0 and peer.engine.name == "hnswlib" else None,
                    less_is_better=True,
                    note=f"recall@{K} at ef {FAMILIAR_EF}: {reached[0]} and {reached[1]}",
                )
            )
    return rows


def size_rows(name: str, dataset, ours, peers) -> list[Row]:
    n = len(dataset.base)
    rows = []
    for place, curve in enumerate(ours):
        engine = curve.engine
        bar = FILE_BARS.get((engine.storage, dataset.dim))
        file, heap = engine.file_len_bytes() / n, engine.heap_len_bytes() / n
        most = max(curve.recalls.values())
        rows.append(
            Row(f"{name} {engine.storage}: file, bytes/vector", file, bar=bar, less_is_better=True, note=f"recall@{K} up to {most:.4f} tried")
        )  # fmt: skip
        rows.append(Row(f"{name} {engine.storage}: heap, bytes/vector", heap, bar=bar, less_is_better=True))
        if place == 0:
            for peer in peers:
                theirs = peer.engine.file_len_bytes() / n
                rows.append(Row(f"{name} {engine.storage}: file, bytes/vector", file, peer.engine.name, theirs))
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--datasets", default=",".join(datasets.REAL), help="of debian, reuters, bigann, synthetic")
    parser.add_argument("--only", default="", help="part of the names of engines; our default and hnswlib are always in")
    parser.add_argument("--rounds", type=int, default=7, help="timed rounds of searches")
    parser.add_argument("--build-rounds", type=int, default=2)
    parser.add_argument("--limit", type=int, help="use only so many vectors: to try the bench, not to measure")
    parser.add_argument("--out", type=Path, default=engines.TARGET / "bench" / "near.jsonl")
    arguments = parser.parse_args()

    rows = []
    for dataset in datasets.load(arguments.datasets.split(","), arguments.limit):
        start = time.monotonic()
        truth = datasets.Truth(dataset, K)
        ours, in_node, peers = curves_of(dataset, truth, arguments.only, arguments.build_rounds, arguments.rounds)
        found = search_rows(dataset.name, ours, peers)
        found += node_rows(dataset.name, ours, in_node, peers)
        found += build_rows(dataset.name, ours, peers)
        found += size_rows(dataset.name, dataset, ours, peers)
        for curve in ours + in_node + peers:
            curve.engine.close()
        shape = f"{len(dataset.base):,} × {dataset.dim} {dataset.metric}, {len(dataset.queries)} queries"
        print(f"\n{dataset.name}: {shape}, {time.monotonic() - start:.0f} s\n\n{table(found)}", flush=True)
        rows += found
        write(rows, arguments.out)
    bars = [row for row in rows if row.met is not None]
    print(f"\n{sum(row.met for row in bars)} of {len(bars)} bars met; {platform.machine()}, {arguments.out}")


if __name__ == "__main__":
    main()
