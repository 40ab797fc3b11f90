"""How far predicted numbers are from the true ones.

Predictions and targets have the same shape; all values count alike. Sums are taken in float64.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from badak.base.dtypes import Array
from badak.base.errors import RangeError, ShapeError
from badak.metrics.arguments import numbers


def mean_squared_error(prediction: Any, target: Any) -> float:
    """The mean of (prediction - target)^2.

    >>> mean_squared_error([1.0, 2.0], [1.0, 4.0])
    2.0

    Raises:
        ShapeError: different shapes, which would otherwise broadcast; no rows.
        RangeError: NaN.
    """
    y, t = _pair(prediction, target, "mean_squared_error")
    return float(np.square(y - t).mean())


def mean_absolute_error(prediction: Any, target: Any) -> float:
    """The mean of |prediction - target|.

    >>> mean_absolute_error([1.0, 2.0], [1.0, 4.0])
    1.0

    Raises: as `mean_squared_error`.
    """
    y, t = _pair(prediction, target, "mean_absolute_error")
    return float(np.abs(y - t).mean())


def r2_score(prediction: Any, target: Any) -> float:
    """The share of the targets' variance that the prediction explains.

    1 is perfect, 0 no better than the mean of the targets, below 0 worse:
    1 - sum (target - prediction)^2 / sum (target - mean of targets)^2, averaged over the outputs.

    >>> r2_score([1.0, 2.0, 3.0], [1.0, 2.0, 3.0])
    1.0

    Raises:
        RangeError: when all targets of an output are equal, for then there is nothing to explain.
        As `mean_squared_error`.
    """
    y, t = _pair(prediction, target, "r2_score")
    y, t = y.reshape(len(y), -1), t.reshape(len(t), -1)
    constant = np.flatnonzero(t.min(axis=0) == t.max(axis=0))
    if constant.size:
        raise RangeError(
            "r2_score is undefined: all targets are equal",
            got=f"{t[0, constant[0]]} in each of {len(t)} rows of output {constant[0]}",
        )
    residual = np.square(t - y).sum(axis=0)
    total = np.square(t - t.mean(axis=0)).sum(axis=0)
    return float((1.0 - residual / total).mean())


def _pair(prediction: Any, target: Any, metric: str) -> tuple[Array, Array]:
    y, t = numbers(prediction, "prediction"), numbers(target, "target")
    if y.shape != t.shape:
        column = y.reshape(-1).shape == t.reshape(-1).shape
        raise ShapeError(
            f"{metric}: prediction {y.shape}, target {t.shape}",
            expected="equal shapes",
            hint=f"target.reshape({', '.join(map(str, y.shape))})" if column else None,
        )
    if y.ndim == 0:
        raise ShapeError(f"{metric}: a single value", expected="one value a row")
    return y.astype(np.float64), t.astype(np.float64)
