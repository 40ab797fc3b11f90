"""How large a difference is beside its own spread."""

from __future__ import annotations

import math
from collections.abc import Sequence

from badak.base.dtypes import Array
from badak.lab.statistics.interval import scaled_differences


def effect_size(differences: Sequence[float] | Array) -> float:
    """Cohen's d of paired samples, with Hedges' correction for few of them.

        d = J mean / s,   J = Gamma((n - 1) / 2) / (sqrt((n - 1) / 2) Gamma((n - 2) / 2))

    Around 0.2 is called small, 0.5 medium, 0.8 large (Cohen, "Statistical Power Analysis for the
    Behavioral Sciences", 1988; Hedges, "Distribution Theory for Glass's Estimator of Effect Size",
    1981). Differences without any spread give 0 where they are 0, and else infinity with their
    sign. Fewer than three others give NaN: there is no such estimate.

    Args:
        differences: (n,), one a seed.

    Raises:
        RangeError: when one is NaN.
        ShapeError: when they do not stand in one row.

    >>> round(effect_size([3.0, 5.0, 4.0, 6.0, 4.5]), 3)
    3.211
    >>> effect_size([2.0, 2.0]), effect_size([0.0, 0.0])
    (inf, 0.0)
    """
    scaled, _ = scaled_differences(differences)
    if not len(scaled):
        return math.nan
    if (scaled == scaled[0]).all():
        return math.copysign(math.inf, scaled[0]) if scaled[0] else 0.0
    if len(scaled) < 3:
        return math.nan
    half = (len(scaled) - 1) / 2
    correction = math.exp(math.lgamma(half) - math.lgamma(half - 0.5)) / math.sqrt(half)
    return float(correction * scaled.mean() / scaled.std(ddof=1))
