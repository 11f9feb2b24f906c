"""Types of the native module. Shapes are written in NumPy's way: `(n, dim)`."""

import sys
from collections.abc import Callable, Mapping, Sequence, Set
from datetime import date
from os import PathLike
from typing import Any, Literal, Protocol, SupportsFloat, SupportsIndex, TypeAlias, TypedDict, final, overload
from typing_extensions import Buffer, Self

import numpy as np
from numpy.typing import NDArray

# What `nearfold` reads: whatever exports the buffer protocol, speaks Arrow, DLPack or the array
# interface, or is a (nested) sequence of numbers.

class _Arrow(Protocol):
    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[object, object]: ...

class _ArrowStream(Protocol):
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...

class _DLPack(Protocol):
    def __dlpack__(self) -> Any: ...

class _ArrayInterface(Protocol):
    @property
    def __array_interface__(self) -> dict[str, Any]: ...

class _Array(Protocol):
    def __array__(self) -> Any: ...

_Number: TypeAlias = SupportsFloat | SupportsIndex | complex
_ArrayLike: TypeAlias = (
    Buffer | _Arrow | _ArrowStream | _DLPack | _ArrayInterface | _Array | _Number | Sequence[_Number] | Sequence[_ArrayLike]
)
# Values beside the vectors, one for each; None where one is missing.
_Value: TypeAlias = bool | int | float | str | date | Sequence[Any] | dict[str, Any] | None
_Column: TypeAlias = Buffer | _Array | _ArrowStream | Sequence[_Value]
_ColumnType: TypeAlias = Literal["int", "float", "string", "bool", "datetime", "ints", "floats", "strings", "json"]
# All integers, or all strings; the first that come to an empty index decide.
_Ids: TypeAlias = _ArrayLike | Sequence[str] | Set[str]
# What ids come back as: of uint64 in an index that has held one from 2**63 on; of strings list[str], or of many queries a list of such.
_Found: TypeAlias = NDArray[np.int64] | Any
# Ids, a mask, a function of an id, or what the columns must be: {"year": {"gte": 2000}}.
_Filter: TypeAlias = _Ids | Callable[[Any], object] | dict[str, Any]
_DTypeLike: TypeAlias = str | type[Any] | np.dtype[Any]
_Axis: TypeAlias = SupportsIndex | Sequence[SupportsIndex] | None

_Method: TypeAlias = Literal[
    "inverted_cdf",
    "averaged_inverted_cdf",
    "closest_observation",
    "interpolated_inverted_cdf",
    "hazen",
    "weibull",
    "linear",
    "median_unbiased",
    "normal_unbiased",
    "lower",
    "higher",
    "midpoint",
    "nearest",
]

__all__ = [
    "Array",
    "Cov",
    "Histogram",
    "Index",
    "MinMax",
    "Moments",
    "NearfoldError",
    "Partial",
    "Quantiles",
    "Sum",
    "__version__",
    "all",
    "any",
    "argmax",
    "argmin",
    "average",
    "bincount",
    "corrcoef",
    "cosine",
    "count",
    "count_nonzero",
    "cov",
    "cummax",
    "cummin",
    "cumprod",
    "cumsum",
    "describe",
    "digitize",
    "dot",
    "group",
    "histogram",
    "kurtosis",
    "max",
    "mean",
    "median",
    "min",
    "minmax",
    "moments",
    "nanargmax",
    "nanargmin",
    "nankurtosis",
    "nanmax",
    "nanmean",
    "nanmedian",
    "nanmin",
    "nanminmax",
    "nanmoments",
    "nanpercentile",
    "nanprod",
    "nanquantile",
    "nanskew",
    "nanstd",
    "nansum",
    "nanvar",
    "norm",
    "percentile",
    "prod",
    "ptp",
    "quantile",
    "skew",
    "std",
    "sum",
    "threads",
    "var",
    "vecdot",
]
__version__: str

