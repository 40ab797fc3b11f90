"""The hold-out split: some rows to learn from, the others to judge by."""

from __future__ import annotations

import math
import numbers

import numpy as np

from badak.base.dtypes import Array
from badak.base.errors import DTypeError, RangeError, ShapeError
from badak.base.random import generator
from badak.base.shapes import positive


def holdout(
    rows: int, fraction: float = 0.7, seed: int = 0, labels: Array | None = None
) -> tuple[Array, Array]:
    """Indices of a random split into two parts, 7:3 unless asked otherwise.

    The first part gets `round(rows * fraction)` rows. With `labels` the split is stratified: the
    share of each class in the first part is `fraction` too, to within one row.

    Args:
        rows: how many rows there are.
        fraction: share of the first part, between 0 and 1.
        seed: equal seeds give equal splits.
        labels: (rows,) class numbers, for a stratified split.

    >>> first, second = holdout(10, 0.7, seed=0)
    >>> len(first), len(second)
    (7, 3)

    Raises:
        RangeError: when one part would have no row; when stratified, for labels that are no class
            numbers and for a class of a single row.
        ShapeError: when there is not one label a row.
    """
    positive(rows, "rows")
    if isinstance(fraction, bool) or not isinstance(fraction, numbers.Real):
        raise DTypeError("split: fraction must be a number", got=repr(fraction))
    n_first = round(rows * fraction) if math.isfinite(fraction) else 0
    if not (0 < fraction < 1 and 0 < n_first < rows):
        lost = "training rows" if n_first < 1 else "rows to hold out"
        raise RangeError(
            f"split: a share of {fraction:g} of {rows} rows leaves 0 {lost}",
            expected="0 < fraction < 1, and at least one row on each side",
            hint="fraction=0.7",
        )
    order = generator(seed, "holdout").permutation(rows)
    if labels is None:
        return order[:n_first], order[n_first:]
    first = _stratified(order, n_first, fraction, _class_numbers(labels, rows))
    return order[first], order[~first]


def _class_numbers(labels: Array, rows: int) -> Array:
    if labels.shape != (rows,):
        raise ShapeError("split: one label a row is needed", expected=(rows,), got=labels.shape)
    if labels.dtype.kind not in "biu":
        raise RangeError("split: stratify needs classes", expected="class numbers", got="floats")
    names, codes, counts = np.unique(labels, return_inverse=True, return_counts=True)
    if counts.min() < 2:
        raise RangeError(
            f"split: class {names[counts.argmin()]} has 1 row",
            expected="at least 2 rows of each class in a stratified split",
        )
    return codes


def _stratified(order: Array, n_first: int, fraction: float, codes: Array) -> Array:
    """Which places of the shuffled order belong to the first part: a mask.

    Each class gets the whole part of its share; the rows still missing go to the classes with
    the largest remainders.
    """
    counts = np.bincount(codes)
    quota = np.floor(counts * fraction).astype(np.int64)
    remainder = counts * fraction - quota
    quota[np.argsort(-remainder, kind="stable")[: n_first - quota.sum()]] += 1
    shuffled = codes[order]
    by_class = np.argsort(shuffled, kind="stable")
    starts = np.cumsum(counts) - counts
    rank = np.empty_like(order)
    rank[by_class] = np.arange(len(order)) - np.repeat(starts, counts)
    mask: Array = rank < quota[shuffled]
    return mask
