"""Images moved, turned and scaled: each pixel of the result looks up where it came from."""

from __future__ import annotations

import numpy as np

from badak.base.dtypes import Array

_ROWS = 256
"""Images at once: the places of their pixels stay in the cache."""


def warp(x: Array, matrix: Array, shift: Array, fill: float) -> Array:
    """Each image under its own affine map, by bilinear interpolation.

        y[p] = x[c + M (p - c) - s],  c the middle of the image

    Exact where M and s take pixels to pixels.

    Args:
        x: (rows, channels, height, width) floats.
        matrix: (rows, 2, 2), M: from places in the result to places in the source; row before
            column.
        shift: (rows, 2), s: pixels down and to the right.
        fill: what stands outside of the image.
    """
    parts = [slice(start, start + _ROWS) for start in range(0, len(x), _ROWS)]
    return np.concatenate([_warp(x[p], matrix[p], shift[p], fill) for p in parts])


def _warp(x: Array, matrix: Array, shift: Array, fill: float) -> Array:
    count, channels, height, width = x.shape
    # A border of one pixel stands for all that is outside; a second one is never more than
    # multiplied by 0, but read.
    around = np.full((count, channels, height + 3, width + 3), fill, x.dtype)
    around[:, :, 1:-2, 1:-2] = x
    top, down = _places(matrix[:, 0], shift[:, 0], height, (height, width), x)
    left, right = _places(matrix[:, 1], shift[:, 1], width, (height, width), x)
    plane = (height + 3) * (width + 3)
    index = top * (width + 3) + left
    index += np.arange(count)[:, None, None] * (channels * plane)
    flat = around.reshape(-1)
    y = np.empty_like(x)
    for channel in range(channels):
        corners = [channel * plane + place for place in (0, 1, width + 3, width + 4)]
        a, b, c, d = (flat[corner:].take(index) for corner in corners)
        upper = _between(a, b, right)
        y[:, channel] = _between(upper, _between(c, d, right), down)
    return y


def _places(
    row: Array, shift: Array, size: int, shape: tuple[int, int], x: Array
) -> tuple[Array, Array]:
    """Where pixels come from along one axis: the whole part, and the share of the next pixel."""
    down, right = (np.arange(n) - (n - 1) / 2 for n in shape)
    middle = (size - 1) / 2 + 1  # within the border
    by_row = (row[:, :1] * down + (middle - shift)[:, None]).astype(x.dtype)
    by_column = (row[:, 1:] * right).astype(x.dtype)
    place = by_row[:, :, None] + by_column[:, None, :]
    np.clip(place, 0, size + 1, out=place)
    whole = place.astype(np.intp)
    place -= whole
    return whole, place


def _between(a: Array, b: Array, share: Array) -> Array:
    """a + share (b - a), in the memory of b: a itself where the share is 0."""
    b -= a
    b *= share
    b += a
    return b


def rotation(degrees: Array) -> Array:
    """The matrices (rows, 2, 2) that turn images counter-clockwise; exact at multiples of 90."""
    angle = np.deg2rad(degrees)
    # cos(90 degrees) comes out as 6e-17, and pixels would not land on pixels.
    cos, sin = np.round(np.cos(angle), 15), np.round(np.sin(angle), 15)
    return np.stack([np.stack([cos, sin], axis=-1), np.stack([-sin, cos], axis=-1)], axis=-2)
