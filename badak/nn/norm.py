"""What the normalisations of each example by itself share.

Unlike batch normalisation, training and prediction are the same, and a batch of one will do.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from badak.base.errors import StateError
from badak.base.shapes import Shape
from badak.core import Parameter, Tensor, parameter, tensor
from badak.nn.module import Module, require_float
from badak.ops import sqrt

EPS = 1e-5
"""What is added to a variance, unless given: PyTorch's."""


class Norm(Module):
    """Base of the layers that normalise: a scale and a shift after all else.

    Args:
        has_weight: whether there is a scale.
        has_bias: whether there is a shift too.
    """

    weight: Parameter
    bias: Parameter

    def __init__(self, has_weight: bool, has_bias: bool) -> None:
        self.has_weight = has_weight
        self.has_bias = has_weight and has_bias

    def start(self, shape: Shape) -> None:
        """Makes scale and shift, 1 and 0."""
        if self.has_weight:
            self.weight = parameter(np.ones(shape), tags=("norm",))
        if self.has_bias:
            self.bias = parameter(np.zeros(shape), tags=("norm", "bias"))

    def values(self, x: Any, size: object, name: str) -> Tensor:
        """The input as a tensor, once the size is known and if it holds floats."""
        layer = type(self).__name__
        require_float(x, layer)
        if size is None:
            raise StateError(
                f"{layer} does not know its {name} yet",
                hint=f"Sequential(..., input_shape=(784,)), or give {name}",
            )
        if isinstance(x, Tensor):
            return x
        return tensor(x, self.weight.dtype if self.has_weight else None)

    def scaled(self, y: Tensor, shape: Shape) -> Tensor:
        """What was normalised, scaled and shifted by parameters of that shape."""
        if self.has_weight:
            y = y * self.weight.reshape(shape)
        return y + self.bias.reshape(shape) if self.has_bias else y

    def words(self, *words: str, eps: float | None) -> str:
        """How it is described: some words, and what else is not as usual."""
        more = [] if eps in (EPS, None) else [f"eps {eps:g}"]
        return ", ".join([*words, *more, *([] if self.has_weight else ["no scale"])])


def standardised(x: Tensor, axes: tuple[int, ...], eps: float) -> Tensor:
    """(x - mean) / sqrt(var + eps) over some axes."""
    mean, var = x.mean(axes, keepdims=True), x.var(axes, keepdims=True)
    return (x - mean) / sqrt(var + eps)
