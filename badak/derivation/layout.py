"""Where the boxes of a graph stand: in layers from top to bottom, no box on another.

After Sugiyama, Tagawa and Toda, "Methods for visual understanding of hierarchical system
structures" (1981): a box stands one layer below the lowest box that it needs; an edge that passes a
layer gets a place of its own there, so it runs through no box; then each layer is ordered, and
moved, towards the middle of what it is connected with.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Edge = tuple[str, str]

_BETWEEN, _BELOW, _LANE = 22.0, 46.0, 14.0
_SWEEPS, _MOVES = 6, 30


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle: its middle from left to right, its top, and its size."""

    x: float
    top: float
    width: float
    height: float

    @property
    def left(self) -> float:
        return self.x - self.width / 2

    @property
    def bottom(self) -> float:
        return self.top + self.height


@dataclass(frozen=True, slots=True)
class Layout:
    """A drawing's geometry.

    Attributes:
        boxes: by name.
        roads: for each edge the boxes that it passes, first and last included.
        width, height: of the whole.
    """

    boxes: Mapping[str, Box]
    roads: Mapping[Edge, tuple[Box, ...]]
    width: float
    height: float


def arranged(widths: Mapping[str, float], edges: Sequence[Edge], height: float) -> Layout:
    """Places boxes of those widths and one height; edges lead downwards.

    Args:
        widths: by name, each box after those that its edges come from.
        edges: pairs (from, to).
        height: of a box.

    >>> layout = arranged({"x": 80, "f": 80}, [("x", "f")], height=40)
    >>> layout.boxes["x"].bottom < layout.boxes["f"].top
    True
    """
    depth = _depths(list(widths), edges)
    sizes: dict[str, float] = dict(widths)
    layers: list[list[str]] = [[] for _ in range(max(depth.values(), default=0) + 1)]
    for name in widths:
        layers[depth[name]].append(name)
    chains: dict[Edge, list[str]] = {}
    for start, end in dict.fromkeys(edges):
        passed = [f"{start} > {end} at {i}" for i in range(depth[start] + 1, depth[end])]
        for i, name in enumerate(passed, start=depth[start] + 1):
            sizes[name] = _LANE
            layers[i].append(name)
        chains[start, end] = [start, *passed, end]
    near = _neighbours(sizes, list(chains.values()))
    _order(layers, near)
    middles = _middles(layers, near, sizes)
    left = min(middles[name] - sizes[name] / 2 for name in sizes)
    tops = {name: i * (height + _BELOW) for i, layer in enumerate(layers) for name in layer}
    boxes = {name: Box(middles[name] - left, tops[name], sizes[name], height) for name in sizes}
    return Layout(
        {name: boxes[name] for name in widths},
        {edge: tuple(boxes[name] for name in chain) for edge, chain in chains.items()},
        max(box.x + box.width / 2 for box in boxes.values()),
        len(layers) * (height + _BELOW) - _BELOW,
    )


def _depths(names: list[str], edges: Sequence[Edge]) -> dict[str, int]:
    """The layer of each box; a box that needs none stands just above the first that needs it."""
    depth = dict.fromkeys(names, 0)
    for name in names:
        above = [depth[start] + 1 for start, end in edges if end == name]
        depth[name] = max(above, default=0)
    fed = {end for _, end in edges}
    for name in names:
        below = [depth[end] - 1 for start, end in edges if start == name]
        if name not in fed:
            depth[name] = min(below, default=0)
    return depth


def _neighbours(sizes: Mapping[str, float], chains: list[list[str]]) -> dict[str, list[str]]:
    near: dict[str, list[str]] = {name: [] for name in sizes}
    for chain in chains:
        for one, other in itertools.pairwise(chain):
            near[one].append(other)
            near[other].append(one)
    return near


def _order(layers: list[list[str]], near: Mapping[str, list[str]]) -> None:
    """Sorts each layer by the mean place of its neighbours, downwards and upwards in turn."""
    for sweep in range(_SWEEPS):
        course = layers if sweep % 2 == 0 else layers[::-1]
        for before, layer in itertools.pairwise(course):
            places, own = _places(before), _places(layer)
            mean = {
                name: _mean([places[other] for other in near[name] if other in places], own[name])
                for name in layer
            }
            layer.sort(key=mean.__getitem__)


def _places(layer: list[str]) -> dict[str, float]:
    """From 0 on the left to 1 on the right; a box alone stands in the middle."""
    return {name: (i + 0.5) / len(layer) for i, name in enumerate(layer)}


def _middles(
    layers: list[list[str]], near: Mapping[str, list[str]], sizes: Mapping[str, float]
) -> dict[str, float]:
    """Each box as near to the mean of its neighbours as the boxes beside it allow."""
    middles = dict.fromkeys(sizes, 0.0)
    for _ in range(_MOVES):
        for layer in layers:
            wanted = [
                _mean([middles[other] for other in near[name]], middles[name]) for name in layer
            ]
            placed: list[float] = []
            for i, name in enumerate(layer):
                if i:
                    least = (sizes[layer[i - 1]] + sizes[name]) / 2 + _BETWEEN
                    placed.append(max(wanted[i], placed[-1] + least))
                else:
                    placed.append(wanted[i])
            shift = _mean([w - p for w, p in zip(wanted, placed, strict=True)], 0.0)
            middles.update({name: p + shift for name, p in zip(layer, placed, strict=True)})
    return middles


def _mean(values: list[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise
