"""Cases for what adds up or chooses among many: reductions, matrix products, convolutions, bits."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from badak.ops.conv import Geometry
from tests.contracts.case import Case, Shape, apart, built, uniform, whole


def _reduce(function: Any) -> Any:
    """A reduction from a function of the list of values, in the order of the reduced axes."""

    def reference(x: np.ndarray, *, axes: Shape, keepdims: bool) -> np.ndarray:
        kept = [axis for axis in range(x.ndim) if axis not in axes]

        def value(*index: int) -> Any:
            place: list[Any] = [0] * x.ndim
            for axis, i in zip(kept, index, strict=True):
                place[axis] = i
            values = []
            for inner in np.ndindex(*(x.shape[axis] for axis in axes)):
                for axis, i in zip(axes, inner, strict=True):
                    place[axis] = i
                values.append(x[tuple(place)].item())
            return function(values)

        out = built(tuple(x.shape[axis] for axis in kept), value)
        shape = tuple(1 if axis in axes else size for axis, size in enumerate(x.shape))
        return out.reshape(shape) if keepdims else out

    return reference


def _exact_sum(values: list[Any]) -> Any:
    return math.fsum(values) if values and isinstance(values[0], float) else sum(values)


def _first_largest(values: list[Any]) -> int:
    return values.index(max(values))


REDUCED: list[tuple[Shape, Shape]] = [
    ((), ()),
    ((4,), (0,)),
    ((4,), ()),
    ((2, 3), (1,)),
    ((2, 3), (0, 1)),
    ((2, 3, 2), (0, 2)),
    ((2, 3, 2), (1,)),
    ((0, 3), (1,)),
]


def _over(axes: Shape, keepdims: bool = False) -> dict[str, Any]:
    return {"axes": axes, "keepdims": keepdims}


def _reductions(reference: Any, more: list[tuple[Shape, Shape]], smooth: Shape) -> list[Case]:
    return [
        Case((apart(shape) / 4,), reference, _over(axes, keepdims), smooth, sums=True)
        for (shape, axes), keepdims in itertools.product(REDUCED + more, [False, True])
    ]


def _matmul(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    rows, columns = np.atleast_2d(x), y[:, None] if y.ndim == 1 else y
    lead = np.broadcast_shapes(rows.shape[:-2], columns.shape[:-2])
    rows = np.broadcast_to(rows, lead + rows.shape[-2:])
    columns = np.broadcast_to(columns, lead + columns.shape[-2:])

    def value(*index: int) -> Any:
        *batch, i, j = index
        row, column = rows[(*batch, i)], columns[(*batch, slice(None), j)]
        return _exact_sum([a * b for a, b in zip(row.tolist(), column.tolist(), strict=True)])

    out = built((*lead, rows.shape[-2], columns.shape[-1]), value)
    out = out[..., 0] if y.ndim == 1 else out
    return out[..., 0, :] if x.ndim == 1 and y.ndim > 1 else out[..., 0] if x.ndim == 1 else out


FACTORS: list[tuple[Shape, Shape]] = [
    ((3,), (3,)),
    ((2, 3), (3,)),
    ((3,), (3, 2)),
    ((2, 3), (3, 4)),
    ((2, 2, 3), (3,)),
    ((3,), (2, 3, 2)),
    ((2, 2, 3), (3, 2)),
    ((2, 3), (2, 3, 2)),
    ((2, 1, 2, 3), (3, 3, 1)),
    ((2, 0), (0, 3)),
    ((0, 3), (3, 2)),
    ((0, 2, 3), (3, 1)),
]


def _sources(geometry: Geometry, size: Shape, kernel: Shape, counts: Shape) -> Any:
    """Every (place in the result, place in the kernel, place in the input) of a convolution."""
    for result in np.ndindex(*counts):
        for offset in np.ndindex(*kernel):
            rows = zip(result, offset, *geometry[:3], strict=True)
            place = tuple(r * s - low + o * d for r, o, s, (low, _), d in rows)
            if all(0 <= p < n for p, n in zip(place, size, strict=True)):
                yield result, offset, place


def _channels(geometry: Geometry, inputs: int, outputs: int) -> Any:
    """Every (output channel, input channel, channel within its group)."""
    for o in range(outputs):
        group = o // (outputs // geometry.groups)
        for c in range(inputs // geometry.groups):
            yield o, group * (inputs // geometry.groups) + c, c


def _conv_loops(x_shape: Shape, w_shape: Shape, geometry: Geometry) -> Any:
    size, kernel = x_shape[2:], w_shape[2:]
    counts = tuple(
        len(range(0, n + low + high - d * (k - 1), s))
        for n, (low, high), k, s, d in zip(
            size, geometry.padding, kernel, geometry.stride, geometry.dilation, strict=True
        )
    )
    steps = [
        ((n, o, *result), (n, channel, *place), (o, c, *offset))
        for n in range(x_shape[0])
        for o, channel, c in _channels(geometry, x_shape[1], w_shape[0])
        for result, offset, place in _sources(geometry, size, kernel, counts)
    ]
    return (x_shape[0], w_shape[0], *counts), steps


def _conv(x: np.ndarray, w: np.ndarray, **how: Any) -> np.ndarray:
    shape, steps = _conv_loops(x.shape, w.shape, Geometry(**how))
    out = np.zeros(shape)
    for result, place, offset in steps:
        out[result] += x[place] * w[offset]
    return out


def _conv_input_grad(g: np.ndarray, w: np.ndarray, *, size: Shape, **how: Any) -> np.ndarray:
    geometry = Geometry(**how)
    out = np.zeros((g.shape[0], w.shape[1] * geometry.groups, *size))
    for result, place, offset in _conv_loops(out.shape, w.shape, geometry)[1]:
        out[place] += g[result] * w[offset]
    return out


def _conv_weight_grad(x: np.ndarray, g: np.ndarray, *, kernel: Shape, **how: Any) -> np.ndarray:
    geometry = Geometry(**how)
    out = np.zeros((g.shape[1], x.shape[1] // geometry.groups, *kernel))
    for result, place, offset in _conv_loops(x.shape, out.shape, geometry)[1]:
        out[offset] += g[result] * x[place]
    return out


CONVOLUTIONS: list[tuple[Shape, Shape, Geometry]] = [
    ((2, 1, 5), (1, 1, 3), Geometry((1,), ((0, 0),), (1,), 1)),
    ((1, 2, 6), (3, 2, 2), Geometry((2,), ((1, 1),), (1,), 1)),
    ((1, 2, 8), (2, 2, 3), Geometry((3,), ((2, 0),), (2,), 1)),
    ((2, 4, 4), (6, 2, 2), Geometry((1,), ((0, 1),), (1,), 2)),
    ((2, 3, 5), (3, 1, 2), Geometry((2,), ((0, 0),), (1,), 3)),
    ((1, 1, 1), (1, 1, 1), Geometry((1,), ((0, 0),), (1,), 1)),
    ((1, 1, 4, 3), (2, 1, 2, 2), Geometry((1, 1), ((0, 0), (0, 0)), (1, 1), 1)),
    ((1, 2, 5, 4), (2, 1, 2, 2), Geometry((2, 1), ((1, 0), (0, 2)), (1, 2), 2)),
    ((1, 1, 3, 3, 2), (1, 1, 2, 1, 2), Geometry((1, 2, 1), ((0, 0), (1, 0), (1, 1)), (2, 1, 1), 1)),
    ((0, 2, 4), (2, 1, 2), Geometry((1,), ((0, 0),), (1,), 2)),
    ((2, 1, 4), (0, 1, 2), Geometry((1,), ((1, 0),), (1,), 1)),
    ((2, 0, 4), (3, 0, 2), Geometry((1,), ((0, 0),), (1,), 1)),
]


def _convolutions(which: str) -> list[Case]:
    cases = []
    for x_shape, w_shape, geometry in CONVOLUTIONS:
        out_shape = _conv_loops(x_shape, w_shape, geometry)[0]
        x, w = uniform(-1, 1, x_shape), uniform(-1, 1, w_shape, seed=1)
        g = uniform(-1, 1, out_shape, seed=2)
        inputs, reference, more = {
            "conv": ((x, w), _conv, {}),
            "conv_input_grad": ((g, w), _conv_input_grad, {"size": x_shape[2:]}),
            "conv_weight_grad": ((x, g), _conv_weight_grad, {"kernel": w_shape[2:]}),
        }[which]
        cases.append(Case(inputs, reference, {**more, **geometry._asdict()}, (0, 1), sums=True))
    return cases


def _philox_words(key: int, block: int, counter: int) -> list[int]:
    """Philox4x32-10 of one block, with Python's whole numbers."""
    mask = 2**32 - 1
    c = [block & mask, block >> 32, counter & mask, counter >> 32]
    k = [key & mask, key >> 32]
    for _ in range(10):
        p, q = c[0] * 0xD2511F53, c[2] * 0xCD9E8D57
        c = [q >> 32 ^ c[1] ^ k[0], q & mask, p >> 32 ^ c[3] ^ k[1], p & mask]
        k = [k[0] + 0x9E3779B9 & mask, k[1] + 0xBB67AE85 & mask]
    return c


