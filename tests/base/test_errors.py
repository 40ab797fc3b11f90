from __future__ import annotations

import pytest

from badak.base import errors
from badak.base.errors import BadakError, RangeError, missing_extra, unknown_name

BUILT_IN = {
    "ShapeError": ValueError,
    "RangeError": ValueError,
    "DTypeError": TypeError,
    "StateError": RuntimeError,
    "BadakFileError": OSError,
    "GradientError": AssertionError,
    "MissingExtraError": ImportError,
}


@pytest.mark.parametrize(("name", "built_in"), BUILT_IN.items())
def test_each_error_is_also_the_built_in_one_that_python_programmers_catch(name, built_in):
    kind = getattr(errors, name)

    assert issubclass(kind, BadakError)
    assert issubclass(kind, built_in)
    with pytest.raises(built_in, match="what"):
        raise kind("what")


def test_family_is_complete():
    made = {
        kind.__name__ for kind in BadakError.__subclasses__() if kind.__module__ == errors.__name__
    }

    assert made == set(BUILT_IN)
    assert all(name in errors.__doc__ for name in BUILT_IN)


@pytest.mark.parametrize("name", BUILT_IN)
def test_message_lists_expected_got_and_what_to_try(name):
    error = getattr(errors, name)("what", expected=(1, 2), got=0, hint="another")

    assert str(error) == "what\n  expected  (1, 2)\n  got       0\n  try       another"
    assert error.sentence == "what; expected (1, 2); got 0; try another"
    assert (error.what, error.expected, error.got, error.hint) == ("what", (1, 2), 0, "another")


def test_what_is_not_known_is_not_listed():
    assert str(RangeError("what")) == "what"
    assert str(RangeError("what", got=0)) == "what\n  got       0"
    assert str(RangeError("what", got=False, hint="x")) == "what\n  got       False\n  try       x"


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("acuracy", "did you mean 'accuracy'?"),
        ("ACCURACY", "did you mean 'accuracy'?"),
        ("xyz", None),
        (None, None),
    ],
)
def test_unknown_name_suggests_the_nearest(name, hint):
    error = unknown_name("metric", name, ["accuracy", "loss"])

    assert error.what == f"unknown metric {name!r}"
    assert error.expected == "one of accuracy, loss"
    assert error.hint == hint


def test_missing_extra_says_what_to_install():
    error = missing_extra("matplotlib", "plot", "drawing curves")

    assert (
        str(error)
        == "drawing curves needs the package matplotlib\n  try       pip install 'badak[plot]'"
    )
