"""What makes the gap between training and test wider: one change at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from badak.lab.claims.experiments.readings import readings
from badak.lab.claims.experiments.tuning import values
from badak.lab.measurement import Measurement
from badak.lab.recipe import Recipe
from badak.lab.task import Task

_MEASURES = ("gap", "train accuracy", "test accuracy", "test loss")


def overfitting(
    seeds: Sequence[int],
    *,
    updates: int = 1000,
    units: Sequence[int] = (50, 1000),
    rows: Sequence[int] = (300, 1000),
    scale: float = 3.0,
    lr: float = 0.05,
) -> list[Measurement]:
    """A network with one hidden layer on the digits, changed in its width, its rows or its start.

    Conditions with their contenders: "more parameters" with "50 units" and "1000 units"; "fewer
    data" with "300 rows" and "1000 rows"; "larger weights" with "weights as usual" and
    "weights times 3", at the start.

    Measures: "gap" (training less test accuracy), "train accuracy", "test accuracy", "test loss".

    Args:
        seeds: of split, weights and order.
        updates: of SGD with batches of 50 rows.
        units: the first is the usual width.
        rows: the first is the usual number.
        scale: of the larger weights.
        lr: the learning rate.
    """
    usual = Recipe(layers=(units[0],), optimizer="sgd", lr=lr, batch_size=50)
    task = Task("digits", updates=updates, rows=rows[0])
    arms = [("more parameters", f"{n} units", replace(usual, layers=(n,)), task) for n in units]
    arms += [("fewer data", f"{n} rows", usual, replace(task, rows=n)) for n in rows]
    larger = replace(usual, init=scale * HE_64)
    arms += [
        ("larger weights", "weights as usual", replace(usual, init=HE_64), task),
        ("larger weights", f"weights times {scale:g}", larger, task),
    ]
    found = []
    for condition, name, recipe, given in arms:
        tasks = dict.fromkeys(seeds, given)
        found += readings(name, condition, seeds, values(recipe, tasks, _MEASURES))
    return found


HE_64 = (2.0 / 64) ** 0.5
"""He's standard deviation for the 64 numbers of a digit."""
