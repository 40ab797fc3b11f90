"""From outcomes to ranked rows: who is better than the baseline, and how sure are we?"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from badak.base.dtypes import Array
from badak.lab.arena import Outcome
from badak.lab.statistics import Interval, Looks, Verdict, effect_size, judge, paired_interval

AS_SET, TUNED = "as set", "tuned"


@dataclass(frozen=True)
class Arm:
    """One way of training a contender.

    Attributes:
        contender: its name.
        name: "as set", or "tuned".
        rate: the learning rate.
        at_edge: whether that is the lowest or the highest of the sweep: a better one may lie
            beyond.

    >>> Arm("SGD", "tuned", 0.1, False)
    Arm(contender='SGD', name='tuned', rate=0.1, at_edge=False)
    """

    contender: str
    name: str
    rate: float
    at_edge: bool


Outcomes = Mapping[Arm, Mapping[int, Outcome]]
"""What became of each arm, by seed."""


@dataclass(frozen=True)
class Criterion:
    """What decides.

    Attributes:
        measure: of the outcomes.
        minimum: the least effect that matters, in that measure.
        baseline: the contender whom the others are compared with.
        looks: at which numbers of seeds one looks, and how sure one wants to be.

    >>> from badak.lab.statistics import Looks
    >>> Criterion("test accuracy", 0.005, "SGD", Looks((5,))).sign
    1.0
    """

    measure: str
    minimum: float
    baseline: str
    looks: Looks

    @property
    def sign(self) -> float:
        """1 where larger values are better, -1 where smaller ones are."""
        return 1.0 if "accuracy" in self.measure else -1.0

    def value(self, outcome: Outcome) -> float:
        """Larger is better; what broke down is infinitely bad."""
        value = outcome.values[self.measure]
        broken = outcome.ended or not math.isfinite(value)
        return -math.inf if broken else self.sign * value


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        arm: "as set" or "tuned".
        rank: 1 for the best of the arm.
        contender: its name.
        rate: its learning rate.
        at_edge: whether that is at an end of the sweep.
        seeds: how many trainings it has.
        ended: how many of them broke down; they are not in the mean.
        mean: of the measure; NaN when all broke down.
        difference: by how much it is better than the baseline, paired by seed, with its interval;
            None for the baseline.
        effect: that in standard deviations of the differences (Cohen's d, Hedges' correction).
        verdict: is it better than the baseline by what matters? None for the baseline.
        updates: until the target was reached, the median; infinite when most never did.
        pace: seconds of one update, alone.

    >>> Row("tuned", 1, "Adam", 0.001, False, 5, 0, 0.97, None, 0.0, None, 80, 1e-4).mean
    0.97
    """

    arm: str
    rank: int
    contender: str
    rate: float
    at_edge: bool
    seeds: int
    ended: int
    mean: float
    difference: Interval | None
    effect: float
    verdict: Verdict | None
    updates: float
    pace: float

    @property
    def seconds(self) -> float:
        """Seconds until the target was reached, training alone."""
        return self.updates * self.pace


def ranked(outcomes: Outcomes, criterion: Criterion, paces: Mapping[str, float]) -> list[Row]:
    """The rows of each arm, the best first."""
    rows = [_row(arm, outcomes, criterion, paces[arm.contender]) for arm in outcomes]
    arms = dict.fromkeys(arm.name for arm in outcomes)
    sign = criterion.sign

    def key(row: Row) -> tuple[bool, float]:
        return math.isnan(row.mean), -sign * row.mean

    groups = [sorted((row for row in rows if row.arm == name), key=key) for name in arms]
    return [replace(row, rank=i) for group in groups for i, row in enumerate(group, 1)]


def _row(arm: Arm, outcomes: Outcomes, criterion: Criterion, pace: float) -> Row:
    found = list(outcomes[arm].values())
    values = [criterion.sign * v for v in map(criterion.value, found) if math.isfinite(v)]
    interval, effect, verdict = None, 0.0, None
    if arm.contender != criterion.baseline:
        differences = better_by(arm, outcomes, criterion)
        interval = criterion.looks.interval(differences)
        effect = effect_size(differences)
        verdict = judge(interval, criterion.minimum)
    return Row(
        arm.name, 0, arm.contender, arm.rate, arm.at_edge, len(found),
        sum(bool(outcome.ended) for outcome in found),
        statistics.fmean(values) if values else math.nan,
        interval, effect, verdict,
        statistics.median(outcome.values["updates to target"] for outcome in found), pace,
    )  # fmt: skip


def better_by(arm: Arm, outcomes: Outcomes, criterion: Criterion) -> Array:
    """By how much an arm is better than the baseline of that arm, for each seed of both.

    Where both broke down, there is no difference.
    """
    against = next(a for a in outcomes if (a.contender, a.name) == (criterion.baseline, arm.name))
    seeds = [seed for seed in outcomes[arm] if seed in outcomes[against]]
    ours, theirs = (
        np.array([criterion.value(outcomes[a][seed]) for seed in seeds]) for a in (arm, against)
    )
    with np.errstate(invalid="ignore"):
        return np.where(ours == theirs, 0.0, ours - theirs)


def arm_verdict(name: str, outcomes: Outcomes, criterion: Criterion) -> Verdict:
    """Is any contender of the arm better than the baseline by what matters?

    SUPPORTED by one that is, in an interval for all of them together (Bonferroni), so that many
    contenders do not make a difference by their number. REFUTED when each of them is not.
    """
    arms = [a for a in outcomes if a.name == name and a.contender != criterion.baseline]
    alone, together = [], []
    for arm in arms:
        differences = better_by(arm, outcomes, criterion)
        alone.append(judge(criterion.looks.interval(differences), criterion.minimum))
        error = (1 - criterion.looks.each) / len(arms)
        together.append(judge(paired_interval(differences, 1 - error), criterion.minimum))
    if Verdict.SUPPORTED in together:
        return Verdict.SUPPORTED
    refuted = all(verdict is Verdict.REFUTED for verdict in alone)
    return Verdict.REFUTED if refuted else Verdict.UNDECIDED
