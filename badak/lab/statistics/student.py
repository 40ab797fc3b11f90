"""Student's t distribution, for whole degrees of freedom."""

from __future__ import annotations

import math

_HALVINGS = 200  # more than a float has bits, so the last ones change nothing


def student_quantile(probability: float, freedom: int) -> float:
    """The t with P(T <= t) = probability, for Student's T of so many degrees of freedom.

    The distribution is a finite sum (Abramowitz and Stegun, "Handbook of Mathematical Functions",
    1964, 26.7.3 and 26.7.4) in the angle atan(t / sqrt(freedom)), which is found by halving.

    Args:
        probability: at least 1/2, below 1.
        freedom: at least 1.

    >>> round(student_quantile(0.975, 4), 4)
    2.7764
    """
    inside = 2.0 * probability - 1.0
    low, high = 0.0, math.pi / 2
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if _share_inside(middle, freedom) < inside:
            low = middle
        else:
            high = middle
    return math.sqrt(freedom) * math.tan(low)


def _share_inside(angle: float, freedom: int) -> float:
    """P(|T| < t) for t = sqrt(freedom) tan(angle)."""
    sine, cosine = math.sin(angle), math.cos(angle)
    odd = freedom % 2
    total, term = 0.0, cosine if odd else 1.0
    for power in range(2 + odd, freedom + 1, 2):  # up to cosine ** (freedom - 2)
        total += term
        term *= cosine * cosine * (power - 1) / power
    if odd:
        return (angle + sine * total) * 2 / math.pi
    return sine * total
