"""Intervals of arrays: every number lies between two ends, or is NaN, or is anything."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from badak.base.dtypes import Array, DType


@dataclass(frozen=True, eq=False)
class Interval:
    """What is allowed: `low <= x <= high`, or anything where `free`; NaN where both ends are NaN.

    Where both ends are the same zero its sign counts. The ends are equal for whole numbers and
    truth values.
    """

    low: Array
    high: Array
    free: Array

    @property
    def dtype(self) -> DType:
        return self.low.dtype

    @property
    def undefined(self) -> Array:
        """Where the number is NaN for certain."""
        return np.asarray(~self.free & (self.low != self.low) & (self.high != self.high))

    @property
    def exact(self) -> Array:
        """Where there is one number alone, or NaN; zeros of both signs count as one."""
        return np.asarray(~self.free & ((self.low == self.high) | self.undefined))

    def wrong(self, x: Array) -> Array:
        """Where an array is not what is allowed."""
        inside = (self.low <= x) & (x <= self.high)
        if self.dtype.kind == "f":
            zero = (self.low == 0) & (self.high == 0)
            signed = zero & (np.signbit(self.low) == np.signbit(self.high))
            inside &= ~signed | (np.signbit(x) == np.signbit(self.low))
            inside |= self.undefined & (x != x)
        return np.asarray(~(inside | self.free))


def certain(x: Array) -> Interval:
    """Numbers of which every bit is known.

    >>> bool(certain(np.array(0.0)).wrong(np.array(-0.0)))
    True
    """
    return Interval(x, x, np.zeros(x.shape, bool))


def between(low: Array, high: Array, free: Array) -> Interval:
    """The interval with these ends; free where one of them alone is NaN."""
    half = (low != low) != (high != high)
    return Interval(low, high, np.asarray(np.broadcast_to(free, low.shape) | half))


def hull(corners: list[Array], free: Array) -> Interval:
    """From the least to the largest of the corners, -0.0 below 0.0; free where some are NaN."""
    low, high = corners[0], corners[0]
    for corner in corners[1:]:
        low, high = np.minimum(low, corner), np.maximum(high, corner)
        some = (corner != corner) != (corners[0] != corners[0])
        free = free | some
    negative = np.logical_or.reduce([(c == 0) & np.signbit(c) for c in corners])
    positive = np.logical_or.reduce([(c == 0) & ~np.signbit(c) for c in corners])
    low = np.where((low == 0) & negative, -np.zeros_like(low), low)
    high = np.where((high == 0) & positive, np.zeros_like(high), high)
    return between(low, high, free)


def unsigned_zeros(x: Interval) -> Interval:
    """The same with zeros of either sign wherever an end is zero."""
    if x.dtype.kind != "f":
        return x
    zero = np.zeros_like(x.low)
    return Interval(np.where(x.low == 0, -zero, x.low), np.where(x.high == 0, zero, x.high), x.free)


def widened(low: Array, high: Array, ulps: int, free: Array) -> Interval:
    """The interval with so many units in the last place more at both ends."""
    for _ in range(ulps):
        low = np.nextafter(low, low.dtype.type(-np.inf))
        high = np.nextafter(high, high.dtype.type(np.inf))
    return between(low, high, free)
