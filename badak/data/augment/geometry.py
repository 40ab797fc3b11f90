"""Turned, scaled and moved images."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from badak.base.dtypes import Array
from badak.base.errors import RangeError
from badak.base.numbers import real
from badak.data.augment.augmentation import (
    Augmentation,
    Random,
    Span,
    check_images,
    check_unit,
    limits,
)
from badak.data.augment.warp import rotation, warp


@dataclass(frozen=True)
class Affine(Augmentation):
    """Each image turned, scaled and moved, all in one interpolation, so that it stays sharp.

    The angle, the scale and the shift of each image are drawn evenly from their spans. A single
    number is a span to both sides of what changes nothing.

    Args:
        degrees: of the turn, counter-clockwise.
        scale: of the size: 0.1 is 0.9 to 1.1; above 1 the image is larger, and cut.
        shift: in pixels, drawn anew for each axis.
        fill: what comes in from outside of the image.

    >>> x = np.eye(3).reshape(1, 1, 3, 3)
    >>> Affine(degrees=(90, 90))(x)[0, 0]
    array([[0., 0., 1.],
           [0., 1., 0.],
           [1., 0., 0.]])

    Raises:
        RangeError: spans that no image has: a scale of 0, a negative strength.
    """

    degrees: Span = 0.0
    scale: Span = 0.0
    shift: Span = 0.0
    fill: float = 0.0

    def __post_init__(self) -> None:
        name = type(self).__name__
        limits(self.degrees, 0, f"{name}: degrees")
        limits(self.shift, 0, f"{name}: shift")
        low, _ = limits(self.scale, 1, f"{name}: scale")
        if low <= 0:
            raise RangeError(f"{name}: an image has a size", expected="scale above 0", got=low)
        real(self.fill, f"{name}: fill")

    def change(self, x: Array, random: Random) -> Array:
        check_images(x, type(self).__name__)
        count = len(x)
        degrees = random.uniform(*limits(self.degrees, 0, "degrees"), count)
        scale = random.uniform(*limits(self.scale, 1, "scale"), count)
        shift = random.uniform(*limits(self.shift, 0, "shift"), (count, 2))
        return warp(x, rotation(degrees) / scale[:, None, None], shift, self.fill)


@dataclass(frozen=True)
class Rotate(Augmentation):
    """Each image turned about its middle.

    Args:
        degrees: the largest turn to either side, or a pair of limits; counter-clockwise.
        fill: what comes in at the corners.

    >>> x = np.array([[1.0, 2.0], [3.0, 4.0]]).reshape(1, 1, 2, 2)
    >>> Rotate((90, 90))(x)[0, 0]
    array([[2., 4.],
           [1., 3.]])
    """

    degrees: Span = 10.0
    fill: float = 0.0

    def __post_init__(self) -> None:
        limits(self.degrees, 0, "Rotate: degrees")

    def change(self, x: Array, random: Random) -> Array:
        check_images(x, "Rotate")
        return Affine(degrees=self.degrees, fill=self.fill).change(x, random)


@dataclass(frozen=True)
class Scale(Augmentation):
    """Each image zoomed in or out about its middle; its height and width stay as they are.

    Args:
        scale: 0.1 is 0.9 to 1.1 times its size; or a pair of limits.
        fill: what comes in from outside when it becomes smaller.

    >>> x = np.ones((1, 1, 1, 4))
    >>> Scale((0.5, 0.5))(x)[0, 0]
    array([[0., 1., 1., 0.]])

    Raises:
        RangeError: a scale of 0 or below.
    """

    scale: Span = 0.1
    fill: float = 0.0

    def __post_init__(self) -> None:
        Affine(scale=self.scale)

    def change(self, x: Array, random: Random) -> Array:
        check_images(x, "Scale")
        return Affine(scale=self.scale, fill=self.fill).change(x, random)


@dataclass(frozen=True)
class Jitter(Augmentation):
    """Small errors of a camera: colours a little brighter or darker, the picture a little off.

        y = min(f x, 1),  f one number for each channel of each image, from 1 - color to 1 + color

    The mean of an image changes by `color` at most.

    Args:
        color: strength, 0 to 1.
        shift: the largest move along either axis, in pixels.
        fill: what comes in from outside.

    >>> x = np.full((1, 3, 1, 1), 0.5)
    >>> Jitter(color=0.2)(x, seed=0).ravel().round(4)
    array([0.4365, 0.5465, 0.4767])
    >>> bool((Jitter()(x) == x).all())
    True

    Raises:
        RangeError: strengths out of range; colours of inputs that are not from 0 to 1.
    """

    color: float = 0.0
    shift: Span = 0.0
    fill: float = 0.0

    def __post_init__(self) -> None:
        real(self.color, "Jitter: color", at_least=0, at_most=1)
        limits(self.shift, 0, "Jitter: shift")

    def change(self, x: Array, random: Random) -> Array:
        check_images(x, "Jitter")
        if self.color:
            check_unit(x, "Jitter")
            factor = random.uniform(1 - self.color, 1 + self.color, (*x.shape[:2], 1, 1))
            x = np.minimum(x * factor.astype(x.dtype), 1)
        return Affine(shift=self.shift, fill=self.fill).change(x, random) if self.shift else x
