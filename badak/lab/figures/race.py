"""A race: networks that differ in one thing, trained on the same batches."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from badak import nn
from badak.base.errors import ShapeError
from badak.base.shapes import positive
from badak.lab.drawing import Picture, Style, finish, panels
from badak.lab.figures.bands import band, curve_rows, dots, legend, logarithmic, of_seeds
from badak.lab.figures.handwriting import handwriting, of_data
from badak.lab.figures.watching import LossCurve
from badak.optim import Optimizer
from badak.optim.catalogue import get
from badak.train import Population, Trainer

Start = str | nn.init.Initializer


def race(
    name: str,
    between: str,
    contenders: Mapping[str, tuple[Callable[[], Optimizer], Start]],
    *,
    data: str | None,
    hidden: Sequence[int],
    updates: int,
    batch_size: int,
    every: int,
    seeds: int,
    seed: int,
) -> Picture:
    """Training loss over the updates, and test accuracy at the end, of each contender and seed.

    Args:
        name: of the picture.
        between: what differs, for the axis.
        contenders: by label, what makes the optimizer, and how the weights start.
        data: "mnist" or "digits"; see `handwriting`.
        hidden: the units of the hidden layers.
        updates: of each training.
        batch_size: rows for one update.
        every: over so many updates a training loss is a mean.
        seeds: how often each is trained, each time from other weights, with other batches.
        seed: the first of these.
    """
    bundle = handwriting(data)
    seed_numbers = range(seed, seed + positive(seeds, "seeds"))
    places = range(every, updates + 1, every)

    def build(contender: str) -> Trainer:
        optimizer, start = contenders[contender]
        net = nn.mlp(bundle.shape[0], hidden, bundle.n_classes or 0, init=start)
        return Trainer(
            net, "softmax_cross_entropy", optimizer(), ["accuracy"], [LossCurve(every)],
            progress=False,
        )  # fmt: skip

    population = Population(build, [{"contender": label} for label in contenders], seed_numbers)
    population.fit(bundle.train, updates=updates, batch_size=batch_size, progress=False)
    shape = (len(contenders), len(seed_numbers))
    losses = np.array([_curve(member.trainer).padded(len(places)) for member in population.members])
    losses = losses.reshape(*shape, len(places))
    accuracy = np.array([found["accuracy"] for found in population.evaluate(bundle.test)])
    accuracy = accuracy.reshape(shape)
    rows: list[dict[str, Any]] = []
    for i, label in enumerate(contenders):
        facts = {"contender": label}
        rows += curve_rows(facts, ("updates", places), seed_numbers, {"training loss": losses[i]})
        for of_seed, value in zip(seed_numbers, accuracy[i], strict=True):
            rows.append(
                {**facts, "seed": of_seed, "updates": updates, "test accuracy": float(value)}
            )

    def draw(style: Style) -> Any:
        figure, (left, right) = panels(2, style=style)
        for i, label in enumerate(contenders):
            band(left, style, i, label, places, losses[i])
        logarithmic(left, "y")
        over = "" if every == 1 else f", mean of {every} updates"
        finish(left, style, "while training", "updates", f"training loss{over}")
        legend(left, style)
        dots(right, style, list(contenders), accuracy)
        finish(right, style, f"after {updates:,} updates", between, "test accuracy")
        return figure

    units = "-".join(map(str, [bundle.shape[0], *hidden, bundle.n_classes]))
    caption = f"{of_data(bundle)}, a {units} network, batches of {batch_size}. {of_seeds(seeds)}"
    return Picture(name, caption, rows, draw)


def at_rates(
    optimizers: Sequence[str], rates: Sequence[float]
) -> dict[str, Callable[[], Optimizer]]:
    """What makes each optimizer with its learning rate, by the name that was given.

    >>> float(at_rates(["SGD", "Adam"], [0.1, 0.001])["Adam"]().lr)
    0.001

    Raises:
        RangeError: for an unknown optimizer.
        ShapeError: when there are not as many rates.
    """
    if len(optimizers) != len(rates):
        raise ShapeError(
            "each optimizer needs a learning rate",
            expected=f"{len(optimizers)} rates, for {', '.join(optimizers)}",
            got=f"{len(rates)} rates",
        )
    pairs = zip(optimizers, rates, strict=True)
    return {name: partial(get(name.lower()), rate) for name, rate in pairs}


def _curve(trainer: Trainer) -> LossCurve:
    return next(callback for callback in trainer.callbacks if isinstance(callback, LossCurve))
