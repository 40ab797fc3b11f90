"""The picture of a training: curves of loss and metrics over the epochs."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from badak.base.errors import missing_extra

# Blue and vermilion of Okabe and Ito: told apart by everyone, on paper and screen.
TRAINING, VALIDATION = "#0072B2", "#D55E00"
UNPLOTTED = ("epoch", "lr", "seconds")


def draw(records: Sequence[dict[str, float]], title: str = "") -> Any:
    """A figure with the loss on the left and the metrics on the right.

    The best validation value is marked, since it is what one looks for.

    Raises:
        MissingExtraError: when matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
        from matplotlib.ticker import MaxNLocator
    except ImportError:
        raise missing_extra("matplotlib", "plot", "drawing a picture") from None
    names = list(dict.fromkeys(name for record in records for name in record))
    kinds = [n for n in names if n not in UNPLOTTED and not n.startswith("val_")]
    groups = [["loss"], [n for n in kinds if n != "loss"]]
    panels = [group for group in groups if group]
    figure = Figure(figsize=(4.8 * len(panels), 3.4), dpi=144, layout="constrained")
    axes = figure.subplots(1, len(panels), squeeze=False)[0]
    for axis, group in zip(axes, panels, strict=True):
        for number, name in enumerate(group):
            _curves(axis, records, name, alone=len(group) == 1, style=("-", "--", ":")[number % 3])
        axis.set_xlabel("epoch")
        axis.set_ylabel(group[0].replace("_", " ") if len(group) == 1 else "")
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
        axis.spines[["top", "right"]].set_visible(False)
        axis.grid(axis="y", color="#dddddd", linewidth=0.6)
        axis.set_axisbelow(True)
        axis.legend(frameon=False, fontsize=9)
    if title:
        figure.suptitle(title, fontsize=11)
    return figure


def _curves(
    axis: Any, records: Sequence[dict[str, float]], name: str, alone: bool, style: str
) -> None:
    words = "" if alone else f" {name.replace('_', ' ')}"
    for key, colour, label in (
        (name, TRAINING, f"training{words}"),
        (f"val_{name}", VALIDATION, f"validation{words}"),
    ):
        points = [(r["epoch"], r[key]) for r in records if key in r]
        if not points:
            continue
        x, y = zip(*points, strict=True)
        marker = "o" if len(points) == 1 else None
        axis.plot(x, y, color=colour, label=label, linestyle=style, linewidth=1.6, marker=marker)
        if key.startswith("val_") and len(points) > 1:
            best = max(y) if "acc" in name or "r2" in name else min(y)
            at = x[y.index(best)]
            axis.plot([at], [best], "o", color=colour, markersize=5)
            axis.annotate(
                f"{best:.4g}",
                (at, best),
                textcoords="offset points",
                xytext=(0, 6),
                ha="center",
                color=colour,
                fontsize=9,
            )


def image_bytes(figure: Any, kind: str) -> bytes:
    """The figure as the content of a file of that kind: png, svg, pdf."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format=kind)
    return buffer.getvalue()
