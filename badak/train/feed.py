"""The rows of a training as its updates take them: from the data as they lie, or made on the way.

Data in memory are handed over whole, with the row numbers of each batch; machine code gathers them.
Rows that are augmented, or that lie on disk, are made into blocks of some batches by a thread while
the block before is trained on.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from typing import Any, NamedTuple

import numpy as np

from badak.base.dtypes import Array
from badak.base.errors import RangeError, ShapeError
from badak.base.random import generator
from badak.core import Tensor
from badak.data import Batches, OnDisk, prefetched
from badak.data.augment import Compose

BLOCK_BYTES = 2**22
"""About so large is a block: some batches, yet a hundred trainings at once can have a few each."""


class Asked(NamedTuple):
    """Updates that a training asks for.

    Attributes:
        rows: (batches, rows of a batch) row numbers.
        data: inputs and targets that have these rows.
    """

    rows: Array
    data: tuple[Tensor, Tensor]


class Feed:
    """The batches of a training, epoch by epoch.

    Each batch is augmented by random numbers that follow from the seed, the epoch and the number of
    the batch, so that a training that goes on from a checkpoint sees what it would have seen.

    Args:
        batches: of the rows to train on.
        augment: what changes the rows at random; None for nothing.
        tensor: makes a tensor of values, as the network takes them.
    """

    def __init__(
        self, batches: Batches, augment: Compose | None, tensor: Callable[[Array], Tensor]
    ) -> None:
        self._batches = batches
        self._augment = augment
        self._tensor = tensor
        self._whole: tuple[Tensor, Tensor] | None = None
        data = batches.dataset
        if augment is None and not isinstance(data.x, OnDisk):
            self._whole = self._lying(data.x), self._lying(data.t)
        elif augment is not None:
            augment.check(data.classes)
            self._batch(0, 0, np.arange(min(len(data), batches.batch_size)))

    def _lying(self, values: Array) -> Tensor:
        """The values as they must lie to be gathered by machine code."""
        return Tensor(np.require(self._tensor(values).data, requirements=["C", "A"]))

    def short(self, batch: int) -> Array | None:
        """Row numbers like those of the short batch that comes after this one, if there is one."""
        batches = self._batches
        comes = batches.last_size < batches.batch_size and batch < len(batches) - 1
        return np.zeros((1, batches.last_size), np.int64) if comes else None

    def epochs(self, first: int, batch: int, last: int) -> Generator[Asked, None, None]:
        """All batches from that one of the first epoch on, before epoch `last`; to be closed."""
        if self._whole is not None:
            return self._tables(self._whole, first, batch, last)
        return prefetched(self._blocks(first, batch, last))

    def _tables(
        self, whole: tuple[Tensor, Tensor], first: int, batch: int, last: int
    ) -> Generator[Asked, None, None]:
        for epoch in range(first, last):
            for rows in self._batches.rows(epoch, start=batch if epoch == first else 0):
                yield Asked(rows, whole)

    def _blocks(self, first: int, batch: int, last: int) -> Iterator[Asked]:
        batches = self._batches
        of_batch = batches.dataset.x[:1].nbytes * batches.batch_size
        most = min(max(BLOCK_BYTES // max(of_batch, 1), 1), len(batches))
        for epoch in range(first, last):
            done = batch if epoch == first else 0
            for table in batches.rows(epoch, start=done):
                for start in range(0, len(table), most):
                    part = table[start : start + most]
                    yield self._block(epoch, done, part, most * batches.batch_size)
                    done += len(part)

    def _block(self, epoch: int, number: int, table: Array, room: int) -> Asked:
        """The batches of a table, from that number of the epoch on, one after the other."""
        count, size = table.shape
        parts: list[Array] = []
        for i, rows in enumerate(table):
            made = self._batch(epoch, number + i, rows)
            if not parts:
                # Blocks of one shape are all run by one program; what is not filled is not read.
                parts = [np.zeros((room, *part.shape[1:]), part.dtype) for part in made]
            for part, values in zip(parts, made, strict=True):
                part[i * size : (i + 1) * size] = values
        x, t = map(self._lying, parts)
        return Asked(np.arange(count * size).reshape(count, size), (x, t))

    def _batch(self, epoch: int, number: int, rows: Array) -> tuple[Array, Array]:
        data = self._batches.dataset
        x, t = data.x[rows], data.t[rows]
        if self._augment is None:
            return x, t
        random = generator(self._batches.seed, "augment", epoch, number)
        changed, targets = self._augment(x, t, random)
        if changed.shape != x.shape or targets.shape != t.shape:
            raise ShapeError(
                f"augment: {self._augment!r} gives rows of another shape",
                expected=f"{x.shape[1:]}, as they are when the network is asked",
                got=changed.shape[1:],
            )
        return changed.astype(x.dtype, copy=False), targets.astype(t.dtype, copy=False)


def by_parts(x: OnDisk, rows: int) -> Iterator[Array]:
    """Rows on disk, some at a time, read ahead."""
    parts = (x[start : start + rows] for start in range(0, len(x), rows))
    with closing(prefetched(parts)) as read:
        yield from read


def as_views(augment: Any, x: Array, seed: int, count: int) -> Iterator[Array]:
    """The rows changed at random, so many times.

    Raises:
        RangeError: when rows are mixed, of which each asks for a prediction of its own.
    """
    changes = Compose(augment)
    if changes.mixes:
        raise RangeError("sample: augmentation must not mix rows", got=repr(changes))
    nothing = np.zeros(len(x), np.float32)
    for number in range(count):
        yield changes(x[:], nothing, generator(seed, "sample", number))[0]
