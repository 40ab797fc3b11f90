"""Pooling: the largest or the mean value of each window, composed of `windows` and a reduction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from badak.base.errors import RangeError, ShapeError
from badak.base.shapes import Shape, each
from badak.core.dispatch import apply
from badak.core.tensor import Tensor
from badak.ops.conv import Padding, pairs
from badak.ops.reduce import as_tensor
from badak.ops.shape import pad


def _pooled_windows(
    x: Any, kernel: Any, stride: Any, padding: Any, value: float, name: str
) -> tuple[Tensor, Shape, Shape, Padding]:
    n = np.ndim(x) - 2
    if n < 1:
        raise ShapeError(
            f"{name}: the input needs (batch, channels, space) axes", got=f"shape {np.shape(x)}"
        )
    sizes = each(kernel, n, f"{name}: kernel")
    steps = sizes if stride is None else each(stride, n, f"{name}: stride")
    around = pairs(padding, n, name)
    for size, pair in zip(sizes, around, strict=True):
        if max(pair) > size // 2:
            raise RangeError(
                f"{name}: padding must be at most half of the kernel",
                expected=f"at most {size // 2}",
                got=max(pair),
            )
    padded = pad(x, ((0, 0), (0, 0), *around), value) if any(map(any, around)) else x
    spread = apply("windows", padded, kernel=sizes, stride=steps, dilation=(1,) * n)
    return spread, sizes, steps, around


def max_pool(
    x: Any,
    kernel: int | Sequence[int],
    stride: int | Sequence[int] | None = None,
    padding: Any = 0,
) -> Tensor:
    """The largest value of each window: (N, C, *S) -> (N, C, *R).

    The gradient goes to the first largest value of a window.

    Args:
        kernel: the size of a window, one number or one an axis.
        stride: steps between windows; the kernel size by default.
        padding: how far windows reach over the edge; what lies there is never the largest.

    >>> max_pool(bd.arange(16).reshape(1, 1, 4, 4), 2)
    tensor([[[[ 5,  7],
              [13, 15]]]], dtype=int64)

    Raises:
        ShapeError: when a window is larger than the input.
        RangeError: when padding is more than half of the kernel.
    """
    x = as_tensor(x)
    lowest = {"f": -np.inf, "b": False}.get(x.dtype.kind)
    lowest = np.iinfo(x.dtype).min if lowest is None else lowest
    spread, sizes, _, _ = _pooled_windows(x, kernel, stride, padding, lowest, "max_pool")
    return spread.max(axis=tuple(range(-len(sizes), 0)))


def average_pool(
    x: Any,
    kernel: int | Sequence[int],
    stride: int | Sequence[int] | None = None,
    padding: Any = 0,
    count_padding: bool = True,
) -> Tensor:
    """The mean value of each window: (N, C, *S) -> (N, C, *R).

    Args:
        kernel: the size of a window, one number or one an axis.
        stride: steps between windows; the kernel size by default.
        padding: zeros around x.
        count_padding: whether these zeros count when the mean is taken.

    >>> average_pool(bd.arange(4).reshape(1, 1, 2, 2), 2)
    tensor([[[[1.5]]]])

    Raises:
        ShapeError: when a window is larger than the input.
        RangeError: when padding is more than half of the kernel.
    """
    spread, sizes, steps, around = _pooled_windows(x, kernel, stride, padding, 0.0, "average_pool")
    axes = tuple(range(-len(sizes), 0))
    if count_padding or not any(map(any, around)):
        return spread.mean(axis=axes)
    inside = pad(np.ones((1, 1, *np.shape(x)[2:])), ((0, 0), (0, 0), *around))
    count = apply("windows", inside, kernel=sizes, stride=steps, dilation=(1,) * len(sizes))
    return spread.sum(axis=axes) / count.sum(axis=axes)
