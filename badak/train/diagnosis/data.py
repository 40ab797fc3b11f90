"""What can be said of the rows of a training without a network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from badak.base.dtypes import Array
from badak.data import Dataset

MOST_ROWS = 20_000
"""So many rows, from all over the data, stand for all: about a tenth of a second for images."""

NEIGHBOURS = 400
"""Rows among which each looks for its nearest neighbour: 400 x 400 distances."""


@dataclass(frozen=True)
class DataFacts:
    """Numbers about the rows to train on, and those to validate with.

    Attributes:
        rows: how many rows there are to train on.
        scale: the root of the mean square of all inputs; None for inputs that are whole numbers.
        columns: values in a row.
        constant: the share of columns that are the same in all rows.
        counts: rows of each class 0, 1, 2, ...; None when targets are not class numbers.
        labels: how many numbers there are, when targets are the whole numbers 0 or 1, ... without a
            hole, each with at least a tenth of the rows that it would have by chance; else None.
        target_scale: the root of the mean square of float targets, else None.
        target_range: the smallest and the largest target.
        repeated: the share of rows to train on that are there more than once.
        shared: the share of the rows to validate with that are among those to train on; None
            without such rows.
        nearest: how often the class of a row is that of its nearest neighbour, and how often it
            would be by chance; None when targets are not class numbers.
    """

    rows: int
    scale: float | None
    columns: int
    constant: float
    counts: tuple[int, ...] | None
    labels: int | None
    target_scale: float | None
    target_range: tuple[float, float]
    repeated: float
    shared: float | None
    nearest: tuple[float, float] | None


def spaced(data: Dataset, most: int) -> Dataset:
    """At most so many rows, from all over the data: the first may be all of one kind."""
    if len(data) <= most:
        return data
    return data.take(np.unique(np.linspace(0, len(data) - 1, most).astype(np.int64)))


def facts_of_data(train: Dataset, validation: Dataset | None) -> DataFacts:
    """Measures the rows of a training.

    >>> facts = facts_of_data(Dataset([[3.0, 1.0], [4.0, 1.0]], [0, 2]), None)
    >>> facts.counts, facts.constant, round(facts.scale, 3)
    ((1, 0, 1), 0.5, 2.598)
    """
    part = spaced(train, MOST_ROWS)
    x = _flat(part)
    floats = x.dtype.kind == "f"
    labels = part.t if part.t.dtype.kind in "iu" and part.t.ndim == 1 else None
    low = None if labels is None or labels.min() < 0 else labels
    keys = _keys(x)
    known = set(keys)
    shared = None
    if validation is not None:
        asked = _keys(_flat(spaced(validation, MOST_ROWS)))
        # Of a sample of the rows to train on, only a part of those that are shared is seen.
        seen = sum(key in known for key in asked) / len(asked)
        shared = min(seen * len(train) / len(part), 1.0)
    return DataFacts(
        rows=len(train),
        scale=_root_mean_square(x) if floats else None,
        columns=x.shape[1],
        constant=float((x.min(axis=0) == x.max(axis=0)).mean()) if len(x) > 1 else 0.0,
        counts=None if low is None else tuple(np.bincount(low).tolist()),
        labels=_labels(part.t),
        target_scale=_root_mean_square(part.t) if part.t.dtype.kind == "f" else None,
        target_range=(float(part.t.min()), float(part.t.max())),
        repeated=1 - len(known) / len(keys),
        shared=shared,
        nearest=None if low is None or not floats else _nearest(x, low),
    )


def _labels(t: Array) -> int | None:
    if t.size != len(t) or not (t == np.round(t)).all():
        return None
    numbers, counts = np.unique(t, return_counts=True)
    low, high = numbers[0], numbers[-1]
    whole = low in (0, 1) and high - low + 1 == len(numbers) > 1
    return len(numbers) if whole and counts.min() * len(numbers) * 10 >= len(t) else None


def _flat(data: Dataset) -> Array:
    return data.x[:].reshape(len(data), -1)


def _root_mean_square(values: Array) -> float:
    return float(np.sqrt(np.mean(np.square(values, dtype=np.float64))))


def _keys(x: Array) -> list[int]:
    """A number for each row; equal rows have the same."""
    return [hash(row.tobytes()) for row in np.ascontiguousarray(x)]


def _nearest(x: Array, labels: Array) -> tuple[float, float]:
    """How often a row and its nearest neighbour are of one class, and how often by chance."""
    chosen = np.unique(np.linspace(0, len(x) - 1, NEIGHBOURS).astype(np.int64))
    rows, classes = x[chosen].astype(np.float64), labels[chosen]
    spread = rows.std(axis=0)
    rows = (rows - rows.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    squares = (rows**2).sum(axis=1)
    distance = squares[:, None] + squares - 2 * rows @ rows.T
    np.fill_diagonal(distance, np.inf)
    same = float((classes[distance.argmin(axis=1)] == classes).mean())
    shares = np.bincount(classes) / len(classes)
    return same, float((shares**2).sum())
