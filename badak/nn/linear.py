"""The fully connected layer."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from badak.base.errors import ShapeError, StateError
from badak.base.random import derive_key, next_key
from badak.base.shapes import Shape, positive
from badak.core import Parameter, Tensor, parameter
from badak.nn import init as initializers
from badak.nn.module import Module, require_float
from badak.ops import matmul


class Linear(Module):
    """Every output reads every input: y = x W + b, (..., in) -> (..., out).

    W has the shape (in, out), as in the textbook (PyTorch keeps its transpose).

    Args:
        in_features: how many numbers come in; None to let `Sequential(input_shape=...)` tell.
        out_features: how many numbers come out.
        bias: whether there is a b.
        init: how W starts, a name or an initialiser; "he" unless given.
        bias_init: how b starts; at 0 unless given.

    Raises:
        RangeError, DTypeError: when a size is not a whole number of at least 1.

    >>> layer = Linear(3, 2)
    >>> layer
    Linear(3 -> 2)
    >>> layer(bd.zeros((5, 3))).shape
    (5, 2)
    """

    in_features: int | None
    weight: Parameter
    bias: Parameter

    def __init__(
        self,
        in_features: int | None,
        out_features: int,
        bias: bool = True,
        init: str | initializers.Initializer = "he",
        bias_init: str | initializers.Initializer = "zeros",
    ) -> None:
        self.in_features = None
        self.out_features = positive(out_features, "Linear: out_features")
        self.has_bias = bias
        self._init = initializers.get(init)
        self._bias_init = initializers.get(bias_init)
        self._key = next_key()
        if in_features is not None:
            self.build((positive(in_features, "Linear: in_features"),))

    def build(self, input_shape: Shape) -> None:
        if self.in_features is not None:
            return
        self.in_features = input_shape[-1]
        shape = (self.in_features, self.out_features)
        fans = initializers.Fans(*shape)
        self.weight = parameter(self._init(shape, fans, self._key), tags=("weight",))
        if self.has_bias:
            start = self._bias_init((self.out_features,), fans, derive_key(self._key, "bias"))
            self.bias = parameter(start, tags=("bias",))

    def forward(self, x: Any) -> Tensor:
        require_float(x, "Linear")
        if self.in_features is None:
            raise StateError(
                "Linear does not know its in_features yet",
                hint="Sequential(..., input_shape=(784,)), or Linear(784, ...)",
            )
        if np.shape(x)[-1:] != (self.in_features,):
            flat = math.prod(np.shape(x)[1:]) == self.in_features
            last = f"in_features={np.shape(x)[-1]}" if np.ndim(x) else None
            raise ShapeError(
                f"Linear({self.describe()}): the last axis of the input does not fit",
                expected=f"(..., {self.in_features})",
                got=np.shape(x),
                hint="Flatten() first" if flat else last,
            )
        out = matmul(x, self.weight)
        return out + self.bias if self.has_bias else out

    def describe(self) -> str:
        return f"{self.in_features} -> {self.out_features}" + ("" if self.has_bias else ", no bias")
