"""What a random program may do next: one row a family of operations.

Each row takes the draft and adds an equation, or a few that belong together; it leaves the draft as
it is where nothing fits.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from badak.base import dtypes, shapes
from badak.base.dtypes import DType
from badak.base.errors import ShapeError
from badak.base.shapes import Shape
from badak.compiler.graph import Atom, Constant
from badak.compiler.testing.draft import LARGEST, SIZES, Draft
from badak.compiler.testing.window_rows import conv, fold

Row = Callable[[Draft, str], object]


def _floats(d: Draft, name: str) -> None:
    if name in ("exp", "log") and d.knows(*SOFTMAX) and d.chance(0.25):
        _softmax(d, name)
        return
    d.add(name, d.pick("f"))


SOFTMAX = ("max", "sub", "exp", "sum", "log", "div")


def _softmax(d: Draft, name: str) -> None:
    """Over any axes, or its logarithm, as losses compute it."""
    x = d.pick("f", least=1)
    axes = d.some(len(x.shape))
    if not all(x.shape[i] for i in axes):
        return
    how = {"axes": axes, "keepdims": True}
    less = d.add("sub", x, d.add("max", x, **how))
    powers = d.add("exp", less)
    total = d.add("sum", powers, **how)
    if name == "log":
        d.add("sub", less, d.add("log", total))
    else:
        d.add("div", powers, total)


def _numbers(d: Draft, name: str) -> None:
    d.add(name, d.pick("fiu"))


def _pair(d: Draft, name: str) -> None:
    x = d.pick()
    pair = [x, d.mate(x)]
    y = d.add(name, *(pair if d.chance(0.7) else reversed(pair)))
    clips = name in ("maximum", "minimum") and d.knows("maximum", "minimum")
    if clips and d.chance(0.3):  # the other bound as well
        bounds = d.one_of((("minimum",), ("maximum",), ("maximum", "minimum")))
        for bound in bounds:
            limit = Constant(d.numbers((), y.dtype))
            y = d.add(bound, *((y, limit) if d.chance(0.5) else (limit, y)))


def _logic(d: Draft, name: str) -> None:
    x = d.pick("b" if d.chance(0.8) else "fiub")
    d.add(name, *((x,) if name == "logical_not" else (x, d.mate(x, "b"))))


def _power(d: Draft, name: str) -> None:
    x = d.pick("f")
    if d.chance(0.3):
        d.add(name, x, d.mate(x, "f"))
        return
    exponent = d.one_of((2.0, 0.5, -1.0, 3.0, 1.0, 0.0, -2.0, 1.5, -0.5))
    shape = d.one_of(((), (), (1,), (1,) * len(x.shape)))
    d.add(name, x, Constant(np.full(shape, exponent, x.dtype)))


def _where(d: Draft, name: str) -> None:
    condition = d.pick("b")
    x = d.mate(condition)
    y = d.mate(x if math.prod(x.shape) >= math.prod(condition.shape) else condition)
    if d.broadcasts(condition, y) and d.broadcasts(x, y):
        d.add(name, condition, x, y)


def _right_shift(d: Draft, name: str) -> None:
    x = d.pick("u" if d.chance(0.7) else "iu")
    d.add(name, x, bits=d.whole(0, 8 * x.dtype.itemsize + 3))


def _cast(d: Draft, name: str) -> None:
    x = d.pick()
    d.add(name, x, dtype=d.dtype())


def _reduce(d: Draft, name: str) -> None:
    x = d.pick()
    axes = d.some(len(x.shape))
    if name == "sum" or all(x.shape[i] for i in axes):
        d.add(name, x, axes=axes, keepdims=d.chance(0.4))


# ---------------------------------------------------------------------- views


def _factors(d: Draft, count: int) -> Shape:
    """Sizes whose product is count."""
    sizes: list[int] = []
    while count > 1 and len(sizes) < 4 and d.chance(0.8):
        divisors = [n for n in range(1, count + 1) if count % n == 0]
        sizes.append(d.one_of(divisors))
        count //= sizes[-1]
    if count != 1:
        sizes.append(count)
    if d.chance(0.2):
        sizes.insert(d.whole(0, len(sizes)), 1)
    return tuple(sizes)


def _reshape(d: Draft, name: str) -> None:
    x = d.pick()
    d.add(name, x, shape=_factors(d, math.prod(x.shape)))


def _transpose(d: Draft, name: str) -> None:
    x = d.pick(least=2)
    d.add(name, x, axes=tuple(int(i) for i in d.noise.permutation(len(x.shape))))


def _broadcast(d: Draft, name: str) -> None:
    x = d.pick()
    wide = tuple(d.one_of(d.sizes) if size == 1 else size for size in x.shape)
    shape = (*d.shape(0, 2), *wide)
    if math.prod(shape) <= LARGEST:
        d.add(name, x, shape=shape)


def _flip(d: Draft, name: str) -> None:
    x = _state(d) or d.pick(least=1)
    y = d.add(name, x, axes=d.some(len(x.shape)))
    if d.knows("add") and d.chance(0.3):  # read the other way round, an input may become this
        d.add("add", x, y)


def _state(d: Draft) -> Atom | None:
    """Now and then an input, so that a view of it is what it may become."""
    inputs = [x for x in d.inputs if len(x.shape)]
    return d.one_of(inputs) if inputs and d.chance(0.2) else None


def _slice(d: Draft, name: str) -> None:
    x = d.pick(least=1)
    rows = []
    for size in x.shape:
        if d.chance(0.5):
            rows.append((0, size, 1))
            continue
        start = d.whole(0, max(size - 1, 0))
        least = start if d.chance(0.02) else min(start + 1, size)
        rows.append((start, d.whole(least, size), d.one_of((1, 1, 2, 3))))
    starts, stops, strides = zip(*rows, strict=True)
    d.add(name, x, starts=starts, stops=stops, strides=strides)


def _windows(d: Draft, name: str) -> None:
    if d.knows("max", "sum") and d.chance(0.05):
        _wide_window(d, name)
        return
    x = d.pick(least=1)
    n = d.whole(1, min(2, len(x.shape)))
    kernel, stride, dilation = (tuple(d.whole(1, 3) for _ in range(n)) for _ in range(3))
    pools = d.knows("max", "sum", "pad") and d.chance(0.5)
    reduction = d.one_of(("max", "max", "sum")) if pools else ""
    # As pooling does: more behind than before where the last window is not to be lost.
    low = [d.whole(0, (k - 1) // 2) for k in kernel]
    high = [side + d.one_of((0, 0, step - 1)) for side, step in zip(low, stride, strict=True)]
    padded = bool(reduction) and d.chance(0.5) and x.dtype.kind == "f"
    sides = list(zip(low, high, strict=True)) if padded else [(0, 0)] * n
    sizes = [size + sum(side) for size, side in zip(x.shape[-n:], sides, strict=True)]
    spans = (k * (q - 1) + 1 for k, q in zip(dilation, kernel, strict=True))
    fits = all(span <= size for span, size in zip(spans, sizes, strict=True))
    lead = x.shape[:-n]
    if not fits or math.prod((*lead, *sizes)) * math.prod(kernel) > LARGEST:
        return
    if padded:
        none = (0,) * len(lead)
        value = -math.inf if reduction == "max" else 0.0
        edge = {"low": (*none, *low), "high": (*none, *high), "interior": (*none, *(0,) * n)}
        x = d.add("pad", x, **edge, value=value)
    seen = d.add(name, x, kernel=kernel, stride=stride, dilation=dilation)
    axes = tuple(range(len(seen.shape) - n, len(seen.shape)))
    if reduction == "sum" or (reduction and 0 not in seen.shape):
        d.add(reduction, seen, axes=axes, keepdims=d.chance(0.2))


def _wide_window(d: Draft, name: str) -> None:
    """A pool over more than any register or table of offsets holds."""
    kernel = d.one_of((100, 317, 318, 400))
    x = d.leaf((kernel + d.one_of((0, 1, 5)),), d.dtype("f"))
    seen = d.add(name, x, kernel=(kernel,), stride=(d.whole(1, 2),), dilation=(1,))
    d.add(d.one_of(("max", "sum")), seen, axes=(1,), keepdims=False)


# ---------------------------------------------------------------------- kernels of their own


def _matmul(d: Draft, name: str) -> None:
    x = d.pick("fffiu"[d.whole(0, 2) :], least=1)
    k = x.shape[-1]
    n = d.one_of((*d.sizes, *SIZES))
    batch = tuple(1 if d.chance(0.3) else size for size in x.shape[:-2])
    shape: Shape = d.one_of(((k,), (k, n), (k, n), (*batch, k, n), (*d.shape(0, 1), k, n)))
    y = d.leaf(shape, x.dtype)
    if len(shape) > 1 and d.chance(0.4):  # the same factor, lying the other way round
        order = (*range(len(shape) - 2), len(shape) - 1, len(shape) - 2)
        turned = d.leaf(tuple(shape[i] for i in order), x.dtype)
        y = d.add("transpose", turned, axes=order)
    try:
        result = math.prod(shapes.matmul(x.shape, y.shape))
    except ShapeError:
        return
    if result <= LARGEST and result * k <= 100_000:
        d.add(name, x, y)


def _gather(d: Draft, name: str) -> None:
    x = d.pick(least=1)
    axis = d.whole(0, len(x.shape) - 1)
    shape = d.shape(0, 2)
    rest = math.prod(x.shape) // max(x.shape[axis], 1)
    count: int = math.prod(shape)
    if count * rest > LARGEST or (x.shape[axis] == 0 and count):
        return
    kinds: list[DType] = [dtypes.int64, dtypes.int64, dtypes.int32, dtypes.uint8, dtypes.uint64]
    dtype = d.one_of(kinds)
    if d.chance(0.3):
        positions = d.noise.integers(0, max(x.shape[axis], 1), shape)
        d.add(name, x, Constant(np.asarray(positions).astype(dtype)), axis=axis)
        return
    index = d.leaf(shape, dtype)
    if not isinstance(index, Constant):
        d.add(name, x, index, axis=axis)


def _scatter_add(d: Draft, name: str) -> None:
    values = d.pick("f" if d.chance(0.8) else "fiub", least=1)
    axis = d.whole(0, len(values.shape) - 1)
    kinds: list[DType] = [dtypes.int64, dtypes.int64, dtypes.int32, dtypes.uint8, dtypes.uint64]
    index = d.leaf(values.shape[axis : axis + d.whole(1, 2)], d.one_of(kinds))
    size = d.one_of(SIZES)
    rest = math.prod(values.shape) // max(math.prod(index.shape), 1)
    if not isinstance(index, Constant) and rest * size <= LARGEST:
        d.add(name, values, index, axis=axis, size=size)


def _concat(d: Draft, name: str) -> None:
    x = _state(d) or d.pick(least=1)
    if d.knows("slice") and d.chance(0.15):
        _rolled(d, name, x)
        return
    axis = d.whole(0, len(x.shape) - 1)
    parts = [x]
    for _ in range(d.one_of((0, 1, 1, 2))):
        size = d.one_of(d.sizes)
        shape = (*x.shape[:axis], size, *x.shape[axis + 1 :])
        same = [y for y in d.pool if y.shape == x.shape]
        parts.append(d.one_of(same) if same and d.chance(0.5) else d.leaf(shape, x.dtype))
    if sum(math.prod(part.shape) for part in parts) <= LARGEST:
        d.add(name, *parts, axis=axis)


def _rolled(d: Draft, name: str, x: Atom) -> None:
    """The last ones first: where it becomes x itself, x is read and written in another order."""
    axis = d.whole(0, len(x.shape) - 1)
    at = d.whole(0, x.shape[axis])
    parts = []
    for start, stop in ((at, x.shape[axis]), (0, at)):
        starts = tuple(start if i == axis else 0 for i in range(len(x.shape)))
        stops = tuple(stop if i == axis else size for i, size in enumerate(x.shape))
        parts.append(d.add("slice", x, starts=starts, stops=stops, strides=(1,) * len(x.shape)))
    d.add(name, *parts, axis=axis)


def _pad(d: Draft, name: str) -> None:
    x = d.pick()
    rows = [(d.whole(0, 3), d.whole(0, 3), d.one_of((0, 0, 0, 1, 2))) for _ in x.shape]
    rows = [row if d.chance(0.6) else (0, 0, 0) for row in rows]
    low, high, interior = zip(*rows, strict=True) if rows else ((), (), ())
    sizes = [n + (n - 1) * i + a + b for n, (a, b, i) in zip(x.shape, rows, strict=True)]
    value = d.one_of((0.0, 1.0, -math.inf, -0.0, math.nan) if x.dtype.kind == "f" else (0, 1))
    if math.prod(sizes) <= LARGEST:
        d.add(name, x, low=low, high=high, interior=interior, value=float(value))


def _random_bits(d: Draft, name: str) -> None:
    key, counter = (
        d.leaf((), dtypes.uint64)
        if d.chance(0.5)
        else Constant(np.asarray(d.noise.integers(0, 2**64, dtype=np.uint64)))
        for _ in range(2)
    )
    words = d.add(name, key, counter, shape=d.shape())
    if d.chance(0.6):
        kept = d.add("right_shift", words, bits=8)
        share = Constant(np.asarray(2.0**-24, dtypes.float32))
        d.add("mul", d.add("cast", kept, dtype=dtypes.float32), share)


ROWS: dict[str, tuple[float, Row]] = {
    **dict.fromkeys(("add", "sub", "mul"), (3.0, _pair)),
    **dict.fromkeys(("div", "maximum", "minimum"), (1.5, _pair)),
    **dict.fromkeys(("equal", "not_equal", "less", "less_equal"), (0.7, _pair)),
    **dict.fromkeys(("greater", "greater_equal"), (0.7, _pair)),
    **dict.fromkeys(("logical_and", "logical_or", "logical_not"), (0.7, _logic)),
    **dict.fromkeys(("neg", "abs", "sign"), (1.0, _numbers)),
    **dict.fromkeys(("sqrt", "floor"), (1.0, _floats)),
    **dict.fromkeys(("exp", "log", "log1p", "expm1", "tanh", "sigmoid"), (0.4, _floats)),
    **dict.fromkeys(("erf", "sin", "cos"), (0.3, _floats)),
    "pow": (0.7, _power),
    "where": (2.0, _where),
    "right_shift": (0.7, _right_shift),
    "cast": (1.5, _cast),
    "sum": (4.0, _reduce),
    "max": (2.0, _reduce),
    "argmax": (0.8, _reduce),
    "reshape": (2.5, _reshape),
    "transpose": (2.5, _transpose),
    "broadcast": (1.5, _broadcast),
    "flip": (1.0, _flip),
    "slice": (1.5, _slice),
    "windows": (1.0, _windows),
    "matmul": (2.5, _matmul),
    "gather": (1.0, _gather),
    "scatter_add": (0.5, _scatter_add),
    "concat": (1.0, _concat),
    "pad": (1.2, _pad),
    "random_bits": (0.5, _random_bits),
    **dict.fromkeys(("conv", "conv_input_grad", "conv_weight_grad"), (0.6, conv)),
    "fold": (0.5, fold),
}
"""For each primitive how often it comes up, against the others, and how it is drawn."""