@final
class Array:
    """An array of numbers in C order, for where NumPy is not installed."""

    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def dtype(self) -> str: ...
    @property
    def ndim(self) -> int: ...
    @property
    def size(self) -> int: ...
    def tolist(self) -> Any: ...
    def __len__(self) -> int: ...
    def __getitem__(self, index: int, /) -> Any: ...
    if sys.version_info >= (3, 12):
        def __buffer__(self, flags: int, /) -> memoryview: ...

class NearfoldError(ValueError):
    """A call was refused; `code` is the stable name of the reason."""

    code: str

class _Health(TypedDict):
    nodes: int
    duplicates: int
    orphans: int
    degree_min: int
    degree_mean: float
    degree_max: int
    not_finite: int
    zeros: int
    norm_min: float
    norm_mean: float
    norm_max: float
    storage: Literal["f32", "f16", "i8", "i4", "b1"]
    rerank: Literal["f32", "f16", "i8", "i4"] | None
    recall: float | None
    lost_by_rounding: float | None
    lost_by_walk: float | None
    advice: str

class _Recall(TypedDict):
    recall: float | None
    lost_by_rounding: float | None
    lost_by_walk: float | None
    questions: int
    advice: str

@final
class Index:
    def __new__(
        cls,
        dim: int,
        *,
        metric: Literal["l2sq", "ip", "cosine"] = "l2sq",
        storage: Literal["auto", "f32", "f16", "i8", "i4", "b1"] = "auto",
        rerank: Literal["f32", "f16", "i8", "i4"] | None = None,
        M: int = 16,
        ef_construction: int = 200,
    ) -> Self: ...
    def add(
        self,
        vectors: _ArrayLike,  # (n, dim) or (dim,), float32 or what is rounded to it
        ids: _Ids | None = None,  # (n,), integers or strings
        progress: Callable[[int, int], object] | None = None,
        *,
        columns: Mapping[str, _Column] | None = None,  # (n,) each
    ) -> _Found: ...  # (n,)
    @overload
    def search(
        self,
        q: _ArrayLike,  # (dim,) or (n, dim)
        k: int = 10,
        *,
        ef_search: int | None = None,
        recall: float | None = None,
        exact: bool = False,
        filter: _Filter | None = None,
        with_columns: Literal[False] = False,
    ) -> tuple[_Found, NDArray[np.float32]]: ...  # (k,) each, or (n, k)
    @overload
    def search(
        self,
        q: _ArrayLike,  # (dim,) or (n, dim)
        k: int = 10,
        *,
        ef_search: int | None = None,
        recall: float | None = None,
        exact: bool = False,
        filter: _Filter | None = None,
        with_columns: Literal[True] | Sequence[str],
    ) -> tuple[_Found, NDArray[np.float32], dict[str, list[Any]]]: ...  # lists of k values, or n lists of k
    def search_explained(
        self,
        q: _ArrayLike,  # (dim,)
        k: int = 10,
        *,
        ef_search: int | None = None,
        recall: float | None = None,
        exact: bool = False,
        filter: _Filter | None = None,
    ) -> tuple[_Found, NDArray[np.float32], dict[str, Any]]: ...  # (k,) each, and how
    @overload
    def search_radius(
        self,
        q: _ArrayLike,  # (dim,)
        radius: float,
        *,
        ef_search: int | None = None,
        recall: float | None = None,
        exact: bool = False,
        filter: _Filter | None = None,
        with_columns: Literal[False] = False,
    ) -> tuple[_Found, NDArray[np.float32]]: ...  # (found,) each
    @overload
    def search_radius(
        self,
        q: _ArrayLike,  # (dim,)
        radius: float,
        *,
        ef_search: int | None = None,
        recall: float | None = None,
        exact: bool = False,
        filter: _Filter | None = None,
        with_columns: Literal[True] | Sequence[str],
    ) -> tuple[_Found, NDArray[np.float32], dict[str, list[Any]]]: ...  # (found,) each
    def search_radius_explained(
        self,
        q: _ArrayLike,  # (dim,)
        radius: float,
        *,
        ef_search: int | None = None,
        recall: float | None = None,
        exact: bool = False,
        filter: _Filter | None = None,
    ) -> tuple[_Found, NDArray[np.float32], dict[str, Any]]: ...  # (found,) each, and how
    def remove(self, ids: _Ids, *, missing: Literal["error", "ignore"] = "error") -> int: ...
    def upsert(self, vectors: _ArrayLike, ids: _Ids, *, columns: Mapping[str, _Column] | None = None) -> int: ...
    def update(self, vectors: _ArrayLike, ids: _Ids, *, columns: Mapping[str, _Column] | None = None) -> None: ...
    def set_columns(self, ids: _Ids, columns: Mapping[str, _Column]) -> None: ...
    def add_column(self, name: str, type: _ColumnType) -> None: ...
    @overload
    def find(self, filter: dict[str, Any], limit: int = 100, *, with_columns: Literal[False] = False) -> _Found: ...  # (found,)
    @overload
    def find(
        self, filter: dict[str, Any], limit: int = 100, *, with_columns: Literal[True] | Sequence[str]
    ) -> tuple[_Found, dict[str, list[Any]]]: ...
    def drop_column(self, name: str) -> None: ...
    @property
    def columns(self) -> dict[str, str]: ...
    def get(self, id: int | str, /) -> dict[str, int | float | str | bool | None]: ...
    def get_many(self, ids: _Ids, /) -> list[dict[str, int | float | str | bool | None]]: ...
    def has_many(self, ids: _Ids, /) -> NDArray[np.bool_]: ...  # (n,)
    def compact(self) -> None: ...
    def recall(
        self,
        k: int = 10,
        *,
        ef_search: int | None = None,
        recall: float | None = None,
        exact: bool = False,
        queries: _ArrayLike | None = None,  # (n, dim)
        truth: _Ids | Sequence[Sequence[str]] | None = None,  # (n, at least k), ids
    ) -> float | None: ...
    def recall_explained(
        self, k: int = 10, *, ef_search: int | None = None, recall: float | None = None, exact: bool = False
    ) -> _Recall: ...
    def health(self) -> _Health: ...
    def vector(self, id: int | str, /) -> NDArray[np.float32]: ...  # (dim,)
    def vectors(self, ids: _Ids, /) -> NDArray[np.float32]: ...  # (n, dim)
    def save(self, path: str | PathLike[str]) -> None: ...
    @classmethod
    def load(cls, path: str | PathLike[str]) -> Self: ...
    def to_bytes(self) -> bytes: ...
    @classmethod
    def from_bytes(cls, data: Buffer, /) -> Self: ...
    def memory(self) -> dict[str, int]: ...
    @property
    def dim(self) -> int: ...
    @property
    def params(self) -> dict[str, Any]: ...
    def __len__(self) -> int: ...
    def ids(self) -> _Found: ...  # (n,), ascending
    def __contains__(self, id: object, /) -> bool: ...
    def __reduce__(self) -> tuple[Callable[[bytes], Self], tuple[bytes]]: ...

