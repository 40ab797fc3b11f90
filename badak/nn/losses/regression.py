"""Losses for numbers: squared, absolute, relative and logarithmic errors, Huber, log-cosh."""

from __future__ import annotations

import math
from typing import Any

from badak.base.numbers import real
from badak.core import Tensor
from badak.nn.losses.elementwise import Elementwise
from badak.nn.losses.loss import EPSILON, Loss
from badak.nn.losses.targets import check_same_shape
from badak.ops import abs, log, maximum, softplus, where


class MeanSquaredError(Elementwise):
    """mean((prediction - target)^2), over all values.

    Prediction and target have the same shape: (N, 1) with (N,) would broadcast to (N, N) and is
    refused. Differs from PyTorch in `reduction="sum"`, which here adds up the means of the rows,
    as in Keras.

    Args:
        reduction: "mean" over the rows, "sum", or "none" for one value a row (its mean).

    Raises:
        ShapeError: when the shapes differ.

    >>> float(MeanSquaredError()(bd.tensor([[1.0, 1.0], [1.0, 0.0]]), [[0.0, 1.0], [0.0, 0.0]]))
    0.5
    """

    def each(self, prediction: Tensor, target: Tensor) -> Tensor:
        difference = prediction - target
        return difference * difference


def mean_squared_error(prediction: Any, target: Any) -> Tensor:
    """mean((prediction - target)^2) along the last axis: (..., K) -> (...).

    >>> mean_squared_error([[1.0, 1.0], [1.0, 0.0]], [[0.0, 1.0], [0.0, 0.0]])
    tensor([0.5, 0.5])
    """
    return MeanSquaredError().values(prediction, target)


class SumSquaredError(Loss):
    """1/2 sum((prediction - target)^2) over the values of a row, and the mean over the rows.

    The "squared error" of many textbooks, whose gradient with respect to a prediction is just
    prediction - target (divided by the number of rows). For rows of K values it is K/2 times the
    MeanSquaredError.

    Args:
        reduction: "mean" over the rows, "sum", or "none" for one value a row.

    Raises:
        ShapeError: when the shapes differ.

    >>> float(SumSquaredError()(bd.tensor([[1.0, 1.0], [1.0, 0.0]]), [[0.0, 1.0], [0.0, 0.0]]))
    0.5
    >>> float(SumSquaredError("sum")([[1.0, 1.0], [1.0, 0.0]], [[0.0, 1.0], [0.0, 0.0]]))
    1.0
    """

    def check(self, prediction: Tensor, target: Tensor) -> None:
        check_same_shape(type(self).__name__, prediction, target)

    def rows(self, prediction: Tensor, target: Tensor) -> Tensor:
        difference = prediction - target
        halves = 0.5 * difference * difference
        return halves.sum(axis=tuple(range(1, halves.ndim))) if halves.ndim > 1 else halves


def sum_squared_error(prediction: Any, target: Any) -> Tensor:
    """1/2 sum((prediction - target)^2) over the values of each row: (N, ...) -> (N,).

    >>> sum_squared_error([[1.0, 1.0], [1.0, 3.0]], [[0.0, 1.0], [0.0, 0.0]])
    tensor([0.5, 5. ])
    """
    return SumSquaredError().values(prediction, target)


class MeanAbsoluteError(Elementwise):
    """mean(|prediction - target|), over all values. The gradient of an error of 0 is 0.

    Args:
        reduction: "mean" over the rows, "sum", or "none" for one value a row (its mean).

    Raises:
        ShapeError: when the shapes differ.

    >>> float(MeanAbsoluteError()(bd.tensor([[1.0, 1.0], [1.0, 0.0]]), [[0.0, 1.0], [0.0, 0.0]]))
    0.5
    """

    def each(self, prediction: Tensor, target: Tensor) -> Tensor:
        return abs(prediction - target)


def mean_absolute_error(prediction: Any, target: Any) -> Tensor:
    """mean(|prediction - target|) along the last axis: (..., K) -> (...).

    >>> mean_absolute_error([[1.0, 1.0], [1.0, 0.0]], [[0.0, 1.0], [0.0, 0.0]])
    tensor([0.5, 0.5])
    """
    return MeanAbsoluteError().values(prediction, target)


class MeanAbsolutePercentageError(Elementwise):
    """100 mean(|prediction - target| / max(|target|, 1e-7)), over all values.

    A target of 0 makes any error enormous: it is divided by 1e-7, as in Keras.

    Args:
        reduction: "mean" over the rows, "sum", or "none" for one value a row (its mean).

    Raises:
        ShapeError: when the shapes differ.

    >>> float(MeanAbsolutePercentageError()([[1.0, 1.0], [1.0, 0.0]], [[2.0, 1.0], [2.0, 3.0]]))
    50.0
    """

    def each(self, prediction: Tensor, target: Tensor) -> Tensor:
        return 100.0 * abs((prediction - target) / maximum(abs(target), EPSILON))


