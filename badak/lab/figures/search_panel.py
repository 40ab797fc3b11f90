"""A hundred trials of a random search: the best, and where all of them were."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from badak import nn
from badak.base.random import generator
from badak.base.shapes import positive
from badak.lab.drawing import MARKERS, Picture, Style, finish, panels
from badak.lab.figures.bands import legend, logarithmic
from badak.lab.figures.handwriting import handwriting, of_data
from badak.optim import NO_DECAY, SGD
from badak.train import Population, Trainer

Powers = tuple[float, float]


def search_panel(
    *,
    data: str | None = None,
    lr: Powers = (-6.0, -2.0),
    weight_decay: Powers = (-8.0, -4.0),
    trials: int = 100,
    shown: int = 20,
    hidden: Sequence[int] = (100,) * 6,
    rows: int = 500,
    validation_split: float = 0.2,
    epochs: int = 50,
    batch_size: int = 100,
    seed: int = 0,
) -> Picture:
    """Accuracy of the best trials of a random search, epoch by epoch, after all of them.

    K. Saito, "Deep Learning from Scratch" (2016), chapter 6: 500 rows of MNIST, a fifth of them to
    validate, six hidden layers of 100, SGD, 50 epochs; 100 trials with learning rate 10^U(-6, -2)
    and weight decay 10^U(-8, -4). All trials are one population with the same first weights and
    rows. The best learning rates lie at the edge of the range, and the weight decay does not
    matter: search further up.

    Args:
        data: "mnist" or "digits"; None for MNIST where it is at hand.
        lr, weight_decay: between which powers of ten each is drawn.
        trials: how many.
        shown: so many of the best have a panel of their own.
        hidden: the units of the hidden layers.
        rows: how many rows to train on and to validate.
        validation_split: the share of them to validate.
        epochs: how often all rows are seen.
        batch_size: rows for one update.
        seed: of the draws, the weights, the split and the batches.

    >>> picture = search_panel(data="digits", trials=4, shown=1, hidden=[20], rows=200, epochs=3)
    >>> sum(row["epoch"] == 3 for row in picture.rows)
    4
    """
    bundle = handwriting(data, rows=rows)
    shown = min(positive(shown, "shown"), positive(trials, "trials"))
    random = generator(seed, "search panel")
    drawn = {
        "lr": 10.0 ** random.uniform(*lr, trials),
        "weight_decay": 10.0 ** random.uniform(*weight_decay, trials),
    }

    def build(lr: float, weight_decay: float) -> Trainer:
        net = nn.mlp(bundle.shape[0], hidden, bundle.n_classes or 0)
        rule = SGD(lr, weight_decay=weight_decay, groups=NO_DECAY)
        return Trainer(net, "softmax_cross_entropy", rule, ["accuracy"], progress=False)

    configs = [{name: float(values[i]) for name, values in drawn.items()} for i in range(trials)]
    population = Population(build, configs, [seed])
    histories = population.fit(
        bundle.train, epochs=epochs, batch_size=batch_size, validation_split=validation_split,
        progress=False,
    )  # fmt: skip
    records: list[dict[str, Any]] = [
        {
            "trial": trial,
            **configs[trial],
            "epoch": record["epoch"],
            "training accuracy": record["accuracy"],
            "validation accuracy": record["val_accuracy"],
        }
        for trial, history in enumerate(histories)
        for record in history
    ]
    curves = [[r for r in records if r["trial"] == trial] for trial in range(trials)]
    reached = np.array([curve[-1]["validation accuracy"] if curve else 0.0 for curve in curves])
    best = np.argsort(-reached, kind="stable")[:shown]

    def draw(style: Style) -> Any:
        figure, axes = panels(shown + 2, style=style, columns=4, size=(2.9, 2.1))
        for i, (axis, (name, values)) in enumerate(zip(axes, drawn.items(), strict=False)):
            axis.plot(values, reached, MARKERS[i], color=style.hue(i + 2), markersize=4, alpha=0.7)
            logarithmic(axis, "x")
            axis.set_ylim(0, 1.02)
            words = {"lr": "learning rate", "weight_decay": "weight decay"}[name]
            finish(axis, style, f"all {trials} trials", words, "validation accuracy")
        for place, (axis, trial) in enumerate(zip(axes[2:], best, strict=True), start=1):
            x = [row["epoch"] for row in curves[trial]]
            for i, part in enumerate(("training", "validation")):
                y = [row[f"{part} accuracy"] for row in curves[trial]]
                look = {"color": style.hue(i), "linestyle": ("-", "--")[i], "linewidth": 1.8}
                axis.plot(x, y, label=part, **look)
            axis.set_ylim(0, 1.02)
            title = (
                f"{place}. lr {drawn['lr'][trial]:.2g}, decay {drawn['weight_decay'][trial]:.1g}"
            )
            finish(axis, style, title, "epoch", "accuracy")
        legend(axes[2], style, "lower right")
        return figure

    caption = (
        f"{of_data(bundle)}, {validation_split:.0%} of them to validate, {len(hidden)} hidden "
        f"layers of {hidden[0]}, SGD, {epochs} epochs: {trials} random trials, and the best "
        f"{shown} of them by their validation accuracy."
    )
    return Picture("search-panel", caption, records, draw)
