"""Where trials are run: many trainings at once, and each finished one is kept."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from badak import metrics
from badak.base.context import no_grad
from badak.base.random import derive_key
from badak.core import Tensor
from badak.data import Dataset
from badak.lab.blas import one_thread
from badak.lab.contender import Contender
from badak.lab.store import digest
from badak.lab.task import Parts, Task
from badak.train import Callback, Population, Trainer

LOOKS = 20
"""How often a training is looked at on its way, for its curve and the time to the target."""

LOOK_ROWS = 500
"""Validation rows that are asked on the way."""

AT_ONCE = 64
"""Trainings of one group; what is interrupted loses no more than these."""

FORMAT = 1
"""Another number makes all that stores keep be trained anew."""


@dataclass(frozen=True, eq=False)
class Trial:
    """One training of one contender.

    Attributes:
        name: of the contender.
        contender: what is trained.
        task: on what, and how long.
        seed: of the split, the weights and the order.
        final: whether test rows are looked at in the end; not while rates are chosen.
    """

    name: str
    contender: Contender
    task: Task
    seed: int
    final: bool

    @property
    def updates(self) -> int:
        """How many it makes."""
        return self.task.updates_of(self.contender.batch_size)

    @property
    def key(self) -> str | None:
        """A digest of all that determines its outcome; None when nobody can tell."""
        contender = self.contender.as_json()
        if contender is None:
            return None
        contender["lr"] = self.contender.rate
        tree = [FORMAT, contender, self.task.as_json(), self.seed, self.final]
        return digest(tree)


@dataclass(frozen=True)
class Outcome:
    """What became of a trial.

    Attributes:
        values: by measure, such as "test accuracy".
        curve: on the way, "updates", "validation loss", "validation accuracy".
        ended: what ended it early; "" for nothing.
    """

    values: Mapping[str, float]
    curve: Sequence[Mapping[str, float]] = field(repr=False)
    ended: str = ""

    def as_json(self) -> dict[str, Any]:
        """As a tree for JSON, in which numbers may be infinite."""
        curve = [dict(point) for point in self.curve]
        return {"values": dict(self.values), "curve": curve, "ended": self.ended}

    @classmethod
    def from_json(cls, tree: Mapping[str, Any]) -> Outcome:
        """What `as_json` gave.

        >>> kept = Outcome({"test loss": math.inf}, [{"updates": 5}]).as_json()
        >>> Outcome.from_json(kept).values
        {'test loss': inf}
        """
        return cls(tree["values"], tree["curve"], tree["ended"])


class Kept(Protocol):
    """Where outcomes are kept, by key: a `Store`, or a dictionary that forgets.

    >>> kept: Kept = Forgetful()
    >>> kept.find_all(["a"])
    {}
    """

    def find_all(self, keys: Sequence[str]) -> dict[str, dict[str, Any]]:
        """The records of those keys that are there."""

    def keep_all(self, records: Mapping[str, dict[str, Any]]) -> None:
        """Keeps records."""


class Forgetful:
    """Keeps nothing.

    >>> Forgetful().keep_all({"a": {}})
    """

    def find_all(self, keys: Sequence[str]) -> dict[str, dict[str, Any]]:
        return {}

    def keep_all(self, records: Mapping[str, dict[str, Any]]) -> None:
        pass


Told = Callable[[int], None]
"""Is told how many more updates have been made."""


def run(trials: Sequence[Trial], store: Kept, told: Told = lambda updates: None) -> list[Outcome]:
    """The outcomes of trials, in their order; those that the store has are not run again.

    Nor is one that is there twice. Trials of one seed train together, as populations, on the very
    same rows; what is done is kept before the next group begins.

    Raises:
        What a training raises, but for numbers that are not finite: those are an outcome.
    """
    keys = [trial.key for trial in trials]
    kept = store.find_all([key for key in keys if key is not None])
    found = {
        number: Outcome.from_json(kept[key])
        for number, key in enumerate(keys)
        if key is not None and key in kept
    }
    told(sum(trials[number].updates for number in found))
    missing = [number for number in range(len(trials)) if number not in found]
    twins = {number: keys.index(keys[number]) for number in missing if keys[number] is not None}
    for group in _groups(trials, [n for n in missing if twins.get(n, n) == n]):
        with one_thread():
            outcomes = _train([trials[number] for number in group], told)
        found |= dict(zip(group, outcomes, strict=True))
        store.keep_all(
            {key: found[number].as_json() for number in group if (key := keys[number]) is not None}
        )
    return [found[twins.get(number, number)] for number in range(len(trials))]


def _groups(trials: Sequence[Trial], numbers: Sequence[int]) -> list[list[int]]:
    """Trials that can be one population: one task, seed, and way of feeding."""
    groups: dict[Any, list[int]] = {}
    for number in numbers:
        trial, contender = trials[number], trials[number].contender
        alike = (
            id(trial.task), trial.seed, contender.draw, contender.batch_size,
            contender.standardize, contender.one_hot, contender.wants_images,
        )  # fmt: skip
        groups.setdefault(alike, []).append(number)
    return [
        group[start : start + AT_ONCE]
        for group in groups.values()
        for start in range(0, len(group), AT_ONCE)
    ]


def _train(trials: Sequence[Trial], told: Told) -> list[Outcome]:
    """Trains trials of one group together."""
    first = trials[0]
    task, one = first.task, first.contender
    parts = task.parts_for(one, first.seed)
    seed = derive_key(first.seed, "draw", one.draw) if one.draw else first.seed
    updates = first.updates
    looks = [Looks(task, updates, parts.validation, told) for _ in trials]

    def build(number: int) -> Trainer:
        contender = trials[number].contender
        shape = task.shape(contender.wants_images)
        try:
            made = contender.trainer(shape, task.outputs, task.classifies, updates, seed)
        except Exception as error:
            error.add_note(f"contender {trials[number].name!r}")
            raise
        made.callbacks = [looks[number]]
        return made

    population = Population(build, [{"number": n} for n in range(len(trials))], seeds=[seed])
    batch_size = min(one.batch_size, len(parts.train))
    population.fit(
        parts.train, updates=updates, batch_size=batch_size, drop_last=True, progress=False
    )
    outcomes = []
    for trial, member, look in zip(trials, population.members, looks, strict=True):
        ended = "" if member.error is None else member.error.what
        values = _values(member.trainer, parts, look, trial.final)
        outcomes.append(Outcome(values, look.curve, ended))
        told(updates - look.done)
    return outcomes


class Looks(Callback):
    """Looks at a training on its way: its curve over the updates."""

    def __init__(self, task: Task, updates: int, validation: Dataset, told: Told) -> None:
        self.every_batches = max(updates // LOOKS, 1)
        self.curve: list[dict[str, float]] = []
        self.done = 0
        self._task = task
        self._rows = validation.head(LOOK_ROWS)
        self._told = told

    def on_batch_end(self, trainer: Trainer, loss: float) -> None:
        updates = trainer.position.step
        if updates % (self.every_batches or 1):
            return
        seen = {f"validation {name}": value for name, value in scores(trainer, self._rows).items()}
        self.curve.append({"updates": updates, **seen})
        self._told(updates - self.done)
        self.done = updates

    def updates_to_target(self) -> float:
        """Updates until the target was reached; infinite when it was not."""
        target, larger = self._task.target, self._task.classifies
        name = "validation accuracy" if larger else "validation loss"
        for point in self.curve:
            if target is not None and (point[name] >= target if larger else point[name] <= target):
                return point["updates"]
        return math.inf


def scores(trainer: Trainer, data: Dataset) -> dict[str, float]:
    """The mean loss, and for classes the accuracy; NaN where predictions are not finite.

    >>> data = bd.data.load("xor", rows=40).test
    >>> sorted(scores(bd.Trainer(nn.Linear(2, 2)), data))
    ['accuracy', 'loss']
    """
    prediction = trainer.predict(data)
    if not np.isfinite(prediction).all():
        names = ["loss"] if data.n_classes is None else ["accuracy", "loss"]
        return dict.fromkeys(names, math.nan)
    with no_grad():
        loss = float(trainer.loss(Tensor(prediction), trainer.tensor(data.t)))
    if data.n_classes is None:
        return {"loss": loss}
    return {"accuracy": metrics.accuracy(prediction, data.t), "loss": loss}


def _values(trainer: Trainer, parts: Parts, look: Looks, final: bool) -> dict[str, float]:
    named = {"validation": parts.validation}
    if final:
        named |= {"train": parts.train, "test": parts.test}
    values = {
        f"{part} {name}": value
        for part, data in named.items()
        for name, value in scores(trainer, data).items()
    }
    values["updates to target"] = look.updates_to_target()
    if final and "test accuracy" in values:
        values["gap"] = values["train accuracy"] - values["test accuracy"]
    return values
