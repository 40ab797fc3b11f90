"""Initialisers that make whole matrices with a property."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from badak.base.dtypes import Array
from badak.base.errors import ShapeError
from badak.base.numbers import real
from badak.base.shapes import Shape
from badak.nn.init.initializer import Fans, Initializer


@dataclass(frozen=True)
class Orthogonal(Initializer):
    """A random rotation: the rows or the columns, whichever are fewer, are orthonormal.

    W W^T = gain^2 I for a wide matrix, W^T W = gain^2 I for a tall one: neither values nor
    gradients grow or fade along the way, however deep a linear network is. Kernels (out, in, ...)
    count as a matrix with one row an output channel.

    Saxe, McClelland and Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep
    linear neural networks" (2014).

    >>> w = Orthogonal()((3, 5), Fans(3, 5), key=0)
    >>> bool(np.allclose(w @ w.T, np.eye(3), atol=1e-6))
    True
    """

    gain: float = 1.0

    def __post_init__(self) -> None:
        real(self.gain, "Orthogonal: gain", at_least=0)

    def draw(self, rng: np.random.Generator, shape: Shape, fans: Fans) -> Array:
        if len(shape) < 2:
            raise ShapeError("Orthogonal needs a matrix", got=shape)
        rows, columns = shape[0], math.prod(shape[1:])
        tall = rng.standard_normal((max(rows, columns), min(rows, columns)))
        q, r = np.linalg.qr(tall)
        # The signs that QR chooses are not random; these make every rotation as likely.
        q *= np.sign(np.diagonal(r))
        matrix: Array = q if rows >= columns else q.T
        return self.gain * matrix.reshape(shape)


@dataclass(frozen=True)
class Sparse(Initializer):
    """Each unit reads but a few inputs: a share of each column is 0, the rest ~ N(0, std^2).

    Units stay different however many inputs there are, and do not saturate. Martens, "Deep
    learning via Hessian-free optimization" (2010), who kept 15 inputs a unit.

    Attributes:
        sparsity: the share of a unit's weights that is 0, rounded up to whole weights.
        std: the deviation of the others, PyTorch's 0.01 unless given.

    >>> w = Sparse(0.75, std=1.0)((8, 3), Fans(8, 3), key=0)
    >>> (w != 0).sum(axis=0)
    array([2, 2, 2])
    """

    sparsity: float
    std: float = 0.01

    def __post_init__(self) -> None:
        real(self.sparsity, "Sparse: sparsity", at_least=0, below=1)
        real(self.std, "Sparse: std", at_least=0)

    def draw(self, rng: np.random.Generator, shape: Shape, fans: Fans) -> Array:
        if len(shape) != 2:
            raise ShapeError("Sparse needs a matrix (in, out)", got=shape)
        weights = rng.normal(0.0, self.std, shape)
        order = rng.random(shape).argsort(axis=0)
        weights[order < math.ceil(self.sparsity * shape[0])] = 0.0
        return weights


@dataclass(frozen=True)
class Identity(Initializer):
    """The layer starts by passing its input on: gain times the unit matrix.

    A kernel (out, in, ...) has the gain at its centre, so a convolution that keeps the size
    passes channel i on to channel i, in each group by itself. (PyTorch calls that dirac.)

    >>> Identity()((2, 3), Fans(2, 3), key=0)
    array([[1., 0., 0.],
           [0., 1., 0.]], dtype=float32)
    """

    gain: float = 1.0

    def __post_init__(self) -> None:
        real(self.gain, "Identity: gain")

    def draw(self, rng: np.random.Generator, shape: Shape, fans: Fans) -> Array:
        if len(shape) < 2:
            raise ShapeError("Identity needs a matrix", got=shape)
        weights = np.zeros(shape)
        centre = tuple(size // 2 for size in shape[2:])
        # A unit of a group is read by fan_out values, and a group has that many units a place.
        units = fans.fan_out // math.prod(shape[2:]) if len(shape) > 2 else shape[0]
        for first in range(0, shape[0], units):
            for i in range(min(units, shape[1], shape[0] - first)):
                weights[(first + i, i, *centre)] = self.gain
        return weights
