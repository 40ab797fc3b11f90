"""Pooling: the largest or the mean value of each window, composed of `windows` and a reduction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from badak.base.dtypes import Array
from badak.base.errors import RangeError, ShapeError
from badak.base.shapes import Shape, each, window_size
from badak.core.dispatch import apply
from badak.core.tensor import Tensor
from badak.ops.conv import Padding, pairs, reach
from badak.ops.reduce import as_tensor
from badak.ops.shape import concat, pad
from badak.ops.windows import windows_view


class _Windows(NamedTuple):
    """Where the windows of a pool lie.

    Attributes:
        kernel, stride, dilation: one number an axis.
        padding: (before, after) along each axis.
        beyond: what the last window needs behind the padding, along each axis.
    """

    kernel: Shape
    stride: Shape
    dilation: Shape
    padding: Padding
    beyond: Shape

    @property
    def axes(self) -> Shape:
        """The axes of one window, in the tensor of all windows."""
        return tuple(range(-len(self.kernel), 0))

    @property
    def around(self) -> Padding:
        """All that is added to a whole (batch, channels, *space) tensor."""
        both = zip(self.padding, self.beyond, strict=True)
        return ((0, 0), (0, 0), *((low, high + more) for (low, high), more in both))

    def of(self, x: Any, value: float) -> Tensor:
        """The windows of x, with `value` where they reach over its edge."""
        padded = pad(x, self.around, value) if any(map(any, self.around)) else x
        return apply(
            "windows", padded, kernel=self.kernel, stride=self.stride, dilation=self.dilation
        )

    def counts(self, space: Shape, count_padding: bool) -> Array:
        """How many values each window averages over: (1, 1, *R)."""
        inside = np.pad(np.ones(space), self.padding, constant_values=float(count_padding))
        inside = np.pad(inside, [(0, more) for more in self.beyond])
        view = windows_view(inside[None, None], self.kernel, self.stride, self.dilation)
        return np.asarray(view.sum(axis=self.axes))


def _windows(
    name: str, x: Any, kernel: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool
) -> _Windows:
    n = np.ndim(x) - 2
    if n < 1:
        raise ShapeError(
            f"{name}: the input needs (batch, channels, space) axes", got=f"shape {np.shape(x)}"
        )
    sizes = each(kernel, n, f"{name}: kernel")
    steps = sizes if stride is None else each(stride, n, f"{name}: stride")
    apart = each(dilation, n, f"{name}: dilation")
    around = pairs(padding, n, name)
    for span, pair in zip(map(reach, sizes, apart), around, strict=True):
        if max(pair) > span // 2:
            raise RangeError(
                f"{name}: padding must be at most half of the kernel",
                expected=f"at most {span // 2}",
                got=max(pair),
            )
    axes = zip(np.shape(x)[2:], sizes, steps, apart, around, strict=True)
    beyond = tuple(_beyond(*axis) if ceil_mode else 0 for axis in axes)
    return _Windows(sizes, steps, apart, around, beyond)


def _beyond(size: int, kernel: int, stride: int, dilation: int, padding: tuple[int, int]) -> int:
    """How far one more window reaches over the padding; 0 where none begins in input or padding."""
    low, high = padding
    left = (size + low + high - reach(kernel, dilation)) % stride
    start = window_size(size + low + high, kernel, stride, dilation) * stride
    return stride - left if left and 0 <= start < size + low else 0


def max_pool(
    x: Any,
    kernel: int | Sequence[int],
    stride: int | Sequence[int] | None = None,
    padding: Any = 0,
    dilation: int | Sequence[int] = 1,
    ceil_mode: bool = False,
) -> Tensor:
    """The largest value of each window: (N, C, *S) -> (N, C, *R).

    The gradient goes to the first largest value of a window.

    Args:
        kernel: the size of a window, one number or one an axis.
        stride: steps between windows; the kernel size by default.
        padding: how far windows reach over the edge; what lies there is never the largest.
        dilation: steps between the values of one window.
        ceil_mode: whether a last window that reaches over the end counts too.

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
    windows = _windows("max_pool", x, kernel, stride, padding, dilation, ceil_mode)
    return windows.of(x, lowest).max(axis=windows.axes)


