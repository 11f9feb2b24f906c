"""Types of the native module. Shapes are written in NumPy's way: `(n, dim)`."""

from collections.abc import Callable, Sequence
from os import PathLike
from typing import Any, Literal, Protocol, SupportsFloat, SupportsIndex, TypeAlias, final, overload
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
ArrayLike: TypeAlias = (
    Buffer | _Arrow | _ArrowStream | _DLPack | _ArrayInterface | _Array | _Number | Sequence[_Number] | Sequence[ArrayLike]
)
DTypeLike: TypeAlias = str | type[Any] | np.dtype[Any]
Axis: TypeAlias = SupportsIndex | Sequence[SupportsIndex] | None

Method: TypeAlias = Literal[
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
    def __buffer__(self, flags: int, /) -> memoryview: ...

class NearfoldError(ValueError):
    """A call was refused; `code` is the stable name of the reason."""

    code: str

@final
class Index:
    def __new__(
        cls,
        dim: int,
        *,
        metric: Literal["l2sq", "ip", "cosine"] = "l2sq",
        storage: Literal["f32", "i8"] = "i8",
        M: int = 16,
        ef_construction: int = 200,
    ) -> Self: ...
    def add(
        self,
        vectors: ArrayLike,  # (n, dim) or (dim,), float32 or what is rounded to it
        ids: ArrayLike | None = None,  # (n,), integers
        progress: Callable[[int, int], object] | None = None,
    ) -> NDArray[np.uint64]: ...  # (n,)
    def search(
        self,
        q: ArrayLike,  # (dim,) or (n, dim)
        k: int = 10,
        *,
        ef_search: int | None = None,
        exact: bool = False,
    ) -> tuple[NDArray[np.uint64], NDArray[np.float32]]: ...  # (k,) each, or (n, k)
    def vector(self, id: int, /) -> NDArray[np.float32]: ...  # (dim,)
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
    def __contains__(self, id: object, /) -> bool: ...
    def __reduce__(self) -> tuple[Callable[[bytes], Self], tuple[bytes]]: ...

# Of two arrays, or of the rows of a table.

def dot(a: ArrayLike, b: ArrayLike, /, *, exact: bool = True) -> float: ...  # (n,) each
def vecdot(a: ArrayLike, b: ArrayLike, /, *, axis: Axis = -1, keepdims: bool = False) -> Any: ...
def cosine(a: ArrayLike, b: ArrayLike, /, *, axis: Axis = -1, keepdims: bool = False) -> Any: ...
def average(x: ArrayLike, /, axis: Axis = None, weights: ArrayLike | None = None, *, keepdims: bool = False) -> Any: ...
def cov(x: ArrayLike, y: ArrayLike | None = None, /, *, ddof: float = 1.0) -> Any: ...  # (variables, observations)
def corrcoef(x: ArrayLike, y: ArrayLike | None = None, /) -> Any: ...  # (variables, observations)

# Every reduction returns a number where no axis remains (an int for integers), else an array.

@overload
def sum(
    x: ArrayLike, /, axis: None = None, *, keepdims: Literal[False] = False, dtype: DTypeLike | None = None, where: ArrayLike | None = None, exact: bool = True
) -> float: ...
@overload
def sum(
    x: ArrayLike, /, axis: Axis = None, *, keepdims: bool = False, dtype: DTypeLike | None = None, where: ArrayLike | None = None, exact: bool = True
) -> Any: ...
@overload
def mean(
    x: ArrayLike, /, axis: None = None, *, keepdims: Literal[False] = False, dtype: DTypeLike | None = None, where: ArrayLike | None = None, exact: bool = True
) -> float: ...
@overload
def mean(
    x: ArrayLike, /, axis: Axis = None, *, keepdims: bool = False, dtype: DTypeLike | None = None, where: ArrayLike | None = None, exact: bool = True
) -> Any: ...
@overload
def prod(
    x: ArrayLike, /, axis: None = None, *, keepdims: Literal[False] = False, dtype: DTypeLike | None = None, where: ArrayLike | None = None
) -> float: ...
@overload
def prod(
    x: ArrayLike, /, axis: Axis = None, *, keepdims: bool = False, dtype: DTypeLike | None = None, where: ArrayLike | None = None
) -> Any: ...
@overload
def norm(
    x: ArrayLike, /, axis: None = None, *, keepdims: Literal[False] = False, dtype: DTypeLike | None = None, where: ArrayLike | None = None, exact: bool = True
) -> float: ...
@overload
def norm(
    x: ArrayLike, /, axis: Axis = None, *, keepdims: bool = False, dtype: DTypeLike | None = None, where: ArrayLike | None = None, exact: bool = True
) -> Any: ...
@overload
def var(
    x: ArrayLike, /, axis: None = None, *, ddof: float = 0.0, keepdims: Literal[False] = False, dtype: DTypeLike | None = None, where: ArrayLike | None = None, exact: bool = True
) -> float: ...
@overload
def var(
    x: ArrayLike, /, axis: Axis = None, *, ddof: float = 0.0, keepdims: bool = False, dtype: DTypeLike | None = None, where: ArrayLike | None = None, exact: bool = True
) -> Any: ...
@overload
def std(
    x: ArrayLike, /, axis: None = None, *, ddof: float = 0.0, keepdims: Literal[False] = False, dtype: DTypeLike | None = None, where: ArrayLike | None = None, exact: bool = True
) -> float: ...
@overload
def std(
    x: ArrayLike, /, axis: Axis = None, *, ddof: float = 0.0, keepdims: bool = False, dtype: DTypeLike | None = None, where: ArrayLike | None = None, exact: bool = True
) -> Any: ...
@overload
def min(
    x: ArrayLike, /, axis: None = None, *, keepdims: Literal[False] = False, where: ArrayLike | None = None
) -> float: ...
@overload
def min(
    x: ArrayLike, /, axis: Axis = None, *, keepdims: bool = False, where: ArrayLike | None = None
) -> Any: ...
@overload
def max(
    x: ArrayLike, /, axis: None = None, *, keepdims: Literal[False] = False, where: ArrayLike | None = None
) -> float: ...
@overload
def max(
    x: ArrayLike, /, axis: Axis = None, *, keepdims: bool = False, where: ArrayLike | None = None
) -> Any: ...
@overload
def ptp(
    x: ArrayLike, /, axis: None = None, *, keepdims: Literal[False] = False, where: ArrayLike | None = None
) -> float: ...
@overload
def ptp(
    x: ArrayLike, /, axis: Axis = None, *, keepdims: bool = False, where: ArrayLike | None = None
) -> Any: ...
@overload
def argmin(
    x: ArrayLike, /, axis: None = None, *, keepdims: Literal[False] = False
) -> int: ...
@overload
def argmin(
    x: ArrayLike, /, axis: Axis = None, *, keepdims: bool = False
) -> Any: ...
@overload
def argmax(
    x: ArrayLike, /, axis: None = None, *, keepdims: Literal[False] = False
) -> int: ...
@overload
def argmax(
    x: ArrayLike, /, axis: Axis = None, *, keepdims: bool = False
) -> Any: ...
@overload
def any(
    x: ArrayLike, /, axis: None = None, *, keepdims: Literal[False] = False, where: ArrayLike | None = None
) -> bool: ...
@overload
def any(
    x: ArrayLike, /, axis: Axis = None, *, keepdims: bool = False, where: ArrayLike | None = None
) -> Any: ...
@overload
def all(
    x: ArrayLike, /, axis: None = None, *, keepdims: Literal[False] = False, where: ArrayLike | None = None
) -> bool: ...
@overload
def all(
    x: ArrayLike, /, axis: Axis = None, *, keepdims: bool = False, where: ArrayLike | None = None
) -> Any: ...
@overload
def count_nonzero(
    x: ArrayLike, /, axis: None = None, *, keepdims: Literal[False] = False, where: ArrayLike | None = None
) -> int: ...
@overload
def count_nonzero(
    x: ArrayLike, /, axis: Axis = None, *, keepdims: bool = False, where: ArrayLike | None = None
) -> Any: ...
@overload
def nansum(
    x: ArrayLike, /, axis: None = None, *, keepdims: Literal[False] = False, dtype: DTypeLike | None = None, where: ArrayLike | None = None, exact: bool = True
) -> float: ...
@overload
def nansum(
    x: ArrayLike, /, axis: Axis = None, *, keepdims: bool = False, dtype: DTypeLike | None = None, where: ArrayLike | None = None, exact: bool = True
) -> Any: ...
@overload
def nanmean(
    x: ArrayLike, /, axis: None = None, *, keepdims: Literal[False] = False, dtype: DTypeLike | None = None, where: ArrayLike | None = None, exact: bool = True
) -> float: ...
@overload
def nanmean(
    x: ArrayLike, /, axis: Axis = None, *, keepdims: bool = False, dtype: DTypeLike | None = None, where: ArrayLike | None = None, exact: bool = True
) -> Any: ...
@overload
def nanprod(
    x: ArrayLike, /, axis: None = None, *, keepdims: Literal[False] = False, dtype: DTypeLike | None = None, where: ArrayLike | None = None
) -> float: ...
@overload
def nanprod(
    x: ArrayLike, /, axis: Axis = None, *, keepdims: bool = False, dtype: DTypeLike | None = None, where: ArrayLike | None = None
) -> Any: ...
@overload
def nanvar(
    x: ArrayLike, /, axis: None = None, *, ddof: float = 0.0, keepdims: Literal[False] = False, dtype: DTypeLike | None = None, where: ArrayLike | None = None, exact: bool = True
) -> float: ...
@overload
def nanvar(
    x: ArrayLike, /, axis: Axis = None, *, ddof: float = 0.0, keepdims: bool = False, dtype: DTypeLike | None = None, where: ArrayLike | None = None, exact: bool = True
) -> Any: ...
@overload
def nanstd(
    x: ArrayLike, /, axis: None = None, *, ddof: float = 0.0, keepdims: Literal[False] = False, dtype: DTypeLike | None = None, where: ArrayLike | None = None, exact: bool = True
) -> float: ...
@overload
def nanstd(
    x: ArrayLike, /, axis: Axis = None, *, ddof: float = 0.0, keepdims: bool = False, dtype: DTypeLike | None = None, where: ArrayLike | None = None, exact: bool = True
) -> Any: ...
@overload
def nanmin(
    x: ArrayLike, /, axis: None = None, *, keepdims: Literal[False] = False, where: ArrayLike | None = None
) -> float: ...
@overload
def nanmin(
    x: ArrayLike, /, axis: Axis = None, *, keepdims: bool = False, where: ArrayLike | None = None
) -> Any: ...
@overload
def nanmax(
    x: ArrayLike, /, axis: None = None, *, keepdims: Literal[False] = False, where: ArrayLike | None = None
) -> float: ...
@overload
def nanmax(
    x: ArrayLike, /, axis: Axis = None, *, keepdims: bool = False, where: ArrayLike | None = None
) -> Any: ...
@overload
def nanargmin(
    x: ArrayLike, /, axis: None = None, *, keepdims: Literal[False] = False
) -> int: ...
@overload
def nanargmin(
    x: ArrayLike, /, axis: Axis = None, *, keepdims: bool = False
) -> Any: ...
@overload
def nanargmax(
    x: ArrayLike, /, axis: None = None, *, keepdims: Literal[False] = False
) -> int: ...
@overload
def nanargmax(
    x: ArrayLike, /, axis: Axis = None, *, keepdims: bool = False
) -> Any: ...
@overload
def median(
    x: ArrayLike, /, axis: None = None, *, keepdims: Literal[False] = False, where: ArrayLike | None = None
) -> float: ...
@overload
def median(x: ArrayLike, /, axis: Axis = None, *, keepdims: bool = False, where: ArrayLike | None = None) -> Any: ...
@overload
def nanmedian(
    x: ArrayLike, /, axis: None = None, *, keepdims: Literal[False] = False, where: ArrayLike | None = None
) -> float: ...
@overload
def nanmedian(x: ArrayLike, /, axis: Axis = None, *, keepdims: bool = False, where: ArrayLike | None = None) -> Any: ...
def minmax(x: ArrayLike, /, axis: Axis = None, *, keepdims: bool = False, where: ArrayLike | None = None) -> NDArray[Any]: ...
def nanminmax(x: ArrayLike, /, axis: Axis = None, *, keepdims: bool = False, where: ArrayLike | None = None) -> NDArray[Any]: ...
@overload
def quantile(
    x: ArrayLike, q: float, /, axis: None = None, *, method: Method = "linear", keepdims: Literal[False] = False, where: ArrayLike | None = None
) -> float: ...
@overload
def quantile(
    x: ArrayLike, q: ArrayLike, /, axis: Axis = None, *, method: Method = "linear", keepdims: bool = False, where: ArrayLike | None = None
) -> Any: ...
@overload
def percentile(
    x: ArrayLike, q: float, /, axis: None = None, *, method: Method = "linear", keepdims: Literal[False] = False, where: ArrayLike | None = None
) -> float: ...
@overload
def percentile(
    x: ArrayLike, q: ArrayLike, /, axis: Axis = None, *, method: Method = "linear", keepdims: bool = False, where: ArrayLike | None = None
) -> Any: ...
@overload
def nanquantile(
    x: ArrayLike, q: float, /, axis: None = None, *, method: Method = "linear", keepdims: Literal[False] = False, where: ArrayLike | None = None
) -> float: ...
@overload
def nanquantile(
    x: ArrayLike, q: ArrayLike, /, axis: Axis = None, *, method: Method = "linear", keepdims: bool = False, where: ArrayLike | None = None
) -> Any: ...
@overload
def nanpercentile(
    x: ArrayLike, q: float, /, axis: None = None, *, method: Method = "linear", keepdims: Literal[False] = False, where: ArrayLike | None = None
) -> float: ...
@overload
def nanpercentile(
    x: ArrayLike, q: ArrayLike, /, axis: Axis = None, *, method: Method = "linear", keepdims: bool = False, where: ArrayLike | None = None
) -> Any: ...
def skew(x: ArrayLike, /, axis: Axis = None, *, bias: bool = True, keepdims: bool = False, where: ArrayLike | None = None) -> Any: ...
def kurtosis(
    x: ArrayLike, /, axis: Axis = None, *, bias: bool = True, fisher: bool = True, keepdims: bool = False, where: ArrayLike | None = None
) -> Any: ...
def moments(
    x: ArrayLike, /, axis: Axis = None, *, order: int = 4, keepdims: bool = False, where: ArrayLike | None = None
) -> NDArray[Any]: ...
