"""From images to rows of numbers, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from badak.base.errors import ShapeError
from badak.base.shapes import as_int, as_shape, axis_index, reshaped
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


class Unflatten(Module):
    """One axis as several: (N, C H W) -> (N, C, H, W). Arguments as PyTorch's.

    Args:
        dim: the axis.
        unflattened_size: what it becomes; one size may be -1 for what remains.

    Raises:
        ShapeError: when that many values do not make these sizes.

    >>> Unflatten(1, (3, 4, 5))(bd.zeros((2, 60))).shape
    (2, 3, 4, 5)
    """

    def __init__(self, dim: int, unflattened_size: Sequence[int]) -> None:
        self.dim = as_int(dim, "Unflatten: dim")
        self.unflattened_size = as_shape(unflattened_size)

    def forward(self, x: Any) -> Tensor:
        values = as_tensor(x)
        axis = axis_index(self.dim, values.ndim, "Unflatten")
        sizes = reshaped(values.shape[axis : axis + 1], self.unflattened_size)
        return values.reshape(*values.shape[:axis], *sizes, *values.shape[axis + 1 :])

    def describe(self) -> str:
        return f"axis {self.dim} as {'x'.join(map(str, self.unflattened_size))}"
