"""Runs the golden vectors of tests/vectors through nearfold: read, call, compare.

Needs neither pytest nor NumPy, so that CPython and Pyodide run the same file.
"""

import json
import math
import pathlib
import struct

import nearfold as nf

# struct's letter and the width in bits of each dtype; "x" is the letter of its bits.
LETTERS = {"float64": "d", "float32": "f", "float16": "e", "int64": "q", "int32": "i", "int16": "h", "int8": "b",
           "uint64": "Q", "uint32": "I", "uint16": "H", "uint8": "B", "bool": "?"}  # fmt: skip
BITS_LETTERS = {1: "B", 2: "H", 4: "I", 8: "Q"}


def elements(dtype, data, n):
    """The bytes of `n` elements, as tests/vectors/README.md says how to make them."""
    width = struct.calcsize(LETTERS[dtype])
    if "bits" in data:
        bits = [int(text, 16) for text in data["bits"]]
        return struct.pack(f"<{n}{BITS_LETTERS[width]}", *bits)
    state = data.get("lcg", data.get("wide"))

    def step():
        nonlocal state
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        return state

    def make():
        a = step()
        if "wide" in data:
            b = step()
            if dtype == "float64":
                return (a >> 63) << 63 | (723 + (a >> 20) % 601) << 52 | b >> 12
            return (a >> 63) << 31 | (27 + (a >> 20) % 201) << 23 | b >> 41
        if dtype == "float64":
            return struct.unpack("<Q", struct.pack("<d", (a >> 11) * 2.0**-53 - 0.5))[0]
        if dtype == "float32":
            return struct.unpack("<I", struct.pack("<f", (a >> 40) * 2.0**-24 - 0.5))[0]
        return a >> 63 if dtype == "bool" else a >> (64 - 8 * width)

    return struct.pack(f"<{n}{BITS_LETTERS[width]}", *(make() for _ in range(n)))


def array(dtype, data, shape):
    flat = memoryview(elements(dtype, data, math.prod(shape)))
    # A memoryview cannot be cast to a shape without elements, nor to half floats.
    if 0 in shape or dtype == "float16":
        return Interface(dtype, shape, flat)
    return flat.cast(LETTERS[dtype], shape)


class Interface:
    """An array by the array interface."""

    def __init__(self, dtype, shape, data):
        kind = {"f": "f", "i": "i", "u": "u", "b": "b"}[dtype[0]]
        typestr = f"{'|' if struct.calcsize(LETTERS[dtype]) == 1 else '<'}{kind}{struct.calcsize(LETTERS[dtype])}"
        self.__array_interface__ = {"shape": tuple(shape), "typestr": typestr, "data": data, "version": 3}


# What is positional in Python: the arguments of the vectors that come right after `x`.
POSITIONAL = {"quantile": ["q"], "percentile": ["q"], "histogram": ["bins"]}


def call(case):
    """The results of a case: two of a histogram, else one."""
    args, op, shape = dict(case.get("args", {})), case["op"], case["shape"]
    for name in ("axis", "range"):
        if isinstance(args.get(name), list):
            args[name] = tuple(args[name])
    inputs = [array(case["dtype"], case["data"], shape)]
    if "data2" in case:
        inputs.append(array(case["dtype"], case["data2"], case.get("shape2", shape)))
    if "where" in case:
        args["where"] = array("bool", case["where"], shape)
    if "weights" in case:
        args["weights"] = array(case["weights"]["dtype"], case["weights"]["data"], shape)
    if op == "group":
        inputs = [args.pop("reduction"), *inputs, array(case["codes"]["dtype"], case["codes"]["data"], shape)]
    inputs += [args.pop(name) for name in POSITIONAL.get(op, [])]
    result = getattr(nf, op)(*inputs, **args)
    return result if op == "histogram" else (result,)


def bits_of(result, dtype):
    """The result's elements as numbers: their bits."""
    if not isinstance(result, (bool, int, float)):
        view = memoryview(result)
        raw = view.tobytes()
    else:
        raw = struct.pack("<" + LETTERS[dtype], result)
    return list(struct.unpack(f"<{len(raw) // (w := struct.calcsize(LETTERS[dtype]))}{BITS_LETTERS[w]}", raw))


