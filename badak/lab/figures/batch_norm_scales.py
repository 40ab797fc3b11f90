"""Batch normalisation over sixteen spreads of the first weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from badak import nn
from badak.base.shapes import positive
from badak.lab.drawing import Picture, Style, finish, panels
from badak.lab.figures.bands import band, curve_rows, legend, of_seeds
from badak.lab.figures.handwriting import handwriting, of_data
from badak.nn.init import Normal
from badak.optim import SGD
from badak.train import Population, Trainer

SCALES = tuple(float(scale) for scale in np.logspace(0, -4, 16))
"""The book's: from 1 down to 0.0001."""

_ARMS = {"with batch norm": "before", "without": None}


def batch_norm_scales(
    *,
    data: str | None = None,
    scales: Sequence[float] = SCALES,
    hidden: Sequence[int] = (100,) * 5,
    rows: int = 1000,
    epochs: int = 20,
    lr: float = 0.01,
    eps: float = 1e-6,
    batch_size: int = 100,
    seeds: int = 3,
    seed: int = 0,
) -> Picture:
    """Training accuracy with and without batch normalisation, a panel for each spread.

    K. Saito, "Deep Learning from Scratch" (2016), chapter 6: 1,000 rows of MNIST, five hidden
    layers of 100, batch normalisation before the ReLU, SGD with learning rate 0.01, 20 epochs. An
    accuracy is the mean over the batches of its epoch, as they were trained on.

    Args:
        data: "mnist" or "digits"; None for MNIST where it is at hand.
        scales: standard deviations of the first weights.
        hidden: the units of the hidden layers.
        rows: how many rows to train on.
        epochs: how often all rows are seen.
        lr: the learning rate.
        eps: what batch normalisation adds to a variance: with much more than the book's 1e-6, small
            weights stay small.
        batch_size: rows for one update.
        seeds: how often each is trained, each time from other weights, with other batches.
        seed: the first of these.

    >>> picture = batch_norm_scales(data="digits", scales=[0.01], rows=300, epochs=5, seeds=1)
    >>> last = {row["contender"]: row["accuracy"] for row in picture.rows if row["epoch"] == 5}
    >>> last["with batch norm"] > last["without"]
    True
    """
    bundle = handwriting(data, rows=rows)
    seed_numbers = range(seed, seed + positive(seeds, "seeds"))

    def build(arm: str, scale: float) -> Trainer:
        net = nn.mlp(
            bundle.shape[0], hidden, bundle.n_classes or 0,
            batch_norm=_ARMS[arm], init=Normal(scale),
        )  # fmt: skip
        for layer in net:
            if isinstance(layer, nn.BatchNorm):
                layer.eps = eps
        return Trainer(net, "softmax_cross_entropy", SGD(lr), ["accuracy"], progress=False)

    configs = [{"arm": arm, "scale": scale} for scale in scales for arm in _ARMS]
    population = Population(build, configs, seed_numbers)
    population.fit(bundle.train, epochs=epochs, batch_size=batch_size, progress=False)
    curves = np.full((len(scales), len(_ARMS), seeds, epochs), np.nan)
    for curve, member in zip(curves.reshape(-1, epochs), population.members, strict=True):
        reached = member.history["accuracy"] if len(member.history) else []
        curve[: len(reached)] = reached
    along = ("epoch", range(1, epochs + 1))
    rows_of_data: list[dict[str, Any]] = []
    for i, scale in enumerate(scales):
        for j, arm in enumerate(_ARMS):
            facts = {"scale": scale, "contender": arm}
            rows_of_data += curve_rows(facts, along, seed_numbers, {"accuracy": curves[i, j]})

    def draw(style: Style) -> Any:
        figure, axes = panels(len(scales), style=style, columns=4, size=(2.7, 2.1))
        for axis, scale, of_scale in zip(axes, scales, curves, strict=True):
            for j, arm in enumerate(_ARMS):
                band(axis, style, j, arm, along[1], of_scale[j])
                if not np.isfinite(of_scale[j]).any():
                    place = {"x": 0.5, "y": 0.05, "ha": "center", "transform": axis.transAxes}
                    axis.text(s=f"{arm}: broke down", color=style.hue(j), fontsize=9, **place)
            axis.set_ylim(0, 1.02)
            finish(axis, style, f"std {scale:.2g}", "epoch", "training accuracy")
        legend(axes[0], style, "upper right")
        return figure

    caption = (
        f"{of_data(bundle)}, {len(hidden)} hidden layers of {hidden[0]}, SGD with learning rate "
        f"{lr:g}; std is the spread of the first weights. {of_seeds(seeds)}"
    )
    return Picture("batch-norm-scales", caption, rows_of_data, draw)
