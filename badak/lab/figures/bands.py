"""Curves of several seeds: their mean as a line, all of them as a band around it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from badak.base.dtypes import Array
from badak.lab.drawing import LINES, MARKERS, Style


def band(
    axis: Any,
    style: Style,
    number: int,
    label: str,
    x: Sequence[float] | Array,
    values: Array,
    *,
    marked: bool = False,
) -> None:
    """Draws the mean over the seeds, and a band from the smallest to the largest.

    Args:
        axis: where.
        style: whose colours.
        number: of the series: its colour, its style of line, its marker.
        label: for the legend.
        x: (points,).
        values: (seeds, points); what is not finite does not count.
        marked: whether each point has a marker, for curves of few points.
    """
    finite = np.ma.masked_invalid(values)
    marker = MARKERS[number % len(MARKERS)] if marked else None
    look = {"color": style.hue(number), "linestyle": LINES[number % len(LINES)]}
    axis.plot(
        x, finite.mean(axis=0), label=label, linewidth=1.8, marker=marker, markersize=4, **look
    )
    if len(values) > 1:
        edges = finite.min(axis=0), finite.max(axis=0)
        axis.fill_between(x, *edges, color=style.hue(number), alpha=0.2, linewidth=0)


def dots(axis: Any, style: Style, labels: Sequence[str], values: Array) -> None:
    """A column of dots a label, one a seed, and a line at their mean: values (labels, seeds)."""
    for number, of_label in enumerate(values):
        finite = of_label[np.isfinite(of_label)]
        where = number + np.linspace(-0.15, 0.15, len(finite)) if len(finite) > 1 else [number]
        marker = MARKERS[number % len(MARKERS)]
        axis.plot(where, finite, marker, color=style.hue(number), markersize=5, alpha=0.75)
        if len(finite):
            axis.hlines(finite.mean(), number - 0.3, number + 0.3, color=style.ink, linewidth=1.5)
    axis.set_xticks(range(len(labels)), labels)
    axis.set_xlim(-0.6, len(labels) - 0.4)


def logarithmic(axis: Any, which: str) -> None:
    """Makes an axis logarithmic; where it spans little, with ticks that read 0.2, 0.5, 1."""
    from matplotlib.ticker import LogLocator, NullFormatter

    getattr(axis, f"set_{which}scale")("log")
    low, high = getattr(axis, f"get_{which}lim")()
    line = getattr(axis, f"{which}axis")
    if high < 200 * low:
        line.set_major_locator(LogLocator(subs=(1, 2, 5)))
    if high < 2e4 * low:
        line.set_major_formatter("{x:g}")
    line.set_minor_formatter(NullFormatter())


def legend(axis: Any, style: Style, where: str = "best") -> None:
    """A legend where no curve runs, with samples long enough to tell the lines apart."""
    axis.legend(loc=where, frameon=False, fontsize=9, labelcolor=style.ink, handlelength=2.4)


def of_seeds(seeds: int) -> str:
    """The end of a caption: what a band is.

    >>> of_seeds(5)
    'Lines are means over 5 seeds, bands hold them all.'
    """
    return f"Lines are means over {seeds} seeds, bands hold them all." if seeds > 1 else "One seed."


def curve_rows(
    facts: Mapping[str, Any],
    along: tuple[str, Sequence[float] | Array],
    seeds: Sequence[int],
    values: Mapping[str, Array],
) -> Iterator[dict[str, Any]]:
    """Rows of data: for each seed and each point the facts, the place, and the values by name.

    >>> ones = np.ones((1, 2))
    >>> rows = curve_rows({"contender": "SGD"}, ("updates", [0, 10]), [7], {"loss": ones})
    >>> list(rows)[1]
    {'contender': 'SGD', 'seed': 7, 'updates': 10, 'loss': 1.0}
    """
    name, places = along
    for i, seed in enumerate(seeds):
        for j, place in enumerate(places):
            numbers = {measure: float(of[i, j]) for measure, of in values.items()}
            yield {**facts, "seed": seed, name: place, **numbers}
