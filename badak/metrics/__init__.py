"""Numbers about predictions. Speaks NumPy only: `metric(prediction, target) -> float`.

>>> import numpy as np
>>> get("accuracy")(np.array([0, 1, 1, 0]), np.array([0, 1, 0, 0]))
0.75
"""

from badak.metrics.catalogue import Metric, get, named, names
from badak.metrics.classification import (
    accuracy,
    binary_accuracy,
    confusion_matrix,
    error_rate,
    top_k_accuracy,
)
from badak.metrics.regression import mean_absolute_error, mean_squared_error, r2_score

__all__ = [
    "Metric",
    "accuracy",
    "binary_accuracy",
    "confusion_matrix",
    "error_rate",
    "get",
    "mean_absolute_error",
    "mean_squared_error",
    "named",
    "names",
    "r2_score",
    "top_k_accuracy",
]
