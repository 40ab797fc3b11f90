"""Losses by name, for settings that come as text."""

from __future__ import annotations

from badak.base.errors import DTypeError, unknown_name
from badak.nn.losses.binary import BinaryCrossentropy
from badak.nn.losses.categorical import (
    CategoricalCrossentropy,
    SoftmaxCrossEntropy,
    SparseCategoricalCrossentropy,
)
from badak.nn.losses.divergence import KLDivergence, Poisson
from badak.nn.losses.hinge import CategoricalHinge, Hinge, MulticlassHinge, SquaredHinge
from badak.nn.losses.loss import Loss
from badak.nn.losses.regression import (
    Huber,
    LogCosh,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    SumSquaredError,
)
from badak.nn.losses.similarity import CosineSimilarity

BY_NAME: dict[str, type[Loss]] = {
    "binary_crossentropy": BinaryCrossentropy,
    "categorical_crossentropy": CategoricalCrossentropy,
    "categorical_hinge": CategoricalHinge,
    "cosine_similarity": CosineSimilarity,
    "hinge": Hinge,
    "huber": Huber,
    "kl_divergence": KLDivergence,
    "log_cosh": LogCosh,
    "mean_absolute_error": MeanAbsoluteError,
    "mean_absolute_percentage_error": MeanAbsolutePercentageError,
    "mean_squared_error": MeanSquaredError,
    "mean_squared_logarithmic_error": MeanSquaredLogarithmicError,
    "multiclass_hinge": MulticlassHinge,
    "poisson": Poisson,
    "softmax_cross_entropy": SoftmaxCrossEntropy,
    "sparse_categorical_crossentropy": SparseCategoricalCrossentropy,
    "squared_hinge": SquaredHinge,
    "sum_squared_error": SumSquaredError,
}
"""The class of each name; the function of that name stands beside it."""


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