@final
class Partial:
    def __new__(
        cls,
        reduction: str,
        dtype: _DTypeLike = "float64",
        *,
        ddof: float = 0.0,
        q: float | _ArrayLike | None = None,
        method: _Method = "linear",
        bias: bool = True,
        fisher: bool = True,
        order: int = 4,
        initial: complex | None = None,
    ) -> Self: ...
    def push(self, x: _ArrayLike, /) -> None: ...
    def merge(self, other: Self, /) -> None: ...
    def result(self) -> Any: ...
    @property
    def count(self) -> int: ...
    @property
    def reduction(self) -> str: ...
    @property
    def dtype(self) -> str: ...
    def to_bytes(self) -> bytes: ...
    @classmethod
    def from_bytes(cls, data: Buffer, /) -> Self: ...
    def __reduce__(self) -> tuple[Callable[[bytes], Self], tuple[bytes]]: ...

@final
class Sum:
    def __new__(cls, dtype: _DTypeLike = "float64") -> Self: ...
    def push(self, x: _ArrayLike, /) -> None: ...
    def merge(self, other: Self, /) -> None: ...
    def result(self) -> Any: ...
    @property
    def count(self) -> int: ...
    @property
    def dtype(self) -> str: ...
    def to_bytes(self) -> bytes: ...
    @classmethod
    def from_bytes(cls, data: Buffer, /) -> Self: ...
    def __reduce__(self) -> tuple[Callable[[bytes], Self], tuple[bytes]]: ...

