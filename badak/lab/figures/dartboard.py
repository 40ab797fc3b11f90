"""Bias and variance as darts on a board: where many trainings of one kind of model hit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from badak.base.dtypes import Array
from badak.base.errors import RangeError, ShapeError
from badak.base.numbers import real
from badak.base.random import generator, seeded
from badak.base.shapes import positive
from badak.data import Dataset
from badak.lab.drawing import Picture, Style, finish, panels
from badak.nn import mlp
from badak.optim import Adam
from badak.train import Trainer

_REACH = math.pi
_EXAMS = 400


@dataclass(frozen=True)
class Board:
    """The predictions of many models of one kind, and how far they are off.

        mean (t - y)² = (mean y - f)² + mean (y - mean y)² + sigma²
                        bias²           variance             noise

    Attributes:
        units, rows: the kind: units of each hidden layer (0: a straight line), rows to learn from.
        predictions: y, (models, inputs).
        truth: f at the inputs.
        sigma: the deviation of the noise of targets.
        exams: targets t = f + noise that no model has seen, (exams, inputs).

    >>> y, t = np.array([[1.0], [3.0]]), np.array([[1.0], [1.0]])
    >>> board = Board(0, 2, y, np.array([1.0]), 0.5, t)
    >>> board.bias2, board.variance, board.mse
    (1.0, 1.0, 2.0)
    """

    units: int
    rows: int
    predictions: Array
    truth: Array
    sigma: float
    exams: Array

    @property
    def bias2(self) -> float:
        """The squared distance of the mean prediction from the truth, averaged over inputs."""
        return float(np.mean((self.predictions.mean(axis=0) - self.truth) ** 2))

    @property
    def variance(self) -> float:
        """The mean squared distance of a prediction from their mean, averaged over inputs."""
        return float(np.mean(self.predictions.var(axis=0)))

    @property
    def mse(self) -> float:
        """The mean squared error on new targets, over models, exams and inputs."""
        return float(self._errors().mean())

    @property
    def standard_error(self) -> float:
        """Of `mse` as an estimate of bias² + variance + noise: only the exams are chance."""
        per_exam = self._errors().mean(axis=(0, 2))
        return float(per_exam.std(ddof=1) / math.sqrt(len(per_exam)))

    def _errors(self) -> Array:
        return (self.exams[None] - self.predictions[:, None]) ** 2


def bias_variance(
    units: Sequence[int] = (0, 30),
    rows: Sequence[int] = (200, 15),
    models: int = 25,
    at: Sequence[float] = (-1.6, 0.8),
    sigma: float = 0.3,
    epochs: int = 150,
    seed: int = 0,
) -> Picture:
    """Darts on four boards: little and much bias, little and much variance.

        t = sin x + sigma e,   x uniform in -pi..pi

    Each dart is one model, trained on rows of its own that were drawn anew from the known truth
    (the parametric bootstrap); across and up are its predictions at two inputs, and the middle of
    the board is the truth. A straight line misses the middle, always at the same place; a network
    that has seen few rows scatters around it. The titles say what was measured; the error on new
    targets is the sum of squared bias, variance and noise. S. Geman, E. Bienenstock and R.
    Doursat, "Neural Networks and the Bias/Variance Dilemma" (1992).

    Args:
        units: of both hidden layers (tanh), a column of boards each; 0 for a straight line.
        rows: how many rows a model learns from, a row of boards each.
        models: darts on each board.
        at: the two inputs.
        sigma: the deviation of the noise.
        epochs: how often a model sees its rows.
        seed: of data and weights.

    Raises:
        RangeError: for numbers out of range.
        ShapeError: for other than two inputs.

    >>> from badak.lab.figures import bias_variance
    >>> found = bias_variance(units=(0,), rows=(10,), models=2, epochs=2).rows
    >>> [row["kind"] for row in found]
    ['dart', 'dart', 'board']
    """
    where = np.array([real(x, "at", at_least=-_REACH, at_most=_REACH) for x in at])
    if len(where) != 2:
        raise ShapeError("at: two inputs, for across and up", got=len(where))
    if not units or not rows:
        raise RangeError("no kind of model to throw", hint="units=(0, 30), rows=(200, 15)")
    boards = [
        _board(width, count, positive(models, "models"), where, sigma, epochs, seed)
        for count in rows
        for width in units
    ]

    def draw(style: Style) -> Any:
        figure, axes = panels(len(boards), style=style, columns=len(units), size=(3.9, 3.7))
        reach = 1.1 * max(np.abs(one.predictions - one.truth).max() for one in boards)
        for axis, one in zip(axes, boards, strict=True):
            _rings(axis, one, reach, style)
            kind = f"{one.units} units" if one.units else "straight line"
            words = f"bias² {one.bias2:.3f}, variance {one.variance:.3f}"
            axes_of = [f"prediction at x = {x:g}" for x in where]
            finish(axis, style, f"{kind}, {one.rows} rows\n{words}, noise {sigma**2:.2f}", *axes_of)
            axis.grid(visible=False)
        return figure

    caption = (
        "Predictions of models at two inputs, each trained on rows of its own; the cross is the "
        "truth, the diamond their mean, the rings are 0.25 apart."
    )
    return Picture("bias-variance", caption, [r for one in boards for r in _table(one)], draw)


def _board(
    units: int, rows: int, models: int, where: Array, sigma: float, epochs: int, seed: int
) -> Board:
    real(sigma, "sigma", at_least=0)
    positive(rows, "rows")
    found = []
    for number in range(models):
        random = generator(seed, "bias-variance", rows, number)
        x = random.uniform(-_REACH, _REACH, (rows, 1))
        t = np.sin(x) + sigma * random.standard_normal(x.shape)
        with seeded(int(random.integers(2**62))):
            net = mlp(1, [units] * 2 if units else [], 1, "tanh", init="xavier")
        trainer = Trainer(net, "mean_squared_error", Adam(0.02), seed=number, progress=False)
        trainer.fit(Dataset(x, t), epochs=epochs, batch_size=min(rows, 20))
        found.append(trainer.predict(where[:, None])[:, 0])
    truth = np.sin(where)
    noise = generator(seed, "bias-variance", "exams").standard_normal((_EXAMS, len(where)))
    return Board(units, rows, np.array(found, np.float64), truth, sigma, truth + sigma * noise)


def _rings(axis: Any, board: Board, reach: float, style: Style) -> None:
    turn = np.linspace(0, 2 * np.pi, 200)
    across, up = board.truth
    for radius in np.arange(0.25, 1.5 * reach, 0.25):
        axis.plot(
            across + radius * np.cos(turn),
            up + radius * np.sin(turn),
            color=style.grid,
            linewidth=1,
        )
    axis.plot(*board.predictions.T, "o", color=style.hue(0), markersize=5, alpha=0.7)
    axis.plot(across, up, "+", color=style.ink, markersize=14, markeredgewidth=2)
    mean = board.predictions.mean(axis=0)
    axis.plot(*mean, "D", color=style.hue(1), markeredgecolor=style.ink, markersize=7)
    axis.set_aspect("equal")
    axis.set_xlim(across - reach, across + reach)
    axis.set_ylim(up - reach, up + reach)


def _table(board: Board) -> list[dict[str, Any]]:
    """The darts, then what was measured."""
    who = {"units": board.units, "rows": board.rows}
    darts = [
        {"kind": "dart", **who, "first": float(first), "second": float(second)}
        for first, second in board.predictions
    ]
    measured = {
        "bias2": board.bias2, "variance": board.variance, "noise": board.sigma**2,
        "mse": board.mse, "standard error": board.standard_error,
    }  # fmt: skip
    truth = {"first": float(board.truth[0]), "second": float(board.truth[1])}
    return [*darts, {"kind": "board", **who, **truth, **measured}]