def is_nan(bits, dtype):
    return dtype.startswith("float") and math.isnan(
        struct.unpack("<" + LETTERS[dtype], struct.pack("<" + BITS_LETTERS[struct.calcsize(LETTERS[dtype])], bits))[0]
    )


def check(case):
    """Returns what is wrong with nearfold's answer to the case, or None."""
    if "error" in case:
        if not hasattr(nf, case["op"]):
            return None  # an unknown name is no function of the module
        try:
            return f"expected the error {case['error']}, got {call(case)!r}"
        except nf.NearfoldError as error:
            return None if error.code == case["error"] else f"expected {case['error']}, got {error.code}: {error}"
    (result, *edges), dtype = call(case), case["result_dtype"]
    if edges and ["edges", str(edges[0].dtype), bits_of(edges[0], str(edges[0].dtype))] != [
        "edges", case["edges"]["dtype"], [int(text, 16) for text in case["edges"]["bits"]]
    ]:  # fmt: skip
        return f"expected edges {case['edges']}, got {edges[0]!r}"
    shape = [] if isinstance(result, (bool, int, float)) else list(result.shape)
    if shape != case["result_shape"]:
        return f"expected shape {case['result_shape']}, got {shape}"
    if shape and str(result.dtype) != dtype:
        return f"expected dtype {dtype}, got {result.dtype}"
    got, pin = bits_of(result, dtype), [int(text, 16) for text in case["bits"]]
    same = [g == p or (is_nan(g, dtype) and is_nan(p, dtype)) for g, p in zip(got, pin, strict=True)]
    return None if all(same) else f"expected bits {case['bits']}, got {[hex(g) for g in got]}"


def cases(folder):
    """All cases of all families below `folder`."""
    for path in sorted(pathlib.Path(folder).glob("*.json")):
        yield from json.loads(path.read_text())["cases"]


def state_of(case):
    """A state that is made and pushed to as a case of tests/vectors/states says."""
    args = dict(case["args"])
    if isinstance(args.get("range"), list):
        args["range"] = tuple(args["range"])
    # The first argument of Cov has no name.
    made = nf.Cov(args["variables"]) if case["state"] == "Cov" else getattr(nf, case["state"])(**args)
    for push in case["pushes"]:
        x, weights = array(push["dtype"], push["data"], push["shape"]), push.get("weights")
        if weights is None:
            made.push(x)
        else:
            made.push(x, weights=array(weights["dtype"], weights["data"], weights["shape"]))
    return made


def one_answer(value):
    """A result as dtype, shape and bits; a Python int as int64."""
    if isinstance(value, (bool, int, float)):
        dtype, shape = {bool: "bool", int: "int64", float: "float64"}[type(value)], []
        dtype = "uint64" if dtype == "int64" and value >= 2**63 else dtype
    else:
        dtype, shape = str(value.dtype), list(value.shape)
    digits = 2 * struct.calcsize(LETTERS[dtype])
    nan = {"float64": 0x7FF8000000000000, "float32": 0x7FC00000, "float16": 0x7E00}.get(dtype)
    return {"dtype": dtype, "shape": shape, "bits": [f"{nan if is_nan(b, dtype) else b:0{digits}x}" for b in bits_of(value, dtype)]}


def answers(state, name, args):
    """What a method of a state, or an attribute of it, is: of Histogram.result the two, one after the other."""
    got = getattr(state, name)
    got = got if args is None else got(**args)
    return [one_answer(part) for part in (got if isinstance(got, tuple) else (got,))]


def check_state(case):
    """Returns what is wrong with a stored state, or None: it opens, and answers as the state that is made today does."""
    opened = getattr(nf, case["state"])
    try:
        states = [opened.from_bytes(bytes.fromhex(case["bytes"]))]
    except nf.NearfoldError as error:
        return None if error.code == case.get("error") else f"{error.code}: {error}"
    if "error" in case:
        return f"expected the error {case['error']}"
    for state in [*states, state_of(case)]:
        for call in case["calls"]:
            got = answers(state, call["call"], call["args"])
            if got != call["answers"]:
                return f"{call['call']}: expected {call['answers']}, got {got}"
    return None


def states(folder):
    """All stored states of all versions below `folder`."""
    for path in sorted(pathlib.Path(folder).glob("*/states.json")):
        yield from json.loads(path.read_text())
