"""Images cut, mirrored, and with a hole."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from badak.base.dtypes import Array
from badak.base.errors import ShapeError
from badak.base.numbers import real
from badak.base.shapes import each
from badak.data.augment.augmentation import Augmentation, Random, check_images


@dataclass(frozen=True)
class RandomCrop(Augmentation):
    """A part of each image, from another place each time.

    Args:
        size: height and width of the part; None for those of the image, which then moves by whole
            pixels within the padding. `Trainer.fit` needs images that keep their size.
        padding: pixels that are put around the image first.
        fill: what stands in the padding.

    >>> x = np.arange(12.0).reshape(1, 1, 3, 4)
    >>> RandomCrop((2, 2))(x, seed=1)[0, 0]
    array([[ 5.,  6.],
           [ 9., 10.]])

    Raises:
        ShapeError: for a part that is larger than the padded image.
    """

    size: int | tuple[int, int] | None = None
    padding: int = 0
    fill: float = 0.0

    def __post_init__(self) -> None:
        if self.size is not None:
            each(self.size, 2, "RandomCrop: size")
        each(self.padding, 1, "RandomCrop: padding", least=0)
        real(self.fill, "RandomCrop: fill")

    def change(self, x: Array, random: Random) -> Array:
        check_images(x, "RandomCrop")
        count, channels, *image = x.shape
        size = tuple(image) if self.size is None else each(self.size, 2, "RandomCrop: size")
        room = [n + 2 * self.padding - m for n, m in zip(image, size, strict=True)]
        if min(room) < 0:
            raise ShapeError(
                "RandomCrop: the part is larger than the image",
                expected=f"at most {image[0] + 2 * self.padding} x {image[1] + 2 * self.padding}",
                got=f"{size[0]} x {size[1]}",
                hint="padding=",
            )
        around = np.pad(x, [(0, 0), (0, 0), *[(self.padding,) * 2] * 2], constant_values=self.fill)
        top, left = (random.integers(0, most + 1, count) for most in room)
        rows = top[:, None] + np.arange(size[0])
        columns = left[:, None] + np.arange(size[1])
        parts: Array = around[
            np.arange(count)[:, None, None, None],
            np.arange(channels)[:, None, None],
            rows[:, None, :, None],
            columns[:, None, None, :],
        ]
        return parts


@dataclass(frozen=True)
class Flip(Augmentation):
    """Some images mirrored. Not for digits and letters: a mirrored 2 is no 2.

    Args:
        horizontal: the share of images whose left and right change places.
        vertical: the share whose top and bottom do.

    >>> Flip(horizontal=1)(np.array([[[[1.0, 2.0, 3.0]]]]))
    array([[[[3., 2., 1.]]]])

    Raises:
        RangeError: shares outside of 0 to 1.
    """

    horizontal: float = 0.5
    vertical: float = 0.0

    def __post_init__(self) -> None:
        real(self.horizontal, "Flip: horizontal", at_least=0, at_most=1)
        real(self.vertical, "Flip: vertical", at_least=0, at_most=1)

    def check(self, classes: Sequence[str] | None) -> None:
        if classes and all(len(name) == 1 for name in classes):
            warnings.warn(
                f"Flip: the classes are {classes[0]!r} to {classes[-1]!r}; a digit or letter that "
                "is mirrored is another one, or none: train without Flip",
                stacklevel=2,
            )

    def change(self, x: Array, random: Random) -> Array:
        check_images(x, "Flip")
        for share, axis in ((self.horizontal, 3), (self.vertical, 2)):
            flipped = random.random((len(x), 1, 1, 1)) < share
            x = np.where(flipped, np.flip(x, axis), x)
        return x


@dataclass(frozen=True)
class Cutout(Augmentation):
    """A square hole in each image, whose middle is anywhere in it.

    T. DeVries and G. Taylor, "Improved Regularization of Convolutional Neural Networks with
    Cutout" (2017).

    Args:
        size: side of the square, in pixels; at the edge a part of it is outside.
        fill: what stands in the hole.

    >>> Cutout(2)(np.ones((1, 1, 3, 4)), seed=1)[0, 0]
    array([[1., 1., 1., 1.],
           [1., 1., 1., 1.],
           [1., 1., 1., 1.]])
    """

    size: int
    fill: float = 0.0

    def __post_init__(self) -> None:
        each(self.size, 1, "Cutout: size")
        real(self.fill, "Cutout: fill")

    def change(self, x: Array, random: Random) -> Array:
        check_images(x, "Cutout")
        height, width = x.shape[2:]
        sides = np.full((len(x), 2), self.size)
        return np.where(boxes(sides, (height, width), random)[:, None], x.dtype.type(self.fill), x)


def boxes(sides: Array, shape: tuple[int, int], random: Random) -> Array:
    """Masks (rows, height, width) of rectangles with these sides, (rows, 2), anywhere in the image.

    The middle is a pixel of the image, so that a part of the rectangle may be cut off.
    """
    within = []
    for axis, size in enumerate(shape):
        start = random.integers(0, size, len(sides)) - sides[:, axis] // 2
        place = np.arange(size)
        within.append((place >= start[:, None]) & (place < (start + sides[:, axis])[:, None]))
    mask: Array = within[0][:, :, None] & within[1][:, None, :]
    return mask
