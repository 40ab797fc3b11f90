"""Weights that start from data."""

from __future__ import annotations

from typing import Any

import numpy as np

from badak.base.context import no_grad, training
from badak.base.errors import RangeError, StateError
from badak.base.numbers import real
from badak.base.random import next_key
from badak.base.shapes import positive
from badak.core import Parameter, Tensor
from badak.nn.init.initializer import Fans
from badak.nn.init.structured import Orthogonal
from badak.nn.module import Module
from badak.nn.observe import observing


def lsuv(net: Module, x: Any, tolerance: float = 0.1, attempts: int = 10) -> dict[str, float]:
    """Layer-sequential unit variance: each layer's weights are scaled until its outputs have var 1.

    First every weight matrix (and kernel) becomes orthonormal. Then, layer by layer in the order
    in which they run on the batch x:

        while |var(output) - 1| > tolerance:   W <- W / sqrt(var(output))

    Mishkin and Matas, "All you need is a good init" (2016).

    Args:
        net: a network whose sizes are known; its weights of two axes and more are replaced.
        x: a batch of real inputs, a hundred or so.
        tolerance: how far from 1 the variance may end.
        attempts: how often a layer is scaled at most.

    Returns:
        The variance of the output of each layer that was scaled, by the layer's name.

    Raises:
        StateError: for a network without such weights.
        RangeError: when the outputs of a layer are all equal, and for settings out of range.

    >>> net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    >>> x = np.random.default_rng(0).normal(5.0, 3.0, (100, 4))
    >>> variances = lsuv(net, x)
    >>> [name for name, variance in variances.items() if abs(variance - 1) < 0.1]
    ['0', '2']
    """
    real(tolerance, "lsuv: tolerance", above=0)
    positive(attempts, "lsuv: attempts")
    layers = [(name, weight) for name, weight, _ in _outputs(net, x)]
    if not layers:
        raise StateError("lsuv: the network has no weights to scale")
    for _, weight in layers:
        rows, columns = weight.shape[0], weight.size // weight.shape[0]
        weight.assign(Orthogonal()(weight.shape, Fans(rows, columns), next_key()))
    found = {}
    for position, (name, weight) in enumerate(layers):
        for attempt in range(attempts + 1):
            variance = _variance(name, _outputs(net, x)[position][2])
            if abs(variance - 1) <= tolerance or attempt == attempts:
                break
            weight.assign(weight.numpy() / np.sqrt(variance))
        found[name] = variance
    return found


def _outputs(net: Module, x: Any) -> list[tuple[str, Parameter, Tensor]]:
    """The layers with weights, as they run: name, weights, output; each at its first run."""
    names = {id(module): name for name, module in net.named_modules().items()}
    found: dict[int, tuple[str, Parameter, Tensor]] = {}

    def watch(module: Module, inputs: tuple[Any, ...], output: Tensor) -> None:
        weight = vars(module).get("weight")
        if isinstance(weight, Parameter) and weight.ndim > 1 and id(weight) not in found:
            found[id(weight)] = (names[id(module)], weight, output)

    with no_grad(), training(False), observing(watch):
        net(x)
    return list(found.values())


def _variance(name: str, output: Tensor) -> float:
    variance = float(np.var(output.numpy(), dtype=np.float64))
    if not variance > 0 or not np.isfinite(variance):
        raise RangeError(
            f"lsuv: the outputs of layer {name!r} have no variance to scale",
            expected="finite outputs that differ",
            got=f"a variance of {variance:g}",
            hint="more rows, or another activation before it",
        )
    return variance
