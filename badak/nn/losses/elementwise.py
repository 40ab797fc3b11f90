"""The losses that compare value by value, and take the mean along the last axis."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import ClassVar

from badak.base import dtypes
from badak.base.dtypes import Array
from badak.core import Tensor
from badak.nn.losses.loss import Loss
from badak.nn.losses.targets import check_same_shape


class Elementwise(Loss):
    """A loss of single values, and its mean along the last axis: (N, ..., K) -> (N, ...).

    Numbers without such an axis, (N,), are rows of one value each.
    """

    allowed: ClassVar[Callable[[Array], None] | None] = None
    """Raises on numbers that are no targets; None when any may be."""

    @abstractmethod
    def each(self, prediction: Tensor, target: Tensor) -> Tensor:
        """The loss of each value."""

    def check(self, prediction: Tensor, target: Tensor) -> None:
        check_same_shape(type(self).__name__, prediction, target)
        allowed = type(self).allowed
        if allowed is not None:
            target.vet(allowed)

    def rows(self, prediction: Tensor, target: Tensor) -> Tensor:
        values = self.each(prediction, as_floats(target, prediction))
        return values.mean(axis=-1) if values.ndim > 1 else values


def as_floats(target: Tensor, prediction: Tensor) -> Tensor:
    """Whole numbers and booleans as floats of the prediction's width; floats as they are."""
    return target if dtypes.is_float(target.dtype) else target.astype(prediction.dtype)
