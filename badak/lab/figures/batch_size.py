"""Batch sizes: at equal epochs, and at equal updates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from badak import nn
from badak.base.dtypes import Array
from badak.base.shapes import positive
from badak.lab.drawing import Picture, Style, finish, panels
from badak.lab.figures.bands import band, curve_rows, legend, logarithmic, of_seeds
from badak.lab.figures.handwriting import handwriting, of_data
from badak.optim import SGD
from badak.train import Population, Trainer

_MEASURES = ("training loss", "test loss")


def batch_size(
    *,
    data: str | None = "digits",
    rows: int = 1024,
    sizes: Sequence[int] = (8, 16, 32, 64, 128, 256, 512, 1024),
    epochs: int = 20,
    updates: int = 640,
    hidden: Sequence[int] = (100,),
    lr: float = 0.1,
    seeds: int = 5,
    seed: int = 0,
) -> Picture:
    """Training and test loss over the batch size, after as many epochs and after as many updates.

    After equal epochs a larger batch has made fewer updates, and looks worse for that reason alone:
    Hoffer, Hubara and Soudry, "Train longer, generalize better" (2017). The learning rate is the
    same for all, which for large batches is less than the best.

    Args:
        data: "mnist" or "digits"; None for MNIST where it is at hand.
        rows: how many rows to train on.
        sizes: rows of a batch.
        epochs: of the left panel.
        updates: of the right panel.
        hidden: the units of the hidden layers.
        lr: the learning rate of SGD.
        seeds: how often each is trained, each time from other weights, with other batches.
        seed: the first of these.

    >>> picture = batch_size(rows=128, sizes=[8, 128], epochs=4, updates=16, seeds=1)
    >>> loss = {(row["equal"], row["batch size"]): row["training loss"] for row in picture.rows}
    >>> loss["epochs", 8] < loss["epochs", 128]
    True
    """
    bundle = handwriting(data, rows=rows)
    seed_numbers = range(seed, seed + positive(seeds, "seeds"))

    def build() -> Trainer:
        net = nn.mlp(bundle.shape[0], hidden, bundle.n_classes or 0)
        return Trainer(net, "softmax_cross_entropy", SGD(lr), progress=False)

    def losses(size: int, updates: int) -> Array:
        """(seeds, measures)."""
        population = Population(build, seeds=seed_numbers)
        population.fit(bundle.train, updates=updates, batch_size=size, progress=False)
        found = [[at["loss"] for at in population.evaluate(part)] for part in bundle]
        broken = [member.error is not None for member in population.members]
        return np.where(broken, np.nan, found).T

    in_epochs = [epochs * -(-len(bundle.train) // size) for size in sizes]
    budgets = {"epochs": in_epochs, "updates": [updates] * len(sizes)}
    found = {
        equal: np.stack([losses(*pair) for pair in zip(sizes, budget, strict=True)], axis=1)
        for equal, budget in budgets.items()
    }
    rows_of_data: list[dict[str, Any]] = []
    for equal, values in found.items():
        named = {measure: values[..., i] for i, measure in enumerate(_MEASURES)}
        rows_of_data += curve_rows({"equal": equal}, ("batch size", sizes), seed_numbers, named)

    def draw(style: Style) -> Any:
        figure, axes = panels(len(found), style=style)
        for axis, (equal, values) in zip(axes, found.items(), strict=True):
            for i, measure in enumerate(_MEASURES):
                band(axis, style, i, measure.split()[0], sizes, values[..., i], marked=True)
            logarithmic(axis, "y")
            axis.set_xscale("log", base=2)
            axis.set_xticks(sizes, [str(size) for size in sizes])
            axis.minorticks_off()
            count = {"epochs": epochs, "updates": updates}[equal]
            finish(axis, style, f"after {count:,} {equal}", "batch size (rows)", "loss")
            legend(axis, style)
        return figure

    caption = (
        f"{of_data(bundle)}, {len(hidden)} hidden layer{'s' if len(hidden) > 1 else ''} of "
        f"{hidden[0]}, SGD with learning rate {lr:g}. {of_seeds(seeds)}"
    )
    return Picture("batch-size", caption, rows_of_data, draw)