@final
class Moments:
    def __new__(cls, dtype: _DTypeLike = "float64") -> Self: ...
    def push(self, x: _ArrayLike, /) -> None: ...
    def merge(self, other: Self, /) -> None: ...
    def result(self) -> Any: ...  # (4,): the mean, then the central moments
    def mean(self) -> float: ...
    def var(self, *, ddof: float = 0.0) -> float: ...
    def std(self, *, ddof: float = 0.0) -> float: ...
    def skew(self, *, bias: bool = True) -> float: ...
    def kurtosis(self, *, bias: bool = True, fisher: bool = True) -> float: ...
    @property
    def count(self) -> int: ...
    @property
    def dtype(self) -> str: ...
    def to_bytes(self) -> bytes: ...
    @classmethod
    def from_bytes(cls, data: Buffer, /) -> Self: ...
    def __reduce__(self) -> tuple[Callable[[bytes], Self], tuple[bytes]]: ...

@final
class MinMax:
    def __new__(cls, dtype: _DTypeLike = "float64") -> Self: ...
    def push(self, x: _ArrayLike, /) -> None: ...
    def merge(self, other: Self, /) -> None: ...
    def result(self) -> Any: ...  # (2,)
    @property
    def count(self) -> int: ...
    @property
    def dtype(self) -> str: ...
    def to_bytes(self) -> bytes: ...
    @classmethod
    def from_bytes(cls, data: Buffer, /) -> Self: ...
    def __reduce__(self) -> tuple[Callable[[bytes], Self], tuple[bytes]]: ...

@final
class Cov:
    def __new__(cls, variables: int, /) -> Self: ...
    def push(self, x: _ArrayLike, /) -> None: ...  # (variables, n), or (n,) of one variable
    def merge(self, other: Self, /) -> None: ...
    def result(self, *, ddof: float = 1.0) -> Any: ...  # (variables, variables)
    def corrcoef(self) -> Any: ...  # (variables, variables)
    @property
    def count(self) -> int: ...
    @property
    def variables(self) -> int: ...
    def to_bytes(self) -> bytes: ...
    @classmethod
    def from_bytes(cls, data: Buffer, /) -> Self: ...
    def __reduce__(self) -> tuple[Callable[[bytes], Self], tuple[bytes]]: ...

@final
class Histogram:
    def __new__(cls, bins: int | _ArrayLike, range: Sequence[float] | None = None) -> Self: ...
    def push(self, x: _ArrayLike, /, weights: _ArrayLike | None = None) -> None: ...
    def merge(self, other: Self, /) -> None: ...
    def result(self) -> tuple[Any, Any]: ...  # (bins,), (bins + 1,)
    @property
    def count(self) -> int: ...
    @property
    def below(self) -> int: ...
    @property
    def above(self) -> int: ...
    @property
    def nan(self) -> int: ...
    def to_bytes(self) -> bytes: ...
    @classmethod
    def from_bytes(cls, data: Buffer, /) -> Self: ...
    def __reduce__(self) -> tuple[Callable[[bytes], Self], tuple[bytes]]: ...

@final
class Quantiles:
    def __new__(cls, limit: int = 65536) -> Self: ...
    def push(self, x: _ArrayLike, /) -> None: ...
    def merge(self, other: Self, /) -> None: ...
    def result(self, q: float | _ArrayLike = 0.5, *, method: _Method = "linear") -> Any: ...
    @property
    def count(self) -> int: ...
    @property
    def limit(self) -> int: ...
    @property
    def is_exact(self) -> bool: ...
    @property
    def rank_error(self) -> float: ...
    def to_bytes(self) -> bytes: ...
    @classmethod
    def from_bytes(cls, data: Buffer, /) -> Self: ...
    def __reduce__(self) -> tuple[Callable[[bytes], Self], tuple[bytes]]: ...

# Of two arrays, or of the rows of a table.

