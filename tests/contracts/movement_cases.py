"""Cases for what moves numbers and changes none: reshape, transpose, slice, gather, ..."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from tests.contracts.case import Case, Shape, built, uniform, whole


def _cast(x: np.ndarray, *, dtype: np.dtype) -> np.ndarray:
    to = {"f": float, "i": int, "u": int, "b": bool}[dtype.kind]
    return np.array([to(value) for value in x.reshape(-1).tolist()], dtype).reshape(x.shape)


def _place(index: tuple[int, ...], shape: Shape) -> int:
    """How many entries stand before that one."""
    place = 0
    for i, size in zip(index, shape, strict=True):
        place = place * size + i
    return place


def _reshape(x: np.ndarray, *, shape: Shape) -> np.ndarray:
    values = [x[index] for index in np.ndindex(*x.shape)]
    return built(shape, lambda *index: values[_place(index, shape)])


def _transpose(x: np.ndarray, *, axes: Shape) -> np.ndarray:
    shape = tuple(x.shape[axis] for axis in axes)
    return built(shape, lambda *index: x[tuple(index[axes.index(i)] for i in range(x.ndim))])


def _broadcast(x: np.ndarray, *, shape: Shape) -> np.ndarray:
    def value(*index: int) -> Any:
        tail = index[len(shape) - x.ndim :]
        return x[tuple(0 if size == 1 else i for i, size in zip(tail, x.shape, strict=True))]

    return built(shape, value)


def _flip(x: np.ndarray, *, axes: Shape) -> np.ndarray:
    def value(*index: int) -> Any:
        return x[tuple(x.shape[k] - 1 - i if k in axes else i for k, i in enumerate(index))]

    return built(x.shape, value)


def _slice(x: np.ndarray, *, starts: Shape, stops: Shape, strides: Shape) -> np.ndarray:
    ranges = [range(*bounds) for bounds in zip(starts, stops, strides, strict=True)]
    shape = tuple(map(len, ranges))
    return built(shape, lambda *index: x[tuple(r[i] for r, i in zip(ranges, index, strict=True))])


def _pad(x: np.ndarray, *, low: Shape, high: Shape, interior: Shape, value: float) -> np.ndarray:
    rows = zip(x.shape, low, high, interior, strict=True)
    shape = tuple(a + max(n + (n - 1) * between, 0) + b for n, a, b, between in rows)
    out = np.full(shape, value, x.dtype)
    for index in np.ndindex(*x.shape):
        out[tuple(a + i * (k + 1) for a, i, k in zip(low, index, interior, strict=True))] = x[index]
    return out


def _concat(*inputs: np.ndarray, axis: int) -> np.ndarray:
    origin = [(x, i) for x in inputs for i in range(x.shape[axis])]
    shape = (*inputs[0].shape[:axis], len(origin), *inputs[0].shape[axis + 1 :])

    def value(*index: int) -> Any:
        x, i = origin[index[axis]]
        return x[(*index[:axis], i, *index[axis + 1 :])]

    return built(shape, value)


def _window_index(index: Sequence[int], n: int, stride: Shape, dilation: Shape) -> tuple[int, ...]:
    """Where in the input the entry (..., window, offset) of all windows comes from."""
    lead, window, offset = index[: -2 * n], index[-2 * n : -n], index[-n:]
    rows = zip(window, offset, stride, dilation, strict=True)
    return (*lead, *(w * s + o * d for w, o, s, d in rows))


def _windows(x: np.ndarray, *, kernel: Shape, stride: Shape, dilation: Shape) -> np.ndarray:
    n = len(kernel)
    counts = [
        len(range(0, size - d * (k - 1), s))
        for size, k, s, d in zip(x.shape[-n:], kernel, stride, dilation, strict=True)
    ]
    shape = (*x.shape[:-n], *counts, *kernel)
    return built(shape, lambda *index: x[_window_index(index, n, stride, dilation)])


def _fold(x: np.ndarray, *, size: Shape, stride: Shape, dilation: Shape) -> np.ndarray:
    n = len(size)
    out = np.zeros((*x.shape[: -2 * n], *size))
    for index in np.ndindex(*x.shape):
        out[_window_index(index, n, stride, dilation)] += x[index]
    return out


def _gather(x: np.ndarray, index: np.ndarray, *, axis: int) -> np.ndarray:
    shape = (*x.shape[:axis], *index.shape, *x.shape[axis + 1 :])
    end = axis + index.ndim
    return built(shape, lambda *i: x[(*i[:axis], index[i[axis:end]], *i[end:])])


def _scatter_add(values: np.ndarray, index: np.ndarray, *, axis: int, size: int) -> np.ndarray:
    end = axis + index.ndim
    out = np.zeros((*values.shape[:axis], size, *values.shape[end:]))
    for i in np.ndindex(*values.shape):
        out[(*i[:axis], index[i[axis:end]], *i[end:])] += values[i]
    return out


Row = tuple[Shape, dict[str, Any]]
"""The shape of an input, and the attributes."""


def _moved(reference: Any, rows: list[Row], sums: bool = False) -> list[Case]:
    return [
        Case((uniform(-2, 2, shape),), reference, attributes, smooth=(0,), sums=sums)
        for shape, attributes in rows
    ]


def _slices(shape: Shape, *rows: tuple[int, int, int]) -> Row:
    starts, stops, strides = zip(*rows, strict=True) if rows else ((), (), ())
    return shape, {"starts": starts, "stops": stops, "strides": strides}


def _pads(shape: Shape, *rows: tuple[int, int, int], value: float = 0.0) -> Row:
    low, high, interior = zip(*rows, strict=True) if rows else ((), (), ())
    return shape, {"low": low, "high": high, "interior": interior, "value": value}


def _steps(name: str, size: Shape, stride: Shape, dilation: Shape) -> dict[str, Any]:
    return {name: size, "stride": stride, "dilation": dilation}


def _positions() -> list[tuple[Shape, np.ndarray, int]]:
    return [
        ((4,), np.array([2, 0, 2]), 0),
        ((4,), np.array(3), 0),
        ((3, 4), np.array([[1, 1], [3, 0]]), 1),
        ((3, 4, 2), np.array([2, 0]), 0),
        ((3, 4, 2), np.array([1, 0, 1], np.uint8), 2),
        ((3, 4), np.zeros((0,), np.int64), 0),
        ((0, 4), np.zeros((2, 0), np.int32), 0),
        ((2, 0), np.array([1, 1]), 0),
    ]


KINDS = tuple(map(np.dtype, ("bool", "uint8", "uint32", "uint64", "int32", "int64", "float64")))

CASES: dict[str, list[Case]] = {
    "cast": [
        *(
            Case((whole(0, 3, shape).astype(origin),), _cast, {"dtype": dtype})
            for shape, origin, dtype in itertools.product([(), (2, 3), (0,)], KINDS, KINDS)
        ),
        Case((np.array([-1.7, 1.7, 0.0]),), _cast, {"dtype": np.dtype("int64")}),
        Case((uniform(-2, 2, (2, 3)),), _cast, {"dtype": np.dtype("float64")}, smooth=(0,)),
    ],
    "reshape": _moved(
        _reshape,
        [
            ((), {"shape": (1, 1)}),
            ((1,), {"shape": ()}),
            ((6,), {"shape": (2, 3)}),
            ((2, 3, 4), {"shape": (4, 6)}),
            ((0, 3), {"shape": (5, 0, 2)}),
        ],
    ),
    "transpose": _moved(
        _transpose,
        [
            ((), {"axes": ()}),
            ((2, 3), {"axes": (1, 0)}),
            ((2, 3, 4), {"axes": (2, 0, 1)}),
            ((2, 3, 4), {"axes": (0, 2, 1)}),
            ((2, 0, 4), {"axes": (1, 2, 0)}),
        ],
    ),
    "broadcast": _moved(
        _broadcast,
        [
            ((), {"shape": ()}),
            ((), {"shape": (2, 3)}),
            ((3,), {"shape": (2, 3)}),
            ((2, 1), {"shape": (4, 2, 3)}),
            ((1,), {"shape": (2, 0)}),
            ((0, 1), {"shape": (0, 3)}),
        ],
    ),
    "flip": _moved(
        _flip,
        [
            ((), {"axes": ()}),
            ((3,), {"axes": (0,)}),
            ((2, 3), {"axes": (1,)}),
            ((2, 3, 2), {"axes": (0, 2)}),
            ((0, 2), {"axes": (0, 1)}),
        ],
    ),
    "slice": _moved(
        _slice,
        [
            _slices(()),
            _slices((5,), (1, 4, 1)),
            _slices((7,), (0, 7, 3)),
            _slices((7,), (1, 6, 2)),
            _slices((4, 6), (1, 1, 1), (0, 6, 4)),
            _slices((4, 6), (3, 4, 5), (5, 6, 1)),
            _slices((0, 2), (0, 0, 2), (0, 2, 1)),
        ],
    ),
    "pad": [
        *_moved(
            _pad,
            [
                _pads(()),
                _pads((3,), (1, 2, 0)),
                _pads((3,), (0, 0, 2)),
                _pads((2, 3), (1, 0, 1), (0, 2, 3), value=-1.5),
                _pads((1, 2), (2, 1, 4), (0, 0, 0)),
                _pads((0, 2), (2, 1, 3), (0, 0, 1), value=7.0),
            ],
        ),
        Case((whole(0, 9, (2, 2)),), _pad, _pads((), (1, 0, 0), (0, 1, 1), value=3)[1]),
        Case((whole(0, 2, (3,)) > 0,), _pad, _pads((), (1, 1, 0), value=0.0)[1]),
    ],
    "concat": [
        Case((uniform(-1, 1, (2,)),), _concat, {"axis": 0}, smooth=(0,)),
        Case(
            tuple(uniform(-1, 1, (2, n), seed=n) for n in (1, 3, 2)),
            _concat,
            {"axis": 1},
            smooth=(0, 1, 2),
        ),
        Case((uniform(-1, 1, (0, 2)), uniform(-1, 1, (3, 2))), _concat, {"axis": 0}, smooth=(0, 1)),
        Case((np.zeros((2, 0)), np.zeros((0, 0))), _concat, {"axis": 0}, smooth=(0, 1)),
        Case((whole(0, 5, (2, 1)), whole(0, 5, (2, 2))), _concat, {"axis": 1}),
    ],
    "windows": _moved(
        _windows,
        [
            ((5,), _steps("kernel", (3,), (1,), (1,))),
            ((2, 8), _steps("kernel", (2,), (3,), (2,))),
            ((2, 4, 5), _steps("kernel", (2, 3), (1, 2), (1, 1))),
            ((5, 6), _steps("kernel", (2, 2), (2, 1), (2, 3))),
            ((4, 3, 3), _steps("kernel", (2, 2, 1), (1, 1, 2), (2, 1, 1))),
            ((0, 4), _steps("kernel", (2,), (1,), (1,))),
        ],
    ),
    "fold": _moved(
        _fold,
        [
            ((3, 3), _steps("size", (5,), (1,), (1,))),
            ((2, 2, 2), _steps("size", (8,), (3,), (2,))),
            ((2, 3, 2, 2, 3), _steps("size", (4, 5), (1, 2), (1, 1))),
            ((2, 3, 2, 2), _steps("size", (5, 6), (2, 1), (2, 3))),
            ((0, 3, 2), _steps("size", (4,), (1,), (1,))),
        ],
        sums=True,
    ),
    "gather": [
        *(
            Case((uniform(-1, 1, shape), index), _gather, {"axis": axis}, smooth=(0,))
            for shape, index, axis in _positions()
        ),
        Case((whole(0, 9, (3, 2)), np.array([2, 2, 0], np.uint64)), _gather, {"axis": 0}),
    ],
    "scatter_add": [
        *(
            Case(
                (uniform(-1, 1, (*shape[:axis], *index.shape, *shape[axis + 1 :])), index),
                _scatter_add,
                {"axis": axis, "size": shape[axis]},
                smooth=(0,),
                sums=True,
            )
            for shape, index, axis in _positions()
        ),
        Case((whole(0, 9, (3,)), np.array([2, 2, 0])), _scatter_add, {"axis": 0, "size": 4}),
    ],
}
