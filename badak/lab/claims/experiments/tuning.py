"""The best learning rate of a sweep, for experiments that train."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from badak.lab.arena import Forgetful, Trial, run
from badak.lab.compare import RATES
from badak.lab.recipe import Recipe
from badak.lab.task import Task


def tuned(recipe: Recipe, tasks: Mapping[int, Task]) -> Recipe:
    """The recipe with the rate that has the lowest loss on validation rows, in the mean over seeds.

    The sweep is that of `badak.lab.compare`.

    Args:
        recipe: with the rate that the sweep begins from.
        tasks: by the seeds to choose with.

    >>> task = Task("moons", updates=20)
    >>> round(tuned(Recipe(layers=(10,), optimizer="sgd", lr=0.01), {0: task}).rate, 3)
    1.0
    """
    rates = [recipe.rate * factor for factor in RATES]
    trials = [
        Trial(f"{rate:g}", recipe.with_rate(rate), task, seed, final=False)
        for rate in rates
        for seed, task in tasks.items()
    ]
    outcomes = run(trials, Forgetful())
    losses = [outcome.values["validation loss"] for outcome in outcomes]
    means = np.array(losses).reshape(len(rates), -1).mean(axis=1)
    return recipe.with_rate(rates[int(np.argmin(np.nan_to_num(means, nan=np.inf)))])


def values(
    contender: Recipe, tasks: Mapping[int, Task], measures: Sequence[str]
) -> dict[str, list[float]]:
    """What the trainings of a recipe gave, by measure, in the order of the seeds.

    >>> found = values(Recipe(layers=(10,)), {0: Task("moons", updates=5)}, ["test accuracy"])
    >>> len(found["test accuracy"])
    1
    """
    trials = [Trial("", contender, task, seed, final=True) for seed, task in tasks.items()]
    outcomes = run(trials, Forgetful())
    return {measure: [outcome.values[measure] for outcome in outcomes] for measure in measures}
