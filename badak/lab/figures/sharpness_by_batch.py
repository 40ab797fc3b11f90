"""Whether large batches end where the loss is sharp: it depends on what is called sharp."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from badak.base.errors import RangeError
from badak.base.shapes import positive
from badak.data import Dataset
from badak.lab.drawing import MARKERS, Picture, Style, finish, panels
from badak.lab.figures.trained import few, trained
from badak.lab.sharpness import keskar, scale_invariant, top_eigenvalue
from badak.train import Trainer

MEASURES: Mapping[str, Callable[[Trainer, Dataset], float]] = {
    "top eigenvalue": top_eigenvalue,
    "Keskar's phi": keskar,
    "scale-invariant": scale_invariant,
}
_UNITS = {
    "top eigenvalue": "largest eigenvalue",
    "Keskar's phi": "rise of the loss in a box, %",
    "scale-invariant": "the same, in lengths of units",
    "gap": "test loss - training loss",
}


def sharpness(
    batch_sizes: Sequence[int] = (16, 64, 500),
    target: float = 0.05,
    data: str = "digits",
    rows: int = 500,
    hidden: Sequence[int] = (32,),
    lr: float = 0.03,
    seeds: int = 3,
) -> Picture:
    """Three measures of sharpness for small and large batches, all stopped at one training loss.

    The network (ReLU, momentum 0.9) is trained until its loss over all training rows is at most
    `target`; so no batch size has the advantage of having come further. The fourth panel is what
    sharpness is to foretell: how much larger the loss is on new rows. N. Keskar et al., "On
    Large-Batch Training for Deep Learning" (2017); L. Dinh et al., "Sharp Minima Can Generalize
    For Deep Nets" (2017). The measures: `badak.lab.sharpness`.

    Args:
        batch_sizes: rows of an update; each is trained with the same seeds.
        target: the training loss at which all stop.
        data: a data set with classes.
        rows: so many training rows at most.
        hidden: units of the hidden layers.
        lr: the learning rate, the same for all.
        seeds: trainings of each batch size.

    Raises:
        StateError: when a training does not come down to the target.
        RangeError: for data without classes, and numbers out of range.
        MissingExtraError: without SciPy.

    >>> from badak.lab.figures import sharpness
    >>> found = sharpness((20,), target=1.0, data="moons", rows=40, hidden=(4,), seeds=1).rows
    >>> [row["measure"] for row in found]
    ['top eigenvalue', "Keskar's phi", 'scale-invariant', 'gap']
    """
    sets = few(data, rows)
    if not batch_sizes:
        raise RangeError("no batch size to measure", hint="8,64")
    table: list[dict[str, Any]] = []
    for size in batch_sizes:
        for seed in range(positive(seeds, "seeds")):
            trainer, loss = trained(sets, size, target, hidden, lr, seed)
            found = {name: measure(trainer, sets.train) for name, measure in MEASURES.items()}
            found["gap"] = trainer.evaluate(sets.test)["loss"] - loss
            who = {"batch_size": size, "seed": seed, "training loss": loss}
            table += [{**who, "measure": name, "value": value} for name, value in found.items()]

    def draw(style: Style) -> Any:
        title = f"{data}: all at a training loss of {target:g}"
        figure, axes = panels(len(_UNITS), style=style, columns=2, title=title)
        for number, (axis, (name, unit)) in enumerate(zip(axes, _UNITS.items(), strict=True)):
            values = [
                [r["value"] for r in table if r["measure"] == name and r["batch_size"] == size]
                for size in batch_sizes
            ]
            for size, of_size in zip(batch_sizes, values, strict=True):
                axis.plot(
                    [size] * len(of_size), of_size, MARKERS[number], color=style.hue(number),
                    markersize=5, alpha=0.65,
                )  # fmt: skip
            axis.plot(batch_sizes, [np.mean(v) for v in values], color=style.hue(number))
            axis.set_xscale("log", base=2)
            axis.set_xticks(list(batch_sizes), [str(size) for size in batch_sizes])
            axis.minorticks_off()
            axis.set_ylim(0, 1.1 * max(max(v) for v in values))
            finish(axis, style, name, "batch size, rows", unit)
        return figure

    caption = (
        f"Sharpness around networks trained with batches of several sizes down to one training "
        f"loss, {target:g}: {seeds} trainings each, the line through their means."
    )
    return Picture("sharpness", caption, table, draw)
