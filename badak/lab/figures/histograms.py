"""What activations look like, layer by layer, before any training."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from badak.base.context import no_grad
from badak.base.dtypes import Array, float32
from badak.base.errors import RangeError
from badak.base.numbers import real
from badak.base.random import generator, seeded
from badak.base.shapes import positive
from badak.core import Tensor
from badak.lab.drawing import Picture, Style, finish, panels
from badak.nn import activation as activations
from badak.nn import init as initializers
from badak.nn.container import Sequential
from badak.nn.linear import Linear

_BINS = 30
_BOUNDED = {"hardsigmoid": (0.0, 1.0), "sigmoid": (0.0, 1.0), "hardtanh": (-1.0, 1.0),
            "tanh": (-1.0, 1.0)}  # fmt: skip
_SIZE = (2.2, 1.9)
_SATURATED = 0.05
# A bin may hold all of a layer, and that of 0 half of the layer of a rectifier: the others would be
# lines on the ground.
_HIGHEST, _HIGHEST_UNBOUNDED = 0.25, 0.06


@dataclass(frozen=True)
class Layer:
    """The activations of one layer, counted.

    Attributes:
        start: how the weights started.
        number: of the layer, from 1.
        edges: of the bins, (bins + 1,).
        counts: how many activations are in each, (bins,).
        sd: their standard deviation.
        saturated: the share of them within 0.05 of where the activation ends; None where it has no
            two ends.
        beyond: the share outside of all bins.
    """

    start: str
    number: int
    edges: Array
    counts: Array
    sd: float
    saturated: float | None
    beyond: float

    def rows(self) -> Iterator[dict[str, Any]]:
        """A row a bin."""
        for low, high, count in zip(self.edges, self.edges[1:], self.counts, strict=False):
            yield {
                "init": self.start, "layer": self.number, "from": float(low), "to": float(high),
                "count": int(count), "sd": self.sd, "saturated": self.saturated,
                "beyond": self.beyond,
            }  # fmt: skip


def activation_histograms(
    activation: str = "sigmoid",
    inits: Sequence[str] = ("1", "0.01", "xavier", "he"),
    rows: int = 1000,
    units: int = 100,
    layers: int = 5,
    seed: int = 0,
) -> Picture:
    """Histograms of the activations of each layer, for several spreads of the initial weights.

        a_0 ~ N(0, 1),   a_k = h(a_{k-1} W_k),   W_k ~ N(0, std²) or as the initialiser says

    with 1,000 rows through five layers of 100 units without biases: the pictures of K. Saito,
    "Deep Learning from Scratch" (2016), chapter 6. With sigmoids, a deviation of 1 drives the
    activations to 0 and 1, where gradients vanish; one of 0.01 holds all of them at one half, so
    that a hundred units say what one would; Xavier's 1 / sqrt(units) spreads them. With ReLUs it
    is He's sqrt(2 / units) that keeps the spread.

    Args:
        activation: a name of `nn.activation`: "sigmoid", "tanh", "relu", ...
        inits: numbers, which are standard deviations, and names of `nn.init`.
        rows: how many inputs.
        units: how wide the inputs and each layer are.
        layers: how many.
        seed: of inputs and weights.

    Raises:
        RangeError: for unknown names, or numbers out of range.

    >>> from badak.lab.figures import activation_histograms
    >>> found = activation_histograms(inits=["1"], rows=50).rows
    >>> sum(row["count"] for row in found if row["layer"] == 5)
    5000
    """
    if not inits:
        raise RangeError("no initial weights to compare", hint="0.01,xavier")
    count = positive(layers, "layers")
    inputs = generator(seed, "activation-histograms").standard_normal((rows, units)).astype(float32)
    counted = [
        layer for start in inits for layer in _counted(start, activation, inputs, count, seed)
    ]

    highest = _HIGHEST if activation in _BOUNDED else _HIGHEST_UNBOUNDED

    def draw(style: Style) -> Any:
        title = f"{activation}: activations of {rows:,} rows in each layer"
        figure, axes = panels(len(counted), style=style, columns=count, size=_SIZE, title=title)
        full = rows * units
        for axis, layer in zip(axes, counted, strict=True):
            low, high = layer.edges[0], layer.edges[-1]
            width = layer.edges[1] - low
            shares = layer.counts / full
            hue = style.hue(inits.index(layer.start))
            axis.bar(layer.edges[:-1], shares, width, align="edge", color=hue)
            axis.set_xlim(low - width, high + width)
            axis.set_ylim(0, highest)
            first, last = layer.number == 1, layer.start == inits[-1]
            words = f"{_title(layer.start)}\n" if first else "\n"
            beyond = f", {layer.beyond:.0%} beyond" if layer.beyond > 0.005 else ""
            finish(
                axis, style, f"{words}layer {layer.number}: sd {layer.sd:.2g}",
                f"activation{beyond}" if last or beyond else "", "share of all" if first else "",
            )  # fmt: skip
        return figure

    caption = (
        f"Activations ({activation}) of each layer before training, by the spread of the initial "
        f"weights; bars above {highest:.0%} are cut."
    )
    return Picture("activation-histograms", caption, [r for x in counted for r in x.rows()], draw)


def _title(start: str) -> str:
    try:
        return f"weights of sd {float(start):g}"
    except ValueError:
        return f"weights {start}"


def _init(start: str) -> initializers.Initializer:
    try:
        number = float(start)
    except ValueError:
        return initializers.get(start)
    return initializers.Normal(real(number, "inits: a standard deviation", at_least=0))


def _counted(start: str, name: str, inputs: Array, layers: int, seed: int) -> Iterator[Layer]:
    low, high = _BOUNDED.get(name, (0.0, 1.0))
    units = inputs.shape[1]
    with seeded(seed), no_grad():
        x = Tensor(inputs)
        for number in range(1, layers + 1):
            layer = Linear(units, units, bias=False, init=_init(start))
            x = Sequential(layer, activations.get(name))(x)
            values = x.numpy()
            counts, edges = np.histogram(values, _BINS, (low, high))
            near = (values < low + _SATURATED) | (values > high - _SATURATED)
            yield Layer(
                start, number, edges, counts, float(values.std()),
                float(near.mean()) if name in _BOUNDED else None,
                1 - int(counts.sum()) / values.size,
            )  # fmt: skip
