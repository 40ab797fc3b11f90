"""How activations are spread in the layers of a network that has not learned yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from badak.base.dtypes import Array
from badak.base.random import derive_key, generator, seeded
from badak.core import Tensor
from badak.lab.claims.experiments.readings import readings
from badak.lab.measurement import Measurement
from badak.nn import Module, mlp, observing
from badak.nn.init import He, Initializer, Normal, Xavier

INITIALIZERS: Mapping[str, Initializer] = {
    "std 1": Normal(1.0),
    "std 0.01": Normal(0.01),
    "Xavier": Xavier(),
    "He": He(),
}
"""The textbook's four; its Xavier has the standard deviation 1 / sqrt(fan in)."""

EDGES: Mapping[str, tuple[float, float]] = {"sigmoid": (0.05, 0.95), "tanh": (-0.9, 0.9)}
"""Beyond these, an activation has less than a fifth of its steepest slope."""


def activation_spread(
    seeds: Sequence[int],
    *,
    activations: Sequence[str] = ("sigmoid",),
    layers: int = 5,
    units: int = 100,
    rows: int = 1000,
) -> list[Measurement]:
    """The textbook's experiment: normal inputs through hidden layers with random weights.

    Conditions: "sigmoid, layer 5" and so on. Measures: "spread", the standard deviation of the
    activations over rows and units; "saturated", the share of them where the activation is nearly
    flat (of ReLU: the share of zeros); "unit spread", the mean over units of the standard deviation
    over the rows, which is 0 when a unit says the same of every row.

    Args:
        seeds: of inputs and weights.
        activations: names of `nn.activation`.
        layers, units: the hidden layers.
        rows: of inputs, each of as many numbers as there are units.
    """
    found = []
    for activation in activations:
        for name, init in INITIALIZERS.items():
            by_seed = [_outputs(seed, activation, init, layers, units, rows) for seed in seeds]
            for number in range(layers):
                outputs = [one[number] for one in by_seed]
                measures = {
                    "spread": [values.std() for values in outputs],
                    "saturated": [_saturated(activation, values) for values in outputs],
                    "unit spread": [values.std(axis=0).mean() for values in outputs],
                }
                found += readings(name, f"{activation}, layer {number + 1}", seeds, measures)
    return found


def _outputs(
    seed: int, activation: str, init: Initializer, layers: int, units: int, rows: int
) -> list[Array]:
    """What comes out of the activation of each hidden layer: (rows, units) each."""
    inputs = generator(seed, "activation_spread").normal(size=(rows, units)).astype(np.float32)
    with seeded(derive_key(seed, "weights")):
        net = mlp(units, [units] * layers, 1, activation, init=init)
    hidden = list(net)[1 : 2 * layers : 2]
    seen: list[Array] = []

    def see(module: Module, _: tuple[Tensor, ...], output: Tensor) -> None:
        if any(module is one for one in hidden):
            seen.append(output.numpy())

    with observing(see):
        net(Tensor(inputs))
    return seen


def _saturated(activation: str, values: Array) -> float:
    if activation not in EDGES:
        return float((values == 0).mean())
    low, high = EDGES[activation]
    return float(((values < low) | (values > high)).mean())
