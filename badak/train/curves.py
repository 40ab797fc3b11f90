"""The picture of a training: how loss and metrics went over the epochs."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import Any

from badak.base.errors import StateError, missing_extra, unknown_name
from badak.train.direction import larger_is_better

# Blue and vermilion of Okabe and Ito: told apart by everyone, on paper and screen.
_TRAINING, _VALIDATION = "#0072B2", "#D55E00"
_GREY = "#555555"
_UNPLOTTED = ("epoch", "lr", "seconds")
_COLUMNS = 3
_WIDTH, _HEIGHT = 3.9, 2.9  # of one panel, in inches
KINDS = ("png", "svg", "pdf")

Points = list[tuple[float, float]]


def draw(records: Sequence[dict[str, float]], title: str = "") -> Any:
    """A figure with a panel for the loss and for each metric.

    One colour stands for training, one for validation. The best validation value, which is what
    one looks for, is a dot on its curve and a number above the panel. Values that are not finite
    leave a gap.

    Raises:
        MissingExtraError: when matplotlib is not installed.
        StateError: when there is nothing to draw yet.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise missing_extra("matplotlib", "plot", "drawing a picture") from None
    names = list(dict.fromkeys(name.removeprefix("val_") for record in records for name in record))
    panels = [name for name in names if name not in _UNPLOTTED]
    if not panels:
        raise StateError("there is nothing to draw yet", got=f"{len(records)} epochs", hint="fit")
    columns = min(len(panels), _COLUMNS)
    rows = -(-len(panels) // columns)
    size = (_WIDTH * columns, _HEIGHT * rows + 0.4)
    figure = Figure(figsize=size, dpi=160, layout="constrained")
    axes = list(figure.subplots(rows, columns, squeeze=False).flat)
    for axis, name in zip(axes, panels, strict=False):
        _panel(axis, name, _points(records, name), _points(records, f"val_{name}"))
    for spare in axes[len(panels) :]:
        spare.remove()
    _legend(figure, axes[0], title)
    return figure


def _points(records: Sequence[dict[str, float]], name: str) -> Points:
    return [(record["epoch"], record[name]) for record in records if name in record]


def _panel(axis: Any, name: str, training: Points, validation: Points) -> None:
    from matplotlib.ticker import MaxNLocator

    for points, colour, label in (
        (training, _TRAINING, "training"),
        (validation, _VALIDATION, "validation"),
    ):
        if points:
            x, y = zip(*points, strict=True)
            finite = [value if math.isfinite(value) else math.nan for value in y]
            marker = "o" if len(points) == 1 else None
            axis.plot(x, finite, color=colour, label=label, linewidth=1.8, marker=marker)
    axis.set_title(name.replace("_", " "), loc="left", fontsize=11)
    _mark_best(axis, name, [point for point in validation if math.isfinite(point[1])])
    axis.set_xlabel("epoch", color=_GREY, fontsize=9)
    axis.tick_params(colors=_GREY, labelsize=9)
    axis.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1, steps=[1, 2, 5, 10]))
    axis.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))
    axis.spines[["top", "right"]].set_visible(False)
    axis.spines[["bottom", "left"]].set_color("#bbbbbb")
    axis.grid(axis="y", color="#e5e5e5", linewidth=0.7)
    axis.set_axisbelow(True)
    axis.margins(x=0.02)


def _mark_best(axis: Any, name: str, points: Points) -> None:
    larger = larger_is_better(name)
    if larger is None or not points:
        return
    best = (max if larger else min)(points, key=lambda point: point[1])
    axis.plot(*best, "o", color=_VALIDATION, markersize=6, zorder=3, clip_on=False)
    words = f"best {best[1]:.4g}, epoch {best[0]:g}"
    axis.set_title(words, loc="right", color=_VALIDATION, fontsize=9)


def _legend(figure: Any, axis: Any, title: str) -> None:
    """Above the panels, where no curve can run into it."""
    if title:
        figure.suptitle(title, fontsize=12, x=0.01, ha="left")
    lines, labels = axis.get_legend_handles_labels()
    legend = figure.legend(
        lines,
        labels,
        loc="outside upper right",
        ncols=2,
        frameon=False,
        fontsize=9,
        handlelength=1.4,
        columnspacing=1.2,
    )
    for text, line in zip(legend.get_texts(), lines, strict=True):
        text.set_color(line.get_color())


def image_bytes(figure: Any, kind: str) -> bytes:
    """The figure as the content of a file of that kind: png, svg, pdf. Equal figures, equal bytes.

    Raises:
        RangeError: for another kind.
    """
    if kind not in KINDS:
        raise unknown_name("kind of picture", kind, KINDS)
    from matplotlib import rc_context

    buffer = io.BytesIO()
    # Without these two, a file says when it was made and numbers its parts at random.
    undated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(kind)
    with rc_context({"svg.hashsalt": "badak"}):
        figure.savefig(buffer, format=kind, metadata=undated)
    return buffer.getvalue()
