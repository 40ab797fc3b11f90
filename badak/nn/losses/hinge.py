"""Hinge losses: nothing to pay once the right side is ahead by 1 (support vector machines)."""

from __future__ import annotations

from functools import partial
from typing import Any

from badak.base.errors import ShapeError
from badak.core import Tensor
from badak.nn.losses.elementwise import Elementwise, as_floats
from badak.nn.losses.loss import Loss
from badak.nn.losses.targets import (
    check_labels,
    check_probabilities,
    check_rows_of_values,
    check_signs,
)
from badak.ops import maximum, one_hot, where


class Hinge(Elementwise):
    """mean(max(1 - t p, 0)), over all values, for targets t of -1 and 1 (Cortes, Vapnik 1995).

    Targets of 0 and 1 are taken for -1 and 1. At t p = 1 the gradient is 0.

    Args:
        reduction: "mean" over the rows, "sum", or "none" for one value a row (its mean).

    Raises:
        ShapeError: when the shapes differ.
        RangeError: for targets other than -1 and 1, or 0 and 1.

    >>> round(float(Hinge()([[0.6, 0.4], [0.4, 0.6]], [[0, 1], [0, 0]])), 4)
    1.3
    """

    allowed = check_signs

    def each(self, prediction: Tensor, target: Tensor) -> Tensor:
        return _missing(prediction, target)


def _missing(prediction: Tensor, target: Tensor) -> Tensor:
    """What is missing of the margin of 1."""
    return maximum(1.0 - where(target == 0, -1.0, target) * prediction, 0.0)


def hinge(prediction: Any, target: Any) -> Tensor:
    """mean(max(1 - t p, 0)) along the last axis, for t of -1 and 1 or 0 and 1: (..., K) -> (...).

    >>> hinge([[0.6, 0.4], [0.4, 0.6]], [[-1, 1], [-1, -1]])
    tensor([1.1, 1.5])
    """
    return Hinge().values(prediction, target)


class SquaredHinge(Elementwise):
    """mean(max(1 - t p, 0)^2), over all values, for targets t of -1 and 1: without a kink.

    Targets of 0 and 1 are taken for -1 and 1.

    Args:
        reduction: "mean" over the rows, "sum", or "none" for one value a row (its mean).

    Raises:
        ShapeError: when the shapes differ.
        RangeError: for targets other than -1 and 1, or 0 and 1.

    >>> round(float(SquaredHinge()([[0.6, 0.4], [0.4, 0.6]], [[0, 1], [0, 0]])), 4)
    1.86
    """

    allowed = check_signs

    def each(self, prediction: Tensor, target: Tensor) -> Tensor:
        margin = _missing(prediction, target)
        return margin * margin


def squared_hinge(prediction: Any, target: Any) -> Tensor:
    """mean(max(1 - t p, 0)^2) along the last axis, for t of -1 and 1 or 0 and 1.

    >>> squared_hinge([[0.6, 0.4], [0.4, 0.6]], [[-1, 1], [-1, -1]])
    tensor([1.46, 2.26])
    """
    return SquaredHinge().values(prediction, target)


class CategoricalHinge(Loss):
    """max(max_k((1 - t_k) p_k) - sum_k t_k p_k + 1, 0) for each row, and the mean over the rows.

    The best wrong class has to stay 1 behind the right one. Targets are one-hot, (N, ..., K). The
    right class itself takes part in the first maximum as a 0, as in Keras.

    Args:
        reduction: "mean" over the rows, "sum", or "none" for one value a row.

    Raises:
        ShapeError: when the shapes differ, or there are no rows of values.
        RangeError: for targets outside of 0..1.

    >>> round(float(CategoricalHinge()([[0.6, 0.4], [0.4, 0.6]], [[0, 1], [0, 0]])), 4)
    1.4
    """

    def check(self, prediction: Tensor, target: Tensor) -> None:
        check_rows_of_values(type(self).__name__, prediction, target)
        target.vet(check_probabilities)

    def rows(self, prediction: Tensor, target: Tensor) -> Tensor:
        t = as_floats(target, prediction)
        right = (t * prediction).sum(axis=-1)
        wrong = ((1.0 - t) * prediction).max(axis=-1)
        return maximum(wrong - right + 1.0, 0.0)


def categorical_hinge(prediction: Any, target: Any) -> Tensor:
    """max(max_k((1 - t_k) p_k) - sum_k t_k p_k + 1, 0) along the last axis: (..., K) -> (...).

    >>> categorical_hinge([[0.6, 0.4], [0.4, 0.6]], [[0, 1], [0, 0]])
    tensor([1.2, 1.6])
    """
    return CategoricalHinge().values(prediction, target)


class MulticlassHinge(Loss):
    """sum over k != t of  max(0, x_k - x_t + 1) for each row, and the mean over the rows.

    Every wrong class has to stay 1 behind the right one (Weston, Watkins 1999). Scores are
    (N, ..., C), targets whole numbers in 0..C-1 of the shape (N, ...). PyTorch's MultiMarginLoss
    divides by C, and CategoricalHinge counts the best wrong class alone.

    Args:
        reduction: "mean" over the rows, "sum", or "none" for one value a row.

    Raises:
        RangeError: for a label outside of 0..C-1.
        DTypeError: for labels that are not whole numbers.
        ShapeError: when the shapes do not match.

    >>> scores = [[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]]
    >>> round(float(MulticlassHinge()(scores, [0, 1, 2])), 4)
    5.2667
    """

    def check(self, prediction: Tensor, target: Tensor) -> None:
        name = type(self).__name__
        if prediction.ndim < 2 or target.shape != prediction.shape[:-1]:
            raise ShapeError(
                f"{name} takes a row of scores and a class number for each example",
                expected="scores (rows, ..., classes), targets (rows, ...)",
                got=f"scores {prediction.shape}, targets {target.shape}",
            )
        classes = prediction.shape[-1]
        target.vet(partial(check_labels, classes=classes), below=classes)

    def rows(self, prediction: Tensor, target: Tensor) -> Tensor:
        is_right = one_hot(target.astype("int64"), prediction.shape[-1], "bool")
        right = where(is_right, prediction, 0.0).sum(axis=-1, keepdims=True)
        return where(is_right, 0.0, maximum(prediction - right + 1.0, 0.0)).sum(axis=-1)


def multiclass_hinge(prediction: Any, target: Any) -> Tensor:
    """sum over k != t of  max(0, x_k - x_t + 1) along the last axis: (..., C) -> (...).

    >>> multiclass_hinge([[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]], [0, 1, 2])
    tensor([ 2.9,  0.       , 12.9      ])
    """
    return MulticlassHinge().values(prediction, target)
