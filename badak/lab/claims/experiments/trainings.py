"""Networks trained at several learning rates, each to be judged at the best of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from badak.base.errors import RangeError
from badak.data import Dataset
from badak.lab.task import Parts, Task
from badak.nn import Module, SoftmaxCrossEntropy
from badak.optim import Optimizer
from badak.train import Population, Trainer

Net = Callable[[], Module]
"""Makes a network whose weights follow from the seed that is set."""


@dataclass(frozen=True, eq=False)
class Trained:
    """One training that is over, and the rows that it had and did not have.

    Attributes:
        trainer: its network is as the training has left it; one that broke down is as it was
            before the update that would have broken it.
        parts: the rows of its seed.
        lr: its learning rate.
    """

    trainer: Trainer
    parts: Parts
    lr: float

    @cached_property
    def train(self) -> dict[str, float]:
        """The "loss" and the "accuracy" on training rows."""
        return self._measured(self.parts.train)

    @cached_property
    def validation(self) -> dict[str, float]:
        """Those on validation rows."""
        return self._measured(self.parts.validation)

    @cached_property
    def test(self) -> dict[str, float]:
        """Those on test rows."""
        return self._measured(self.parts.test)

    def _measured(self, data: Dataset) -> dict[str, float]:
        try:
            found = self.trainer.evaluate(data)
        except RangeError:  # it answers NaN, which is never right
            found = {"loss": math.nan, "accuracy": 0.0}
        # NaN compares with nothing: a loss beyond all numbers is the worst.
        return found if math.isfinite(found["loss"]) else {**found, "loss": math.inf}


def over_rates(
    net: Net,
    optimizer: Callable[[float], Optimizer],
    rates: Sequence[float],
    task: Task,
    seeds: Sequence[int],
    batch_size: int = 100,
) -> list[list[Trained]]:
    """The same training at each rate, for each seed: a row for each rate.

    Args:
        net: called once for each training. Equal seeds give equal weights, whatever the rate.
        optimizer: makes one from a learning rate.
        rates: the learning rates.
        task: the rows of each seed, and the number of updates.
        seeds: of weights, splits and batches.
        batch_size: rows of an update.
    """

    def build(lr: float) -> Trainer:
        return Trainer(net(), SoftmaxCrossEntropy(), optimizer(lr), ["accuracy"], progress=False)

    columns = []
    for seed in seeds:
        parts = task.parts(seed)
        population = Population(build, [{"lr": lr} for lr in rates], [seed])
        population.fit(parts.train, updates=task.updates, batch_size=batch_size, progress=False)
        members = zip(population.members, rates, strict=True)
        columns.append([Trained(member.trainer, parts, lr) for member, lr in members])
    return [list(row) for row in zip(*columns, strict=True)]


def at_best_rate(
    grid: Sequence[Sequence[Trained]],
    score: Callable[[Trained], float] = lambda one: one.validation["loss"],
) -> Sequence[Trained]:
    """The row of the rate whose median score over the seeds is lowest.

    Args:
        grid: of `over_rates`.
        score: a smaller one is better.
    """
    medians = [np.median([score(one) for one in row]) for row in grid]
    return grid[int(np.argmin(medians))]
