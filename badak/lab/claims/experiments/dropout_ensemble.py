"""Dropout as an ensemble: one scaled network against the mean over many random masks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from badak.base.dtypes import Array
from badak.lab.claims.experiments.ensembles import FLOOR, cross_entropy, probabilities
from badak.lab.claims.experiments.readings import readings
from badak.lab.measurement import Measurement
from badak.lab.task import Task
from badak.metrics import accuracy
from badak.nn import mlp
from badak.ops import softmax
from badak.optim import Adam
from badak.train import Population, Trainer


def dropout_ensemble(
    seeds: Sequence[int],
    *,
    shares: Sequence[float] = (0.2, 0.5),
    masks: int = 200,
    nets: int = 8,
    rows: int = 300,
    units: int = 100,
    updates: int = 600,
    lr: float = 0.003,
) -> list[Measurement]:
    """What the scaled network says, and what it is said to stand for.

    Contenders: "Scaled", the network trained with dropout as it predicts; "One mask", the same with
    one random mask; "Mean over masks", the mean probabilities of many; "Single", a network from
    the same weights trained without dropout; "Ensemble", the mean of several others of that kind.

    Measures, on test rows: "distance to the mean over masks" and "distance to the ensemble", in
    nats: KL(mean, prediction); "test accuracy" and "test loss".

    Args:
        seeds: of rows, weights and masks.
        shares: of units that are dropped; a condition for each.
        masks: how many are averaged.
        nets: of the ensemble.
        rows: of digits to train on.
        units: of the two hidden layers.
        updates: of each training, in batches of 50.
        lr: of Adam.

    >>> found = dropout_ensemble([0], shares=[0.5], masks=4, nets=2, units=10, updates=5)
    >>> len(found)
    20
    """

    def build(dropout: float) -> Trainer:
        net = mlp(64, [units, units], 10, dropout=dropout)
        return Trainer(net, "softmax_cross_entropy", Adam(lr), progress=False)

    task = Task("digits", updates=updates, rows=rows)
    measurements: list[Measurement] = []
    for seed in seeds:
        parts = task.parts(seed)
        x, labels = parts.test.x, parts.test.t
        whole = Population(build, [{"dropout": 0.0}], range(1000 * seed, 1000 * seed + nets + 1))
        thinned = Population(build, [{"dropout": share} for share in shares], [1000 * seed])
        for population in (whole, thinned):
            population.fit(parts.train, updates=updates, batch_size=50, progress=False)
        each = [probabilities(member.trainer, x) for member in whole.members]
        ensemble = np.mean(each[1:], axis=0)
        for share, member in zip(shares, thinned.members, strict=True):
            drawn = softmax(member.trainer.sample(x, masks).astype(np.float64)).numpy()
            over_masks = drawn.mean(axis=0)
            answers = {
                "Scaled": probabilities(member.trainer, x),
                "One mask": drawn[0],
                "Mean over masks": over_masks,
                "Single": each[0],
                "Ensemble": ensemble,
            }
            for contender, answer in answers.items():
                measures = {
                    "distance to the mean over masks": [divergence(over_masks, answer)],
                    "distance to the ensemble": [divergence(ensemble, answer)],
                    "test accuracy": [accuracy(answer, labels)],
                    "test loss": [cross_entropy(answer, labels)],
                }
                measurements += readings(contender, f"dropout {share:g}", [seed], measures)
    return measurements


def divergence(p: Array, q: Array) -> float:
    """KL(p, q) = sum p log(p / q), in nats, a mean over the rows.

    >>> round(divergence(np.array([[1.0, 0.0]]), np.array([[0.5, 0.5]])), 4)
    0.6931
    """
    ratio = np.log(np.maximum(p, FLOOR)) - np.log(np.maximum(q, FLOOR))
    return float((p * ratio).sum(axis=-1).mean())
