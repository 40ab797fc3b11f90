"""The picture: for each case a bar for each framework, with times and ratios written at them.

Waits have a panel each too, where the dotted lines are the limit and the aim.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.measure import spread
from benchmarks.outcome import PEERS, Result, Waited
from benchmarks.peers.contender import Role
from benchmarks.report import duration, wait

IN_ONE_CALL = "in one call"
"""Badak again, many batches in one call."""

COLOURS = {"Badak": "#0072B2", IN_ONE_CALL: "#56B4E9", "PyTorch": "#E69F00", "JAX": "#009E73"}
"""Of Okabe and Ito, told apart by all kinds of eyes."""

LONGEST = 1.6
"""A bar that is longer than so many times the bar of PyTorch is cut, and says so."""


def draw(results: Sequence[Result], waited: Sequence[Waited], note: str, path: Path) -> None:
    """Writes the picture.

    Args:
        results: one for each case.
        waited: one for each of the things that people wait for.
        note: a line at the bottom: machine, versions, date.
        path: of the PNG file.
    """
    bars = [_bars_of(result) for result in results]
    shown = [_waits_of(each) for each in waited if each.seconds]
    panels = [each for each in (*bars, *shown) if each.bars]
    if not panels:
        return
    heights = [0.55 + 0.24 * len(panel.bars) for panel in panels]
    with mpl.rc_context({"font.size": 11, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(9, 0.9 + sum(heights)), layout="constrained")
        ratios = {"height_ratios": heights}
        rows = figure.subplots(len(panels), 1, squeeze=False, gridspec_kw=ratios)[:, 0]
        for axes, panel in zip(rows, panels, strict=True):
            _draw(axes, panel)
        figure.suptitle("Time, float32: less is better", fontsize=12)
        figure.supxlabel(note, fontsize=8)
        figure.savefig(path, dpi=150, metadata={"Software": None})


@dataclass(frozen=True, slots=True)
class Bar:
    """One of a panel.

    Attributes:
        name: at its left.
        colour: of the framework.
        seconds: how long; None where there is no time.
        words: at its right.
        may_cut: whether it is cut when it is much longer than the others.
    """

    name: str
    colour: str
    seconds: float | None
    words: str
    may_cut: bool = False


@dataclass(frozen=True, slots=True)
class Panel:
    """Some bars of the same thing, and dotted lines."""

    title: str
    note: str
    bars: list[Bar]
    lines: list[float]


def _bars_of(result: Result) -> Panel:
    case, bars = result.case, []
    rows = [("Badak", result.ours), *((name, result.best(name)) for name in PEERS)]
    many = result.of(Role.MANY)
    if many and many.times:
        rows.insert(1, (IN_ONE_CALL, many))
    for name, entry in rows:
        seconds = entry.times.median if entry and entry.times else None
        if seconds is None:
            words = "not compiled" if name == "Badak" else "not measured"
        else:
            words = duration(seconds, case.task)
            ratio = result.ratio(name) if name in PEERS else None
            words += f", {ratio.median:.1f}x as long" if ratio else ""
        bars.append(Bar(name, COLOURS[name], seconds, words, may_cut=name == "JAX"))
    note = f"{case.task.value}; dotted: floor {duration(result.floor, case.task)}"
    return Panel(case.title, note, bars, [result.floor])


def _waits_of(each: Waited) -> Panel:
    rows = {"Badak": each.seconds, **each.beside}
    bars = []
    for name, values in rows.items():
        seconds = spread(values).median
        bars.append(Bar(name, COLOURS[name], seconds, wait(seconds), may_cut=name != "Badak"))
    note = f"dotted: aim {wait(each.wait.aim)}, limit {wait(each.wait.limit)}"
    return Panel(each.wait.title, note, bars, [each.wait.aim, each.wait.limit])


def _draw(axes: Axes, panel: Panel) -> None:
    times = [(bar.seconds, bar.may_cut) for bar in panel.bars if bar.seconds]
    known = [s for s, may_cut in times if not may_cut] or [s for s, _ in times]
    end = LONGEST * max([*known, *panel.lines[1:]], default=1.0)
    for row, bar in enumerate(panel.bars):
        shown = min(bar.seconds or 0.0, end)
        axes.barh(row, shown, color=bar.colour, height=0.72)
        axes.annotate(
            f"» {bar.words}" if (bar.seconds or 0.0) > end else bar.words,
            (shown, row),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            fontweight="bold" if row == 0 else "normal",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
        )
    for line in panel.lines:
        axes.axvline(line, color="black", linewidth=1, linestyle=":")
    longest = max([s for s, _ in times], default=1.0)
    axes.set_yticks(range(len(panel.bars)), [bar.name for bar in panel.bars])
    axes.set_ylim(len(panel.bars) - 0.5, -0.5)
    axes.set_xlim(0, 1.35 * max([min(end, longest), *panel.lines[1:]]))
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(left=False)
    axes.set_title(panel.title, loc="left", fontsize=11, fontweight="bold")
    axes.set_title(panel.note, loc="right", fontsize=9)
