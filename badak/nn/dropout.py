"""Dropout: of single values, of whole channels, and the form that keeps mean and spread."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from badak.base import dtypes
from badak.base.errors import ShapeError
from badak.base.numbers import real
from badak.base.shapes import Shape
from badak.core import Tensor
from badak.nn.module import require_float
from badak.nn.stochastic import Stochastic
from badak.ops import sqrt, where
from badak.ops.reduce import as_tensor


class _Dropping(Stochastic):
    """What the layers of this file share: p, and a mask that is drawn with it."""

    p: Tensor

    def __init__(self, p: float) -> None:
        share = real(p, f"{type(self).__name__}: p", at_least=0, below=1)
        # A tensor, not a constant: models that differ in p alone can share a compiled program.
        self.p = Tensor(np.asarray(share, dtypes.float64))
        super().__init__()

    def kept(self, shape: Shape) -> Tensor:
        """True where a value stays."""
        return self.uniform(shape) >= self.p.astype("float32")

    def describe(self) -> str:
        return f"{float(self.p):g}"


class Dropout(_Dropping):
    """In training each value becomes 0 with probability p, and the others grow by 1 / (1 - p).

    So the expected value stays the same, and outside of training nothing happens ("inverted"
    dropout, as in all frameworks). With `inverted=False` it is the textbook's form: the others do
    not grow in training, and in prediction all values are multiplied by 1 - p.

    The mask is a function of a key and a counter, which are buffers: a training that is resumed
    draws the masks that it would have drawn.

    Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting" (2014).

    Args:
        p: the share that is dropped, in [0, 1).
        inverted: whether to scale in training, not in prediction.

    Raises:
        RangeError: when p is outside of [0, 1).
        DTypeError: when p is no number.

    >>> layer = Dropout(0.5)
    >>> layer(bd.ones(4))
    tensor([1., 1., 1., 1.])
    >>> with bd.training():
    ...     sorted(set(layer(bd.ones(100)).tolist()))
    [0.0, 2.0]
    """

    def __init__(self, p: float = 0.5, *, inverted: bool = True) -> None:
        super().__init__(p)
        self.inverted = inverted

    def forward(self, x: Any) -> Tensor:
        require_float(x, "Dropout")
        values = as_tensor(x)
        if not self.is_random:
            return values if self.inverted else values * (1.0 - self.p)
        kept = self.kept(values.shape)
        return where(kept, values * (1.0 / (1.0 - self.p)) if self.inverted else values, 0.0)

    def describe(self) -> str:
        return super().describe() + ("" if self.inverted else ", scaled in prediction")


class _ChannelDropout(_Dropping):
    """What the channel dropouts share; see `Dropout2d`."""

    n_axes: ClassVar[int]

    def __init__(self, p: float = 0.5) -> None:
        super().__init__(p)

    def forward(self, x: Any) -> Tensor:
        name, n = type(self).__name__, self.n_axes
        require_float(x, name)
        values = as_tensor(x)
        if values.ndim != n + 2:
            raise ShapeError(
                f"{name} needs (batch, channels, {n} {'axes' if n > 1 else 'axis'} of space)",
                got=values.shape,
                hint="Dropout for single values",
            )
        if not self.is_random:
            return values
        kept = self.kept((*values.shape[:2], *(1,) * n))
        return where(kept, values * (1.0 / (1.0 - self.p)), 0.0)


class Dropout1d(_ChannelDropout):
    """Drops whole channels of sequences: (N, C, L) -> (N, C, L). Arguments as `Dropout2d`.

    >>> with bd.training():
    ...     y = Dropout1d(0.5)(bd.ones((8, 8, 3)))
    >>> sorted(set(y.sum(axis=2).reshape(-1).tolist()))
    [0.0, 6.0]
    """

    n_axes = 1


class Dropout2d(_ChannelDropout):
    """Drops whole channels of images: (N, C, H, W) -> (N, C, H, W).

    In training each channel of each example becomes 0 with probability p, all H W values of it,
    and the others grow by 1 / (1 - p). Neighbouring pixels say much the same, so that dropping one
    alone hides nothing. Tompson et al., "Efficient Object Localization Using Convolutional
    Networks" (2015).

    Args:
        p: the share of channels that is dropped, in [0, 1).

    Raises:
        RangeError: when p is outside of [0, 1).
        ShapeError: when the input has another number of axes.

    >>> with bd.training():
    ...     y = Dropout2d(0.5)(bd.ones((8, 8, 3, 3)))
    >>> sorted(set(y.sum(axis=(2, 3)).reshape(-1).tolist()))
    [0.0, 18.0]
    """

    n_axes = 2


class Dropout3d(_ChannelDropout):
    """Drops whole channels of volumes: (N, C, D, H, W) alike. Arguments as `Dropout2d`.

    >>> with bd.training():
    ...     y = Dropout3d(0.5)(bd.ones((8, 8, 1, 1, 3)))
    >>> sorted(set(y.sum(axis=4).reshape(-1).tolist()))
    [0.0, 6.0]
    """

    n_axes = 3


_FLOOR = -1.7580993408473766
"""What SELU tends to for very negative inputs: -scale alpha."""


class AlphaDropout(_Dropping):
    """Dropout for SELU networks: keeps mean 0 and variance 1.

        y = a (x where it is kept, alpha' where it is dropped) + b
        alpha' = -1.7581,   a = ((1 - p) (1 + p alpha'^2))^(-1/2),   b = -a p alpha'

    Outside of training nothing happens. Klambauer et al., "Self-Normalizing Neural Networks"
    (2017).

    Args:
        p: the share that is dropped, in [0, 1).

    Raises:
        RangeError: when p is outside of [0, 1).

    >>> with bd.training():
    ...     y = AlphaDropout(0.5)(bd.zeros(100))
    >>> [round(value, 3) for value in sorted(set(y.tolist()))]
    [-0.779, 0.779]
    """

    def __init__(self, p: float = 0.5) -> None:
        super().__init__(p)

    def forward(self, x: Any) -> Tensor:
        require_float(x, "AlphaDropout")
        values = as_tensor(x)
        if not self.is_random:
            return values
        a = 1.0 / sqrt((1.0 - self.p) * (1.0 + self.p * _FLOOR**2))
        return where(self.kept(values.shape), values, _FLOOR) * a - a * self.p * _FLOOR
