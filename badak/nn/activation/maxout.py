"""Maxout: an activation that is learned."""

from __future__ import annotations

from typing import Any

from badak.base.shapes import Shape, positive
from badak.core import Tensor
from badak.nn.init import Initializer
from badak.nn.linear import Linear
from badak.nn.module import Module


class Maxout(Module):
    """The largest of k linear functions: y_j = max_i (x W_i + b_i)_j, (..., in) -> (..., out).

    A piecewise linear convex function of any shape, such as |x| = max(x, -x), for k times the
    parameters of a linear layer: k (in out + out). Of equal pieces the first has the gradient.

    Goodfellow et al., "Maxout Networks" (2013).

    Args:
        in_features: how many numbers come in; None to let `Sequential(input_shape=...)` tell.
        out_features: how many numbers come out.
        pieces: k, 2 unless given.
        init: how the W start; "xavier" unless given, because the larger of two symmetric numbers
            has the mean square of one.

    Raises:
        RangeError, DTypeError: when a size is not a whole number of at least 1.

    >>> layer = Maxout(3, 2)
    >>> layer
    Maxout(2 pieces
      linear: Linear(3 -> 4)
    )
    >>> layer(bd.zeros((5, 3))).shape, layer.parameter_count()
    ((5, 2), 16)
    """

    def __init__(
        self,
        in_features: int | None,
        out_features: int,
        pieces: int = 2,
        init: str | Initializer = "xavier",
    ) -> None:
        self.out_features = positive(out_features, "Maxout: out_features")
        self.pieces = positive(pieces, "Maxout: pieces")
        self.linear = Linear(in_features, self.out_features * self.pieces, init=init)

    def build(self, input_shape: Shape) -> None:
        self.linear.build(input_shape)

    def forward(self, x: Any) -> Tensor:
        candidates = self.linear(x)
        shape = (*candidates.shape[:-1], self.out_features, self.pieces)
        return candidates.reshape(shape).max(-1)

    def describe(self) -> str:
        return f"{self.pieces} pieces"
