"""Noise on inputs and activations, added or multiplied, in training alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from badak.base import dtypes
from badak.base.numbers import real
from badak.core import Tensor
from badak.nn.module import require_float
from badak.nn.stochastic import Stochastic
from badak.ops import sqrt
from badak.ops.reduce import as_tensor


class GaussianNoise(Stochastic):
    """In training each value gets normal noise of its own: y = x + std z, z ~ N(0, 1).

    Outside of training nothing happens. On the inputs of a network it is the oldest form of
    augmentation: Bishop, "Training with Noise is Equivalent to Tikhonov Regularization" (1995).

    Args:
        std: the standard deviation of the noise, at least 0.

    Raises:
        RangeError: when std is below 0.
        DTypeError: when std is no number.

    >>> layer = GaussianNoise(0.1)
    >>> layer(bd.ones(2))
    tensor([1., 1.])
    >>> with bd.training():
    ...     round(float(layer(bd.ones(10_000)).var()), 3)
    0.01
    """

    std: Tensor

    def __init__(self, std: float) -> None:
        size = real(std, "GaussianNoise: std", at_least=0)
        # A tensor, not a constant: models that differ in std alone can share a compiled program.
        self.std = Tensor(np.asarray(size, dtypes.float64))
        super().__init__()

    def forward(self, x: Any) -> Tensor:
        require_float(x, "GaussianNoise")
        values = as_tensor(x)
        if not self.is_random:
            return values
        return values + self.std * self.normal(values.shape, values.dtype)

    def describe(self) -> str:
        return f"{float(self.std):g}"


class GaussianDropout(Stochastic):
    """In training each value is multiplied by normal noise: y = x (1 + sqrt(p / (1 - p)) z).

    The mean and the variance are those of `Dropout(p)`, and no value becomes 0. Outside of
    training nothing happens. Srivastava et al., "Dropout" (2014), section 10.

    Args:
        p: the share that `Dropout` would drop, in [0, 1).

    Raises:
        RangeError: when p is outside of [0, 1).

    >>> GaussianDropout(0.2)(bd.ones(2))
    tensor([1., 1.])
    """

    p: Tensor

    def __init__(self, p: float = 0.5) -> None:
        share = real(p, "GaussianDropout: p", at_least=0, below=1)
        self.p = Tensor(np.asarray(share, dtypes.float64))
        super().__init__()

    def forward(self, x: Any) -> Tensor:
        require_float(x, "GaussianDropout")
        values = as_tensor(x)
        if not self.is_random:
            return values
        spread = sqrt(self.p / (1.0 - self.p))
        return values * (1.0 + spread * self.normal(values.shape, values.dtype))

    def describe(self) -> str:
        return f"{float(self.p):g}"