def _random_bits(key: np.ndarray, counter: np.ndarray, *, shape: Shape) -> np.ndarray:
    """Groups of 16 blocks: first all their first words, then all their second words, ..."""

    def word(position: int) -> int:
        group, inside = divmod(position, 64)
        kind, lane = divmod(inside, 16)
        return _philox_words(int(key), group * 16 + lane, int(counter))[kind]

    return np.array([word(i) for i in range(math.prod(shape))], np.int64).reshape(shape)


def _word(value: int) -> np.ndarray:
    return np.array(value, np.uint64)


CASES: dict[str, list[Case]] = {
    "sum": [
        *_reductions(_reduce(_exact_sum), [((3, 0), (1,)), ((0,), (0,))], (0,)),
        Case((whole(-9, 9, (3, 4)),), _reduce(_exact_sum), _over((0,))),
        Case((whole(0, 2, (3, 4)) > 0,), _reduce(_exact_sum), _over((1,), keepdims=True)),
        Case((np.full((300,), 255, np.uint8),), _reduce(_exact_sum), _over((0,))),
    ],
    "max": [
        *_reductions(_reduce(max), [], (0,)),
        Case((whole(0, 3, (3, 4)),), _reduce(max), _over((1,))),
    ],
    "argmax": [
        *_reductions(_reduce(_first_largest), [], ()),
        Case((whole(0, 3, (3, 4, 2)),), _reduce(_first_largest), _over((0, 2))),
    ],
    "matmul": [
        *(
            Case((uniform(-1, 1, x), uniform(-1, 1, y, seed=1)), _matmul, smooth=(0, 1), sums=True)
            for x, y in FACTORS
        ),
        Case((whole(-5, 5, (2, 3)), whole(-5, 5, (3, 2))), _matmul),
    ],
    "conv": _convolutions("conv"),
    "conv_input_grad": _convolutions("conv_input_grad"),
    "conv_weight_grad": _convolutions("conv_weight_grad"),
    "random_bits": [
        Case((_word(key), _word(counter)), _random_bits, {"shape": shape})
        for (key, counter), shape in itertools.product(
            [(0, 0), (1, 2), (2**64 - 1, 2**64 - 1), (0x0123456789ABCDEF, 1 << 40)],
            [(), (3,), (2, 100), (0, 2)],
        )
    ],
}
