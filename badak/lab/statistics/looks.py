"""Stopping early, without the false alarms of those who look again and again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from badak.base.dtypes import Array
from badak.base.errors import RangeError
from badak.base.numbers import real
from badak.lab.statistics.interval import Interval, paired_interval


@dataclass(frozen=True, slots=True)
class Looks:
    """When to look at the seeds that are finished, and whether to stop there.

    Whoever looks k times at 95 % intervals sees a difference that is none in far more than 5 % of
    the cases. So each look has its share of the error, (1 - confidence) / k (Bonferroni), and all
    together are wrong in at most 1 - confidence of them.

    Attributes:
        seeds: how many are finished at each look; the last number is the most there will be.
        confidence: of all looks together.

    Raises:
        RangeError: for no looks, fewer than 2 seeds at the first, numbers that do not rise, a
            confidence outside of (0, 1).

    >>> looks = Looks((5, 10, 20))
    >>> looks.stop([1.0, 1.1, 0.9, 1.0, 1.2]), looks.stop([1.0, -1.0, 0.5, -0.4, 0.0])
    (True, False)
    """

    seeds: tuple[int, ...] = (5, 10, 20)
    confidence: float = 0.95

    def __post_init__(self) -> None:
        real(self.confidence, "confidence", above=0, below=1)
        rising = all(before < after for before, after in pairwise(self.seeds))
        if not (self.seeds and self.seeds[0] >= 2 and rising):
            raise RangeError(
                "looks need rising numbers of seeds, from 2 on", got=self.seeds, hint="(5, 10, 20)"
            )

    @property
    def each(self) -> float:
        """The confidence of each look.

        >>> Looks((5, 10), confidence=0.95).each
        0.975
        """
        return 1 - (1 - self.confidence) / len(self.seeds)

    def interval(self, differences: Sequence[float] | Array) -> Interval:
        """The interval of the mean difference that one look allows.

        >>> Looks().interval([1.0, 1.1, 0.9, 1.0, 1.2])
        1.04 [0.838, 1.26]
        """
        return paired_interval(differences, self.each)

    def stop(self, differences: Sequence[float] | Array) -> bool:
        """Whether the seeds so far are enough: a difference is there, or no look is left.

        Args:
            differences: of all seeds so far, as many as a look has.

        Raises:
            RangeError: when there is no look at that number of seeds.
        """
        count = len(differences)
        if count not in self.seeds:
            raise RangeError("there is no look at so many seeds", expected=self.seeds, got=count)
        return count == self.seeds[-1] or self.interval(differences).excludes_zero
