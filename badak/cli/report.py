"""What a training prints at its end: scores, the generalisation gap, the confusion table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from rich.console import Console
from rich.table import Table

from badak.base.dtypes import Array


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)


def scores_table(rows: dict[str, dict[str, float]], counts: dict[str, int]) -> Table:
    """Loss and metrics of each part of the data, one row a part."""
    table = _table("Results")
    names = list(next(iter(rows.values())))
    table.add_column("data")
    table.add_column("rows", justify="right")
    for name in names:
        table.add_column(name.replace("_", " "), justify="right")
    for part, values in rows.items():
        cells = [_score(name, values[name]) for name in names]
        table.add_row(part, f"{counts[part]:,}", *cells)
    return table


def _score(name: str, value: float) -> str:
    return f"{value:.2%}" if name == "accuracy" else f"{value:.4f}"


def gap_sentence(rows: dict[str, dict[str, float]]) -> str:
    """How much worse the network is on examples it has not seen."""
    train, test = rows["training"], rows["test"]
    if "accuracy" in train:
        points = 100 * (train["accuracy"] - test["accuracy"])
        return f"Generalisation gap: {points:.2f} points of accuracy (training minus test)"
    gap = test["loss"] - train["loss"]
    return f"Generalisation gap: {gap:.4f} of loss (test minus training)"


def confusion_table(matrix: Array, classes: Sequence[str]) -> Table:
    """How often each true class (row) was taken for each class (column), on test data."""
    table = _table("Confusion on test data: true class in rows, predicted in columns")
    table.add_column("")
    for name in classes:
        table.add_column(name, justify="right")
    table.add_column("right", justify="right")
    for i, name in enumerate(classes):
        cells = [_count(int(n), on_diagonal=i == j) for j, n in enumerate(matrix[i])]
        total = int(matrix[i].sum())
        share = f"{matrix[i, i] / total:.1%}" if total else "-"
        table.add_row(name, *cells, share)
    return table


def _count(count: int, on_diagonal: bool) -> str:
    if on_diagonal:
        return f"[bold]{count}[/bold]"
    return f"[yellow]{count}[/yellow]" if count else "[dim]·[/dim]"


def print_report(
    console: Console,
    rows: dict[str, dict[str, float]],
    counts: dict[str, int],
    confusion: Array | None,
    classes: Sequence[str],
) -> None:
    """Prints scores and gap, and for up to 20 classes the confusion table."""
    console.print(scores_table(rows, counts))
    console.print()
    console.print(gap_sentence(rows))
    if confusion is not None and len(classes) <= 20:
        console.print()
        console.print(confusion_table(np.asarray(confusion), classes))
