"""Losses: one number for how wrong a prediction is. Called as `loss(prediction, target)`."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from functools import partial
from typing import Any

import numpy as np

from badak.base import dtypes
from badak.base.arrays import as_array
from badak.base.dtypes import Array
from badak.base.errors import DTypeError, RangeError, ShapeError, unknown_name
from badak.base.numbers import are_positions
from badak.core import Tensor
from badak.ops import log_softmax, one_hot, where
from badak.ops.reduce import as_tensor

REDUCTIONS = ("mean", "sum", "none")


class Loss(ABC):
    """One value for each row, then their mean (or sum, or the values themselves).

    A loss of your own says what fits and gives the values of the rows.

    Args:
        reduction: "mean" over the rows, "sum", or "none" for one value a row.

    >>> class LargestError(Loss):
    ...     def check(self, prediction, target):
    ...         pass
    ...     def rows(self, prediction, target):
    ...         return bd.abs(prediction - target).max(axis=1)
    >>> float(LargestError()(bd.tensor([[1.0, 5.0], [0.0, 1.0]]), [[1.0, 2.0], [0.0, 0.0]]))
    2.0
    """

    def __init__(self, reduction: str = "mean") -> None:
        if reduction not in REDUCTIONS:
            raise unknown_name("reduction", reduction, REDUCTIONS)
        self.reduction = reduction

    @abstractmethod
    def rows(self, prediction: Tensor, target: Tensor) -> Tensor:
        """The loss of each row: (N, ...), target -> (N,)."""

    @abstractmethod
    def check(self, prediction: Tensor, target: Tensor) -> None:
        """Raises on targets that do not fit the prediction."""

    def __call__(self, prediction: Any, target: Any) -> Tensor:
        prediction = as_tensor(prediction)
        if not dtypes.is_float(prediction.dtype):
            prediction = prediction.astype(dtypes.DEFAULT_FLOAT)
        if not isinstance(target, Tensor):
            target = Tensor(as_array(target, [prediction.dtype]))
        name = type(self).__name__
        if not prediction.ndim or not target.ndim:
            raise ShapeError(f"{name} needs rows", got=f"{prediction.shape}, {target.shape}")
        if not prediction.size:
            raise ShapeError(f"{name}: the batch is empty", got=f"shape {prediction.shape}")
        if len(prediction) != len(target):
            raise ShapeError(f"{name}: {len(prediction)} predictions, {len(target)} targets")
        self.check(prediction, target)
        values = self.rows(prediction, target)
        if self.reduction == "none":
            return values
        return values.mean() if self.reduction == "mean" else values.sum()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({'' if self.reduction == 'mean' else self.reduction})"


class SoftmaxCrossEntropy(Loss):
    """Softmax and cross-entropy in one: scores (N, C) and labels to a number.

        loss = -mean over rows of  sum_k t_k log softmax(x)_k

    Computed from log-softmax, so no score is too large. Its gradient is (softmax(x) - t) / N.

    The targets are class numbers (N,), whole numbers in 0..C-1, or a distribution over the
    classes (N, C), one-hot or soft, whose rows sum to 1.

    Scores that cannot be meant so are warned about once: rows that are probabilities already,
    and a single class, whose softmax is always 1.

    Args:
        reduction: "mean" over the rows, "sum", or "none" for one value a row.

    Raises:
        RangeError: for a label outside of 0..C-1, or a row of targets that does not sum to 1.
        DTypeError: for labels that are not whole numbers.
        ShapeError: when the rows do not match.

    >>> loss = SoftmaxCrossEntropy()
    >>> scores = bd.tensor([[3.2, 5.1, -1.7]])
    >>> round(float(loss(scores, [0])), 4), round(float(loss(scores, [[1, 0, 0]])), 4)
    (2.0404, 2.0404)
    """

    def __init__(self, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self._has_looked = False

    def check(self, prediction: Tensor, target: Tensor) -> None:
        if prediction.ndim != 2:
            raise ShapeError(
                "SoftmaxCrossEntropy needs one row of scores for each example",
                expected="(rows, classes)",
                got=prediction.shape,
            )
        classes = prediction.shape[1]
        if target.ndim != 1 and target.shape != prediction.shape:
            raise ShapeError(
                "SoftmaxCrossEntropy: the targets do not fit the scores",
                expected=f"({len(prediction)},) class numbers or {prediction.shape} distributions",
                got=target.shape,
                hint="t.reshape(-1)" if target.size == len(prediction) else None,
            )
        check = partial(_check_labels, classes=classes)
        if target.ndim == 1:
            target.vet(check, below=classes)
        else:
            target.vet(_check_distribution)
        if prediction.has_numbers and not self._has_looked and len(prediction) > 1:
            self._has_looked = True
            _warn_of_odd_scores(prediction.data)

    def rows(self, prediction: Tensor, target: Tensor) -> Tensor:
        if target.ndim == 1:
            target = one_hot(target.astype("int64"), prediction.shape[1], prediction.dtype)
        products = target * log_softmax(prediction, axis=1)
        # 0 log 0 counts as 0: a class that is ruled out (score -inf) must not make NaN of a row.
        return -where(target == 0, 0.0, products).sum(axis=1)


class MeanSquaredError(Loss):
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

    def check(self, prediction: Tensor, target: Tensor) -> None:
        if prediction.shape == target.shape:
            return
        same_but_for_ones = [n for n in prediction.shape if n > 1] == [
            n for n in target.shape if n > 1
        ]
        raise ShapeError(
            "MeanSquaredError: prediction and target differ in shape",
            expected="equal shapes, so that nothing broadcasts",
            got=f"prediction {prediction.shape}, target {target.shape}",
            hint=f"target.reshape{(-1, *prediction.shape[1:])}" if same_but_for_ones else None,
        )

    def rows(self, prediction: Tensor, target: Tensor) -> Tensor:
        difference = prediction - target
        squares = difference * difference
        return squares.mean(axis=tuple(range(1, squares.ndim))) if squares.ndim > 1 else squares


def _check_labels(labels: Array, classes: int) -> None:
    """Class numbers are whole and in 0..classes-1."""
    if labels.dtype.kind == "f" and np.any(labels != np.floor(labels)):
        row = int(np.argmax(labels != np.floor(labels)))
        raise DTypeError(
            "labels are class numbers, and these are not whole",
            got=f"{labels[row]} at row {row}",
            hint="MeanSquaredError for a regression",
        )
    if labels.dtype.kind in "iu" and are_positions(labels, classes):
        return
    wrong = (labels < 0) | (labels >= classes)
    if wrong.any():
        row = int(np.argmax(wrong))
        from_one = labels.min() == 1 and labels.max() == classes
        raise RangeError(
            f"label {labels[row]} at row {row} is not one of {classes} classes",
            expected=f"0..{classes - 1}",
            hint="labels that start at 1? subtract 1"
            if from_one or labels[row] == classes
            else None,
        )


def _check_distribution(target: Array) -> None:
    """Rows are distributions: at least 0, together 1."""
    sums = target.sum(axis=1)
    wrong = ~(np.abs(sums - 1) <= 1e-3) | (target < 0).any(axis=1)  # so that NaN is wrong
    if wrong.any():
        row = int(np.argmax(wrong))
        raise RangeError(
            "each row of targets is a distribution over the classes",
            expected="values of at least 0 that sum to 1",
            got=f"row {row}: {target[row].tolist()}, which sums to {sums[row]:g}",
            hint="class numbers go in as one axis: t.reshape(-1)" if target.shape[1] == 1 else None,
        )


def _warn_of_odd_scores(scores: Array) -> None:
    """A softmax of probabilities learns badly, and a softmax of one score learns nothing."""
    if scores.shape[1] == 1:
        warnings.warn(
            "SoftmaxCrossEntropy: with one score a row the softmax is always 1; two classes need "
            "two scores",
            stacklevel=4,
        )
    elif (scores >= 0).all() and np.all(np.abs(scores.sum(axis=1) - 1) < 1e-4):
        warnings.warn(
            "SoftmaxCrossEntropy: every row of the prediction is at least 0 and sums to 1; "
            "it wants raw scores: remove the softmax at the end of the network",
            stacklevel=4,
        )


BY_NAME: dict[str, type[Loss]] = {
    "mean_squared_error": MeanSquaredError,
    "softmax_cross_entropy": SoftmaxCrossEntropy,
}


def get(loss: str | Loss) -> Loss:
    """The loss of that name, or the one given.

    >>> get("softmax_cross_entropy")
    SoftmaxCrossEntropy()

    Raises:
        RangeError: for an unknown name, with the nearest one.
        DTypeError: for what is neither.
    """
    if isinstance(loss, Loss):
        return loss
    if not isinstance(loss, str):
        hint = f"{loss.__name__}() with brackets" if isinstance(loss, type) else None
        raise DTypeError("a loss is a name or a Loss", got=repr(loss), hint=hint)
    if loss not in BY_NAME:
        raise unknown_name("loss", loss, BY_NAME)
    return BY_NAME[loss]()
