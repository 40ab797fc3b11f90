"""Rows of text in columns of equal width."""

from __future__ import annotations

from collections.abc import Sequence


def aligned(rows: Sequence[Sequence[str]], sides: str = "l") -> list[str]:
    """A line for each row: its cells in columns, two spaces apart.

    Args:
        rows: cells, as many in each row.
        sides: for each column "l" or "r"; the last letter holds for all that follow; more
            letters than columns are let go.

    >>> aligned([("digit", "rows"), ("3", "1,442")], "lr")
    ['digit   rows', '3      1,442']
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    sides = sides.ljust(len(widths), sides[-1])[: len(widths)]
    return [
        "  ".join(
            cell.rjust(width) if side == "r" else cell.ljust(width)
            for cell, width, side in zip(row, widths, sides, strict=True)
        ).rstrip()
        for row in rows
    ]
