"""Single numbers that users set, and the question whether numbers are finite."""

from __future__ import annotations

import math
import operator

import numpy as np

from badak.base.dtypes import Array
from badak.base.errors import DTypeError, RangeError

_LIMITS = {
    "above": ("above", operator.gt),
    "at_least": ("at least", operator.ge),
    "below": ("below", operator.lt),
    "at_most": ("at most", operator.le),
}


_UNSIGNED = {size: np.dtype(f"u{size}") for size in (1, 2, 4, 8)}


def real(value: object, what: str, **limits: float) -> float:
    """A finite number within limits (`above`, `at_least`, `below`, `at_most`), as a float.

    >>> real(0.5, "Dropout: p", at_least=0, below=1)
    0.5

    Raises:
        RangeError: outside of the limits, and for infinity and NaN.
        DTypeError: for text, None, True and whatever else is no single number.
    """
    try:
        if isinstance(value, str | bytes | bool):
            raise TypeError
        number = float(value)  # type: ignore[arg-type]  # the except is the check
    except (TypeError, ValueError):
        raise DTypeError(f"{what} must be a number", got=repr(value)) from None
    except OverflowError:  # a whole number beyond the largest float
        number = math.inf
    kept = (_LIMITS[name][1](number, limit) for name, limit in limits.items())
    if not (math.isfinite(number) and all(kept)):
        words = [f"{_LIMITS[name][0]} {limit:g}" for name, limit in limits.items()]
        raise RangeError(
            f"{what} is out of range",
            expected=" ".join(["a finite number", " and ".join(words)]).strip(),
            got=number,
        )
    return number


def is_finite(array: Array) -> bool:
    """Whether no value is infinite or NaN.

    >>> is_finite(np.array([1.0, 1e300])), is_finite(np.array([1.0, np.nan]))
    (True, False)
    """
    with np.errstate(all="ignore"):
        # The sum of squares is many times faster than looking at each value, and wrong only for
        # finite values so large that their square is not: then look.
        square = np.vdot(array, array)
    return bool(np.isfinite(square)) or bool(np.isfinite(array).all())


def are_positions(numbers: Array, count: int) -> bool:
    """Whether whole numbers are all in 0..count - 1.

    >>> are_positions(np.array([0, 4]), 5), are_positions(np.array([0, -1]), 5)
    (True, False)
    """
    if not numbers.size:
        return True
    if numbers.dtype.kind == "i" and numbers.flags.c_contiguous:
        # One look instead of two: without its sign, a number below 0 is larger than any count.
        unsigned = numbers.view(_UNSIGNED[numbers.dtype.itemsize])
        # Three times as fast as `max`, where there are few.
        return int(unsigned.item(unsigned.argmax())) < count
    return int(numbers.min()) >= 0 and int(numbers.max()) < count