def dot(a: _ArrayLike, b: _ArrayLike, /) -> float: ...  # (n,) each
def vecdot(a: _ArrayLike, b: _ArrayLike, /, *, axis: _Axis = -1, keepdims: bool = False) -> Any: ...
def cosine(a: _ArrayLike, b: _ArrayLike, /, *, axis: _Axis = -1, keepdims: bool = False) -> Any: ...
def average(x: _ArrayLike, /, axis: _Axis = None, weights: _ArrayLike | None = None, *, keepdims: bool = False) -> Any: ...
def cov(x: _ArrayLike, y: _ArrayLike | None = None, /, *, ddof: float = 1.0) -> Any: ...  # (variables, observations)
def corrcoef(x: _ArrayLike, y: _ArrayLike | None = None, /) -> Any: ...  # (variables, observations)

# Every reduction returns a number where no axis remains (an int for integers, a complex for complex numbers), else an array.

@overload
def sum(
    x: _ArrayLike, /, axis: None = None, *, keepdims: Literal[False] = False, dtype: _DTypeLike | None = None, initial: complex | None = None, where: _ArrayLike | None = None
) -> float: ...
@overload
def sum(
    x: _ArrayLike, /, axis: _Axis = None, *, keepdims: bool = False, dtype: _DTypeLike | None = None, initial: complex | None = None, where: _ArrayLike | None = None
) -> Any: ...
@overload
def mean(
    x: _ArrayLike, /, axis: None = None, *, keepdims: Literal[False] = False, dtype: _DTypeLike | None = None, where: _ArrayLike | None = None
) -> float: ...
@overload
def mean(
    x: _ArrayLike, /, axis: _Axis = None, *, keepdims: bool = False, dtype: _DTypeLike | None = None, where: _ArrayLike | None = None
) -> Any: ...
@overload
def prod(
    x: _ArrayLike, /, axis: None = None, *, keepdims: Literal[False] = False, dtype: _DTypeLike | None = None, initial: complex | None = None, where: _ArrayLike | None = None
) -> float: ...
@overload
def prod(
    x: _ArrayLike, /, axis: _Axis = None, *, keepdims: bool = False, dtype: _DTypeLike | None = None, initial: complex | None = None, where: _ArrayLike | None = None
) -> Any: ...
@overload
def norm(
    x: _ArrayLike, /, axis: None = None, *, ord: float = 2.0, keepdims: Literal[False] = False, where: _ArrayLike | None = None
) -> float: ...
@overload
def norm(
    x: _ArrayLike, /, axis: _Axis = None, *, ord: float = 2.0, keepdims: bool = False, where: _ArrayLike | None = None
) -> Any: ...
@overload
def var(
    x: _ArrayLike, /, axis: None = None, *, ddof: float = 0.0, keepdims: Literal[False] = False, dtype: _DTypeLike | None = None, where: _ArrayLike | None = None, correction: float | None = None
) -> float: ...
@overload
def var(
    x: _ArrayLike, /, axis: _Axis = None, *, ddof: float = 0.0, keepdims: bool = False, dtype: _DTypeLike | None = None, where: _ArrayLike | None = None, correction: float | None = None
) -> Any: ...
@overload
def std(
    x: _ArrayLike, /, axis: None = None, *, ddof: float = 0.0, keepdims: Literal[False] = False, dtype: _DTypeLike | None = None, where: _ArrayLike | None = None, correction: float | None = None
) -> float: ...
@overload
def std(
    x: _ArrayLike, /, axis: _Axis = None, *, ddof: float = 0.0, keepdims: bool = False, dtype: _DTypeLike | None = None, where: _ArrayLike | None = None, correction: float | None = None
) -> Any: ...
@overload
def min(
    x: _ArrayLike, /, axis: None = None, *, keepdims: Literal[False] = False, initial: complex | None = None, where: _ArrayLike | None = None
) -> float: ...
@overload
def min(
    x: _ArrayLike, /, axis: _Axis = None, *, keepdims: bool = False, initial: complex | None = None, where: _ArrayLike | None = None
) -> Any: ...
@overload
def max(
    x: _ArrayLike, /, axis: None = None, *, keepdims: Literal[False] = False, initial: complex | None = None, where: _ArrayLike | None = None
) -> float: ...
@overload
def max(
    x: _ArrayLike, /, axis: _Axis = None, *, keepdims: bool = False, initial: complex | None = None, where: _ArrayLike | None = None
) -> Any: ...
@overload
def ptp(
    x: _ArrayLike, /, axis: None = None, *, keepdims: Literal[False] = False, where: _ArrayLike | None = None
) -> float: ...
@overload
def ptp(
    x: _ArrayLike, /, axis: _Axis = None, *, keepdims: bool = False, where: _ArrayLike | None = None
) -> Any: ...
@overload
def argmin(
    x: _ArrayLike, /, axis: None = None, *, keepdims: Literal[False] = False
) -> int: ...
@overload
def argmin(
    x: _ArrayLike, /, axis: _Axis = None, *, keepdims: bool = False
) -> Any: ...
@overload
def argmax(
    x: _ArrayLike, /, axis: None = None, *, keepdims: Literal[False] = False
) -> int: ...
@overload
def argmax(
    x: _ArrayLike, /, axis: _Axis = None, *, keepdims: bool = False
) -> Any: ...
@overload
def any(
    x: _ArrayLike, /, axis: None = None, *, keepdims: Literal[False] = False, where: _ArrayLike | None = None
) -> bool: ...
@overload
def any(
    x: _ArrayLike, /, axis: _Axis = None, *, keepdims: bool = False, where: _ArrayLike | None = None
) -> Any: ...
@overload
def all(
    x: _ArrayLike, /, axis: None = None, *, keepdims: Literal[False] = False, where: _ArrayLike | None = None
) -> bool: ...
@overload
def all(
    x: _ArrayLike, /, axis: _Axis = None, *, keepdims: bool = False, where: _ArrayLike | None = None
) -> Any: ...
@overload
def count_nonzero(
    x: _ArrayLike, /, axis: None = None, *, keepdims: Literal[False] = False, where: _ArrayLike | None = None
) -> int: ...
@overload
def count_nonzero(
    x: _ArrayLike, /, axis: _Axis = None, *, keepdims: bool = False, where: _ArrayLike | None = None
) -> Any: ...
@overload
def nansum(
    x: _ArrayLike, /, axis: None = None, *, keepdims: Literal[False] = False, dtype: _DTypeLike | None = None, initial: complex | None = None, where: _ArrayLike | None = None
) -> float: ...
@overload
def nansum(
    x: _ArrayLike, /, axis: _Axis = None, *, keepdims: bool = False, dtype: _DTypeLike | None = None, initial: complex | None = None, where: _ArrayLike | None = None
) -> Any: ...
@overload
def nanmean(
    x: _ArrayLike, /, axis: None = None, *, keepdims: Literal[False] = False, dtype: _DTypeLike | None = None, where: _ArrayLike | None = None
) -> float: ...
@overload
def nanmean(
    x: _ArrayLike, /, axis: _Axis = None, *, keepdims: bool = False, dtype: _DTypeLike | None = None, where: _ArrayLike | None = None
) -> Any: ...
@overload
def nanprod(
    x: _ArrayLike, /, axis: None = None, *, keepdims: Literal[False] = False, dtype: _DTypeLike | None = None, initial: complex | None = None, where: _ArrayLike | None = None
) -> float: ...
@overload
def nanprod(
    x: _ArrayLike, /, axis: _Axis = None, *, keepdims: bool = False, dtype: _DTypeLike | None = None, initial: complex | None = None, where: _ArrayLike | None = None
) -> Any: ...
@overload
def nanvar(
    x: _ArrayLike, /, axis: None = None, *, ddof: float = 0.0, keepdims: Literal[False] = False, dtype: _DTypeLike | None = None, where: _ArrayLike | None = None, correction: float | None = None
) -> float: ...
@overload
def nanvar(
    x: _ArrayLike, /, axis: _Axis = None, *, ddof: float = 0.0, keepdims: bool = False, dtype: _DTypeLike | None = None, where: _ArrayLike | None = None, correction: float | None = None
) -> Any: ...
@overload
def nanstd(
    x: _ArrayLike, /, axis: None = None, *, ddof: float = 0.0, keepdims: Literal[False] = False, dtype: _DTypeLike | None = None, where: _ArrayLike | None = None, correction: float | None = None
) -> float: ...
@overload
def nanstd(
    x: _ArrayLike, /, axis: _Axis = None, *, ddof: float = 0.0, keepdims: bool = False, dtype: _DTypeLike | None = None, where: _ArrayLike | None = None, correction: float | None = None
) -> Any: ...
@overload
def nanmin(
    x: _ArrayLike, /, axis: None = None, *, keepdims: Literal[False] = False, initial: complex | None = None, where: _ArrayLike | None = None
) -> float: ...
@overload
def nanmin(
    x: _ArrayLike, /, axis: _Axis = None, *, keepdims: bool = False, initial: complex | None = None, where: _ArrayLike | None = None
) -> Any: ...
@overload
def nanmax(
    x: _ArrayLike, /, axis: None = None, *, keepdims: Literal[False] = False, initial: complex | None = None, where: _ArrayLike | None = None
) -> float: ...
@overload
def nanmax(
    x: _ArrayLike, /, axis: _Axis = None, *, keepdims: bool = False, initial: complex | None = None, where: _ArrayLike | None = None
) -> Any: ...
@overload
def nanargmin(
    x: _ArrayLike, /, axis: None = None, *, keepdims: Literal[False] = False
) -> int: ...
@overload
def nanargmin(
    x: _ArrayLike, /, axis: _Axis = None, *, keepdims: bool = False
) -> Any: ...
@overload
def nanargmax(
    x: _ArrayLike, /, axis: None = None, *, keepdims: Literal[False] = False
) -> int: ...
@overload
def nanargmax(
    x: _ArrayLike, /, axis: _Axis = None, *, keepdims: bool = False
) -> Any: ...
@overload
def median(
    x: _ArrayLike, /, axis: None = None, *, keepdims: Literal[False] = False, where: _ArrayLike | None = None
) -> float: ...
@overload
def median(x: _ArrayLike, /, axis: _Axis = None, *, keepdims: bool = False, where: _ArrayLike | None = None) -> Any: ...
@overload
def nanmedian(
    x: _ArrayLike, /, axis: None = None, *, keepdims: Literal[False] = False, where: _ArrayLike | None = None
) -> float: ...
@overload
def nanmedian(x: _ArrayLike, /, axis: _Axis = None, *, keepdims: bool = False, where: _ArrayLike | None = None) -> Any: ...
def minmax(x: _ArrayLike, /, axis: _Axis = None, *, keepdims: bool = False, where: _ArrayLike | None = None) -> NDArray[Any]: ...
def nanminmax(x: _ArrayLike, /, axis: _Axis = None, *, keepdims: bool = False, where: _ArrayLike | None = None) -> NDArray[Any]: ...
@overload
def quantile(
    x: _ArrayLike, q: float, /, axis: None = None, *, method: _Method = "linear", keepdims: Literal[False] = False, weights: _ArrayLike | None = None, where: _ArrayLike | None = None
) -> float: ...
@overload
def quantile(
    x: _ArrayLike, q: _ArrayLike, /, axis: _Axis = None, *, method: _Method = "linear", keepdims: bool = False, weights: _ArrayLike | None = None, where: _ArrayLike | None = None
) -> Any: ...
@overload
def percentile(
    x: _ArrayLike, q: float, /, axis: None = None, *, method: _Method = "linear", keepdims: Literal[False] = False, weights: _ArrayLike | None = None, where: _ArrayLike | None = None
) -> float: ...
@overload
def percentile(
    x: _ArrayLike, q: _ArrayLike, /, axis: _Axis = None, *, method: _Method = "linear", keepdims: bool = False, weights: _ArrayLike | None = None, where: _ArrayLike | None = None
) -> Any: ...
@overload
def nanquantile(
    x: _ArrayLike, q: float, /, axis: None = None, *, method: _Method = "linear", keepdims: Literal[False] = False, weights: _ArrayLike | None = None, where: _ArrayLike | None = None
) -> float: ...
@overload
def nanquantile(
    x: _ArrayLike, q: _ArrayLike, /, axis: _Axis = None, *, method: _Method = "linear", keepdims: bool = False, weights: _ArrayLike | None = None, where: _ArrayLike | None = None
) -> Any: ...
@overload
def nanpercentile(
    x: _ArrayLike, q: float, /, axis: None = None, *, method: _Method = "linear", keepdims: Literal[False] = False, weights: _ArrayLike | None = None, where: _ArrayLike | None = None
) -> float: ...
@overload
def nanpercentile(
    x: _ArrayLike, q: _ArrayLike, /, axis: _Axis = None, *, method: _Method = "linear", keepdims: bool = False, weights: _ArrayLike | None = None, where: _ArrayLike | None = None
) -> Any: ...
def skew(x: _ArrayLike, /, axis: _Axis = None, *, bias: bool = True, keepdims: bool = False, where: _ArrayLike | None = None) -> Any: ...
def kurtosis(
    x: _ArrayLike, /, axis: _Axis = None, *, bias: bool = True, fisher: bool = True, keepdims: bool = False, where: _ArrayLike | None = None
) -> Any: ...
def moments(
    x: _ArrayLike, /, axis: _Axis = None, *, order: int = 4, keepdims: bool = False, where: _ArrayLike | None = None
) -> NDArray[Any]: ...
@overload
def count(
    x: _ArrayLike, /, axis: None = None, *, keepdims: Literal[False] = False, where: _ArrayLike | None = None
) -> int: ...
@overload
def count(x: _ArrayLike, /, axis: _Axis = None, *, keepdims: bool = False, where: _ArrayLike | None = None) -> Any: ...
def nanskew(x: _ArrayLike, /, axis: _Axis = None, *, bias: bool = True, keepdims: bool = False, where: _ArrayLike | None = None) -> Any: ...
def nankurtosis(
    x: _ArrayLike, /, axis: _Axis = None, *, bias: bool = True, fisher: bool = True, keepdims: bool = False, where: _ArrayLike | None = None
) -> Any: ...
def nanmoments(
    x: _ArrayLike, /, axis: _Axis = None, *, order: int = 4, keepdims: bool = False, where: _ArrayLike | None = None
) -> NDArray[Any]: ...
def describe(x: _ArrayLike, /, axis: _Axis = None, *, ddof: float = 0.0, keepdims: bool = False) -> dict[str, Any]: ...

