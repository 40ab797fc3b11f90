"""Layers that draw random numbers: where the numbers come from, and when they are drawn."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import numpy as np

from badak.base import dtypes
from badak.base.context import is_training, no_grad
from badak.base.dtypes import DType
from badak.base.random import next_key
from badak.base.shapes import Shape
from badak.core import Tensor
from badak.nn.module import Module
from badak.ops import random_normal, random_uniform

_sampled: ContextVar[bool] = ContextVar("sampled", default=False)


class Stochastic(Module):
    """Base of layers that draw random numbers in training, and none in prediction.

    What is drawn is a function of a key and a counter, which are buffers: a training that is
    resumed draws what it would have drawn, and machine code draws the same.

    >>> class Blink(Stochastic):
    ...     def forward(self, x):
    ...         return x * self.uniform(()) if self.is_random else x
    >>> layer = Blink()
    >>> layer(bd.tensor(3.0))
    tensor(3.)
    >>> with bd.training():
    ...     bool(layer(bd.tensor(3.0)) == layer(bd.tensor(3.0)))
    False
    """

    key: Tensor
    counter: Tensor

    def __init__(self) -> None:
        self.key = Tensor(np.asarray(next_key(), dtypes.uint64))
        self.counter = Tensor(np.asarray(0, dtypes.uint64))

    @property
    def is_random(self) -> bool:
        """Whether random numbers are to be drawn now: in training, and inside of `sampled`."""
        return is_training() or _sampled.get()

    def uniform(self, shape: Shape) -> Tensor:
        """The next uniform numbers in [0, 1).

        In float32 whatever the network computes in, so that a mask is the same.
        """
        return self._next(random_uniform, shape, dtypes.float32)

    def normal(self, shape: Shape, dtype: DType) -> Tensor:
        """The next normal numbers, of mean 0 and standard deviation 1."""
        return self._next(random_normal, shape, dtype)

    def _next(self, draw: Callable[..., Tensor], shape: Shape, dtype: DType) -> Tensor:
        numbers = draw(self.key, self.counter, shape, dtype)
        with no_grad():
            self.counter.assign(self.counter + 1)
        return numbers


def sampled(net: Module) -> Callable[[Any], Tensor]:
    """The network as a function in which dropout and noise stay on: Monte-Carlo prediction.

    Each call draws anew. The mean of many calls is the prediction of the ensemble that dropout
    trains, and their spread says how much its members disagree; all else is as in prediction
    (batch normalisation uses its running statistics). Of a classifier average the probabilities,
    `bd.softmax` of each call, not the scores.

    Gal and Ghahramani, "Dropout as a Bayesian Approximation" (2016). `Trainer.sample` does it for
    many rows.

    >>> draw = sampled(nn.Dropout(0.5))
    >>> sorted({float(draw(bd.tensor(1.0))) for _ in range(20)})
    [0.0, 2.0]
    """

    def draw(x: Any) -> Tensor:
        token = _sampled.set(True)
        try:
            return net(x)
        finally:
            _sampled.reset(token)

    return draw
