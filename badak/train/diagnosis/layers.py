"""Numbers about the layers and the parameters of a network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from badak.base.dtypes import Array
from badak.core import Tensor
from badak.nn import BatchNorm, Hardsigmoid, Hardtanh, Module, Sigmoid, Tanh

EDGE = 0.05
"""A value so near to an end of its range, as a share of the range, is saturated: the slope of a
sigmoid is there a fifth of its largest, and falls."""

RANGES: dict[type[Module], tuple[float, float]] = {
    Sigmoid: (0.0, 1.0),
    Hardsigmoid: (0.0, 1.0),
    Tanh: (-1.0, 1.0),
    Hardtanh: (-1.0, 1.0),
}
"""Between which values an activation lies."""

ROUNDING = 1e-5
"""Sums of equal numbers may be rounded differently."""


@dataclass(frozen=True)
class LayerFacts:
    """Numbers about the outputs of a layer, for all rows.

    Attributes:
        path, kind, text: its name in the network, its class, and how it is printed.
        gain: how much more its outputs differ between rows than its inputs; 0 where those do not.
        spread: how much they differ between rows: the root of the mean variance of units.
        dead: the share of its units that are 0 for all rows.
        saturated: the share of values at an end of their range; None without a range.
        units: how many there are.
        drowned: the share of channels of a batch normalisation whose variance is below its eps.
    """

    path: str
    kind: str
    text: str
    gain: float
    spread: float
    dead: float
    saturated: float | None
    units: int
    drowned: float | None

    @property
    def where(self) -> str:
        return f"layer {self.path!r}, {self.text}" if self.path else f"the network, {self.text}"


@dataclass(frozen=True)
class ParameterFacts:
    """Numbers about a parameter.

    Attributes:
        name, axes: its name in the network, and how many axes it has.
        norm, slope: the norms of its values, and of its gradient.
        alike: whether all units of its layer have the same values, and the same gradient.
    """

    name: str
    axes: int
    norm: float
    slope: float
    alike: bool


class Layers:
    """Looks at each layer that has no layers inside, as `nn.observing` tells of it.

    Attributes:
        found: in the order in which they have run.
        parameters: of all layers that have run.
    """

    def __init__(self, net: Module) -> None:
        self._paths = {id(module): path for path, module in net.named_modules().items()}
        self.found: list[LayerFacts] = []
        self.parameters: list[Tensor] = []

    def __call__(self, module: Module, inputs: tuple[Any, ...], output: Any) -> None:
        children = module.children()
        below = {id(p) for child in children.values() for p in child.parameters().values()}
        self.parameters += [p for p in module.parameters().values() if id(p) not in below]
        if children or not isinstance(output, Tensor) or output.dtype.kind != "f":
            return
        x = inputs[0].data if inputs and isinstance(inputs[0], Tensor) else output.data
        self.found.append(_facts(self._paths.get(id(module), ""), module, x, output.data))


def _facts(path: str, module: Module, x: Array, y: Array) -> LayerFacts:
    units = np.moveaxis(y, 1, -1) if y.ndim > 3 else y  # the channels of images stand on axis 1
    flat = units.reshape(-1, units.shape[-1])
    edges = RANGES.get(type(module))
    saturated = drowned = None
    if edges is not None:
        margin = EDGE * (edges[1] - edges[0])
        saturated = float(((y < edges[0] + margin) | (y > edges[1] - margin)).mean())
    if isinstance(module, BatchNorm):
        variance = x.var(axis=(0, *range(2, x.ndim)))
        drowned = float(((variance > 0) & (variance < module.eps)).mean())
    received, spread = _spread(x), _spread(y)
    return LayerFacts(
        path=path,
        kind=type(module).__name__,
        text=repr(module),
        gain=spread / received if received else 0.0,
        spread=spread,
        dead=float((flat == 0).all(axis=0).mean()),
        saturated=saturated,
        units=units.shape[-1],
        drowned=drowned,
    )


def _spread(values: Array) -> float:
    return float(np.sqrt(values.var(axis=0, dtype=np.float64).mean()))


def facts_of_parameters(
    values: Mapping[str, Array], gradients: Mapping[str, Array]
) -> tuple[ParameterFacts, ...]:
    """Numbers about parameters, from their values and gradients by name."""
    return tuple(
        ParameterFacts(
            name=name,
            axes=gradients[name].ndim,
            norm=_norm(values[name]),
            slope=_norm(gradients[name]),
            alike=_alike(values[name]) and _alike(gradients[name]),
        )
        for name in gradients
    )


def _norm(values: Array) -> float:
    return float(np.linalg.norm(values.astype(np.float64)))


def _alike(values: Array) -> bool:
    """Whether all units of a layer have the same numbers: (in, units), or (units, ...)."""
    if values.ndim < 2:
        return False
    units = values if values.ndim > 2 else values.T
    largest = np.abs(units).max(initial=0.0)
    return len(units) > 1 and bool(np.ptp(units, axis=0).max(initial=0.0) <= ROUNDING * largest)
