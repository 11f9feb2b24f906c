"""Opens the index files of tests/vectors/index/v2, asks them, and builds them again, byte for byte."""

import json
import pathlib
import struct

import golden
import nearfold as nf


def vectors(made, dim):
    """The float32 rows of one entry of `adds` or `queries`."""
    n = made["rows"] * dim
    numbers = struct.unpack(f"<{n}f", golden.elements("float32", made, n))
    scaled = struct.pack(f"<{n}f", *(x * made.get("scale", 1) for x in numbers))
    return memoryview(scaled).cast("f", [made["rows"], dim])


def build(fixture):
    index = nf.Index(
        fixture["dim"],
        metric=fixture["metric"],
        storage=fixture["storage"],
        rerank=fixture.get("rerank"),
        M=fixture["m"],
        ef_construction=fixture["ef_construction"],
    )
    for name, type in fixture.get("types", {}).items():
        index.add_column(name, type)
    for made in fixture["adds"]:
        ids = made["ids"]
        if isinstance(ids, dict):
            ids = [ids["each"].replace("{}", str(row)) for row in range(made["rows"])]
        index.add(vectors(made, fixture["dim"]), ids, columns=made.get("columns"))
    return index


def flat(results):
    """The numbers, or strings, of a result as a list of rows."""
    return [[x for x in row] for row in (results if isinstance(results, list) else results.tolist())]


def check(fixture, data):
    """Returns what is wrong with nearfold's answers to the fixture, or None."""
    index = nf.Index.from_bytes(data)
    queries = vectors(fixture["queries"], fixture["dim"])
    for search in fixture["searches"]:
        ids, distances = index.search(
            queries, search["k"], ef_search=search["ef_search"], exact=search["exact"], filter=search.get("filter")
        )
        bits = [[f"{struct.unpack('<I', struct.pack('<f', x))[0]:08x}" for x in row] for row in flat(distances)]
        if flat(ids) != search["ids"] or bits != search["distances"]:
            return f"k={search['k']} exact={search['exact']}: expected {search['ids']}, got {flat(ids)}"
    if index.to_bytes() != data:
        return "an opened file is saved as other bytes"
    return None if build(fixture).to_bytes() == data else "building anew gives other bytes"


def fixtures(folder):
    """The name, description and bytes of each file below `folder`."""
    for path in sorted(pathlib.Path(folder).glob("*.json")):
        yield path.stem, json.loads(path.read_text()), path.with_suffix(".nearfold").read_bytes()
