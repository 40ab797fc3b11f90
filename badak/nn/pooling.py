"""Pooling layers: one value for each window."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from badak.base.errors import ShapeError
from badak.base.shapes import each
from badak.core import Tensor
from badak.nn.conv import padding_text
from badak.nn.module import Module
from badak.ops import max_pool
from badak.ops.conv import pairs


class MaxPool2d(Module):
    """The largest value of each window of an image: (N, C, H, W) -> (N, C, H', W').

    Args:
        kernel_size: the size of a window, one number or (height, width).
        stride: steps between windows; the kernel size unless given.
        padding: how far windows reach over the edge; at most half of the kernel.

    Raises:
        ShapeError: when a window is larger than the image.
        RangeError: when padding is more than half of the kernel.

    >>> MaxPool2d(2)(bd.zeros((1, 3, 8, 6))).shape
    (1, 3, 4, 3)
    """

    def __init__(
        self,
        kernel_size: int | Sequence[int],
        stride: int | Sequence[int] | None = None,
        padding: Any = 0,
    ) -> None:
        self.kernel_size = each(kernel_size, 2, "MaxPool2d: kernel_size")
        self.stride = self.kernel_size if stride is None else each(stride, 2, "MaxPool2d: stride")
        self.padding = pairs(padding, 2, "MaxPool2d")

    def forward(self, x: Any) -> Tensor:
        if np.ndim(x) != 4:
            raise ShapeError("MaxPool2d needs (batch, channels, height, width)", got=np.shape(x))
        return max_pool(x, self.kernel_size, self.stride, self.padding)

    def describe(self) -> str:
        words = ["x".join(map(str, self.kernel_size))]
        if self.stride != self.kernel_size:
            words.append(f"stride {'x'.join(map(str, self.stride))}")
        if any(map(any, self.padding)):
            words.append(f"padding {padding_text(self.padding)}")
        return ", ".join(words)
