"""Convolutional layers. Images are (batch, channels, height, width)."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from badak.base.errors import RangeError, ShapeError, StateError, unknown_name
from badak.base.random import derive_key, next_key
from badak.base.shapes import Shape, each, positive
from badak.core import Parameter, Tensor, parameter
from badak.nn import init as initializers
from badak.nn.module import Module, require_float
from badak.ops import conv
from badak.ops.conv import Padding, pairs, reach

Size = int | Sequence[int]

PADDINGS = ("same", "valid")


def padding_text(padding: Padding) -> str:
    """Padding in words: `1x2` when it is the same before and after each axis."""
    same = all(low == high for low, high in padding)
    return "x".join(str(low) for low, _ in padding) if same else str(padding)


class KernelLayer(Module):
    """What convolutions and transposed convolutions share: settings, weights, how they read."""

    n_axes: ClassVar[int]
    in_channels: int | None
    padding: Padding
    weight: Parameter
    bias: Parameter

    def __init__(
        self,
        in_channels: int | None,
        out_channels: int,
        kernel_size: Size,
        stride: Size,
        dilation: Size,
        groups: int,
        bias: bool,
        init: str | initializers.Initializer,
        bias_init: str | initializers.Initializer,
    ) -> None:
        name, n = type(self).__name__, self.n_axes
        self.in_channels = None
        self.out_channels = positive(out_channels, f"{name}: out_channels")
        self.kernel_size = each(kernel_size, n, f"{name}: kernel_size")
        self.stride = each(stride, n, f"{name}: stride")
        self.dilation = each(dilation, n, f"{name}: dilation")
        self.groups = positive(groups, f"{name}: groups")
        self.has_bias = bias
        self._init = initializers.get(init)
        self._bias_init = initializers.get(bias_init)
        self._key = next_key()
        if in_channels is not None:
            self.build((positive(in_channels, f"{name}: in_channels"), *self.kernel_size))

    @abstractmethod
    def weight_of(self, channels: int) -> tuple[Shape, initializers.Fans]:
        """The shape of the kernels for so many channels, and their fans."""

    @abstractmethod
    def slide(self, x: Any) -> Tensor:
        """The result without the bias."""

    def build(self, input_shape: Shape) -> None:
        if self.in_channels is not None:
            return
        if len(input_shape) <= self.n_axes:
            raise self._axes_error(input_shape)
        channels = input_shape[-self.n_axes - 1]
        if channels % self.groups or self.out_channels % self.groups:
            raise RangeError(
                f"{type(self).__name__}: groups must divide the channels",
                got=f"{channels} -> {self.out_channels} in {self.groups} groups",
            )
        self.in_channels = channels
        shape, fans = self.weight_of(channels)
        self.weight = parameter(self._init(shape, fans, self._key), tags=("weight",))
        if self.has_bias:
            start = self._bias_init((self.out_channels,), fans, derive_key(self._key, "bias"))
            self.bias = parameter(start, tags=("bias",))

    def forward(self, x: Any) -> Tensor:
        name = type(self).__name__
        require_float(x, name)
        if self.in_channels is None:
            raise StateError(
                f"{name} does not know its in_channels yet",
                hint="Sequential(..., input_shape=(1, 28, 28)), or give in_channels",
            )
        if np.ndim(x) != self.n_axes + 2:
            raise self._axes_error(np.shape(x))
        out = self.slide(x)
        if not self.has_bias:
            return out
        return out + self.bias.reshape((-1,) + (1,) * self.n_axes)

    def _axes_error(self, shape: Shape) -> ShapeError:
        missing = self.n_axes + 2 - len(shape)
        hint = f"x[{', '.join(['None'] * missing)}] adds axes" if missing > 0 else None
        if missing == 1 and self.in_channels == 1 != shape[0]:
            hint = "x[:, None] adds the axis of channels"
        return ShapeError(
            f"{type(self).__name__} needs (batch, channels, {self.n_axes} axes of space)",
            got=shape,
            hint=hint,
        )

    def describe(self) -> str:
        words = [
            f"{self.in_channels} -> {self.out_channels}",
            f"kernel {'x'.join(map(str, self.kernel_size))}",
        ]
        if any(s != 1 for s in self.stride):
            words.append(f"stride {'x'.join(map(str, self.stride))}")
        if any(map(any, self.padding)):
            words.append(f"padding {padding_text(self.padding)}")
        if any(d != 1 for d in self.dilation):
            words.append(f"dilation {'x'.join(map(str, self.dilation))}")
        if self.groups != 1:
            words.append(f"{self.groups} groups")
        if not self.has_bias:
            words.append("no bias")
        return ", ".join(words)


class ConvNd(KernelLayer):
    """What the convolutions of one, two and three dimensions share; see `Conv2d`."""

    def __init__(
        self,
        in_channels: int | None,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Any = 0,
        dilation: Size = 1,
        groups: int = 1,
        bias: bool = True,
        init: str | initializers.Initializer = "he",
        bias_init: str | initializers.Initializer = "zeros",
    ) -> None:
        super().__init__(
            in_channels, out_channels, kernel_size, stride, dilation, groups, bias, init, bias_init
        )
        self.padding = pairs(self._chosen(padding), self.n_axes, type(self).__name__)

    def _chosen(self, padding: Any) -> Any:
        """Padding that is given by a word, in numbers."""
        if not isinstance(padding, str):
            return padding
        if padding not in PADDINGS:
            raise unknown_name("padding", padding, PADDINGS)
        if padding == "valid":
            return 0
        if any(s != 1 for s in self.stride):
            raise RangeError(
                f"{type(self).__name__}: padding 'same' keeps the size of the input",
                expected="stride 1",
                got=f"stride {self.stride}",
                hint="padding as a number",
            )
        spans = (reach(k, d) - 1 for k, d in zip(self.kernel_size, self.dilation, strict=True))
        return tuple((span // 2, span - span // 2) for span in spans)

    def weight_of(self, channels: int) -> tuple[Shape, initializers.Fans]:
        window = math.prod(self.kernel_size)
        shape = (self.out_channels, channels // self.groups, *self.kernel_size)
        return shape, initializers.Fans(shape[1] * window, shape[0] // self.groups * window)

    def slide(self, x: Any) -> Tensor:
        return conv(x, self.weight, self.stride, self.padding, self.dilation, self.groups)


class Conv1d(ConvNd):
    """Slides kernels over sequences: (N, C, L) -> (N, out, R). Arguments as `Conv2d`.

    >>> Conv1d(1, 4, kernel_size=3)(bd.zeros((2, 1, 10))).shape
    (2, 4, 8)
    """

    n_axes = 1


class Conv2d(ConvNd):
    """Slides kernels over images: (N, C, H, W) -> (N, out, H', W').

    H' = (H + padding - dilation (K - 1) - 1) // stride + 1, with the padding of both sides; W'
    likewise. Each output channel has one kernel with as many channels as the input, and a bias
    that starts at 0.

    Args:
        in_channels: channels of the input; None to let `Sequential(input_shape=...)` tell.
        out_channels: the number of kernels.
        kernel_size: one number, or (height, width).
        stride: steps between windows.
        padding: zeros around the image: a number, one an axis, or (before, after) an axis;
            "same" keeps the size of the image (a kernel of even size then reaches one pixel
            further behind than before), "valid" is none.
        dilation: steps between the pixels of one window.
        groups: channels and kernels are cut into so many groups that do not see each other;
            as many as there are channels make it depthwise.
        bias: whether there is a bias.
        init: how the kernels start; "he" unless given.
        bias_init: how the bias starts; at 0 unless given.

    Raises:
        RangeError, DTypeError, ShapeError: for a setting outside of what is possible.

    >>> layer = Conv2d(1, 30, kernel_size=5)
    >>> layer
    Conv2d(1 -> 30, kernel 5x5)
    >>> layer(bd.zeros((2, 1, 28, 28))).shape
    (2, 30, 24, 24)
    """

    n_axes = 2


class Conv3d(ConvNd):
    """Slides kernels over volumes: (N, C, D, H, W) -> (N, out, ...). Arguments as `Conv2d`.

    >>> Conv3d(1, 2, kernel_size=3)(bd.zeros((1, 1, 5, 5, 5))).shape
    (1, 2, 3, 3, 3)
    """

    n_axes = 3
