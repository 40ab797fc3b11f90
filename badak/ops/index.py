"""Reading and adding at positions: gather, and its adjoint scatter_add."""

from __future__ import annotations

from typing import Any

import numpy as np

from badak.base.dtypes import Array, DType
from badak.base.errors import DTypeError, RangeError
from badak.base.numbers import are_positions
from badak.base.shapes import Spec, axis_index, positive
from badak.core.dispatch import apply
from badak.core.primitive import define
from badak.core.tensor import Tensor
from badak.ops.rules import as_they_are


def check_positions(index: Array, size: int, name: str) -> None:
    """Raises on positions outside of 0..size - 1."""
    if not are_positions(index, size):
        wrong = index[(index < 0) | (index >= size)].flat[0]
        raise RangeError(f"{name}: there is no position {wrong}", expected=f"0..{size - 1}")


def _check_index_dtype(dtype: DType, name: str) -> None:
    if dtype.kind not in "iu":
        raise DTypeError(f"{name}: positions must be whole numbers", got=dtype)


def _infer_gather(x: Spec, index: Spec, *, axis: int) -> Spec:
    _check_index_dtype(index.dtype, "gather")
    axis_index(axis, len(x.shape), "gather")
    return Spec((*x.shape[:axis], *index.shape, *x.shape[axis + 1 :]), x.dtype)


def _gather(x: Array, index: Array, *, axis: int) -> Array:
    check_positions(index, x.shape[axis], "gather")
    return np.take(x, index, axis)


def _infer_scatter_add(values: Spec, index: Spec, *, axis: int, size: int) -> Spec:
    _check_index_dtype(index.dtype, "scatter_add")
    if values.shape[axis : axis + len(index.shape)] != index.shape:
        raise RangeError(
            "scatter_add: values and positions do not match",
            expected=f"{index.shape} from axis {axis} on",
            got=f"values {values.shape}",
        )
    tail = values.shape[axis + len(index.shape) :]
    return Spec((*values.shape[:axis], size, *tail), values.dtype)


def _scatter_add(values: Array, index: Array, *, axis: int, size: int) -> Array:
    check_positions(index, size, "scatter_add")
    lead, tail = values.shape[:axis], values.shape[axis + index.ndim :]
    result = np.zeros((*lead, size, *tail), values.dtype)
    flat = values.reshape(*lead, index.size, *tail)
    np.add.at(np.moveaxis(result, axis, 0), index.reshape(-1), np.moveaxis(flat, axis, 0))
    return result


define(
    "gather",
    _gather,
    infer=_infer_gather,
    promote=as_they_are,
    vjps=(
        lambda g, out, x, index, *, axis: apply(
            "scatter_add", g, index, axis=axis, size=x.shape[axis]
        ),
        None,
    ),
)

define(
    "scatter_add",
    _scatter_add,
    infer=_infer_scatter_add,
    promote=as_they_are,
    vjps=(
        lambda g, out, values, index, *, axis, size: apply("gather", g, index, axis=axis),
        None,
    ),
)


def gather(x: Any, index: Any, axis: int = 0) -> Tensor:
    """The slices of x at these positions along an axis; positions may repeat.

    The axis is replaced by the axes of `index`. The gradient adds up what repeated positions got.

    >>> gather([10.0, 20.0, 30.0], [2, 0, 2])
    tensor([30., 10., 30.])

    Raises:
        RangeError: for a position outside of 0..size-1.
        DTypeError: for positions that are not whole numbers.
    """
    return apply("gather", x, index, axis=axis_index(axis, np.ndim(x), "gather"))


def scatter_add(values: Any, index: Any, size: int, axis: int = 0) -> Tensor:
    """Zeros along an axis of that size, with each value added at its position.

    >>> scatter_add([1.0, 2.0, 3.0], [2, 0, 2], size=3)
    tensor([2., 0., 4.])

    Raises:
        RangeError: for a position outside of 0..size-1.
        DTypeError: for positions that are not whole numbers.
    """
    return apply(
        "scatter_add",
        values,
        index,
        axis=axis_index(axis, np.ndim(values), "scatter_add"),
        size=positive(size, "scatter_add: size"),
    )
