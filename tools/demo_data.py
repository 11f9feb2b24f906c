"""What does the demo page search? Makes www/data/ from the full Debian set (see www/data/README.md).

    python3 tools/demo_data.py DIRECTORY_OF_THE_FULL_SET

The result is committed, so that only somebody who changes the data needs the full set. Standard
library only; no clock in the result.
"""

import ast
import gzip
import json
import math
import shutil
import struct
import sys
from pathlib import Path

DATA = Path(__file__).parent.parent / "www" / "data"
WRITTEN_QUERIES = 40  # queries1040.jsonl begins with those that were written by hand


def read_npy(path: Path) -> tuple[str, tuple[int, ...], bytes]:
    """Returns dtype, shape and the bytes of the values of a version 1.0 .npy file in C order."""
    raw = path.read_bytes()
    if raw[:8] != b"\x93NUMPY\x01\x00":
        raise SystemExit(f"{path}: not a version 1.0 .npy file")
    (length,) = struct.unpack_from("<H", raw, 8)
    header = ast.literal_eval(raw[10 : 10 + length].decode("latin-1"))
    if header["fortran_order"]:
        raise SystemExit(f"{path}: columns first, expected rows first")
    return header["descr"], header["shape"], raw[10 + length :]


def write_npy_int8(path: Path, shape: tuple[int, int], values: bytes) -> None:
    header = f"{{'descr': '|i1', 'fortran_order': False, 'shape': {shape}, }}"
    header = header.ljust(128 - 10 - 1) + "\n"
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + values)


def write_gzip(path: Path, text: str) -> None:
    with path.open("wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as packed:
        packed.write(text.encode())


def main(source: Path) -> None:
    DATA.mkdir(parents=True, exist_ok=True)
    meta = json.loads((source / "meta.json").read_text())
    count, dim, scale = meta["count"], meta["dim"], meta["scale"]

    shutil.copyfile(source / "debian20k-minilm-i8.npy", DATA / "debian20k.npy")
    descr, shape, _ = read_npy(DATA / "debian20k.npy")
    if (descr, shape) != ("|i1", (count, dim)):
        raise SystemExit(f"expected |i1 {(count, dim)}, got {descr} {shape}")

    rows = [json.loads(line) for line in (source / "debian20k.jsonl").open(encoding="utf-8")]
    if [row["id"] for row in rows] != list(range(count)):
        raise SystemExit(f"expected the ids 0 to {count - 1} in order")
    lines = ("\t".join((row["name"], row["section"], row["description"])) for row in rows)
    write_gzip(DATA / "debian20k.tsv.gz", "".join(line + "\n" for line in lines))

    descr, shape, values = read_npy(source / "queries1040-minilm-f32.npy")
    if descr != "<f4" or shape[1] != dim:
        raise SystemExit(f"queries: expected <f4 (n, {dim}), got {descr} {shape}")
    floats = struct.unpack_from(f"<{WRITTEN_QUERIES * dim}f", values)
    if not all(map(math.isfinite, floats)):
        raise SystemExit("queries: not finite")
    packed = struct.pack(f"<{len(floats)}b", *(max(-127, min(127, round(x / scale))) for x in floats))
    write_npy_int8(DATA / "queries.npy", (WRITTEN_QUERIES, dim), packed)
    with (source / "queries1040.jsonl").open(encoding="utf-8") as file:
        texts = [json.loads(next(file))["text"] for _ in range(WRITTEN_QUERIES)]
    (DATA / "queries.txt").write_text("".join(text + "\n" for text in texts), encoding="utf-8")

    for path in sorted(DATA.iterdir()):
        print(f"{path.stat().st_size:>9,}  {path.name}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]))
