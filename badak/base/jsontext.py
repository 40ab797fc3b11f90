"""JSON text that means exactly one thing: written strictly, read strictly.

Python's own `json` writes NaN, turns the key 1 into "1", keeps the last of two equal keys and
reads 1e400 as infinity, all without a word. Here each of these is an error, so what is read back
equals what was written (tuples come back as lists).
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable
from typing import Any, NoReturn

from badak.base.errors import BadakFileError, DTypeError, RangeError

MAX_DEPTH = 64
"""Lists and dicts inside one another; deeper is a mistake (or a dict that contains itself)."""

MAX_BITS = 8192
"""Of an integer: Python refuses to read longer ones, as that takes quadratic time."""


def to_json(tree: Any, where: str, *, indent: int | None = None) -> str:
    """A tree of dicts, lists, text, numbers, booleans and None as JSON text.

    Args:
        tree: what to write.
        where: the name of the tree in error messages, or "" to begin with its keys.
        indent: spaces a level for people; None for one line.

    >>> to_json({"epoch": 3, "loss": [0.5, None]}, "record")
    '{"epoch":3,"loss":[0.5,null]}'

    Raises:
        DTypeError: for anything else (arrays, NumPy's scalars, keys that are no text).
        RangeError: for NaN and infinity, which JSON does not have, and for a nesting too deep.
    """
    _check(tree, where, MAX_DEPTH)
    separators = (",", ":") if indent is None else (",", ": ")
    text = json.dumps(tree, ensure_ascii=False, indent=indent, separators=separators)
    # Text from file names may hold half of a surrogate pair, which UTF-8 cannot; JSON can: \udc80.
    return text.encode("utf-8", "backslashreplace").decode()


def _check(tree: Any, where: str, depth: int) -> None:
    if depth < 0:
        raise RangeError(
            f"{where} is nested too deeply", expected=f"at most {MAX_DEPTH} levels", hint="flatten"
        )
    if isinstance(tree, dict):
        for key, branch in tree.items():
            if not isinstance(key, str):
                raise DTypeError(f"{where} has a key that is no text", got=repr(key))
            _check(branch, f"{where}.{key}" if where else key, depth - 1)
    elif isinstance(tree, list | tuple):
        for index, branch in enumerate(tree):
            _check(branch, f"{where}[{index}]", depth - 1)
    elif isinstance(tree, float):
        if not math.isfinite(tree):
            raise RangeError(
                f"{where} is not finite, and JSON has no such number", got=tree, hint="None"
            )
    elif isinstance(tree, int):
        if tree.bit_length() > MAX_BITS:
            raise RangeError(f"{where} is an integer of {tree.bit_length()} bits", hint="text")
    elif not (tree is None or isinstance(tree, str)):
        raise DTypeError(
            f"{where} does not fit into JSON",
            expected="a dict, list, text, number, boolean or None",
            got=type(tree).__name__,
        )


def from_json(text: str | bytes, where: str) -> Any:
    """The tree that `to_json` wrote.

    >>> from_json('{"epoch": 3}', "history, line 1")
    {'epoch': 3}

    Raises:
        BadakFileError: for text that is not JSON, a key twice in one dict, NaN, 1e400, or a
            nesting too deep. The message begins with `where`.
    """
    return _parsed(text, where, parse_int=int)


def from_json_counts(text: str | bytes, where: str) -> Any:
    """As `from_json`, and every number is a count: an integer of 0..2**64-1 without a sign."""
    return _parsed(text, where, parse_int=_count)


def _parsed(text: str | bytes, where: str, parse_int: Callable[[str], int]) -> Any:
    counts = parse_int is _count
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8")
        return json.loads(
            text,
            object_pairs_hook=_unique,
            parse_int=parse_int,
            parse_float=_no_float if counts else _finite,
            parse_constant=_no_constant,
        )
    except _Refused as refused:
        raise BadakFileError(f"{where}: {refused}") from None
    except RecursionError:
        raise BadakFileError(f"{where}: JSON is nested too deeply") from None
    except ValueError as error:
        raise BadakFileError(f"{where}: not JSON text: {error}") from None


class _Refused(Exception):
    """Well-formed JSON that we do not accept; never leaves this file."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    tree = dict(pairs)
    if len(tree) < len(pairs):
        counts = Counter(key for key, _ in pairs)
        raise _Refused(f"key {counts.most_common(1)[0][0]!r} stands twice in one dict")
    return tree


def _count(digits: str) -> int:
    # int() of a very long text would take quadratic time.
    if digits.startswith("-") or len(digits) > len(str(2**64)) or int(digits) >= 2**64:
        raise _Refused(f"{digits[:24]} is not a count (0..2**64-1)")
    return int(digits)


def _finite(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise _Refused(f"{digits[:24]} is too large for a float")
    return value


def _no_float(digits: str) -> NoReturn:
    raise _Refused(f"{digits[:24]} is not a count (0..2**64-1)")


def _no_constant(name: str) -> NoReturn:
    raise _Refused(f"{name} is not JSON")
