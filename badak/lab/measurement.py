"""One number that one training, or any other trial, has given."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from badak.base.dtypes import Array
from badak.base.errors import RangeError, unknown_name


@dataclass(frozen=True, slots=True)
class Measurement:
    """One number, with where it comes from; a list of these is what every experiment gives.

    Attributes:
        contender: which technique, as people call it: "Momentum".
        condition: under which circumstances: "digits, tuned".
        measure: what was measured, with its unit where it has one: "test accuracy".
        seed: of the trial. Two contenders of one seed have everything else in common.
        value: the number; not finite where the trial broke down.

    >>> Measurement("Momentum", "kappa 10", "sign flips", 0, 4.0).value
    4.0
    """

    contender: str
    condition: str
    measure: str
    seed: int
    value: float


def paired(
    measurements: Iterable[Measurement], measure: str, condition: str, contenders: Sequence[str]
) -> Array:
    """The values of some contenders side by side, for the seeds that all of them have.

    Returns:
        (seeds, contenders), in the order of seeds.

    Raises:
        RangeError: when a contender has no such number, or they have no seed in common.

    >>> found = [Measurement(name, "c", "loss", seed, seed + len(name))
    ...          for name in ("SGD", "Adam") for seed in (1, 0)]
    >>> paired(found, "loss", "c", ["SGD", "Adam"])
    array([[3., 4.],
           [4., 5.]])
    """
    chosen = [m for m in measurements if m.measure == measure and m.condition == condition]
    values: dict[str, dict[int, float]] = {}
    for one in chosen:
        values.setdefault(one.contender, {})[one.seed] = one.value
    for name in contenders:
        if name not in values:
            raise unknown_name(f"contender with {measure!r} under {condition!r}", name, values)
    common = set.intersection(*(set(values[name]) for name in contenders))
    if not common:
        raise RangeError("the contenders have no seed in common", got=", ".join(contenders))
    rows = [[values[name][seed] for name in contenders] for seed in sorted(common)]
    return np.array(rows, np.float64)
