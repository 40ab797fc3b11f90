"""The pictures of a comparison."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from badak.lab.drawing import MARKERS, Picture, Style, finish, panels
from badak.lab.report.rows import in_points
from badak.lab.statistics import Verdict

if TYPE_CHECKING:  # for the type checker alone: a comparison draws itself with these
    from badak.lab.comparison import Comparison
    from badak.lab.ranking import Row

MARKS = {Verdict.SUPPORTED: "o", Verdict.REFUTED: "X", Verdict.UNDECIDED: "s"}
WORDS = {Verdict.SUPPORTED: "better", Verdict.REFUTED: "not better", Verdict.UNDECIDED: "undecided"}

_WIDTH, _LINE = 5.2, 0.3  # of a panel and of a contender in it, in inches


def differences_picture(comparison: Comparison) -> Picture:
    """By how much each contender is better than the baseline: a panel for each arm."""
    asked = comparison.criterion
    caption = (
        f"Paired differences of {asked.measure} to {asked.baseline} with "
        f"{asked.looks.confidence:.0%} intervals; right of 0 is better, and right of the dashed "
        "line by what matters."
    )
    return Picture("differences", caption, comparison.records(), partial(_differences, comparison))


def _differences(comparison: Comparison, style: Style) -> Any:
    arms = list(comparison.verdicts)
    most = max(len(comparison.arm(arm)) for arm in arms)
    height = _LINE * most + 0.9
    figure, axes = panels(len(arms), style=style, columns=1, size=(_WIDTH, height))
    for axis, arm in zip(axes, arms, strict=True):
        _arm(axis, comparison, [row for row in comparison.arm(arm) if row.difference], style)
        unit, _ = _unit(comparison)
        finish(axis, style, arm, f"better than {comparison.criterion.baseline} by ({unit})", "")
        axis.grid(axis="y", visible=False)
        axis.spines["left"].set_visible(False)
        axis.tick_params(axis="y", length=0)
    return figure


def _unit(comparison: Comparison) -> tuple[str, float]:
    measure = comparison.criterion.measure
    return (f"points of {measure}", 100.0) if in_points(measure) else (measure, 1.0)


def _limits(comparison: Comparison, rows: Sequence[Row]) -> tuple[float, float]:
    """Everything finite, 0 and the least effect that matters, with room around."""
    _, unit = _unit(comparison)
    asked = comparison.criterion
    ends = [0.0, asked.minimum]
    for row in rows:
        if row.difference is not None:
            ends += [row.difference.low, row.difference.high]
    finite = [unit * end for end in ends if math.isfinite(end)]
    room = 0.06 * (max(finite) - min(finite)) or 1.0
    return min(finite) - room, max(finite) + room


def _arm(axis: Any, comparison: Comparison, rows: Sequence[Row], style: Style) -> None:
    _, unit = _unit(comparison)
    left, right = _limits(comparison, rows)
    axis.axvline(0.0, color=style.ink, linewidth=1.0)
    axis.axvline(unit * comparison.criterion.minimum, color=style.ink, linewidth=1, linestyle="--")
    colours = {Verdict.SUPPORTED: style.hue(0), Verdict.REFUTED: style.hue(1)}
    for place, row in enumerate(rows):
        assert row.difference is not None, "the baseline is left out"
        verdict = row.verdict or Verdict.UNDECIDED
        colour = colours.get(verdict, style.grey)
        low, mean, high = (
            min(max(unit * end, left), right)
            for end in (row.difference.low, row.difference.estimate, row.difference.high)
        )
        axis.plot([low, high], [place, place], color=colour, linewidth=2.5)
        axis.plot(mean, place, MARKS[verdict], color=colour, markersize=7,
                  markeredgecolor=style.paper, label=WORDS[verdict])  # fmt: skip
    axis.set(xlim=(left, right), ylim=(len(rows) - 0.4, -0.6), yticks=range(len(rows)))
    axis.set_yticklabels([row.contender for row in rows])
    by_word = dict(zip(*reversed(axis.get_legend_handles_labels()), strict=True))
    axis.legend(
        by_word.values(), by_word.keys(), frameon=False, fontsize=9, labelcolor=style.ink,
        loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=3, handletextpad=0.2, borderaxespad=0.1,
    )  # fmt: skip


def curves_picture(comparison: Comparison) -> Picture:
    """How each contender learns: the mean validation score over the updates, by arm."""
    names = {point["measure"] for point in comparison.curves}
    what = next(iter(names), "validation score")
    caption = f"The mean {what} over the updates, of all seeds."
    return Picture("curves", caption, comparison.curves, partial(_curves, comparison, what))


def _curves(comparison: Comparison, what: str, style: Style) -> Any:
    arms = list(comparison.verdicts)
    figure, axes = panels(len(arms), style=style, columns=1, size=(_WIDTH, 3.2))
    order = list(dict.fromkeys(point["contender"] for point in comparison.curves))
    for axis, arm in zip(axes, arms, strict=True):
        for number, name in enumerate(order):
            points = [
                (point["updates"], point["value"])
                for point in comparison.curves
                if (point["contender"], point["arm"]) == (name, arm)
            ]
            if points:
                axis.plot(
                    *zip(*points, strict=True), **style.line(number), label=name, linewidth=1.6,
                    marker=MARKERS[number % len(MARKERS)], markersize=4, markevery=(number % 4, 4),
                )  # fmt: skip
        finish(axis, style, arm, "updates", what)
        axis.legend(frameon=False, fontsize=9, labelcolor=style.ink, handlelength=2.4)
    return figure
