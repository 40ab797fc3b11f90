"""Predictions and targets as the metrics take them, checked by one set of rules."""

from __future__ import annotations

from typing import Any

import numpy as np

from badak.base.dtypes import Array
from badak.base.errors import BadakError, DTypeError, RangeError, ShapeError


def numbers(values: Any, what: str) -> Array:
    """The values as an array of real numbers without NaN.

    Raises:
        DTypeError: text, objects, complex numbers.
        RangeError: NaN.
        ShapeError: no values.
    """
    try:
        array = np.asarray(values)
    except ValueError:
        raise ShapeError(f"{what}: rows have different lengths") from None
    if array.dtype.kind not in "biuf":
        raise DTypeError(f"{what} must hold numbers", got=array.dtype)
    if array.size == 0:
        raise ShapeError(f"{what} is empty: {array.shape}", expected="at least one row")
    if array.dtype.kind == "f" and np.isnan(array.min()):
        first = tuple(np.argwhere(np.isnan(array))[0].tolist())
        raise RangeError(f"{what} has NaN at {first}", hint="did the training diverge?")
    return array


def same_rows(prediction: Array, target: Array, metric: str) -> None:
    """Raises a ShapeError unless there is a target for each prediction."""
    if len(prediction) != len(target):
        raise ShapeError(f"{metric}: {len(prediction)} predictions, {len(target)} targets")


def class_numbers(values: Array, what: str, error: type[BadakError] = DTypeError) -> Array:
    """(rows,) whole numbers, of whatever kind, as int64.

    Raises:
        DTypeError, or the error asked for: for values that are not whole, which are no classes.
    """
    broken = np.flatnonzero(~np.isfinite(values) | (values != np.floor(values)))
    if broken.size:
        raise error(
            f"{what} must be class numbers",
            got=f"{values[broken[0]]} at row {broken[0]}",
            hint="binary_accuracy with a threshold, for scores of two classes",
        )
    return values.astype(np.int64)


def scores(prediction: Array, target: Array, metric: str) -> tuple[Array, Array]:
    """(rows, classes) scores and (rows,) class numbers that fit them.

    Targets may be one-hot rows.

    Raises:
        ShapeError: other shapes.
        RangeError: a label without a column of scores.
    """
    if prediction.ndim != 2 or prediction.shape[1] < 2:
        raise ShapeError(
            f"{metric} needs a score for each class",
            expected="prediction (rows, classes), at least 2 classes",
            got=prediction.shape,
            hint="binary_accuracy, for one score a row" if prediction.size else None,
        )
    same_rows(prediction, target, metric)
    if target.shape == prediction.shape:
        return prediction, target.argmax(axis=1)
    labels = class_numbers(vector(target, "target", metric), f"{metric}: target")
    check_labels(labels, prediction.shape[1], f"{metric}: label")
    return prediction, labels


def vector(values: Array, what: str, metric: str) -> Array:
    """(rows,) from (rows,) or (rows, 1)."""
    if values.ndim == 2 and values.shape[1] == 1:
        return values[:, 0]
    if values.ndim != 1:
        raise ShapeError(
            f"{metric}: {what} must hold one value a row", expected="(rows,)", got=values.shape
        )
    return values


def check_labels(labels: Array, n_classes: int, what: str) -> None:
    """Raises a RangeError for a class number outside 0..n_classes-1."""
    outside = np.flatnonzero((labels < 0) | (labels >= n_classes))
    if outside.size:
        raise RangeError(
            f"{what} {labels[outside[0]]} at row {outside[0]}",
            expected=f"0..{n_classes - 1}, for {n_classes} classes",
            hint="labels starting at 1? subtract 1" if labels.min() > 0 else None,
        )
