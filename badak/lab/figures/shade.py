"""Colours between the ground of a picture and its hues."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from badak.base.dtypes import Array
from badak.base.errors import missing_extra
from badak.lab.drawing import Style


def mixed(style: Style, shares: Array, strength: float = 1.0) -> Array:
    """The hues in the shares given, over the ground: (..., hues) -> (..., 3), from 0 to 1.

    Args:
        style: of the picture.
        shares: how much of hue 0, 1, ...; each from 0, their sum at most 1. The rest is ground.
        strength: how much of the hues to take at most.

    >>> from badak.lab.drawing import LIGHT
    >>> mixed(LIGHT, np.array([[0.0, 0.0], [0.0, 1.0]]))
    array([[1.        , 1.        , 1.        ],
           [0.8352..., 0.3686..., 0.        ]])
    """
    parts = strength * shares
    hues = np.array([_numbers(style.hue(number)) for number in range(shares.shape[-1])])
    rest = 1 - parts.sum(axis=-1, keepdims=True)
    colours: Array = parts @ hues + rest * np.array(_numbers(style.paper))
    return np.clip(colours, 0, 1)


def below_and_above(style: Style) -> Any:
    """A colour map of signed numbers: one hue below 0, the ground at 0, another hue above.

    Raises:
        MissingExtraError: when matplotlib is not installed.
    """
    try:
        from matplotlib.colors import LinearSegmentedColormap
    except ImportError:
        raise missing_extra("matplotlib", "plot", "drawing a picture") from None
    colours: Sequence[str] = (style.hue(0), style.paper, style.hue(1))
    return LinearSegmentedColormap.from_list("below_and_above", colours)


def _numbers(colour: str) -> list[float]:
    """Red, green and blue of #rrggbb, from 0 to 1."""
    return [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
