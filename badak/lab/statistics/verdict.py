"""What the numbers say about a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum

from badak.base.dtypes import Array
from badak.base.numbers import real
from badak.lab.statistics.interval import Interval, paired_interval


class Verdict(StrEnum):
    """What came out.

    SUPPORTED: the effect is there, and as large as was asked for.
    REFUTED: there is none of that size.
    CONDITIONAL: it holds under some conditions, and under others it does not.
    UNDECIDED: the trials do not tell.

    >>> print(Verdict.SUPPORTED)
    SUPPORTED
    """

    SUPPORTED = "SUPPORTED"
    REFUTED = "REFUTED"
    CONDITIONAL = "CONDITIONAL"
    UNDECIDED = "UNDECIDED"


def judge(interval: Interval, minimum: float) -> Verdict:
    """The verdict that an interval allows.

    SUPPORTED when all of it lies above 0 and the estimate is at least `minimum`; REFUTED when all
    of it lies below `minimum`: the effect, if there is one, is smaller than was asked for. For a
    minimum of 0 that means: below 0.

    Args:
        interval: of the differences; above 0 is in favour.
        minimum: the effect below which nobody would care, set before the trials; at least 0.

    Raises:
        RangeError: for a minimum below 0, infinite or NaN.

    >>> judge(Interval(0.5, 0.25, 0.75, 0.95), 0.3), judge(Interval(0.5, 0.25, 0.75, 0.95), 0.6)
    (<Verdict.SUPPORTED: 'SUPPORTED'>, <Verdict.UNDECIDED: 'UNDECIDED'>)
    """
    least = real(minimum, "minimum", at_least=0)
    if interval.low > 0 and interval.estimate >= least:
        return Verdict.SUPPORTED
    return Verdict.REFUTED if interval.high < least else Verdict.UNDECIDED


def decide(
    differences: Sequence[float] | Array, minimum: float, confidence: float = 0.95
) -> Verdict:
    """The verdict on paired differences; see `paired_interval` and `judge`.

    Args:
        differences: (n,), n at least 2; above 0 is in favour, infinite where one broke down.
        minimum: the effect below which nobody would care.
        confidence: of the interval.

    Raises:
        RangeError: for fewer than 2 differences, one that is NaN, a minimum below 0.

    >>> decide([0.1, 0.3, -0.1, 0.2, 0.0], minimum=1.0)
    <Verdict.REFUTED: 'REFUTED'>
    """
    return judge(paired_interval(differences, confidence), minimum)


def combine(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict on a sentence from those on its questions.

    All alike: that. Some for and some against: CONDITIONAL. Else UNDECIDED, also without any.

    >>> combine([Verdict.SUPPORTED, Verdict.REFUTED, Verdict.UNDECIDED])
    <Verdict.CONDITIONAL: 'CONDITIONAL'>
    >>> combine([Verdict.SUPPORTED, Verdict.UNDECIDED])
    <Verdict.UNDECIDED: 'UNDECIDED'>
    """
    found = set(verdicts)
    if len(found) == 1:
        return found.pop()
    mixed = found >= {Verdict.SUPPORTED, Verdict.REFUTED} or Verdict.CONDITIONAL in found
    return Verdict.CONDITIONAL if mixed else Verdict.UNDECIDED
