"""Arrays by name: whether some can take the place of others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from badak.base.shapes import Shape


def differences(own: Mapping[str, Shape], given: Mapping[str, Any]) -> list[str]:
    """What keeps the given arrays from being taken over, in words; empty when nothing does.

    Args:
        own: the shape that each name has to have.
        given: arrays by name.

    >>> differences({"w": (2, 3), "b": (3,)}, {"w": np.zeros((3, 2)), "c": np.zeros(3)})
    ["missing 'b'", "unknown 'c'", "'w' has shape (3, 2), expected (2, 3)"]
    """
    both = {name: (shape, given[name]) for name, shape in own.items() if name in given}
    return [
        *(f"missing {name!r}" for name in own if name not in given),
        *(f"unknown {name!r}" for name in given if name not in own),
        *(
            f"{name!r} has shape {np.shape(value)}, expected {shape}"
            for name, (shape, value) in both.items()
            if np.shape(value) != shape
        ),
        *(
            f"{name!r} holds {np.asarray(value).dtype}, expected numbers"
            for name, (_, value) in both.items()
            if np.asarray(value).dtype.kind not in "biuf"
        ),
    ]