def mean_absolute_percentage_error(prediction: Any, target: Any) -> Tensor:
    """100 mean(|prediction - target| / max(|target|, 1e-7)) along the last axis.

    >>> mean_absolute_percentage_error([[1.0, 1.0], [1.0, 0.0]], [[2.0, 1.0], [2.0, 3.0]])
    tensor([25., 75.])
    """
    return MeanAbsolutePercentageError().values(prediction, target)


class MeanSquaredLogarithmicError(Elementwise):
    """mean((log(1 + max(prediction, 1e-7)) - log(1 + max(target, 1e-7)))^2), over all values.

    For positive numbers of which the ratio matters. Values below 1e-7 count as 1e-7, as in Keras,
    and have the gradient 0.

    Args:
        reduction: "mean" over the rows, "sum", or "none" for one value a row (its mean).

    Raises:
        ShapeError: when the shapes differ.

    >>> round(float(MeanSquaredLogarithmicError()([[1.0, 1.0], [1.0, 0.0]], [[0, 1], [0, 0]])), 4)
    0.2402
    """

    def each(self, prediction: Tensor, target: Tensor) -> Tensor:
        difference = _log_of_size(prediction) - _log_of_size(target)
        return difference * difference


def _log_of_size(x: Tensor) -> Tensor:
    return log(maximum(x, EPSILON) + 1.0)


def mean_squared_logarithmic_error(prediction: Any, target: Any) -> Tensor:
    """mean((log(1 + prediction) - log(1 + target))^2) along the last axis: (..., K) -> (...).

    Values below 1e-7 count as 1e-7.

    >>> mean_squared_logarithmic_error([[1.0, 1.0], [1.0, 0.0]], [[0.0, 1.0], [0.0, 0.0]])
    tensor([0.2402265, 0.2402265])
    """
    return MeanSquaredLogarithmicError().values(prediction, target)


class Huber(Elementwise):
    """Squared for small errors, absolute for large ones (Huber 1964), mean over all values.

        e^2 / 2                       for |e| <= delta, with e = prediction - target
        delta |e| - delta^2 / 2       beyond

    So an outlier pulls with the strength delta at most.

    Args:
        delta: where the line begins.
        reduction: "mean" over the rows, "sum", or "none" for one value a row (its mean).

    Raises:
        ShapeError: when the shapes differ.
        RangeError: for a delta that is not above 0.

    >>> round(float(Huber()([[0.6, 0.4], [0.4, 0.6]], [[0.0, 1.0], [0.0, 0.0]])), 4)
    0.155
    """

    def __init__(self, delta: float = 1.0, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.delta = real(delta, "Huber: delta", above=0)

    def each(self, prediction: Tensor, target: Tensor) -> Tensor:
        error, delta = prediction - target, self.delta
        size = abs(error)
        return where(size <= delta, 0.5 * error * error, delta * size - 0.5 * delta * delta)


def huber(prediction: Any, target: Any, delta: float = 1.0) -> Tensor:
    """e^2 / 2 for |e| <= delta, delta |e| - delta^2 / 2 beyond; mean along the last axis.

    >>> huber([[0.5, 3.0]], [[0.0, 0.0]])
    tensor([1.3125])
    """
    return Huber(delta).values(prediction, target)


class LogCosh(Elementwise):
    """mean(log(cosh(prediction - target))), over all values: a smooth neighbour of Huber.

    Computed as e + softplus(-2 e) - log 2, which no error makes overflow.

    Args:
        reduction: "mean" over the rows, "sum", or "none" for one value a row (its mean).

    Raises:
        ShapeError: when the shapes differ.

    >>> round(float(LogCosh()([[1.0, 1.0], [0.0, 0.0]], [[0.0, 1.0], [0.0, 0.0]])), 4)
    0.1084
    """

    def each(self, prediction: Tensor, target: Tensor) -> Tensor:
        error = prediction - target
        return error + softplus(-2.0 * error) - math.log(2.0)


def log_cosh(prediction: Any, target: Any) -> Tensor:
    """mean(log(cosh(prediction - target))) along the last axis: (..., K) -> (...).

    >>> log_cosh([[1.0, 1.0], [0.0, 0.0]], [[0.0, 1.0], [0.0, 0.0]])
    tensor([0.2168904, 0.       ])
    """
    return LogCosh().values(prediction, target)
