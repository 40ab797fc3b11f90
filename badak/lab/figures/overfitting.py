"""A large network on few rows, and two ways to hold it back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from badak import nn
from badak.base.shapes import positive
from badak.lab.drawing import Picture, Style, finish, panels
from badak.lab.figures.bands import band, curve_rows, legend, of_seeds
from badak.lab.figures.handwriting import handwriting, of_data
from badak.lab.figures.watching import watched
from badak.optim import NO_DECAY, SGD
from badak.train import Population, Trainer

BATCH = 100
TEST_ROWS = 2000
"""So many rows of the test data are looked at while training goes on."""

_PARTS = ("training", "test")


@dataclass(frozen=True)
class _Arm:
    title: str
    weight_decay: float
    dropout: float
    epochs: int

    def looks(self, count: int) -> list[int]:
        """The epochs after which it is looked at, the last among them."""
        return sorted({round(self.epochs * share) for share in np.linspace(0, 1, count + 1)})


def overfitting(
    *,
    data: str | None = None,
    weight_decay: float = 0.1,
    dropout: float = 0.2,
    momentum: float = 0.0,
    hidden: Sequence[int] = (100,) * 6,
    rows: int = 300,
    epochs: int = 201,
    dropout_epochs: int = 301,
    lr: float = 0.01,
    looks: int = 20,
    seeds: int = 5,
    seed: int = 0,
) -> Picture:
    """Accuracy on training and test rows: as it is, with weight decay, and with dropout.

    K. Saito, "Deep Learning from Scratch" (2016), chapter 6: 300 rows of MNIST, six hidden layers
    of 100, SGD with learning rate 0.01, batches of 100; weight decay 0.1 on weights, not biases,
    and 201 epochs, or dropout 0.2 and 301 epochs. There the smaller gap comes with a worse test
    accuracy, as both train slower; with `momentum=0.9` the training gets to its end.

    Args:
        data: "mnist" or "digits"; None for MNIST where it is at hand.
        weight_decay, dropout: of the second and of the third panel.
        momentum: of SGD.
        hidden: the units of the hidden layers.
        rows: how many rows to train on.
        epochs, dropout_epochs: how often all rows are seen, in the third panel by the second.
        lr: the learning rate.
        looks: how often the accuracy is measured on the way.
        seeds: how often each is trained, each time from other weights, with other batches.
        seed: the first of these.

    >>> picture = overfitting(data="digits", rows=100, epochs=60, dropout_epochs=60, lr=0.05,
    ...                       looks=3, seeds=1)
    >>> last = {row["contender"]: row for row in picture.rows if row["epoch"] == 60}
    >>> last["nothing"]["training accuracy"] - last["nothing"]["test accuracy"] > 0.05
    True
    """
    bundle = handwriting(data, rows=rows)
    test = bundle.test.head(TEST_ROWS)
    batches = -(-len(bundle.train) // BATCH)
    seed_numbers = range(seed, seed + positive(seeds, "seeds"))
    arms = (
        _Arm("nothing", 0.0, 0.0, epochs),
        _Arm(f"weight decay {weight_decay:g}", weight_decay, 0.0, epochs),
        _Arm(f"dropout {dropout:g}", 0.0, dropout, dropout_epochs),
    )

    def build(arm: _Arm) -> Trainer:
        net = nn.mlp(bundle.shape[0], hidden, bundle.n_classes or 0, dropout=arm.dropout)
        rule = SGD(lr, momentum, weight_decay=arm.weight_decay, groups=NO_DECAY)
        return Trainer(net, "softmax_cross_entropy", rule, ["accuracy"], progress=False)

    def accuracies(trainer: Trainer) -> list[float]:
        return [trainer.evaluate(part)["accuracy"] for part in (bundle.train, test)]

    curves = []
    for arm in arms:
        population = Population(build, [{"arm": arm}], seed_numbers)
        at = [epoch * batches for epoch in arm.looks(looks)]
        curves.append(watched(population, bundle.train, at, BATCH, accuracies))
    rows_of_data: list[dict[str, Any]] = []
    for arm, curve in zip(arms, curves, strict=True):
        values = {f"{part} accuracy": curve[..., i] for i, part in enumerate(_PARTS)}
        along = ("epoch", arm.looks(looks))
        rows_of_data += curve_rows({"contender": arm.title}, along, seed_numbers, values)

    def draw(style: Style) -> Any:
        figure, axes = panels(len(arms), style=style)
        for axis, arm, curve in zip(axes, arms, curves, strict=True):
            for i, part in enumerate(_PARTS):
                band(axis, style, i, part, arm.looks(looks), curve[..., i])
            axis.set_ylim(0, 1.02)
            finish(axis, style, arm.title, "epoch", "accuracy")
            legend(axis, style, "lower right")
        return figure

    optimizer = f"SGD {lr:g}" + (f" with momentum {momentum:g}" if momentum else "")
    caption = (
        f"{of_data(bundle)}, {len(hidden)} hidden layers of {hidden[0]}, {optimizer}, batches of "
        f"{BATCH}; the accuracy of {len(test):,} test rows. {of_seeds(seeds)}"
    )
    return Picture("overfitting", caption, rows_of_data, draw)
