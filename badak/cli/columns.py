"""Text in columns on standard output: colours in a terminal, plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def console() -> Any:
    """The rich console for results, which takes every text for what it is."""
    from rich.console import Console

    return Console(markup=False, highlight=False, emoji=False, soft_wrap=True)


def show(table: Any) -> None:
    """Prints a table; a terminal that is too narrow cuts its lines, and nothing else does."""
    out = console()
    if out.is_terminal:
        out.print(table, soft_wrap=False, no_wrap=True, overflow="ellipsis")
    else:
        out.print(table)


def aligned(rows: Sequence[Sequence[Any]], sides: str) -> Any:
    """Rows as columns of equal width, two spaces apart.

    Args:
        rows: cells, text or rich's `Text`; as many in each row.
        sides: for each column "l" or "r"; the last letter holds for all that follow; more
            letters than columns are let go.

    >>> print(aligned([["digit", "rows"], ["3", "1,442"]], "lr"))
    digit   rows
    3      1,442
    """
    from rich.text import Text

    cells = [[cell if isinstance(cell, Text) else Text(cell) for cell in row] for row in rows]
    widths = [max(cell.cell_len for cell in column) for column in zip(*cells, strict=True)]
    sides = sides.ljust(len(widths), sides[-1])[: len(widths)]
    lines = []
    for row in cells:
        line = Text()
        for cell, width, side in zip(row, widths, sides, strict=True):
            space = " " * (width - cell.cell_len)
            line.append("  " if line else "")
            line.append_text(Text(space) + cell if side == "r" else cell + Text(space))
        line.rstrip()
        lines.append(line)
    return Text("\n").join(lines)
