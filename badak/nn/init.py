"""How weights start.

An initialiser turns a shape, its fans and a key into numbers. A fan is how many values a unit
reads (fan_in) or is read by (fan_out); for a convolution the size of the kernel counts.

    nn.Linear(784, 50, init=nn.init.Xavier())
    nn.Linear(784, 50, init="xavier")
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from badak.base.dtypes import Array
from badak.base.errors import unknown_name
from badak.base.numbers import real
from badak.base.random import generator
from badak.base.shapes import Shape


class Fans(NamedTuple):
    """How many values a unit reads, and by how many units a value is read."""

    fan_in: int
    fan_out: int


class Initializer(ABC):
    """A distribution of starting weights."""

    @abstractmethod
    def draw(self, rng: np.random.Generator, shape: Shape, fans: Fans) -> Array:
        """Numbers of that shape."""

    def __call__(self, shape: Shape, fans: Fans, key: int) -> Array:
        return self.draw(generator(key, "init"), shape, fans).astype(np.float32)


@dataclass(frozen=True)
class Constant(Initializer):
    """The same value everywhere.

    As weights of a hidden layer it cannot work: all units then compute the same, receive the same
    gradient and stay equal for ever. Right for biases and scales.

    >>> Constant(1.0)((2,), Fans(2, 2), key=0)
    array([1., 1.], dtype=float32)
    """

    value: float = 0.0

    def draw(self, rng: np.random.Generator, shape: Shape, fans: Fans) -> Array:
        return np.full(shape, self.value)


@dataclass(frozen=True)
class Normal(Initializer):
    """Normal with a standard deviation that does not look at the layer: w ~ N(0, std^2).

    >>> Normal(0.01)((100, 100), Fans(100, 100), key=0).std().round(4)
    np.float32(0.01)
    """

    std: float = 0.01

    def __post_init__(self) -> None:
        real(self.std, "Normal: std", at_least=0)

    def draw(self, rng: np.random.Generator, shape: Shape, fans: Fans) -> Array:
        return rng.normal(0.0, self.std, shape)


@dataclass(frozen=True)
class Xavier(Initializer):
    """w ~ N(0, 1 / fan_in): keeps the spread of values under a linear or tanh unit.

    The form that "Deep Learning from Scratch" calls Xavier; LeCun et al., "Efficient BackProp"
    (1998). Differs from PyTorch's and Keras's "xavier", which is `Glorot`.

    >>> Xavier()((400, 100), Fans(400, 100), key=0).std().round(3)
    np.float32(0.05)
    """

    def draw(self, rng: np.random.Generator, shape: Shape, fans: Fans) -> Array:
        return rng.normal(0.0, math.sqrt(1.0 / fans.fan_in), shape)


@dataclass(frozen=True)
class Glorot(Initializer):
    """w ~ N(0, 2 / (fan_in + fan_out)): a compromise between forward and backward.

    Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks"
    (2010).

    >>> Glorot()((400, 400), Fans(400, 400), key=0).std().round(3)
    np.float32(0.05)
    """

    def draw(self, rng: np.random.Generator, shape: Shape, fans: Fans) -> Array:
        return rng.normal(0.0, math.sqrt(2.0 / (fans.fan_in + fans.fan_out)), shape)


@dataclass(frozen=True)
class GlorotUniform(Initializer):
    """w ~ U(-a, a) with a = sqrt(6 / (fan_in + fan_out)): the same variance as `Glorot`.

    >>> float(GlorotUniform()((300, 300), Fans(300, 300), key=0).max()) < 0.1
    True
    """

    def draw(self, rng: np.random.Generator, shape: Shape, fans: Fans) -> Array:
        bound = math.sqrt(6.0 / (fans.fan_in + fans.fan_out))
        return rng.uniform(-bound, bound, shape)


@dataclass(frozen=True)
class He(Initializer):
    """w ~ N(0, 2 / fan_in): keeps the spread under a ReLU, which halves it.

    He et al., "Delving Deep into Rectifiers" (2015). The default of `Linear` and `Conv2d`.

    >>> He()((200, 300), Fans(200, 300), key=0).std().round(2)
    np.float32(0.1)
    """

    def draw(self, rng: np.random.Generator, shape: Shape, fans: Fans) -> Array:
        return rng.normal(0.0, math.sqrt(2.0 / fans.fan_in), shape)


@dataclass(frozen=True)
class HeUniform(Initializer):
    """w ~ U(-a, a) with a = sqrt(6 / fan_in): the same variance as `He`.

    >>> float(HeUniform()((600, 300), Fans(600, 300), key=0).max()) < 0.1
    True
    """

    def draw(self, rng: np.random.Generator, shape: Shape, fans: Fans) -> Array:
        bound = math.sqrt(6.0 / fans.fan_in)
        return rng.uniform(-bound, bound, shape)


BY_NAME: dict[str, Initializer] = {
    "glorot": Glorot(),
    "glorot_uniform": GlorotUniform(),
    "he": He(),
    "he_uniform": HeUniform(),
    "normal": Normal(),
    "xavier": Xavier(),
    "zeros": Constant(0.0),
}


def get(init: str | Initializer) -> Initializer:
    """The initialiser of that name, or the one given.

    >>> get("he")
    He()

    Raises:
        RangeError: for an unknown name, with the nearest one.
    """
    if isinstance(init, Initializer):
        return init
    if init not in BY_NAME:
        raise unknown_name("initialiser", init, BY_NAME)
    return BY_NAME[init]
