"""Transposed convolutions: from few pixels to many."""

from __future__ import annotations

import math
from typing import Any

from badak.base.errors import RangeError
from badak.base.shapes import Shape, each
from badak.core import Tensor
from badak.nn import init as initializers
from badak.nn.conv import KernelLayer, Size
from badak.ops import conv_transpose
from badak.ops.conv import pairs


class ConvTransposeNd(KernelLayer):
    """What the transposed convolutions share; see `ConvTranspose2d`."""

    def __init__(
        self,
        in_channels: int | None,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Any = 0,
        output_padding: Size = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Size = 1,
        init: str | initializers.Initializer = "he",
        bias_init: str | initializers.Initializer = "zeros",
    ) -> None:
        super().__init__(
            in_channels, out_channels, kernel_size, stride, dilation, groups, bias, init, bias_init
        )
        name, n = type(self).__name__, self.n_axes
        self.padding = pairs(padding, n, name)
        self.output_padding = each(output_padding, n, f"{name}: output_padding", least=0)
        if any(more >= s for more, s in zip(self.output_padding, self.stride, strict=True)):
            raise RangeError(
                f"{name}: output_padding must be less than the stride",
                expected=f"less than {self.stride}",
                got=self.output_padding,
            )

    def weight_of(self, channels: int) -> tuple[Shape, initializers.Fans]:
        shape = (channels, self.out_channels // self.groups, *self.kernel_size)
        window = math.prod(self.kernel_size)
        # A value of the result is met by every stride-th weight of a kernel.
        met = max(window // math.prod(self.stride), 1)
        return shape, initializers.Fans(channels // self.groups * met, shape[1] * window)

    def slide(self, x: Any) -> Tensor:
        return conv_transpose(
            x,
            self.weight,
            self.stride,
            self.padding,
            self.output_padding,
            self.dilation,
            self.groups,
        )

    def describe(self) -> str:
        more = f", output padding {'x'.join(map(str, self.output_padding))}"
        return super().describe() + (more if any(self.output_padding) else "")


class ConvTranspose1d(ConvTransposeNd):
    """Lays kernels into longer sequences: (N, C, R) -> (N, out, L). See `ConvTranspose2d`.

    >>> ConvTranspose1d(1, 4, kernel_size=2, stride=2)(bd.zeros((2, 1, 10))).shape
    (2, 4, 20)
    """

    n_axes = 1


class ConvTranspose2d(ConvTransposeNd):
    """Lays kernels into larger images: (N, C, H, W) -> (N, out, H', W').

    H' = (H - 1) stride - padding + dilation (K - 1) + output_padding + 1, with the padding of both
    sides; W' likewise. Every pixel adds its value times the kernel around its place in the result.
    It is the adjoint of a `Conv2d` of the same settings, so it undoes what that does to the size.

    The kernels are (in, out / groups, *K), as PyTorch's. Zeiler et al., "Deconvolutional Networks"
    (2010); Dumoulin and Visin, "A guide to convolution arithmetic for deep learning" (2016).

    Args:
        in_channels: channels of the input; None to let `Sequential(input_shape=...)` tell.
        out_channels: channels of the result.
        kernel_size: one number, or (height, width).
        stride: steps in the result between neighbours of the input.
        padding: what is cut off the result: a number, one an axis, or (before, after) an axis.
        output_padding: how many pixels longer the result is; less than the stride (PyTorch also
            allows what is less than the dilation).
        groups: channels and kernels are cut into so many groups that do not see each other.
        bias: whether there is a bias.
        dilation: steps between the pixels of a kernel.
        init: how the kernels start; "he" unless given.
        bias_init: how the bias starts; at 0 unless given.

    Raises:
        RangeError, DTypeError, ShapeError: for a setting outside of what is possible.

    >>> layer = ConvTranspose2d(8, 1, kernel_size=4, stride=2, padding=1)
    >>> layer
    ConvTranspose2d(8 -> 1, kernel 4x4, stride 2x2, padding 1x1)
    >>> layer(bd.zeros((2, 8, 14, 14))).shape
    (2, 1, 28, 28)
    """

    n_axes = 2


class ConvTranspose3d(ConvTransposeNd):
    """Lays kernels into larger volumes: (N, C, D, H, W) -> (N, out, ...). See `ConvTranspose2d`.

    >>> ConvTranspose3d(1, 2, kernel_size=3)(bd.zeros((1, 1, 2, 2, 2))).shape
    (1, 2, 4, 4, 4)
    """

    n_axes = 3
