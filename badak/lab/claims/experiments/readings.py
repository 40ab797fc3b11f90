"""What one contender gave under one condition, for all seeds at once, as measurements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from badak.lab.measurement import Measurement


def readings(
    contender: str, condition: str, seeds: Sequence[int], measures: Mapping[str, Any]
) -> list[Measurement]:
    """A measurement for each measure and seed.

    Args:
        contender, condition: whose they are.
        seeds: in the order of the values.
        measures: the values of each measure by its name, one a seed.

    Raises:
        ValueError: when there are not as many values as seeds.

    >>> [one.value for one in readings("Adam", "digits", [7, 8], {"loss": [0.5, 0.25]})]
    [0.5, 0.25]
    """
    return [
        Measurement(contender, condition, measure, seed, float(value))
        for measure, values in measures.items()
        for seed, value in zip(seeds, values, strict=True)
    ]
