"""What every loss is: values from predictions and targets, then one number."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from inspect import signature
from typing import Any

from badak.base import dtypes
from badak.base.arrays import as_array
from badak.base.dtypes import Array
from badak.base.errors import ShapeError, unknown_name
from badak.core import Tensor
from badak.nn.losses.targets import check_weights
from badak.ops import maximum
from badak.ops.reduce import as_tensor

REDUCTIONS = ("mean", "sum", "none")
"""What becomes of the values of the rows."""

EPSILON = 1e-7
"""How near to 0 a probability, or what else is divided by, may come: Keras's epsilon."""


class Loss(ABC):
    """One value for each row, then their mean (or sum, or the values themselves).

    A loss of your own says what fits and gives the values of the rows. What it is set to should
    stand in attributes of the names that its arguments have: `repr` shows them.

    Weights of examples are given at the call, `loss(prediction, target, sample_weight=weight)`:
    not negative, one for each row (N,), or one for each of a row's values (N, ...). They multiply
    the values; the mean still divides by the number of rows, as in Keras, so that weights of 1
    change nothing. For a `Trainer` they stand in the targets: see `losses.Weighted`.

    Args:
        reduction: "mean" over the rows, "sum", or "none" for one value a row. A row with several
            values has their mean.

    >>> class LargestError(Loss):
    ...     def check(self, prediction, target):
    ...         pass
    ...     def rows(self, prediction, target):
    ...         return bd.abs(prediction - target).max(axis=1)
    >>> loss, prediction = LargestError(), bd.tensor([[1.0, 5.0], [0.0, 1.0]])
    >>> float(loss(prediction, [[1.0, 2.0], [0.0, 0.0]]))
    2.0
    >>> float(loss(prediction, [[1.0, 2.0], [0.0, 0.0]], sample_weight=[1.0, 3.0]))
    3.0
    """

    def __init__(self, reduction: str = "mean") -> None:
        if reduction not in REDUCTIONS:
            raise unknown_name("reduction", reduction, REDUCTIONS)
        self.reduction = reduction
        self._has_looked = False

    @abstractmethod
    def rows(self, prediction: Tensor, target: Tensor) -> Tensor:
        """The loss of each row, (N,), or of the values of each row, (N, ...)."""

    @abstractmethod
    def check(self, prediction: Tensor, target: Tensor) -> None:
        """Raises on targets that do not fit the prediction, of which the shape is enough."""

    def counted(self, target: Tensor) -> Tensor | None:
        """Which values of `rows` count in the mean; None for all. The others must be 0."""
        return None

    def odd(self, prediction: Array) -> str:
        """Why these predictions can hardly be meant for this loss; "" for no reason."""
        return ""

    def inspect(self, prediction: Tensor, target: Tensor) -> None:
        """Raises on targets that do not fit, and warns, once, of odd predictions."""
        self.check(prediction, target)
        if prediction.has_numbers and not self._has_looked and len(prediction) > 1:
            self._has_looked = True
            odd = self.odd(prediction.data)
            if odd:
                warnings.warn(f"{type(self).__name__}: {odd}", stacklevel=4)

    def values(self, prediction: Any, target: Any) -> Tensor:
        """What `rows` gives, for anything that tensors can be made of, after all checks."""
        prediction, target = _tensors(prediction, target)
        name = type(self).__name__
        if not prediction.ndim or not target.ndim:
            raise ShapeError(f"{name} needs rows", got=f"{prediction.shape}, {target.shape}")
        if not prediction.size:
            raise ShapeError(f"{name}: the batch is empty", got=f"shape {prediction.shape}")
        if len(prediction) != len(target):
            raise ShapeError(f"{name}: {len(prediction)} predictions, {len(target)} targets")
        self.inspect(prediction, target)
        return self.rows(prediction, target)

    def __call__(self, prediction: Any, target: Any, sample_weight: Any = None) -> Tensor:
        prediction, target = _tensors(prediction, target)
        values = self.values(prediction, target)
        if sample_weight is not None:
            weight = spread_weights(type(self).__name__, _beside(values, sample_weight), values)
            values = values * weight
        counted = self.counted(target)
        if self.reduction == "mean" and counted is not None:
            # At least 1, so that a batch of which nothing counts has a loss of 0.
            return values.sum() / maximum(counted.astype(values.dtype).sum(), 1.0)
        rows = values.mean(axis=tuple(range(1, values.ndim))) if values.ndim > 1 else values
        if self.reduction == "none":
            return rows
        return rows.mean() if self.reduction == "mean" else rows.sum()

    def __repr__(self) -> str:
        shown = []
        for name, argument in signature(type(self)).parameters.items():
            value = getattr(self, name, argument.default)
            if name != "reduction" and repr(value) != repr(argument.default):
                shown.append(f"{name}={value!r}")
        if self.reduction != "mean":
            shown.append(self.reduction)
        return f"{type(self).__name__}({', '.join(shown)})"


def _tensors(prediction: Any, target: Any) -> tuple[Tensor, Tensor]:
    prediction = as_tensor(prediction)
    if not dtypes.is_float(prediction.dtype):
        prediction = prediction.astype(dtypes.DEFAULT_FLOAT)
    return prediction, _beside(prediction, target)


def _beside(x: Tensor, values: Any) -> Tensor:
    """Values as a tensor; floats that are no tensor yet take over the width of x."""
    return values if isinstance(values, Tensor) else Tensor(as_array(values, [x.dtype]))


def spread_weights(name: str, weight: Tensor, values: Tensor) -> Tensor:
    """Weights of rows, or of their values, in a shape that broadcasts as it is meant."""
    if not weight.ndim or weight.shape != values.shape[: weight.ndim]:
        of_values = f", or {values.shape}, one for each value" if values.ndim > 1 else ""
        raise ShapeError(
            f"{name}: the weights do not fit the rows",
            expected=f"({len(values)},), one for each row{of_values}",
            got=weight.shape,
            hint="weight.reshape(-1)" if weight.size == len(values) else None,
        )
    weight.vet(check_weights)
    return weight.reshape(weight.shape + (1,) * (values.ndim - weight.ndim))
