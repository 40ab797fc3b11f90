"""The picture of a claim's answers: a strip for each, with its own scale."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np

from badak.lab.claims.answer import Answer
from badak.lab.drawing import Style, finish, panels
from badak.lab.statistics import Verdict

_WIDTH, _HEIGHT = 3.9, 1.35  # of one strip, in inches
_INTERVAL, _SEEDS = 0.35, -0.5  # their heights in a strip from -1 to 1
_LETTERS_ABOVE, _LETTERS_BELOW = 36, 54  # that fit in a line
_MARKS = {
    Verdict.SUPPORTED: "o",
    Verdict.REFUTED: "X",
    Verdict.CONDITIONAL: "D",
    Verdict.UNDECIDED: "s",
}


def strips(answers: Sequence[Answer], style: Style) -> Any:
    """The matplotlib figure: for each answer its seeds, its interval, 0 and the minimum effect.

    Raises:
        MissingExtraError: when matplotlib is not installed.
    """
    count = max(len(answers), 1)
    figure, axes = panels(count, style=style, columns=1, size=(_WIDTH, _HEIGHT))
    for axis, answer in zip(axes, answers, strict=False):
        _strip(axis, answer, style)
    if not answers:
        axes[0].set_axis_off()
        axes[0].text(0.5, 0.5, "no answers", color=style.grey, ha="center")
    return figure


def _strip(axis: Any, answer: Answer, style: Style) -> None:
    asked, interval = answer.question, answer.interval
    left, right = _limits(answer)
    colour = {Verdict.SUPPORTED: style.hue(0), Verdict.REFUTED: style.hue(1)}.get(
        answer.verdict, style.grey
    )
    axis.axvline(0.0, color=style.ink, linewidth=1.0)
    if asked.minimum > 0:
        axis.axvline(asked.minimum, color=style.ink, linewidth=1.0, linestyle="--")
    finite = answer.differences[np.isfinite(answer.differences)]
    axis.plot(finite, np.full(len(finite), _SEEDS), "|", color=style.grey, markersize=8)
    ends = np.clip([interval.low, interval.high], left, right)
    axis.plot(ends, [_INTERVAL] * 2, color=colour, linewidth=3.0, solid_capstyle="butt")
    outside = [(end, _INTERVAL, colour) for end in (interval.low, interval.high)]
    outside += [(seed, _SEEDS, style.grey) for seed in answer.differences]
    for value, height, hue in outside:
        if math.isinf(value):
            place, mark = (left, "<") if value < 0 else (right, ">")
            axis.plot(place, height, mark, color=hue, markersize=7, clip_on=False)
    if math.isfinite(interval.estimate):
        axis.plot(interval.estimate, _INTERVAL, _MARKS[answer.verdict], color=colour, markersize=7,
                  markeredgecolor=style.paper)  # fmt: skip
    better, worse = (
        (asked.first, asked.second) if asked.better == "larger" else (asked.second, asked.first)
    )
    x = textwrap.fill(f"{asked.measure}: {better} − {worse}", _LETTERS_BELOW)
    finish(axis, style, "", x, "")
    axis.set_title(textwrap.fill(answer.condition, _LETTERS_ABOVE), loc="left",
                   fontsize=10, color=style.ink)  # fmt: skip
    axis.set_title(answer.verdict, loc="right", fontsize=9, color=colour, fontweight="bold")
    axis.locator_params(axis="x", nbins=5)
    axis.set(xlim=(left, right), ylim=(-1.0, 1.0), yticks=[])
    axis.spines["left"].set_visible(False)


def _limits(answer: Answer) -> tuple[float, float]:
    """Everything finite, 0 and the minimum effect, with room around."""
    interval = answer.interval
    shown = [0.0, answer.question.minimum, *answer.differences, interval.low, interval.high]
    finite = [value for value in shown if math.isfinite(value)]
    low, high = min(finite), max(finite)
    room = 0.06 * (high - low) or 1.0
    return low - room, high + room
