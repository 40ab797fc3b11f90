"""Losses: one number for how wrong a prediction is. Called as `loss(prediction, target)`.

Each is a class, whose objects give the mean over the rows, and a function, which gives the values
of the rows:

    nn.Huber(delta=2.0)(prediction, target)
    nn.losses.huber(prediction, target, delta=2.0)

Names and definitions are Keras's where Keras has the loss.

In reading order: `loss` (what all share), `targets` (what may be one), `elementwise`, then the
losses: `regression`, `categorical`, `binary` (with `predictions` and `settings`, what these
share), `divergence`, `similarity`, `hinge`; `weighted`, for a column of weights in the targets; and
the `catalogue` of their names.
"""

from badak.nn.losses.binary import BinaryCrossentropy, binary_crossentropy
from badak.nn.losses.catalogue import BY_NAME, get
from badak.nn.losses.categorical import (
    CategoricalCrossentropy,
    SoftmaxCrossEntropy,
    SparseCategoricalCrossentropy,
    categorical_crossentropy,
    softmax_cross_entropy,
    sparse_categorical_crossentropy,
)
from badak.nn.losses.divergence import (
    KLDivergence,
    Poisson,
    kl_divergence,
    poisson,
)
from badak.nn.losses.hinge import (
    CategoricalHinge,
    Hinge,
    MulticlassHinge,
    SquaredHinge,
    categorical_hinge,
    hinge,
    multiclass_hinge,
    squared_hinge,
)
from badak.nn.losses.loss import REDUCTIONS, Loss
from badak.nn.losses.regression import (
    Huber,
    LogCosh,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    SumSquaredError,
    huber,
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
    sum_squared_error,
)
from badak.nn.losses.similarity import CosineSimilarity, cosine_similarity
from badak.nn.losses.weighted import Weighted

__all__ = [
    "BY_NAME",
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "CategoricalHinge",
    "CosineSimilarity",
    "Hinge",
    "Huber",
    "KLDivergence",
    "LogCosh",
    "Loss",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "MulticlassHinge",
    "Poisson",
    "REDUCTIONS",
    "SoftmaxCrossEntropy",
    "SparseCategoricalCrossentropy",
    "SquaredHinge",
    "SumSquaredError",
    "Weighted",
    "binary_crossentropy",
    "categorical_crossentropy",
    "categorical_hinge",
    "cosine_similarity",
    "get",
    "hinge",
    "huber",
    "kl_divergence",
    "log_cosh",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_error",
    "mean_squared_logarithmic_error",
    "multiclass_hinge",
    "poisson",
    "softmax_cross_entropy",
    "sparse_categorical_crossentropy",
    "squared_hinge",
    "sum_squared_error",
]
