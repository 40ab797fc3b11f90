"""The front of every package: names listed, sorted, complete, each with a docstring and example."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

import badak
from tests.house import public

PACKAGES = public.packages(badak)
SHOWN = {
    f"{package.__name__}.{name}": getattr(package, name)
    for package in PACKAGES
    for name in getattr(package, "__all__", [])
    if inspect.isroutine(getattr(package, name, None)) or inspect.isclass(getattr(package, name))
}

PART = "a part of the random programs, whose example stands in the docstring of the package"

WITHOUT_EXAMPLE: dict[str, str] = {
    "badak.compiler.testing.Case": PART,
    "badak.compiler.testing.Child": PART,
    "badak.compiler.testing.Verdict": PART,
    "badak.compiler.testing.drawn": PART,
    "badak.compiler.testing.random_case": PART,
    "badak.compiler.testing.random_numbers": PART,
    "badak.compiler.testing.reproducer": PART,
}
"""Public things that need no example: `{"badak.room.name": "the reason"}`."""


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.__name__)
def test_all_lists_exactly_the_public_names_in_order(package):
    text = Path(package.__file__).read_text(encoding="utf-8")

    assert public.quarrels(text, getattr(package, "__all__", None)) == []


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.__name__)
def test_every_listed_name_exists(package):
    names = getattr(package, "__all__", [])

    assert [name for name in names if not hasattr(package, name)] == []


@pytest.mark.parametrize("name", SHOWN)
def test_every_public_thing_explains_itself_by_an_example(name):
    assert public.lacks(SHOWN[name], example=name not in WITHOUT_EXAMPLE) == ""


def test_no_exception_is_stale():
    stale = [n for n in WITHOUT_EXAMPLE if n not in SHOWN or public.lacks(SHOWN[n]) == ""]

    assert stale == []


# The checker itself.


def test_every_kind_of_binding_is_seen():
    text = """
from __future__ import annotations
import numpy as np
from badak.base import errors, tree as trees
LIMIT: int = 3
first, _second = 1, 2
try:
    import tomllib
except ImportError:
    tomllib = None
def f(): ...
class C: ...
"""

    assert public.bound_names(text) == {
        "np", "errors", "trees", "LIMIT", "first", "tomllib", "f", "C"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("listed", "quarrel"),
    [
        (None, "no __all__ for a"),
        (["a"], "b is bound and not in __all__"),
        (["a", "b", "c"], "c is in __all__ and not bound"),
        (["a", "a", "b"], "a is twice in __all__"),
        (["b", "a"], "__all__ is not sorted"),
    ],
)
def test_a_quarrel_is_reported(listed, quarrel):
    assert quarrel in public.quarrels("from badak.nn.letters import a, b", listed)


def test_agreement_is_silence():
    assert public.quarrels("from badak.nn.letters import a, b", ["__version__", "a", "b"]) == []


def test_a_thing_without_words_is_reported():
    def silent(): ...

    def told():
        """Says what it is."""

    def shown():
        """Says what it is.

        >>> 1 + 1
        2
        """

    class Silent(Exception): ...

    class Told(Exception):
        """Says when it is raised."""

    answers = [public.lacks(thing) for thing in (silent, told, shown, Silent, Told)]
    assert answers == ["a docstring", "an example (>>>)", "", "a docstring", ""]
