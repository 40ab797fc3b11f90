"""What a program may answer: bounds for every number, from what rounding may do to it.

The reference is computed for the two ends of an interval, equation by equation. An operation that
IEEE 754 rounds correctly (+ - * / sqrt, comparisons, casts, moves) adds nothing: where its inputs
are certain, its result is, to the last bit. A function such as exp adds a stated number of ULPs. A
sum of n terms adds n roundings of the sum of their absolute values, whatever its order; it is exact
where all terms are whole numbers and small. The sign of a sum or maximum that is 0 is not stated.
What hangs on a doubtful comparison, or is a float beyond the integers that it is cast to, is free.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from badak.base.dtypes import Array, float32
from badak.compiler.graph import Constant, Equation, Graph
from badak.compiler.testing.interval import (
    Interval,
    between,
    certain,
    hull,
    unsigned_zeros,
    widened,
)
from badak.compiler.testing.sums import LINEAR, summed
from badak.core.primitive import find

ULPS = {
    "cos": 4,
    "erf": 6,
    "exp": 4,
    "expm1": 4,
    "log": 4,
    "log1p": 4,
    "pow": 4,
    "sigmoid": 8,
    "sin": 4,
    "tanh": 6,
}
"""By how many units in the last place a result may differ from the true one, ours or NumPy's."""

Run = Callable[..., Array]
Rule = Callable[[Equation, Run, list[Interval]], Interval]


def bounds_of(graph: Graph, arrays: Sequence[Array]) -> list[Interval]:
    """What the outputs of a graph may be for these inputs.

    >>> from badak.compiler import parse
    >>> graph = parse('''
    ... graph(x: float32[2]) {
    ...   y: float32[2] = add(x, 1.0: float32)
    ...   z: float32[2] = exp(y)
    ...   return y, z
    ... }''')
    >>> y, z = bounds_of(graph, [np.array([1, np.nan], np.float32)])
    >>> y.low, y.high
    (array([ 2., nan], dtype=float32), array([ 2., nan], dtype=float32))
    >>> z.low, z.high
    (array([7.389054, nan], dtype=float32), array([7.389058, nan], dtype=float32))
    """
    held = {id(x): certain(array) for x, array in zip(graph.inputs, arrays, strict=True)}
    with np.errstate(all="ignore"):
        for equation in graph.equations:
            inputs = [
                certain(x.data) if isinstance(x, Constant) else held[id(x)] for x in equation.inputs
            ]
            held[id(equation.output)] = _bounds(equation, inputs)
    return [certain(x.data) if isinstance(x, Constant) else held[id(x)] for x in graph.outputs]


def _bounds(equation: Equation, inputs: list[Interval]) -> Interval:
    forward = find(equation.primitive).forward
    attributes = dict(equation.attributes)

    def run(*arrays: Array) -> Array:
        return np.asarray(forward(*arrays, **attributes))

    return RULES.get(equation.primitive, _plain)(equation, run, inputs)


def _plain(equation: Equation, run: Run, inputs: list[Interval]) -> Interval:
    """Certain where the inputs are, element by element; else free."""
    result = run(*(x.low for x in inputs))
    doubt = np.logical_or.reduce(np.broadcast_arrays(*(~x.exact for x in inputs)))
    return Interval(result, result, np.broadcast_to(doubt, result.shape))


def _summed(equation: Equation, run: Run, inputs: list[Interval]) -> Interval:
    result = summed(equation.primitive, run, inputs, equation.output.dtype)
    if equation.primitive in ("conv", "conv_weight_grad"):
        free = result.free | _endless_at_the_edge(equation, *inputs)
        return Interval(result.low, result.high, free)
    if equation.primitive == "conv_input_grad":
        free = result.free | _endless_kernels(equation, inputs[1])
        return Interval(result.low, result.high, free)
    return result


def _endless(x: Interval) -> Array:
    return np.asarray(~(np.isfinite(x.low) & np.isfinite(x.high)) | x.free)


