"""Exact, reproducible reductions and a compact nearest-neighbour index.

The same bits in the browser, the notebook and the server. `help(nearfold.sum)` and
`help(nearfold.Index)` say the rest.
"""

from ._nearfold import (
    Array,
    Index,
    NearfoldError,
    __version__,
    argmax,
    argmin,
    dot,
    max,
    mean,
    min,
    norm,
    std,
    sum,
    var,
)

__all__ = [
    "Array",
    "Index",
    "NearfoldError",
    "__version__",
    "argmax",
    "argmin",
    "dot",
    "max",
    "mean",
    "min",
    "norm",
    "std",
    "sum",
    "var",
]