def average_pool(
    x: Any,
    kernel: int | Sequence[int],
    stride: int | Sequence[int] | None = None,
    padding: Any = 0,
    count_padding: bool = True,
    ceil_mode: bool = False,
) -> Tensor:
    """The mean value of each window: (N, C, *S) -> (N, C, *R).

    Args:
        kernel: the size of a window, one number or one an axis.
        stride: steps between windows; the kernel size by default.
        padding: zeros around x.
        count_padding: whether these zeros count when the mean is taken.
        ceil_mode: whether a last window that reaches over the end counts too; what lies behind
            the padding never counts in its mean.

    >>> average_pool(bd.arange(4).reshape(1, 1, 2, 2), 2)
    tensor([[[[1.5]]]])

    Raises:
        ShapeError: when a window is larger than the input.
        RangeError: when padding is more than half of the kernel.
    """
    windows = _windows("average_pool", x, kernel, stride, padding, 1, ceil_mode)
    spread = windows.of(x, 0.0)
    whole = count_padding or not any(map(any, windows.padding))
    if whole and not any(windows.beyond):
        return spread.mean(axis=windows.axes)
    return spread.sum(axis=windows.axes) / windows.counts(np.shape(x)[2:], count_padding)


def adaptive_max_pool(x: Any, output_size: Any) -> Tensor:
    """The largest value of each of so many windows: (N, C, *S) -> (N, C, *output_size).

    Window i of m along an axis of n values is floor(i n / m) .. ceil((i + 1) n / m) - 1.

    Args:
        output_size: the number of windows, one number or one an axis; None for as many as values.

    >>> adaptive_max_pool([[[1.0, 2.0, 3.0, 4.0, 5.0]]], 2)
    tensor([[[3., 5.]]])

    Raises:
        ShapeError: when the input has no axes of space, or no value along one.
        RangeError: for fewer than 1 window.
    """
    return _adaptive(as_tensor(x), output_size, max_pool, Tensor.max, "adaptive_max_pool")


def adaptive_average_pool(x: Any, output_size: Any) -> Tensor:
    """The mean value of each of so many windows, which lie as those of `adaptive_max_pool`.

    >>> adaptive_average_pool([[[1.0, 2.0, 3.0, 4.0, 5.0]]], 2)
    tensor([[[2., 4.]]])

    Raises:
        ShapeError: when the input has no axes of space, or no value along one.
        RangeError: for fewer than 1 window.
    """
    return _adaptive(as_tensor(x), output_size, average_pool, Tensor.mean, "adaptive_average_pool")


def _adaptive(
    x: Tensor,
    output_size: Any,
    pool: Callable[..., Tensor],
    reduce: Callable[..., Tensor],
    name: str,
) -> Tensor:
    space = x.shape[2:]
    if not space or min(space) < 1:
        raise ShapeError(f"{name}: the input needs (batch, channels, space) axes", got=x.shape)
    given = output_size if isinstance(output_size, list | tuple) else (output_size,) * len(space)
    if len(given) != len(space):
        raise ShapeError(f"{name}: one number, or one for each of {len(space)} axes", got=given)
    filled = [n if m is None else m for m, n in zip(given, space, strict=True)]
    sizes = each(filled, len(space), f"{name}: output_size")
    if not any(n % m for n, m in zip(space, sizes, strict=True)):
        return pool(x, tuple(n // m for n, m in zip(space, sizes, strict=True)))
    # A window is a box, so one axis can be done after the other. The last one first: of equal
    # largest values the gradient then goes to the first in reading order.
    for axis in reversed(range(2, x.ndim)):
        whole = (slice(None),) * axis
        bounds = _bounds(space[axis - 2], sizes[axis - 2])
        x = concat([reduce(x[*whole, low:high], axis, keepdims=True) for low, high in bounds], axis)
    return x


def _bounds(n: int, m: int) -> list[tuple[int, int]]:
    """Where each of m windows over n values begins and ends."""
    return [(i * n // m, -(-(i + 1) * n // m)) for i in range(m)]
