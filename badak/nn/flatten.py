"""From images to rows of numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from badak.base.errors import ShapeError
from badak.core import Tensor
from badak.nn.module import Module
from badak.ops.reduce import as_tensor


class Flatten(Module):
    """All axes but the first laid end to end: (N, C, H, W) -> (N, C H W).

    >>> Flatten()(bd.zeros((2, 3, 4, 5))).shape
    (2, 60)
    """

    def forward(self, x: Any) -> Tensor:
        if np.ndim(x) < 2:
            raise ShapeError("Flatten needs a batch axis and at least one more", got=np.shape(x))
        return as_tensor(x).flatten(1)
