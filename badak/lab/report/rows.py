"""The rows of a comparison as text."""

from __future__ import annotations

import math

from badak.lab.ranking import Criterion, Row
from badak.lab.statistics import Interval, Verdict


def amount(value: float, measure: str) -> str:
    """A value or an effect for people: accuracies in points.

    >>> amount(0.0123, "test accuracy"), amount(0.0123, "test loss")
    ('1.23 points', '0.0123')
    """
    return f"{100 * value:.3g} points" if in_points(measure) else f"{value:.3g}"


def difference(interval: Interval, measure: str) -> str:
    """A difference with its interval.

    >>> difference(Interval(0.012, 0.008, 0.016, 0.95), "test accuracy")
    '+1.20 [0.80, 1.60] points'
    """
    if in_points(measure):
        mean, low, high = (100 * x for x in (interval.estimate, interval.low, interval.high))
        return f"{mean:+.2f} [{low:.2f}, {high:.2f}] points"
    return f"{interval.estimate:+.3g} [{interval.low:.3g}, {interval.high:.3g}]"


def in_points(measure: str) -> bool:
    """Whether a measure is a share, which people read in points of a hundred.

    >>> in_points("test accuracy"), in_points("test loss")
    (True, False)
    """
    return "accuracy" in measure or measure == "gap"


def heads(criterion: Criterion, target: float | None) -> tuple[str, ...]:
    """What stands above `cells`."""
    least = amount(criterion.minimum, criterion.measure)
    timed = ("updates", f"s to {target:g}") if target is not None else ()
    return (
        "contender", "lr", criterion.measure, f"better than {criterion.baseline} by", "d",
        f"by {least}?", *timed, "ms/update",
    )  # fmt: skip


def cells(row: Row, criterion: Criterion, target: float | None) -> tuple[str, ...]:
    """A row as texts; a rate at an end of its sweep has a mark."""
    measure = criterion.measure
    words = {
        Verdict.SUPPORTED: "yes",
        Verdict.REFUTED: "no",
        Verdict.UNDECIDED: "undecided",
        None: "",
    }
    by = (
        ""
        if row.difference is None
        else difference(row.difference, measure).removesuffix(" points")
    )
    mean = f"{100 * row.mean:.2f} %" if in_points(measure) else f"{row.mean:.4g}"
    verdict = words[row.verdict]
    if row.difference is not None and row.difference.high < 0:
        verdict = "no: worse"
    if row.ended:
        verdict += f" ({row.ended} of {row.seeds} broke down)"
    timed = (_whole(row.updates), f"{row.seconds:.3g}") if target is not None else ()
    return (
        row.contender, f"{row.rate:.3g}{'*' if row.at_edge else ''}", mean, by,
        "" if row.difference is None else f"{row.effect:.2g}", verdict, *timed,
        f"{1000 * row.pace:.3g}",
    )  # fmt: skip


def _whole(updates: float) -> str:
    return f"{updates:,.0f}" if math.isfinite(updates) else "never"
