"""New tensors: from numbers, or filled with a constant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from badak.base import dtypes
from badak.base.arrays import as_array, exact_array
from badak.base.dtypes import Array
from badak.base.errors import DTypeError, RangeError
from badak.base.shapes import as_shape
from badak.core.tensor import Parameter, Tensor


def _array_of(data: Any, dtype: Any) -> Array:
    wanted = None if dtype is None else dtypes.as_dtype(dtype)
    origin = data.numpy() if isinstance(data, Tensor) else data
    if wanted is not None:
        return exact_array(origin, wanted)
    return origin if isinstance(data, Tensor) else as_array(origin)


def tensor(data: Any, dtype: Any = None) -> Tensor:
    """A tensor of these numbers (copied).

    Floats become float32 and whole numbers int64 unless a dtype is given; NumPy's integer and
    boolean arrays keep theirs.

    Differs from PyTorch, where a float64 array keeps its dtype: float64 is only used when asked
    for, so that a stray array does not make a network slow.

    >>> tensor([[1.0, 2.0], [3.0, 4.0]]).sum(axis=0)
    tensor([4., 6.])
    >>> tensor([1, 2, 3])
    tensor([1, 2, 3], dtype=int64)

    Raises:
        DTypeError: for what is no number: text, None, complex, objects, ragged rows.
    """
    return Tensor(_array_of(data, dtype))


def parameter(data: Any, dtype: Any = None, tags: Sequence[str] = ()) -> Parameter:
    """A tensor that is learned (copied, floats only).

    >>> w = parameter([1.0, 2.0])
    >>> (w * w).sum().backward()
    >>> w.grad
    tensor([2., 4.])

    Raises:
        DTypeError: as `tensor`, and for a dtype that is not a float.
    """
    array = _array_of(data, dtype)
    if array.dtype.kind != "f":
        if dtype is not None:
            raise DTypeError("a parameter holds floats", got=f"dtype={dtype}")
        array = array.astype(dtypes.DEFAULT_FLOAT)
    return Parameter(array, tags)


def full(shape: int | Sequence[int], value: float, dtype: Any = None) -> Tensor:
    """A tensor with the same value everywhere.

    >>> full((2, 2), 7.0)
    tensor([[7., 7.],
            [7., 7.]])

    Raises:
        RangeError: for a negative size, or a value that does not fit into the dtype.
    """
    sizes = as_shape(shape)
    if min(sizes, default=0) < 0:
        raise RangeError("a size in a shape must be at least 0", got=sizes)
    number = as_array(value) if dtype is None else exact_array(value, dtypes.as_dtype(dtype))
    return Tensor(np.full(sizes, number))


def zeros(shape: int | Sequence[int], dtype: Any = dtypes.DEFAULT_FLOAT) -> Tensor:
    """A tensor of zeros.

    >>> zeros(3)
    tensor([0., 0., 0.])
    """
    return full(shape, 0, dtype)


def ones(shape: int | Sequence[int], dtype: Any = dtypes.DEFAULT_FLOAT) -> Tensor:
    """A tensor of ones.

    >>> ones((1, 2))
    tensor([[1., 1.]])
    """
    return full(shape, 1, dtype)


def arange(start: float, stop: float | None = None, step: float = 1) -> Tensor:
    """Numbers from start (0 when only one is given) up to, not including, stop.

    >>> arange(3)
    tensor([0, 1, 2], dtype=int64)

    Raises:
        RangeError: when the step is 0.
    """
    if step == 0:
        raise RangeError("arange: the step must not be 0")
    first, last = (0, start) if stop is None else (start, stop)
    return Tensor(as_array(np.arange(first, last, step)))
