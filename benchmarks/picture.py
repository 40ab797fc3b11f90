"""The picture: for each case a bar for each framework, with times and ratios written at them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.outcome import Result
from benchmarks.report import milliseconds

COLOURS = {"Badak": "#0072B2", "PyTorch": "#E69F00", "JAX": "#009E73"}
"""Of Okabe and Ito, told apart by all kinds of eyes."""

LONGEST = 1.6
"""A bar that is longer than so many times the bar of PyTorch is cut, and says so."""


def draw(results: Sequence[Result], note: str, path: Path) -> None:
    """Writes the picture.

    Args:
        results: one for each case.
        note: a line at the bottom: machine, versions, date.
        path: of the PNG file.
    """
    with mpl.rc_context({"font.size": 11, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(9, 0.9 + 1.25 * len(results)), layout="constrained")
        rows = figure.subplots(len(results), 1, squeeze=False)[:, 0]
        for axes, result in zip(rows, results, strict=True):
            _panel(axes, result)
        figure.suptitle(
            "Time of a training step (forward, backward, Adam; batch 100, float32): less is better",
            fontsize=12,
        )
        figure.supxlabel(note, fontsize=8)
        figure.savefig(path, dpi=150, metadata={"Software": None})


def _panel(axes: Axes, result: Result) -> None:
    bars = {name: _median(result, name) for name in COLOURS}
    known = [seconds for name, seconds in bars.items() if seconds and name != "JAX"]
    known = known or [seconds for seconds in bars.values() if seconds]
    end = LONGEST * max(known, default=1.0)
    for row, (name, seconds) in enumerate(bars.items()):
        shown = min(seconds or 0.0, end)
        axes.barh(row, shown, color=COLOURS[name], height=0.72)
        axes.annotate(
            _words(result, name, seconds, end),
            (shown, row),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            fontweight="bold" if name == "Badak" else "normal",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
        )
    axes.axvline(result.floor, color="black", linewidth=1, linestyle=":")
    axes.set_yticks(range(len(bars)), list(bars))
    axes.set_ylim(len(bars) - 0.5, -0.5)
    axes.set_xlim(0, 1.35 * min(end, max(filter(None, bars.values()), default=1.0)))
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(left=False)
    axes.set_title(f"{result.case.title}", loc="left", fontsize=11, fontweight="bold")
    axes.set_title(f"dotted: floor {milliseconds(result.floor)} ms", loc="right", fontsize=9)


def _median(result: Result, framework: str) -> float | None:
    entry = result.ours if framework == "Badak" else result.best(framework)
    return entry.times.median if entry and entry.times else None


def _words(result: Result, name: str, seconds: float | None, end: float) -> str:
    if seconds is None:
        return "not compiled" if name == "Badak" else "not measured"
    words = f"{milliseconds(seconds)} ms"
    if seconds > end:
        words = f"» {words}"
    ratio = None if name == "Badak" else result.ratio(name)
    return f"{words}, {ratio.median:.1f}x as long" if ratio else words
