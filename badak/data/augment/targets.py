"""Class numbers as distributions over the classes."""

from __future__ import annotations

from typing import Any

import numpy as np

from badak.base.dtypes import Array
from badak.base.errors import DTypeError, RangeError, ShapeError
from badak.base.numbers import are_positions, real
from badak.base.shapes import positive


def one_hot(labels: Array, n_classes: int, dtype: Any = "float32") -> Array:
    """Rows with a 1 at the class and 0 elsewhere: (rows,) class numbers to (rows, n_classes).

    >>> one_hot(np.array([2, 0]), 3)
    array([[0., 0., 1.],
           [1., 0., 0.]], dtype=float32)

    Raises:
        DTypeError: for labels that are no whole numbers.
        ShapeError: for labels that are not one a row.
        RangeError: for labels outside of 0 to n_classes - 1.
    """
    labels, classes = np.asarray(labels), positive(n_classes, "one_hot: n_classes")
    if labels.dtype.kind not in "iu":
        raise DTypeError("one_hot: class numbers are whole", got=labels.dtype)
    if labels.ndim != 1:
        raise ShapeError("one_hot: one class number a row", expected="(rows,)", got=labels.shape)
    if not are_positions(labels, classes):
        raise RangeError("one_hot: a label is out of range", expected=f"0..{classes - 1}")
    rows = np.zeros((len(labels), classes), dtype)
    rows[np.arange(len(labels)), labels] = 1
    return rows


def smooth(t: Array, smoothing: float = 0.1) -> Array:
    """Label smoothing: (1 - e) t + e / K for rows of K classes, which still sum to 1.

    C. Szegedy et al., "Rethinking the Inception Architecture for Computer Vision" (2015).

    Args:
        t: (rows, K) distributions, such as one-hot rows.
        smoothing: e, 0 to 1.

    >>> smooth(np.array([[0.0, 1.0, 0.0, 0.0, 0.0]]), 0.25)
    array([[0.05, 0.8 , 0.05, 0.05, 0.05]])

    Raises:
        ShapeError: for class numbers; see `one_hot`.
        RangeError: smoothing out of range.
    """
    share = real(smoothing, "smooth: smoothing", at_least=0, at_most=1)
    if np.ndim(t) != 2:
        raise ShapeError(
            "smooth: targets are distributions",
            expected="(rows, classes)",
            got=np.shape(t),
            hint="one_hot(t, n_classes)",
        )
    t = np.asarray(t) if np.asarray(t).dtype.kind == "f" else np.asarray(t, np.float32)
    smoothed: Array = (1 - t.dtype.type(share)) * t + t.dtype.type(share) / t.shape[1]
    return smoothed
