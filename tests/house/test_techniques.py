"""The table of techniques: every row has its names and its tests, and the text is up to date."""

from __future__ import annotations

import pytest

from scripts import techniques
from scripts.techniques import Claim, Technique

LISTED = techniques.registry(techniques.REGISTRY.read_text(encoding="utf-8"))
CLAIMED = techniques.claims_in(techniques.ROOT / "tests")


def test_every_technique_is_served_and_proven():
    assert techniques.missing(LISTED, CLAIMED) == []


def test_the_table_is_up_to_date():
    text = techniques.DOCUMENT.read_text(encoding="utf-8")

    assert text == techniques.document(LISTED, CLAIMED), "python scripts/techniques.py"


# The checker itself.


def claim(row):
    return Claim(row, "tests/a/test_a.py", "test_a")


def whole():
    rows = [Technique(row, "All", "a thing", ("badak.grad",)) for row in techniques.ROWS]
    return rows, [claim(row) for row in techniques.ROWS]


def test_nothing_is_missing_from_a_whole_table():
    assert techniques.missing(*whole()) == []


def test_a_planted_gap_is_reported():
    rows, claimed = whole()

    without_row = techniques.missing([t for t in rows if t.row != "63"], claimed)
    without_tests = techniques.missing(rows, [c for c in claimed if c.row not in ("24b", "63")])

    assert without_row == [
        "row 63 is not in the registry",
        "tests/a/test_a.py: test_a claims row 63",
    ]
    assert without_tests == ["no test proves 24b, 63"]


@pytest.mark.parametrize("names", [(), ("badak.optim.SDG",), ("badak.core._no",), ("docs/no.md",)])
def test_a_row_that_nothing_serves_is_reported(names):
    rows, claimed = whole()
    rows[0] = Technique("1", "All", "a thing", names)

    (wrong,) = techniques.missing(rows, claimed)

    assert wrong == (f"row 1: {names[0]} does not exist" if names else "row 1 has no name")


@pytest.mark.parametrize("row", ["126", "119"])
def test_a_number_that_is_not_known_is_reported(row):
    rows, claimed = whole()

    assert techniques.missing([*rows, Technique(row, "All", "?", ("badak.grad",))], claimed) == [
        f"row {row} is not known",
        f"no test proves {row}",
    ]


@pytest.mark.parametrize(
    "name", ["badak.optim.SGD", "badak.Tensor.backward", "badak train digits", "docs/techniques.md"]
)
def test_what_exists_answers(name):
    assert techniques.answers(name)


@pytest.mark.parametrize("name", ["badak.optim.SDG", "badak fly", "docs/no.md", "badak._version"])
def test_what_does_not_exist_does_not_answer(name):
    assert not techniques.answers(name)


def test_marks_are_found_wherever_pytest_lets_them_stand():
    source = """
import pytest
pytestmark = [pytest.mark.slow, pytest.mark.technique(1)]
CASES = [pytest.param(1, marks=pytest.mark.technique(2)), 3]

@pytest.mark.technique("24b", *range(3, 5))
def test_first(): ...

@pytest.mark.parametrize("case", CASES)
def test_second(case): ...

@pytest.mark.technique(5)
class TestThird:
    @pytest.mark.technique(6)
    def test_inside(self): ...

@pytest.mark.technique(7)
def helper(): ...
"""

    found = [(claim.test, claim.row) for claim in techniques.claims(source, "test_a.py")]

    assert found == [
        ("test_first", "1"),
        ("test_first", "24b"),
        ("test_first", "3"),
        ("test_first", "4"),
        ("test_second", "1"),
        ("test_second", "2"),
        ("test_inside", "6"),
        ("test_inside", "1"),
        ("test_inside", "5"),
    ]


def test_a_number_that_must_be_computed_is_refused():
    source = "@pytest.mark.technique(ROW)\ndef test_a(): ..."

    with pytest.raises(ValueError, match=r"a\.py:1: technique\(ROW\)"):
        techniques.claims(source, "a.py")


def test_a_line_of_the_table():
    row = Technique("63", "Optimizers", "Momentum", ("badak.optim.Momentum", "docs/history.md"))

    text = techniques.document([row], [claim("63"), claim("64")])

    assert text.endswith(
        "## Optimizers\n\n"
        "| | technique | by | proven by |\n"
        "| --- | --- | --- | --- |\n"
        "| 63 | Momentum | `badak.optim.Momentum`, [docs/history.md](history.md) |"
        " [a/test_a.py](../tests/a/test_a.py): `test_a` |\n"
    )
