"""Inputs brought to one scale, learned from the training rows alone."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import overload

import numpy as np

from badak.base.dtypes import Array
from badak.base.errors import RangeError, ShapeError, unknown_name
from badak.data.dataset import Dataset, TrainTest
from badak.data.on_disk import OnDisk
from badak.data.values import as_inputs

_PER = ("feature", "channel", "all")


@dataclass(frozen=True, eq=False)
class Scaling:
    """y = (x - shift) / scale, with both learned once and then fixed.

    Learn it from the training rows and apply it to all others: statistics of test rows must not
    reach the network.

    Args:
        shift, scale: arrays that broadcast against one row of inputs.

    >>> scaling = Scaling(np.array([1.0, 0.0]), np.array([2.0, 10.0]))
    >>> scaling(np.array([[3.0, 50.0]]))
    array([[1., 5.]])
    """

    shift: Array
    scale: Array

    @overload
    def __call__(self, data: Array) -> Array: ...
    @overload
    def __call__(self, data: Dataset) -> Dataset: ...
    @overload
    def __call__(self, data: TrainTest) -> TrainTest: ...
    def __call__(self, data: Array | Dataset | TrainTest) -> Array | Dataset | TrainTest:
        """Scaled inputs: of an array, of a data set, or of both parts of one.

        Raises:
            ShapeError: when the rows do not have the shape that the scaling was learned from.
        """
        if isinstance(data, TrainTest):
            return TrainTest(self(data.train), self(data.test))
        if isinstance(data, Dataset):
            if isinstance(data.x, OnDisk):
                return data.with_inputs(data.x.then(self))
            return data.with_inputs(self(data.x))
        x = as_inputs(data, "x", data.dtype if data.dtype.kind == "f" else "float32")
        self._check(x)
        return ((x - self.shift) / self.scale).astype(x.dtype)

    def inverse(self, y: Array) -> Array:
        """The inputs back from scaled ones: x = y * scale + shift."""
        self._check(y)
        return (y * self.scale + self.shift).astype(y.dtype)

    def _check(self, x: Array) -> None:
        try:
            fits = np.broadcast_shapes(x.shape[1:], self.shift.shape) == x.shape[1:]
        except ValueError:
            fits = False
        if not fits:
            raise ShapeError(
                "the scaling was learned from other inputs",
                expected=f"rows that fit {self.shift.shape}",
                got=x.shape[1:],
            )


def standardize(data: Array | Dataset, per: str = "feature") -> Scaling:
    """A scaling to mean 0 and standard deviation 1: y = (x - mean) / std.

    Args:
        data: the training rows (rows, ...), or the data set that holds them; of a file that is
            larger than the memory, a sample: `data.head(10000)`.
        per: "feature" for each value of a row by itself, "channel" for each index of axis 1
            (images: rows, channels, height, width), "all" for one mean and one deviation.

    A feature that never changes gets scale 1, with a warning: there is nothing to divide by.

    >>> x = np.array([[1.0, 10.0], [3.0, 30.0]])
    >>> standardize(x)(x)
    array([[-1., -1.],
           [ 1.,  1.]])
    """
    x, axes = _rows(data, per)
    shift = x.mean(axis=axes, keepdims=True, dtype=np.float64)[0]
    scale = x.std(axis=axes, keepdims=True, dtype=np.float64)[0]
    return Scaling(shift, _without_zeros(scale, x, axes, per))


def min_max(
    data: Array | Dataset, per: str = "feature", low: float = 0.0, high: float = 1.0
) -> Scaling:
    """A scaling of the training rows to low..high: y = low + (x - min) / (max - min) (high - low).

    Args:
        data, per: as `standardize`.
        low, high: where the smallest and the largest training value go.

    >>> x = np.array([[0.0], [5.0], [10.0]])
    >>> min_max(x, low=-1)(x).ravel()
    array([-1.,  0.,  1.])

    Raises:
        RangeError: unless low < high.
    """
    if not low < high:
        raise RangeError("min_max: low must be below high", got=f"low={low}, high={high}")
    x, axes = _rows(data, per)
    smallest = x.min(axis=axes, keepdims=True)[0].astype(np.float64)
    largest = x.max(axis=axes, keepdims=True)[0].astype(np.float64)
    scale = _without_zeros((largest - smallest) / (high - low), x, axes, per)
    return Scaling(smallest - low * scale, scale)


def _rows(data: Array | Dataset, per: str) -> tuple[Array, tuple[int, ...]]:
    """The training rows, and the axes over which statistics are taken."""
    if per not in _PER:
        raise unknown_name("choice of per", per, _PER)
    x = data.x[:] if isinstance(data, Dataset) else as_inputs(data, "x", "float64")
    if per == "feature":
        return x, (0,)
    if per == "all":
        return x, tuple(range(x.ndim))
    return x, (0, *range(2, x.ndim))


def _without_zeros(scale: Array, x: Array, axes: tuple[int, ...], per: str) -> Array:
    # Asking whether the extremes are equal is exact; a deviation may be tiny by rounding alone.
    constant = (x.min(axis=axes, keepdims=True) == x.max(axis=axes, keepdims=True))[0]
    if not constant.any():
        return scale
    places = [str(i) for i in np.flatnonzero(constant)]
    shown = ", ".join(places[:5]) + (", ..." if len(places) > 5 else "")
    what = f"{per}s {shown} are" if len(places) > 1 else f"{per} {shown} is"
    if per == "all":
        what = "every value is"
    warnings.warn(f"{what} constant: scale set to 1", stacklevel=3)
    return np.where(constant, 1.0, scale)
