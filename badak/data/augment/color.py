"""Changed colours, and noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from badak.base.dtypes import Array
from badak.base.numbers import real
from badak.data.augment.augmentation import Augmentation, Random, check_images, check_unit


def rgb_to_hsv(x: Array) -> Array:
    """Hue, saturation and value, each from 0 to 1: (rows, 3, height, width) to the same.

        V = max(R, G, B),  S = (V - min(R, G, B)) / V,  H = the angle on the circle of colours

    Greys have no hue: it is 0. A. R. Smith, "Color gamut transform pairs" (1978).

    >>> rgb_to_hsv(np.array([0.5, 1.0, 0.5]).reshape(1, 3, 1, 1)).ravel()
    array([0.33333333, 0.5       , 1.        ])
    """
    check_images(x, "rgb_to_hsv", channels=3)
    red, green, blue = x[:, 0], x[:, 1], x[:, 2]
    value, least = x.max(axis=1), x.min(axis=1)
    spread = value - least
    safe = np.where(spread > 0, spread, 1)
    sixths = np.where(
        value == red,
        (green - blue) / safe % 6,
        np.where(value == green, (blue - red) / safe + 2, (red - green) / safe + 4),
    )
    hue = np.where(spread > 0, sixths / 6, 0)
    saturation = spread / np.where(value > 0, value, 1)
    return np.stack([hue, saturation, value], axis=1)


def hsv_to_rgb(x: Array) -> Array:
    """The colours of hue, saturation and value: the way back from `rgb_to_hsv`.

    >>> hsv_to_rgb(np.array([1 / 3, 0.5, 1.0]).reshape(1, 3, 1, 1)).ravel()
    array([0.5, 1. , 0.5])
    """
    check_images(x, "hsv_to_rgb", channels=3)
    hue, saturation, value = x[:, 0], x[:, 1], x[:, 2]
    channels = []
    for start in (5, 3, 1):
        k = (start + 6 * hue) % 6
        away = np.clip(np.minimum(k, 4 - k), 0, 1)
        channels.append(value * (1 - saturation * away))
    return np.stack(channels, axis=1)


@dataclass(frozen=True)
class HSV(Augmentation):
    """Each image with another hue, saturation and value, the same for all of its pixels.

        H + h,  S s,  V v;  h from -hue to hue, s from 1 - saturation to 1 + saturation, v alike

    S and V end at 1. Greys stay grey: hue and saturation do nothing to them.

    Args:
        hue: the largest turn of the circle of colours, 1 being the whole circle.
        saturation, value: how far their factors go from 1.

    >>> red = np.array([1.0, 0.0, 0.0]).reshape(1, 3, 1, 1)
    >>> HSV(hue=0.1)(red, seed=0).ravel()
    array([1.  , 0.  , 0.38])

    Raises:
        RangeError: strengths outside of 0 to 1 (hue: to 0.5); inputs that are not from 0 to 1.
        ShapeError: for images without three channels.
    """

    hue: float = 0.0
    saturation: float = 0.0
    value: float = 0.0

    def __post_init__(self) -> None:
        real(self.hue, "HSV: hue", at_least=0, at_most=0.5)
        real(self.saturation, "HSV: saturation", at_least=0, at_most=1)
        real(self.value, "HSV: value", at_least=0, at_most=1)

    def change(self, x: Array, random: Random) -> Array:
        check_images(x, "HSV", channels=3)
        check_unit(x, "HSV")
        parts = rgb_to_hsv(x.clip(0, 1))
        far = (self.hue, self.saturation, self.value)
        h, s, v = (random.uniform(-most, most, (len(x), 1, 1)).astype(x.dtype) for most in far)
        parts[:, 0] = (parts[:, 0] + h) % 1
        parts[:, 1] = np.minimum(parts[:, 1] * (1 + s), 1)
        parts[:, 2] = np.minimum(parts[:, 2] * (1 + v), 1)
        return hsv_to_rgb(parts)


@dataclass(frozen=True)
class Noise(Augmentation):
    """Independent normal noise on every value: y = x + std e. For rows of any shape.

    C. Bishop, "Training with Noise is Equivalent to Tikhonov Regularization" (1995).

    Args:
        std: standard deviation of the noise, in the unit of the inputs.

    >>> Noise(0.1)(np.zeros((1, 3)), seed=0)
    array([[0.16, 0.04, 0.02]])

    Raises:
        RangeError: a negative deviation.
    """

    std: float = 0.1

    def __post_init__(self) -> None:
        real(self.std, "Noise: std", at_least=0)

    def change(self, x: Array, random: Random) -> Array:
        noise = random.standard_normal(x.shape, np.float64 if x.dtype == np.float64 else np.float32)
        noisy: Array = x + x.dtype.type(self.std) * noise
        return noisy
