"""Cross-entropy for yes or no: one probability, or one score, for each question."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from badak.base.dtypes import Array
from badak.core import Tensor
from badak.nn.losses.elementwise import Elementwise
from badak.nn.losses.predictions import inside, odd_probabilities
from badak.nn.losses.settings import (
    as_class_weight,
    as_from_logits,
    as_smoothing,
    check_class_weight,
    smoothed,
)
from badak.nn.losses.targets import check_probabilities
from badak.ops import log, softplus


class BinaryCrossentropy(Elementwise):
    """-mean(t log p + (1 - t) log(1 - p)), over all values, for targets t in 0..1.

    For questions that are answered independently, each with yes or no. Prediction and target have
    the same shape. Probabilities are kept within 1e-7..1 - 1e-7, as in Keras; beyond that the
    gradient is 0. Computed from scores x, with p = 1 / (1 + exp(-x)), no score is too large, and
    none is without gradient: prefer `from_logits=True`, with a network that ends without a
    sigmoid. That is logistic regression when the network is one Linear layer.

    Args:
        from_logits: whether predictions are raw scores, of which the sigmoid is taken.
        label_smoothing: the share s of each target that is spread over both answers:
            (1 - s) t + s / 2.
        class_weight: two numbers, for no and for yes, by which their terms are multiplied;
            PyTorch's pos_weight is (1, pos_weight).
        reduction: "mean" over the rows, "sum", or "none" for one value a row (its mean).

    Raises:
        ShapeError: when the shapes differ.
        RangeError: for targets outside of 0..1.

    >>> loss = BinaryCrossentropy()
    >>> round(float(loss([[0.6, 0.4], [0.4, 0.6]], [[0, 1], [0, 0]])), 4)
    0.8149
    """

    allowed = check_probabilities

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        *,
        class_weight: Sequence[float] | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction)
        name = type(self).__name__
        self.from_logits = as_from_logits(from_logits, name)
        self.label_smoothing = as_smoothing(label_smoothing, name)
        self.class_weight = as_class_weight(class_weight, name)
        check_class_weight(self.class_weight, 2, name)

    def odd(self, prediction: Array) -> str:
        return "" if self.from_logits else odd_probabilities(prediction)

    def each(self, prediction: Tensor, target: Tensor) -> Tensor:
        if self.from_logits:
            no, yes = softplus(prediction), softplus(-prediction)  # -log of 1 - p and of p
        else:
            probability = inside(prediction)
            no, yes = -log(1.0 - probability), -log(probability)
        if self.class_weight is not None:
            no, yes = no * self.class_weight[0], yes * self.class_weight[1]
        t = smoothed(target, self.label_smoothing, 2)
        return t * yes + (1.0 - t) * no


def binary_crossentropy(
    prediction: Any,
    target: Any,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    *,
    class_weight: Sequence[float] | None = None,
) -> Tensor:
    """-mean(t log p + (1 - t) log(1 - p)) along the last axis: (..., K) -> (...).

    The arguments are those of BinaryCrossentropy.

    >>> binary_crossentropy([[0.6, 0.4], [0.4, 0.6]], [[0, 1], [0, 0]])
    tensor([0.91629, 0.71356 ])
    """
    loss = BinaryCrossentropy(from_logits, label_smoothing, class_weight=class_weight)
    return loss.values(prediction, target)
