"""Where a trained network draws its borders in the plane."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from badak.base.dtypes import Array
from badak.base.errors import RangeError
from badak.base.random import seeded
from badak.base.shapes import positive
from badak.data import Dataset, load
from badak.lab.drawing import MARKERS, Picture, Style, finish, panels
from badak.lab.figures.shade import mixed
from badak.nn import mlp
from badak.ops import softmax
from badak.optim import Adam
from badak.train import Trainer

_MARGIN = 0.12
_STRENGTH = 0.55


def decision_boundary(
    data: str = "spiral",
    hidden: Sequence[int] = (32, 32),
    activation: str = "relu",
    epochs: int = 150,
    lr: float = 0.01,
    resolution: int = 80,
    seed: int = 0,
) -> Picture:
    """What a small network says of every point of the plane after training.

    The colour is that of the likeliest class, the stronger the surer the network is; lines are
    where two classes are as likely. The points are the training rows, each class with its marker.

    Args:
        data: a data set of two inputs with classes: "spiral", "moons", "circles", "xor",
            "gaussians", or a file.
        hidden: units of the hidden layers.
        activation: of the hidden layers, a name of `nn.activation`.
        epochs: how often the network sees all rows.
        lr: the learning rate of Adam.
        resolution: points along each side of the map.
        seed: of weights and order.

    Raises:
        RangeError: for data of another kind, unknown names, and numbers out of range.

    >>> from badak.lab.figures import decision_boundary
    >>> rows = decision_boundary("moons", hidden=[4], epochs=2, resolution=5).rows
    >>> [row["kind"] for row in rows].count("map")
    25
    """
    rows, test = load(data)
    if rows.x.shape[1:] != (2,) or rows.n_classes is None:
        raise RangeError(
            f"decision-boundary: {data} does not lie in the plane",
            expected="two inputs and classes",
            hint="spiral",
        )
    x, y = _sides(rows, positive(resolution, "resolution"))
    with seeded(seed):
        net = mlp(2, hidden, rows.n_classes, activation)
    trainer = Trainer(net, optimizer=Adam(lr), metrics=["accuracy"], seed=seed, progress=False)
    trainer.fit(rows, epochs=epochs, batch_size=32)
    points = np.stack(np.meshgrid(x, y), axis=-1)
    scores = trainer.predict(points.reshape(-1, 2)).reshape(*points.shape[:2], -1)
    shares = softmax(scores).numpy()
    accuracy = trainer.evaluate(test)["accuracy"]

    def draw(style: Style) -> Any:
        figure, (axis,) = panels(1, style=style, size=(4.6, 4.0))
        best = np.where(shares == shares.max(axis=-1, keepdims=True), shares, 0)
        extent = (x[0], x[-1], y[0], y[-1])
        axis.imshow(
            mixed(style, best, _STRENGTH),
            origin="lower", extent=extent, aspect="auto", interpolation="bilinear",
        )  # fmt: skip
        for number in range(shares.shape[-1]):
            _border(axis, x, y, shares, number, style)
        for number in range(shares.shape[-1]):
            axis.plot(
                *rows.x[rows.t == number].T, MARKERS[number % len(MARKERS)],
                color=style.hue(number), markersize=4, markeredgecolor=style.ink,
                markeredgewidth=0.5, label=_class_name(rows, number),
            )  # fmt: skip
        title = f"{data}: test accuracy {accuracy:.3f}"
        finish(axis, style, title, "first input", "second input")
        axis.grid(visible=False)
        figure.legend(
            loc="outside lower center", ncols=shares.shape[-1], frameon=False, fontsize=9,
            labelcolor=style.ink, handlelength=1.0,
        )  # fmt: skip
        return figure

    layers = "-".join(map(str, (2, *hidden, rows.n_classes)))
    caption = (
        f"What a {layers} network ({activation}) says of each point of the plane, with the "
        f"{len(rows)} rows that it was trained on."
    )
    return Picture("decision-boundary", caption, _table(points, shares, rows), draw)


def _sides(rows: Dataset, resolution: int) -> tuple[Array, Array]:
    low, high = rows.x.min(axis=0), rows.x.max(axis=0)
    room = _MARGIN * (high - low)
    ends = zip(low - room, high + room, strict=True)
    x, y = (np.linspace(float(a), float(b), resolution) for a, b in ends)
    return x, y


def _border(axis: Any, x: Array, y: Array, shares: Array, number: int, style: Style) -> None:
    """Where a class is as likely as the likeliest other."""
    others = np.delete(shares, number, axis=-1).max(axis=-1)
    lead = shares[..., number] - others
    if lead.min() < 0 < lead.max():
        axis.contour(x, y, lead, [0.0], colors=style.ink, linewidths=0.9)


def _class_name(rows: Dataset, number: int) -> str:
    return f"class {number}" if rows.classes is None else rows.classes[number]


def _table(points: Array, shares: Array, rows: Dataset) -> list[dict[str, Any]]:
    table: list[dict[str, Any]] = []
    for (x, y), found in zip(
        points.reshape(-1, 2), shares.reshape(-1, shares.shape[-1]), strict=True
    ):
        each = {f"p{number}": round(float(p), 6) for number, p in enumerate(found)}
        table.append(
            {"kind": "map", "x": float(x), "y": float(y), "class": int(found.argmax()), **each}
        )
    for (x, y), label in zip(rows.x, rows.t, strict=True):
        table.append({"kind": "row", "x": float(x), "y": float(y), "class": int(label)})
    return table
