"""The tables at the end: aligned, complete, and never wider than the screen."""

from __future__ import annotations

import numpy as np
import pytest
from rich.text import Text

from badak.cli.columns import aligned, console
from badak.cli.report import (
    confusion_table,
    gap_sentence,
    mistakes_table,
    print_report,
    scores_table,
)

DIGITS = [str(i) for i in range(10)]


def counts(classes, most):
    return np.random.default_rng(0).integers(0, most, (classes, classes))


def widths(text):
    return [line.cell_len for line in text.split()]


def test_columns_are_as_wide_as_their_widest_cell():
    table = aligned([["a", "1"], ["바닥", "1,000"], ["", Text("·")]], "lr")

    assert table.plain == "a         1\n바닥  1,000\n          ·"


def test_ten_classes_of_four_digits_fit_a_terminal():
    table = confusion_table(counts(10, 9999), DIGITS, 80)

    assert max(widths(table)) <= 80
    assert len(widths(table)) == 11


def test_rows_of_the_confusion_table_add_up():
    matrix = counts(10, 50)
    lines = confusion_table(matrix, DIGITS, 80).plain.replace("·", "0").splitlines()[1:]
    cells = [line.split() for line in lines]

    assert [[int(cell) for cell in row[1:-1]] for row in cells] == matrix.tolist()
    shares = [float(row[-1].rstrip("%")) for row in cells]
    np.testing.assert_allclose(shares, 100 * matrix.diagonal() / matrix.sum(axis=1), atol=0.05)


def test_a_class_without_rows_has_no_share():
    table = confusion_table(np.array([[3, 1], [0, 0]]), ["a", "b"], 80)

    assert table.plain.splitlines()[2].split() == ["b", "·", "0", "-"]


def test_long_names_give_way_to_numbers_above_the_columns():
    names = [f"a rather long name {i}" for i in range(10)]
    table = confusion_table(counts(10, 50), names, 80)

    assert table.plain.splitlines()[0].split() == [*DIGITS, "right"]
    assert table.plain.splitlines()[4].startswith("3 a rather long name 3")
    assert max(widths(table)) <= 80


def test_a_name_without_end_is_cut():
    table = confusion_table(counts(2, 5), ["x" * 300, "two\nlines"], 80)

    assert max(widths(table)) <= 80
    assert "two lines" in table.plain


@pytest.mark.parametrize("classes", [26, 100])
def test_too_many_classes_are_told_by_their_mistakes(capsys, monkeypatch, classes):
    monkeypatch.setenv("COLUMNS", "80")
    matrix = counts(classes, 50)
    matrix[3, 7] = 99
    scores = {name: {"loss": 1.0, "accuracy": 0.5} for name in ("training", "validation", "test")}
    rows = dict.fromkeys(scores, 10)
    print_report(console(), scores, rows, matrix, [f"c{i}" for i in range(classes)])
    written = capsys.readouterr().out

    assert "Confusion" not in written
    assert ["c3", "c7", "99"] in [line.split() for line in written.splitlines()]
    assert max(map(len, written.splitlines())) <= 80


def test_mistakes_are_listed_by_number():
    table = mistakes_table(np.array([[5, 2, 0], [0, 5, 4], [0, 0, 5]]), "abc")

    assert [line.split() for line in table.plain.splitlines()[1:]] == [
        ["b", "c", "4"],
        ["a", "b", "2"],
    ]


def test_names_are_shown_as_they_are(capsys):
    names = ["[bold]", "[/red]", ":dog:"]
    console().print(confusion_table(counts(3, 5), names, 80))
    written = capsys.readouterr().out

    assert [name for name in names if name not in written] == []


def test_scores_are_shares_where_they_are_shares():
    scores = {
        "training": {"loss": 0.5, "accuracy": 1.0},
        "test": {"loss": 12345.678, "accuracy": 0.5},
    }
    table = scores_table(scores, {"training": 1300, "test": 10})

    assert [line.split() for line in table.plain.splitlines()] == [
        ["rows", "loss", "accuracy"],
        ["training", "1,300", "0.5000", "100.00%"],
        ["test", "10", "1.235e+04", "50.00%"],
    ]


def test_the_gap_is_training_minus_test():
    scores = {"training": {"loss": 0.1, "accuracy": 0.99}, "test": {"loss": 0.3, "accuracy": 0.965}}

    assert (
        gap_sentence(scores) == "Generalisation gap: 2.50 points of accuracy (training minus test)"
    )
    for values in scores.values():
        del values["accuracy"]
    assert gap_sentence(scores) == "Generalisation gap: 0.2000 of loss (test minus training)"
