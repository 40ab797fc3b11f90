"""Convolution in any number of dimensions, and its two gradients.

A convolution is linear in the input x and in the kernel w, so the gradient with respect to each is
again a linear map, and the three are one family: the gradients of any of them are the others.

    conv(x, w)               (N, C, *S), (O, C/groups, *K) -> (N, O, *R)
    conv_input_grad(g, w)    (N, O, *R), (O, C/groups, *K) -> (N, C, *S)
    conv_weight_grad(x, g)   (N, C, *S), (N, O, *R)        -> (O, C/groups, *K)

with R = (S + padding - dilation (K - 1) - 1) // stride + 1 along each axis. As everywhere in deep
learning the kernel is not flipped: this is what signal processing calls cross-correlation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from badak.base.dtypes import Array
from badak.base.errors import RangeError, ShapeError
from badak.base.shapes import Shape, Spec, each, positive, window_size
from badak.core.dispatch import apply
from badak.core.primitive import define
from badak.core.tensor import Tensor
from badak.ops.rules import as_floats
from badak.ops.windows import fold_add, windows_view

Padding = tuple[tuple[int, int], ...]


class Geometry(NamedTuple):
    """How the kernel moves: the attributes that the three primitives have in common.

    Attributes:
        stride: steps between windows, along each axis.
        padding: zeros (before, after) along each axis.
        dilation: steps between the values of one window, along each axis.
        groups: how many parts of the channels do not see each other.
    """

    stride: Shape
    padding: Padding
    dilation: Shape
    groups: int

    def padded(self, size: Shape) -> Shape:
        return tuple(n + sum(pair) for n, pair in zip(size, self.padding, strict=True))

    def counts(self, size: Shape, kernel: Shape) -> Shape:
        return tuple(map(window_size, self.padded(size), kernel, self.stride, self.dilation))


def reach(kernel: int, dilation: int) -> int:
    """How many values one window spans.

    >>> reach(3, dilation=2)
    5
    """
    return dilation * (kernel - 1) + 1


def _infer_conv(x: Spec, w: Spec, **how: Any) -> Spec:
    geometry = Geometry(**how)
    n = len(geometry.stride)
    if len(x.shape) != n + 2:
        raise ShapeError(
            f"conv{n}d: the input needs {n + 2} axes (batch, channels, {n} of space)",
            got=f"shape {x.shape}",
            hint="x[None, None] adds axes" if len(x.shape) == n else None,
        )
    channels, groups = x.shape[1], geometry.groups
    if len(w.shape) != n + 2 or w.shape[1] * groups != channels:
        last = len(x.shape) - 1
        channels_last = w.shape[1] * groups == x.shape[last]
        raise ShapeError(
            f"conv{n}d: {channels} channels in axis 1 of the input",
            expected=f"{w.shape[1] * groups} channels for a kernel {w.shape} in {groups} groups",
            got=f"an input {x.shape}",
            hint=f"axis {last} fits: for channels-last data x.transpose(0, {last}, ...)"
            if channels_last
            else None,
        )
    if w.shape[0] % groups:
        raise ShapeError(f"conv{n}d: {w.shape[0]} kernels do not divide into {groups} groups")
    size, kernel = x.shape[2:], w.shape[2:]
    counts = geometry.counts(size, kernel)
    if min(counts) < 1:
        raise ShapeError(
            f"conv{n}d: the kernel {kernel} is larger than the padded input",
            expected=f"at least {tuple(map(reach, kernel, geometry.dilation))}",
            got=f"{geometry.padded(size)}",
            hint="more padding, or a smaller kernel",
        )
    return Spec((x.shape[0], w.shape[0], *counts), x.dtype)


def _check_result(g: Spec, x: Spec, w: Spec, how: dict[str, Any]) -> None:
    """g has the shape of conv(x, w)."""
    expected = _infer_conv(x, w, **how).shape
    if g.shape != expected:
        raise ShapeError(
            "a gradient has the shape of the convolution's result", expected=expected, got=g.shape
        )


def _infer_input_grad(g: Spec, w: Spec, *, size: Shape, **how: Any) -> Spec:
    channels = (c * how["groups"] for c in w.shape[1:2])
    x = Spec((*g.shape[:1], *channels, *size), g.dtype)
    _check_result(g, x, w, how)
    return x


def _infer_weight_grad(x: Spec, g: Spec, *, kernel: Shape, **how: Any) -> Spec:
    channels = (c // how["groups"] for c in x.shape[1:2])
    w = Spec((*g.shape[1:2], *channels, *kernel), x.dtype)
    _check_result(g, x, w, how)
    return w


def _padded(x: Array, padding: Padding) -> Array:
    return np.pad(x, ((0, 0), (0, 0), *padding)) if any(map(any, padding)) else x


def _columns(x: Array, kernel: Shape, geometry: Geometry) -> Array:
    """Every window as a row, group by group: (groups, N * R, C/groups * K)."""
    batch, channels = x.shape[:2]
    n, groups = len(kernel), geometry.groups
    view = windows_view(_padded(x, geometry.padding), kernel, geometry.stride, geometry.dilation)
    counts = view.shape[2 : 2 + n]
    split = view.reshape(batch, groups, channels // groups, *counts, *kernel)
    order = (1, 0, *range(3, 3 + n), 2, *range(3 + n, 3 + 2 * n))
    rows = batch * int(np.prod(counts))
    return split.transpose(order).reshape(groups, rows, channels // groups * int(np.prod(kernel)))


def _rows(g: Array, groups: int) -> Array:
    """The gradient of every window as a row, group by group: (groups, N * R, O/groups)."""
    batch, outputs, *counts = g.shape
    split = g.reshape(batch, groups, outputs // groups, int(np.prod(counts)))
    rows = batch * int(np.prod(counts))
    return split.transpose(1, 0, 3, 2).reshape(groups, rows, outputs // groups)


def _kernels(w: Array, groups: int) -> Array:
    """Every kernel as a row, group by group: (groups, O/groups, C/groups * K)."""
    return w.reshape(groups, w.shape[0] // groups, int(np.prod(w.shape[1:])))


def _conv(x: Array, w: Array, **how: Any) -> Array:
    geometry = Geometry(**how)
    kernel, groups = w.shape[2:], geometry.groups
    out = _columns(x, kernel, geometry) @ _kernels(w, groups).transpose(0, 2, 1)
    counts = geometry.counts(x.shape[2:], kernel)
    split = out.reshape(groups, x.shape[0], int(np.prod(counts)), w.shape[0] // groups)
    return split.transpose(1, 0, 3, 2).reshape(x.shape[0], w.shape[0], *counts)


def _conv_input_grad(g: Array, w: Array, *, size: Shape, **how: Any) -> Array:
    geometry = Geometry(**how)
    batch, _, *counts = g.shape
    kernel, groups, n = w.shape[2:], geometry.groups, len(w.shape) - 2
    columns = _rows(g, groups) @ _kernels(w, groups)
    split = columns.reshape(groups, batch, *counts, w.shape[1], *kernel)
    order = (1, 0, 2 + n, *range(2, 2 + n), *range(3 + n, 3 + 2 * n))
    view = split.transpose(order).reshape(batch, groups * w.shape[1], *counts, *kernel)
    spread = fold_add(
        view, size=geometry.padded(size), stride=geometry.stride, dilation=geometry.dilation
    )
    inner: tuple[Any, ...] = (
        ...,
        *(slice(low, low + s) for (low, _), s in zip(geometry.padding, size, strict=True)),
    )
    result: Array = spread[inner]
    return result


def _conv_weight_grad(x: Array, g: Array, *, kernel: Shape, **how: Any) -> Array:
    geometry = Geometry(**how)
    groups = geometry.groups
    sums = _rows(g, groups).transpose(0, 2, 1) @ _columns(x, kernel, geometry)
    return sums.reshape(g.shape[1], x.shape[1] // groups, *kernel)


def _input_grad(g: Tensor, w: Tensor, like: Tensor, how: dict[str, Any]) -> Tensor:
    return apply("conv_input_grad", g, w, size=like.shape[2:], **how)


def _weight_grad(x: Tensor, g: Tensor, like: Tensor, how: dict[str, Any]) -> Tensor:
    return apply("conv_weight_grad", x, g, kernel=like.shape[2:], **how)


define(
    "conv",
    _conv,
    infer=_infer_conv,
    promote=as_floats,
    vjps=(
        lambda g, out, x, w, **how: _input_grad(g, w, x, how),
        lambda g, out, x, w, **how: _weight_grad(x, g, w, how),
    ),
)

define(
    "conv_input_grad",
    _conv_input_grad,
    infer=_infer_input_grad,
    promote=as_floats,
    vjps=(  # v is the gradient of the result, which has the shape of an input
        lambda v, out, g, w, *, size, **how: apply("conv", v, w, **how),
        lambda v, out, g, w, *, size, **how: _weight_grad(v, g, w, how),
    ),
)

define(
    "conv_weight_grad",
    _conv_weight_grad,
    infer=_infer_weight_grad,
    promote=as_floats,
    vjps=(  # v is the gradient of the result, which has the shape of a kernel
        lambda v, out, x, g, *, kernel, **how: _input_grad(g, v, x, how),
        lambda v, out, x, g, *, kernel, **how: apply("conv", x, v, **how),
    ),
)


def pairs(padding: Any, n: int, where: str) -> Padding:
    """(before, after) for each of n axes, from one number, one an axis, or one pair an axis.

    >>> pairs(1, 2, "conv2d")
    ((1, 1), (1, 1))
    """
    given = padding if isinstance(padding, list | tuple) else (padding,) * n
    if len(given) != n:
        raise ShapeError(f"{where}: padding needs one entry for each of {n} axes", got=padding)
    both = (each(p, 2, f"{where}: padding", least=0) for p in given)
    return tuple((low, high) for low, high in both)


def conv(
    x: Any,
    w: Any,
    stride: int | Sequence[int] = 1,
    padding: Any = 0,
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
) -> Tensor:
    """Slides the kernels w over x: (N, C, *S), (O, C/groups, *K) -> (N, O, *R).

        out[n, o, r] = sum over c, k of  x[n, c, r * stride + k * dilation] * w[o, c, k]

    The number of axes of w decides whether it is a 1-d, 2-d or 3-d convolution.

    Args:
        x: images, (batch, channels, *space).
        w: kernels, (outputs, channels / groups, *kernel).
        stride: steps between windows, one number or one an axis.
        padding: zeros around x: one number, one an axis, or a (before, after) pair an axis.
        dilation: steps between the values of one window.
        groups: channels and outputs are cut into so many groups that do not see each other.

    >>> conv([[[1.0, 2.0, 3.0, 4.0, 5.0]]], [[[1.0, 0.0, -1.0]]])
    tensor([[[-2., -2., -2.]]])

    Raises:
        ShapeError: when channels, kernel and input do not fit together.
        RangeError: when a stride, a dilation or the number of groups is below 1.
    """
    n = np.ndim(w) - 2
    if n < 1:
        raise ShapeError(
            "conv: kernels need at least 3 axes (outputs, channels, space)", got=np.shape(w)
        )
    return apply(
        "conv",
        x,
        w,
        stride=each(stride, n, f"conv{n}d: stride"),
        padding=pairs(padding, n, f"conv{n}d"),
        dilation=each(dilation, n, f"conv{n}d: dilation"),
        groups=positive(groups, f"conv{n}d: groups"),
    )


def conv_transpose(
    x: Any,
    w: Any,
    stride: int | Sequence[int] = 1,
    padding: Any = 0,
    output_padding: int | Sequence[int] = 0,
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
) -> Tensor:
    """Lays the kernels w where x says: (N, C, *R), (C, O/groups, *K) -> (N, O, *S).

        out[n, o, r * stride + k * dilation - padding] += x[n, c, r] * w[c, o, k]

    with S = (R - 1) stride - padding + dilation (K - 1) + 1 + output_padding. The adjoint of the
    convolution with the same kernel: <conv(y, w), x> = <y, conv_transpose(x, w)>. So it is the
    gradient of a convolution with respect to its input, used forwards.

    Args:
        x: images, (batch, channels, *space).
        w: kernels, (channels, outputs / groups, *kernel).
        stride: steps between the places of neighbours in the result.
        padding: what is cut off the result: one number, one an axis, or a (before, after) pair.
        output_padding: how much longer the result is at its end, less than the stride: several
            sizes of an input give one size of a convolution, and this says which is meant.
        dilation: steps between the values of a kernel.
        groups: channels and outputs are cut into so many groups that do not see each other.

    Dumoulin and Visin, "A guide to convolution arithmetic for deep learning" (2016).

    >>> conv_transpose([[[1.0, 2.0]]], [[[1.0, 10.0, 100.0]]], stride=2)
    tensor([[[  1.,  10., 102.,  20., 200.]]])

    Raises:
        ShapeError: when channels, kernel and input do not fit together.
        RangeError: when a stride, a dilation or the number of groups is below 1, or the
            output_padding not below the stride.
    """
    n = np.ndim(w) - 2
    name = f"conv_transpose{n}d"
    if n < 1 or np.ndim(x) != n + 2:
        raise ShapeError(
            "conv_transpose: x and w both have 2 axes more than there is space",
            got=f"x {np.shape(x)}, w {np.shape(w)}",
        )
    channels, kernel = np.shape(w)[0], np.shape(w)[2:]
    if np.shape(x)[1] != channels or channels % positive(groups, f"{name}: groups"):
        raise ShapeError(
            f"{name}: {np.shape(x)[1]} channels in axis 1 of the input",
            expected=f"{channels} channels for a kernel {np.shape(w)} in {groups} groups",
            got=f"an input {np.shape(x)}",
        )
    steps = each(stride, n, f"{name}: stride")
    more = each(output_padding, n, f"{name}: output_padding", least=0)
    if any(extra >= step for extra, step in zip(more, steps, strict=True)):
        raise RangeError(
            f"{name}: output_padding must be less than the stride",
            expected=f"less than {steps}",
            got=more,
        )
    geometry = Geometry(
        steps, pairs(padding, n, name), each(dilation, n, f"{name}: dilation"), groups
    )
    spans = map(reach, kernel, geometry.dilation)
    size = tuple(
        (count - 1) * step + span - sum(cut) + extra
        for count, step, span, cut, extra in zip(
            np.shape(x)[2:], steps, spans, geometry.padding, more, strict=True
        )
    )
    if min(size) < 1:
        raise ShapeError(f"{name}: nothing is left of the result", got=f"sizes {size}")
    return apply("conv_input_grad", x, w, size=size, **geometry._asdict())
