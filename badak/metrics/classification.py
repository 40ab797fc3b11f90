"""How often predicted classes are right, and which are taken for which.

Predictions are scores or probabilities (rows, classes), of which the largest wins and the first of
equals, or class numbers (rows,). Targets are class numbers (rows,) or one-hot rows.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from badak.base.dtypes import Array
from badak.base.errors import RangeError
from badak.base.shapes import positive
from badak.metrics.arguments import (
    check_labels,
    class_numbers,
    numbers,
    same_rows,
    scores,
    vector,
)


def accuracy(prediction: Any, target: Any) -> float:
    """The share of rows whose predicted class is the target's.

    Args:
        prediction: (rows, classes) scores or (rows,) class numbers.
        target: (rows,) class numbers or (rows, classes) one-hot.

    >>> accuracy([[0.1, 0.9], [0.8, 0.2]], [1, 1])
    0.5

    Raises:
        ShapeError: different numbers of rows, no rows, one score a row (see `binary_accuracy`).
        RangeError: NaN, a label without a score, scores where class numbers are needed.
        DTypeError: targets that are neither class numbers nor one-hot.
    """
    predicted, labels = _classes(prediction, target, "accuracy")
    return float((predicted == labels).mean())


def error_rate(prediction: Any, target: Any) -> float:
    """The share of rows whose predicted class is wrong: 1 - accuracy.

    >>> error_rate([0, 1, 1, 1], [0, 1, 0, 1])
    0.25

    Args, Raises: as `accuracy`.
    """
    predicted, labels = _classes(prediction, target, "error_rate")
    return float((predicted != labels).mean())


def binary_accuracy(prediction: Any, target: Any, threshold: float = 0.5) -> float:
    """The share of rows where `score > threshold` agrees with a target of 1.

    Args:
        prediction: (rows,) or (rows, 1): one score a row.
        target: (rows,) or (rows, 1): 0 or 1.
        threshold: 0.5 for probabilities, 0 for raw scores before a sigmoid.

    >>> binary_accuracy([0.2, 0.7, 0.6], [0, 1, 0])
    0.666...

    Raises:
        ShapeError: several scores a row, different numbers of rows, no rows.
        RangeError: NaN, a target other than 0 and 1.
    """
    score = vector(numbers(prediction, "prediction"), "prediction", "binary_accuracy")
    truth = vector(numbers(target, "target"), "target", "binary_accuracy")
    same_rows(score, truth, "binary_accuracy")
    labels = class_numbers(truth, "binary_accuracy: target")
    check_labels(labels, 2, "binary_accuracy: target")
    return float(((score > threshold) == labels).mean())


def top_k_accuracy(prediction: Any, target: Any, k: int = 5) -> float:
    """The share of rows whose target is among the k largest scores; of equals the first counts.

    With k=1 it is the accuracy.

    Args:
        prediction: (rows, classes) scores.
        target: (rows,) class numbers or (rows, classes) one-hot.
        k: how many guesses each row has, below the number of classes.

    >>> top_k_accuracy([[0.5, 0.3, 0.2], [0.5, 0.3, 0.2]], [1, 2], k=2)
    0.5

    Raises:
        As `accuracy`; RangeError for a k that every row would satisfy.
    """
    k = positive(k, "top_k_accuracy: k")
    score, labels = scores(
        numbers(prediction, "prediction"), numbers(target, "target"), "top_k_accuracy"
    )
    n_classes = score.shape[1]
    if k >= n_classes:
        raise RangeError(
            f"top_k_accuracy: {k} guesses among {n_classes} classes are always right",
            expected=f"k in 1..{n_classes - 1}",
        )
    own = np.take_along_axis(score, labels[:, None], axis=1)
    earlier = np.arange(n_classes) < labels[:, None]
    rank = ((score > own) | ((score == own) & earlier)).sum(axis=1)
    return float((rank < k).mean())


def confusion_matrix(prediction: Any, target: Any, n_classes: int | None = None) -> Array:
    """How many rows of each class were taken for each: (classes, classes), int64.

    Row i, column j counts the rows of class i that were predicted as j, as in scikit-learn.

    Args:
        prediction, target: as `accuracy`.
        n_classes: the size; found from the data unless given.

    >>> confusion_matrix([0, 1, 1], [0, 1, 0])
    array([[1, 1],
           [0, 1]])

    Raises:
        As `accuracy`; RangeError for a class number of n_classes or more.
    """
    predicted, labels = _classes(prediction, target, "confusion_matrix")
    if n_classes is None:
        shape = np.shape(prediction)
        n_classes = shape[1] if len(shape) == 2 else int(max(predicted.max(), labels.max())) + 1
    size = positive(n_classes, "confusion_matrix: n_classes")
    check_labels(predicted, size, "confusion_matrix: predicted class")
    check_labels(labels, size, "confusion_matrix: label")
    return np.bincount(labels * size + predicted, minlength=size * size).reshape(size, size)


def _classes(prediction: Any, target: Any, metric: str) -> tuple[Array, Array]:
    """Predicted and true class numbers, each (rows,)."""
    guess, truth = numbers(prediction, "prediction"), numbers(target, "target")
    if guess.ndim != 1:
        score, labels = scores(guess, truth, metric)
        return score.argmax(axis=1), labels
    same_rows(guess, np.atleast_1d(truth), metric)
    labels = class_numbers(vector(truth, "target", metric), f"{metric}: target")
    return class_numbers(guess, f"{metric}: prediction", RangeError), labels
