"""Where epsilon stands in the denominator of an adaptive rule: frameworks do not agree."""

from __future__ import annotations

from typing import Any

from badak.core import Tensor
from badak.ops import sqrt

OUTSIDE, INSIDE, HAT = "outside", "inside", "hat"


def denominator(v: Tensor, eps: Any, place: str, correction: Any = None) -> Tensor:
    """The root of the mean square v, kept away from 0 by eps.

        outside   sqrt(v / c) + eps            the papers, PyTorch
        hat       (sqrt(v) + eps) / sqrt(c)    Keras's and Lasagne's Adam, the textbook's
        inside    sqrt(v / c + eps)            Keras's and Lasagne's RMSProp and AdaGrad

    Args:
        v: an average of squared gradients.
        eps: the number that keeps it from 0.
        place: one of the three.
        correction: c, what v has to be divided by since it started at 0; 1 if left out. Without a
            correction, hat is outside.

    >>> v = bd.tensor(1e-4)
    >>> [round(float(denominator(v, 0.01, p, 0.25)), 4) for p in ("outside", "hat", "inside")]
    [0.03, 0.04, 0.102]
    """
    if place == HAT:
        root: Tensor = sqrt(v) + eps
        return root if correction is None else root * (1.0 / sqrt(correction))
    # One division for all of v, not one for each of its numbers.
    corrected = v if correction is None else v * (1.0 / correction)
    return sqrt(corrected + eps) if place == INSIDE else sqrt(corrected) + eps
