"""Which penalties make weights exactly zero."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from badak.base.dtypes import Array
from badak.lab.measurement import Measurement
from badak.lab.task import Task
from badak.nn import L1, Loss, Module, Penalised, SoftmaxCrossEntropy, mlp
from badak.optim import NO_DECAY, SGD
from badak.train import Population, Trainer


def sparsity(
    seeds: Sequence[int],
    *,
    strength: float = 0.001,
    layers: Sequence[Sequence[int]] = ((), (50,)),
    updates: int = 1500,
    lr: float = 0.1,
) -> list[Measurement]:
    """Networks on digits with the same strength of penalty, by four ways.

    Contenders: "L1, proximal step", which moves weights towards 0 and stops there; "L1, gradient",
    the slope of the absolute value added to that of the loss; "L2"; "None". Biases are not
    penalised.

    Measures: "zero weights", the share that is exactly 0; "small weights", the share below a
    thousandth of the largest; "test accuracy".

    Args:
        seeds: of weights, splits and batches.
        strength: of the penalty.
        layers: hidden units, for each condition.
        updates: of each training.
        lr: of SGD.
    """
    found = []
    task = Task("digits", updates=updates)
    ways = ways_of(strength, lr)
    for hidden in layers:
        condition = f"hidden units: {', '.join(map(str, hidden)) or 'none'}"

        def build(way: str, hidden: Sequence[int] = hidden) -> Trainer:
            return ways[way](mlp(64, hidden, 10))

        for seed in seeds:
            parts = task.parts(seed)
            population = Population(build, [{"way": way} for way in ways], [seed])
            population.fit(parts.train, updates=updates, batch_size=100, progress=False)
            for member in population.members:
                values = {
                    **shares(member.trainer.net),
                    "test accuracy": member.trainer.evaluate(parts.test)["accuracy"],
                }
                found += [
                    Measurement(member.config["way"], condition, measure, seed, value)
                    for measure, value in values.items()
                ]
    return found


def ways_of(strength: float, lr: float) -> dict[str, Callable[[Module], Trainer]]:
    """What trains a network with a penalty of that strength, by the name of the way."""
    plain = SoftmaxCrossEntropy()

    def trainer(net: Module, loss: Loss = plain, l1: float = 0.0, decay: float = 0.0) -> Trainer:
        rule = SGD(lr, l1=l1, weight_decay=decay, groups=NO_DECAY if l1 or decay else {})
        return Trainer(net, loss, rule, ["accuracy"], progress=False)

    return {
        "L1, proximal step": lambda net: trainer(net, l1=strength),
        "L1, gradient": lambda net: trainer(net, Penalised(plain, L1(net, strength))),
        "L2": lambda net: trainer(net, decay=strength),
        "None": trainer,
    }


def shares(net: Module) -> dict[str, float]:
    """The shares of weights that are 0, and that hardly count.

    >>> layer = nn.Linear(4, 1)
    >>> _ = layer.weight.assign([[1.0], [0.0], [0.0001], [-2.0]])
    >>> shares(layer)
    {'zero weights': 0.25, 'small weights': 0.5}
    """
    weights: list[Array] = [w.numpy().ravel() for w in net.parameters().values() if w.ndim > 1]
    sizes = np.abs(np.concatenate(weights))
    return {
        "zero weights": float(np.mean(sizes == 0.0)),
        "small weights": float(np.mean(sizes < 1e-3 * sizes.max())),
    }
