"""A search that gives up early, against one that trains everything to the end."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from badak.base.dtypes import Array
from badak.base.random import generator
from badak.lab.measurement import Measurement
from badak.lab.task import Task
from badak.nn import SoftmaxCrossEntropy, mlp
from badak.optim import SGD
from badak.train import Population, Trainer


def short_runs(
    seeds: Sequence[int],
    *,
    settings: int = 30,
    epochs: int = 30,
    short: Sequence[int] = (1, 3, 10),
    rows: int = 500,
    units: int = 50,
) -> list[Measurement]:
    """Learning rates from 10^-3.5 to 1 and decays from 10^-5 to 0.1, drawn at random, for digits.

    "Short runs first" trains all settings for a few epochs and the most promising third of them, by
    validation loss, to the end. "All to the end" has as many epochs for settings drawn alike, so
    it can afford fewer of them. Either takes the setting with the lowest validation loss at the
    end.

    Measures, under "short runs of 3" and so on, in epochs: "test accuracy" of what is chosen; "rank
    correlation" of the validation loss after so many epochs with that at the end (contender "Short
    runs first").

    Args:
        seeds: of settings, weights, splits and batches.
        settings: that the short runs look at.
        epochs: of a training to the end.
        short: epochs of a short run, for each condition.
        rows: to train on.
        units: of each of two hidden layers.
    """
    task = Task("digits", rows=rows)

    def build(lr: float, weight_decay: float) -> Trainer:
        rule = SGD(lr, weight_decay=weight_decay)
        net = mlp(64, [units, units], 10)
        return Trainer(net, SoftmaxCrossEntropy(), rule, ["accuracy"], progress=False)

    found = []
    for seed in seeds:
        parts = task.parts(seed)
        random = generator(seed, "short runs")
        powers = random.uniform([-3.5, -5.0], [0.0, -1.0], (settings, 2))
        configs = [{"lr": 10.0**lr, "weight_decay": 10.0**decay} for lr, decay in powers]
        population = Population(build, configs, [seed])
        population.fit(parts.train, validation_data=parts.validation, epochs=epochs, progress=False)
        losses = np.full((settings, epochs), np.inf)  # one that broke down stays at infinity
        for row, member in zip(losses, population.members, strict=True):
            if member.error is None:
                row[:] = member.history["val_loss"]
        tested = [one["accuracy"] for one in population.evaluate(parts.test)]
        for few in short:
            kept = max(settings // 3, 1)
            promising = np.argsort(losses[:, few - 1], kind="stable")[:kept]
            affordable = max((settings * few + kept * (epochs - few)) // epochs, 1)
            chosen = {
                "Short runs first": promising[losses[promising, -1].argmin()],
                "All to the end": losses[:affordable, -1].argmin(),
            }
            condition = f"short runs of {few}"
            found += [
                Measurement(contender, condition, "test accuracy", seed, tested[int(index)])
                for contender, index in chosen.items()
            ]
            agreement = rank_correlation(losses[:, few - 1], losses[:, -1])
            found.append(
                Measurement("Short runs first", condition, "rank correlation", seed, agreement)
            )
    return found


def rank_correlation(x: Array, y: Array) -> float:
    """How far two orders agree, from -1 to 1; of equal values the first counts as smaller.

    Spearman, "The Proof and Measurement of Association between Two Things" (1904).

    >>> rank_correlation(np.array([1.0, 2.0, 30.0]), np.array([5.0, 6.0, 7.0]))
    1.0
    """
    ranks = [np.argsort(np.argsort(values, kind="stable"), kind="stable") for values in (x, y)]
    distances = ranks[0] - ranks[1]
    n = len(x)
    return 1.0 - 6.0 * float(np.sum(distances**2)) / (n * (n * n - 1))
