"""The two kinds of augmentation: of inputs alone, and of inputs with their targets."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np

from badak.base.dtypes import Array
from badak.base.errors import DTypeError, RangeError, ShapeError
from badak.base.numbers import real
from badak.base.random import generator

Random = np.random.Generator
Span = float | tuple[float, float]
"""How far a number may go: to both sides of where it changes nothing, or from where to where."""


class Augmentation(ABC):
    """A change of inputs that leaves their targets true.

    A new one says what it does with a batch of images whose values are floats; it must not write
    into the array that it is given.

    >>> class Invert(Augmentation):
    ...     def change(self, x, random):
    ...         return np.where(random.random((len(x), 1, 1, 1)) < 0.5, 1 - x, x)
    >>> Invert()(np.zeros((4, 1, 1, 1), np.uint8), seed=1).ravel()
    array([255,   0, 255,   0], dtype=uint8)
    """

    @abstractmethod
    def change(self, x: Array, random: Random) -> Array:
        """The changed inputs: (rows, ...) floats to the same."""

    def check(self, classes: Sequence[str] | None) -> None:
        """Warns of what makes the targets of these classes untrue; told once, before training."""
        return

    def __call__(self, x: Array, seed: int | Random = 0) -> Array:
        """The batch changed at random: the same for the same seed.

        Args:
            x: (rows, channels, height, width): floats, or bytes from 0 to 255, which then stay
                bytes.
            seed: of the random numbers, or their generator.

        Raises:
            DTypeError: for inputs that are neither floats nor bytes.
            ShapeError: for rows that are no images, where images are needed.
        """
        x, random = np.asarray(x), as_random(seed)
        if x.dtype == np.uint8:
            changed = self.change(x.astype(np.float32) / np.float32(255), random)
            whole: Array = np.rint(changed.clip(0, 1) * 255).astype(np.uint8)
            return whole
        if x.dtype.kind != "f":
            raise DTypeError(
                f"{type(self).__name__} changes floats, or bytes from 0 to 255", got=x.dtype
            )
        return self.change(x, random)


class Mixing(ABC):
    """A change of inputs and targets that mixes the rows of a batch with each other.

    >>> class Swap(Mixing):
    ...     def mix(self, x, t, random):
    ...         order = random.permutation(len(x))
    ...         return x[order], t[order]
    >>> x, t = Swap()(np.array([[1.0], [2.0], [3.0]]), np.array([10.0, 20.0, 30.0]), seed=3)
    >>> bool((t == 10 * x[:, 0]).all())
    True
    """

    @abstractmethod
    def mix(self, x: Array, t: Array, random: Random) -> tuple[Array, Array]:
        """The mixed inputs and targets; both are floats."""

    def __call__(self, x: Array, t: Array, seed: int | Random = 0) -> tuple[Array, Array]:
        """The batch mixed at random: the same for the same seed.

        Args:
            x: (rows, ...) floats.
            t: (rows, ...) floats: of classes, one-hot rows; see `one_hot`.
            seed: of the random numbers, or their generator.

        Raises:
            DTypeError: for targets that are class numbers, between which there is nothing.
            ShapeError: for different numbers of rows.
        """
        x, t = np.asarray(x), np.asarray(t)
        name = type(self).__name__
        if t.dtype.kind != "f" or x.dtype.kind != "f":
            raise DTypeError(
                f"{name} mixes floats",
                got=f"x {x.dtype}, t {t.dtype}",
                hint="augment.one_hot(t, n_classes), for class numbers",
            )
        if len(x) != len(t):
            raise ShapeError(f"{name}: x has {len(x)} rows, t has {len(t)}", expected="as many")
        return self.mix(x, t, as_random(seed))


def as_random(seed: int | Random) -> Random:
    """The generator itself, or the one of that seed."""
    return seed if isinstance(seed, np.random.Generator) else generator(seed, "augment")


def check_images(x: Array, name: str, channels: int | None = None) -> None:
    """Raises a ShapeError unless the rows are images, with that many channels if any are asked."""
    if x.ndim == 4 and channels in (None, x.shape[1]):
        return
    flat = x.ndim == 2
    raise ShapeError(
        f"{name} needs images",
        expected=f"(rows, {'channels' if channels is None else channels}, height, width)",
        got=x.shape,
        hint="flat=False, where the data set is loaded" if flat else None,
    )


def check_unit(x: Array, name: str) -> None:
    """Raises a RangeError unless the values are those of colours."""
    low, high = float(x.min()), float(x.max())
    if low < -1e-3 or high > 1 + 1e-3:  # what was interpolated may lie a rounding outside
        raise RangeError(
            f"{name} changes colours, which are values from 0 to 1",
            got=f"{low:g} to {high:g}",
            hint="scale after it: a first layer nn.BatchNorm2d(channels) learns the scale",
        )


def limits(span: Span, neutral: float, what: str) -> tuple[float, float]:
    """From where to where: a single number goes as far to both sides of what changes nothing.

    Raises:
        RangeError: a negative number, or a low end above the high end.
    """
    if isinstance(span, tuple | list):
        if len(span) != 2:
            raise ShapeError(f"{what} is a number or a pair (low, high)", got=span)
        low, high = (real(end, what) for end in span)
        if low > high:
            raise RangeError(f"{what}: low is above high", got=span)
        return low, high
    far = real(span, what, at_least=0)
    return neutral - far, neutral + far
