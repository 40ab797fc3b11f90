"""Where in a training an error arose."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from badak.base.errors import BadakError


@contextmanager
def at(place: str) -> Iterator[None]:
    """Puts the place in front of what an error inside says.

    >>> from badak.base.errors import RangeError
    >>> with at("epoch 3, batch 7"):
    ...     raise RangeError("label 10 is not one of 10 classes")
    Traceback (most recent call last):
    badak.base.errors.RangeError: epoch 3, batch 7: label 10 is not one of 10 classes
    """
    try:
        yield
    except BadakError as error:
        error.what = f"{place}: {error.what}"
        raise
