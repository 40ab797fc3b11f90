"""How long one update of each contender takes when it trains alone."""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from badak.data import Dataset
from badak.lab.contender import Contender
from badak.lab.progress import Progress
from badak.lab.task import Task
from badak.train import Callback, NotFiniteError, Trainer

EVERY = 100
TIMES = 4
"""So many times, so many updates; the first time does not count: machine code is made in it."""

ROUNDS = 2
"""Contenders take turns, so that a busy moment of the machine does not hit one of them alone."""


class Stopwatch(Callback):
    """Writes down when each 100 updates are done.

    >>> Stopwatch().every_batches
    100
    """

    every_batches = EVERY

    def __init__(self) -> None:
        self.moments: list[float] = []

    def on_batch_end(self, trainer: Trainer, loss: float) -> None:
        self.moments.append(time.perf_counter())

    def seconds(self) -> list[float]:
        """Of one update, for each 100 after the first."""
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
    forms: dict[Any, Dataset] = {}
    for contender in field.values():  # many contenders take the rows in one form
        if _form(contender) not in forms:
            forms[_form(contender)] = task.parts_for(contender, 0).train
    for _ in range(ROUNDS):
        for name, contender in field.items():
            watch = Stopwatch()
            shape = task.shape(contender.wants_images)
            rows = forms[_form(contender)].head(contender.batch_size * EVERY)
            trainer = contender.trainer(shape, task.outputs, task.classifies, EVERY * TIMES, seed=0)
            trainer.callbacks = [watch]
            size = min(contender.batch_size, len(rows))
            with suppress(NotFiniteError):  # what was timed until then is enough, or is nothing
                trainer.fit(rows, updates=EVERY * TIMES, batch_size=size, drop_last=True)
            found[name] += watch.seconds()
            shown.advance(1 / ROUNDS)
    return {
        name: statistics.median(seconds) if seconds else float("nan")
        for name, seconds in found.items()
    }


def _form(contender: Contender) -> tuple[bool, bool, bool]:
    """In which form it takes the rows."""
    return contender.wants_images, contender.standardize, contender.one_hot
