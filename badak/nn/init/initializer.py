"""What an initialiser is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import NamedTuple

import numpy as np

from badak.base.dtypes import Array
from badak.base.random import generator
from badak.base.shapes import Shape


class Fans(NamedTuple):
    """How many values a unit reads, and by how many units a value is read.

    >>> Fans(784, 50).fan_in
    784
    """

    fan_in: int
    fan_out: int


class Initializer(ABC):
    """A distribution of starting weights.

    >>> class Halves(Initializer):
    ...     def draw(self, rng, shape, fans):
    ...         return np.full(shape, 0.5)
    >>> nn.Linear(2, 1, init=Halves()).weight
    tensor([[0.5],
            [0.5]], requires_grad=True)
    """

    @abstractmethod
    def draw(self, rng: np.random.Generator, shape: Shape, fans: Fans) -> Array:
        """Numbers of that shape."""

    def __call__(self, shape: Shape, fans: Fans, key: int) -> Array:
        return self.draw(generator(key, "init"), shape, fans).astype(np.float32)
