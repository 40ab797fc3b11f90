"""Bagging: grey curves that each went astray, and their mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from badak import nn
from badak.base.dtypes import Array
from badak.base.random import generator
from badak.base.shapes import positive
from badak.data import Dataset, TrainTest
from badak.lab.drawing import Picture, Style, finish, panels
from badak.lab.figures.bands import band, curve_rows
from badak.lab.figures.handwriting import handwriting, of_data
from badak.ops import softmax
from badak.optim import Adam
from badak.train import Population, Trainer

NOISE = 0.3
_PLACES = np.linspace(-1, 1, 201)


def truth(x: Array) -> Array:
    """sin(2 pi x), the rule behind the points.

    >>> truth(np.array([0.25])).tolist()
    [1.0]
    """
    wave: Array = np.sin(2 * np.pi * x)
    return wave


def bagging(
    *,
    members: int = 20,
    points: int = 30,
    units: int = 30,
    updates: int = 1500,
    data: str | None = "digits",
    rows: int = 200,
    sizes: Sequence[int] = (1, 2, 3, 4, 6, 8, 12, 16),
    seeds: int = 5,
    seed: int = 0,
) -> Picture:
    """Networks on bootstrap samples of the same points, and the test error of 1 to 16 networks.

    On the left, each grey curve is one network, trained on as many points drawn with replacement
    from those shown; their mean is smoother than they are: Breiman, "Bagging predictors" (1996), as
    drawn in BoostCamp AI Tech, day 12. On the right, the probabilities of several networks are
    averaged, each with its own bootstrap sample of rows, first weights and batches.

    Args:
        members: grey curves.
        points: to learn from, on the left.
        units: of the two hidden layers.
        updates: of a training on the left; a fifth of it on the right.
        data: "mnist" or "digits", on the right; None for MNIST where it is at hand.
        rows: how many rows to train on.
        sizes: of ensembles, the smaller ones parts of the larger.
        seeds: how often the right side is done, each time with other networks.
        seed: the first of these, and that of the left side.

    >>> picture = bagging(members=3, units=5, updates=50, rows=50, sizes=[1, 2], seeds=1)
    >>> [sum(row["panel"] == panel for row in picture.rows) for panel in ("curve", "test error")]
    [603, 2]
    """
    seed_numbers = range(seed, seed + positive(seeds, "seeds"))
    random = generator(seed, "bagging")
    x = random.uniform(-1, 1, positive(points, "points"))
    t = truth(x) + NOISE * random.standard_normal(points)
    numbers = range(positive(members, "members"))
    curves = _curves(x, t, units, updates, [seed * members + i for i in numbers])
    mean = curves.mean(axis=0)
    bundle = handwriting(data, rows=rows)
    errors = np.array([
        _errors(bundle, units, max(updates // 5, 1), sizes, max(sizes) * of_seed)
        for of_seed in seed_numbers
    ])  # fmt: skip
    records: list[dict[str, Any]] = [
        {"panel": "curve", "member": i, "x": float(a), "y": float(b), "mean": float(c)}
        for i in numbers
        for a, b, c in zip(_PLACES, curves[i], mean, strict=True)
    ]
    facts = {"panel": "test error"}
    records += curve_rows(facts, ("networks", sizes), seed_numbers, {"test error": errors})

    def draw(style: Style) -> Any:
        figure, (left, right) = panels(2, style=style)
        for i in numbers:
            label = {"label": "a network"} if i == 0 else {}
            left.plot(_PLACES, curves[i], color=style.grey, linewidth=0.7, alpha=0.45, **label)
        left.plot(_PLACES, truth(_PLACES), color=style.hue(0), linestyle="--", label="truth")
        left.plot(_PLACES, mean, color=style.hue(1), linewidth=2.4, label="their mean")
        left.plot(x, t, "o", color=style.ink, markersize=3, label="points")
        left.set_ylim(-2.2, 3.2)
        finish(left, style, f"{members} networks and their mean", "x", "y")
        left.legend(frameon=False, fontsize=9, labelcolor=style.ink, ncols=2, loc="upper right")
        band(right, style, 0, "mean of networks", sizes, errors, marked=True)
        right.set_ylim(bottom=0)
        right.set_xticks(sizes)
        finish(right, style, "error of the mean", "networks", "test error (share of rows)")
        return figure

    caption = (
        f"Left: {points} points with noise {NOISE:g}, each network on a bootstrap sample of them. "
        f"Right: {of_data(bundle)}; the line is a mean over {seeds} seeds, the band holds them all."
    )
    return Picture("bagging", caption, records, draw)


def _curves(x: Array, t: Array, units: int, updates: int, seeds: Sequence[int]) -> Array:
    """What each network says, (networks, places)."""

    def build() -> Trainer:
        net = nn.mlp(1, [units, units], 1, "tanh")
        return Trainer(net, "mean_squared_error", Adam(0.01), progress=False)

    population = Population(build, seeds=seeds)
    data = Dataset(x[:, None], t[:, None])
    population.fit(data, updates=updates, batch_size=len(x), bootstrap=True, progress=False)
    places = _PLACES[:, None].astype(np.float32)
    return np.stack([member.trainer.predict(places)[:, 0] for member in population.members])


def _errors(
    bundle: TrainTest, units: int, updates: int, sizes: Sequence[int], first: int
) -> list[float]:
    """The test error of ensembles of these sizes."""

    def build() -> Trainer:
        net = nn.mlp(bundle.shape[0], [units, units], bundle.n_classes or 0)
        return Trainer(net, "softmax_cross_entropy", Adam(0.01), progress=False)

    population = Population(build, seeds=range(first, first + max(sizes)))
    population.fit(bundle.train, updates=updates, batch_size=50, bootstrap=True, progress=False)
    each = np.stack(
        [softmax(member.trainer.predict(bundle.test)).numpy() for member in population.members]
    )
    answers = [each[:size].mean(axis=0).argmax(axis=1) for size in sizes]
    return [float((answer != bundle.test.t).mean()) for answer in answers]
