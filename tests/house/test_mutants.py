"""The list of planted bugs: long enough, each of them in its place, and a runner that can tell."""

from __future__ import annotations

import pytest

from scripts import mutants
from scripts.mutants import Mutant

LISTED = mutants.listed()


def test_at_least_sixty_bugs_are_planted():
    assert len(LISTED) >= 60
    assert len({(m.file, m.old, m.new) for m in LISTED}) == len(LISTED)


@pytest.mark.parametrize("mutant", LISTED, ids=str)
def test_every_bug_has_its_place(mutant):
    assert mutants.fault(mutant) == ""
    assert mutant.why


# The runner itself, on a package of one line.


@pytest.fixture
def house(tmp_path):
    (tmp_path / "double.py").write_text("def double(x):\n    return x * 2\n", encoding="utf-8")
    test = "from double import double\n\ndef test_double():\n    assert double(2) == 4\n"
    (tmp_path / "test_double.py").write_text(test, encoding="utf-8")
    return tmp_path


def planted(old, new, test="test_double.py"):
    return Mutant("double.py", old, new, "a planted bug", (test,))


def test_a_bug_that_a_test_finds_is_killed_and_mended(house):
    before = (house / "double.py").read_text(encoding="utf-8")

    verdict = mutants.tried(planted("x * 2", "x * 3"), house)

    assert (verdict.kind, verdict.detail) == ("killed", "test_double.py::test_double")
    assert (house / "double.py").read_text(encoding="utf-8") == before


def test_a_bug_that_no_test_finds_survives(house):
    assert mutants.tried(planted("x * 2", "x + x"), house).kind == "survived"


def test_a_bug_that_cannot_be_imported_proves_nothing(house):
    verdict = mutants.tried(planted("def double", "def triple"), house)

    assert verdict.kind == "error"


@pytest.mark.parametrize(
    ("mutant", "wrong"),
    [
        (planted("x * 4", "x"), "'x * 4' stands in double.py 0 times"),
        (planted("x", "y"), "'x' stands in double.py 2 times"),
        (planted("x * 2", "x *"), "with 'x *', double.py is no Python"),
        (planted("x * 2", "(x * 2)"), "'(x * 2)' says the same"),
        (planted("x * 2", "x", "test_no.py"), "test_no.py does not exist"),
        (Mutant("double.py", "x * 2", "x", "?", ()), "no tests are named"),
        (Mutant("no.py", "x", "y", "?", ("test_double.py",)), "no.py does not exist"),
    ],
)
def test_a_useless_bug_is_reported(house, mutant, wrong):
    assert mutants.fault(mutant, house).startswith(wrong)
