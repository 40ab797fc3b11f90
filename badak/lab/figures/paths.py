"""The paths of optimizers over functions of two numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from badak.base.dtypes import Array
from badak.base.errors import RangeError, ShapeError
from badak.lab.drawing import MARKERS, Picture, Style, finish, panels
from badak.lab.figures.surface import Surface, get
from badak.optim import catalogue


@dataclass(frozen=True)
class Walk:
    """Where an optimizer has been on a surface.

    Attributes:
        optimizer: its name.
        rate: its learning rate.
        points: the start and the point after each step, (steps + 1, 2).
        heights: f there, (steps + 1,).
    """

    optimizer: str
    rate: float
    points: Array
    heights: Array

    @property
    def title(self) -> str:
        """What people call it."""
        return catalogue.get(self.optimizer).__name__

    @property
    def flips(self) -> int:
        """How often y has changed its sign; at the minimum itself, rounding does not count."""
        y = self.points[:, 1]
        return int(np.count_nonzero(np.diff(np.sign(y[np.abs(y) > 1e-12]))))

    @property
    def length(self) -> float:
        """How long the path is."""
        return float(np.linalg.norm(np.diff(self.points, axis=0), axis=1).sum())

    def rows(self, surface: str) -> list[dict[str, Any]]:
        """A row a point."""
        who = {"surface": surface, "optimizer": self.optimizer, "lr": self.rate}
        return [
            {**who, "step": step, "x": float(x), "y": float(y), "f": float(height)}
            for step, ((x, y), height) in enumerate(zip(self.points, self.heights, strict=True))
        ]


def optimizer_paths(
    surface: str = "valley",
    optimizers: Sequence[str] = ("sgd", "momentum", "adagrad", "adam"),
    rates: Sequence[float] | None = None,
    start: Sequence[float] | None = None,
    steps: int | None = None,
) -> Picture:
    """The paths of optimizers down a valley that is steep in y and flat in x, a panel each.

        f(x, y) = x² / 20 + y²,   from (-7, 2),   30 steps

    with learning rates 0.95 (SGD), 0.1 (Momentum), 1.5 (AdaGrad) and 0.3 (Adam): the picture of
    K. Saito, "Deep Learning from Scratch" (2016), chapter 6. The panels say how often y changes
    its sign, how long the path is, and f at its end.

    Args:
        surface: "valley", "saddle", "rosenbrock" or "rastrigin".
        optimizers: names of `badak.optim`.
        rates: their learning rates; those of the surface unless given.
        start: where they begin, x and y; unless given, that of the surface.
        steps: how many; unless given, those of the surface.

    Raises:
        RangeError: for an unknown name, or an optimizer without a learning rate.
        ShapeError: for another number of rates than optimizers, or a start that is no point.

    >>> from badak.lab.figures import optimizer_paths
    >>> last = optimizer_paths(optimizers=["sgd"]).rows[-1]
    >>> last["step"], last["x"], last["y"]
    (30, -0.3503..., 0.0847...)
    """
    ground = get(surface)
    walks = _walks(ground, optimizers, rates, start, steps)

    def draw(style: Style) -> Any:
        title = f"f(x, y) = {ground.formula}"
        figure, axes = panels(len(walks), style=style, columns=2, title=title)
        for number, (axis, walk) in enumerate(zip(axes, walks, strict=True)):
            _ground(axis, ground, style)
            _path(axis, walk, style, number)
            words = f"{walk.flips} flips of y, length {walk.length:.4g}, f {walk.heights[-1]:.2g}"
            finish(axis, style, f"{walk.title}, lr {walk.rate:g}\n{words}", "x", "y")
        return figure

    caption = (
        f"Paths of optimizers on f(x, y) = {ground.formula}, whose contours are drawn; "
        "the square is the start, the star the minimum."
    )
    return Picture("optimizer-paths", caption, [r for w in walks for r in w.rows(surface)], draw)


def surfaces(
    surfaces: Sequence[str] = ("saddle", "rosenbrock", "rastrigin"),
    optimizers: Sequence[str] = ("sgd", "momentum", "rmsprop", "adam"),
) -> Picture:
    """Optimizers on a saddle, in a bent valley, and among many local minima.

        saddle        x² - y²                                  from (-1.8, 0.001)
        Rosenbrock    (1 - x)² + 100 (y - x²)²                 from (-1.2, 1)
        Rastrigin     x² + y² + 20 - 10 (cos 2πx + cos 2πy)    from (-3.4, 2.4)

    Above the paths, below how f falls. On the saddle all begin beside the ridge y = 0, on which
    they would run into the middle and stay. H. Rosenbrock, "An automatic method for finding the
    greatest or least value of a function" (1960); L. Rastrigin, "Systems of extremal control"
    (1974).

    Args:
        surfaces: "valley", "saddle", "rosenbrock", "rastrigin".
        optimizers: names of `badak.optim`, with the learning rates that the surfaces have.

    Raises:
        RangeError: for an unknown name, or an optimizer without a learning rate there.

    >>> from badak.lab.figures import surfaces
    >>> first = surfaces(surfaces=["saddle"], optimizers=["adam"]).rows[0]
    >>> first["optimizer"], first["x"], first["y"], round(first["f"], 3)
    ('adam', -1.8, 0.001, 3.24)
    """
    grounds = [get(name) for name in surfaces]
    all_walks = [_walks(ground, optimizers) for ground in grounds]
    if not grounds:
        raise RangeError("no surface to walk on", hint="saddle")

    def draw(style: Style) -> Any:
        figure, axes = panels(2 * len(grounds), style=style, columns=len(grounds))
        for column, (ground, walks) in enumerate(zip(grounds, all_walks, strict=True)):
            above, below = axes[column], axes[column + len(grounds)]
            _ground(above, ground, style)
            for number, walk in enumerate(walks):
                _path(above, walk, style, number)
                every = max(len(walk.heights) // 8, 1)
                below.plot(
                    walk.heights, **style.line(number), label=walk.title,
                    marker=MARKERS[number % len(MARKERS)], markevery=every, markersize=4,
                )  # fmt: skip
            finish(above, style, f"{ground.name}\n{ground.formula}", "x", "y")
            _scale(below, ground, [walk.heights for walk in walks])
            finish(below, style, "", "step", "f", legend=column == 0)
        return figure

    rows = [
        row
        for ground, walks in zip(grounds, all_walks, strict=True)
        for walk in walks
        for row in walk.rows(ground.name)
    ]
    caption = (
        "Optimizers on surfaces: paths over contours above, the height below. "
        "The square is the start, the star the minimum."
    )
    return Picture("surfaces", caption, rows, draw)


def _walks(
    ground: Surface,
    optimizers: Sequence[str],
    rates: Sequence[float] | None = None,
    start: Sequence[float] | None = None,
    steps: int | None = None,
) -> list[Walk]:
    if not optimizers:
        raise RangeError("no optimizer to watch", hint="adam")
    if rates is not None and len(rates) != len(optimizers):
        raise ShapeError(
            "rates: a learning rate for each optimizer",
            expected=len(optimizers),
            got=len(rates),
        )
    walks = []
    for number, name in enumerate(optimizers):
        rate = ground.rate(name) if rates is None else rates[number]
        points = ground.walk(name, rate, start, steps)
        walks.append(Walk(name, rate, points, ground.at(points)))
    return walks


def _ground(axis: Any, ground: Surface, style: Style) -> None:
    """Contours, each two of which have the same share of the window between them."""
    x, y, heights = ground.heights()
    levels = np.quantile(heights, np.linspace(0, 1, ground.contours + 2)[1:-1])
    axis.contour(
        x, y, heights, levels, colors=style.grey, linewidths=0.6, alpha=0.6, linestyles="-"
    )
    for minimum in ground.minima:
        axis.plot(*minimum, "*", color=style.ink, markersize=9, zorder=4)
    axis.set_xlim(x[0], x[-1])
    axis.set_ylim(y[0], y[-1])


def _scale(axis: Any, ground: Surface, heights: list[Array]) -> None:
    """By powers of ten where the lowest height is 0; elsewhere as far as the window is deep."""
    if ground.minima:
        axis.set_yscale("log")
    else:
        high = max(float(values[0]) for values in heights)
        axis.set_ylim(ground.heights()[2].min(), 1.1 * high)


def _path(axis: Any, walk: Walk, style: Style, number: int) -> None:
    few = len(walk.points) <= 64
    axis.plot(
        *walk.points.T, **style.line(number), linewidth=1.6, zorder=3,
        marker=MARKERS[number % len(MARKERS)],
        markersize=3.5, markevery=1 if few else len(walk.points) // 20,
    )  # fmt: skip
    axis.plot(*walk.points[0], "s", color=style.ink, markersize=5, zorder=4)
