"""What may be a target: the rules, and the errors for what breaks them.

Those of shapes look at tensors; those of numbers look at arrays, and are for `Tensor.vet`.
"""

from __future__ import annotations

import numpy as np

from badak.base.dtypes import Array
from badak.base.errors import DTypeError, RangeError, ShapeError
from badak.base.numbers import are_positions
from badak.base.shapes import Shape
from badak.core import Tensor


def check_same_shape(name: str, prediction: Tensor, target: Tensor) -> None:
    """A target for each value that is predicted, and nothing that would broadcast."""
    if prediction.shape == target.shape:
        return
    hint = None
    if _without_ones(prediction.shape) == _without_ones(target.shape):
        hint = f"target.reshape{(-1, *prediction.shape[1:])}"
    raise ShapeError(
        f"{name}: prediction and target differ in shape",
        expected="equal shapes, so that nothing broadcasts",
        got=f"prediction {prediction.shape}, target {target.shape}",
        hint=hint,
    )


def _without_ones(shape: Shape) -> list[int]:
    return [n for n in shape if n > 1]


def check_rows_of_values(name: str, prediction: Tensor, target: Tensor) -> None:
    """The same, for a loss that compares a row as a whole."""
    if prediction.ndim < 2:
        raise ShapeError(
            f"{name} compares rows of values", expected="(rows, values)", got=prediction.shape
        )
    check_same_shape(name, prediction, target)


def check_labels(labels: Array, classes: int, ignored: int | None = None) -> None:
    """Class numbers are whole and in 0..classes-1, or the number that is ignored."""
    if labels.dtype.kind == "f" and np.any(labels != np.floor(labels)):
        first, place = _first(labels != np.floor(labels))
        raise DTypeError(
            "labels are class numbers, and these are not whole",
            got=f"{labels[first]} at {place}",
            hint="MeanSquaredError for a regression",
        )
    if labels.dtype.kind in "iu" and are_positions(labels, classes):
        return
    wrong = (labels < 0) | (labels >= classes)
    if ignored is not None:
        wrong &= labels != ignored
    if wrong.any():
        first, place = _first(wrong)
        from_one = labels.min() == 1 and labels.max() == classes
        raise RangeError(
            f"label {labels[first]} at {place} is not one of {classes} classes",
            expected=f"0..{classes - 1}" + ("" if ignored is None else f", or {ignored}"),
            hint="labels that start at 1? subtract 1"
            if from_one or labels[first] == classes
            else None,
        )


def check_distributions(target: Array) -> None:
    """Rows are distributions: at least 0, together 1."""
    sums = target.sum(axis=-1)
    wrong = ~(np.abs(sums - 1) <= 1e-3) | (target < 0).any(axis=-1)  # so that NaN is wrong
    if wrong.any():
        first, place = _first(wrong)
        single = target.shape[-1] == 1
        raise RangeError(
            "each row of targets is a distribution over the classes",
            expected="values of at least 0 that sum to 1",
            got=f"{place}: {target[first].tolist()}, which sums to {sums[first]:g}",
            hint="class numbers go in as one axis: t.reshape(-1)" if single else None,
        )


def check_probabilities(target: Array) -> None:
    """Values are in 0..1."""
    _refuse(
        ~((target >= 0) & (target <= 1)),  # so that NaN is wrong
        target,
        "targets are probabilities",
        "values in 0..1",
        hint="targets of -1 and 1 are for Hinge; (t + 1) / 2 is 0 and 1",
    )


def check_signs(target: Array) -> None:
    """Two classes: 0 and 1, or -1 and 1."""
    zeros = target == 0
    wrong = ~(zeros | (target == 1) | (target == -1))
    if not wrong.any() and zeros.any():
        wrong = target == -1  # with three kinds of targets nobody knows what 0 means
    _refuse(wrong, target, "targets are one of two classes", "-1 and 1, or 0 and 1")


def check_counts(target: Array) -> None:
    """Values are at least 0, as numbers of events are."""
    _refuse(~(target >= 0), target, "targets are numbers of events", "values of at least 0")


def check_weights(weight: Array) -> None:
    """Weights are finite and at least 0."""
    wrong = ~((weight >= 0) & np.isfinite(weight))
    _refuse(wrong, weight, "weights are out of range", "finite values of at least 0")


def _refuse(wrong: Array, values: Array, what: str, expected: str, hint: str | None = None) -> None:
    if wrong.any():
        first, place = _first(wrong)
        raise RangeError(what, expected=expected, got=f"{values[first]} at {place}", hint=hint)


def _first(wrong: Array) -> tuple[tuple[int, ...], str]:
    """The first place that is wrong, as an index and in words."""
    index = tuple(int(i) for i in np.unravel_index(int(np.argmax(wrong)), wrong.shape))
    return index, f"row {index[0]}" if len(index) == 1 else f"position {index}"
