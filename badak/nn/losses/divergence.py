"""Losses between distributions and rates: Kullback-Leibler divergence, Poisson."""

from __future__ import annotations

from typing import Any

from badak.base.dtypes import Array
from badak.core import Tensor
from badak.nn.losses.elementwise import Elementwise, as_floats
from badak.nn.losses.loss import EPSILON, Loss
from badak.nn.losses.predictions import odd_probabilities
from badak.nn.losses.targets import check_counts, check_probabilities, check_rows_of_values
from badak.ops import clip, log


class KLDivergence(Loss):
    """sum_k t_k log(t_k / p_k) for each row, and the mean over the rows (Kullback, Leibler 1951).

    How many nats it costs to take p for t: the cross-entropy minus the entropy of t. Targets and
    predictions are probabilities, (N, ..., K), both kept within 1e-7..1 as in Keras, where the
    gradient ends; they are not made to sum to 1. PyTorch's kl_div takes log p, and its "mean"
    divides by the number of values; "batchmean" is this mean.

    Args:
        reduction: "mean" over the rows, "sum", or "none" for one value a row.

    Raises:
        ShapeError: when the shapes differ, or there are no rows of values.
        RangeError: for targets outside of 0..1.

    >>> round(float(KLDivergence()([[0.6, 0.4], [0.4, 0.6]], [[0, 1], [0, 0]])), 4)
    0.4581
    """

    def check(self, prediction: Tensor, target: Tensor) -> None:
        check_rows_of_values(type(self).__name__, prediction, target)
        target.vet(check_probabilities)

    def odd(self, prediction: Array) -> str:
        return odd_probabilities(prediction)

    def rows(self, prediction: Tensor, target: Tensor) -> Tensor:
        t = clip(as_floats(target, prediction), EPSILON, 1.0)
        return (t * log(t / clip(prediction, EPSILON, 1.0))).sum(axis=-1)


def kl_divergence(prediction: Any, target: Any) -> Tensor:
    """sum_k t_k log(t_k / p_k) along the last axis: (..., K) -> (...).

    >>> kl_divergence([[0.5, 0.5], [0.2, 0.8]], [[0.5, 0.5], [0.8, 0.2]])
    tensor([0.       , 0.8317766])
    """
    return KLDivergence().values(prediction, target)


class Poisson(Elementwise):
    """mean(p - t log(p + 1e-7)), over all values: for numbers of events t and expected ones p.

    The negative logarithm of the Poisson distribution without the terms in which p does not
    appear. Predictions are rates, not their logarithms: let the network end with something
    positive.

    Args:
        reduction: "mean" over the rows, "sum", or "none" for one value a row (its mean).

    Raises:
        ShapeError: when the shapes differ.
        RangeError: for targets below 0.

    >>> round(float(Poisson()([[1.0, 1.0], [0.0, 0.0]], [[0.0, 1.0], [0.0, 0.0]])), 4)
    0.5
    """

    allowed = check_counts

    def each(self, prediction: Tensor, target: Tensor) -> Tensor:
        return prediction - target * log(prediction + EPSILON)


def poisson(prediction: Any, target: Any) -> Tensor:
    """mean(p - t log(p + 1e-7)) along the last axis: (..., K) -> (...).

    >>> poisson([[1.0, 2.0], [3.0, 3.0]], [[0.0, 2.0], [3.0, 4.0]])
    tensor([ 0.80685, -0.84514])
    """
    return Poisson().values(prediction, target)
