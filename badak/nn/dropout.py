"""Dropout."""

from __future__ import annotations

from typing import Any

import numpy as np

from badak.base import dtypes
from badak.base.context import is_training, no_grad
from badak.base.numbers import real
from badak.base.random import next_key
from badak.core import Tensor
from badak.nn.module import Module, require_float
from badak.ops import random_uniform, where
from badak.ops.reduce import as_tensor


class Dropout(Module):
    """In training each value becomes 0 with probability p, and the others grow by 1 / (1 - p).

    So the expected value stays the same, and outside of training nothing happens ("inverted"
    dropout; the textbook's first form scales at prediction instead).

    The mask is a function of a key and a counter, which are buffers: a training that is resumed
    draws the masks that it would have drawn.

    Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting" (2014).

    Args:
        p: the share that is dropped, in [0, 1).

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

    def __init__(self, p: float = 0.5) -> None:
        share = real(p, "Dropout: p", at_least=0, below=1)
        # A tensor, not a constant: models that differ in p alone can share a compiled program.
        self.p = Tensor(np.asarray(share, dtypes.float64))
        self.key = Tensor(np.asarray(next_key(), dtypes.uint64))
        self.counter = Tensor(np.asarray(0, dtypes.uint64))

    def forward(self, x: Any) -> Tensor:
        require_float(x, "Dropout")
        values = as_tensor(x)
        if not is_training():
            return values
        # float32 whatever the network computes in, so that the mask is the same
        kept = random_uniform(self.key, self.counter, values.shape) >= self.p.astype("float32")
        with no_grad():
            self.counter.assign(self.counter + 1)
        return where(kept, values * (1.0 / (1.0 - self.p)), 0.0)

    def describe(self) -> str:
        return f"{float(self.p):g}"
