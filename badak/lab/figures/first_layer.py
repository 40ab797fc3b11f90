"""What the first layer of a convolutional network looks for."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from badak.base.dtypes import Array
from badak.base.errors import RangeError
from badak.base.random import seeded
from badak.base.shapes import positive
from badak.data import load
from badak.lab.drawing import Picture, Style, finish, panels
from badak.lab.figures.shade import below_and_above
from badak.nn import Conv2d, Flatten, Linear, MaxPool2d, ReLU, Sequential
from badak.nn.init import Normal
from badak.optim import Adam
from badak.train import Trainer

WHEN = ("before", "after")


def filters(
    data: str = "digits",
    count: int = 16,
    size: int = 5,
    epochs: int = 12,
    rows: int = 2000,
    std: float = 0.01,
    seed: int = 0,
) -> Picture:
    """The filters of the first layer of a small convolutional network, before and after training.

    Convolution of `count` filters, ReLU, maximum over 2 x 2, one linear layer. The weights begin
    as noise of deviation 0.01; after training many filters have a light and a dark side: they
    answer to edges and blobs. As K. Saito, "Deep Learning from Scratch" (2016), chapter 7, has it
    for 5 x 5 filters on MNIST. Both halves have one scale of colours each, since training makes
    the weights many times larger.

    Args:
        data: images: "digits" (8 x 8), "mnist", or another set of images.
        count: how many filters.
        size: pixels along each side of a filter.
        epochs: how often the network sees all rows.
        rows: so many training rows at most.
        std: of the weights at the start.
        seed: of weights and order.

    Raises:
        RangeError: for data that are no images of one channel, and numbers out of range.

    >>> from badak.lab.figures import filters
    >>> picture = filters(count=2, size=3, epochs=1, rows=100)
    >>> len(picture.rows), picture.rows[0]["when"]
    (36, 'before')
    """
    images = load(data, flat=False).train.head(positive(rows, "rows"))
    channels, height, width = (images.x.shape[1:] * 3)[:3]
    if images.x.ndim != 4 or channels != 1:
        raise RangeError(f"filters: {data} has no images of one channel", hint="digits")
    with seeded(seed):
        net = Sequential(
            Conv2d(1, count, size, padding=size // 2, init=Normal(std)), ReLU(), MaxPool2d(2),
            Flatten(), Linear(None, images.n_classes or 1), input_shape=(1, height, width),
        )  # fmt: skip
    trainer = Trainer(net, optimizer=Adam(0.003), metrics=["accuracy"], seed=seed, progress=False)
    weights = [net.parameters()["0.weight"].numpy()[:, 0]]
    trainer.fit(images, epochs=epochs, batch_size=50)
    weights.append(net.parameters()["0.weight"].numpy()[:, 0])
    accuracy = trainer.history["accuracy"][-1]

    def draw(style: Style) -> Any:
        figure, axes = panels(2, style=style, columns=2, size=(3.9, 3.6))
        titles = ("before training", f"after, training accuracy {accuracy:.3f}")
        for axis, values, title in zip(axes, weights, titles, strict=True):
            largest = float(np.abs(values).max())
            shown = axis.imshow(
                _mosaic(values), below_and_above(style), vmin=-largest, vmax=largest
            )
            bar = figure.colorbar(shown, ax=axis, shrink=0.8)
            bar.set_label("weight", color=style.grey, fontsize=9)
            bar.ax.tick_params(colors=style.grey, labelsize=9)
            bar.outline.set_visible(False)
            about = f"{count} filters of {size} x {size} pixels"
            finish(axis, style, title, about, "pixels")
            axis.set(xticks=[], yticks=[])
            axis.spines[["bottom", "left"]].set_visible(False)
            axis.grid(visible=False)
        return figure

    caption = (
        f"Filters of the first layer of a small convolutional network, before and after {data}."
    )
    return Picture("filters", caption, list(_table(weights)), draw)


def _mosaic(values: Array) -> Array:
    """Filters side by side with a free pixel between: (n, h, w) -> (down, across)."""
    count, height, width = values.shape
    across = math.ceil(math.sqrt(count))
    down = -(-count // across)
    whole = np.full((down * (height + 1) - 1, across * (width + 1) - 1), np.nan)
    for number, one in enumerate(values):
        top, left = number // across * (height + 1), number % across * (width + 1)
        whole[top : top + height, left : left + width] = one
    return whole


def _table(weights: list[Array]) -> Iterator[dict[str, Any]]:
    for when, values in zip(WHEN, weights, strict=True):
        for (number, row, column), weight in np.ndenumerate(values):
            yield {
                "when": when, "filter": number, "row": row, "column": column,
                "weight": float(weight),
            }  # fmt: skip