def _endless_kernels(equation: Equation, w: Interval) -> Array:
    """The channels of which a kernel holds infinity or NaN; see `_endless_at_the_edge`."""
    groups = dict(equation.attributes)["groups"]
    parts = _endless(w).reshape(groups, w.low.shape[0] // groups, *w.low.shape[1:])
    channels = parts.any((1, *range(3, parts.ndim))).reshape(-1)
    shape = equation.output.shape
    return np.broadcast_to(channels.reshape(1, -1, *(1 for _ in shape[2:])), shape)


def _endless_at_the_edge(equation: Equation, x: Interval, y: Interval) -> Array:
    """Where padding meets infinity or NaN: 0 times it is NaN, but nobody has to compute it.

    (Nor is it wrong to compute it, beyond the edge or between the steps of a stride.)
    """
    attributes = dict(equation.attributes)
    padding = ((0, 0), (0, 0), *attributes["padding"])
    attributes["padding"] = ((0, 0),) * len(attributes["padding"])
    edge = np.pad(np.zeros(x.low.shape), padding, constant_values=1.0)
    marks = find(equation.primitive).forward(edge, _endless(y).astype(np.float64), **attributes)
    return np.asarray(marks > 0)


# ---------------------------------------------------------------------- moves and choices

_MARK = 1.5e300


def _moved(equation: Equation, run: Run, inputs: list[Interval]) -> Interval:
    """Numbers in another order; where they are free is told by a number that goes with them."""
    last = [x.low for x in inputs[1:]] if equation.primitive == "gather" else []
    moving = inputs[:1] if equation.primitive == "gather" else inputs
    marks = run(*(np.where(x.free, _MARK, 0.0) for x in moving), *last) == _MARK
    free = marks | any(x.free.any() for x in inputs[len(moving) :])
    return Interval(
        run(*(x.low for x in moving), *last), run(*(x.high for x in moving), *last), free
    )


def _where(equation: Equation, run: Run, inputs: list[Interval]) -> Interval:
    choice, x, y = inputs
    free = run(choice.low, x.free, y.free) | choice.free
    return Interval(run(choice.low, x.low, y.low), run(choice.low, x.high, y.high), free)


def _compared(equation: Equation, run: Run, inputs: list[Interval]) -> Interval:
    x, y = inputs
    result = run(x.low, y.low)
    if equation.primitive in ("equal", "not_equal"):
        known = (x.exact & y.exact) | (x.high < y.low) | (x.low > y.high)
    else:
        known = (result == run(x.low, y.high)) & (result == run(x.high, y.low))
        known &= result == run(x.high, y.high)
    known |= x.undefined | y.undefined
    return Interval(result, result, np.asarray(~known | x.free | y.free))


def _cast(equation: Equation, run: Run, inputs: list[Interval]) -> Interval:
    x = inputs[0]
    low, high = run(x.low), run(x.high)
    free = x.free
    kind = equation.output.dtype.kind
    if x.dtype.kind == "f" and kind == "b":
        free = free | (~x.exact & (x.low <= 0) & (x.high >= 0))
        low = high = run(np.where(x.low != 0, x.low, x.high))
    elif x.dtype.kind == "f" and kind != "f":
        limits = np.iinfo(equation.output.dtype)
        ends = x.low.astype(np.float64), x.high.astype(np.float64)
        inside = (ends[0] > float(limits.min) - 1.0) & (ends[1] < float(limits.max) + 1.0)
        free = free | (low != high) | ~inside
    return Interval(low, high, np.asarray(free))


# ---------------------------------------------------------------------- arithmetic


def _doubt(*inputs: Interval) -> Array:
    """Where one of inputs that broadcast is free."""
    return np.asarray(np.logical_or.reduce(np.broadcast_arrays(*(x.free for x in inputs))))


def _rising(equation: Equation, run: Run, inputs: list[Interval]) -> Interval:
    """The larger an input, the larger the result."""
    low, high = run(*(x.low for x in inputs)), run(*(x.high for x in inputs))
    result = between(low, high, _doubt(*inputs))
    return unsigned_zeros(result) if equation.primitive in ("maximum", "minimum") else result


def _corners(run: Run, x: Interval, y: Interval) -> list[Array]:
    return [run(a, b) for a in (x.low, x.high) for b in (y.low, y.high)]


def _between_corners(equation: Equation, run: Run, inputs: list[Interval]) -> Interval:
    """Between what the ends give; all of them, since infinity less infinity is NaN."""
    return hull(_corners(run, *inputs), _doubt(*inputs))


def _may_be_endless(x: Interval) -> Array:
    return np.asarray(np.isinf(x.low) | np.isinf(x.high))


def _mul(equation: Equation, run: Run, inputs: list[Interval]) -> Interval:
    x, y = inputs
    free = _doubt(x, y)
    if x.dtype.kind == "f":  # 0 times infinity within
        for one, other in ((x, y), (y, x)):
            free = free | ((one.low < 0) & (one.high > 0) & _may_be_endless(other))
    return hull(_corners(run, x, y), free)


def _div(equation: Equation, run: Run, inputs: list[Interval]) -> Interval:
    x, y = inputs
    signs = np.signbit(y.low) != np.signbit(y.high)
    zero = (y.low <= 0) & (y.high >= 0) & (signs | ~x.exact)
    endless = _may_be_endless(x) & _may_be_endless(y) & ~(x.exact & y.exact)
    return hull(_corners(run, x, y), _doubt(x, y) | zero | endless)


def _neg(equation: Equation, run: Run, inputs: list[Interval]) -> Interval:
    return between(run(inputs[0].high), run(inputs[0].low), inputs[0].free)


def _abs(equation: Equation, run: Run, inputs: list[Interval]) -> Interval:
    x = inputs[0]
    result = hull([run(x.low), run(x.high)], x.free)
    across = (x.low < 0) & (x.high > 0)
    return Interval(np.where(across, np.zeros_like(x.low), result.low), result.high, result.free)


# ---------------------------------------------------------------------- reductions


def _max(equation: Equation, run: Run, inputs: list[Interval]) -> Interval:
    x = inputs[0]
    return unsigned_zeros(between(run(x.low), run(x.high), run(x.free)))


def _argmax(equation: Equation, run: Run, inputs: list[Interval]) -> Interval:
    x = inputs[0]
    attributes = dict(equation.attributes)
    axes = attributes["axes"]
    rivals = x.high >= np.max(x.low, axes, keepdims=True)
    one = np.sum(rivals, axes, keepdims=attributes["keepdims"]) == 1
    known = np.all(x.exact, axes, keepdims=attributes["keepdims"])
    free = np.any(x.free, axes, keepdims=attributes["keepdims"])
    result = run(x.low)
    return Interval(result, result, np.asarray(free | ~(one | known)))


# ---------------------------------------------------------------------- functions


def _wide(x: Array) -> Array:
    return x.astype(np.float64 if x.dtype == float32 else np.longdouble)


def _function(equation: Equation, run: Run, inputs: list[Interval]) -> Interval:
    """A function that rises everywhere, up to a number of ULPs."""
    x, ulps = inputs[0], ULPS[equation.primitive]
    low, high = (run(_wide(end)).astype(x.dtype) for end in (x.low, x.high))
    pole = equation.primitive in ("log", "log1p")
    kept = [
        np.isinf(end) | ((end == 0) & (value == 0)) | (np.isinf(value) & pole)
        for end, value in ((x.low, low), (x.high, high))
    ]
    return _rounded(low, high, ulps, x.free, *kept)


def _wave(equation: Equation, run: Run, inputs: list[Interval]) -> Interval:
    """Sine and cosine: they rise by no more than their input."""
    x = inputs[0]
    ends = [_wide(end) for end in (x.low, x.high)]
    middle, half = (ends[0] + ends[1]) / 2, (ends[1] - ends[0]) / 2
    value = run(middle)
    low = np.where(x.exact, run(ends[0]), value - half).astype(x.dtype)
    high = np.where(x.exact, run(ends[1]), value + half).astype(x.dtype)
    kept = (x.low == 0) & (x.high == 0) & (low == 0)
    free = x.free | (~x.exact & ~np.isfinite(half))
    return _rounded(low, high, ULPS[equation.primitive], free, kept, kept)


def _power(equation: Equation, run: Run, inputs: list[Interval]) -> Interval:
    x, y = inputs
    corners = _corners(lambda a, b: run(_wide(a), _wide(b)).astype(x.dtype), x, y)
    free = _doubt(x, y) | ~((x.exact & y.exact) | (x.low > 0))
    free = free | ((x.low == 0) & (np.signbit(x.low) != np.signbit(x.high)))
    # 1^NaN and NaN^0 are 1, and a little beside they are NaN.
    free = free | (x.undefined & ~y.exact) | (y.undefined & ~x.exact)
    # NumPy takes the square root where the exponent is one number: (-inf)^0.5 is then NaN.
    free = free | (np.isinf(x.low) & (y.low == 0.5))
    result = unsigned_zeros(hull(corners, free))
    special = (x.low == 0) | np.isinf(x.low) | np.isinf(y.low)
    special = special & x.exact & y.exact
    return _rounded(result.low, result.high, ULPS["pow"], result.free, special, special)


def _rounded(
    low: Array, high: Array, ulps: int, free: Array, low_kept: Array, high_kept: Array
) -> Interval:
    """Widened, but for ends that are special."""
    wide = widened(low, high, ulps, free)
    return Interval(
        np.where(low_kept, low, wide.low), np.where(high_kept, high, wide.high), wide.free
    )


RULES: dict[str, Rule] = {
    **dict.fromkeys(LINEAR, _summed),
    **dict.fromkeys(("broadcast", "concat", "flip", "gather", "pad"), _moved),
    **dict.fromkeys(("reshape", "slice", "transpose", "windows"), _moved),
    **dict.fromkeys(("equal", "not_equal", "less", "less_equal"), _compared),
    **dict.fromkeys(("greater", "greater_equal"), _compared),
    **dict.fromkeys(("add", "sub"), _between_corners),
    **dict.fromkeys(("floor", "maximum", "minimum", "sign", "sqrt"), _rising),
    **dict.fromkeys(("erf", "exp", "expm1", "log", "log1p", "sigmoid", "tanh"), _function),
    **dict.fromkeys(("cos", "sin"), _wave),
    "abs": _abs,
    "argmax": _argmax,
    "cast": _cast,
    "div": _div,
    "max": _max,
    "mul": _mul,
    "neg": _neg,
    "pow": _power,
    "where": _where,
}
"""How bounds pass through each primitive; another one is certain or free, element by element."""
