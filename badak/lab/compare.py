"""The fair comparison: the same data, seeds, budget and tuning for everybody."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from badak.base.errors import RangeError, unknown_name
from badak.base.files import Path
from badak.base.numbers import real
from badak.base.random import derive_key
from badak.base.shapes import positive
from badak.data import TrainTest
from badak.lab.arena import Forgetful, Kept, Outcome, Trial, run
from badak.lab.comparison import Comparison
from badak.lab.contender import Contender, as_contender
from badak.lab.pace import paces
from badak.lab.progress import Progress
from badak.lab.ranking import AS_SET, TUNED, Arm, Criterion, better_by
from badak.lab.recipe import Recipe
from badak.lab.statistics import Looks
from badak.lab.store import Store
from badak.lab.task import Task

RATES = tuple(10.0 ** (step / 2) for step in range(-3, 5))
"""What a learning rate is multiplied with in the sweep: eight, half a decade apart, mostly upwards,
since books and libraries set them low."""

TUNING_SEEDS = 3

ACCURACY, LOSS = 0.005, 0.01
"""The least effects that matter unless somebody says otherwise: half a point of accuracy."""


def compare(
    contenders: Mapping[str, Any],
    data: str | TrainTest = "digits",
    *,
    base: Mapping[str, Any] | None = None,
    seeds: int | Sequence[int] = 10,
    updates: int = 1000,
    epochs: float | None = None,
    validation: float = 0.1,
    rows: int | None = None,
    label_noise: float = 0.0,
    target: float | None = None,
    tuned: bool = True,
    rates: Sequence[float] = RATES,
    measure: str | None = None,
    minimum: float | None = None,
    baseline: str | None = None,
    store: Kept | Path | None = None,
    progress: bool = True,
    name: str = "comparison",
    root: str | None = None,
) -> Comparison:
    """Which of these works best on these data, and how sure are we?

    Every contender gets the same rows, the same initial weights where shapes allow, the same order
    of batches and the same number of updates, seed by seed; so their differences are paired. Each
    is trained twice: as it was set, and tuned: with the learning rate that is best on validation
    rows, of eight rates half a decade apart, for seeds that are not those of the comparison. Test
    rows are looked at once, at the end. All of one seed train at once (see `Population`).

    Choi et al., "On Empirical Comparisons of Optimizers for Deep Learning" (2019), show that
    rankings follow the tuning; hence both arms.

    Args:
        contenders: by name: settings of a `Recipe` that differ from the base, a `Recipe`, or a
            function that makes a `Trainer` (with an argument `lr`, to be tuned).
        data: the name of a data set, a file, or a `TrainTest`.
        base: settings of the recipe that all share.
        seeds: how many; or rising numbers, such as (5, 10, 20), at which those contenders stop
            whose difference is clear by then.
        updates: of each training.
        epochs: instead, how often each sees its rows, so that larger batches make fewer updates.
        validation: the share of the training rows to choose by.
        rows: train on so many rows only.
        label_noise: the share of training rows that get a wrong class.
        target: the validation accuracy (or loss) whose reaching is timed.
        tuned: False leaves the tuned arm out.
        rates: factors of the learning rate in the sweep.
        measure: what decides; "test accuracy", or "test loss" for numbers, unless given.
        minimum: the least effect that matters, in that measure: 0.005 of accuracy, 0.01 of a loss.
        baseline: whom the others are compared with; the first unless given.
        store: keeps each finished training, so that an interrupted comparison goes on.
        progress: whether to show on standard error how far it is.
        name: what it is called.
        root: the folder with the files of the data set.

    Returns:
        The comparison; print it.

    Raises:
        RangeError: unknown settings, fewer than two contenders, an empty sweep, fewer than 2 seeds.
        And whatever a training raises, but for numbers that are not finite: that is a row.

    >>> result = bd.lab.compare({"SGD": {"optimizer": "sgd", "lr": 0.01}, "Adam": {}},
    ...                         seeds=3, updates=60, base={"layers": [20]}, progress=False)
    >>> [row.contender for row in result.rows if row.arm == "as set"]
    ['Adam', 'SGD']
    """
    task = Task(data, updates, validation, rows, label_noise, target, epochs, root)
    field = _field(contenders, base)
    first = baseline or next(iter(field))
    if first not in field:
        raise unknown_name("baseline", first, field)
    counts = (seeds,) if isinstance(seeds, int) else tuple(seeds)
    if counts and counts[0] < 2:
        raise RangeError(
            "an interval needs at least 2 seeds", got=counts[0], hint="5 or more are better"
        )
    looks = Looks(tuple(positive(count, "seeds") for count in counts))
    factors = [real(rate, "rates", above=0) for rate in rates]
    if tuned and not factors:
        raise RangeError("the sweep has no rate", hint="tuned=False, or some rates")
    measure = _measure(measure, task)
    _rehearse(field, task)
    usual = ACCURACY if "accuracy" in measure or measure == "gap" else LOSS
    least = usual if minimum is None else real(minimum, "minimum", at_least=0)
    criterion = Criterion(measure, least, first, looks)
    kept = as_store(store)
    started = time.monotonic()
    with Progress.on_terminal(progress) as shown:
        chosen = _tuned(field, task, factors, kept, shown) if tuned else {}
        arms = [Arm(one, AS_SET, field[one].rate, False) for one in field]
        arms += [Arm(one, TUNED, *choice) for one, choice in chosen.items()]
        outcomes = _Race(field, arms, task, criterion, kept, shown).run()
        shown.begin("timing", len(field))
        seconds = paces(field, task, shown)
    told = {one: _told(contender) for one, contender in field.items()}
    took = time.monotonic() - started
    return Comparison.of(name, task, told, criterion, outcomes, seconds, took)


def _told(contender: Contender) -> Any:
    """What a contender is made of, for people: what differs from the usual."""
    if isinstance(contender, Recipe):
        return contender.differs(Recipe())
    return {"function": getattr(contender, "name", repr(contender))}


def _measure(name: str | None, task: Task) -> str:
    """What decides, if there is such a number."""
    scores = ("accuracy", "loss") if task.classifies else ("loss",)
    known = [f"{part} {score}" for part in ("test", "validation", "train") for score in scores]
    known += ["gap"] if task.classifies else []
    if name is not None and name not in known:
        raise unknown_name("measure", name, known)
    return name or known[0]


def _rehearse(field: Mapping[str, Contender], task: Task) -> None:
    """Finds what is wrong with any contender before the first is trained."""
    for name, contender in field.items():
        try:
            rows = task.parts_for(contender, 0).train.head(contender.batch_size)
            updates = task.updates_of(contender.batch_size)
            shape = task.shape(contender.wants_images)
            trainer = contender.trainer(shape, task.outputs, task.classifies, updates, 0)
            trainer.course(rows, None, None, None, 1, len(rows), True, False)
        except Exception as error:
            error.add_note(f"contender {name!r}")
            raise


def as_store(store: Kept | Path | None) -> Kept:
    """Where trainings are kept: nowhere, in the file of a path, or where it says.

    >>> as_store(None).find_all(["a"])
    {}
    """
    if store is None:
        return Forgetful()
    return Store(store) if isinstance(store, str | bytes | os.PathLike) else store


def _field(contenders: Mapping[str, Any], base: Mapping[str, Any] | None) -> dict[str, Contender]:
    """The contenders, each checked; what is wrong with one is said with its name."""
    shared = Recipe.of(base or {})
    if len(contenders) < 2:
        raise RangeError(
            "a comparison needs at least two contenders", got=", ".join(contenders) or "none"
        )
    field = {}
    for name, settings in contenders.items():
        try:
            field[name] = as_contender(settings, shared)
        except Exception as error:
            error.add_note(f"contender {name!r}")
            raise
    return field


def _tuned(
    field: Mapping[str, Contender],
    task: Task,
    factors: Sequence[float],
    store: Kept,
    shown: Progress,
) -> dict[str, tuple[float, bool]]:
    """The best rate of each contender on validation rows, and whether it is at an end."""
    seeds = [derive_key(seed, "tuning") for seed in range(TUNING_SEEDS)]
    trials = [
        Trial(name, contender.with_rate(contender.rate * factor), task, seed, final=False)
        for seed in seeds
        for name, contender in field.items()
        for factor in factors
    ]
    shown.begin("tuning learning rates", sum(trial.updates for trial in trials))
    outcomes = run(trials, store, shown.advance)
    score = "validation accuracy" if task.classifies else "validation loss"
    shape = (len(seeds), len(field), len(factors))
    found = np.array([_score(outcome, score) for outcome in outcomes]).reshape(shape).mean(axis=0)
    best = found.argmax(axis=1)
    return {
        name: (field[name].rate * factors[at], bool(at in (0, len(factors) - 1)))
        for name, at in zip(field, best, strict=True)
    }


def _score(outcome: Outcome, measure: str) -> float:
    """Larger is better, and what broke down is worst."""
    value = outcome.values[measure]
    if outcome.ended or not math.isfinite(value):
        return -1e30
    return value if "accuracy" in measure else -value


@dataclass
class _Race:
    """The final trainings, more seeds for those who are not decided yet."""

    field: Mapping[str, Contender]
    arms: Sequence[Arm]
    task: Task
    criterion: Criterion
    store: Kept
    shown: Progress

    def run(self) -> dict[Arm, dict[int, Outcome]]:
        """The outcomes of each arm by seed."""
        outcomes: dict[Arm, dict[int, Outcome]] = {arm: {} for arm in self.arms}
        done = 0
        for look, count in enumerate(self.criterion.looks.seeds):
            going = [arm for arm in self.arms if self._goes(arm, outcomes, done)]
            if not any(arm.contender != self.criterion.baseline for arm in going):
                break
            part = f", look {look + 1} of {len(self.criterion.looks.seeds)}" if look else ""
            wanted = [(arm, seed) for seed in range(done, count) for arm in going]
            trials = [self._trial(arm, seed) for arm, seed in wanted]
            self.shown.begin(f"comparing{part}", sum(trial.updates for trial in trials))
            found = run(trials, self.store, self.shown.advance)
            for (arm, seed), outcome in zip(wanted, found, strict=True):
                outcomes[arm][seed] = outcome
            done = count
        return outcomes

    def _trial(self, arm: Arm, seed: int) -> Trial:
        contender = self.field[arm.contender].with_rate(arm.rate)
        return Trial(arm.contender, contender, self.task, seed, final=True)

    def _goes(self, arm: Arm, outcomes: Mapping[Arm, Mapping[int, Outcome]], done: int) -> bool:
        """Whether an arm needs more seeds; the baseline goes as long as anybody does."""
        if not done or arm.contender == self.criterion.baseline:
            return True
        return not self.criterion.looks.stop(better_by(arm, outcomes, self.criterion))
