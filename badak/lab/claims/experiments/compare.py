"""Trainings on data, by the comparison of the lab."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from badak import data as data_sets
from badak.base.errors import BadakFileError
from badak.lab.compare import compare as fair
from badak.lab.measurement import Measurement

Settings = Mapping[str, Any]


def compare(
    seeds: Sequence[int],
    *,
    data: Sequence[str],
    contenders: Mapping[str, Settings],
    base: Settings | None = None,
    variants: Mapping[str, Settings] | None = None,
    **budget: Any,
) -> list[Measurement]:
    """Every number of `badak.lab.compare`, on each data set and in each variant.

    Args:
        seeds: as many trainings has each contender.
        data: the names of data sets. One that would have to be downloaded is left out, so that a
            claim can be tested anywhere; the conditions say which were there.
        contenders: by name, what each changes in the base.
        base: the recipe that all share.
        variants: by name, what changes in the base; each is a condition of its own.
        budget: further arguments of `badak.lab.compare`: updates, rows, tuned, ...

    Returns:
        Conditions are "digits, tuned", or with variants "digits, NAME, tuned".

    >>> found = compare(range(2), data=["xor"], contenders={"a": {}, "b": {"lr": 0.1}},
    ...                 variants={"wide": {"layers": [20]}}, updates=20, tuned=False)
    >>> sorted({one.condition for one in found})
    ['xor, wide, as set']
    """
    found: list[Measurement] = []
    here = [name for name in data if data_sets.describe(name).present(None)]
    if not here:
        raise BadakFileError("none of the data sets is on this machine", expected=", ".join(data))
    for name in here:
        for variant, changes in (variants or {"": {}}).items():
            title = f"{name}, {variant}" if variant else name
            result = fair(
                contenders, name, base={**(base or {}), **changes}, seeds=len(seeds), name=title,
                progress=False, **budget,
            )  # fmt: skip
            found += [
                Measurement(
                    one.contender, f"{title}, {one.condition.rpartition(', ')[2]}", one.measure,
                    one.seed, one.value,
                )
                for one in result.measurements
            ]  # fmt: skip
    return found
