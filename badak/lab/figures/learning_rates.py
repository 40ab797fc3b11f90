"""Learning rates from far too small to far too large."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from badak import nn
from badak.base.shapes import positive
from badak.lab.drawing import Picture, Style, finish, panels
from badak.lab.figures.bands import band, curve_rows, legend, of_seeds
from badak.lab.figures.handwriting import handwriting, of_data
from badak.optim.catalogue import get
from badak.train import Population, Trainer

POWERS = tuple(float(power) for power in np.linspace(-5, 1, 19))
"""Three learning rates a decade."""


def learning_rates(
    *,
    data: str | None = "digits",
    optimizers: Sequence[str] = ("SGD", "Momentum", "Adam"),
    powers: Sequence[float] = POWERS,
    hidden: Sequence[int] = (50,),
    updates: int = 300,
    batch_size: int = 100,
    seeds: int = 3,
    seed: int = 0,
) -> Picture:
    """Training loss after as many updates over six decades of learning rates.

    Too small a rate learns little in the time that there is; too large a one leaps over what it
    seeks. Where a loss is above that of the untrained network, or no number at all, the training
    has diverged: a cross stands at the top edge for each seed.

    Args:
        data: "mnist" or "digits"; None for MNIST where it is at hand.
        optimizers: by name.
        powers: of ten, the learning rates.
        hidden: the units of the hidden layers.
        updates: of each training.
        batch_size: rows for one update.
        seeds: how often each is trained, each time from other weights, with other batches.
        seed: the first of these.

    Raises:
        RangeError: for an unknown optimizer.

    >>> picture = learning_rates(optimizers=["SGD"], powers=[-5, -1, 2], updates=50, seeds=1)
    >>> [row["diverged"] for row in picture.rows]
    [0.0, 0.0, 1.0]
    """
    bundle = handwriting(data)
    seed_numbers = range(seed, seed + positive(seeds, "seeds"))
    rates = [10.0**power for power in powers]

    def build(optimizer: str, lr: float) -> Trainer:
        net = nn.mlp(bundle.shape[0], hidden, bundle.n_classes or 0)
        rule = get(optimizer.lower())(lr)
        return Trainer(net, "softmax_cross_entropy", rule, progress=False)

    configs = [{"optimizer": name, "lr": rate} for name in optimizers for rate in rates]
    population = Population(build, configs, seed_numbers)
    shape = (len(optimizers), len(rates), seeds)
    before = np.array([at["loss"] for at in population.evaluate(bundle.train)]).reshape(shape)
    population.fit(bundle.train, updates=updates, batch_size=batch_size, progress=False)
    after = np.array([
        np.inf if member.error else member.trainer.evaluate(bundle.train)["loss"]
        for member in population.members
    ]).reshape(shape)  # fmt: skip
    diverged = ~(after <= before)
    rows_of_data: list[dict[str, Any]] = []
    for i, name in enumerate(optimizers):
        values = {"training loss": after[i].T, "diverged": diverged[i].T}
        rows_of_data += curve_rows({"contender": name}, ("lr", rates), seed_numbers, values)
    top = float(before.max())

    def draw(style: Style) -> Any:
        figure, (axis,) = panels(1, style=style, size=(6.2, 3.6))
        axis.axhline(float(before.mean()), color=style.grey, linewidth=1, label="untrained")
        for i, name in enumerate(optimizers):
            band(
                axis, style, i, name, rates, np.where(diverged[i], np.nan, after[i]).T, marked=True
            )
            crosses = np.repeat(rates, diverged[i].sum(axis=1))
            height = top * (1.12 + 0.12 * i)
            axis.plot(crosses, np.full(len(crosses), height), "x", color=style.hue(i), markersize=6)
        axis.set_xscale("log")
        axis.set_ylim(0, top * (1.2 + 0.12 * len(optimizers)))
        title = f"after {updates:,} updates; crosses: diverged"
        finish(axis, style, title, "learning rate", "training loss")
        legend(axis, style, "lower left")
        return figure

    units = "-".join(map(str, [bundle.shape[0], *hidden, bundle.n_classes]))
    caption = f"{of_data(bundle)}, a {units} network, batches of {batch_size}. {of_seeds(seeds)}"
    return Picture("learning-rates", caption, rows_of_data, draw)
