"""Rows of numbers, each of class 0 or 1, as a perceptron learns them."""

from __future__ import annotations

from typing import Any

import numpy as np

from badak.base.dtypes import Array
from badak.base.errors import RangeError, ShapeError
from badak.base.numbers import is_finite
from badak.core import tensor


def as_examples(x: Any, t: Any, who: str) -> tuple[Array, Array]:
    """Inputs (rows, in) in float64, and for each row whether it is of class 1.

    Raises:
        ShapeError: when they are not rows and one target each.
        RangeError: for no rows, a target besides 0 and 1, and for infinite inputs or NaN.
    """
    rows, targets = tensor(x, "float64").numpy(), tensor(t).numpy()
    if rows.ndim != 2 or targets.shape != rows.shape[:1]:
        raise ShapeError(
            f"{who} needs inputs (rows, in) and a target for each row",
            got=f"{rows.shape} and {targets.shape}",
        )
    if not len(rows) or not np.isin(targets, (0, 1)).all():
        raise RangeError(f"{who} needs rows whose targets are 0 or 1", got=np.unique(targets))
    if not is_finite(rows):
        raise RangeError(f"{who} needs finite inputs")
    return rows, targets == 1
