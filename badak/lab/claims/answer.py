"""What the trials say to one question under one condition."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from badak.base.dtypes import Array
from badak.lab.claims.claim import Question
from badak.lab.statistics import Interval, Verdict, effect_size, judge, paired_interval

HEAD = ("question", "first", "second", "better by", "at least", "d", "verdict")
"""What stands above the cells of an answer."""


@dataclass(frozen=True)
class Answer:
    """One question, asked under one condition, and what both contenders reached.

    Attributes:
        question: what was asked.
        condition: under which circumstances.
        values: of the first and of the second contender, one pair a seed.

    >>> question = Question("sign flips", "Momentum", "SGD", better="smaller", minimum=1.0)
    >>> answer = Answer(question, "kappa 20", ((4.0, 30.0), (5.0, 30.0), (4.0, 29.0)))
    >>> answer.interval, answer.verdict
    (25.3 [23.9, 27.1], <Verdict.SUPPORTED: 'SUPPORTED'>)
    """

    question: Question
    condition: str
    values: tuple[tuple[float, float], ...]

    @cached_property
    def differences(self) -> Array:
        """By how much the first was better, for each seed.

        A trial that broke down, whose value is not finite, is infinitely bad, and two of them are
        equal.

        >>> question = Question("loss", "Adam", "SGD", better="smaller", minimum=0.0)
        >>> Answer(question, "", ((1.0, 3.0), (1.0, np.nan), (np.inf, np.nan))).differences
        array([ 2., inf,  0.])
        """
        sign = 1.0 if self.question.better == "larger" else -1.0
        values = sign * np.array(self.values, np.float64).reshape(-1, 2)
        first, second = np.where(np.isfinite(values), values, -np.inf).T
        with np.errstate(over="ignore", invalid="ignore"):
            differences = first - second
        return np.where(first == second, 0.0, differences)

    @cached_property
    def means(self) -> tuple[float, float]:
        """The mean of each contender over the seeds; not finite where one broke down.

        >>> question = Question("loss", "Adam", "SGD", better="smaller", minimum=0.0)
        >>> Answer(question, "", ((1.0, 3.0), (2.0, 5.0))).means
        (1.5, 4.0)
        """
        with np.errstate(over="ignore", invalid="ignore"):
            first, second = np.mean(np.array(self.values, np.float64), axis=0)
        return float(first), float(second)

    @cached_property
    def interval(self) -> Interval:
        """The mean of the differences, with its interval.

        Raises:
            RangeError: for fewer than 2 seeds.
        """
        return paired_interval(self.differences)

    @cached_property
    def effect_size(self) -> float:
        """The mean of the differences beside their spread; see `badak.lab.statistics`."""
        return effect_size(self.differences)

    @cached_property
    def verdict(self) -> Verdict:
        """What follows for the question."""
        return judge(self.interval, self.question.minimum)

    def record(self) -> dict[str, Any]:
        """All of it in one flat row.

        >>> question = Question("loss", "Adam", "SGD", better="smaller", minimum=0.5)
        >>> row = Answer(question, "digits", ((1.0, 3.0), (2.0, 4.0))).record()
        >>> row["condition"], row["difference"], row["minimum"], row["verdict"]
        ('digits', 2.0, 0.5, 'SUPPORTED')
        """
        asked = self.question
        return {
            "measure": asked.measure,
            "condition": self.condition,
            "first": asked.first,
            "second": asked.second,
            "better": asked.better,
            "seeds": len(self.values),
            "first_mean": self.means[0],
            "second_mean": self.means[1],
            "difference": self.interval.estimate,
            "low": self.interval.low,
            "high": self.interval.high,
            "confidence": self.interval.confidence,
            "minimum": asked.minimum,
            "effect_size": self.effect_size,
            "verdict": str(self.verdict),
        }


def cells(answer: Answer) -> tuple[str, ...]:
    """An answer as the texts of a row; see `HEAD`.

    >>> question = Question("loss", "Adam", "SGD", better="smaller", minimum=0.5)
    >>> cells(Answer(question, "digits", ((1.0, 3.0), (2.0, 4.0))))
    ('loss, digits', 'Adam 1.5', 'SGD 3.5', '2 [2, 2]', '0.5', 'inf', 'SUPPORTED')
    """
    asked, (first, second) = answer.question, answer.means
    return (
        f"{asked.measure}, {answer.condition}",
        f"{asked.first} {_mean(first)}",
        f"{asked.second} {_mean(second)}",
        repr(answer.interval),
        f"{asked.minimum:g}",
        "-" if math.isnan(answer.effect_size) else f"{answer.effect_size:.2g}",
        str(answer.verdict),
    )


def _mean(value: float) -> str:
    return f"{value:.4g}" if math.isfinite(value) else "broke down"
