"""How all pictures of the lab look: one set of colours, light and dark, the data beside them."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from badak.base.errors import missing_extra
from badak.base.files import Path, write_atomically
from badak.train.curves import image_bytes

LINES = ("-", "--", ":", "-.")
"""Styles of lines, so that nobody has to tell curves apart by colour alone."""

MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")


@dataclass(frozen=True)
class Style:
    """The colours of a picture.

    The hues are those of Okabe and Ito, "Color universal design" (2008), which colour-blind readers
    tell apart; on a dark ground they are lighter.

    Attributes:
        hues: for what is to be told apart, in this order.
        paper, ink, grey, grid: the ground, text, what is less important, and lines to read along.
        low_to_high: the name of the colour map of quantities, dark for little on a light ground.
    """

    hues: tuple[str, ...]
    paper: str
    ink: str
    grey: str
    grid: str
    low_to_high: str = "cividis"

    def hue(self, number: int) -> str:
        """The colour of the series of that number; they come again after the last.

        >>> LIGHT.hue(0) == LIGHT.hue(len(LIGHT.hues))
        True
        """
        return self.hues[number % len(self.hues)]

    def line(self, number: int) -> dict[str, Any]:
        """Colour and style of the curve of that number, for `axis.plot`."""
        again = number // len(self.hues)
        return {"color": self.hue(number), "linestyle": LINES[again % len(LINES)]}


LIGHT = Style(
    ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#B8860B", "#56B4E9", "#555555"),
    paper="#ffffff", ink="#1a1a1a", grey="#555555", grid="#e5e5e5",
)  # fmt: skip
DARK = Style(
    ("#56B4E9", "#FF8B4A", "#2FC79A", "#E3A3C4", "#F0C245", "#9DB2FF", "#BBBBBB"),
    paper="#15181c", ink="#e8e8e8", grey="#a8adb3", grid="#30353b",
)  # fmt: skip


@dataclass(frozen=True)
class Picture:
    """A picture with the numbers that it shows.

    Attributes:
        name: what it is called, also as a file.
        caption: a sentence that says what is to be seen.
        rows: the numbers, one mapping a row: the columns of the file of data.
        draw: makes the matplotlib figure in a style.

    >>> rows = [{"x": 0, "y": 0.0}, {"x": 1, "y": 1.0}]
    >>> def draw(style):
    ...     figure, (axis,) = panels(1, style=style)
    ...     axis.plot([r["x"] for r in rows], [r["y"] for r in rows], **style.line(0))
    ...     finish(axis, style, "a line", "x", "y")
    ...     return figure
    >>> Picture("line", "A straight line.", rows, draw)
    Picture(line: A straight line.)
    """

    name: str
    caption: str
    rows: Sequence[Mapping[str, Any]] = field(repr=False)
    draw: Callable[[Style], Any] = field(repr=False)

    def figure(self, *, dark: bool = False) -> Any:
        """The matplotlib figure.

        Raises:
            MissingExtraError: when matplotlib is not installed.
        """
        return self.draw(DARK if dark else LIGHT)

    def image(self, kind: str = "png", *, dark: bool = False) -> bytes:
        """The picture as the content of a file: png, svg or pdf.

        Raises:
            MissingExtraError: when matplotlib is not installed.
            RangeError: for another kind.
        """
        return image_bytes(self.figure(dark=dark), kind)

    def csv(self) -> str:
        r"""The numbers as comma-separated text, with a line of names.

        >>> Picture("p", "", [{"x": 1, "y": 2.5}, {"x": 2}], lambda style: None).csv()
        'x,y\n1,2.5\n2,\n'
        """
        names = list(dict.fromkeys(name for row in self.rows for name in row))
        text = io.StringIO()
        table = csv.DictWriter(text, names, restval="", lineterminator="\n")
        table.writeheader()
        table.writerows(self.rows)
        return text.getvalue()

    def save(self, path: Path, *, dark: bool = False) -> None:
        """Writes the picture (.png, .svg or .pdf by the name), and its numbers as .csv beside it.

        Raises:
            MissingExtraError: when matplotlib is not installed.
            RangeError: for another kind of file.
            BadakFileError: when a file cannot be written.
        """
        stem, ending = os.path.splitext(os.fsdecode(path))
        image = self.image(ending.removeprefix(".").lower(), dark=dark)
        write_atomically(path, image)
        write_atomically(f"{stem}.csv", self.csv().encode())

    def _repr_png_(self) -> bytes:
        return self.image("png")

    def __repr__(self) -> str:
        return f"Picture({self.name}: {self.caption})"


def panels(
    count: int,
    *,
    style: Style,
    columns: int = 3,
    size: tuple[float, float] = (3.9, 2.9),
    title: str = "",
) -> tuple[Any, list[Any]]:
    """A figure with so many panels in rows of `columns`, each of `size` inches.

    Raises:
        MissingExtraError: when matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise missing_extra("matplotlib", "plot", "drawing a picture") from None
    across = min(count, columns)
    down = -(-count // across)
    whole = (size[0] * across, size[1] * down + (0.4 if title else 0.0))
    figure = Figure(figsize=whole, dpi=160, layout="constrained", facecolor=style.paper)
    axes = list(figure.subplots(down, across, squeeze=False).flat)
    for spare in axes[count:]:
        spare.remove()
    for axis in axes[:count]:
        axis.set_facecolor(style.paper)
    if title:
        figure.suptitle(title, fontsize=12, x=0.01, ha="left", color=style.ink)
    return figure, axes[:count]


def finish(axis: Any, style: Style, title: str, x: str, y: str, *, legend: bool = False) -> None:
    """Titles, names of axes with their units, and quiet lines around; the same in all pictures."""
    axis.set_title(title, loc="left", fontsize=11, color=style.ink)
    axis.set_xlabel(x, color=style.grey, fontsize=9)
    axis.set_ylabel(y, color=style.grey, fontsize=9)
    axis.tick_params(which="both", colors=style.grey, labelsize=9)
    axis.spines[["top", "right"]].set_visible(False)
    axis.spines[["bottom", "left"]].set_color(style.grey)
    axis.grid(axis="y", color=style.grid, linewidth=0.7)
    axis.set_axisbelow(True)
    if legend:
        axis.legend(frameon=False, fontsize=9, labelcolor=style.ink, handlelength=1.6)
