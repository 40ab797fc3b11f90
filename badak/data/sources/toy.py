"""Small data sets in the plane, made by formula: what a network has to bend for.

Each is a function of (rows, noise, seed). Training and test rows are drawn independently from the
same distribution.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from badak.base.dtypes import Array
from badak.base.errors import RangeError
from badak.base.random import generator
from badak.base.shapes import positive
from badak.data.dataset import Dataset, TrainTest
from badak.data.sources.source import Source

ROWS, TEST_ROWS = 300, 150

Draw = Callable[[int, "np.random.Generator"], tuple[Array, Array]]
"""Makes so many rows of inputs and targets from a generator."""


def spiral(
    *,
    rows: int = ROWS,
    test_rows: int = TEST_ROWS,
    noise: float = 0.2,
    seed: int = 0,
    classes: int = 3,
) -> TrainTest:
    """Arms that wind out of the origin, one a class.

    With r = 0, 1/n, 2/n, ... along arm j: angle a = 4 j + 4 r + noise e, x = (r sin a, r cos a).
    From K. Saito, "Deep Learning from Scratch 2" (밑바닥부터 시작하는 딥러닝 2), chapter 1.

    >>> spiral(rows=300)
    TrainTest spiral: 300 rows to train, 150 to test, of (2,), 3 classes
    """
    positive(classes, "classes")

    def draw(n: int, random: np.random.Generator) -> tuple[Array, Array]:
        t, r = _in_turn_of_classes(n, classes)
        angle = 4.0 * t + 4.0 * r + noise * random.standard_normal(n)
        return np.stack([r * np.sin(angle), r * np.cos(angle)], axis=1), t

    return _both("spiral", draw, rows, test_rows, noise, seed)


def circles(
    *,
    rows: int = ROWS,
    test_rows: int = TEST_ROWS,
    noise: float = 0.1,
    seed: int = 0,
    factor: float = 0.5,
) -> TrainTest:
    """A circle of radius 1 (class 0) around one of radius `factor` (class 1), each blurred.

    As `make_circles` of scikit-learn.
    """
    if not 0 <= factor < 1:
        raise RangeError("circles: factor is out of range", expected="0 <= factor < 1", got=factor)

    def draw(n: int, random: np.random.Generator) -> tuple[Array, Array]:
        t, r = _in_turn_of_classes(n, 2)
        angle, radius = 2.0 * math.pi * r, np.where(t == 0, 1.0, factor)
        x = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
        return x + noise * random.standard_normal(x.shape), t

    return _both("circles", draw, rows, test_rows, noise, seed)


def moons(
    *, rows: int = ROWS, test_rows: int = TEST_ROWS, noise: float = 0.1, seed: int = 0
) -> TrainTest:
    """Two half circles that reach into each other, each blurred.

    With angles a from 0 to pi: (cos a, sin a) for class 0, (1 - cos a, 1/2 - sin a) for class 1.
    As `make_moons` of scikit-learn.
    """

    def draw(n: int, random: np.random.Generator) -> tuple[Array, Array]:
        t, r = _in_turn_of_classes(n, 2, endpoint=True)
        angle = math.pi * r
        upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        x = np.where(t[:, None] == 0, upper, np.array([1.0, 0.5]) - upper)
        return x + noise * random.standard_normal(x.shape), t

    return _both("moons", draw, rows, test_rows, noise, seed)


def xor(
    *, rows: int = ROWS, test_rows: int = TEST_ROWS, noise: float = 0.15, seed: int = 0
) -> TrainTest:
    """The corners of the unit square in turn, each blurred; class 1 where one input is on.

    The problem that no single layer solves (M. Minsky and S. Papert, "Perceptrons", 1969). With
    rows=4 and noise=0 it is the truth table:

    >>> table = xor(rows=4, noise=0).train
    >>> table.x.tolist(), table.t.tolist()
    ([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0, 1, 1, 0])
    """

    def draw(n: int, random: np.random.Generator) -> tuple[Array, Array]:
        first, second = np.arange(n) // 2 % 2, np.arange(n) % 2
        x = np.stack([first, second], axis=1).astype(np.float64)
        return x + noise * random.standard_normal(x.shape), first ^ second

    return _both("xor", draw, rows, test_rows, noise, seed)


def gaussians(
    *,
    rows: int = ROWS,
    test_rows: int = TEST_ROWS,
    noise: float = 0.4,
    seed: int = 0,
    classes: int = 3,
) -> TrainTest:
    """Normal clouds around points on the unit circle, one a class; `noise` is their deviation.

    The centre of class j of k is (cos a, sin a) with a = 2 pi j / k.
    """
    positive(classes, "classes")

    def draw(n: int, random: np.random.Generator) -> tuple[Array, Array]:
        t, _ = _in_turn_of_classes(n, classes)
        angle = 2.0 * math.pi * t / classes
        x = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        return x + noise * random.standard_normal(x.shape), t

    return _both("gaussians", draw, rows, test_rows, noise, seed)


def sine(
    *, rows: int = ROWS, test_rows: int = TEST_ROWS, noise: float = 0.1, seed: int = 0
) -> TrainTest:
    """A regression: t = sin x + noise e, with x uniform from -pi to pi."""

    def draw(n: int, random: np.random.Generator) -> tuple[Array, Array]:
        x = random.uniform(-math.pi, math.pi, size=(n, 1))
        return x, np.sin(x) + noise * random.standard_normal((n, 1))

    return _both("sine", draw, rows, test_rows, noise, seed)


def _in_turn_of_classes(n: int, classes: int, endpoint: bool = False) -> tuple[Array, Array]:
    """Class numbers of n rows, class after class, and how far along its class each row is (0..1).

    When n is no multiple, the first classes have one row more.
    """
    sizes = [n // classes + (j < n % classes) for j in range(classes)]
    t = np.repeat(np.arange(classes), sizes)
    along = [np.linspace(0.0, 1.0, size, endpoint=endpoint) for size in sizes]
    return t, np.concatenate(along)


def _both(name: str, draw: Draw, rows: int, test_rows: int, noise: float, seed: int) -> TrainTest:
    if not 0 <= noise < math.inf:
        raise RangeError(f"{name}: noise is out of range", expected="0 <= noise", got=noise)
    train = draw(positive(rows, "rows"), generator(seed, name, "train"))
    test = draw(positive(test_rows, "test_rows"), generator(seed, name, "test"))
    return TrainTest(Dataset(*train, name=name), Dataset(*test, name=name))


def _source(
    load: Callable[..., TrainTest], about: str, features: int, classes: int | None
) -> Source:
    return Source(
        name=load.__name__,
        about=about,
        rows=(ROWS, TEST_ROWS),
        shape=(features,),
        classes=classes,
        licence="none needed",
        origin="made by formula",
        load=load,
    )


SOURCES = (
    _source(circles, "a circle around a circle", 2, 2),
    _source(gaussians, "normal clouds", 2, 3),
    _source(moons, "two half circles that reach into each other", 2, 2),
    _source(sine, "regression of a noisy sine", 1, None),
    _source(spiral, "arms that wind out of the origin", 2, 3),
    _source(xor, "corners of a square, alike across the diagonal", 2, 2),
)
