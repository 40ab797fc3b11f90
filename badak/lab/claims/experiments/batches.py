"""One network with batches of several sizes, and what is equal between them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from badak.base.errors import StateError, unknown_name
from badak.lab.arena import Forgetful, Trial, run, scores
from badak.lab.claims.experiments.readings import readings
from badak.lab.claims.experiments.tuning import tuned
from badak.lab.matched import fit_to_loss
from badak.lab.measurement import Measurement
from badak.lab.recipe import Recipe
from badak.lab.sharpness import top_eigenvalue
from badak.lab.task import Task
from badak.train import NotFiniteError

_MEASURES = ("test accuracy", "train loss")


def batches(
    seeds: Sequence[int],
    *,
    sizes: Sequence[int] = (16, 256),
    conditions: Sequence[str] = ("equal epochs", "equal updates"),
    data: str = "digits",
    layers: Sequence[int] = (50,),
    lr: float = 0.05,
    epochs: int = 20,
    updates: int = 1000,
    loss: float = 0.2,
) -> list[Measurement]:
    """SGD with batches of several sizes: contenders "batch 16", "batch 256" and so on.

    Conditions: "equal epochs", "equal updates", "equal epochs, tuned" (each size has the best
    rate of a sweep), "rate scaled" (equal epochs, the rate in proportion to the size, the first of
    which has `lr`); "equal loss" and "equal loss, rate scaled" (until the training loss is `loss`).

    Measures: "test accuracy", "train loss", "unsteadiness" (the standard deviation of the change of
    the validation loss from one of twenty looks to the next, in the second half); under equal
    loss "log10 sharpness", of the largest eigenvalue of the Hessian of the training loss, and "test
    accuracy", neither of them finite where the loss was never reached.

    Args:
        seeds: of split, weights and order.
        sizes: rows of a batch; one that has more than there are takes all.
        conditions: which of these.
        data: the data set.
        layers: hidden units.
        lr: the rate, where nothing else is said.
        epochs, updates: how long, where they are equal.
        loss: the training loss that is to be reached.

    Raises:
        RangeError: for an unknown condition.
    """
    rows = len(Task(data).parts(0).train)
    found = []
    for condition in conditions:
        if condition not in CONDITIONS:
            raise unknown_name("condition of batches", condition, CONDITIONS)
        for size in sizes:
            rate = lr * size / sizes[0] if condition.endswith("rate scaled") else lr
            recipe = Recipe(
                layers=tuple(layers), optimizer="sgd", lr=rate, batch_size=min(size, rows)
            )
            each_epoch = -(-rows // recipe.batch_size)
            count = updates if condition == "equal updates" else epochs * each_epoch
            task = Task(data, updates=count)
            measure = CONDITIONS[condition]
            measures = measure(recipe, task, seeds, loss)
            found += readings(f"batch {size}", condition, seeds, measures)
    return found


_Measures = Mapping[str, Sequence[float]]


def _trained(recipe: Recipe, task: Task, seeds: Sequence[int], loss: float) -> _Measures:
    trials = [Trial("", recipe, task, seed, final=True) for seed in seeds]
    outcomes = run(trials, Forgetful())
    measures = {name: [one.values[name] for one in outcomes] for name in _MEASURES}
    curves = [[point["validation loss"] for point in one.curve] for one in outcomes]
    steps = [np.diff(curve[len(curve) // 2 :]) for curve in curves]
    return {**measures, "unsteadiness": [float(step.std()) for step in steps]}


def _tuned(recipe: Recipe, task: Task, seeds: Sequence[int], loss: float) -> _Measures:
    return _trained(tuned(recipe, {seeds[0]: task}), task, seeds, loss)


def _until(recipe: Recipe, task: Task, seeds: Sequence[int], loss: float) -> _Measures:
    found: dict[str, list[float]] = {"log10 sharpness": [], "test accuracy": []}
    for seed in seeds:
        parts = task.parts(seed)
        trainer = recipe.trainer(task.shape(False), task.outputs, True, task.updates, seed)
        try:
            fit_to_loss(trainer, parts.train, loss, batch_size=recipe.batch_size)
        except (StateError, NotFiniteError):
            sharp, right = math.inf, -math.inf
        else:
            sharp = math.log10(top_eigenvalue(trainer, parts.train))
            right = scores(trainer, parts.test)["accuracy"]
        found["log10 sharpness"].append(sharp)
        found["test accuracy"].append(right)
    return found


CONDITIONS: Mapping[str, Callable[[Recipe, Task, Sequence[int], float], _Measures]] = {
    "equal epochs": _trained,
    "equal epochs, tuned": _tuned,
    "equal updates": _trained,
    "rate scaled": _trained,
    "equal loss": _until,
    "equal loss, rate scaled": _until,
}
"""How each is run."""