# How many threads a reduction may use: 0 sets rayon's whole pool.

def threads(most: SupportsIndex | None = None, /) -> int: ...

# Running reductions.

def cumsum(x: _ArrayLike, /, axis: SupportsIndex | None = None, *, dtype: _DTypeLike | None = None, include_initial: bool = False) -> NDArray[Any]: ...
def cumprod(x: _ArrayLike, /, axis: SupportsIndex | None = None, *, dtype: _DTypeLike | None = None, include_initial: bool = False) -> NDArray[Any]: ...
def cummin(x: _ArrayLike, /, axis: SupportsIndex | None = None) -> NDArray[Any]: ...
def cummax(x: _ArrayLike, /, axis: SupportsIndex | None = None) -> NDArray[Any]: ...

# Bins and groups.

def histogram(
    x: _ArrayLike,
    /,
    bins: int | str | _ArrayLike = 10,
    range: Sequence[float] | None = None,
    *,
    density: bool = False,
    weights: _ArrayLike | None = None,
) -> tuple[NDArray[Any], NDArray[Any]]: ...  # (bins,), (bins + 1,)
def bincount(x: _ArrayLike, /, weights: _ArrayLike | None = None, minlength: int = 0) -> NDArray[Any]: ...
def digitize(x: _ArrayLike, bins: _ArrayLike, /, *, right: bool = False) -> Any: ...
def group(
    reduction: str,
    x: _ArrayLike,
    codes: _ArrayLike,
    /,
    groups: int | None = None,
    *,
    ddof: float = 0.0,
    q: float | _ArrayLike | None = None,
    method: _Method = "linear",
) -> NDArray[Any]: ...
