"""The record of a run of `make bench-fold`, `make bench-near` or `make bench-pyodide`, from its rows, as Markdown.

    python3 benches/record.py fold --remark "…" > benches/records/<day>-fold.md

benches/README.md says what the rows mean.
"""

import argparse
import datetime
import json
import os
import pathlib
import subprocess

from peers.report import text

ROOT = pathlib.Path(__file__).parent.parent
TITLES = {"fold": "Reductions beside NumPy's", "near": "The index beside its peers", "pyodide": "Reductions inside Pyodide"}
# In microseconds; the others say their units.
SHORT = ("fold", "pyodide")
# Of these more is better, as peers/report.py and near.rs have it.
MORE = ("QPS", "queries/s", "recall", "two threads")


def machine():
    models = [line.split(": ", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")]
    return f"{len(models)} × {models[0]}" if models else f"{os.cpu_count()} cores"


def scaled(value, unit):
    return text(None if value is None else float(value * unit))


def lines(rows, unit):
    for row in rows:
        more = any(word in row["case"] for word in MORE)
        bar = "–" if row["bar"] is None else f"{'≥' if more else '≤'} {row['bar']:.3g}{'×' if row['peer_name'] else ''}"
        met = {None: "–", True: "yes", False: "**no**"}[row["met"]]
        ours, peer = scaled(row["ours"], unit), scaled(row["peer"], unit)
        yield f"| {row['case']} | {ours} | {row['peer_name'] or '–'} | {peer} | {text(row['ratio'])} | {bar} | {met} | {row.get('note', '')} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bench", choices=TITLES)
    parser.add_argument("--remark", default="")
    arguments = parser.parse_args()
    path = ROOT / "target/bench" / f"{arguments.bench}.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    barred = [row for row in rows if row["met"] is not None]
    day = datetime.datetime.fromtimestamp(path.stat().st_mtime, datetime.UTC).strftime("%-d %B %Y")
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    print(f"# {TITLES[arguments.bench]}, {day}\n")
    print(f"`make bench-{arguments.bench}` at {commit}, on {machine()}. Made by `benches/record.py` from the bench's rows.", end=" ")
    met = f"{sum(row['met'] for row in barred)} of {len(barred)} bars are met." if barred else ""
    print(f"{met} {arguments.remark}".strip() + "\n")
    times = "microseconds a call" if arguments.bench in SHORT else ""
    print(f"| case{', ' + times if times else ''} | ours | peer | peer's | ratio | bar | met | note |")
    print("|---|--:|---|--:|--:|--:|---|---|")
    print("\n".join(lines(rows, 1e6 if arguments.bench in SHORT else 1.0)))


if __name__ == "__main__":
    main()
