"""Metrics by their names."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from badak.base.errors import DTypeError, RangeError, unknown_name
from badak.metrics.classification import accuracy, binary_accuracy, error_rate, top_k_accuracy
from badak.metrics.regression import mean_absolute_error, mean_squared_error, r2_score

Metric = Callable[[Any, Any], float]
"""`metric(prediction, target) -> float`, over all rows at once."""

METRICS: dict[str, Metric] = {
    "accuracy": accuracy,
    "binary_accuracy": binary_accuracy,
    "error_rate": error_rate,
    "mae": mean_absolute_error,
    "mean_absolute_error": mean_absolute_error,
    "mean_squared_error": mean_squared_error,
    "mse": mean_squared_error,
    "r2": r2_score,
    "r2_score": r2_score,
    "top_k_accuracy": top_k_accuracy,
}


def names() -> list[str]:
    """The names that `get` knows.

    >>> names()[:2]
    ['accuracy', 'binary_accuracy']
    """
    return list(METRICS)


def get(metric: str | Metric) -> Metric:
    """The metric of that name; a function is returned as it is.

    >>> get("mse").__name__
    'mean_squared_error'

    Raises:
        RangeError: an unknown name, with the nearest known one.
        DTypeError: what is neither a name nor a function.
    """
    if callable(metric):
        return metric
    if not isinstance(metric, str):
        raise DTypeError("a metric is a name or a function", got=repr(metric))
    if metric not in METRICS:
        raise unknown_name("metric", metric, METRICS)
    return METRICS[metric]


def named(metrics: Iterable[str | Metric]) -> dict[str, Metric]:
    """Metrics by the names under which results are kept: as asked for, or the function's own.

    >>> list(named(["accuracy", r2_score]))
    ['accuracy', 'r2_score']

    Raises:
        RangeError: the same name twice, or an unknown one.
    """
    if isinstance(metrics, str) or callable(metrics):
        raise DTypeError("metrics is a single metric", expected="a list", hint=f"[{metrics!r}]")
    result: dict[str, Metric] = {}
    for metric in metrics:
        name = metric if isinstance(metric, str) else getattr(metric, "__name__", repr(metric))
        if name in result:
            raise RangeError(f"metric {name!r} is asked for twice")
        result[name] = get(metric)
    return result
