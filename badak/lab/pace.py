"""How long one update of each contender takes when it trains alone."""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping

from badak.lab.contender import Contender
from badak.lab.progress import Progress
from badak.lab.task import Task
from badak.train import Callback, NotFiniteError, Trainer

EVERY = 20
TIMES = 6
"""So many times, so many updates; the first time does not count: machine code is made in it."""

ROUNDS = 2
"""Contenders take turns, so that a busy moment of the machine does not hit one of them alone."""


class Stopwatch(Callback):
    """Writes down when each 20 updates are done.

    >>> Stopwatch().every_batches
    20
    """

    every_batches = EVERY

    def __init__(self) -> None:
        self.moments: list[float] = []

    def on_batch_end(self, trainer: Trainer, loss: float) -> None:
        self.moments.append(time.perf_counter())

    def seconds(self) -> list[float]:
        """Of one update, for each 20 after the first."""
        pairs = zip(self.moments[1:], self.moments, strict=False)
        return [(after - before) / EVERY for after, before in pairs]


def paces(field: Mapping[str, Contender], task: Task, shown: Progress) -> dict[str, float]:
    """The median seconds of one update, by contender; NaN for one that breaks down at once.

    >>> from badak.lab.recipe import Recipe
    >>> found = paces({"Adam": Recipe(layers=(5,))}, Task("xor"), Progress())
    >>> 0 < found["Adam"] < 1
    True
    """
    found: dict[str, list[float]] = {name: [] for name in field}
    for _ in range(ROUNDS):
        for name, contender in field.items():
            watch = Stopwatch()
            parts = task.parts_for(contender, 0)
            shape = task.shape(contender.wants_images)
            rows = parts.train.head(min(len(parts.train), contender.batch_size * EVERY))
            trainer = contender.trainer(shape, task.outputs, task.classifies, EVERY * TIMES, seed=0)
            trainer.callbacks = [watch]
            try:
                size = min(contender.batch_size, len(rows))
                trainer.fit(rows, updates=EVERY * TIMES, batch_size=size, drop_last=True)
            except NotFiniteError:
                pass  # what was timed until then is enough, or is nothing
            found[name] += watch.seconds()
            shown.advance(1 / ROUNDS)
    return {
        name: statistics.median(seconds) if seconds else float("nan")
        for name, seconds in found.items()
    }
