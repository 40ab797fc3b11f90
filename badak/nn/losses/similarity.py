"""Losses of directions: the cosine of the angle between prediction and target."""

from __future__ import annotations

from typing import Any

from badak.core import Tensor
from badak.nn.losses.elementwise import as_floats
from badak.nn.losses.loss import EPSILON, Loss
from badak.nn.losses.targets import check_rows_of_values
from badak.ops import maximum, sqrt


class CosineSimilarity(Loss):
    """-sum_k (t_k / |t|) (p_k / |p|) for each row: -1 for one direction, 1 for the opposite.

    Lengths do not matter; those below 1e-7 count as 1e-7, as in Keras, so that a row of zeros has
    the similarity 0. (Keras's gradient is NaN there, and this one is not.)

    Args:
        reduction: "mean" over the rows, "sum", or "none" for one value a row.

    Raises:
        ShapeError: when the shapes differ, or there are no rows of values.

    >>> round(float(CosineSimilarity()([[1.0, 0.0], [1.0, 1.0]], [[0.0, 1.0], [1.0, 1.0]])), 4)
    -0.5
    """

    def check(self, prediction: Tensor, target: Tensor) -> None:
        check_rows_of_values(type(self).__name__, prediction, target)

    def rows(self, prediction: Tensor, target: Tensor) -> Tensor:
        return -(_direction(as_floats(target, prediction)) * _direction(prediction)).sum(axis=-1)


def _direction(x: Tensor) -> Tensor:
    # The limit comes before the root, whose gradient at 0 is infinite.
    square = maximum((x * x).sum(axis=-1, keepdims=True), EPSILON * EPSILON)
    return x / sqrt(square)


def cosine_similarity(prediction: Any, target: Any) -> Tensor:
    """-cos of the angle between the vectors along the last axis: (..., K) -> (...).

    >>> cosine_similarity([[1.0, 0.0], [0.0, 2.0]], [[0.0, 1.0], [0.0, 1.0]])
    tensor([-0., -1.])
    """
    return CosineSimilarity().values(prediction, target)
