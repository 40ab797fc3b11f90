"""Pooling layers: one value for each window."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from badak.base.errors import ShapeError
from badak.base.shapes import Shape, each, positive
from badak.core import Tensor
from badak.nn.conv import Size, padding_text
from badak.nn.module import Module
from badak.ops import average_pool, max_pool
from badak.ops.conv import pairs
from badak.ops.pool import adaptive_average_pool, adaptive_max_pool
from badak.ops.reduce import as_tensor

AXES = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}


def _require_space(layer: Module, x: Any, n: int) -> None:
    if np.ndim(x) != n + 2:
        axes = ", ".join(("batch", "channels", *AXES[n]))
        raise ShapeError(f"{type(layer).__name__} needs ({axes})", got=np.shape(x))


def _by(sizes: Shape) -> str:
    return "x".join(map(str, sizes))


class WindowPool(Module):
    """What pools of windows share: where these lie, and how the layer reads."""

    n_axes: ClassVar[int]

    def __init__(
        self, kernel_size: Size, stride: Size | None, padding: Any, ceil_mode: bool
    ) -> None:
        name, n = type(self).__name__, self.n_axes
        self.kernel_size = each(kernel_size, n, f"{name}: kernel_size")
        self.stride = self.kernel_size if stride is None else each(stride, n, f"{name}: stride")
        self.padding = pairs(padding, n, name)
        self.ceil_mode = ceil_mode

    @abstractmethod
    def pool(self, x: Any) -> Tensor:
        """One value for each window."""

    @abstractmethod
    def remark(self) -> str:
        """In words, the setting that other pools do not have; "" where it is the usual one."""

    def forward(self, x: Any) -> Tensor:
        _require_space(self, x, self.n_axes)
        return self.pool(x)

    def describe(self) -> str:
        moves = f"stride {_by(self.stride)}" if self.stride != self.kernel_size else ""
        around = f"padding {padding_text(self.padding)}" if any(map(any, self.padding)) else ""
        last = "ceil mode" if self.ceil_mode else ""
        words = (_by(self.kernel_size), moves, around, self.remark(), last)
        return ", ".join(word for word in words if word)


class MaxPoolNd(WindowPool):
    """What the largest values in one, two and three dimensions share; see `MaxPool2d`."""

    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Any = 0,
        dilation: Size = 1,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__(kernel_size, stride, padding, ceil_mode)
        self.dilation = each(dilation, self.n_axes, f"{type(self).__name__}: dilation")

    def pool(self, x: Any) -> Tensor:
        return max_pool(
            x, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode
        )

    def remark(self) -> str:
        return f"dilation {_by(self.dilation)}" if any(d != 1 for d in self.dilation) else ""


class MaxPool1d(MaxPoolNd):
    """The largest value of each window of a sequence: (N, C, L) -> (N, C, R). See `MaxPool2d`.

    >>> MaxPool1d(3, stride=2)(bd.arange(7).reshape(1, 1, 7)).tolist()
    [[[2, 4, 6]]]
    """

    n_axes = 1


class MaxPool2d(MaxPoolNd):
    """The largest value of each window of an image: (N, C, H, W) -> (N, C, H', W').

    The gradient goes to the first largest value of each window.

    Args:
        kernel_size: the size of a window, one number or (height, width).
        stride: steps between windows; the kernel size unless given.
        padding: how far windows reach over the edge; at most half of the kernel.
        dilation: steps between the pixels of one window.
        ceil_mode: whether a last window that reaches over the end counts too.

    Raises:
        ShapeError: when a window is larger than the image.
        RangeError: when padding is more than half of the kernel.

    >>> MaxPool2d(2)(bd.zeros((1, 3, 8, 6))).shape
    (1, 3, 4, 3)
    """

    n_axes = 2


class MaxPool3d(MaxPoolNd):
    """The largest value of each window of a volume: (N, C, D, H, W) -> ... See `MaxPool2d`.

    >>> MaxPool3d(2)(bd.zeros((1, 3, 4, 8, 6))).shape
    (1, 3, 2, 4, 3)
    """

    n_axes = 3


class AvgPoolNd(WindowPool):
    """What the mean values in one, two and three dimensions share; see `AvgPool2d`."""

    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__(kernel_size, stride, padding, ceil_mode)
        self.count_include_pad = count_include_pad

    def pool(self, x: Any) -> Tensor:
        counts = self.count_include_pad
        return average_pool(x, self.kernel_size, self.stride, self.padding, counts, self.ceil_mode)

    def remark(self) -> str:
        return "" if self.count_include_pad else "padding does not count"


class AvgPool1d(AvgPoolNd):
    """The mean value of each window of a sequence: (N, C, L) -> (N, C, R). See `AvgPool2d`.

    >>> AvgPool1d(2)(bd.arange(4).reshape(1, 1, 4)).tolist()
    [[[0.5, 2.5]]]
    """

    n_axes = 1


class AvgPool2d(AvgPoolNd):
    """The mean value of each window of an image: (N, C, H, W) -> (N, C, H', W').

    Args:
        kernel_size: the size of a window, one number or (height, width).
        stride: steps between windows; the kernel size unless given.
        padding: zeros around the image; at most half of the kernel.
        ceil_mode: whether a last window that reaches over the end counts too.
        count_include_pad: whether the padding counts when the mean is taken.

    Raises:
        ShapeError: when a window is larger than the image.
        RangeError: when padding is more than half of the kernel.

    >>> AvgPool2d(2)(bd.arange(4).reshape(1, 1, 2, 2)).tolist()
    [[[[1.5]]]]
    """

    n_axes = 2


class AvgPool3d(AvgPoolNd):
    """The mean value of each window of a volume: (N, C, D, H, W) -> ... See `AvgPool2d`.

    >>> AvgPool3d(2)(bd.zeros((1, 3, 4, 8, 6))).shape
    (1, 3, 2, 4, 3)
    """

    n_axes = 3


class AdaptivePoolNd(Module):
    """What the adaptive pools share; see `AdaptiveAvgPool2d`."""

    n_axes: ClassVar[int]

    def __init__(self, output_size: int | Sequence[int | None] | None) -> None:
        name, n = type(self).__name__, self.n_axes
        sizes = tuple(output_size) if isinstance(output_size, list | tuple) else (output_size,) * n
        if len(sizes) != n:
            raise ShapeError(
                f"{name}: output_size needs one number, or one for each of {n} axes",
                got=output_size,
            )
        self.output_size = tuple(
            None if size is None else positive(size, f"{name}: output_size") for size in sizes
        )

    @abstractmethod
    def pool(self, x: Any) -> Tensor:
        """One value for each window."""

    def forward(self, x: Any) -> Tensor:
        _require_space(self, x, self.n_axes)
        return self.pool(x)

    def describe(self) -> str:
        return "x".join("all" if size is None else str(size) for size in self.output_size)


class AdaptiveAvgPoolNd(AdaptivePoolNd):
    """What adaptive means share; see `AdaptiveAvgPool2d`."""

    def pool(self, x: Any) -> Tensor:
        return adaptive_average_pool(x, self.output_size)


class AdaptiveMaxPoolNd(AdaptivePoolNd):
    """What adaptive largest values share; see `AdaptiveMaxPool2d`."""

    def pool(self, x: Any) -> Tensor:
        return adaptive_max_pool(x, self.output_size)


class AdaptiveAvgPool1d(AdaptiveAvgPoolNd):
    """The means of so many windows of a sequence of any length. See `AdaptiveAvgPool2d`.

    >>> AdaptiveAvgPool1d(2)(bd.tensor([[[1.0, 2.0, 3.0, 4.0, 5.0]]])).tolist()
    [[[2.0, 4.0]]]
    """

    n_axes = 1


class AdaptiveAvgPool2d(AdaptiveAvgPoolNd):
    """The means of so many windows, whatever the size of the image: (N, C, H, W) -> (N, C, *size).

    Window i of m along an axis of n pixels is floor(i n / m) .. ceil((i + 1) n / m) - 1: windows
    differ by at most one pixel and may overlap.

    Args:
        output_size: the number of windows, one number or (height, width); None for as many as
            there are pixels.

    Raises:
        RangeError: when it is below 1.

    >>> AdaptiveAvgPool2d((1, None))(bd.zeros((2, 3, 7, 5))).shape
    (2, 3, 1, 5)
    """

    n_axes = 2


class AdaptiveAvgPool3d(AdaptiveAvgPoolNd):
    """The means of so many windows of a volume of any size. See `AdaptiveAvgPool2d`.

    >>> AdaptiveAvgPool3d(2)(bd.zeros((2, 3, 5, 4, 3))).shape
    (2, 3, 2, 2, 2)
    """

    n_axes = 3


class AdaptiveMaxPool1d(AdaptiveMaxPoolNd):
    """The largest values of so many windows of a sequence. See `AdaptiveMaxPool2d`.

    >>> AdaptiveMaxPool1d(2)(bd.tensor([[[1.0, 2.0, 3.0, 4.0, 5.0]]])).tolist()
    [[[3.0, 5.0]]]
    """

    n_axes = 1


class AdaptiveMaxPool2d(AdaptiveMaxPoolNd):
    """The largest values of so many windows, which lie as those of `AdaptiveAvgPool2d`.

    >>> AdaptiveMaxPool2d(2)(bd.zeros((2, 3, 7, 5))).shape
    (2, 3, 2, 2)
    """

    n_axes = 2


class AdaptiveMaxPool3d(AdaptiveMaxPoolNd):
    """The largest values of so many windows of a volume. See `AdaptiveMaxPool2d`.

    >>> AdaptiveMaxPool3d(2)(bd.zeros((2, 3, 5, 4, 3))).shape
    (2, 3, 2, 2, 2)
    """

    n_axes = 3


class GlobalAvgPool(Module):
    """The mean of each channel over all of space: (N, C, *S) -> (N, C).

    In place of `Flatten` before the last layer it makes a network indifferent to the size of its
    images and to where in them something stands. Lin et al., "Network In Network" (2013).

    >>> GlobalAvgPool()(bd.tensor([[[1.0, 2.0, 6.0]]])).tolist()
    [[3.0]]
    """

    def forward(self, x: Any) -> Tensor:
        return _with_space(self, x).mean(axis=2)


class GlobalMaxPool(Module):
    """The largest value of each channel over all of space: (N, C, *S) -> (N, C).

    >>> GlobalMaxPool()(bd.tensor([[[1.0, 2.0, 6.0]]])).tolist()
    [[6.0]]
    """

    def forward(self, x: Any) -> Tensor:
        return _with_space(self, x).max(axis=2)


def _with_space(layer: Module, x: Any) -> Tensor:
    """x with all axes of space as one."""
    if np.ndim(x) < 3 or not np.prod(np.shape(x)[2:]):
        raise ShapeError(f"{type(layer).__name__} needs (batch, channels, space)", got=np.shape(x))
    return as_tensor(x).flatten(2)
