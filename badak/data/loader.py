"""Minibatches in an order that anybody can compute again."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np

from badak.base.dtypes import Array
from badak.base.errors import RangeError
from badak.base.random import check_seed, generator
from badak.base.shapes import as_int, positive
from badak.data.dataset import Dataset
from badak.data.on_disk import OnDisk
from badak.data.prefetch import prefetched


class Batches:
    """A data set cut into minibatches, in another order each epoch.

    The order is a pure function of (seed, epoch), so that a run which stopped in the middle of an
    epoch goes on with the very batches it would have seen. Every row comes once an epoch; the last
    batch may be short.

    Args:
        dataset: rows to cut.
        batch_size: rows in a batch: all of them is batch gradient descent, 1 is stochastic, a
            number between is minibatch gradient descent. Powers of two are usual, any will do.
        seed: of the order.
        shuffle: False keeps the order of the data set.
        drop_last: leaves out a last batch that is short.
        bootstrap: takes as many rows, drawn with replacement by the seed, instead of each row once:
            the same ones in every epoch.
        balanced: takes as many rows of each class, in an order of its own each epoch: rare rows
            come several times, and of frequent ones others each time.

    >>> data = Dataset(np.zeros((10, 2)), np.zeros(10))
    >>> batches = Batches(data, 4, seed=0)
    >>> [len(x) for x, t in batches.epoch(0)]
    [4, 4, 2]
    >>> batches
    Batches(10 rows, 3 batches of 4, the last of 2, shuffled by seed 0)

    Raises:
        RangeError: when batch_size is below 1. One above the number of rows takes all rows, with
            a warning. For a balanced order without classes, or with a bootstrap.
    """

    def __init__(
        self,
        dataset: Dataset,
        batch_size: int,
        *,
        seed: int = 0,
        shuffle: bool = True,
        drop_last: bool = False,
        bootstrap: bool = False,
        balanced: bool = False,
    ) -> None:
        rows = len(dataset)
        size = positive(batch_size, "batch_size")
        if size > rows:
            warnings.warn(
                f"batch_size {size} is more than the {rows} rows: a batch holds all {rows}",
                stacklevel=2,
            )
        self.dataset = dataset
        self.batch_size = min(size, rows)
        self.seed = check_seed(seed)
        self.shuffle = shuffle
        self.drop_last = drop_last
        self.bootstrap = bootstrap
        self.balanced = balanced
        self._classes = _rows_of_classes(dataset, shuffle, bootstrap) if balanced else []

    def __len__(self) -> int:
        """Batches in an epoch."""
        whole, rest = divmod(len(self.dataset), self.batch_size)
        return whole + (rest > 0 and not self.drop_last)

    @property
    def last_size(self) -> int:
        """Rows in the last batch of an epoch."""
        rest = len(self.dataset) % self.batch_size
        return rest if rest and not self.drop_last else self.batch_size

    def __repr__(self) -> str:
        last = "" if self.last_size == self.batch_size else f", the last of {self.last_size}"
        order = f"shuffled by seed {self.seed}" if self.shuffle else "in order"
        cut = f"{len(self)} batches of {self.batch_size}{last}"
        return f"Batches({len(self.dataset):,} rows, {cut}, {order})"

    def order(self, epoch: int) -> Array:
        """The row numbers of an epoch, in the order in which they come."""
        count = len(self.dataset)
        if self.balanced:
            return self._balanced(generator(self.seed, "balanced", epoch))
        order = np.arange(count)
        if self.shuffle:
            order = generator(self.seed, "shuffle", epoch).permutation(count)
        if self.bootstrap:
            return generator(self.seed, "bootstrap").integers(count, size=count)[order]
        return order

    def _balanced(self, random: np.random.Generator) -> Array:
        """As many rows of each class, to within one, shuffled."""
        count, classes = len(self.dataset), len(self._classes)
        shares = np.full(classes, count // classes)
        shares[random.permutation(classes)[: count % classes]] += 1
        taken = [_some(rows, n, random) for rows, n in zip(self._classes, shares, strict=True)]
        return random.permutation(np.concatenate(taken))

    def epoch(self, number: int, start: int = 0) -> Iterator[tuple[Array, Array]]:
        """The batches (x, t) of one epoch, from batch `start` on.

        Raises:
            RangeError: for an epoch below 0, or a start outside 0..len.
        """
        batches = self._batches(*self._checked(number, start))
        return prefetched(batches) if isinstance(self.dataset.x, OnDisk) else batches

    def rows(self, number: int, start: int = 0) -> list[Array]:
        """The row numbers of the same batches, as tables of batches of one size.

        One of shape (batches, batch_size), then one of (1, rest) when the last batch is short.

        >>> batches = Batches(Dataset(np.zeros((5, 2)), np.zeros(5)), 2, shuffle=False)
        >>> batches.rows(0)
        [array([[0, 1],
               [2, 3]]), array([[4]])]

        Raises:
            RangeError: as `epoch`.
        """
        epoch, first = self._checked(number, start)
        order = self.order(epoch)
        whole = len(order) // self.batch_size
        tables = []
        if first < whole:
            left = order[first * self.batch_size : whole * self.batch_size]
            tables.append(left.reshape(-1, self.batch_size))
        if whole < len(self) and first < len(self):
            tables.append(order[None, whole * self.batch_size :])
        return tables

    def _checked(self, number: int, start: int) -> tuple[int, int]:
        epoch, first = as_int(number, "epoch"), as_int(start, "start")
        if epoch < 0:
            raise RangeError("epoch must be at least 0", got=epoch)
        if not 0 <= first <= len(self):
            raise RangeError("start is out of range", expected=f"0..{len(self)}", got=first)
        return epoch, first

    def _batches(self, epoch: int, first: int) -> Iterator[tuple[Array, Array]]:
        x, t = self.dataset.x, self.dataset.t
        order = self.order(epoch)
        in_order = not (self.shuffle or self.bootstrap)
        for number in range(first, len(self)):
            span = slice(number * self.batch_size, (number + 1) * self.batch_size)
            # In order, a batch is a view of the data; shuffled, its rows must be gathered.
            rows = span if in_order else order[span]
            yield x[rows], t[rows]


def _rows_of_classes(dataset: Dataset, shuffle: bool, bootstrap: bool) -> list[Array]:
    """The row numbers of each class that has rows."""
    labels = dataset.t
    if labels.ndim == 2 and (labels.max(axis=1) == 1).all() and (labels.sum(axis=1) == 1).all():
        labels = labels.argmax(axis=1)
    if labels.dtype.kind != "i" or labels.ndim != 1:
        raise RangeError(
            "balanced: the targets are no classes",
            expected="(rows,) class numbers, or one-hot rows",
            got=f"{labels.dtype} {labels.shape}",
        )
    if bootstrap or not shuffle:
        raise RangeError(
            "a balanced order draws its own rows", got=f"{shuffle=}, {bootstrap=}".lower()
        )
    order = np.argsort(labels, kind="stable")
    _, starts = np.unique(labels[order], return_index=True)
    return np.split(order, starts[1:])


def _some(rows: Array, count: int, random: np.random.Generator) -> Array:
    """That many of the rows: each comes as often as any other, to within once."""
    rounds = -(-count // len(rows))
    return np.concatenate([random.permutation(rows) for _ in range(rounds)])[:count]
