"""How far to go in one direction: a step that satisfies the strong Wolfe conditions."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from badak.base.dtypes import Array


@dataclass(frozen=True, slots=True)
class Point:
    """A place on the line x + t d: the distance t, the loss, the gradient, the slope along d."""

    t: float
    loss: float
    gradient: Array
    slope: float


def strong_wolfe(
    at: Callable[[float], Point],
    start: Point,
    t: float,
    size: float,
    most: int,
    *,
    c1: float = 1e-4,
    c2: float = 0.9,
    smallest: float = 1e-9,
) -> tuple[Point, int]:
    """A point whose loss is low enough, f(t) <= f(0) + c1 t f'(0), and flat, |f'(t)| <= c2 |f'(0)|.

    First goes on until such a point lies behind (the bracket), then narrows it down by cubic
    interpolation. Nocedal and Wright, "Numerical Optimization" (2006), algorithms 3.5 and 3.6,
    with the safeguards of PyTorch's.

    Args:
        at: the point at a distance t.
        start: that of t = 0.
        t: the first distance to try.
        size: the largest value of d, so that t size is how far a parameter moves.
        most: how many further points may be asked for.
        c1, c2: of the conditions.
        smallest: a bracket is not narrowed below this move of a parameter.

    Returns:
        The best point, and how often `at` was called.

    >>> def at(t):  # f = (t - 3)^2
    ...     return Point(t, (t - 3.0) ** 2, np.array([2 * (t - 3.0)]), 2 * (t - 3.0))
    >>> point, calls = strong_wolfe(at, at(0.0), 0.1, 1.0, 25)
    >>> abs(point.slope) <= 0.9 * 6.0, point.loss < 9.0
    (True, True)
    """

    def is_high(p: Point) -> bool:
        return p.loss > start.loss + c1 * p.t * start.slope

    def is_flat(p: Point) -> bool:
        return abs(p.slope) <= -c2 * start.slope

    before, new = start, at(t)
    calls, rounds = 1, 0
    while rounds < most:
        if is_high(new) or (rounds > 1 and new.loss >= before.loss):
            bracket = [before, new]
            break
        if is_flat(new):
            return new, calls
        if new.slope >= 0:
            bracket = [before, new]
            break
        bounds = new.t + 0.01 * (new.t - before.t), new.t * 10
        before, new = new, at(cubic_minimum(before, new, bounds))
        calls, rounds = calls + 1, rounds + 1
    else:
        bracket = [start, new]
    low = 0 if bracket[0].loss <= bracket[1].loss else 1
    was_near_the_edge = False
    while rounds < most and abs(bracket[1].t - bracket[0].t) * size >= smallest:
        left, right = sorted(p.t for p in bracket)
        t = cubic_minimum(bracket[0], bracket[1], (left, right))
        margin = 0.1 * (right - left)
        near = min(right - t, t - left) < margin
        if near and (was_near_the_edge or not left < t < right):
            t = right - margin if right - t < t - left else left + margin
            near = False
        was_near_the_edge = near
        new = at(t)
        calls, rounds = calls + 1, rounds + 1
        if is_high(new) or new.loss >= bracket[low].loss:
            bracket[1 - low] = new
            low = 0 if bracket[0].loss <= bracket[1].loss else 1
            continue
        if is_flat(new):
            return new, calls
        if new.slope * (bracket[1 - low].t - bracket[low].t) >= 0:
            bracket[1 - low] = bracket[low]
        bracket[low] = new
    return bracket[low], calls


def cubic_minimum(p: Point, q: Point, bounds: tuple[float, float]) -> float:
    """Where the cubic through two points with their slopes is lowest, within bounds.

    The middle of the bounds where it has no minimum.
    """
    left, right = (p, q) if p.t <= q.t else (q, p)
    middle = (bounds[0] + bounds[1]) / 2.0
    if left.t == right.t or not math.isfinite(p.loss + q.loss + p.slope + q.slope):
        return middle
    d1 = left.slope + right.slope - 3.0 * (left.loss - right.loss) / (left.t - right.t)
    square = d1 * d1 - left.slope * right.slope
    if square < 0:
        return middle
    d2 = math.sqrt(square)
    divisor = right.slope - left.slope + 2.0 * d2
    if divisor == 0:
        return middle
    lowest = right.t - (right.t - left.t) * ((right.slope + d2 - d1) / divisor)
    return min(max(lowest, bounds[0]), bounds[1])
