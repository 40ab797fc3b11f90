"""`badak figure`: the pictures of the textbooks, made anew, with their numbers beside them."""

from __future__ import annotations

import inspect
import os
import typing
from collections.abc import Mapping, Sequence
from types import NoneType
from typing import Any

from badak.base.errors import DTypeError, RangeError, unknown_name
from badak.base.files import make_folder
from badak.lab.blas import one_thread
from badak.lab.figures import BY_NAME, Figure, get
from badak.train.curves import KINDS

FOLDER = "figures"
"""Where pictures go unless told."""

_WORDS = {int: "a whole number", float: "a number", bool: "true or false"}
_TRUTH = {"true": True, "false": False}


def listed() -> list[list[str]]:
    """A row for each figure: its name and what it shows."""
    return [[figure.name, figure.about] for figure in BY_NAME.values()]


def make(name: str, out: str | None, dark: bool, settings: Sequence[str]) -> tuple[str, str, str]:
    """Makes a figure and writes it, with its numbers as .csv beside it.

    Args:
        name: of the figure.
        out: the file, .png, .svg or .pdf; figures/NAME.png unless given.
        dark: whether on a dark ground.
        settings: name=value for arguments of the figure.

    Returns:
        Its caption, the file of the picture, and that of the numbers.

    Raises:
        RangeError: for an unknown figure, argument or kind of file, or a value out of range.
        DTypeError: for a value of another kind.
        BadakFileError: when a file cannot be written.
    """
    figure = get(name)
    chosen = arguments(figure, settings)
    path = out or os.path.join(FOLDER, f"{name}.png")
    stem, ending = os.path.splitext(path)
    if ending.removeprefix(".").lower() not in KINDS:  # before the work, not after it
        kinds = ", ".join(f".{kind}" for kind in KINDS)
        raise RangeError(
            f"--out {path!r}: no kind of picture", expected=f"a file ending in {kinds}"
        )
    make_folder(os.path.dirname(path) or ".")
    with one_thread():
        picture = figure.make(**chosen)
    picture.save(path, dark=dark)
    return picture.caption, path, f"{stem}.csv"


def arguments(figure: Figure, settings: Sequence[str]) -> dict[str, Any]:
    """The arguments of a figure from name=value.

    >>> arguments(get("surfaces"), ["optimizers=sgd,adam"])
    {'optimizers': ('sgd', 'adam')}

    Raises:
        RangeError: for an unknown argument, or text without an equals sign.
        DTypeError: for a value of another kind.
    """
    known = kinds(figure)
    chosen: dict[str, Any] = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals:
            raise RangeError("--set takes name=value", got=setting, hint="--set seed=1")
        if name not in known:
            raise unknown_name(f"argument of {figure.name}", name, known)
        chosen[name] = _read(text, known[name], f"--set {name}")
    return chosen


def kinds(figure: Figure) -> Mapping[str, Any]:
    """The kind of each argument of a figure."""
    hints = typing.get_type_hints(figure.make)
    return {name: hints[name] for name in inspect.signature(figure.make).parameters}


def _read(text: str, kind: Any, what: str) -> Any:
    """A text as a value of that kind: a number, true or false, text, or several after commas."""
    choices = [choice for choice in typing.get_args(kind) if choice is not NoneType]
    if NoneType in typing.get_args(kind):
        return None if text == "none" else _read(text, choices[0], what)
    if choices:  # Sequence[int]
        parts = [part.strip() for part in text.split(",") if part.strip()]
        return tuple(_read(part, choices[0], what) for part in parts)
    try:
        return _TRUTH[text.lower()] if kind is bool else kind(text)
    except (ValueError, KeyError):
        raise DTypeError(f"{what} is {_WORDS[kind]}", got=text) from None
