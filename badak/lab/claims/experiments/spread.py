"""How signals and gradients fare on their way through many layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from badak.base.dtypes import Array, float64
from badak.base.random import generator, seeded
from badak.core import Tensor, grad, tensor
from badak.lab.claims.experiments.trainings import Net, at_best_rate, over_rates
from badak.lab.measurement import Measurement
from badak.lab.task import Task
from badak.nn import Identity, Linear, Module, SoftmaxCrossEntropy, activation, mlp, observing
from badak.optim import SGD

INITS: Mapping[str, str] = {"Xavier": "xavier", "He": "he"}

RATES = (0.01, 0.0316, 0.1, 0.316, 1.0)
"""Half a decade apart, for SGD."""


def signal_spread(
    seeds: Sequence[int],
    *,
    activations: Sequence[str] = ("tanh", "sigmoid", "relu"),
    depth: int = 50,
    units: int = 100,
    rows: int = 200,
    trained_depths: Sequence[int] = (5, 20),
    trained_units: int = 40,
    updates: int = 250,
) -> list[Measurement]:
    """Networks with Xavier's and He's initial weights: their signals, and how well they learn.

    Rows of normal numbers run through `depth` layers at their initial weights, which are the same
    normal numbers times sqrt(1 / n) or sqrt(2 / n). Measures, under "relu, 50 layers" and so on:
    "decades of spread", log10 of the standard deviation of the last layer's outputs over that of
    the first; "factor per layer", its root. Under "relu, 5 layers trained" and so on: "train
    accuracy" after the same number of updates of SGD on digits, at the rate of five with the lowest
    training loss.

    Args:
        seeds: of weights, rows, splits and batches.
        activations: their names.
        depth, units, rows: of the signals.
        trained_depths, trained_units, updates: of the trainings.
    """
    found = []
    for name in activations:
        for contender, init in INITS.items():
            for seed in seeds:
                sizes = spreads(name, init, seed, depth, units, rows)
                decades = np.log10(sizes[-1] / sizes[0])
                for measure, value in {
                    "decades of spread": decades,
                    "factor per layer": 10.0 ** (decades / (depth - 1)),
                }.items():
                    condition = f"{name}, {depth} layers"
                    found.append(Measurement(contender, condition, measure, seed, float(value)))
            for layers in trained_depths:
                net = _classifier(name, init, layers, trained_units)
                grid = over_rates(net, SGD, RATES, Task("digits", updates=updates), seeds)
                best = at_best_rate(grid, lambda one: one.train["loss"])
                condition = f"{name}, {layers} layers trained"
                found += [
                    Measurement(contender, condition, "train accuracy", seed, one.train["accuracy"])
                    for seed, one in zip(seeds, best, strict=True)
                ]
    return found


def spreads(name: str, init: str, seed: int, depth: int, units: int, rows: int) -> Array:
    """The standard deviation of all outputs of each hidden layer: (depth,).

    In a wide ReLU network it falls by 1/sqrt(2) a layer from Xavier's weights, and stays from He's
    (He et al., 2015).

    >>> sizes = spreads("relu", "xavier", seed=0, depth=3, units=400, rows=100)
    >>> (sizes[1:] / sizes[:-1]).round(1)
    array([0.7, 0.7])
    """
    with seeded(seed):
        net = mlp(units, [units] * depth, 1, name, init=init).to("float64")
    sizes = []

    def watch(module: Module, inputs: tuple[object, ...], output: Tensor) -> None:
        if isinstance(module, type(activation.get(name))):
            sizes.append(output.numpy().std())

    x = generator(seed, "signals").standard_normal((rows, units))
    with observing(watch):
        net(tensor(x, float64))
    return np.array(sizes)


def gradient_flow(
    seeds: Sequence[int],
    *,
    contenders: Mapping[str, tuple[str, str]],
    depths: Sequence[int] = (5, 10, 20),
    units: int = 100,
    rows: Sequence[int] = (1, 100),
) -> list[Measurement]:
    """One backward pass at the initial weights of deep classifiers of digits.

    Measures: "decades of gradient", log10 of the root mean square of the gradient at the first
    hidden layer, before its activation, over that at the last one, for the largest batch, under "10
    layers" and so on; "shared signs", under "batches of 1" and so on: for each unit of the second
    hidden layer the share of its incoming weights whose gradients have the sign that most of them
    have, from 0.5 (half up, half down) to 1 (all the same way), as a mean over units.

    Args:
        seeds: of weights and rows.
        contenders: the activation (or "identity") and the initialiser of each, by their names.
        depths: how many hidden layers.
        units: of each.
        rows: sizes of batches.
    """
    task = Task("digits", updates=1)
    found = []
    for contender, (name, init) in contenders.items():
        for seed in seeds:
            data = task.parts(seed).train
            for depth in depths:
                with seeded(seed):
                    net = _classifier(name, init, depth, units)().to("float64")
                slopes = signal_gradients(net, data.x[: max(rows)], data.t[: max(rows)])
                sizes = [np.sqrt(np.mean(np.square(slope))) for slope in slopes]
                decades = np.log10(max(sizes[0], 1e-300) / sizes[-1])
                condition = f"{depth} layers"
                measure = "decades of gradient"
                found.append(Measurement(contender, condition, measure, seed, float(decades)))
            with seeded(seed):
                net = _classifier(name, init, 2, units)().to("float64")
            for size in rows:
                signs = shared_signs(weight_gradients(net, data.x[:size], data.t[:size])[1])
                condition = f"batches of {size}"
                found.append(Measurement(contender, condition, "shared signs", seed, signs))
    return found


def weight_gradients(net: Module, x: Array, t: Array) -> list[Array]:
    """The gradient of softmax cross entropy with respect to each matrix of weights, in order."""
    weights = {name: w for name, w in net.parameters().items() if w.ndim == 2}
    loss = SoftmaxCrossEntropy()(net(tensor(x, float64)), tensor(t))
    return [slope.numpy() for slope in grad(loss, weights).values()]


def signal_gradients(net: Module, x: Array, t: Array) -> list[Array]:
    """The gradient with respect to what each hidden layer gives before its activation, in order.

    Through a linear layer and an activation a it goes back as g W^T a'.
    """
    signals: list[Tensor] = []

    def watch(module: Module, inputs: tuple[object, ...], output: Tensor) -> None:
        if isinstance(module, Linear):
            signals.append(output)

    with observing(watch):
        prediction = net(tensor(x, float64))
    loss = SoftmaxCrossEntropy()(prediction, tensor(t))
    return [slope.numpy() for slope in grad(loss, signals[:-1])]


def shared_signs(slope: Array) -> float:
    """The share of weights into a unit whose gradients have the commoner sign, mean over units.

    Gradients of 0 pull nowhere and do not count; nor do units without any other.

    Args:
        slope: (in, units).

    >>> shared_signs(np.array([[1.0, 1.0], [2.0, -3.0], [0.0, -1.0], [5.0, 2.0]]))
    0.75
    """
    up, down = (slope > 0).sum(axis=0), (slope < 0).sum(axis=0)
    pulled = up + down > 0
    return float(np.mean(np.maximum(up, down)[pulled] / (up + down)[pulled]))


def _classifier(name: str, init: str, layers: int, units: int) -> Net:
    return lambda: mlp(
        64, [units] * layers, 10, Identity if name == "identity" else name, init=init
    )
