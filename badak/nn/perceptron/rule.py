"""The perceptron learning rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from badak.base.numbers import real
from badak.base.shapes import positive
from badak.nn.perceptron.examples import as_examples
from badak.nn.perceptron.unit import Perceptron, unit_of


@dataclass(frozen=True, eq=False)
class Lesson:
    """What came of learning.

    Attributes:
        unit: the perceptron that was learned.
        converged: whether it answers every row right.
        mistakes: how many rows it had wrong in each pass over them.

    >>> learn([[0.0], [1.0]], [0, 1]).converged
    True
    """

    unit: Perceptron
    converged: bool
    mistakes: tuple[int, ...]


def learn(x: Any, t: Any, epochs: int = 1000, lr: float = 1.0) -> Lesson:
    """Rosenblatt's rule: after each row that is answered wrong, move towards it.

        w <- w + lr (t - y) x        b <- b + lr (t - y)

    It starts from 0 and goes over the rows in their order until a whole pass has no mistake. If
    some perceptron answers all rows right, that is reached after at most (R / m)^2 mistakes, for
    rows of length up to R and a margin m (Novikoff, 1962); if none does, it never ends, and after
    so many epochs it is broken off. Rosenblatt, "The Perceptron" (1958).

    Args:
        x: rows of numbers, (rows, in).
        t: 0 or 1 for each row.
        epochs: passes over the rows at most.
        lr: the size of a move; from 0 it scales weights and bias alike, so answers stay the same.

    Raises:
        ShapeError, RangeError: for rows and targets that do not fit, and settings out of range.

    >>> table = [[0, 0], [1, 0], [0, 1], [1, 1]]
    >>> lesson = learn(table, [0, 0, 0, 1])
    >>> lesson.converged, lesson.unit(table).tolist()
    (True, [0.0, 0.0, 0.0, 1.0])
    >>> learn(table, [0, 1, 1, 0]).converged
    False
    """
    rows, targets = as_examples(x, t, "learn")
    real(lr, "learn: lr", above=0)
    w, b = np.zeros(rows.shape[1]), 0.0
    mistakes: list[int] = []
    for _ in range(positive(epochs, "learn: epochs")):
        wrong = 0
        for row, target in zip(rows, targets, strict=True):
            error = int(target) - int(w @ row + b > 0)
            w += lr * error * row
            b += lr * error
            wrong += abs(error)
        mistakes.append(wrong)
        if not wrong:
            break
    return Lesson(unit_of(w, b), not mistakes[-1], tuple(mistakes))
