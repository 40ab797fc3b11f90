"""The family of errors: each says what was expected, what came, and what to try.

    BadakError
    ├── ShapeError        (ValueError)     sizes do not fit together
    ├── RangeError        (ValueError)     a value outside what is allowed, an unknown name
    ├── DTypeError        (TypeError)      the wrong kind of number or object
    ├── StateError        (RuntimeError)   the right call at the wrong time
    ├── BadakFileError    (OSError)        a file missing, damaged, or not writable
    ├── GradientError     (AssertionError) a gradient that disagrees with central differences
    └── MissingExtraError (ImportError)    an optional package is not installed

Every class is also the built-in exception that a Python programmer would expect, so
`except ValueError` keeps working for those who do not know Badak's own names.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class BadakError(Exception):
    """Base of all errors that Badak raises on purpose.

    Args:
        what: one line: where and what is wrong.
        expected: what would have been right.
        got: what came instead.
        hint: what to try; printed after the word "try".

    >>> print(RangeError("lr is out of range", expected="lr > 0", got=-1, hint="lr=0.01"))
    lr is out of range
      expected  lr > 0
      got       -1
      try       lr=0.01
    """

    def __init__(
        self,
        what: str,
        *,
        expected: object = None,
        got: object = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(what)
        self.what = what
        self.expected = expected
        self.got = got
        self.hint = hint

    def _details(self) -> list[tuple[str, object]]:
        rows = [("expected", self.expected), ("got", self.got), ("try", self.hint)]
        return [(label, value) for label, value in rows if value is not None]

    def __str__(self) -> str:
        return "\n".join([self.what, *(f"  {k:<8}  {v}" for k, v in self._details())])

    @property
    def sentence(self) -> str:
        """The whole message on one line, as the command line prints it."""
        parts = [f"{label} {value}" for label, value in self._details()]
        if self.hint is not None and self.hint.endswith("?"):  # a question needs no "try"
            parts[-1] = self.hint
        return "; ".join([self.what, *parts])


class ShapeError(BadakError, ValueError):
    """Sizes that do not fit together."""


class RangeError(BadakError, ValueError):
    """A value outside what is allowed, or a name that nothing answers to."""


class DTypeError(BadakError, TypeError):
    """The wrong kind of number, or something that is no number at all."""


class StateError(BadakError, RuntimeError):
    """A call that is right, but not now."""


class BadakFileError(BadakError, OSError):
    """A file that is missing, damaged, of a newer format, or cannot be written."""


class GradientError(BadakError, AssertionError):
    """A gradient that disagrees with central differences."""


class MissingExtraError(BadakError, ImportError):
    """An optional package is needed for this call and is not installed."""


def missing_extra(package: str, extra: str, purpose: str) -> MissingExtraError:
    """The error for an optional package: names the purpose and the install command."""
    return MissingExtraError(
        f"{purpose} needs the package {package}", hint=f"pip install 'badak[{extra}]'"
    )


def unknown_name(kind: str, name: object, known: Iterable[str]) -> RangeError:
    """The error for a name outside a registry, with the nearest known one.

    >>> print(unknown_name("metric", "acuracy", ["accuracy", "mean_squared_error"]))
    unknown metric 'acuracy'
      expected  one of accuracy, mean_squared_error
      try       did you mean 'accuracy'?
    """
    names = list(known)
    near = difflib.get_close_matches(str(name).lower(), names, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else None
    return RangeError(f"unknown {kind} {name!r}", expected=f"one of {', '.join(names)}", hint=hint)
