"""Whether a fix helps: the training with it and without, from the same seeds."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from badak.lab.statistics import Interval, paired_interval
from badak.train import Finding, Population, Trainer


@dataclass(frozen=True)
class Arm:
    """One side of a comparison.

    Attributes:
        build: makes a new trainer each time.
        asked: what its `fit` is called with: epochs, batch_size, ...
    """

    build: Callable[[], Trainer]
    asked: Mapping[str, Any]


@dataclass(frozen=True)
class Proof:
    """How a training went with a fix, and without.

    Attributes:
        finding: whose fix it was.
        measure: of rows that were not trained on: "accuracy", or "loss".
        before, after: the measure for each seed.
        interval: of the mean improvement, which is positive where the fix helps.
    """

    finding: Finding
    measure: str
    before: tuple[float, ...]
    after: tuple[float, ...]
    interval: Interval

    @property
    def helps(self) -> bool | None:
        """Whether the fix makes it better; None where these seeds cannot tell."""
        if self.interval.low > 0:
            return True
        return False if self.interval.high < 0 else None

    def __str__(self) -> str:
        change = ", ".join(f"{name} {value}" for name, value in self.finding.change.items())
        verdict = {True: "the fix helps", False: "the fix makes it worse", None: "not decided"}
        means = [sum(side) / len(side) for side in (self.before, self.after)]
        return (
            f"{self.finding.code}: {verdict[self.helps]}; with {change}, {self.measure} "
            f"{means[1]:.4g} instead of {means[0]:.4g} over {len(self.before)} seeds, better by "
            f"{self.interval.estimate:.3g} ({self.interval.low:.3g} to {self.interval.high:.3g}, "
            f"{self.interval.confidence:.0%} interval)"
        )


def prove(
    finding: Finding, before: Arm, after: Arm, train: Any, validation: Any,
    seeds: Iterable[int] = range(5),
) -> Proof:  # fmt: skip
    """Trains with a fix and without, and compares on rows that were not trained on.

    Both sides have the same seeds, so the same first weights where shapes allow, and the same order
    of rows. A training that breaks down is judged by where it stood.

    Args:
        finding: whose fix it is.
        before: the training as it was.
        after: the training with the fix.
        train: rows to train on.
        validation: rows to judge by.
        seeds: two at least.

    Raises:
        RangeError: for fewer than two seeds.

    >>> from badak.lab.proof import Arm, prove
    >>> data = bd.data.load("moons", rows=200)
    >>> def arm(lr):
    ...     net = lambda: nn.mlp(2, [8], 2)
    ...     return Arm(lambda: bd.Trainer(net(), optimizer=optim.SGD(lr)), {"epochs": 20})
    >>> finding = bd.train.Finding("lr-too-low", "learning suffers", "", "", "", "", {"lr": 0.5})
    >>> prove(finding, arm(1e-6), arm(0.5), data.train, data.test).helps
    True
    """
    chosen = list(seeds)
    measure, sign = "loss", -1.0
    sides = []
    for arm in (before, after):
        population = Population(arm.build, seeds=chosen)
        population.fit(train, **arm.asked, progress=False)
        sides.append(population.evaluate(validation))
    if "accuracy" in sides[0][0]:
        measure, sign = "accuracy", 1.0
    without, with_fix = (tuple(_number(found[measure]) for found in side) for side in sides)
    improvement = [sign * (b - a) for a, b in zip(without, with_fix, strict=True)]
    return Proof(finding, measure, without, with_fix, paired_interval(improvement))


def _number(value: float) -> float:
    return math.inf if math.isnan(value) else value
