"""Several networks that answer together, and one as large as all of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from badak.base.dtypes import Array
from badak.lab.claims.experiments.readings import readings
from badak.lab.measurement import Measurement
from badak.lab.task import Task
from badak.metrics import accuracy
from badak.nn import mlp
from badak.ops import softmax
from badak.optim import Adam
from badak.train import Population, Trainer

FLOOR = 1e-12
"""The least probability whose logarithm is taken."""


def probabilities(trainer: Trainer, x: Array) -> Array:
    """What a classifier says of each row, (rows, classes), each row with the sum 1.

    >>> trainer = bd.Trainer(nn.Linear(2, 4), progress=False)
    >>> probabilities(trainer, np.zeros((3, 2))).round(2)[0].tolist()
    [0.25, 0.25, 0.25, 0.25]
    """
    return softmax(trainer.predict(x).astype(np.float64)).numpy()


def cross_entropy(shares: Array, labels: Array) -> float:
    """The mean of -log of what was given to the right class.

    >>> round(cross_entropy(np.array([[0.5, 0.5]]), np.array([0])), 4)
    0.6931
    """
    return float(-np.log(np.maximum(shares[np.arange(len(labels)), labels], FLOOR)).mean())


def ensembles(
    seeds: Sequence[int],
    *,
    sizes: Sequence[int] = (1, 2, 4, 8, 16),
    rows: Sequence[int] = (100, 1000),
    units: int = 30,
    updates: int = 300,
    lr: float = 0.01,
) -> list[Measurement]:
    """The mean probabilities of 1, 2, 4, ... networks that differ in first weights and in batches.

    Contenders: "1 net", "2 nets", ..., of which each is part of the next; and "1 wide net", with as
    many hidden units as all of the largest together. Measures: "test accuracy" and "test loss".

    Args:
        seeds: of rows and networks.
        sizes: how many networks.
        rows: of digits to train on; a condition for each.
        units: of the two hidden layers of a network.
        updates: of each training, in batches of 50.
        lr: of Adam.

    >>> found = ensembles([0], sizes=[1, 2], rows=[100], units=5, updates=5)
    >>> sorted({one.contender for one in found})
    ['1 net', '1 wide net', '2 nets']
    """
    most = max(sizes)

    def build(units: int) -> Trainer:
        net = mlp(64, [units, units], 10)
        return Trainer(net, "softmax_cross_entropy", Adam(lr), progress=False)

    measurements: list[Measurement] = []
    for count in rows:
        task = Task("digits", updates=updates, rows=count)
        for seed in seeds:
            parts = task.parts(seed)
            crowd = Population(build, [{"units": units}], range(1000 * seed, 1000 * seed + most))
            wide = Population(build, [{"units": units * most}], [1000 * seed])
            for population in (crowd, wide):
                population.fit(parts.train, updates=updates, batch_size=50, progress=False)
            x, labels = parts.test.x, parts.test.t
            each = np.stack([probabilities(member.trainer, x) for member in crowd.members])
            answers = {f"{n} net{'s' if n > 1 else ''}": each[:n].mean(axis=0) for n in sizes}
            answers["1 wide net"] = probabilities(wide.members[0].trainer, x)
            for contender, shares in answers.items():
                measures = {
                    "test accuracy": [accuracy(shares, labels)],
                    "test loss": [cross_entropy(shares, labels)],
                }
                measurements += readings(contender, f"{count:,} rows", [seed], measures)
    return measurements
