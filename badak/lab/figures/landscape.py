"""The loss around trained networks, along directions that mean the same in each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from badak.base.dtypes import Array
from badak.base.errors import RangeError
from badak.base.numbers import real
from badak.base.shapes import positive
from badak.data import TrainTest
from badak.lab.directions import filter_direction, losses_along
from badak.lab.drawing import MARKERS, Picture, Style, finish, panels
from badak.lab.figures.trained import few, trained
from badak.train import Trainer

_LEVELS = 12


@dataclass(frozen=True)
class Slices:
    """The loss around one network.

    Attributes:
        title: which network.
        training, test: the loss along the first direction, (points,).
        plane: the training loss along both, (n, n) with the second direction along axis 0.
    """

    title: str
    training: Array
    test: Array
    plane: Array


def loss_landscape(
    batch_sizes: Sequence[int] = (16, 500),
    batch_norm: bool = False,
    target: float = 0.05,
    data: str = "digits",
    rows: int = 500,
    hidden: Sequence[int] = (32,),
    lr: float = 0.03,
    reach: float = 1.0,
    points: int = 41,
    resolution: int = 21,
    seed: int = 0,
) -> Picture:
    """Slices of the loss around networks that were trained with small and with large batches.

        L(w + a d),  L(w + a d + b e),   |d_unit| = |w_unit| for each unit, and so for e

    The first panel is the training and the test loss along one random direction: where the valley
    is flat, the two curves may be shifted against each other and still be close at the minimum
    of the first. The others are the training loss in the plane of two directions. All networks
    have the same initial weights and directions, and stop at one training loss. H. Li et al.,
    "Visualizing the Loss Landscape of Neural Nets" (2018); N. Keskar et al., "On Large-Batch
    Training for Deep Learning" (2017), whose figure 1 is the sketch of the shift.

    Args:
        batch_sizes: rows of an update, a network each.
        batch_norm: whether a network with batch normalisation stands beside each of them.
        target: the training loss at which all stop.
        data: a data set with classes.
        rows: so many training rows at most.
        hidden: units of the hidden layers.
        lr: the learning rate.
        reach: how far to go; with 1, each unit moves by as much as it is.
        points: of the slice.
        resolution: points along each side of the plane.
        seed: of weights, order and directions.

    Raises:
        StateError: when a training does not come down to the target.
        RangeError: for data without classes, and numbers out of range.

    >>> from badak.lab.figures import loss_landscape
    >>> picture = loss_landscape((20,), target=1.0, data="moons", rows=40, hidden=(4,),
    ...                          points=5, resolution=3)
    >>> [row["set"] for row in picture.rows].count("test")
    5
    """
    sets = few(data, rows)
    real(reach, "reach", above=0)
    if not batch_sizes:
        raise RangeError("no batch size to look at", hint="8,500")
    along = np.linspace(-reach, reach, positive(points, "points"))
    across = np.linspace(-reach, reach, positive(resolution, "resolution"))
    found = []
    for normalised in (False, True) if batch_norm else (False,):
        for size in batch_sizes:
            trainer, _ = trained(sets, size, target, hidden, lr, seed, normalised)
            title = f"batch {size}{', BatchNorm' if normalised else ''}"
            found.append(_slices(title, trainer, sets, along, across, seed))

    def draw(style: Style) -> Any:
        title = f"{data}: loss around networks at a training loss of {target:g}"
        figure, axes = panels(1 + len(found), style=style, columns=3, title=title)
        heights = [np.log10(one.plane) for one in found]
        levels = np.linspace(np.min(heights), np.max(heights), _LEVELS)
        for number, one in enumerate(found):
            look = {"color": style.hue(number), "marker": MARKERS[number], "markersize": 4}
            every = {"markevery": max(len(along) // 6, 1)}
            axes[0].plot(along, one.training, "-", label=f"{one.title}, training", **look, **every)
            axes[0].plot(along, one.test, ":", label=f"{one.title}, test", **look, **every)
        axes[0].set_yscale("log")
        step = "step, in lengths of each unit"
        finish(axes[0], style, "along one direction", step, "loss")
        figure.legend(
            loc="outside lower left", ncols=2 * len(batch_sizes), frameon=False, fontsize=9,
            labelcolor=style.ink,
        )  # fmt: skip
        for axis, one, height in zip(axes[1:], found, heights, strict=True):
            shown = axis.contourf(across, across, height, levels, cmap=style.low_to_high)
            axis.plot(0, 0, "*", color=style.paper, markeredgecolor=style.ink, markersize=10)
            finish(axis, style, one.title, step, "step, second direction")
            axis.grid(visible=False)
        halves = np.arange(np.ceil(2 * levels[0]), 2 * levels[-1]) / 2 + 0.0
        bar = figure.colorbar(shown, ax=axes[1:], ticks=halves)
        bar.set_label("training loss, power of ten", color=style.grey, fontsize=9)
        bar.ax.tick_params(colors=style.grey, labelsize=9)
        return figure

    caption = (
        "The loss around trained networks along random directions in which every unit moves in "
        "proportion to its own length; the star is the network."
    )
    rows_of_all = [row for one in found for row in _table(one, along, across)]
    return Picture("loss-landscape", caption, rows_of_all, draw)


def _slices(
    title: str, trainer: Trainer, sets: TrainTest, along: Array, across: Array, seed: int
) -> Slices:
    both = [filter_direction(trainer.net, seed, number) for number in range(2)]
    line = along[:, None]
    first, second = np.meshgrid(across, across)
    grid = np.stack([first.ravel(), second.ravel()], axis=1)
    return Slices(
        title,
        losses_along(trainer, sets.train, both[:1], line),
        losses_along(trainer, sets.test, both[:1], line),
        losses_along(trainer, sets.train, both, grid).reshape(first.shape),
    )


def _table(one: Slices, along: Array, across: Array) -> list[dict[str, Any]]:
    table: list[dict[str, Any]] = []
    for name, losses in (("training", one.training), ("test", one.test)):
        for step, loss in zip(along, losses, strict=True):
            table.append({"network": one.title, "set": name, "step": step, "loss": loss})
    for (row, column), loss in np.ndenumerate(one.plane):
        where = {"step": across[column], "second step": across[row]}
        table.append({"network": one.title, "set": "training plane", **where, "loss": loss})
    return table
