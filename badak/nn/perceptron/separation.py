"""Whether any perceptron at all can answer every row right, with a proof either way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from badak.base.dtypes import Array
from badak.base.errors import StateError, missing_extra
from badak.nn.perceptron.examples import as_examples
from badak.nn.perceptron.unit import Perceptron, unit_of

_SLACK = 1e-9
"""A margin below this share of the largest input is rounding."""


@dataclass(frozen=True, eq=False)
class Separation:
    """The answer of `separable`: true when a perceptron exists.

    Attributes:
        unit: the perceptron with the widest margin; None if there is none.
        margin: by how much it tells the rows apart, at weights of at most 1.
        shares: without a unit, the proof: a share of each row. Those of class 1 add up to 1, those
            of class 0 too, and both mixtures are one and the same point, which a perceptron would
            have to answer by 1 and by 0.

    >>> bool(Separation(None, 0.0, np.array([0.5, 0.5])))
    False
    """

    unit: Perceptron | None
    margin: float
    shares: Array | None

    def __bool__(self) -> bool:
        return self.unit is not None


def separable(x: Any, t: Any) -> Separation:
    """Whether a straight line (a plane, ...) parts the rows of class 1 from those of class 0.

    One linear program decides: the widest margin m with

        s_i (w x_i + b) >= m,   s_i = 1 for class 1 and -1 for class 0,   -1 <= w_j <= 1

    Where m is 0, its dual solution is the proof that no perceptron exists. Needs SciPy, the extra
    `lab`. Minsky and Papert, "Perceptrons" (1969).

    Args:
        x: rows of numbers, (rows, in).
        t: 0 or 1 for each row.

    Raises:
        ShapeError, RangeError: for rows and targets that do not fit.
        MissingExtraError: without SciPy.

    >>> table = [[0, 0], [1, 0], [0, 1], [1, 1]]
    >>> bool(separable(table, [0, 0, 0, 1]))
    True
    >>> separable(table, [0, 1, 1, 0]).shares
    array([0.5, 0.5, 0.5, 0.5])
    """
    rows, targets = as_examples(x, t, "separable")
    if targets.all() or not targets.any():
        unit = unit_of(np.zeros(rows.shape[1]), 1.0 if targets.all() else -1.0)
        return Separation(unit, 1.0, None)
    w, b, margin, shares = _widest(rows, targets)
    if margin > _SLACK * max(np.abs(rows).max(initial=0.0), 1.0):
        return Separation(unit_of(w, b), margin, None)
    return Separation(None, 0.0, shares)


def _widest(rows: Array, targets: Array) -> tuple[Array, float, float, Array]:
    """Weights, bias and margin of the widest separation, and the shares of its dual solution."""
    try:
        from scipy.optimize import linprog
    except ImportError:
        raise missing_extra("scipy", "lab", "separable") from None
    n = rows.shape[1]
    signs = np.where(targets, 1.0, -1.0)[:, None]
    ones = np.ones_like(signs)
    found = linprog(
        np.r_[np.zeros(n + 1), -1.0],  # as large a margin as can be
        A_ub=np.hstack([-signs * rows, -signs, ones]),
        b_ub=np.zeros(len(rows)),
        bounds=[(-1.0, 1.0)] * n + [(None, None)] * 2,
    )
    if found.status:
        raise StateError("separable: the linear program was not solved", got=found.message)
    # Each class has half of the dual weight: that of b adds up to 0, that of m to 1.
    return found.x[:n], float(found.x[n]), float(found.x[n + 1]), -2.0 * found.ineqlin.marginals
