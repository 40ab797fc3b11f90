"""How much of its learning rate an optimizer has left after a long run."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from badak.base.dtypes import Array, float64
from badak.base.random import generator
from badak.compiler import compile as compiled
from badak.core import Tensor, parameter
from badak.lab.claims.experiments.readings import readings
from badak.lab.measurement import Measurement
from badak.optim import SGD, AdaGrad, Optimizer, RMSProp

_RULES: dict[str, Callable[[float], Optimizer]] = {
    "SGD": SGD,
    "AdaGrad": lambda lr: AdaGrad(lr, eps=1e-7),
    "RMSProp": lambda lr: RMSProp(lr, alpha=0.99),
}


def effective_rate(
    seeds: Sequence[int],
    *,
    updates: Sequence[int] = (10_000, 100_000),
    patience: int = 20_000,
    lr: float = 0.01,
) -> list[Measurement]:
    """SGD, AdaGrad and RMSProp on (w - c)^2 / 2, whose slope comes with noise of spread 1.

    For so many updates c is 0; then it jumps to 1 and the optimizer has to follow.

    Measures: "log10 effective rate", the last update before the jump per slope that it saw, and
    "updates to follow", until w is above 1/2 (`patience` if it never is).

    Args:
        seeds: of the noise.
        updates: the lengths of the first part, a condition each.
        patience: how many updates may follow the jump.
        lr: the learning rate of all.
    """
    found = []
    for count in updates:
        noise = np.stack(
            [generator(seed, "effective_rate").normal(size=count + patience) for seed in seeds],
            axis=1,
        )
        for name, rule in _RULES.items():
            places, slopes = _course(rule(lr), noise, jump=count)
            moved = np.abs(places[count] - places[count - 1])
            follows = places[count + 1 :] > 0.5
            waited = np.where(follows.any(axis=0), follows.argmax(axis=0) + 1, patience)
            measures = {
                "log10 effective rate": np.log10(moved / np.abs(slopes[count - 1])),
                "updates to follow": waited,
            }
            found += readings(name, f"after {count} updates", seeds, measures)
    return found


def _course(optimizer: Optimizer, noise: Array, jump: int) -> tuple[Array, Array]:
    """w before the first update and after each, and the slope that each update saw."""
    w = parameter(np.zeros(noise.shape[1]), float64)

    @compiled
    def step(shift: Tensor) -> tuple[Tensor, Tensor]:
        slope = w + shift.reshape(-1)
        optimizer.update({"w": w}, {"w": slope})
        return w + 0.0, slope

    shifts = noise.copy()
    shifts[jump:] -= 1.0
    _, (places, slopes) = step.scan(np.arange(len(shifts))[:, None], Tensor(shifts))
    start = np.zeros((1, noise.shape[1]))
    return np.concatenate([start, places.numpy()]), slopes.numpy()
