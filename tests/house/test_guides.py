"""The texts that explain: their tables name what exists, in order. That they run is tested too."""

from __future__ import annotations

import re

import pytest

import badak as bd
from tests.house import documents
from tests.house.repository import ROOT


def rows(name):
    """The cells of a text's table, line by line, without its head."""
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


@pytest.mark.technique(10)
def test_the_timeline_runs_forward_and_gives_credit_where_it_is_due():
    by_year = {year: (who, what) for year, who, what, _ in rows("history.md")}

    assert [*by_year] == sorted(by_year)
    assert by_year["1974"][0] == "Werbos"
    assert "1982" in by_year["1974"][1]
    assert by_year["1986"][0] == "Rumelhart, Hinton, Williams"
    assert "forest" not in by_year["1995"][1]
    assert by_year["2001"][0] == "Breiman"


@pytest.mark.technique(20)
def test_the_words_stand_in_order_with_the_loose_use_of_gradient_among_them():
    meanings = {word: meaning for word, meaning, _ in rows("glossary.md")}

    assert [*meanings] == sorted(meanings, key=str.lower)
    assert {"gradient", "Jacobian", "Hessian", "tangent"} <= {*meanings}
    assert "in its shape" in meanings["gradient"]


@pytest.mark.technique(10, 20, 82)
@pytest.mark.parametrize("name", ["history.md", "glossary.md"])
def test_the_examples_of_a_guide_print_what_it_says(name):
    assert documents.run((ROOT / "docs" / name).read_text(encoding="utf-8"), name) == []


@pytest.mark.parametrize("name", ["history.md", "glossary.md"])
def test_every_name_in_a_table_exists(name):
    for *_, cell in rows(name):
        for code in re.findall(r"`([\w.]+)`", cell):
            thing = bd
            for part in code.removeprefix("bd.").split("."):
                thing = getattr(thing, part)
