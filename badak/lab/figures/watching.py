"""Looking at many trainings while they go on."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from badak.base.dtypes import Array
from badak.base.shapes import positive
from badak.data import Dataset
from badak.train import Callback, Population, Trainer


class LossCurve(Callback):
    """The mean training loss of each stretch of so many updates.

    Args:
        every: updates a stretch.

    Attributes:
        losses: of the stretches so far.

    >>> curve = LossCurve(5)
    >>> trainer = bd.Trainer(nn.Linear(2, 2), "softmax_cross_entropy", "sgd", callbacks=[curve],
    ...                      progress=False)
    >>> history = trainer.fit(bd.data.load("xor", rows=40).train, updates=20, batch_size=4)
    >>> len(curve.losses)
    4
    """

    def __init__(self, every: int) -> None:
        self.every = self.every_batches = positive(every, "every")
        self.losses: list[float] = []
        self._epoch = 0
        self._seen = self._sum = 0.0
        self._seen_rows = self._rows = 0

    def on_batch_end(self, trainer: Trainer, loss: float) -> None:
        position = trainer.position
        if position.epoch != self._epoch:  # the sums of an epoch begin at 0
            self._epoch, self._seen, self._seen_rows = position.epoch, 0.0, 0
        self._sum += position.sums["loss"] - self._seen
        self._rows += position.counted["loss"] - self._seen_rows
        self._seen, self._seen_rows = position.sums["loss"], position.counted["loss"]
        if position.step % self.every == 0:
            self.losses.append(self._sum / self._rows if self._rows else math.nan)
            self._sum, self._rows = 0.0, 0

    def padded(self, count: int) -> list[float]:
        """So many losses, NaN where the training has ended before."""
        return (self.losses + [math.nan] * count)[:count]


def watched(
    population: Population,
    train: Dataset,
    at: Sequence[int],
    batch_size: int,
    measured: Callable[[Trainer], ArrayLike],
) -> Array:
    """Trains a population, and measures its members after some numbers of updates.

    Args:
        population: what is trained.
        train: on which rows.
        at: after how many updates, upwards; 0 for before the first.
        batch_size: rows for one update.
        measured: one number or more of a training.

    Returns:
        (members, looks, ...): what was measured; NaN once a member's training has broken down.

    >>> data = bd.data.load("xor", rows=40)
    >>> population = bd.Population(lambda: bd.Trainer(nn.Linear(2, 2)), seeds=range(3))
    >>> watched(population, data.train, [0, 5, 10], 10,
    ...         lambda trainer: trainer.evaluate(data.test)["loss"]).shape
    (3, 3)
    """
    looks = []
    done = 0
    for updates in at:
        if updates > done:
            more = updates - done
            population.fit(train, updates=more, batch_size=batch_size, progress=False)
            done = updates
        look = np.array([measured(member.trainer) for member in population.members], np.float64)
        look[[member.error is not None for member in population.members]] = math.nan
        looks.append(look)
    return np.stack(looks, axis=1)
