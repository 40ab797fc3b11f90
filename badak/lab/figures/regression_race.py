"""One curve, three optimizers: what each has learned of it after some updates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from badak import nn
from badak.base.dtypes import Array
from badak.base.random import generator
from badak.base.shapes import positive
from badak.data import Dataset
from badak.lab.drawing import Picture, Style, finish, panels
from badak.lab.figures.bands import band, curve_rows, legend, logarithmic, of_seeds
from badak.lab.figures.race import at_rates
from badak.lab.figures.watching import watched
from badak.train import Population, Trainer

EDGE, NOISE = 3.0, 0.03
_PLACES = np.linspace(-EDGE, EDGE, 241)


def truth(x: Array) -> Array:
    """exp(-x^2) cos(10 x): a wave under a bell.

    >>> truth(np.array([0.0])).tolist()
    [1.0]
    """
    wave: Array = np.exp(-(x**2)) * np.cos(10.0 * x)
    return wave


def regression_race(
    *,
    optimizers: Sequence[str] = ("SGD", "Momentum", "Adam"),
    rates: Sequence[float] = (0.01, 0.01, 0.01),
    hidden: Sequence[int] = (64, 64),
    at: Sequence[int] = (500, 3500, 9999),
    rows: int = 10_000,
    batch_size: int = 64,
    seeds: int = 3,
    seed: int = 0,
) -> Picture:
    """Fits of exp(-x^2) cos(10 x) + 0.03 noise by the same network with several optimizers.

    The exercise of BoostCamp AI Tech, day 12: 10,000 x in (-3, 3), a 1-64-64-1 network with tanh,
    the mean squared error, learning rate 0.01 for all. At one rate for all, Adam is ahead; tune
    each, and the others come closer.

    Args:
        optimizers: by name.
        rates: the learning rate of each.
        hidden: the units of the hidden layers.
        at: after how many updates to look; the last ends the training.
        rows: how many x.
        batch_size: rows for one update.
        seeds: how often each is trained, each time from other weights, in another order.
        seed: the first of these.

    Raises:
        RangeError: for an unknown optimizer.
        ShapeError: when there are not as many rates.

    >>> picture = regression_race(optimizers=["SGD", "Adam"], rates=[0.01, 0.01], at=[20, 200],
    ...                           rows=500)
    >>> error = {row["contender"]: row["squared error"] for row in picture.rows
    ...          if row["updates"] == 200 and "squared error" in row}
    >>> error["Adam"] < error["SGD"]
    True
    """
    rules = at_rates(optimizers, rates)
    seed_numbers = range(seed, seed + positive(seeds, "seeds"))
    looks = sorted(set(at) | {round(max(at) * share) for share in np.linspace(0, 1, 21)})
    inputs = _PLACES[:, None].astype(np.float32)
    random = generator(seed, "regression race")
    x = random.uniform(-EDGE, EDGE, (rows, 1))
    data = Dataset(x, truth(x) + NOISE * random.standard_normal(x.shape))

    def build(contender: str) -> Trainer:
        net = nn.mlp(1, hidden, 1, "tanh")
        return Trainer(net, "mean_squared_error", rules[contender](), progress=False)

    def fit(trainer: Trainer) -> Array:
        return trainer.predict(inputs)[:, 0]

    population = Population(build, [{"contender": label} for label in rules], seed_numbers)
    fits = watched(population, data, looks, batch_size, fit)
    fits = fits.reshape(len(rules), seeds, len(looks), len(_PLACES))
    errors = ((fits - truth(_PLACES)) ** 2).mean(axis=-1)
    shown = {updates: fits[:, :, looks.index(updates)] for updates in at}
    rows_of_data: list[dict[str, Any]] = []
    for i, label in enumerate(rules):
        facts = {"contender": label}
        of_errors = {"squared error": errors[i]}
        rows_of_data += curve_rows(facts, ("updates", looks), seed_numbers, of_errors)
        for updates, of in shown.items():
            facts_then = {**facts, "updates": updates}
            rows_of_data += curve_rows(facts_then, ("x", _PLACES), seed_numbers, {"fit": of[i]})

    def draw(style: Style) -> Any:
        figure, axes = panels(len(shown) + 1, style=style, columns=2)
        for axis, (updates, of) in zip(axes, shown.items(), strict=False):
            axis.plot(
                _PLACES, truth(_PLACES), color=style.grey, linewidth=4, alpha=0.4, label="truth"
            )
            for i, label in enumerate(rules):
                band(axis, style, i, label, _PLACES, of[i])
            finish(axis, style, f"after {updates:,} updates", "x", "y")
        legend(axes[0], style, "upper right")
        for i, label in enumerate(rules):
            band(axes[-1], style, i, label, looks, errors[i], marked=True)
        logarithmic(axes[-1], "y")
        finish(axes[-1], style, "distance to the truth", "updates", "mean squared error")
        return figure

    units = "-".join(map(str, [1, *hidden, 1]))
    given = ", ".join(f"{label} {rate:g}" for label, rate in zip(optimizers, rates, strict=True))
    caption = (
        f"exp(-x^2) cos(10 x) from {rows:,} rows with noise {NOISE:g}, a {units} network with "
        f"tanh, batches of {batch_size}, learning rates {given}. {of_seeds(seeds)}"
    )
    return Picture("regression-race", caption, rows_of_data, draw)
