"""What settings are worth: a known function of them, or trainings done once for all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from badak.base.dtypes import Array
from badak.base.random import generator
from badak.lab.task import Task
from badak.nn import mlp
from badak.optim import NO_DECAY, SGD
from badak.train import Population, Trainer

WIDTH = 0.2
"""How far from the best a setting that matters may lie, in shares of its range."""

Scores = Callable[[Array], Array]
"""The scores of settings: (n, dimensions), each in 0..1 of its range, to (n,)."""


@dataclass(frozen=True)
class Response:
    """What a search is told of settings, all between 0 and 1 along the logarithm of their ranges.

    Attributes:
        condition: how it is called.
        dimensions: how many settings.
        per_axis: values of each in a grid.
        decades: powers of ten from the lower to the upper end of each range.
        early: scores after a short training, which a search may go by.
        seen: scores after a whole training, which a search may go by.
        kept: what the settings are worth in truth, or on test rows.
        saving: so many short trainings cost as much as a whole one.
    """

    condition: str
    dimensions: int
    per_axis: int
    decades: float
    early: Scores
    seen: Scores
    kept: Scores
    saving: int = 1


def known(dimensions: int, matter: int, per_axis: int, seed: int) -> Response:
    """exp(-sum ((x_i - c_i) / 0.2)^2) over those that matter, with c in the middle part.

    >>> response = known(2, 1, per_axis=8, seed=0)
    >>> bool(response.kept(np.random.Generator(np.random.Philox(0)).random((99, 2))).max() <= 1)
    True
    """
    best = generator(seed, "known response", dimensions, matter).uniform(0.15, 0.85, matter)

    def score(settings: Array) -> Array:
        distance = ((settings[:, :matter] - best) / WIDTH) ** 2
        worth: Array = np.exp(-distance.sum(axis=1))
        return worth

    words = f"{dimensions} settings, {matter} of them matter{'s' if matter == 1 else ''}"
    return Response(words, dimensions, per_axis, 4.0, score, score, score)


@dataclass(frozen=True)
class Lattice:
    """Trainings on digits at all pairs of some learning rates and weight decays.

    Attributes:
        rates, decays: powers of ten, upwards, evenly spaced.
        early, seen, kept: (rates, decays): validation accuracy after the short and the whole
            training, and test accuracy.
        saving: so many short trainings cost as much as a whole one.
    """

    rates: Array
    decays: Array
    early: Array
    seen: Array
    kept: Array
    saving: int

    def within(self, condition: str, rates: tuple[float, float], per_axis: int) -> Response:
        """A search space between two powers of ten of the learning rate, and over all decays.

        A setting counts as the nearest one that was trained.
        """
        low, high = rates

        def of(values: Array) -> Scores:
            def scores(settings: Array) -> Array:
                powers = low + settings[:, 0] * (high - low)
                i = np.abs(powers[:, None] - self.rates).argmin(axis=1)
                j = np.rint(settings[:, 1] * (len(self.decays) - 1)).astype(int)
                found: Array = values[i, j]
                return found

            return scores

        parts = (of(self.early), of(self.seen), of(self.kept))
        return Response(condition, 2, per_axis, high - low, *parts, self.saving)


def trained(
    rates: Array, decays: Array, seed: int, *, rows: int, units: int, epochs: int, short: int
) -> Lattice:
    """Trains one network of one population at each pair; see `Lattice`.

    Args:
        rates, decays: powers of ten.
        seed: of rows, weights and batches.
        rows: of digits to train on, in batches of 100.
        units: of the two hidden layers.
        epochs: of a whole training, by SGD; `short` of a short one.
    """

    def build(lr: float, weight_decay: float) -> Trainer:
        net = mlp(64, [units, units], 10)
        rule = SGD(lr, weight_decay=weight_decay, groups=NO_DECAY)
        return Trainer(net, "softmax_cross_entropy", rule, ["accuracy"], progress=False)

    parts = Task("digits", rows=rows).parts(seed)
    configs = [{"lr": 10.0**a, "weight_decay": 10.0**b} for a in rates for b in decays]
    population = Population(build, configs, [seed])
    tables = []
    for more, looks in (
        (short, [parts.validation]),
        (epochs - short, [parts.validation, parts.test]),
    ):
        population.fit(parts.train, epochs=more, batch_size=100, progress=False)
        for look in looks:
            found = [
                0.0 if member.error else member.trainer.evaluate(look)["accuracy"]
                for member in population.members
            ]
            tables.append(np.array(found).reshape(len(rates), len(decays)))
    early, seen, kept = tables
    return Lattice(rates, decays, early, seen, kept, epochs // short)
