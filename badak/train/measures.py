"""Metrics of one batch, and of many batches at once."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from badak.base.dtypes import Array
from badak.base.errors import DTypeError, RangeError
from badak.metrics import Metric, accuracy, error_rate


def measured(
    metrics: Mapping[str, Metric], prediction: Array, t: Array, partly: bool = False
) -> dict[str, float]:
    """Each metric as a Python number.

    Args:
        metrics: functions of (prediction, target).
        prediction: what the network says.
        t: the targets.
        partly: whether these rows are a part of those that count: a metric that is undefined for
            them (r2 of a single row) is then NaN and no error.

    Raises:
        DTypeError: when a metric gives no single number.
        RangeError, ShapeError: from metrics that these rows do not fit.
    """
    values = {}
    for name, metric in metrics.items():
        try:
            result: Any = metric(prediction, t)
        except RangeError:
            if not partly:
                raise
            result = math.nan
        try:
            values[name] = float(result)
        except (TypeError, ValueError):
            raise DTypeError(
                f"metric {name!r} gives a single number", got=type(result).__name__
            ) from None
    return values


def measured_each(
    metrics: Mapping[str, Metric], predictions: Array, targets: Array
) -> list[dict[str, float]]:
    """What `measured` gives for each of many batches, each a part of the rows that count.

    The usual metrics of classifiers are taken of all batches at once: one by one, they would cost
    more than a compiled update of a small network.

    Args:
        metrics: functions of (prediction, target).
        predictions: (batches, rows, ...).
        targets: (batches, rows, ...).

    Raises:
        As `measured`.

    >>> predictions = np.array([[[0.1, 0.9], [0.8, 0.2]], [[0.3, 0.7], [0.4, 0.6]]])
    >>> measured_each({"accuracy": accuracy}, predictions, np.array([[1, 1], [1, 1]]))
    [{'accuracy': 0.5}, {'accuracy': 1.0}]
    """
    columns: dict[str, list[float]] = {}
    others: dict[str, Metric] = {}
    quick = _are_scores(predictions, targets)
    for name, metric in metrics.items():
        if quick and (metric is accuracy or metric is error_rate):
            right = predictions.argmax(axis=2) == targets
            shares = (right if metric is accuracy else ~right).mean(axis=1)
            columns[name] = shares.tolist()
        else:
            others[name] = metric
    each = [
        measured(others, prediction, t, partly=True)
        for prediction, t in zip(predictions, targets, strict=True)
    ]
    return [
        {name: columns[name][i] if name in columns else values[name] for name in metrics}
        for i, values in enumerate(each)
    ]


def _are_scores(predictions: Array, targets: Array) -> bool:
    """Whether these are scores and class numbers about which no metric could complain."""
    return bool(
        predictions.ndim == 3
        and predictions.shape[2] > 1
        and targets.ndim == 2
        and targets.dtype.kind == "i"
        and targets.size
        and targets.min() >= 0
        and targets.max() < predictions.shape[2]
        and not np.isnan(predictions.min())
    )
