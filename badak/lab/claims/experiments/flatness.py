"""Whether sharp minima are those that differ between training and test."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from badak.base.dtypes import Array
from badak.data import Dataset
from badak.lab.arena import scores
from badak.lab.claims.experiments.readings import readings
from badak.lab.matched import fit_to_loss
from badak.lab.measurement import Measurement
from badak.lab.recipe import Recipe
from badak.lab.sharpness import scale_invariant, top_eigenvalue
from badak.lab.task import Task
from badak.train import Trainer

MEASURES: Mapping[str, Callable[[Trainer, Dataset], float]] = {
    "largest eigenvalue": top_eigenvalue,
    "scale-invariant": scale_invariant,
}
"""Of sharpness."""


def flatness(
    seeds: Sequence[int],
    *,
    sizes: Sequence[int] = (8, 32, 128),
    rates: Sequence[float] = (0.05, 0.1, 0.2),
    rows: int = 300,
    layers: Sequence[int] = (30,),
    loss: float = 0.2,
) -> list[Measurement]:
    """Networks that have come down to one training loss in different ways.

    For each seed, each size of the batches with each rate gives a network; over these, one asks for
    the rank correlation (Spearman's) of a measure of sharpness with the test loss less the training
    loss.

    Measures: "rank correlation with the gap"; the contender "chance" has 0, what is to be expected
    of a number that has nothing to do with the gap.

    Args:
        seeds: of split, weights and order.
        sizes, rates: of the batches, and learning rates of SGD.
        rows: of the digits to train on.
        layers: hidden units.
        loss: the training loss that all come down to.
    """
    task = Task("digits", rows=rows)
    correlations: dict[str, list[float]] = {name: [] for name in MEASURES}
    for seed in seeds:
        parts = task.parts(seed)
        sharp: dict[str, list[float]] = {name: [] for name in MEASURES}
        gaps = []
        for size, lr in itertools.product(sizes, rates):
            recipe = Recipe(layers=tuple(layers), optimizer="sgd", lr=lr, batch_size=size)
            trainer = recipe.trainer(task.shape(False), task.outputs, True, task.updates, seed)
            fit_to_loss(trainer, parts.train, loss, batch_size=size)
            train, test = (scores(trainer, part)["loss"] for part in (parts.train, parts.test))
            gaps.append(test - train)
            for name, measure in MEASURES.items():
                sharp[name].append(measure(trainer, parts.train))
        for name in MEASURES:
            correlations[name].append(rank_correlation(np.array(sharp[name]), np.array(gaps)))
    found = []
    for name, values in {**correlations, "chance": [0.0] * len(seeds)}.items():
        found += readings(name, "digits", seeds, {"rank correlation with the gap": values})
    return found


def rank_correlation(x: Array, y: Array) -> float:
    """Spearman's correlation of two lists without ties: 1 when they have the same order.

    >>> rank_correlation(np.array([1.0, 2.0, 30.0]), np.array([0.1, 0.2, 0.3]))
    1.0
    """
    ranks = np.argsort(np.argsort(np.stack([x, y]), axis=1), axis=1) - (len(x) - 1) / 2
    return float((ranks[0] * ranks[1]).sum() / (ranks[0] ** 2).sum())
