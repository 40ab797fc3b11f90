"""The kinds of numbers that tensors hold, and which kind wins when two meet."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from badak.base.errors import DTypeError

Array = NDArray[Any]
DType = np.dtype[Any]

bool_ = np.dtype("bool")
uint8 = np.dtype("uint8")
uint32 = np.dtype("uint32")
uint64 = np.dtype("uint64")
int32 = np.dtype("int32")
int64 = np.dtype("int64")
float32 = np.dtype("float32")
float64 = np.dtype("float64")

SUPPORTED = (bool_, uint8, uint32, uint64, int32, int64, float32, float64)
DEFAULT_FLOAT = float32
"""What Python floats and NumPy's float64 arrays become unless a dtype is asked for."""


def as_dtype(name: Any) -> DType:
    """The supported dtype of that name.

    >>> as_dtype("float32")
    dtype('float32')

    Raises:
        DTypeError: for a kind that tensors do not hold (complex, text, objects, float16).
    """
    try:
        dtype: DType | None = np.dtype(name).newbyteorder("=")
    except TypeError:
        dtype = None
    if dtype is None or dtype not in SUPPORTED:
        raise DTypeError(
            f"tensors do not hold {name}",
            expected=f"one of {', '.join(str(kind) for kind in SUPPORTED)}",
        )
    return dtype


def is_float(dtype: DType) -> bool:
    return dtype.kind == "f"


def common(*dtypes: DType) -> DType:
    """The kind in which numbers of these kinds are computed together.

    Floats win over integers and booleans and keep their own width, as in PyTorch: int64 with
    float32 is float32 (NumPy would say float64). Among integers NumPy's rule holds.

    >>> common(int64, float32)
    dtype('float32')
    """
    first = dtypes[0]
    if all(dtype == first for dtype in dtypes):
        return first
    floats = [dtype for dtype in dtypes if dtype.kind == "f"]
    if floats:
        return max(floats, key=lambda dtype: dtype.itemsize)
    result = np.result_type(*dtypes)
    # NumPy answers float64 for uint64 with a signed integer; an index must stay an integer.
    return int64 if result.kind == "f" else result


def floating(*dtypes: DType) -> DType:
    """As `common`, with integers and booleans turned into the default float."""
    dtype = common(*dtypes)
    return dtype if dtype.kind == "f" else DEFAULT_FLOAT
