"""Which truth tables of two bits a perceptron can have, and which it needs layers for."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from badak.base.dtypes import Array
from badak.base.random import derive_key, generator
from badak.core import tensor
from badak.data import Dataset
from badak.lab.measurement import Measurement
from badak.nn import BinaryCrossentropy, Linear, Sequential, Sigmoid
from badak.nn.init import Normal
from badak.nn.perceptron import gate, learn
from badak.optim import Adam
from badak.train import Population, Trainer

TABLE = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
"""Both inputs of the four rows."""

TARGETS = {
    "AND": np.array([0, 0, 0, 1]),
    "NAND": np.array([1, 1, 1, 0]),
    "OR": np.array([0, 1, 1, 1]),
    "XOR": np.array([0, 1, 1, 0]),
}

_WEIGHTS = (-1.0, 0.0, 1.0)
_THRESHOLDS = (-1.5, -0.5, 0.5, 1.5)


def logic(
    seeds: Sequence[int],
    *,
    epochs: int = 100,
    updates: int = 600,
    lr: float = 0.1,
    starts: int = 16,
) -> list[Measurement]:
    """Rows of a truth table that are answered right: by one perceptron, and by layers of them.

    Contenders: "Perceptron rule", which learns the rows in an order that the seed draws; "Best
    perceptron" of all that there are, see `best_perceptron`; "Layers of gates", put together by
    hand; "Trained layers", 2, 2 and 1 units with sigmoid, by Adam, once; "Trained layers, best
    start" of several by their loss on the four rows, for such small networks may stay on a plateau.

    Measures: "rows right", of 4.

    Args:
        seeds: of orders and initial weights.
        epochs: of the perceptron rule.
        updates, lr: of the trained layers.
        starts: how many initial weights the best is chosen from.
    """
    found = []

    def measured(name: str, condition: str, seed: int, right: Array) -> None:
        found.append(Measurement(name, condition, "rows right", seed, float(right.sum())))

    for condition, t in TARGETS.items():
        _, best = best_perceptron(t)
        by_gates = gate(condition.lower())(tensor(TABLE)).numpy()
        trained = _trained(t, seeds, updates, lr, starts)
        for seed, (first, best_start) in zip(seeds, trained, strict=True):
            order = generator(seed, "logic").permutation(len(TABLE))
            learned = learn(TABLE[order], t[order], epochs).unit(tensor(TABLE, "float64")).numpy()
            measured("Perceptron rule", condition, seed, learned == t)
            found.append(Measurement("Best perceptron", condition, "rows right", seed, best))
            measured("Layers of gates", condition, seed, by_gates == t)
            measured("Trained layers", condition, seed, first == t)
            measured("Trained layers, best start", condition, seed, best_start == t)
    return found


def best_perceptron(t: Array) -> tuple[Array, float]:
    """The answers of the perceptron that has most rows right, and how many those are.

    Weights of -1, 0 and 1 with thresholds of +-0.5 and +-1.5 give all 14 of the 16 functions of two
    bits that any perceptron can be (Minsky and Papert, 1969), so nothing is missed.

    Args:
        t: 0 or 1 for each row of `TABLE`.

    >>> best_perceptron(TARGETS["AND"])[1], best_perceptron(TARGETS["XOR"])[1]
    (4.0, 3.0)
    """
    functions = perceptron_functions()
    right = (functions == t).sum(axis=1)
    return functions[right.argmax()], float(right.max())


def perceptron_functions() -> Array:
    """All functions of two bits that a perceptron can be, as rows of answers: (14, 4).

    >>> perceptron_functions().shape
    (14, 4)
    """
    settings = itertools.product(_WEIGHTS, _WEIGHTS, _THRESHOLDS)
    answers = [(TABLE @ np.array([v, w]) > threshold).astype(int) for v, w, threshold in settings]
    return np.unique(answers, axis=0)


def _trained(
    t: Array, seeds: Sequence[int], updates: int, lr: float, starts: int
) -> list[tuple[Array, Array]]:
    """What networks answer that have learned the four rows: the first start, and the best."""

    def build() -> Trainer:
        layers = [Linear(2, 2, init=Normal(1.0)), Sigmoid(), Linear(2, 1, init=Normal(1.0))]
        net = Sequential(*layers, Sigmoid())
        return Trainer(net, BinaryCrossentropy(), Adam(lr), progress=False)

    # An epoch of many times the same rows: nothing is looked at between the updates.
    data = Dataset(np.tile(TABLE, (50, 1)), np.tile(t[:, None], (50, 1)).astype(np.float32))
    table = Dataset(TABLE, t[:, None].astype(np.float32))
    population = Population(build, seeds=_starts(seeds, starts))
    population.fit(data, updates=updates, batch_size=4, shuffle=False, progress=False)
    trainers = [member.trainer for member in population.members]
    answers = [trainer.predict(TABLE)[:, 0] > 0.5 for trainer in trainers]
    losses = [trainer.evaluate(table)["loss"] for trainer in trainers]
    found = []
    for first in range(0, len(trainers), starts):
        best = min(range(first, first + starts), key=losses.__getitem__)
        found.append((answers[first], answers[best]))
    return found


def _starts(seeds: Sequence[int], starts: int) -> list[int]:
    """Seeds of initial weights: so many for each seed, and never the same for two."""
    return [derive_key(seed, "start", start) % 2**32 for seed in seeds for start in range(starts)]
