"""Networks whose weights all start alike."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from badak.base.dtypes import Array
from badak.data import load
from badak.lab.claims.experiments.readings import readings
from badak.lab.measurement import Measurement
from badak.nn import mlp
from badak.nn.init import Constant, He, Initializer
from badak.optim import SGD
from badak.train import Population, Trainer

_STARTS: dict[str, Initializer] = {
    "random": He(),
    "all zero": Constant(0.0),
    "all equal": Constant(0.05),
    "zero in the last layer": He(),
}


def symmetry(
    seeds: Sequence[int], *, epochs: int = 20, lr: float = 0.1, units: int = 30
) -> list[Measurement]:
    """Starts that are random, zero, equal, or zero in the last layer only, trained on the digits.

    Measures: "train loss", "test accuracy", and "different units", how many columns of the second
    layer's weights differ from all before them.

    Args:
        seeds: of random weights and of the order of the rows, which all starts share.
        epochs: of SGD with batches of 100 rows.
        lr: the learning rate.
        units: of each of the two hidden layers.
    """
    digits = load("digits")

    def build(start: str) -> Trainer:
        net = mlp(digits.shape[0], [units, units], 10, init=_STARTS[start])
        if start == "zero in the last layer":
            net.parameters()["4.weight"].assign(np.zeros((units, 10)))
        return Trainer(net, optimizer=SGD(lr), metrics=["accuracy"], progress=False)

    population = Population(build, [{"start": start} for start in _STARTS], seeds)
    population.fit(digits.train, epochs=epochs, batch_size=100, progress=False)
    on_train, on_test = population.evaluate(digits.train), population.evaluate(digits.test)
    found = []
    for number, start in enumerate(_STARTS):
        these = slice(number * len(seeds), (number + 1) * len(seeds))
        nets = [member.trainer.net for member in population.members[these]]
        measures = {
            "train loss": [numbers["loss"] for numbers in on_train[these]],
            "test accuracy": [numbers["accuracy"] for numbers in on_test[these]],
            "different units": [different(net.parameters()["2.weight"].numpy()) for net in nets],
        }
        found += readings(start, "digits", seeds, measures)
    return found


def different(weights: Array) -> int:
    """How many columns differ from all others before them, up to rounding.

    >>> different(np.array([[1.0, 1.0, 2.0], [3.0, 3.0, 0.0]]))
    2
    """
    scale = max(float(np.abs(weights).max()), 1e-30)
    return len(np.unique(np.round(weights / scale, 4), axis=1).T)
