"""How smooth the functions are that networks learn with and without weight decay."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from badak.base.dtypes import Array
from badak.data import load
from badak.lab.measurement import Measurement
from badak.nn import MeanSquaredError, mlp
from badak.optim import NO_DECAY, Adam
from badak.train import Population, Trainer

GRID = np.linspace(-np.pi, np.pi, 401)
"""Where a function of one number is looked at."""


def smoothness(
    seeds: Sequence[int],
    *,
    decays: Sequence[float] = (0.0, 0.001, 0.01),
    rows: int = 20,
    noise: float = 0.3,
    units: int = 50,
    updates: int = 3000,
    lr: float = 0.01,
) -> list[Measurement]:
    """Networks that learn a noisy sine from few rows, with several strengths of decay.

    Each is a contender, "Decay 0.01" and so on, coupled (an L2 penalty), on weights alone.

    Measures: "slope" and "log10 curvature", the root mean square of the first derivative of the
    function from -pi to pi, and the logarithm of that of the second (of the sine itself both root
    mean squares are 0.71); "weight norm"; "error", the mean squared distance from the sine.

    Args:
        seeds: of rows and weights.
        decays: strengths.
        rows: to learn from.
        noise: of the targets.
        units: of each of two hidden layers, with tanh.
        updates: of each training, by Adam on all rows.
        lr: of Adam.
    """

    def build(decay: float) -> Trainer:
        net = mlp(1, [units, units], 1, "tanh", init="xavier")
        rule = Adam(lr, weight_decay=decay, groups=NO_DECAY if decay else {})
        return Trainer(net, MeanSquaredError(), rule, progress=False)

    found = []
    for seed in seeds:
        data = load("sine", rows=rows, noise=noise, seed=seed).train
        repeated = data.take(np.tile(np.arange(rows), 100))  # an epoch of many updates on all rows
        population = Population(build, [{"decay": decay} for decay in decays], [seed])
        population.fit(repeated, updates=updates, batch_size=rows, shuffle=False, progress=False)
        for member in population.members:
            y = member.trainer.predict(GRID[:, None].astype(np.float32))[:, 0].astype(np.float64)
            weights = [w.numpy() for w in member.trainer.net.parameters().values() if w.ndim > 1]
            slope, curvature = bends(GRID, y)
            values = {
                "slope": slope,
                "log10 curvature": float(np.log10(max(curvature, 1e-12))),
                "weight norm": float(np.sqrt(sum(np.sum(w * w) for w in weights))),
                "error": float(np.mean((y - np.sin(GRID)) ** 2)),
            }
            contender = f"Decay {member.config['decay']:g}"
            found += [
                Measurement(contender, "sine", measure, seed, value)
                for measure, value in values.items()
            ]
    return found


def bends(x: Array, y: Array) -> tuple[float, float]:
    """The root mean squares of the first and the second derivative, by central differences.

    Args:
        x: (points,), evenly spaced.
        y: (points,).

    >>> [round(size, 2) for size in bends(GRID, np.sin(GRID))]
    [0.71, 0.71]
    """
    step = x[1] - x[0]
    slopes = (y[2:] - y[:-2]) / (2.0 * step)
    curvatures = (y[2:] - 2.0 * y[1:-1] + y[:-2]) / step**2
    return float(np.sqrt(np.mean(slopes**2))), float(np.sqrt(np.mean(curvatures**2)))
