"""What a training prints at its end: scores, the generalisation gap, the confusion table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from badak.base.dtypes import Array
from badak.cli.columns import aligned

LONGEST_NAME = 24
"""Longer names of classes are cut."""

MOST_MISTAKES = 10

Scores = dict[str, dict[str, float]]
"""Loss and metrics of each part of the data."""


def scores_table(scores: Scores, rows: dict[str, int]) -> Any:
    """Loss and metrics of each part of the data, one row a part."""
    names = list(next(iter(scores.values())))
    head = ["", "rows", *(name.replace("_", " ") for name in names)]
    lines = [
        [part, f"{rows[part]:,}", *(_score(name, values[name]) for name in names)]
        for part, values in scores.items()
    ]
    return aligned([head, *lines], "lr")


def _score(name: str, value: float) -> str:
    if name == "accuracy":
        return f"{value:.2%}"
    return f"{value:.4f}" if 1e-3 <= abs(value) < 1e4 or value == 0 else f"{value:.4g}"


def gap_sentence(scores: Scores) -> str:
    """How much worse the network is on examples it has not seen."""
    train, test = scores["training"], scores["test"]
    if "accuracy" in train:
        points = 100 * (train["accuracy"] - test["accuracy"])
        return f"Generalisation gap: {points:.2f} points of accuracy (training minus test)"
    return f"Generalisation gap: {test['loss'] - train['loss']:.4f} of loss (test minus training)"


def confusion_table(matrix: Array, classes: Sequence[str], width: int) -> Any:
    """How often each true class (row) was taken for each class (column).

    Args:
        matrix: counts, (classes, classes).
        classes: their names; numbers stand above the columns where names would be too wide.
        width: of the screen.

    Returns:
        The table, or None when the screen is too narrow for it.
    """
    numbers = [str(i) for i in range(len(classes))]
    names = [_cut(name) for name in classes]
    labels = (
        names if names == numbers else [f"{i} {n}" for i, n in zip(numbers, names, strict=True)]
    )
    for rows, columns in ((names, names), (labels, numbers)):
        table = aligned([["", *columns, "right"], *_lines(matrix, rows)], "lr")
        if max(line.cell_len for line in table.split()) <= width:
            return table
    return None


def _cut(name: str) -> str:
    plain = " ".join(name.split())
    return plain if len(plain) <= LONGEST_NAME else plain[: LONGEST_NAME - 1] + "…"


def _lines(matrix: Array, rows: Sequence[str]) -> list[list[Any]]:
    lines = []
    for i, name in enumerate(rows):
        total = int(matrix[i].sum())
        counts = [_count(int(n), right=i == j) for j, n in enumerate(matrix[i])]
        lines.append([name, *counts, f"{matrix[i, i] / total:.1%}" if total else "-"])
    return lines


def _count(count: int, right: bool) -> Any:
    from rich.text import Text

    if right:
        return Text(str(count), "bold")
    return Text(str(count), "yellow") if count else Text("·", "dim")


def mistakes_table(matrix: Array, classes: Sequence[str]) -> Any:
    """The most frequent mistakes, where there are too many classes for a table of all."""
    wrong = matrix - np.diag(np.diag(matrix))
    worst = np.argsort(-wrong, axis=None, kind="stable")[:MOST_MISTAKES]
    places = [(int(k) // len(classes), int(k) % len(classes)) for k in worst]
    lines = [
        [_cut(classes[i]), _cut(classes[j]), str(wrong[i, j])] for i, j in places if wrong[i, j]
    ]
    return aligned([["true", "taken for", "rows"], *lines], "llr")


def print_report(
    console: Any,
    scores: Scores,
    rows: dict[str, int],
    confusion: Array | None,
    classes: Sequence[str],
) -> None:
    """Prints scores and gap, and for classes what was taken for what."""
    console.print("Results", style="bold")
    console.print(scores_table(scores, rows))
    console.print(f"\n{gap_sentence(scores)}")
    if confusion is None:
        return
    table = confusion_table(confusion, classes, console.width)
    if table is not None:
        console.print(
            "\nConfusion on test data: true classes in rows, predicted in columns", style="bold"
        )
        console.print(table)
    elif np.trace(confusion) < confusion.sum():
        console.print("\nMost frequent mistakes on test data", style="bold")
        console.print(mistakes_table(confusion, classes))
