"""Each example normalised over axes of its own: layer normalisation, and by root mean square."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from badak.base.errors import RangeError, ShapeError
from badak.base.numbers import real
from badak.base.shapes import Shape, positive
from badak.core import Tensor
from badak.nn.norm import EPS, Norm, standardised
from badak.ops import sqrt


class LayerNorm(Norm):
    """Each example brought to mean 0 and variance 1 by itself, over its last axes.

        y = gamma (x - mean) / sqrt(var + eps) + beta

    With mean and var (divided by n) over the axes that `normalized_shape` names, and one gamma and
    beta for each of their values. Ba, Kiros and Hinton, "Layer Normalization" (2016).

    Arguments and defaults are PyTorch's, and `axis` is ours.

    Args:
        normalized_shape: the sizes of those axes, one number or several: C for (N, L, C), or
            (C, H, W) for images; None for all but the batch axis, as
            `Sequential(input_shape=...)` tells them.
        eps: keeps the root away from 0.
        elementwise_affine: whether there are gamma and beta.
        bias: whether there is a beta.
        axis: where they begin, counted from the batch axis 0; None for the last ones.
            `LayerNorm(C, axis=1)` normalises the channels of images at each pixel.

    Raises:
        RangeError: when a setting is out of its range.
        ShapeError: when the axes of the input have other sizes.

    >>> y = LayerNorm(3)(bd.tensor([[4.0, 5.0, 6.0]]))
    >>> [round(value, 4) for value in y.reshape(3).tolist()]
    [-1.2247, 0.0, 1.2247]
    """

    normalized_shape: Shape | None

    def __init__(
        self,
        normalized_shape: int | Sequence[int] | None,
        eps: float = EPS,
        elementwise_affine: bool = True,
        bias: bool = True,
        *,
        axis: int | None = None,
    ) -> None:
        super().__init__(elementwise_affine, bias)
        self.eps = real(eps, "LayerNorm: eps", above=0)
        self.normalized_shape = None
        self.axis = None if axis is None else positive(axis, "LayerNorm: axis")
        if normalized_shape is not None:
            self.build((0, *_sizes(normalized_shape, "LayerNorm: normalized_shape")))

    def build(self, input_shape: Shape) -> None:
        if self.normalized_shape is None:
            self.normalized_shape = tuple(input_shape[1:])
            self.start(self.normalized_shape)

    def forward(self, x: Any) -> Tensor:
        values = self.values(x, self.normalized_shape, "normalized_shape")
        axes = _own_axes(self, values.shape, self.axis)
        trailing = (1,) * (values.ndim - axes.stop)
        y = standardised(values, tuple(axes), self.eps)
        return self.scaled(y, (*(self.normalized_shape or ()), *trailing))

    def describe(self) -> str:
        place = [] if self.axis is None else [f"axis {self.axis}"]
        no_bias = ["no bias"] if self.has_weight and not self.has_bias else []
        return self.words(_product(self.normalized_shape), *place, *no_bias, eps=self.eps)


class RMSNorm(Norm):
    """Each example divided by its root mean square, over its last axes.

        y = gamma x / sqrt(mean(x^2) + eps)

    Layer normalisation without the mean, and without beta. Zhang and Sennrich, "Root Mean Square
    Layer Normalization" (2019). Arguments and defaults are PyTorch's.

    Args:
        normalized_shape: the sizes of the last axes, one number or several; None for all but the
            batch axis, as `Sequential(input_shape=...)` tells them.
        eps: keeps the root away from 0; None for the gap between 1 and the next number, which is
            1.2e-7 in float32.
        elementwise_affine: whether there is a gamma.

    Raises:
        RangeError: when a setting is out of its range.
        ShapeError: when the last axes of the input have other sizes.

    >>> y = RMSNorm(2)(bd.tensor([[3.0, 4.0]]))
    >>> [round(value, 4) for value in y.reshape(2).tolist()]
    [0.8485, 1.1314]
    """

    normalized_shape: Shape | None

    def __init__(
        self,
        normalized_shape: int | Sequence[int] | None,
        eps: float | None = None,
        elementwise_affine: bool = True,
    ) -> None:
        super().__init__(elementwise_affine, has_bias=False)
        self.eps = None if eps is None else real(eps, "RMSNorm: eps", above=0)
        self.normalized_shape = None
        if normalized_shape is not None:
            self.build((0, *_sizes(normalized_shape, "RMSNorm: normalized_shape")))

    def build(self, input_shape: Shape) -> None:
        if self.normalized_shape is None:
            self.normalized_shape = tuple(input_shape[1:])
            self.start(self.normalized_shape)

    def forward(self, x: Any) -> Tensor:
        values = self.values(x, self.normalized_shape, "normalized_shape")
        axes = _own_axes(self, values.shape)
        eps = float(np.finfo(values.dtype).eps) if self.eps is None else self.eps
        square = (values * values).mean(tuple(axes), keepdims=True)
        return self.scaled(values / sqrt(square + eps), self.normalized_shape or ())

    def describe(self) -> str:
        return self.words(_product(self.normalized_shape), eps=self.eps)


def _sizes(normalized_shape: Any, what: str) -> Shape:
    sizes = normalized_shape if isinstance(normalized_shape, Sequence) else (normalized_shape,)
    if not sizes:
        raise RangeError(f"{what} is empty", expected="at least one size")
    return tuple(positive(size, what) for size in sizes)


def _own_axes(layer: LayerNorm | RMSNorm, shape: Shape, first: int | None = None) -> range:
    """The axes of an input that a layer normalises over."""
    sizes = layer.normalized_shape or ()
    start = len(shape) - len(sizes) if first is None else first
    axes = range(start, start + len(sizes))
    if start < 0 or shape[axes.start : axes.stop] != sizes:
        inner = ", ".join(map(str, sizes))
        after = "" if first is None else ", ..."
        before = "..." if first is None else ", ".join(["..."] * first)
        raise ShapeError(
            f"{type(layer).__name__}({layer.describe()}): these are other axes",
            expected=f"({before}, {inner}{after})",
            got=shape,
        )
    return axes


def _product(sizes: Shape | None) -> str:
    return "x".join(map(str, sizes)) if sizes is not None else "None"
